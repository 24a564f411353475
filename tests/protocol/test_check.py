from typing import Any

import pytest
from msgspec.structs import replace

from caravan.protocol.check import check
from caravan.protocol.model import (
    Agency,
    Deadline,
    Duration,
    Ladder,
    State,
    Transition,
    act,
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

AGENCIES = {
    "SDH": Agency("SDH", "Derechos Humanos", "coordinacion", ("correo",)),
    "INM": Agency("INM", "Migración", "federal"),
}
WORDS = {"label": {"es": "Palabras"}}
DEADLINE = Deadline(lasts=Duration(1, "h"))


def says(event: str, *targets: str, **parts: Any) -> Transition:
    return on(event, *targets, label={"es": "Hacer"}, **parts)


def waits(name: str, *transitions: Transition, **parts: Any) -> State:
    whole: dict[str, Any] = {"owner": "SDH", "deadline": DEADLINE, "provenance": {"D": "x"}, **WORDS}
    return atomic(name, *transitions, **(whole | parts))


def end(name: str = "fin") -> State:
    return final(name, **WORDS)


def found(*states: State, **parts: Any) -> list[tuple[str, str]]:
    chart = protocol(machine("m", *states), agencies=AGENCIES, **parts)
    return [(finding.code, finding.state) for finding in check(chart)]


def test_a_sound_chart_has_no_findings():
    assert found(waits("a", says("e", "fin")), end()) == []


def test_a_state_no_path_reaches_is_found():
    assert found(waits("a", says("e", "fin")), waits("isla", says("e", "fin")), end()) == [("unreachable", "isla")]


def test_what_a_history_may_bring_back_is_not_unreachable():
    inner = compound("c", history("h"), waits("c1", says("pausa", "x")), **WORDS)
    assert found(inner, waits("x", says("vuelve", "h"), says("e", "fin")), end()) == []


def test_a_state_nothing_ends_is_found():
    assert ("no_exit", "b") in found(waits("a", says("e", "fin"), says("f", "b")), waits("b"), end())


def test_a_pair_of_states_that_only_lead_to_each_other_is_found():
    codes = found(
        waits("a", says("e", "fin"), says("f", "b")), waits("b", says("g", "c")), waits("c", says("g", "b")), end()
    )
    assert codes == [("no_path_to_final", "b"), ("no_path_to_final", "c")]


def test_a_region_is_ended_by_its_neighbour_that_leaves_the_whole():
    r = compound("r", waits("r1", says("e", "fin")), **WORDS)
    s = compound("s", waits("s1"), **WORDS)
    assert found(parallel("p", r, s, **WORDS), end()) == []


def test_an_awaited_region_without_a_final_is_found():
    r = compound("r", waits("r1", says("e", "r2")), end("r2"), **WORDS)
    s = compound("s", waits("s1"), **WORDS)
    whole = parallel("p", r, s, transitions=(on("done.state.p", "fin"), says("salir", "fin")), **WORDS)
    assert found(whole, end()) == [("region_without_final", "s")]


def test_a_transition_that_an_earlier_one_always_beats_is_found():
    codes = found(waits("a", says("e", "fin"), says("e.b", "fin")), end())
    assert codes == [("shadowed", "a")]
    assert found(atomic("a", always("fin"), always("fin", guard="en('a')"), provenance={"D": "x"}, **WORDS), end()) == [
        ("shadowed", "a")
    ]


def test_a_guarded_transition_does_not_shadow_the_next():
    assert found(waits("a", says("e", "fin", guard="en('a')"), says("e", "fin")), end()) == []


def test_one_event_that_leaves_a_parallel_from_two_regions_is_found():
    r = compound("r", waits("r1", says("e", "fin")), **WORDS)
    s = compound("s", waits("s1", says("e", "fin")), **WORDS)
    assert found(parallel("p", r, s, **WORDS), end()) == [("two_regions", "p")]


def test_an_automatic_circle_is_found_before_anyone_runs_it():
    codes = found(
        waits("a", says("e", "b"), says("f", "fin")),
        atomic("b", always("c"), **WORDS),
        atomic("c", always("b"), **WORDS),
        end(),
    )
    assert ("automatic_cycle", "b") in codes
    assert ("automatic_cycle", "c") in codes


@pytest.mark.parametrize(
    ("missing", "code"),
    [
        ({"owner": None}, "no_owner"),
        ({"deadline": None}, "no_deadline"),
        ({"provenance": {}}, "no_provenance"),
        ({"label": {"en": "Words"}}, "no_label"),
    ],
)
def test_a_step_without_owner_deadline_source_or_spanish_is_found(missing: dict[str, Any], code: str):
    assert found(waits("a", says("e", "fin"), **missing), end()) == [(code, "a")]


def test_a_button_without_spanish_words_is_found():
    assert found(waits("a", on("e", "fin")), end()) == [("no_label", "a")]


def test_an_event_that_looks_like_a_misspelt_one_of_the_program_is_found():
    assert found(waits("a", says("todos_salierom", "fin")), end()) == [("like_program_event", "a")]


def test_a_notice_to_an_agency_that_cannot_be_reached_is_found():
    assert found(waits("a", says("e", "fin"), on_entry=(act("avisar", a=["INM"], plantilla="x"),)), end()) == [
        ("no_channel", "a")
    ]


def test_a_notice_a_task_or_a_rung_that_tells_more_than_the_state_allows_is_found():
    told = says("e", "fin", actions=(act("tarea", titulo={"es": "x"}, a="INM"),))
    ladder = Ladder(rungs=("coordinacion", "INM"), every=Duration(1, "h"))
    codes = found(waits("a", told, visible=("SDH",)), end(), ladder=ladder)
    assert codes == [("rung_not_visible", "a"), ("no_channel", "a"), ("told_too_much", "a")]


def test_two_regions_that_each_go_on_by_themselves_are_no_circle():
    r = compound("r", atomic("r1", always("r2"), **WORDS), waits("r2", says("e", "r3")), end("r3"), **WORDS)
    s = compound("s", atomic("s1", always("s2"), **WORDS), waits("s2", says("g", "s3")), end("s3"), **WORDS)
    whole = parallel("p", r, s, transitions=(on("done.state.p", "fin"),), **WORDS)
    assert {code for code, _ in found(whole, end())} <= {"no_provenance"}


def test_a_memory_that_may_bring_a_state_back_is_no_circle():
    inner = compound("c", history("h"), waits("c1", says("sigue", "c2")), waits("c2", says("pausa", "x")), **WORDS)
    assert found(
        inner, atomic("x", always("h"), provenance={"D": "x"}, **WORDS), waits("y", says("e", "fin")), end()
    ) == [
        ("unreachable", "y"),
        ("unreachable", "fin"),
        ("no_path_to_final", "c1"),
        ("no_path_to_final", "c2"),
        ("no_path_to_final", "x"),
    ]


def test_an_event_that_brings_itself_again_at_once_is_found():
    echo = says("q", actions=(act("emitir", evento="q"),))
    assert found(
        waits("a", says("e", "fin"), echo, on_entry=(act("emitir", evento="q"),)), end()
    ) == [("automatic_cycle", "a")]  # fmt: skip


def test_events_of_two_regions_that_bring_one_another_are_found():
    one = compound(
        "r", waits("r1", says("p", actions=(act("emitir", evento="q"),)), says("x", "r2")), end("r2"), **WORDS
    )
    other = compound(
        "s", waits("s1", says("q", actions=(act("emitir", evento="p"),)), says("y", "s2")), end("s2"), **WORDS
    )
    whole = parallel("todo", one, other, on("done.state.todo", "fin"), **WORDS)
    assert found(whole, end()) == [("automatic_cycle", "r1"), ("automatic_cycle", "s1")]


def test_steps_that_send_each_other_back_by_events_are_found():
    there = waits("a", says("ida", "b", actions=(act("emitir", evento="vuelta"),)), says("e", "fin"))
    back = waits("b", says("vuelta", "a", actions=(act("emitir", evento="ida"),)), says("e", "fin"))
    assert found(there, back, end()) == [("automatic_cycle", "a"), ("automatic_cycle", "b")]


def _pair(answer: dict[str, str]) -> list[str]:
    """A response and its groups that tell each other something."""
    ask = says("pide", actions=(act("enviar", a="grupos", evento="responde"),))
    reply = says("responde", actions=(act("enviar", **answer),))
    whole = machine("m", waits("a", says("e", "fin"), ask), end())
    group = replace(machine("g", waits("b", says("f", "fin_g"), reply), end("fin_g")), instance="grupo")
    return [f"{one.code} {one.state}" for one in check(protocol(whole, group, agencies=AGENCIES))]


def test_machines_that_answer_each_other_for_ever_are_found():
    assert _pair({"a": "activacion", "evento": "pide"}) == ["automatic_cycle a", "automatic_cycle b"]


def test_an_answer_that_waits_or_goes_elsewhere_is_no_circle():
    assert _pair({"a": "activacion", "evento": "pide", "tras": "1 h"}) == []
    assert _pair({"a": "casos", "evento": "pide"}) == []
    assert _pair({"a": "activacion", "evento": "otra"}) == []


def test_parallels_inside_one_another_end_what_stands_around_them():
    def region(name: str):
        return compound(name, waits(f"{name}1", says(f"e{name}", f"{name}2")), end(f"{name}2"), **WORDS)

    inner = parallel("dentro", region("a"), region("b"), **WORDS)
    second = parallel("junto", region("c"), region("d"), **WORDS)
    whole = parallel("todo", inner, second, on("done.state.todo", "fin"), **WORDS)
    made = protocol(machine("m", whole, end(), resumes=True), agencies=AGENCIES)
    assert [finding.code for finding in check(made)] == []
