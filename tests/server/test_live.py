"""The live map: who was cut off misses nothing, and what one may not know leaves no trace in the stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from installation import OFFICIAL, USERS, Web, desk_in, until

from caravan import commands as c
from caravan.audiences import Viewer, viewer_of
from caravan.server.db.users import fingerprint, sign_out
from caravan.server.desk import Desk
from caravan.server.web.live import Hub

pytestmark = pytest.mark.anyio

SDH = viewer_of(OFFICIAL)
INM = viewer_of(USERS["inm"].actor)


class Frame(NamedTuple):
    ident: str
    event: str
    content: dict[str, Any]
    sent: bytes


def _frame(sent: bytes) -> Frame:
    ident, event, content = sent.decode().strip().split("\n")
    return Frame(
        ident.removeprefix("id: "),
        event.removeprefix("event: "),
        msgspec.json.decode(content.removeprefix("data: ")),
        sent,
    )


async def _next(stream: AsyncIterator[bytes]) -> Frame:
    while True:
        sent = await asyncio.wait_for(anext(stream), 5)
        if not sent.startswith((b"retry", b":")):
            return _frame(sent)


async def _ends(stream: AsyncIterator[bytes]) -> bool:
    async with asyncio.timeout(5):
        async for _ in stream:
            pass
    return True


def _hub(web: Web) -> Hub:
    return web.app.state.hub


def _snapshot(web: Web, viewer: Viewer) -> dict[str, Any]:
    return msgspec.json.decode(_hub(web).channel(viewer).snapshot(False))


def _stream(web: Web, viewer: Viewer, last: str | None = None, session: str = "s") -> Any:
    return aclosing(_hub(web).stream(viewer, last, session))


async def _arrives(desk: Desk, people: int = 35) -> str:
    answer = await desk.handle(c.ReportArrival(station="leon", people=people, declared_by="Prensa"), by=OFFICIAL)
    return str(answer.created)


async def test_after_a_cut_exactly_what_was_missed_is_told(web: Web) -> None:
    start = _snapshot(web, SDH)
    async with _stream(web, SDH, start["caravan"]["id"]) as stream:
        opened = asyncio.ensure_future(_next(stream))
        await asyncio.sleep(0)
        await _arrives(web.desk)
        last = (await opened).ident
    missed = [await _arrives(web.desk) for _ in range(2)]
    async with _stream(web, SDH, last) as stream:
        told = [await _next(stream) for _ in range(2)]
        live = await _arrives(web.desk)
        told.append(await _next(stream))
    ids = [{feature["id"] for feature in frame.content["put"]} for frame in told]
    assert [f"group:{group}" in found for group, found in zip((*missed, live), ids, strict=True)] == [True] * 3
    assert len({frame.ident for frame in told}) == 3


async def test_the_snapshot_and_its_stream_add_up_to_the_map_as_it_is(web: Web) -> None:
    start = _snapshot(web, SDH)
    group = await _arrives(web.desk, 20)
    plan = await web.desk.handle(c.ProposePlacement(group=group), by=OFFICIAL)
    await web.desk.handle(c.ConfirmPlacement(group=group, plan=str(plan.created)), by=OFFICIAL)
    await web.desk.handle(c.AnnulGroup(group=group, reason="Se capturó dos veces"), by=OFFICIAL)
    drawn = {feature["id"]: feature for feature in start["features"]}
    end = _snapshot(web, SDH)
    async with _stream(web, SDH, start["caravan"]["id"]) as stream:
        while (frame := await _next(stream)).ident != end["caravan"]["id"]:
            drawn |= {feature["id"]: feature for feature in frame.content["put"]}
            drawn = {ident: f for ident, f in drawn.items() if ident not in frame.content["drop"]}
        drawn |= {feature["id"]: feature for feature in frame.content["put"]}
        drawn = {ident: f for ident, f in drawn.items() if ident not in frame.content["drop"]}
    assert drawn == {feature["id"]: feature for feature in end["features"]}
    assert not any(ident.startswith(("group:", "line:")) for ident in drawn)


async def test_what_happens_while_a_stream_opens_is_told_once(web: Web) -> None:
    start = _snapshot(web, SDH)["caravan"]["id"]
    async with _stream(web, SDH, start) as stream:
        assert (await anext(stream)).startswith(b"retry")
        await _arrives(web.desk)
        await _arrives(web.desk)
        told = [await _next(stream) for _ in range(2)]
        assert [frame.ident.rpartition(".")[2] for frame in told] == ["1", "2"]
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(stream), 0.05)


@pytest.mark.parametrize("last", [None, "", "otra-epoca.3", "sin-numero", "{epoch}.99999"])
async def test_an_id_that_is_not_known_is_answered_with_a_fresh_start(web: Web, last: str | None) -> None:
    now = _snapshot(web, SDH)["caravan"]["id"]
    epoch = now.partition(".")[0]
    async with _stream(web, SDH, last and last.replace("{epoch}", epoch)) as stream:
        frame = await _next(stream)
    assert (frame.event, frame.ident) == ("snapshot", now)


async def test_an_id_that_is_too_old_is_answered_with_a_fresh_start(web: Web) -> None:
    start = _snapshot(web, SDH)["caravan"]["id"]
    for _ in range(1_000):
        _hub(web).tell_clock()
    async with _stream(web, SDH, start) as stream:
        assert (await _next(stream)).event == "clock"
    _hub(web).tell_clock()
    async with _stream(web, SDH, start) as stream:
        assert (await _next(stream)).event == "snapshot"


async def test_a_wish_for_asylum_leaves_no_trace_in_the_stream_of_those_who_may_not_know(web: Web) -> None:
    group = await _arrives(web.desk)
    before = {viewer.key: _snapshot(web, viewer) for viewer in (INM, SDH)}
    async with _stream(web, INM, before[INM.key]["caravan"]["id"]) as stream:
        await anext(stream)
        await web.desk.handle(c.RecordAsylumWish(group=group, people=7), by=OFFICIAL)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(stream), 0.05)
    assert _snapshot(web, INM) == before[INM.key]


async def test_those_with_the_same_rights_are_sent_the_very_same_bytes(web: Web) -> None:
    streams = [
        _hub(web).stream(viewer_of(USERS[who].actor), None, who) for who in ("official", "colleague", "official")
    ]
    for stream in streams:
        assert (await _next(stream)).event == "snapshot"
    await _arrives(web.desk)
    first, *others = [(await asyncio.wait_for(anext(stream), 5)) for stream in streams]
    assert all(frame is first for frame in others)
    for stream in streams:
        await stream.aclose()
    assert _hub(web).listeners == 0


async def test_a_browser_too_slow_to_follow_is_let_go_and_comes_back_without_a_gap(web: Web) -> None:
    start = _snapshot(web, SDH)["caravan"]["id"]
    async with _stream(web, SDH, start) as stream:
        await anext(stream)
        for _ in range(1_001):
            _hub(web).tell_clock()
        assert await _ends(stream)
    assert _hub(web).listeners == 0


async def test_signing_out_ends_the_streams_of_that_session_and_of_no_other(web: Web) -> None:
    leaves, stays = await web.signed_in("official"), await web.signed_in("official")
    # Without a network an answer is whole or not at all: these two come back when their streams end.
    streams = [asyncio.ensure_future(client.get("/live")) for client in (leaves, stays)]
    await until(lambda: _hub(web).listeners == 2)
    await leaves.delete("/api/v1/session")
    answer = await asyncio.wait_for(streams[0], 5)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert not streams[1].done()
    assert _hub(web).listeners == 1
    _hub(web).end()
    await asyncio.wait_for(streams[1], 5)


async def test_a_session_closed_in_another_process_ends_its_streams_too(web: Web, folder: Path) -> None:
    client = await web.signed_in("inm")
    token = client.cookies["caravan"]
    async with _stream(web, INM, None, fingerprint(token)) as stream:
        assert (await _next(stream)).event == "snapshot"
        await _hub(web).end_closed()
        async with desk_in(folder) as elsewhere:
            await sign_out(elsewhere.engine, token)
        await _hub(web).end_closed()
        assert await _ends(stream)


async def test_a_session_with_too_many_streams_keeps_the_newest(web: Web) -> None:
    hub = _hub(web)
    streams = [hub.stream(SDH, None, "una sesión") for _ in range(130)]
    try:
        for stream in streams:
            assert await anext(stream) == b"retry: 1000\n\n"
        assert await _ends(streams[0]) and await _ends(streams[1])
        assert hub.listeners == 128
    finally:
        for stream in streams:
            await stream.aclose()
