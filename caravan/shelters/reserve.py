"""Places kept for priority households that are still to come, until the hour at which everything left is given out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from caravan.shelters.model import SECTIONS, ClockTime, Section
from caravan.shelters.plan import Need, Offer, on
from caravan.shelters.policy import Policy
from caravan.shelters.prices import PERSON, Forecast

DAY_STARTS = 6 * 60
"""Minutes after midnight at which the day of arrivals begins: who comes before it still belongs to the night."""

_CONTESTED = PERSON * 9 // 10  # a place worth this much is worth a person to whoever comes next
_ROOM = 2  # places kept for each that is expected to be taken: families fit no house to the last place

_Keeping = dict[tuple[str, Section], int]


def minute_of(clock: ClockTime) -> int:
    """Minutes from the start of the day of arrivals to that local hour."""
    hours, minutes = clock.split(":")
    return (int(hours) * 60 + int(minutes) - DAY_STARTS) % (24 * 60)


def released(policy: Policy, minute: int) -> bool:
    """Whether nothing is kept any more at that minute of the day of arrivals."""
    return policy.release_at is not None and minute >= minute_of(policy.release_at)


def reserved(
    offers: Iterable[Offer], needs: Sequence[Need], policy: Policy, minute: int, learnt: Forecast | None = None
) -> list[Offer]:
    """The offers with the places each keeps. With a forecast ``learnt`` from recorded nights so many as priority households will
    need, in whole sections, where a place is worth as much as a person; else the policy's part of each section's free places,
    rounded down. A policy whose part is 0 keeps nothing.

    What is proposed already to a household without priority is not taken from it.
    """
    offers = list(offers)
    if released(policy, minute) or not policy.reserve_percent:
        return [replace(offer, kept={}, kept_until=None) for offer in offers]
    promised = Counter[str]()
    for need in needs:
        if not need.priority and need.proposed is not None:
            promised[need.proposed] += need.size
    keeping = _a_part(offers, policy) if learnt is None else _whole_sections(offers, learnt)
    found: list[Offer] = []
    for offer in offers:
        kept: dict[Section, int] = {}
        for section in _kept_in(offer):
            most = keeping.get((offer.shelter, section), 0)
            if (places := min(most, on(offer.free[section], 0) - promised[offer.shelter])) > 0:
                kept[section] = places
        found.append(replace(offer, kept=kept, kept_until=policy.release_at if kept else None))
    return found


def _a_part(offers: Sequence[Offer], policy: Policy) -> _Keeping:
    return {
        (offer.shelter, section): on(offer.free[section], 0) * policy.reserve_percent // 100
        for offer in offers
        for section in _kept_in(offer)
    }


def _whole_sections(offers: Sequence[Offer], expected: Forecast) -> _Keeping:
    """A household needs its places in one house: single places kept in many would help no family."""
    keeping: _Keeping = {}
    for section in SECTIONS:
        wanted = _ROOM * sum(taken.get(section, 0) for taken in expected.priority.values())
        contested: list[tuple[int, str, int]] = []
        for offer in offers:
            places = on(offer.free.get(section, ()), 0)
            worth = expected.prices.get(offer.shelter, {}).get(section, 0)
            if section in _kept_in(offer) and places and worth >= _CONTESTED:
                share = 1_000 * expected.priority.get(offer.shelter, {}).get(section, 0) // places
                contested.append((-share, offer.shelter, places))
        for _, shelter, places in sorted(contested):
            if wanted > 0:
                keeping[shelter, section] = places
                wanted -= places
    return keeping


def _kept_in(offer: Offer) -> list[Section]:
    """Children who are alone all have priority: of their section nothing needs to be kept."""
    return [section for section in SECTIONS if section in offer.free and section != "uam"]
