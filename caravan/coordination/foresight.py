"""Who may still come tonight, from the picture's own nights, and what that makes of the places there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from caravan.coordination.claims import households_placed, sheltered
from caravan.geography import road_hm
from caravan.groups import Group
from caravan.picture import MISTAKEN, Picture
from caravan.shelters import solver
from caravan.shelters.expected import Arrival, Night, at_this_pace, futures
from caravan.shelters.households import needs_of
from caravan.shelters.plan import Need, Offer
from caravan.shelters.policy import Policy
from caravan.shelters.prices import forecast, starting_prices, with_prices
from caravan.shelters.reserve import DAY_STARTS, reserved

_WINDOW = 28
"""Nights looked back on at most: what is scarce changes with the season."""


def foreseen(
    picture: Picture, needs: Sequence[Need], offers: Sequence[Offer], policy: Policy, now: datetime, timezone: str
) -> list[Offer]:
    """The same offers with what their places will be worth to those still to come, and the places kept for priority
    households among them.

    From ``policy.history_nights`` recorded nights on, those tell who is expected; before, people like those of today and
    at their pace. Where there is no solver a rule that needs neither. The cost grows with the arrivals of the last weeks, not with
    all there ever were.
    """
    clock = _Clock(timezone)
    nights, tonight = _recorded(picture, policy, now, clock)
    minute, starting = clock.minute(now), starting_prices(offers)
    if not solver.available():
        return reserved(with_prices(offers, starting), needs, policy, minute)
    learnt = len(nights) >= max(1, policy.history_nights)
    drawn = futures(nights, tonight, minute) if learnt else (at_this_pace(tonight, minute),)
    expected = [[need for ident in future for need in _as_it_came(picture.groups[ident], clock)] for future in drawn]
    waiting = [*needs, *_waiting(picture, tonight, {need.group for need in needs})]
    found = forecast(waiting, expected, _reaching(picture, offers, policy), policy)
    priced = with_prices(offers, found.prices, starting)
    return reserved(priced, needs, policy, minute, found if learnt else None)


class _Clock:
    """Local days of arrivals, each from six in the morning to the next."""

    def __init__(self, timezone: str) -> None:
        self._zone = ZoneInfo(timezone)

    def _shifted(self, at: datetime) -> datetime:
        return at.astimezone(self._zone).replace(tzinfo=None) - timedelta(minutes=DAY_STARTS)

    def day(self, at: datetime) -> date:
        return self._shifted(at).date()

    def minute(self, at: datetime) -> int:
        shifted = self._shifted(at)
        return shifted.hour * 60 + shifted.minute


# --- the nights that were recorded ---------------------------------------------------------------------------------------


def _recorded(picture: Picture, policy: Policy, now: datetime, clock: _Clock) -> tuple[list[Night], Night]:
    """The last nights, one in which nobody came too, and what there has been of this one. The record begins with the first
    arrival of those weeks."""
    today = clock.day(now)
    window = max(_WINDOW, policy.history_nights)
    came: defaultdict[date, list[Arrival]] = defaultdict(list)
    for group in _since(picture, now - timedelta(days=window + 1)):
        day = clock.day(group.arrived_at)
        if today - timedelta(days=window) <= day <= today and group.arrived_at <= now:
            came[day].append(Arrival(group.id, clock.minute(group.arrived_at), group.people))
    first = min(came, default=today)
    days = [first + timedelta(days=n) for n in range((today - first).days)]
    return [_night(day, came) for day in days], _night(today, came)


def _night(day: date, came: dict[date, list[Arrival]]) -> Night:
    arrivals = sorted(came.get(day, ()), key=lambda arrival: (arrival.minute, arrival.group))
    return Night(day=day.isoformat(), arrivals=tuple(arrivals))


def _since(picture: Picture, start: datetime) -> Iterator[Group]:
    """Groups registered since then that asked for shelter: of each activation the newest come first."""
    for ident in sorted(picture.activations):
        for name in picture.activations[ident].groups:
            group = picture.groups[name]
            if group.registered_at < start:
                break
            if group.status not in MISTAKEN and (group.wants_shelter or group.placements):
                yield group


def _as_it_came(group: Group, clock: _Clock) -> list[Need]:
    """The group's households as if it stood at its station again, without those who went on the same day on their own."""
    day = clock.day(group.arrived_at)
    gone = tuple(d for d in group.departures if d.placement is None and clock.day(d.at) == day)
    anew = replace(group, status="open", promised=0, hosted=0, departures=gone)
    return [replace(need, hub=group.station) for need in needs_of(anew, frozenset())[0]]


def _waiting(picture: Picture, tonight: Night, asked: set[str]) -> list[Need]:
    """Those who came today, have no place yet and are not asked about."""
    found: list[Need] = []
    for arrival in tonight.arrivals:
        group = picture.groups[arrival.group]
        if group.unplaced and group.id not in asked:
            needs, _ = needs_of(group, households_placed(picture, group), sheltered(picture, group))
            found += [replace(need, hub=group.station) for need in needs]
    return found


def _reaching(picture: Picture, offers: Sequence[Offer], policy: Policy) -> list[Offer]:
    """The offers with the roads from every station, since who is expected may come at another one."""
    return [replace(offer, **_roads(picture, offer, policy)) for offer in offers]


def _roads(picture: Picture, offer: Offer, policy: Policy) -> dict[str, object]:
    shelter = picture.shelters[offer.shelter].shelter
    stations = [picture.stations[ident] for ident in sorted(picture.stations) if ident not in offer.distance_hm]
    far = [s.id for s in stations if policy.far == "municipality" and s.municipality != shelter.municipality]
    return {
        "distance_hm": offer.distance_hm | {s.id: road_hm(s.position, shelter.position) for s in stations},
        "far": (*offer.far, *far),
    }
