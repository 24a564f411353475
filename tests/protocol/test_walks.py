"""The shipped protocols walked at random: people send what they are offered, the program says what it says, time goes by."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from realm import PACKS, PROTOCOL

from caravan.protocol.load import load
from caravan.protocol.model import Machine, Protocol, Snapshot, State, Step, Trigger
from caravan.protocol.outlook import next_due, possible, waiting
from caravan.protocol.step import PROGRAM_EVENTS, start, step
from caravan.protocol.vocabulary import FactType
from tests.protocol.lockstep import decode, encode, every, is_configuration

SHIPPED = {each.id: each for each in (load(text, PACKS) for text in (PROTOCOL, *PACKS.values()))}
MACHINES = [(name, machine) for name, chart in SHIPPED.items() for machine in chart.machines]
NIGHT = datetime(2023, 5, 16, 3, 0, tzinfo=UTC)
LONG = 4000


def something(kind: FactType, random: Random) -> Any:
    match kind.kind:
        case "integer" | "number":
            return random.choice((0, 1, 2, 90))
        case "boolean":
            return random.choice((True, False))
        case "choice":
            return random.choice(kind.options)
        case "date":
            return date(2023, 5, random.randint(1, 20))
        case "instant":
            return NIGHT + timedelta(hours=random.randint(0, 90))
        case "text":
            return "algo"


class Walk:
    """One copy of a machine with its facts and its clock; every step is looked at."""

    def __init__(self, chart: Protocol, machine: str, seed: int) -> None:
        self.chart = chart
        self.random = Random(seed)
        self.now = NIGHT
        self.machine: Machine = chart.machines[machine]
        self.states: dict[str, State] = {state.id: state for state in every(self.machine.states)}
        self.learn()
        self.done = start(chart, machine, self.facts, self.now)
        self.look(self.done)

    def learn(self) -> None:
        """New facts, some of them unknown."""
        self.facts = {
            owner: {name: something(kind, self.random) for name, kind in known.items() if self.random.random() < 0.7}
            for owner, known in self.chart.facts.items()
        }

    @property
    def snapshot(self) -> Snapshot:
        return self.done.snapshot

    def offered(self) -> Iterator[Trigger]:
        """What people are offered, with all it asks for, and what the program may say that is waited for."""
        for event in possible(self.chart, self.snapshot, self.facts):
            brought = dict.fromkeys(event.requires, "algo")
            brought |= {name: plain(something(kind, self.random)) for name, kind in event.payload.items()}
            yield Trigger(kind="event", name=event.event, payload=brought)
        heard = {name for each in self.snapshot.active for arc in self.states[each].transitions for name in arc.events}
        for name in sorted(heard & PROGRAM_EVENTS):
            yield Trigger(kind="event", name=name)

    def go(self) -> None:
        choice = self.random.random()
        if choice < 0.1:
            self.learn()
            self.take(Trigger(kind="facts"))
        elif choice < 0.3 and self.snapshot.timers:
            self.now = max(self.now, self.snapshot.timers[0].due)
            self.take(Trigger(kind="timer", timer=self.snapshot.timers[0]))
            assert self.done.taken
        elif offered := list(self.offered()):
            self.now += timedelta(minutes=self.random.randint(0, 40))
            while (due := next_due(self.snapshot)) is not None and due <= self.now and not self.snapshot.done:
                self.take(Trigger(kind="timer", timer=self.snapshot.timers[0]))
            self.take(self.random.choice(offered))

    def take(self, trigger: Trigger) -> None:
        before = self.snapshot
        self.done = step(self.chart, before, trigger, self.facts, self.now)
        self.look(self.done)
        again = step(self.chart, decode(encode(before)), trigger, self.facts, self.now)
        assert encode(again) == encode(self.done)

    def look(self, done: Step) -> None:
        snapshot = done.snapshot
        assert is_configuration(self.machine.states, set(snapshot.active)), snapshot.active
        assert decode(encode(snapshot)) == snapshot
        assert len(encode(snapshot)) < 4096
        if snapshot.done:
            return
        for timer in snapshot.timers:
            assert timer.kind == "send" or timer.state in snapshot.active, timer
        for name in snapshot.deadlines:
            assert name in snapshot.active
            assert self.states[name].deadline is not None
        assert not {timer.state for timer in snapshot.held} & set(snapshot.active)
        for each in waiting(self.chart, snapshot):
            assert each.deadline is None or each.deadline_of in snapshot.deadlines


def plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


@pytest.mark.parametrize(("name", "machine"), MACHINES)
def test_wherever_chance_leads_the_copy_is_lawful_and_replays_to_the_byte(name: str, machine: str):
    for seed in range(60):
        walk = Walk(SHIPPED[name], machine, seed)
        for _ in range(40):
            if walk.snapshot.done:
                break
            walk.go()


@pytest.mark.parametrize(("name", "machine"), MACHINES)
def test_who_takes_the_ways_out_that_are_offered_comes_to_an_end(name: str, machine: str):
    for seed in range(20):
        walk = Walk(SHIPPED[name], machine, seed)
        for _ in range(LONG):
            if walk.snapshot.done:
                break
            walk.go()
        assert walk.snapshot.done, walk.snapshot.active


ALWAYS = {"hay_urgencia", "hay_nna", "manifiestan_temor", "puesta_a_disposicion", "vulneracion"}


@pytest.mark.parametrize("name", ["base-legal", "guanajuato"])
def test_what_the_law_wants_heard_is_heard_wherever_chance_leads(name: str):
    for seed in range(20):
        walk = Walk(SHIPPED[name], "atencion_al_grupo", seed)
        for _ in range(40):
            if walk.snapshot.done:
                break
            assert {each.event for each in possible(walk.chart, walk.snapshot, walk.facts)} >= ALWAYS
            for event in sorted(ALWAYS):
                heard = step(
                    walk.chart, walk.snapshot, Trigger(kind="event", name=event, sender="SDH"), walk.facts, walk.now
                )
                assert heard.taken, (event, walk.snapshot.active)
            walk.go()
