"""The hours of a desk: whether it is open, and when it next opens or closes.

A day's hours are wall time in the protocol's zone, made into two instants; everything else compares instants, so a change
of the clocks during the day neither opens a desk twice nor closes it before it opened.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from caravan.protocol.model import Moment, Service
from caravan.protocol.workdays import Calendar

_SEARCH = timedelta(days=800)
"""How far ahead an opening is looked for: two years hold every weekday with every yearly holiday twice over."""


def is_open(service: Service, at: datetime, zone: ZoneInfo, calendar: Calendar) -> bool:
    """Whether the desk is open at the instant ``at``: from its opening on, and no longer at its closing."""
    day = at.astimezone(zone).date()
    return _opens_on(service, day, calendar) and _opening(service, day, zone) <= at < _closing(service, day, zone)


def next_moment(
    moment: Moment, service: Service, after: datetime, zone: ZoneInfo, calendar: Calendar
) -> datetime | None:
    """The first opening or closing later than ``after``, in UTC; ``None`` for a desk that does not open in two years."""
    instant = _opening if moment.what == "opens" else _closing
    day = after.astimezone(zone).date()
    last = day + _SEARCH
    while day <= last:
        if _opens_on(service, day, calendar) and (found := instant(service, day, zone)) > after:
            return found
        day += timedelta(days=1)
    return None


def _opens_on(service: Service, day: date, calendar: Calendar) -> bool:
    return day.weekday() in service.days and (not service.working_days or calendar.counts(day))


def _opening(service: Service, day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, service.opens, zone).astimezone(UTC)


def _closing(service: Service, day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, service.closes, zone).astimezone(UTC)
