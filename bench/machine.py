"""What the figures were measured on: without it they mean nothing."""

from __future__ import annotations

import os
import platform
import sqlite3
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

LIBRARIES = (
    "litestar",
    "uvicorn",
    "uvloop",
    "httptools",
    "sqlalchemy",
    "aiosqlite",
    "msgspec",
    "rpds-py",
    "folium",
    "highspy",
)


def describe(console: Console) -> None:
    table = Table(title="La máquina", title_justify="left", title_style="bold", show_header=False)
    load = ", ".join(f"{n:.2f}" for n in os.getloadavg())
    for what, found in (
        ("procesador", f"{_first('/proc/cpuinfo', 'model name')}, {os.cpu_count()} núcleos"),
        ("memoria", _first("/proc/meminfo", "MemTotal")),
        ("carga antes de empezar (1, 5, 15 min)", load),
        ("sistema", platform.platform()),
        ("Python", platform.python_version()),
        ("SQLite", sqlite3.sqlite_version),
        ("bibliotecas", ", ".join(f"{name} {version(name)}" for name in LIBRARIES)),
    ):
        table.add_row(what, found)
    console.print(table)


def _first(path: str, key: str) -> str:
    """The first value of ``key`` in one of the kernel's ``key: value`` files; the platform's own word elsewhere."""
    file = Path(path)
    lines = file.read_text().splitlines() if file.is_file() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(key)), platform.processor() or "?")
