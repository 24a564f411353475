"""What a plan did not count on: who no longer fits is named, and plans that no longer hold are made again."""

from __future__ import annotations

from msgspec.structs import replace
from realm import GALILEA, SHELTERS, Night

from caravan import commands as c
from caravan import events as e
from caravan.basics import SYSTEM
from caravan.coordination.asking import mending
from caravan.coordination.loop import Outcome
from caravan.coordination.placing import offered
from caravan.shelters.joint import solve
from caravan.shelters.model import Places, Section
from caravan.shelters.policy import AdmissionRule


def told(outcome: Outcome, kind: type[e.Event]) -> list[e.Event]:
    return [event for event in outcome.events if isinstance(event, kind)]


def repair(night: Night) -> Outcome:
    """What the server does beside the turn as soon as a plan is upset."""
    question = mending(night.picture, night.now)
    assert question is not None
    return night.do(offered(night.picture, question, solve(question), night.now), SYSTEM)


def upset(night: Night) -> dict[str, str]:
    return {group: night.picture.upset[group].code for group in night.picture.upset}


def only(night: Night, shelter: str, available: dict[Section, int]) -> None:
    """Every other house is full."""
    for other in SHELTERS:
        empty = available if other.id == shelter else dict.fromkeys(other.sections, 0)
        night.do(c.ReportOccupancy(shelter=other.id, available=empty))


# --- proposals --------------------------------------------------------------------------------------------------------


def test_two_buses_asked_for_one_after_the_other_are_planned_together(night: Night) -> None:
    only(night, "galilea", {"mix": 30})
    first, second = night.arrives(20), night.arrives(20)
    plans = [night.plans(first), night.plans(second)]
    assert [sum(p.people for p in plan.parts) for plan in plans] == [20, 10]
    night.do(c.ConfirmPlacement(group=first, plan=plans[0].plan))
    night.do(c.ConfirmPlacement(group=second, plan=plans[1].plan))
    assert night.free("galilea") == 0


def test_a_proposal_whose_places_were_taken_is_made_again(night: Night) -> None:
    ident = night.arrives(20)
    assert {part.shelter for part in night.plans(ident).parts} == {"galilea"}
    night.do(c.ReportOccupancy(shelter="galilea", occupied=25), GALILEA)
    assert upset(night) == {ident: "fewer_places"}
    old = night.picture.plans[ident]
    repair(night)
    new = night.picture.plans[ident]
    assert (new.repairs, new.because and new.because.code, new.unplaced) == (old.plan, "fewer_places", 0)
    assert sum(p.people for p in new.parts if p.shelter == "galilea") <= 5
    assert upset(night) == {}


def test_of_two_proposals_for_the_same_places_the_later_is_made_again(night: Night) -> None:
    only(night, "galilea", {"mix": 30})
    first = night.arrives(15)
    night.plans(first)
    night.passes(minutes=5)
    second = night.arrives(15)
    night.plans(second)
    night.do(c.ReportOccupancy(shelter="galilea", available={"mix": 20}), GALILEA)
    assert upset(night) == {second: "fewer_places"}


def test_mending_one_plan_leaves_the_others_as_they_are(night: Night) -> None:
    first, second = night.arrives(10), night.arrives(10, "celaya")
    kept = night.plans(second)
    [part] = night.plans(first).parts
    night.do(c.ReportOccupancy(shelter=part.shelter, available=dict.fromkeys(part.beds, 0)))
    repair(night)
    assert night.picture.plans[second] == kept
    assert night.picture.plans[first].unplaced == 0


def test_two_processes_that_mend_at_once_leave_one_plan(night: Night) -> None:
    ident = night.arrives(20)
    night.plans(ident)
    night.do(c.ReportOccupancy(shelter="galilea", available={"mix": 0}), GALILEA)
    question = mending(night.picture, night.now)
    assert question is not None
    offer = offered(night.picture, question, solve(question), night.now)
    night.do(offer, SYSTEM)
    assert night.refusal(offer, SYSTEM).code == "already_repaired"


def test_a_count_that_changed_makes_the_proposal_again(night: Night) -> None:
    ident = night.arrives(20)
    night.plans(ident)
    night.do(c.RecordCount(group=ident, people=26, method="headcount", source="Brigada"))
    assert upset(night) == {ident: "count_changed"}
    repair(night)
    assert sum(p.people for p in night.picture.plans[ident].parts) == 26


def test_who_was_never_planned_is_not_planned_without_being_asked(night: Night) -> None:
    night.arrives(20)
    night.do(c.ReportOccupancy(shelter="galilea", available={"mix": 0}), GALILEA)
    assert (upset(night), mending(night.picture, night.now)) == ({}, None)


def test_places_that_are_free_again_go_to_those_who_had_none(night: Night) -> None:
    only(night, "galilea", {"mix": 10})
    ident = night.arrives(15)
    assert night.plans(ident).unplaced == 5
    night.do(c.ReportOccupancy(shelter="galilea", available={"mix": 18}), GALILEA)
    assert upset(night) == {ident: "fewer_places"} or upset(night) == {ident: "places_freed"}
    repair(night)
    assert night.picture.plans[ident].unplaced == 0


# --- promises ---------------------------------------------------------------------------------------------------------


def test_a_house_that_says_no_is_followed_by_the_next_best_plan(night: Night) -> None:
    ident = night.arrives(20)
    held = night.holds(ident)[0]
    night.do(c.DeclinePlacement(placement=held, reason="Sin agua"), GALILEA)
    assert upset(night) == {ident: "offer_declined"}
    repair(night)
    plan = night.picture.plans[ident]
    assert (plan.unplaced, "galilea" in {p.shelter for p in plan.parts}) == (0, False)


def test_a_hold_that_runs_out_is_planned_again(night: Night) -> None:
    ident = night.arrives(20)
    night.holds(ident)
    night.passes(minutes=91)
    assert upset(night) == {ident: "offer_expired"}


def test_people_who_never_came_are_looked_for_a_place_again(night: Night) -> None:
    ident = night.arrives(20)
    held = night.holds(ident)[0]
    night.do(c.RecordPlacementArrival(placement=held, people=0), GALILEA)
    assert upset(night) == {ident: "nobody_came"}


def test_fewer_places_than_were_promised_name_the_promise_of_lowest_claim(night: Night) -> None:
    only(night, "galilea", {"mix": 30})
    first, second = night.arrives(15), night.arrives(10)
    early, late = night.holds(first)[0], night.holds(second)[0]
    night.do(c.AcceptPlacement(placement=late), GALILEA)
    outcome = night.do(c.ReportOccupancy(shelter="galilea", available={"mix": 20}), GALILEA)
    [short] = told(outcome, e.PlacesShort)
    assert isinstance(short, e.PlacesShort)
    assert (short.placements, short.people, short.because.code) == ((early,), 5, "fewer_places")
    notices = [event.notice for event in outcome.events if isinstance(event, e.NoticeQueued)]
    assert ("promesas_sin_lugar", 5) in {(n.template, n.facts.get("personas")) for n in notices}
    assert upset(night) == {first: "fewer_places"}


def test_more_places_again_and_nobody_is_short(night: Night) -> None:
    only(night, "galilea", {"mix": 30})
    night.holds(night.arrives(25))
    night.do(c.ReportOccupancy(shelter="galilea", available={"mix": 20}), GALILEA)
    again = night.do(c.ReportOccupancy(shelter="galilea", available={"mix": 25}), GALILEA)
    [short] = told(again, e.PlacesShort)
    assert isinstance(short, e.PlacesShort)
    assert (short.placements, short.people) == ((), 0)
    assert len(night.picture.short) == 0


def test_people_who_no_longer_fit_keep_their_promise_until_others_are_confirmed(night: Night) -> None:
    ident = night.arrives(25)
    held = night.holds(ident)[0]
    night.do(c.ReportOccupancy(shelter="galilea", available={"mix": 5}), GALILEA)
    repair(night)
    plan = night.picture.plans[ident]
    assert (plan.replaces, plan.unplaced) == ((held,), 0)
    assert (night.picture.placements[held].status, night.group(ident).unplaced) == ("held", 0)
    night.do(c.ConfirmPlacement(group=ident, plan=plan.plan))
    assert night.picture.placements[held].status == "ended"
    assert (night.group(ident).unplaced, len(night.picture.short)) == (0, 0)
    assert sum(night.picture.shelters[s.id].incoming for s in SHELTERS) == 25


def test_more_people_than_were_expected_put_out_those_not_yet_there_and_nobody_who_is(night: Night) -> None:
    only(night, "galilea", {"mix": 30})
    settled, coming, late = night.arrives(10), night.arrives(8), night.arrives(12)
    night.lodges(settled)
    first = night.holds(coming)[0]
    second = night.holds(late)[0]
    outcome = night.do(c.RecordPlacementArrival(placement=first, people=20), GALILEA)
    [short] = told(outcome, e.PlacesShort)
    assert isinstance(short, e.PlacesShort)
    assert (short.placements, short.people, short.because.code) == ((second,), 12, "more_came")
    assert upset(night) == {late: "more_came"}
    assert night.group(settled).hosted == 10


# --- what a person decides ---------------------------------------------------------------------------------------------


def test_a_person_may_choose_the_house_for_everybody_or_for_some(night: Night) -> None:
    ident = night.arrives(10)
    assert {p.shelter for p in night.plans(ident, pins={"*": "samaritano"}).parts} == {"samaritano"}
    plan = night.picture.plans[ident]
    assert plan.pins == {"*": "samaritano"}


def test_a_choice_holds_when_the_plan_is_made_again(night: Night) -> None:
    ident = night.arrives(10)
    night.plans(ident, pins={"*": "samaritano"})
    night.do(c.RecordCount(group=ident, people=12, method="headcount", source="Brigada"))
    repair(night)
    plan = night.picture.plans[ident]
    assert ({p.shelter: p.people for p in plan.parts}, plan.pins) == ({"samaritano": 12}, {"*": "samaritano"})


def test_a_rule_of_a_house_may_be_set_aside_with_a_reason_and_only_there(night: Night) -> None:
    night.passes(hours=2)  # the Buen Samaritano takes people in until nine
    ident = night.arrives(5)
    closed = night.plans(ident, pins={"*": "samaritano"})
    assert (closed.unplaced, closed.vector.PIN) == (5, 5)
    wish = {"pins": {"*": "samaritano"}, "waived": ("intake_over",), "reason": "Lo aceptó por teléfono"}
    plan = night.plans(ident, **wish)
    assert ({p.shelter for p in plan.parts}, plan.waived) == ({"samaritano"}, ("intake_over",))
    assert plan.reason == "Lo aceptó por teléfono"


def test_a_house_that_said_no_may_think_better_of_it(night: Night) -> None:
    ident = night.arrives(20)
    held = night.holds(ident)[0]
    night.do(c.DeclinePlacement(placement=held, reason="Sin personal"), GALILEA)
    wish = {"pins": {"*": "galilea"}, "waived": ("declined",), "reason": "Llegó más personal"}
    assert {p.shelter for p in night.plans(ident, **wish).parts} == {"galilea"}


def test_a_rule_is_not_set_aside_without_a_word(night: Night) -> None:
    ident = night.arrives(5)
    for wish in ({"waived": ("declined",), "reason": "x"}, {"waived": ("declined",), "pins": {"*": "galilea"}}):
        asked = c.ProposePlacement(group=ident, **wish)  # pyright: ignore[reportArgumentType]
        assert night.refuses(asked).code == "waived_without_reason"


def test_no_person_may_send_a_child_who_is_alone_anywhere_but_to_dif(night: Night) -> None:
    ident = night.arrives(4, unaccompanied=2)
    for pins in ({"*": "galilea"}, {"uam": "galilea"}):
        asked = c.ProposePlacement(group=ident, pins=pins, waived=("does_not_admit",), reason="Nos lo pidieron")
        assert night.refuses(asked).code == "pin_breaks_law"


def test_no_person_may_overfill_a_house(night: Night) -> None:
    ident = night.arrives(40)
    plan = night.plans(ident, pins={"*": "galilea"})
    assert (sum(p.people for p in plan.parts), plan.vector.PIN, plan.unplaced) == (30, 10, 10)


def test_a_choice_for_nobody_or_for_no_house_is_refused(night: Night) -> None:
    ident = night.arrives(5)
    assert night.refuses(c.ProposePlacement(group=ident, pins={"fma": "galilea"})).code == "pin_for_nobody"
    assert night.refuses(c.ProposePlacement(group=ident, pins={"*": "posada"})).code == "unknown_shelter"
    assert night.refuses(c.ProposePlacement()).code == "group_or_activation"


# --- all of an activation ----------------------------------------------------------------------------------------------


def test_all_who_wait_are_planned_together_one_proposal_a_group(night: Night) -> None:
    groups = [night.arrives(people) for people in (20, 15, 10)]
    activation = night.group(groups[0]).activation
    outcome = night.do(night.asks(c.ProposePlacement(activation=activation)))
    planned = [event for event in outcome.events if isinstance(event, e.PlanProposed)]
    assert [event.group for event in planned] == groups
    assert (outcome.created, len({event.inputs for event in planned})) == (planned[0].plan, 1)
    assert [sum(p.people for p in event.parts) + event.unplaced for event in planned] == [20, 15, 10]
    for event in planned:
        night.do(c.ConfirmPlacement(group=event.group, plan=event.plan))
    assert night.refuses(c.ProposePlacement(activation=activation)).code == "everybody_placed"


def test_asked_again_only_what_changes_is_proposed_again(night: Night) -> None:
    first, second = night.arrives(20), night.arrives(15)
    wish = c.ProposePlacement(activation=night.group(first).activation)
    night.do(night.asks(wish))
    assert night.do(night.asks(wish)).events == ()
    third = night.arrives(3)
    again = night.do(night.asks(wish))
    assert {event.group for event in again.events if isinstance(event, e.PlanProposed)} >= {third}
    kept = [night.picture.plans[group].plan for group in (first, second)]
    assert len(set(kept)) == 2


def test_a_proposal_says_what_it_was_made_from_and_with(night: Night) -> None:
    plan = night.plans(night.arrives(12))
    assert len(plan.inputs) == 64
    assert plan.solver
    assert set(plan.status) >= {"U1", "U2", "FAR", "SPL"}
    assert plan.policy == night.picture.policy.key


def under(night: Night, **policy: object) -> None:
    night.picture = replace(night.picture, policy=replace(night.picture.policy, **policy))


def test_two_reports_of_one_bus_that_are_merged_are_planned_as_one(night: Night) -> None:
    first, second = night.arrives(12), night.arrives(5)
    night.plans(first)
    night.do(c.RecordCount(group=second, people=14, method="headcount", source="Brigada"))
    night.do(c.MergeGroups(group=second, into=first, reason="Es el mismo autobús"))
    assert upset(night) == {first: "count_changed"}


def test_places_for_emergencies_are_planned_and_promised_from_the_level_the_policy_says(night: Night) -> None:
    crowded = replace(SHELTERS[0], sections={"mix": Places(nominal=30, surge=12)})
    night.do(c.RegisterShelter(shelter=crowded))
    only(night, "galilea", {"mix": 30})
    ident = night.arrives(42)
    under(night, surge_from="n2")
    assert night.plans(ident).unplaced == 12
    night.do(c.ActivateProtocol(station="leon", reason="Llegan más", level="n2"))
    plan = night.plans(ident)
    assert plan.unplaced == 0
    [held] = night.holds(ident)
    night.do(c.RecordPlacementArrival(placement=held, people=42))
    assert (night.picture.shelters["galilea"].excess, night.group(ident).hosted) == (12, 42)
    assert night.plans(night.arrives(1)).unplaced == 1


def test_an_old_figure_is_not_counted_on_whole_unless_the_house_was_phoned(night: Night) -> None:
    under(night, stale_after_hours=6, stale_percent=50)
    only(night, "galilea", {"mix": 30})
    night.passes(hours=7)
    ident = night.arrives(20)
    assert night.plans(ident).unplaced == 5
    plan = night.plans(ident, pins={"*": "galilea"}, waived=("stale_figure",), reason="Confirmaron por teléfono")
    assert plan.unplaced == 0


def test_places_kept_for_those_who_come_are_given_by_a_person_with_a_reason(night: Night) -> None:
    under(night, reserve_percent=50, release_at="23:00")
    only(night, "galilea", {"mix": 30})
    ident = night.arrives(20)
    plan = night.plans(ident)
    assert (plan.kept_until, plan.unplaced >= 5) == ("23:00", True)
    assert plan.kept["galilea"]["mix"] >= 15
    given = night.plans(ident, pins={"*": "galilea"}, waived=("kept_until",), reason="Ya no se espera a nadie")
    assert (given.unplaced, given.kept) == (0, {})


def test_a_house_that_takes_nobody_tonight_by_a_rule_says_so(night: Night) -> None:
    under(night, admissions=(AdmissionRule(shelter="galilea", admits=()),))
    plan = night.plans(night.arrives(20))
    assert {each.reason.code for each in plan.reasons if each.shelter == "galilea"} == {"admits_nobody_now"}


def test_what_counts_as_another_municipality_is_the_policy_s(night: Night) -> None:
    question = mending(night.picture, night.now)
    assert question is None
    plan = night.plans(night.arrives(35))
    far = sum(p.people for p in plan.parts if p.shelter == "samaritano")
    assert far == plan.vector.FAR
    under(night, far="distance", far_hm=10_000)
    assert night.plans(night.arrives(1)).vector.FAR == 0
