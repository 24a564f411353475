"""Giving places to a group that has none: the fewest houses that hold it, by a narrow search over sets of houses."""

from __future__ import annotations

from random import Random

from caravan.shelters.searching.placing import Change, Placing, Wanted

BREADTH = 4  # sets of houses kept at each size
LARGEST = 5  # houses in a set
BLINK = 0.02  # share of houses overlooked, so that not every attempt goes the same way

Partial = tuple[int, int, tuple[int, ...], list[Change], Wanted]  # (gain, extra, houses, changes, left over)


class Settling:
    """How those without places are given some. ``blink`` is the share of houses overlooked."""

    def __init__(self, placing: Placing, random: Random, blink: float = BLINK) -> None:
        self.placing = placing
        self.random = random
        self.blink = blink
        self.kinds = placing.kinds
        self.houses = [self._houses(members) for members in placing.tables.members]

    def _houses(self, members: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(sorted({house for number in members for house in self.kinds[number].here}))

    def order(self, wanted: Wanted) -> Wanted:
        """Those with the fewest ways first, and the larger before the smaller; not quite, where something is overlooked."""
        kinds, random = self.kinds, self.random
        if not self.blink:
            return sorted(wanted, key=lambda pair: (len(kinds[pair[0]].ways), -kinds[pair[0]].size, pair[0]))
        noisy = [
            (len(kinds[number].ways) * (1 - self.blink * random.random()), -kinds[number].size, number, households)
            for number, households in wanted
        ]
        noisy.sort()
        return [(number, households) for _, _, number, households in noisy]

    def group(self, group: int, wanted: Wanted) -> None:
        """Gives places to households of one group, as cheaply as a narrow search finds."""
        if wanted:
            self.placing.carry_out(self._search(group, self.order(wanted)))

    def _search(self, group: int, wanted: Wanted) -> list[Change]:
        placing, split, coarse = self.placing, self.placing.tables.split, self.placing.tables.coarse
        most, best = 0, list[Change]()  # what is gained over leaving all of them without
        ideal = sum((self.kinds[number].out - self.kinds[number].least) * households for number, households in wanted)
        houses = self._open(group)
        partials: list[Partial] = [(0, 0, (), [], wanted)]
        for size in range(len(houses)):
            further: list[tuple[int, int, int, Partial]] = []
            for gain, extra, used, changes, rest in partials:
                for house in houses:
                    if house in used:
                        continue
                    taken, left, people, gained, paid = placing.fill(house, rest)
                    if not taken:
                        continue
                    crowds, before = placing.tables.crowds[house], placing.people[house]
                    crowding = crowds[before + people] - crowds[before]
                    gained += gain - crowding
                    paid += extra + crowding
                    if gained - split * (size + bool(left)) > most:
                        most, best = gained - split * (size + bool(left)), changes + taken
                    if left:
                        partial = gained, paid, (*used, house), changes + taken, left
                        further.append((paid // coarse, -people, len(further), partial))
            further.sort(key=lambda item: item[:3])
            partials = [item[3] for item in further[: BREADTH if size < LARGEST else 1]]
            if not partials or most // coarse >= ideal // coarse - size:
                break
        return best

    def _open(self, group: int) -> list[int]:
        """Houses of the group that have any room, but for a few overlooked."""
        tonight, inside = self.placing.tables.tonight, self.placing.people
        houses = [house for house in self.houses[group] if inside[house] < tonight[house]]
        if self.blink:
            houses = [house for house in houses if self.random.random() >= self.blink]
        return houses

    def loose(self, wanted: Wanted) -> None:
        """Gives places to households of which each may go where it likes, the cheapest that are left."""
        room, random, blink = self.placing.room, self.random, self.blink
        for number, households in self.order(wanted):
            for way, (house, takes, _, _) in enumerate(self.kinds[number].ways):
                if blink and random.random() < blink:
                    continue
                free = room[house]
                fitting = min(households, *(free[row] // places for row, places in takes)) if takes else households
                if fitting:
                    self.placing.put(number, way, fitting)
                    households -= fitting
                    if not households:
                        break
