from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from caravan.protocol.model import (
    Deadline,
    Duration,
    Ladder,
    Protocol,
    Trigger,
    atomic,
    machine,
    on,
    parallel,
    protocol,
)
from caravan.protocol.step import next_due, step, waiting
from caravan.protocol.workdays import Calendar
from tests.protocol.stepping import AGENCIES, HOUR, NOW, begin, fire, send

RUNGS = Ladder(rungs=("responsable", "coordinacion", "TITULAR"), every=Duration(amount=30, unit="min"))


def timed(**parts: Any) -> Protocol:
    waits = atomic("a", on("e", "b"), owner="ALBERGUE", deadline=Deadline(lasts=HOUR), **parts)
    return protocol(machine("m", waits, atomic("b")), agencies=AGENCIES, ladder=RUNGS)


def test_a_missed_deadline_tells_one_rung_at_a_time_and_then_stops():
    chart = timed()
    now = begin(chart)
    told: list[tuple[int, list[str], datetime]] = []
    while (due := next_due(now.snapshot)) is not None:
        now = fire(chart, now, now.snapshot.timers[0])
        (effect,) = now.effects
        assert effect.kind == "vencido"
        assert effect.args["vencio"] == "2023-05-16T04:00:00+00:00"
        told.append((effect.args["peldano"], effect.args["avisar_a"], due))
    hour = NOW + timedelta(hours=1)
    assert told == [
        (0, ["ALBERGUE"], hour),
        (1, ["SDH"], hour + timedelta(minutes=30)),
        (2, ["TITULAR"], hour + timedelta(hours=1)),
    ]
    assert now.snapshot.active == ("a",)
    assert now.snapshot.deadlines == {"a": hour}


def test_a_rung_that_may_not_know_of_the_state_is_not_told():
    chart = timed(visible=("SDH",))
    missed = fire(chart, begin(chart), begin(chart).snapshot.timers[0])
    assert missed.effects[0].args["avisar_a"] == []
    assert missed.effects[0].visible == ("SDH",)


def test_a_timer_that_is_early_doubled_or_stale_changes_nothing():
    chart = timed()
    first = begin(chart)
    (timer,) = first.snapshot.timers
    assert not fire(chart, first, timer, now=timer.due - timedelta(seconds=1)).taken
    missed = fire(chart, first, timer)
    again = fire(chart, missed, timer)
    assert not again.taken
    assert again.snapshot is missed.snapshot
    assert not fire(chart, send(chart, first, "e"), timer).taken


def test_leaving_the_state_ends_its_deadline_and_its_ladder():
    chart = timed()
    missed = fire(chart, begin(chart), begin(chart).snapshot.timers[0])
    left = send(chart, missed, "e")
    assert left.snapshot.timers == ()
    assert left.snapshot.deadlines == {}


def lodged() -> Protocol:
    deadline = Deadline(
        lasts=Duration(amount=0, unit="min"), since="grupo.fin", warn_before=Duration(amount=1, unit="d")
    )
    return protocol(machine("m", atomic("a", deadline=deadline, owner="ALBERGUE")), agencies=AGENCIES)


def test_the_end_of_the_stay_is_announced_a_day_before_and_moves_with_the_stay():
    chart = lodged()
    thursday = datetime(2023, 5, 18, 18, 0, tzinfo=UTC)
    first = begin(chart, {"grupo": {"fin": thursday}})
    assert [(timer.kind, timer.due) for timer in first.snapshot.timers] == [
        ("forewarning", thursday - timedelta(days=1)),
        ("deadline", thursday),
    ]
    warned = step(
        chart,
        first.snapshot,
        Trigger(kind="timer", timer=first.snapshot.timers[0]),
        {"grupo": {"fin": thursday}},
        thursday,
    )
    assert warned.effects[0].kind == "por_vencer"
    assert warned.effects[0].args == {"estado": "a", "vence": thursday.isoformat(), "avisar_a": ["ALBERGUE"]}
    friday = thursday + timedelta(days=1)
    moved = step(chart, warned.snapshot, Trigger(kind="facts"), {"grupo": {"fin": friday}}, NOW)
    assert moved.taken
    assert moved.snapshot.deadlines == {"a": friday}
    assert len(moved.snapshot.timers) == 2


def test_a_deadline_counted_from_an_unknown_date_has_no_date_and_says_what_it_waits_for():
    chart = lodged()
    first = begin(chart)
    assert first.snapshot.timers == ()
    (state,) = waiting(chart, first.snapshot)
    assert state.deadline is None
    assert state.counted_from == "grupo.fin"
    known = step(chart, first.snapshot, Trigger(kind="facts"), {"grupo": {"fin": NOW}}, NOW)
    assert waiting(chart, known.snapshot)[0].counted_from is None
    forgotten = step(chart, known.snapshot, Trigger(kind="facts"), {"grupo": {"fin": None}}, NOW)
    assert forgotten.snapshot.deadlines == {}


def test_an_external_self_transition_begins_the_deadline_anew():
    chart = protocol(machine("m", atomic("a", on("e", "a"), deadline=Deadline(lasts=HOUR))))
    again = send(chart, begin(chart), "e", now=NOW + timedelta(minutes=30))
    assert again.snapshot.deadlines == {"a": NOW + timedelta(minutes=90)}
    assert len(again.snapshot.timers) == 1


@pytest.mark.parametrize("slip", [date(1, 1, 1), date(9999, 12, 31), datetime(9999, 12, 31, tzinfo=UTC), "ayer", 7])
def test_what_cannot_be_meant_as_a_date_is_an_unknown_date(slip: Any):
    chart = protocol(machine("m", atomic("a", deadline=Deadline(lasts=HOUR, since="grupo.fin", warn_before=HOUR))))
    assert begin(chart, {"grupo": {"fin": slip}}).snapshot.timers == ()


def test_terms_of_working_days_are_counted_by_the_calendar_of_the_protocol():
    lasts = Duration(amount=2, unit="dh")
    closed = Calendar(id="x", closures={date(2023, 5, 17): "acuerdo"})
    chart = protocol(machine("m", atomic("a", deadline=Deadline(lasts=lasts))), calendar=closed)
    friday_midnight = datetime(2023, 5, 19, 6, 0, tzinfo=UTC)
    assert begin(chart).snapshot.deadlines == {"a": friday_midnight}  # Monday evening in Guanajuato: Tuesday, Thursday
    assert begin(chart, now=NOW + timedelta(minutes=1)).snapshot.deadlines == {"a": friday_midnight}


def test_a_rung_that_the_ladder_no_longer_has_tells_nobody():
    chart = timed()
    missed = fire(chart, begin(chart), begin(chart).snapshot.timers[0])
    beyond = msgspec.structs.replace(missed.snapshot.timers[0], index=7)
    moved = msgspec.structs.replace(missed.snapshot, timers=(beyond,))
    told = step(chart, moved, Trigger(kind="timer", timer=beyond), {}, beyond.due)
    assert told.effects[0].args["avisar_a"] == []
    assert told.snapshot.timers == ()


def test_equal_terms_that_begin_together_share_their_instant():
    waits = [atomic(name, deadline=Deadline(lasts=HOUR)) for name in ("a", "b")]
    one, other = begin(protocol(machine("m", parallel("p", *waits)))).snapshot.timers
    assert one.due is other.due


def test_a_missed_deadline_is_forgotten_when_the_date_it_counted_from_becomes_unknown():
    chart = protocol(machine("m", atomic("a", deadline=Deadline(lasts=HOUR, since="grupo.fin"))))
    first = begin(chart, {"grupo": {"fin": NOW}})
    (timer,) = first.snapshot.timers
    missed = step(chart, first.snapshot, Trigger(kind="timer", timer=timer), {"grupo": {"fin": NOW}}, timer.due)
    assert missed.snapshot.deadlines == {"a": timer.due}
    forgotten = step(chart, missed.snapshot, Trigger(kind="facts"), {}, timer.due)
    assert forgotten.taken
    assert forgotten.snapshot.deadlines == {}
