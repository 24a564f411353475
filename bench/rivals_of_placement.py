"""Placement as it is done without an optimiser, on the same people and places: each gives a placement that breaks no rule.

Nearest-first is a person with a telephone: the next household gets the nearest place that is free. Whole group first calls
until somebody takes the whole bus, and only then splits. Best fit serves the hardest first and spends the least scarce
place. The flow places people without seeing groups, as a transport problem would. OR-Tools is not among them: it cannot be
loaded in one process with HiGHS (google/or-tools #5246).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence

from msgspec.structs import replace

from caravan.shelters.model import Section
from caravan.shelters.plan import Assigned, Lodging, Need, Offer, barrier, is_far, lodgings, on, reach, stay, usable
from caravan.shelters.policy import Policy
from caravan.shelters.solver import Model, Row, Terms

Placer = Callable[[Sequence[Need], Sequence[Offer], Policy], tuple[Assigned, ...]]
_Place = tuple[str, Section | None, int, bool]
_Home = tuple[Offer, Lodging]


class Book:
    """The places still free, as somebody keeps them on paper, and who has got one."""

    def __init__(self, offers: Sequence[Offer]) -> None:
        self.offers = offers
        self.assigned: list[Assigned] = []
        self._taken = Counter[_Place]()
        self._reachable: dict[Need, list[_Home]] = {}

    def homes(self, need: Need) -> list[_Home]:
        """Where these people may go at all, the nearest first, and how they would usually sleep there first."""
        alike = replace(need, household="", group="", provisional=False)
        if alike not in self._reachable:
            able = [offer for offer in self.offers if barrier(need, offer) is None]
            able.sort(key=lambda offer: (reach(need, offer) or 0, offer.shelter))
            self._reachable[alike] = [(offer, lodging) for offer in able for lodging in lodgings(need, offer)]
        return self._reachable[alike]

    def has_room(self, need: Need, home: _Home) -> bool:
        offer = home[0]
        for (_, section, night, priority), count in self._uses(need, home).items():
            room = on(offer.accessible, night) if section is None else usable(offer, section, night, priority=priority)
            if self._taken[offer.shelter, section, night, priority] + count > room:
                return False
        return True

    def give(self, need: Need, home: _Home) -> None:
        offer, lodging = home
        self._taken.update(self._uses(need, home))
        self.assigned.append(
            Assigned(
                household=need.household, group=need.group, shelter=offer.shelter, mode=lodging.mode, beds=lodging.beds
            )
        )

    def take_back(self, number: int, needs: Iterable[Need]) -> None:
        """The last ``number`` placements are undone."""
        by_id = {need.household: need for need in needs}
        for _ in range(number):
            last = self.assigned.pop()
            offer = next(offer for offer in self.offers if offer.shelter == last.shelter)
            self._taken.subtract(self._uses(by_id[last.household], (offer, Lodging(mode=last.mode, beds=last.beds))))

    def give_first(self, need: Need, homes: Iterable[_Home]) -> bool:
        for home in homes:
            if self.has_room(need, home):
                self.give(need, home)
                return True
        return False

    def _uses(self, need: Need, home: _Home) -> Counter[_Place]:
        offer, lodging = home
        uses = Counter[_Place]()
        for night in range(stay(need, offer)):
            if need.accessible:
                uses[offer.shelter, None, night, True] = need.accessible
            for section, count in lodging.beds.items():
                uses[offer.shelter, section, night, True] = count
                if not need.priority and offer.kept:
                    uses[offer.shelter, section, night, False] = count
        return uses


def nearest_first(needs: Sequence[Need], offers: Sequence[Offer], policy: Policy) -> tuple[Assigned, ...]:
    """Household by household, in the order they came."""
    book = Book(offers)
    for need in needs:
        book.give_first(need, book.homes(need))
    return tuple(book.assigned)


def whole_group_first(needs: Sequence[Need], offers: Sequence[Offer], policy: Policy) -> tuple[Assigned, ...]:
    """The nearest house that takes the whole group, unaccompanied children apart; where there is none, household by household."""
    book = Book(offers)
    groups: defaultdict[str, list[Need]] = defaultdict(list)
    for need in needs:
        groups[need.group].append(need)
    for members in groups.values():
        together = [need for need in members if need.kind != "uam"]
        left = [need for need in members if need.kind == "uam"]
        if not _whole(book, together):
            left += together
        for need in left:
            book.give_first(need, book.homes(need))
    return tuple(book.assigned)


def _whole(book: Book, members: list[Need]) -> bool:
    if not members:
        return True
    for shelter in dict.fromkeys(home[0].shelter for home in book.homes(members[0])):
        inside = 0
        for need in members:
            if not book.give_first(need, (home for home in book.homes(need) if home[0].shelter == shelter)):
                break
            inside += 1
        if inside == len(members):
            return True
        book.take_back(inside, members)
    return False


def best_fit(needs: Sequence[Need], offers: Sequence[Offer], policy: Policy) -> tuple[Assigned, ...]:
    """Priority households first, those with the fewest places open to them before the others; each where the section is the most
    plentiful for those who compete for it, in the municipality before outside it."""
    book = Book(offers)
    wanted, open_to_all = Counter[Section](), Counter[Section]()
    for need in needs:
        for _, lodging in book.homes(need)[:1]:
            wanted.update(lodging.beds)
    for offer in offers:
        for section, nights in offer.free.items():
            open_to_all[section] += on(nights, 0)

    def scarcity(lodging: Lodging) -> float:
        return max(wanted[section] / max(1, open_to_all[section]) for section in lodging.beds)

    def spent(need: Need, home: _Home) -> tuple[bool, bool, int, float, int]:
        offer, lodging = home
        special = len(set(offer.offers) - set(need.needs) - {"dif"})
        return is_far(need, offer, policy), lodging.points > 0, special, scarcity(lodging), reach(need, offer) or 0

    hardest = sorted(needs, key=lambda n: (not n.priority, len(book.homes(n)), -n.size, n.group, n.household))
    for need in hardest:
        book.give_first(need, sorted(book.homes(need), key=lambda home: (*spent(need, home), home[0].shelter)))
    return tuple(book.assigned)


def flow(needs: Sequence[Need], offers: Sequence[Offer], policy: Policy) -> tuple[Assigned, ...]:
    """A transport problem of alike households into sections, whole numbers taken from its relaxation; who is left goes to the
    nearest place. Groups, languages and later nights are not in it."""
    crowds: defaultdict[Need, list[Need]] = defaultdict(list)
    for need in sorted(needs, key=lambda need: not need.priority):
        alike = replace(need, household="", group="", language=None, pet=False, nights=1, solo=False)
        crowds[alike].append(need)
    book = Book(offers)
    given = _transported(crowds, book, policy)
    left: list[Need] = []
    for alike, members in crowds.items():
        waiting = iter(members)
        for home, count in given[alike]:
            left += [need for _, need in zip(range(count), waiting, strict=False) if not book.give_first(need, [home])]
        left += waiting
    for need in sorted(left, key=lambda need: not need.priority):
        book.give_first(need, book.homes(need))
    return tuple(book.assigned)


def _transported(crowds: dict[Need, list[Need]], book: Book, policy: Policy) -> dict[Need, list[tuple[_Home, int]]]:
    ways = [(alike, home) for alike in crowds for home in book.homes(alike)]
    costs: Terms = {}
    beds: defaultdict[tuple[str, Section | None], Terms] = defaultdict(dict)
    members: defaultdict[Need, Terms] = defaultdict(dict)
    for column, (alike, (offer, lodging)) in enumerate(ways):
        gain = 100_000 + 200_000 * alike.priority
        far = 2_000 * is_far(alike, offer, policy) + lodging.points
        costs[column] = alike.size * ((reach(alike, offer) or 0) + far - gain)
        members[alike][column] = 1
        for section, count in lodging.beds.items():
            beds[offer.shelter, section][column] = count
        if alike.accessible:
            beds[offer.shelter, None][column] = alike.accessible
    room = {
        (offer.shelter, section): on(nights, 0)
        for offer in book.offers
        for section, nights in (*offer.free.items(), (None, offer.accessible))
    }
    rows = [Row(terms, len(crowds[alike])) for alike, terms in members.items()]
    rows += [Row(terms, room[place]) for place, terms in beds.items()]
    upper = [len(crowds[alike]) for alike, _ in ways]
    values = Model(upper, range(len(ways)), rows, node_limit=1).least(costs).values if ways else []
    given: dict[Need, list[tuple[_Home, int]]] = {alike: [] for alike in crowds}
    for (alike, home), count in zip(ways, values or [0] * len(ways), strict=True):
        given[alike].append((home, count))
    return given


RIVALS: dict[str, Placer] = {
    "el más cercano": nearest_first,
    "grupo entero primero": whole_group_first,
    "mejor ajuste": best_fit,
    "flujo y redondeo": flow,
}
