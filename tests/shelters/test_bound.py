"""How few people could be left out, by a maximum flow, and what of the places runs short."""

from __future__ import annotations

from itertools import product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.instances import Instance, bus, caravan_2018, tight_bus
from caravan.shelters.assign import assign
from caravan.shelters.bound import bound
from caravan.shelters.flow import Network
from caravan.shelters.plan import Need, Offer
from caravan.shelters.policy import Policy
from tests.shelters.test_assign import small_nights

PEOPLE_ONLY = ("U1", "U2")


def men(count: int, hub: str = "", **more: object) -> list[Need]:
    return [Need(household=f"{hub}m{i}", group="g", kind="men", size=1, hub=hub, **more) for i in range(count)]


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(small_nights())
def test_no_arrangement_leaves_fewer_people_out_than_the_bound(
    night: tuple[list[Need], list[Offer], Policy],
) -> None:
    needs, offers, policy = night
    plan = assign(needs, offers, policy, engine="exact")
    least = bound(needs, offers)
    assert least.U1 <= plan.vector.U1
    assert least.U2 <= plan.vector.U2
    assert sum(shortage.missing for shortage in least.shortages) == least.U2
    assert bound(needs[::-1], offers[::-1]) == least


@pytest.mark.parametrize("instance", [bus(40, 1), bus(80, 2), tight_bus(1)])
def test_for_a_generated_bus_the_bound_is_what_the_exact_search_reaches(instance: Instance) -> None:
    plan = assign(instance.needs, instance.offers, instance.policy, engine="exact")
    least = bound(instance.needs, instance.offers)
    assert (least.U1, least.U2) == (plan.vector.U1, plan.vector.U2)


def test_90_children_alone_compete_for_72_places_of_the_dif() -> None:
    instance = caravan_2018(0.95)
    least = bound(instance.needs, instance.offers)
    [shortage] = least.shortages
    assert (shortage.kinds, shortage.people, shortage.places) == (("uam",), 90, 72)
    assert (least.U1, least.U2, shortage.missing) == (18, 18, 18)
    assert shortage.sections == ("uam",)


def test_shortages_that_have_nothing_in_common_are_told_apart() -> None:
    needs = [*men(7, "leon"), *men(5, "celaya")]
    offers = [
        Offer(shelter="a", free={"men": (4,)}, distance_hm={"leon": 10}),
        Offer(shelter="b", free={"men": (3,)}, distance_hm={"celaya": 10}),
    ]
    told = [(s.hubs, s.shelters, s.people, s.places) for s in bound(needs, offers).shortages]
    assert told == [(("leon",), ("a",), 7, 4), (("celaya",), ("b",), 5, 3)]


def test_the_night_with_fewest_places_binds_those_who_stay_for_it() -> None:
    offer = Offer(shelter="a", free={"men": (9, 2, 1)}, distance_hm={"": 10})
    assert bound(men(6, nights=1), [offer]).U2 == 0
    assert bound(men(6, nights=2), [offer]).U2 == 4
    assert bound(men(6, nights=3), [offer]).U2 == 5
    mixed = [*men(6, nights=1), *[Need(household=f"x{i}", group="g", kind="men", size=1, nights=3) for i in range(4)]]
    assert bound(mixed, [offer]).U2 == 3


def test_places_kept_for_priority_households_are_no_places_for_the_others() -> None:
    offer = Offer(shelter="a", free={"men": (6,)}, distance_hm={"": 10}, kept={"men": 2})
    assert bound(men(6), [offer]).U2 == 2
    assert bound(men(6, priority=True), [offer]).U2 == 0


def test_whoever_is_pinned_competes_for_that_shelter_alone() -> None:
    offers = [Offer(shelter=name, free={"men": (2,)}, distance_hm={"": 10}) for name in "ab"]
    assert bound(men(4), offers).U2 == 0
    assert bound(men(4, pinned="a"), offers).U2 == 2


def test_people_for_whom_there_is_no_place_at_all_are_short_of_all_of_them() -> None:
    [shortage] = bound(men(3), []).shortages
    assert (shortage.people, shortage.places, shortage.shelters) == (3, 0, ())


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(st.integers(0, 10**6))
def test_as_much_flows_as_the_least_cut_lets_through(seed: int) -> None:
    random = Random(seed)
    network, capacities = Network(), dict[tuple[int, int], int]()
    inner = [network.node() for _ in range(3)]
    for start, end in product((0, *inner), (1, *inner)):
        if start != end and random.random() < 0.7:
            capacities[start, end] = random.randint(0, 6)
            network.edge(start, end, capacities[start, end])
    cuts = [
        sum(many for (a, b), many in capacities.items() if a in side and b not in side)
        for chosen in product((False, True), repeat=3)
        for side in [{0, *(node for node, inside in zip(inner, chosen, strict=True) if inside)}]
    ]
    flown = network.push()
    assert flown == min(cuts)
    short = network.short_side()
    assert flown == sum(many for (a, b), many in capacities.items() if short[a] and not short[b])
    assert network.push() == 0
