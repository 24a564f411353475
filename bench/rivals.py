"""The engine beside two others, in one run: the same chart, the same events, checked to end in the same states."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import cycle, islice

from rich.console import Console
from rich.table import Table

from bench.copies import weight
from bench.figures import Figure, show
from bench.rings import Ring, Running, events, ours, rings, statemachine, transitions
from caravan.protocol.model import Trigger
from caravan.protocol.step import start, step

SIZES = (36, 101, 201, 501)
_SECONDS = 0.1
_NOW = datetime(2023, 5, 16, 3, 0, tzinfo=UTC)
_ROUND = 60

RIVALS = {"python-statemachine": ("statemachine", statemachine), "transitions": ("transitions", transitions)}
"""By name of the package: its name in ``bench.copies``, and how a chart is made in it."""

COMPARED = (
    ("jerarquía y regiones paralelas", "sí", "sí", "sí"),
    ("orden y conflictos de SCXML (apéndice D)", "sí", "sí", "no: cada región por su cuenta"),
    ("historia superficial y profunda", "sí", "sí", "no"),
    ("eventos por prefijo; eventos emitidos", "sí", "sí", "no"),
    ("guardas con tipos revisados al cargar", "sí", "no", "no: funciones de Python"),
    ("valores desconocidos (lógica de Kleene)", "sí", "no", "no"),
    (
        "demoras que sobreviven a un reinicio",
        "sí: están en la instantánea",
        "no: en el proceso",
        "no: hilos del proceso",
    ),
    ("plazos que no abandonan el estado, con escala", "sí", "no", "no"),
    ("paso puro; repetición idéntica al byte", "sí", "no: objeto vivo", "no: objeto vivo"),
    ("instantánea con historia y demoras, en JSON", "sí", "no: solo los estados", "no: solo los estados"),
)
"""What each can say, from the two libraries' own documentation: it bounds what can be compared at all."""


class Contest:
    """One chart in the three engines: ``rounds`` sends each the same events once more, ``ends`` is where each then stands.

    Raises ``AssertionError`` if they do not stand in the same states: then there is nothing to compare."""

    def __init__(self, states: int) -> None:
        ring = rings(states)
        self.events = list(islice(cycle(events(ring)), _ROUND))
        self.rounds: dict[str, Callable[[], None]] = {}
        self.ends: dict[str, set[str]] = {}
        self._enter("caravan", _ours(ring))
        for name, (_, engine) in RIVALS.items():
            self._enter(name, engine(ring)())
        if any(end != self.ends["caravan"] for end in self.ends.values()):
            raise AssertionError(f"los motores no terminan en los mismos estados: {self.ends}")

    def _enter(self, name: str, running: Running) -> None:
        def once() -> None:
            for event in self.events:
                running.send(event)

        once()
        self.rounds[name] = once
        self.ends[name] = running.where()

    def cost(self, name: str) -> float:
        """Seconds of processor an event, the best of ten stretches: what else the machine does can only add."""
        best = float("inf")
        for _ in range(10):
            began, rounds = time.process_time(), 0
            while (spent := time.process_time() - began) < _SECONDS:
                self.rounds[name]()
                rounds += 1
            best = min(best, spent / rounds / _ROUND)
        return best


def _ours(ring: tuple[Ring, ...]) -> Running:
    chart = ours(ring)
    triggers = {event: Trigger(kind="event", name=event) for event in events(ring)}
    snapshot = start(chart, "m", {}, _NOW).snapshot

    def send(event: str) -> None:
        nonlocal snapshot
        snapshot = step(chart, snapshot, triggers[event], {}, _NOW).snapshot

    return Running(send, lambda: set(snapshot.active))


def run(console: Console) -> None:
    names = {name: f"{name} {version(name)}" for name in RIVALS}
    figures: list[Figure] = []
    steady: list[Figure] = []
    smallest = 0.0
    for states in SIZES:
        contest = Contest(states)
        mine = contest.cost("caravan") * 1e6
        smallest = smallest or mine
        for name in RIVALS:
            figures.append(Figure(f"un paso, {states} estados", mine, "µs", names[name], contest.cost(name) * 1e6))
        steady.append(Figure(f"un paso, {states} estados", mine, "µs", f"con {SIZES[0]} estados", smallest))
    mine = weight("caravan", 20_000) / 1000
    for name, (short, _) in RIVALS.items():
        figures.append(Figure("una copia en memoria", mine, "KB", names[name], weight(short, 500) / 1000))
    note = "Cinco regiones en anillo con subestados, los mismos eventos; los tres terminan en los mismos estados."
    show(console, "4b. El motor junto a otros dos, con lo que los tres saben decir", [*figures, *steady[1:]], note)
    _show_what_each_can_say(console, names)


def _show_what_each_can_say(console: Console, names: dict[str, str]) -> None:
    table = Table(title="Lo que cada uno sabe decir", title_justify="left", title_style="bold")
    for head in ("qué", "caravan", *names.values()):
        table.add_column(head)
    for row in COMPARED:
        table.add_row(*row)
    console.print(table)
