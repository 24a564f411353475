"""The first page of each role, as it is sent to a browser without scripts."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from forms import done, forms, page, send
from installation import OFFICIAL, USERS, Web

from caravan import commands as c

pytestmark = pytest.mark.anyio

_PAGE = {"accept": "text/html"}


async def _arrives(web: Web, people: int = 35, **known: Any) -> str:
    command = c.ReportArrival(station="leon", people=people, declared_by="operador del autobús", **known)
    created = (await web.desk.handle(command, by=OFFICIAL)).created
    assert created is not None
    return created


async def test_each_role_lands_where_its_work_is(web: Web) -> None:
    for who, home in (("galilea", "/albergue"), ("cook", "/comedor"), ("brigade", "/estacion")):
        answer = await (await web.signed_in(who)).get("/", headers=_PAGE)
        assert (answer.status_code, answer.headers["location"]) == (303, home)
    assert "<h1>Tablero</h1>" in await page(await web.signed_in("official"), "/")
    assert "<h1>Mis pendientes</h1>" in await page(await web.signed_in("dif"), "/")


async def test_a_page_that_is_not_of_the_role_is_refused_with_a_sentence(web: Web) -> None:
    for who, path in (
        ("dif", "/tareas"),
        ("inm", "/llegadas/nueva"),
        ("official", "/estacion"),
        ("brigade", "/bitacora"),
    ):
        answer = await (await web.signed_in(who)).get(path, headers=_PAGE)
        assert answer.status_code == 403
        assert "Pídalo a la coordinación" in answer.text


async def test_the_empty_board_says_what_to_do(web: Web) -> None:
    board = await page(await web.signed_in("official"), "/")
    assert "No hay ninguna activación abierta" in board
    assert "Nadie registrado espera lugar" in board


async def test_the_official_activates_the_protocol_and_asks_for_places_from_the_board(web: Web) -> None:
    await _arrives(web)
    official = await web.signed_in("official")
    assert "alerta por verificar" in await page(official, "/")
    activation = await done(official, "/", "activate", {"station": "leon", "reason": "Protección Civil lo confirma"})
    assert "En atención" in await page(official, "/bitacora")
    assert "Protocolo activado" in activation
    group = await done(official, "/", "propose-")
    assert "Propuesta lista" in group
    assert "confirm" in forms(group)


async def test_the_board_tells_free_places_with_their_age_and_a_stay_that_ends(web: Web) -> None:
    ident = await _arrives(web, 25)
    plan = (await web.desk.handle(c.ProposePlacement(group=ident), by=OFFICIAL)).created or ""
    await web.desk.handle(c.ConfirmPlacement(group=ident, plan=plan), by=OFFICIAL)
    for placement in web.desk.picture.groups[ident].placements:
        people = web.desk.picture.placements[placement].people
        until = web.clock.now() + timedelta(hours=40)
        await web.desk.handle(c.RecordPlacementArrival(placement=placement, people=people, until=until), by=OFFICIAL)
    board = await page(await web.signed_in("official"), "/")
    assert re.search(r"25 personas hasta mié 17 may, 12:00; sin lugar desde entonces: 25", board)
    assert "León" in board and 'class="age fresh"' in board


async def test_an_agency_finds_its_own_step_and_does_it_with_numbers(web: Web) -> None:
    ident = await _arrives(web)
    await web.desk.handle(c.SendEvent(event="sin_nna", group=ident), by=OFFICIAL)
    health = await web.signed_in("official")
    refused = await send(health, "/tareas", f"{ident}-triaje-triaje_hecho", {"payload.atendidas": "57"})
    assert refused.status_code == 422
    assert 'value="57"' in refused.text
    told = await done(
        health, "/tareas", f"{ident}-triaje-triaje_hecho", {"payload.atendidas": "57", "payload.trasladadas": "5"}
    )
    assert "Seguimiento de salud" in told


async def test_dif_sees_the_notice_to_the_child_protection_office_as_one_line_and_completes_it(web: Web) -> None:
    await _arrives(web, unaccompanied=1, needs={"pregnant": 2})
    ident = await _arrives(web)
    await web.desk.handle(c.SendEvent(event="hay_nna", group=ident), by=USERS["dif"].actor)
    dif = await web.signed_in("dif")
    mine = await page(dif, "/")
    assert mine.count("Avisar a la Procuraduría</span>") == 1
    assert "Triaje pendiente" not in mine
    after = await done(dif, "/", "task-", {"evidence": "PPNNA/0516/2023"})
    assert "Tarea cumplida" in after


async def test_a_read_notice_leaves_the_list(web: Web) -> None:
    await _arrives(web)
    official = await web.signed_in("official")
    before = len([n for n in forms(await page(official, "/")) if n.startswith("notice-")])
    after = await done(official, "/", "notice-")
    assert len([n for n in forms(after) if n.startswith("notice-")]) == before - 1


async def test_inm_learns_nothing_but_its_own(web: Web) -> None:
    ident = await _arrives(web, asylum=6, needs={"pregnant": 7}, unaccompanied=6, note="llegaron sin abrigo")
    inm = await web.signed_in("inm")
    for path in ("/", f"/grupos/{ident}", f"/activaciones/{web.desk.picture.groups[ident].activation}", "/bitacora"):
        seen = await page(inm, path)
        for hidden in (
            "Galilea",
            "COMAR por escrito</span>",
            "Niñez",
            "embarazadas",
            "sin abrigo",
            "Triaje",
            "sin lugar",
            "Asilo<",
        ):
            assert hidden not in seen, (path, hidden)
    assert "Trámite por determinar" in await page(inm, "/")


async def test_tasks_are_filtered_by_agency(web: Web) -> None:
    await _arrives(web)
    official = await web.signed_in("official")
    assert "Triaje pendiente" in await page(official, "/tareas?agencia=SALUD")
    assert "Triaje pendiente" not in await page(official, "/tareas?agencia=INM")


async def test_the_brigade_counts_again_records_a_fear_and_annuls_its_own_mistake(web: Web) -> None:
    ident = await _arrives(web)
    brigade = await web.signed_in("brigade")
    assert "llegadas/nueva" in await page(brigade, "/estacion")
    counted = await done(brigade, "/estacion", f"count-{ident}", {"people": "70", "source": "conteo de la brigada"})
    assert ">70<" in counted
    wrong = await send(brigade, "/estacion", f"asylum-{ident}", {"people": "muchas"})
    assert wrong.status_code == 422
    assert 'value="muchas"' in wrong.text and "Escriba un número" in wrong.text
    assert "COMAR debe ser avisada" in await done(brigade, "/estacion", f"asylum-{ident}", {"people": "3"})
    assert web.desk.picture.groups[ident].asylum == 3
    gone = await done(brigade, "/estacion", f"annul-{ident}", {"reason": "se registró dos veces"})
    assert f"count-{ident}" not in forms(gone)
