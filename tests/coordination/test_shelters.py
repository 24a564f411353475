"""Places: reported, planned, held, taken, left."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace
from realm import GALILEA, SAMARITANO, SDH, SHELTERS, Night, opened

from caravan import commands as c
from caravan import events as e
from caravan.basics import Refusal
from caravan.coordination.placing import plan_for
from caravan.groups import Household
from caravan.shelters.model import Places


def placed(plan: e.PlanProposed) -> dict[str, int]:
    return {part.shelter: part.people for part in plan.parts}


def why_not(plan: e.PlanProposed, shelter: str) -> set[str]:
    return {each.reason.code for each in plan.reasons if each.shelter == shelter and not each.chosen}


# --- what shelters tell ---------------------------------------------------------------------------------------------


def test_a_shelter_that_tells_its_people_tells_its_empty_places(night: Night) -> None:
    night.do(c.ReportOccupancy(shelter="galilea", occupied=12), GALILEA)
    standing = night.picture.shelters["galilea"]
    assert (standing.available, standing.occupied, standing.reported_at) == ({"mix": 18}, 12, night.now)


def test_more_people_than_places_is_written_down_and_raises_an_alarm(night: Night) -> None:
    outcome = night.do(c.ReportOccupancy(shelter="galilea", occupied=83), GALILEA)
    assert night.picture.shelters["galilea"].status == "over"
    assert [event.notice.template for event in outcome.events if isinstance(event, e.NoticeQueued)] == ["sobrecupo"]
    again = night.do(c.ReportOccupancy(shelter="galilea", occupied=84), GALILEA)
    assert not [event for event in again.events if isinstance(event, e.NoticeQueued)]


def test_nothing_new_is_worth_telling_and_keeps_the_figures(night: Night) -> None:
    before = night.picture.shelters["galilea"]
    night.passes(hours=2)
    night.do(c.ReportOccupancy(shelter="galilea", unchanged=True), GALILEA)
    assert night.picture.shelters["galilea"] == replace(before, reported_at=night.now)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (c.ReportOccupancy(shelter="posada", occupied=3), "unknown_shelter"),
        (c.ReportOccupancy(shelter="galilea"), "one_figure"),
        (c.ReportOccupancy(shelter="galilea", occupied=3, unchanged=True), "one_figure"),
        (c.ReportOccupancy(shelter="galilea", available={"wom": 3}), "unknown_section"),
        (c.ReportOccupancy(shelter="samaritano", occupied=3), "tell_empty_places"),
        (c.RegisterShelter(shelter=replace(SHELTERS[0], admits=("fam", "uam"))), "minors_only_dif"),
        (c.RegisterShelter(shelter=replace(SHELTERS[0], sections={"uam": Places(nominal=4)})), "minors_only_dif"),
    ],
)
def test_a_figure_that_cannot_be_understood_is_refused(night: Night, command: c.Command, code: str) -> None:
    assert night.refusal(command).code == code


def test_a_shelter_that_never_told_is_asked_for_no_place() -> None:
    night = opened(told=False)
    assert night.refusal(c.ReportOccupancy(shelter="galilea", unchanged=True)).code == "nothing_to_confirm"
    plan = night.plans(night.arrives(35))
    assert (plan.parts, plan.unplaced) == ((), 35)
    assert why_not(plan, "galilea") == {"no_known_figure"}


# --- plans ----------------------------------------------------------------------------------------------------------


def test_a_plan_says_where_everybody_goes_and_holds_nothing(night: Night) -> None:
    ident = night.arrives(60)
    plan = night.plans(ident)
    assert sum(placed(plan).values()) + plan.unplaced == 60
    assert plan.provisional
    assert {each.shelter for each in plan.reasons} == {shelter.id for shelter in SHELTERS}
    assert night.group(ident).unplaced == 60


def test_children_without_an_adult_are_sent_to_dif_and_nowhere_else(night: Night) -> None:
    ident = night.arrives(
        16, households=(Household(children={"12-17": 1}, unaccompanied=True, count=14), Household(men=2))
    )
    plan = night.plans(ident)
    alone = [part for part in plan.parts if "uam" in part.beds]
    assert [(part.shelter, part.people) for part in alone] == [("casa_dif", 10)]
    assert plan.vector.U1 == 4
    assert (plan.unplaced, placed(plan).keys() - {"casa_dif"}) == (4, {"galilea"})
    assert placed(plan)["galilea"] == 2


def test_a_house_that_is_dif_s_no_longer_gets_no_child_who_is_alone_by_an_older_plan(night: Night) -> None:
    ident = night.arrives(2, unaccompanied=2)
    plan = night.plans(ident)
    house = next(s for s in SHELTERS if s.id == "casa_dif")
    another = replace(house, sections={"fam": Places(nominal=20)}, admits=("fam",), services=())
    night.do(c.RegisterShelter(shelter=another))
    assert night.refusal(c.ConfirmPlacement(group=ident, plan=plan.plan)).code == "minors_only_dif"


def test_a_house_cannot_leave_dif_with_children_who_are_alone_inside(night: Night) -> None:
    night.lodges(night.arrives(2, unaccompanied=2), "casa_dif")
    house = next(s for s in SHELTERS if s.id == "casa_dif")
    another = replace(house, sections={"fam": Places(nominal=20)}, admits=("fam",), services=())
    assert night.refusal(c.RegisterShelter(shelter=another)).code == "minors_only_dif"


def test_a_child_who_is_alone_and_did_not_come_to_dif_is_sent_to_dif_again(night: Night) -> None:
    ident = night.arrives(2, unaccompanied=2)
    night.lodges(ident, "casa_dif", people=1)
    assert placed(night.plans(ident)) == {"casa_dif": 1}


def test_a_house_that_closed_since_the_plan_was_made_is_not_held(night: Night) -> None:
    ident = night.arrives(10)
    plan = night.plans(ident)
    for part in plan.parts:
        house = night.picture.shelters[part.shelter].shelter
        night.do(c.RegisterShelter(shelter=replace(house, closed=True)))
    assert night.refusal(c.ConfirmPlacement(group=ident, plan=plan.plan)).code == "plan_out_of_date"


def test_a_house_whose_intake_is_over_is_not_offered_until_it_opens_again(night: Night) -> None:
    ident = night.arrives(70)
    assert "samaritano" in placed(night.plans(ident))
    night.passes(hours=2)
    late = night.plans(ident)
    assert ("samaritano" in placed(late), why_not(late, "samaritano")) == (False, {"intake_over"})
    night.passes(hours=19)
    assert "samaritano" in placed(night.plans(ident))


def test_a_house_may_take_people_in_past_midnight(night: Night) -> None:
    night.do(c.RegisterShelter(shelter=replace(SHELTERS[0], intake_from="22:00", intake_until="02:00")))
    ident = night.arrives(20)
    assert "galilea" not in placed(night.plans(ident))
    night.passes(hours=5)
    assert "galilea" in placed(night.plans(ident))


def test_a_house_that_said_no_is_not_asked_again_for_the_same_people(night: Night) -> None:
    ident, other = night.arrives(25), night.arrives(25)
    held = night.holds(ident, "galilea")[0]
    night.do(c.DeclinePlacement(placement=held, reason="Sin personal esta noche"), GALILEA)
    assert night.group(ident).unplaced == 25
    again = night.plans(ident)
    assert ("galilea" in placed(again), why_not(again, "galilea")) == (False, {"declined"})
    assert "galilea" in placed(night.plans(other))


def test_a_closed_house_and_one_without_beds_are_not_offered(night: Night) -> None:
    night.do(c.RegisterShelter(shelter=replace(SHELTERS[0], closed=True)))
    night.do(c.RegisterShelter(shelter=replace(SHELTERS[2], kind="attention_point")))
    plan = night.plans(night.arrives(20))
    assert (why_not(plan, "galilea"), why_not(plan, "casa_dif")) == ({"closed"}, {"no_beds"})


def test_a_second_plan_finds_places_for_those_who_have_none_yet(night: Night) -> None:
    ident = night.arrives(45)
    night.do(c.ReportOccupancy(shelter="samaritano", available={}))
    assert night.plans(ident).unplaced == 5
    night.do(c.ConfirmPlacement(group=ident, plan=night.picture.plans[ident].plan))
    night.do(c.ReportOccupancy(shelter="samaritano", available={"fam": 20, "men": 20}))
    assert placed(night.plans(ident)) == {"samaritano": 5}
    night.do(c.ConfirmPlacement(group=ident, plan=night.picture.plans[ident].plan))
    night.passes(minutes=1)
    with pytest.raises(Refusal, match="everybody_placed"):
        plan_for(night.picture, c.ProposePlacement(group=ident), night.now)


def test_a_family_that_has_gone_is_not_given_a_place_again(night: Night) -> None:
    for shelter in ("samaritano", "casa_dif"):
        night.do(c.ReportOccupancy(shelter=shelter, available={}))
    night.do(c.ReportOccupancy(shelter="galilea", available={"mix": 2}))
    ident = night.arrives(4, households=(Household(women=1, children={"5-11": 1}, count=2),))
    held = night.lodges(ident)[0]
    first = night.picture.placements[held].households
    night.do(c.RecordDeparture(group=ident, people=2, outcome="left", destination="SLP", source="x", placement=held))
    again = night.plans(ident).parts[0].households
    assert (len(first), len(again)) == (1, 1)
    assert again != first


def test_a_plan_is_refused_when_the_places_are_gone_and_says_what_is_left(night: Night) -> None:
    first, second = night.arrives(30), night.arrives(30)
    plans = [night.plans(ident) for ident in (first, second)]
    night.do(c.ConfirmPlacement(group=first, plan=plans[0].plan))
    for part in plans[1].parts:
        kept = night.picture.shelters[part.shelter].committed
        night.do(c.ReportOccupancy(shelter=part.shelter, available={s: kept.get(s, 0) + 1 for s in part.beds}))
    refusal = night.refusal(c.ConfirmPlacement(group=second, plan=plans[1].plan))
    assert (refusal.code, refusal.details["wanted"]) == ("plan_out_of_date", plans[1].parts[0].people)
    left = {s: night.free(s) for s in night.picture.shelters}
    assert refusal.details["left_everywhere"] == sum(left.values())
    assert refusal.details["left"] < refusal.details["wanted"]


def test_a_plan_made_on_an_older_picture_takes_the_next_free_names(night: Night) -> None:
    ident = night.arrives(20)
    offer = plan_for(night.picture, c.ProposePlacement(group=ident), night.now)
    night.arrives(5)
    created = night.create(offer)
    assert created != offer.proposals[0].plan
    assert night.picture.plans[ident].plan == created
    assert not {part.id for part in night.picture.plans[ident].parts} & {part.id for part in offer.proposals[0].parts}


def test_a_plan_for_more_people_than_are_left_is_not_offered(night: Night) -> None:
    ident = night.arrives(20)
    offer = plan_for(night.picture, c.ProposePlacement(group=ident), night.now)
    night.do(c.SplitGroup(group=ident, people=12, reason="Siguen"))
    assert night.refusal(offer).code == "more_than_unplaced"


def test_a_plan_grown_too_small_says_how_many_are_left_over(night: Night) -> None:
    ident = night.arrives(20)
    offer = plan_for(night.picture, c.ProposePlacement(group=ident), night.now)
    night.do(c.RecordCount(group=ident, people=26, method="headcount", source="Brigada"))
    night.do(offer)
    assert night.picture.plans[ident].unplaced == 6


# --- the life of a placement -------------------------------------------------------------------------------------------


def test_a_confirmed_plan_holds_its_places_and_asks_each_house(night: Night) -> None:
    ident = night.arrives(40)
    plan = night.plans(ident)
    outcome = night.do(c.ConfirmPlacement(group=ident, plan=plan.plan))
    asked = {event.notice.place for event in outcome.events if isinstance(event, e.NoticeQueued)}
    assert asked >= {f"shelter:{shelter}" for shelter in placed(plan)}
    assert sum(night.picture.shelters[s].incoming for s in night.picture.shelters) == 40
    assert night.group(ident).unplaced == 0
    assert "en_traslado" in night.steps(ident)
    assert night.refusal(c.ConfirmPlacement(group=ident, plan=plan.plan)).code == "already_confirmed"


def test_only_part_of_a_plan_may_be_kept(night: Night) -> None:
    ident = night.arrives(60)
    plan = night.plans(ident)
    night.do(c.ConfirmPlacement(group=ident, plan=plan.plan, shelters=("galilea",)))
    assert night.group(ident).unplaced == 60 - placed(plan)["galilea"]
    assert (
        night.refusal(c.ConfirmPlacement(group=ident, plan=plan.plan, shelters=("posada",))).code
        == "nothing_to_confirm"
    )


def test_a_newer_plan_replaces_the_older_one(night: Night) -> None:
    ident = night.arrives(40)
    older = night.plans(ident)
    night.plans(ident)
    assert night.refusal(c.ConfirmPlacement(group=ident, plan=older.plan)).code == "plan_replaced"


def test_a_hold_nobody_answers_runs_out_and_frees_its_places(night: Night) -> None:
    ident = night.arrives(20)
    held = night.holds(ident)
    free = night.free("galilea")
    quiet = night.passes(minutes=89)
    assert not [event for event in quiet.events if isinstance(event, e.PlacementExpired)]
    outcome = night.passes(minutes=1)
    assert [event.placement for event in outcome.events if isinstance(event, e.PlacementExpired)] == sorted(held)
    assert night.group(ident).unplaced == 20
    assert night.free("galilea") + night.free("casa_dif") == 50 >= free
    assert "oferta_vencida" in {night.picture.notices[i].template for i in night.picture.notices}


def test_an_accepted_place_does_not_run_out(night: Night) -> None:
    ident = night.arrives(20)
    for held in night.holds(ident):
        night.do(c.AcceptPlacement(placement=held))
    night.passes(hours=3)
    assert night.group(ident).unplaced == 0


def test_thirty_are_expected_and_eighty_three_come(night: Night) -> None:
    ident = night.arrives(100)
    held = night.holds(ident, "galilea")[0]
    night.do(c.AcceptPlacement(placement=held), GALILEA)
    outcome = night.do(c.RecordPlacementArrival(placement=held, people=83), GALILEA)
    standing, group = night.picture.shelters["galilea"], night.group(ident)
    assert (night.picture.placements[held].people, standing.excess, standing.status, standing.free_total) == (
        30,
        53,
        "over",
        0,
    )
    assert (group.hosted, group.promised, group.unplaced) == (83, 83, 17)
    told = [event.notice for event in outcome.events if isinstance(event, e.NoticeQueued)]
    assert ("llegaron_mas", 30, 83) in {(n.template, n.facts.get("esperadas"), n.facts.get("llegaron")) for n in told}


def test_people_who_come_after_the_hold_ran_out_are_written_down(night: Night) -> None:
    ident = night.arrives(20)
    held = night.holds(ident, "galilea")
    night.passes(hours=3)
    came = night.picture.placements[held[0]].people
    night.do(c.RecordPlacementArrival(placement=held[0], people=came), GALILEA)
    assert night.group(ident).hosted == came


def test_places_kept_for_people_who_have_all_left_are_free_again(night: Night) -> None:
    ident = night.arrives(30)
    free = night.free("galilea")
    for held in night.holds(ident):
        night.do(c.AcceptPlacement(placement=held))
    gone = c.RecordDeparture(group=ident, people=30, outcome="left", destination="San Luis Potosí", source="x")
    night.do(replace(gone, people=29))
    assert night.free("galilea") == free - 30
    night.do(replace(gone, people=1))
    assert (night.free("galilea"), night.group(ident).promised) == (free, 0)


def test_nobody_is_lodged_under_a_report_that_was_annulled(night: Night) -> None:
    ident = night.arrives(5)
    held = night.holds(ident)[0]
    night.passes(hours=2)
    night.do(c.AnnulGroup(group=ident, reason="No venían"))
    assert night.refusal(c.RecordPlacementArrival(placement=held, people=5)).code == "group_not_open"


def test_people_who_come_after_their_agreed_stay_was_over_stay_by_the_house_s_rule(night: Night) -> None:
    held = night.holds(night.arrives(2), "galilea", "casa_dif")[0]
    night.do(c.AcceptPlacement(placement=held, until=night.now + timedelta(hours=1)))
    night.passes(hours=3)
    night.do(c.RecordPlacementArrival(placement=held, people=2))
    ends = night.picture.placements[held].ends_at
    assert ends is None or ends > night.now


def test_when_nobody_comes_the_places_are_free_again(night: Night) -> None:
    ident = night.arrives(20)
    held = night.holds(ident, "galilea")[0]
    night.do(c.RecordPlacementArrival(placement=held, people=0), GALILEA)
    assert (night.free("galilea"), night.group(ident).unplaced) == (30, 20)


def test_a_stay_ends_when_the_house_says_or_when_its_rule_does(night: Night) -> None:
    held = night.lodges(night.arrives(20), "galilea")[0]
    assert night.picture.placements[held].ends_at == night.now + timedelta(hours=72)
    thursday = night.now + timedelta(days=2)
    night.do(c.SetStayEnd(placement=held, until=thursday, source="SOLLEON-45"), GALILEA)
    assert night.picture.placements[held].ends_at == thursday
    assert night.refusal(c.SetStayEnd(placement=held, until=night.now)).code == "ends_before_it_starts"


def test_the_end_of_a_stay_is_told_a_day_ahead(night: Night) -> None:
    ident = night.arrives(20)
    for held in night.holds(ident):
        night.do(c.RecordPlacementArrival(placement=held, people=night.picture.placements[held].people))
        night.do(c.SetStayEnd(placement=held, until=night.now + timedelta(hours=60)))
    assert night.group(ident).unplaced == 0
    deadlines = night.picture.instances[f"{ident}/atencion_al_grupo"].snapshot.deadlines
    assert deadlines["alojados"] == night.now + timedelta(hours=60)
    outcome = night.passes(hours=61)
    missed = {event.state: event.due for event in outcome.events if isinstance(event, e.DeadlineMissed)}
    assert missed["alojados"] == night.now - timedelta(hours=1)


def test_a_stay_given_up_leaves_people_without_a_place(night: Night) -> None:
    ident = night.arrives(20)
    held = night.lodges(ident, "galilea")[0]
    people = night.picture.placements[held].people
    night.do(c.WithdrawPlacement(placement=held, reason="Cerró la casa"), SDH)
    assert (night.group(ident).unplaced, night.free("galilea")) == (20, 30)
    assert night.refusal(c.WithdrawPlacement(placement=held, reason="x")).details["status"] == "ended"
    assert people > 0


@pytest.mark.parametrize(
    "command",
    [
        c.AcceptPlacement(placement="p-0"), c.DeclinePlacement(placement="p-0", reason="x"),
        c.RecordPlacementArrival(placement="p-0", people=3), c.WithdrawPlacement(placement="p-0", reason="x"),
    ],
)  # fmt: skip
def test_a_placement_that_does_not_exist_is_refused(night: Night, command: c.Command) -> None:
    assert night.refusal(command).code == "unknown_placement"


def test_a_house_answers_only_for_itself(night: Night) -> None:
    held = night.holds(night.arrives(20), "galilea")[0]
    assert night.refusal(c.AcceptPlacement(placement=held), SAMARITANO).code == "not_your_place"
    night.do(c.AcceptPlacement(placement=held), GALILEA)
    assert night.refusal(c.AcceptPlacement(placement=held), GALILEA).code == "placement_moved_on"
