"""Steps of the state's protocol a second: those of the played night and every timer after it, taken again one by one."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import count

import msgspec
import yaml
from rich.console import Console

from bench import rivals
from bench.copies import weight
from bench.figures import Figure, show
from bench.night import Night, played
from caravan.events import ProtocolStepped
from caravan.protocol.load import load
from caravan.protocol.model import Protocol, Snapshot, Trigger
from caravan.protocol.outlook import next_due
from caravan.protocol.step import start, step
from caravan.server.library import packs_beside
from caravan.server.settings import shipped

_SECONDS = 1.0
_TIMERS = 500
_COPIES = 100_000


def run(console: Console) -> None:
    file = shipped("protocols") / "guanajuato.yaml"
    text, packs = file.read_text(encoding="utf-8"), packs_beside(file)
    protocol = load(text, packs)
    night = played()
    lives, snapshots = _lives(protocol, night)
    encode, decode = msgspec.json.Encoder().encode, msgspec.json.Decoder(Snapshot).decode
    steps = _rate(lambda: [take() for take in lives], len(lives))
    written = _rate(lambda: [decode(encode(s)) for s in snapshots], len(snapshots))
    sizes = [len(encode(s)) for s in snapshots]
    largest = max(sizes)
    numbers = count()
    cold = 1000 / _rate(lambda: load(*_never_seen(text, packs, next(numbers))), 1)
    cached = 1000 / _rate(lambda: load(text, packs), 1)
    parsed = 1000 / _rate(lambda: yaml.compose(text, yaml.CSafeLoader), 1)
    show(console, f"4. Protocolo: {len(lives)} pasos de la vida de sus grupos", [
        Figure("pasos", steps, "/s", "la meta", 30_000, more_is_better=True),
        Figure("pasos", steps, "/s", "escribir y leer la instantánea (JSON)", written, more_is_better=True),
        Figure("cargar y revisar guanajuato.yaml, nuevo", cold, "ms", "la meta", 50),
        Figure("cargar y revisar guanajuato.yaml, nuevo", cold, "ms", "solo leer el YAML (PyYAML)", parsed),
        Figure("cargarlo otra vez", cached * 1000, "µs", "la meta", 5000),
        Figure("instantánea, la mayor", largest / 1000, "KB", "la meta", 1),
        Figure("instantánea, media", sum(sizes) / len(sizes) / 1000, "KB", "la meta", 1),
        Figure(f"{_COPIES:,} copias en memoria", weight("guanajuato", _COPIES) * _COPIES / 1e6, "MB", "la meta", 150),
    ])  # fmt: skip
    rivals.run(console)


def _never_seen(text: str, packs: dict[str, str], number: int) -> tuple[str, dict[str, str]]:
    """The same file and packs with another comment at the end: nothing remembered helps to load them."""
    return f"{text}\n# {number}\n", {key: f"{pack}\n# {number}\n" for key, pack in packs.items()}


def _lives(protocol: Protocol, night: Night) -> tuple[list[Callable[[], object]], list[Snapshot]]:
    """Each step ready to be taken again, and the snapshots they left."""
    takes: list[Callable[[], object]] = []
    now: dict[str, ProtocolStepped] = {}
    snapshots: list[Snapshot] = []
    for event, at in night.facts:
        if not isinstance(event, ProtocolStepped):
            continue
        before = now.get(event.instance)
        if before is None:
            takes.append(lambda e=event, at=at: start(protocol, e.snapshot.machine, e.read, at))
        else:
            takes.append(lambda b=before.snapshot, e=event, at=at: step(protocol, b, e.trigger, e.read, at))
        now[event.instance] = event
        snapshots.append(event.snapshot)
    for last in now.values():
        snapshot = last.snapshot
        while (due := next_due(snapshot)) is not None and len(takes) < _TIMERS:
            trigger = Trigger(kind="timer", timer=next(t for t in snapshot.timers if t.due == due))
            takes.append(lambda s=snapshot, t=trigger, r=last.read, at=due: step(protocol, s, t, r, at))
            snapshot = step(protocol, snapshot, trigger, last.read, due).snapshot
            snapshots.append(snapshot)
    return takes, snapshots


def _rate(work: Callable[[], object], pieces: int) -> float:
    """Pieces a second of processor, over about a second of it."""
    work()
    began, rounds = time.process_time(), 0
    while (spent := time.process_time() - began) < _SECONDS:
        work()
        rounds += 1
    return pieces * rounds / spent
