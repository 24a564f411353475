"""Rations: told by kitchens, asked for groups, cancelled, served."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from realm import COOK, Night

from caravan import commands as c
from caravan import events as e
from caravan.coordination.meals import next_service, orders_of
from caravan.kitchens import MealOrder

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


def test_a_cancelled_order_gives_its_rations_back_and_the_coordination_hears_of_it(night: Night) -> None:
    ident = night.arrives(30)
    night.do(c.OrderMeals(group=ident))
    order = asked(night, ident)[0]
    night.do(c.AcceptMeals(order=order.id), COOK)
    outcome = night.do(c.CancelMeals(order=order.id, reason="Sin gas"), COOK)
    assert night.picture.kitchens["trigo"].free(TONIGHT, "dinner") == 60
    told = [event.notice for event in outcome.events if isinstance(event, e.NoticeQueued)]
    assert ("SDH", "comida_cancelada") in {(notice.to, notice.template) for notice in told}
    night.do(c.OrderMeals(group=ident))
    assert [each.status for each in asked(night, ident)] == ["cancelled", "ordered"]


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
