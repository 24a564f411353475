"""The door: calm, in one sentence, and in a drill with its accounts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from forms import page
from installation import PASSWORD, USERS, Web, web_in
from msgspec.structs import replace

from caravan.server.db.users import add_user
from caravan.server.demo import PASSWORD as DRILL_PASSWORD

pytestmark = pytest.mark.anyio
_PAGE = {"accept": "text/html"}


async def test_the_door_says_what_this_is_and_that_no_names_are_kept(web: Web) -> None:
    html = await page(web.guest(), "/entrar")
    assert "coordina la atención" in html and "no se guardan nombres" in html
    assert "Cuentas del simulacro" not in html


async def test_whoever_signs_in_lands_where_they_were_going(web: Web) -> None:
    guest = web.guest()
    answer = await guest.get("/albergues", headers=_PAGE)
    assert answer.headers["location"] == "/entrar?volver=/albergues"
    assert 'value="/albergues"' in await page(guest, answer.headers["location"])
    sent = {"email": USERS["official"].email, "password": PASSWORD, "volver": "/albergues"}
    answer = await guest.post("/entrar", data=sent, headers=_PAGE)
    assert (answer.status_code, answer.headers["location"]) == (303, "/albergues")


async def test_a_wrong_password_keeps_the_address_and_says_so_beside_the_box(web: Web) -> None:
    sent = {"email": "oficial@sdh", "password": "otra", "volver": "/"}
    answer = await web.guest().post("/entrar", data=sent, headers=_PAGE)
    assert answer.status_code == 401
    assert 'value="oficial@sdh"' in answer.text and 'id="sign_in-password-wrong"' in answer.text
    assert "otra" not in answer.text.replace("otras", "")


async def test_a_drill_shows_its_accounts_and_one_tap_signs_in(folder: Path) -> None:
    async with web_in(folder, demo=True) as web:
        account = replace(
            USERS["galilea"], id="drill", email="albergue@simulacro", label="Albergue de prueba", demo=True
        )
        await add_user(web.desk.engine, account, DRILL_PASSWORD)
        guest = web.guest()
        html = await page(guest, "/entrar")
        assert "La contraseña de todas es «simulacro»" in html and "Albergue de prueba" in html
        assert USERS["official"].email not in html  # an account of real work is nobody's to see
        button = html[html.rindex("<form", 0, html.index("Albergue de prueba")) : html.index("Albergue de prueba")]
        sent = dict(re.findall(r'name="(\w+)" value="([^"]*)"', button))
        answer = await guest.post("/entrar", data=sent, headers=_PAGE)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert "Casa Galilea" in await page(guest, "/albergue")


async def test_a_refusal_is_a_sentence_and_a_way_back(web: Web) -> None:
    answer = await (await web.signed_in("cook")).get("/albergue", headers=_PAGE)
    assert answer.status_code == 403
    assert "Su cuenta no puede hacer esto" in answer.text and "Volver al inicio" in answer.text
    answer = await (await web.signed_in("cook")).get("/no-existe", headers=_PAGE)
    assert answer.status_code == 404 and "No existe o no está a su alcance" in answer.text


@pytest.mark.parametrize(
    "elsewhere", ["//otro.example", "/\\otro.example", "https://otro.example", "\\\\otro.example", "/x\n/y"]
)
async def test_after_signing_in_nobody_is_sent_to_another_site(web: Web, elsewhere: str) -> None:
    sent = {"email": USERS["official"].email, "password": PASSWORD, "volver": elsewhere}
    answer = await web.guest().post("/entrar", data=sent)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
