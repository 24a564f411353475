"""A few households of a few houses, placed anew in the best way there is for them: every arrangement is tried."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from caravan.shelters.searching.placing import Placing
from caravan.shelters.searching.tables import OUT, Takes

FEWEST, MOST = 3, 9  # households placed anew at once
DARING = 0.3  # share of attempts in which a group leaves a house for sure
WORSE = 1  # splits by which that may be worse
MOST_TRIED = 400  # households put somewhere at once

Sleeper = tuple[int, int]  # (kind, way); OUT as way = without a place


class _Option(NamedTuple):
    cost: int
    way: int
    house: int
    takes: Takes


class Rearranging:
    """The move of a search in which some households change places at once. ``unit`` is as in ``Chains``."""

    def __init__(self, placing: Placing, random: Random) -> None:
        self.placing = placing
        self.random = random
        self.kinds = placing.kinds
        self.unit = 1

    def of_houses(self, worse: int = 0) -> None:
        """Of somebody badly placed, a house where they would be better, one or two others, and those without a place: some.
        ``worse`` is by how much the others together may lose so that this one gains."""
        random, houses = self.random, self._residents()
        seed = self._seed(houses)
        if seed is None:
            return
        chosen = self._houses(seed, houses)
        near = [sleeper for house in chosen for sleeper in houses.get(house, ())]
        movers = [seed, *random.sample(near, min(len(near), random.randint(FEWEST, MOST)))]
        waiting = [pair for pair in houses.get(OUT, ()) if any(house in self.kinds[pair[0]].here for house in chosen)]
        movers += random.sample(waiting, min(len(waiting), 2))
        self.rearrange(movers, gaining=seed if worse else None, worse=worse)

    def of_group(self, group: int) -> None:
        """Those of a group who are in one of its houses, and some of those in another of its houses or in a third."""
        random, houses, kinds = self.random, self._residents(), self.kinds
        own = list(self.placing.parts[group])
        left = random.choice(own)
        leaving = [pair for pair in houses.get(left, ()) if kinds[pair[0]].group == group]
        others = [house for house in own if house not in (left, OUT)]
        if left != OUT and random.random() < 0.5:
            others.append(left)
        open_to = [house for number, _ in leaving for house in kinds[number].here if house != left]
        if open_to and (not others or random.random() < 0.4):
            others.append(random.choice(open_to))
        if len(leaving) > MOST:
            leaving = random.sample(leaving, MOST)
        near = [
            pair
            for house in dict.fromkeys(others)
            for pair in houses.get(house, ())
            if house != left or pair not in leaving
        ]
        movers = [*leaving, *random.sample(near, min(len(near), random.randint(1, MOST - 2)))]
        if left == OUT or random.random() >= DARING:
            self.rearrange(movers)
        else:
            self.rearrange(movers, worse=WORSE * self.placing.tables.split // self.unit, closed=(group, left))

    # --- who -------------------------------------------------------------------------------------------------------------

    def _residents(self) -> dict[int, list[Sleeper]]:
        """Each household by house, those without a place under ``OUT``."""
        found: dict[int, list[Sleeper]] = {}
        for number, at in enumerate(self.placing.at):
            ways = self.kinds[number].ways
            for way, households in at.items():
                found.setdefault(ways[way].house, []).extend([(number, way)] * households)
            if self.placing.out[number] and ways:
                found.setdefault(OUT, []).extend([(number, OUT)] * self.placing.out[number])
        return found

    def _seed(self, houses: dict[int, list[Sleeper]]) -> Sleeper | None:
        unit, kinds, random = self.unit, self.kinds, self.random
        everybody = [pair for sleepers in houses.values() for pair in sleepers]
        badly = [
            (number, way)
            for number, way in everybody
            if (kinds[number].out if way == OUT else kinds[number].ways[way].cost) // unit > kinds[number].least // unit
        ]
        if badly and random.random() < 0.85:
            return random.choice(badly)
        return random.choice(everybody) if everybody else None

    def _houses(self, seed: Sleeper, houses: dict[int, list[Sleeper]]) -> list[int]:
        random, kinds = self.random, self.kinds
        number, way = seed
        there = list(kinds[number].here)
        own = OUT if way == OUT else kinds[number].ways[way].house
        chosen = [random.choice(there)]
        for _ in range(random.choice((0, 1, 1, 2))):
            near = houses.get(chosen[-1])
            if near:
                chosen.append(random.choice(list(kinds[random.choice(near)[0]].here)))
        if own != OUT and random.random() < 0.3:
            chosen.append(own)
        return list(dict.fromkeys(chosen))

    # --- where -----------------------------------------------------------------------------------------------------------

    def rearrange(
        self,
        movers: Sequence[Sleeper],
        *,
        gaining: Sleeper | None = None,
        closed: tuple[int, int] | None = None,
        worse: int = 0,
    ) -> None:
        """Places these households anew, at most by ``worse`` units of cost worse than they were, and changes nothing where that
        cannot be. Who is ``gaining`` does so; no mover of a group may go to a house that is ``closed`` to it."""
        placing = self.placing
        counts: dict[Sleeper, int] = {}
        for number, way in movers:
            most = placing.out[number] if way == OUT else placing.at[number][way]
            counts[number, way] = min(most, counts.get((number, way), 0) + 1)
        movers = sorted(pair for pair, households in counts.items() for _ in range(households))
        for (number, way), households in counts.items():
            if way != OUT:
                placing.take(number, way, households)
        found = _Arrangement(self, movers, worse)
        if gaining is not None:
            found.gain(movers.index(gaining))
        if closed is not None:
            found.close(*closed)
        for (number, _), way in zip(movers, found.best(), strict=True):
            if way != OUT:
                placing.put(number, way, 1)


class _Arrangement:
    """The search through all ways for some households, which have none at the moment.

    ``most`` is what it may cost; ``least`` what the households from each place in the order on cost at the very least.
    """

    def __init__(self, rearranging: Rearranging, movers: Sequence[Sleeper], worse: int) -> None:
        placing = rearranging.placing
        self.room = placing.room
        self.unit = rearranging.unit
        self.split = placing.tables.split // self.unit
        kinds = placing.kinds
        self.parts = {
            kinds[number].group: dict(placing.parts[kinds[number].group])
            for number, _ in movers
            if self.split and kinds[number].group >= 0
        }
        self.groups = [kinds[number].group if kinds[number].group in self.parts else OUT for number, _ in movers]
        for group in self.groups:
            if group != OUT:
                _leave(self.parts[group], OUT)
        known = {number: self._options(rearranging, number) for number in dict.fromkeys(number for number, _ in movers)}
        self.movers = movers
        self.order = sorted(
            range(len(movers)), key=lambda at: (-known[movers[at][0]][-1].cost, len(known[movers[at][0]]), movers[at])
        )
        self.options = [known[movers[at][0]] for at in self.order]
        self.least = [0] * (len(movers) + 1)
        for at in range(len(movers) - 1, -1, -1):
            self.least[at] = self.least[at + 1] + self.options[at][0].cost
        self.picked = [0] * len(movers)
        self.tried = 0
        self.reached: list[int] | None = None
        self.most = self._paid() + worse

    def best(self) -> list[int]:
        """A way for each, or ``OUT``."""
        self._place(0, 0)
        if self.reached is None:
            return [way for _, way in self.movers]
        ways = [OUT] * len(self.movers)
        for at, options, pick in zip(self.order, self.options, self.reached, strict=True):
            ways[at] = options[pick].way
        return ways

    def _options(self, rearranging: Rearranging, number: int) -> list[_Option]:
        kind, random, unit = rearranging.kinds[number], rearranging.random, self.unit
        found = [(kind.out // unit, 1.0, _Option(kind.out // unit, OUT, OUT, ()))]
        for way, (house, takes, cost, _) in enumerate(kind.ways):
            free = self.room[house]
            if all(free[row] >= places for row, places in takes):
                found.append((cost // unit, random.random(), _Option(cost // unit, way, house, takes)))
        found.sort(key=lambda item: item[:2])
        return [option for _, _, option in found]

    def _paid(self) -> int:
        """What it cost as they were."""
        costs = 0
        parts = {group: dict(houses) for group, houses in self.parts.items()}
        for place, at in enumerate(self.order):
            _, way = self.movers[at]
            option = next(option for option in self.options[place] if option.way == way)
            costs += option.cost
            if self.groups[at] != OUT and _enter(parts[self.groups[at]], option.house):
                costs += self.split
        return costs

    def gain(self, at: int) -> None:
        """Leaves the household only what is better for it than what it has."""
        place = self.order.index(at)
        before = next(option.cost for option in self.options[place] if option.way == self.movers[at][1])
        better = [option for option in self.options[place] if option.cost < before]
        if better:
            self.options[place] = better

    def close(self, group: int, house: int) -> None:
        """Leaves the movers of a group only what is not in this house."""
        for place, at in enumerate(self.order):
            if self.groups[at] == group:
                self.options[place] = [option for option in self.options[place] if option.house != house]

    def _place(self, place: int, paid: int) -> None:
        if place == len(self.order):
            self.reached, self.most = self.picked.copy(), paid - 1
            return
        at = self.order[place]
        parts = self.parts[self.groups[at]] if self.groups[at] != OUT else None
        alike = place > 0 and self.movers[self.order[place - 1]][0] == self.movers[at][0]
        options, rest = self.options[place], self.least[place + 1]
        for pick in range(self.picked[place - 1] if alike else 0, len(options)):
            cost, _, house, takes = options[pick]
            if paid + cost + rest > self.most or self.tried >= MOST_TRIED:
                return
            free = self.room[house] if takes else []
            if any(free[row] < places for row, places in takes):
                continue
            self.tried += 1
            more = cost
            if parts is not None and _enter(parts, house):
                more += self.split
            if paid + more + rest <= self.most:
                self.picked[place] = pick
                for row, places in takes:
                    free[row] -= places
                self._place(place + 1, paid + more)
                for row, places in takes:
                    free[row] += places
            if parts is not None:
                _leave(parts, house)


def _enter(parts: dict[int, int], house: int) -> bool:
    """Whether nobody of the group was there before."""
    parts[house] = parts.get(house, 0) + 1
    return parts[house] == 1


def _leave(parts: dict[int, int], house: int) -> None:
    parts[house] -= 1
    if not parts[house]:
        del parts[house]
