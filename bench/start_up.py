"""From the command until the server is ready, with a journal of 100,000 facts."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from bench.figures import Figure, show
from bench.realm import installation
from bench.wire import server
from caravan.events import decode

_GROUPS = 10_000  # ten facts each


def run(console: Console) -> None:
    with TemporaryDirectory(prefix="caravan-bench-") as name:
        full, empty = Path(name) / "full", Path(name) / "empty"
        facts = installation(full, groups=_GROUPS)
        installation(empty)
        with server(empty) as program:
            bare_seconds, bare_memory = program.seconds, program.memory()
        with server(full) as program:
            seconds, memory = program.seconds, program.memory()
        read = _read(full)
        size = sum(file.stat().st_size for file in full.iterdir()) / 1_000_000
    show(console, f"6. Arranque con {facts:,} hechos ({size:,.0f} MB en disco)", [
        Figure("hasta estar listo", seconds, "s", "sin ningún grupo", bare_seconds),
        Figure("lo que añaden los hechos", seconds - bare_seconds, "s", "solo leerlos y descifrarlos", read),
        Figure("hechos", facts / (seconds - bare_seconds), "/s", "solo leerlos y descifrarlos", facts / read, more_is_better=True),
        Figure("memoria", memory, "MB", "sin ningún grupo", bare_memory),
    ])  # fmt: skip


def _read(folder: Path) -> float:
    """Seconds to read every fact with SQLite alone and to make events of them."""
    began = time.perf_counter()
    connection = sqlite3.connect(folder / "caravan.sqlite3")
    try:
        for (fact,) in connection.execute("SELECT fact FROM journal ORDER BY seq"):
            decode(fact)
    finally:
        connection.close()
    return time.perf_counter() - began
