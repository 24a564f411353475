"""The day of meals: what is asked of whom, what is missing and why, what can be moved; and the kitchen that calls it off."""

from __future__ import annotations

from datetime import date

import pytest
from forms import done, forms, page, send
from installation import OFFICIAL, Web

from caravan import commands as c
from caravan.basics import Reason
from caravan.server.web.drawn_meals import Load, Plate, Pot, drawn_service
from caravan.server.web.pages.wording import reason

pytestmark = pytest.mark.anyio

_TONIGHT = date(2023, 5, 15)


async def _arrives(web: Web, people: int = 83) -> str:
    command = c.ReportArrival(station="leon", people=people, declared_by="operador")
    created = (await web.desk.handle(command, by=OFFICIAL)).created
    assert created is not None
    return created


async def test_the_official_plans_the_day_and_reads_what_is_missing_and_why(web: Web) -> None:
    official = await web.signed_in("official")
    assert "Nadie registrado come hoy" in await page(official, "/comidas")
    await _arrives(web)
    html = await page(official, "/comidas")
    assert "hay comedores que pueden" not in html and "raciones pedidas" in html
    html = await done(official, "/comidas", "plan-day")
    assert "Se pidió lo que los comedores pueden dar" in html
    assert "60 de 83 · faltan 23" in html
    assert "los comedores que llegan (1) preparan 60 raciones" in html
    assert "es el comedor más cercano con raciones" in html
    assert [o.rations for o in web.desk.picture.orders.values()] == [60]
    again = await send(official, "/comidas", "plan-day")
    assert again.status_code == 409 and "ya está pedido" in again.text
    assert len(web.desk.picture.orders) == 1


async def test_rations_that_are_too_much_in_one_place_are_sent_where_they_are_missing(web: Web) -> None:
    first, second = await _arrives(web, 60), await _arrives(web, 20)
    official = await web.signed_in("official")
    await done(official, "/comidas", "plan-dinner")
    left = c.RecordDeparture(group=first, people=25, outcome="left", destination="Querétaro", source="Brigada")
    await web.desk.handle(left, by=OFFICIAL)
    assert "Sobra en un lugar y falta en otro" in await page(official, "/comidas")
    html = await done(official, "/comidas", "move-")
    assert "Sobra en un lugar" not in html
    assert sum(o.rations for o in web.desk.picture.orders.values() if o.group == second) == 20


async def test_only_the_coordination_opens_the_day_of_meals(web: Web) -> None:
    for who in ("galilea", "cook", "brigade", "inm", "comar", "dif"):
        client = await web.signed_in(who)
        assert (await client.get("/comidas", headers={"accept": "text/html"})).status_code == 403
        assert "/comidas" not in await page(client, "/comedores")
    assert "/comidas" in await page(await web.signed_in("official"), "/comedores")


async def test_another_day_is_shown_and_one_that_is_none_shows_today(web: Web) -> None:
    await _arrives(web)
    official = await web.signed_in("official")
    assert "mar 16 may" in await page(official, "/comidas?dia=2023-05-16")
    assert "lun 15 may" in await page(official, "/comidas?dia=ayer")


async def test_a_cook_calls_the_evening_off_with_one_form_and_the_day_says_so(web: Web) -> None:
    group = await _arrives(web)
    official, cook = await web.signed_in("official"), await web.signed_in("cook")
    await done(official, "/comidas", "plan-day")
    html = await done(cook, "/comedor", "day-off", {"service": "dinner"})
    assert "Cancelado. La coordinación ya lo sabe" in html
    order = next(o for o in web.desk.picture.orders.values() if o.group == group)
    assert order.status == "cancelled"
    day = await page(official, "/comidas")
    assert "✕ canceló" in day.replace("\n", " ") and "«Sin gas»" in day
    again = await send(cook, "/comedor", "day-off", {"service": "dinner"})
    assert again.status_code == 409 and "No hay raciones ofrecidas" in again.text


async def test_a_cook_tells_diets_and_hours_and_sees_the_diet_of_an_order(web: Web) -> None:
    cook, official = await web.signed_in("cook"), await web.signed_in("official")
    typed = {"rations.dinner": "80", "per_diet.dinner.infant": "4", "delivers.dinner[]": "19:00"}
    answer = await send(cook, "/comedor", "rations", typed)
    assert answer.status_code == 422
    await done(cook, "/comedor", "rations", {"rations.dinner": "80", "per_diet.dinner.infant": "4"})
    assert web.desk.picture.kitchens["trigo"].per_diet == {"dinner": {"infant": 4}}
    told = {"kitchen": "trigo", "delivers": {"dinner": ["19:00", "21:00"]}}
    assert (await official.post("/api/v1/kitchens/trigo/capacity", json=told)).status_code == 200
    assert dict(forms(await page(cook, "/comedor"))["rations"].boxes)["delivers.dinner[]"] == "21:00"
    command = c.ReportArrival(station="leon", people=20, declared_by="operador", needs={"infant": 3})
    await web.desk.handle(command, by=OFFICIAL)
    await web.desk.handle(c.PlanMeals(day=_TONIGHT, service="dinner"), by=OFFICIAL)
    assert "fórmula para bebés" in await page(cook, "/comedor")


async def test_who_need_not_know_reads_neither_diets_nor_the_orders_beside_a_small_one(web: Web) -> None:
    cook = await web.signed_in("cook")
    await done(cook, "/comedor", "rations", {"rations.dinner": "80", "per_diet.dinner.infant": "4"})
    command = c.ReportArrival(station="leon", people=20, declared_by="operador", needs={"infant": 3})
    await web.desk.handle(command, by=OFFICIAL)
    await web.desk.handle(c.PlanMeals(day=_TONIGHT, service="dinner"), by=OFFICIAL)
    comar, official = await web.signed_in("comar"), await web.signed_in("official")
    assert (await comar.get("/api/v1/meals")).json() == []
    assert {o["diet"] for o in (await official.get("/api/v1/meals")).json()} == {"infant", "standard"}


def test_the_picture_says_in_words_what_it_draws_and_escapes_what_people_wrote() -> None:
    drawn = drawn_service(
        "cena",
        "Cena <de hoy>",
        [Pot(id="k", name="Cocina <b>", rations=60)],
        [Plate(id="p", name="Una casa con un nombre larguísimo de verdad", people=83, asked=60, missing=23)],
        [Load(kitchen="k", place="p", rations=60)],
    )
    assert "Cocina &lt;b&gt; → Una casa con un nombre larguísimo de verdad: 60" in drawn
    assert "Cena &lt;de hoy&gt;" in drawn and "60 de 83 · faltan 23" in drawn
    assert "Una casa con un nombre la…" in drawn
    assert "style=" not in drawn and 'role="img"' in drawn
    assert "faltan" not in drawn_service("x", "t", [], [], [])


async def test_the_log_tells_what_became_of_the_food(web: Web) -> None:
    first, second = await _arrives(web, 60), await _arrives(web, 20)
    official, cook = await web.signed_in("official"), await web.signed_in("cook")
    await done(official, "/comidas", "plan-dinner")
    for people in (10, 25):
        left = c.RecordDeparture(group=first, people=people, outcome="left", destination="Querétaro", source="Brigada")
        await web.desk.handle(left, by=OFFICIAL)
    await done(official, "/comidas", "plan-dinner")
    await done(cook, "/comedor", "day-off", {"service": "dinner"})
    log = await page(official, "/bitacora")
    assert "Faltan 20 raciones (cena) en Central de León: los comedores que llegan (1) preparan 60 raciones" in log
    assert "Ya no faltan raciones en Central de León (cena)." in log
    assert "20 raciones de Trigo y Miel (cena) se reasignaron: van a Central de León." in log
    assert "ya solo hacen falta" in log
    assert "Trigo y Miel no cocinará el lun 15 may (cena): «Sin gas»." in log
    assert {o.status for o in web.desk.picture.orders.values() if o.group == second} == {"cancelled"}


def test_a_policy_that_brings_food_nowhere_is_told_as_a_limit_and_not_as_an_unknown_distance() -> None:
    told = reason(Reason(code="no_kitchen_in_reach", details={"metres": 0}))
    assert told == "ningún comedor queda a menos de 0 m, hasta donde se lleva comida"
    assert "no consta" in reason(Reason(code="nearest_kitchen", details={"metres": 0}))
