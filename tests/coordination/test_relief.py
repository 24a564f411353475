"""More came than there are beds: who has none is offered one elsewhere, and moves only by coming there."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from realm import GALILEA, SHELTERS, Night, opened, plain, replayed

from caravan import commands as c
from caravan import events as e
from caravan.basics import SYSTEM, Refusal
from caravan.coordination.asking import mending
from caravan.coordination.loop import Outcome
from caravan.coordination.placing import offered
from caravan.coordination.relieving import beds_lacking, beds_to_spare
from caravan.groups import Household, reconcile
from caravan.shelters.households import households_of
from caravan.shelters.joint import solve
from caravan.shelters.model import Places, Section, Shelter
from caravan.tasks import Notice

COECILLO = Shelter(
    id="coecillo", name="El Coecillo", kind="temporary", municipality="MX11020", town="León", agency="PC",
    position=SHELTERS[0].position, sections={"mix": Places(nominal=78)},
)  # fmt: skip
EIGHTY_THREE = (
    Household(women=1, men=1, children={"5-11": 2}, count=8),
    Household(women=1, children={"0-4": 1}, count=7),
    Household(men=1, count=37),
)


def only(night: Night, shelter: str, available: dict[Section, int]) -> None:
    """Every other house is full."""
    for other in SHELTERS:
        empty = available if other.id == shelter else dict.fromkeys(other.sections, 0)
        night.do(c.ReportOccupancy(shelter=other.id, available=empty))


def repair(night: Night) -> Outcome:
    """What the server does beside the turn as soon as a plan is upset."""
    question = mending(night.picture, night.now)
    assert question is not None
    return night.do(offered(night.picture, question, solve(question), night.now), SYSTEM)


def upset(night: Night) -> dict[str, str]:
    return {group: night.picture.upset[group].code for group in night.picture.upset}


def crowded(night: Night, people: int = 83, came: int = 83, **known: Any) -> tuple[str, str]:
    """A group of whom 30 are expected at Galilea and more come; every other house is full. The group and its placement."""
    only(night, "galilea", {"mix": 30})
    group = night.arrives(people, **known)
    [stay] = night.holds(group)
    night.do(c.RecordPlacementArrival(placement=stay, people=came), GALILEA)
    return group, stay


def opens(night: Night, places: int = 78) -> None:
    night.do(c.RegisterShelter(shelter=COECILLO))
    night.do(c.ReportOccupancy(shelter="coecillo", available={"mix": places}))


def lacking(night: Night, group: str) -> dict[str, int]:
    return beds_lacking(night.picture, night.group(group))


def notices(outcome: Outcome) -> dict[str, Notice]:
    return {event.notice.template: event.notice for event in outcome.events if isinstance(event, e.NoticeQueued)}


def test_who_has_no_bed_is_offered_one_elsewhere_and_nobody_moves_yet(night: Night) -> None:
    group, stay = crowded(night)
    opens(night)
    plan = night.plans(group)
    [part] = plan.parts
    assert (part.shelter, part.people, part.moves_from, plan.unplaced, plan.without_bed) == ("coecillo", 53, stay, 0, 0)
    assert part.why[0].details == {"shelter": "Casa Galilea", "people": 53}
    assert (night.group(group).hosted, night.picture.placements[stay].present) == (83, 83)
    assert night.picture.shelters["galilea"].excess == 53


def test_places_kept_for_those_who_may_move_count_them_once(night: Night) -> None:
    group, stay = crowded(night, people=100)
    opens(night)
    plan = night.plans(group)
    assert {(p.moves_from, p.people) for p in plan.parts} == {(stay, 53), (None, 17)}
    held = night.do(c.ConfirmPlacement(group=group, plan=plan.plan))
    known = night.group(group)
    assert (known.promised, known.hosted, known.unplaced) == (100, 83, 0)
    assert night.picture.shelters["coecillo"].incoming == 70
    assert lacking(night, group) == {}
    asked = notices(held)["mudanza"]
    assert (asked.place, asked.facts) == ("shelter:galilea", {"personas": 53, "albergue": "El Coecillo"})


def test_who_comes_leaves_the_first_house_in_the_same_breath_from_its_floor(night: Night) -> None:
    group, stay = crowded(night)
    opens(night)
    [held] = night.holds(group)
    came = night.do(c.RecordPlacementArrival(placement=held, people=53))
    galilea = night.picture.shelters["galilea"]
    assert (galilea.excess, galilea.occupied, galilea.available, galilea.status) == (0, 30, {"mix": 0}, "full")
    assert night.picture.shelters["coecillo"].free_total == 25
    origin, known = night.picture.placements[stay], night.group(group)
    assert (origin.present, origin.left, origin.beds) == (30, 53, {"mix": 30})
    assert (known.hosted, known.promised, known.unplaced, reconcile(known).unknown) == (83, 83, 0, 0)
    assert notices(came)["se_mudaron"].facts == {"personas": 53, "albergue": "El Coecillo"}
    assert plain(replayed(night.journal)) == plain(night.picture)


def test_who_does_not_want_to_move_stays_and_is_not_asked_again_by_the_program(night: Night) -> None:
    group, stay = crowded(night)
    opens(night)
    [held] = night.holds(group)
    night.do(c.RecordPlacementArrival(placement=held, people=40))
    assert (night.picture.placements[stay].present, lacking(night, group)) == (43, {stay: 13})
    assert (upset(night), mending(night.picture, night.now)) == ({}, None)
    assert sum(p.people for p in night.plans(group).parts) == 13


def test_all_of_them_stay(night: Night) -> None:
    group, stay = crowded(night)
    opens(night)
    [held] = night.holds(group)
    night.do(c.RecordPlacementArrival(placement=held, people=0))
    assert (lacking(night, group), upset(night), night.free("coecillo")) == ({stay: 53}, {}, 78)
    assert night.group(group).hosted == 83


def test_nothing_is_proposed_to_people_who_are_settled_unless_an_official_asks(night: Night) -> None:
    group, _ = crowded(night)
    opens(night)
    assert mending(night.picture, night.now) is None
    activation = night.group(group).activation
    assert night.refuses(c.ProposePlacement(activation=activation)).code == "everybody_placed"


def test_families_move_whole_and_no_child_is_supposed_to_be_alone(night: Night) -> None:
    group, _ = crowded(night, households=EIGHTY_THREE)
    opens(night)
    [part] = night.plans(group).parts
    known = households_of(night.group(group))
    assert sum(known[h].size for h in part.households) == 53
    stays = night.picture.placements_of(group)[0]
    assert not set(part.households) & set(stays.households)
    assert "uam" not in part.beds


def test_children_who_are_alone_are_in_no_offer_to_move(night: Night) -> None:
    only(night, "galilea", {"mix": 30})
    group = night.arrives(43, unaccompanied=3)
    held = night.holds(group, "galilea")[0]
    night.do(c.RecordPlacementArrival(placement=held, people=40), GALILEA)
    night.do(c.ReportOccupancy(shelter="casa_dif", available={"uam": 10, "fam": 10}))
    plan = night.plans(group)
    moved = [part for part in plan.parts if part.moves_from is not None]
    assert [(part.shelter, part.people, part.beds) for part in moved] == [("casa_dif", 10, {"fam": 10})]
    assert [(part.shelter, part.people) for part in plan.parts if part.moves_from is None] == [("casa_dif", 3)]


def test_where_nowhere_is_room_the_plan_says_how_many_lack_a_bed(night: Night) -> None:
    group, _ = crowded(night)
    plan = night.plans(group)
    assert (plan.parts, plan.unplaced, plan.without_bed) == ((), 0, 53)
    assert plan.lacking
    opens(night, 20)
    assert upset(night) == {group: "places_freed"}
    repair(night)
    plan = night.picture.plans[group]
    assert ([p.people for p in plan.parts], plan.without_bed) == ([20], 33)


def test_beds_that_become_free_go_to_the_floor_and_the_offer_shrinks(night: Night) -> None:
    other, group = night.arrives(10), ""
    only(night, "galilea", {"mix": 30})
    [first] = night.lodges(other)
    group = night.arrives(73)
    [stay] = night.holds(group)
    night.do(c.RecordPlacementArrival(placement=stay, people=73), GALILEA)
    opens(night)
    assert [p.people for p in night.plans(group).parts] == [53]
    old = night.picture.plans[group].plan
    night.do(c.RecordDeparture(group=other, people=10, outcome="left", destination="SLP", source="x", placement=first))
    assert (lacking(night, group), upset(night)) == ({stay: 43}, {group: "places_freed"})
    refusal = night.refusal(c.ConfirmPlacement(group=group, plan=old))
    assert (refusal.code, refusal.details["left"]) == ("fewer_without_bed", 43)
    repair(night)
    assert [p.people for p in night.picture.plans[group].parts] == [43]


def test_places_nobody_needs_any_more_are_named_and_given_back_by_a_person(night: Night) -> None:
    group, stay = crowded(night)
    opens(night)
    [held] = night.holds(group)
    gone = c.RecordDeparture(group=group, people=60, outcome="left", destination="SLP", source="x", placement=stay)
    outcome = night.do(gone)
    assert notices(outcome)["mudanza_de_mas"].facts["personas"] == 53
    assert beds_to_spare(night.picture, night.picture.placements[stay]) == 53
    assert night.picture.placements[held].status == "held"
    back = night.do(c.WithdrawPlacement(placement=held, reason="Ya tienen cama"))
    said = notices(back)["oferta_retirada"]
    assert (said.to, said.place, said.facts) == ("PC", "shelter:coecillo", {"personas": 53})
    assert (night.free("coecillo"), upset(night)) == (78, {})


def test_a_house_that_says_no_to_them_is_followed_by_the_next(night: Night) -> None:
    group, stay = crowded(night)
    opens(night)
    [held] = night.holds(group)
    night.do(c.ReportOccupancy(shelter="samaritano", available={"fam": 20, "men": 20}))
    night.do(c.DeclinePlacement(placement=held, reason="Sin agua"))
    assert upset(night) == {group: "offer_declined"}
    repair(night)
    plan = night.picture.plans[group]
    assert {(p.shelter, p.moves_from) for p in plan.parts} == {("samaritano", stay)}


def test_places_kept_for_those_who_may_move_that_are_gone_are_looked_for_again(night: Night) -> None:
    group, stay = crowded(night)
    opens(night)
    [held] = night.holds(group)
    night.do(c.ReportOccupancy(shelter="coecillo", available={"mix": 10}))
    assert upset(night) == {group: "fewer_places"}
    repair(night)
    plan = night.picture.plans[group]
    assert (plan.replaces, [(p.people, p.moves_from) for p in plan.parts], plan.without_bed) == (
        (held,),
        [(10, stay)],
        43,
    )
    outcome = night.do(c.ConfirmPlacement(group=group, plan=plan.plan))
    assert notices(outcome)["oferta_retirada"].facts == {"personas": 53}
    assert (lacking(night, group), len(night.picture.short)) == ({stay: 43}, 0)


def test_when_the_first_house_is_given_up_the_kept_places_are_theirs_like_any_other(night: Night) -> None:
    group, stay = crowded(night)
    opens(night)
    night.holds(group)
    night.do(c.WithdrawPlacement(placement=stay, reason="Cerró la casa"))
    known = night.group(group)
    assert (known.hosted, known.promised, known.unplaced) == (0, 53, 30)


def test_a_house_that_says_it_is_full_still_has_people_on_its_floor(night: Night) -> None:
    group, stay = crowded(night)
    night.do(c.ReportOccupancy(shelter="galilea", available={"mix": 0}), GALILEA)
    assert (lacking(night, group), night.picture.shelters["galilea"].occupied) == ({stay: 53}, 83)
    night.do(c.ReportOccupancy(shelter="galilea", occupied=60), GALILEA)
    assert lacking(night, group) == {stay: 30}
    night.do(c.ReportOccupancy(shelter="galilea", available={"mix": 4}), GALILEA)
    assert lacking(night, group) == {}


def test_people_in_places_for_emergencies_have_a_bed(night: Night) -> None:
    house = replace(SHELTERS[0], sections={"mix": Places(nominal=30, surge=12)})
    night.do(c.RegisterShelter(shelter=house))
    group, stay = crowded(night)
    assert lacking(night, group) == {stay: 41}


def test_the_alarm_says_how_many_have_no_bed_and_where_there_is_room(night: Night) -> None:
    opens(night)
    only(night, "galilea", {"mix": 30})
    group = night.arrives(83)
    held = night.holds(group, "galilea", pins={"*": "galilea"})[0]
    outcome = night.do(c.RecordPlacementArrival(placement=held, people=83), GALILEA)
    facts = notices(outcome)["llegaron_mas"].facts
    assert (facts["sin_cama"], facts["hay_lugar"]) == (53, "El Coecillo 78")


def test_a_house_hears_that_it_need_not_keep_places_and_not_what_it_said_itself(night: Night) -> None:
    held = night.holds(night.arrives(20))[0]
    back = night.do(c.WithdrawPlacement(placement=held, reason="Se quedan juntos en otra casa"))
    assert notices(back)["oferta_retirada"].place == "shelter:galilea"
    held = night.holds(night.arrives(20), pins={"*": "galilea"})[0]
    nobody = night.do(c.RecordPlacementArrival(placement=held, people=0), GALILEA)
    assert "oferta_retirada" not in notices(nobody)


_ACTS = st.lists(
    st.tuples(
        st.sampled_from(("asked", "moved", "asked", "came", "left", "declined", "withdrawn", "told")),
        st.integers(0, 60),
    ),
    max_size=10,
)
# People who were there before, and places they leave.
_THERE, _FREE = {"galilea": 0, "coecillo": 38}, {"galilea": 30, "coecillo": 40}


@settings(max_examples=60, deadline=None, derandomize=True)
@given(acts=_ACTS, people=st.integers(30, 100), came=st.integers(1, 100))
def test_nobody_is_lost_and_nobody_counted_twice_whatever_happens(
    acts: list[tuple[str, int]], people: int, came: int
) -> None:
    night = opened()
    group, _ = crowded(night, people, came)
    opens(night, 40)
    told = False
    for act, number in [("asked", 0), *acts]:
        _act(night, group, act, number)
        told = told or act == "told"
        known, stays = night.group(group), night.picture.placements_of(group)
        assert known.hosted == sum(p.present for p in stays)
        assert known.promised == sum(p.counted for p in stays)
        found = reconcile(known)
        assert found.hosted + found.left + found.unknown == found.arrived
        for house in _FREE:
            standing, living = night.picture.shelters[house], list(night.picture.placements_in(house))
            assert standing.incoming == sum(sum(p.beds.values()) for p in living if p.status in ("held", "accepted"))
            if not told:  # what a house tells stands, whatever was known before
                taken = sum(sum(p.beds.values()) for p in living if p.present)
                assert sum((standing.available or {}).values()) == _FREE[house] - taken
                assert standing.occupied == _THERE[house] + sum(p.present for p in living)
                assert standing.excess == sum(p.present for p in living) - taken
    assert plain(replayed(night.journal)) == plain(night.picture)


def _act(night: Night, group: str, act: str, number: int) -> None:
    """One thing that may happen, where it can."""
    stays = night.picture.placements_of(group)
    waiting = [p for p in stays if p.status in ("held", "accepted")]
    here = [p for p in stays if p.present]
    try:
        if act == "asked":
            night.holds(group)
        elif act in ("came", "moved") and waiting:
            some = [p for p in waiting if (p.moves_from is not None) == (act == "moved")] or waiting
            night.do(c.RecordPlacementArrival(placement=some[0].id, people=number))
        elif act == "declined" and waiting:
            night.do(c.DeclinePlacement(placement=waiting[-1].id, reason="No hay agua"))
        elif act == "withdrawn" and stays:
            night.do(c.WithdrawPlacement(placement=stays[number % len(stays)].id, reason="Otra casa"))
        elif act == "left" and here:
            gone = min(number, here[0].present)
            night.do(
                c.RecordDeparture(
                    group=group, people=max(1, gone), outcome="left", destination="SLP", source="x", placement=here[0].id
                )
            )  # fmt: skip
        elif act == "told":
            night.do(c.ReportOccupancy(shelter="galilea", available={"mix": number % 5}), GALILEA)
    except Refusal:
        pass


def test_children_alone_for_whom_the_dif_has_no_bed_after_all_are_never_sent_among_adults(night: Night) -> None:
    only(night, "casa_dif", {"uam": 3})
    group = night.arrives(3, unaccompanied=3)
    [stay] = night.holds(group)
    night.do(c.ReportOccupancy(shelter="casa_dif", available={"uam": 0}))
    night.do(c.RecordPlacementArrival(placement=stay, people=3))
    opens(night)
    assert (night.picture.placements[stay].present, dict(night.picture.placements[stay].beds)) == (3, {})
    assert lacking(night, group) == {}
