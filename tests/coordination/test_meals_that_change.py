"""Food when things change: people who stay after their run is over, food that is not there, food that is not wanted any more."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from realm import BRIGADE, COOK, Night, plain, replayed

from caravan import commands as c
from caravan import events as e
from caravan.coordination.hunger import Table, food_of, food_until, orders_of, tables
from caravan.coordination.loop import Outcome
from caravan.kitchens import MealOrder

MEXICO = ZoneInfo("America/Mexico_City")
TONIGHT = date(2023, 5, 15)
TOMORROW = TONIGHT + timedelta(days=1)


def laid(night: Night) -> list[tuple[str, int, int, int]]:
    """Place, people, rations that are there or on their way, and what is missing, at tonight's dinner."""
    return [(t.place, t.people, t.asked, t.missing) for t in dinner(night)]


def dinner(night: Night) -> list[Table]:
    return tables(night.picture, TONIGHT, "dinner")


def orders(night: Night) -> list[tuple[str, int, str]]:
    """Of tonight's dinner, in the order they were made."""
    made = (night.picture.orders[ident] for ident in night.picture.orders_on["2023-05-15/dinner"])
    return [(order.kitchen, order.rations, order.status) for order in made]


def fed(night: Night, people: int, *shelters: str) -> tuple[str, MealOrder]:
    """A group, lodged there if somewhere, with its dinner ordered."""
    group = night.arrives(people)
    if shelters:
        night.lodges(group, *shelters)
    night.do(c.OrderMeals(group=group))
    return group, orders_of(night.picture, group)[0]


def lacking(outcome: Outcome) -> list[tuple[int, str | None]]:
    found = [event for event in outcome.events if isinstance(event, e.MealsLacking)]
    return [(event.rations, event.because.code if event.because else None) for event in found]


def told(outcome: Outcome, template: str) -> list[tuple[str, object]]:
    notices = [event.notice for event in outcome.events if isinstance(event, e.NoticeQueued)]
    return [(n.place or "", n.facts["raciones"]) for n in notices if n.template == template]


# --- a run that is over ------------------------------------------------------------------------------------------------


def dismissed(night: Night, group: str) -> None:
    activation = night.group(group).activation
    night.do(c.SendEvent(event="descartar", activation=activation, payload={"motivo": "Se resolvió"}))
    assert night.picture.activations[activation].closed


def test_whoever_still_sleeps_in_a_house_keeps_their_dinner_when_the_run_is_over(night: Night) -> None:
    group, _ = fed(night, 28, "galilea")
    night.arrives(6, station="celaya")
    dismissed(night, group)
    night.do(c.PlanMeals())
    assert orders(night)[0] == ("trigo", 28, "ordered")
    assert ("shelter:galilea", 28, 28, 0) in laid(night)


def test_a_day_is_planned_for_those_in_beds_though_no_run_is_open(night: Night) -> None:
    group = night.arrives(28)
    night.lodges(group, "galilea")
    dismissed(night, group)
    night.do(c.PlanMeals())
    assert laid(night) == [("shelter:galilea", 28, 28, 0)]


def test_those_of_a_run_that_is_over_who_sleep_nowhere_are_fed_no_more(night: Night) -> None:
    group = night.arrives(28)
    dismissed(night, group)
    assert night.refusal(c.PlanMeals()).code == "nobody_to_feed"


# --- food that does not come -------------------------------------------------------------------------------------------


def test_a_table_that_was_served_nothing_is_not_fed(night: Night) -> None:
    _, order = fed(night, 30)
    outcome = night.do(c.RecordMealsServed(order=order.id, rations=0), COOK)
    assert laid(night) == [("station:leon", 30, 0, 30)]
    assert lacking(outcome) == [(30, "no_kitchen_open")]
    assert told(outcome, "se_sirvio_menos") == [("kitchen:trigo", 30)]


def test_what_was_not_served_is_asked_of_others_while_there_is_time(night: Night) -> None:
    _, order = fed(night, 30)
    night.do(c.ReportRations(kitchen="banco", rations={"dinner": 50}))
    outcome = night.do(c.RecordMealsServed(order=order.id, rations=22), COOK)
    assert orders(night) == [("trigo", 30, "served"), ("banco", 8, "ordered")]
    assert (laid(night), lacking(outcome)) == ([("station:leon", 30, 30, 0)], [])


def test_what_was_not_served_because_people_had_left_is_not_missing(night: Night) -> None:
    group, order = fed(night, 30)
    night.do(c.ReportRations(kitchen="banco", rations={"dinner": 50}))
    night.passes(hours=2.5)
    night.do(c.RecordDeparture(group=group, people=8, outcome="left", destination="x", source="y"), BRIGADE)
    outcome = night.do(c.RecordMealsServed(order=order.id, rations=22), COOK)
    assert (lacking(outcome), told(outcome, "se_sirvio_menos")) == ([], [])


def test_a_kitchen_that_has_less_than_it_was_asked_for_is_replaced(night: Night) -> None:
    group, _ = fed(night, 30, "galilea")
    night.do(c.ReportRations(kitchen="banco", rations={"dinner": 10}))
    outcome = night.do(c.ReportRations(kitchen="trigo", rations={"dinner": 5}), COOK)
    assert orders(night) == [("trigo", 5, "ordered"), ("banco", 10, "ordered")]
    assert lacking(outcome) == [(15, "kitchens_full")]
    assert told(outcome, "menos_raciones") == [("kitchen:trigo", 25)]
    assert told(outcome, "comida_cambia") == [("shelter:galilea", 25)]
    assert night.picture.kitchens["trigo"].committed["2023-05-15/dinner"] == 5
    assert plain(replayed(night.journal)) == plain(night.picture)
    assert group in night.picture.groups


def test_the_newest_orders_go_first_where_a_kitchen_has_less(night: Night) -> None:
    fed(night, 20)
    night.now += timedelta(minutes=5)
    fed(night, 20)
    night.do(c.ReportRations(kitchen="trigo", rations={"dinner": 25}), COOK)
    assert [rations for _, rations, _ in orders(night)] == [20, 5]


def test_fewer_of_a_diet_or_other_hours_take_back_what_they_no_longer_allow(night: Night) -> None:
    night.do(c.ReportRations(kitchen="trigo", rations={"dinner": 60}, per_diet={"dinner": {"infant": 9}}), COOK)
    group = night.arrives(20, needs={"infant": 4})
    night.do(c.OrderMeals(group=group))
    night.do(c.ReportRations(kitchen="trigo", rations={}, per_diet={"dinner": {"infant": 1}}), COOK)
    by_diet = {t.diet: (t.people, t.missing) for t in dinner(night)}
    assert by_diet == {"standard": (16, 0), "infant": (4, 3)}
    night.do(c.ReportRations(kitchen="trigo", rations={}, delivers={"dinner": ("06:00", "07:00")}), COOK)
    assert sum(t.missing for t in dinner(night)) == 20
    assert night.picture.kitchens["trigo"].committed["2023-05-15/dinner"] == 0


def test_a_report_of_one_service_leaves_the_orders_of_the_others(night: Night) -> None:
    fed(night, 30)
    night.do(c.ReportRations(kitchen="trigo", rations={"breakfast": 5}), COOK)
    assert orders(night) == [("trigo", 30, "ordered")]


# --- food that goes along ----------------------------------------------------------------------------------------------


def test_a_dinner_ordered_at_the_station_goes_along_to_the_house(night: Night) -> None:
    group, _ = fed(night, 30)
    night.lodges(group, "galilea")
    night.do(c.OrderMeals(group=group))
    assert night.picture.kitchens["trigo"].committed == {"2023-05-15/dinner": 30}
    assert sum(missing for *_, missing in laid(night)) == 0
    assert night.refusal(c.OrderMeals(group=group)).code == "nobody_to_feed"


def test_those_who_go_their_own_way_take_their_dinner_along(night: Night) -> None:
    group, _ = fed(night, 40)
    part = night.create(c.SplitGroup(group=group, people=15, reason="Se separan"))
    night.do(c.OrderMeals(group=part))
    assert night.picture.kitchens["trigo"].committed == {"2023-05-15/dinner": 40}
    assert sorted(people for _, people, _, missing in laid(night) if not missing) == [15, 25]


# --- calling off -------------------------------------------------------------------------------------------------------


def test_a_kitchen_that_called_an_order_off_is_not_asked_for_it_again(night: Night) -> None:
    group, order = fed(night, 40)
    night.do(c.CancelMeals(order=order.id, reason="Sin gas"), COOK)
    assert night.refusal(c.PlanMeals(service="dinner")).code == "all_meals_ordered"
    assert orders(night) == [("trigo", 40, "cancelled")]
    night.do(c.ReportRations(kitchen="trigo", rations={"dinner": 60}), COOK)
    night.do(c.OrderMeals(group=group))
    assert orders(night) == [("trigo", 40, "cancelled"), ("trigo", 40, "ordered")]


def test_what_was_not_replaced_is_told_as_it_is(night: Night) -> None:
    fed(night, 71)
    night.do(c.ReportRations(kitchen="banco", rations={"dinner": 4}))
    outcome = night.do(c.CancelKitchenDay(kitchen="trigo", day=TONIGHT, reason="Sin gas"), COOK)
    notices = [event.notice for event in outcome.events if isinstance(event, e.NoticeQueued)]
    facts = next(n.facts for n in notices if n.template == "comida_cancelada")
    assert (facts["raciones"], facts["raciones_repuestas"], facts["raciones_faltantes"]) == (60, 4, 56)


def test_that_kitchens_called_off_is_the_reason_and_not_that_nobody_told(night: Night) -> None:
    fed(night, 30)
    outcome = night.do(c.CancelKitchenDay(kitchen="trigo", day=TONIGHT, reason="Sin gas"), COOK)
    assert lacking(outcome) == [(30, "kitchens_called_off")]


def test_a_day_that_was_called_off_is_opened_only_by_a_report_of_that_day(night: Night) -> None:
    night.do(c.CancelKitchenDay(kitchen="trigo", day=TOMORROW, reason="gas"), COOK)
    night.do(c.ReportRations(kitchen="trigo", rations={"dinner": 60}), COOK)
    assert night.picture.kitchens["trigo"].free(TOMORROW, "dinner") == 0
    assert replayed(night.journal).kitchens["trigo"] == night.picture.kitchens["trigo"]
    night.passes(hours=20)
    night.do(c.ReportRations(kitchen="trigo", rations={"dinner": 60}), COOK)
    assert night.picture.kitchens["trigo"].free(TOMORROW, "dinner") == 60


def test_what_is_over_is_neither_called_off_nor_accepted(night: Night) -> None:
    _, order = fed(night, 30)
    past = night.refusal(c.CancelKitchenDay(kitchen="trigo", day=date(2003, 5, 16), reason="gas"), COOK)
    assert (past.code, past.field) == ("in_the_past", "day")
    night.passes(days=2)
    assert night.refusal(c.AcceptMeals(order=order.id), COOK).code == "in_the_past"


# --- sending and taking back -------------------------------------------------------------------------------------------


def test_nobodys_dinner_is_sent_away(night: Night) -> None:
    _, order = fed(night, 30, "galilea")
    other = night.arrives(35)
    refusal = night.refusal(c.TransferMeals(order=order.id, place="station:leon", group=other, rations=6))
    assert (refusal.code, refusal.field, refusal.details["left"]) == ("not_too_much_there", "rations", 0)


def test_food_is_not_sent_farther_than_food_is_brought(night: Night) -> None:
    group, order = fed(night, 30)
    night.lodges(group, "galilea")
    other = night.arrives(6, station="celaya")
    send = c.TransferMeals(order=order.id, place="station:celaya", group=other, rations=6)
    refusal = night.refusal(send)
    assert (refusal.code, refusal.details["km"]) == ("too_far_for_meals", night.picture.policy.meals_reach_hm // 10)
    night.passes(hours=2.5)
    assert night.refusal(send).code == "in_the_past"


def test_only_what_others_lack_goes_on_cooking_when_people_leave(night: Night) -> None:
    night.do(c.ReportRations(kitchen="trigo", rations={"dinner": 41}), COOK)
    group, _ = fed(night, 40)
    night.do(c.OrderMeals(group=night.arrives(2)))
    outcome = night.do(c.RecordDeparture(group=group, people=35, outcome="left", destination="x", source="y"), BRIGADE)
    assert [rations for _, rations, _ in orders(night)] == [6, 1]
    assert told(outcome, "menos_raciones") == [("kitchen:trigo", 34)]
    night.do(c.PlanMeals(service="dinner"))
    assert sum(missing for *_, missing in laid(night)) == 0


# --- until when there is food ------------------------------------------------------------------------------------------


def test_a_house_of_whose_people_nobody_knows_is_not_said_to_have_its_meals(night: Night) -> None:
    fed(night, 20, "galilea")
    night.do(c.ReportOccupancy(shelter="samaritano", available={"fam": 0, "men": 20}))
    assert food_until(night.picture, "shelter:galilea", night.now, MEXICO) == TONIGHT
    assert food_until(night.picture, "shelter:samaritano", night.now, MEXICO) is None


@pytest.mark.parametrize("day", [TONIGHT + timedelta(days=60), date.max])
def test_meals_are_ordered_only_for_the_nights_the_policy_plans(night: Night, day: date) -> None:
    group = night.arrives(30)
    refusals = [
        night.refusal(c.OrderMeals(group=group, day=day, service="dinner")),
        night.refusal(c.PlanMeals(day=day)),
    ]
    assert {(r.code, r.field) for r in refusals} == {("too_far_ahead", "day")}


def test_a_service_that_is_over_misses_nobody_who_came_after_it(night: Night) -> None:
    night.arrives(37)
    missing = {service.service: service.missing for service in food_of(night.picture, TONIGHT, night.now)}
    assert missing == {"breakfast": 0, "lunch": 0, "dinner": 37}
