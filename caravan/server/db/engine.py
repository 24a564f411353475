"""One engine for an installation, and its schema brought up to date."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

# What is deleted is written over with zeros: some of it was said by people who were promised that it would be forgotten.
_PRAGMAS = ("synchronous=FULL", "busy_timeout=10000", "foreign_keys=ON", "secure_delete=ON")
# Two processes that open a new file together: one turns WAL on, the other waits on what it read before and would wait in
# vain; asking again finds it on.
_WAL_TRIES = 100
_WAL_WAIT_MS = 50


def open_engine(url: str) -> AsyncEngine:
    """An engine whose transactions begin IMMEDIATE on SQLite: whoever reads to decide already holds the right to write."""
    engine = create_async_engine(url, pool_size=8, max_overflow=8)
    if engine.dialect.name == "sqlite":
        event.listen(engine.sync_engine, "connect", _set_up)
        event.listen(engine.sync_engine, "begin", _begin_immediate)
    return engine


def _set_up(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver's own BEGIN would come too late and be DEFERRED
    cursor = connection.cursor()
    _turn_on_wal(cursor)
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _turn_on_wal(cursor: Any) -> None:
    cursor.execute(f"PRAGMA busy_timeout={_WAL_WAIT_MS}")
    for tries_left in reversed(range(_WAL_TRIES)):
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if not tries_left:
                raise
        else:
            return


def _begin_immediate(connection: Connection) -> None:
    mode = connection.get_execution_options().get("caravan_begin", "IMMEDIATE")
    connection.exec_driver_sql(f"BEGIN {mode}")


@asynccontextmanager
async def reading(engine: AsyncEngine) -> AsyncGenerator[AsyncConnection]:
    """A connection that only reads and holds nobody up."""
    async with engine.connect() as connection:
        await connection.execution_options(caravan_begin="DEFERRED")
        yield connection


async def migrate(engine: AsyncEngine) -> None:
    """Brings the schema to this version's. Safe to call at every start, from several processes."""
    async with engine.begin() as connection:
        await connection.run_sync(_upgrade)


def _upgrade(connection: Connection) -> None:
    command.upgrade(alembic_config(connection), "head")


def alembic_config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config
