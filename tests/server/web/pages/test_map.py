"""The page of the map: the same in words beside it, and nothing on it that its viewer may not know."""

from __future__ import annotations

import re

import pytest
from forms import done, forms, page
from installation import Web

pytestmark = pytest.mark.anyio


async def _group(web: Web) -> None:
    official = await web.signed_in("official")
    body = {"station": "leon", "people": 35, "declared_by": "chofer <script>alert(1)</script>"}
    await official.post("/api/v1/arrivals", json=body)


@pytest.mark.parametrize("who", ["official", "galilea", "cook", "brigade", "comar", "dif"])
async def test_nobody_needs_the_map_to_read_who_waits_and_where_places_are(web: Web, who: str) -> None:
    await _group(web)
    html = await page(await web.signed_in(who), "/mapa")
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html[: html.index("<script")]))
    assert "35 personas" in words and "35 sin lugar" in words
    assert re.search(r"Casa Galilea León ✓ con lugares 30 libres ● hace un momento", words)
    assert ("locate" in forms(html)) == (who == "official")


async def test_the_map_of_inm_names_no_house(web: Web) -> None:
    await _group(web)
    html = await page(await web.signed_in("inm"), "/mapa")
    assert "Totales por municipio" in html and "Central de León" in html
    assert "Casa Galilea" not in html and "sin lugar</span>" not in html and "/grupos/" not in html


async def test_the_only_script_inside_the_page_carries_its_nonce(web: Web) -> None:
    answer = await (await web.signed_in("official")).get("/mapa", headers={"accept": "text/html"})
    inline = re.findall(r"<script(?![^>]*src=)([^>]*)>", answer.text)
    nonces = re.findall(r"nonce-([\w-]+)", answer.headers["content-security-policy"])
    assert inline == [f' nonce="{nonces[0]}"']
    assert not re.search(r"\son\w+=|\sstyle=", answer.text.partition("<body")[2].partition("<script")[0])
    assert answer.text.count("/static/bus.js") == 1


async def test_the_map_speaks_the_language_of_its_reader(web: Web) -> None:
    official = await web.signed_in("official")
    assert '"es-MX"' in await page(official, "/mapa")
    await official.post("/lengua", data={"language": "en", "volver": "/mapa"})
    assert '"en-GB"' in await page(official, "/mapa")


async def test_the_coordination_mends_the_point_of_a_station(web: Web) -> None:
    official = await web.signed_in("official")
    await done(official, "/mapa", "locate", {"place": "station:leon", "lat": "21.1190", "lon": "-101.6650"})
    assert web.desk.picture.stations["leon"].position.lat == 21.1190
