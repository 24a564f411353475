"""The night of 15 May 2023 in León, played through the real desk: what each holds at its end."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import msgspec
import pytest
from installation import Web, desk_in, rows, web_in
from realm import plain

from caravan import commands as c
from caravan.audiences import Viewer
from caravan.basics import SYSTEM
from caravan.drills.scenario import load
from caravan.groups import reconcile
from caravan.picture import Picture
from caravan.server.clock import DrillClock
from caravan.server.demo import ACCOUNTS, PASSWORD, SCENARIO, Demo
from caravan.server.settings import Settings
from caravan.server.web.live import Hub

pytestmark = pytest.mark.anyio

VIEWERS: dict[str, Viewer] = {
    a.email.partition("@")[0]: Viewer(agency=a.agency, role=a.role, place=a.place) for a in ACCOUNTS
}
# What would tell INM of an application: the words, in both languages, and the name of the agency that hears it.
ASYLUM = re.compile(r"asil|asyl|refugiad|temor|manifiest|comar", re.IGNORECASE)
WISHES = 67


class Night(NamedTuple):
    """What is left of it: its database, its last picture, and by account the map at its start and every frame sent since."""

    folder: Path
    picture: Picture
    ends: datetime
    starts_with: dict[str, dict[str, Any]]
    frames: dict[str, list[bytes]]
    steps: list[str]


async def _nobody_leaves(sessions: frozenset[str]) -> frozenset[str]:
    return sessions


async def _play(folder: Path) -> Night:
    demo = Demo(Settings(data=folder, demo=True), speed=0)
    await demo.prepare()
    hub = Hub(demo.desk.picture, demo.clock, _nobody_leaves)
    demo.desk.hearers.append(hub.hear)
    starts_with = {who: json.loads(hub.channel(viewer).snapshot(True)) for who, viewer in VIEWERS.items()}
    listening = {who: asyncio.create_task(_collect(hub, viewer, starts_with[who])) for who, viewer in VIEWERS.items()}
    try:
        steps: list[str] = []
        await demo.run(lambda done, of, when, step: steps.append(step))
        groups = demo.desk.picture.groups
        group = next(ident for ident in groups if groups[ident].hosted)
        await demo.desk.handle(c.RecordAsylumWish(group=group, people=WISHES), by=SYSTEM)
        hub.end()
        return Night(
            folder, demo.desk.picture, demo.scenario.ends, starts_with,
            {who: await task for who, task in listening.items()}, steps,
        )  # fmt: skip
    finally:
        await demo.desk.close()


async def _collect(hub: Hub, viewer: Viewer, start: dict[str, Any]) -> list[bytes]:
    return [frame async for frame in hub.stream(viewer, start["caravan"]["id"], "s") if frame.startswith(b"id")]


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    return asyncio.run(_play(tmp_path_factory.mktemp("night")))


async def _enter(web: Web, who: str) -> httpx.AsyncClient:
    return await web.enters(f"{who}@simulacro", PASSWORD)


# --- the journal ---


def test_every_line_of_the_scenario_is_carried_out(night: Night) -> None:
    assert len(night.steps) == len(load(SCENARIO.read_text(encoding="utf-8")).lines)
    assert [step for step in night.steps if "✗" in step] == []


async def test_whoever_reads_the_journal_afresh_sees_the_same_night(night: Night) -> None:
    async with desk_in(night.folder, DrillClock(night.ends, rate=0.0)) as desk:
        assert plain(desk.picture) == plain(night.picture)


async def test_every_read_table_says_what_the_picture_says(night: Night) -> None:
    picture = night.picture
    async with desk_in(night.folder, DrillClock(night.ends, rate=0.0)) as desk:
        tables = {
            t: await rows(desk, f"SELECT * FROM {t}")
            for t in ("activations", "groups", "shelters", "placements", "meal_orders")
        }
        open_tasks = await rows(desk, "SELECT id, owner, due FROM tasks WHERE status = 'open'")
        closed_tasks = await rows(desk, "SELECT id, done_at FROM tasks WHERE status != 'open'")
        unseen = await rows(desk, 'SELECT id, "to", template FROM outbox WHERE seen_at IS NULL')
    kept = {table: {row["id"]: row for row in found} for table, found in tables.items()}
    assert {t: set(found) for t, found in kept.items()} == {
        "activations": set(picture.activations), "groups": set(picture.groups), "shelters": set(picture.shelters),
        "placements": set(picture.placements), "meal_orders": set(picture.orders),
    }  # fmt: skip
    for ident, row in kept["activations"].items():
        run = picture.activations[ident]
        assert (row["level"], row["people"], row["open_groups"], row["unplaced"], bool(row["closed"])) == (
            run.level, run.people, run.open_groups, run.unplaced, run.closed,
        )  # fmt: skip
    for ident, row in kept["groups"].items():
        group = picture.groups[ident]
        assert (row["people"], row["hosted"], row["unplaced"], row["departed"], row["unknown"], row["status"]) == (
            group.people, group.hosted, group.unplaced, group.departed, reconcile(group).unknown, group.status,
        )  # fmt: skip
    for ident, row in kept["shelters"].items():
        standing = picture.shelters[ident]
        assert (row["free"], row["occupied"], row["incoming"], row["status"]) == (
            standing.free_total, standing.occupied, standing.incoming, standing.status,
        )  # fmt: skip
    for ident, row in kept["placements"].items():
        placement = picture.placements[ident]
        assert (row["group_id"], row["shelter"], row["people"], row["came"], row["status"]) == (
            placement.group, placement.shelter, placement.people, placement.came, placement.status,
        )  # fmt: skip
    for ident, row in kept["meal_orders"].items():
        order = picture.orders[ident]
        assert (row["group_id"], row["kitchen"], row["rations"], row["served"], row["status"]) == (
            order.group, order.kitchen, order.rations, order.served, order.status,
        )  # fmt: skip
    assert {(row["id"], row["owner"]) for row in open_tasks} == {(t, picture.tasks[t].owner) for t in picture.tasks}
    assert all(row["done_at"] for row in closed_tasks)
    assert {(r["id"], r["to"], r["template"]) for r in unseen} == {
        (n, picture.notices[n].to, picture.notices[n].template) for n in picture.notices
    }


# --- the map ---


async def test_the_official_sees_eighty_three_people_in_the_thirty_places_of_galilea(night: Night) -> None:
    async with web_in(night.folder, now=night.ends, demo=True) as web:
        shown = (await (await _enter(web, "oficial")).get("/map.geojson")).json()
    features = {f["id"]: f["properties"] for f in shown["features"]}
    house = features["shelter:galilea"]
    assert (house["status"], house["excess"], house["free"], house["held"]) == ("over", 53, 0, 0)
    [line] = [p for p in features.values() if p["layer"] == "lines"]
    assert (line["to"], line["people"], line["status"]) == ("shelter:galilea", 83, "arrived")
    [placement] = [night.picture.placements[p] for p in night.picture.placements]
    assert (placement.people, placement.came) == (30, 83)


@pytest.mark.parametrize("who", VIEWERS)
async def test_the_frames_of_the_night_add_up_to_the_map_at_its_end(night: Night, who: str) -> None:
    drawn = {feature["id"]: feature for feature in night.starts_with[who]["features"]}
    for frame in night.frames[who]:
        _, event, content = frame.decode().strip().split("\n")
        change = json.loads(content.removeprefix("data: "))
        assert event == "event: delta"
        drawn |= {feature["id"]: feature for feature in change["put"]}
        for ident in change["drop"]:
            del drawn[ident]
    fresh = Hub(night.picture, DrillClock(night.ends, rate=0.0), _nobody_leaves).channel(VIEWERS[who]).snapshot(True)
    assert drawn == {feature["id"]: feature for feature in json.loads(fresh)["features"]}


# --- what INM holds ---


def _values(content: Any) -> list[object]:
    """Every plain value there is in it, at any depth."""
    if not isinstance(content, dict | list):
        return [content]
    return [value for part in (content.values() if isinstance(content, dict) else content) for value in _values(part)]


def _assert_harmless(night: Night, told: str, where: str) -> None:
    assert not ASYLUM.search(told), (where, ASYLUM.findall(told))
    for ident in night.picture.shelters:
        shelter = night.picture.shelters[ident].shelter
        assert not re.search(rf"(?<![\w-]){re.escape(ident)}(?![\w-])", told), (where, ident)
        assert shelter.name not in told, (where, shelter.name)
        assert not shelter.address or shelter.address not in told, (where, shelter.address)
    for placement in night.picture.placements:
        assert placement not in told, (where, placement)


def _readings(web: Web, night: Night) -> list[str]:
    """Every address one may read, with every id there is."""
    ids = {
        "groups": list(night.picture.groups), "activations": list(night.picture.activations), "shelters": list(night.picture.shelters),
        "cases": list(night.picture.cases), "texts": list(night.picture.texts),
    }  # fmt: skip
    found: list[str] = []
    for route in web.app.routes:
        if (
            "GET" not in getattr(route, "methods", ())
            or not route.path.startswith(("/api/", "/map.geojson"))
            or route.path.endswith("/live")
        ):
            continue
        if "{" not in route.path:
            found.append(route.path)
        else:
            kind = route.path.split("/")[3]
            found += [f"/api/v1/{kind}/{ident}" for ident in ids[kind]]
    return found


async def test_nothing_that_inm_can_read_tells_of_asylum_or_of_a_shelter(night: Night) -> None:
    async with web_in(night.folder, now=night.ends, demo=True) as web:
        inm = await _enter(web, "inm")
        readings = _readings(web, night)
        assert len(readings) > 20
        for path in readings:
            answer = await inm.get(path)
            assert answer.status_code in (200, 404), (path, answer.text)
            if answer.status_code == 200:
                _assert_harmless(night, answer.text, path)
                assert WISHES not in _values(answer.json())
            else:
                assert "/shelters/" in path or path == "/api/v1/policy"
        official = await _enter(web, "oficial")
        group = next(g for g in night.picture.groups if night.picture.groups[g].asylum)
        assert (await official.get(f"/api/v1/groups/{group}")).json()["group"]["asylum"] == WISHES


def test_nothing_that_is_sent_to_inm_tells_of_asylum_or_of_a_shelter(night: Night) -> None:
    assert night.frames["inm"]
    _assert_harmless(night, json.dumps(night.starts_with["inm"], ensure_ascii=False), "the first map")
    for frame in night.frames["inm"]:
        _assert_harmless(night, frame.decode(), "the stream")
    numbers = [int(frame.split(b"\n")[0].rpartition(b".")[2]) for frame in night.frames["inm"]]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) < len(night.frames["oficial"])


def test_inm_is_told_where_the_people_are_and_not_where_they_sleep(night: Night) -> None:
    last = night.frames["inm"][-1]
    assert msgspec.json.decode(last.split(b"data: ")[1])
    drawn = {f["id"] for f in night.starts_with["inm"]["features"]}
    assert any(ident.startswith("municipality:") for ident in drawn)
    assert not any(ident.startswith(("shelter:", "line:", "kitchen:")) for ident in drawn)
