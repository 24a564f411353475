"""A bus arrives and its people are cared for, through the pages alone."""

from __future__ import annotations

import re

import pytest
from forms import done, forms, page, send
from installation import OFFICIAL, Web

from caravan import commands as c
from caravan.basics import Reason, Scalar
from caravan.server.web.pages.wording import REASONS, reason

pytestmark = pytest.mark.anyio

_BUS = {
    "people": "35", "declared_by": "operador del autobús", "days_without_food": "3", "composition.f.18-59": "10",
    "composition.m.18-59": "20", "composition.m.60+": "1", "households.0.women": "1", "households.0.children.0-4": "1",
    "households.0.count": "2", "households.0.needs[]": "lactating", "needs.pregnant": "2", "languages[]": "ht", "vehicle.kind": "bus",
    "vehicle.plate": "ABC-12-3", "vehicle.free_of_charge": "true", "asylum": "4", "note": "vienen con frío",
}  # fmt: skip

_SLIPS = {"people": "muchas", "station": "", "households.4.men": "2", "composition.f.0-4": "dos"}


async def _arrives(web: Web, people: int = 25) -> str:
    command = c.ReportArrival(station="leon", people=people, declared_by="operador")
    created = (await web.desk.handle(command, by=OFFICIAL)).created
    assert created is not None
    return created


async def test_the_brigade_registers_a_whole_bus_with_one_form_and_sees_the_group(web: Web) -> None:
    brigade = await web.signed_in("brigade")
    group = await done(brigade, "/llegadas/nueva", "ReportArrival", _BUS)
    assert "La llegada quedó registrada" in group
    assert "Grupo · Central de León" in group
    for told in ("criollo haitiano", "ABC-12-3", "embarazadas", "vienen con frío", "2 ×", "sin costo"):
        assert told in group
    assert "asilo: 4" not in group  # the brigade may record it and not read it back
    (known,) = web.desk.picture.groups.values()
    assert (known.station, known.asylum, known.composition and known.composition.total) == ("leon", 4, 31)


async def test_mistakes_in_the_bus_form_keep_what_was_typed_and_name_the_field(web: Web) -> None:
    official = await web.signed_in("official")
    answer = await send(official, "/llegadas/nueva", "ReportArrival", _BUS | _SLIPS)
    assert answer.status_code == 422
    assert 'id="ReportArrival-people-wrong"' in answer.text and "Escriba un número" in answer.text
    assert 'id="ReportArrival-station-wrong"' in answer.text
    assert "Mujeres, 0-4: Escriba un número" in answer.text
    boxes = dict(forms(answer.text)["ReportArrival"].boxes)
    assert boxes["people"] == "muchas"
    assert (boxes["note"], boxes["composition.f.18-59"], boxes["households.4.men"], boxes["languages[]"]) == (
        "vienen con frío",
        "10",
        "2",
        "ht",
    )
    answer = await send(official, "/llegadas/nueva", "ReportArrival", _BUS | {"people": "12", "station": "leon"})
    assert answer.status_code == 422
    assert "Las partes suman 31 y el grupo tiene 12 personas" in answer.text
    assert not web.desk.picture.groups


async def test_a_bus_sent_twice_is_one_arrival(web: Web) -> None:
    brigade = await web.signed_in("brigade")
    key = {"request_id": "misma-clave-de-envio", "at": "2023-05-15T19:55"}
    first = await send(brigade, "/llegadas/nueva", "ReportArrival", _BUS | key)
    second = await send(brigade, "/llegadas/nueva", "ReportArrival", _BUS | key)
    assert first.headers["location"] == second.headers["location"]
    assert len(web.desk.picture.groups) == 1


async def test_a_plan_is_read_confirmed_and_lived_through_on_the_group_page(web: Web) -> None:
    ident = await _arrives(web, 120)
    path = f"/grupos/{ident}"
    official = await web.signed_in("official")
    proposed = await done(official, path, "propose")
    assert "personas quedarían sin lugar" in proposed and "Faltan" in proposed
    assert "lacking_" not in proposed
    await done(official, path, "confirm")
    placements = [web.desk.picture.placements[p] for p in web.desk.picture.groups[ident].placements]
    assert placements
    first = placements[0]
    of = f"p-{first.id}"
    await done(official, path, f"{of}-accept")
    came = await done(official, path, f"{of}-came", {"people": str(first.people + 5)})
    assert f"{first.people + 5}</strong> llegaron; se esperaban {first.people}" in came
    await done(official, path, f"{of}-until", {"until": "2023-05-18T12:00", "source": "dirección del albergue"})
    assert "jue 18 may, 12:00" in await page(official, path)
    early = await send(official, path, f"{of}-until", {"until": "2023-05-01T12:00"})
    assert early.status_code == 422 and f'id="{of}-until-until-wrong"' in early.text
    for other in placements[1:]:
        await done(official, path, f"p-{other.id}-decline", {"reason": "no alcanzan las colchonetas"})
    ended = await done(official, path, f"{of}-withdraw", {"reason": "se fueron a pie"})
    assert "terminado" in ended


async def test_departures_and_meals_are_recorded_and_the_equation_adds_up(web: Web) -> None:
    ident, other = await _arrives(web, 30), await _arrives(web, 30)
    official = await web.signed_in("official")
    gone = {"outcome": "left", "destination": "San Luis Potosí", "source": "operador"}
    told = await done(official, f"/grupos/{ident}", "departure", gone | {"people": "10"})
    assert "sin dato de dónde están <b>20</b>" in " ".join(told.replace("<span>+</span>", "").split())
    assert "Trigo y Miel" in await done(official, f"/grupos/{ident}", "meals")
    more = await done(official, f"/grupos/{other}", "departure", gone | {"people": "34"})
    assert "Se da cuenta de 4 personas más de las que llegaron" in more


async def test_a_group_is_split_merged_and_annulled_with_a_reason(web: Web) -> None:
    ident, other = await _arrives(web, 30), await _arrives(web, 32)
    official = await web.signed_in("official")
    await done(official, f"/grupos/{ident}", "split", {"people": "10", "reason": "siguen a Irapuato"})
    unsaid = await send(official, f"/grupos/{ident}", "merge", {"into": other, "reason": ""})
    assert unsaid.status_code == 422 and 'id="merge-reason-wrong"' in unsaid.text
    kept = await done(official, f"/grupos/{ident}", "merge", {"into": other, "reason": "es el mismo autobús"})
    assert "Los dos reportes son ahora un solo grupo" in kept
    assert "Este registro se fusionó con otro" in await page(official, f"/grupos/{ident}")
    await done(official, f"/grupos/{other}", "annul", {"reason": "registro de prueba"})
    assert "annul" not in forms(await page(official, f"/grupos/{other}"))


async def test_each_viewer_gets_only_the_forms_of_their_work(web: Web) -> None:
    ident = await _arrives(web)
    offered = {
        who: set(forms(await page(await web.signed_in(who), f"/grupos/{ident}")))
        for who in ("brigade", "dif", "inm", "cook")
    }
    assert {"count", "annul", "split", "departure", "asylum"} <= offered["brigade"]
    assert "merge" not in offered["brigade"] and "propose" not in offered["brigade"]
    for who in ("dif", "inm", "cook"):
        assert "asylum" in offered[who]
        assert not {"count", "annul", "split", "departure", "propose", "meals"} & offered[who]


async def test_what_people_typed_is_shown_as_text_and_never_runs(web: Web) -> None:
    command = c.ReportArrival(station="leon", people=20, declared_by="<script>alert(1)</script>", note="<img src=x>")
    ident = (await web.desk.handle(command, by=OFFICIAL)).created
    told = await page(await web.signed_in("official"), f"/grupos/{ident}")
    assert "<script>alert" not in told and "<img" not in told
    assert "&lt;script&gt;" in told


@pytest.mark.parametrize("code", sorted(REASONS))
async def test_every_reason_reads_as_a_sentence(code: str) -> None:
    details: dict[str, Scalar] = dict.fromkeys(re.findall(r"%\((\w+)\)", REASONS[code]), 3)
    said = reason(Reason(code=code, details=details))
    assert said and "%(" not in said and said != code
