"""A protocol that runs: its steps, tasks, notices, cases, kept texts and relays."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from caravan.basics import Scalar
from caravan.cases import Case
from caravan.events.event import Event
from caravan.handoff import Relay
from caravan.protocol.model import Effect, Snapshot, Timer, Trigger, Why
from caravan.tasks import Notice, Task
from caravan.texts import KeptText


class ActivationOpened(Event, frozen=True):
    activation: str
    protocol: str
    version: int
    station: str
    reason: str
    level: str


class LevelSet(Event, frozen=True):
    activation: str
    level: str
    reason: str


class ProtocolStepped(Event, frozen=True):
    """One macrostep of one machine, as it was taken: folding stores it and never steps again. ``read`` are the facts the
    machine was given."""

    instance: str
    activation: str
    trigger: Trigger
    read: dict[str, dict[str, Any]]
    snapshot: Snapshot
    effects: tuple[Effect, ...] = ()
    why: tuple[Why, ...] = ()
    group: str | None = None
    visible: tuple[str, ...] | None = None
    case: str | None = None


class SendScheduled(Event, frozen=True):
    """A protocol sends an event to other machines later (``enviar`` with ``tras``). ``to`` is ``activacion``, ``grupos`` or
    ``casos``: who that is, is seen when it is due. ``case`` is the one that sends."""

    send: str
    activation: str
    to: str
    name: str
    due: datetime
    case: str | None = None


class SendDelivered(Event, frozen=True):
    send: str


class EventDropped(Event, frozen=True):
    """An event of the program that no machine waited for."""

    instance: str
    name: str


class InstanceStopped(Event, frozen=True):
    """A protocol could not go on from where a clock or news led: what followed was undone, and ``clock`` rings no more. ``clock``
    is ``None`` where the instance only did not hear of something. ``reason`` is ``endless_loop`` or ``cannot_go_on``."""

    instance: str
    activation: str
    reason: str
    clock: Timer | None = None
    group: str | None = None
    case: str | None = None
    visible: tuple[str, ...] | None = None


class DeadlineMissed(Event, frozen=True):
    """A step is late: one rung of the ladder has been told. ``rung`` counts from 0."""

    instance: str
    activation: str
    state: str
    due: datetime
    rung: int
    told: tuple[str, ...]
    group: str | None = None
    visible: tuple[str, ...] | None = None
    case: str | None = None


class TaskOpened(Event, frozen=True):
    task: Task


class TaskCompleted(Event, frozen=True):
    task: str
    by: str
    evidence: str = ""
    case: str | None = None
    visible: tuple[str, ...] | None = None


class TaskWithdrawn(Event, frozen=True):
    """The step it belonged to was left."""

    task: str
    case: str | None = None


class NoticeQueued(Event, frozen=True):
    notice: Notice


class NoticeSeen(Event, frozen=True):
    notice: str


class Remarked(Event, frozen=True):
    """A line the protocol itself writes into the log (``registrar``)."""

    activation: str
    text: str
    group: str | None = None
    visible: tuple[str, ...] | None = None
    case: str | None = None


class CaseOpened(Event, frozen=True):
    case: Case


class CaseNoted(Event, frozen=True):
    """Facts of a case that its protocol wrote down (``anotar``); the others stay as they were."""

    case: str
    values: dict[str, Scalar]


class CaseClosed(Event, frozen=True):
    """Its machine has ended, or its group was reported by mistake (``reason`` says so)."""

    case: str
    reason: str = ""


class TextKept(Event, frozen=True):
    """Somebody said something that may have to be forgotten: it is kept elsewhere, and here only that there is such a text."""

    text: KeptText


class TextsPurged(Event, frozen=True):
    """The texts of a case, a group or an activation are erased for good."""

    owner: str
    texts: tuple[str, ...]


class RelayProposed(Event, frozen=True):
    relay: Relay


class RelayAnswered(Event, frozen=True):
    relay: str
    accepted: bool
    received: int | None = None
    reason: str = ""
