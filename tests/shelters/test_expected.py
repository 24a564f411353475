"""Who may still come: drawn from nights that were recorded."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from caravan.shelters.expected import Arrival, Night, at_this_pace, futures


def night(day: str, *arrivals: tuple[int, int]) -> Night:
    return Night(
        day=day,
        arrivals=tuple(Arrival(group=f"{day}/{n}", minute=m, people=p) for n, (m, p) in enumerate(arrivals)),
    )


NOBODY_YET = night("2026-11-30")


def test_only_those_who_came_later_in_the_evening_are_still_expected() -> None:
    recorded = [night("2026-11-01", (60, 10), (600, 20), (601, 30), (900, 40))]
    assert futures(recorded, NOBODY_YET, 600) == (("2026-11-01/2", "2026-11-01/3"),)


def test_nights_that_went_as_this_one_goes_are_drawn() -> None:
    quiet = [night(f"2026-11-{n:02}", (100, 5), (800, 5)) for n in range(1, 6)]
    full = [night(f"2026-11-{n:02}", (100, 200), (800, 300)) for n in range(6, 11)]
    tonight = night("2026-11-30", (90, 190))
    drawn = futures([*quiet, *full], tonight, 600)
    assert len(drawn) == 3
    assert {group.split("/")[0] for future in drawn for group in future} <= {each.day for each in full}


def test_the_same_day_draws_the_same_nights_from_one_decision_to_the_next() -> None:
    recorded = [night(f"2026-11-{n:02}", (300 + n, 10), (1000, 10)) for n in range(1, 21)]
    earlier, later = futures(recorded, NOBODY_YET, 500), futures(recorded, NOBODY_YET, 501)
    assert earlier == later
    others = {futures(recorded, night(f"2026-12-{n:02}"), 500) for n in range(1, 9)}
    assert len(others) > 1


def test_without_recorded_nights_nothing_is_expected() -> None:
    assert futures([], NOBODY_YET, 0) == ()


def test_a_night_in_which_nobody_came_is_a_night_too() -> None:
    assert futures([night("2026-11-01"), night("2026-11-02")], NOBODY_YET, 0) == ((), ())


@settings(max_examples=50, deadline=None)
@given(
    minute=st.integers(0, 1439),
    nights=st.lists(st.lists(st.tuples(st.integers(0, 1439), st.integers(1, 90)), max_size=4), max_size=8),
    samples=st.integers(1, 5),
    order=st.integers(0, 9),
)
def test_the_order_in_which_nights_are_given_does_not_matter(
    minute: int, nights: list[list[tuple[int, int]]], samples: int, order: int
) -> None:
    recorded = [night(f"2026-10-{n:02}", *arrivals) for n, arrivals in enumerate(nights, 1)]
    tonight = night("2026-11-30", (0, 30))
    drawn = futures(recorded, tonight, minute, samples=samples)
    mixed = list(recorded)
    Random(order).shuffle(mixed)
    assert futures(mixed, tonight, minute, samples=samples) == drawn
    assert len(drawn) == min(samples, len(recorded))
    later = {a.group for each in recorded for a in each.arrivals if a.minute > minute}
    assert all(set(future) <= later for future in drawn)


def test_without_a_record_people_like_the_last_ones_are_expected_at_the_pace_of_the_day() -> None:
    today = night("2026-11-30", (100, 30), (300, 30), (500, 30))
    at_noon, in_the_evening, at_midnight = (at_this_pace(today, minute) for minute in (540, 810, 1080))
    assert at_noon == ("2026-11-30/2", "2026-11-30/1", "2026-11-30/0")
    assert in_the_evening == ("2026-11-30/2",)
    assert at_midnight == ()


def test_at_the_start_of_a_day_at_most_as_many_again_are_expected() -> None:
    today = night("2026-11-30", (10, 30), (900, 60))
    assert at_this_pace(today, 20) == ("2026-11-30/0",)
    assert at_this_pace(today, 0) == ()
