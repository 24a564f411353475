"""What running copies weigh. A process of its own: it makes so many and says by how many bytes it grew.

``python -m bench.copies WHAT COUNT``, where WHAT is ``guanajuato`` (copies of the group's machine, each a step into its
life), or an engine of ``bench.rings`` on its smallest chart.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.rings import ours, rings, statemachine, transitions
from caravan.protocol.load import load
from caravan.protocol.model import Protocol, Trigger
from caravan.protocol.outlook import possible
from caravan.protocol.step import start, step
from caravan.server.library import packs_beside
from caravan.server.settings import shipped

BEGAN = datetime(2023, 5, 16, 3, 0, tzinfo=UTC)


def weight(what: str, count: int) -> float:
    """Bytes a copy, measured in another process."""
    command = [sys.executable, "-m", "bench.copies", what, str(count)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def guanajuato() -> Protocol:
    file = shipped("protocols") / "guanajuato.yaml"
    return load(file.read_text(encoding="utf-8"), packs_beside(file))


def _groups() -> Callable[[int], object]:
    """Each copy begins at an hour of its own and has heard one of the events it waits for."""
    protocol = guanajuato()
    (machine, *_) = protocol.machine_for("grupo")
    facts = {"grupo": {"personas": 83}, "activacion": {"personas": 83}}
    ready = [
        Trigger(kind="event", name=each.event, payload=dict.fromkeys(each.requires, "x"))
        for each in possible(protocol, start(protocol, machine.id, facts, BEGAN).snapshot)
    ]

    def copy(number: int) -> object:
        now = BEGAN + timedelta(seconds=number)
        begun = start(protocol, machine.id, facts, now).snapshot
        return step(protocol, begun, ready[number % len(ready)], facts, now + timedelta(minutes=5)).snapshot

    return copy


def _made(what: str) -> Callable[[int], object]:
    if what == "guanajuato":
        return _groups()
    ring = rings(36)
    if what == "caravan":
        chart = ours(ring)
        return lambda number: start(chart, "m", {}, BEGAN + timedelta(seconds=number)).snapshot
    copy = {"statemachine": statemachine, "transitions": transitions}[what](ring)
    return lambda _: copy()


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    what, count = sys.argv[1], int(sys.argv[2])
    copy = _made(what)
    kept = [copy(number) for number in range(2)]
    gc.collect()
    before = _resident()
    kept += [copy(number) for number in range(2, count + 2)]
    gc.collect()
    print((_resident() - before) / (len(kept) - 2))


if __name__ == "__main__":
    main()
