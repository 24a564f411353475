"""The texts that can be forgotten: written in the journal's own transaction, and really gone once they are erased."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from caravan import events as e
from caravan.coordination.loop import Outcome
from caravan.server.db.tables import TABLES

_TABLE = TABLES["texts"]
# How long emptying the write-ahead log waits for those who read: they hold it up, and it would hold up those who write.
_WAIT_MS = 200
_AS_BEFORE = 10_000


def rows_of(outcome: Outcome, at: datetime) -> list[dict[str, Any]]:
    return [
        {"id": ident, "owner": owner, "text": text, "kept_at": at} for ident, (owner, text) in outcome.texts.items()
    ]


def erased_by(events: Sequence[e.Event]) -> list[str]:
    return [ident for event in events if isinstance(event, e.TextsPurged) for ident in event.texts]


async def keep(connection: AsyncConnection, rows: list[dict[str, Any]]) -> None:
    if rows:
        await connection.execute(insert(_TABLE), rows)


async def erase(connection: AsyncConnection, idents: Collection[str]) -> None:
    if idents:
        await connection.execute(delete(_TABLE).where(_TABLE.c.id.in_(idents)))


async def read(connection: AsyncConnection, idents: Collection[str]) -> dict[str, str]:
    """The words of those of the texts that are still kept."""
    if not idents:
        return {}
    found = await connection.execute(select(_TABLE.c.id, _TABLE.c.text).where(_TABLE.c.id.in_(idents)))
    return {row.id: row.text for row in found}


async def forget(engine: AsyncEngine) -> bool:
    """Empties SQLite's write-ahead log, where what was erased would otherwise stand until it is written over. False when somebody
    was reading: ask again later. Other databases clean up by themselves (``docs/security.md``)."""
    if engine.dialect.name != "sqlite":
        return True
    async with engine.connect() as connection:
        # Past SQLAlchemy's own transaction: a checkpoint cannot run in one.
        driver: Any = (await connection.get_raw_connection()).driver_connection
        await driver.execute(f"PRAGMA busy_timeout={_WAIT_MS}")
        try:
            cursor = await driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            busy, _, _ = await cursor.fetchone()
            await cursor.close()
        finally:
            await driver.execute(f"PRAGMA busy_timeout={_AS_BEFORE}")
    return not busy
