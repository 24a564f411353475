"""One chart in three languages: regions side by side, each a ring of steps, some of them with two steps inside.

Hierarchy and parallel regions are what all three engines can express; there are no deadlines, no history and no guards.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from statemachine.io import load
from transitions.extensions import HierarchicalMachine

from caravan.basics import Record
from caravan.protocol.model import Protocol, State, atomic, compound, machine, on, parallel, protocol

REGIONS = 5
EVERYONE = "todos"


class Ring(Record, frozen=True):
    """One region: ``steps`` are its children, in order, each with the steps inside it; ``stops`` where one can stand."""

    name: str
    steps: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def event(self) -> str:
        return f"avanza_{self.name}"

    @property
    def stops(self) -> tuple[tuple[str, ...], ...]:
        return tuple(way for name, inner in self.steps for way in ([(name, each) for each in inner] or [(name,)]))

    def next_of(self, stop: tuple[str, ...]) -> tuple[str, ...]:
        stops = self.stops
        return stops[(stops.index(stop) + 1) % len(stops)]


def rings(states: int, regions: int = REGIONS) -> tuple[Ring, ...]:
    """So many states in all: the parallel, its regions, and in each region steps of which every third has two inside."""
    return tuple(_ring(f"r{number}", (states - 1) // regions - 1) for number in range(regions))


def _ring(name: str, states: int) -> Ring:
    steps: list[tuple[str, tuple[str, ...]]] = []
    while states > 0:
        step = f"{name}s{len(steps)}"
        inner = (f"{step}a", f"{step}b") if len(steps) % 3 == 1 and states >= 3 else ()
        steps.append((step, inner))
        states -= 1 + len(inner)
    return Ring(name, tuple(steps))


def events(of: Iterable[Ring]) -> list[str]:
    """What every engine is sent: each region's own event in turn, and now and then one that all of them hear."""
    return [*(ring.event for ring in of), EVERYONE]


# -- in the three languages


def ours(of: Iterable[Ring]) -> Protocol:
    def moves(ring: Ring, stop: tuple[str, ...]) -> State:
        return atomic(stop[-1], on(f"{ring.event} {EVERYONE}", ring.next_of(stop)[-1]))

    def step(ring: Ring, name: str, inner: tuple[str, ...]) -> State:
        return compound(name, *(moves(ring, (name, each)) for each in inner)) if inner else moves(ring, (name,))

    regions = [compound(ring.name, *(step(ring, *each) for each in ring.steps)) for ring in of]
    return protocol(machine("m", parallel("p", *regions)))


def scxml(of: Iterable[Ring]) -> str:
    def moves(ring: Ring, stop: tuple[str, ...]) -> str:
        then = ring.next_of(stop)[-1]
        return f'<state id="{stop[-1]}"><transition event="{ring.event} {EVERYONE}" target="{then}"/></state>'

    def step(ring: Ring, name: str, inner: tuple[str, ...]) -> str:
        if not inner:
            return moves(ring, (name,))
        return f'<state id="{name}">{"".join(moves(ring, (name, each)) for each in inner)}</state>'

    regions = "".join(
        f'<state id="{ring.name}">{"".join(step(ring, *each) for each in ring.steps)}</state>' for ring in of
    )
    return (
        f'<scxml xmlns="http://www.w3.org/2005/07/scxml" version="1.0">\n<parallel id="p">{regions}</parallel></scxml>'
    )


class Running(NamedTuple):
    """One copy in another engine: how it is sent an event, and the names of the states where it stands."""

    send: Callable[[str], object]
    where: Callable[[], set[str]]


def statemachine(of: Iterable[Ring]) -> Callable[[], Running]:
    """Makes copies of the chart in ``python-statemachine``; the chart itself is read once."""
    chart: Any = load(scxml(of), format="scxml")

    def copy() -> Running:
        running = chart()
        return Running(running.send, lambda: {str(each) for each in running.configuration_values})

    return copy


class _Model:
    state: Any = None


def transitions(of: Iterable[Ring]) -> Callable[[], Running]:
    """The same of ``transitions``: one machine, a model for each copy."""
    logging.getLogger("transitions").setLevel(logging.ERROR)
    regions: list[Any] = []
    moves: list[list[str]] = []
    for ring in of:
        children: list[Any] = [
            {"name": name, "initial": inner[0], "children": list(inner)} if inner else name
            for name, inner in ring.steps
        ]
        regions.append({"name": ring.name, "initial": ring.steps[0][0], "children": children})
        for stop in ring.stops:
            here, then = ("_".join(("p", ring.name, *way)) for way in (stop, ring.next_of(stop)))
            moves += [[event, here, then] for event in (ring.event, EVERYONE)]
    chart: Any = HierarchicalMachine(
        model=None,
        states=[{"name": "p", "parallel": regions}],
        transitions=moves,
        initial="p",
        auto_transitions=False,
    )

    def copy() -> Running:
        model: Any = _Model()
        chart.add_model(model)
        return Running(model.trigger, lambda: {part for path in _flat(model.state) for part in path.split("_")})

    return copy


def _flat(state: Any) -> list[str]:
    return [state] if isinstance(state, str) else [path for each in state for path in _flat(each)]
