"""The one door in: every wish is carried out once, whole or not at all, and only what is committed is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from installation import OFFICIAL, USERS, desk_in, journal_length, rows
from realm import INM, NIGHTFALL, plain

from caravan import commands as c
from caravan.basics import Actor, Refusal
from caravan.events import Event
from caravan.picture import Picture
from caravan.server.clock import DrillClock
from caravan.server.desk import Answer, Desk
from caravan.server.web.problems import sentence

pytestmark = pytest.mark.anyio

BUS = c.ReportArrival(station="leon", people=35, declared_by="Prensa")


async def _group(desk: Desk, people: int = 35) -> str:
    answer = await desk.handle(c.ReportArrival(station="leon", people=people, declared_by="Prensa"), by=OFFICIAL)
    assert answer.created is not None
    return answer.created


async def test_a_wish_sent_twice_is_carried_out_once(desk: Desk) -> None:
    first = await desk.handle(BUS, by=OFFICIAL, key="autobus-1")
    length = await journal_length(desk)
    second = await desk.handle(BUS, by=OFFICIAL, key="autobus-1")
    assert (second.created, second.repeated, second.events) == (first.created, True, ())
    assert not first.repeated
    assert await journal_length(desk) == length


async def test_two_people_may_use_the_same_key(desk: Desk) -> None:
    first = await desk.handle(BUS, by=OFFICIAL, key="1")
    second = await desk.handle(BUS, by=USERS["colleague"].actor, key="1")
    assert not second.repeated
    assert first.created != second.created


async def test_a_key_stands_for_one_wish_only(desk: Desk) -> None:
    await desk.handle(BUS, by=OFFICIAL, key="autobus-1")
    length = await journal_length(desk)
    other = c.ReportArrival(station="leon", people=36, declared_by="Prensa")
    with pytest.raises(Refusal) as refused:
        await desk.handle(other, by=OFFICIAL, key="autobus-1")
    assert refused.value.code == "key_reused"
    assert await journal_length(desk) == length


async def test_a_refused_wish_may_be_sent_again_with_its_key(desk: Desk) -> None:
    group = await _group(desk)
    wish = c.SplitGroup(group=group, people=40, reason="Van por otro camino")
    for _ in range(2):
        with pytest.raises(Refusal) as refused:
            await desk.handle(wish, by=OFFICIAL, key="k")
        assert refused.value.code == "more_than_unplaced"
    await desk.handle(c.RecordCount(group=group, people=50, method="headcount", source="Brigada"), by=OFFICIAL)
    assert not (await desk.handle(wish, by=OFFICIAL, key="k")).repeated


async def test_a_plan_asked_for_twice_is_the_same_plan_even_after_it_was_confirmed(desk: Desk) -> None:
    group = await _group(desk, 10)
    ask = c.ProposePlacement(group=group)
    first = await desk.handle(ask, by=OFFICIAL, key="plan-1")
    await desk.handle(c.ConfirmPlacement(group=group, plan=str(first.created)), by=OFFICIAL)
    again = await desk.handle(ask, by=OFFICIAL, key="plan-1")
    assert (again.created, again.repeated) == (first.created, True)


async def test_whoever_may_not_ask_for_places_does_not_learn_whether_there_are_people_without(desk: Desk) -> None:
    waiting, placed = await _group(desk, 10), await _group(desk, 10)
    plan = await desk.handle(c.ProposePlacement(group=placed), by=OFFICIAL)
    await desk.handle(c.ConfirmPlacement(group=placed, plan=str(plan.created)), by=OFFICIAL)
    codes: list[str] = []
    for group in (waiting, placed, "g-nadie"):
        with pytest.raises(Refusal) as refused:
            await desk.handle(c.ProposePlacement(group=group), by=INM)
        codes.append(refused.value.code)
    assert codes == ["not_yours_to_do"] * 3


async def test_wishes_of_one_moment_are_decided_each_on_its_own(desk: Desk) -> None:
    """One is refused, one stumbles over a mistake of ours; the others are carried out, and all that is answered is in the journal."""
    stranger = Actor(agency="SDH", role=cast("object", "guard"))  # pyright: ignore[reportArgumentType]  # no such role
    asks = [
        desk.handle(BUS, by=OFFICIAL),
        desk.handle(c.ReportArrival(station="la-luna", people=1, declared_by="x"), by=OFFICIAL),
        desk.handle(BUS, by=stranger),
        desk.handle(BUS, by=OFFICIAL),
    ]
    first, refused, stumbled, last = await asyncio.gather(*asks, return_exceptions=True)
    assert isinstance(first, Answer)
    assert isinstance(last, Answer)
    assert isinstance(refused, Refusal)
    assert isinstance(stumbled, KeyError)
    kept = await rows(desk, "SELECT group_id FROM journal WHERE kind = 'GroupArrived' ORDER BY seq")
    assert [row["group_id"] for row in kept] == [first.created, last.created]


async def test_an_answer_is_given_even_when_a_map_cannot_follow(desk: Desk) -> None:
    heard: list[int] = []

    def breaks(picture: Picture, events: Sequence[Event]) -> None:
        raise RuntimeError("the map is broken")

    def follows(picture: Picture, events: Sequence[Event]) -> None:
        heard.append(len(events))

    desk.hearers += [breaks, follows]
    answer = await desk.handle(BUS, by=OFFICIAL)
    assert answer.created in desk.picture.groups
    assert heard == [len(answer.events)]


async def test_the_journal_never_goes_back_in_time(folder: Path) -> None:
    ahead = DrillClock(NIGHTFALL + timedelta(minutes=10), rate=0.0)
    async with desk_in(folder, ahead) as fast, desk_in(folder) as slow:
        await fast.handle(BUS, by=OFFICIAL)
        await slow.handle(BUS, by=OFFICIAL)
        hours = [row["at"] for row in await rows(slow, "SELECT at FROM journal ORDER BY seq")]
    assert hours == sorted(hours)


async def test_two_processes_hold_the_same_picture(folder: Path) -> None:
    async with desk_in(folder) as here, desk_in(folder) as there:
        heard: list[str] = []
        here.hearers.append(lambda picture, events: heard.extend(type(event).__name__ for event in events))
        group = await _group(there)
        assert group not in here.picture.groups
        await here.catch_up()
        assert plain(here.picture) == plain(there.picture)
        assert "GroupArrived" in heard
        both = await asyncio.gather(*(desk.handle(BUS, by=OFFICIAL) for desk in (here, there) for _ in range(5)))
        assert len({answer.created for answer in both}) == 10
        await here.catch_up()
        await there.catch_up()
        assert plain(here.picture) == plain(there.picture)
        sequence = [row["seq"] for row in await rows(here, "SELECT seq FROM journal ORDER BY seq")]
    assert sequence == list(range(1, len(sequence) + 1))


async def test_of_two_who_want_the_last_places_one_gets_them_and_the_other_the_next_best(folder: Path) -> None:
    async with desk_in(folder) as here, desk_in(folder) as there:
        mine, theirs = await _group(here, 15), await _group(here, 15)
        whole = {"*": "galilea"}
        first = await here.handle(c.ProposePlacement(group=mine, pins=whole), by=OFFICIAL)
        second = await there.handle(c.ProposePlacement(group=theirs), by=USERS["colleague"].actor)
        await here.handle(c.ReportOccupancy(shelter="galilea", available={"mix": 15}), by=OFFICIAL)
        await there.catch_up()
        wishes = (
            here.handle(c.ConfirmPlacement(group=mine, plan=str(first.created)), by=OFFICIAL),
            there.handle(c.ConfirmPlacement(group=theirs, plan=str(second.created)), by=USERS["colleague"].actor),
        )
        verdicts = await asyncio.gather(*wishes, return_exceptions=True)
        [refused] = [verdict for verdict in verdicts if isinstance(verdict, Refusal)]
        assert refused.code in ("plan_out_of_date", "plan_replaced")
        await here.catch_up()
        await there.catch_up()
        loser = theirs if isinstance(verdicts[1], Refusal) else mine
        assert refused.details["plan"] == here.picture.plans[loser].plan
        await there.handle(c.ConfirmPlacement(group=loser, plan=str(refused.details["plan"])), by=OFFICIAL)
        assert [there.picture.groups[group].unplaced for group in (mine, theirs)] == [0, 0]


async def test_who_confirms_behind_a_closed_door_is_told_why_and_given_another_plan(folder: Path) -> None:
    clock = DrillClock(NIGHTFALL, rate=0.0)
    async with desk_in(folder, clock) as desk:
        group = await _group(desk, 10)
        only = c.ProposePlacement(group=group, pins={"*": "samaritano"})
        plan = await desk.handle(only, by=OFFICIAL)
        clock.set(NIGHTFALL + timedelta(hours=6))
        with pytest.raises(Refusal) as refused:
            await desk.handle(c.ConfirmPlacement(group=group, plan=str(plan.created)), by=OFFICIAL)
        assert refused.value.code == "house_refuses_by_now"
        assert "ya no puede recibirlas: recibe de" in sentence(refused.value)
        other = refused.value.details["plan"]
        assert other == desk.picture.plans[group].plan != plan.created
        assert {part.shelter for part in desk.picture.plans[group].parts} <= {"galilea", "casa_dif"}
