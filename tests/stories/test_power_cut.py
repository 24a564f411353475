"""The power goes in the middle of a night of arrivals: what was answered is kept, and nothing is kept twice."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
from collections import Counter
from contextlib import aclosing, closing
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from installation import PASSWORD, USERS, Server, desk_in

from caravan.groups import Group

pytestmark = pytest.mark.anyio

ARRIVALS = 60
BEFORE_THE_CUT = 12


def _in_the_journal(folder: Path) -> Counter[str]:
    """How often each bus is in the journal, by who declared it."""
    with closing(sqlite3.connect(folder / "caravan.sqlite3")) as database:
        facts = database.execute("SELECT fact FROM journal WHERE kind = 'GroupArrived'").fetchall()
    return Counter(msgspec.convert(msgspec.json.decode(fact)["group"], Group).declared_by for (fact,) in facts)


async def _sign_in(url: str) -> httpx.AsyncClient:
    client = httpx.AsyncClient(base_url=url, timeout=10)
    answer = await client.post("/api/v1/session", json={"email": USERS["official"].email, "password": PASSWORD})
    assert answer.status_code == 201
    return client


async def _report(client: httpx.AsyncClient, bus: str) -> dict[str, Any]:
    body = {"station": "leon", "people": 35, "declared_by": bus}
    answer = await client.post("/api/v1/arrivals", json=body, headers={"Idempotency-Key": bus.rpartition(" ")[2]})
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


async def _until_the_cut(server: Server, buses: list[str]) -> dict[str, str]:
    """Four telephones report at once; the server is killed under them. The ids that were answered, by bus."""
    answered: dict[str, str] = {}
    waiting = iter(buses)

    async def telephone(client: httpx.AsyncClient) -> None:
        for bus in waiting:
            try:
                answered[bus] = (await _report(client, bus))["id"]
            except httpx.TransportError:
                return
            if len(answered) == BEFORE_THE_CUT:
                server.process.send_signal(signal.SIGKILL)

    async with aclosing(await _sign_in(server.url)) as client:
        await asyncio.gather(*(telephone(client) for _ in range(4)))
    return answered


async def test_after_a_power_cut_every_answered_arrival_is_there_once(folder: Path) -> None:
    buses = [f"Autobús {n}" for n in range(ARRIVALS)]
    first = Server("serve", folder).wait()
    try:
        answered = await _until_the_cut(first, buses)
    finally:
        first.stop(signal.SIGKILL)
    assert BEFORE_THE_CUT <= len(answered) < ARRIVALS
    second = Server("serve", folder).wait()
    try:
        kept = _in_the_journal(folder)
        assert all(kept[bus] == 1 for bus in answered)
        assert max(kept.values()) == 1
        async with aclosing(await _sign_in(second.url)) as client:
            again = {bus: await _report(client, bus) for bus in buses}
            assert (await client.get("/api/v1/activations")).json()[0]["open_groups"] == ARRIVALS
    finally:
        output = second.stop()
    assert {bus: again[bus]["id"] for bus in answered} == answered
    assert all(again[bus]["repeated"] for bus in kept)
    assert _in_the_journal(folder) == Counter(buses)
    assert "Traceback" not in output
    async with desk_in(folder) as desk:
        assert desk.picture.activations[next(iter(desk.picture.activations))].people == 35 * ARRIVALS
