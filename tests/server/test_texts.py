"""What was promised to be forgotten: never in the journal, readable by those it was told to, and gone from the disk once erased."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from installation import PASSWORD, USERS, Web, desk_in, rows, web_in
from realm import NIGHTFALL
from side_protocols import LINE, LINE_TEXT, OFFICE, RELAY_TEXT

from caravan import commands as c
from caravan.basics import SYSTEM, Actor
from caravan.server.clock import DrillClock
from caravan.server.db import texts
from caravan.server.db.engine import reading
from caravan.server.db.users import User, add_user
from caravan.server.desk import Desk

pytestmark = pytest.mark.anyio

STORY = "Dice que su esposo la espera en la terminal con un arma"
NOON = NIGHTFALL + timedelta(hours=16)
OPERATOR = User(id="line", email="linea@linea", label="Línea", agency="LINEA", role="agency")
DIF = Actor(agency="DIF", role="agency", user="d1")


async def _told(desk: Desk, key: str | None = None) -> tuple[str, str, str]:
    """A call that was listened to: the activation, the case, the reference of its text."""
    await desk.handle(c.PublishProtocol(text=LINE_TEXT), by=SYSTEM)
    await desk.handle(c.RegisterOffice(office=OFFICE), by=SYSTEM)
    opening = c.ActivateProtocol(station=OFFICE.id, reason="Guardia", protocol="linea-de-ensayo")
    ident = (await desk.handle(opening, by=USERS["official"].actor)).created
    assert ident is not None
    case = (await desk.handle(c.OpenCase(activation=ident, machine="llamada"), by=LINE)).created
    assert case is not None
    said = c.SendEvent(event="escuchar", case=case, payload={"relato": STORY, "personas": 2})
    await desk.handle(said, by=LINE, key=key)
    (reference,) = desk.picture.texts_of[case]
    return ident, case, reference


async def _cared_for(desk: Desk, case: str) -> None:
    await desk.handle(c.SendEvent(event="canalizar", case=case), by=LINE)
    await desk.handle(c.SendEvent(event="aceptar", case=case), by=DIF)


def _on_disk(folder: Path) -> bytes:
    """Every byte of the database's files. Another process reads them: closing a file here would drop SQLite's own locks on it."""
    return subprocess.run(["cat", *sorted(folder.glob("caravan.sqlite3*"))], capture_output=True, check=True).stdout


@asynccontextmanager
async def _noon(folder: Path) -> AsyncGenerator[tuple[Desk, DrillClock]]:
    clock = DrillClock(NOON, rate=0.0)
    async with desk_in(folder, clock) as desk:
        yield desk, clock


async def test_a_text_that_may_be_forgotten_is_kept_beside_the_journal_and_not_in_it(folder: Path) -> None:
    async with _noon(folder) as (desk, _):
        _, case, reference = await _told(desk)
        kept = await rows(desk, "SELECT * FROM texts")
        assert [(row["id"], row["owner"], row["text"]) for row in kept] == [(reference, case, STORY)]
        facts = [row["fact"] for row in await rows(desk, "SELECT fact FROM journal")]
        assert not any(STORY in fact or "esposo" in fact for fact in facts)
        assert any(reference in fact for fact in facts)


async def test_an_erased_text_is_nowhere_in_the_database_s_files(folder: Path) -> None:
    async with _noon(folder) as (desk, clock):
        _, case, reference = await _told(desk, key="llamada-1")
        await _cared_for(desk, case)
        assert STORY.encode() in _on_disk(folder)
        clock.set(NOON + timedelta(days=30))
        await desk.tick()
        mark = desk.picture.texts[reference]
        assert mark.erased_at is not None
        assert await rows(desk, "SELECT * FROM texts") == []
        assert STORY.encode() not in _on_disk(folder)
        assert b"esposo" not in _on_disk(folder)
    assert b"esposo" not in _on_disk(folder)


async def test_somebody_who_reads_meanwhile_only_delays_that_the_log_is_emptied(folder: Path) -> None:
    async with _noon(folder) as (desk, clock):
        _, case, _ = await _told(desk)
        await _cared_for(desk, case)
        reader = sqlite3.connect(folder / "caravan.sqlite3", isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM texts").fetchone()
        clock.set(NOON + timedelta(days=30))
        await desk.tick()
        assert await rows(desk, "SELECT * FROM texts") == []
        assert b"esposo" in _on_disk(folder)
        reader.close()
        await desk.tick()
        assert b"esposo" not in _on_disk(folder)


async def test_a_refused_event_keeps_no_text(folder: Path) -> None:
    async with _noon(folder) as (desk, _):
        _, case, _ = await _told(desk)
        with pytest.raises(Exception, match="event_not_awaited"):
            await desk.handle(c.SendEvent(event="escuchar", case=case, payload={"relato": "Otra"}), by=LINE)
        assert len(await rows(desk, "SELECT * FROM texts")) == 1


async def test_no_fingerprint_of_a_text_outlives_it(folder: Path) -> None:
    async with _noon(folder) as (desk, _):
        await _told(desk, key="llamada-1")
        digests = [row["digest"] for row in await rows(desk, "SELECT * FROM requests")]
        assert digests == [""]


async def test_a_wish_that_brought_a_text_and_is_sent_twice_is_carried_out_once(folder: Path) -> None:
    async with _noon(folder) as (desk, _):
        _, case, _ = await _told(desk, key="llamada-1")
        again = c.SendEvent(event="escuchar", case=case, payload={"relato": STORY, "personas": 2})
        assert (await desk.handle(again, by=LINE, key="llamada-1")).repeated
        assert len(await rows(desk, "SELECT * FROM texts")) == 1


async def test_another_start_finds_the_text_and_its_mark(folder: Path) -> None:
    async with _noon(folder) as (desk, _):
        _, _, reference = await _told(desk)
    async with _noon(folder) as (desk, _):
        assert desk.picture.texts[reference].erased_at is None
        async with reading(desk.engine) as connection:
            assert await texts.read(connection, [reference]) == {reference: STORY}


# --------------------------------------------------------------------------------------------- through the web


@asynccontextmanager
async def _web(folder: Path) -> AsyncGenerator[Web]:
    async with web_in(folder, now=NOON) as web:
        await add_user(web.desk.engine, OPERATOR, PASSWORD)
        yield web


async def test_a_text_is_read_by_those_who_may_know_of_its_case_and_later_it_says_when_it_was_erased(
    folder: Path,
) -> None:
    async with _web(folder) as web:
        ident, case, reference = await _told(web.desk)
        operator = await web.enters(OPERATOR.email, PASSWORD)
        answer = (await operator.get(f"/api/v1/texts/{reference}")).json()
        assert (answer["text"], answer["mark"]["field"], answer["mark"]["owner"]) == (STORY, "relato", case)
        assert STORY in (await operator.get(f"/activaciones/{ident}")).text
        for who in ("inm", "comar", "galilea", "cook", "brigade"):
            other = await web.signed_in(who)
            assert (await other.get(f"/api/v1/texts/{reference}")).status_code == 404
            assert (await other.get(f"/api/v1/cases/{case}")).status_code == 404
            assert STORY not in (await other.get(f"/activaciones/{ident}")).text
        await _cared_for(web.desk, case)
        web.clock.set(NOON + timedelta(days=30))
        await web.desk.tick()
        answer = (await operator.get(f"/api/v1/texts/{reference}")).json()
        assert "text" not in answer and answer["mark"]["erased_at"]
        page = (await operator.get(f"/activaciones/{ident}")).text
        assert STORY not in page and "borrado el" in page


async def test_the_box_for_words_that_can_be_erased_is_kept_on_no_device(folder: Path) -> None:
    async with _web(folder) as web:
        ident, _, _ = await _told(web.desk)
        await web.desk.handle(c.SendEvent(event="llamada", activation=ident), by=LINE)
        operator = await web.enters(OPERATOR.email, PASSWORD)
        page = (await operator.get(f"/activaciones/{ident}")).text
        boxes = re.findall(r"<input[^>]*name=\"payload\.(\w+)\"[^>]*>", page, re.DOTALL)
        kept = dict(zip(boxes, re.findall(r"<input[^>]*name=\"payload\.\w+\"[^>]*>", page, re.DOTALL), strict=True))
        assert "data-forget" in kept["relato"]
        assert "data-forget" not in kept["personas"]


async def test_a_case_is_opened_and_moved_on_the_activation_s_page(folder: Path) -> None:
    async with _web(folder) as web:
        ident, _, _ = await _told(web.desk)
        operator = await web.enters(OPERATOR.email, PASSWORD)
        path = f"/activaciones/{ident}"
        headers = {"accept": "text/html"}
        form = {"do": "OpenCase", "activation": ident, "machine": "llamada"}
        assert (await operator.post(path, data=form, headers=headers)).status_code == 303
        case = next(one for one in web.desk.picture.open_cases(ident) if not one.values)
        page = (await operator.get(path)).text
        assert "Por escuchar" in page and f"caso-{case.id}" in page
        form = {
            "do": "SendEvent",
            "event": "escuchar",
            "case": case.id,
            "payload.relato": "Busca a su hija",
            "payload.personas": "1",
        }
        assert (await operator.post(path, data=form, headers=headers)).status_code == 303
        assert web.desk.picture.cases[case.id].values == {"personas": 1, "urgente": True}


async def test_a_relay_is_answered_on_the_activation_s_page_and_its_difference_stays_there(folder: Path) -> None:
    async with _web(folder) as web:
        await web.desk.handle(c.PublishProtocol(text=RELAY_TEXT), by=SYSTEM)
        official = await web.signed_in("official")
        arrival = {"station": "leon", "people": 30, "declared_by": "Brigada"}
        group = (await official.post("/api/v1/arrivals", json=arrival)).json()["id"]
        assert (await official.post(f"/api/v1/groups/{group}/events", json={"event": "anunciar"})).status_code == 200
        path = f"/activaciones/{web.desk.picture.groups[group].activation}"
        (relay,) = web.desk.picture.relays
        assert "Querétaro" in (await official.get(path)).text
        form = {"do": "AnswerRelay", "relay": relay, "accepted": "true", "received": "27"}
        assert (await official.post(path, data=form, headers={"accept": "text/html"})).status_code == 303
        assert "3 no constan como recibidas" in (await official.get(path)).text
        assert [r["received"] for r in await rows(web.desk, "SELECT * FROM relays")] == [27]


async def test_a_case_answers_over_the_api_with_its_steps_and_what_may_be_done(folder: Path) -> None:
    async with _web(folder) as web:
        ident, _, _ = await _told(web.desk)
        operator = await web.enters(OPERATOR.email, PASSWORD)
        made = await operator.post(f"/api/v1/activations/{ident}/cases", json={"machine": "llamada"})
        assert made.status_code == 201, made.text
        case = made.json()["id"]
        shown = (await operator.get(f"/api/v1/cases/{case}")).json()
        assert [event["event"] for event in shown["possible"]] == ["escuchar"]
        assert {step["label"]["es"] for step in shown["steps"]} == {"Por escuchar", "Devolver la llamada"}
        body = json.dumps({"event": "escuchar", "payload": {"relato": "Busca a su hija"}})
        assert (await operator.post(f"/api/v1/cases/{case}/events", content=body)).status_code == 200
