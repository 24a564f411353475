"""The engine beside a literal transcription of the Recommendation, on charts and events nobody chose."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings

from caravan.protocol.chart import hears
from caravan.protocol.model import (
    EndlessLoop,
    Protocol,
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
from caravan.protocol.step import start
from tests.protocol.appendix_d import Interpreter, NeverRests, name_match
from tests.protocol.charts import HEARD, RAISED, SENT, Happening, charts, drawn, happenings, history_of
from tests.protocol.lockstep import NOW, every, is_configuration, walked


@given(chart=charts(), life=happenings())
@settings(max_examples=200, deadline=None, derandomize=True, database=None)
def test_the_engine_does_what_the_recommendation_writes(chart: Protocol, life: list[Happening]):
    walked(chart, life)


@pytest.mark.parametrize("states", [6, 12, 40])
def test_it_does_so_whatever_the_size_of_the_chart(states: int):
    for seed in range(4800 // (states + 12)):
        random = Random(seed)
        walked(drawn(random, states=states), history_of(random))


def test_chance_draws_every_kind_of_thing_and_most_charts_come_to_rest():
    kinds: set[str] = set()
    rested = 0
    for seed in range(80):
        random = Random(seed)
        chart = drawn(random)
        rested += walked(chart, history_of(random)) is not None
        for state in every(chart.machines["m"].states):
            kinds.add(state.kind + (" deep" if state.deep else ""))
            kinds |= {"deep initial" for name in state.initial if name not in {child.id for child in state.children}}
            kinds |= {"several initial" for _ in state.initial[1:]}
            for arc in state.transitions:
                kinds |= {"internal"} if arc.internal else set()
                kinds |= {"automatic"} if arc.automatic else {"delay"} if arc.delay else set()
                kinds |= {"targetless"} if not arc.targets else {"several targets"} if arc.targets[1:] else set()
                kinds |= {"guard"} if arc.guard else set()
                kinds |= {f"{key} {act.kind}" for act in arc.actions for key in act.args}
    assert rested > 50
    assert kinds >= {
        "atomic", "compound", "parallel", "final", "history", "history deep", "deep initial", "several initial",
        "internal", "automatic", "delay", "targetless", "several targets", "guard",
        "evento emitir", "tras emitir", "externa emitir", "evento cancelar", "id cancelar", "nota registrar",
    }  # fmt: skip


def test_descriptors_are_matched_as_the_recommendation_matches_them():
    for descriptors in [tuple(each.split()) for each in HEARD]:
        for name in (*SENT, *RAISED, "done.state.s1", "a.", "aa.x"):
            assert hears(descriptors, name) is name_match(descriptors, name), (descriptors, name)


def test_both_give_up_on_a_chart_that_never_rests():
    chart = protocol(machine("m", atomic("a", always("b")), atomic("b", always("a"))))
    with pytest.raises(NeverRests):
        Interpreter(chart.machines["m"]).start({}, NOW)
    with pytest.raises(EndlessLoop):
        start(chart, "m", {}, NOW)


def note(text: str):
    return act("registrar", nota=text)


def test_the_transcription_knows_the_order_of_a_microstep():
    chart = protocol(
        machine(
            "m",
            parallel(
                "p",
                compound("r", atomic("r1", on("e", "x", actions=(note("va"),)), on_exit=(note("sale r1"),))),
                compound("s", atomic("s1", on_exit=(note("sale s1"),)), on_exit=(note("sale s"),)),
                on_exit=(note("sale p"),),
            ),
            compound("x", atomic("y", on_entry=(note("entra y"),)), on_entry=(note("entra x"),)),
        )
    )
    book = Interpreter(chart.machines["m"])
    book.start({}, NOW)
    assert book.active() == ("p", "r", "r1", "s", "s1")
    assert book.send("e", {}, {}, NOW)
    assert book.log == ["sale s1", "sale s", "sale r1", "sale p", "va", "entra x", "entra y"]
    assert book.active() == ("x", "y")


def test_the_transcription_remembers_before_it_leaves_and_knows_what_is_done():
    inner = compound("c", history("h", deep=True), compound("d", atomic("d1", on("e", "d2")), atomic("d2")))
    outside = atomic("fuera", on("vuelve", "h"), on("fin", "z"))
    chart = protocol(
        machine(
            "m",
            compound("todo", inner, outside, final("z"), transitions=(on("sale", "fuera"), on("done.state.todo", "w"))),
            final("w"),
        )
    )
    book = Interpreter(chart.machines["m"])
    book.start({}, NOW)
    for name in ("e", "sale"):
        book.send(name, {}, {}, NOW)
    assert book.histories() == {"h": ("d2",)}
    book.send("vuelve", {}, {}, NOW)
    assert book.active() == ("todo", "c", "d", "d2")
    for name in ("sale", "fin"):
        book.send(name, {}, {}, NOW)
    assert book.active() == ("w",)
    assert not book.running


def test_what_is_not_a_configuration_is_known_for_it():
    states = (compound("a", atomic("a1"), atomic("a2")), parallel("p", atomic("r"), atomic("s")))
    for active in ({"a", "a1"}, {"p", "r", "s"}):
        assert is_configuration(states, active)
    for active in ({"a"}, {"a1"}, {"a", "a1", "a2"}, {"p", "r"}, {"a", "a1", "p", "r", "s"}, set[str](), {"z"}):
        assert not is_configuration(states, active)
