"""What the recorded nights say of tonight's places."""

from __future__ import annotations

from msgspec.structs import replace
from realm import Night, opened

from caravan import commands as c
from caravan.coordination.asking import question
from caravan.coordination.foresight import foreseen
from caravan.groups import Household
from caravan.shelters.plan import Offer
from caravan.shelters.policy import Level, Policy
from caravan.shelters.prices import PERSON, starting_prices, with_prices

LEVELS: tuple[Level, ...] = ("U1", "U2", "FAR", "SPL", "CHG", "PRICE", "SOFT", "DIST", "BAL")
POLICY = Policy(levels=LEVELS, history_nights=3, reserve_percent=10, release_at="23:00")
MOTHERS = Household(women=1, children={"0-4": 1})


def recorded(*nights: int) -> Night:
    """For each figure a night on which so many mothers with a child came to León at 21:00; now it is 20:00 of the next."""
    night = opened()
    for mothers in nights:
        night.passes(hours=1)
        if mothers:
            come(night, mothers)
        night.passes(hours=23)
    return night


def come(night: Night, mothers: int) -> str:
    return night.arrives(2 * mothers, households=(replace(MOTHERS, count=mothers),))


def offers_to_a_man(night: Night, policy: Policy = POLICY) -> dict[str, Offer]:
    """What each house has for one man who has just come."""
    man = night.arrives(1, households=(Household(men=1),))
    asked = question(night.picture, c.ProposePlacement(group=man), night.now)
    bare = [replace(offer, prices={}, kept={}, kept_until=None) for offer in asked.offers]
    found = foreseen(night.picture, asked.needs, bare, policy, night.now, "America/Mexico_City")
    return {offer.shelter: offer for offer in found}


def by_the_starting_rule(offers: dict[str, Offer]) -> bool:
    priced = with_prices(offers.values(), starting_prices(offers.values()))
    return [offer.prices for offer in offers.values()] == [offer.prices for offer in priced]


def test_before_enough_nights_are_recorded_the_starting_rule_holds_and_the_policys_part_is_kept() -> None:
    offers = offers_to_a_man(recorded(40, 40))
    assert by_the_starting_rule(offers)
    assert offers["galilea"].kept == {"mix": 3}
    assert offers["galilea"].kept_until == "23:00"


def test_before_enough_nights_are_recorded_more_are_expected_like_those_of_today() -> None:
    night = opened()
    for _ in range(4):
        night.lodges(come(night, 5))
    assert by_the_starting_rule(offers_to_a_man(night)) is False


def test_what_families_lacked_on_the_nights_before_has_a_price_and_is_kept_for_them() -> None:
    offers = offers_to_a_man(recorded(40, 40, 40))
    assert offers["galilea"].prices["mix"] >= PERSON
    assert offers["galilea"].kept == {"mix": 30}


def test_what_nobody_lacked_on_the_nights_before_has_no_price_but_the_starting_rules() -> None:
    offers = offers_to_a_man(recorded(2, 0, 2))
    assert by_the_starting_rule(offers)
    assert not any(offer.kept for offer in offers.values())


def test_once_those_of_the_usual_hour_have_come_nobody_more_is_expected() -> None:
    night = recorded(40, 40, 40)
    night.passes(hours=2)
    assert by_the_starting_rule(offers_to_a_man(night))


def test_after_the_hour_of_release_nothing_is_kept() -> None:
    night = recorded(40)
    night.passes(hours=3)
    assert not any(offer.kept for offer in offers_to_a_man(night).values())


def test_those_who_came_tonight_and_still_wait_count_too() -> None:
    night = recorded(2, 2, 2)
    before = offers_to_a_man(night)
    come(night, 40)
    waiting = offers_to_a_man(night)
    assert by_the_starting_rule(before)
    assert waiting["galilea"].prices["mix"] >= PERSON


def test_a_group_that_was_a_mistake_is_no_record() -> None:
    night = recorded(2, 2, 2)
    for ident in list(night.picture.groups):
        night.do(c.AnnulGroup(group=ident, reason="prueba"))
    assert offers_to_a_man(night)["galilea"].kept == {"mix": 3}


def test_who_comes_at_another_station_competes_for_the_same_houses() -> None:
    night = opened()
    for _ in range(3):
        night.passes(hours=1)
        night.arrives(80, "celaya", households=(replace(MOTHERS, count=40),))
        night.passes(hours=23)
    assert offers_to_a_man(night)["samaritano"].prices["fam"] >= PERSON


def test_the_same_picture_foresees_the_same() -> None:
    assert offers_to_a_man(recorded(40, 3, 40)) == offers_to_a_man(recorded(40, 3, 40))
