"""What an official is told to open when not everybody has a place."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from msgspec.structs import replace

from caravan.basics import Reason
from caravan.shelters.assign import assign
from caravan.shelters.lacking import lacking
from caravan.shelters.plan import Need, Offer
from caravan.shelters.policy import Policy
from tests.shelters.test_assign import small_nights


def family(name: str, size: int = 4, **more: object) -> Need:
    return msgspec.convert({"household": name, "group": "bus", "kind": "fam", "size": size} | more, Need)


def men(count: int) -> list[Need]:
    return [Need(household=f"m{i:02}", group="bus", kind="men", size=1) for i in range(count)]


def house(name: str, hm: int = 20, **more: object) -> Offer:
    return msgspec.convert({"shelter": name, "distance_hm": {"": hm}, "free": {"mix": [30]}} | more, Offer)


@settings(max_examples=80, deadline=None, derandomize=True, database=None)
@given(small_nights())
def test_everybody_without_a_place_is_counted_once(night: tuple[list[Need], list[Offer], Policy]) -> None:
    plan = assign(*night)
    told = lacking(plan)
    assert sum(int(str(r.details.get("places", r.details["people"]))) for r in told) == plan.vector.U2


def test_a_service_and_places_that_are_missing_are_told_apart() -> None:
    dif = house("dif", free={"uam": [1]}, offers=["dif"], admits=["uam"])
    children = [Need(household=f"c{i}", group="bus", kind="uam", size=1) for i in range(3)]
    plan = assign([*children, family("ill", needs=["medical"])], [dif, house("near")], Policy())
    assert lacking(plan) == [
        Reason(code="lacking_service", details={"service": "medical", "people": 4}),
        Reason(code="lacking_places", details={"kinds": "uam", "people": 3, "open": 1, "places": 2}),
    ]


def test_whom_no_shelter_may_take_is_short_of_a_shelter_not_of_places() -> None:
    plan = assign([family("f", hub="leon"), *men(2)], [house("near")], Policy())
    assert lacking(plan) == [Reason(code="lacking_reach", details={"kinds": "fam", "people": 4})]


def test_a_search_that_was_cut_does_not_claim_that_there_is_no_room() -> None:
    plan = assign(men(2), [house("near")], Policy())
    cut = replace(
        plan, assigned=(), unplaced=("m00", "m01"), vector=replace(plan.vector, U2=2), status={"U2": "feasible"}
    )
    assert lacking(cut) == [Reason(code="lacking_search_cut", details={"kinds": "men", "people": 2})]


def test_at_galilea_53_more_places_were_needed_that_night() -> None:
    """AM-GAL: 30 expected, 83 came."""
    plan = assign([family("f", 3), *men(80)], [house("galilea")], Policy())
    expected = {"kinds": "fam men", "people": 83, "open": 30, "places": 53}
    assert sum(need.size for need in plan.needs) == 83
    assert lacking(plan) == [Reason(code="lacking_places", details=expected)]


def test_children_alone_without_a_place_say_how_many_dif_places_to_open() -> None:
    children = [Need(household=f"c{i}", group="bus", kind="uam", size=1) for i in range(9)]
    dif = house("dif", free={"uam": [6]}, offers=["dif"], admits=["uam"])
    expected = {"kinds": "uam", "people": 9, "open": 6, "places": 3}
    plan = assign([*children, *men(4)], [dif, house("near")], Policy())
    assert lacking(plan) == [Reason(code="lacking_places", details=expected)]


def test_what_is_missing_is_named_when_it_is_not_places() -> None:
    ill = family("ill", 2, needs=["medical"])
    chair = family("chair", 2, accessible=1)
    plan = assign([ill, chair], [house("near")], Policy())
    assert lacking(plan) == [
        Reason(code="lacking_accessible", details={"people": 2}),
        Reason(code="lacking_service", details={"service": "medical", "people": 2}),
    ]


def test_a_family_for_which_no_single_house_has_room_is_said_to_need_room_together() -> None:
    plan = assign([family("f", 4)], [house("a", free={"fam": [3]}), house("b", free={"fam": [3]})], Policy())
    assert [r.code for r in lacking(plan)] == ["lacking_room_together"]


def test_where_no_place_is_left_places_are_missing_and_not_room_together() -> None:
    full = assign([family("f", 4), *men(6)], [house("a", free={"mix": [0]})], Policy())
    assert lacking(full) == [
        Reason(code="lacking_places", details={"kinds": "fam men", "people": 10, "open": 0, "places": 10})
    ]
    large = assign([family("f", 40)], [house("a", free={"mix": [10]})], Policy())
    assert lacking(large)[0] == Reason(
        code="lacking_places", details={"kinds": "fam", "people": 40, "open": 10, "places": 30}
    )


def test_people_kept_out_by_the_reserve_are_counted_as_such() -> None:
    plan = assign(men(6), [house("a", free={"men": [6]}, kept={"men": 3}, kept_until="21:00")], Policy())
    assert lacking(plan) == [Reason(code="lacking_but_kept", details={"people": 3, "until": "21:00"})]


def test_nothing_is_missing_when_everybody_has_a_place() -> None:
    assert lacking(assign(men(6), [house("a")], Policy())) == []
