"""The independent check of a placement: what it costs and whether it breaks a rule, from the placement alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from caravan.basics import Reason, Scalar
from caravan.shelters.model import Section
from caravan.shelters.plan import (
    Assigned,
    Lodging,
    Need,
    Offer,
    Vector,
    barrier,
    crowding,
    discomforts,
    is_far,
    modes,
    on,
    price,
    reach,
    stay,
    usable,
)
from caravan.shelters.policy import Policy


class Broken(ValueError):
    """A placement breaks a hard rule: which, and of which household or shelter."""

    def __init__(self, message: str, reason: Reason, household: str = "", shelter: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.household = household
        self.shelter = shelter


def measure(needs: Iterable[Need], offers: Iterable[Offer], policy: Policy, assigned: Iterable[Assigned]) -> Vector:
    """What a placement costs, from the placement alone. Raises ``Broken`` where it breaks a hard rule."""
    by_household = {need.household: need for need in needs}
    by_shelter = {offer.shelter: offer for offer in offers}
    stays: dict[str, tuple[Need, Offer, Lodging]] = {}
    for a in assigned:
        if a.household in stays:
            raise Broken(f"placed twice: {a.household}", Reason(code="placed_twice"), a.household, a.shelter)
        if a.household not in by_household or a.shelter not in by_shelter:
            message = f"unknown household or shelter: {a.household} in {a.shelter}"
            raise Broken(message, Reason(code="unknown_placement"), a.household, a.shelter)
        need, offer = by_household[a.household], by_shelter[a.shelter]
        stays[a.household] = need, offer, _checked(need, offer, a)
    _check_room(stays.values())
    placed = list(stays.values())
    unplaced = [need for need in by_household.values() if need.household not in stays]
    people = Counter[str]()
    for need, offer, _ in placed:
        people[offer.shelter] += need.size
    where = {need.household: offer.shelter for need, offer, _ in placed}
    return Vector(
        PIN=sum(n.size for n in unplaced if n.pinned is not None),
        U1=sum(n.size for n in unplaced if n.priority),
        U2=sum(n.size for n in unplaced),
        FAR=sum(n.size for n, o, _ in placed if is_far(n, o, policy)),
        SPL=_splits(by_household.values(), where),
        CHG=sum(n.size for n in by_household.values() if n.proposed not in (None, where.get(n.household))),
        SOFT=sum(sum(discomforts(n, o, lodging).values()) for n, o, lodging in placed),
        DIST=sum(n.size * (reach(n, o) or 0) for n, o, _ in placed),
        BAL=sum(crowding(o, people[o.shelter]) for o in by_shelter.values()),
        PRICE=sum(price(o, lodging) for _, o, lodging in placed),
    )


def _checked(need: Need, offer: Offer, assigned: Assigned) -> Lodging:
    reason = barrier(need, offer)
    if reason is not None:
        message = f"{need.household} may not go to {offer.shelter}: {reason.code}"
        raise Broken(message, reason, need.household, offer.shelter)
    if need.pinned not in (None, offer.shelter):
        elsewhere = Reason(code="pinned_elsewhere", details={"shelter": need.pinned})
        raise Broken(f"{need.household} is pinned to {need.pinned}", elsewhere, need.household, offer.shelter)
    for lodging in modes(need):
        if lodging.mode == assigned.mode and lodging.beds == assigned.beds:
            return lodging
    message = f"{need.household} cannot sleep as {assigned.mode} in {assigned.beds}"
    raise Broken(message, Reason(code="no_such_mode", details={"mode": assigned.mode}), need.household, offer.shelter)


def _check_room(stays: Iterable[tuple[Need, Offer, Lodging]]) -> None:
    taken = Counter[tuple[str, Section | None, int, bool]]()
    offers: dict[str, Offer] = {}
    for need, offer, lodging in stays:
        offers[offer.shelter] = offer
        for night in range(stay(need, offer)):
            taken[offer.shelter, None, night, True] += need.accessible
            for section, beds in lodging.beds.items():
                taken[offer.shelter, section, night, True] += beds
                taken[offer.shelter, section, night, False] += 0 if need.priority else beds
    for (shelter, section, night, everybody), beds in taken.items():
        if section is None:
            room = on(offers[shelter].accessible, night)
        else:
            room = usable(offers[shelter], section, night, priority=everybody)
        if beds > room:
            where = section or "accessible"
            message = f"{shelter} overfilled: {beds} in {room} places ({where}, night {night})"
            details: dict[str, Scalar] = {"people": beds, "places": room, "section": where, "night": night}
            raise Broken(message, Reason(code="overfilled", details=details), shelter=shelter)


def _splits(needs: Iterable[Need], where: dict[str, str]) -> int:
    places: defaultdict[str, set[str | None]] = defaultdict(set)
    for need in needs:
        if need.keeps_together:
            places[need.group].add(where.get(need.household))
    return sum(len(used) - 1 for used in places.values())
