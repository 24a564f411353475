from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from caravan.protocol.model import Moment, Service
from caravan.protocol.services import is_open, next_moment
from caravan.protocol.workdays import LFPA28, Calendar

LOCAL = ZoneInfo("America/Mexico_City")
DESK = Service(id="ventanilla", days=(0, 1, 2, 3, 4), opens=time(9), closes=time(14, 30))
OPENS, CLOSES = Moment(what="opens", service="ventanilla"), Moment(what="closes", service="ventanilla")


def local(day: str, hour: str) -> datetime:
    return datetime.fromisoformat(f"{day}T{hour}").replace(tzinfo=LOCAL)


def next_one(moment: Moment, at: datetime, service: Service = DESK, calendar: Calendar = LFPA28) -> datetime | None:
    found = next_moment(moment, service, at, LOCAL, calendar)
    return found.astimezone(LOCAL) if found else None


@pytest.mark.parametrize(
    ("day", "hour", "open_then"),
    [
        ("2023-05-16", "09:00", True),
        ("2023-05-16", "08:59:59", False),
        ("2023-05-16", "14:29:59", True),
        ("2023-05-16", "14:30", False),
        ("2023-05-20", "10:00", False),
        ("2023-09-01", "10:00", False),
    ],
)
def test_a_desk_is_open_from_its_opening_until_its_closing_on_its_working_days(day: str, hour: str, open_then: bool):
    assert is_open(DESK, local(day, hour), LOCAL, LFPA28) is open_then


def test_a_desk_that_works_on_holidays_is_open_on_them():
    always_there = msgspec.structs.replace(DESK, working_days=False)
    assert is_open(always_there, local("2023-09-01", "10:00"), LOCAL, LFPA28)
    assert not is_open(always_there, local("2023-09-02", "10:00"), LOCAL, LFPA28)


def test_it_next_opens_today_or_on_the_next_day_that_counts():
    assert next_one(OPENS, local("2023-05-16", "08:00")) == local("2023-05-16", "09:00")
    assert next_one(OPENS, local("2023-05-16", "09:00")) == local("2023-05-17", "09:00")
    assert next_one(OPENS, local("2023-05-19", "15:00")) == local("2023-05-22", "09:00")
    assert next_one(OPENS, local("2023-08-31", "15:00")) == local("2023-09-04", "09:00")
    assert next_one(CLOSES, local("2023-05-16", "10:00")) == local("2023-05-16", "14:30")
    assert next_one(CLOSES, local("2023-05-16", "14:30")) == local("2023-05-17", "14:30")


def test_the_closures_of_the_state_shut_the_desk():
    closed = msgspec.structs.replace(LFPA28, closures={date(2023, 5, 17): "acuerdo", date(2023, 5, 18): "acuerdo"})
    assert next_one(OPENS, local("2023-05-16", "15:00"), calendar=closed) == local("2023-05-19", "09:00")


def test_the_day_is_that_of_the_protocols_zone_and_not_of_the_instants():
    late = datetime(2023, 5, 17, 3, 0, tzinfo=UTC)  # still Tuesday evening in Guanajuato
    assert next_moment(OPENS, DESK, late, LOCAL, LFPA28) == datetime(2023, 5, 17, 15, 0, tzinfo=UTC)


def test_a_desk_that_never_opens_has_no_next_time():
    assert next_one(OPENS, local("2023-05-16", "08:00"), service=msgspec.structs.replace(DESK, days=())) is None
    new_year = Calendar(id="x", holidays=tuple((month, day) for month in range(1, 13) for day in range(1, 32)))
    assert next_one(OPENS, local("2023-05-16", "08:00"), calendar=new_year) is None


def test_the_hours_are_wall_time_on_both_sides_of_a_change_of_the_clocks():
    madrid = ZoneInfo("Europe/Madrid")
    before = next_moment(OPENS, DESK, datetime(2023, 3, 24, 12, tzinfo=UTC), madrid, LFPA28)
    assert before == datetime(2023, 3, 27, 7, 0, tzinfo=UTC)
    at_night = Service(id="x", days=(6,), opens=time(2, 15), closes=time(2, 45), working_days=False)
    skipped = datetime(2023, 3, 25, 12, tzinfo=UTC)
    opens = next_moment(OPENS, at_night, skipped, madrid, LFPA28)
    closes = next_moment(CLOSES, at_night, skipped, madrid, LFPA28)
    assert opens is not None
    assert closes is not None
    assert closes - opens == timedelta(minutes=30)
    assert is_open(at_night, opens + timedelta(minutes=29), madrid, LFPA28)
