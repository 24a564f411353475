from datetime import UTC, datetime, time, timedelta

import msgspec

from caravan.protocol.model import (
    Deadline,
    Duration,
    Moment,
    Service,
    Snapshot,
    Step,
    Trigger,
    after,
    always,
    atomic,
    cancel_event,
    compound,
    history,
    machine,
    on,
    parallel,
    protocol,
    raise_event,
    send_event,
)
from caravan.protocol.step import next_due, step
from tests.protocol.stepping import HOUR, NOW, begin, come_due, fire, note, notes, send


def test_a_delay_leaves_the_state_by_itself_and_only_if_it_is_still_there():
    chart = protocol(machine("m", atomic("a", after(HOUR, "b"), on("e", "c")), atomic("b"), atomic("c")))
    first = begin(chart)
    (timer,) = first.snapshot.timers
    assert timer.kind == "delay"
    assert fire(chart, first, timer).snapshot.active == ("b",)
    assert not fire(chart, send(chart, first, "e"), timer).taken


DAY = timedelta(days=1)


def test_a_delayed_event_comes_when_it_is_due_and_not_before():
    chart = protocol(
        machine("m", atomic("a", on("e", actions=(send_event("x", delay="10 min"),)), on("x", "b")), atomic("b"))
    )
    sent = send(chart, begin(chart), "e")
    assert sent.snapshot.active == ("a",)
    (timer,) = sent.snapshot.timers
    assert (timer.kind, timer.event, timer.due) == ("send", "x", NOW + timedelta(minutes=10))
    assert next_due(sent.snapshot) == timer.due
    assert not fire(chart, sent, timer, now=timer.due - timedelta(microseconds=1)).taken
    done = fire(chart, sent, timer)
    assert done.snapshot.active == ("b",)
    assert done.snapshot.timers == ()
    assert done.why[0].event == "x"


def test_a_delayed_event_survives_the_state_that_sent_it():
    chart = protocol(
        machine(
            "m",
            atomic("a", on("e", "b"), on_entry=(send_event("x", delay="1 h"),)),
            atomic("b", on("x", "c")),
            atomic("c"),
        )
    )
    left = send(chart, begin(chart), "e")
    assert come_due(chart, left).snapshot.active == ("c",)


def test_a_delayed_event_nobody_waits_for_any_more_is_gone_and_its_timer_with_it():
    chart = protocol(machine("m", atomic("a", on_entry=(send_event("x", delay="1 h"),))))
    done = come_due(chart, begin(chart))
    assert done.taken
    assert done.why == ()
    assert done.snapshot.timers == ()


def test_several_delayed_events_of_one_name_and_instant_come_each_once_in_the_order_they_were_sent():
    twice = (send_event("x", delay="1 h"), send_event("y", delay="1 h"), send_event("x", delay="1 h"))
    chart = protocol(
        machine("m", atomic("a", on("e", actions=twice), on("x", actions=(note("x"),)), on("y", actions=(note("y"),))))
    )
    now = send(chart, begin(chart), "e")
    assert len(set(now.snapshot.timers)) == 3
    heard: list[str] = []
    while now.snapshot.timers:
        timer = now.snapshot.timers[0]
        now = fire(chart, now, timer)
        heard += notes(now)
        assert not fire(chart, now, timer).taken
    assert heard == ["x", "y", "x"]


def test_those_sent_by_different_states_for_one_instant_come_in_the_order_they_were_sent():
    chart = protocol(
        machine(
            "m",
            parallel(
                "p",
                atomic("z", on("e", actions=(send_event("primero", delay="1 h"),))),
                atomic("a", on("f", actions=(send_event("luego", delay="1 h"),))),
            ),
        )
    )
    now = send(chart, send(chart, begin(chart), "e"), "f")
    assert [timer.event for timer in now.snapshot.timers] == ["primero", "luego"]


def test_cancelling_drops_the_delayed_events_of_that_name_or_the_one_sent_under_a_name_of_its_own():
    chart = protocol(
        machine(
            "m",
            atomic(
                "a",
                on(
                    "e",
                    actions=(
                        send_event("x", delay="1 h"),
                        send_event("x", delay="2 h", name="segundo"),
                        send_event("y", delay="1 h"),
                    ),
                ),
                on("por_nombre", actions=(cancel_event("x"),)),
                on("por_id", actions=(cancel_event(name="segundo"),)),
                on("nada", actions=(cancel_event("z"),)),
            ),
        )
    )
    sent = send(chart, begin(chart), "e")

    def left(done: Step) -> list[str]:
        return [timer.event for timer in done.snapshot.timers]

    assert left(send(chart, sent, "nada")) == ["x", "y", "x"]
    assert left(send(chart, sent, "por_nombre")) == ["y"]
    assert left(send(chart, sent, "por_id")) == ["x", "y"]


def test_a_grace_period_can_be_cancelled_and_a_timer_of_a_cancelled_event_changes_nothing():
    chart = protocol(
        machine(
            "m",
            compound(
                "alerta",
                atomic(
                    "gracia",
                    on("falsa", "nada", actions=(cancel_event("vence"),)),
                    on_entry=(send_event("vence", delay="60 s"),),
                ),
                atomic("nada"),
                on("vence", "confirmada"),
            ),
            atomic("confirmada"),
        )
    )
    waits = begin(chart)
    (timer,) = waits.snapshot.timers
    assert fire(chart, waits, timer).snapshot.active == ("confirmada",)
    assert not fire(chart, send(chart, waits, "falsa"), timer).taken


def test_a_delay_of_nothing_is_answered_at_once_but_after_all_that_was_raised():
    heard = tuple(on(each, actions=(note(each),)) for each in ("ya", "antes"))
    chart = protocol(
        machine("m", atomic("a", on("e", actions=(send_event("ya", delay="0 s"), raise_event("antes"))), *heard))
    )
    assert notes(send(chart, begin(chart), "e")) == ["antes", "ya"]


def test_an_event_that_is_late_is_counted_on_from_the_moment_it_is_heard():
    chart = protocol(
        machine(
            "m", atomic("a", on("x", actions=(send_event("x", delay="1 h"),)), on_entry=(send_event("x", delay="1 h"),))
        )
    )
    first = begin(chart)
    late = fire(chart, first, first.snapshot.timers[0], now=NOW + timedelta(hours=5))
    assert next_due(late.snapshot) == NOW + timedelta(hours=6)


def test_delayed_events_survive_json_and_still_fire():
    chart = protocol(
        machine(
            "m",
            atomic(
                "a",
                on("x", "b"),
                on_entry=(send_event("x", delay=timedelta(milliseconds=10), name="uno"), send_event("x", delay="1.5s")),
            ),
            atomic("b"),
        )
    )
    first = begin(chart)
    read = msgspec.json.decode(msgspec.json.encode(first.snapshot), type=Snapshot)
    assert read == first.snapshot
    assert [timer.due - NOW for timer in read.timers] == [timedelta(milliseconds=10), timedelta(milliseconds=1500)]
    assert step(chart, read, Trigger(kind="timer", timer=read.timers[0]), {}, read.timers[0].due).snapshot.active == (
        "b",
    )


def test_a_delayed_event_is_not_held_by_history_but_goes_on():
    chart = protocol(
        machine(
            "m",
            compound(
                "c", history("h", deep=True), atomic("c1", on_entry=(send_event("x", delay="1 h"),)), on("pausa", "y")
            ),
            atomic("y", on("x", "z")),
            atomic("z"),
            resumes=True,
        )
    )
    paused = send(chart, begin(chart), "pausa")
    assert paused.snapshot.held == ()
    assert come_due(chart, paused).snapshot.active == ("z",)


def test_missing_a_deadline_or_recounting_it_leaves_delayed_events_alone():
    deadline = Deadline(lasts=HOUR, since="grupo.desde")
    chart = protocol(machine("m", atomic("a", deadline=deadline, on_entry=(send_event("x", delay="5 h"),))))
    first = begin(chart, {"grupo": {"desde": NOW}})
    missed = fire(chart, first, first.snapshot.timers[0])
    assert [timer.kind for timer in missed.snapshot.timers] == ["send"]
    again = step(chart, first.snapshot, Trigger(kind="facts"), {"grupo": {"desde": NOW + DAY}}, NOW)
    assert [timer.kind for timer in again.snapshot.timers] == ["send", "deadline"]


def test_a_checkpoint_acts_and_stays_and_each_of_several_comes_once():
    points = tuple(after(Duration(amount=days, unit="d"), actions=(note(f"{days} d"),)) for days in (7, 30, 90))
    chart = protocol(machine("m", atomic("a", *points, on("e", "b")), atomic("b")))
    now, told = begin(chart), list[tuple[str, datetime]]()
    while (due := next_due(now.snapshot)) is not None:
        now = come_due(chart, now)
        told += [(each, due) for each in notes(now)]
        assert now.snapshot.active == ("a",)
    assert told == [("7 d", NOW + 7 * DAY), ("30 d", NOW + 30 * DAY), ("90 d", NOW + 90 * DAY)]


def test_leaving_the_state_ends_the_checkpoints_that_were_still_to_come():
    chart = protocol(
        machine("m", atomic("a", after("7 d", actions=(note("x"),)), after("30 d", "b"), on("e", "b")), atomic("b"))
    )
    assert send(chart, come_due(chart, begin(chart)), "e").snapshot.timers == ()


def test_alternatives_of_one_delay_share_a_timer_and_the_first_whose_guard_holds_is_taken():
    chart = protocol(
        machine(
            "m",
            atomic("a", after("1 h", "b", guard="grupo.n > 3"), after("2 h", "d"), after("1 h", actions=(note("sigue"),))),
            atomic("b"), atomic("d"),
        )
    )  # fmt: skip
    first = begin(chart)
    assert [(timer.index, timer.due) for timer in first.snapshot.timers] == [
        (0, NOW + timedelta(hours=1)),
        (1, NOW + timedelta(hours=2)),
    ]
    (timer, _) = first.snapshot.timers
    many = step(chart, first.snapshot, Trigger(kind="timer", timer=timer), {"grupo": {"n": 4}}, timer.due)
    assert many.snapshot.active == ("b",)
    few = fire(chart, first, timer)
    assert notes(few) == ["sigue"]
    assert come_due(chart, few).snapshot.active == ("d",)


def test_a_delay_whose_guard_does_not_hold_when_it_is_due_is_over():
    chart = protocol(machine("m", atomic("a", after("1 h", "b", guard="grupo.n > 3")), atomic("b")))
    done = come_due(chart, begin(chart))
    assert done.taken
    assert done.snapshot.active == ("a",)
    assert done.snapshot.timers == ()


def test_an_inner_and_an_outer_delay_of_one_instant_are_told_one_by_one():
    chart = protocol(
        machine("m", compound("a", atomic("b", after("1 h", "c")), atomic("c"), after("1 h", "d")), atomic("d"))
    )
    now = begin(chart)
    while now.snapshot.timers:
        now = come_due(chart, now)
    assert now.snapshot.active == ("d",)


DESK = Service(id="ventanilla", days=(0, 1, 2, 3, 4), opens=time(9), closes=time(14, 30))
TUESDAY_NIGHT = datetime(2023, 5, 17, 3, 0, tzinfo=UTC)  # Tuesday the 16th, 21:00 in Guanajuato


def test_a_state_may_wait_for_a_desk_to_open_and_out_of_hours_take_another_way():
    chart = protocol(
        machine(
            "m",
            atomic("llega", always("atiende", guard="abierto('ventanilla')"), always("espera")),
            atomic("espera", after(Moment(what="opens", service="ventanilla"), "llega")),
            atomic("atiende", after(Moment(what="closes", service="ventanilla"), "espera")),
        ),
        services={"ventanilla": DESK},
    )
    night = begin(chart, now=TUESDAY_NIGHT)
    assert night.snapshot.active == ("espera",)
    assert next_due(night.snapshot) == datetime(2023, 5, 17, 15, 0, tzinfo=UTC)
    morning = come_due(chart, night)
    assert morning.snapshot.active == ("atiende",)
    assert next_due(morning.snapshot) == datetime(2023, 5, 17, 20, 30, tzinfo=UTC)
    assert come_due(chart, morning).snapshot.active == ("espera",)


def test_a_desk_that_never_opens_sets_no_timer():
    never = Service(id="x", days=(), opens=time(9), closes=time(10))
    chart = protocol(
        machine("m", atomic("a", after(Moment(what="opens", service="x"), "b")), atomic("b")), services={"x": never}
    )
    assert begin(chart).snapshot.timers == ()
