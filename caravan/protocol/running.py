"""A running copy of a machine: where it stands, what reaches it, what a step leaves. Import it from ``model``."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from caravan.basics import Record, Scalar

TimerKind = Literal["deadline", "escalation", "forewarning", "delay", "send"]


class EndlessLoop(Exception):
    """A machine whose automatic transitions never come to rest."""


class SnapshotError(Exception):
    """A snapshot that is not one of this protocol: another version, an unknown state, an illegal set of states."""


class Timer(Record, frozen=True, kw_only=True, gc=False):
    """Something due. ``index`` is the rung of an escalation, the place of a delay among its state's transitions, or the place
    of a delayed ``emitir`` among those that wait; ``event`` is what that one raises and ``sent_as`` the name it may be
    cancelled by: leaving the state does not stop it."""

    state: str
    due: datetime
    kind: TimerKind = "deadline"
    index: int = 0
    event: str = ""
    sent_as: str = ""


class Snapshot(Record, frozen=True, gc=False):
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
    """What reaches a machine: an event with its data, a timer that is due, or the news that facts have changed. An event
    with a ``sender`` takes only transitions that this agency may send."""

    kind: Literal["event", "timer", "facts"]
    name: str = ""
    payload: dict[str, Scalar] = {}
    timer: Timer | None = None
    sender: str = ""


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
