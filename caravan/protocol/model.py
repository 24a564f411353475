"""What a protocol is: machines of states and transitions, agencies, levels, and the words for a running copy of it.

The loader makes this model from YAML. Code makes it with ``atomic``, ``compound``, ``parallel``, ``final``,
``history``, ``on``, ``always``, ``after`` and ``machine``: there the meaning is plain SCXML (transitions external,
a state restored by history entered like any other). Guards and ``=`` values are kept as their text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo

from caravan.basics import Record, Scalar
from caravan.protocol.vocabulary import FactType
from caravan.protocol.workdays import add_working_days

Instance = Literal["activacion", "grupo", "caso"]
StateKind = Literal["atomic", "compound", "parallel", "final", "history"]
TimerKind = Literal["deadline", "escalation", "forewarning", "delay"]
Unit = Literal["min", "h", "d", "dh"]

_SECONDS: dict[str, int] = {"min": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(0|[1-9]\d{0,3}) ?(min|h|d|dh)")

TERM_ARGUMENTS = {"tarea": "plazo", "enviar": "tras"}
"""By kind of effect, the argument that is a duration; the effect carries the instant it ends, as ``vence``."""


class Problem(Record, frozen=True):
    """One thing wrong with a file. ``line`` and ``column`` count from 1."""

    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"línea {self.line}, columna {self.column}: {self.message}"


class ProtocolErrors(Exception):
    """A file that cannot become a protocol, with every problem found in it, in reading order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = sorted(problems, key=lambda problem: (problem.line, problem.column))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class EndlessLoop(Exception):
    """A machine whose automatic transitions never come to rest."""


class SnapshotError(Exception):
    """A snapshot that is not one of this protocol: another version, an unknown state, an illegal set of states."""


class Duration(Record, frozen=True):
    """A length of time. ``min``, ``h`` and ``d`` are absolute; ``dh`` are working days of the calendar."""

    amount: int
    unit: Unit

    @classmethod
    def parse(cls, text: str) -> Duration:
        """``30 min``, ``4 h``, ``1 d`` or ``30 dh``. Raises ``ValueError``."""
        match = _DURATION.fullmatch(text)
        if match is None:
            raise ValueError(text)
        return cls(amount=int(match[1]), unit=cast(Unit, match[2]))

    def __str__(self) -> str:
        return f"{self.amount} {self.unit}"

    def after(self, start: date | datetime, zone: ZoneInfo, calendar: str) -> datetime:
        """The instant at which a term that began at ``start`` ends.

        Working days end at the last local midnight of their last day. A date without time begins at its first
        local midnight. The result keeps the time zone of a ``datetime`` start for absolute units.
        """
        if self.unit == "dh":
            day = start.astimezone(zone).date() if isinstance(start, datetime) else start
            last = add_working_days(day, self.amount, calendar)
            return datetime.combine(last + timedelta(days=1), time(), zone).astimezone(UTC)
        if not isinstance(start, datetime):
            start = datetime.combine(start, time(), zone).astimezone(UTC)
        return start + timedelta(seconds=self.amount * _SECONDS[self.unit])

    def before(self, end: datetime) -> datetime:
        """The instant this long before ``end``; only for absolute units."""
        return end - timedelta(seconds=self.amount * _SECONDS[self.unit])


class Deadline(Record, frozen=True):
    """A term that does not leave the state. ``since`` names the fact it counts from (else the entry);
    ``warn_before`` asks for a forewarning that long before the end."""

    lasts: Duration
    since: str | None = None
    warn_before: Duration | None = None


class Ladder(Record, frozen=True):
    """Who hears of a missed deadline, rung by rung, one each ``every``. A rung is an agency, a ``papel`` or
    ``responsable``, the owner of the state."""

    rungs: tuple[str, ...]
    every: Duration


class Action(Record, frozen=True):
    """An effect as written: ``args`` may hold ``=`` expressions."""

    kind: str
    args: dict[str, Any] = {}
    line: int = 0


class Transition(Record, frozen=True):
    """``events`` are descriptors (empty for an automatic one); ``delay`` makes it fire by itself after that long."""

    events: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    guard: str | None = None
    actions: tuple[Action, ...] = ()
    requires: tuple[str, ...] = ()
    internal: bool = False
    delay: Duration | None = None
    label: dict[str, str] = {}
    line: int = 0

    @property
    def automatic(self) -> bool:
        return not self.events and self.delay is None


class State(Record, frozen=True):
    """One state with its children. ``owner`` and ``visible`` are as declared here; inheritance is the chart's."""

    id: str
    kind: StateKind = "atomic"
    children: tuple[State, ...] = ()
    initial: tuple[str, ...] = ()
    deep: bool = False
    transitions: tuple[Transition, ...] = ()
    on_entry: tuple[Action, ...] = ()
    on_exit: tuple[Action, ...] = ()
    on_resume: tuple[Action, ...] = ()
    deadline: Deadline | None = None
    ladder: Ladder | None = None
    owner: str | None = None
    visible: tuple[str, ...] | None = None
    label: dict[str, str] = {}
    provenance: dict[str, str] = {}
    line: int = 0


class Machine(Record, frozen=True):
    """``resumes``: a state restored by history runs ``on_resume`` and keeps its clocks (the YAML meaning)."""

    id: str
    instance: Instance
    states: tuple[State, ...]
    initial: tuple[str, ...]
    resumes: bool = False
    line: int = 0


class Agency(Record, frozen=True):
    """``kind`` is its ``papel``; ``channels`` the ways it can be told something."""

    id: str
    name: str
    kind: str
    channels: tuple[str, ...] = ()


class Level(Record, frozen=True):
    id: str
    minimum: int


class Protocol(Record, frozen=True, eq=False, weakref=True):
    """A whole protocol, immutable. Two are the same only if they are one object; its chart is cached by it."""

    id: str
    version: int
    title: dict[str, str]
    provenance: str
    state_name: str
    pcode: str
    timezone: str
    calendar: str
    agencies: dict[str, Agency]
    levels: tuple[Level, ...]
    machines: dict[str, Machine]
    events: dict[str, dict[str, FactType]] = {}
    facts: dict[str, dict[str, FactType]] = {}
    ladder: Ladder | None = None
    effective: date | None = None

    def machine_for(self, instance: str) -> tuple[Machine, ...]:
        """The machines of which each thing of that kind runs a copy."""
        return tuple(machine for machine in self.machines.values() if machine.instance == instance)

    def coordination(self) -> tuple[str, ...]:
        """Ids of the agencies that coordinate: they may send every event a person may send."""
        return tuple(agency.id for agency in self.agencies.values() if agency.kind == "coordinacion")

    def level_for(self, people: int) -> str:
        """The highest level reached by a number of people; ``n0`` below the first."""
        reached = [level for level in self.levels if level.minimum <= people]
        return max(reached, key=lambda level: level.minimum).id if reached else "n0"


class Timer(Record, frozen=True, kw_only=True):
    """Something due. ``index`` is the rung of an escalation or the place of a delay among its state's transitions."""

    state: str
    due: datetime
    kind: TimerKind = "deadline"
    index: int = 0


class Snapshot(Record, frozen=True):
    """Where one running copy stands: small JSON, state names and not positions.

    ``missed`` keeps the deadlines that passed while their state was active; ``held`` the timers of states a history
    remembers, for their return.
    """

    protocol: str
    version: int
    machine: str
    active: tuple[str, ...]
    history: dict[str, tuple[str, ...]] = {}
    timers: tuple[Timer, ...] = ()
    missed: dict[str, datetime] = {}
    held: tuple[Timer, ...] = ()
    done: bool = False

    @property
    def deadlines(self) -> dict[str, datetime]:
        """The deadline in force of each active state that has one; it stays after it was missed."""
        found = {state: due for state, due in self.missed.items() if state in self.active}
        found.update({timer.state: timer.due for timer in self.timers if timer.kind == "deadline"})
        return found


class Trigger(Record, frozen=True):
    """What reaches a machine: an event with its data, a timer that is due, or the news that facts have changed."""

    kind: Literal["event", "timer", "facts"]
    name: str = ""
    payload: dict[str, Scalar] = {}
    timer: Timer | None = None


class Effect(Record, frozen=True):
    """Something for the program to do, with its values computed. ``visible``: the agencies that may know of it."""

    kind: str
    args: dict[str, Any]
    state: str
    visible: tuple[str, ...] | None = None


class Why(Record, frozen=True):
    """One transition taken. ``event`` is ``inicio`` at the start, ``siempre`` for an automatic transition and
    ``tras`` for a delay; ``transition`` is the source and its targets as written."""

    event: str
    transition: tuple[str, tuple[str, ...]]
    guard: str | None = None
    left: tuple[str, ...] = ()
    entered: tuple[str, ...] = ()


class Step(Record, frozen=True):
    """``taken`` is false when nobody waited for the trigger: then the snapshot is the one that was given."""

    snapshot: Snapshot
    effects: tuple[Effect, ...] = ()
    why: tuple[Why, ...] = ()
    taken: bool = True


def on(event: str, *targets: str, **parts: Any) -> Transition:
    """A transition on one or more space-separated event descriptors, external unless ``internal=True``."""
    return Transition(events=tuple(event.split()), targets=targets, **parts)


def always(*targets: str, **parts: Any) -> Transition:
    """An automatic transition."""
    return Transition(targets=targets, **parts)


def after(duration: Duration, *targets: str, **parts: Any) -> Transition:
    """A transition that fires by itself ``duration`` after its state was entered."""
    return Transition(delay=duration, targets=targets, **parts)


def act(kind: str, **args: Any) -> Action:
    """An effect, as ``act("emitir", evento="listo")``."""
    return Action(kind=kind, args=args)


def atomic(name: str, *transitions: Transition, **parts: Any) -> State:
    """A state without children."""
    return State(id=name, transitions=transitions, **parts)


def final(name: str, **parts: Any) -> State:
    """A final state: entering it raises ``done.state.<parent>``."""
    return State(id=name, kind="final", **parts)


def history(name: str, *, deep: bool = False) -> State:
    """A history pseudo-state; without a memory it stands for its parent's default."""
    return State(id=name, kind="history", deep=deep)


def compound(name: str, *children: State, initial: str = "", **parts: Any) -> State:
    """A state with one active child; it begins in ``initial``, else in its first child."""
    return State(id=name, kind="compound", children=children, initial=(initial,) if initial else (), **parts)


def parallel(name: str, *children: State, **parts: Any) -> State:
    """A state whose children are all active at once."""
    return State(id=name, kind="parallel", children=children, **parts)


def machine(name: str, *states: State, initial: str = "", resumes: bool = False) -> Machine:
    """A machine of the ``activacion``; it begins in ``initial``, else in its first state."""
    begin = initial or states[0].id
    return Machine(id=name, instance="activacion", states=states, initial=(begin,), resumes=resumes)


def protocol(*machines: Machine, **parts: Any) -> Protocol:
    """A protocol around machines made in code, for charts that need no file."""
    needed: dict[str, Any] = {
        "id": "ejemplo",
        "version": 1,
        "title": {"es": "Ejemplo"},
        "provenance": "Hecho en código.",
        "state_name": "Guanajuato",
        "pcode": "MX11",
        "timezone": "America/Mexico_City",
        "calendar": "lfpa28",
        "agencies": {},
        "levels": (),
    }
    needed["machines"] = {each.id: each for each in machines}
    return Protocol(**(needed | parts))
