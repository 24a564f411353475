"""Thousands at once: the same people placed as in the exact search, and groups kept together as far as that allows."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from bench.by_telephone import nearest_first
from bench.instances import Instance, caravan_2018
from caravan.shelters.aggregate import place_many
from caravan.shelters.assign import assign
from caravan.shelters.disaggregate import regroup
from caravan.shelters.measure import measure
from caravan.shelters.plan import Assigned, Need, Offer
from caravan.shelters.policy import LEVELS, Policy
from caravan.shelters.progress import Progress
from tests.shelters.test_assign import small_nights

BEFORE_SPLITS = ("PIN", "U1", "U2", "FAR")


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(small_nights())
def test_nobody_is_placed_worse_than_by_the_exact_search_down_to_the_splits(
    night: tuple[list[Need], list[Offer], Policy],
) -> None:
    needs, offers, policy = night
    exact = assign(needs, offers, policy, engine="exact")
    many = place_many(needs, offers, policy)
    vector = measure(needs, offers, policy, many.assigned)
    assert [getattr(vector, level) for level in BEFORE_SPLITS] == [
        getattr(exact.vector, level) for level in BEFORE_SPLITS
    ]
    assert all(many.status[level] == "optimal" for level in BEFORE_SPLITS)
    assert many.bounds.get("SPL", vector.SPL) <= exact.vector.SPL <= vector.SPL
    for level, status in many.status.items():
        if status == "optimal":
            assert getattr(vector, level) == getattr(exact.vector, level)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(small_nights(), st.permutations(LEVELS))
def test_any_order_of_levels_is_proven_up_to_the_first_that_is_not(
    night: tuple[list[Need], list[Offer], Policy], order: list[str]
) -> None:
    needs, offers, policy = night
    policy = replace(policy, levels=tuple(order))
    exact = assign(needs, offers, policy, engine="exact")
    many = place_many(needs, offers, policy, rounds=0)
    vector = measure(needs, offers, policy, many.assigned)
    for level in ("PIN", *policy.levels):
        if many.status[level] == "feasible":
            assert many.bounds.get(level, 0) <= getattr(exact.vector, level)
            break
        assert getattr(vector, level) == getattr(exact.vector, level)


def part_of(instance: Instance, groups: int) -> Instance:
    """Some of the buses, and all shelters with their share of the places."""
    names = sorted({need.group for need in instance.needs if not need.solo})
    chosen = set(names[:groups])
    needs = tuple(need for need in instance.needs if need.group in chosen)
    share = sum(need.size for need in needs) / instance.people
    offers = tuple(
        replace(o, free={section: tuple(round(n * share) for n in nights) for section, nights in o.free.items()})
        for o in instance.offers
    )
    return instance._replace(needs=needs, offers=offers)


def test_buses_of_the_caravan_are_split_far_less_than_by_a_person_with_a_telephone() -> None:
    _, needs, offers, policy, _ = caravan_2018(0.95)
    buses = set(sorted({need.group for need in needs if not need.solo})[:16])
    needs = tuple(need for need in needs if need.group in buses)
    many = place_many(needs, offers, policy, rounds=50)
    vector = measure(needs, offers, policy, many.assigned)
    assert all(many.status[level] == "optimal" for level in BEFORE_SPLITS)
    assert many.bounds.get("SPL", vector.SPL) <= vector.SPL
    assert 2 * vector.SPL <= measure(needs, offers, policy, nearest_first(needs, offers)).SPL
    assert place_many(needs[::-1], offers[::-1], policy, rounds=50) == many


def test_a_search_that_is_stopped_gives_the_best_so_far_and_claims_no_more() -> None:
    needs, offers, policy = part_of(caravan_2018(1.1), 2)[1:4]
    seen: list[str] = []

    def stop_at_the_splits(progress: Progress) -> bool:
        seen.append(progress.stage)
        return "SPL" not in seen

    many = place_many(needs, offers, policy, watch=stop_at_the_splits)
    vector = measure(needs, offers, policy, many.assigned)
    finished = place_many(needs, offers, policy, rounds=0)
    assert vector.U2 == measure(needs, offers, policy, finished.assigned).U2
    assert [many.status[level] for level in BEFORE_SPLITS] == ["optimal"] * 4
    assert many.status["SPL"] == "feasible"


def test_stopped_at_once_everybody_is_out_and_nothing_is_proven() -> None:
    needs, offers, policy = part_of(caravan_2018(0.95), 4)[1:4]
    many = place_many(needs, offers, policy, watch=lambda _: False)
    assert many.assigned == ()
    assert many.status["U2"] == "feasible"


def test_nobody_to_place_is_a_night_without_placements() -> None:
    assert place_many([], [], Policy()).assigned == ()


# --- from numbers to households --------------------------------------------------------------------------------------


def single(name: str, group: str, **more: object) -> Need:
    return Need(household=name, group=group, kind="men", size=1, **more)


def there(need: Need, shelter: str) -> Assigned:
    return Assigned(household=need.household, group=need.group, shelter=shelter, mode="M", beds={"men": 1})


HOUSES = [Offer(shelter=name, free={"men": (9,)}, distance_hm={"": 10}) for name in "ab"]


def test_two_groups_in_two_houses_are_brought_together_by_an_exchange() -> None:
    needs = [single(f"{group}{i}", group) for group in "xy" for i in range(4)]
    crossed = [there(need, "ab"[(need.group == "y") != (i % 4 == 3)]) for i, need in enumerate(needs)]
    before, after = crossed, regroup(needs, HOUSES, crossed, strict=False)
    vectors = [measure(needs, HOUSES, Policy(), some) for some in (before, after)]
    assert [vector.SPL for vector in vectors] == [2, 0]
    assert vectors[0].DIST == vectors[1].DIST


def test_one_without_a_place_changes_with_one_who_travels_alone() -> None:
    needs = [single("a1", "bus"), single("a2", "bus"), single("z", "alone", solo=True)]
    after = regroup(needs, HOUSES, [there(needs[0], "a"), there(needs[2], "a")], strict=False)
    assert [a.household for a in after] == ["a1", "a2"]


def test_a_child_under_five_never_gives_a_place_to_an_adult() -> None:
    needs = [single("a1", "bus"), single("a2", "bus"), single("z", "alone", solo=True, priority=True)]
    placed = [there(needs[0], "a"), there(needs[2], "a")]
    assert regroup(needs, HOUSES, placed, strict=False) == tuple(placed)


@pytest.mark.parametrize(("strict", "splits"), [(False, 0), (True, 1)])
def test_where_comfort_comes_first_nobody_changes_into_a_house_where_nobody_speaks_to_him(
    strict: bool, splits: int
) -> None:
    needs = [single("a1", "bus"), single("a2", "bus", language="ht"), single("z", "alone", solo=True)]
    after = regroup(needs, HOUSES, [there(needs[0], "a"), there(needs[1], "b"), there(needs[2], "a")], strict=strict)
    vector = measure(needs, HOUSES, Policy(), after)
    assert splits == vector.SPL


def test_who_stays_longer_does_not_take_a_place_that_is_gone_tomorrow() -> None:
    houses = [replace(HOUSES[0], free={"men": (9, 1)}), HOUSES[1]]
    needs = [single("a1", "bus"), single("a2", "bus", nights=2), single("z", "alone", solo=True)]
    placed = [there(needs[0], "a"), there(needs[1], "b"), there(needs[2], "a")]
    assert regroup(needs, houses, placed, strict=False) == tuple(placed)
