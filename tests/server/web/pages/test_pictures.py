"""The protocol as a picture on the pages: lit where it stands, and never of what the reader may not know."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from xml.etree import ElementTree

import pypdf
import pytest
from forms import done, page
from installation import OFFICIAL, Web
from realm import PACKS, PROTOCOL
from side_protocols import OFFICE
from trial_protocols import HEAD, LINE, A, B

from caravan import commands as c
from caravan.basics import SYSTEM, Actor
from caravan.server.desk import Desk

pytestmark = pytest.mark.anyio
SVG = "{http://www.w3.org/2000/svg}"


async def arrival(web: Web, **known: object) -> tuple[str, str]:
    """A group and its activation."""
    told = c.ReportArrival(station="leon", people=35, declared_by="PC", **known)  # pyright: ignore[reportArgumentType]
    group = (await web.desk.handle(told, by=OFFICIAL)).created or ""
    return group, web.desk.picture.groups[group].activation


def drawing(html: str) -> ElementTree.Element:
    """The first picture of a page."""
    return ElementTree.fromstring(html[html.index("<svg") : html.index("</svg>") + 6])


def boxes(root: ElementTree.Element) -> dict[str, ElementTree.Element]:
    return {g.get("data-state", ""): g for g in root.iter(f"{SVG}g") if g.get("data-state")}


def lit(root: ElementTree.Element) -> set[str]:
    return {state for state, g in boxes(root).items() if {"d-now", "d-late"} & set((g.get("class") or "").split())}


async def test_an_activation_shows_where_it_stands_how_long_is_left_and_what_was_done(web: Web) -> None:
    _, run = await arrival(web)
    official = await web.signed_in("official")
    path = f"/activaciones/{run}"
    first = await page(official, path)
    assert lit(drawing(first)) == {"alerta"}
    assert "● ahora · quedan 30 min" in first
    assert first.index("data-live") < first.index("<svg")
    after = await done(
        official, path, f"{run}-alerta-verificar", {"payload.motivo": "lo confirma PC", "payload.nivel": "n1"}
    )
    assert {"en_atencion", "con_grupos", "aviso_urgente"} <= lit(drawing(after))
    assert "alerta" not in lit(drawing(after))
    told = after[after.index("Qué se hizo, cuándo y por qué") :]
    assert "Verificar y activar" in told and "Alerta por verificar →" in told


async def test_a_step_that_is_late_says_so_in_words(web: Web) -> None:
    _, run = await arrival(web)
    web.clock.set(web.clock.now() + timedelta(minutes=45))
    html = await page(await web.signed_in("official"), f"/activaciones/{run}")
    assert lit(drawing(html)) == {"alerta"}
    assert "● ahora · vencido hace 15 min" in html


async def test_a_group_shows_its_twelve_lines_and_as_lists_for_a_telephone(web: Web) -> None:
    group, _ = await arrival(web)
    official = await web.signed_in("official")
    html = await page(official, f"/grupos/{group}")
    assert {"triaje", "tamizaje", "deteccion", "por_colocar"} <= lit(drawing(html))
    lists = html[html.index('<ol class="tracks">') : html.index("</ol>")]
    for line in ("Salud", "Asilo", "Contacto familiar"):
        assert f"<strong>{line}</strong>" in lists
    assert "● Triaje pendiente" in lists and "Triaje hecho → Seguimiento de salud" in lists


@pytest.mark.parametrize(
    ("who", "hidden", "known"),
    [
        ("dif", ("asilo", "Asilo", "COMAR resuelve", "temor"), "Tamizaje de niñez"),
        ("comar", ("Tamizaje de niñez", "Triaje"), "Detección de solicitudes"),
        ("prodheg", ("asilo", "temor", "Tamizaje de niñez", "Triaje"), "Observación de derechos"),
        ("inm", ("asilo", "temor", "niñez en el grupo", "Triaje", "Por colocar"), "Trámite por determinar"),
    ],
)  # fmt: skip
async def test_what_an_agency_may_not_know_is_in_no_picture_and_no_list(
    web: Web, who: str, hidden: tuple[str, ...], known: str
) -> None:
    group, _ = await arrival(web, asylum=3)
    client = await web.signed_in(who)
    pictures = [
        (await client.get(path)).text
        for path in (f"/grupos/{group}/esquema.svg", "/protocolos/guanajuato@2/esquema.svg?maquina=atencion_al_grupo")
    ]
    html = await page(client, f"/grupos/{group}")
    section = html[html.index('id="dibujo"') : html.index('id="bitacora"')]
    for told in (*pictures, section):
        assert known in told
        for trace in hidden:
            assert trace not in told, (who, trace)
    assert "Qué se hizo" not in section


async def test_inm_sees_in_the_picture_only_its_own_line_and_its_own_step_lit(web: Web) -> None:
    group, _ = await arrival(web, asylum=3)
    client = await web.signed_in("inm")
    root = ElementTree.fromstring((await client.get(f"/grupos/{group}/esquema.svg")).content)
    owned = set(boxes(root))
    assert "regularizacion" in owned and not owned & {"atencion", "asilo", "ninez", "salud", "alojamiento", "concluido"}
    assert lit(root) == {"regularizacion", "por_definir"}


async def test_the_end_of_a_hidden_line_changes_nothing_in_a_picture(web: Web) -> None:
    group, _ = await arrival(web)
    client = await web.signed_in("inm")
    path = f"/grupos/{group}/esquema.svg"
    await web.desk.handle(c.SendEvent(event="sin_tramite", group=group), by=OFFICIAL)
    before = (await client.get(path)).text
    assert lit(ElementTree.fromstring(before)) == set()
    await web.desk.handle(c.SendEvent(event="nadie_manifiesta", group=group), by=OFFICIAL)
    assert (await client.get(path)).text == before


async def test_a_picture_alone_comes_under_a_policy_that_lets_nothing_run(web: Web) -> None:
    group, run = await arrival(web)
    official = await web.signed_in("official")
    for path in (f"/activaciones/{run}/esquema.svg", f"/grupos/{group}/esquema.svg?maquina=atencion_al_grupo"):
        answer = await official.get(path)
        assert answer.status_code == 200 and answer.headers["content-type"].startswith("image/svg+xml")
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
    html = {"accept": "text/html"}
    for wrong in (
        f"/grupos/{group}/esquema.svg?maquina=otra",
        "/grupos/g-nadie/esquema.svg",
        "/protocolos/otro@1/esquema.svg",
    ):
        assert (await official.get(wrong, headers=html)).status_code == 404
    assert (await web.guest().get(f"/grupos/{group}/esquema.svg", headers=html)).status_code == 303


async def test_the_protocols_page_leads_to_its_pictures_its_print_and_its_pdf(web: Web) -> None:
    official = await web.signed_in("official")
    html = await page(official, "/protocolos/guanajuato@2")
    assert html.count("<svg") == 2
    answer = await official.get("/protocolos/guanajuato@2/documento")
    assert "Quién responde" in answer.text and "style-src 'sha256-" in answer.headers["content-security-policy"]
    written = await official.get("/protocolos/guanajuato@2/documento.pdf")
    assert written.headers["content-type"] == "application/pdf"
    assert len(pypdf.PdfReader(BytesIO(written.content)).pages) > 5
    for path in ("/documento", "/documento.pdf", "/esquema.svg?maquina=operativo"):
        assert f'href="/protocolos/guanajuato@2{path}"' in html


async def test_what_was_done_says_what_was_told_with_it_and_why(web: Web) -> None:
    _, run = await arrival(web)
    official = await web.signed_in("official")
    path = f"/activaciones/{run}"
    given = {"payload.motivo": "lo confirma PC por radio", "payload.nivel": "n2"}
    html = await done(official, path, f"{run}-alerta-verificar", given)
    done_so_far = html[html.index("Qué se hizo, cuándo y por qué") :]
    line = done_so_far[done_so_far.index("Verificar y activar") :]
    line = line[: line.index("</li>")]
    assert "Motivo: «lo confirma PC por radio»" in line and "Nivel: «2»" in line
    assert "El nivel pasó a 2" in done_so_far


async def test_an_institution_sees_its_own_acts_and_nothing_that_followed_from_them_elsewhere(web: Web) -> None:
    group, _ = await arrival(web, asylum=3)
    inm = await web.signed_in("inm")
    acted = Actor(agency="INM", role="agency", user="u-inm")
    await web.desk.handle(c.SendEvent(event="sin_tramite", group=group), by=acted)
    await web.desk.handle(c.SendEvent(event="hay_urgencia", group=group), by=OFFICIAL)
    html = await page(inm, f"/grupos/{group}")
    told = html[html.index("Qué se hizo, cuándo y por qué") : html.index('id="bitacora"')]
    log = html[html.index('id="bitacora"') :]
    for part in (told, log):
        assert "Regularización concluida" in part
        assert "Urgencia" not in part and "asilo" not in part
    for other in ("comar", "prodheg"):
        theirs = await page(await web.signed_in(other), f"/grupos/{group}")
        assert "Regularización concluida" not in theirs[theirs.index('id="bitacora"') :]


async def test_a_step_without_a_term_of_its_own_says_so_and_stands_last_in_lists_and_cards(web: Web) -> None:
    group, _ = await arrival(web)
    html = await page(await web.signed_in("official"), f"/grupos/{group}")
    lists = html[html.index('<ol class="tracks">') : html.index("</ol>")]
    cards = html[html.index('id="pasos"') : html.index('id="dibujo"')]
    words = "sin plazo propio (revisión general: lun 22 may"
    for part, mark in ((lists, "quedan"), (cards, "quedan")):
        assert words in part
        assert part.rindex(mark) < part.index(words)
    assert "quedan 7 d" not in cards and "quedan 6 d" not in cards


HIDDEN_TRACK = f"""\
  m:
    instancia: activacion
    inicial: todo
    estados:
      todo:
        paralelo:
          publico:
            inicial: a
            estados:
              a: {A}plazo: 1 d, cuando: {{seguir: b, fin: z}}}}
              b: {B}plazo: 1 d, siempre: [{{si: en('secreto_dos'), ir_a: z}}]}}
              z: {{etiqueta: {{es: Fin, en: End}}, final: true}}
          reservado:
            visible: [COMAR, LINEA]
            inicial: secreto_uno
            estados:
              secreto_uno: {{etiqueta: {{es: Paso reservado, en: Closed}}, responsable: LINEA, plazo: 1 d, fuente: {{D: x}}, cuando: {{ocultar: secreto_dos}}}}
              secreto_dos: {{responsable: LINEA, plazo: 1 d, fuente: {{D: x}}, cuando: {{terminar: y}}}}
              y: {{etiqueta: {{es: Fin, en: End}}, final: true}}
"""


async def _hidden(desk: Desk) -> str:
    await desk.handle(c.PublishProtocol(text=HEAD.format(version=1) + HIDDEN_TRACK), by=SYSTEM)
    await desk.handle(c.RegisterOffice(office=OFFICE), by=SYSTEM)
    opened = c.ActivateProtocol(station="linea", reason="Guardia", protocol="ensayo")
    run = (await desk.handle(opened, by=SYSTEM)).created
    assert run is not None
    return run


async def test_steps_of_a_track_closed_to_the_coordination_are_told_neither_on_the_page_nor_in_the_log(
    web: Web,
) -> None:
    run = await _hidden(web.desk)
    await web.desk.handle(c.SendEvent(event="ocultar", activation=run), by=LINE)
    official = await web.signed_in("official")
    for address in (f"/activaciones/{run}", f"/bitacora?activacion={run}"):
        page = (await official.get(address)).text
        assert "Paso reservado" not in page
        assert "secreto" not in page


async def test_an_open_step_that_follows_from_a_hidden_one_is_told_without_its_cause(web: Web) -> None:
    run = await _hidden(web.desk)
    await web.desk.handle(c.SendEvent(event="ocultar", activation=run), by=LINE)
    await web.desk.handle(c.SendEvent(event="seguir", activation=run), by=LINE)
    official = await web.signed_in("official")
    log = (await official.get(f"/bitacora?activacion={run}")).text
    assert "Seguir: pasa a «Paso b», «Fin»" in log
    for address in (f"/activaciones/{run}", f"/bitacora?activacion={run}"):
        page = (await official.get(address)).text
        assert "secreto" not in page and "Paso reservado" not in page


async def test_what_was_done_keeps_the_words_of_the_version_it_was_done_under_and_tells_the_change_with_its_motive(
    web: Web,
) -> None:
    group, run = await arrival(web)
    later = PROTOCOL.replace("version: 2\n", "version: 3\n", 1).replace(
        "es: Alerta por verificar", "es: Alerta sin confirmar"
    )
    await web.desk.handle(c.PublishProtocol(text=later, packs=PACKS), by=SYSTEM)
    await web.desk.handle(c.MigrateActivation(activation=run, version=3, reason="Nombre más claro"), by=OFFICIAL)
    official = await web.signed_in("official")
    html = await page(official, f"/activaciones/{run}")
    assert boxes(drawing(html)) and "Alerta sin confirmar" in html
    told = html[html.index("Qué se hizo, cuándo y por qué") :]
    told = told[: told.index("</ul>")]
    assert "Alerta por verificar" in told and "Alerta sin confirmar" not in told
    assert "Motivo: «Nombre más claro»" in told
    of_group = await page(official, f"/grupos/{group}")
    assert "Motivo: «Nombre más claro»" in of_group[of_group.index("Qué se hizo, cuándo y por qué") :]


async def test_a_text_that_may_be_forgotten_is_not_told_with_what_was_done(web: Web) -> None:
    later = PROTOCOL.replace("version: 2\n", "version: 3\n", 1)
    declared = next(line for line in later.splitlines() if line.strip().startswith("verificar:"))
    later = later.replace(
        declared, declared.replace("motivo: texto", "motivo: texto, detalle: {tipo: texto, borrable: true}"), 1
    )
    assert "borrable" in later
    await web.desk.handle(c.PublishProtocol(text=later, packs=PACKS), by=SYSTEM)
    _, run = await arrival(web)
    await web.desk.handle(
        c.MigrateActivation(activation=run, version=3, reason="Datos que pueden borrarse"), by=OFFICIAL
    )
    official = await web.signed_in("official")
    given = {"payload.motivo": "lo confirma PC", "payload.nivel": "n2", "payload.detalle": "palabras de una persona"}
    html = await done(official, f"/activaciones/{run}", f"{run}-alerta-verificar", given)
    told = html[html.index("Qué se hizo, cuándo y por qué") :]
    line = told[told.index("Verificar y activar") :]
    line = line[: line.index("</li>")]
    assert "Nivel: «2»" in line and len(web.desk.picture.texts) == 1
    assert "Detalle" not in line and "palabras de una persona" not in line
    assert not any(text in line for text in web.desk.picture.texts)
