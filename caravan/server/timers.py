"""The ticker: lets what is due happen, and hears what other processes wrote. All that is known of deadlines is the picture."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from caravan.server.desk import Desk

TICK_SECONDS = 0.25
WATCH_SECONDS = 0.1


class Timers:
    """Runs beside the web. A missed tick is made up by the next: due times are in the picture, so a restart loses none."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        # A tick skipped on a busy machine is made up by the next: no news for whoever reads the screen.
        logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)
        self._seen: int | None = None
        self._watch: AsyncConnection | None = None
        self._busy = asyncio.Lock()
        self._closing = False

    async def open(self) -> None:
        self._every(TICK_SECONDS, self._tick)
        if self._desk.engine.dialect.name == "sqlite":
            self._watch = await self._desk.engine.connect()
            await self._watch.execution_options(isolation_level="AUTOCOMMIT", caravan_begin="DEFERRED")
            self._every(WATCH_SECONDS, self._look)
        self._scheduler.start()

    def _every(self, seconds: float, job: Callable[[], Awaitable[None]]) -> None:
        """One at a time; ticks that were missed are made up by one."""
        self._scheduler.add_job(  # pyright: ignore[reportUnknownMemberType]  # APScheduler 3 comes without types
            job, "interval", seconds=seconds, max_instances=1, coalesce=True, misfire_grace_time=None
        )

    async def close(self) -> None:
        """Lets what is under way end: the scheduler itself would cut it off in the middle of a query."""
        self._closing = True
        self._scheduler.pause()
        async with self._busy:
            await asyncio.sleep(0)  # one that was about to begin sees that it is too late
            self._scheduler.shutdown(wait=False)
        if self._watch is not None:
            await self._watch.close()

    async def _tick(self) -> None:
        if not self._closing:
            async with self._busy:
                await self._desk.tick()

    async def _look(self) -> None:
        """SQLite tells each connection whether any other has committed since (``data_version``)."""
        if self._closing or self._watch is None:
            return
        async with self._busy:
            version = (await self._watch.execute(text("PRAGMA data_version"))).scalar_one()
            await self._watch.rollback()
            if version != self._seen:
                self._seen = version
                await self._desk.catch_up()
