"""Places kept for priority households that are still to come, until the hour of release."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from caravan.shelters.assign import assign
from caravan.shelters.model import Section
from caravan.shelters.plan import Need, Offer
from caravan.shelters.policy import Policy
from caravan.shelters.prices import PERSON, Forecast, Prices, forecast
from caravan.shelters.reserve import minute_of, released, reserved

POLICY = Policy(far="distance", far_hm=None, reserve_percent=10, release_at="21:00")
EVENING, LATE = minute_of("19:00"), minute_of("21:00")
HOUSE = Offer(
    shelter="a", free={"fam": (29, 40, 40), "men": (9, 9, 9), "uam": (20, 20, 20)}, distance_hm={"leon": 5},
    offers=("dif",), admits=("fam", "men", "uam"),
)  # fmt: skip


def kept(offer: Offer, *needs: Need, minute: int = EVENING, expected: Forecast | None = None) -> dict[Section, int]:
    (found,) = reserved([offer], needs, POLICY, minute, expected)
    return found.kept


@pytest.mark.parametrize(("clock", "minute"), [("06:00", 0), ("21:00", 900), ("00:30", 1110), ("05:59", 1439)])
def test_the_day_of_arrivals_begins_at_six(clock: str, minute: int) -> None:
    assert minute_of(clock) == minute


def test_a_part_of_tonights_free_places_is_kept_rounded_down() -> None:
    assert kept(HOUSE) == {"fam": 2}


def test_children_who_are_alone_need_nothing_kept_for_they_all_have_priority() -> None:
    assert "uam" not in kept(HOUSE)


def test_after_the_hour_of_release_nothing_is_kept_until_the_next_morning() -> None:
    early = minute_of("05:59")
    assert [released(POLICY, minute) for minute in (LATE - 1, LATE, early)] == [False, True, True]
    given = replace(HOUSE, kept={"fam": 2}, kept_until="21:00")
    assert kept(given, minute=LATE) == {}
    (found,) = reserved([given], (), POLICY, LATE)
    assert found.kept_until is None


def test_without_an_hour_of_release_places_are_kept_all_night() -> None:
    assert not released(replace(POLICY, release_at=None), minute_of("05:59"))


def test_with_a_record_sections_are_kept_where_a_place_is_worth_a_person_and_priority_households_will_come() -> None:
    prices: Prices = {"a": {"fam": PERSON * 9 // 10, "men": PERSON * 9 // 10 - 1}}
    assert kept(HOUSE, expected=Forecast(prices, {"a": {"fam": 7, "men": 3}})) == {"fam": 29}
    assert kept(HOUSE, expected=Forecast(prices, {})) == {}


def test_no_more_sections_are_kept_than_priority_households_will_need_and_whole_ones() -> None:
    houses = [replace(HOUSE, shelter=name, free={"fam": (n,)}) for name, n in (("a", 10), ("b", 6), ("c", 20))]
    prices: Prices = {name: {"fam": PERSON} for name in "abc"}
    found = reserved(houses, (), POLICY, EVENING, Forecast(prices, {"a": {"fam": 3}, "b": {"fam": 3}}))
    assert {offer.shelter: offer.kept for offer in found} == {"a": {"fam": 10}, "b": {"fam": 6}, "c": {}}


def test_what_is_proposed_to_somebody_without_priority_is_not_kept_from_them() -> None:
    expected = Forecast({"a": {"fam": PERSON}}, {"a": {"fam": 29}})
    woman = Need(household="w", group="g", kind="wom", size=3, proposed="a", hub="leon")
    assert kept(HOUSE, woman, expected=expected) == {"fam": 26}
    assert kept(HOUSE, replace(woman, priority=True), expected=expected) == {"fam": 29}


def test_a_kept_place_goes_to_a_priority_household_and_to_the_others_from_the_hour_of_release() -> None:
    last = Offer(shelter="a", free={"fam": (2,)}, distance_hm={"leon": 5})
    woman = Need(household="w", group="w", kind="wom", size=1, solo=True, hub="leon")
    mother = Need(household="m", group="m", kind="fam", size=2, solo=True, priority=True, hub="leon")
    expected = forecast([woman], [[mother]], [last], POLICY)
    before = reserved([last], [woman, mother], POLICY, EVENING, expected)
    assert [a.household for a in assign([woman], before, POLICY).assigned] == []
    assert [a.household for a in assign([woman, mother], before, POLICY).assigned] == ["m"]
    after = reserved(before, [woman], POLICY, LATE, expected)
    assert [a.household for a in assign([woman], after, POLICY).assigned] == ["w"]


def test_it_is_said_until_when_places_are_kept() -> None:
    (found,) = reserved([HOUSE], (), POLICY, EVENING)
    assert found.kept_until == "21:00"
    (none,) = reserved([replace(HOUSE, free={"men": (9,)})], (), POLICY, EVENING)
    assert none.kept_until is None


def test_a_policy_that_keeps_no_part_keeps_nothing_whatever_is_expected() -> None:
    sure = Forecast({"a": {"fam": PERSON}}, {"a": {"fam": 29}})
    (found,) = reserved([HOUSE], (), replace(POLICY, reserve_percent=0), EVENING, sure)
    assert found.kept == {}
