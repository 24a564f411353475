"""Making room where there is none: some go where others leave, these where a third leave, and so on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush
from typing import NamedTuple

from caravan.shelters.searching.placing import Placing
from caravan.shelters.searching.tables import OUT, Place

LONGEST = 5  # moves in one chain
TRIED = 40  # rows looked into for one chain


class _Link(NamedTuple):
    """So many households of kind ``number`` sleep so from now on, ``way``, and did so before, ``was`` (``OUT`` = they had no
    place). ``before`` is the move they make room for."""

    number: int
    way: int
    was: int
    households: int
    before: _Link | None


class _Step(NamedTuple):
    """A move that may come next in a chain. Afterwards ``short`` places are missing in ``row`` of ``house``."""

    number: int
    way: int
    was: int
    households: int
    cost: int
    house: int
    row: int
    short: int


class Chains:
    """Chains of moves, each of households alike, that make room for each other and end where there is room.

    The cheapest in ``unit`` of cost is found first, and of those the shortest; everything below the unit is not looked at.
    """

    def __init__(self, placing: Placing) -> None:
        self.placing = placing
        self.kinds = placing.kinds
        self.unit = placing.tables.coarse

    def place(self, number: int, households: int, houses: Iterable[int], *, anywhere: bool = False) -> bool:
        """Gives households of one kind that are without a place one in one of these houses, as cheaply as a short search finds, or
        changes nothing. Those who make room stay where their group is, unless they may go ``anywhere``, or be left without."""
        link = self._search(number, households, houses, anywhere)
        if link is None:
            return False
        placing, mark = self.placing, len(self.placing.log)
        while link is not None:  # the last of the chain go first, into the room that was found
            if link.was != OUT:
                if placing.at[link.number].get(link.was, 0) < link.households:
                    break
                placing.take(link.number, link.was, link.households)
            if link.way != OUT:
                house, takes, _, _ = self.kinds[link.number].ways[link.way]
                if any(placing.room[house][row] < places * link.households for row, places in takes):
                    break
                placing.put(link.number, link.way, link.households)
            link = link.before
        if link is not None:  # it crossed itself
            placing.back_to(mark)
        return link is None

    def _search(self, number: int, households: int, houses: Iterable[int], anywhere: bool) -> _Link | None:
        """The last link of the best chain found."""
        unit = self.unit
        heap: list[tuple[int, int, int, int, int, int, _Link]] = []  # cost, length, counter, house, row, short, link
        seen: dict[tuple[int, int, int], int] = {}
        steps: Iterator[_Step] = self._coming(number, households, houses)
        worth, length, before, pushed = 0, 0, None, 0
        for _ in range(TRIED):
            for mover, way, was, many, cost, house, row, short in steps:
                total = worth + cost // unit
                key = (house, row, short)
                if short and (length >= LONGEST or seen.get(key, total + 1) <= total):
                    continue
                seen[key] = total
                pushed += 1
                heappush(heap, (total, length, pushed, house, row, short, _Link(mover, way, was, many, before)))
            if not heap:
                return None
            worth, length, _, house, row, short, before = heappop(heap)
            if not short:
                return before
            length += 1
            steps = self._leaving(house, row, short, before, anywhere)
        return None

    # --- the moves there are -----------------------------------------------------------------------------------------

    def _coming(self, number: int, households: int, houses: Iterable[int]) -> Iterator[_Step]:
        for house in houses:
            for place in self.kinds[number].here.get(house, ()):
                row, short = self._short(house, place, households)
                if row != OUT:
                    yield _Step(number, place.way, OUT, households, -place.gain * households, house, row, short)

    def _short(self, house: int, place: Place, households: int) -> tuple[int, int]:
        """The row of the house that is short of places for this, and of how many; no row, ``OUT``, where more than one is."""
        room = self.placing.room[house]
        row, short = place.row, max(0, place.places * households - room[place.row])
        for other, needed in place.others:
            if room[other] < needed * households:
                if short:
                    return OUT, 0
                row, short = other, needed * households - room[other]
        return row, short

    def _leaving(self, house: int, row: int, short: int, link: _Link, anywhere: bool) -> Iterator[_Step]:
        """Every move of households alike that leaves ``short`` places of this row, or, where they find room elsewhere at once,
        some of them."""
        placing = self.placing
        used: set[tuple[int, int]] = set()
        before: _Link | None = link
        while before is not None:
            used.add((before.number, before.was))
            used.add((before.number, before.way))
            before = before.before
        for number in self._kinds_in(house):
            at = placing.at[number]
            kind = self.kinds[number]
            for was, households in at.items():
                way = kind.ways[was]
                if way.house != house or (number, was) in used:
                    continue
                for mine, places in way.takes:
                    if mine == row:
                        many = min(households, -(-short // places))
                        saved = (kind.out - way.cost) * many
                        left = short - many * places
                        yield from self._elsewhere(number, was, many, saved, house, row, left, anywhere)
                        yield from self._otherwise(number, was, households, house, row, short)

    def _kinds_in(self, house: int) -> Iterator[int]:
        placing = self.placing
        for group in placing.inside[house]:
            for number in placing.tables.members[group]:
                if placing.at[number]:
                    yield number
        yield from placing.loose[house]

    def _elsewhere(
        self, number: int, was: int, many: int, saved: int, house: int, row: int, left: int, anywhere: bool
    ) -> Iterator[_Step]:
        placing, split = self.placing, self.placing.tables.split
        kind = self.kinds[number]
        houses: Iterable[int] = kind.here
        parts: dict[int, int] | None = None
        if kind.group >= 0:
            parts = placing.parts[kind.group]
            if parts[house] == many:
                saved -= split
            elif not anywhere:
                houses = parts
        if anywhere:
            without = saved + split if parts is not None and OUT not in parts else saved
            yield _Step(number, OUT, was, many, without, house, row, max(0, left))
        for there in houses:
            if there in (house, OUT):
                continue
            more = saved if parts is None or there in parts else saved + split
            for place in kind.here.get(there, ()):
                other, short = self._short(there, place, many)
                if other == OUT or (left > 0 and short):
                    continue
                cost = more - place.gain * many
                if left > 0:
                    yield _Step(number, place.way, was, many, cost, house, row, left)
                else:
                    yield _Step(number, place.way, was, many, cost, there, other, short)

    def _otherwise(self, number: int, was: int, households: int, house: int, row: int, short: int) -> Iterator[_Step]:
        """They stay in the house and sleep otherwise."""
        kind, room = self.kinds[number], self.placing.room[house]
        if len(kind.here[house]) == 1:
            return
        old = dict(kind.ways[was].takes)
        for place in kind.here[house]:
            takes = kind.ways[place.way].takes
            freed = old[row] - dict(takes).get(row, 0)
            if place.way == was or freed <= 0:
                continue
            many = min(households, -(-short // freed))
            lacking = [
                (other, missing)
                for other, places in takes
                if other != row and (missing := (places - old.get(other, 0)) * many - room[other]) > 0
            ]
            left = short - many * freed
            cost = (kind.ways[place.way].cost - kind.ways[was].cost) * many
            if not lacking:
                yield _Step(number, place.way, was, many, cost, house, row, max(0, left))
            elif len(lacking) == 1 and left <= 0:
                yield _Step(number, place.way, was, many, cost, house, *lacking[0])
