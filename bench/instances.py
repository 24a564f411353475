"""Instances of placement, made from a seed: one bus, the caravan of 2018, a country, a day of buses.

Everything is synthetic but what follows. Sexes and children are those of Tijuana in November 2018 (3,936 men, 1,147 women,
520 girls, 548 boys), the youngest those of Mexico City's census (310 aged 0-5 of 1,726 minors, 24 pregnant), contingents
have a section head for about 120 people (sources in docs/decisions/0026). How people form households, how large shelters
are and where they stand is supposed. The caravan has the size the model was measured on: 5,600 people in 4,260 households,
497 groups of which 376 are one household alone, 25 shelters and 3 stations.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any, Literal, NamedTuple

from msgspec.structs import replace

from caravan.shelters.model import Admission, Section
from caravan.shelters.plan import Need, Offer
from caravan.shelters.policy import Policy

NIGHTS = 3
FAR_HM = 300
POLICY = Policy(id="bench", version=1, far="distance", far_hm=FAR_HM, nights=NIGHTS)

MEN, WOMEN, MINORS = 3_936, 1_147, 520 + 548  # Tijuana, November 2018
UNDER_FIVE = 310 / 1_726 * 5 / 6  # of the minors; the census has 0 to 5, priority is under five
PREGNANT = 24 / WOMEN

Mix = Literal["plain", "families"]
Point = tuple[int, int]


class Instance(NamedTuple):
    """``arrivals`` are minutes after the start of the day, by group."""

    name: str
    needs: tuple[Need, ...]
    offers: tuple[Offer, ...]
    policy: Policy
    arrivals: dict[str, int] = {}

    @property
    def people(self) -> int:
        return sum(need.size for need in self.needs)


class Bus(NamedTuple):
    """Those who arrive together, ``minute`` after midnight."""

    minute: int
    needs: tuple[Need, ...]


class Day(NamedTuple):
    """A day's buses in the order they arrive, and the places there are in its morning."""

    name: str
    buses: tuple[Bus, ...]
    offers: tuple[Offer, ...]
    policy: Policy

    @property
    def at_once(self) -> Instance:
        """Everybody together, as hindsight has them."""
        needs = tuple(need for bus in self.buses for need in bus.needs)
        return Instance(self.name, needs, self.offers, self.policy, {b.needs[0].group: b.minute for b in self.buses})


# --- people ------------------------------------------------------------------------------------------------------------


class _Kinds(NamedTuple):
    """How many households of each kind, and how many people are in the families."""

    families: int
    in_families: int
    women: int
    men: int
    alone: int


CARAVAN = _Kinds(families=480, in_families=1_820, women=484, men=3_206, alone=90)


def _plain(people: int) -> _Kinds:
    """The caravan's proportions for another number of people."""
    share = people / 5_600
    alone, women = round(CARAVAN.alone * share), round(CARAVAN.women * share)
    in_families = round(CARAVAN.in_families * share)
    families = max(1, round(CARAVAN.families * share)) if in_families >= 2 else 0
    in_families = in_families if families else 0
    return _Kinds(families, in_families, women, people - alone - women - in_families, alone)


def _family_heavy(people: int) -> _Kinds:
    """Six of ten are in families, as in the arrivals of later years; the figure is supposed."""
    alone, women, in_families = round(0.025 * people), round(0.14 * people), round(0.60 * people)
    return _Kinds(max(1, in_families * 10 // 36), in_families, women, people - alone - women - in_families, alone)


def _households(random: Random, kinds: _Kinds) -> list[Need]:
    """Households in random order, without a group and a station as yet."""
    needs = [_family(random, size) for size in _family_sizes(random, kinds.families, kinds.in_families)]
    needs += [_adult(random, "wom") for _ in range(kinds.women)] + [_adult(random, "men") for _ in range(kinds.men)]
    needs += [_with_wishes(random, _household("uam", 1, priority=True)) for _ in range(kinds.alone)]
    random.shuffle(needs)
    return needs


def _family_sizes(random: Random, families: int, people: int) -> list[int]:
    sizes: list[int] = random.choices((2, 3, 4, 5, 6, 7), weights=(20, 26, 26, 16, 8, 4), k=families)
    while families and (over := sum(sizes) - people):
        at = random.randrange(families)
        if over > 0 and sizes[at] > 2:
            sizes[at] -= 1
        elif over < 0 and sizes[at] < 9:
            sizes[at] += 1
    return sizes


def _family(random: Random, size: int) -> Need:
    adults = 2 if size >= 3 and random.random() < 0.65 else 1
    fathers = 1 if adults == 2 or random.random() < 0.1 else 0
    children = size - adults
    if size == 2 and random.random() < 0.25:
        fathers, children = 1, 0  # a couple
    small = any(random.random() < UNDER_FIVE for _ in range(children))
    pregnant = fathers < size - children and random.random() < PREGNANT
    return _with_wishes(random, _household("fam", size, adult_men=fathers, priority=small or pregnant))


def _adult(random: Random, kind: Admission) -> Need:
    pregnant = kind == "wom" and random.random() < PREGNANT
    lgbt = ("lgbt",) if random.random() < 0.012 else ()
    return _with_wishes(random, _household(kind, 1, adult_men=int(kind == "men"), priority=pregnant, needs=lgbt))


def _household(kind: Admission, size: int, **more: Any) -> Need:
    return Need(household="", group="", kind=kind, size=size, **more)


def _with_wishes(random: Random, need: Need) -> Need:
    """The same household with what only some have: all shares are supposed."""
    accessible = int(random.random() < 0.008 * need.size)
    medical = need.kind != "uam" and random.random() < 0.012 * need.size
    return replace(
        need,
        accessible=accessible,
        needs=(*need.needs, *(("medical",) if medical else ())),
        language=random.choices(("es", "ht", "en", "pt", "quc"), weights=(92, 3, 2, 1, 2))[0],
        pet=random.random() < 0.015,
        nights=random.choices((1, 2, 3), weights=(30, 30, 40))[0],
        priority=need.priority or bool(accessible) or medical,
    )


def _named(households: Sequence[Need], group: str, hub: str, *, solo: bool) -> list[Need]:
    return [
        replace(need, household=f"{group}-h{n:03}", group=group, hub=hub, solo=solo)
        for n, need in enumerate(households, 1)
    ]


def _into_groups(
    random: Random, households: list[Need], hubs: Sequence[tuple[str, float]], groups: int, solos: int
) -> list[Need]:
    """``groups`` groups in all, ``solos`` of which are one household; the others hold up to about 120 people each."""
    names = [f"g{n:05}" for n in range(1, groups + 1)]
    at = random.choices([hub for hub, _ in hubs], weights=[weight for _, weight in hubs], k=groups)
    # A child alone who came with nobody is no group that could be cut: they come in the buses.
    adults = [need for need in households if need.kind != "uam"]
    chosen = {id(need) for need in adults[:solos]}
    needs = [one for n, need in enumerate(adults[:solos]) for one in _named([need], names[n], at[n], solo=True)]
    rest = [need for need in households if id(need) not in chosen]
    buses = range(solos, groups)
    weights = [random.lognormvariate(0, 0.6) for _ in buses]
    filled: dict[int, list[Need]] = {bus: [] for bus in buses}
    people = Counter[int]()
    drawn = [*buses, *random.choices(buses, weights=weights, k=max(0, len(rest) - len(buses)))]
    for bus, need in zip(drawn, rest, strict=False):
        while people[bus] + need.size > 125:
            bus = buses[(bus - solos + 1) % len(buses)]
        filled[bus].append(need)
        people[bus] += need.size
    for bus, members in filled.items():
        needs += _named(members, names[bus], at[bus], solo=False)
    return needs


# --- shelters ----------------------------------------------------------------------------------------------------------


Houses = tuple[tuple[dict[Section, float], int], ...]

# What a house has: its sections' shares of its places, and how usual such a house is.
_ALL_KINDS: Houses = (
    ({"fam": 0.35, "wom": 0.10, "men": 0.55}, 8),
    ({"men": 1.0}, 5),
    ({"fam": 0.75, "wom": 0.25}, 4),
    ({"fam": 0.25, "men": 0.75}, 4),
    ({"fam": 0.55, "wom": 0.15, "men": 0.30}, 4),
)
# Where most take everybody, in sections, as the migrants' houses of the Church do.
_FOR_EVERYBODY: Houses = (
    ({"fam": 0.33, "wom": 0.12, "men": 0.55}, 13),
    ({"men": 1.0}, 3),
    ({"fam": 0.75, "wom": 0.25}, 2),
    ({"fam": 0.50, "wom": 0.15, "men": 0.35}, 7),
)


class _Supply(NamedTuple):
    """Places of a number of shelters, by section."""

    shelters: int
    beds: dict[Section, int]
    houses: Houses = _ALL_KINDS


_SLEEP_IN: dict[Admission, frozenset[Section]] = {
    "fam": frozenset({"fam", "wom"}),
    "wom": frozenset({"wom", "fam"}),
    "men": frozenset({"men"}),
}


def _offers(
    random: Random, supply: _Supply, hubs: Sequence[tuple[str, Point, float]], *, reach_hm: int, growing: bool = True
) -> tuple[Offer, ...]:
    """Shelters around the hubs. The beds add up to those of ``supply``; each hub has places by its share."""
    dif = max(1, supply.shelters // 8) if supply.beds.get("uam") else 0
    alone: dict[Section, float] = {"uam": 1.0}
    houses = [*_spread(supply.houses, supply.shelters - dif), *[alone] * dif]
    at = _by_share(random, [share for _, _, share in hubs], len(houses))
    sizes = [random.lognormvariate(0, 0.55) for _ in houses]
    wanted: list[dict[Section, float]] = [
        {section: share * size * hubs[hub][2] / max(1, at.count(hub)) for section, share in house.items()}
        for house, size, hub in zip(houses, sizes, at, strict=True)
    ]
    beds = _shared_out(wanted, supply.beds)
    return tuple(
        _offer(random, f"s{n:03}", mine, hubs, hub, reach_hm=reach_hm, growing=growing)
        for n, (mine, hub) in enumerate(zip(beds, at, strict=True), 1)
    )


def _spread(kinds: Houses, shelters: int) -> list[dict[Section, float]]:
    """Houses of all kinds in their proportions, the same for every seed."""
    usual = [house for house, weight in kinds for _ in range(weight)]
    return [usual[(n * 7 + 3) % len(usual)] for n in range(shelters)]


def _by_share(random: Random, shares: Sequence[float], houses: int) -> list[int]:
    """The hub of each house: every hub has one in turn by its share."""
    given = Counter[int]()
    at: list[int] = []
    for _ in range(houses):
        hub = max(range(len(shares)), key=lambda h: (shares[h] / (given[h] + 1), -h))
        given[hub] += 1
        at.append(hub)
    random.shuffle(at)
    return at


def _shared_out(wanted: Sequence[dict[Section, float]], beds: dict[Section, int]) -> list[dict[Section, int]]:
    """Whole beds in proportion to what is wanted, adding up to ``beds`` in each section; at least one where any is wanted."""
    shared: list[dict[Section, int]] = [{} for _ in wanted]
    for section, total in beds.items():
        with_it = [n for n, house in enumerate(wanted) if section in house]
        weight = sum(wanted[n][section] for n in with_it)
        for n in with_it:
            shared[n][section] = max(1, int(total * wanted[n][section] / weight))
        left = total - sum(shared[n][section] for n in with_it)
        sizes = {n: shared[n][section] for n in with_it}
        largest = sorted(with_it, key=lambda n: -sizes[n])
        for turn in range(abs(left)):
            n = largest[turn % len(largest)]
            shared[n][section] = max(0, shared[n][section] + (1 if left > 0 else -1))
    return shared


def _offer(
    random: Random,
    name: str,
    beds: dict[Section, int],
    hubs: Sequence[tuple[str, Point, float]],
    home: int,
    *,
    reach_hm: int,
    growing: bool,
) -> Offer:
    x, y = hubs[home][1]
    place = x + random.randint(-170, 170), y + random.randint(-170, 170)
    total = sum(beds.values())
    dif = "uam" in beds
    services = (
        ("dif",)
        if dif
        else tuple(service for service, share in (("medical", 0.4), ("lgbt", 0.25)) if random.random() < share)
    )
    accessible = max(1, total * 6 // 100) if dif or random.random() < 0.6 else 0
    return Offer(
        shelter=name,
        free={section: _nights(random, count, growing=growing) for section, count in beds.items()},
        accessible=(accessible,) * NIGHTS if accessible else (),
        distance_hm={hub: hm for hub, at, _ in hubs if (hm := _road(at, place)) <= reach_hm},
        max_stay_nights=random.choices((None, 1, 2, 3), weights=(50, 8, 12, 30))[0],
        offers=services,
        languages=("es", *(language for language in ("en", "ht", "quc") if random.random() < 0.25)),
        pets=random.random() < 0.3,
        admits=("uam",) if dif else tuple(kind for kind, sections in _SLEEP_IN.items() if sections & beds.keys()),
    )


def _nights(random: Random, tonight: int, *, growing: bool) -> tuple[int, ...]:
    """Later nights: a few places more where stays end, never fewer."""
    nights = [tonight]
    while len(nights) < NIGHTS:
        nights.append(nights[-1] + (random.randint(0, max(0, tonight // 12)) if growing else 0))
    return tuple(nights)


def _road(start: Point, end: Point) -> int:
    """Road distance in hm: a third longer than the straight line."""
    return max(5, round(1.3 * ((start[0] - end[0]) ** 2 + (start[1] - end[1]) ** 2) ** 0.5))


# --- the instances -------------------------------------------------------------------------------------------------------

_THREE: tuple[tuple[str, Point], ...] = (("leon", (0, 0)), ("celaya", (900, -200)), ("irapuato", (450, 80)))


def _three(shares: Sequence[float]) -> list[tuple[str, Point, float]]:
    return [(hub, at, share) for (hub, at), share in zip(_THREE, shares, strict=True)]


def _beds_for(kinds: _Kinds, load: float) -> dict[Section, int]:
    """Places so that people / places = ``load``. DIF has three of four for the children alone."""
    people = kinds.in_families + kinds.women + kinds.men + kinds.alone
    total, uam = round(people / load), round(kinds.alone * 0.76 / load)
    fam = round(kinds.in_families / load * 1.01)
    wom = round(kinds.women / load * 1.01)
    return {"fam": fam, "wom": wom, "men": total - uam - fam - wom, "uam": uam}


def caravan_2018(load: float = 0.95, seed: int = 0) -> Instance:
    """The caravan of 2018: ``load`` is people over places. There are fewer places at the first station than people."""
    random = Random(f"caravan {seed}")
    households = _households(random, CARAVAN)
    needs = _into_groups(random, households, [("leon", 0.5), ("celaya", 0.3), ("irapuato", 0.2)], 497, 376)
    supply = _Supply(25, _beds_for(CARAVAN, load))
    offers = _offers(random, supply, _three((0.42, 0.33, 0.25)), reach_hm=2_000)
    return Instance(f"caravan-{load:.2f}-{seed}", tuple(needs), offers, POLICY)


def national(seed: int = 0, people: int = 100_000) -> Instance:
    """A country: 300 shelters and 40 stations for 100,000 people, and places unequally spread."""
    random = Random(f"national {seed}")
    scale = people / 100_000
    stations, shelters = max(3, round(40 * scale)), max(25, round(300 * scale))
    hubs = [(f"hub{n:02}", (random.randrange(20_000), random.randrange(12_000))) for n in range(stations)]
    arriving = [random.lognormvariate(0, 0.5) for _ in hubs]
    having = [weight * random.lognormvariate(0, 0.25) for weight in arriving]
    kinds = _plain(people)
    weights = [(hub, weight) for (hub, _), weight in zip(hubs, arriving, strict=True)]
    groups = round(9_989 * scale)
    needs = _into_groups(random, _households(random, kinds), weights, groups, groups * 3 // 4)
    places = [(hub, at, weight / sum(having)) for (hub, at), weight in zip(hubs, having, strict=True)]
    offers = _offers(random, _Supply(shelters, _beds_for(kinds, 1.0)), places, reach_hm=3_000)
    return Instance(f"national-{people}-{seed}", tuple(needs), offers, POLICY)


def bus(people: int, seed: int, shelters: int = 25, filled: float = 0.6) -> Instance:
    """One bus at one station; ``filled`` of the shelters' places are taken, differently in each house."""
    random = Random(f"bus {people} {seed} {shelters} {filled}")
    kinds = _plain(people) if random.random() < 0.5 else _family_heavy(people)
    needs = _named(_households(random, kinds), "g00001", "leon", solo=False)
    beds = _beds_for(_plain(shelters * 40), 1.0)
    offers = _offers(random, _Supply(shelters, beds), _three((0.5, 0.25, 0.25)), reach_hm=2_000)
    return Instance(f"bus-{people}-{seed}-{filled:.2f}", tuple(needs), _emptied(random, offers, filled), POLICY)


def _emptied(random: Random, offers: tuple[Offer, ...], filled: float) -> tuple[Offer, ...]:
    return tuple(
        replace(
            offer,
            free={
                section: tuple(round(count * left) for count in nights)
                for section, nights in offer.free.items()
                for left in [min(1.0, max(0.0, (1 - filled) * random.uniform(0.2, 1.8)))]
            },
        )
        for offer in offers
    )


def tight_bus(seed: int) -> Instance:
    """104 people and six shelters with hardly more places: no one of them holds the bus."""
    random = Random(f"tight {seed}")
    kinds = _Kinds(families=16, in_families=58, women=14, men=30, alone=2)
    needs = _named(_households(random, kinds), "g00001", "leon", solo=False)
    beds: dict[Section, int] = {"fam": 62, "wom": 15, "men": 33, "uam": 2}
    offers = _offers(random, _Supply(6, beds), _three((1, 0, 0)), reach_hm=2_000)
    return Instance(f"tight-{seed}", tuple(needs), offers, POLICY)


def day(load: float, seed: int, mix: Mix = "plain", people: int = 800) -> Day:
    """Buses and people on foot over a day, and 25 shelters. With ``mix`` "families" six of ten are in families, and the places
    are still those of a state that expects men: so few for families that who comes first takes them from who comes later."""
    random = Random(f"day {load} {seed} {mix}")
    kinds = _plain(people) if mix == "plain" else _family_heavy(people)
    households = _households(random, kinds)
    groups = round(people * 0.085)
    at = [("leon", 0.5), ("celaya", 0.3), ("irapuato", 0.2)]
    needs = _into_groups(random, households, at, groups, groups * 2 // 3)
    beds = _beds_for(kinds, load)
    if mix == "families":
        total = sum(beds.values())
        fam, wom = total * 42 // 100, total * 10 // 100
        beds |= {"fam": fam, "wom": wom, "men": total - fam - wom - beds["uam"]}
    supply = _Supply(25, beds, _FOR_EVERYBODY)
    offers = _offers(random, supply, _three((0.42, 0.33, 0.25)), reach_hm=2_000)
    return Day(f"day-{mix}-{load:.2f}-{seed}", _timetable(random, needs), offers, POLICY)


def _timetable(random: Random, needs: Sequence[Need]) -> tuple[Bus, ...]:
    """Most come in the morning and in the evening, nobody after 23:00."""
    groups: dict[str, list[Need]] = {}
    for need in needs:
        groups.setdefault(need.group, []).append(need)
    buses = [Bus(_minute(random), tuple(members)) for members in groups.values()]
    return tuple(sorted(buses, key=lambda arriving: (arriving.minute, arriving.needs[0].group)))


def _minute(random: Random) -> int:
    middle, spread = random.choices(((10 * 60, 150), (19 * 60, 130)), weights=(45, 55))[0]
    return min(23 * 60, max(6 * 60, round(random.gauss(middle, spread))))


# --- the exchange format -------------------------------------------------------------------------------------------------


def to_exchange(instance: Instance) -> dict[str, Any]:
    """The instance as ``caravan-assignment/1``."""
    first = {need.group: need for need in reversed(instance.needs)}
    return {
        "schema": "caravan-assignment/1",
        "name": instance.name,
        "nights": max([1, *(offer.horizon for offer in instance.offers)]),
        "far_hm": instance.policy.far_hm,
        "shelters": [_shelter(offer) for offer in instance.offers],
        "groups": [
            {"id": group, "hub": need.hub, "arrival_min": instance.arrivals.get(group, 0), "solo": need.solo}
            for group, need in sorted(first.items())
        ],
        "households": [_exchanged(need) for need in instance.needs],
        "pins": {need.household: need.pinned for need in instance.needs if need.pinned is not None},
    }


def _shelter(offer: Offer) -> dict[str, Any]:
    longest = offer.horizon
    return {
        "id": offer.shelter,
        "distance_hm": offer.distance_hm,
        "beds": {section: list(nights) for section, nights in offer.free.items()},
        "accessible": list(offer.accessible or (0,) * longest),
        "max_stay": longest if offer.max_stay_nights is None else offer.max_stay_nights,
        "offers": list(offer.offers),
        "languages": list(offer.languages),
        "pets": offer.pets,
    }


def _exchanged(need: Need) -> dict[str, Any]:
    return {
        "id": need.household,
        "group": need.group,
        "kind": need.kind,
        "size": need.size,
        "adult_men": need.adult_men,
        "accessible": need.accessible,
        "needs": list(need.needs),
        "language": need.language,
        "pet": need.pet,
        "nights": need.nights,
        "priority": int(need.priority),
    }
