"""Working days: which days a term in ``dh`` counts.

A calendar is data: a protocol file or its pack defines it under ``calendarios``, closures of the state included. The
federal one, which most terms of law are counted by, also stands here for files and models that define none.
"""

from __future__ import annotations

from datetime import date, timedelta

from caravan.basics import Record


class Recurring(Record, frozen=True):
    """A day that is not counted only every so many years, as 1 December of a handover: ``since`` is one such year."""

    month: int
    day: int
    since: int
    every: int


class Calendar(Record, frozen=True):
    """``weekdays`` are the days of the week that count, 0 = Monday; ``holidays`` are (month, day) of every year;
    ``closures`` are single days on which the authority does not work, each with the act that says so."""

    id: str
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4)
    holidays: tuple[tuple[int, int], ...] = ()
    recurring: tuple[Recurring, ...] = ()
    closures: dict[date, str] = {}
    source: str = ""

    def counts(self, day: date) -> bool:
        """Whether ``day`` is a working day."""
        if day.weekday() not in self.weekdays or (day.month, day.day) in self.holidays or day in self.closures:
            return False
        return not any(
            (day.month, day.day) == (once.month, once.day) and (day.year - once.since) % once.every == 0
            for once in self.recurring
        )


LFPA28 = Calendar(
    id="lfpa28",
    holidays=((1, 1), (2, 5), (3, 21), (5, 1), (5, 5), (9, 1), (9, 16), (11, 20), (12, 25)),
    recurring=(Recurring(month=12, day=1, since=2018, every=6),),
    source="G36, PA 28 y 29",
)
CALENDARS: dict[str, Calendar] = {LFPA28.id: LFPA28}


def add_working_days(start: date, days: int, calendar: Calendar = LFPA28) -> date:
    """The last day of a term of ``days`` working days that begins the day after ``start``.

    A term of zero days ends on ``start`` itself, rolled on when that is not a working day (Ley Federal de Procedimiento
    Administrativo, article 28, last paragraph).
    """
    day, left = start, days
    while left > 0 or not calendar.counts(day):
        day += timedelta(days=1)
        left -= calendar.counts(day)
    return day
