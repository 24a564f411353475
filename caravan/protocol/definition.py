"""What a protocol is: machines of states and transitions, agencies, levels, terms and desks. Import it from ``model``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo

from caravan.basics import Record
from caravan.protocol.vocabulary import FactType
from caravan.protocol.workdays import Calendar, add_working_days

Instance = Literal["activacion", "grupo", "caso"]
StateKind = Literal["atomic", "compound", "parallel", "final", "history"]
Unit = Literal["ms", "s", "min", "h", "d", "dh"]

_UNITS: dict[str, timedelta] = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
_DURATION = re.compile(r"(0|[1-9]\d{0,3}) ?(s|min|h|d|dh)")
_CODED = re.compile(r"(\d{1,9}(?:\.\d{1,3})?|\.\d{1,3}) ?(ms|s|min|h|d|dh)")
_LONGEST = timedelta(days=36_600)

TERM_ARGUMENTS = {"tarea": "plazo", "enviar": "tras", "emitir": "tras"}
"""By kind of effect, the argument that is a duration; the effect carries the instant it ends, as ``vence``."""


class Problem(Record, frozen=True):
    """One thing wrong with a file. ``line`` and ``column`` count from 1; ``file`` names the pack it stands in, empty for the
    file itself."""

    line: int
    column: int
    message: str
    file: str = ""

    def __str__(self) -> str:
        place = f"línea {self.line}, columna {self.column}: {self.message}"
        return f"{self.file}, {place}" if self.file else place


class ProtocolErrors(Exception):
    """A file that cannot become a protocol, with every problem found in it, in reading order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = sorted(problems, key=lambda problem: (problem.file, problem.line, problem.column))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class Duration(Record, frozen=True):
    """A length of time. ``s``, ``min``, ``h`` and ``d`` are absolute; ``dh`` are working days of the calendar. ``ms`` is for
    models made in code; a file cannot write it."""

    amount: int
    unit: Unit

    @classmethod
    def parse(cls, text: str) -> Duration:
        """``60 s``, ``30 min``, ``4 h``, ``1 d`` or ``30 dh``. Raises ``ValueError``."""
        match = _DURATION.fullmatch(text)
        if match is None:
            raise ValueError(text)
        return cls(amount=int(match[1]), unit=cast(Unit, match[2]))

    @classmethod
    def of(cls, value: Duration | timedelta | str) -> Duration:
        """A duration as code writes it: one made already, a ``timedelta``, or text that may also be ``10 ms``, ``1.5s`` or
        ``2s``. It is kept to the millisecond. Raises ``ValueError``."""
        if isinstance(value, Duration):
            return value
        if isinstance(value, timedelta):
            return cls(amount=round(value / _UNITS["ms"]), unit="ms")
        match = _CODED.fullmatch(str(value).strip())
        if match is None:
            raise ValueError(value)
        number, unit = match[1], cast(Unit, match[2])
        if number.isdecimal():
            return cls(amount=int(number), unit=unit)
        if unit == "dh":
            raise ValueError(value)
        return cls(amount=round(float(number) * (_UNITS[unit] / _UNITS["ms"])), unit="ms")

    @property
    def sensible(self) -> bool:
        """Whether it is neither negative nor longer than a century."""
        return self.amount >= 0 and self.amount * _UNITS.get(self.unit, _UNITS["d"]) <= _LONGEST

    def __str__(self) -> str:
        return f"{self.amount} {self.unit}"

    def after(self, start: date | datetime, zone: ZoneInfo, calendar: Calendar) -> datetime:
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
        return start + self.amount * _UNITS[self.unit]

    def before(self, end: datetime) -> datetime:
        """The instant this long before ``end``; only for absolute units."""
        return end - self.amount * _UNITS[self.unit]


class Moment(Record, frozen=True):
    """When a service next opens or closes, as a delay: ``abre ventanilla``, ``cierra ventanilla``."""

    what: Literal["opens", "closes"]
    service: str


class Service(Record, frozen=True):
    """The hours of a desk, in the protocol's time zone. ``days`` are weekdays, 0 = Monday; ``closes`` is later than ``opens``
    on the same day. With ``working_days`` it stays shut on the days that are not working days of the calendar."""

    id: str
    days: tuple[int, ...]
    opens: time
    closes: time
    working_days: bool = True
    label: dict[str, str] = {}
    line: int = 0


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
    """An effect as written: ``args`` may hold ``=`` expressions. ``line`` is where it stands in the file, or in the pack
    that ``file`` names; the same of transitions and states."""

    kind: str
    args: dict[str, Any] = {}
    line: int = 0
    file: str = ""


class Transition(Record, frozen=True):
    """``events`` are descriptors (empty for an automatic one); ``delay`` makes it fire by itself after that long, or when a
    service opens or closes. ``senders`` are the only agencies that may send it (empty: the state's owner and the
    coordination). What is ``locked`` in a pack, a file that extends it can neither remove nor weaken."""

    events: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    guard: str | None = None
    actions: tuple[Action, ...] = ()
    requires: tuple[str, ...] = ()
    internal: bool = False
    delay: Duration | Moment | None = None
    senders: tuple[str, ...] = ()
    locked: bool = False
    label: dict[str, str] = {}
    line: int = 0
    file: str = ""

    @property
    def automatic(self) -> bool:
        return not self.events and self.delay is None


class State(Record, frozen=True):
    """One state with its children. ``owner`` and ``visible`` are as declared here; inheritance is the chart's.

    ``initial`` are the targets of its initial transition (descendants, one or more) and ``on_initial`` the effects of it;
    a history keeps its default transition as its only transition. ``locked`` holds for all that stands inside it too."""

    id: str
    kind: StateKind = "atomic"
    children: tuple[State, ...] = ()
    initial: tuple[str, ...] = ()
    on_initial: tuple[Action, ...] = ()
    deep: bool = False
    transitions: tuple[Transition, ...] = ()
    on_entry: tuple[Action, ...] = ()
    on_exit: tuple[Action, ...] = ()
    on_resume: tuple[Action, ...] = ()
    deadline: Deadline | None = None
    ladder: Ladder | None = None
    owner: str | None = None
    visible: tuple[str, ...] | None = None
    locked: bool = False
    label: dict[str, str] = {}
    provenance: dict[str, str] = {}
    line: int = 0
    file: str = ""


class Machine(Record, frozen=True):
    """``resumes``: a state restored by history runs ``on_resume`` and keeps its clocks (the YAML meaning)."""

    id: str
    instance: Instance
    states: tuple[State, ...]
    initial: tuple[str, ...]
    on_initial: tuple[Action, ...] = ()
    resumes: bool = False
    label: dict[str, str] = {}
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
    """A whole protocol, immutable. Two are the same only if they are one object; its chart is cached by it.

    ``extends`` are the packs it is made from, nearest first, as ``id@version``; ``services`` the desks with hours.
    """

    id: str
    version: int
    title: dict[str, str]
    provenance: str
    state_name: str
    pcode: str
    timezone: str
    calendar: Calendar
    agencies: dict[str, Agency]
    levels: tuple[Level, ...]
    machines: dict[str, Machine]
    events: dict[str, dict[str, FactType]] = {}
    facts: dict[str, dict[str, FactType]] = {}
    ladder: Ladder | None = None
    effective: date | None = None
    extends: tuple[str, ...] = ()
    services: dict[str, Service] = {}

    @property
    def key(self) -> str:
        """``id@version``: how the journal, the packs and the pages name it."""
        return f"{self.id}@{self.version}"

    @property
    def begins(self) -> datetime | None:
        """The local midnight from which this version is in force (``vigente_desde``)."""
        if self.effective is None:
            return None
        return datetime.combine(self.effective, time(), ZoneInfo(self.timezone)).astimezone(UTC)

    def machine_for(self, instance: str) -> tuple[Machine, ...]:
        """The machines of which each thing of that kind runs a copy."""
        return tuple(machine for machine in self.machines.values() if machine.instance == instance)

    @property
    def answers_arrivals(self) -> bool:
        """Whether it may be the one that follows groups from their arrival on: it has machines for them and their activation."""
        return bool(self.machine_for("grupo") and self.machine_for("activacion"))

    def coordination(self) -> tuple[str, ...]:
        """Ids of the agencies that coordinate: they may send every event a person may send."""
        return tuple(agency.id for agency in self.agencies.values() if agency.kind == "coordinacion")

    def level_for(self, people: int) -> str:
        """The highest level reached by a number of people; ``n0`` below the first."""
        reached = [level for level in self.levels if level.minimum <= people]
        return max(reached, key=lambda level: level.minimum).id if reached else "n0"
