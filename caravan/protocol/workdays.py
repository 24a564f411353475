"""Working days of the federal administrative procedure: Ley Federal de Procedimiento Administrativo, articles 28 and 29.

The days are those of rule G36 (L). They stand here as a small table; closures that authorities publish from time to
time are not in it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

_HOLIDAYS = frozenset({(1, 1), (2, 5), (3, 21), (5, 1), (5, 5), (9, 1), (9, 16), (11, 20), (12, 25)})
_HANDOVER_YEAR = 2018
_HANDOVER_EVERY = 6


def is_working_day_lfpa28(day: date) -> bool:
    """Whether ``day`` counts under article 28: not a weekend, not a listed holiday, not 1 December of a handover."""
    if day.weekday() >= 5 or (day.month, day.day) in _HOLIDAYS:
        return False
    handover = (day.year - _HANDOVER_YEAR) % _HANDOVER_EVERY == 0
    return not (handover and (day.month, day.day) == (12, 1))


CALENDARS: dict[str, Callable[[date], bool]] = {"lfpa28": is_working_day_lfpa28}


def add_working_days(start: date, days: int, calendar: str = "lfpa28") -> date:
    """The last day of a term of ``days`` working days that begins the day after ``start``.

    A term of zero days ends on ``start`` itself, rolled on when that is not a working day (article 28, last
    paragraph). Raises ``KeyError`` for an unknown calendar.
    """
    counts = CALENDARS[calendar]
    day, left = start, days
    while left > 0 or not counts(day):
        day += timedelta(days=1)
        left -= counts(day)
    return day
