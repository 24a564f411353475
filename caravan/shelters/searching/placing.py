"""A placement that is being changed: cheap to change, cheap to undo, its cost always known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from caravan.shelters.plan import Assigned
from caravan.shelters.searching.tables import OUT, Tables

Change = tuple[
    int, int, int
]  # (kind, way, households): so many more of that kind sleep so; OUT as way = without a place
Wanted = list[tuple[int, int]]  # (kind, households)
Filled = tuple[list[Change], Wanted, int, int, int]
"""How they would sleep, who is left over, how many people that places, what it gains over leaving them without, and what it
costs over their cheapest ways."""


class Placing:
    """Who sleeps where, as counts by kind and way.

    ``cost`` is everything the placement costs; ``room`` what is left of each house by row; ``people`` how many are in each house;
    ``at`` the households of each kind by way; ``out`` those without a place; ``parts`` the households of each group by house,
    ``OUT`` among the houses; ``inside`` the groups in each house, ``loose`` the kinds in it whose group does not matter.
    """

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.kinds = tables.kinds
        self.room = [list(rows) for rows in tables.room]
        self.people = [0] * len(tables.offers)
        self.at: list[dict[int, int]] = [{} for _ in tables.kinds]
        self.out = [kind.number for kind in tables.kinds]
        self.parts: list[dict[int, int]] = [
            {OUT: sum(tables.kinds[kind].number for kind in kinds)} for kinds in tables.members
        ]
        self.inside: list[dict[int, None]] = [{} for _ in tables.offers]
        self.loose: list[dict[int, int]] = [{} for _ in tables.offers]
        self.cost = sum(kind.out * kind.number for kind in tables.kinds)
        self.log: list[Change] = []

    def put(self, number: int, way: int, households: int) -> None:
        """Gives places so to households of a kind that have none."""
        self.log.append((number, way, households))
        self._move(number, way, households)

    def take(self, number: int, way: int, households: int) -> None:
        """Takes their places from households of a kind."""
        self.log.append((number, way, -households))
        self._move(number, way, -households)

    def back_to(self, mark: int) -> None:
        """Undoes all changes since ``len(log)`` was ``mark``."""
        log = self.log
        while len(log) > mark:
            number, way, households = log.pop()
            self._move(number, way, -households)

    def _move(self, number: int, way: int, households: int) -> None:
        kind = self.kinds[number]
        house, takes, cost, _ = kind.ways[way]
        room = self.room[house]
        for row, places in takes:
            room[row] -= places * households
        crowds, before = self.tables.crowds[house], self.people[house]
        after = self.people[house] = before + kind.size * households
        self.cost += (cost - kind.out) * households + crowds[after] - crowds[before]
        self.out[number] -= households
        _count(self.at[number], way, households)
        if kind.group >= 0:
            self._part(kind.group, house, households)
        else:
            _count(self.loose[house], number, households)

    def _part(self, group: int, house: int, households: int) -> None:
        parts = self.parts[group]
        before = len(parts)
        if _count(parts, house, households):
            self.inside[house][group] = None
        else:
            del self.inside[house][group]
        _count(parts, OUT, -households)
        self.cost += self.tables.split * (len(parts) - before)

    # --- whole groups ------------------------------------------------------------------------------------------------

    def lift(self, numbers: Iterable[int], house: int | None = None) -> Wanted:
        """Takes the places of all households of these kinds, in one house or everywhere; gives all who are without."""
        wanted: Wanted = []
        for number in numbers:
            ways = self.kinds[number].ways
            for way, households in list(self.at[number].items()):
                if house is None or ways[way].house == house:
                    self.take(number, way, households)
            if self.out[number]:
                wanted.append((number, self.out[number]))
        return wanted

    def fill(self, house: int, wanted: Wanted) -> Filled:
        """As many of ``wanted``, in their order, as the house has room for. Changes nothing."""
        free = self.room[house].copy()
        kinds = self.kinds
        taken: list[Change] = []
        rest: Wanted = []
        gain = extra = people = 0
        for number, households in wanted:
            kind = kinds[number]
            for way, row, places, others, gained, paid in kind.here.get(house, ()):
                fitting = free[row] // places
                if not fitting:
                    continue
                if fitting > households:
                    fitting = households
                for other, needed in others:
                    fitting = min(fitting, free[other] // needed)
                if fitting:
                    free[row] -= places * fitting
                    for other, needed in others:
                        free[other] -= needed * fitting
                    taken.append((number, way, fitting))
                    gain += gained * fitting
                    extra += paid * fitting
                    people += kind.size * fitting
                    households -= fitting
                    if not households:
                        break
            if households:
                rest.append((number, households))
        return taken, rest, people, gain, extra

    def carry_out(self, changes: Iterable[Change]) -> None:
        for number, way, households in changes:
            self.put(number, way, households)

    # --- in and out --------------------------------------------------------------------------------------------------

    def shorten(self) -> None:
        """The log with one change for each kind and way: takes before puts, so that no house is ever overfilled."""
        net: defaultdict[tuple[int, int], int] = defaultdict(int)
        for number, way, households in self.log:
            net[number, way] += households
        changes = [(number, way, households) for (number, way), households in net.items() if households]
        self.log[:] = sorted(changes, key=lambda change: change[2])

    def start_from(self, assigned: Iterable[Assigned]) -> None:
        """Takes over a placement. Raises ``KeyError`` where it places somebody who is not there, or so as nobody may."""
        kind_of = {name: number for number, kind in enumerate(self.kinds) for name in kind.households}
        way_of = [
            {(way.house, way.lodging.mode): number for number, way in enumerate(kind.ways)} for kind in self.kinds
        ]
        counts: defaultdict[tuple[int, int], int] = defaultdict(int)
        for a in assigned:
            number = kind_of[a.household]
            counts[number, way_of[number][self.tables.house_of[a.shelter], a.mode]] += 1
        for (number, way), households in counts.items():
            self.put(number, way, households)
        self.log.clear()

    def assigned(self) -> tuple[Assigned, ...]:
        """The placement in the order of the households' ids."""
        return tuple(sorted(self._assigned(), key=lambda a: a.household))

    def _assigned(self) -> Iterator[Assigned]:
        for number, kind in enumerate(self.kinds):
            waiting = iter(kind.households)
            for way, households in sorted(self.at[number].items()):
                house, _, _, lodging = kind.ways[way]
                for _ in range(households):
                    yield Assigned(
                        household=next(waiting),
                        group=kind.name,
                        shelter=self.tables.offers[house].shelter,
                        mode=lodging.mode,
                        beds=lodging.beds,
                    )


def _count(counts: dict[int, int], key: int, change: int) -> int:
    """Adds to a count that is absent where it is zero; gives the new one."""
    now = counts.get(key, 0) + change
    if now:
        counts[key] = now
    else:
        counts.pop(key, None)
    return now
