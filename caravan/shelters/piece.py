"""An integer programme over a piece of a placement: some households may sleep elsewhere, all others stay where they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import NamedTuple

from caravan.shelters.searching.placing import Placing
from caravan.shelters.searching.tables import OUT, Takes
from caravan.shelters.solver import Row, Terms

Stay = tuple[int, Takes]  # house and what it takes there; (OUT, ()) = without a place
WITHOUT: Stay = (OUT, ())


def total(terms: Terms, values: Sequence[int]) -> int:
    """What the terms come to for these values of the columns."""
    return sum(factor * values[column] for column, factor in terms.items())


class Alike(NamedTuple):
    """Households of one group, or of none, that may sleep in the same ways at the same cost. ``members`` are (kind, households);
    ``ways`` the cheapest way of the first kind for each stay."""

    group: int
    members: list[tuple[int, int]]
    ways: dict[Stay, int]

    @property
    def households(self) -> int:
        return sum(households for _, households in self.members)


class Piece:
    """The columns and rows of such a programme, and the way back into the placement.

    ``numbers`` are the kinds, ``allowed`` the houses each may use, ``OUT`` among them; households of theirs in other houses
    stay. Costs are told apart down to ``unit``. ``start`` is the placement as it is; ``upper`` how far each column may go.
    """

    def __init__(
        self, placing: Placing, numbers: Iterable[int], allowed: Callable[[int], Collection[int]], unit: int
    ) -> None:
        self.placing = placing
        self.unit = unit
        self.upper: list[int] = []
        self.start: list[int] = []
        self.rows: list[Row] = []
        self.columns: dict[tuple[int, Stay], int] = {}  # (place among the alike, stay) → column
        self.costs: dict[str, Terms] = {level: {} for level in placing.tables.levels}
        self.alike: list[Alike] = []
        self._taken: list[tuple[int, int, int]] = []  # (kind, way, households) who may move
        stays: list[defaultdict[Stay, int]] = []
        found: dict[tuple[int, object], int] = {}
        for number in numbers:
            kind, ways = placing.kinds[number], self._ways(number)
            key = kind.group, self._shape(number, ways)
            if key not in found:
                found[key] = len(self.alike)
                self.alike.append(Alike(kind.group, [], ways))
                stays.append(defaultdict(int))
            self._enter(number, self.alike[found[key]], stays[found[key]], allowed(number))
        for place, stay in enumerate(stays):
            self._add(place, stay, allowed(self.alike[place].members[0][0]))
        self._limit()

    def _ways(self, number: int) -> dict[Stay, int]:
        ways: dict[Stay, int] = {}
        for place, way in enumerate(self.placing.kinds[number].ways):
            ways.setdefault((way.house, way.takes), place)
        return ways

    def _shape(self, number: int, ways: dict[Stay, int]) -> tuple[object, ...]:
        kind = self.placing.kinds[number]
        costs = sorted((stay, kind.ways[way].cost // self.unit) for stay, way in ways.items())
        return kind.size, kind.out // self.unit, *costs

    def _enter(self, number: int, alike: Alike, stays: defaultdict[Stay, int], allowed: Collection[int]) -> None:
        placing, kind = self.placing, self.placing.kinds[number]
        without = placing.out[number]
        moving = without
        stays[WITHOUT] += without
        for way, households in placing.at[number].items():
            house, takes, *_ = kind.ways[way]
            if house in allowed:
                moving += households
                stays[house, takes] += households
                self._taken.append((number, way, households))
        alike.members.append((number, moving))

    def column(self, upper: int, start: int) -> int:
        self.upper.append(upper)
        self.start.append(start)
        return len(self.upper) - 1

    def _add(self, place: int, stays: dict[Stay, int], allowed: Collection[int]) -> None:
        alike = self.alike[place]
        kind, households = self.placing.kinds[alike.members[0][0]], alike.households
        everybody: Terms = {}
        for stay, cost in [*((s, kind.ways[way].cost) for s, way in alike.ways.items()), (WITHOUT, kind.out)]:
            if stay[0] in allowed:
                column = self.columns[place, stay] = self.column(households, stays.get(stay, 0))
                everybody[column] = 1
                self._charge(column, cost)
        self.rows.append(Row(everybody, households, households))

    def _charge(self, column: int, cost: int) -> None:
        tables = self.placing.tables
        for level in tables.levels:
            figure, cost = divmod(cost, tables.weights[level])
            if figure:
                self.costs[level][column] = figure

    def _limit(self) -> None:
        taking: defaultdict[tuple[int, int], Terms] = defaultdict(dict)
        for (_, (house, takes)), column in self.columns.items():
            for row, places in takes:
                taking[house, row][column] = places
        for (house, row), terms in taking.items():
            self.rows.append(Row(terms, self.placing.room[house][row] + total(terms, self.start)))

    def hold(self, levels: Iterable[str]) -> None:
        """None of these levels may become worse."""
        self.rows.extend(
            Row(self.costs[level], total(self.costs[level], self.start)) for level in levels if self.costs[level]
        )

    def carry_out(self, values: Sequence[int]) -> None:
        """Changes the placement to these values of the columns, unless that costs more in the unit that counts."""
        placing, mark, before = self.placing, len(self.placing.log), self.placing.cost
        for number, way, households in self._taken:
            placing.take(number, way, households)
        waiting = [[list(member) for member in alike.members] for alike in self.alike]
        for (place, stay), column in self.columns.items():
            if stay != WITHOUT:
                self._put(waiting[place], stay, values[column])
        if placing.cost // self.unit > before // self.unit:
            placing.back_to(mark)

    def _put(self, waiting: list[list[int]], stay: Stay, households: int) -> None:
        house, takes = stay
        for member in waiting:
            number, most = member
            few = min(most, households)
            if few:
                way = next(p.way for p in self.placing.kinds[number].here[house] if self._takes(number, p.way) == takes)
                self.placing.put(number, way, few)
                member[1] -= few
                households -= few

    def _takes(self, number: int, way: int) -> Takes:
        return self.placing.kinds[number].ways[way].takes
