"""The alarm on the night of arrival: a stay that will end before its people could have an answer, and what would mend it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from caravan import events as e
from caravan.coordination.actions import notify
from caravan.coordination.room import timezone_of
from caravan.coordination.turn import Turn, hears
from caravan.geography import road_hm
from caravan.picture import MISTAKEN, Picture
from caravan.shelters.horizon import (
    Mend,
    Shortfall,
    Site,
    Stay,
    beds_wanted,
    mends_for,
    places_on,
    published_places,
    stay_of,
)
from caravan.shelters.households import households_of
from caravan.shelters.model import LIVE, Placement, Section, Shelter
from caravan.shelters.staleness import counted_on


def stay(picture: Picture, placement: Placement) -> Stay:
    """A placement's stay against the days of the procedure, by the calendar of its protocol."""
    protocol = picture.protocol_of(placement.activation)
    return stay_of(
        placement, picture.shelters[placement.shelter].shelter, picture.groups[placement.group].arrived_at,
        picture.policy.procedure_days, protocol.calendar, ZoneInfo(protocol.timezone),
    )  # fmt: skip


def shortfall(picture: Picture, placement: Placement, now: datetime) -> Shortfall | None:
    """What is missing for a placement whose stay ends before the procedure could, and what would mend it if it were the only one;
    ``None`` where it is long enough, where nobody has said when it ends, and where nobody is in it any more."""
    found = _short(picture, placement)
    return None if found is None else replace(found, mends=_mends(picture, placement, found.until, now, Counter()))


def shortfalls(picture: Picture, now: datetime) -> list[Shortfall]:
    """All of them, the first to end first, each with what would mend it beside those before it: no place is told of twice."""
    living = (p for house in sorted(picture.shelters) for p in picture.placements_in(house))
    found = [short for placement in living if (short := _short(picture, placement)) is not None]
    found.sort(key=lambda one: (one.until, one.shelter, one.placement))
    taken = Counter[tuple[str, Section]]()
    return [
        replace(one, mends=_mends(picture, picture.placements[one.placement], one.until, now, taken)) for one in found
    ]


def _short(picture: Picture, placement: Placement) -> Shortfall | None:
    group = picture.groups[placement.group]
    if placement.status not in LIVE or not placement.promised or group.status in MISTAKEN:
        return None
    found = stay(picture, placement)
    if found.until is None or not found.short_nights:
        return None
    return Shortfall(
        placement=found.placement, group=found.group, shelter=found.shelter, people=found.people, until=found.until,
        needed_until=found.needed_until, procedure_days=found.procedure_days,
    )  # fmt: skip


def _mends(
    picture: Picture, placement: Placement, since: date, now: datetime, taken: Counter[tuple[str, Section]]
) -> tuple[Mend, ...]:
    """Where its people could go from the night of ``since``, by what is known now; ``taken`` are places others are to have."""
    here = picture.shelters[placement.shelter].shelter
    wanted = beds_wanted(placement, households_of(picture.groups[placement.group]))
    return mends_for(wanted, list(_sites(picture, here, since, now)), since, taken)


def _sites(picture: Picture, here: Shelter, since: date, now: datetime) -> Iterator[Site]:
    zone = ZoneInfo(timezone_of(picture))
    for ident in sorted(picture.shelters):
        standing = picture.shelters[ident]
        shelter = standing.shelter
        if ident == here.id or shelter.kind == "attention_point":
            continue
        away, distance = shelter.municipality != here.municipality, road_hm(here.position, shelter.position)
        if shelter.closed:
            # A house that closed is not ours to open; a temporary site is there to be opened.
            places = published_places(shelter) if shelter.kind == "temporary" else {}
        else:
            free = counted_on(standing, picture.policy, now)
            places = {} if free is None else places_on(free, picture.placements_in(ident), shelter, since, zone)
        if places:
            yield Site(shelter=shelter, places=places, distance_hm=distance, away=away, opens=shelter.closed)


@hears(e.PlacementHeld, e.PlacementAccepted, e.PlacementArrived, e.StayEndSet)
def watch_the_stay(
    turn: Turn, before: Picture, event: e.PlacementHeld | e.PlacementAccepted | e.PlacementArrived | e.StayEndSet
) -> None:
    """Told when it becomes so and when its day or its people change, not each time somebody touches the placement."""
    ident = event.placement.id if isinstance(event, e.PlacementHeld) else event.placement
    placement = turn.picture.placements[ident]
    found = shortfall(turn.picture, placement, turn.now)
    if found is None or _already_told(before, ident, found):
        return
    turn.happen(e.StayFallsShort(activation=placement.activation, group=placement.group, shortfall=found))
    facts = {
        "albergue": turn.picture.shelters[found.shelter].shelter.name, "hasta": found.until.isoformat(),
        "tramite": found.procedure_days, "personas": found.people,
    }  # fmt: skip
    for agency in turn.picture.protocol_of(placement.activation).coordination():
        notify(
            turn, agency, "estancia_corta", activation=placement.activation, group=placement.group,
            place=f"shelter:{found.shelter}", facts=facts,
        )  # fmt: skip


def _already_told(before: Picture, ident: str, found: Shortfall) -> bool:
    placement = before.placements.get(ident)
    if placement is None:
        return False
    then = stay(before, placement)
    return placement.status in LIVE and (then.until, then.people) == (found.until, found.people)
