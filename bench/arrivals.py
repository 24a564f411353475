"""Arrivals through HTTP until they are on the disk (``synchronous=FULL``), for one client and for eight at once."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from rich.console import Console

from bench.figures import Figure, centile, show
from bench.realm import arrival, installation
from bench.wire import door, floor, server, sign_in

EARLIER_RATE, EARLIER_MS = 66.0, 14.6  # an earlier program on a like machine
ALONE, TOGETHER, CLIENTS = 100, 240, 8


def run(console: Console) -> None:
    with TemporaryDirectory(prefix="caravan-bench-") as name:
        folder = Path(name)
        installation(folder / "realm")
        with server(folder / "realm") as program:
            alone, together = asyncio.run(_measure(program.port))
        with floor() as bare:
            own, own_together = asyncio.run(_measure(bare.port, signed=False))
        disk = _raw_commits(folder)
    show(console, "1. Llegadas por HTTP hasta quedar en disco", [
        Figure("1 cliente, mediana", centile(alone[0], 50), "ms", "programa anterior", EARLIER_MS),
        Figure("1 cliente, p95", centile(alone[0], 95), "ms", "programa anterior (mediana)", EARLIER_MS),
        Figure("1 cliente", alone[1], "/s", "sqlite3 a secas, un renglón por commit", 1000 / disk, more_is_better=True),
        Figure("1 cliente, mediana", centile(alone[0], 50), "ms", "sqlite3 a secas, un renglón por commit", disk),
        Figure(f"{CLIENTS} clientes", together[1], "/s", "programa anterior", EARLIER_RATE, more_is_better=True),
        Figure(f"{CLIENTS} clientes", together[1], "/s", "sqlite3 a secas, un renglón por commit", 1000 / disk, more_is_better=True),
        Figure(f"{CLIENTS} clientes, mediana", centile(together[0], 50), "ms", f"programa anterior, {CLIENTS} en fila", CLIENTS * EARLIER_MS),
        Figure(f"{CLIENTS} clientes, p95", centile(together[0], 95), "ms", f"programa anterior, {CLIENTS} en fila", CLIENTS * EARLIER_MS),
        Figure("1 cliente, mediana", centile(alone[0], 50), "ms", "servidor vacío (lo que cuesta el cliente)", centile(own[0], 50)),
        Figure(f"{CLIENTS} clientes", together[1], "/s", "servidor vacío", own_together[1], more_is_better=True),
    ])  # fmt: skip


Taken = tuple[list[float], float]
"""Milliseconds of each arrival, and arrivals a second."""


async def _measure(port: int, signed: bool = True) -> tuple[Taken, Taken]:
    cookie = (await sign_in(port, "SDH"))[0] if signed else ""
    await _arrive(port, cookie, 1, 20)
    return await _arrive(port, cookie, 1, ALONE), await _arrive(port, cookie, CLIENTS, TOGETHER)


async def _arrive(port: int, cookie: str, clients: int, total: int) -> Taken:
    async def client(number: int) -> list[float]:
        took: list[float] = []
        async with door(port, cookie) as mine:
            for n in range(number, total, clients):
                began = time.perf_counter()
                await mine.ask("POST", "/api/v1/arrivals", arrival(n), key=f"{clients}-{total}-{n}")
                took.append((time.perf_counter() - began) * 1000)
        return took

    began = time.perf_counter()
    took = await asyncio.gather(*(client(n) for n in range(clients)))
    return [ms for one in took for ms in one], total / (time.perf_counter() - began)


def _raw_commits(folder: Path) -> float:
    """Median milliseconds of one INSERT and its COMMIT by SQLite alone, in the same folder and with the same settings."""
    took: list[float] = []
    fact = msgspec.json.encode(arrival(0)).decode()
    connection = sqlite3.connect(folder / "raw.sqlite3", isolation_level=None)
    try:
        connection.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE journal (seq INTEGER PRIMARY KEY, fact TEXT)"
        )
        for _ in range(200):
            began = time.perf_counter()
            connection.execute("INSERT INTO journal (fact) VALUES (?)", (fact,))
            took.append((time.perf_counter() - began) * 1000)
    finally:
        connection.close()
    return centile(took, 50)
