"""Rules of admission that change by the hour or by the day, over what a house's record says."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from caravan.geography import Position
from caravan.shelters.model import Shelter
from caravan.shelters.policy import AdmissionRule, Policy, admits_now, intake_hours, rule_for

MEXICO = ZoneInfo("America/Mexico_City")
HOUSE = Shelter(
    id="samaritano", name="El Buen Samaritano", kind="permanent", municipality="MX11007", town="Celaya",
    position=Position(lat=20.52, lon=-100.81), intake_from="17:00", intake_until="21:00",
)  # fmt: skip


def at(hour: int, minute: int = 0, day: int = 15) -> datetime:
    return datetime(2023, 5, day, hour, minute, tzinfo=MEXICO)


def under(*rules: dict[str, Any]) -> Policy:
    return Policy(admissions=tuple(AdmissionRule(shelter="samaritano", **rule) for rule in rules))


def test_without_a_rule_a_house_admits_whom_its_record_says_in_its_hours() -> None:
    assert admits_now(Policy(), HOUSE, at(17)) == ("fam", "wom", "men")
    assert admits_now(Policy(), HOUSE, at(21)) == ("fam", "wom", "men")
    assert admits_now(Policy(), HOUSE, at(21, 1)) is None
    assert intake_hours(Policy(), HOUSE, at(12)) == ("17:00", "21:00")


def test_a_house_that_holds_children_alone_admits_no_adults_on_those_days() -> None:
    policy = under({"admits": (), "days": (date(2023, 5, 14), date(2023, 5, 15))})
    assert admits_now(policy, HOUSE, at(18)) == ()
    assert admits_now(policy, HOUSE, at(23)) == ()
    assert admits_now(policy, HOUSE, at(18, day=16)) == ("fam", "wom", "men")


def test_a_rule_may_open_the_door_longer_or_shorter_than_the_record() -> None:
    policy = under({"intake": ("15:00", "23:00")})
    assert admits_now(policy, HOUSE, at(22, 30)) == ("fam", "wom", "men")
    assert admits_now(policy, HOUSE, at(23, 30)) is None
    assert intake_hours(policy, HOUSE, at(12)) == ("15:00", "23:00")


def test_a_rule_of_the_late_hours_names_who_still_comes_in() -> None:
    policy = under({"admits": ("wom", "fam"), "hours": ("20:00", "06:00"), "intake": ("20:00", "06:00")})
    assert admits_now(policy, HOUSE, at(19, 59)) == ("fam", "wom", "men")
    assert admits_now(policy, HOUSE, at(20)) == ("wom", "fam")
    assert admits_now(policy, HOUSE, at(5, 59)) == ("wom", "fam")
    assert admits_now(policy, HOUSE, at(6)) is None


def test_a_night_belongs_to_the_day_on_which_it_began() -> None:
    policy = under({"admits": (), "hours": ("20:00", "06:00"), "days": (date(2023, 5, 15), date(2023, 5, 15))})
    assert rule_for(policy, "samaritano", at(21, day=15)) is not None
    assert rule_for(policy, "samaritano", at(3, day=16)) is not None
    assert rule_for(policy, "samaritano", at(3, day=15)) is None
    assert rule_for(policy, "samaritano", at(21, day=16)) is None


def test_the_first_rule_that_holds_speaks_and_only_for_its_house() -> None:
    policy = under({"admits": ("wom",), "hours": ("18:00", "19:00")}, {"admits": ("men",)})
    assert admits_now(policy, HOUSE, at(18)) == ("wom",)
    assert admits_now(policy, HOUSE, at(20)) == ("men",)
    assert rule_for(policy, "galilea", at(18)) is None


@pytest.mark.parametrize("hour", range(24))
def test_a_house_without_hours_is_always_open(hour: int) -> None:
    always = Shelter(
        id="dif", name="DIF", kind="permanent", municipality="MX11015", town="Guanajuato", admits=("uam",),
        position=Position(lat=21.01, lon=-101.25),
    )  # fmt: skip
    assert admits_now(Policy(), always, at(hour)) == ("uam",)
    assert intake_hours(Policy(), always, at(hour)) is None
