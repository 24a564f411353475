"""The engine and the Recommendation side by side: the same chart, the same happenings, compared after every step."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from caravan.protocol.model import Effect, EndlessLoop, Protocol, Snapshot, State, Step, Timer, Trigger
from caravan.protocol.outlook import next_due
from caravan.protocol.step import start, step
from tests.protocol.appendix_d import Interpreter, NeverRests, length, told
from tests.protocol.charts import Happening

NOW = datetime(2023, 5, 16, 3, 0, tzinfo=UTC)
encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(Snapshot).decode


def is_configuration(states: Iterable[State], active: set[str]) -> bool:
    """Section 3.11: one child of what is open at the top and of each compound, every region of each parallel, and
    nothing of what is closed."""
    children = [state for state in states if state.kind != "history"]
    known = {state.id for state in every(states)}
    return active <= known and sum(state.id in active for state in children) == 1 and _inside(children, active)


def _inside(states: Iterable[State], active: set[str]) -> bool:
    for state in states:
        inner = [child for child in state.children if child.kind != "history"]
        open_inside = sum(child.id in active for child in inner)
        wanted = {"compound": 1, "parallel": len(inner)}.get(state.kind, 0) if state.id in active else 0
        if open_inside != wanted or not _inside(inner, active):
            return False
    return True


def every(states: Iterable[State]) -> Iterable[State]:
    for state in states:
        yield state
        yield from every(state.children)


def notes(effects: Iterable[Effect]) -> list[str]:
    return [effect.args["nota"] for effect in effects if effect.kind == "registrar"]


class Lived(NamedTuple):
    """One step that was taken, with all that it was given."""

    before: Snapshot
    trigger: Trigger
    facts: dict[str, dict[str, Any]]
    now: datetime
    done: Step


class Lockstep:
    """One running copy twice, compared after every step; ``steps`` are those of the engine."""

    def __init__(self, chart: Protocol) -> None:
        self.chart = chart
        self.machine = next(iter(chart.machines.values()))
        self.now = NOW
        self.facts: dict[str, dict[str, Any]] = {"grupo": {}}
        self.steps: list[Lived] = []
        self.book = Interpreter(self.machine)
        self.book.start(self.facts, self.now)
        self.last = start(chart, self.machine.id, self.facts, self.now)
        self.compare(self.last, "inicio")

    @property
    def snapshot(self) -> Snapshot:
        return self.last.snapshot

    def live(self, happenings: Iterable[Happening]) -> None:
        for each in happenings:
            if not self.book.running:
                break
            if each.kind == "event":
                self.hear(each.name, {} if each.amount is None else {"n": each.amount})
            elif each.kind == "facts":
                self.facts = {"grupo": {} if each.amount is None else {"nna": each.amount}}
                self.book.look_again(self.facts, self.now)
                self.take(Trigger(kind="facts"), "hechos")
            else:
                self.wait(timedelta(seconds=each.amount or 0), late=each.late)

    def hear(self, name: str, payload: dict[str, Any]) -> None:
        heard = self.book.send(name, payload, self.facts, self.now)
        done = self.take(Trigger(kind="event", name=name, payload=payload), name)
        assert done.taken is heard, (name, heard)

    def wait(self, duration: timedelta, *, late: bool) -> None:
        until = self.now + duration
        for _ in range(60):
            due = next_due(self.snapshot)
            if due is None or due > until:
                break
            self.now = until if late else max(due, self.now)
            self.expire(self.snapshot.timers[0])
        self.now = until

    def expire(self, timer: Timer) -> None:
        if timer.kind in ("delay", "send"):
            self.book.fire(timer, self.facts, self.now)
        else:
            self.book.look_again(self.facts, self.now)
        assert self.take(Trigger(kind="timer", timer=timer), str(told(timer))).taken

    def take(self, trigger: Trigger, what: str) -> Step:
        before = self.snapshot
        self.last = step(self.chart, before, trigger, self.facts, self.now)
        self.steps.append(Lived(before, trigger, self.facts, self.now, self.last))
        self.compare(self.last, what)
        return self.last

    def compare(self, done: Step, what: str) -> None:
        snapshot, book = done.snapshot, self.book
        assert snapshot.active == book.active(), (what, snapshot.active, book.active())
        assert is_configuration(self.machine.states, set(snapshot.active)), (what, snapshot.active)
        assert notes(done.effects) == book.log, (what, notes(done.effects), book.log)
        assert [why.transition for why in done.why if why.event != "inicio"] == book.trace, (what, done.why, book.trace)
        assert snapshot.done is not book.running, (what, snapshot.done)
        assert snapshot.history == book.histories(), (what, snapshot.history, book.histories())
        clocks = sorted(told(timer) for timer in snapshot.timers if timer.kind in ("delay", "send"))
        assert clocks == sorted(told(timer) for timer in book.waiting), (what, clocks, book.waiting)
        if book.running:
            assert snapshot.deadlines == self.promised(), (what, snapshot.deadlines, self.promised())

    def promised(self) -> dict[str, datetime]:
        """The deadline of each active state: so long after it was entered, missed or not."""
        found: dict[str, datetime] = {}
        for name, entered in self.book.entered_at.items():
            deadline = self.book.by_id[name].state.deadline
            if deadline is not None:
                found[name] = entered + length(deadline.lasts)
        return found


def walked(chart: Protocol, happenings: Iterable[Happening]) -> Lockstep | None:
    """The two after all that happened, equal at every step; none if the chart never rests."""
    try:
        running = Lockstep(chart)
        running.live(happenings)
    except (NeverRests, EndlessLoop):
        return None
    return running
