"""Which kitchen cooks for which place: exact integer flows, fewest rations unmet, then least rations·hm.

Each service of the day is a problem of its own. Pure Python: the shortest way from a kitchen with rations left to a
place still waiting is used again and again, moving earlier orders to other kitchens where that helps, until there is
none.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from heapq import heappop, heappush
from typing import Literal

from caravan.basics import Reason, Record
from caravan.kitchens import SERVICES, MealService

Diet = Literal["standard", "no_pork", "infant", "soft"]


class MealDemand(Record, frozen=True):
    """Rations of one diet that one place needs for one service."""

    place: str
    service: MealService
    rations: int
    diet: Diet = "standard"


class KitchenOffer(Record, frozen=True):
    """What one kitchen can cook for one service.

    ``rations`` in all; ``per_diet`` at most so many of a diet. A special diet that is not named is not cooked, the
    standard one is. ``distances`` are hm by road to each place it can deliver to; a place that is absent is out of its
    reach.
    """

    kitchen: str
    service: MealService
    rations: int
    distances: dict[str, int]
    per_diet: dict[Diet, int] = {}

    def limit(self, diet: Diet) -> int:
        return self.per_diet.get(diet, self.rations if diet == "standard" else 0)


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


class MealGap(Record, frozen=True):
    """Rations nobody can cook, and why: ``no_kitchen_open``, ``no_kitchen_cooks_diet``, ``no_kitchen_in_reach`` or
    ``kitchens_full``."""

    place: str
    service: MealService
    diet: Diet
    rations: int
    reason: Reason


class MealPlan(Record, frozen=True):
    """What to order and what is missing, in the order of the day, then of the ids."""

    flows: tuple[MealFlow, ...]
    unmet: tuple[MealGap, ...]


def order_meals(demands: Sequence[MealDemand], kitchens: Sequence[KitchenOffer], policy: MealPolicy) -> MealPlan:
    """The cheapest orders among those that feed most people. The order of the arguments does not matter.

    Demands of one place, service and diet add up. Raises ``ValueError`` for a kitchen given twice for a service, and
    for a negative number of rations or distance.
    """
    _check(demands, kitchens)
    flows: list[MealFlow] = []
    unmet: list[MealGap] = []
    for service in SERVICES:
        wanted = Counter[tuple[str, Diet]]()
        for demand in demands:
            if demand.service == service and demand.rations:
                wanted[demand.place, demand.diet] += demand.rations
        cooking = sorted((k for k in kitchens if k.service == service), key=lambda k: k.kitchen)
        sent = _Network(wanted, cooking, policy).solve()
        flows += [
            MealFlow(kitchen=kitchen, place=place, service=service, diet=diet, rations=rations)
            for (kitchen, place, diet), rations in sorted(sent.items())
        ]
        for (place, diet), rations in sorted(wanted.items()):
            missing = rations - sum(n for (_, p, d), n in sent.items() if (p, d) == (place, diet))
            if missing:
                reason = _why(place, diet, rations, cooking, policy)
                unmet.append(MealGap(place=place, service=service, diet=diet, rations=missing, reason=reason))
    return MealPlan(flows=tuple(flows), unmet=tuple(unmet))


def _check(demands: Iterable[MealDemand], kitchens: Sequence[KitchenOffer]) -> None:
    if len({(k.kitchen, k.service) for k in kitchens}) < len(kitchens):
        raise ValueError("a kitchen is given twice for one service")
    numbers = [d.rations for d in demands]
    for k in kitchens:
        numbers += [k.rations, *k.per_diet.values(), *k.distances.values()]
    if min(numbers, default=0) < 0:
        raise ValueError("negative rations or distance")


def _in_reach(kitchen: KitchenOffer, place: str, policy: MealPolicy) -> bool:
    return place in kitchen.distances and kitchen.distances[place] <= policy.reach_hm


def _why(place: str, diet: Diet, needed: int, cooking: Sequence[KitchenOffer], policy: MealPolicy) -> Reason:
    """The first condition that leaves no kitchen, or that all those left are full."""
    opened = [k for k in cooking if k.rations]
    cooks = [k for k in opened if k.limit(diet)]
    near = [k for k in cooks if _in_reach(k, place, policy)]
    if not opened:
        return Reason(code="no_kitchen_open")
    if not cooks:
        return Reason(code="no_kitchen_cooks_diet", details={"diet": diet})
    if not near:
        return Reason(code="no_kitchen_in_reach", details={"reach_metres": 100 * policy.reach_hm})
    capacity = sum(min(k.rations, k.limit(diet)) for k in near)
    return Reason(code="kitchens_full", details={"kitchens": len(near), "rations": capacity, "needed": needed})


class _Network:
    """Source → kitchen → kitchen's diet → place's diet → sink, with whole rations on every edge.

    Edges come in pairs: edge ``e ^ 1`` is the way back of edge ``e`` and holds what already flows. Node 0 is the
    source, node 1 the sink.
    """

    def __init__(self, wanted: Counter[tuple[str, Diet]], cooking: Sequence[KitchenOffer], policy: MealPolicy) -> None:
        self.target: list[int] = []
        self.room: list[int] = []
        self.cost: list[int] = []
        self.edges: defaultdict[int, list[int]] = defaultdict(list)
        self.nodes = 2
        self.deliveries: dict[int, tuple[str, str, Diet]] = {}
        waiting: dict[tuple[str, Diet], int] = {key: self._node() for key in sorted(wanted)}
        diets: list[Diet] = sorted({diet for _, diet in wanted})
        for key, node in waiting.items():
            self._edge(node, 1, wanted[key], 0)
        for kitchen in cooking:
            pot = self._node()
            self._edge(0, pot, kitchen.rations, 0)
            for diet in diets:
                cooked = self._node()
                self._edge(pot, cooked, kitchen.limit(diet), 0)
                for (place, eaten), node in waiting.items():
                    if eaten == diet and _in_reach(kitchen, place, policy):
                        edge = self._edge(cooked, node, wanted[place, diet], kitchen.distances[place])
                        self.deliveries[edge] = kitchen.kitchen, place, diet

    def _node(self) -> int:
        self.nodes += 1
        return self.nodes - 1

    def _edge(self, source: int, target: int, room: int, cost: int) -> int:
        edge = len(self.target)
        self.target += [target, source]
        self.room += [room, 0]
        self.cost += [cost, -cost]
        self.edges[source].append(edge)
        self.edges[target].append(edge + 1)
        return edge

    def solve(self) -> dict[tuple[str, str, Diet], int]:
        """Rations by kitchen, place and diet."""
        potential = [0] * self.nodes
        while (way := self._shortest(potential)) is not None:
            rations = min(self.room[edge] for edge in way)
            for edge in way:
                self.room[edge] -= rations
                self.room[edge ^ 1] += rations
        return {delivery: self.room[edge ^ 1] for edge, delivery in self.deliveries.items() if self.room[edge ^ 1]}

    def _shortest(self, potential: list[int]) -> list[int] | None:
        """The edges of the cheapest way from source to sink, or ``None``. ``potential`` keeps costs non-negative
        for the next search (Johnson), and is moved by this one."""
        distance = {0: 0}
        arrived_by: dict[int, int] = {}
        done: set[int] = set()
        queue = [(0, 0)]
        while queue:
            so_far, node = heappop(queue)
            if node in done:
                continue
            done.add(node)
            for edge in self.edges[node]:
                target = self.target[edge]
                further = so_far + self.cost[edge] + potential[node] - potential[target]
                if self.room[edge] and (target not in distance or further < distance[target]):
                    distance[target] = further
                    arrived_by[target] = edge
                    heappush(queue, (further, target))
        if 1 not in distance:
            return None
        for node in range(self.nodes):
            potential[node] += min(distance.get(node, distance[1]), distance[1])
        way: list[int] = []
        node = 1
        while node:
            way.append(arrived_by[node])
            node = self.target[arrived_by[node] ^ 1]
        return way
