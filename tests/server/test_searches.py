"""Searches for places beside the turn: followed, stopped, in a process of their own where they are large; plans that are upset are
made again by themselves."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator

import msgspec
import pytest
from installation import OFFICIAL, USERS, until
from realm import INM, LEON

from caravan import commands as c
from caravan.basics import Refusal
from caravan.coordination.asking import question
from caravan.server.desk import Desk
from caravan.server.repairs import Repairs
from caravan.server.searches import Searches
from caravan.server.searching import converse, search
from caravan.shelters.joint import LARGE, solve
from caravan.shelters.model import Places, Shelter
from caravan.shelters.progress import Progress

pytestmark = pytest.mark.anyio

BUS = c.ReportArrival(station="leon", people=35, declared_by="Prensa")
CARAVAN = c.ReportArrival(station="leon", people=LARGE + 100, declared_by="Prensa")
GROUND = Shelter(
    id="campo", name="Campo deportivo", kind="temporary", municipality="MX11020", town="León", position=LEON,
    sections={"mix": Places(nominal=LARGE)},
)  # fmt: skip


@pytest.fixture
async def searches(desk: Desk) -> AsyncIterator[Searches]:
    searches = Searches(desk)
    yield searches
    await searches.close()


async def _arrives(desk: Desk, arrival: c.ReportArrival = BUS) -> str:
    return str((await desk.handle(arrival, by=OFFICIAL)).created)


async def _ground(desk: Desk) -> None:
    await desk.handle(c.RegisterShelter(shelter=GROUND), by=OFFICIAL)
    await desk.handle(c.ReportOccupancy(shelter="campo", available={"mix": LARGE}), by=OFFICIAL)


async def test_a_search_ends_with_the_plan_that_was_asked_for(desk: Desk, searches: Searches) -> None:
    group = await _arrives(desk)
    begun = searches.start(c.ProposePlacement(group=group), by=OFFICIAL)
    ended = await searches.wait(begun.id, 30)
    assert (ended.state, ended.refusal) == ("done", None)
    assert ended.answer is not None
    assert desk.picture.plans[group].plan == ended.answer.created


async def test_a_search_that_is_refused_says_why(desk: Desk, searches: Searches) -> None:
    begun = searches.start(c.ProposePlacement(group="g-nadie"), by=OFFICIAL)
    ended = await searches.wait(begun.id, 30)
    assert (ended.state, ended.answer) == ("refused", None)
    assert ended.refusal is not None
    assert ended.refusal.code == "unknown_group"


async def test_who_may_not_ask_starts_no_search(desk: Desk, searches: Searches) -> None:
    with pytest.raises(Refusal) as refused:
        searches.start(c.ProposePlacement(group=await _arrives(desk)), by=INM)
    assert refused.value.code == "not_yours_to_do"


async def test_a_page_sent_twice_searches_once_and_is_another_agency_s_business_never(
    desk: Desk, searches: Searches
) -> None:
    wish = c.ProposePlacement(group=await _arrives(desk))
    first = searches.start(wish, by=OFFICIAL)
    assert searches.start(wish, by=OFFICIAL) is first
    assert searches.find(first.id, USERS["colleague"].actor) is first
    assert searches.find(first.id, INM) is None
    await searches.wait(first.id, 30)
    assert searches.start(wish, by=OFFICIAL) is not first


async def test_a_large_search_runs_in_a_process_of_its_own_while_the_desk_goes_on(
    desk: Desk, searches: Searches
) -> None:
    await _ground(desk)
    group = await _arrives(desk, CARAVAN)
    begun = searches.start(c.ProposePlacement(group=group), by=OFFICIAL)
    await until(lambda: begun.progress is not None or begun.state != "running")
    assert begun.progress is not None
    other = await _arrives(desk)
    assert other in desk.picture.groups
    ended = await searches.wait(begun.id, 60)
    assert ended.state == "done"
    plan = desk.picture.plans[group]
    assert sum(part.people for part in plan.parts) + plan.unplaced == LARGE + 100
    assert sum(part.people for part in plan.parts if part.shelter == "campo") == LARGE


async def test_a_process_finds_what_a_thread_finds(desk: Desk) -> None:
    await _ground(desk)
    group = await _arrives(desk, CARAVAN)
    asked = question(desk.picture, c.ProposePlacement(group=group), desk.clock.now())
    heard: list[Progress] = []

    def watch(progress: Progress) -> bool:
        heard.append(progress)
        return True

    assert await search(asked, watch) == solve(asked)
    assert heard


# A search that is over before it hears the stop: its steps, the answer, and nobody listens on its line any more.
_OVER = """
import os, sys
sys.stdin.buffer.readline()
os.close(0)
for line in sys.argv[1:]:
    print(line, flush=True)
"""


async def test_an_answer_that_crosses_the_stop_is_not_lost(desk: Desk) -> None:
    await _ground(desk)
    group = await _arrives(desk)
    asked = question(desk.picture, c.ProposePlacement(group=group), desk.clock.now())
    found = solve(asked)
    steps = [{"progress": Progress(stage="improve", done=done, of=20)} for done in range(20)]
    lines = [msgspec.json.encode(line).decode() for line in (*steps, {"found": found})]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _OVER, *lines, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert await converse(process, asked, lambda progress: False) == found
    assert await process.wait() == 0


async def test_a_search_that_nobody_stopped_ends_in_good_order(desk: Desk) -> None:
    """It still listens for a stop when it ends."""
    await _ground(desk)
    group = await _arrives(desk)
    asked = question(desk.picture, c.ProposePlacement(group=group), desk.clock.now())
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "caravan.server.searching", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert await converse(process, asked, lambda progress: True) == solve(asked)
    assert await process.wait() == 0


async def test_a_search_told_to_stop_offers_the_best_it_has(desk: Desk, searches: Searches) -> None:
    await _ground(desk)
    group = await _arrives(desk, CARAVAN)
    begun = searches.start(c.ProposePlacement(group=group), by=OFFICIAL)
    searches.stop(begun.id, INM)
    assert not begun.told_to_stop
    searches.stop(begun.id, OFFICIAL)
    ended = await searches.wait(begun.id, 60)
    assert (ended.state, ended.answer is not None) == ("stopped", True)
    plan = desk.picture.plans[group]
    assert sum(part.people for part in plan.parts if part.shelter == "campo") == LARGE


async def test_a_search_that_nobody_waits_for_any_more_leaves_nothing_behind(desk: Desk) -> None:
    searches = Searches(desk)
    await _ground(desk)
    begun = searches.start(c.ProposePlacement(group=await _arrives(desk, CARAVAN)), by=OFFICIAL)
    await until(lambda: begun.progress is not None or begun.state != "running")
    await searches.close()
    assert begun.ended.is_set()


async def test_a_plan_that_was_upset_is_made_again_by_itself(desk: Desk) -> None:
    repairs = Repairs(desk)
    await repairs.open()
    try:
        group = await _arrives(desk)
        first = (await desk.handle(c.ProposePlacement(group=group), by=OFFICIAL)).created
        await desk.handle(c.ReportOccupancy(shelter="galilea", available={"mix": 4}), by=OFFICIAL)
        assert group in desk.picture.upset
        await until(lambda: group not in desk.picture.upset)
        plan = desk.picture.plans[group]
        assert (plan.repairs, plan.because and plan.because.code) == (first, "fewer_places")
        assert sum(part.people for part in plan.parts if part.shelter == "galilea") <= 4
    finally:
        await repairs.close()


async def test_a_plan_that_was_upset_before_the_server_started_is_made_again_too(desk: Desk) -> None:
    group = await _arrives(desk)
    await desk.handle(c.ProposePlacement(group=group), by=OFFICIAL)
    await desk.handle(c.ReportOccupancy(shelter="galilea", available={"mix": 4}), by=OFFICIAL)
    repairs = Repairs(desk)
    await repairs.open()
    try:
        await until(lambda: group not in desk.picture.upset)
    finally:
        await repairs.close()
