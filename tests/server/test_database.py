"""The database: its schema is the program's, its writes are durable, and a turn that fails leaves nothing behind."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from installation import OFFICIAL, desk_in, journal_length, rows
from realm import plain
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from caravan import commands as c
from caravan.server.db.engine import alembic_config, open_engine, reading
from caravan.server.db.tables import METADATA, TABLES, JournalRow
from caravan.server.desk import Desk
from caravan.server.settings import Settings

pytestmark = pytest.mark.anyio

BUS = c.ReportArrival(station="leon", people=35, declared_by="Prensa", asylum=2)


async def test_the_migrations_end_at_the_tables_of_the_program(desk: Desk) -> None:
    def compared(connection: Connection) -> tuple[object, object, list[object]]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        head = ScriptDirectory.from_config(alembic_config(connection)).get_current_head()
        return context.get_current_revision(), head, compare_metadata(context, METADATA)

    async with reading(desk.engine) as connection:
        current, head, differences = await connection.run_sync(compared)
    assert current == head
    assert differences == []


async def test_every_connection_writes_durably_and_waits_for_its_turn(desk: Desk) -> None:
    wanted = {"journal_mode": "wal", "synchronous": 2, "busy_timeout": 10_000, "foreign_keys": 1, "secure_delete": 1}
    async with desk.engine.connect() as one, reading(desk.engine) as other:
        for connection in (one, other):
            for pragma, value in wanted.items():
                assert (await connection.execute(text(f"PRAGMA {pragma}"))).scalar_one() == value


async def test_whoever_reads_to_decide_already_holds_the_right_to_write(desk: Desk, folder: Path) -> None:
    other = sqlite3.connect(folder / "caravan.sqlite3", timeout=0, isolation_level=None)
    with closing(other):
        async with desk.engine.begin() as deciding:
            await deciding.execute(text("SELECT count(*) FROM journal"))
            assert other.execute("SELECT count(*) FROM journal").fetchone()[0] > 0
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("BEGIN IMMEDIATE")
        async with reading(desk.engine) as reader:
            await reader.execute(text("SELECT count(*) FROM journal"))
            other.execute("BEGIN IMMEDIATE")
            other.execute("ROLLBACK")


@pytest.mark.parametrize("table", ["journal", "groups", "activations", "tasks", "outbox", "requests"])
async def test_a_turn_that_fails_in_the_middle_leaves_everything_as_it_was(desk: Desk, table: str) -> None:
    await desk.handle(BUS, by=OFFICIAL, key="antes")
    before = {name: await rows(desk, f"SELECT * FROM {name}") for name in TABLES}
    picture = desk.picture
    async with desk.engine.begin() as connection:
        await connection.execute(
            text(f"CREATE TRIGGER full BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
        )
    with pytest.raises(SQLAlchemyError, match="disk is full"):
        await desk.handle(BUS, by=OFFICIAL, key="autobus")
    assert desk.picture is picture
    assert {name: await rows(desk, f"SELECT * FROM {name}") for name in TABLES} == before
    async with desk.engine.begin() as connection:
        await connection.execute(text("DROP TRIGGER full"))
    answer = await desk.handle(BUS, by=OFFICIAL, key="autobus")
    assert not answer.repeated
    assert [row["group_id"] for row in await rows(desk, "SELECT group_id FROM journal WHERE kind = 'GroupArrived'")][
        1:
    ] == [answer.created]


async def test_two_processes_may_set_up_the_same_new_database(tmp_path: Path) -> None:
    async def opened() -> int:
        async with desk_in(tmp_path) as desk:
            return await journal_length(desk)

    assert await asyncio.gather(*(opened() for _ in range(4))) == [0] * 4


async def test_the_journal_counts_without_gaps_and_names_what_each_line_is_about(desk: Desk) -> None:
    answer = await desk.handle(BUS, by=OFFICIAL)
    kept = await rows(desk, "SELECT * FROM journal ORDER BY seq")
    assert [row["seq"] for row in kept] == list(range(1, desk.picture.seq + 1))
    mine = kept[-len(answer.events) :]
    assert {row["turn"] for row in mine} == {mine[0]["seq"]}
    assert {(row["agency"], row["role"], row["user"]) for row in mine} == {("SDH", "coordination", "official")}
    assert [row["kind"] for row in mine] == [type(event).__name__ for event in answer.events]
    assert answer.created in {row["group_id"] for row in mine}
    assert JournalRow(**kept[-1]).seq == desk.picture.seq


async def test_a_merged_groups_places_and_meals_move_with_it_in_the_read_tables(desk: Desk) -> None:
    gone, kept = [str((await desk.handle(BUS, by=OFFICIAL)).created) for _ in range(2)]
    plan = await desk.handle(c.ProposePlacement(group=gone), by=OFFICIAL)
    await desk.handle(c.ConfirmPlacement(group=gone, plan=str(plan.created)), by=OFFICIAL)
    await desk.handle(c.OrderMeals(group=gone), by=OFFICIAL)
    await desk.handle(c.MergeGroups(group=gone, into=kept, reason="Mismo autobús"), by=OFFICIAL)
    for table in ("placements", "meal_orders"):
        found = await rows(desk, f"SELECT group_id FROM {table}")
        assert found
        assert {row["group_id"] for row in found} == {kept}, table


async def test_a_journal_read_back_gives_the_same_picture(folder: Path) -> None:
    async with desk_in(folder) as desk:
        await desk.handle(BUS, by=OFFICIAL)
        written = desk.picture
    async with desk_in(folder) as again:
        assert plain(again.picture) == plain(written)


async def test_an_engine_let_go_of_leaves_no_connection_behind(folder: Path) -> None:
    engine = open_engine(Settings(data=folder).url)
    async with reading(engine) as connection:
        await connection.execute(text("SELECT 1"))
    await engine.dispose()
    assert not (folder / "caravan.sqlite3-wal").exists()
