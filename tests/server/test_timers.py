"""Deadlines: each is told when it passes, once, rung by rung, whoever was asleep in between."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from installation import OFFICIAL, Web, desk_in, rows, until
from realm import NIGHTFALL

from caravan import commands as c
from caravan import events as e
from caravan.server.clock import DrillClock
from caravan.server.db.engine import open_engine
from caravan.server.desk import Desk
from caravan.server.settings import Settings
from caravan.server.timers import Timers

pytestmark = pytest.mark.anyio

BUS = c.ReportArrival(station="leon", people=35, declared_by="Prensa")


async def _missed(desk: Desk) -> list[tuple[str, e.DeadlineMissed]]:
    """Every rung told, in the journal's order, with the hour at which it was told."""
    kept = await rows(desk, "SELECT at, fact FROM journal WHERE kind = 'DeadlineMissed' ORDER BY seq")
    return [(row["at"], msgspec.json.decode(row["fact"], type=e.DeadlineMissed)) for row in kept]


def _ladders(missed: list[tuple[str, e.DeadlineMissed]]) -> dict[tuple[str, str, datetime], list[int]]:
    """Rungs told of each deadline, in order."""
    found: dict[tuple[str, str, datetime], list[int]] = defaultdict(list)
    for _, event in missed:
        found[event.instance, event.state, event.due].append(event.rung)
    return found


async def test_a_deadline_that_passes_is_told_by_the_ticker_alone(web: Web) -> None:
    answer = await web.desk.handle(BUS, by=OFFICIAL)
    alarm = answer.picture.next_alarm
    assert alarm is not None
    assert await _missed(web.desk) == []
    web.clock.set(at=alarm.due)
    await until(lambda: _next_due(web.desk) > alarm.due)


def _next_due(desk: Desk) -> datetime:
    alarm = desk.picture.next_alarm
    assert alarm is not None
    return alarm.due


async def test_a_step_that_stays_undone_climbs_the_ladder(web: Web) -> None:
    await web.desk.handle(BUS, by=OFFICIAL)
    for _ in range(8):
        web.clock.set(at=web.clock.now() + timedelta(minutes=30))
        await web.desk.tick()
    ladders = _ladders(await _missed(web.desk))
    assert max(len(rungs) for rungs in ladders.values()) >= 2
    assert all(rungs == list(range(len(rungs))) for rungs in ladders.values())
    told = await rows(web.desk, "SELECT DISTINCT \"to\" FROM outbox WHERE template = 'vencido'")
    assert {row["to"] for row in told} >= {"SDH", "TITULAR"}


async def test_what_fell_due_while_the_machine_was_down_is_told_once_rung_by_rung(folder: Path) -> None:
    async with desk_in(folder) as before:
        await before.handle(BUS, by=OFFICIAL)
    later = NIGHTFALL + timedelta(hours=6)
    async with desk_in(folder, DrillClock(later, rate=0.0)) as after:
        await after.tick()
        missed = await _missed(after)
        ladders = _ladders(missed)
        assert max(len(rungs) for rungs in ladders.values()) >= 2
        assert all(rungs == list(range(len(rungs))) for rungs in ladders.values())
        assert {datetime.fromisoformat(at).replace(tzinfo=UTC) for at, _ in missed} == {later}
        firsts = [event.due for _, event in missed if event.rung == 0]
        assert firsts == sorted(firsts)
        await after.tick()
        assert await _missed(after) == missed
    async with desk_in(folder, DrillClock(later, rate=0.0)) as again:
        await again.tick()
        assert await _missed(again) == missed


async def test_two_processes_that_tick_at_once_tell_each_deadline_once(folder: Path) -> None:
    clock = DrillClock(NIGHTFALL, rate=0.0)
    async with desk_in(folder, clock) as here, desk_in(folder, clock) as there:
        for _ in range(3):
            await here.handle(BUS, by=OFFICIAL)
        await there.catch_up()
        for _ in range(6):
            clock.set(at=clock.now() + timedelta(minutes=40))
            await asyncio.gather(*(desk.tick() for desk in (here, there, here, there)))
        ladders = _ladders(await _missed(here))
        assert len(ladders) > 3
        assert all(rungs == list(range(len(rungs))) for rungs in ladders.values())


async def test_places_held_for_nobody_are_free_again_when_the_hold_runs_out(web: Web) -> None:
    group = (await web.desk.handle(BUS, by=OFFICIAL)).created
    plan = await web.desk.handle(c.ProposePlacement(group=str(group)), by=OFFICIAL)
    await web.desk.handle(c.ConfirmPlacement(group=str(group), plan=str(plan.created)), by=OFFICIAL)
    held = next(iter(web.desk.picture.placements.values()))
    assert held.expires_at is not None
    web.clock.set(at=held.expires_at)
    await until(lambda: web.desk.picture.placements[held.id].status == "expired")
    assert web.desk.picture.shelters[held.shelter].incoming == 0


async def test_what_another_process_writes_is_heard_without_being_asked_for(web: Web, folder: Path) -> None:
    async with desk_in(folder) as elsewhere:
        group = (await elsewhere.handle(BUS, by=OFFICIAL)).created
    await until(lambda: group in web.desk.picture.groups)


async def test_the_ticker_stops_in_the_middle_of_its_work_without_a_complaint(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for pause in (0.0, 0.1, 0.11, 0.25, 0.26):
        desk = Desk(open_engine(Settings(data=folder).url), DrillClock(NIGHTFALL, rate=0.0))
        await desk.open()
        timers = Timers(desk)
        await timers.open()
        await asyncio.sleep(pause)
        await timers.close()
        await desk.close()
    assert caplog.records == []
