from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from caravan.protocol.model import (
    Deadline,
    EndlessLoop,
    Protocol,
    Trigger,
    act,
    after,
    always,
    atomic,
    compound,
    final,
    machine,
    on,
    parallel,
    protocol,
    raise_event,
    send_event,
)
from caravan.protocol.step import start, step
from tests.protocol.stepping import HOUR, NOW, announces, begin, leaves, note, notes, send


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


def test_a_compound_is_done_when_its_final_child_is_reached():
    chart = protocol(
        machine(
            "m",
            compound("c", atomic("c1", on("e", "c2")), final("c2"), transitions=(on("done.state.c", "d"),)),
            atomic("d"),
        )
    )
    assert send(chart, begin(chart), "e").snapshot.active == ("d",)


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


def test_a_flood_of_invented_events_leaves_the_machine_where_it_is():
    chart = protocol(machine("m", atomic("a", on("e", "b")), atomic("b")))
    first = begin(chart)
    assert not any(send(chart, first, f"inventado_{number}").taken for number in range(5000))
    assert send(chart, first, "e").snapshot.active == ("b",)


def test_a_machine_may_begin_in_several_deep_states_and_what_is_not_named_begins_as_always():
    chart = protocol(
        machine(
            "m",
            atomic("nunca"),
            parallel(
                "p",
                compound("r", atomic("r1"), atomic("r2")),
                compound("s", atomic("s1"), compound("s2", atomic("s3"), atomic("s4"))),
                compound("t", atomic("t1"), atomic("t2")),
            ),
            initial=("r2", "s4"),
            on_initial=(note("empieza"),),
        )
    )
    first = begin(chart)
    assert first.snapshot.active == ("p", "r", "r2", "s", "s2", "s4", "t", "t1")
    assert first.why[0].transition == ("", ("r2", "s4"))
    assert notes(first) == ["empieza"]


def test_the_initial_transition_acts_after_its_state_is_entered_and_before_its_children_are():
    inner = compound(
        "b",
        atomic("b1", **announces("b1")),
        initial="b1", on_initial=(note("inicial b"),), **announces("b"),
    )  # fmt: skip
    outer = compound("a", atomic("a1"), inner, initial="b", on_initial=(note("inicial a"),), **announces("a"))
    chart = protocol(machine("m", atomic("fuera", on("e", "a"), on("hondo", "b")), outer))
    first = begin(chart)
    assert notes(send(chart, first, "e")) == ["+a", "inicial a", "+b", "inicial b", "+b1"]
    assert notes(send(chart, first, "hondo")) == ["+a", "+b", "inicial b", "+b1"]


def test_an_initial_transition_may_lead_several_levels_down_past_the_initial_ones_between():
    chart = protocol(
        machine(
            "m",
            compound(
                "a",
                compound(
                    "b", atomic("b1"), atomic("b2", **announces("b2")), on_initial=(note("inicial b"),), **announces("b")
                ),
                initial="b2", on_initial=(note("inicial a"),), **announces("a"),
            ),
        )
    )  # fmt: skip
    first = begin(chart)
    assert first.snapshot.active == ("a", "b", "b2")
    assert notes(first) == ["+a", "inicial a", "+b", "+b2"]


def test_a_compound_may_begin_in_chosen_states_of_several_regions():
    regions = parallel("p", compound("r", atomic("r1"), atomic("r2")), compound("s", atomic("s1"), atomic("s2")))
    chart = protocol(machine("m", compound("a", atomic("a1"), regions, initial=("s2", "r2"))))
    assert begin(chart).snapshot.active == ("a", "p", "r", "r2", "s", "s2")


def test_what_a_state_says_on_entry_may_ask_which_states_are_already_active():
    seen = act("registrar", nota="=en('a')", otra="=en('a2')", hermana="=en('b')")
    chart = protocol(machine("m", compound("a", atomic("a1", on_entry=(seen,)), atomic("a2")), atomic("b")))
    (effect,) = begin(chart).effects
    assert effect.args == {"nota": True, "otra": False, "hermana": False}


def test_what_a_state_says_on_exit_still_finds_itself_and_its_parent_active_but_not_its_children():
    asked = act("registrar", nota="=en('a1')", padre="=en('a')")
    chart = protocol(
        machine(
            "m",
            compound("a", atomic("a1", on_exit=(asked,)), on_exit=(asked,), transitions=(on("e", "b"),)),
            atomic("b"),
        )
    )
    done = send(chart, begin(chart), "e")
    assert [effect.args for effect in done.effects] == [
        {"nota": True, "padre": True},
        {"nota": False, "padre": True},
    ]


def test_an_event_answered_deep_inside_leaves_and_enters_only_what_lies_below_the_nearest_state_around_both():
    chart = protocol(
        machine(
            "m",
            compound(
                "a",
                compound("b", atomic("b1", on("e", "c2"), **announces("b1")), **announces("b")),
                compound("c", atomic("c1", **announces("c1")), atomic("c2", **announces("c2")), **announces("c")),
                **announces("a"),
            ),
        )
    )
    assert notes(send(chart, begin(chart), "e")) == ["-b1", "-b", "+c", "+c2"]


def test_a_transition_to_ones_own_state_leaves_and_enters_it_with_all_it_holds():
    chart = protocol(
        machine("m", compound("a", atomic("a1", **announces("a1")), transitions=(on("e", "a"),), **announces("a")))
    )
    assert notes(send(chart, begin(chart), "e")) == ["-a1", "-a", "+a", "+a1"]


def test_a_transition_to_the_parent_leaves_the_parent_and_internal_does_not_change_that():
    for internal in (False, True):
        chart = protocol(
            machine(
                "m", compound("a", atomic("a1", on("e", "a", internal=internal), **announces("a1")), **announces("a"))
            )
        )
        assert notes(send(chart, begin(chart), "e")) == ["-a1", "-a", "+a", "+a1"]


def test_internal_says_nothing_when_the_target_lies_outside():
    outside = compound("a", atomic("a1"), transitions=(on("e", "b", internal=True),), **announces("a"))
    chart = protocol(machine("m", outside, atomic("b")))
    assert notes(send(chart, begin(chart), "e")) == ["-a"]


def test_a_transition_without_target_keeps_the_outer_states_from_answering():
    chart = protocol(
        machine(
            "m",
            compound("a", atomic("a1", on("e", actions=(note("dentro"),))), transitions=(on("e", "b"),)),
            atomic("b"),
        )
    )
    done = send(chart, begin(chart), "e")
    assert leaves(chart, done) == ("a1",)
    assert notes(done) == ["dentro"]


def test_several_automatic_transitions_of_one_state_are_tried_in_document_order():
    chart = protocol(
        machine(
            "m",
            atomic("a", always("b", guard="grupo.n > 5"), always("c", guard="grupo.n > 3"), always("d")),
            atomic("b"), atomic("c"), atomic("d"),
        )
    )  # fmt: skip
    for number, expected in ((9, "b"), (4, "c"), (1, "d")):
        assert begin(chart, {"grupo": {"n": number}}).snapshot.active == (expected,)


def test_the_event_is_still_the_present_one_for_the_automatic_transitions_that_follow_it_and_no_longer_for_the_next():
    chart = protocol(
        machine(
            "m",
            atomic("a", on("e", "b")),
            atomic("b", always("c", guard="evento.cuantos > 2", actions=(raise_event("sigue"),))),
            atomic("c", on("sigue", "d", guard="evento.cuantos > 2"), on("sigue", "f")),
            atomic("d"), atomic("f"),
        )
    )  # fmt: skip
    assert send(chart, begin(chart), "e", cuantos=1).snapshot.active == ("b",)
    assert send(chart, begin(chart), "e", cuantos=3).snapshot.active == ("f",)


def test_a_final_state_at_the_top_ends_the_machine_and_says_its_exit():
    chart = protocol(machine("m", atomic("a", on("e", "fin"), **announces("a")), final("fin", **announces("fin"))))
    done = send(chart, begin(chart), "e")
    assert done.snapshot.done
    assert done.snapshot.active == ("fin",)
    assert notes(done) == ["-a", "+fin", "-fin"]


def test_what_still_waits_in_the_queues_when_the_machine_ends_is_never_heard():
    chart = protocol(
        machine(
            "m",
            atomic("a", on("e", "fin", actions=(raise_event("x"), send_event("y")))),
            final("fin", on_entry=(raise_event("z"),)),
        )
    )
    done = send(chart, begin(chart), "e")
    assert [why.event for why in done.why] == ["e"]


def test_a_machine_may_end_before_it_rests():
    chart = protocol(machine("m", final("fin")))
    first = begin(chart)
    assert first.snapshot.done
    assert not send(chart, first, "e").taken


def test_every_descriptor_of_a_transition_is_heard_and_the_first_transition_in_the_document_answers():
    chart = protocol(
        machine(
            "m",
            atomic("a", on("aviso.correo alta", "b"), on("aviso", "c"), on("*", "d")),
            atomic("b"),
            atomic("c"),
            atomic("d"),
        )
    )
    for event, expected in (("alta", "b"), ("aviso.correo.hoy", "b"), ("aviso.sms", "c"), ("aviso", "c"), ("x", "d")):
        assert send(chart, begin(chart), event).snapshot.active == (expected,)


def test_descriptors_may_be_given_one_by_one_for_states_whose_names_have_spaces():
    chart = protocol(
        machine(
            "m",
            compound("la casa", atomic("puerta abierta", on("cierra", "fin de casa")), final("fin de casa"),
                     transitions=(on(["done.state.la casa"], "ñandú «1»"),)),
            atomic("ñandú «1»"),
        )
    )  # fmt: skip
    assert send(chart, begin(chart), "cierra").snapshot.active == ("ñandú «1»",)


def test_an_instant_without_offset_is_refused_and_any_other_offset_is_the_same_instant():
    chart = protocol(machine("m", atomic("a", after("1 h", "b")), atomic("b")))
    with pytest.raises(ValueError, match="offset"):
        begin(chart, now=datetime(2023, 5, 16, 3))
    local = begin(chart, now=NOW.astimezone(ZoneInfo("America/Mexico_City")))
    assert msgspec.json.encode(local.snapshot) == msgspec.json.encode(begin(chart).snapshot)


def test_news_of_facts_that_change_nothing_return_the_very_snapshot():
    chart = protocol(
        machine("m", atomic("a", always("b", guard="grupo.n > 3"), deadline=Deadline(lasts=HOUR)), atomic("b"))
    )
    first = begin(chart)
    same = step(chart, first.snapshot, Trigger(kind="facts"), {"grupo": {"n": 3}}, NOW)
    assert not same.taken
    assert same.snapshot is first.snapshot
