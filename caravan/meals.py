"""Which kitchen cooks for which place: exact integer flows, fewest rations unmet, then least rations·hm.

Each service of the day is a problem of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal

from caravan.basics import Reason, Record
from caravan.kitchens import DIETS, SERVICES, Diet, KitchenOffer, MealService, Window
from caravan.meal_flow import Portion, Road, least_distance


class MealDemand(Record, frozen=True):
    """Rations of one diet that one place needs for one service. ``window`` are the minutes of the day between which it is
    served there; absent = at any hour."""

    place: str
    service: MealService
    rations: int
    diet: Diet = "standard"
    window: Window | None = None


class MealPolicy(Record, frozen=True):
    """``reach_hm``: how far cooked food may travel."""

    reach_hm: int = 300


class MealFlow(Record, frozen=True):
    """Rations one kitchen sends to one place."""

    kitchen: str
    place: str
    service: MealService
    diet: Diet
    rations: int


MissingWhy = Literal[
    "no_kitchen_open", "no_kitchen_cooks_diet", "no_kitchen_in_reach", "no_kitchen_delivers_in_time", "kitchens_full"
]


class MealGap(Record, frozen=True):
    """Rations nobody can cook. ``reason.code`` is a ``MissingWhy``: the first condition that leaves no kitchen."""

    place: str
    service: MealService
    diet: Diet
    rations: int
    reason: Reason


class MealPlan(Record, frozen=True):
    """What to order and what is missing, in the order of the day, then of the ids."""

    flows: tuple[MealFlow, ...]
    unmet: tuple[MealGap, ...]


class _Hunger:
    """What is wanted of one service, by place and diet, and the hours it is wanted at."""

    def __init__(self, demands: Iterable[MealDemand], service: MealService) -> None:
        self.wanted = Counter[tuple[str, Diet]]()
        self.windows: dict[str, Window | None] = {}
        for demand in demands:
            if demand.service == service and demand.rations:
                self.wanted[demand.place, demand.diet] += demand.rations
                self.windows[demand.place] = demand.window


def order_meals(demands: Sequence[MealDemand], kitchens: Sequence[KitchenOffer], policy: MealPolicy) -> MealPlan:
    """The cheapest orders among those that feed most people. The order of the arguments does not matter.

    Demands of one place, service and diet add up. Raises ``ValueError`` for a kitchen given twice for a service, for a place
    with two windows for one, and for a negative number of rations or distance.
    """
    _check(demands, kitchens)
    flows: list[MealFlow] = []
    unmet: list[MealGap] = []
    for service in SERVICES:
        hunger = _Hunger(demands, service)
        cooking = sorted((k for k in kitchens if k.service == service), key=lambda k: k.kitchen)
        sent = _sent(hunger, cooking, policy)
        met = Counter[tuple[str, str]]()
        for (kitchen, place, diet), rations in sorted(sent.items()):
            flows.append(MealFlow(kitchen=kitchen, place=place, service=service, diet=diet, rations=rations))
            met[place, diet] += rations
        for (place, diet), rations in sorted(hunger.wanted.items()):
            if missing := rations - met[place, diet]:
                window = hunger.windows[place]
                whole = MealDemand(place=place, service=service, rations=rations, diet=diet, window=window)
                reason = why_missing(whole, cooking, policy)
                unmet.append(MealGap(place=place, service=service, diet=diet, rations=missing, reason=reason))
    return MealPlan(flows=tuple(flows), unmet=tuple(unmet))


def _sent(hunger: _Hunger, cooking: Sequence[KitchenOffer], policy: MealPolicy) -> dict[tuple[str, str, Diet], int]:
    roads = [
        Road(kitchen=k.kitchen, place=place, diet=diet, hm=k.distances[place])
        for place, diet in sorted(hunger.wanted)
        for k in cooking
        if _in_reach(k, place, policy) and meet(k.delivers, hunger.windows[place])
    ]
    limits: dict[Portion, int] = {(k.kitchen, diet): min(k.rations, k.limit(diet)) for k in cooking for diet in DIETS}
    wanted: dict[Portion, int] = {**hunger.wanted}
    sent = least_distance(wanted, {k.kitchen: k.rations for k in cooking}, limits, roads)
    known: dict[str, Diet] = {diet: diet for diet in DIETS}
    return {(kitchen, place, known[diet]): rations for (kitchen, place, diet), rations in sent.items()}


def _check(demands: Sequence[MealDemand], kitchens: Sequence[KitchenOffer]) -> None:
    if len({(k.kitchen, k.service) for k in kitchens}) < len(kitchens):
        raise ValueError("a kitchen is given twice for one service")
    hours = {(d.place, d.service, d.window) for d in demands}
    if len(hours) > len({(place, service) for place, service, _ in hours}):
        raise ValueError("a place has two windows for one service")
    numbers = [d.rations for d in demands]
    for k in kitchens:
        numbers += [k.rations, *k.per_diet.values(), *k.distances.values()]
    if min(numbers, default=0) < 0:
        raise ValueError("negative rations or distance")


def _in_reach(kitchen: KitchenOffer, place: str, policy: MealPolicy) -> bool:
    reach = policy.reach_hm if kitchen.reach_hm is None else min(policy.reach_hm, kitchen.reach_hm)
    return place in kitchen.distances and kitchen.distances[place] <= reach


def meet(delivers: Window | None, served: Window | None) -> bool:
    """Whether food can come while it is wanted: one common minute is enough."""
    return delivers is None or served is None or (delivers[0] <= served[1] and served[0] <= delivers[1])


def why_missing(demand: MealDemand, cooking: Sequence[KitchenOffer], policy: MealPolicy) -> Reason:
    """Why kitchens that offer this cannot cook all of it: the first condition that leaves none, or that those left are full."""
    opened = [k for k in cooking if k.rations]
    cooks = [k for k in opened if k.limit(demand.diet)]
    near = [k for k in cooks if _in_reach(k, demand.place, policy)]
    timely = [k for k in near if meet(k.delivers, demand.window)]
    if not opened:
        return Reason(code="no_kitchen_open")
    if not cooks:
        return Reason(code="no_kitchen_cooks_diet", details={"diet": demand.diet})
    if not near:
        return Reason(code="no_kitchen_in_reach", details={"metres": 100 * policy.reach_hm})
    if not timely:
        return Reason(code="no_kitchen_delivers_in_time", details={"kitchens": len(near)})
    capacity = sum(min(k.rations, k.limit(demand.diet)) for k in timely)
    return Reason(
        code="kitchens_full", details={"kitchens": len(timely), "rations": capacity, "needed": demand.rations}
    )


def nearest_of(kitchen: str, demand: MealDemand, cooking: Sequence[KitchenOffer], policy: MealPolicy) -> Reason:
    """Why that kitchen: it is the nearest that could cook it, or those nearer give all they have."""
    place = demand.place
    able = [
        k
        for k in cooking
        if k.rations and k.limit(demand.diet) and _in_reach(k, place, policy) and meet(k.delivers, demand.window)
    ]
    hm = {k.kitchen: k.distances[place] for k in able}
    code = "nearest_kitchen" if hm[kitchen] == min(hm.values()) else "kitchen_with_rations"
    return Reason(code=code, details={"metres": 100 * hm[kitchen]})
