"""How far the places reach: nights already committed, when a house is full, and the day a stay ends against the days its people
may have to wait for an answer.

The days are those an asylum procedure takes, counted alike for every group from the day it arrived: so they say nothing of who
asked for asylum.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from caravan.basics import DAY, HOUR, Record
from caravan.protocol.workdays import Calendar, add_working_days
from caravan.shelters.model import LIVE, SECTIONS, Admission, Placement, Section, Shelter, Standing
from caravan.shelters.plan import Need

FAR_AHEAD = 60
"""Nights a horizon looks ahead; beyond them nothing is said."""

# In which sections those of one kind may sleep: as in the ways a household sleeps (assignment.md §2). "mix" are those nobody has
# described: they may be a family, or men.
_MAY_SLEEP: dict[Section, tuple[Section, ...]] = {
    "uam": ("uam",), "fam": ("fam", "mix"), "wom": ("wom", "fam", "mix"), "men": ("men", "mix"), "mix": ("mix", "fam"),
}  # fmt: skip
_KIND: dict[Section, Admission] = {"uam": "uam", "fam": "fam", "wom": "wom", "men": "men", "mix": "fam"}


class Stay(Record, frozen=True):
    """One placement's stay: local dates, the day it ends (``None`` = nobody has said) and the last day of the procedure for a
    group that arrived then. ``short_nights`` are the nights between them, 0 where the stay is long enough."""

    placement: str
    group: str
    shelter: str
    people: int
    until: date | None
    needed_until: date
    procedure_days: int
    short_nights: int | None = None


class Mend(Record, frozen=True):
    """What would help those whose stay falls short: ``places`` in another house (``places``), in a temporary site that is closed now
    (``open``), or in one that is yet to be found (``new_site``), from the night of ``since``, until ``until`` where that house
    ends its own stays."""

    kind: Literal["places", "open", "new_site"]
    places: int
    since: date
    shelter: str | None = None
    until: date | None = None


class Shortfall(Record, frozen=True):
    """A stay that ends before the procedure could, with what would mend it, the nearest first."""

    placement: str
    group: str
    shelter: str
    people: int
    until: date
    needed_until: date
    procedure_days: int
    mends: tuple[Mend, ...] = ()


class Horizon(Record, frozen=True):
    """One house ahead. ``committed`` are the people it has or awaits, night by night from tonight to the last stay that has an end; an
    end is not a departure, so tonight everybody counts who is there or promised; those without one (``open_ended``) count every night. ``weekly`` came in the last seven days. ``full_on`` is the first night
    without a place if people go on coming as in that week; ``frees_on`` the next day on which a stay ends; ``food_until`` the
    last day for which everybody's meals are ordered. ``None`` = unknown or not in sight."""

    shelter: str
    committed: tuple[tuple[date, int], ...]
    open_ended: int
    weekly: int
    longest_until: date | None = None
    frees_on: date | None = None
    full_on: date | None = None
    food_until: date | None = None


class Site(Record, frozen=True):
    """A house that might take people on a coming night: the places it would have then, by section. ``opens`` says that it is
    closed now and would have to be opened; ``away`` that it is in another municipality."""

    shelter: Shelter
    places: dict[Section, int]
    distance_hm: int
    away: bool = False
    opens: bool = False


# --- stays ----------------------------------------------------------------------------------------------------------------


def ends_on(placement: Placement, shelter: Shelter, zone: ZoneInfo) -> date | None:
    """The local day a stay ends: as was said, else as the house's longest stay has it. ``None`` = nobody has said."""
    end = placement.ends_at
    if end is None and shelter.max_stay_hours is not None:
        end = (placement.arrived_at or placement.held_at) + shelter.max_stay_hours * HOUR
    return None if end is None else end.astimezone(zone).date()


def stay_of(
    placement: Placement,
    shelter: Shelter,
    arrived_at: datetime,
    procedure_days: int,
    calendar: Calendar,
    zone: ZoneInfo,
) -> Stay:
    """A placement's stay against the procedure of a group that arrived at ``arrived_at``. The term begins the day after."""
    until = ends_on(placement, shelter, zone)
    needed = add_working_days(arrived_at.astimezone(zone).date(), procedure_days, calendar)
    return Stay(
        placement=placement.id, group=placement.group, shelter=placement.shelter, people=placement.promised, until=until,
        needed_until=needed, procedure_days=procedure_days,
        short_nights=None if until is None else max(0, (needed - until).days),
    )  # fmt: skip


# --- what would mend it ---------------------------------------------------------------------------------------------------


def places_on(
    free: Mapping[Section, int], living: Iterable[Placement], shelter: Shelter, day: date, zone: ZoneInfo
) -> dict[Section, int]:
    """The places a house would have on the night of ``day`` if nobody else came: those free now, and those of the stays that end
    by then."""
    places: dict[Section, int] = {section: n for section in SECTIONS if (n := free.get(section, 0))}
    for placement in living:
        end = ends_on(placement, shelter, zone)
        if placement.status in LIVE and end is not None and end <= day:
            for section, n in placement.beds.items():
                places[section] = places.get(section, 0) + n
    return places


def beds_wanted(placement: Placement, households: Mapping[str, Need]) -> dict[Section, int]:
    """The places its people need elsewhere, by what they are; of whom nobody has described, by the section they lie in now. Those
    in mixed places, or without any, may be anybody ("mix"). ``households`` are all of its group."""
    wanted = Counter[Section]()
    for ident in placement.households:
        if ident in households:
            wanted[households[ident].kind] += households[ident].size
    rest = placement.promised - wanted.total()
    for section in SECTIONS:
        n = min(rest, placement.beds.get(section, 0) - wanted[section])
        if n > 0:
            wanted[section] += n
            rest -= n
    # Of a household nobody knows who has left; and whoever has no place here may be anybody.
    for section in SECTIONS:
        less = min(max(0, -rest), wanted[section])
        wanted[section] -= less
        rest += less
    wanted["mix"] += max(0, rest)
    return {section: wanted[section] for section in SECTIONS if wanted[section]}


def mends_for(
    wanted: Mapping[Section, int], sites: Sequence[Site], since: date, taken: Counter[tuple[str, Section]] | None = None
) -> tuple[Mend, ...]:
    """Where people could go from the night of ``since``: houses that are open before sites that would have to be opened, the same
    municipality before others, the nearest first; the rest needs a site that is not there yet. ``taken`` are places of a house
    that others are to have; those that are used here are added to it."""
    left = dict(wanted)
    taken = Counter() if taken is None else taken
    found: list[Mend] = []
    for site in sorted(sites, key=lambda s: (s.opens, s.away, s.distance_hm, s.shelter.id)):
        places = _take(left, site, taken)
        if places:
            hours = site.shelter.max_stay_hours
            found.append(
                Mend(
                    kind="open" if site.opens else "places", places=places, since=since, shelter=site.shelter.id,
                    until=None if hours is None else since + max(1, hours // 24) * DAY,
                )
            )  # fmt: skip
    rest = sum(left.values())
    return (*found, Mend(kind="new_site", places=rest, since=since)) if rest else tuple(found)


def _take(left: dict[Section, int], site: Site, taken: Counter[tuple[str, Section]]) -> int:
    """How many of those in ``left`` the site has places for; they are taken out of it."""
    house, found = site.shelter, 0
    for section in SECTIONS:
        if not _may_come(house, section):
            continue
        for other in _MAY_SLEEP[section]:
            n = min(left.get(section, 0), site.places.get(other, 0) - taken[house.id, other])
            if n > 0:
                left[section] -= n
                taken[house.id, other] += n
                found += n
    return found


def _may_come(house: Shelter, kind: Section) -> bool:
    """Children who are alone go only to DIF; among them nobody of whom nothing is known."""
    if _KIND[kind] not in house.admits:
        return False
    return "dif" in house.services if kind == "uam" else kind != "mix" or "dif" not in house.services


def published_places(shelter: Shelter) -> dict[Section, int]:
    """What a house that is empty would have, as published: out-of-use places apart. A section without a figure has none."""
    return {
        section: n for section, places in shelter.sections.items() if (n := (places.nominal or 0) - places.blocked) > 0
    }


# --- one house ahead ------------------------------------------------------------------------------------------------------


def horizon(
    standing: Standing, living: Sequence[Placement], free: Mapping[Section, int] | None, *, weekly: int, today: date,
    zone: ZoneInfo, food_until: date | None = None,
) -> Horizon:  # fmt: skip
    """The house ahead from the night of ``today``. ``living`` are its placements that keep or take places, ``free`` the places that
    are counted on now (``None`` = unknown), ``weekly`` the people who came in the last seven days."""
    ends = [(ends_on(p, standing.shelter, zone), p.promised) for p in living if p.status in LIVE]
    known = [end for end, _ in ends if end is not None]
    last = min(max(known, default=today), today + FAR_AHEAD * DAY)
    open_ended = sum(n for end, n in ends if end is None)
    nights = [today + n * DAY for n in range(max(1 if sum(n for _, n in ends) else 0, (last - today).days))]
    return Horizon(
        shelter=standing.shelter.id,
        committed=tuple(
            (night, sum(n for end, n in ends if end is None or end > night or night == today)) for night in nights
        ),
        open_ended=open_ended,
        weekly=weekly,
        longest_until=max(known, default=None),
        frees_on=min((end for end in known if end > today), default=None),
        full_on=None if free is None else _full_on(standing.shelter, living, free, weekly, today, zone),
        food_until=food_until,
    )


def _full_on(
    shelter: Shelter, living: Sequence[Placement], free: Mapping[Section, int], weekly: int, today: date, zone: ZoneInfo
) -> date | None:
    """The first night without a place if ``weekly`` people come each week; children who are alone are DIF's and do not count."""
    for ahead in range(FAR_AHEAD):
        night = today + ahead * DAY
        places = places_on(free, () if ahead == 0 else living, shelter, night, zone)
        if sum(n for section, n in places.items() if section != "uam") <= weekly * ahead // 7:
            return night
    return None


def came_since(placements: Iterable[Placement], now: datetime, length: timedelta = 7 * DAY) -> dict[str, int]:
    """People who came to each house within ``length`` before ``now``, also those who have gone since."""
    found: dict[str, int] = {}
    for placement in placements:
        if placement.arrived_at is not None and timedelta() <= now - placement.arrived_at < length:
            found[placement.shelter] = found.get(placement.shelter, 0) + (placement.came or 0)
    return found
