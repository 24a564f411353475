"""What holds of every chart, whatever happens to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cache
from random import Random

import msgspec
from hypothesis import given, settings

from caravan.protocol.model import (
    EndlessLoop,
    Machine,
    ModelError,
    Protocol,
    Snapshot,
    State,
    Step,
    Timer,
    Transition,
    Trigger,
    protocol,
)
from caravan.protocol.outlook import next_due, possible
from caravan.protocol.step import start, step
from tests.protocol.appendix_d import length, name_match
from tests.protocol.charts import AGENCIES, PLAIN, SENT, Happening, charts, drawn, happenings, history_of
from tests.protocol.lockstep import NOW, Lived, decode, encode, every, is_configuration, notes, walked

UNHEARD = ("nadie.lo.espera", "zz", "a", "b", "d.e.f")


def twin(chart: Protocol) -> Protocol:
    """The same protocol as another object, as another process would load it."""
    return Protocol(**{name: getattr(chart, name) for name in chart.__struct_fields__})


@cache
def life(seed: int, states: int, plain: bool) -> tuple[Protocol, list[Lived]] | None:
    random = Random(seed)
    chart = drawn(random, states=states, plain=plain)
    running = walked(chart, history_of(random))
    return (chart, running.steps) if running else None


def lives(count: int, *, states: int = 12, plain: bool = False) -> Iterator[tuple[Protocol, list[Lived]]]:
    """Charts that came to rest, with what they lived through."""
    for seed in range(count):
        lived = life(seed, states, plain)
        if lived is not None:
            yield lived


@given(chart=charts(), life=happenings())
@settings(max_examples=80, deadline=None, derandomize=True, database=None)
def test_a_snapshot_read_back_from_json_goes_on_as_if_it_had_never_left(chart: Protocol, life: list[Happening]):
    running = walked(chart, life)
    elsewhere = twin(chart)
    for lived in running.steps if running else ():
        back = decode(encode(lived.before))
        assert back == lived.before
        again = step(elsewhere, back, lived.trigger, lived.facts, lived.now)
        assert encode(again) == encode(lived.done)


def test_the_same_beginning_gives_the_same_bytes_in_another_process_s_protocol():
    for chart, _ in lives(120):
        assert encode(start(twin(chart), "m", {}, NOW)) == encode(start(chart, "m", {}, NOW))


def forged(timer: Timer) -> Iterator[Timer]:
    yield msgspec.structs.replace(timer, index=timer.index + 7)
    yield msgspec.structs.replace(timer, due=timer.due - timedelta(seconds=1))
    yield msgspec.structs.replace(timer, state=f"{timer.state}x")


def changes_nothing(chart: Protocol, snapshot: Snapshot, trigger: Trigger, lived: Lived, now: datetime) -> bool:
    done = step(chart, snapshot, trigger, lived.facts, now)
    return not done.taken and done.snapshot is snapshot and not done.effects and not done.why


def test_a_timer_that_is_early_late_doubled_forged_or_unknown_changes_nothing():
    stale = 0
    for chart, steps in lives(250):
        seen: set[Timer] = set()
        for lived in steps:
            after = lived.done.snapshot
            seen.update(lived.before.timers, after.timers)
            strangers = {each for timer in after.timers for each in forged(timer)} - set(after.timers)
            gone = seen - set(after.timers)
            stale += len(gone)
            for timer in gone | strangers:
                fired = Trigger(kind="timer", timer=timer)
                assert changes_nothing(chart, after, fired, lived, lived.now + timedelta(days=9)), timer
            for timer in after.timers:
                early = timer.due - timedelta(microseconds=1)
                assert changes_nothing(chart, after, Trigger(kind="timer", timer=timer), lived, early), timer
    assert stale > 500


def test_an_event_nobody_waits_for_changes_nothing():
    tried = 0
    for chart, steps in lives(200):
        heard = {
            event for state in every(chart.machines["m"].states) for arc in state.transitions for event in arc.events
        }
        names = [name for name in UNHEARD if not name_match(heard, name)]
        for lived in steps:
            for name in names:
                tried += 1
                assert changes_nothing(chart, lived.done.snapshot, Trigger(kind="event", name=name), lived, lived.now)
    assert tried > 500


def test_a_copy_that_is_done_answers_to_nothing_any_more():
    ended = 0
    for chart, steps in lives(400, states=4):
        for lived in steps[-1:]:
            after = lived.done.snapshot
            if not after.done:
                continue
            ended += 1
            assert next_due(after) is None
            for trigger in (*(Trigger(kind="event", name=name) for name in SENT), Trigger(kind="facts")):
                assert changes_nothing(chart, after, trigger, lived, lived.now)
    assert ended > 8


def test_what_is_said_to_be_possible_is_exactly_what_would_be_taken():
    offered = 0
    for chart, steps in lives(200, plain=True):
        for lived in steps:
            if lived.done.snapshot.done:
                continue
            named = {event.event for event in possible(chart, lived.done.snapshot)}
            taken = {name for name in PLAIN if sent(chart, lived, name).taken}
            offered += len(named)
            assert named == taken
    assert offered > 500


def sent(chart: Protocol, lived: Lived, name: str, later: timedelta = timedelta()) -> Step:
    trigger = Trigger(kind="event", name=name, payload={"n": 1})
    return step(chart, lived.done.snapshot, trigger, lived.facts, lived.now + later)


def test_the_hour_at_which_an_event_comes_changes_only_when_things_fall_due():
    compared = 0
    for chart, steps in lives(150):
        for lived in steps[:4]:
            for name in PLAIN:
                with suppress(EndlessLoop):
                    now, later = sent(chart, lived, name), sent(chart, lived, name, timedelta(hours=5))
                    compared += now.taken
                    assert now.snapshot.active == later.snapshot.active
                    assert now.snapshot.history == later.snapshot.history
                    assert (notes(now.effects), now.why, now.taken) == (notes(later.effects), later.why, later.taken)
                    assert clocks(now.snapshot.timers) == clocks(later.snapshot.timers)
    assert compared > 200


def clocks(timers: Iterable[Timer]) -> list[tuple[str, str, str]]:
    return sorted((timer.state, timer.kind, timer.event) for timer in timers)


def test_a_missed_deadline_climbs_its_ladder_a_rung_at_a_time():
    rungs = 0
    for _, steps in lives(250):
        for lived in steps:
            timer = lived.trigger.timer
            if timer is None or timer.kind not in ("deadline", "escalation"):
                continue
            (first, *_) = lived.done.effects
            due = lived.before.deadlines[timer.state]
            assert (first.kind, first.args["peldano"]) == ("vencido", timer.index)
            assert first.args["vencio"] == due.isoformat()
            assert timer.due == due + timer.index * timedelta(minutes=15)
            rungs += 1
    assert rungs > 60


def test_a_clock_belongs_to_a_state_that_is_active():
    for _, steps in lives(200):
        for lived in steps:
            after = lived.done.snapshot
            assert {timer.state for timer in after.timers if timer.kind != "send"} <= set(after.active)
            assert len(set(after.timers)) == len(after.timers)


def resumed_life(chart: Protocol, random: Random) -> Iterator[tuple[Step, datetime]]:
    """What a copy of the protocols' own meaning lives through: history brings clocks back."""
    now, facts = NOW, {"grupo": {"nna": 2}}
    done = start(chart, "m", facts, now)
    yield done, now
    for each in history_of(random, 20):
        if each.kind == "event":
            done = step(chart, done.snapshot, Trigger(kind="event", name=each.name, payload={"n": 1}), facts, now)
            yield done, now
            continue
        until = now + timedelta(seconds=each.amount or 0)
        for _ in range(60):  # delayed sends that send more of themselves have no end
            due = next_due(done.snapshot)
            if due is None or due > until:
                break
            now = max(now, due)
            done = step(chart, done.snapshot, Trigger(kind="timer", timer=done.snapshot.timers[0]), facts, now)
            assert done.taken
            yield done, now
        now = until


def resumed_lives(count: int) -> Iterator[tuple[Machine, list[tuple[Step, datetime]]]]:
    for seed in range(count):
        random = Random(seed)
        chart = drawn(random, resumes=True, restless=False)
        yield chart.machines["m"], list(resumed_life(chart, random))


def test_where_history_brings_clocks_back_every_configuration_and_every_clock_is_still_lawful():
    brought = 0
    for machine, lived in resumed_lives(250):
        for done, _ in lived:
            snapshot = done.snapshot
            assert is_configuration(machine.states, set(snapshot.active))
            assert decode(encode(snapshot)) == snapshot
            if snapshot.done:
                continue
            assert {timer.state for timer in snapshot.timers if timer.kind != "send"} <= set(snapshot.active)
            assert set(snapshot.deadlines) <= set(snapshot.active)
            assert not {timer.state for timer in snapshot.held} & set(snapshot.active)
            brought += len(snapshot.held)
    assert brought > 50


def test_a_state_that_history_brings_back_keeps_the_deadline_of_its_last_true_entry():
    kept = 0
    for machine, lived in resumed_lives(250):
        terms = {state.id: length(state.deadline.lasts) for state in every(machine.states) if state.deadline}
        promised: dict[str, datetime] = {}
        for done, now in lived:
            for note in notes(done.effects):
                what, _, name = note.partition(" ")
                if what == "entra" and name in terms:
                    promised[name] = now + terms[name]
                kept += what == "reanuda" and name in terms and promised[name] != now + terms[name]
            if not done.snapshot.done:
                assert done.snapshot.deadlines == {
                    name: promised[name] for name in done.snapshot.active if name in terms
                }
    assert kept > 20


def broken(chart: Protocol, random: Random) -> Machine:
    """The same machine with one thing in it put wrong."""
    machine = chart.machines["m"]
    ids = [state.id for state in every(machine.states)]
    victim, other = random.choice(ids), random.choice([*ids, "nadie"])
    kind = random.choice(("rename", "target", "initial", "emptied", "moved", "guard"))

    def spoil(state: State) -> State:
        changes: dict[str, object] = {"children": tuple(spoil(child) for child in state.children)}
        if state.id == victim:
            arc = Transition(targets=(other, random.choice(ids)), guard=f"en('{other}')")
            changes |= {
                "rename": {"id": other},
                "target": {"transitions": (*state.transitions, arc)},
                "initial": {"initial": (other,)},
                "emptied": {"children": ()},
                "moved": {"kind": random.choice(("atomic", "compound", "parallel", "final", "history"))},
                "guard": {"transitions": (Transition(events=("a",), guard=random.choice(("en(", "x.y >", "(" * 60))),)},
            }[kind]
        return msgspec.structs.replace(state, **changes)

    return msgspec.structs.replace(machine, states=tuple(spoil(state) for state in machine.states))


def test_a_chart_put_wrong_by_chance_is_refused_with_its_reasons_or_runs_lawfully():
    refused = ran = 0
    for seed in range(250):
        random = Random(seed)
        wrong = broken(drawn(random, restless=False), random)
        try:
            chart = protocol(wrong, agencies=AGENCIES)
        except ModelError as error:
            refused += 1
            assert str(error)
            continue
        with suppress(EndlessLoop):
            for done, _ in resumed_life(chart, random):
                assert is_configuration(wrong.states, set(done.snapshot.active))
            ran += 1
    assert refused > 60
    assert ran > 30
