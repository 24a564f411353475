"""Rations: told by kitchens, asked for groups, cancelled, served."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace
from realm import BRIGADE, CELAYA, COOK, Night, plain, replayed

from caravan import commands as c
from caravan import events as e
from caravan.coordination.hunger import FoodService, food_of, food_until, next_service, orders_of, plates, special_diets
from caravan.coordination.loop import Outcome
from caravan.groups import Composition, Household
from caravan.kitchens import Kitchen, MealOrder

MEXICO = ZoneInfo("America/Mexico_City")
TONIGHT = date(2023, 5, 15)


def asked(night: Night, group: str) -> list[MealOrder]:
    return orders_of(night.picture, group)


@pytest.mark.parametrize(
    ("hour", "day", "service"),
    [
        (9, 15, "breakfast"),
        (10, 15, "lunch"),
        (15, 15, "lunch"),
        (16, 15, "dinner"),
        (21, 15, "dinner"),
        (22, 16, "breakfast"),
    ],
)
def test_the_next_service_is_one_that_can_still_be_asked_for(hour: int, day: int, service: str) -> None:
    local = datetime(2023, 5, 15, hour, 30, tzinfo=MEXICO)
    assert next_service(local.astimezone(UTC), MEXICO) == (date(2023, 5, day), service)


def test_everybody_of_a_group_gets_a_ration_where_they_are(night: Night) -> None:
    ident = night.arrives(40)
    night.lodges(ident, "galilea")
    hosted = night.group(ident).hosted
    night.do(c.OrderMeals(group=ident))
    by_place = {order.place: order.rations for order in asked(night, ident)}
    assert by_place == {"shelter:galilea": hosted, "station:leon": 40 - hosted}
    assert {(order.kitchen, order.day, order.service) for order in asked(night, ident)} == {
        ("trigo", TONIGHT, "dinner")
    }


def test_rations_nobody_has_are_said_to_be_lacking(night: Night) -> None:
    ident = night.arrives(83)
    outcome = night.do(c.OrderMeals(group=ident))
    lacking = [event for event in outcome.events if isinstance(event, e.MealsLacking)]
    assert [(event.rations, event.service, event.day) for event in lacking] == [(23, "dinner", TONIGHT)]
    assert night.picture.kitchens["trigo"].free(TONIGHT, "dinner") == 0


def test_a_kitchen_that_never_said_what_it_has_is_asked_for_nothing(night: Night) -> None:
    assert night.picture.kitchens["banco"].free(TONIGHT, "dinner") is None
    ident = night.arrives(83)
    night.do(c.OrderMeals(group=ident))
    night.do(c.ReportRations(kitchen="banco", rations={"dinner": 2000}))
    night.do(c.OrderMeals(group=ident))
    assert {(order.kitchen, order.rations) for order in asked(night, ident)} == {("trigo", 60), ("banco", 23)}


def test_nobody_is_asked_for_twice_for_one_service(night: Night) -> None:
    ident = night.arrives(30)
    night.do(c.OrderMeals(group=ident))
    assert night.refusal(c.OrderMeals(group=ident)).code == "nobody_to_feed"
    night.do(c.OrderMeals(group=ident, day=TONIGHT + timedelta(days=1), service="dinner"))
    assert [order.rations for order in asked(night, ident)] == [30, 30]


def test_a_day_that_is_over_is_not_asked_for(night: Night) -> None:
    ident = night.arrives(30)
    assert night.refusal(c.OrderMeals(group=ident, day=TONIGHT - timedelta(days=1))).code == "in_the_past"


def test_of_a_cancelled_order_the_coordination_hears(night: Night) -> None:
    ident = night.arrives(30)
    night.do(c.OrderMeals(group=ident))
    order = asked(night, ident)[0]
    night.do(c.AcceptMeals(order=order.id), COOK)
    outcome = night.do(c.CancelMeals(order=order.id, reason="Sin gas"), COOK)
    told = [event.notice for event in outcome.events if isinstance(event, e.NoticeQueued)]
    assert ("SDH", "comida_cancelada") in {(notice.to, notice.template) for notice in told}
    assert [each.status for each in asked(night, ident)] == ["cancelled"]


def test_food_that_was_served_is_what_the_protocol_waits_for(night: Night) -> None:
    ident = night.arrives(30)
    night.do(c.OrderMeals(group=ident))
    order = asked(night, ident)[0]
    night.do(c.RecordMealsServed(order=order.id, rations=28), COOK)
    served = night.picture.orders[order.id]
    assert (served.status, served.served, served.rations) == ("served", 28, 30)
    assert night.group(ident).fed_at == night.now
    assert "primera_comida" not in night.steps(ident)
    assert night.refusal(c.RecordMealsServed(order=order.id, rations=28), COOK).code == "order_moved_on"


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (c.ReportRations(kitchen="fonda", rations={"dinner": 3}), "unknown_kitchen"),
        (c.ReportRations(kitchen="trigo", rations={}), "one_figure"),
        (c.AcceptMeals(order="m-0"), "unknown_order"),
        (c.OrderMeals(group="g-0"), "unknown_group"),
    ],
)
def test_what_does_not_exist_is_not_asked_for(night: Night, command: c.Command, code: str) -> None:
    assert night.refusal(command).code == code


def test_a_kitchen_that_tells_one_service_keeps_the_figures_of_the_others(night: Night) -> None:
    night.do(c.ReportRations(kitchen="trigo", rations={"breakfast": 100}), COOK)
    assert night.picture.kitchens["trigo"].rations == {"breakfast": 100, "dinner": 60}


# --- one plan for everybody ------------------------------------------------------------------------------------------


def food(night: Night, day: date, service: str) -> FoodService:
    return next(one for one in food_of(night.picture, day, night.now) if one.service == service)


def tables_at(night: Night, service: str = "dinner", day: date = TONIGHT) -> dict[tuple[str, str], tuple[int, int]]:
    """People and rations ordered, by place and diet."""
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for t in food(night, day, service).tables:
        people, asked = found.get((t.place, t.diet), (0, 0))
        found[t.place, t.diet] = people + t.people, asked + t.asked
    return found


def told(outcome: Outcome, template: str) -> list[tuple[str, str | None, object]]:
    """Whom a notice went to, about which place, with how many rations."""
    notices = [event.notice for event in outcome.events if isinstance(event, e.NoticeQueued)]
    return [(n.to, n.place, n.facts.get("raciones")) for n in notices if n.template == template]


def test_one_plan_feeds_two_groups_where_each_alone_would_leave_the_other_hungry(night: Night) -> None:
    """Samaritano's kitchen reaches only Celaya; the one in León reaches both and must not be spent where the other could serve."""
    night.do(c.RegisterKitchen(kitchen=Kitchen(
        id="celaya", name="Cocina de Celaya", municipality="MX11007", town="Celaya", position=CELAYA, rations={"dinner": 30},
        reach_km=5,
    )))  # fmt: skip
    in_leon, in_celaya = night.arrives(60), night.arrives(30, station="celaya")
    night.do(c.PlanMeals(service="dinner"))
    assert tables_at(night) == {("station:leon", "standard"): (60, 60), ("station:celaya", "standard"): (30, 30)}
    assert {(o.kitchen, o.rations) for g in (in_leon, in_celaya) for o in asked(night, g)} == {
        ("trigo", 60),
        ("celaya", 30),
    }


def test_a_second_plan_orders_nothing_twice(night: Night) -> None:
    ident = night.arrives(40)
    night.do(c.PlanMeals(service="dinner"))
    assert night.refusal(c.PlanMeals(service="dinner")).code == "all_meals_ordered"
    assert [order.rations for order in asked(night, ident)] == [40]


def test_what_is_missing_is_said_once_with_its_reason_and_taken_back_once_it_is_there(night: Night) -> None:
    night.arrives(83)
    outcome = night.do(c.PlanMeals(service="dinner"))
    lacking = [event for event in outcome.events if isinstance(event, e.MealsLacking)]
    assert [(x.rations, x.place, x.because and x.because.code) for x in lacking] == [
        (23, "station:leon", "kitchens_full")
    ]
    assert night.refusal(c.PlanMeals(service="dinner")).code == "all_meals_ordered"
    night.do(c.ReportRations(kitchen="banco", rations={"dinner": 50}))
    outcome = night.do(c.PlanMeals(service="dinner"))
    assert [event.rations for event in outcome.events if isinstance(event, e.MealsLacking)] == [0]
    assert food(night, TONIGHT, "dinner").missing == 0


def test_the_plan_of_a_whole_day_covers_only_what_can_still_be_asked_for(night: Night) -> None:
    ident = night.arrives(10)
    night.do(c.ReportRations(kitchen="trigo", rations={"breakfast": 20, "lunch": 20}))
    night.do(c.PlanMeals())
    assert {(o.day, o.service) for o in asked(night, ident)} == {(TONIGHT, "dinner")}
    night.do(c.PlanMeals(day=TONIGHT + timedelta(days=1)))
    assert {o.service for o in asked(night, ident)} == {"breakfast", "lunch", "dinner"}
    assert night.refusal(c.PlanMeals(day=TONIGHT - timedelta(days=1))).code == "in_the_past"


def test_people_of_a_house_who_are_in_no_group_eat_with_the_group_that_sleeps_there(night: Night) -> None:
    ident = night.arrives(30)
    night.lodges(ident, "galilea")
    night.do(c.ReportOccupancy(shelter="galilea", occupied=34))
    night.do(c.PlanMeals(service="dinner"))
    assert tables_at(night) == {("shelter:galilea", "standard"): (34, 34)}
    of_the_house = [o for o in night.picture.orders.values() if o.group is None]
    assert [(o.rations, o.place) for o in of_the_house] == [(4, "shelter:galilea")]
    night.do(c.AcceptMeals(order=of_the_house[0].id), COOK)
    night.do(c.RecordMealsServed(order=of_the_house[0].id, rations=4), COOK)
    assert night.picture.orders[of_the_house[0].id].served == 4


# --- diets -----------------------------------------------------------------------------------------------------------


def test_babies_are_asked_formula_only_of_a_kitchen_that_has_some(night: Night) -> None:
    ident = night.arrives(20, needs={"infant": 2, "no_pork": 5, "soft_food": 1})
    outcome = night.do(c.OrderMeals(group=ident))
    missing = {
        x.diet: (x.rations, x.because and x.because.code) for x in outcome.events if isinstance(x, e.MealsLacking)
    }
    assert missing == {d: (n, "no_kitchen_cooks_diet") for d, n in (("infant", 2), ("no_pork", 5), ("soft", 1))}
    night.do(c.ReportRations(kitchen="trigo", per_diet={"dinner": {"infant": 1, "no_pork": 9, "soft": 3}}), COOK)
    night.do(c.PlanMeals(service="dinner"))
    assert {(o.diet, o.rations) for o in asked(night, ident)} == {
        ("standard", 12), ("infant", 1), ("no_pork", 5), ("soft", 1)
    }  # fmt: skip
    assert night.picture.kitchens["trigo"].offer(TONIGHT, "dinner", {}).per_diet == {
        "infant": 0,
        "no_pork": 4,
        "soft": 2,
    }


@pytest.mark.parametrize(
    ("known", "diets"),
    [
        ({}, {"infant": 0, "no_pork": 0, "soft": 0}),
        ({"composition": Composition(f={"0-4": 4}, m={"0-4": 2})}, {"infant": 2, "no_pork": 0, "soft": 0}),
        (
            {"households": (Household(women=1, children={"0-4": 1}, needs=("infant", "no_pork"), count=3),)},
            {"infant": 3, "no_pork": 3, "soft": 0},
        ),
        ({"needs": {"infant": 1}, "composition": Composition(f={"0-4": 9})}, {"infant": 1, "no_pork": 0, "soft": 0}),
    ],
)
def test_what_people_eat_is_what_is_known_of_them(night: Night, known: dict[str, Any], diets: dict[str, int]) -> None:
    assert special_diets(night.group(night.arrives(30, **known))) == diets


def test_the_diets_of_a_group_are_shared_out_among_the_places_where_it_is(night: Night) -> None:
    ident = night.arrives(40, needs={"no_pork": 8})
    night.lodges(ident, "galilea")
    there = night.group(ident).hosted
    found = plates(night.picture, night.group(ident))
    assert sum(found.values()) == 40
    assert found["shelter:galilea", "no_pork"] + found["station:leon", "no_pork"] == 8
    assert found["shelter:galilea", "no_pork"] == round(8 * there / 40)


# --- hours and reach -------------------------------------------------------------------------------------------------


def test_food_that_comes_after_the_service_is_not_ordered(night: Night) -> None:
    night.do(c.ReportRations(kitchen="trigo", delivers={"dinner": ("23:30", "23:50")}), COOK)
    ident = night.arrives(10)
    outcome = night.do(c.OrderMeals(group=ident))
    assert [x.because and x.because.code for x in outcome.events if isinstance(x, e.MealsLacking)] == [
        "no_kitchen_delivers_in_time"
    ]
    night.do(c.ReportRations(kitchen="trigo", delivers={"dinner": ("19:00", "20:00")}), COOK)
    night.do(c.OrderMeals(group=ident))
    assert [order.rations for order in asked(night, ident)] == [10]
    backwards = c.ReportRations(kitchen="trigo", delivers={"dinner": ("20:00", "19:00")})
    assert night.refusal(backwards, COOK).code == "hours_backwards"


# --- a kitchen that cannot, people who go ----------------------------------------------------------------------------


def test_a_kitchen_that_calls_the_day_off_is_replaced_in_the_same_turn_and_all_hear_of_it(night: Night) -> None:
    ident = night.arrives(30)
    night.lodges(ident, "galilea")
    night.do(c.PlanMeals(service="dinner"))
    night.do(c.ReportRations(kitchen="banco", rations={"dinner": 20}))
    outcome = night.do(c.CancelKitchenDay(kitchen="trigo", day=TONIGHT, reason="Sin gas"), COOK)
    assert {(o.kitchen, o.rations, o.status) for o in asked(night, ident)} == {
        ("trigo", 30, "cancelled"),
        ("banco", 20, "ordered"),
    }
    assert [event.rations for event in outcome.events if isinstance(event, e.MealsLacking)] == [10]
    assert told(outcome, "raciones") == [("COMEDOR", "kitchen:banco", 20)]
    assert told(outcome, "comida_cambia") == [("ALBERGUE", "shelter:galilea", 30)]
    assert ("SDH", "kitchen:trigo", 30) in told(outcome, "comida_cancelada")
    assert night.picture.kitchens["trigo"].free(TONIGHT, "dinner") == 0
    again = c.CancelKitchenDay(kitchen="trigo", day=TONIGHT, reason="Sin gas")
    assert night.refusal(again, COOK).code == "nothing_to_cancel"
    night.do(c.ReportRations(kitchen="trigo", rations={"dinner": 40}), COOK)
    assert night.picture.kitchens["trigo"].free(TONIGHT, "dinner") == 40
    assert replayed(night.journal).kitchens["trigo"] == night.picture.kitchens["trigo"]


def test_what_is_called_off_when_it_is_too_late_to_ask_others_is_said_to_be_missing(night: Night) -> None:
    ident = night.arrives(30)
    night.do(c.PlanMeals(service="dinner"))
    night.do(c.ReportRations(kitchen="banco", rations={"dinner": 50}))
    night.passes(hours=2.5)
    outcome = night.do(c.CancelMeals(order=asked(night, ident)[0].id, reason="Se quemó"), COOK)
    assert [x.because and x.because.code for x in outcome.events if isinstance(x, e.MealsLacking)] == [
        "too_late_to_ask"
    ]
    assert [o.kitchen for o in asked(night, ident)] == ["trigo"]


def test_another_kitchens_cook_may_not_call_it_off(night: Night) -> None:
    assert night.refusal(c.CancelKitchenDay(kitchen="banco", day=TONIGHT, reason="x"), COOK).code == "not_your_place"
    assert night.refusal(c.PlanMeals(), COOK).code == "not_yours_to_do"
    assert night.refusal(c.CancelKitchenDay(kitchen="fonda", day=TONIGHT, reason="x")).code == "unknown_kitchen"


def test_food_follows_the_people_who_moved_from_the_station_to_a_shelter(night: Night) -> None:
    ident = night.arrives(30)
    night.do(c.PlanMeals(service="dinner"))
    night.lodges(ident, "galilea")
    moved = food(night, TONIGHT, "dinner").moves
    there = night.group(ident).hosted
    assert [(m.place, m.rations) for m in moved] == [("shelter:galilea", there)]
    command = c.TransferMeals(order=moved[0].order, place="shelter:galilea", rations=there, group=ident)
    outcome = night.do(command)
    assert told(outcome, "raciones_movidas") == [
        ("COMEDOR", "kitchen:trigo", there),
        ("ALBERGUE", "shelter:galilea", there),
    ]
    assert tables_at(night)["shelter:galilea", "standard"] == (there, there)
    assert night.picture.kitchens["trigo"].free(TONIGHT, "dinner") == 30
    assert night.refusal(command).code in ("order_moved_on", "more_than_ordered", "not_missing_there")
    assert plain(replayed(night.journal).orders) == plain(night.picture.orders)


def test_a_plan_moves_what_is_too_much_before_it_orders_more(night: Night) -> None:
    ident = night.arrives(30)
    night.do(c.PlanMeals(service="dinner"))
    night.lodges(ident, "galilea")
    outcome = night.do(c.PlanMeals(service="dinner"))
    assert not [event for event in outcome.events if isinstance(event, e.MealsOrdered)]
    assert all(people == rations for people, rations in tables_at(night).values())


def test_food_of_people_who_left_is_taken_back_at_once(night: Night) -> None:
    ident = night.arrives(30)
    night.do(c.PlanMeals(service="dinner"))
    outcome = night.do(
        c.RecordDeparture(group=ident, people=12, outcome="left", destination="Querétaro", source="La brigada"), BRIGADE
    )
    assert told(outcome, "menos_raciones") == [("COMEDOR", "kitchen:trigo", 12)]
    assert [(o.rations, o.status) for o in asked(night, ident)] == [(18, "ordered")]
    night.do(
        c.RecordDeparture(group=ident, people=18, outcome="left", destination="Querétaro", source="La brigada"), BRIGADE
    )
    assert [(o.rations, o.status) for o in asked(night, ident)] == [(0, "cancelled")]
    assert night.picture.kitchens["trigo"].free(TONIGHT, "dinner") == 60


def test_food_of_people_who_left_waits_for_the_official_where_others_lack_it(night: Night) -> None:
    first, second = night.arrives(60), night.arrives(20)
    night.do(c.PlanMeals(service="dinner"))
    outcome = night.do(
        c.RecordDeparture(group=first, people=30, outcome="left", destination="Querétaro", source="La brigada"), BRIGADE
    )
    assert [event.rations for event in outcome.events if isinstance(event, e.MealsReduced)] == [50]
    assert [(m.group, m.rations) for m in food(night, TONIGHT, "dinner").moves] == [(second, 20)]
    night.do(c.PlanMeals(service="dinner"))
    assert sum(o.rations for o in asked(night, first)) == 30 and sum(o.rations for o in asked(night, second)) == 20


def test_nobody_to_feed_is_said(night: Night) -> None:
    assert night.refusal(c.PlanMeals()).code == "nobody_to_feed"


def test_food_lasts_until_the_last_day_that_is_ordered_for_everybody(night: Night) -> None:
    ident = night.arrives(20)
    night.lodges(ident, "galilea")
    assert food_until(night.picture, "shelter:galilea", night.now, MEXICO) is None
    night.do(c.ReportRations(kitchen="trigo", rations={"breakfast": 60, "lunch": 60}))
    night.do(c.PlanMeals())
    assert food_until(night.picture, "shelter:galilea", night.now, MEXICO) == TONIGHT
    night.do(c.PlanMeals(day=TONIGHT + timedelta(days=1)))
    assert food_until(night.picture, "shelter:galilea", night.now, MEXICO) == TONIGHT + timedelta(days=1)


def test_no_more_is_sent_than_was_ordered_and_only_where_it_is_missing(night: Night) -> None:
    first, second = night.arrives(30), night.arrives(40)
    night.do(c.PlanMeals(service="dinner"))
    order = asked(night, first)[0]
    night.lodges(first, "galilea")
    send = c.TransferMeals(order=order.id, place="station:leon", rations=31, group=second)
    assert night.refusal(send).code == "more_than_ordered"
    assert night.refusal(replace(send, rations=11)).code == "not_missing_there"
    assert night.refusal(replace(send, rations=1, place="shelter:samaritano")).code == "not_missing_there"
    night.do(replace(send, rations=4))
    assert [(o.rations, o.moved_from) for o in asked(night, second)] == [(30, None), (4, order.id)]
    night.do(replace(send, rations=6))
    missing = {(t.place, t.group): t.missing for t in food(night, TONIGHT, "dinner").tables if t.people}
    assert missing == {("shelter:galilea", first): 30, ("station:leon", second): 0}


def test_a_group_that_is_over_eats_only_where_it_sleeps(night: Night) -> None:
    ident = night.arrives(40)
    night.lodges(ident, "galilea")
    there = night.group(ident).hosted
    assert sum(plates(night.picture, replace(night.group(ident), status="concluded")).values()) == there
    assert plates(night.picture, night.group(ident))["station:leon", "standard"] == 40 - there
