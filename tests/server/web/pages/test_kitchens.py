"""The kitchens' pages: rations, orders, and what was really served."""

from __future__ import annotations

import pytest
from forms import done, forms, page, send
from installation import Web

pytestmark = pytest.mark.anyio


async def _order(web: Web, people: int = 40) -> str:
    official = await web.signed_in("official")
    body = {"station": "leon", "people": people, "declared_by": "chofer", "days_without_food": 3}
    group = (await official.post("/api/v1/arrivals", json=body)).json()["id"]
    answer = await official.post(f"/api/v1/groups/{group}/meals", json={"service": "dinner"})
    assert answer.status_code == 200, answer.text
    return next(o.id for o in web.desk.picture.orders.values() if o.group == group)


@pytest.mark.parametrize("who", ["official", "galilea", "cook", "brigade", "comar", "prodheg"])
async def test_every_partner_finds_the_rations_left_and_no_forms_that_are_not_theirs(web: Web, who: str) -> None:
    client = await web.signed_in(who)
    assert "Trigo y Miel" in await page(client, "/comedores")
    record = await page(client, "/comedores/trigo")
    assert ("rations" in forms(record)) == (who == "official")


async def test_inm_finds_no_kitchen(web: Web) -> None:
    inm = await web.signed_in("inm")
    assert "Trigo y Miel" not in await page(inm, "/comedores")
    assert (await inm.get("/comedores/trigo", headers={"accept": "text/html"})).status_code == 404


async def test_a_cook_tells_rations_and_what_was_left_empty_stays_unknown(web: Web) -> None:
    cook = await web.signed_in("cook")
    html = await done(cook, "/comedor", "rations", {"rations.breakfast": "100", "rations.dinner": "80"})
    assert web.desk.picture.kitchens["trigo"].rations == {"breakfast": 100, "dinner": 80}
    assert "sin dato" in html
    answer = await send(cook, "/comedor", "rations", {"rations.breakfast": "cien"})
    assert answer.status_code == 422 and 'id="rations-rations.breakfast-wrong"' in answer.text
    assert dict(forms(answer.text)["rations"].boxes)["rations.breakfast"] == "cien"


async def test_a_cook_accepts_an_order_and_tells_how_many_were_served(web: Web) -> None:
    order = await _order(web)
    cook = await web.signed_in("cook")
    html = await page(cook, "/comedor")
    assert "Pedidos por responder" in html and "Central de León" in html and "llevan 3 días sin comer" in html
    assert "falta servir" in await done(cook, "/comedor", "accept-")
    html = await done(cook, "/comedor", "served-", {"rations": "37"})
    assert "37 servidas de 40" in html and web.desk.picture.orders[order].served == 37


async def test_a_cook_who_cannot_says_why_and_the_rations_are_free_again(web: Web) -> None:
    order = await _order(web)
    cook = await web.signed_in("cook")
    assert (await send(cook, "/comedor", "cancel-")).status_code == 422
    await done(cook, "/comedor", "cancel-", {"reason": "Se acabó el gas"})
    assert web.desk.picture.orders[order].status == "cancelled"
    assert sum(web.desk.picture.kitchens["trigo"].committed.values()) == 0


async def test_the_coordination_answers_for_a_kitchen_that_telephones_and_mends_its_point(web: Web) -> None:
    order = await _order(web)
    official = await web.signed_in("official")
    await done(official, "/comedores/trigo", "accept-")
    assert web.desk.picture.orders[order].status == "accepted"
    await done(official, "/comedores/trigo", "rations", {"rations.lunch": "25"})
    assert web.desk.picture.kitchens["trigo"].rations["lunch"] == 25
    await done(official, "/comedores/trigo", "locate-", {"lat": "21.13", "lon": "-101.67"})
    assert web.desk.picture.kitchens["trigo"].kitchen.position.precision == "exact"


async def test_the_cooks_phone_page_is_for_cooks(web: Web) -> None:
    for who in ("official", "galilea", "inm"):
        assert (await (await web.signed_in(who)).get("/comedor", headers={"accept": "text/html"})).status_code == 403
