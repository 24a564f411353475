from typing import Any

import pytest

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
    assert codes == [("rung_not_visible", "a"), ("told_too_much", "a")]
