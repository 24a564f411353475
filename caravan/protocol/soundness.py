"""Whether a machine can run at all: every name it refers to exists, and no choice of targets leads to an illegal set of
states. What this lets through, the engine runs without a ``KeyError`` or an endless descent.

A file is refused with line and column before it comes here; models made in code have only this.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import combinations
from typing import Any
from zoneinfo import ZoneInfo

from caravan.protocol.definition import (
    TERM_ARGUMENTS,
    Action,
    Duration,
    Machine,
    Protocol,
    State,
    Transition,
)
from caravan.protocol.expressions import ExpressionError, nearest, parse, services

MAX_NESTING = 200
_YEAR = 366


class ModelError(ValueError):
    """A model made in code that cannot run. ``problems`` are all that is wrong with it, one Spanish sentence each."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


def faults(protocol: Protocol, machine: Machine) -> tuple[str, ...]:
    """All that keeps a machine from running, in the order of its states; empty for a sound one."""
    return tuple(f"máquina «{machine.id}»: {problem}" for problem in _Survey(protocol, machine).problems())


class _Survey:
    def __init__(self, protocol: Protocol, machine: Machine) -> None:
        self.protocol = protocol
        self.machine = machine
        self.states: dict[str, State] = {}
        self.above: dict[str, tuple[str, ...]] = {}
        """Of each state, those around it from the inside out, without the machine itself."""

    def problems(self) -> Iterator[str]:
        yield from self._calendar()
        known = list(self._names())
        yield from known
        if known:
            return
        machine = self.machine
        yield from self._targets("la máquina", "", machine.initial, "inicial")
        yield from self._actions("la máquina", machine.on_initial)
        for state in self.states.values():
            yield from self._state(state)
        yield from self._circles()

    def _calendar(self) -> Iterator[str]:
        calendar, start = self.protocol.calendar, date(2024, 1, 1)
        if not any(calendar.counts(start + timedelta(days=day)) for day in range(_YEAR)):
            yield f"el calendario «{calendar.id}» no cuenta ningún día"
        try:
            ZoneInfo(self.protocol.timezone)
        except (KeyError, ValueError, OSError):
            yield f"zona horaria desconocida «{self.protocol.timezone}»"

    # -- names

    def _names(self) -> Iterator[str]:
        """Fills ``states`` and ``above``; without them nothing else can be asked."""
        if not any(state.kind != "history" for state in self.machine.states):
            yield "no lleva ningún estado"
        rest: list[tuple[State, tuple[str, ...]]] = [(state, ()) for state in reversed(self.machine.states)]
        while rest:
            state, above = rest.pop()
            if not state.id:
                yield "un estado no tiene nombre"
            elif state.id in self.states:
                yield f"nombre repetido «{state.id}»"
            elif len(above) > MAX_NESTING:
                yield f"estado «{state.id}»: más de {MAX_NESTING} niveles"
            else:
                self.states[state.id] = state
                self.above[state.id] = above
                rest += [(child, (state.id, *above)) for child in reversed(state.children)]

    # -- states

    def _state(self, state: State) -> Iterator[str]:
        where = f"estado «{state.id}»"
        yield from self._kind(state, where)
        yield from self._targets(where, state.id, state.initial, "inicial")
        for actions in (state.on_initial, state.on_entry, state.on_exit, state.on_resume):
            yield from self._actions(where, actions)
        for transition in state.transitions:
            yield from self._transition(state, transition, where)
        if deadline := state.deadline:
            yield from self._duration(deadline.lasts, where)
            if (before := deadline.warn_before) is not None:
                yield from self._duration(before, where, absolute=True)
        if state.ladder:
            yield from self._duration(state.ladder.every, where)

    def _kind(self, state: State, where: str) -> Iterator[str]:
        inner = [child for child in state.children if child.kind != "history"]
        if state.kind in ("compound", "parallel") and not inner:
            yield f"{where}: no lleva ningún estado adentro"
        if state.kind not in ("compound", "parallel") and state.children:
            yield f"{where}: no puede llevar estados adentro"
        if state.kind != "compound" and state.initial:
            yield f"{where}: «inicial» pide un estado compuesto"
        if state.kind == "history" and not self.above[state.id]:
            yield f"{where}: una historia va dentro de un estado"

    def _transition(self, state: State, transition: Transition, where: str) -> Iterator[str]:
        if state.kind == "history":
            yield from self._default(state, transition, where)
        else:
            yield from self._targets(where, "", transition.targets, "destino")
        if transition.guard is not None:
            yield from self._expression(transition.guard, where)
        yield from self._actions(where, transition.actions)
        delay = transition.delay
        if isinstance(delay, Duration):
            yield from self._duration(delay, where)
        elif delay is not None:
            yield from self._service(delay.service, where)

    def _default(self, pseudo: State, transition: Transition, where: str) -> Iterator[str]:
        parent = self.above[pseudo.id][:1]
        if not transition.automatic or transition.guard is not None or not transition.targets:
            yield f"{where}: la transición de una historia solo lleva destinos y efectos"
        if len(pseudo.transitions) > 1:
            yield f"{where}: una historia lleva una sola transición"
        yield from self._targets(where, parent[0] if parent else "", transition.targets, "destino")

    def _targets(self, where: str, inside: str, targets: Iterable[str], word: str) -> Iterator[str]:
        known = [target for target in targets if target in self.states]
        for target in targets:
            if target not in self.states:
                yield f"{where}: {word} desconocido «{target}»{nearest(target, self.states)}"
            elif inside and inside not in self.above[target]:
                yield f"{where}: {word} «{target}» no está dentro de «{inside}»"
        for one, other in combinations(known, 2):
            if not self._apart(one, other):
                yield f"{where}: «{one}» y «{other}» no están en regiones distintas"

    def _apart(self, one: str, other: str) -> bool:
        """Whether two targets can be entered at once: the innermost state around both is a parallel one."""
        lines = [self._covered(one), self._covered(other)]
        meet = next((each for each in lines[0] if each in lines[1]), None)
        return meet is not None and self.states[meet].kind == "parallel" and meet not in (lines[0][0], lines[1][0])

    def _covered(self, target: str) -> tuple[str, ...]:
        """The line from the outermost state a target decides upon: a history of a parallel decides on all of it."""
        above = self.above[target]
        if self.states[target].kind == "history" and above and self.states[above[0]].kind == "parallel":
            return above
        return (target, *above)

    def _circles(self) -> Iterator[str]:
        """Histories whose defaults lead back to themselves."""
        leads = {state.id: self._stands_for(state) for state in self.states.values() if state.kind == "history"}
        for begin, targets in leads.items():
            rest, seen = list(targets), set[str]()
            while rest:
                here = rest.pop()
                if here in leads and here not in seen:
                    seen.add(here)
                    rest += leads[here]
            if begin in seen:
                yield f"estado «{begin}»: una historia no puede remitirse a sí misma"

    def _stands_for(self, pseudo: State) -> tuple[str, ...]:
        if pseudo.transitions:
            return pseudo.transitions[0].targets
        parent = self.states[self.above[pseudo.id][0]] if self.above[pseudo.id] else None
        return parent.initial if parent else ()

    # -- what is written in them

    def _actions(self, where: str, actions: Iterable[Action]) -> Iterator[str]:
        for action in actions:
            inside = f"{where}: {action.kind}"
            needed = {"emitir": ("evento",), "cancelar": ("evento", "id")}.get(action.kind, ())
            if needed and not any(action.args.get(name) for name in needed):
                yield f"{inside}: falta «{needed[0]}»"
            for name, value in action.args.items():
                if name == TERM_ARGUMENTS.get(action.kind):
                    yield from self._term(value, inside)
                elif isinstance(value, str) and value.startswith("="):
                    yield from self._expression(value[1:], inside)

    def _term(self, value: Any, where: str) -> Iterator[str]:
        try:
            yield from self._duration(Duration.of(value), where)
        except ValueError:
            yield f"{where}: «{value}» no es una duración"

    def _duration(self, lasts: Duration, where: str, *, absolute: bool = False) -> Iterator[str]:
        if not lasts.sensible or (absolute and lasts.unit == "dh"):
            yield f"{where}: «{lasts}» no puede ser aquí una duración"

    def _expression(self, text: str, where: str) -> Iterator[str]:
        try:
            node = parse(text)
        except ExpressionError as error:
            yield f"{where}: «{text}»: {error.message}"
            return
        for asked in services(node):
            yield from self._service(asked.service, where)

    def _service(self, name: str, where: str) -> Iterator[str]:
        if name not in self.protocol.services:
            yield f"{where}: horario desconocido «{name}»{nearest(name, self.protocol.services)}"
