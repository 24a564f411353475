from datetime import timedelta

import msgspec

from caravan.protocol.model import (
    Deadline,
    Protocol,
    Snapshot,
    Step,
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
from tests.protocol.stepping import HOUR, NOW, announces, begin, fire, leaves, note, notes, send


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


def test_a_snapshot_survives_its_json():
    chart = suspendable(deep=True, resumes=True)
    for stage in (begin(chart), paused_in_second(chart)):
        assert msgspec.json.decode(msgspec.json.encode(stage.snapshot), type=Snapshot) == stage.snapshot


def test_shallow_history_resumes_the_child_and_begins_anew_below_it():
    chart = suspendable(deep=False, resumes=True)
    resumed = send(chart, paused_in_second(chart), "sigue")
    assert notes(resumed) == ["reanuda activo"]
    assert resumed.snapshot.active == ("activo", "trabajo", "uno")


def test_the_same_arguments_give_the_same_step():
    chart = suspendable(deep=True, resumes=True)
    assert send(chart, begin(chart), "sigue") == send(chart, begin(chart), "sigue")


def with_default(*, deep: bool = False) -> Protocol:
    return protocol(
        machine(
            "m",
            atomic("fuera", on("entra", "h")),
            compound(
                "c",
                history("h", "d2", deep=deep, actions=(note("por omisión"),)),
                compound("d", atomic("d1"), atomic("d2", **announces("d2")), on_initial=(note("inicial d"),), **announces("d")),
                atomic("c1"),
                initial="c1", on_initial=(note("inicial c"),), transitions=(on("sale", "fuera"),), **announces("c"),
            ),
        )
    )  # fmt: skip


def test_a_history_without_a_memory_follows_its_own_transition_whose_effects_come_after_the_entry_of_its_parent():
    chart = with_default()
    done = send(chart, begin(chart), "entra")
    assert done.snapshot.active == ("c", "d", "d2")
    assert notes(done) == ["+c", "por omisión", "+d", "+d2"]


def test_once_there_is_a_memory_the_default_says_nothing_more():
    chart = with_default(deep=True)
    back = send(chart, send(chart, send(chart, begin(chart), "entra"), "sale"), "entra")
    assert back.snapshot.active == ("c", "d", "d2")
    assert notes(back) == ["+c", "+d", "+d2"]


def test_shallow_history_takes_the_initial_transition_of_what_it_brings_back():
    chart = with_default(deep=False)
    back = send(chart, send(chart, send(chart, begin(chart), "entra"), "sale"), "entra")
    assert back.snapshot.active == ("c", "d", "d1")
    assert notes(back) == ["+c", "+d", "inicial d"]


def test_a_history_without_a_default_stands_for_the_initial_transition_of_its_parent_effects_included():
    chart = protocol(
        machine(
            "m",
            atomic("fuera", on("e", "h")),
            compound(
                "c",
                history("h"),
                atomic("c1"),
                atomic("c2"),
                initial="c2",
                on_initial=(note("inicial"),),
                **announces("c"),
            ),
        )
    )
    done = send(chart, begin(chart), "e")
    assert done.snapshot.active == ("c", "c2")
    assert notes(done) == ["+c", "inicial"]


def test_a_state_may_begin_in_its_own_history():
    chart = protocol(
        machine(
            "m",
            compound(
                "c",
                history("h", "c2"), atomic("c1"), atomic("c2", on("e", "c1")),
                initial="h", transitions=(on("pausa", "x"),),
            ),
            atomic("x", on("vuelve", "c")),
        )
    )  # fmt: skip
    first = begin(chart)
    assert first.snapshot.active == ("c", "c2")
    paused = send(chart, send(chart, first, "e"), "pausa")
    assert send(chart, paused, "vuelve").snapshot.active == ("c", "c1")


def test_a_machine_may_begin_in_a_history():
    chart = protocol(machine("m", compound("c", history("h", "c2"), atomic("c1"), atomic("c2")), initial="h"))
    assert begin(chart).snapshot.active == ("c", "c2")


def test_the_default_of_a_history_may_be_another_history():
    chart = protocol(
        machine(
            "m",
            atomic("fuera", on("e", "h")),
            compound(
                "c",
                history("h", "g"),
                compound("d", history("g", "d2"), atomic("d1"), atomic("d2")),
                atomic("c1"),
                initial="c1",
            ),
        )
    )
    assert send(chart, begin(chart), "e").snapshot.active == ("c", "d", "d2")


def regions_with_memory(*, deep: bool) -> Protocol:
    def region(name: str):
        inner = compound(f"{name}2", atomic(f"{name}a"), atomic(f"{name}b"))
        return compound(name, atomic(f"{name}1", on(f"e_{name}", f"{name}b")), inner)

    return protocol(
        machine(
            "m",
            parallel("p", history("h", "rb", deep=deep), region("r"), region("s"), transitions=(on("pausa", "x"),)),
            atomic("x", on("vuelve", "h"), on("de_nuevo", "p")),
            initial="x",
        )
    )


def test_shallow_history_of_a_parallel_brings_its_regions_back_at_their_beginning_and_deep_history_where_they_stood():
    for deep, expected in ((False, ("r1", "s1")), (True, ("rb", "s1"))):
        chart = regions_with_memory(deep=deep)
        stopped = send(chart, send(chart, send(chart, begin(chart), "de_nuevo"), "e_r"), "pausa")
        assert leaves(chart, send(chart, stopped, "vuelve")) == expected


def test_the_default_of_a_parallels_history_may_name_one_region_and_the_others_begin_as_always():
    chart = regions_with_memory(deep=True)
    assert leaves(chart, send(chart, begin(chart), "vuelve")) == ("rb", "s1")


def test_history_is_recorded_before_anything_is_left_and_before_the_same_transition_asks_it():
    chart = protocol(
        machine(
            "m",
            compound(
                "c",
                history("h", "c1", deep=True), atomic("c1", on("e", "c2")), atomic("c2"),
                transitions=(on("otra_vez", "h"),), **announces("c"),
            ),
        )
    )  # fmt: skip
    again = send(chart, send(chart, begin(chart), "e"), "otra_vez")
    assert again.snapshot.active == ("c", "c2")
    assert notes(again) == ["-c", "+c"]
    assert again.snapshot.history == {"h": ("c2",)}


def test_each_leaving_replaces_the_memory():
    chart = protocol(
        machine(
            "m",
            compound(
                "c",
                history("h", "c1"),
                atomic("c1", on("e", "c2")),
                atomic("c2", on("e", "c1")),
                transitions=(on("sale", "x"),),
            ),
            atomic("x", on("vuelve", "h")),
        )
    )
    now = begin(chart)
    for expected in ("c2", "c1", "c2"):
        now = send(chart, send(chart, send(chart, now, "e"), "sale"), "vuelve")
        assert now.snapshot.active == ("c", expected)


def test_an_inner_and_an_outer_history_keep_each_their_own():
    chart = protocol(
        machine(
            "m",
            compound(
                "c", history("h", deep=False),
                compound("d", history("g"), atomic("d1", on("e", "d2")), atomic("d2")),
                atomic("c1"), transitions=(on("sale", "x"),),
            ),
            atomic("x", on("afuera", "h"), on("adentro", "g")),
        )
    )  # fmt: skip
    left = send(chart, send(chart, begin(chart), "e"), "sale")
    assert left.snapshot.history == {"h": ("d",), "g": ("d2",)}
    assert send(chart, left, "afuera").snapshot.active == ("c", "d", "d1")
    assert send(chart, left, "adentro").snapshot.active == ("c", "d", "d2")


def test_a_remembered_final_state_is_entered_again_and_says_again_that_its_parent_is_done():
    chart = protocol(
        machine(
            "m",
            compound(
                "c",
                history("h"), atomic("c1", on("e", "c2")), final("c2"),
                on("sale", "x"), on("done.state.c", actions=(note("hecho"),)),
            ),
            atomic("x", on("vuelve", "h")),
        )
    )  # fmt: skip
    back = send(chart, send(chart, send(chart, begin(chart), "e"), "sale"), "vuelve")
    assert back.snapshot.active == ("c", "c2")
    assert notes(back) == ["hecho"]


def test_a_state_that_the_default_of_a_history_enters_without_its_having_been_left_has_each_of_its_clocks_once():
    region = compound(
        "r",
        atomic("r1", on("e", "h")),
        atomic("r2"),
        on("nada", "r1"),
        deadline=Deadline(lasts=HOUR),
        transitions=[after("1 h", "x")],
    )
    chart = protocol(
        machine("m", parallel("p", history("h", "r2"), region, compound("s", atomic("s1"))), atomic("x"), initial="p")
    )
    done = send(chart, begin(chart), "e", now=NOW + timedelta(minutes=30))
    assert leaves(chart, done) == ("r2", "s1")
    assert [timer.kind for timer in done.snapshot.timers] == ["deadline", "delay"]
    assert {timer.due for timer in done.snapshot.timers} == {NOW + timedelta(minutes=90)}
