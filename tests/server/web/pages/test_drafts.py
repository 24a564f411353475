"""Changing the protocol in the browser, without scripts: writing, being told what is wrong, proposing, approving, trying it."""

from __future__ import annotations

import asyncio
import html
import re

import httpx
import pytest
from forms import done, forms, page, send
from installation import PASSWORD, Web
from realm import NIGHTFALL

from caravan import commands as c
from caravan.basics import SYSTEM
from caravan.server.db.users import User, add_user

pytestmark = pytest.mark.anyio

CHECK = "/api/v1/protocols/check"


def _second(web: Web) -> str:
    return (
        web.desk.picture.packs["guanajuato@2"]
        .replace("version: 2\n", "version: 3\n", 1)
        .replace("vigente_desde: 2026-12-01\n", "")
    )


async def _begun(web: Web, official: httpx.AsyncClient, text: str) -> str:
    """The address of a new draft with this text."""
    await done(official, "/borradores/nuevo?desde=guanajuato@2", "SaveDraft", {"text": text, "note": "Más tiempo"})
    draft = web.desk.picture.drafts
    return f"/borradores/{max(draft, key=lambda i: draft[i].saved_at)}"


async def test_a_change_begins_with_the_text_that_is_published(web: Web) -> None:
    official = await web.signed_in("official")
    assert "Proponer un cambio" in await page(official, "/protocolos")
    boxes = dict(forms(await page(official, "/borradores/nuevo?desde=guanajuato@2"))["SaveDraft"].boxes)
    begins = web.desk.picture.packs["guanajuato@2"].replace("version: 2\n", "version: 3\n", 1)
    assert boxes["text"].strip() == begins.strip()


async def test_a_change_is_written_by_one_proposed_and_approved_by_another_and_then_in_force(web: Web) -> None:
    official, colleague = await web.signed_in("official"), await web.signed_in("colleague")
    address = await _begun(web, official, _second(web).replace("\n", "\r\n"))
    shown = await page(official, address)
    assert "Dice lo mismo que la versión publicada." not in shown or "guanajuato@2" in shown
    shown = await done(official, address, "ProposePublication")
    assert "Falta que lo apruebe otra persona" in shown
    assert "ApprovePublication" not in forms(shown)
    shown = await done(colleague, address, "ApprovePublication")
    assert "en vigor" in shown
    assert web.desk.picture.in_force == "guanajuato@3"
    listed = await page(official, "/protocolos")
    assert "La propuso SDH (oficial@sdh); la aprobó SDH (colega@sdh)." in listed
    assert "publicado" in listed


async def test_what_is_wrong_is_told_with_its_line_and_what_was_typed_is_still_there(web: Web) -> None:
    official = await web.signed_in("official")
    broken = _second(web).replace("maquinas:", "maquinaz:", 1)
    address = await _begun(web, official, broken)
    shown = await page(official, address)
    line = 1 + broken[: broken.index("maquinaz:")].count("\n")
    assert f'data-line="{line}"' in shown
    assert "«maquinaz»" in html.unescape(shown)
    assert dict(forms(shown)["SaveDraft"].boxes)["text"].strip() == broken.strip()
    answer = await send(official, address, "ProposePublication")
    assert answer.status_code == 422
    assert "maquinaz" in answer.text


async def test_a_proposal_is_void_once_somebody_writes_on(web: Web) -> None:
    official, colleague = await web.signed_in("official"), await web.signed_in("colleague")
    address = await _begun(web, official, _second(web))
    await done(official, address, "ProposePublication")
    approval = dict(forms(await page(colleague, address))["ApprovePublication"].boxes)
    await done(official, address, "SaveDraft", {"text": _second(web) + "# más\n"})
    answer = await colleague.post(
        address, data=approval, headers={"accept": "text/html", "sec-fetch-site": "same-origin"}
    )
    assert answer.status_code == 409
    assert "no está propuesto" in answer.text


async def test_a_draft_that_is_withdrawn_can_only_be_read(web: Web) -> None:
    official = await web.signed_in("official")
    address = await _begun(web, official, _second(web))
    shown = await done(official, address, "WithdrawDraft")
    assert "readonly" in shown
    assert set(forms(shown)) == {"SaveDraft"}
    assert "Guardar" not in re.sub(r"<[^>]+>", " ", shown).split("Qué cambia")[0].split("El texto")[1]


@pytest.mark.parametrize("who", ["dif", "inm", "brigade", "galilea"])
async def test_drafts_are_the_coordination_s_alone(web: Web, who: str) -> None:
    official, other = await web.signed_in("official"), await web.signed_in(who)
    address = await _begun(web, official, _second(web))
    for path in (address, f"{address}/ensayo", "/borradores/nuevo?desde=guanajuato@2"):
        assert (await other.get(path, headers={"accept": "text/html"})).status_code == 403
    if who in ("dif", "inm"):
        listed = await page(other, "/protocolos")
        assert address not in listed
        assert "oficial@sdh" not in listed
        assert "Proponer un cambio" not in listed
    assert (await other.post(CHECK, json={"text": "x"})).status_code == 403


async def test_the_checker_answers_with_line_and_column_and_keeps_nothing(web: Web) -> None:
    official = await web.signed_in("official")
    before = web.desk.picture.seq
    text = _second(web).replace("maquinas:", "maquinaz:", 1)
    answer = (await official.post(CHECK, json={"text": text})).json()
    assert answer["sound"] is False
    problem = next(one for one in answer["remarks"] if "maquinaz" in one["message"])
    line = 1 + text[: text.index("maquinaz:")].count("\n")
    assert (problem["kind"], problem["line"], problem["column"]) == ("problem", line, 1)
    sound = (
        await official.post(CHECK, json={"text": _second(web).replace("titulo: {es: ", "titulo: {es: Nueva ", 1)})
    ).json()
    assert (sound["sound"], sound["protocol"], sound["against"]) == (True, "guanajuato@3", "guanajuato@2")
    assert any("Nueva" in said for _, sentences in sound["changes"] for said in sentences)
    assert web.desk.picture.seq == before


@pytest.mark.parametrize("text", ["", "\x00", "[" * 20_000, "a: &x [*x]", "\ufeff\t", "- 1\n- 2"])
async def test_whatever_is_sent_to_the_checker_is_answered_in_words(web: Web, text: str) -> None:
    official = await web.signed_in("official")
    answer = await official.post(CHECK, json={"text": text})
    assert answer.status_code in (200, 422)
    content = answer.json()
    assert content.get("errors") or content["remarks"]


async def test_a_draft_is_tried_on_the_nights_that_were(web: Web) -> None:
    official = await web.signed_in("official")
    arrival = c.ReportArrival(station="leon", people=30, declared_by="Brigada")
    await web.desk.handle(arrival, by=SYSTEM, now=NIGHTFALL)
    address = await _begun(web, official, _second(web))
    shown = await page(official, f"{address}/ensayo")
    assert "Central de León" in shown
    (activation,) = re.findall(r'data-past="([^"]+)"', shown)
    before = web.desk.picture.seq
    told = await page(official, f"{address}/ensayo?activacion={activation}")
    assert "Nada habría sido distinto." in told
    assert web.desk.picture.seq == before


async def test_a_draft_with_errors_is_not_tried(web: Web) -> None:
    official = await web.signed_in("official")
    address = await _begun(web, official, "protocolo: a medias")
    assert "corríjalo y guárdelo antes de ensayar" in await page(official, f"{address}/ensayo")


async def test_a_text_that_is_saved_over_another_s_comes_back_with_it_and_a_second_saving_is_knowing(web: Web) -> None:
    official, colleague = await web.signed_in("official"), await web.signed_in("colleague")
    address = await _begun(web, official, _second(web))
    typed = dict(forms(await page(official, address))["SaveDraft"].boxes) | {"text": _second(web) + "# lo mío\n"}
    await done(colleague, address, "SaveDraft", {"text": _second(web) + "# lo suyo\n"})
    answer = await official.post(address, data=typed, headers={"accept": "text/html", "sec-fetch-site": "same-origin"})
    assert answer.status_code == 409
    assert "# lo mío" in answer.text
    assert "# lo suyo" in answer.text
    again = dict(forms(answer.text)["SaveDraft"].boxes)
    saved = await official.post(address, data=again, headers={"accept": "text/html", "sec-fetch-site": "same-origin"})
    assert saved.status_code == 303
    assert "# lo mío" in next(iter(web.desk.picture.drafts.values())).text


async def test_a_published_draft_is_told_against_the_version_it_replaced(web: Web) -> None:
    official, colleague = await web.signed_in("official"), await web.signed_in("colleague")
    text = _second(web).replace("titulo: {es: ", "titulo: {es: Nueva ", 1)
    address = await _begun(web, official, text)
    await done(official, address, "ProposePublication")
    await done(colleague, address, "ApprovePublication")
    shown = await page(official, address)
    assert "Frente a guanajuato@2" in shown
    assert "Nueva" in shown.split("Qué cambia")[1]


async def test_a_past_is_tried_by_those_who_coordinate_it_alone(web: Web) -> None:
    town = User(id="town", email="enlace@municipio", label="León", agency="MUNICIPIO", role="coordination")
    await add_user(web.desk.engine, town, PASSWORD)
    official, other = await web.signed_in("official"), await web.enters(town.email, PASSWORD)
    arrival = c.ReportArrival(station="leon", people=30, declared_by="Brigada")
    await web.desk.handle(arrival, by=SYSTEM, now=NIGHTFALL)
    (activation,) = web.desk.picture.activations
    address = await _begun(web, official, _second(web))
    assert "Central de León" in await page(official, f"{address}/ensayo")
    for path in (f"{address}/ensayo", f"{address}/ensayo?activacion={activation}"):
        shown = await page(other, path)
        assert "su institución no puede conocer" in shown
        assert "Central de León" not in shown
        assert "habría sido" not in shown


async def test_rehearsals_wait_for_each_other_and_all_are_answered(web: Web) -> None:
    official = await web.signed_in("official")
    arrival = c.ReportArrival(station="leon", people=30, declared_by="Brigada")
    await web.desk.handle(arrival, by=SYSTEM, now=NIGHTFALL)
    address = await _begun(web, official, _second(web))
    (activation,) = web.desk.picture.activations
    asked = [page(official, f"{address}/ensayo?activacion={activation}") for _ in range(3)]
    assert all("Nada habría sido distinto." in told for told in await asyncio.gather(*asked))


# --- what is running --------------------------------------------------------------------------------------------------


async def test_a_running_activation_is_taken_to_another_version_with_the_steps_that_have_another_name(web: Web) -> None:
    official = await web.signed_in("official")
    arrival = c.ReportArrival(station="leon", people=30, declared_by="Brigada")
    await web.desk.handle(arrival, by=SYSTEM, now=NIGHTFALL)
    run = next(iter(web.desk.picture.activations))
    packs = {key: web.desk.picture.packs[key] for key in web.desk.picture.packs}
    second = re.sub(r"\balerta\b(?=:\n|\n)", "aviso", _second(web))
    await web.desk.handle(c.PublishProtocol(text=second, packs=packs), by=SYSTEM, now=NIGHTFALL)
    assert "Cambiar de versión" in await page(official, f"/activaciones/{run}")
    path = f"/activaciones/{run}/version?a=3"
    boxes = dict(forms(await page(official, path))["MigrateActivation"].boxes)
    assert "map.operativo.alerta" in boxes
    refused = await send(
        official, path, "MigrateActivation", {"reason": "Nombre más claro", "map.operativo.alerta": ""}
    )
    assert refused.status_code == 422
    assert "«alerta»" in html.unescape(refused.text)
    assert "Nombre más claro" in refused.text
    shown = await done(
        official, path, "MigrateActivation", {"reason": "Nombre más claro", "map.operativo.alerta": "aviso"}
    )
    assert "La activación pasó a la otra versión." in shown
    assert web.desk.picture.activations[run].version == 3
    logged = await page(official, "/bitacora")
    assert "La activación pasó a la versión 3 de «guanajuato». Motivo: «Nombre más claro»." in logged


async def test_only_the_coordination_changes_the_version_of_what_runs(web: Web) -> None:
    arrival = c.ReportArrival(station="leon", people=30, declared_by="Brigada")
    await web.desk.handle(arrival, by=SYSTEM, now=NIGHTFALL)
    run = next(iter(web.desk.picture.activations))
    dif = await web.signed_in("dif")
    assert (await dif.get(f"/activaciones/{run}/version", headers={"accept": "text/html"})).status_code == 403
    assert "Cambiar de versión" not in await page(dif, f"/activaciones/{run}")
