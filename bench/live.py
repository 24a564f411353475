"""From the POST of a capacity change until every listener has the frame: 1, 100 and 1,000 listeners of nine shares."""

from __future__ import annotations

import asyncio
import resource
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from bench.figures import Figure, centile, show
from bench.realm import installation
from bench.wire import HOST, Door, door, floor, request, server, sign_in

LIMIT_MS = 1000.0  # a change is on the screen within a second
CHANGES = {1: 40, 100: 20, 1_000: 10}  # listeners → changes
HOUSE = "galilea"
_FILES = 8_192
_MARK = b"event: delta"


def run(console: Console) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, _FILES)), hard))
    figures: list[Figure] = []
    with TemporaryDirectory(prefix="caravan-bench-") as name, floor() as bare:
        installation(Path(name) / "realm", groups=100)
        with server(Path(name) / "realm") as program:
            for listeners, changes in CHANGES.items():
                took = asyncio.run(_measure(program.port, listeners, changes))
                own = asyncio.run(_measure(bare.port, listeners, changes, signed=False))
                what, pooled = f"{listeners:,} pantalla{'s' * (listeners > 1)}", [ms for one in took for ms in one]
                bare_last = centile([max(one) for one in own], 50)
                figures += [
                    Figure(f"{what}, mediana", centile(pooled, 50), "ms", "lo pedido", LIMIT_MS),
                    Figure(f"{what}, p99", centile(pooled, 99), "ms", "lo pedido", LIMIT_MS),
                    Figure(f"{what}, la última, de {changes} cambios el peor", max(pooled), "ms", "lo pedido", LIMIT_MS),
                    Figure(f"{what}, la última", centile([max(one) for one in took], 50), "ms", "servidor vacío, la última", bare_last),
                ]  # fmt: skip
    show(
        console,
        "3. De un cambio de cupo a las pantallas",
        figures,
        "Desde antes de enviar el POST; nueve vistas distintas.",
    )


class _Board:
    """When each screen saw the change under way."""

    def __init__(self, screens: int) -> None:
        self._screens = screens
        self._seen: list[float] = []
        self._all = asyncio.Event()

    def note(self) -> None:
        self._seen.append(time.perf_counter())
        if len(self._seen) == self._screens:
            self._all.set()

    async def whole(self, began: float) -> list[float]:
        """Waits for the last screen; milliseconds since ``began``. The board is clean again."""
        async with asyncio.timeout(30):
            await self._all.wait()
        took = [(at - began) * 1000 for at in self._seen]
        self._seen = []
        self._all.clear()
        return took


class _Screen(asyncio.Protocol):
    """A listener: raw, so that a thousand of them cost the client little."""

    def __init__(self, board: _Board) -> None:
        self._board = board
        self._tail = b""
        self.open = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        text = self._tail + data
        self.open.set()
        for _ in range(text.count(_MARK)):
            self._board.note()
        self._tail = text[1 - len(_MARK) :]


async def _measure(port: int, listeners: int, changes: int, signed: bool = True) -> list[list[float]]:
    """For each change, the milliseconds until each listener had it."""
    cookies = await sign_in(port) if signed else [""]
    board = _Board(listeners)
    screens = [await _watch(port, cookies[n % len(cookies)], board) for n in range(listeners)]
    try:
        async with door(port, cookies[0]) as office:
            return [await _change(office, board, n) for n in range(changes)]
    finally:
        for screen in screens:
            screen.abort()


async def _watch(port: int, cookie: str, board: _Board) -> asyncio.Transport:
    transport, screen = await asyncio.get_running_loop().create_connection(lambda: _Screen(board), HOST, port)
    transport.write(request("GET", "/live", cookie))
    await screen.open.wait()
    return transport


async def _change(office: Door, board: _Board, number: int) -> list[float]:
    began = time.perf_counter()
    await office.ask("POST", f"/api/v1/shelters/{HOUSE}/occupancy", {"available": {"mix": 20 + number}})
    took = await board.whole(began)
    await asyncio.sleep(0.05)  # the next one finds a quiet machine, as in life
    return took
