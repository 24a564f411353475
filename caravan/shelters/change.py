"""What it does to a plan when some households lie elsewhere: only what they touch is counted again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from caravan.shelters.plan import Assigned, Lodging, Need, Offer, crowding, discomforts, is_far, modes, price, reach
from caravan.shelters.policy import Policy
from caravan.shelters.reading import Reading

_LEVELS = ("PIN", "U1", "U2", "FAR", "CHG", "SOFT", "DIST", "PRICE")


class Change:
    """``after`` is where some of the plan's households would lie; everybody else stays. Whether they may lie so is not checked."""

    def __init__(self, reading: Reading, after: Iterable[Assigned]) -> None:
        self._reading = reading
        self._moved = {a.household: a for a in after if reading.lying.get(a.household) != a}
        self._loss = Counter[str]()
        for household, a in self._moved.items():
            self._count(household, reading.lying.get(household), -1)
            self._count(household, a, 1)

    def loss(self, level: str) -> int:
        """By how much the level would be greater (worse) than in the plan."""
        match level:
            case "SPL":
                return self._splits()
            case "BAL":
                return self._crowding()
            case _:
                return self._loss[level]

    def borne(self) -> Counter[str]:
        """What more people would have to bear, by cause: a later move, a language, a pet left outside, a night apart."""
        borne = Counter[str]()
        for household, a in self._moved.items():
            borne.update(self._discomforts(household, a))
        for household in self._moved:
            if (before := self._reading.lying.get(household)) is not None:
                borne.subtract(self._discomforts(household, before))
        return +borne

    def _count(self, household: str, lying: Assigned | None, sign: int) -> None:
        reading = self._reading
        need = reading.by_household[household]
        offer = None if lying is None else reading.by_shelter[lying.shelter]
        lodging = None if lying is None else lodging_of(need, lying)
        for level, value in zip(_LEVELS, _costs(need, offer, lodging, reading.plan.policy), strict=True):
            self._loss[level] += sign * value

    def _discomforts(self, household: str, lying: Assigned) -> Mapping[str, int]:
        need = self._reading.by_household[household]
        return discomforts(need, self._reading.by_shelter[lying.shelter], lodging_of(need, lying))

    def _splits(self) -> int:
        reading = self._reading
        change = 0
        for group in {reading.by_household[household].group: None for household in self._moved}:
            before = reading.spread(group)
            after = Counter(before)
            for household, a in self._moved.items():
                need = reading.by_household[household]
                if need.group == group and need.keeps_together:
                    after[reading.homes.get(household)] -= 1
                    after[a.shelter] += 1
            change += sum(1 for count in after.values() if count) - len(before)
        return change

    def _crowding(self) -> int:
        reading = self._reading
        more = Counter[str]()
        for household, a in self._moved.items():
            size = reading.by_household[household].size
            more[a.shelter] += size
            if household in reading.homes:
                more[reading.homes[household]] -= size
        change = 0
        for shelter, people in more.items():
            offer, there = reading.by_shelter[shelter], reading.people(shelter)
            change += crowding(offer, there + people) - crowding(offer, there)
        return change


def lodging_of(need: Need, lying: Assigned) -> Lodging:
    return next(lodging for lodging in modes(need) if lodging.mode == lying.mode)


def _costs(need: Need, offer: Offer | None, lodging: Lodging | None, policy: Policy) -> tuple[int, ...]:
    """In the order of ``_LEVELS``."""
    size = need.size
    if offer is None or lodging is None:
        changes = size * (need.proposed is not None)
        return size * (need.pinned is not None), size * need.priority, size, 0, changes, 0, 0, 0
    return (
        0, 0, 0, size * is_far(need, offer, policy), size * (need.proposed not in (None, offer.shelter)),
        sum(discomforts(need, offer, lodging).values()), size * (reach(need, offer) or 0), price(offer, lodging),
    )  # fmt: skip
