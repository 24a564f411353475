"""What changed is told where somebody decides: to who approves, on a published version, before a running activation moves."""

from __future__ import annotations

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
from caravan.server.web.pages.changes import Unlike, lines_apart

pytestmark = pytest.mark.anyio

_NEW = "/borradores/nuevo?desde=guanajuato@2"


def _third(web: Web) -> str:
    text = web.desk.picture.packs["guanajuato@2"].replace("\nversion: 2\n", "\nversion: 3\n", 1)
    text = text.replace("vigente_desde: 2026-12-01\n", "")
    return text.replace(
        "peldanos: [coordinacion, TITULAR], cada: 30 min", "peldanos: [coordinacion, TITULAR], cada: 40 min"
    )


async def _begun(web: Web, official: httpx.AsyncClient, text: str) -> str:
    await done(official, _NEW, "SaveDraft", {"text": text, "note": "Más tiempo"})
    (draft,) = [web.desk.picture.drafts[i] for i in web.desk.picture.drafts]
    return f"/borradores/{draft.id}"


async def test_the_board_tells_who_may_approve_and_not_who_proposed(web: Web) -> None:
    official, colleague, dif = [await web.signed_in(who) for who in ("official", "colleague", "dif")]
    address = await _begun(web, official, _third(web))
    assert "Espera su aprobación" not in await page(colleague, "/")
    await done(official, address, "ProposePublication")
    told = await page(colleague, "/")
    assert "Espera su aprobación:" in told
    assert f'href="{address}"' in told
    assert "Más tiempo" in told
    for other in (official, dif):
        assert "Espera su aprobación" not in await page(other, "/")
    await done(colleague, address, "ApprovePublication")
    assert "Espera su aprobación" not in await page(colleague, "/")


async def test_who_approves_first_reads_what_changes_and_the_rehearsal_and_then_the_folded_text(web: Web) -> None:
    official, colleague = await web.signed_in("official"), await web.signed_in("colleague")
    address = await _begun(web, official, _third(web))
    await done(official, address, "ProposePublication")
    shown = await page(colleague, address)
    told = ("cada 40 min", "Ensayar sobre lo que ya pasó", "Aprobar y publicar", "Leer el texto completo", "<textarea")
    places = [shown.index(words) for words in told]
    assert places == sorted(places)
    folded = shown[: shown.index("<textarea")]
    assert folded.rindex("<details") > folded.rindex("</details>")


async def test_a_coordination_that_does_not_lead_the_protocol_reads_the_change_and_is_offered_nothing(web: Web) -> None:
    town = User(id="town", email="enlace@municipio", label="León", agency="MUNICIPIO", role="coordination")
    await add_user(web.desk.engine, town, PASSWORD)
    official, other = await web.signed_in("official"), await web.enters(town.email, PASSWORD)
    address = await _begun(web, official, _third(web))
    assert set(forms(await page(other, address))) == {"SaveDraft"}
    await done(official, address, "ProposePublication")
    shown = await page(other, address)
    assert "Lo propone y lo aprueba la institución que coordina ese protocolo." in shown
    assert set(forms(shown)) == {"SaveDraft"}
    assert "readonly" in shown
    assert ">Guardar</button>" not in shown
    assert "Espera su aprobación" not in await page(other, "/")


async def test_withdrawing_is_behind_a_second_decision(web: Web) -> None:
    official = await web.signed_in("official")
    address = await _begun(web, official, _third(web))
    shown = await page(official, address)
    (folded,) = re.findall(r"<details class=\"apart\">(.*?)</details>", shown, re.DOTALL)
    assert "Retirar el borrador" in folded
    assert set(forms(folded)) == {"WithdrawDraft"}


async def test_a_save_over_another_s_keeps_the_typing_and_says_who_saved_and_what_differs(web: Web) -> None:
    official, colleague = await web.signed_in("official"), await web.signed_in("colleague")
    address = await _begun(web, official, _third(web))
    stale = dict(forms(await page(official, address))["SaveDraft"].boxes)
    await done(colleague, address, "SaveDraft", {"text": _third(web) + "# de la colega\n"})
    stale["text"] = _third(web) + "# del oficial\n"
    answer = await official.post(address, data=stale, headers={"accept": "text/html", "sec-fetch-site": "same-origin"})
    assert answer.status_code == 409
    shown = html.unescape(answer.text)
    assert "Mientras usted escribía, SDH (colega@sdh) guardó este borrador el" in shown
    assert '<span class="saved">− # de la colega</span>' in shown
    assert '<span class="typed">+ # del oficial</span>' in shown
    assert re.search(r"<button data-needs-saved[^>]* disabled>Proponer</button>", shown)
    boxes = dict(forms(answer.text)["SaveDraft"].boxes)
    assert boxes["text"].strip().endswith("# del oficial")
    assert web.desk.picture.drafts[address.rpartition("/")[2]].text.endswith("# de la colega\n")
    again = await official.post(address, data=boxes, headers={"accept": "text/html", "sec-fetch-site": "same-origin"})
    assert again.status_code == 303  # having read the other's text, saving over it is a decision
    assert web.desk.picture.drafts[address.rpartition("/")[2]].text.endswith("# del oficial\n")


async def test_a_published_version_says_what_changed_from_the_one_before(web: Web) -> None:
    await _published(web, _third(web))
    shown = await page(await web.signed_in("dif"), "/protocolos/guanajuato@3")
    assert "Qué cambió frente a la versión anterior, guanajuato@2 (" in shown
    assert "cada 40 min" in shown
    assert "Qué cambió" not in await page(await web.signed_in("dif"), "/protocolos/guanajuato@2")


async def test_before_a_running_activation_moves_the_page_says_what_the_other_version_changes(web: Web) -> None:
    run = await _running(web)
    await _published(web, re.sub(r"\balerta\b(?=:\n|\n)", "aviso", _third(web)))
    shown = await page(await web.signed_in("official"), f"/activaciones/{run}/version?a=3")
    assert "Qué dice distinto la versión 3 de la 2" in shown
    assert "cada 40 min" in shown
    assert shown.index("cada 40 min") < shown.index("Pasar la activación</button>")


async def test_a_step_that_only_changed_its_key_is_already_chosen(web: Web) -> None:
    run = await _running(web)
    await _published(web, re.sub(r"\balerta\b(?=:\n|\n)", "aviso", _third(web)))
    official = await web.signed_in("official")
    boxes = dict(forms(await page(official, f"/activaciones/{run}/version?a=3"))["MigrateActivation"].boxes)
    assert boxes["map.operativo.alerta"] == "aviso"


async def test_after_a_move_the_page_says_the_version_it_is_in_not_the_one_it_began_with(web: Web) -> None:
    run = await _running(web)
    await _published(web, _third(web))
    official = await web.signed_in("official")
    await send(official, f"/activaciones/{run}/version?a=3", "MigrateActivation", {"reason": "Más tiempo"})
    shown = await page(official, f"/activaciones/{run}/version")
    assert "Esta activación va en la versión 3" in shown
    assert "empezó con" not in shown


async def _running(web: Web) -> str:
    arrival = c.ReportArrival(station="leon", people=30, declared_by="Brigada")
    await web.desk.handle(arrival, by=SYSTEM, now=NIGHTFALL)
    return next(iter(web.desk.picture.activations))


async def _published(web: Web, text: str) -> None:
    packs = {key: web.desk.picture.packs[key] for key in web.desk.picture.packs}
    await web.desk.handle(c.PublishProtocol(text=text, packs=packs), by=SYSTEM, now=NIGHTFALL)


# --- the lines --------------------------------------------------------------------------------------------------------


def test_only_the_lines_that_differ_are_told_whatever_ends_them() -> None:
    assert lines_apart("a\nb\nc\n", "a\r\nx\r\nc\r\n") == ([Unlike("−", "b"), Unlike("+", "x")], False)
    assert lines_apart("a\n", "a") == ([], False)


def test_two_texts_that_share_nothing_are_told_only_in_part() -> None:
    found, more = lines_apart("\n".join(map(str, range(300))), "otro")
    assert (len(found), more) == (200, True)
