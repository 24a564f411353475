"""From how many households of each sort stay where, to which ones: groups kept together as far as the numbers allow.

Every answer fills the same places with the same sorts, so whom it leaves out, how far they go and what they share does not
change; only who of them belong together does.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, pairwise
from typing import NamedTuple

from msgspec.structs import replace

from caravan.shelters.plan import Assigned, Lodging, Need, Offer
from caravan.shelters.sorts import Signature, Sort, Way, bare_signature, signature, sort_out

_OUT = -1  # where those are who have no place
_NOBODYS = ""  # the group of those who count in none


class Count(NamedTuple):
    """So many households of this sort stay this way."""

    sort: int
    way: Way
    households: int


class Whole(NamedTuple):
    """The group stays whole in the shelter at this place of the offers."""

    group: str
    at: int


class _Lying(NamedTuple):
    """A household and where it lies; without a lodging it has no place."""

    need: Need
    at: int
    lodging: Lodging | None


def together(sorts: Sequence[Sort]) -> dict[str, Counter[int]]:
    """The groups that could be split, and how many households of each sort they have."""
    groups: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for number, sort in enumerate(sorts):
        for need in sort.households:
            if need.keeps_together:
                groups[need.group][number] += 1
    return {group: members for group, members in sorted(groups.items()) if members.total() > 1}


def disaggregate(
    sorts: Sequence[Sort], offers: Sequence[Offer], counts: Sequence[Count], whole: Sequence[Whole], *, strict: bool
) -> tuple[Assigned, ...]:
    """The placement in the order of the households' ids. With ``strict`` nobody changes places with someone who would be less
    at ease there: comfort comes before splits."""
    groups = together(sorts)
    sharing = _Sharing(sorts, len(offers), groups, counts)
    for group, at in whole:
        sharing.take(group, groups[group], at)
    kept = {group for group, _ in whole}
    for group in sorted(groups, key=lambda group: (-sharing.people(groups[group]), group)):
        if group not in kept:
            sharing.spread(group, groups[group])
    sharing.rest()
    return _regrouped(sharing.placed, groups, offers, strict=strict)


def regroup(
    needs: Sequence[Need], offers: Sequence[Offer], assigned: Sequence[Assigned], *, strict: bool
) -> tuple[Assigned, ...]:
    """The same places taken by the same sorts of households, with groups kept together where an exchange allows it."""
    index = {offer.shelter: at for at, offer in enumerate(offers)}
    stays = {a.household: a for a in assigned}
    lying = [
        _Lying(need, index[stay.shelter], Lodging(mode=stay.mode, beds=stay.beds))
        if (stay := stays.get(need.household)) is not None
        else _Lying(need, _OUT, None)
        for need in needs
    ]
    return _regrouped(lying, together(sort_out(needs)), offers, strict=strict)


def _regrouped(
    lying: Sequence[_Lying], groups: dict[str, Counter[int]], offers: Sequence[Offer], *, strict: bool
) -> tuple[Assigned, ...]:
    exchange = _Exchange(lying, groups, _interchangeable(offers, strict=strict))
    exchange.run()
    return tuple(
        Assigned(
            household=need.household,
            group=need.group,
            shelter=offers[at].shelter,
            mode=lodging.mode,
            beds=lodging.beds,
        )
        for need, at, lodging in sorted(exchange.lying, key=lambda lying: lying.need.household)
        if lodging is not None
    )


def growing(offers: Iterable[Offer]) -> bool:
    """Whether every night has at least the places of the one before."""
    figures = chain.from_iterable((*offer.free.values(), offer.accessible) for offer in offers)
    return all(earlier <= later for nights in figures for earlier, later in pairwise(nights))


def _interchangeable(offers: Sequence[Offer], *, strict: bool) -> Callable[[Need], Signature]:
    """What two households have in common who may change places."""
    if strict:
        return signature
    if not growing(offers):
        return lambda need: (*bare_signature(need), need.proposed or "")
    # Then how long they stay is no matter of places.
    return lambda need: (*bare_signature(replace(need, nights=1)), need.proposed or "")


class _Sharing:
    """Who of each sort takes the places counted for it: a first answer."""

    def __init__(
        self, sorts: Sequence[Sort], shelters: int, groups: dict[str, Counter[int]], counts: Sequence[Count]
    ) -> None:
        self._sorts = sorts
        self._shelters = shelters
        self._left: defaultdict[tuple[int, int], list[Lodging]] = defaultdict(
            list
        )  # (sort, shelter) → still to be taken
        self._waiting: defaultdict[tuple[str, int], list[Need]] = defaultdict(list)  # (group, sort)
        self.placed: list[_Lying] = []
        for sort, way, households in counts:
            self._left[sort, way.at].extend([way.lodging] * households)
        for number, sort in enumerate(sorts):
            for need in reversed(sort.households):
                self._waiting[need.group if need.keeps_together and need.group in groups else _NOBODYS, number].append(
                    need
                )

    def people(self, members: Counter[int]) -> int:
        return sum(self._sorts[sort].need.size * count for sort, count in members.items())

    def take(self, group: str, members: Counter[int], at: int) -> Counter[int]:
        taken = Counter[int]()
        for sort, count in members.items():
            lodgings, waiting = self._left[sort, at], self._waiting[group, sort]
            taken[sort] = min(count, len(lodgings), len(waiting))
            for _ in range(taken[sort]):
                self.placed.append(_Lying(waiting.pop(), at, lodgings.pop()))
        return taken

    def spread(self, group: str, members: Counter[int]) -> None:
        """Shelter by shelter, always where most of those who remain have a place; between equals, where fewest places are
        left over."""
        remaining = Counter(members)
        while remaining:
            held = [(*self._held(remaining, at), -at) for at in range(self._shelters)]
            people, _, at = max(held)
            if not people:
                return
            remaining -= self.take(group, remaining, -at)

    def _held(self, members: Counter[int], at: int) -> tuple[int, int]:
        left = {sort: len(self._left[sort, at]) for sort in members}
        people = sum(self._sorts[sort].need.size * min(count, left[sort]) for sort, count in members.items())
        return people, -sum(left.values())

    def rest(self) -> None:
        """Those of no group take what is left; then whoever still waits has no place."""
        for (sort, at), lodgings in sorted(self._left.items()):
            self.take(_NOBODYS, Counter({sort: len(lodgings)}), at)
        for waiting in self._waiting.values():
            self.placed.extend(_Lying(need, _OUT, None) for need in waiting)


class _Exchange:
    """Households alike change places, where that takes the last of a group out of a shelter it is in besides others."""

    def __init__(
        self, lying: Sequence[_Lying], groups: dict[str, Counter[int]], alike: Callable[[Need], Signature]
    ) -> None:
        self.lying = list(lying)
        # What there is of whom where: (group, shelter) → sort → places in ``lying``
        self._stays: defaultdict[tuple[str, int], defaultdict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        self._beside: defaultdict[tuple[int, int], dict[str, None]] = defaultdict(dict)  # (sort, shelter) → groups
        self._present: dict[str, Counter[int]] = {group: Counter() for group in groups}  # households by shelter
        numbers: dict[Signature, int] = {}
        for place, (need, at, _) in enumerate(self.lying):
            group = need.group if need.keeps_together and need.group in groups else _NOBODYS
            self._put(group, at, numbers.setdefault(alike(need), len(numbers)), place)

    def _put(self, group: str, at: int, sort: int, place: int) -> None:
        self._stays[group, at][sort].append(place)
        self._beside[sort, at][group] = None
        if group != _NOBODYS:
            self._present[group][at] += 1

    def _pick(self, group: str, at: int, sort: int) -> int:
        if group != _NOBODYS:
            self._present[group][at] -= 1
        return self._stays[group, at][sort].pop()

    def run(self) -> None:
        """Every exchange leaves one split less, so it comes to an end."""
        better = True
        while better:
            stays = sorted(
                (count, group, at) for group, present in self._present.items() for at, count in present.items() if count
            )
            better = False
            for _, group, at in stays:
                if self._present[group][at] and (partners := self._partners(group, at)) is not None:
                    for sort, other, beside, count in partners:
                        for _ in range(count):
                            self._swap((group, at), (other, beside), sort)
                    better = True

    def _partners(self, group: str, at: int) -> list[tuple[int, str, int, int]] | None:
        """With whom all of the group who are here can change places, so that they go where more of it are and nobody else is
        split: (sort, group, shelter, households)."""
        found: list[tuple[int, str, int, int]] = []
        elsewhere = [beside for beside, count in self._present[group].items() if count and beside not in (at, _OUT)]
        for sort, places in self._stays[group, at].items():
            missing = len(places)
            for beside in elsewhere if missing else ():
                for other in self._beside[sort, beside]:
                    if other != group and (other == _NOBODYS or self._present[other][at]):
                        count = min(missing, len(self._stays[other, beside][sort]))
                        if count:
                            found.append((sort, other, beside, count))
                            missing -= count
            if missing:
                return None
        return found

    def _swap(self, mine: tuple[str, int], theirs: tuple[str, int], sort: int) -> None:
        here, there = self._pick(*mine, sort), self._pick(*theirs, sort)
        one, two = self.lying[here], self.lying[there]
        self.lying[here], self.lying[there] = one._replace(need=two.need), two._replace(need=one.need)
        self._put(theirs[0], mine[1], sort, here)
        self._put(mine[0], theirs[1], sort, there)
