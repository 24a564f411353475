"""Who may ask for what, and for which place."""

from __future__ import annotations

import pytest
from realm import BRIGADE, COMAR, COOK, GALILEA, INM, KITCHENS, SAMARITANO, SDH, Night

from caravan import commands as c
from caravan.basics import SYSTEM, Actor
from caravan.coordination.authority import MAY
from caravan.coordination.turn import ANSWERS

BOUND = {"brigade": BRIGADE, "shelter": GALILEA, "kitchen": COOK, "agency": COMAR}


def test_every_command_is_answered_and_somebody_may_ask_for_it() -> None:
    asked_by_the_desk = {c.ProposePlacement}  # the desk turns it into the plan it found
    assert set(ANSWERS) == set(c.ALL) - asked_by_the_desk
    assert frozenset().union(*MAY.values()) == set(c.ALL)


def test_only_the_system_opens_a_realm_and_only_once(night: Night) -> None:
    command = c.OpenRealm(name="Otro", salt="otra-sal-para-ensayos")
    assert night.refusal(command, SDH).code == "not_yours_to_do"
    assert night.refusal(command, SYSTEM).code == "realm_is_open"


@pytest.mark.parametrize("role", BOUND)
def test_the_protocol_the_places_and_the_plans_are_the_coordination_s(night: Night, role: str) -> None:
    ident = night.arrives(30)
    for command in (
        c.SaveDraft(text="x"), c.ActivateProtocol(station="leon", reason="x"), c.MergeGroups(group=ident, into=ident, reason="x"),
        c.ConfirmPlacement(group=ident, plan="x"), c.RegisterKitchen(kitchen=KITCHENS[0]), c.OrderMeals(group=ident),
    ):  # fmt: skip
        assert night.refusal(command, BOUND[role]).code == "not_yours_to_do"


def test_inm_reports_no_arrival_and_asks_for_no_count(night: Night) -> None:
    ident = night.arrives(30)
    for command in (
        c.ReportArrival(station="leon", people=3, declared_by="INM"),
        c.RecordCount(group=ident, people=3, method="press", source="INM"),
    ):
        assert night.refusal(command, INM).code == "not_yours_to_do"


def test_a_brigade_writes_down_its_own_station_and_no_other(night: Night) -> None:
    here, there = night.arrives(30), night.arrives(30, station="celaya")
    for group, allowed in ((here, True), (there, False)):
        for command in (
            c.RecordCount(group=group, people=29, method="headcount", source="x"),
            c.RecordDeparture(group=group, people=2, outcome="left", destination="x", source="x"),
            c.SplitGroup(group=group, people=2, reason="x"),
            c.AnnulGroup(group=group, reason="x"),
        ):
            if allowed:
                night.do(command, BRIGADE)
            else:
                assert night.refusal(command, BRIGADE).code == "not_your_place"
    arrival = c.ReportArrival(station="celaya", people=3, declared_by="x")
    assert night.refusal(arrival, BRIGADE).code == "not_your_place"
    night.do(arrival, Actor(agency="PC", role="brigade"))


def test_a_shelter_writes_down_its_own_people_and_no_others(night: Night) -> None:
    ident = night.arrives(30)
    held = night.lodges(ident, "galilea")[0]
    leave = c.RecordDeparture(group=ident, people=2, outcome="left", destination="SLP", source="x", placement=held)
    assert night.refusal(leave, SAMARITANO).code == "not_your_place"
    assert night.refusal(
        c.RecordDeparture(group=ident, people=2, outcome="left", destination="x", source="x"), GALILEA
    ).code == ("not_your_place")
    night.do(leave, GALILEA)
    assert night.refusal(c.ReportOccupancy(shelter="galilea", occupied=3), SAMARITANO).code == "not_your_place"


def test_a_shelter_or_a_kitchen_account_without_a_place_is_nobody_s(night: Night) -> None:
    shelter, kitchen = Actor(agency="ALBERGUE", role="shelter"), Actor(agency="COMEDOR", role="kitchen")
    assert night.refusal(c.ReportOccupancy(shelter="galilea", occupied=3), shelter).code == "not_your_place"
    assert night.refusal(c.ReportRations(kitchen="trigo", rations={"dinner": 3}), kitchen).code == "not_your_place"


def test_a_shelter_and_a_brigade_move_the_steps_of_their_own_groups_only(night: Night) -> None:
    ident = night.arrives(30)
    night.lodges(ident, "galilea")
    leaving = c.SendEvent(group=ident, event="salida_cancelada")
    assert night.refusal(leaving, SAMARITANO).code == "not_your_place"
    assert night.refusal(leaving, GALILEA).code == "event_not_awaited"
    elsewhere = Actor(agency="MUNICIPIO", role="brigade", place="celaya")
    assert night.refusal(c.SendEvent(group=ident, event="equipo_en_sitio"), elsewhere).code == "not_your_place"
    here = Actor(agency="MUNICIPIO", role="brigade", place="leon")
    night.do(c.SendEvent(group=ident, event="equipo_en_sitio"), here)


def test_a_house_does_not_put_away_another_house_s_notice(night: Night) -> None:
    night.holds(night.arrives(30), "galilea")
    notices = (night.picture.notices[i] for i in night.picture.notices)
    asked = c.MarkNoticeSeen(
        notice=next(n.id for n in notices if (n.template, n.place) == ("oferta", "shelter:galilea"))
    )
    assert night.refusal(asked, SAMARITANO).code == "unknown_notice"
    night.do(asked, GALILEA)


def test_a_kitchen_answers_for_its_own_orders(night: Night) -> None:
    ident = night.arrives(30)
    night.do(c.OrderMeals(group=ident))
    order = night.picture.orders_in[ident][0]
    other = Actor(agency="COMEDOR", role="kitchen", place="banco")
    assert night.refusal(c.AcceptMeals(order=order), other).code == "not_your_place"
    night.do(c.AcceptMeals(order=order), COOK)


def test_everybody_may_tell_that_somebody_fears_to_go_back(night: Night) -> None:
    ident = night.arrives(30)
    for people, actor in enumerate((INM, COMAR, BRIGADE, GALILEA, COOK), 1):
        night.do(c.RecordAsylumWish(group=ident, people=people), actor)
    assert night.group(ident).asylum == 5
