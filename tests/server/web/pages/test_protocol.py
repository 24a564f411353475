"""The operation, the published protocol and the log, as pages."""

from __future__ import annotations

import hashlib

import pytest
from forms import done, page
from installation import OFFICIAL, Web
from realm import PROTOCOL

from caravan import commands as c

pytestmark = pytest.mark.anyio


async def test_the_published_protocol_is_a_table_and_its_very_text_can_be_taken_home(web: Web) -> None:
    official = await web.signed_in("official")
    assert "en vigor" in await page(official, "/protocolos")
    table = await page(official, "/protocolos/guanajuato@2")
    for told in (
        "no es el texto oficial",
        "Triaje pendiente",
        "30 días hábiles",
        "desde el ingreso al país",
    ):
        assert told in table
    asylum = [line for line in table.splitlines() if "solo lo ven: Comisión Mexicana de Ayuda a Refugiados" in line]
    assert len(asylum) == 1 and "Asilo" in asylum[0]
    assert "solo lo ven: COMAR" not in table and "SALUD, " not in table
    text = await official.get("/protocolos/guanajuato@2/texto")
    assert hashlib.sha256(text.content).digest() == hashlib.sha256(PROTOCOL.encode()).digest()
    assert "attachment" in text.headers["content-disposition"]
    assert (await official.get("/protocolos/otro@1", headers={"accept": "text/html"})).status_code == 404


@pytest.mark.parametrize("who", ["galilea", "cook"])
async def test_a_house_and_a_kitchen_find_the_protocol_in_their_menu(web: Web, who: str) -> None:
    client = await web.signed_in(who)
    html = await page(client, "/protocolos")
    assert '<a href="/protocolos" aria-current="page">Protocolo</a>' in html
    assert "Triaje" not in await page(client, "/mapa")
    assert (await client.get("/protocolos/guanajuato@2")).status_code == 200


async def test_an_activation_shows_its_steps_and_takes_the_events_it_waits_for(web: Web) -> None:
    created = (
        await web.desk.handle(c.ReportArrival(station="leon", people=35, declared_by="PC"), by=OFFICIAL)
    ).created or ""
    run = web.desk.picture.groups[created].activation
    official = await web.signed_in("official")
    path = f"/activaciones/{run}"
    assert "Alerta por verificar" in await page(official, path)
    verified = await done(
        official, path, f"{run}-alerta-verificar", {"payload.motivo": "lo confirma PC", "payload.nivel": "n1"}
    )
    assert "Aviso urgente por publicar" in verified
    assert "Nivel 1" in verified


async def test_the_log_is_worded_newest_first_and_read_page_by_page(web: Web) -> None:
    for n in range(12):
        await web.desk.handle(c.ReportArrival(station="leon", people=20 + n, declared_by="PC"), by=OFFICIAL)
    official = await web.signed_in("official")
    first = await page(official, "/bitacora")
    assert "31 personas, según «PC»" in first and "20 personas, según «PC»" not in first
    assert "más antiguas" in first
    pages = [await page(official, f"/bitacora?pagina={n}") for n in range(2, 8)]
    assert any("20 personas, según «PC»" in one for one in pages)
    assert "Se abrió la bitácora" in "".join(pages)


async def test_the_log_of_a_partner_tells_no_sequence_and_no_step(web: Web) -> None:
    for _ in range(3):
        await web.desk.handle(c.ReportArrival(station="leon", people=20, declared_by="PC", asylum=3), by=OFFICIAL)
    read = await page(await web.signed_in("dif"), "/bitacora")
    assert "20 personas" in read
    for hidden in ("temor", "asilo", "seq", "before="):
        assert hidden not in read
