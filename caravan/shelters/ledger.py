"""The places of a house by section and night: what it has, what is promised, who sleeps there, what may still be promised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from caravan.basics import HOUR, Record
from caravan.shelters.model import SECTIONS, Placement, Section, Shelter, Standing
from caravan.shelters.policy import Policy

# Before this local hour people still sleep the night that began the day before.
_MORNING = timedelta(hours=6)
# Those who lie beyond the places take the next one that is free, never among children who are alone.
_FLOOR: tuple[Section, ...] = ("mix", "fam", "wom", "men")


class Night(Record, frozen=True):
    """The places of one section in one night; ``None`` = nobody has said.

    ``nominal`` are published and ``blocked`` out of use. ``surge`` are places for emergencies that count that night and that
    nobody lies in. ``held`` wait for the house's answer, ``confirmed`` for their people; ``occupied`` are taken. ``free`` may
    still be promised. Where the house reports no more empty places than it has, ``free`` is
    nominal + surge - blocked - occupied - held - confirmed, and never below zero.
    """

    nominal: int | None
    surge: int
    blocked: int
    held: int
    confirmed: int
    occupied: int | None
    free: int | None


Ledger = dict[Section, tuple[Night, ...]]


def ledger(
    standing: Standing, placements: Iterable[Placement], policy: Policy, *, now: datetime, timezone: str, surge: bool
) -> Ledger:
    """The places of each section of the house, tonight first, ``policy.nights`` of them.

    ``placements`` are the living ones of the house. Tonight only what is empty now may be promised, whoever's stay ends
    today: an end is not a departure. From the next night on, places of stays that have ended by midnight are free again.
    ``surge`` says that places for emergencies count.
    """
    ends = midnights(now, timezone, policy.nights)
    living = sorted(placements, key=lambda placement: placement.id)
    promised = [p for p in living if p.status in ("held", "accepted")]
    here = [p for p in living if p.status == "arrived"]
    kept = [[p for p in promised if night == 0 or _stays(standing, p, end)] for night, end in enumerate(ends)]
    freed = [_freed(standing, here, end) if night else Counter[Section]() for night, end in enumerate(ends)]
    spare = spare_surge(standing) if surge else Counter[Section]()
    return {
        section: tuple(
            _night(standing, section, freed[night][section], spare[section], _waiting(section, kept[night]))
            for night in range(len(ends))
        )
        for section in sections_of(standing)
    }


def without_promises(night: Night) -> Night:
    """The same places, those that are promised counted as taken."""
    promised = night.held + night.confirmed
    occupied = None if night.occupied is None else night.occupied + promised
    return replace(night, held=0, confirmed=0, occupied=occupied)


def sections_of(standing: Standing) -> list[Section]:
    """The sections the house has: those on its record and those it reports; one figure where it has none."""
    known = {*standing.shelter.sections, *(standing.available or {}), *standing.committed} or {"mix"}
    return [section for section in SECTIONS if section in known]


def tonight(now: datetime, timezone: str) -> date:
    """The local day on which the night began that is under way, or that comes next."""
    return (now.astimezone(ZoneInfo(timezone)) - _MORNING).date()


def midnights(now: datetime, timezone: str, nights: int) -> list[datetime]:
    """The midnight in each of the coming nights, tonight's first: who is there then takes a place that night."""
    first = tonight(now, timezone)
    zone = ZoneInfo(timezone)
    return [datetime.combine(first + timedelta(days=n + 1), time(), zone) for n in range(max(1, nights))]


def ends_at(placement: Placement, shelter: Shelter) -> datetime | None:
    """When the stay ends, or would by the house's own rule; ``None`` = nobody knows of an end."""
    if placement.ends_at is not None or shelter.max_stay_hours is None:
        return placement.ends_at
    return (placement.arrived_at or placement.held_at) + shelter.max_stay_hours * HOUR


def _night(standing: Standing, section: Section, freed: int, surge: int, promised: tuple[int, int]) -> Night:
    places = standing.shelter.sections.get(section)
    nominal = None if places is None else places.nominal
    blocked = 0 if places is None else places.blocked
    occupied = free = None
    held, confirmed = promised
    if standing.available is not None:
        empty = standing.available.get(section, 0) + freed
        free = max(0, empty + surge - held - confirmed)
        occupied = None if nominal is None else max(0, nominal - blocked - empty)
    return Night(
        nominal=nominal, surge=surge, blocked=blocked, held=held, confirmed=confirmed, occupied=occupied, free=free
    )


def _stays(standing: Standing, placement: Placement, end: datetime) -> bool:
    until = ends_at(placement, standing.shelter)
    return until is None or until > end


def _waiting(section: Section, promised: Sequence[Placement]) -> tuple[int, int]:
    """Places kept for people not yet there: held, and confirmed."""
    held = sum(p.beds.get(section, 0) for p in promised if p.status == "held")
    return held, sum(p.beds.get(section, 0) for p in promised if p.status == "accepted")


def _freed(standing: Standing, here: Sequence[Placement], end: datetime) -> Counter[Section]:
    """Places of stays that have ended by then, less those that people who lie beyond the places take first."""
    gone = [p for p in here if not _stays(standing, p, end)]
    freed = Counter[Section]()
    for placement in gone:
        freed.update(placement.beds)
    floor = standing.excess - sum(max(0, p.present - sum(p.beds.values())) for p in gone)
    for section in _FLOOR:
        taken = max(0, min(floor, freed[section]))
        freed[section] -= taken
        floor -= taken
    return freed


def spare_surge(standing: Standing) -> Counter[Section]:
    """Places for emergencies that nobody lies in: whoever is in the house beyond its places lies there first."""
    shelter = standing.shelter
    told = 0 if standing.occupied is None or shelter.nominal is None else standing.occupied - shelter.nominal
    beyond = max(0, standing.excess, told)
    spare = Counter[Section]()
    for section in SECTIONS:
        places = shelter.sections.get(section)
        if places is not None:
            taken = min(beyond, places.surge)
            spare[section] = places.surge - taken
            beyond -= taken
    return spare
