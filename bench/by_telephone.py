"""Placing people as a person with a telephone does: household by household, the nearest house that says yes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from caravan.shelters.model import Section
from caravan.shelters.plan import Assigned, Lodging, Need, Offer, barrier, lodgings, reach, stay, usable


class Rooms:
    """The places left while households are placed one after another."""

    def __init__(self, offers: Iterable[Offer]) -> None:
        self.offers = {offer.shelter: offer for offer in offers}
        self._taken: dict[tuple[str, Section | None, int], int] = {}

    def way_in(self, need: Need, offer: Offer) -> Lodging | None:
        """How the household could sleep there now, the usual way before others."""
        nights = range(stay(need, offer))
        if not all(self._left(offer, None, night, need) >= need.accessible for night in nights):
            return None
        for lodging in lodgings(need, offer):
            if all(self._left(offer, s, night, need) >= n for s, n in lodging.beds.items() for night in nights):
                return lodging
        return None

    def _left(self, offer: Offer, section: Section | None, night: int, need: Need) -> int:
        if section is None:
            free = offer.accessible[night] if night < len(offer.accessible) else 0
        else:
            free = usable(offer, section, night, priority=need.priority)
        return free - self._taken.get((offer.shelter, section, night), 0)

    def take(self, need: Need, offer: Offer, lodging: Lodging) -> Assigned:
        self.fill(need, offer, lodging.beds)
        return Assigned(need.household, need.group, offer.shelter, lodging.mode, lodging.beds)

    def fill(self, need: Need, offer: Offer, beds: dict[Section, int]) -> None:
        for night in range(stay(need, offer)):
            for section, count in (*beds.items(), (None, need.accessible)):
                place = offer.shelter, section, night
                self._taken[place] = self._taken.get(place, 0) + count

    def left(self) -> tuple[Offer, ...]:
        """The offers with the places that are left."""
        return tuple(self._as_left(offer) for offer in self.offers.values())

    def _as_left(self, offer: Offer) -> Offer:
        return replace(
            offer,
            free={s: self._less(nights, offer, s) for s, nights in offer.free.items()},
            accessible=self._less(offer.accessible, offer, None),
        )

    def _less(self, nights: tuple[int, ...], offer: Offer, section: Section | None) -> tuple[int, ...]:
        return tuple(count - self._taken.get((offer.shelter, section, n), 0) for n, count in enumerate(nights))


def after(offers: Sequence[Offer], needs: Sequence[Need], assigned: Iterable[Assigned]) -> tuple[Offer, ...]:
    """The offers once these households have their places."""
    rooms = Rooms(offers)
    known = {need.household: need for need in needs}
    for one in assigned:
        rooms.fill(known[one.household], rooms.offers[one.shelter], one.beds)
    return rooms.left()


def nearest_first(needs: Sequence[Need], offers: Sequence[Offer]) -> tuple[Assigned, ...]:
    """Each household in turn to the nearest house that has room for it."""
    rooms = Rooms(offers)
    return tuple(_nearest(needs, rooms))


def whole_group_first(needs: Sequence[Need], offers: Sequence[Offer]) -> tuple[Assigned, ...]:
    """The group to the nearest house that has room for all of it, children alone apart; else household by household."""
    together, alone = [n for n in needs if n.kind != "uam"], [n for n in needs if n.kind == "uam"]
    for offer in _by_distance(together[0], offers) if together else ():
        found = tuple(_nearest(together, Rooms([offer])))
        if len(found) == len(together):
            return (*found, *nearest_first(alone, offers))
    return nearest_first(needs, offers)


def _nearest(needs: Sequence[Need], rooms: Rooms) -> Iterator[Assigned]:
    for need in needs:
        for offer in _by_distance(need, rooms.offers.values()):
            lodging = rooms.way_in(need, offer) if barrier(need, offer) is None else None
            if lodging is not None:
                yield rooms.take(need, offer, lodging)
                break


def _by_distance(need: Need, offers: Iterable[Offer]) -> list[Offer]:
    return sorted(
        (offer for offer in offers if reach(need, offer) is not None), key=lambda o: (reach(need, o), o.shelter)
    )
