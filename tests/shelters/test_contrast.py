"""What it would cost to send people where an official wants them, told before it is done."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings

from bench.instances import caravan_2018
from caravan.basics import Reason
from caravan.shelters.aggregate import place_many
from caravan.shelters.assign import assign
from caravan.shelters.contrast import Move, contrast
from caravan.shelters.measure import measure
from caravan.shelters.plan import Need, Offer, Plan
from caravan.shelters.policy import Policy
from tests.shelters.test_assign import small_nights


def men(count: int, group: str = "bus", **more: object) -> list[Need]:
    one = {"group": group, "kind": "men", "size": 1} | more
    return [msgspec.convert({"household": f"{group}-m{i:02}"} | one, Need) for i in range(count)]


def house(name: str, hm: int, places: int, **more: object) -> Offer:
    return msgspec.convert({"shelter": name, "distance_hm": {"": hm}, "free": {"men": [places]}} | more, Offer)


def test_a_whole_bus_sent_farther_hears_how_far() -> None:
    plan = assign(
        men(4), [house("near", 10, 9), house("far", 31, 9)], Policy(levels=("U1", "U2", "FAR", "SPL", "DIST"))
    )
    told = contrast(plan, dict.fromkeys((need.household for need in plan.needs), "far"))
    assert told.change == {"DIST": 84}
    assert (told.takes, told.of, told.refused) == (4, 4, None)
    assert told.moves == (Move(group="bus", people=4, start="near", end="far"),)


def test_a_house_that_holds_only_a_part_says_how_many_and_what_is_full() -> None:
    plan = assign(men(15), [house("near", 10, 20), house("small", 20, 14)], Policy())
    told = contrast(plan, dict.fromkeys((need.household for need in plan.needs), "small"))
    assert (told.takes, told.of) == (14, 15)
    assert told.change["PIN"] == told.change["U2"] == told.change["SPL"] == 1
    assert told.refused == Reason(code="full", details={"section": "men", "free": 14, "needed": 15, "night": 0})


def test_whom_the_house_may_not_take_is_told_by_its_rule() -> None:
    plan = assign(men(2), [house("near", 10, 9), house("women", 20, 9, admits=["wom"])], Policy())
    told = contrast(plan, dict.fromkeys((need.household for need in plan.needs), "women"))
    assert (told.takes, told.refused) == (0, Reason(code="does_not_admit", details={"kind": "men"}))


def test_a_child_alone_is_never_sent_anywhere_but_to_the_dif() -> None:
    child = Need(household="child", group="bus", kind="uam", size=1)
    dif = house("dif", 50, 0, free={"uam": [2]}, offers=["dif"], admits=["uam"])
    plan = assign([child], [dif, house("near", 10, 9)], Policy())
    told = contrast(plan, {"child": "near"})
    assert told.refused is not None and told.refused.code == "pin_breaks_law"
    assert (told.takes, told.change, told.moves) == (0, {}, ())


def test_those_who_must_make_room_are_named() -> None:
    needs = [*men(3, "first"), *men(3, "second")]
    plan = assign(needs, [house("near", 10, 3), house("far", 90, 3)], Policy())
    home = {a.group: a.shelter for a in plan.assigned}
    late = next(group for group, shelter in home.items() if shelter == "far")
    told = contrast(plan, {need.household: "near" for need in plan.needs if need.group == late})
    assert told.change == {}
    assert {(move.group == late, move.people, move.start, move.end) for move in told.moves} == {
        (True, 3, "far", "near"),
        (False, 3, "near", "far"),
    }


def test_nobody_is_weighed_whom_the_plan_does_not_know() -> None:
    with pytest.raises(LookupError):
        contrast(assign([], [], Policy()), {"nobody": "near"})


@settings(max_examples=80, deadline=None, derandomize=True, database=None)
@given(small_nights())
def test_leaving_everybody_where_they_are_costs_nothing(night: tuple[list[Need], list[Offer], Policy]) -> None:
    plan = assign(*night)
    told = contrast(plan, {a.household: a.shelter for a in plan.assigned})
    assert {level for level, by in told.change.items() if by} <= {"PIN"}
    assert told.refused is None


def caravan() -> Plan:
    """Eight buses of the caravan."""
    _, needs, offers, policy, _ = caravan_2018(0.95)
    chosen = set(sorted({need.group for need in needs if not need.solo})[:8])
    needs = tuple(sorted((need for need in needs if need.group in chosen), key=lambda need: need.household))
    many = place_many(needs, offers, policy, rounds=0)
    placed = {a.household for a in many.assigned}
    return Plan(
        assigned=many.assigned,
        unplaced=tuple(need.household for need in needs if need.household not in placed),
        vector=measure(needs, offers, policy, many.assigned),
        status=many.status,
        needs=needs,
        offers=offers,
        policy=policy,
        solver="",
    )


def test_in_a_caravan_only_what_is_near_moves_and_the_vector_is_that_of_everybody() -> None:
    plan = caravan()
    group = plan.needs[0].group
    sent = {need.household: "s018" for need in plan.needs if need.group == group and need.kind == "men"}
    told = contrast(plan, sent)
    near = {a.group for a in plan.assigned if a.shelter == "s018"} | {group}
    assert {move.group for move in told.moves} <= near
    assert told.change == {
        level: by
        for level in ("PIN", *plan.policy.levels)
        if (by := getattr(told.vector, level) - getattr(plan.vector, level))
    }
