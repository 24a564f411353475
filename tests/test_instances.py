"""The instances that placement is measured on, and the person with a telephone it is compared with."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from bench.by_telephone import after, nearest_first, whole_group_first
from bench.instances import NIGHTS, Instance, bus, caravan_2018, day, national, tight_bus, to_exchange
from caravan.shelters.measure import measure

SMALL = [bus(15, 0), bus(60, 1), bus(104, 2), tight_bus(0)]


def beds(instance: Instance) -> Counter[str]:
    return Counter({
        section: sum(offer.free.get(section, (0,))[0] for offer in instance.offers)
        for section in ("fam", "wom", "men", "uam")
    })  # fmt: skip


@pytest.mark.parametrize("load", [0.80, 0.95, 1.10])
def test_the_caravan_of_2018_has_the_size_it_was_studied_with(load: float) -> None:
    caravan = caravan_2018(load)
    groups = {need.group: need.solo for need in caravan.needs}
    assert (caravan.people, len(caravan.needs), len(groups), sum(groups.values())) == (5_600, 4_260, 497, 376)
    assert (len(caravan.offers), len({need.hub for need in caravan.needs})) == (25, 3)
    assert beds(caravan).total() == round(5_600 / load)
    assert beds(caravan)["uam"] < 90 == sum(need.kind == "uam" for need in caravan.needs)


def test_no_section_head_looks_after_many_more_than_a_hundred_and_twenty() -> None:
    sizes = Counter[str]()
    for need in caravan_2018().needs:
        sizes[need.group] += need.size
    assert max(sizes.values()) <= 125


def test_a_country_may_be_made_smaller() -> None:
    country = national(people=6_000)
    assert (country.people, len(country.offers)) == (6_000, 25)


@pytest.mark.parametrize("people", [15, 40, 104])
def test_a_bus_has_as_many_people_as_were_asked_for(people: int) -> None:
    assert bus(people, 3).people == people


def test_the_same_seed_gives_the_same_instance_and_another_seed_another() -> None:
    assert bus(40, 3) == bus(40, 3)
    assert bus(40, 3) != bus(40, 4)
    assert day(0.95, 1) == day(0.95, 1)


@pytest.mark.parametrize("mix", ["plain", "families"])
def test_a_day_brings_everybody_once_in_the_order_of_the_hours(mix: str) -> None:
    today = day(0.95, 2, "families" if mix == "families" else "plain")
    minutes = [each.minute for each in today.buses]
    assert minutes == sorted(minutes)
    assert today.at_once.people == 800
    assert len({need.household for need in today.at_once.needs}) == len(today.at_once.needs)


@pytest.mark.parametrize("instance", SMALL, ids=lambda instance: instance.name)
def test_the_exchange_format_has_all_of_an_instance(instance: Instance) -> None:
    written = json.loads(json.dumps(to_exchange(instance)))
    assert written["schema"] == "caravan-assignment/1"
    assert written["nights"] == NIGHTS
    assert sum(household["size"] for household in written["households"]) == instance.people
    assert {household["group"] for household in written["households"]} == {group["id"] for group in written["groups"]}
    assert all(len(nights) == NIGHTS for shelter in written["shelters"] for nights in shelter["beds"].values())


@pytest.mark.parametrize("instance", SMALL, ids=lambda instance: instance.name)
def test_the_person_with_a_telephone_breaks_no_rule_and_leaves_nobody_outside_where_there_is_room(
    instance: Instance,
) -> None:
    for found in (
        nearest_first(instance.needs, instance.offers),
        whole_group_first(instance.needs, instance.offers),
    ):
        vector = measure(instance.needs, instance.offers, instance.policy, found)
        left = after(instance.offers, instance.needs, found)
        outside = {need.household for need in instance.needs} - {one.household for one in found}
        assert sum(need.size for need in instance.needs if need.household in outside) == vector.U2
        assert nearest_first([need for need in instance.needs if need.household in outside], left) == ()


@pytest.mark.parametrize("instance", SMALL, ids=lambda instance: instance.name)
def test_what_is_taken_is_no_longer_offered(instance: Instance) -> None:
    found = nearest_first(instance.needs, instance.offers)
    left = after(instance.offers, instance.needs, found)
    taken = sum(sum(one.beds.values()) for one in found)
    assert beds(instance).total() - beds(instance._replace(offers=left)).total() == taken
    again = nearest_first(instance.needs, left)
    measure(instance.needs, left, instance.policy, again)
