"""How far an old figure is counted on, and whom to phone because of it. Stale capacity is the real source of error
(assignment.md §8): its age is shown, part of it is not promised, and an old one is as if nobody had told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal

from caravan.basics import HOUR, Reason, Record
from caravan.shelters.model import Section, Standing
from caravan.shelters.policy import Policy


class Call(Record, frozen=True):
    """A house to phone: nobody has told its places (``unknown``), or they were told so long ago that part of them is not
    counted on (``stale``).

    ``places`` is what it might have: what it last told, else what is published; ``None`` where neither is known. ``hours`` is the
    age of the figure, ``distance_hm`` how far it is from the nearest station where people wait. ``near`` says that it is in the
    municipality of one of them.
    """

    shelter: str
    because: Literal["unknown", "stale"]
    places: int | None
    hours: int | None = None
    distance_hm: int | None = None
    near: bool = False
    phone: str = ""


def age_hours(standing: Standing, now: datetime) -> int | None:
    """Whole hours since somebody last told or confirmed the figure; ``None`` = nobody ever did."""
    if standing.reported_at is None:
        return None
    return max(timedelta(), now - standing.reported_at) // HOUR


def counted_percent(standing: Standing, policy: Policy, now: datetime) -> int | None:
    """How much of the figure is counted on: 100 while it is fresh, less once it is stale, ``None`` where it is as if nobody had
    told."""
    age = age_hours(standing, now)
    if age is None or standing.available is None:
        return None
    if policy.unknown_after_hours is not None and age >= policy.unknown_after_hours:
        return None
    return 100 - policy.stale_percent if age >= policy.stale_after_hours else 100


def discounted(places: int, percent: int) -> int:
    """So much of these places; what is left out is rounded up."""
    return places * percent // 100


def counted_on(standing: Standing, policy: Policy, now: datetime) -> dict[Section, int] | None:
    """The free places that are counted on now, by section. ``None`` = unknown, which is not zero."""
    percent, free = counted_percent(standing, policy, now), standing.free
    if percent is None or free is None:
        return None
    return {section: discounted(places, percent) for section, places in free.items()}


def stale_figure(standing: Standing, policy: Policy, now: datetime) -> Reason | None:
    """Why fewer places are counted on than were told: ``stale_figure`` or ``figure_too_old``. ``None`` where all are."""
    age, told = age_hours(standing, now), standing.free_total
    if age is None or told is None:
        return None
    counted = counted_on(standing, policy, now)
    if counted is None:
        return Reason(code="figure_too_old", details={"free": told, "hours": age})
    if sum(counted.values()) == told:
        return None
    return Reason(code="stale_figure", details={"free": told, "counted": sum(counted.values()), "hours": age})


def call_list(
    standings: Iterable[Standing], policy: Policy, now: datetime, *, distance_hm: dict[str, int], near: frozenset[str]
) -> list[Call]:
    """Whom to phone, the first first: in a municipality where people wait, then the one that might have most places, then the
    nearest. ``distance_hm`` is by shelter to the nearest station where people wait, ``near`` are those municipalities.

    Closed houses and points without beds are not phoned, nor those whose figure is fresh.
    """
    calls = [call for one in standings if (call := _call(one, policy, now, distance_hm, near)) is not None]
    return sorted(calls, key=lambda c: (not c.near, -(c.places or 0), c.distance_hm or 0, c.shelter))


def _call(
    standing: Standing, policy: Policy, now: datetime, distance_hm: dict[str, int], near: frozenset[str]
) -> Call | None:
    shelter = standing.shelter
    if shelter.closed or shelter.kind == "attention_point":
        return None
    age = age_hours(standing, now)
    if age is not None and age < policy.stale_after_hours and standing.available is not None:
        return None
    unknown = counted_percent(standing, policy, now) is None
    told = standing.free_total
    return Call(
        shelter=shelter.id, because="unknown" if unknown else "stale", hours=age, phone=shelter.phone,
        places=shelter.nominal if told is None or unknown else told,
        distance_hm=distance_hm.get(shelter.id), near=shelter.municipality in near,
    )  # fmt: skip
