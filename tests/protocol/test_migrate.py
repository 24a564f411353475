"""A running copy carried over to another version: what goes with it, what is refused, and that nothing else happens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from golden import GOLDEN, Line, published_in, read
from msgspec.structs import replace

from caravan import events as e
from caravan.protocol.load import load
from caravan.protocol.model import (
    Deadline,
    Duration,
    Ladder,
    Protocol,
    Snapshot,
    State,
    Timer,
    Trigger,
    act,
    after,
    atomic,
    compound,
    final,
    history,
    machine,
    on,
    parallel,
    protocol,
)
from caravan.protocol.step import start, step
from caravan.protocol.versions.again import facts_read
from caravan.protocol.versions.migrate import CannotMigrate, Carried, carry

NOW = datetime(2023, 5, 16, 2, tzinfo=UTC)
LATER = NOW + timedelta(hours=3)
HOUR, DAY = Duration.parse("1 h"), Duration.parse("1 d")
WAIT = atomic("espera", on("llega", "camino"), deadline=Deadline(lasts=Duration.parse("4 h")))
WAY = atomic("camino", on("sale", "fin"), after(DAY, "fin"))
END = final("fin")


def _version(number: int, *states: State, resumes: bool = False, **parts: Any) -> Protocol:
    return protocol(machine("m", *states, resumes=resumes), **({"version": number} | parts))


def _running(before: Protocol, *events: str) -> Snapshot:
    snapshot = start(before, "m", {}, NOW).snapshot
    for event in events:
        snapshot = step(before, snapshot, Trigger(kind="event", name=event), {}, NOW).snapshot
    return snapshot


def _carry(snapshot: Snapshot, before: Protocol, other: Protocol, **images: str) -> Carried:
    return carry(snapshot, before, other, images, {}, LATER)


def _refused(snapshot: Snapshot, before: Protocol, other: Protocol, **images: str) -> tuple[str, ...]:
    with pytest.raises(CannotMigrate) as refusal:
        _carry(snapshot, before, other, **images)
    return refusal.value.problems


BEFORE = _version(1, WAIT, WAY, END)


def test_a_step_that_both_versions_have_is_its_own_image_and_keeps_its_original_deadline() -> None:
    longer = _version(2, replace(WAIT, deadline=Deadline(lasts=DAY)), WAY, END)
    snapshot = _running(BEFORE)
    carried = _carry(snapshot, BEFORE, longer)
    assert carried == Carried(snapshot=replace(snapshot, version=2))
    assert carried.snapshot.deadlines == {"espera": NOW + timedelta(hours=4)}


def test_a_step_with_another_name_goes_where_the_map_says_with_its_clock() -> None:
    renamed = _version(2, replace(WAIT, id="en_espera"), WAY, END)
    carried = _carry(_running(BEFORE), BEFORE, renamed, espera="en_espera")
    assert carried.snapshot.active == ("en_espera",)
    assert carried.snapshot.timers == (Timer(state="en_espera", due=NOW + timedelta(hours=4)),)
    assert step(renamed, carried.snapshot, Trigger(kind="event", name="llega"), {}, LATER).snapshot.active == (
        "camino",
    )


def test_all_live_steps_without_an_image_are_named_at_once() -> None:
    tracks = parallel("dos", compound("a", atomic("a1")), compound("b", atomic("b1")))
    before = _version(1, tracks)
    other = _version(2, parallel("dos", compound("a", atomic("a2")), compound("b", atomic("b2"))))
    problems = _refused(_running(before), before, other)
    assert len(problems) == 2
    assert "«a1»" in problems[0]
    assert "«b1»" in problems[1]


def test_a_step_of_another_kind_is_not_its_own_image() -> None:
    other = _version(2, compound("espera", atomic("dentro", on("llega", "camino"))), WAY, END)
    assert "«espera»" in _refused(_running(BEFORE), BEFORE, other)[0]
    assert "tiene pasos dentro" in _refused(_running(BEFORE), BEFORE, other, espera="espera")[0]
    carried = _carry(_running(BEFORE), BEFORE, other, espera="dentro", **{"relojes:espera": ""})
    assert carried.snapshot.active == ("espera", "dentro")


def test_what_is_not_finished_does_not_become_finished_by_a_map() -> None:
    assert "es un final" in _refused(_running(BEFORE), BEFORE, _version(2, WAY, END), espera="fin")[0]


def test_what_is_finished_stays_finished() -> None:
    snapshot = _running(BEFORE, "llega", "sale")
    assert snapshot.done
    carried = _carry(snapshot, BEFORE, _version(2, WAY, END)).snapshot
    assert (carried.done, carried.active, carried.timers) == (True, ("fin",), ())


def test_steps_that_cannot_be_active_together_are_refused() -> None:
    before = _version(1, parallel("dos", compound("a", atomic("a1")), compound("b", atomic("b1"))))
    other = _version(2, compound("dos", compound("a", atomic("a1")), compound("b", atomic("b1"))))
    assert _refused(_running(before), before, other) == ("«a» y «b» no pueden estar activos a la vez",)


def test_a_new_track_begins_where_the_map_says_or_the_copy_stays_where_it_is() -> None:
    before = _version(1, parallel("dos", compound("a", atomic("a1"))))
    new = compound("b", atomic("b1", deadline=Deadline(lasts=HOUR), on_entry=(act("registrar", nota="x"),)))
    other = _version(2, parallel("dos", compound("a", atomic("a1")), new))
    assert _refused(_running(before), before, other) == ("falta decir en qué paso empieza «b», que es nuevo",)
    assert "no es un paso en el que pueda empezar" in _refused(_running(before), before, other, b="a1")[0]
    carried = _carry(_running(before), before, other, b="b1")
    assert carried.snapshot.active == ("dos", "a", "a1", "b", "b1")
    assert carried.started == (Timer(state="b1", due=LATER + timedelta(hours=1)),)


def test_a_new_deadline_counts_from_now_and_one_that_is_gone_is_dropped_and_said() -> None:
    with_term, without = replace(WAY, deadline=Deadline(lasts=HOUR)), replace(WAIT, deadline=None)
    other = _version(2, without, with_term, END)
    assert "«espera» perdería su plazo" in _refused(_running(BEFORE), BEFORE, other)[0]
    dropped = _carry(_running(BEFORE), BEFORE, other, **{"relojes:espera": ""})
    assert dropped.dropped == (Timer(state="espera", due=NOW + timedelta(hours=4)),)
    assert dropped.snapshot.timers == ()
    started = _carry(_running(BEFORE, "llega"), BEFORE, other)
    assert started.started == (Timer(state="camino", due=LATER + timedelta(hours=1)),)


def test_a_deadline_that_was_missed_is_not_given_again_and_its_ladder_goes_on() -> None:
    ladder = Ladder(rungs=("SDH", "DIF"), every=HOUR)
    before, other = _version(1, WAIT, WAY, END, ladder=ladder), _version(2, WAIT, WAY, END, ladder=ladder)
    short = _version(3, WAIT, WAY, END, ladder=replace(ladder, rungs=("SDH",)))
    waiting = _running(before)
    late = step(before, waiting, Trigger(kind="timer", timer=waiting.timers[0]), {}, NOW + timedelta(hours=4)).snapshot
    assert [timer.kind for timer in late.timers] == ["escalation"]
    assert _carry(late, before, other).snapshot == replace(late, version=2)
    assert "un aviso de que venció" in _refused(late, before, short)[0]
    carried = _carry(late, before, short, **{"relojes:espera": ""})
    assert carried.snapshot.missed == late.missed
    assert carried.dropped == late.timers


def test_a_delay_keeps_its_hour_moves_to_its_new_place_and_is_dropped_when_it_is_gone() -> None:
    snapshot = _running(BEFORE, "llega")
    moved = _version(2, WAIT, replace(WAY, transitions=(after(HOUR, "espera"), *WAY.transitions)), END)
    carried = _carry(snapshot, BEFORE, moved)
    assert carried.snapshot.timers == (
        Timer(state="camino", kind="delay", index=0, due=LATER + timedelta(hours=1)),
        Timer(state="camino", kind="delay", index=1, due=NOW + timedelta(days=1)),
    )
    without = _version(3, WAIT, replace(WAY, transitions=WAY.transitions[:1]), END)
    assert "«camino» perdería lo que haría" in _refused(snapshot, BEFORE, without)[0]
    gone = _carry(snapshot, BEFORE, without, **{"relojes:camino": "-"})
    assert gone.dropped == snapshot.timers


def test_a_delay_that_has_fired_does_not_begin_again() -> None:
    way = replace(WAY, transitions=(on("sale", "fin"), after(HOUR, "fin", guard="en('fin')")))
    before, other = _version(1, WAIT, way, END), _version(2, WAIT, way, END)
    snapshot = _running(before, "llega")
    fired = step(before, snapshot, Trigger(kind="timer", timer=snapshot.timers[0]), {}, LATER).snapshot
    assert fired.timers == ()
    assert _carry(fired, before, other).started == ()


def _suspended(inside: str, *, resumes: bool = True) -> tuple[Protocol, Snapshot]:
    before = _version(1, *_with_memory("uno", inside), resumes=resumes)
    return before, _running(before, "suspender")


def _with_memory(*names: str) -> tuple[State, ...]:
    steps = tuple(atomic(name, deadline=Deadline(lasts=HOUR)) for name in dict.fromkeys(names))
    care = compound("atencion", *steps, history("memoria", deep=True), on_exit=(), initial=names[-1])
    return replace(care, transitions=(on("suspender", "pausa"),)), atomic("pausa", on("reanudar", "memoria"))


def test_what_a_history_remembers_goes_over_with_the_clocks_it_holds() -> None:
    before, snapshot = _suspended("dos")
    other = _version(2, *_with_memory("uno", "tres"), resumes=True)
    problems = _refused(snapshot, before, other)
    assert "recuerda «dos»" in problems[0]
    carried = _carry(snapshot, before, other, dos="tres").snapshot
    assert carried.history == {"memoria": ("tres",)}
    assert carried.held == (Timer(state="tres", due=NOW + timedelta(hours=1)),)
    back = step(other, carried, Trigger(kind="event", name="reanudar"), {}, LATER).snapshot
    assert (back.active, back.deadlines) == (("atencion", "tres"), {"tres": NOW + timedelta(hours=1)})


def test_a_memory_is_dropped_only_when_the_map_says_so() -> None:
    before, snapshot = _suspended("dos")
    other = _version(2, compound("atencion", atomic("uno")), atomic("pausa", on("reanudar", "atencion")))
    assert "memoria" in _refused(snapshot, before, other)[0]
    carried = _carry(snapshot, before, other, memoria="")
    assert (carried.snapshot.history, carried.forgotten) == ({}, ("memoria",))
    assert carried.dropped == snapshot.held


def test_a_map_that_names_what_is_nowhere_is_refused() -> None:
    problems = _refused(_running(BEFORE), BEFORE, _version(2, WAIT, WAY, END), nadie="camino", camino="ninguna")
    assert "«nadie»" in problems[0]
    assert "«ninguna»" in problems[1]


def test_a_map_names_only_clocks_of_steps_there_are() -> None:
    problems = _refused(
        _running(BEFORE), BEFORE, _version(2, WAIT, WAY, END), **{"relojes:nadie": "", "relojes:espera": "camino"}
    )
    assert [("«relojes:nadie»" in problems[0]), ("«relojes:espera»" in problems[1])] == [True, True]


def test_a_machine_that_the_other_version_has_not_is_refused() -> None:
    other = protocol(machine("otra", atomic("espera")), version=2)
    assert _refused(_running(BEFORE), BEFORE, other) == ("la máquina «m» no existe en la versión 2",)


def test_two_steps_that_become_one_keep_the_earlier_deadline() -> None:
    one = replace(WAIT, transitions=())
    before = _version(
        1,
        parallel(
            "dos",
            compound("a", replace(one, id="a1")),
            compound("b", replace(one, id="b1", deadline=Deadline(lasts=HOUR))),
        ),
    )
    other = _version(2, replace(one, id="junto"))
    carried = _carry(_running(before), before, other, a1="junto", b1="junto").snapshot
    assert carried.timers == (Timer(state="junto", due=NOW + timedelta(hours=1)),)


def test_a_delayed_event_goes_over_while_somebody_could_hear_it() -> None:
    sends = atomic("espera", on("llega", "camino"), on_entry=(act("emitir", evento="sale", tras="2 h"),))
    before, other = _version(1, sends, WAY, END), _version(2, replace(sends, id="otra"), WAY, END)
    snapshot = _running(before)
    assert [timer.kind for timer in snapshot.timers] == ["send"]
    assert _carry(snapshot, before, _version(3, sends, WAY, END)).snapshot == replace(snapshot, version=3)
    carried = _carry(snapshot, before, other, espera="otra").snapshot
    assert [(timer.state, timer.due) for timer in carried.timers] == [("otra", NOW + timedelta(hours=2))]
    arrived = step(other, carried, Trigger(kind="event", name="llega"), {}, NOW).snapshot
    rung = step(other, arrived, Trigger(kind="timer", timer=carried.timers[0]), {}, LATER)
    assert rung.snapshot.done
    deaf = _version(4, replace(sends, transitions=(on("llega", "espera"),)))
    assert "lo que tenía programado" in _refused(snapshot, before, deaf)[0]
    named = {f"relojes:{timer.state}": "" for timer in snapshot.timers}
    assert _carry(snapshot, before, deaf, **named).dropped == snapshot.timers


def test_a_walk_through_a_whole_protocol_goes_over_unchanged_at_every_point() -> None:
    """The same text under another number: whatever is running, migrating changes nothing but the number."""
    text = published_in(GOLDEN / "0.1")[0]
    before, other = load(text), load(text.replace("version: 1\n", "version: 2\n", 1))
    steps = [fact for fact in map(_fact, read(GOLDEN / "0.1")[0]) if isinstance(fact, e.ProtocolStepped)]
    assert len(steps) > 40
    for fact in steps:
        facts = facts_read(before, fact.read)
        carried = carry(fact.snapshot, before, other, {}, facts, LATER)
        assert carried == Carried(snapshot=replace(fact.snapshot, version=2))


def _fact(line: Line) -> e.Event:
    return e.decode(bytes(line.fact))
