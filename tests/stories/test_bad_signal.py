"""A telephone with a bad signal sends the same arrival again and again: it is one arrival."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from installation import Web, rows, web_in

pytestmark = pytest.mark.anyio

BUS: dict[str, Any] = {"station": "leon", "people": 35, "declared_by": "Brigada en la Central"}
KEY = {"Idempotency-Key": "9b2f7c1e-autobus"}


async def _send(client: httpx.AsyncClient, body: dict[str, Any] | None = None) -> httpx.Response:
    return await client.post("/api/v1/arrivals", json=body or BUS, headers=KEY)


async def _arrivals(web: Web) -> list[str]:
    return [row["group_id"] for row in await rows(web.desk, "SELECT group_id FROM journal WHERE kind = 'GroupArrived'")]


async def test_the_same_arrival_sent_twice_is_one_arrival(folder: Path) -> None:
    async with web_in(folder) as web:
        brigade = await web.signed_in("brigade")
        first, second = await _send(brigade), await _send(brigade)
        assert (first.status_code, second.status_code) == (201, 200)
        assert second.json() == {"id": first.json()["id"], "repeated": True}
        assert await _arrivals(web) == [first.json()["id"]]


async def test_twenty_copies_at_once_through_two_servers_are_one_arrival(folder: Path) -> None:
    async with web_in(folder) as here, web_in(folder) as there:
        clients = [await web.signed_in("brigade") for web in (here, there)]
        answers = await asyncio.gather(*(_send(clients[n % 2]) for n in range(20)))
        assert {answer.status_code for answer in answers} == {200, 201}
        assert sum(not answer.json()["repeated"] for answer in answers) == 1
        ids = {answer.json()["id"] for answer in answers}
        assert await _arrivals(here) == [*ids]


async def test_the_same_key_with_another_bus_is_refused_and_nothing_is_lost(folder: Path) -> None:
    async with web_in(folder) as web:
        brigade = await web.signed_in("brigade")
        first = await _send(brigade)
        other = await _send(brigade, BUS | {"people": 36})
        assert (other.status_code, other.json()["code"]) == (422, "key_reused")
        assert (
            other.json()["title"] == "La clave de este envío ya se usó para otro distinto. Abra de nuevo el formulario."
        )
        assert await _arrivals(web) == [first.json()["id"]]
        assert web.desk.picture.groups[first.json()["id"]].people == 35


async def test_an_arrival_sent_again_after_a_restart_is_still_the_same(folder: Path) -> None:
    ids: list[str] = []
    for _ in range(2):
        async with web_in(folder) as web:
            ids.append((await _send(await web.signed_in("brigade"))).json()["id"])
            assert await _arrivals(web) == [ids[0]]
    assert ids[0] == ids[1]
