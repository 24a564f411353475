"""Running the web server over a desk, and stopping it cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import uvicorn
from litestar import Litestar

from caravan.server.settings import Settings

_T = TypeVar("_T")
# Whoever still holds a line open after this is cut off.
_GRACE_SECONDS = 2


def listen(settings: Settings) -> socket.socket:
    """Takes the port before any work is done. Raises ``OSError`` where somebody else has it."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # Named as TCP, so that asyncio sends small answers at once instead of waiting to fill a packet.
    taken = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((settings.host, settings.port))
    except OSError:
        taken.close()
        raise
    return taken


def run(work: Coroutine[Any, Any, _T]) -> _T:
    """Runs to the end on the fastest loop there is: uvicorn's own choice."""
    with asyncio.Runner(loop_factory=uvicorn.Config("").get_loop_factory()) as runner:
        return runner.run(work)


async def serve(door: socket.socket, app: Litestar, beside: Callable[[], Awaitable[None]] | None = None) -> None:
    """Serves at a port taken with ``listen`` until told to stop. ``beside`` runs in the same loop once the server answers, and
    ends with it."""
    server = _Server(uvicorn.Config(app, **_OPTIONS), farewell=app.state.hub.end)
    running = asyncio.create_task(server.serve(sockets=[door]))
    companion: asyncio.Task[None] | None = None
    try:
        await server.answering(running)
        if beside is not None:
            companion = asyncio.ensure_future(_run(beside))
            companion.add_done_callback(lambda task: server.stop_for(task))
        await running
    finally:
        if companion is not None:
            companion.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await companion


async def _run(beside: Callable[[], Awaitable[None]]) -> None:
    await beside()


_OPTIONS: dict[str, Any] = {
    "log_level": "warning",
    "access_log": False,
    "timeout_graceful_shutdown": _GRACE_SECONDS,
    "server_header": False,
}


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, farewell: Callable[[], None]) -> None:
        super().__init__(config)
        self._farewell = farewell

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Streams are told first: the server waits for them, and they for it."""
        self._farewell()
        await super().shutdown(sockets)

    async def answering(self, running: asyncio.Task[None]) -> None:
        while not self.started and not running.done():  # noqa: ASYNC110  # uvicorn tells it by a flag only
            await asyncio.sleep(0.02)

    def stop_for(self, task: asyncio.Task[None]) -> None:
        """A drill that broke must not leave a server standing as if nothing had happened."""
        if not task.cancelled() and task.exception() is not None:
            self.should_exit = True
