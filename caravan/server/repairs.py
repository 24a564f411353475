"""Makes plans again that were upset, beside the turn, as soon as something upsets them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence

from caravan.events import Event
from caravan.picture import Picture
from caravan.server.desk import Desk

_LOG = logging.getLogger("caravan")
# What happens in one moment is mended together.
_SETTLE_SECONDS = 0.25


class Repairs:
    """Listens to a desk. Several processes may: the first to offer its plans wins, the others find nothing left to mend."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._upset = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closing = False

    async def open(self) -> None:
        self._desk.hearers.append(self.hear)
        self.hear(self._desk.picture, ())
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        # A search in a thread ends at its next step; it could not be cut off.
        self._closing = True
        self._desk.hearers.remove(self.hear)
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def hear(self, picture: Picture, _happened: Sequence[Event]) -> None:
        if len(picture.upset):
            self._upset.set()

    async def _run(self) -> None:
        while True:
            await self._upset.wait()
            await asyncio.sleep(_SETTLE_SECONDS)
            self._upset.clear()
            try:
                await self._desk.repair(lambda _progress: not self._closing)
            except Exception:
                # What is upset stays so in the picture: the next fact tries again, and a person may plan by hand.
                _LOG.exception("plans that were upset could not be made again")
