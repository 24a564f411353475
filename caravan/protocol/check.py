"""What a protocol that loads may still have wrong: dead ends, steps nobody owns, notices that tell too much.

Reading is by graph, not by running: a guard is taken to be possible. So a finding is certain, silence is not proof.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from caravan.protocol.checks.audiences import audiences
from caravan.protocol.checks.cycles import answers, cycles
from caravan.protocol.checks.machine import Checked, Finding
from caravan.protocol.checks.states import states
from caravan.protocol.checks.transitions import transitions
from caravan.protocol.checks.ways import ways
from caravan.protocol.model import Machine, Protocol, State

__all__ = ["TO_DEFINE", "Finding", "check"]

TO_DEFINE = "POR DEFINIR"
"""What a file that has just been begun says where somebody has to decide."""


def check(protocol: Protocol) -> list[Finding]:
    """All findings: of the file as a whole, then machine by machine in the order of the file."""
    found = [*_words(protocol), *_undecided(protocol), *_spawning(protocol)]
    machines = [Checked(protocol, machine) for machine in protocol.machines.values()]
    for checked in machines:
        ways(checked)
        transitions(checked)
        cycles(checked)
        states(checked)
        audiences(checked)
    answers(machines)
    return [*found, *(one for checked in machines for one in checked.found)]


def note(code: str, message: str, line: int | None = None) -> Finding:
    return Finding(code=code, state="", message=message, line=line or None)


def _words(protocol: Protocol) -> Iterator[Finding]:
    if not protocol.title.get("es"):
        yield note("no_label", "el título no está en español")
    for service in protocol.services.values():
        if not service.label.get("es"):
            yield note("no_label", f"el horario «{service.id}» no tiene etiqueta en español", service.line)


def _undecided(protocol: Protocol) -> Iterator[Finding]:
    said: list[tuple[str, Iterable[str]]] = [
        ("el título", protocol.title.values()),
        ("la procedencia", (protocol.provenance,)),
        *((f"el nombre de la agencia «{agency.id}»", (agency.name,)) for agency in protocol.agencies.values()),
        *((f"el horario «{service.id}»", service.label.values()) for service in protocol.services.values()),
        *((f"el cierre del {day.isoformat()}", (act,)) for day, act in protocol.calendar.closures.items()),
    ]
    for what, words in said:
        if any(TO_DEFINE in word for word in words):
            yield note("to_define", f"falta decidir {what}")
    for machine in protocol.machines.values():
        for state in _all(machine.states):
            if any(TO_DEFINE in word for word in (*state.label.values(), *state.provenance.values())):
                message = f"estado «{state.id}»: falta decidir sus palabras"
                yield Finding(
                    code="to_define", state=state.id, message=message, line=state.line or None, file=state.file
                )


def _all(states: Iterable[State]) -> Iterator[State]:
    for state in states:
        yield state
        yield from _all(state.children)


def _spawning(protocol: Protocol) -> Iterator[Finding]:
    """Machines whose beginning opens cases that, as they begin, open cases of the first one again."""
    opened = {name: _opened(protocol, machine) for name, machine in protocol.machines.items()}
    for name, first in opened.items():
        seen: set[str] = set()
        waiting = list(first)
        while waiting:
            at = waiting.pop()
            if at not in seen:
                seen.add(at)
                waiting += opened.get(at, ())
        if name in seen:
            line = protocol.machines[name].line
            yield note("automatic_cycle", f"la máquina «{name}» abre al empezar otra copia de sí misma, sin fin", line)


def _opened(protocol: Protocol, machine: Machine) -> list[str]:
    checked = Checked(protocol, machine)
    begun = 0
    for first in checked.root.initial:
        begun |= checked.landing(first)
    return [
        str(act.action.args["maquina"])
        for node in checked.chart.members(begun)
        for act in node.entry
        if act.action.kind == "abrir_caso" and "maquina" in act.action.args
    ]
