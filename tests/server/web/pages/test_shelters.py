"""The shelters' pages: who sees what, and the night as the people of a house live it on a phone."""

from __future__ import annotations

import pytest
from forms import done, forms, page, send
from installation import Web

pytestmark = pytest.mark.anyio


async def _arrive(web: Web, people: int = 30) -> str:
    official = await web.signed_in("official")
    body = {"station": "leon", "people": people, "declared_by": "chofer", "languages": ["ht"], "needs": {"pregnant": 2}}
    answer = await official.post("/api/v1/arrivals", json=body)
    return answer.json()["id"]


async def _offer(web: Web, people: int = 30, *, only: str = "galilea") -> str:
    """A group for which places of one house are held. Gives the placement's id."""
    group = await _arrive(web, people)
    official = await web.signed_in("official")
    plan = await official.post(f"/api/v1/groups/{group}/placement", json={"pins": {"*": only}})
    held = await official.post(
        f"/api/v1/groups/{group}/placement/confirm", json={"plan": plan.json()["id"], "shelters": [only]}
    )
    assert held.status_code == 200, held.text
    return next(p.id for p in web.desk.picture.placements_of(group) if p.shelter == only)


@pytest.mark.parametrize("who", ["official", "galilea", "cook", "brigade", "comar", "dif", "prodheg"])
async def test_every_partner_finds_free_places_with_the_age_of_the_figure(web: Web, who: str) -> None:
    html = await page(await web.signed_in(who), "/albergues")
    assert "Casa Galilea" in html and "hace un momento" in html
    assert "Casa Galilea" in await page(await web.signed_in(who), "/albergues/galilea")


async def test_inm_reads_municipal_totals_and_no_house(web: Web) -> None:
    inm = await web.signed_in("inm")
    await _offer(web)
    html = await page(inm, "/albergues")
    assert "Totales por municipio" in html and "León" in html
    for secret in ("Casa Galilea", "galilea", "Independencia 878", "El Buen Samaritano", "Domicilio reservado"):
        assert secret not in html
    answer = await inm.get("/albergues/galilea", headers={"accept": "text/html"})
    assert answer.status_code == 404 and "Independencia" not in answer.text


async def test_a_partner_reads_who_sleeps_where_but_no_small_group_and_a_cook_neither(web: Web) -> None:
    prodheg, cook = await web.signed_in("prodheg"), await web.signed_in("cook")
    await _offer(web, 3)
    assert "No hay grupos que mostrarle" in await page(prodheg, "/albergues/galilea")
    await _offer(web, 12)
    assert "<strong>12</strong> personas" in await page(prodheg, "/albergues/galilea")
    assert "No hay grupos que mostrarle" in await page(cook, "/albergues/galilea")


async def test_a_houses_phone_page_is_for_the_people_of_the_house(web: Web) -> None:
    assert "Casa Galilea" in await page(await web.signed_in("galilea"), "/albergue")
    for who in ("official", "cook", "inm"):
        answer = await (await web.signed_in(who)).get("/albergue", headers={"accept": "text/html"})
        assert answer.status_code == 403 and "Pídalo a la coordinación" in answer.text


async def test_only_the_coordination_finds_forms_on_a_houses_record(web: Web) -> None:
    assert {"record", "available", "locate-shelter:galilea"} <= set(
        forms(await page(await web.signed_in("official"), "/albergues/galilea"))
    )
    for who in ("dif", "comar", "galilea"):
        assert not forms(await page(await web.signed_in(who), "/albergues/galilea"))
        assert "new" not in forms(await page(await web.signed_in(who), "/albergues"))


async def test_a_house_accepts_thirty_and_eighty_three_come(web: Web) -> None:
    placement = await _offer(web)
    galilea = await web.signed_in("galilea")
    html = await page(galilea, "/albergue")
    assert "Le piden recibir" in html and "criollo haitiano" in html and "embarazadas" in html
    html = await done(galilea, "/albergue", "accept-", {"until": "2023-05-18T12:00"})
    assert "Vienen en camino" in html and "jue 18 may, 12:00" in html
    html = await done(galilea, "/albergue", "came-", {"people": "83"})
    assert "Se esperaban 30 y llegaron 83." in html and "53 sin lugar propio" in html and "sobrecupo" in html
    assert web.desk.picture.placements[placement].came == 83


async def test_a_house_that_cannot_says_why_and_keeps_its_places(web: Web) -> None:
    placement = await _offer(web)
    galilea = await web.signed_in("galilea")
    answer = await send(galilea, "/albergue", "decline-")
    assert answer.status_code == 422 and f'id="decline-{placement}-reason-wrong"' in answer.text
    await done(galilea, "/albergue", "decline-", {"reason": "Hay varicela en la casa"})
    assert web.desk.picture.placements[placement].status == "declined"
    assert web.desk.picture.shelters["galilea"].free == {"mix": 30}


async def test_a_wrong_hour_brings_the_form_back_with_what_was_typed(web: Web) -> None:
    placement = await _offer(web)
    answer = await send(await web.signed_in("galilea"), "/albergue", "accept-", {"until": "2023-05-10T10:00"})
    assert answer.status_code == 422
    assert "La estancia terminaría antes de empezar" in answer.text
    assert dict(forms(answer.text)[f"accept-{placement}"].boxes)["until"] == "2023-05-10T10:00"
    assert web.desk.picture.placements[placement].status == "held"


async def test_a_hold_that_ran_out_does_not_stop_people_who_come_anyway(web: Web) -> None:
    placement = await _offer(web)
    expires = web.desk.picture.placements[placement].expires_at
    assert expires is not None
    web.clock.set(at=expires)
    await web.desk.tick()
    galilea = await web.signed_in("galilea")
    assert "Apartados que vencieron" in await page(galilea, "/albergue")
    await done(galilea, "/albergue", "came-", {"people": "28"})
    assert web.desk.picture.placements[placement].present == 28


async def test_the_house_tells_who_left_when_the_stay_ends_and_who_asks_for_asylum(web: Web) -> None:
    placement = await _offer(web)
    galilea = await web.signed_in("galilea")
    await done(galilea, "/albergue", "came-")
    await done(
        galilea, "/albergue", "leave-", {"people": "12", "outcome": "hospital", "destination": "Hospital General"}
    )
    await done(galilea, "/albergue", "until-", {"until": "2023-05-19T09:00"})
    html = await done(galilea, "/albergue", "asylum-", {"people": "3"})
    stay = web.desk.picture.placements[placement]
    group = web.desk.picture.groups[stay.group]
    assert (stay.present, group.departures[0].outcome, group.departures[0].source) == (18, "hospital", "Casa Galilea")
    assert group.asylum == 3 and "vie 19 may, 09:00" in html
    answer = await send(galilea, "/albergue", "leave-", {"people": "19", "destination": "León"})
    assert answer.status_code == 422 and "En ese lugar hay 18 personas" in answer.text


async def test_places_are_told_by_section_confirmed_in_one_tap_or_as_people_in(web: Web) -> None:
    galilea = await web.signed_in("galilea")
    await done(galilea, "/albergue", "available", {"available.mix": "11"})
    assert web.desk.picture.shelters["galilea"].available == {"mix": 11}
    told = web.desk.picture.shelters["galilea"].reported_at
    assert told is not None
    web.clock.set(at=told.replace(hour=9))
    await done(galilea, "/albergue", "unchanged")
    assert web.desk.picture.shelters["galilea"].reported_at == told.replace(hour=9)
    html = await done(galilea, "/albergue", "occupied", {"occupied": "35"})
    assert "sobrecupo" in html
    official = await web.signed_in("official")
    assert "occupied" not in forms(await page(official, "/albergues/samaritano"))
    await done(official, "/albergues/samaritano", "available", {"available.fam": "4", "available.men": "0"})
    assert web.desk.picture.shelters["samaritano"].available == {"fam": 4, "men": 0}


async def test_the_coordination_answers_for_a_house_that_telephones_and_withdraws_a_hold(web: Web) -> None:
    first = await _offer(web, 10)
    official = await web.signed_in("official")
    await done(official, "/albergues/galilea", "accept-")
    assert web.desk.picture.placements[first].status == "accepted"
    html = await done(official, "/albergues/galilea", "withdraw-", {"reason": "Siguieron hacia Aguascalientes"})
    assert web.desk.picture.placements[first].status == "ended" and "Ningún grupo tiene lugar aquí" in html


_HOUSE = {
    "shelter.name": "Parroquia del Carmen", "shelter.municipality": "MX11017", "shelter.town": "Irapuato",
    "shelter.position.lat": "20.6741", "shelter.position.lon": "-101.3500", "shelter.sections.fam.nominal": "12",
    "shelter.sections.men.surge": "0", "shelter.rules": "Silencio a las <b>22:00</b>", "shelter.source": "D: llamada del párroco",
}  # fmt: skip


async def test_the_coordination_registers_a_house_with_its_sections_and_a_section_nobody_counted(web: Web) -> None:
    official = await web.signed_in("official")
    html = await done(official, "/albergues", "new", _HOUSE)
    assert "Parroquia del Carmen" in html
    house = next(s.shelter for s in web.desk.picture.shelters.values() if s.shelter.name == "Parroquia del Carmen")
    assert (house.sections["fam"].nominal, house.sections["men"].nominal) == (12, None)
    assert house.position.precision == "exact"
    record = await page(official, f"/albergues/{house.id}")
    assert "&lt;b&gt;22:00" in record and "<b>22:00" not in record
    assert "la dirección" in record and 'title="propuesta nuestra"' in record


async def test_a_house_without_name_or_with_minors_alone_comes_back_with_all_that_was_typed(web: Web) -> None:
    official = await web.signed_in("official")
    answer = await send(official, "/albergues", "new", {**_HOUSE, "shelter.name": ""})
    assert answer.status_code == 422 and 'id="new-shelter.name-wrong"' in answer.text
    assert dict(forms(answer.text)["new"].boxes)["shelter.rules"] == _HOUSE["shelter.rules"]
    for wrong, beside in (
        ({"shelter.position.lat": "", "shelter.position.lon": ""}, "new-shelter.position.lat-wrong"),
        ({"shelter.sections.fam.nominal": "doce"}, "new-shelter.sections.fam.nominal-wrong"),
    ):
        answer = await send(official, "/albergues", "new", {**_HOUSE, **wrong})
        assert answer.status_code == 422 and f'id="{beside}"' in answer.text
    answer = await send(official, "/albergues", "new", {**_HOUSE, "shelter.sections.uam.nominal": "5"})
    assert answer.status_code == 422 and "solo pueden alojarse con el DIF" in answer.text


async def test_correcting_one_word_of_a_record_leaves_all_the_rest_as_it_was(web: Web) -> None:
    official = await web.signed_in("official")
    for ident in ("galilea", "samaritano", "casa_dif"):
        before = web.desk.picture.shelters[ident]
        await done(
            official, f"/albergues/{ident}", "record", {"shelter.rules": "Sin alcohol", "shelter.source": "S: AM-GAL"}
        )
        after = web.desk.picture.shelters[ident]
        assert (after.shelter.rules, after.free) == ("Sin alcohol", before.free)
        assert set(after.shelter.services) == set(before.shelter.services)
        same = ("name", "sections", "admits", "languages", "position", "intake_from", "max_stay_hours", "agency")
        assert [getattr(after.shelter, f) for f in same] == [getattr(before.shelter, f) for f in same]


async def test_a_house_is_moved_to_its_true_point_and_nowhere_outside_the_country(web: Web) -> None:
    official = await web.signed_in("official")
    answer = await send(official, "/albergues/galilea", "locate-", {"lat": "21.13", "lon": "101.68"})
    assert answer.status_code == 422 and "El máximo es -86" in answer.text
    await done(official, "/albergues/galilea", "locate-", {"lat": "21.1301", "lon": "-101.6801"})
    position = web.desk.picture.shelters["galilea"].shelter.position
    assert (position.lat, position.lon, position.precision) == (21.1301, -101.6801, "exact")
