from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from caravan.protocol.model import (
    Agency,
    Deadline,
    Duration,
    EndlessLoop,
    Ladder,
    Level,
    Protocol,
    Snapshot,
    SnapshotError,
    Step,
    Timer,
    Transition,
    Trigger,
    act,
    after,
    always,
    atomic,
    compound,
    final,
    history,
    machine,
    on,
    parallel,
    protocol,
)
from caravan.protocol.step import missing_evidence, next_due, possible, start, step, waiting

NOW = datetime(2023, 5, 16, 3, 0, tzinfo=UTC)
HOUR = Duration(amount=1, unit="h")


def begin(chart: Protocol, facts: dict[str, Any] | None = None, now: datetime = NOW) -> Step:
    return start(chart, next(iter(chart.machines)), facts or {}, now)


def send(
    chart: Protocol, before: Step, event: str, facts: dict[str, Any] | None = None, now: datetime = NOW, **payload: Any
) -> Step:
    return step(chart, before.snapshot, Trigger(kind="event", name=event, payload=payload), facts or {}, now)


def fire(chart: Protocol, before: Step, timer: Timer, now: datetime | None = None) -> Step:
    return step(chart, before.snapshot, Trigger(kind="timer", timer=timer), {}, now or timer.due)


def notes(done: Step) -> list[str]:
    return [effect.args["nota"] for effect in done.effects]


def note(text: str):
    return act("registrar", nota=text)


def test_a_machine_begins_in_the_first_state_of_each_level_and_in_all_regions():
    chart = protocol(
        machine("m", compound("a", atomic("a1"), atomic("a2")), parallel("p", atomic("r1"), atomic("r2"))),
        machine(
            "n", parallel("q", compound("s", atomic("s1")), compound("t", atomic("t1"), atomic("t2"), initial="t2"))
        ),
    )
    assert begin(chart).snapshot.active == ("a", "a1")
    assert start(chart, "n", {}, NOW).snapshot.active == ("q", "s", "s1", "t", "t2")


def test_the_innermost_state_that_listens_wins():
    chart = protocol(
        machine(
            "m",
            compound("outer", atomic("inner", on("e", "near")), atomic("near"), transitions=(on("e", "far"),)),
            atomic("far"),
        )
    )
    assert send(chart, begin(chart), "e").snapshot.active == ("outer", "near")


def test_among_alternatives_the_first_whose_guard_holds_is_taken_and_unknown_does_not_hold():
    chart = protocol(
        machine(
            "m",
            atomic("a", on("e", "b", guard="grupo.nna > 0"), on("e", "c", guard="not (grupo.nna > 0)"), on("e", "d")),
            atomic("b"), atomic("c"), atomic("d"),
        )
    )  # fmt: skip
    first = begin(chart)
    assert send(chart, first, "e", {"grupo": {"nna": 2}}).snapshot.active == ("b",)
    assert send(chart, first, "e", {"grupo": {"nna": 0}}).snapshot.active == ("c",)
    assert send(chart, first, "e").snapshot.active == ("d",)


@pytest.mark.parametrize(
    ("listens", "event", "heard"),
    [
        ("aviso", "aviso", True),
        ("aviso", "aviso.enviado", True),
        ("aviso.*", "aviso.enviado.hoy", True),
        ("aviso", "avisos", False),
        ("aviso.enviado", "aviso", False),
        ("otro aviso", "aviso", True),
        ("*", "lo.que.sea", True),
    ],
)
def test_an_event_is_matched_by_whole_dotted_parts(listens: str, event: str, heard: bool):
    chart = protocol(machine("m", atomic("a", on(listens, "b")), atomic("b")))
    assert send(chart, begin(chart), event).taken is heard


def test_children_are_left_before_parents_and_entered_after_them():
    def told(name: str) -> dict[str, Any]:
        return {"on_entry": (note(f"entra {name}"),), "on_exit": (note(f"sale {name}"),)}

    chart = protocol(
        machine(
            "m",
            compound("a", atomic("a1", **told("a1")), **told("a"), transitions=(on("e", "b2", actions=(note("va"),)),)),
            compound("b", atomic("b1"), atomic("b2", **told("b2")), **told("b")),
        )
    )
    done = send(chart, begin(chart), "e")
    assert notes(done) == ["sale a1", "sale a", "va", "entra b", "entra b2"]
    assert done.why[0].left == ("a", "a1")
    assert done.why[0].entered == ("b", "b2")
    assert done.why[0].transition == ("a", ("b2",))


def test_an_external_transition_leaves_its_state_and_an_internal_one_does_not():
    def chart_with(internal: bool) -> Protocol:
        loop = on("e", "a2", internal=internal)
        return protocol(
            machine("m", compound("a", atomic("a1"), atomic("a2"), transitions=(loop,), on_exit=(note("sale"),)))
        )

    for internal, expected in ((True, []), (False, ["sale"])):
        chart = chart_with(internal)
        done = send(chart, begin(chart), "e")
        assert done.snapshot.active == ("a", "a2")
        assert notes(done) == expected


def test_a_transition_without_target_acts_and_stays():
    chart = protocol(machine("m", atomic("a", on("e", actions=(note("hecho"),)), deadline=Deadline(lasts=HOUR))))
    before = begin(chart)
    done = send(chart, before, "e", now=NOW + timedelta(minutes=5))
    assert done.taken
    assert notes(done) == ["hecho"]
    assert done.snapshot == before.snapshot


def test_every_region_hears_the_event_in_document_order():
    chart = protocol(
        machine(
            "m",
            parallel(
                "p",
                compound("r", atomic("r1", on("e", "r2", actions=(note("r"),))), atomic("r2")),
                compound("s", atomic("s1", on("e", "s2", actions=(note("s"),))), atomic("s2")),
            ),
        )
    )
    done = send(chart, begin(chart), "e")
    assert done.snapshot.active == ("p", "r", "r2", "s", "s2")
    assert notes(done) == ["r", "s"]
    assert [why.transition[0] for why in done.why] == ["r1", "s1"]


def test_when_two_regions_disagree_the_first_in_the_document_wins():
    chart = protocol(
        machine(
            "m",
            parallel("p", compound("r", atomic("r1", on("e", "x"))), compound("s", atomic("s1", on("e", "y")))),
            atomic("x"), atomic("y"),
        )
    )  # fmt: skip
    assert send(chart, begin(chart), "e").snapshot.active == ("x",)


def test_a_region_that_answers_itself_outranks_the_answer_of_the_whole():
    chart = protocol(
        machine(
            "m",
            parallel(
                "p",
                compound("r", atomic("r1")),
                compound("s", atomic("s1", on("e", "s2")), atomic("s2")),
                transitions=(on("e", "x"),),
            ),
            atomic("x"),
        )
    )
    assert send(chart, begin(chart), "e").snapshot.active == ("p", "r", "r1", "s", "s2")


def test_a_parallel_is_done_when_every_region_is_final():
    def region(name: str):
        return compound(name, atomic(f"{name}1", on(f"fin_{name}", f"{name}2")), final(f"{name}2"))

    chart = protocol(
        machine("m", parallel("p", region("r"), region("s"), transitions=(on("done.state.p", "fin"),)), final("fin"))
    )
    one = send(chart, begin(chart), "fin_r")
    assert not one.snapshot.done
    both = send(chart, one, "fin_s")
    assert both.snapshot.active == ("fin",)
    assert both.snapshot.done
    assert [why.event for why in both.why] == ["fin_s", "done.state.p"]
    assert not send(chart, both, "fin_s").taken


def test_a_compound_is_done_when_its_final_child_is_reached():
    chart = protocol(
        machine(
            "m",
            compound("c", atomic("c1", on("e", "c2")), final("c2"), transitions=(on("done.state.c", "d"),)),
            atomic("d"),
        )
    )
    assert send(chart, begin(chart), "e").snapshot.active == ("d",)


def suspendable(*, deep: bool, resumes: bool) -> Protocol:
    inner = compound(
        "trabajo",
        atomic("uno", on("sigue", "dos")),
        atomic("dos", deadline=Deadline(lasts=HOUR), on_entry=(note("entra dos"),), on_resume=(note("reanuda dos"),)),
    )
    return protocol(
        machine(
            "m",
            compound(
                "activo", history("vuelta", deep=deep), inner, atomic("otro"),
                transitions=(on("pausa", "pausado"),),
                on_entry=(note("entra activo"),), on_resume=(note("reanuda activo"),),
            ),
            atomic("pausado", on("sigue", "vuelta")),
            resumes=resumes,
        )
    )  # fmt: skip


def paused_in_second(chart: Protocol) -> Step:
    return send(chart, send(chart, begin(chart), "sigue"), "pausa")


def test_deep_history_returns_to_the_very_state_and_shallow_history_to_the_child():
    for deep, expected in ((True, "dos"), (False, "uno")):
        chart = suspendable(deep=deep, resumes=False)
        assert send(chart, paused_in_second(chart), "sigue").snapshot.active == ("activo", "trabajo", expected)


def test_history_without_a_memory_is_the_default():
    chart = protocol(
        machine(
            "m",
            atomic("fuera", on("entra", "h")),
            compound("c", history("h"), atomic("c1"), atomic("c2"), initial="c2"),
        )
    )
    assert send(chart, begin(chart), "entra").snapshot.active == ("c", "c2")


def test_history_of_a_parallel_brings_every_region_back():
    def region(name: str):
        return compound(name, atomic(f"{name}1", on("e", f"{name}2")), atomic(f"{name}2"))

    chart = protocol(
        machine(
            "m",
            parallel("p", history("h", deep=True), region("r"), region("s"), transitions=(on("pausa", "x"),)),
            atomic("x", on("vuelve", "h")),
        )
    )
    paused = send(chart, send(chart, begin(chart), "e"), "pausa")
    assert send(chart, paused, "vuelve").snapshot.active == ("p", "r", "r2", "s", "s2")


def test_what_is_resumed_does_not_announce_itself_again_and_keeps_its_first_deadline():
    chart = suspendable(deep=True, resumes=True)
    paused = paused_in_second(chart)
    assert paused.snapshot.timers == ()
    later = send(chart, paused, "sigue", now=NOW + timedelta(days=1))
    assert notes(later) == ["reanuda activo", "reanuda dos"]
    assert later.snapshot.deadlines == {"dos": NOW + timedelta(hours=1)}
    assert later.snapshot.held == ()


def test_a_chart_made_in_code_enters_a_remembered_state_as_any_other():
    chart = suspendable(deep=True, resumes=False)
    later = send(chart, paused_in_second(chart), "sigue", now=NOW + timedelta(days=1))
    assert notes(later) == ["entra activo", "entra dos"]
    assert later.snapshot.deadlines == {"dos": NOW + timedelta(days=1, hours=1)}


def test_a_missed_deadline_is_still_known_after_a_suspension():
    chart = suspendable(deep=True, resumes=True)
    second = send(chart, begin(chart), "sigue")
    missed = fire(chart, second, second.snapshot.timers[0])
    paused = send(chart, missed, "pausa")
    assert paused.snapshot.deadlines == {}
    assert send(chart, paused, "sigue").snapshot.deadlines == {"dos": NOW + timedelta(hours=1)}


def test_automatic_transitions_run_until_the_machine_rests_and_again_when_facts_change():
    chart = protocol(
        machine("m", atomic("a", always("b", guard="grupo.nna == 0")), atomic("b", always("c")), atomic("c"))
    )
    first = begin(chart)
    assert first.snapshot.active == ("a",)
    changed = step(chart, first.snapshot, Trigger(kind="facts"), {"grupo": {"nna": 0}}, NOW)
    assert changed.snapshot.active == ("c",)
    assert [why.event for why in changed.why] == ["siempre", "siempre"]
    assert changed.why[0].guard == "grupo.nna == 0"
    assert not step(chart, changed.snapshot, Trigger(kind="facts"), {}, NOW).taken


def test_an_emitted_event_is_answered_within_the_same_step():
    chart = protocol(
        machine(
            "m",
            atomic("a", on("e", "b", actions=(act("emitir", evento="listo"),))),
            atomic("b", on("listo", "c")),
            atomic("c"),
        )
    )
    done = send(chart, begin(chart), "e")
    assert done.snapshot.active == ("c",)
    assert done.effects == ()


def test_a_machine_that_never_rests_is_stopped():
    chart = protocol(machine("m", atomic("a", always("b")), atomic("b", always("a"))))
    with pytest.raises(EndlessLoop):
        begin(chart)


def test_an_event_nobody_waits_for_changes_nothing():
    chart = protocol(machine("m", atomic("a", on("e", "b")), atomic("b")))
    first = begin(chart)
    ignored = send(chart, first, "otro")
    assert not ignored.taken
    assert ignored.snapshot is first.snapshot
    assert ignored.effects == ignored.why == ()


def test_without_its_evidence_an_event_is_not_taken_and_the_gap_is_named():
    chart = protocol(machine("m", atomic("a", on("cerrar", "b", requires=("acta", "folio"))), final("b")))
    first = begin(chart)
    assert not send(chart, first, "cerrar", acta="x", folio="").taken
    assert missing_evidence(chart, first.snapshot, "cerrar", {"acta": "x"}) == ("folio",)
    assert missing_evidence(chart, first.snapshot, "cerrar", {"acta": "x", "folio": "7"}) == ()
    assert send(chart, first, "cerrar", acta="x", folio="7").snapshot.done


def test_of_two_ways_to_answer_one_that_lacks_nothing_is_enough():
    chart = protocol(machine("m", atomic("a", on("e", "b", requires=("acta",)), on("e", "b")), atomic("b")))
    assert missing_evidence(chart, begin(chart).snapshot, "e", {}) == ()


def test_effects_carry_computed_values_and_the_event_that_caused_them():
    lasting = act("tarea", titulo={"es": "Aviso"}, a="SDH", personas="=grupo.personas + 1", plazo="1 h")
    told = act("avisar", a=["SDH"], motivo="=evento.motivo")
    chart = protocol(machine("m", atomic("a", on("e", actions=(lasting, told)))))
    done = send(chart, begin(chart), "e", {"grupo": {"personas": 82}}, motivo="frío")
    assert done.effects[0].args == {
        "titulo": {"es": "Aviso"},
        "a": "SDH",
        "personas": 83,
        "vence": "2023-05-16T04:00:00+00:00",
    }
    assert done.effects[1].args == {"a": ["SDH"], "motivo": "frío"}


def test_a_delay_leaves_the_state_by_itself_and_only_if_it_is_still_there():
    chart = protocol(machine("m", atomic("a", after(HOUR, "b"), on("e", "c")), atomic("b"), atomic("c")))
    first = begin(chart)
    (timer,) = first.snapshot.timers
    assert timer.kind == "delay"
    assert fire(chart, first, timer).snapshot.active == ("b",)
    assert not fire(chart, send(chart, first, "e"), timer).taken


AGENCIES = {
    "SDH": Agency("SDH", "Derechos Humanos", "coordinacion"),
    "TITULAR": Agency("TITULAR", "Titular", "estatal"),
    "ALBERGUE": Agency("ALBERGUE", "Albergues", "civil"),
}
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


def test_what_waits_inherits_owner_and_sight_and_deadline_from_what_surrounds_it():
    chart = protocol(
        machine(
            "m",
            parallel(
                "p",
                compound("r", atomic("r1", label={"es": "Uno"}), owner="SDH", visible=("SDH",)),
                compound("s", final("s1")),
                deadline=Deadline(lasts=HOUR), label={"es": "Todo"}, provenance={"D": "x"},
            ),
        ),
        agencies=AGENCIES,
    )  # fmt: skip
    (state,) = waiting(chart, begin(chart).snapshot)
    assert (state.state, state.track, state.owner, state.visible) == ("r1", "r", "SDH", ("SDH",))
    assert (state.deadline, state.deadline_of) == (NOW + timedelta(hours=1), "p")
    assert (state.label, state.provenance, state.path) == ({"es": "Uno"}, {"D": "x"}, ("p", "r", "r1"))


def test_people_are_offered_what_may_happen_now_and_never_what_only_the_program_knows():
    chart = protocol(
        machine(
            "m",
            atomic(
                "a",
                on("descartar", "b", label={"es": "Descartar"}, requires=("motivo",)),
                on("todos_con_lugar", "b"), on("done.state.x", "b"), on("*", "b"),
                on("abrir", "b", guard="grupo.nna > 0"),
                on("pedir", "b", guard="evento.cuantos > 0"),
                owner="SDH",
            ),
            atomic("b"),
        )
    )  # fmt: skip
    snapshot = begin(chart).snapshot
    assert [event.event for event in possible(chart, snapshot)] == ["descartar", "abrir", "pedir"]
    assert [event.event for event in possible(chart, snapshot, {"grupo": {"nna": 0}})] == ["descartar", "pedir"]
    first = possible(chart, snapshot)[0]
    assert (first.state, first.owner, first.requires, first.label) == ("a", "SDH", ("motivo",), {"es": "Descartar"})


@pytest.mark.parametrize(
    "change",
    [{"version": 2}, {"protocol": "otro"}, {"active": ("zzz",)}, {"active": ("a",)}, {"active": ("a", "a1", "b")}],
)
def test_a_snapshot_of_something_else_is_refused(change: dict[str, Any]):
    chart = protocol(machine("m", compound("a", atomic("a1")), atomic("b")))
    forged = msgspec.structs.replace(begin(chart).snapshot, **change)
    with pytest.raises(SnapshotError):
        step(chart, forged, Trigger(kind="facts"), {}, NOW)


def test_a_snapshot_survives_its_json():
    chart = suspendable(deep=True, resumes=True)
    for stage in (begin(chart), paused_in_second(chart)):
        assert msgspec.json.decode(msgspec.json.encode(stage.snapshot), type=Snapshot) == stage.snapshot


def test_the_level_is_the_highest_one_reached():
    levels = (Level("n1", 15), Level("n2", 80))
    chart = protocol(machine("m", atomic("a")), levels=levels, agencies=AGENCIES)
    assert [chart.level_for(people) for people in (0, 14, 15, 79, 80, 9000)] == ["n0", "n0", "n1", "n1", "n2", "n2"]
    assert chart.coordination() == ("SDH",)
    assert [each.id for each in chart.machine_for("activacion")] == ["m"]
    assert chart.machine_for("grupo") == ()


def test_a_flood_of_invented_events_leaves_the_machine_where_it_is():
    chart = protocol(machine("m", atomic("a", on("e", "b")), atomic("b")))
    first = begin(chart)
    assert not any(send(chart, first, f"inventado_{number}").taken for number in range(600))
    assert send(chart, first, "e").snapshot.active == ("b",)


def test_a_machine_of_many_regions_is_right_in_every_one_of_its_configurations():
    def switch(name: str):
        return compound(
            name, atomic(f"{name}_no", on(name, f"{name}_si")), atomic(f"{name}_si", on(name, f"{name}_no"))
        )

    names = [f"r{number}" for number in range(10)]
    chart = protocol(machine("m", parallel("p", *(switch(name) for name in names))))
    now, lit = begin(chart), set[str]()
    for number in range(1, 1024):
        turned = names[(number & -number).bit_length() - 1]
        now = send(chart, now, turned)
        lit ^= {turned}
        assert {state.removesuffix("_si") for state in now.snapshot.active if state.endswith("_si")} == lit


def test_an_external_self_transition_begins_the_deadline_anew():
    chart = protocol(machine("m", atomic("a", on("e", "a"), deadline=Deadline(lasts=HOUR))))
    again = send(chart, begin(chart), "e", now=NOW + timedelta(minutes=30))
    assert again.snapshot.deadlines == {"a": NOW + timedelta(minutes=90)}
    assert len(again.snapshot.timers) == 1


def test_one_transition_may_enter_chosen_states_of_two_regions():
    chart = protocol(
        machine(
            "m",
            atomic("fuera", Transition(events=("e",), targets=("r2", "s2"))),
            parallel(
                "p",
                compound("r", atomic("r1"), atomic("r2")),
                compound("s", atomic("s1"), atomic("s2")),
                compound("t", atomic("t1")),
            ),
        )
    )
    assert send(chart, begin(chart), "e").snapshot.active == ("p", "r", "r2", "s", "s2", "t", "t1")


def test_shallow_history_resumes_the_child_and_begins_anew_below_it():
    chart = suspendable(deep=False, resumes=True)
    resumed = send(chart, paused_in_second(chart), "sigue")
    assert notes(resumed) == ["reanuda activo"]
    assert resumed.snapshot.active == ("activo", "trabajo", "uno")


def test_the_same_arguments_give_the_same_step():
    chart = suspendable(deep=True, resumes=True)
    assert send(chart, begin(chart), "sigue") == send(chart, begin(chart), "sigue")
