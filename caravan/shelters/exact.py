"""Exact placement of a bus by integer optimisation, level after level.

Identical households are one integer variable, and each level is one integer programme whose value becomes a row of the
next: weights would lose the lower levels.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from msgspec.structs import replace

from caravan.shelters.measure import measure
from caravan.shelters.model import Section
from caravan.shelters.plan import (
    Assigned,
    Lodging,
    Need,
    Offer,
    Vector,
    barrier,
    discomforts,
    is_far,
    lodgings,
    on,
    price,
    reach,
    stay,
    usable,
)
from caravan.shelters.policy import Policy
from caravan.shelters.progress import Progress, Watch, unwatched
from caravan.shelters.search import construct
from caravan.shelters.solver import Model, Row, Terms

Status = Literal["optimal", "feasible"]
_Places = tuple[str, Section | None, int, bool]  # shelter, section, night, and whether anybody may count on them


class Placed(NamedTuple):
    """A placement, how sure each level is, and the least a level could be where less than what was reached."""

    assigned: tuple[Assigned, ...]
    status: dict[str, Status]
    bounds: dict[str, int]


def place(needs: Sequence[Need], offers: Sequence[Offer], policy: Policy, *, watch: Watch = unwatched) -> Placed:
    """Every level as low as the ones before it allow. ``watch`` is told at each level that is searched; when it says no, the
    best so far is the answer, and the levels left are no more than feasible."""
    return Programme(needs, offers, policy).solve(watch)


class _Arc(NamedTuple):
    """A way for the households of one type to sleep in one shelter: what it costs by level, what it takes of which places, and
    how many of them could."""

    offer: Offer
    lodging: Lodging
    costs: tuple[tuple[str, int], ...]
    takes: tuple[tuple[_Places, int], ...]
    most: int


class _Kind(NamedTuple):
    """Households with the same answers, which are therefore one integer, and the ways they could sleep.

    ``group`` is that of people who are kept together, else empty.
    """

    households: list[Need]
    group: str
    arcs: tuple[_Arc, ...]


class _Column(NamedTuple):
    kind: int
    arc: _Arc


class Programme:
    """The integer programme: columns with upper bounds, rows, and one list of costs a level.

    A column counts the households of a type that sleep so in that shelter, or have no place; the others follow from these:
    whether a group uses a shelter, and how crowded it is.
    """

    def __init__(self, needs: Sequence[Need], offers: Sequence[Offer], policy: Policy) -> None:
        self.needs = needs
        self.offers = offers
        self.policy = policy
        self.upper: list[float] = []
        self.rows: list[Row] = []
        self.costs: dict[str, Terms] = {"PIN": {}} | {level: {} for level in policy.levels}
        self.floors = Counter[str]()  # the least value a level could have: reached, there is nothing to solve
        self.crowds: list[tuple[int, Terms, int]] = []  # column >= terms + figure, and not below what is there already
        self.visits: dict[tuple[str, str | None], int] = {}  # column is 1 where the group uses the shelter, or none
        self.kinds = _kinds(needs, offers, policy)
        self.unplaced = [self._column(len(kind.households)) for kind in self.kinds]
        self.arcs = [_Column(number, arc) for number, kind in enumerate(self.kinds) for arc in kind.arcs]
        self.first = len(self.unplaced)  # the columns of the arcs follow those of the unplaced
        for number, kind in enumerate(self.kinds):
            self._place_all(number, kind)
        if "SPL" in self.costs:
            self._hold_groups_together()
        self._limit_beds()
        if "BAL" in self.costs:
            for offer in offers:
                self._balance(offer)

    def _column(self, upper: float) -> int:
        self.upper.append(upper)
        return len(self.upper) - 1

    def _charge(self, column: int, costs: Iterable[tuple[str, int]]) -> None:
        for level, cost in costs:
            if cost and level in self.costs:
                self.costs[level][column] = cost

    def _place_all(self, number: int, kind: _Kind) -> None:
        need, size, everybody = kind.households[0], kind.households[0].size, len(kind.households)
        out = self.unplaced[number]
        self._charge(out, [("U1", size * need.priority), ("U2", size)])
        self._charge(out, [("PIN", size * (need.pinned is not None)), ("CHG", size * (need.proposed is not None))])
        terms = {out: 1}
        for arc in kind.arcs:
            column = self._column(arc.most)
            terms[column] = 1
            self._charge(column, arc.costs)
        self.rows.append(Row(terms, everybody, everybody))

    def _hold_groups_together(self) -> None:
        uses: defaultdict[tuple[str, str | None], defaultdict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        for number, kind in enumerate(self.kinds):
            if kind.group:
                uses[kind.group, None][number].append(self.unplaced[number])
        self.floors["SPL"] = len(uses)
        for column, (number, arc) in enumerate(self.arcs, self.first):
            if self.kinds[number].group:
                uses[self.kinds[number].group, arc.offer.shelter][number].append(column)
        for use, by_kind in uses.items():
            visit = self.visits[use] = self._column(1)
            self._charge(visit, [("SPL", 1)])
            for number, columns in by_kind.items():
                most = min(len(self.kinds[number].households), sum(self.upper[column] for column in columns))
                self.rows.append(Row(dict.fromkeys(columns, 1) | {visit: -int(most)}, 0))

    def _limit_beds(self) -> None:
        room = {places: count for offer in self.offers for places, count in _rooms(offer).items()}
        used: defaultdict[_Places, defaultdict[int | None, dict[int, int]]] = defaultdict(lambda: defaultdict(dict))
        for column, (number, arc) in enumerate(self.arcs, self.first):
            visit = self.visits.get((self.kinds[number].group, arc.offer.shelter))
            for places, count in arc.takes:
                used[places][visit][column] = count
        for places, by_visit in used.items():
            for visit, terms in by_visit.items():
                # Who uses places uses the shelter: for one group nothing new, but it spares most of the search for splits.
                if visit is not None and self._could_take(terms) > room[places]:
                    self.rows.append(Row(terms | {visit: -room[places]}, 0))
            everybody = {column: count for terms in by_visit.values() for column, count in terms.items()}
            if (len(by_visit) > 1 or None in by_visit) and self._could_take(everybody) > room[places]:
                self.rows.append(Row(everybody, room[places]))

    def _could_take(self, terms: Terms) -> float:
        return sum(count * self.upper[column] for column, count in terms.items())

    def _balance(self, offer: Offer) -> None:
        people = {
            column: 20 * self.kinds[number].households[0].size
            for column, (number, arc) in enumerate(self.arcs, self.first)
            if arc.offer.shelter == offer.shelter
        }
        for share, cost in ((17, 1), (19, 3)):
            above = 20 * offer.load - share * offer.places
            most = above + self._could_take(people)
            if not people or most <= max(0, above):
                continue
            crowd = self._column(most)
            self._charge(crowd, [("BAL", cost)])
            self.floors["BAL"] += cost * max(0, above)
            self.crowds.append((crowd, people, above))
            self.rows.append(Row(people | {crowd: -1}, -above))
            self.rows.append(Row({crowd: -1}, -max(0, above)))

    # --- solving -----------------------------------------------------------------------------------------------------

    def solve(self, watch: Watch) -> Placed:
        best = self._settled([len(kind.households) for kind in self.kinds] + [0] * (len(self.upper) - self.first))
        status: dict[str, Status] = dict.fromkeys(self.costs, "feasible")
        bounds: dict[str, int] = {}
        model: Model | None = None
        ask = _Ask(watch)
        for done, (level, costs) in enumerate(self.costs.items()):
            proven = not self.arcs or _value(costs, best) <= self.floors[level]
            if not proven:
                told = Progress(stage=level, done=done, of=len(self.costs), vector=self._vector(best, watch))
                if not ask.about(told):
                    return Placed(self._or_constructed(self.read(best)), status, bounds)
                model = model or Model(self.upper, (), self.rows, node_limit=self.policy.node_limit)
                best, proven, bound = self._improve(model, costs, best, None if watch is unwatched else ask)
                bounds |= {level: bound} if bound < _value(costs, best) and not proven else {}
            status[level] = "optimal" if proven else "feasible"
            self.rows.append(Row(costs, _value(costs, best)))
            if model is not None:
                model.tighten(costs, _value(costs, best))
                model.add(self.rows[-1:])
        return Placed(self.read(best), status, bounds)

    def _vector(self, best: list[int], watch: Watch) -> Vector | None:
        return None if watch is unwatched else measure(self.needs, self.offers, self.policy, self.read(best))

    def _improve(
        self, model: Model, costs: Terms, best: list[int], go_on: Callable[[], bool] | None
    ) -> tuple[list[int], bool, int]:
        least = model.least(costs, best, go_on)
        if least.values is not None:
            found = self._settled(least.values)
            best = found if _value(costs, found) <= _value(costs, best) else best
        return best, least.proven, least.bound

    def _or_constructed(self, assigned: tuple[Assigned, ...]) -> tuple[Assigned, ...]:
        """Of a search that was stopped early, what a person would still call a plan."""
        quick = construct(self.needs, self.offers, self.policy)
        costs = [measure(self.needs, self.offers, self.policy, plan) for plan in (assigned, quick)]
        first, second = ([getattr(cost, level) for level in self.costs] for cost in costs)
        return quick if second < first else assigned

    def _settled(self, values: list[int]) -> list[int]:
        """The same placement with every column that only follows from it at its least."""
        for visit in self.visits.values():
            values[visit] = 0
        for number, kind in enumerate(self.kinds):
            if values[self.unplaced[number]] and (kind.group, None) in self.visits:
                values[self.visits[kind.group, None]] = 1
        for column, (number, arc) in enumerate(self.arcs, self.first):
            visit = self.visits.get((self.kinds[number].group, arc.offer.shelter))
            if values[column] and visit is not None:
                values[visit] = 1
        for crowd, people, above in self.crowds:
            values[crowd] = max(0, above, above + _value(people, values))
        return values

    def read(self, values: list[int]) -> tuple[Assigned, ...]:
        """The placement in the order of the households' ids."""
        waiting = [iter(kind.households) for kind in self.kinds]
        assigned = [
            Assigned(
                household=need.household,
                group=need.group,
                shelter=arc.offer.shelter,
                mode=arc.lodging.mode,
                beds=arc.lodging.beds,
            )
            for column, (number, arc) in enumerate(self.arcs, self.first)
            for need in (next(waiting[number]) for _ in range(values[column]))
        ]
        return tuple(sorted(assigned, key=lambda a: a.household))


class _Ask:
    """Asks whether to go on with what was last told; who once said no has said it for good."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._told: Progress | None = None
        self._going = True

    def about(self, told: Progress) -> bool:
        self._told = told
        return self()

    def __call__(self) -> bool:
        self._going = self._going and (self._told is None or self._watch(self._told))
        return self._going


def _value(costs: Terms, values: Sequence[int]) -> int:
    return sum(cost * values[column] for column, cost in costs.items())


# --- who is alike ----------------------------------------------------------------------------------------------------


def _kinds(needs: Sequence[Need], offers: Sequence[Offer], policy: Policy) -> list[_Kind]:
    """The households by what they could be given: a language that is spoken everywhere makes no difference."""
    rooms = [(offer, _rooms(offer)) for offer in offers]
    ways: dict[Need, tuple[_Arc, ...]] = {}
    kinds: dict[tuple[object, ...], _Kind] = {}
    for need in needs:
        group = need.group if need.keeps_together else ""
        anonymous = replace(need, household="", group="", provisional=False)
        if anonymous not in ways:
            ways[anonymous] = tuple(arc for offer, room in rooms for arc in _arcs(need, offer, room, policy))
        arcs = ways[anonymous]
        same = tuple((arc.offer.shelter, arc.lodging.mode, arc.costs, arc.takes) for arc in arcs)
        wished = need.pinned is not None, need.proposed is not None
        key = group, need.size, need.priority, wished, same
        kinds.setdefault(key, _Kind([], group, arcs)).households.append(need)
    return [
        kind._replace(arcs=tuple(arc._replace(most=min(arc.most, len(kind.households))) for arc in kind.arcs))
        for kind in kinds.values()
    ]


def _arcs(need: Need, offer: Offer, room: dict[_Places, int], policy: Policy) -> Iterator[_Arc]:
    if need.pinned not in (None, offer.shelter) or barrier(need, offer) is not None:
        return
    moves = need.proposed not in (None, offer.shelter)
    costs = [
        ("FAR", need.size * is_far(need, offer, policy)),
        ("CHG", need.size * moves),
        ("DIST", need.size * (reach(need, offer) or 0)),
    ]
    for lodging in lodgings(need, offer):
        borne = ("PRICE", price(offer, lodging)), ("SOFT", sum(discomforts(need, offer, lodging).values()))
        takes: dict[_Places, int] = {
            places: count
            for section, count in (*lodging.beds.items(), (None, need.accessible))
            for night in range(stay(need, offer))
            for anybody in ((True,) if need.priority or section is None else (True, False))
            if count and (places := (offer.shelter, section, night, anybody)) in room
        }
        most = min(room[places] // count for places, count in takes.items())
        if most:
            yield _Arc(offer, lodging, (*costs, *borne), tuple(takes.items()), most)


def _rooms(offer: Offer) -> dict[_Places, int]:
    """The places that could run short: by section (nothing = the accessible ones) and night, all of them and those that are not
    kept for priority households. Every stay begins tonight, so a later night counts only where it has fewer than all before."""
    rooms: dict[_Places, int] = {}
    for section, nights in (*offer.free.items(), (None, offer.accessible)):
        for anybody in (True, False):
            if not anybody and (section is None or not offer.kept.get(section)):
                continue
            least = None
            for night in range(offer.horizon):
                count = on(nights, night) if section is None else usable(offer, section, night, priority=anybody)
                if least is None or count < least:
                    rooms[offer.shelter, section, night, anybody] = least = count
    return rooms
