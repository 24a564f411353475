"""Groups: reported, counted again, merged, split, annulled, gone."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from realm import BRIGADE, COMAR, INM, LEON, NIGHTFALL, Night, opened

from caravan import commands as c
from caravan import events as e
from caravan.groups import Composition, Household, Vehicle, reconcile
from caravan.stations import Station

_START = opened()


def test_station_people_and_who_says_so_are_enough_and_an_alert_opens(night: Night) -> None:
    ident = night.create(c.ReportArrival(station="leon", people=35, declared_by="Operador del autobús"), BRIGADE)
    group = night.group(ident)
    run = night.picture.activations[group.activation]
    assert (group.people, group.agency, group.arrived_at) == (35, "PC", night.now)
    assert (run.station, run.people, run.open_groups, run.unplaced) == ("leon", 35, 1, 35)
    assert night.picture.running_at("leon") == run.id
    assert "alerta" in night.steps(run.id)


def test_a_second_bus_joins_the_activation_of_its_station(night: Night) -> None:
    first, second = night.arrives(35), night.arrives(48)
    elsewhere = night.arrives(20, station="celaya")
    run = night.picture.activations[night.group(first).activation]
    assert night.group(second).activation == run.id != night.group(elsewhere).activation
    assert (run.people, run.open_groups, list(run.groups)) == (83, 2, [second, first])


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (c.ReportArrival(station="tula", people=5, declared_by="x"), "unknown_station"),
        (c.ReportArrival(station="leon", people=5, declared_by="x", asylum=6), "parts_exceed_people"),
        (c.ReportArrival(station="leon", people=5, declared_by="x", unaccompanied=6), "parts_exceed_people"),
        (
            c.ReportArrival(station="leon", people=5, declared_by="x", composition=Composition(f={"18-59": 6})),
            "parts_exceed_people",
        ),
        (c.ReportArrival(station="leon", people=5, declared_by="x", households=(Household(),)), "empty_household"),
        (
            c.ReportArrival(station="leon", people=5, declared_by="x", households=(Household(women=2, count=3),)),
            "parts_exceed_people",
        ),
        (
            c.ReportArrival(
                station="leon", people=5, declared_by="x",
                households=(Household(men=1, children={"12-17": 1}, unaccompanied=True),),
            ),
            "unaccompanied_with_adults",
        ),
        (c.ReportArrival(station="leon", people=5, declared_by="x", at=NIGHTFALL + timedelta(days=1)), "in_the_future"),
        (c.ReportArrival(station="leon", people=5, declared_by="x", activation="a-0"), "unknown_activation"),
    ],
)  # fmt: skip
def test_an_arrival_that_cannot_be_true_is_refused_and_leaves_no_trace(
    night: Night, command: c.Command, code: str
) -> None:
    assert night.refusal(command).code == code
    assert len(night.picture.groups) == len(night.picture.activations) == 0


def test_without_a_protocol_in_force_no_arrival_is_taken() -> None:
    night = Night()
    night.do(c.RegisterStation(station=Station(
        id="leon", name="Central de León", kind="bus", municipality="MX11020", town="León", position=LEON,
    )))  # fmt: skip
    assert night.refusal(c.ReportArrival(station="leon", people=5, declared_by="x")).code == "no_protocol_in_force"


def test_a_phone_whose_clock_runs_ahead_is_forgiven_and_writes_the_present(night: Night) -> None:
    ident = night.arrives(35, at=night.now + timedelta(minutes=8))
    assert night.group(ident).arrived_at == night.now


def test_a_count_is_kept_beside_the_others_and_the_strongest_speaks(night: Night) -> None:
    ident = night.arrives(100)
    night.do(c.RecordCount(group=ident, people=83, method="headcount", source="Casa Galilea"))
    night.passes(minutes=1)
    night.do(c.RecordCount(group=ident, people=35, method="press", source="AM-35"))
    group = night.group(ident)
    assert ([count.people for count in group.counts], group.people, group.disagreement) == (
        [100, 83, 35],
        83,
        (35, 100),
    )
    assert night.picture.activations[group.activation].people == 83


def test_a_count_of_one_of_two_buses_takes_back_nothing_that_is_known_of_both(night: Night) -> None:
    ident = night.arrives(80, composition=Composition(f={"18-59": 30}, m={"5-11": 6}), unaccompanied=3)
    zeros = {"0-4": 0, "5-11": 0, "12-17": 0}
    part = Composition(f={**zeros, "18-59": 10}, m={**zeros, "18-59": 30})  # pyright: ignore[reportArgumentType]
    count = c.RecordCount(
        group=ident, people=40, method="headcount", source="x", whole=False, composition=part, unaccompanied=0
    )
    night.do(count)
    assert (night.group(ident).children, night.group(ident).alone) == (6, 3)
    unknown = night.arrives(80)
    night.do(replace(count, group=unknown))
    assert (night.group(unknown).children, night.group(unknown).alone) == (None, None)


def test_children_found_in_one_of_two_buses_are_children_of_the_group(night: Night) -> None:
    ident = night.arrives(80, composition=Composition(f={"18-59": 80}))
    found = Composition(m={"12-17": 4})
    night.do(
        c.RecordCount(group=ident, people=40, method="headcount", source="x", whole=False, composition=found, unaccompanied=4)
    )  # fmt: skip
    assert (night.group(ident).children, night.group(ident).alone) == (4, 4)


def test_more_children_alone_than_people_are_not_counted(night: Night) -> None:
    count = c.RecordCount(group=night.arrives(10), people=10, method="headcount", source="x", unaccompanied=11)
    refusal = night.refusal(count)
    assert (refusal.code, refusal.field) == ("parts_exceed_people", "unaccompanied")


def test_children_alone_in_either_report_of_a_bus_are_alone_in_the_group_that_stays(night: Night) -> None:
    kept = night.arrives(35, unaccompanied=0, households=(Household(women=1, children={"0-4": 1}),))
    gone = night.arrives(35, households=(Household(children={"12-17": 2}, unaccompanied=True),))
    night.do(c.MergeGroups(group=gone, into=kept, reason="El mismo autobús"))
    assert night.group(kept).alone == 2


def test_a_family_with_a_place_keeps_it_when_its_bus_was_reported_twice(night: Night) -> None:
    siblings = (Household(children={"12-17": 2}, unaccompanied=True),)
    kept, gone = night.arrives(40, households=siblings), night.arrives(40, households=siblings)
    night.holds(gone, "casa_dif")
    night.do(c.MergeGroups(group=gone, into=kept, reason="El mismo autobús"))
    plan = night.plans(kept)
    assert plan.parts
    assert "uam" not in {section for part in plan.parts for section in part.beds}


def test_whoever_hears_of_an_asylum_wish_may_record_it_and_it_never_shrinks(night: Night) -> None:
    ident = night.arrives(35)
    night.do(c.RecordAsylumWish(group=ident, people=15), INM)
    assert night.do(c.RecordAsylumWish(group=ident, people=3), COMAR).events == ()
    assert night.group(ident).asylum == 15
    assert "por_avisar" in night.steps(ident)


def test_an_asylum_wish_is_taken_whatever_the_group_s_figure_and_after_its_care_is_over(night: Night) -> None:
    small = night.arrives(3)
    night.do(c.RecordAsylumWish(group=small, people=5), INM)
    assert night.group(small).asylum == 5
    gone = night.arrives(20)
    night.do(c.RecordDeparture(group=gone, people=20, outcome="left", destination="Jalisco", source="Brigada"))
    if night.group(gone).status == "open":
        night.do(c.SendEvent(group=gone, event="entregar_pendientes", payload={"constancia": "acta 1"}))
    assert night.group(gone).status == "concluded"
    told = night.do(c.RecordAsylumWish(group=gone, people=2), INM).events
    assert [fact.notice.to for fact in told if isinstance(fact, e.NoticeQueued)] == ["SDH", "COMAR"]


def test_children_split_off_alone_are_still_alone(night: Night) -> None:
    ident = night.arrives(20)
    part = night.create(c.SplitGroup(group=ident, people=4, reason="Van con el DIF", unaccompanied=4))
    assert night.group(part).alone == 4


def test_who_detains_is_never_registered_as_a_shelter(night: Night) -> None:
    station = replace(night.picture.shelters["galilea"].shelter, id="estacion", agency="INM")
    assert night.refusal(c.RegisterShelter(shelter=station)).code == "not_a_shelter"


def test_people_who_sleep_in_a_shelter_leave_through_the_shelter(night: Night) -> None:
    ident = night.arrives(10)
    (placement,) = night.lodges(ident)
    leaving = c.RecordDeparture(
        group=ident, people=1, outcome="left", destination="Jalisco", source="Brigada", placement=placement
    )
    assert night.refusal(leaving, BRIGADE).code == "not_your_place"


def test_two_reports_of_one_bus_become_one_group_with_both_counts(night: Night) -> None:
    first = night.arrives(35, asylum=2)
    second = night.arrives(
        82, method="headcount", asylum=5, entered_country=date(2023, 5, 1), vehicle=Vehicle(plate="ABC")
    )
    night.do(c.MergeGroups(group=second, into=first, reason="El mismo autobús"))
    kept, gone = night.group(first), night.group(second)
    run = night.picture.activations[kept.activation]
    assert (kept.people, kept.asylum, kept.entered_country) == (82, 5, date(2023, 5, 1))
    assert kept.vehicle == Vehicle(plate="ABC")
    assert (gone.status, gone.merged_into) == ("merged", first)
    assert (run.people, run.open_groups, run.unplaced, run.attended) == (82, 1, 82, 82)


def test_a_merged_group_takes_its_places_and_rations_with_it(night: Night) -> None:
    first, second = night.arrives(30), night.arrives(30)
    held = night.holds(second, "galilea")
    night.do(c.OrderMeals(group=second, service="dinner"))
    night.do(c.MergeGroups(group=second, into=first, reason="El mismo autobús"))
    kept, gone = night.group(first), night.group(second)
    assert (kept.placements, gone.placements) == (tuple(held), ())
    assert (kept.promised, kept.unplaced) == (night.picture.placements[held[0]].people, 30 - kept.promised)
    assert night.refusal(c.OrderMeals(group=first, service="dinner")).code == "nobody_to_feed"
    night.do(c.DeclinePlacement(placement=held[0], reason="Lleno"))
    assert night.group(first).unplaced == 30


def test_nothing_of_a_merged_or_annulled_group_falls_due_any_more(night: Night) -> None:
    stays, merged, annulled = night.arrives(35, asylum=4), night.arrives(35, asylum=4), night.arrives(20, asylum=1)
    night.do(c.MergeGroups(group=merged, into=stays, reason="El mismo autobús"))
    night.do(c.AnnulGroup(group=annulled, reason="No venían"))
    assert {task.group for i in night.picture.tasks if (task := night.picture.tasks[i]).group} == {stays}
    missed = [event for event in night.passes(days=40).events if isinstance(event, e.DeadlineMissed) and event.group]
    assert {event.group for event in missed} == {stays}


def test_groups_of_two_activations_are_not_merged_nor_a_group_with_itself(night: Night) -> None:
    here, there = night.arrives(35), night.arrives(35, station="celaya")
    assert night.refusal(c.MergeGroups(group=here, into=there, reason="x")).code == "other_activation"
    assert night.refusal(c.MergeGroups(group=here, into=here, reason="x")).code == "same_group"
    assert night.refusal(c.MergeGroups(group=here, into="g-0", reason="x")).code == "unknown_group"


def test_part_of_a_group_goes_its_own_way_and_nobody_is_lost(night: Night) -> None:
    ident = night.arrives(100)
    part = night.create(c.SplitGroup(group=ident, people=40, reason="Siguen a SLP"))
    run = night.picture.activations[night.group(ident).activation]
    assert (night.group(ident).people, night.group(part).people, night.group(part).origin) == (60, 40, ident)
    assert (run.people, run.open_groups, run.unplaced) == (100, 2, 100)
    assert night.steps(part) >= {"por_colocar"}


def test_a_split_at_the_very_minute_of_the_count_takes_the_people_out_of_it(night: Night) -> None:
    ident = night.arrives(100, at=night.now + timedelta(minutes=9))
    for people in (10, 20, 30):
        night.do(c.SplitGroup(group=ident, people=people, reason="Van aparte"))
    assert night.group(ident).people == 40


def test_parts_of_one_group_are_different_people_and_are_not_merged_as_one_bus(night: Night) -> None:
    ident = night.arrives(100)
    one, two = (night.create(c.SplitGroup(group=ident, people=20, reason="Van aparte")) for _ in range(2))
    for gone, into in ((ident, one), (one, two)):
        assert night.refusal(c.MergeGroups(group=gone, into=into, reason="x")).code == "same_group"


def test_only_people_without_a_place_are_split_off_and_somebody_stays(night: Night) -> None:
    ident = night.arrives(35)
    assert night.refusal(c.SplitGroup(group=ident, people=35, reason="x")).code == "split_leaves_nobody"
    held = night.holds(ident, "galilea")[0]
    unplaced = 35 - night.picture.placements[held].people
    assert night.refusal(c.SplitGroup(group=ident, people=unplaced + 1, reason="x")).details["unplaced"] == unplaced


def test_an_annulled_report_frees_its_places_and_rations_and_leaves_the_totals(night: Night) -> None:
    ident = night.arrives(35)
    night.lodges(ident, "galilea")
    night.holds(ident)
    night.do(c.OrderMeals(group=ident, service="dinner"))
    night.do(c.AnnulGroup(group=ident, reason="No venían"))
    run = night.picture.activations[night.group(ident).activation]
    assert (night.free("galilea"), night.free("casa_dif"), night.free("samaritano")) == (30, 20, 40)
    assert (run.people, run.open_groups, run.unplaced, run.attended) == (0, 0, 0, 0)
    assert all(order.status == "cancelled" for order in (night.picture.orders[i] for i in night.picture.orders))
    assert (
        night.refusal(c.RecordCount(group=ident, people=9, method="press", source="x")).details["status"] == "annulled"
    )


def test_a_brigade_does_not_annul_people_whom_a_house_expects(night: Night) -> None:
    ident = night.arrives(20)
    night.holds(ident)
    assert night.refusal(c.AnnulGroup(group=ident, reason="x"), BRIGADE).code == "not_yours_to_do"
    night.do(c.AnnulGroup(group=night.arrives(20), reason="Se anotó dos veces"), BRIGADE)


def test_people_who_leave_a_shelter_free_their_places_and_are_gone(night: Night) -> None:
    ident = night.arrives(30)
    held = night.lodges(ident, "galilea")[0]
    there = night.group(ident).hosted
    before = night.free("galilea")
    night.do(
        c.RecordDeparture(group=ident, people=8, outcome="hospital", destination="HMI", source="SUEG", placement=held)
    )
    group = night.group(ident)
    assert (night.free("galilea"), group.hosted, reconcile(group).hospital) == (before + 8, there - 8, 8)
    more = c.RecordDeparture(group=ident, people=there, outcome="left", destination="x", source="x", placement=held)
    assert night.refusal(more).details == {"people": there, "present": there - 8}


def test_a_placement_of_another_group_is_not_left_by_this_one(night: Night) -> None:
    held = night.lodges(night.arrives(20), "galilea")[0]
    other = night.arrives(20)
    departure = c.RecordDeparture(group=other, people=1, outcome="left", destination="x", source="x", placement=held)
    assert night.refusal(departure).code == "unknown_placement"


def test_the_last_one_is_out_only_when_nobody_is_in(night: Night) -> None:
    ident = night.arrives(35)
    held = night.holds(ident, "galilea")[0]
    night.do(c.RecordPlacementArrival(placement=held, people=83))
    leave = c.RecordDeparture(group=ident, people=40, outcome="left", destination="SLP", source="x", placement=held)
    night.do(leave)
    assert "alojados" in night.steps(ident)
    night.do(c.RecordDeparture(group=ident, people=43, outcome="left", destination="SLP", source="x", placement=held))
    assert night.group(ident).status == "concluded"
    assert (night.free("galilea"), night.picture.shelters["galilea"].excess) == (30, 0)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(st.integers(1, 150), st.lists(st.integers(1, 60), max_size=5), st.lists(st.integers(1, 60), max_size=3))
def test_splitting_and_leaving_keep_everybody_accounted_for(people: int, splits: list[int], exits: list[int]) -> None:
    night = Night(_START.picture, _START.now)
    ident = night.arrives(people)
    for part in splits:
        command = c.SplitGroup(group=ident, people=part, reason="Van aparte")
        if part < night.group(ident).people:
            night.do(command)
        else:
            night.refusal(command)
    run = night.picture.activations[night.group(ident).activation]
    assert (run.people, run.unplaced, run.attended) == (people, people, people)
    gone = 0
    for leaving in exits:
        stay = night.group(ident).remaining
        if night.group(ident).status == "concluded":
            assert stay == 0
            break
        night.do(c.RecordDeparture(group=ident, people=leaving, outcome="left", destination="SLP", source="Brigada"))
        gone += min(stay, leaving)
    assert night.picture.activations[run.id].people == people - gone


def test_a_mistaken_split_is_undone_and_nobody_is_lost(night: Night) -> None:
    ident = night.arrives(35)
    part = night.create(c.SplitGroup(group=ident, people=12, reason="Van por otro camino"))
    assert (night.group(ident).people, night.group(part).people) == (23, 12)
    assert night.refusal(c.MergeGroups(group=ident, into=part, reason="Fue un error")).code == "same_group"
    night.do(c.MergeGroups(group=part, into=ident, reason="Fue un error"))
    assert (night.group(ident).people, night.group(part).status) == (35, "merged")
    assert night.picture.activations[night.group(ident).activation].people == 35
