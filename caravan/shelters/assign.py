"""Exact placement: who sleeps where, by integer optimisation level after level, and the check of the result.

Identical households are one integer variable, and each level is one integer programme whose value becomes a row of the
next: weights would lose the lower levels. The vector is recomputed from the placement, never taken from the solver.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Literal, NamedTuple

import highspy
import numpy as np

from caravan.basics import Refusal
from caravan.shelters.model import Section
from caravan.shelters.plan import (
    Assigned,
    Lodging,
    Need,
    Offer,
    Plan,
    Policy,
    Vector,
    barrier,
    crowding,
    discomforts,
    is_far,
    lodgings,
    modes,
    on,
    reach,
    stay,
    usable,
)

SOLVER = f"HiGHS {highspy.HIGHS_VERSION_MAJOR}.{highspy.HIGHS_VERSION_MINOR}.{highspy.HIGHS_VERSION_PATCH}"

Status = Literal["optimal", "feasible"]
Terms = dict[int, int]  # column → coefficient


def assign(needs: Sequence[Need], offers: Sequence[Offer], policy: Policy) -> Plan:
    """The best placement under the policy. What does not fit stays unplaced; a pin makes no exception to any rule.

    The order of ``needs`` and ``offers`` does not matter. Raises ``Refusal("pin_breaks_law")`` when an unaccompanied
    child is pinned anywhere but to a DIF shelter's section for them, and ``ValueError`` for an id given twice.
    """
    needs = tuple(sorted(needs, key=lambda need: need.household))
    offers = tuple(sorted(offers, key=lambda offer: offer.shelter))
    if len({n.household for n in needs}) < len(needs) or len({o.shelter for o in offers}) < len(offers):
        raise ValueError("a household or a shelter is given twice")
    _refuse_unlawful_pins(needs, offers)
    programme = _Programme(needs, offers, policy)
    counts, status = programme.solve()
    assigned = programme.read(counts)
    placed = {a.household for a in assigned}
    return Plan(
        assigned=assigned,
        unplaced=tuple(n.household for n in needs if n.household not in placed),
        vector=measure(needs, offers, policy, assigned),
        status=status,
        needs=needs,
        offers=offers,
        policy=policy,
        solver=SOLVER,
    )


def _refuse_unlawful_pins(needs: Iterable[Need], offers: Iterable[Offer]) -> None:
    lawful = {o.shelter for o in offers if "dif" in o.offers and "uam" in o.free}
    for need in needs:
        if need.kind == "uam" and need.pinned is not None and need.pinned not in lawful:
            raise Refusal("pin_breaks_law", field="pinned", household=need.household, shelter=need.pinned)


# --- the check -------------------------------------------------------------------------------------------------------


def measure(needs: Iterable[Need], offers: Iterable[Offer], policy: Policy, assigned: Iterable[Assigned]) -> Vector:
    """What a placement costs, from the placement alone. Raises ``ValueError`` where it breaks a hard rule."""
    by_household = {need.household: need for need in needs}
    by_shelter = {offer.shelter: offer for offer in offers}
    stays: dict[str, tuple[Need, Offer, Lodging]] = {}
    for a in assigned:
        if a.household in stays:
            raise ValueError(f"placed twice: {a.household}")
        if a.household not in by_household or a.shelter not in by_shelter:
            raise ValueError(f"unknown household or shelter: {a.household} in {a.shelter}")
        need, offer = by_household[a.household], by_shelter[a.shelter]
        stays[a.household] = need, offer, _checked(need, offer, policy, a)
    _check_room(stays.values(), policy)
    placed = list(stays.values())
    unplaced = [need for need in by_household.values() if need.household not in stays]
    people = Counter[str]()
    for need, offer, _ in placed:
        people[offer.shelter] += need.size
    where = {need.household: offer.shelter for need, offer, _ in placed}
    return Vector(
        PIN=sum(n.size for n in unplaced if n.pinned is not None),
        U1=sum(n.size for n in unplaced if n.priority),
        U2=sum(n.size for n in unplaced),
        FAR=sum(n.size for n, o, _ in placed if is_far(o, policy)),
        SPL=_splits(by_household.values(), where),
        CHG=sum(n.size for n in by_household.values() if n.proposed not in (None, where.get(n.household))),
        SOFT=sum(sum(discomforts(n, o, lodging).values()) for n, o, lodging in placed),
        DIST=sum(n.size * (reach(o, policy) or 0) for n, o, _ in placed),
        BAL=sum(crowding(o, people[o.shelter]) for o in by_shelter.values()),
    )


def _checked(need: Need, offer: Offer, policy: Policy, assigned: Assigned) -> Lodging:
    reason = barrier(need, offer, policy)
    if reason is not None:
        raise ValueError(f"{need.household} may not go to {offer.shelter}: {reason.code}")
    if need.pinned not in (None, offer.shelter):
        raise ValueError(f"{need.household} is pinned to {need.pinned}")
    for lodging in modes(need):
        if lodging.mode == assigned.mode and lodging.beds == assigned.beds:
            return lodging
    raise ValueError(f"{need.household} cannot sleep as {assigned.mode} in {assigned.beds}")


def _check_room(stays: Iterable[tuple[Need, Offer, Lodging]], policy: Policy) -> None:
    taken = Counter[tuple[str, Section | None, int, bool]]()
    offers: dict[str, Offer] = {}
    for need, offer, lodging in stays:
        offers[offer.shelter] = offer
        for night in range(stay(need, offer)):
            taken[offer.shelter, None, night, True] += need.accessible
            for section, beds in lodging.beds.items():
                taken[offer.shelter, section, night, True] += beds
                taken[offer.shelter, section, night, False] += 0 if need.priority else beds
    for (shelter, section, night, everybody), beds in taken.items():
        if section is None:
            room = on(offers[shelter].accessible, night)
        else:
            room = usable(offers[shelter], section, night, policy, priority=everybody)
        if beds > room:
            raise ValueError(
                f"{shelter} overfilled: {beds} in {room} places ({section or 'accessible'}, night {night})"
            )


def _splits(needs: Iterable[Need], where: dict[str, str]) -> int:
    places: defaultdict[str, set[str | None]] = defaultdict(set)
    for need in needs:
        if need.keeps_together:
            places[need.group].add(where.get(need.household))
    return sum(len(used) - 1 for used in places.values())


# --- the programme ---------------------------------------------------------------------------------------------------


class _Arc(NamedTuple):
    """``column`` counts the households of type ``kind`` that sleep so in that shelter."""

    column: int
    kind: int
    need: Need
    offer: Offer
    lodging: Lodging


def _alike(need: Need) -> tuple[str | int | bool | tuple[str, ...], ...]:
    """Households with the same answer are interchangeable. Groups matter only to those who are kept together."""
    return (
        need.group if need.keeps_together else "",
        need.keeps_together,
        need.kind,
        need.size,
        need.adult_men,
        need.accessible,
        need.needs,
        need.language or "",
        need.pet,
        need.nights,
        need.priority,
        need.pinned or "",
        need.proposed or "",
    )


class _Programme:
    """The integer programme: columns with upper bounds, rows ``terms <= limit``, and one list of costs a level.

    Columns are integers but for the two crowding columns of a shelter, whose least value is an integer anyhow.
    """

    def __init__(self, needs: Sequence[Need], offers: Sequence[Offer], policy: Policy) -> None:
        self.policy = policy
        self.upper: list[float] = []
        self.rows: list[tuple[Terms, int]] = []
        self.costs: dict[str, Terms] = {"PIN": {}} | {level: {} for level in policy.levels}
        self.floors = Counter[str]()  # the least value a level could have: reached, there is nothing to solve
        self.arcs: list[_Arc] = []
        self.crowds: list[tuple[int, Terms, int]] = []  # column >= terms - limit, and not below what is there already
        self.visits: list[tuple[int, list[int]]] = []  # column is 1 where any of the columns is used
        ordered = sorted(needs, key=lambda need: (_alike(need), need.household))
        self.kinds = [list(alike) for _, alike in groupby(ordered, key=_alike)]
        self.unplaced = [self._column(len(alike)) for alike in self.kinds]
        for kind, alike in enumerate(self.kinds):
            self._offer_beds(kind, alike, offers)
        self._limit_beds()
        self._hold_groups_together()
        for offer in offers:
            self._balance(offer)

    def _column(self, upper: float) -> int:
        self.upper.append(upper)
        return len(self.upper) - 1

    def _charge(self, column: int, **costs: int) -> None:
        for level, cost in costs.items():
            if cost and level in self.costs:
                self.costs[level][column] = cost

    def _offer_beds(self, kind: int, alike: list[Need], offers: Sequence[Offer]) -> None:
        need, size = alike[0], alike[0].size
        proposed = size if need.proposed is not None else 0
        pinned, priority = size if need.pinned is not None else 0, size if need.priority else 0
        self._charge(self.unplaced[kind], PIN=pinned, U1=priority, U2=size, CHG=proposed)
        for offer in offers:
            if need.pinned not in (None, offer.shelter) or barrier(need, offer, self.policy) is not None:
                continue
            for lodging in lodgings(need, offer):
                arc = _Arc(self._column(len(alike)), kind, need, offer, lodging)
                self.arcs.append(arc)
                self._charge(
                    arc.column,
                    FAR=size if is_far(offer, self.policy) else 0,
                    CHG=0 if need.proposed == offer.shelter else proposed,
                    SOFT=sum(discomforts(need, offer, lodging).values()),
                    DIST=size * (reach(offer, self.policy) or 0),
                )

    def _limit_beds(self) -> None:
        everybody = [{column: 1} for column in self.unplaced]
        beds: defaultdict[tuple[str, Section | None, int, bool], Terms] = defaultdict(dict)
        room: dict[tuple[str, Section | None, int, bool], int] = {}
        for arc in self.arcs:
            everybody[arc.kind][arc.column] = 1
            for night in range(stay(arc.need, arc.offer)):
                if arc.need.accessible:
                    accessible = arc.offer.shelter, None, night, True
                    beds[accessible][arc.column] = arc.need.accessible
                    room[accessible] = on(arc.offer.accessible, night)
                for section, count in arc.lodging.beds.items():
                    for priority in (True,) if arc.need.priority else (True, False):
                        places = arc.offer.shelter, section, night, priority
                        beds[places][arc.column] = count
                        room[places] = usable(arc.offer, section, night, self.policy, priority=priority)
        for terms, alike in zip(everybody, self.kinds, strict=True):
            self.rows.append((terms, len(alike)))
            self.rows.append((dict.fromkeys(terms, -1), -len(alike)))
        self.rows.extend((terms, room[places]) for places, terms in beds.items())

    def _hold_groups_together(self) -> None:
        if "SPL" not in self.costs:
            return
        uses: defaultdict[tuple[str, str | None], defaultdict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        for kind, alike in enumerate(self.kinds):
            if alike[0].keeps_together:
                uses[alike[0].group, None][kind].append(self.unplaced[kind])
        self.floors["SPL"] = len({group for group, _ in uses})
        for arc in self.arcs:
            if arc.need.keeps_together:
                uses[arc.need.group, arc.offer.shelter][arc.kind].append(arc.column)
        tonight = {arc.offer.shelter: sum(on(free, 0) for free in arc.offer.free.values()) for arc in self.arcs}
        for (_, shelter), by_kind in uses.items():
            visit = self._column(1)
            self._charge(visit, SPL=1)
            self.visits.append((visit, [column for columns in by_kind.values() for column in columns]))
            for kind, columns in by_kind.items():
                self.rows.append((dict.fromkeys(columns, 1) | {visit: -len(self.kinds[kind])}, 0))
            if shelter is not None:
                # Follows from the rows above and the beds, but spares the solver most of the search for splits.
                sizes = {column: self.kinds[kind][0].size for kind, columns in by_kind.items() for column in columns}
                self.rows.append((sizes | {visit: -tonight[shelter]}, 0))

    def _balance(self, offer: Offer) -> None:
        people = {arc.column: 20 * arc.need.size for arc in self.arcs if arc.offer.shelter == offer.shelter}
        if "BAL" not in self.costs or not people:
            return
        for share, cost in ((17, 1), (19, 3)):
            above = 20 * offer.load - share * offer.places
            crowd = self._column(highspy.kHighsInf)
            self._charge(crowd, BAL=cost)
            self.floors["BAL"] += cost * max(0, above)
            self.crowds.append((crowd, people, above))
            self.rows.append((people | {crowd: -1}, -above))
            self.rows.append(({crowd: -1}, -max(0, above)))

    # --- solving -----------------------------------------------------------------------------------------------------

    def solve(self) -> tuple[list[int], dict[str, Status]]:
        """The columns' values at the end of the levels, and how sure each level is."""
        best = self._settled([0] * len(self.upper), everybody_out=True)
        status: dict[str, Status] = {}
        solver: highspy.Highs | None = None
        for level, costs in self.costs.items():
            status[level] = "optimal"
            if self.arcs and _value(costs, best) > self.floors[level]:
                solver = solver or self._solver()
                best, status[level] = self._improve(solver, costs, best)
            self.rows.append((costs, _value(costs, best)))
            if solver is not None:
                _add_row(solver, *self.rows[-1])
        return best, status

    def _solver(self) -> highspy.Highs:
        solver = highspy.Highs()
        options = {"output_flag": False, "threads": 1, "mip_rel_gap": 0.0, "mip_abs_gap": 0.5}
        for name, setting in (options | {"mip_max_nodes": self.policy.node_limit}).items():
            solver.setOptionValue(name, setting)
        crowds = {column for column, _, _ in self.crowds}
        for column, upper in enumerate(self.upper):
            solver.addVar(0, upper)
            if column not in crowds:
                solver.changeColIntegrality(column, highspy.HighsVarType.kInteger)
        for terms, limit in self.rows:
            _add_row(solver, terms, limit)
        return solver

    def _improve(self, solver: highspy.Highs, costs: Terms, best: list[int]) -> tuple[list[int], Status]:
        columns = np.arange(len(self.upper), dtype=np.int32)
        solver.changeColsCost(
            len(columns), columns, np.array([costs.get(int(c), 0) for c in columns], dtype=np.float64)
        )
        solver.setSolution(len(columns), columns, np.array(best, dtype=np.float64))
        solver.run()
        proven = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
        found = self._settled([round(value) for value in solver.getSolution().col_value])
        improved = found if _value(costs, found) <= _value(costs, best) else best
        return improved, "optimal" if proven else "feasible"

    def _settled(self, values: list[int], *, everybody_out: bool = False) -> list[int]:
        """The same placement with every column that only follows from it at its least."""
        if everybody_out:
            for kind, alike in enumerate(self.kinds):
                values[self.unplaced[kind]] = len(alike)
        for visit, columns in self.visits:
            values[visit] = int(any(values[column] for column in columns))
        for crowd, people, above in self.crowds:
            values[crowd] = max(0, above, above + _value(people, values))
        return values

    def read(self, values: list[int]) -> tuple[Assigned, ...]:
        """The placement in the order of the households' ids."""
        waiting = [iter(alike) for alike in self.kinds]
        assigned = [
            Assigned(
                household=need.household,
                group=need.group,
                shelter=arc.offer.shelter,
                mode=arc.lodging.mode,
                beds=arc.lodging.beds,
            )
            for arc in self.arcs
            for need in (next(waiting[arc.kind]) for _ in range(values[arc.column]))
        ]
        return tuple(sorted(assigned, key=lambda a: a.household))


def _value(costs: Terms, values: Sequence[int]) -> int:
    return sum(cost * values[column] for column, cost in costs.items())


def _add_row(solver: highspy.Highs, terms: Terms, limit: int) -> None:
    columns = np.fromiter(terms.keys(), dtype=np.int32, count=len(terms))
    coefficients = np.fromiter(terms.values(), dtype=np.float64, count=len(terms))
    solver.addRow(-highspy.kHighsInf, limit, len(terms), columns, coefficients)
