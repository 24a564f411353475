"""Places: capacity binds promises, never reality."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from realm import SHELTERS

from caravan.shelters.capacity import arrive, committed_by, leave, recommit, settle_in
from caravan.shelters.model import SECTIONS, Placement, PlacementStatus, Section, Standing

NIGHT = datetime(2023, 5, 16, 3, 0, tzinfo=UTC)
STATUSES: list[PlacementStatus] = ["held", "accepted", "arrived", "declined", "expired", "ended"]
places = st.dictionaries(st.sampled_from(SECTIONS), st.integers(0, 30))


def standing(available: dict[Section, int] | None, **known: object) -> Standing:
    return replace(Standing(shelter=SHELTERS[0], available=available), **known)


def placement(beds: dict[Section, int], **known: object) -> Placement:
    blank = Placement(
        id="p", group="g", shelter="galilea", activation="a", people=sum(beds.values()), beds=beds, held_at=NIGHT
    )
    return replace(blank, **known)


def came(beds: dict[Section, int], people: int) -> Placement:
    return placement(beds, status="arrived", came=people)


@settings(derandomize=True)
@given(places, st.sampled_from(STATUSES), st.sampled_from(STATUSES))
def test_only_a_hold_or_an_acceptance_keeps_places(
    beds: dict[Section, int], old: PlacementStatus, new: PlacementStatus
) -> None:
    before = recommit(standing(None), None, placement(beds, status=old))
    after = recommit(before, placement(beds, status=old), placement(beds, status=new))
    kept = {s: n for s, n in beds.items() if n} if new in ("held", "accepted") else {}
    assert after.committed == kept
    assert committed_by(None) == {}


@settings(derandomize=True)
@given(places, places, st.integers(1, 120))
def test_whoever_comes_finds_a_place_or_is_counted_beyond_them(
    empty: dict[Section, int], beds: dict[Section, int], people: int
) -> None:
    after, taken = arrive(standing(empty, occupied=3), beds, people)
    assert sum(taken.values()) + after.excess == people
    assert after.available is not None
    assert {s: after.available[s] + taken.get(s, 0) for s in empty} == empty
    assert min([0, *after.available.values()]) == 0
    assert after.occupied == 3 + people


@settings(derandomize=True)
@given(places, places, st.integers(1, 120), st.integers(0, 120))
def test_when_the_last_has_left_all_places_are_empty_again(
    empty: dict[Section, int], beds: dict[Section, int], people: int, first: int
) -> None:
    house, taken = arrive(standing(empty), beds, people)
    guests = came(taken, people)
    for leaving in (min(first, people), people - min(first, people)):
        house, kept = leave(house, guests, leaving)
        guests = replace(guests, left=guests.left + leaving, beds=kept)
    assert (house.available, house.excess, guests.beds) == (empty, 0, {})


def test_eighty_three_come_where_thirty_were_expected() -> None:
    after, taken = arrive(standing({"mix": 30}), {"mix": 30}, 83)
    assert (after.available, taken, after.excess, after.status) == ({"mix": 0}, {"mix": 30}, 53, "over")


def test_nobody_beyond_the_expected_sleeps_among_children_who_are_alone() -> None:
    after, taken = arrive(standing({"fam": 5, "uam": 10}), {"fam": 5}, 9)
    assert (after.available, taken, after.excess) == ({"fam": 0, "uam": 10}, {"fam": 5}, 4)


def test_children_who_are_alone_take_the_places_kept_for_them() -> None:
    after, taken = arrive(standing({"fam": 5, "uam": 10}), {"uam": 3}, 3)
    assert (after.available, taken) == ({"fam": 5, "uam": 7}, {"uam": 3})


def test_those_without_a_place_leave_without_emptying_one() -> None:
    house, taken = arrive(standing({"mix": 30}), {"mix": 30}, 40)
    house, kept = leave(house, came(taken, 40), 10)
    assert (house.available, house.excess, kept) == ({"mix": 0}, 0, {"mix": 30})


def test_those_on_the_floor_take_the_places_of_those_who_left() -> None:
    house, first = arrive(standing({"mix": 30}), {"mix": 30}, 30)
    house, second = arrive(house, {"mix": 5}, 8)
    house, _ = leave(house, came(first, 30), 30)
    house, beds = settle_in(house, came(second, 8))
    assert (house.available, house.excess, beds) == ({"mix": 22}, 0, {"mix": 8})
    assert settle_in(house, came(beds, 8)) == (house, beds)


def test_where_nobody_told_the_empty_places_none_are_made_up() -> None:
    house, taken = arrive(standing(None, occupied=None), {"mix": 30}, 83)
    assert (house.free, house.free_total, taken, house.status) == (None, None, {}, "unknown")
    assert leave(house, came(taken, 83), 83)[0].available is None


def test_free_places_are_the_empty_ones_less_the_promised_and_never_below_none() -> None:
    assert standing({"mix": 30}, committed={"mix": 12}).free == {"mix": 18}
    assert standing({"mix": 5}, committed={"mix": 12}).free == {"mix": 0}
    assert standing({"mix": 0}).status == "full"
    assert standing({"mix": 1}).status == "open"
    assert standing({"mix": 0}, occupied=31).status == "over"
    assert standing({"mix": 9}, shelter=replace(SHELTERS[0], closed=True)).status == "closed"
