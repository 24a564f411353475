"""What a search tries: some households lose their places and get others."""

from __future__ import annotations

from random import Random

from caravan.shelters.searching.chains import Chains
from caravan.shelters.searching.placing import Placing, Wanted
from caravan.shelters.searching.settle import Settling
from caravan.shelters.searching.tables import OUT

LIFTED = 6  # groups that lose their places at once, of one house
BLINKS = (0.02, 0.02, 0.1, 0.4)
FEW = 5  # groups up to which packing a group anew is what most often helps


class Moves:
    """Ruin and recreate. Each move leaves a sound placement, better or worse; the caller keeps it or undoes it.

    ``fine`` is whether the levels after the splits count.
    """

    def __init__(self, placing: Placing, random: Random) -> None:
        self.placing = placing
        self.random = random
        self.members = placing.tables.members
        self.settling = Settling(placing, random)
        self.chains = Chains(placing)
        self.fine = False
        kinds = placing.kinds
        self.people = [sum(kinds[number].number * kinds[number].size for number in members) for members in self.members]

    def use(self, unit: int) -> None:
        """From now on nothing below this unit of cost counts."""
        self.chains.unit = unit
        self.fine = unit < self.placing.tables.coarse

    def any(self) -> None:
        random = self.random
        self.settling.blink = random.choice(BLINKS)
        if random.random() < 0.1 and self._rescue():
            return
        if self.fine and random.random() < 0.5:
            self._polish()
        elif not self.members:
            self._houses_of_the_loose()
        elif random.random() < (0.7 if len(self.members) <= FEW else 0.1):
            self._remix()
        elif random.random() < 0.85:
            self._dissolve()
        elif random.random() < 0.6:
            self._gather()
        else:
            self._houses()

    # --- moves -------------------------------------------------------------------------------------------------------

    def _rescue(self) -> bool:
        """Households alike that have no place, or a worse one than need be, get a better one and others make room. False where
        there are none."""
        placing, random = self.placing, self.random
        badly = self._badly_placed()
        if not badly:
            return False
        number, way, households = random.choice(badly)
        kind, high = placing.kinds[number], placing.tables.high
        cost = kind.out if way == OUT else kind.ways[way].cost
        houses = [house for house, places in kind.here.items() if kind.ways[places[0].way].cost // high < cost // high]
        random.shuffle(houses)
        many = random.choice((1, 1, households))
        if way != OUT:
            placing.take(number, way, many)
        if self.chains.place(number, many, houses, anywhere=True):
            self._settle_loose()
        return True

    def _badly_placed(self) -> list[tuple[int, int, int]]:
        placing, high = self.placing, self.placing.tables.high
        found: list[tuple[int, int, int]] = []
        for number, kind in enumerate(placing.kinds):
            least = kind.least // high
            if placing.out[number] and kind.out // high > least:
                found.append((number, OUT, placing.out[number]))
            for way, households in placing.at[number].items():
                if kind.ways[way].cost // high > least:
                    found.append((number, way, households))
        return found

    def _dissolve(self) -> None:
        """Those of a group who are in one of its houses go to its others."""
        placing, random = self.placing, self.random
        group = self._split_group()
        parts = placing.parts[group]
        houses = self._houses_of(group)
        if len(houses) < 2:
            return
        house = min(random.sample(houses, 2), key=lambda house: parts[house])
        wanted = placing.lift(self.members[group], house)
        houses.remove(house)
        random.shuffle(houses)
        self._squeeze(self._pour(wanted, houses), houses)

    def _remix(self) -> None:
        """Those of a group who are in some of its houses, and all whose group does not matter there, are packed anew, often into
        one house fewer."""
        placing, random = self.placing, self.random
        group = self._split_group()
        houses = self._houses_of(group)
        random.shuffle(houses)
        houses = houses[: random.choice((1, 2, 2, 3, 4))]
        if self.settling.houses[group] and (len(houses) < 2 or random.random() < 0.5):
            houses = list(dict.fromkeys([*houses, random.choice(self.settling.houses[group])]))
        for house in houses:
            placing.lift(self.members[group], house)
            placing.lift(list(placing.loose[house]), house)
        random.shuffle(houses)
        if len(houses) > 1 and random.random() < 0.6:
            houses.pop()
        rest = self._pour(self._shuffled(self._without(group)), houses)
        self._squeeze(rest, self._houses_of(group) or houses)
        self.settling.group(group, self._without(group))
        self._settle_loose()

    def _gather(self) -> None:
        """A group comes together in one house; whoever is in its way goes elsewhere."""
        placing, random = self.placing, self.random
        group = self._split_group()
        own = self._houses_of(group)
        anywhere = self.settling.houses[group]
        if not anywhere:
            return
        house = random.choice(own if own and random.random() < 0.5 else anywhere)
        placing.lift(self.members[group])
        placing.lift(list(placing.loose[house]), house)
        wanted = self.settling.order(self._without(group))
        others = list(placing.inside[house])
        random.shuffle(others)
        lifted: list[int] = []
        taken, rest, *_ = placing.fill(house, wanted)
        while rest and others and len(lifted) < LIFTED:
            lifted.append(others.pop())
            placing.lift(self.members[lifted[-1]])
            taken, rest, *_ = placing.fill(house, wanted)
        placing.carry_out(taken)
        if rest:
            lifted.append(group)
        self._settle(lifted)

    def _houses(self) -> None:
        """Some groups of two to four houses begin anew."""
        placing, random = self.placing, self.random
        group = self._split_group()
        near = self.settling.houses[group]
        houses = self._houses_of(group)
        random.shuffle(houses)
        houses = houses[: random.choice((1, 3, 3))]
        for _ in range(random.choice((1, 1, 2, 3))):
            if near and (len(houses) < 2 or random.random() < 0.4):
                houses.append(random.choice(near))
        lifted = {group: None}
        for house in dict.fromkeys(houses):
            placing.lift(list(placing.loose[house]), house)
            others = list(placing.inside[house])
            random.shuffle(others)
            lifted.update(dict.fromkeys(others[: random.randint(1, LIFTED)]))
        for number in lifted:
            placing.lift(self.members[number])
        self._settle(list(lifted))

    def _houses_of_the_loose(self) -> None:
        """Those whose group does not matter, in two or three houses, begin anew."""
        houses = range(len(self.placing.room))
        for house in self.random.sample(houses, min(len(houses), self.random.choice((2, 2, 3)))):
            self.placing.lift(list(self.placing.loose[house]), house)
        self._settle_loose()

    def _polish(self) -> None:
        """Some households alike go where it is better for them; others make room."""
        placing, random = self.placing, self.random
        number = random.randrange(len(placing.kinds))
        kind, at = placing.kinds[number], placing.at[number]
        if not at:
            return
        way = random.choice(list(at))
        many = random.choice((1, at[way]))
        placing.take(number, way, many)
        houses = list(kind.here) if kind.group < 0 or random.random() < 0.2 else self._houses_of(kind.group)
        random.shuffle(houses)
        self.chains.place(number, many, houses)

    # --- parts of moves ----------------------------------------------------------------------------------------------

    def _split_group(self) -> int:
        split = [group for group, parts in enumerate(self.placing.parts) if len(parts) > 1 or OUT in parts]
        return self.random.choice(split) if split else self.random.randrange(len(self.members))

    def _houses_of(self, group: int) -> list[int]:
        return [house for house in self.placing.parts[group] if house != OUT]

    def _without(self, group: int) -> Wanted:
        out = self.placing.out
        return [(number, out[number]) for number in self.members[group] if out[number]]

    def _shuffled(self, wanted: Wanted) -> Wanted:
        """In random order, or nearly those first who have the fewest ways."""
        random, kinds = self.random, self.placing.kinds
        if random.random() < 0.4:
            random.shuffle(wanted)
            return wanted
        return sorted(wanted, key=lambda pair: len(kinds[pair[0]].ways) * (0.5 + random.random()))

    def _pour(self, wanted: Wanted, houses: list[int]) -> Wanted:
        """Fills one house after another with them; gives who is left over."""
        for house in houses:
            taken, wanted, *_ = self.placing.fill(house, wanted)
            self.placing.carry_out(taken)
        return wanted

    def _squeeze(self, wanted: Wanted, houses: list[int]) -> None:
        """Others make room for them in these houses, as far as they can."""
        for number, households in wanted:
            for _ in range(households):
                if not self.chains.place(number, 1, houses):
                    return

    def _settle(self, groups: list[int]) -> None:
        random = self.random
        if random.random() < 0.7:
            groups.sort(key=lambda group: -self.people[group] * (0.7 + 0.6 * random.random()))
        else:
            random.shuffle(groups)
        for group in groups:
            self.settling.group(group, self._without(group))
        self._settle_loose()

    def _settle_loose(self) -> None:
        out = self.placing.out
        self.settling.loose([(number, out[number]) for number in self.placing.tables.loose if out[number]])
