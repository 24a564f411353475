"""The API as a partner's program uses it, from the arrival to the bed, and what each reads of it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from installation import ROOT, USERS, Web

pytestmark = pytest.mark.anyio

LISTS = (
    "/groups", "/activations", "/shelters", "/kitchens", "/stations", "/meals", "/tasks", "/notices", "/journal", "/map.geojson", "/horizon",
)  # fmt: skip
BUS = {
    "station": "leon",
    "people": 25,
    "declared_by": "Prensa",
    "composition": {"f": {"18-59": 10}, "m": {"18-59": 15}},
}


async def _post(client: httpx.AsyncClient, path: str, body: dict[str, Any], status: int = 200) -> str:
    answer = await client.post(f"/api/v1{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()["id"]


async def _read(client: httpx.AsyncClient, path: str) -> Any:
    answer = await client.get(f"/api/v1{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_bus_is_lodged_and_fed_over_the_api(web: Web) -> None:
    official, galilea, cook = [await web.signed_in(who) for who in ("official", "galilea", "cook")]
    group = await _post(official, "/arrivals", BUS, 201)
    plan = await _post(official, f"/groups/{group}/placement", {}, 201)
    seen = await _read(official, f"/groups/{group}")
    assert (seen["plan"]["plan"], seen["group"]["waiting"]) == (plan, 25)
    assert [part["shelter"] for part in seen["plan"]["parts"]] == ["galilea"]
    await _post(official, f"/groups/{group}/placement/confirm", {"plan": plan})
    [placement] = (await _read(official, f"/groups/{group}"))["placements"]
    assert (await _read(galilea, "/shelters/galilea"))["free_total"] == 5
    await _post(galilea, f"/placements/{placement['id']}/accept", {})
    await _post(galilea, f"/placements/{placement['id']}/arrived", {"people": 27})
    hosted = (await _read(official, f"/groups/{group}"))["group"]
    assert (hosted["hosted"], hosted["placements"]) == (27, [placement["id"]])
    await _post(official, f"/groups/{group}/meals", {"service": "dinner"})
    [order] = await _read(cook, "/meals")
    await _post(cook, f"/meals/{order['id']}/accept", {})
    await _post(cook, f"/meals/{order['id']}/served", {"rations": 27})
    [served] = await _read(official, "/meals")
    assert (served["status"], served["served"]) == ("served", 27)


async def test_every_list_answers_every_role(web: Web) -> None:
    official = await web.signed_in("official")
    await _post(official, "/arrivals", BUS, 201)
    for who in USERS:
        client = await web.signed_in(who)
        for path in LISTS:
            answer = await client.get(f"/api/v1{path}")
            assert answer.status_code == 200, (who, path, answer.text)
            assert answer.headers["x-content-type-options"] == "nosniff"
            policy = answer.headers["content-security-policy"]
            assert policy.startswith("default-src 'none'")
            assert "unsafe" not in policy


async def test_an_alert_opens_by_itself_and_the_coordination_makes_it_an_operation(web: Web) -> None:
    official = await web.signed_in("official")
    await _post(official, "/arrivals", BUS, 201)
    [run] = await _read(official, "/activations")
    assert (run["station"], run["people"], run["open_groups"]) == ("leon", 25, 1)
    before = await _read(official, f"/activations/{run['id']}")
    assert {event["event"] for event in before["possible"]} >= {"verificar", "descartar"}
    assert await _post(official, "/activations", {"station": "leon", "reason": "Verificado en sitio"}, 201) == run["id"]
    after = await _read(official, f"/activations/{run['id']}")
    assert "descartar" not in {event["event"] for event in after["possible"]}
    assert after["steps"]


async def test_an_event_nobody_waits_for_is_refused_with_those_that_are_awaited(web: Web) -> None:
    official = await web.signed_in("official")
    await _post(official, "/arrivals", BUS, 201)
    [run] = await _read(official, "/activations")
    answer = await official.post(f"/api/v1/activations/{run['id']}/events", json={"event": "reabrir"})
    assert (answer.status_code, answer.json()["code"]) == (409, "event_not_awaited")
    assert "verificar" in answer.json()["details"]["possible"]
    assert "verificar" in answer.json()["title"]


async def test_what_one_may_not_know_does_not_exist(web: Web) -> None:
    inm, official = await web.signed_in("inm"), await web.signed_in("official")
    assert await _read(inm, "/shelters") == []
    hidden, absent = await inm.get("/api/v1/shelters/galilea"), await inm.get("/api/v1/shelters/no-hay")
    assert hidden.status_code == absent.status_code == 404
    assert hidden.json() == absent.json()
    assert (await _read(official, "/shelters/galilea"))["shelter"]["address"] == "Independencia 878"
    for path in ("/groups/g-nada", "/activations/a-nada"):
        assert (await official.get(f"/api/v1{path}")).status_code == 404


async def test_the_log_is_paged_by_the_readers_own_lines(web: Web) -> None:
    official, inm = await web.signed_in("official"), await web.signed_in("inm")
    for _ in range(14):
        await _post(official, "/arrivals", BUS, 201)
    first = await _read(official, "/journal")
    rest = await _read(official, "/journal?skip=100")
    assert len(first) == 100
    assert rest
    hours = [line["at"] for line in (*first, *rest)]
    assert hours == sorted(hours, reverse=True)
    [group, *_] = await _read(official, "/groups")
    of_one = await _read(official, f"/journal?group={group['id']}")
    assert of_one
    assert {line["group"] for line in of_one} == {group["id"]}
    told = await _read(inm, "/journal")
    assert all("seq" not in line and "turn" not in line for line in told)
    assert await _read(inm, f"/journal?skip={len(told)}") == []


async def test_a_phone_on_a_bad_line_gets_its_map_packed(web: Web) -> None:
    official = await web.signed_in("official")
    plain = await official.get("/map.geojson", headers={"accept-encoding": "identity"})
    packed = await official.get("/map.geojson", headers={"accept-encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < len(plain.content) / 3
    assert {f["id"] for f in packed.json()["features"]} == {f["id"] for f in plain.json()["features"]}


async def test_a_policy_is_published_over_the_api_and_the_coordination_reads_why(web: Web) -> None:
    official, galilea, inm = [await web.signed_in(who) for who in ("official", "galilea", "inm")]
    text = (ROOT / "protocols" / "guanajuato.colocacion.yaml").read_text(encoding="utf-8")
    text = text[: text.index("ingreso:")]
    await _post(official, "/policy", {"text": text, "reason": "Llega una caravana"}, 201)
    told = await _read(official, "/policy")
    assert (told["policy"]["id"], told["policy"]["version"]) == ("guanajuato", 1)
    assert [version["reason"] for version in told["versions"]] == ["Llega una caravana"]
    assert (await _read(galilea, "/policy"))["versions"] == []
    assert (await inm.get("/api/v1/policy")).status_code == 404
    wrong = await official.post("/api/v1/policy", json={"text": text.replace("45 dh", "45 d"), "reason": "x"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "policy_unsound")


async def test_a_house_reads_its_own_nights_ahead_and_inm_none(web: Web) -> None:
    official, galilea, inm = [await web.signed_in(who) for who in ("official", "galilea", "inm")]
    group = await _post(official, "/arrivals", BUS, 201)
    plan = await _post(official, f"/groups/{group}/placement", {}, 201)
    await _post(official, f"/groups/{group}/placement/confirm", {"plan": plan})
    own = await _read(galilea, "/horizon")
    assert [house["shelter"] for house in own["shelters"]] == ["galilea"]
    assert own["shelters"][0]["committed"][0][1] == 25
    assert [short["people"] for short in own["shortfalls"]] == [25]
    assert own["calls"] == []
    assert await _read(inm, "/horizon") == {"shelters": [], "shortfalls": [], "calls": []}
    assert len((await _read(official, "/horizon"))["shelters"]) == 3
