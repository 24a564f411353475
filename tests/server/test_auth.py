"""Who may come in, how long, and what each may ask for."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from bodies import BODIES
from installation import PASSWORD, USERS, Web, journal_length, rows, web_in
from msgspec.structs import replace
from sqlalchemy import update

from caravan.basics import Refusal
from caravan.coordination.authority import MAY
from caravan.server.db.tables import TABLES
from caravan.server.db.users import add_user
from caravan.server.demo import ACCOUNTS
from caravan.server.demo import PASSWORD as DEMO_PASSWORD
from caravan.server.web.api.commands import ROUTES

pytestmark = pytest.mark.anyio

# What stands open: the door itself, the language of its page, whether the machine is well, and files that say nothing of anybody.
OPEN = ("/entrar", "/salir", "/lengua", "/api/v1/session", "/health/", "/static", "/vendor/", "/basemap")


def _address(path: str) -> str:
    return "/".join("x" if part.startswith("{") else part for part in path.split("/"))


def _guarded(web: Web) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for route in web.app.routes:
        if not route.path.startswith(OPEN):
            methods: set[str] = getattr(route, "methods", {"GET"})
            found += [(method, _address(route.path)) for method in sorted(methods - {"OPTIONS", "HEAD"})]
    return found


async def test_nothing_but_the_door_answers_whoever_has_not_signed_in(web: Web) -> None:
    guest = web.guest()
    guarded = _guarded(web)
    assert len(guarded) > len(ROUTES)
    for method, path in guarded:
        answer = await guest.request(method, path)
        assert answer.status_code == 401, (method, path, answer.status_code)
        assert answer.json()["code"] == "sign_in"
    page = await guest.get("/", headers={"accept": "text/html"})
    assert (page.status_code, page.headers["location"]) == (303, "/entrar?volver=/")


async def test_the_open_pages_say_nothing_of_how_much_has_happened(web: Web) -> None:
    guest = web.guest()
    for path in ("/health/live", "/health/ready"):
        assert (await guest.get(path)).json() == {"status": "ok"}
    assert (await guest.get("/static/live.js")).status_code == 200
    assert (await guest.get("/vendor/leaflet/leaflet.js")).status_code == 200


async def test_a_restricted_agency_coordinates_nothing(web: Web) -> None:
    inm = replace(USERS["inm"], id="coordina", email="coordina@inm", role="coordination")
    with pytest.raises(Refusal) as refused:
        await add_user(web.desk.engine, inm, PASSWORD)
    assert (refused.value.code, refused.value.field) == ("may_not_coordinate", "role")
    await add_user(web.desk.engine, replace(inm, agency="SDH"), PASSWORD)
    users = TABLES["users"]
    async with web.desk.engine.begin() as connection:
        await connection.execute(update(users).where(users.c.id == inm.id).values(agency="INM"))
    client = await web.enters(inm.email, PASSWORD)
    for path in ("/comidas", "/colocacion"):
        assert (await client.get(path)).status_code == 403


async def test_the_totals_of_the_installation_are_the_coordinations(web: Web) -> None:
    assert "caravan_groups 0" in (await (await web.signed_in("official")).get("/metrics")).text
    assert (await (await web.signed_in("inm")).get("/metrics")).status_code == 403


@pytest.mark.parametrize("who", ["inm", "cook", "galilea", "brigade"])
async def test_a_role_is_refused_every_command_that_is_not_its_work(web: Web, who: str) -> None:
    client = await web.signed_in(who)
    before = await journal_length(web.desk)
    for method, path, kind in ROUTES:
        if kind in MAY[USERS[who].role]:
            continue
        answer = await client.request(method, f"/api/v1{_address(path)}", json=BODIES[kind.__name__])
        assert (answer.status_code, answer.json()["code"]) == (403, "not_yours_to_do"), (path, answer.text)
    assert await journal_length(web.desk) == before


async def test_a_house_answers_for_itself_and_for_no_other(web: Web) -> None:
    galilea = await web.signed_in("galilea")
    own = await galilea.post("/api/v1/shelters/galilea/occupancy", json={"available": {"mix": 12}})
    assert own.status_code == 200
    other = await galilea.post("/api/v1/shelters/samaritano/occupancy", json={"available": {"men": 0}})
    assert (other.status_code, other.json()["code"]) == (403, "not_your_place")


@pytest.mark.parametrize(
    "headers",
    [{"origin": "https://otro.example"}, {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}],
)
async def test_a_form_on_another_site_changes_nothing(web: Web, headers: dict[str, str]) -> None:
    official = await web.signed_in("official")
    body = {"station": "leon", "people": 35, "declared_by": "Prensa"}
    answer = await official.post("/api/v1/arrivals", json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden_origin")
    ours = await official.post("/api/v1/arrivals", json=body, headers={"origin": "http://caravan.test"})
    assert ours.status_code == 201


async def test_every_sign_in_opens_a_new_session_and_only_its_fingerprint_is_kept(web: Web) -> None:
    planted = "un-token-puesto-por-otro"
    guest = web.guest()
    guest.cookies.set("caravan", planted)
    opened = await guest.post("/api/v1/session", json={"email": USERS["inm"].email, "password": PASSWORD})
    cookie = opened.headers["set-cookie"]
    token = opened.cookies["caravan"]
    again = (await web.signed_in("inm")).cookies["caravan"]
    assert len({token, again, planted}) == 3
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie
    kept = {row["token"] for row in await rows(web.desk, "SELECT token FROM sessions")}
    assert kept == {hashlib.sha256(one.encode()).hexdigest() for one in (token, again)}


async def test_signing_out_closes_the_session_at_once(web: Web) -> None:
    official = await web.signed_in("official")
    token = official.cookies["caravan"]
    assert (await official.get("/api/v1/groups")).status_code == 200
    assert (await official.delete("/api/v1/session")).status_code == 200
    thief = web.guest()
    thief.cookies.set("caravan", token)
    assert (await thief.get("/api/v1/groups")).status_code == 401
    assert await rows(web.desk, "SELECT token FROM sessions") == []


async def test_a_whole_shift_signs_in_to_one_account(web: Web) -> None:
    right = {"email": USERS["official"].email, "password": PASSWORD}
    answers = [await web.guest().post("/api/v1/session", json=right) for _ in range(12)]
    assert {answer.status_code for answer in answers} == {201}


async def test_the_eleventh_try_in_a_minute_is_not_heard(web: Web) -> None:
    guest = web.guest()
    wrong = {"email": USERS["official"].email, "password": "no es esta"}
    answers = [await guest.post("/api/v1/session", json=wrong) for _ in range(11)]
    assert [a.status_code for a in answers] == [401] * 10 + [429]
    assert answers[0].json()["code"] == "wrong_sign_in"
    assert answers[-1].json()["title"] == "Demasiados intentos. Espere un minuto."
    right = await guest.post("/api/v1/session", json=wrong | {"password": PASSWORD})
    assert right.status_code == 429
    assert (await web.signed_in("inm")).cookies


async def test_a_wrong_address_and_a_wrong_password_are_told_alike(web: Web) -> None:
    guest = web.guest()
    answers = [
        await guest.post("/api/v1/session", json={"email": email, "password": "no es esta"})
        for email in (USERS["inm"].email, "nadie@nada")
    ]
    assert answers[0].status_code == answers[1].status_code == 401
    assert answers[0].json() == answers[1].json()


async def test_an_installation_has_none_of_the_drills_accounts(folder: Path) -> None:
    async with web_in(folder, demo=False) as web:
        assert await rows(web.desk, "SELECT id FROM users WHERE demo") == []
        for account in ACCOUNTS:
            body = {"email": account.email, "password": DEMO_PASSWORD}
            assert (await web.guest().post("/api/v1/session", json=body)).status_code == 401


async def test_a_new_password_keeps_the_account_and_ends_its_sessions(web: Web) -> None:
    old = await web.signed_in("inm")
    await add_user(web.desk.engine, replace(USERS["inm"], id="otra"), "otra contraseña larga")
    assert [row["id"] for row in await rows(web.desk, "SELECT id FROM users WHERE email = 'inm@inm'")] == ["inm"]
    assert await rows(web.desk, "SELECT token FROM sessions") == []
    new = await web.enters(USERS["inm"].email, "otra contraseña larga")
    assert new.cookies["caravan"] != old.cookies["caravan"]
    refused = await web.guest().post("/api/v1/session", json={"email": USERS["inm"].email, "password": PASSWORD})
    assert refused.status_code == 401
