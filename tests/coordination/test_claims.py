"""What a plan says of households and houses still has to be true when it is offered and when somebody confirms it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from realm import GALILEA, Night, plain, replayed

from caravan import commands as c
from caravan import events as e
from caravan.basics import SYSTEM, Reason
from caravan.coordination.asking import mending
from caravan.coordination.claims import half_came
from caravan.coordination.loop import Outcome
from caravan.coordination.placing import offered
from caravan.groups import Household
from caravan.shelters.joint import solve
from caravan.shelters.model import Section

FAMILY = Household(women=1, children={"5-11": 4})
TEENS = Household(women=1, children={"12-17": 4})


def repair(night: Night) -> Outcome:
    question = mending(night.picture, night.now)
    assert question is not None
    return night.do(offered(night.picture, question, solve(question), night.now), SYSTEM)


def upset(night: Night) -> dict[str, str]:
    return {group: night.picture.upset[group].code for group in night.picture.upset}


def told(outcome: Outcome, kind: type[e.Event]) -> list[e.Event]:
    return [event for event in outcome.events if isinstance(event, kind)]


def empty(night: Night, **places: dict[Section, int]) -> None:
    """Every house tells these places, and none where nothing is said of it."""
    for ident in ("galilea", "samaritano", "casa_dif"):
        sections = night.picture.shelters[ident].shelter.sections
        told = dict.fromkeys(sections, 0) | places.get(ident, {})
        night.do(c.ReportOccupancy(shelter=ident, available=told))


def lodged(night: Night, group: str) -> list[tuple[str, str, int]]:
    found = night.picture.placements_of(group)
    return sorted((p.shelter, p.status, p.people) for p in found if p.status in ("held", "accepted", "arrived"))


def confirms(night: Night, group: str, *shelters: str) -> None:
    night.do(c.ConfirmPlacement(group=group, plan=night.picture.plans[group].plan, shelters=shelters))


# --- children who are alone -------------------------------------------------------------------------------------------


def test_adults_get_no_place_of_children_who_have_left(night: Night) -> None:
    group = night.arrives(10, unaccompanied=3)
    empty(night, galilea={"mix": 30}, casa_dif={"uam": 10})
    night.plans(group)
    confirms(night, group, "casa_dif")
    [children] = [p for p in night.picture.placements_of(group) if p.beds == {"uam": 3}]
    night.do(c.RecordPlacementArrival(placement=children.id, people=3))
    night.do(
        c.RecordDeparture(
            group=group, people=3, outcome="elsewhere", destination="CAS", source="DIF", placement=children.id
        )
    )  # fmt: skip
    plan = night.plans(group)
    assert (sum(p.people for p in plan.parts), sum(p.beds.get("uam", 0) for p in plan.parts)) == (7, 0)


@pytest.mark.parametrize("confirmed", [False, True])
def test_a_child_found_to_be_alone_is_looked_for_a_place_with_dif(night: Night, confirmed: bool) -> None:
    empty(night, galilea={"mix": 30}, casa_dif={"uam": 10})
    group = night.arrives(10)
    night.holds(group) if confirmed else night.plans(group)
    night.do(c.RecordCount(group=group, people=10, method="headcount", source="DIF", unaccompanied=3))
    assert upset(night) == {group: "others_than_planned"}
    if not confirmed:
        refusal = night.refusal(c.ConfirmPlacement(group=group, plan=night.picture.plans[group].plan))
        assert refusal.code == "others_by_now"
    repair(night)
    confirms(night, group)
    assert lodged(night, group) == [("casa_dif", "held", 3), ("galilea", "held", 7)]
    assert upset(night) == {}


def test_more_children_than_expected_do_not_lie_among_adults(night: Night) -> None:
    group = night.arrives(3, unaccompanied=3)
    [held] = night.holds(group)
    night.do(c.RecordPlacementArrival(placement=held, people=6))
    assert night.picture.placements[held].beds == {"uam": 3}
    assert night.picture.shelters["casa_dif"].excess == 3


# --- one place a household --------------------------------------------------------------------------------------------


def test_a_plan_made_before_another_was_confirmed_gives_nobody_a_second_place(night: Night) -> None:
    empty(night, galilea={"mix": 5})
    group = night.arrives(10, households=(FAMILY, TEENS))
    night.plans(group)
    late = night.asks(c.ProposePlacement(group=group))
    confirms(night, group)
    night.do(c.ReportOccupancy(shelter="galilea", available={"mix": 20}))
    assert night.refusal(late).code in ("others_by_now", "already_repaired")
    plan = night.plans(group)
    confirms(night, group)
    homes = [h for p in night.picture.placements_of(group) for h in p.households]
    assert (plan.unplaced, len(homes), len(set(homes))) == (0, 2, 2)


def test_of_two_families_of_which_one_came_the_other_stays_together(night: Night) -> None:
    empty(night, galilea={"mix": 10})
    group = night.arrives(10, households=(FAMILY, TEENS))
    [held] = night.holds(group)
    night.do(c.RecordPlacementArrival(placement=held, people=5))
    assert half_came(night.picture, night.group(group))
    empty(night, galilea={"mix": 2}, casa_dif={"fam": 3})
    plan = night.plans(group)
    assert (plan.parts, plan.unplaced, plan.provisional) == ((), 5, True)


def test_who_comes_after_all_gives_back_the_places_kept_since(night: Night) -> None:
    empty(night, galilea={"mix": 30}, samaritano={"fam": 20, "men": 20})
    group = night.arrives(20)
    first = night.holds(group)
    night.passes(minutes=91)
    assert {night.picture.placements[ident].status for ident in first} == {"expired"}
    second = night.holds(group)
    for ident in second:
        night.do(c.AcceptPlacement(placement=ident))
    for ident in first:
        night.do(c.RecordPlacementArrival(placement=ident, people=night.picture.placements[ident].people))
    assert {night.picture.placements[ident].status for ident in second} == {"ended"}
    assert (night.group(group).promised, night.group(group).hosted, upset(night)) == (20, 20, {})


# --- promises that a plan replaces ------------------------------------------------------------------------------------


def test_a_repair_of_a_promise_is_weighed_like_any_proposal(night: Night) -> None:
    empty(night, galilea={"mix": 10}, casa_dif={"fam": 10})
    house = Household(women=1, children={"5-11": 9})
    group = night.arrives(10, households=(house,))
    night.holds(group, pins={"*": "galilea"})
    night.do(c.ReportOccupancy(shelter="galilea", available={"mix": 0}), GALILEA)
    repair(night)
    assert [p.shelter for p in night.picture.plans[group].parts] == ["casa_dif"]
    other = night.arrives(10, households=(house,))
    assert night.plans(other).unplaced == 10
    night.do(c.ReportOccupancy(shelter="casa_dif", available={"uam": 0, "fam": 9}))
    assert group in upset(night)
    night.do(c.ReportOccupancy(shelter="samaritano", available={"fam": 20, "men": 0}))
    repair(night)
    confirms(night, group)
    assert lodged(night, group) == [("samaritano", "held", 10)]


def test_what_a_house_accepted_it_need_not_accept_again(night: Night) -> None:
    empty(night, galilea={"mix": 30}, samaritano={"men": 20})
    group = night.arrives(30, households=(FAMILY, Household(men=25)))
    [held] = night.holds(group, pins={"*": "galilea"})
    night.do(c.AcceptPlacement(placement=held))
    night.do(c.ReportOccupancy(shelter="galilea", available={"mix": 26}))
    repair(night)
    plan = night.picture.plans[group]
    assert [(p.shelter, p.people) for p in plan.parts] == [("galilea", 25)]
    outcome = night.do(c.ConfirmPlacement(group=group, plan=plan.plan))
    assert lodged(night, group) == [("galilea", "accepted", 25)]
    assert night.group(group).unplaced == 5
    notices = [event.notice for event in outcome.events if isinstance(event, e.NoticeQueued)]
    words = [(notice.template, notice.facts.get("personas")) for notice in notices]
    assert ("oferta_retirada", 5) in words and "oferta" not in dict(words)


def test_who_is_in_a_part_that_nobody_confirmed_keeps_the_promise(night: Night) -> None:
    empty(night, galilea={"mix": 30})
    group = night.arrives(30, households=(FAMILY, Household(men=25)))
    [held] = night.holds(group)
    night.do(c.AcceptPlacement(placement=held))
    night.do(c.ReportOccupancy(shelter="casa_dif", available={"fam": 5}))
    night.do(c.ReportOccupancy(shelter="galilea", available={"mix": 26}))
    repair(night)
    plan = night.picture.plans[group]
    assert sorted((p.shelter, p.people) for p in plan.parts) == [("casa_dif", 5), ("galilea", 25)]
    confirms(night, group, "galilea")
    assert lodged(night, group) == [("galilea", "accepted", 5), ("galilea", "accepted", 25)]
    assert (night.picture.placements[held].people, night.group(group).unplaced, upset(night)) == (5, 0, {})
    confirms(night, group, "casa_dif")
    assert lodged(night, group) == [("casa_dif", "held", 5), ("galilea", "accepted", 25)]
    assert list(night.picture.short) == []
    assert plain(replayed(night.journal)) == plain(night.picture)


# --- the house as it is -----------------------------------------------------------------------------------------------


def test_a_house_that_takes_no_men_any_more_makes_their_plan_again(night: Night) -> None:
    empty(night, galilea={"mix": 30})
    group = night.arrives(10, households=(Household(men=1, count=10),))
    plan = night.plans(group)
    house = night.picture.shelters["galilea"].shelter
    night.do(c.RegisterShelter(shelter=replace(house, admits=("fam", "wom"))))
    assert upset(night) == {group: "rules_changed"}
    refusal = night.refusal(c.ConfirmPlacement(group=group, plan=plan.plan))
    assert (refusal.code, refusal.details["because"]) == (
        "house_refuses_by_now",
        Reason(code="does_not_admit", details={"kind": "men"}),
    )


def test_nobody_is_held_a_place_behind_a_closed_door(night: Night) -> None:
    empty(night, samaritano={"fam": 20, "men": 20})
    group = night.arrives(10, "celaya")
    plan = night.plans(group)
    night.passes(hours=10)
    refusal = night.refusal(c.ConfirmPlacement(group=group, plan=plan.plan))
    assert refusal.details["because"].code == "intake_over"


def test_a_door_that_the_house_opens_for_them_is_not_closed(night: Night) -> None:
    empty(night, samaritano={"fam": 20, "men": 20})
    group = night.arrives(10, "celaya")
    night.passes(hours=10)
    night.holds(group, pins={"*": "samaritano"}, waived=("intake_over",), reason="la casa abre")
    assert lodged(night, group) == [("samaritano", "held", 10)]


def test_a_figure_too_old_to_be_counted_on_holds_nothing(night: Night) -> None:
    night.picture = replace(night.picture, policy=replace(night.picture.policy, unknown_after_hours=24))
    group = night.arrives(10)
    plan = night.plans(group)
    night.passes(hours=60)
    refusal = night.refusal(c.ConfirmPlacement(group=group, plan=plan.plan))
    assert refusal.details["because"].code == "figure_too_old"


# --- a plan that stands -----------------------------------------------------------------------------------------------


def test_a_repair_that_changes_nothing_leaves_the_plan_to_be_confirmed(night: Night) -> None:
    empty(night, galilea={"mix": 30}, casa_dif={"fam": 10})
    group = night.arrives(12, households=(Household(men=1, count=12),))
    empty(night, galilea={"mix": 5})
    plan = night.plans(group)
    assert plan.unplaced == 7
    empty(night, galilea={"mix": 5}, casa_dif={"fam": 5})
    assert upset(night) == {group: "places_freed"}
    outcome = repair(night)
    assert (len(told(outcome, e.PlanStands)), night.picture.plans[group], upset(night)) == (1, plan, {})
    confirms(night, group)


def test_places_for_children_alone_upset_no_plan_of_adults(night: Night) -> None:
    group = night.arrives(200)
    assert night.plans(group).unplaced
    empty(night, galilea={"mix": 30}, samaritano={"fam": 20, "men": 20}, casa_dif={"uam": 0, "fam": 10})
    night.do(c.ReportOccupancy(shelter="casa_dif", available={"uam": 5, "fam": 10}))
    assert upset(night) == {}


# --- what a house said for some ---------------------------------------------------------------------------------------


def test_places_kept_are_opened_only_for_those_for_whom_the_house_said_so(night: Night) -> None:
    night.picture = replace(
        night.picture, policy=replace(night.picture.policy, reserve_percent=100, release_at="23:59")
    )
    first = night.arrives(5, households=(Household(men=1, count=5),))
    second = night.arrives(5, households=(Household(men=1, count=5),))
    assert night.plans(second).unplaced == 5
    night.plans(first, pins={"*": "galilea"}, waived=("kept_until",), reason="la casa lo dijo")
    assert [night.picture.plans[group].unplaced for group in (first, second)] == [0, 5]
