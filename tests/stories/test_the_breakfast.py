"""Breakfast of 16 May 2023 in León, arranged with Trigo y Miel (SEED-003, EU-HAITI). Here it calls off at six in the morning, which
no source says it did; the figures of the other kitchens are the story's."""

from __future__ import annotations

from datetime import date, timedelta

from realm import COOK, Night, replayed

from caravan import commands as c
from caravan import events as e
from caravan.coordination.hunger import food_of, orders_of
from caravan.geography import Position
from caravan.kitchens import Kitchen

MORNING = date(2023, 5, 16)
ACROSS_TOWN = Position(lat=21.15, lon=-101.66)


def test_others_cook_when_the_kitchen_calls_off_at_six(night: Night) -> None:
    """The night before everything is planned; at six 83 rations are gone, and before the page is open again they are asked of
    others, and who is still without them is known."""
    for ident, rations in (("dif", 40), ("galilea-cocina", 25)):
        kitchen = Kitchen(
            id=ident, name=f"Cocina {ident}", municipality="MX11020", town="León", position=ACROSS_TOWN, rations={"breakfast": rations}
        )  # fmt: skip
        night.do(c.RegisterKitchen(kitchen=kitchen))
    night.do(c.ReportRations(kitchen="trigo", rations={"breakfast": 100}), COOK)
    group = night.arrives(83, languages=("ht",), days_without_food=3)
    night.lodges(group, "galilea")
    night.do(c.PlanMeals(day=MORNING, service="breakfast"))
    promised = sum(o.rations for o in orders_of(night.picture, group) if o.kitchen == "trigo")
    assert promised == 83 and food_of(night.picture, MORNING, night.now)[0].missing == 0

    night.passes(hours=10)  # six in León
    outcome = night.do(c.CancelKitchenDay(kitchen="trigo", day=MORNING, service="breakfast", reason="Sin gas"), COOK)

    breakfast = food_of(night.picture, MORNING, night.now)[0]
    spare = 40 + 25
    assert breakfast.shut == {"trigo": "Sin gas"}
    assert breakfast.asked == min(83, spare) and breakfast.missing == 83 - spare
    assert {reason.code for reason in breakfast.because.values()} == {"kitchens_full"}
    asked = {event.order.kitchen for event in outcome.events if isinstance(event, e.MealsOrdered)}
    assert asked <= {"dif", "galilea-cocina"} and asked
    said = [event.notice for event in outcome.events if isinstance(event, e.NoticeQueued)]
    heard = {(notice.to, notice.template, notice.place) for notice in said}
    assert {("COMEDOR", "raciones", f"kitchen:{kitchen}") for kitchen in asked} <= heard
    assert ("ALBERGUE", "comida_cambia", "shelter:galilea") in heard
    told = next(n for n in said if n.to == "SDH" and n.template == "comida_cancelada")
    assert told.facts["raciones"] == promised and told.facts["raciones_faltantes"] == 83 - spare

    night.do(c.ReportRations(kitchen="banco", rations={"breakfast": 2000}))
    night.do(c.PlanMeals(day=MORNING, service="breakfast"))
    assert food_of(night.picture, MORNING, night.now)[0].missing == 0
    assert night.refusal(c.PlanMeals(day=MORNING, service="breakfast")).code == "all_meals_ordered"
    tomorrow = MORNING + timedelta(days=1)
    assert night.picture.kitchens["trigo"].free(tomorrow, "breakfast") == 100
    again = replayed(night.journal)
    assert food_of(again, MORNING, night.now) == food_of(night.picture, MORNING, night.now)
