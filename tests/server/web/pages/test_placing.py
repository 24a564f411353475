"""The night is placed through the pages alone: proposed, looked at, weighed, changed by a person, confirmed."""

from __future__ import annotations

import re

import httpx
import pytest
from forms import forms, page, send
from installation import OFFICIAL, Web, until
from realm import EMPTY, PROTOCOLS

from caravan import commands as c
from caravan.groups import Household
from caravan.shelters.progress import Progress

pytestmark = pytest.mark.anyio

_PAGE = {"accept": "text/html", "sec-fetch-site": "same-origin"}
_BUS = (
    Household(women=1, men=1, children={"5-11": 1}, count=4),
    Household(men=1, count=6),
    Household(children={"12-17": 1}, unaccompanied=True, count=2),
)


async def _arrives(web: Web, station: str = "leon") -> str:
    command = c.ReportArrival(station=station, people=20, declared_by="operador", households=_BUS)
    created = (await web.desk.handle(command, by=OFFICIAL)).created
    assert created is not None
    return created


async def _posts(client: httpx.AsyncClient, path: str, form: str, action: str) -> httpx.Response:
    """Sends a form of the page to where its ``action`` says."""
    found = forms(await page(client, path))[form]
    boxes: dict[str, list[str]] = {}
    for name, value in found.boxes:
        boxes.setdefault(name, []).append(value)
    return await client.post(action, data=boxes, headers=_PAGE)


async def _proposes(client: httpx.AsyncClient, form: str) -> httpx.Response:
    return await _posts(client, "/colocacion", form, "/colocacion/buscar")


async def test_who_does_not_coordinate_does_not_see_the_night(web: Web) -> None:
    await _arrives(web)
    for who in ("galilea", "cook", "brigade", "inm", "comar", "dif", "prodheg"):
        client = await web.signed_in(who)
        for path in ("/colocacion", "/politica", "/colocacion/busquedas/nada"):
            assert (await client.get(path, headers=_PAGE)).status_code == 403, (who, path)
        assert (await client.post("/colocacion/confirmar", headers=_PAGE)).status_code == 403
        assert (await client.post("/colocacion/buscar", headers=_PAGE)).status_code == 403


async def test_the_night_is_proposed_shown_twice_and_confirmed_at_once(web: Web) -> None:
    official = await web.signed_in("official")
    first, second = await _arrives(web), await _arrives(web)
    before = await page(official, "/colocacion")
    assert "Sin propuesta: 40" in before
    (run,) = {web.desk.picture.groups[first].activation, web.desk.picture.groups[second].activation}
    answer = await _proposes(official, f"all-{run}")
    if "/busquedas/" in answer.headers["location"]:
        await until(lambda: {first, second} <= set(web.desk.picture.plans))
    shown = await page(official, "/colocacion")
    # Wide, narrow, and the same people as a table.
    assert shown.count('class="plan-ribbon"') % 2 == 0
    assert 'class="plan-a"' in shown and 'class="plan-b"' in shown
    assert "Casa DIF" in shown and "NNA no acompañados" in shown
    for plan in web.desk.picture.plans.values():
        assert sum(part.people for part in plan.parts) + plan.unplaced == 20
    answer = await _posts(official, "/colocacion", "confirm-all", "/colocacion/confirmar")
    assert answer.status_code == 303
    held = [p for p in web.desk.picture.placements.values() if p.status == "held"]
    assert sum(p.people for p in held) + sum(g.unplaced for g in web.desk.picture.groups.values()) == 40
    assert "ya apartado" in await page(official, "/colocacion")


async def test_a_proposal_that_is_out_of_date_leaves_the_others_to_be_confirmed(web: Web) -> None:
    official = await web.signed_in("official")
    first, second = await _arrives(web), await _arrives(web, "celaya")
    for group in (first, second):
        await web.desk.handle(c.ProposePlacement(group=group), by=OFFICIAL)
    confirm = forms(await page(official, "/colocacion"))["confirm-all"]
    plan = web.desk.picture.plans[first].plan
    await web.desk.handle(c.ConfirmPlacement(group=first, plan=plan), by=OFFICIAL)
    boxes: dict[str, list[str]] = {}
    for name, value in confirm.boxes:
        boxes.setdefault(name, []).append(value)
    answer = await official.post("/colocacion/confirmar", data=boxes, headers=_PAGE)
    assert answer.status_code == 409
    assert "no se confirmaron" in answer.text
    theirs = [p for p in web.desk.picture.placements.values() if p.group == second]
    assert [p.status for p in theirs] == ["held"] * len(theirs)
    assert theirs


async def test_a_person_sees_the_cost_chooses_with_a_reason_and_the_plan_says_so(web: Web) -> None:
    official = await web.signed_in("official")
    group = await _arrives(web)
    await web.desk.handle(c.ProposePlacement(group=group), by=OFFICIAL)
    asked = f"/grupos/{group}/elegir?whom[]=men&shelter=samaritano&reason=Lo+pidieron"
    shown = await page(official, asked)
    assert "caben 6 de 6" in shown
    assert "6 personas más saldrían del municipio" in shown
    assert 'value="Lo pidieron"' in shown  # nothing typed is lost
    sent = {
        "group": group,
        "whom[]": "men",
        "shelter": "samaritano",
        "reason": "Lo pidieron",
        "next": f"/grupos/{group}",
    }
    answer = await official.post("/colocacion/buscar", data=sent, headers=_PAGE)
    assert answer.status_code == 303
    await until(lambda: web.desk.picture.plans[group].pins == {"men": "samaritano"})
    told = await page(official, f"/grupos/{group}")
    assert "hombres solos → El Buen Samaritano" in told
    assert "«Lo pidieron»" in told


async def test_a_search_that_places_nobody_warns_says_what_is_lacking_and_proves_nothing(web: Web) -> None:
    official = await web.signed_in("official")
    for shelter, sections in EMPTY.items():
        places = dict.fromkeys(sections, 0)
        await web.desk.handle(c.ReportOccupancy(shelter=shelter, available=places), by=OFFICIAL)  # pyright: ignore[reportArgumentType]
    arrival = c.ReportArrival(station="leon", people=9, declared_by="operador", households=(Household(men=1, count=9),))
    group = str((await web.desk.handle(arrival, by=OFFICIAL)).created)
    answer = await _proposes(official, f"propose-{group}")
    await until(lambda: group in web.desk.picture.plans)
    assert not web.desk.picture.plans[group].parts
    shown = await page(official, answer.headers["location"])
    assert "Propuesta lista" not in shown and "Demostrado" not in shown
    assert "Faltan 9 lugares" in shown and "lugares sueltos" not in shown
    if "/busquedas/" not in answer.headers["location"]:
        assert 'class="said warn"' in shown and "No hay lugar para nadie" in shown


async def test_who_would_lose_a_place_needs_an_extra_tick(web: Web) -> None:
    official = await web.signed_in("official")
    group = await _arrives(web)
    await web.desk.handle(c.ReportOccupancy(shelter="samaritano", available={"fam": 0, "men": 0}), by=OFFICIAL)
    shown = await page(official, f"/grupos/{group}/elegir?whom[]=men&shelter=samaritano&reason=x")
    assert "6 personas que tendrían lugar se quedarían sin él" in shown
    assert 'name="accepted" value="1" required' in shown
    assert '<button class="secondary" formmethod="post"' in shown
    sent = {"group": group, "whom[]": "men", "shelter": "samaritano", "reason": "x", "loses": "1"}
    assert (await official.post("/colocacion/buscar", data=sent, headers=_PAGE)).status_code == 422
    assert group not in web.desk.picture.plans
    answer = await official.post("/colocacion/buscar", data=sent | {"accepted": "1"}, headers=_PAGE)
    assert answer.status_code == 303
    await until(lambda: group in web.desk.picture.plans)


async def test_everybody_means_all_but_the_children_who_are_alone_and_these_go_to_dif_by_law(web: Web) -> None:
    official = await web.signed_in("official")
    group = await _arrives(web)
    everybody = await page(official, f"/grupos/{group}/elegir?whom[]=*&shelter=galilea")
    assert "todo el grupo, menos los NNA no acompañados" in everybody
    assert "de 18" in everybody
    alone = await page(official, f"/grupos/{group}/elegir?whom[]=uam&shelter=galilea")
    assert "La ley no permite" in alone
    assert "Proponer así" not in alone


async def test_an_impossible_wish_comes_back_with_its_reason_and_the_way_to_mend_it(web: Web) -> None:
    official = await web.signed_in("official")
    group = await _arrives(web)
    back = f"/grupos/{group}/elegir?whom[]=uam&shelter=galilea&reason=x"
    sent = {"group": group, "whom[]": "uam", "shelter": "galilea", "reason": "x", "back": back}
    answer = await official.post("/colocacion/buscar", data=sent, headers=_PAGE)
    assert "/busquedas/" in answer.headers["location"]
    told = await page(official, answer.headers["location"])
    assert "La ley no permite" in told
    assert "shelter=galilea" in told
    assert group not in web.desk.picture.plans


async def test_a_search_under_way_shows_how_far_it_is_and_ends_where_it_was_asked_for(web: Web) -> None:
    official = await web.signed_in("official")
    group = await _arrives(web)
    search = web.app.state.searches.start(c.ProposePlacement(group=group), by=OFFICIAL)
    search.watch(Progress(stage="SPL", done=3, of=8))
    path = f"/colocacion/busquedas/{search.id}?to=/grupos/{group}"
    under_way = await page(official, path)
    assert "Detener y usar lo mejor hasta ahora" in under_way
    assert 'http-equiv="refresh"' in under_way
    assert re.search(r"<progress[^>]*>", under_way)
    await web.app.state.searches.wait(search.id, 30)
    ended = await page(official, path)
    assert "La búsqueda terminó" in ended and f'href="/grupos/{group}"' in ended
    assert "La búsqueda terminó" in await page(official, path)  # reloaded, or come back to
    stranger = await official.get("/colocacion/busquedas/otra", headers=_PAGE)
    assert (stranger.status_code, stranger.headers["location"]) == (303, "/colocacion")


async def test_a_search_that_was_stopped_says_so_and_proposes_what_it_has(web: Web) -> None:
    official = await web.signed_in("official")
    group = await _arrives(web)
    search = web.app.state.searches.start(c.ProposePlacement(group=group), by=OFFICIAL)
    answer = await official.post(f"/colocacion/busquedas/{search.id}/detener", data={"to": "/"}, headers=_PAGE)
    assert answer.status_code == 303
    await web.app.state.searches.wait(search.id, 30)
    assert "Se detuvo y se propuso lo mejor encontrado." in await page(official, f"/colocacion/busquedas/{search.id}")
    assert group in web.desk.picture.plans


async def test_the_policy_is_read_as_sentences_and_a_mistake_keeps_the_text(web: Web) -> None:
    official = await web.signed_in("official")
    shown = await page(official, "/politica")
    assert "Personas de casos prioritarios sin lugar" in shown
    assert "90 minutos" in shown
    answer = await send(
        official, "/politica", "policy", {"text": "colocacion: guanajuato\nversoin: 1\n", "reason": "x"}
    )
    assert answer.status_code == 422
    assert "versoin: 1" in answer.text
    assert "La política de colocación tiene problemas" in answer.text


async def test_a_policy_is_published_with_its_reason_as_a_browser_sends_it_and_plans_name_it(web: Web) -> None:
    official = await web.signed_in("official")
    text = (PROTOCOLS / "guanajuato.colocacion.yaml").read_text(encoding="utf-8").partition("\ningreso:")[0] + "\n"
    sent = {"text": text.replace("\n", "\r\n"), "reason": "primera política del estado"}
    answer = await send(official, "/politica", "policy", sent)
    assert answer.status_code == 303, answer.text[-900:]
    shown = await page(official, "/politica")
    assert "Política de Guanajuato, versión 1" in shown and "D: propuesta de diseño" in shown
    assert "«primera política del estado»" in shown
    assert "A más de 30 km por carretera." in shown
    group = await _arrives(web)
    await web.desk.handle(c.ProposePlacement(group=group), by=OFFICIAL)
    assert "política de Guanajuato, versión 1" in await page(official, f"/grupos/{group}")


async def test_promises_that_no_longer_fit_are_named_with_a_way_to_plan_them_again(web: Web) -> None:
    official = await web.signed_in("official")
    group = await _arrives(web)
    await web.desk.handle(c.ProposePlacement(group=group), by=OFFICIAL)
    plan = web.desk.picture.plans[group]
    await web.desk.handle(c.ConfirmPlacement(group=group, plan=plan.plan), by=OFFICIAL)
    promised = next(part for part in plan.parts if "uam" not in part.beds)
    command = c.ReportOccupancy(shelter=promised.shelter, available=dict.fromkeys(promised.beds, 0))
    await web.desk.handle(command, by=OFFICIAL)
    for path in ("/", "/colocacion"):
        told = await page(official, path)
        assert "con lugar prometido ya no caben" in told
        assert "Quien ya está alojado no se mueve" in told


async def test_a_house_shows_its_places_by_night_and_how_far_they_reach(web: Web) -> None:
    official = await web.signed_in("official")
    shown = await page(official, "/albergues/samaritano")
    assert "Lugares por sección y noche" in shown
    assert "Familias, esta noche" in shown and "Familias, en 2 noches" in shown
    assert "No se ve cuándo se llena" in shown
    own = await web.signed_in("galilea")
    assert "Las noches que vienen" in await page(own, "/albergue")


async def test_whoever_has_no_bed_is_shown_looked_for_a_place_and_asked(web: Web) -> None:
    official = await web.signed_in("official")
    for shelter, sections in EMPTY.items():
        places = dict.fromkeys(sections, 0) | ({"mix": 30} if shelter == "galilea" else {})
        await web.desk.handle(c.ReportOccupancy(shelter=shelter, available=places), by=OFFICIAL)  # pyright: ignore[reportArgumentType]
    arrival = c.ReportArrival(station="leon", people=60, declared_by="operador")
    group = str((await web.desk.handle(arrival, by=OFFICIAL)).created)
    await web.desk.handle(c.ProposePlacement(group=group), by=OFFICIAL)
    plan = web.desk.picture.plans[group].plan
    await web.desk.handle(c.ConfirmPlacement(group=group, plan=plan), by=OFFICIAL)
    [stay] = web.desk.picture.groups[group].placements
    await web.desk.handle(c.RecordPlacementArrival(placement=stay, people=60), by=OFFICIAL)
    for path in ("/colocacion", f"/grupos/{group}"):
        shown = await page(official, path)
        assert "Sin cama en Casa Galilea: 30" in shown
        assert "Buscar lugar para quienes no tienen cama" in shown
    assert "sin cama: 30" in await page(official, "/")
    await web.desk.handle(c.ReportOccupancy(shelter="samaritano", available={"fam": 0, "men": 20}), by=OFFICIAL)
    await web.desk.handle(c.ReportOccupancy(shelter="casa_dif", available={"fam": 4, "uam": 0}), by=OFFICIAL)
    answer = await _proposes(official, f"propose-{group}")
    assert answer.status_code == 303
    await until(lambda: bool(web.desk.picture.plans[group].without_bed))
    for path in ("/colocacion", f"/grupos/{group}"):
        shown = await page(official, path)
        assert "Se mudan desde Casa Galilea, si aceptan" in shown
        assert "30 personas en Casa Galilea no tienen cama: se les pregunta si quieren mudarse" in shown
        assert "seguirían sin cama donde están" in shown
    assert (await _posts(official, "/colocacion", "confirm-all", "/colocacion/confirmar")).status_code == 303
    assert "se mudan desde Casa Galilea, si aceptan" in await page(official, "/colocacion")
    told = await page(official, f"/grupos/{group}")
    assert "Se mudan desde Casa Galilea, si aceptan" in told
    assert "llegaron; se esperaban" in told
