"""Needs, offers and policy as small integer tables, made once for a whole search.

Households with the same answer are one kind with a count. All levels of a placement are one integer, read as digits of a
mixed radix: no level can ever reach the worth of one unit of the level before it, so that comparing two such integers is
comparing the levels one after another, exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from caravan.shelters.model import Section
from caravan.shelters.plan import (
    Lodging,
    Need,
    Offer,
    Vector,
    barrier,
    crowding,
    discomforts,
    is_far,
    lodgings,
    on,
    price,
    reach,
    stay,
    usable,
)
from caravan.shelters.policy import LEVELS, Policy

Takes = tuple[tuple[int, int], ...]  # (row of the house, places a household takes of it)
OUT = -1  # where households without a place are, as if it were a house


class Way(NamedTuple):
    """One way for a household of some kind to sleep in one house. ``cost`` is that of one household."""

    house: int
    takes: Takes
    cost: int
    lodging: Lodging


class Place(NamedTuple):
    """A way as those see it who try it: its place among the ways, what it takes of a first row and of others, what a household
    gains by it over being left without, and what it pays over its cheapest way."""

    way: int
    row: int
    places: int
    others: Takes
    gain: int
    extra: int


class Kind(NamedTuple):
    """Households that are alike. ``group`` is -1 for those whose group does not matter. ``ways`` have the cheapest first;
    ``here`` are the ways in each house that has any; ``out`` is the cost of one left without."""

    households: tuple[str, ...]
    name: str
    group: int
    size: int
    ways: tuple[Way, ...]
    here: dict[int, tuple[Place, ...]]
    out: int

    @property
    def number(self) -> int:
        return len(self.households)

    @property
    def least(self) -> int:
        """What one household costs at the very least."""
        return min(self.out, self.ways[0].cost) if self.ways else self.out


Figures = tuple[int, ...]  # one a level
Row = tuple[Section | None, int, bool]  # section or accessible, night, for everybody


class _Choice(NamedTuple):
    house: int
    takes: Takes
    figures: Figures
    lodging: Lodging


class _House:
    """One offer with its rows. A night on which there is at least as much room as on an earlier one gets no row: nobody comes
    later than tonight, so that what fits earlier fits then."""

    def __init__(self, offer: Offer) -> None:
        self.offer = offer
        self.rows: dict[Row, int] = {}
        self.room: list[int] = []
        nights = range(offer.horizon)
        for section, free in offer.free.items():
            self._add(section, True, [on(free, night) for night in nights])
            if offer.kept.get(section, 0):
                self._add(section, False, [usable(offer, section, night, priority=False) for night in nights])
        self._add(None, True, [on(offer.accessible, night) for night in nights])

    def _add(self, section: Section | None, everybody: bool, room: list[int]) -> None:
        least = None
        for night, free in enumerate(room):
            if least is None or free < least:
                least = free
                self.rows[section, night, everybody] = len(self.room)
                self.room.append(free)

    def takes(self, need: Need, lodging: Lodging) -> Takes:
        wanted: list[tuple[Section | None, int]] = [*lodging.beds.items(), (None, need.accessible)]
        takes: list[tuple[int, int]] = []
        for night in range(stay(need, self.offer)):
            for section, number in wanted:
                for everybody in (True,) if need.priority else (True, False):
                    row = self.rows.get((section, night, everybody))
                    if row is not None and number:
                        takes.append((row, number))
        return tuple(takes)


class Tables:
    """Everything a search needs to know, and nothing that changes.

    ``room`` is the places of each house by row, before anybody is placed. A row is a section, or the accessible places, on one
    night, for everybody or for those who are not priority. ``crowds`` is what so many people in a house cost. ``split`` is what
    one split costs, 0 where the policy does not ask; ``coarse`` is the worth of one unit of the lowest level that decides
    where groups go.
    """

    def __init__(self, needs: Iterable[Need], offers: Iterable[Offer], policy: Policy) -> None:
        self.policy = policy
        self.levels = ("PIN", *policy.levels)
        self.offers = tuple(sorted(offers, key=lambda offer: offer.shelter))
        self.house_of = {offer.shelter: house for house, offer in enumerate(self.offers)}
        ordered = sorted(needs, key=lambda need: (_alike(need), need.household))
        alike = [tuple(same) for _, same in groupby(ordered, key=_alike)]
        self.houses = [_House(offer) for offer in self.offers]
        self.room = [house.room for house in self.houses]
        found = [(self._choices(same[0]), self._without(same[0])) for same in alike]
        weights = self.weights = self._weights(alike, found)
        self.split = weights.get("SPL", 0)
        self.coarse = self.split or 1
        self.high = min([weight for weight in weights.values() if weight > self.coarse], default=self.coarse)
        self.tonight = [_tonight(offer) for offer in self.offers]
        self.crowds = [_crowds(offer, weights.get("BAL", 0)) for offer in self.offers]
        groups = sorted({need.group for need in ordered if need.keeps_together})
        self.group_of = {group: number for number, group in enumerate(groups)}
        factors = [weights[level] for level in self.levels]
        self.kinds = tuple(self._kind(same, ways, out, factors) for same, (ways, out) in zip(alike, found, strict=True))
        self.members: list[tuple[int, ...]] = [() for _ in groups]
        for number, kind in enumerate(self.kinds):
            if kind.group >= 0:
                self.members[kind.group] += (number,)
        self.loose = tuple(number for number, kind in enumerate(self.kinds) if kind.group < 0)

    def _choices(self, need: Need) -> list[_Choice]:
        found: list[_Choice] = []
        for number, house in enumerate(self.houses):
            offer = house.offer
            if need.pinned not in (None, offer.shelter) or barrier(need, offer) is not None:
                continue
            for lodging in lodgings(need, offer):
                takes = house.takes(need, lodging)
                if all(house.room[row] >= places for row, places in takes):
                    found.append(_Choice(number, takes, self._figures(need, offer, lodging), lodging))
        return found

    def _figures(self, need: Need, offer: Offer, lodging: Lodging) -> Figures:
        costs = {
            "FAR": need.size * is_far(need, offer, self.policy),
            "PRICE": price(offer, lodging),
            "CHG": need.size * (need.proposed not in (None, offer.shelter)),
            "SOFT": sum(discomforts(need, offer, lodging).values()),
            "DIST": need.size * (reach(need, offer) or 0),
        }
        return tuple(costs.get(level, 0) for level in self.levels)

    def _without(self, need: Need) -> Figures:
        costs = {
            "PIN": need.size * (need.pinned is not None),
            "U1": need.size * need.priority,
            "U2": need.size,
            "CHG": need.size * (need.proposed is not None),
        }
        return tuple(costs.get(level, 0) for level in self.levels)

    def vector(self, cost: int) -> Vector:
        """The levels of a cost. Those the policy does not name are 0."""
        figures: dict[str, int] = dict.fromkeys(LEVELS, 0)
        for level in self.levels:
            figures[level], cost = divmod(cost, self.weights[level])
        return Vector(**figures)

    def _weights(
        self, alike: Sequence[tuple[Need, ...]], found: Sequence[tuple[list[_Choice], Figures]]
    ) -> dict[str, int]:
        most = dict.fromkeys(self.levels, 0)
        for same, (ways, out) in zip(alike, found, strict=True):
            for n, level in enumerate(self.levels):
                most[level] += len(same) * max([out[n], *(way.figures[n] for way in ways)])
        if "SPL" in most:
            most["SPL"] = sum(len(same) for same in alike if same[0].keeps_together)
        if "BAL" in most:
            most["BAL"] = sum(crowding(offer, _tonight(offer)) for offer in self.offers)
        weights: dict[str, int] = {}
        worth = 1
        for level in reversed(self.levels):
            weights[level] = worth
            worth *= most[level] + 1
        return weights

    def _kind(self, same: tuple[Need, ...], choices: list[_Choice], out: Figures, factors: list[int]) -> Kind:
        first = same[0]
        priced = [Way(c.house, c.takes, _worth(c.figures, factors), c.lodging) for c in choices]
        paid = _worth(out, factors)
        ways = tuple(way for _, _, way in sorted((way.cost, n, way) for n, way in enumerate(priced)))
        here: dict[int, list[Place]] = {}
        for number, way in enumerate(ways):
            (row, places), *more = way.takes
            least = min(paid, ways[0].cost)
            here.setdefault(way.house, []).append(
                Place(number, row, places, tuple(more), paid - way.cost, way.cost - least)
            )
        return Kind(
            households=tuple(need.household for need in same),
            name=first.group,
            group=self.group_of[first.group] if first.keeps_together else -1,
            size=first.size,
            ways=ways,
            here={house: tuple(numbers) for house, numbers in here.items()},
            out=paid,
        )


def _worth(figures: Figures, factors: Sequence[int]) -> int:
    return sum(figure * factor for figure, factor in zip(figures, factors, strict=True))


def _tonight(offer: Offer) -> int:
    return sum(on(free, 0) for free in offer.free.values())


def _crowds(offer: Offer, weight: int) -> list[int]:
    return [weight * crowding(offer, people) for people in range(_tonight(offer) + 1)]


def _alike(need: Need) -> tuple[str | int | bool | tuple[str, ...], ...]:
    """Households with the same answer are interchangeable. Groups matter only to those who are kept together."""
    return (
        need.group if need.keeps_together else "",
        need.keeps_together,
        need.hub,
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
        need.declined,
        need.waived,
        need.men_apart,
    )
