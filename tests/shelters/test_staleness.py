"""Old figures are counted on less, then not at all, and the house is phoned."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caravan.basics import Reason
from caravan.geography import Position
from caravan.shelters.model import Places, Shelter, Standing
from caravan.shelters.policy import Policy
from caravan.shelters.staleness import age_hours, call_list, counted_on, counted_percent, discounted, stale_figure

NOW = datetime(2023, 5, 16, 2, tzinfo=UTC)
POLICY = Policy(stale_after_hours=12, stale_percent=25, unknown_after_hours=48)
LEON = Position(lat=21.12, lon=-101.68)


def told(hours: float | None, free: int = 30, ident: str = "galilea", **known: Any) -> Standing:
    """A house whose figure is so many hours old; ``None`` = nobody ever told one."""
    known = {"sections": {"mix": Places(nominal=30)}, "kind": "permanent", "municipality": "MX11020"} | known
    return Standing(
        shelter=Shelter(id=ident, name=ident, town="León", position=LEON, **known),
        available=None if hours is None else {"mix": free},
        reported_at=None if hours is None else NOW - timedelta(hours=hours),
    )


@pytest.mark.parametrize(("hours", "counted"), [(0, 30), (11.9, 30), (12, 22), (47.9, 22), (48, None), (None, None)])
def test_a_figure_is_counted_whole_then_in_part_then_not_at_all(hours: float | None, counted: int | None) -> None:
    found = counted_on(told(hours), POLICY, NOW)
    assert found == (None if counted is None else {"mix": counted})


def test_what_is_held_for_others_is_taken_off_before_the_discount() -> None:
    standing = Standing(
        shelter=told(0).shelter, available={"mix": 30}, committed={"mix": 10}, reported_at=NOW - timedelta(hours=13)
    )
    assert counted_on(standing, POLICY, NOW) == {"mix": 15}


def test_what_is_discounted_is_rounded_up() -> None:
    assert [discounted(n, 75) for n in (0, 1, 2, 3, 4, 30)] == [0, 0, 1, 2, 3, 22]


def test_without_a_term_a_figure_is_never_forgotten() -> None:
    assert counted_percent(told(5000), Policy(), NOW) == 100


def test_a_clock_that_runs_behind_makes_no_figure_older_than_now() -> None:
    assert age_hours(told(-2), NOW) == 0


def test_why_fewer_places_are_counted_on_is_said_with_its_figures() -> None:
    assert stale_figure(told(13), POLICY, NOW) == Reason(
        code="stale_figure", details={"free": 30, "counted": 22, "hours": 13}
    )
    assert stale_figure(told(50), POLICY, NOW) == Reason(code="figure_too_old", details={"free": 30, "hours": 50})
    assert stale_figure(told(2), POLICY, NOW) is None
    assert stale_figure(told(None), POLICY, NOW) is None
    assert stale_figure(told(13, free=0), POLICY, NOW) is None


@settings(max_examples=200, deadline=None)
@given(hours=st.integers(0, 100), free=st.integers(0, 500), later=st.integers(0, 50))
def test_a_figure_that_ages_is_never_counted_on_more(hours: int, free: int, later: int) -> None:
    before, after = (counted_on(told(h, free), POLICY, NOW) for h in (hours, hours + later))
    assert after is None or (before is not None and after["mix"] <= before["mix"] <= free)


# --- whom to phone --------------------------------------------------------------------------------------------------------


def calls(*standings: Standing, near: frozenset[str] = frozenset(), **distance_hm: int) -> list[tuple[str, str]]:
    return [(c.shelter, c.because) for c in call_list(standings, POLICY, NOW, distance_hm=distance_hm, near=near)]


def test_houses_that_are_silent_or_stale_are_phoned_the_largest_first() -> None:
    assert calls(
        told(1, ident="fresca"),
        told(20, free=5, ident="vieja"),
        told(None, ident="callada"),
        told(60, free=3, ident="olvidada", sections={"mix": Places(nominal=78)}),
    ) == [("olvidada", "unknown"), ("callada", "unknown"), ("vieja", "stale")]


def test_houses_where_people_wait_are_phoned_before_larger_ones_elsewhere_and_the_nearest_of_equals() -> None:
    assert calls(
        told(None, ident="grande", municipality="MX11007", sections={"mix": Places(nominal=80)}),
        told(None, ident="lejos"),
        told(None, ident="cerca"),
        near=frozenset({"MX11020"}),
        lejos=30, cerca=2, grande=900,
    ) == [("cerca", "unknown"), ("lejos", "unknown"), ("grande", "unknown")]  # fmt: skip


def test_closed_houses_and_points_without_beds_are_not_phoned() -> None:
    assert calls(told(None, ident="cerrada", closed=True), told(None, ident="punto", kind="attention_point")) == []


def test_a_call_tells_the_phone_the_age_and_what_the_house_might_have() -> None:
    [call] = call_list(
        [told(20, free=12, phone="477 000 0000")], POLICY, NOW, distance_hm={"galilea": 7}, near=frozenset()
    )
    assert (call.phone, call.hours, call.places, call.distance_hm, call.near) == ("477 000 0000", 20, 12, 7, False)
    [silent] = call_list([told(None, sections={"mix": Places()})], POLICY, NOW, distance_hm={}, near=frozenset())
    assert (silent.phone, silent.hours, silent.places) == ("", None, None)
