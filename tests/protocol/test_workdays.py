from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from caravan.protocol.model import Duration
from caravan.protocol.workdays import LFPA28, add_working_days

LOCAL = ZoneInfo("America/Mexico_City")


def test_an_application_filed_on_16_may_2023_is_decided_by_18_july_and_with_the_extension_by_20_september():
    first = add_working_days(date(2023, 5, 16), 45)
    assert first == date(2023, 7, 18)
    assert add_working_days(first, 45) == date(2023, 9, 20)


@pytest.mark.parametrize(
    "day",
    [date(2023, 5, 20), date(2023, 5, 21), date(2023, 5, 1), date(2023, 9, 1), date(2026, 2, 5), date(2026, 3, 21)],
)
def test_weekends_and_the_listed_days_do_not_count(day: date):
    assert not LFPA28.counts(day)


def test_the_first_of_december_is_free_only_in_a_year_of_handover():
    assert not LFPA28.counts(date(2030, 12, 2 - 1))
    assert LFPA28.counts(date(2023, 12, 1))


def test_a_term_that_would_end_on_a_free_day_rolls_on():
    assert add_working_days(date(2023, 5, 20), 0) == date(2023, 5, 22)


def test_the_day_of_filing_itself_is_not_counted_and_the_last_day_counts_until_its_midnight():
    filed = datetime(2023, 5, 17, 4, 0, tzinfo=UTC)  # still the 16th in Guanajuato
    due = Duration(amount=45, unit="dh").after(filed, LOCAL, LFPA28)
    assert due == datetime(2023, 7, 19, 6, 0, tzinfo=UTC)


def test_a_date_without_time_begins_at_its_first_local_midnight():
    due = Duration(amount=2, unit="h").after(date(2023, 5, 16), LOCAL, LFPA28)
    assert due == datetime(2023, 5, 16, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize("text", ["4", "h", "4 horas", "04 h", "-4 h", "4.5 h", "", "99999 h"])
def test_a_duration_is_a_whole_number_and_a_unit(text: str):
    with pytest.raises(ValueError):
        Duration.parse(text)


@pytest.mark.parametrize("text", ["30 min", "4 h", "1 d", "30 dh"])
def test_a_duration_reads_back_as_it_was_written(text: str):
    assert str(Duration.parse(text)) == text
