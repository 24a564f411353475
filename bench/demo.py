"""From the command to the demo's first page; and, when asked, from a folder without an environment."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from bench.figures import Figure, centile, show
from bench.night import played
from bench.wire import free_port, running
from caravan.server.settings import PACKAGE

_TIMES = 3
_LEFT_BEHIND = shutil.ignore_patterns(
    ".venv", ".git", ".demo", ".*cache*", ".hypothesis", "__pycache__", "dist", "build"
)


def run(console: Console) -> None:
    took: list[float] = []
    imported: list[float] = []
    with TemporaryDirectory(prefix="caravan-bench-") as name:
        for n in range(_TIMES):  # in turns, so that a busy moment falls on both
            imported.append(_seconds(sys.executable, "-c", "import caravan.cli"))
            took.append(_started(Path(name) / str(n)))
    began = time.perf_counter()
    played()
    night = time.perf_counter() - began
    ready, loaded = centile(took, 50), centile(imported, 50)
    show(console, "7. De la orden a la demostración lista («caravan demo --speed 0»)", [
        Figure("hasta /health/ready", ready, "s", "solo importar el programa", loaded),
        Figure("hasta /health/ready", ready, "s", "jugar la misma noche sin servidor ni disco", night),
    ])  # fmt: skip


def _started(folder: Path) -> float:
    port = free_port()
    words = (sys.executable, "-m", "caravan", "demo", "--speed", "0", "--port", str(port), "--data", str(folder))
    with running(*words, port=port) as program:
        return program.seconds


def _seconds(*words: str) -> float:
    began = time.perf_counter()
    subprocess.run(words, check=True)
    return time.perf_counter() - began


def from_nothing(console: Console) -> None:
    """A copy of the checkout without its environment, and ``make run`` in it: the only benchmark that uses the network."""
    with TemporaryDirectory(prefix="caravan-bench-") as name:
        folder, port = Path(name) / "copy", free_port()
        shutil.copytree(PACKAGE.parent, folder, ignore=_LEFT_BEHIND)
        words = ("make", "run", f"PORT={port}", "SPEED=0", f"PYTHON={sys.executable}")
        with running(*words, port=port, folder=folder, patience=900) as program:
            nothing = program.seconds
        ready = _started(Path(name) / "warm")
    show(console, "7b. De una carpeta sin entorno a la demostración lista («make run SPEED=0»)", [
        Figure("hasta /health/ready", nothing, "s", "con el entorno hecho", ready),
    ])  # fmt: skip
