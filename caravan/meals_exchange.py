"""The exchange format ``caravan-food/1``: who cooks, who eats and over which roads, and what to order.

The roads are given: radius and hours of delivery are already in them. Demand is the same at breakfast, lunch and dinner. A
kitchen cooks of a special diet what its ``per_diet`` says, and nothing where it says nothing; of the standard one as much as
there is. A road of a service or diet that its kitchen does not cook carries nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable

import msgspec

from caravan.basics import Reason, Record
from caravan.given import Given, document
from caravan.kitchens import DIETS, SERVICES
from caravan.meal_flow import Portion, Road, least_distance

SCHEMA = "caravan-food/1"
_MOST = 1_000_000


class CookedMeals(Record, frozen=True):
    """What one kitchen cooks for a service: in all, and at most of each diet."""

    meals: int
    per_diet: dict[str, int]

    def limit(self, diet: str) -> int:
        return min(self.meals, self.per_diet.get(diet, self.meals if diet == "standard" else 0))


class FoodProblem(Record, frozen=True):
    """``wanted`` meals by shelter and diet at each service, ``kitchens`` by service and kitchen, ``roads`` by service."""

    wanted: dict[Portion, int]
    kitchens: dict[str, dict[str, CookedMeals]]
    roads: dict[str, tuple[Road, ...]]


class Sent(Record, frozen=True, omit_defaults=False):
    kitchen: str
    service: str
    diet: str
    shelter: str
    meals: int


class Missing(Record, frozen=True, omit_defaults=False):
    """Meals of one diet that one shelter does not get at one service. ``because`` says why in words."""

    service: str
    shelter: str
    diet: str
    meals: int
    code: str
    because: str


class Transfer(Record, frozen=True, omit_defaults=False):
    """Meals that are left over in one kitchen and would be eaten if they were brought to another, which has a road to the
    shelter where they are missing."""

    service: str
    diet: str
    from_kitchen: str = msgspec.field(name="from")
    to_kitchen: str = msgspec.field(name="to")
    shelter: str
    meals: int


class FoodAnswer(Record, frozen=True, omit_defaults=False):
    """``meal_hm`` is the sum of meals times hm over ``flows``."""

    unmet_meals: int
    meal_hm: int
    flows: tuple[Sent, ...]
    unmet: tuple[Missing, ...]
    transfers: tuple[Transfer, ...]


def read(text: bytes | str) -> FoodProblem:
    """Raises ``caravan.given.Unsound`` with everything that is wrong."""
    return document(text, SCHEMA, _problem)


def solve(problem: FoodProblem, word: Callable[[Reason], str]) -> FoodAnswer:
    """The fewest meals unmet, then the fewest meal·hm. ``word`` makes a sentence of a reason."""
    flows: list[Sent] = []
    unmet: list[Missing] = []
    transfers: list[Transfer] = []
    travelled = 0
    for service in SERVICES:
        cooks, roads = problem.kitchens.get(service, {}), problem.roads.get(service, ())
        limits = {(ident, diet): cooked.limit(diet) for ident, cooked in cooks.items() for diet in DIETS}
        sent = least_distance(problem.wanted, {ident: k.meals for ident, k in cooks.items()}, limits, roads)
        hm = {(road.kitchen, road.place, road.diet): road.hm for road in roads}
        travelled += sum(meals * hm[way] for way, meals in sent.items())
        flows += [
            Sent(kitchen=kitchen, service=service, diet=diet, shelter=shelter, meals=meals)
            for (kitchen, diet, shelter), meals in sorted(((k, d, p), n) for (k, p, d), n in sent.items())
        ]
        missing = _missing(problem, service, sent, word)
        unmet += missing
        transfers += _transfers(cooks, roads, sent, missing)
    return FoodAnswer(
        unmet_meals=sum(gap.meals for gap in unmet), meal_hm=travelled, flows=tuple(flows), unmet=tuple(unmet),
        transfers=tuple(transfers),
    )  # fmt: skip


def written(answer: FoodAnswer) -> bytes:
    """The answer as a file: the same bytes for the same problem."""
    return msgspec.json.format(msgspec.json.encode(answer), indent=1) + b"\n"


def _missing(
    problem: FoodProblem, service: str, sent: dict[tuple[str, str, str], int], word: Callable[[Reason], str]
) -> list[Missing]:
    met = Counter[Portion]()
    for (_, shelter, diet), meals in sent.items():
        met[shelter, diet] += meals
    reaching: defaultdict[Portion, list[str]] = defaultdict(list)
    for road in problem.roads.get(service, ()):
        reaching[road.place, road.diet].append(road.kitchen)
    found: list[Missing] = []
    for (shelter, diet), wanted in sorted(problem.wanted.items()):
        if meals := wanted - met[shelter, diet]:
            why = _why(problem.kitchens.get(service, {}), diet, wanted, reaching[shelter, diet])
            found.append(
                Missing(service=service, shelter=shelter, diet=diet, meals=meals, code=why.code, because=word(why))
            )
    return found


def _why(cooks: dict[str, CookedMeals], diet: str, needed: int, roads_from: list[str]) -> Reason:
    """The first condition that leaves no kitchen, or that those left are full."""
    if not any(k.meals for k in cooks.values()):
        return Reason(code="no_kitchen_open")
    able = {ident: k.limit(diet) for ident, k in cooks.items() if k.limit(diet)}
    if not able:
        return Reason(code="no_kitchen_cooks_diet", details={"diet": diet})
    reaching = [ident for ident in roads_from if ident in able]
    if not reaching:
        return Reason(code="no_road_from_kitchens", details={"kitchens": len(able)})
    rations = sum(able[ident] for ident in reaching)
    return Reason(code="kitchens_full", details={"kitchens": len(reaching), "rations": rations, "needed": needed})


def _transfers(
    cooks: dict[str, CookedMeals],
    roads: tuple[Road, ...],
    sent: dict[tuple[str, str, str], int],
    missing: list[Missing],
) -> list[Transfer]:
    """From the kitchen with most left to the nearest kitchen that has a road to where it is missing."""
    left = {ident: k.meals for ident, k in cooks.items()}
    of_diet = {(ident, diet): k.limit(diet) for ident, k in cooks.items() for diet in DIETS}
    for (kitchen, _, diet), meals in sent.items():
        left[kitchen] -= meals
        of_diet[kitchen, diet] -= meals
    arriving: defaultdict[Portion, list[tuple[int, str]]] = defaultdict(list)
    for road in roads:
        arriving[road.place, road.diet].append((road.hm, road.kitchen))
    found: list[Transfer] = []
    for gap in missing:
        reaching = sorted(arriving[gap.shelter, gap.diet])
        wanted = gap.meals if reaching else 0
        for giver in sorted(left, key=lambda ident: (-left[ident], ident)):
            meals = min(wanted, left[giver], of_diet[giver, gap.diet])
            if meals > 0 and giver != reaching[0][1]:
                left[giver] -= meals
                of_diet[giver, gap.diet] -= meals
                wanted -= meals
                found.append(
                    Transfer(
                        service=gap.service, diet=gap.diet, from_kitchen=giver, to_kitchen=reaching[0][1], shelter=gap.shelter,
                        meals=meals,
                    )
                )  # fmt: skip
    return found


# --- reading ---------------------------------------------------------------------------------------------------------


def _problem(whole: Given) -> FoodProblem:
    wanted: dict[Portion, int] = {}
    shelters = _named(whole.at("shelters"))
    for ident, shelter in shelters.items():
        for diet, meals in shelter.at("demand_per_service").entries():
            if _known(meals, diet, DIETS):
                wanted[ident, diet] = meals.whole(most=_MOST)
    kitchens: dict[str, dict[str, CookedMeals]] = {service: {} for service in SERVICES}
    cooks = _named(whole.at("kitchens"))
    for ident, kitchen in cooks.items():
        for service, cooked in kitchen.at("services").entries():
            if _known(cooked, service, SERVICES):
                kitchens[service][ident] = _cooked(cooked)
    roads = _roads(whole.at("arcs"), frozenset(cooks), frozenset(shelters))
    return FoodProblem(wanted={k: n for k, n in wanted.items() if n}, kitchens=kitchens, roads=roads)


def _named(members: Given) -> dict[str, Given]:
    """The members of a list by their ids, which must differ."""
    found: dict[str, Given] = {}
    for member in members.each():
        ident = member.record().at("id")
        word = ident.text()
        if word in found:
            ident.wrong("repeated", given=word)
        elif word:
            found[word] = member
    return found


def _known(value: Given, name: str, names: tuple[str, ...]) -> bool:
    if name not in names:
        value.wrong("not_among", given=name, known=", ".join(names))
    return name in names


def _cooked(cooked: Given) -> CookedMeals:
    meals = cooked.record().at("meals").whole(most=_MOST)
    told = cooked.maybe("per_diet")
    per_diet = {
        diet: n.whole(most=_MOST) for diet, n in ([] if told is None else told.entries()) if _known(n, diet, DIETS)
    }
    return CookedMeals(meals=meals, per_diet=per_diet)


def _roads(arcs: Given, kitchens: frozenset[str], shelters: frozenset[str]) -> dict[str, tuple[Road, ...]]:
    roads: dict[str, dict[tuple[str, str, str], Road]] = {service: {} for service in SERVICES}
    for arc in arcs.each():
        arc.record()
        kitchen, shelter = (_one_of(arc.at(name), ids) for name, ids in (("kitchen", kitchens), ("shelter", shelters)))
        service, diet = arc.at("service").one_of(SERVICES), arc.at("diet").one_of(DIETS)
        hm = arc.at("distance_hm").whole()
        key = kitchen, diet, shelter
        if not all((kitchen, shelter)) or service not in SERVICES or diet not in DIETS:
            continue
        if key in roads[service]:
            arc.wrong("repeated", given=f"{kitchen}, {service}, {diet}, {shelter}")
        roads[service][key] = Road(kitchen=kitchen, place=shelter, diet=diet, hm=hm)
    return {service: tuple(found.values()) for service, found in roads.items()}


def _one_of(ident: Given, known: frozenset[str]) -> str:
    """The id, or nothing where there is no such kitchen or shelter."""
    word = ident.text()
    if word and word not in known:
        ident.wrong("unknown_id", given=word)
    return word if word in known else ""
