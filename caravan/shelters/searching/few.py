"""The moves for few households: often some of them are placed anew in the best way there is."""

from __future__ import annotations

from random import Random

from caravan.shelters.searching.moves import Moves
from caravan.shelters.searching.placing import Placing
from caravan.shelters.searching.rearranging import Rearranging

OFTEN = 0.85  # share of moves that are such
GROUPS = 0.7  # share of those that begin with a group, while the levels after the splits do not count


class MovesOfFew(Moves):
    """As ``Moves``, with all arrangements of some households among them."""

    def __init__(self, placing: Placing, random: Random) -> None:
        super().__init__(placing, random)
        self.rearranging = Rearranging(placing, random)

    def use(self, unit: int) -> None:
        super().use(unit)
        self.rearranging.unit = unit

    def any(self) -> None:
        random = self.random
        if random.random() >= OFTEN:
            super().any()
        elif self.members and random.random() < (0.3 if self.fine else GROUPS):
            self.rearranging.of_group(self._split_group())
        else:
            self.rearranging.of_houses()
