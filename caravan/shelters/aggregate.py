"""Placement of thousands at once, by sorts of households instead of households.

First an integer programme over (sort, shelter, lodging), whose size does not depend on the number of people; for each group
a choice "whole in this shelter" rides on it. It is exact for every level that looks at households alone, and for splits it
proves how few could be. Then the numbers become households: groups that stay whole first, the others shelter by shelter,
those who belong to no group last. Nobody whom the programme placed is lost by that. At the end a search mends the splits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Literal, NamedTuple

from caravan.shelters.disaggregate import Count, Whole, disaggregate, together
from caravan.shelters.measure import measure
from caravan.shelters.model import Section
from caravan.shelters.piece import total
from caravan.shelters.plan import (
    Assigned,
    Need,
    Offer,
    Vector,
    discomforts,
    is_far,
    on,
    price,
    reach,
    usable,
)
from caravan.shelters.policy import Policy
from caravan.shelters.progress import Progress, Watch, unwatched
from caravan.shelters.repacking import finish, repack
from caravan.shelters.search import refine
from caravan.shelters.searching.placing import Placing
from caravan.shelters.searching.tables import Tables
from caravan.shelters.solver import Model, Row, Terms
from caravan.shelters.sorts import Possible, Sort, Way, sort_out

Status = Literal["optimal", "feasible"]
_ROUNDS = 400  # of the search for what comes after the splits
_SPLIT_NODES = 50  # branches of the search for splits: some 20 s for 5,600 people; more gained nothing


class Many(NamedTuple):
    """The placement in the order of the households' ids, how sure each level is, and the proven least of those that are above
    it."""

    assigned: tuple[Assigned, ...]
    status: dict[str, Status]
    bounds: dict[str, int]


class _Column(NamedTuple):
    """``number`` counts the households of ``sort`` that stay this way."""

    number: int
    sort: int
    way: Way


class Solved(NamedTuple):
    """Values of the columns, and the proven least of those levels that have one."""

    values: list[int]
    least: dict[str, int]


def place_many(
    needs: Sequence[Need],
    offers: Sequence[Offer],
    policy: Policy,
    *,
    watch: Watch = unwatched,
    rounds: int | None = None,
) -> Many:
    """A placement of everybody. ``rounds`` are those of the search that mends splits; ``None`` grows with the size."""
    needs = sorted(needs, key=lambda need: need.household)
    offers = sorted(offers, key=lambda offer: offer.shelter)
    if not needs:
        return Many((), dict.fromkeys(("PIN", *policy.levels), "optimal"), {})
    programme = Programme(needs, offers, policy)
    solved = programme.solve(watch)
    assigned = programme.shared_out(solved.values)
    assigned = mended(needs, offers, policy, assigned, rounds=rounds, watch=watch)
    return _certified(policy, assigned, solved, measure(needs, offers, policy, assigned))


def mended(
    needs: Sequence[Need],
    offers: Sequence[Offer],
    policy: Policy,
    assigned: Sequence[Assigned],
    *,
    rounds: int | None,
    attempts: int | None = None,
    watch: Watch,
) -> tuple[Assigned, ...]:
    """A placement no worse, with fewer splits, and then better in the levels after them. ``attempts`` are those to pack groups anew."""
    placing = Placing(Tables(needs, offers, policy))
    placing.start_from(assigned)
    repack(placing, watch=watch, attempts=attempts)
    finish(placing)
    refine(placing, rounds=_ROUNDS if rounds is None else rounds, watch=watch)
    return placing.assigned()


def _certified(policy: Policy, assigned: tuple[Assigned, ...], solved: Solved, vector: Vector) -> Many:
    """A level is proven while it is at its proven least and all before it are."""
    status: dict[str, Status] = {}
    bounds: dict[str, int] = {}
    proven = True
    for level in ("PIN", *policy.levels):
        reached, least = getattr(vector, level), solved.least.get(level)
        if proven and least is not None and least < reached:
            bounds[level] = least
        proven = proven and (reached == 0 or (least is not None and least >= reached))
        status[level] = "optimal" if proven else "feasible"
    return Many(assigned, status, bounds)


class Programme:
    """The integer programme over sorts; ``split_nodes`` bounds its search for splits, branch by branch."""

    def __init__(
        self, needs: Sequence[Need], offers: Sequence[Offer], policy: Policy, *, split_nodes: int = _SPLIT_NODES
    ) -> None:
        self._split_nodes = min(split_nodes, policy.node_limit)
        self._offers = offers
        self._policy = policy
        self._sorts = sort_out(needs)
        self._upper: list[int] = []
        self._rows: list[Row] = []
        self._costs: dict[str, Terms] = {level: {} for level in ("PIN", *policy.levels)}
        self._columns: list[_Column] = []
        self._unplaced: list[int] = []
        possible = Possible(offers)
        for number, sort in enumerate(self._sorts):
            self._offer_ways(number, sort, possible.ways(sort.need))
        self._at: defaultdict[tuple[int, int], list[_Column]] = defaultdict(list)
        for column in self._columns:
            self._at[column.sort, column.way.at].append(column)
        self._limit_places()
        self._groups = together(self._sorts)
        self._whole: dict[tuple[str, int], int] = {}  # (group, shelter) → column

    def _column(self, upper: int) -> int:
        self._upper.append(upper)
        return len(self._upper) - 1

    def _charge(self, column: int, **costs: int) -> None:
        for level, cost in costs.items():
            if cost and level in self._costs:
                self._costs[level][column] = cost

    def _offer_ways(self, number: int, sort: Sort, ways: Sequence[Way]) -> None:
        need, count, size = sort.need, len(sort.households), sort.need.size
        proposed = size if need.proposed is not None else 0
        out = self._column(count)
        self._unplaced.append(out)
        pinned, priority = size if need.pinned is not None else 0, size if need.priority else 0
        self._charge(out, PIN=pinned, U1=priority, U2=size, CHG=proposed)
        everybody = {out: 1}
        for way in ways:
            offer = self._offers[way.at]
            column = self._column(count)
            everybody[column] = 1
            self._columns.append(_Column(column, number, way))
            self._charge(
                column,
                FAR=size if is_far(need, offer, self._policy) else 0,
                PRICE=price(offer, way.lodging),
                CHG=0 if need.proposed == offer.shelter else proposed,
                SOFT=sum(discomforts(need, offer, way.lodging).values()),
                DIST=size * (reach(need, offer) or 0),
            )
        self._rows.append(Row(everybody, count, count))

    def _limit_places(self) -> None:
        beds: defaultdict[tuple[int, Section | Literal[""], bool, int], Terms] = defaultdict(dict)
        for column, sort, way in self._columns:
            need = self._sorts[sort].need
            for night in range(way.nights):
                if need.accessible:
                    beds[way.at, "", True, night][column] = need.accessible
                for section, count in way.lodging.beds.items():
                    for priority in (True, False) if self._offers[way.at].kept and not need.priority else (True,):
                        beds[way.at, section, priority, night][column] = count
        before: dict[tuple[int, str, bool], int] = {}
        for (at, section, priority, night), terms in sorted(beds.items()):
            room = self._room(at, section, priority, night)
            # Who is there on a later night is there on the nights before it.
            if room < before.get((at, section, priority), room + 1):
                self._rows.append(Row(terms, room))
                before[at, section, priority] = room

    def _room(self, at: int, section: Section | Literal[""], priority: bool, night: int) -> int:
        offer = self._offers[at]
        return on(offer.accessible, night) if section == "" else usable(offer, section, night, priority=priority)

    # --- groups ----------------------------------------------------------------------------------------------------------

    def _keep_whole(self) -> None:
        """Columns "this group whole in that shelter", and a split for each group that is whole nowhere."""
        covered: defaultdict[tuple[int, int], Terms] = defaultdict(dict)
        tonight = [sum(on(free, 0) for free in offer.free.values()) for offer in self._offers]
        for group, members in self._groups.items():
            broken = self._column(1)
            self._charge(broken, SPL=1)
            somewhere = {broken: 1}
            people = sum(self._sorts[sort].need.size * count for sort, count in members.items())
            for at, places in enumerate(tonight):
                if people <= places and all((sort, at) in self._at for sort in members):
                    whole = self._whole[group, at] = self._column(1)
                    somewhere[whole] = 1
                    for sort, count in members.items():
                        covered[sort, at][whole] = count
            self._rows.append(Row(somewhere, 1, 1))
        for (sort, at), wholes in covered.items():
            self._rows.append(Row(wholes | {column.number: -1 for column in self._at[sort, at]}, 0))

    # --- solving ---------------------------------------------------------------------------------------------------------

    def solve(self, watch: Watch) -> Solved:
        """Level after level, down to the splits where the policy asks for them: what comes after depends on who is together.
        A level whose search was cut has a bound below what it reached. Crowding is left to the search."""
        values = [0] * len(self._upper)
        for out, sort in zip(self._unplaced, self._sorts, strict=True):
            values[out] = len(sort.households)
        least: dict[str, int] = {}
        model: Model | None = None
        exact = True
        for done, level in enumerate(self._costs):
            if level == "BAL" and self._columns:
                exact = False
                continue
            if level == "SPL":
                values, model = self._with_groups(values), None
            reached = bound = total(self._costs[level], values)
            if reached and self._columns:
                told = Progress(stage=level, done=done, of=len(self._costs))
                model = model or self._model(level)
                values, bound = self._least(model, level, values, told, watch)
                reached = total(self._costs[level], values)
            if exact:
                least[level] = bound
            if level == "SPL":
                break
            exact = exact and bound == reached
            model = self._hold(model, level, values)
        return Solved(values, least)

    def _model(self, level: str) -> Model:
        limit = self._split_nodes if level == "SPL" else self._policy.node_limit
        return Model(self._upper, (), self._rows, node_limit=limit)

    def _least(
        self, model: Model, level: str, values: list[int], told: Progress, watch: Watch
    ) -> tuple[list[int], int]:
        """Better values for this level, or the same, and how little it could be."""
        costs = self._costs[level]
        if not watch(told):
            return values, 0
        found = model.least(costs, values, lambda: watch(told))
        if found.values is None or total(costs, found.values) > total(costs, values):
            return values, max(0, found.bound)
        return found.values, total(costs, found.values) if found.proven else max(0, found.bound)

    def _hold(self, model: Model | None, level: str, values: list[int]) -> Model | None:
        """What the level reached stays so from now on."""
        costs = self._costs[level]
        self._rows.append(Row(costs, total(costs, values)))
        if model is not None:
            model.add(self._rows[-1:])
        return model

    def _with_groups(self, values: list[int]) -> list[int]:
        """The same placement with the columns of the groups, all of them broken."""
        known = len(self._upper)
        self._keep_whole()
        broken = set(self._costs["SPL"])
        return values + [int(column in broken) for column in range(known, len(self._upper))]

    # --- from numbers to households --------------------------------------------------------------------------------------

    def shared_out(self, values: list[int]) -> tuple[Assigned, ...]:
        """Households for the numbers, in the order of their ids."""
        return disaggregate(
            self._sorts,
            self._offers,
            [Count(sort, way, values[number]) for number, sort, way in self._columns if values[number]],
            [Whole(group, at) for (group, at), column in self._whole.items() if values[column]],
            strict=comfort_first(self._policy),
        )


def comfort_first(policy: Policy) -> bool:
    levels = policy.levels
    return "SPL" not in levels or "SOFT" in levels[: levels.index("SPL")]
