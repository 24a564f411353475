"""Cases of our own for each rule of the Recommendation, as JSON, built with nothing but the public constructors.

A case is a chart, the atomic states it begins in (``begins``), and what happens to it: an ``event`` (with its data
``with``), new ``facts`` or time going by (``after``), each with the atomic states it ``leads_to``, what was noted on the
way (``notes``), whether it was ``ignored`` and whether the machine is ``done``. In a chart a text is a note; ``raise``
goes to the internal queue, ``send`` to the external one, at once or ``after`` a time, and ``cancel`` stops it, or
``cancel named`` only the one of that ``name``.
Each case is put to the transcription of Appendix D as well, so that a case that is wrong is known for it.
"""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from caravan.protocol.model import (
    Action,
    Protocol,
    State,
    Transition,
    Trigger,
    act,
    after,
    always,
    atomic,
    cancel_event,
    compound,
    final,
    history,
    machine,
    on,
    parallel,
    protocol,
    raise_event,
    send_event,
)
from caravan.protocol.outlook import next_due
from caravan.protocol.step import start, step
from tests.protocol.appendix_d import Interpreter
from tests.protocol.lockstep import NOW, every, is_configuration, notes

FOLDER = Path(__file__).with_name("conformance")
Case = dict[str, Any]


def cases() -> list[Any]:
    return [
        pytest.param(case, id=f"{path.stem}: {case['case']}")
        for path in sorted(FOLDER.glob("*.json"))
        for case in json.loads(path.read_text("utf-8"))
    ]


# -- from JSON to a chart


def chart_of(case: Case) -> Protocol:
    states = [state_of(each) for each in case["states"]]
    return protocol(machine("m", *states, initial=names(case.get("initial"))))


def state_of(said: Case) -> State:
    name = said["id"]
    inner = [state_of(each) for each in said.get("states", ())]
    parts: Case = {"on_entry": actions(said.get("entry")), "on_exit": actions(said.get("exit"))}
    arcs = tuple(transition_of(each) for each in said.get("on", ()))
    if said.get("history"):
        targets, done = beginning(said["default"])
        return history(name, *targets, deep=said["history"] == "deep", actions=done)
    if said.get("final"):
        return final(name, **parts)
    if said.get("parallel"):
        return parallel(name, *inner, transitions=arcs, **parts)
    if inner:
        targets, done = beginning(said.get("initial"))
        return compound(name, *inner, initial=targets, on_initial=done, transitions=arcs, **parts)
    return atomic(name, *arcs, **parts)


def transition_of(said: Case) -> Transition:
    parts: Case = {
        "guard": said.get("if"),
        "internal": said.get("internal", False),
        "actions": actions(said.get("do")),
    }
    targets = names(said.get("to"))
    if "event" in said:
        return on(said["event"], *targets, **parts)
    if "after" in said:
        return after(said["after"], *targets, **parts)
    return always(*targets, **parts)


def beginning(said: Any) -> tuple[tuple[str, ...], tuple[Action, ...]]:
    if isinstance(said, dict):
        return names(said["to"]), actions(said["do"])
    return names(said), ()


def names(said: str | list[str] | None) -> tuple[str, ...]:
    return () if said is None else (said,) if isinstance(said, str) else tuple(said)


def actions(said: list[Any] | None) -> tuple[Action, ...]:
    return tuple(action(each) for each in said or ())


def action(said: Any) -> Action:
    match said:
        case {"raise": event}:
            return raise_event(event)
        case {"send": event}:
            return send_event(event, delay=said.get("after"), name=said.get("name", ""))
        case {"cancel": event}:
            return cancel_event(event)
        case {"cancel named": name}:
            return cancel_event(name=name)
        case _:
            return act("registrar", nota=said)


# -- what happens, to the engine and to the transcription


def pause(text: str) -> timedelta:
    amount, unit = text.split()
    return timedelta(seconds=int(amount) * {"ms": 0.001, "s": 1, "min": 60}[unit])


class Engine:
    def __init__(self, chart: Protocol) -> None:
        self.chart = chart
        self.now = NOW
        self.facts: Case = {}
        self.last = start(chart, "m", {}, NOW)
        self.notes = notes(self.last.effects)

    def take(self, said: Case) -> None:
        self.facts = said.get("facts", self.facts)
        self.notes = []
        self.taken = False
        if "event" in said:
            self.step(Trigger(kind="event", name=said["event"], payload=said.get("with", {})))
        elif "after" in said:
            until = self.now + pause(said["after"])
            while (due := next_due(self.last.snapshot)) is not None and due <= until:
                self.now = due
                self.step(Trigger(kind="timer", timer=self.last.snapshot.timers[0]))
            self.now = until
        else:
            self.step(Trigger(kind="facts"))

    def step(self, trigger: Trigger) -> None:
        self.last = step(self.chart, self.last.snapshot, trigger, self.facts, self.now)
        self.notes += notes(self.last.effects)
        self.taken |= self.last.taken

    @property
    def active(self) -> tuple[str, ...]:
        return self.last.snapshot.active

    @property
    def done(self) -> bool:
        return self.last.snapshot.done


class Book:
    def __init__(self, chart: Protocol) -> None:
        self.interpreter = Interpreter(chart.machines["m"])
        self.interpreter.start({}, NOW)
        self.now = NOW
        self.facts: Case = {}
        self.notes = list(self.interpreter.log)
        self.taken = False

    def take(self, said: Case) -> None:
        book = self.interpreter
        self.facts = said.get("facts", self.facts)
        self.notes = []
        if not book.running:
            self.taken = False
            return
        if "event" in said:
            self.taken = book.send(said["event"], said.get("with", {}), self.facts, self.now)
            self.notes += book.log
        elif "after" in said:
            until = self.now + pause(said["after"])
            while (
                book.running and book.waiting and (timer := min(book.waiting, key=lambda each: each.due)).due <= until
            ):
                self.now = timer.due
                book.fire(timer, self.facts, self.now)
                self.notes += book.log
            self.now = until
        else:
            book.look_again(self.facts, self.now)
            self.notes += book.log

    @property
    def active(self) -> tuple[str, ...]:
        return self.interpreter.active()

    @property
    def done(self) -> bool:
        return not self.interpreter.running


@pytest.mark.parametrize("against", [Engine, Book], ids=["engine", "appendix D"])
@pytest.mark.parametrize("case", cases())
def test_case(case: Case, against: type[Engine] | type[Book]):
    chart = chart_of(case)
    states = chart.machines["m"].states
    inner = {state.id for state in every(states) if state.kind in ("atomic", "final")}
    running = against(chart)
    assert [name for name in running.active if name in inner] == case["begins"]
    if "notes" in case:
        assert running.notes == case["notes"]
    for said in case["events"]:
        running.take(said)
        assert [name for name in running.active if name in inner] == said["leads_to"], said
        assert is_configuration(states, set(running.active))
        assert running.done is said.get("done", False), said
        if "notes" in said:
            assert running.notes == said["notes"], said
        if "event" in said:
            assert running.taken is not said.get("ignored", False), said


def test_every_case_says_which_rule_it_is_about_and_no_two_say_the_same():
    known = [param.values[0] for param in cases()]
    assert all(case["section"] for case in known)
    assert len({case["case"] for case in known}) == len(known) > 100
