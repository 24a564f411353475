import textwrap
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from caravan.protocol import model
from caravan.protocol.model import (
    Deadline,
    Duration,
    EndlessLoop,
    ModelError,
    Moment,
    State,
    act,
    after,
    always,
    atomic,
    cancel_event,
    compound,
    final,
    history,
    machine,
    on,
    parallel,
    protocol,
    raise_event,
    send_event,
)
from caravan.protocol.step import start, step
from caravan.protocol.workdays import Calendar
from tests.protocol.stepping import HOUR, NOW, begin, note, notes, send


def refused(*states: State, **parts: Any) -> tuple[str, ...]:
    given = {key: parts.pop(key) for key in ("initial", "on_initial") if key in parts}
    with pytest.raises(ModelError) as error:
        protocol(machine("m", *states, **given), **parts)
    return tuple(problem.removeprefix("máquina «m»: ") for problem in error.value.problems)


@pytest.mark.parametrize(
    ("states", "problem"),
    [
        ((), "no lleva ningún estado"),
        ((history("h"),), "no lleva ningún estado"),
        ((atomic(""),), "un estado no tiene nombre"),
        ((atomic("a"), compound("b", atomic("a"))), "nombre repetido «a»"),
        (
            (atomic("alerta", on("e", "alerto")),),
            "estado «alerta»: destino desconocido «alerto»; ¿quiso decir «alerta»?",
        ),
        ((compound("a", atomic("a1"), initial="zz"),), "estado «a»: inicial desconocido «zz»"),
        ((compound("a", atomic("a1"), initial="b"), atomic("b")), "estado «a»: inicial «b» no está dentro de «a»"),
        ((compound("a", atomic("a1"), initial="a"),), "estado «a»: inicial «a» no está dentro de «a»"),
        ((compound("a"),), "estado «a»: no lleva ningún estado adentro"),
        ((compound("a", history("h")),), "estado «a»: no lleva ningún estado adentro"),
        ((parallel("a"),), "estado «a»: no lleva ningún estado adentro"),
        ((State(id="a", children=(atomic("b"),)),), "estado «a»: no puede llevar estados adentro"),
        ((final("a", children=(atomic("b"),)),), "estado «a»: no puede llevar estados adentro"),
        ((parallel("a", atomic("b"), initial=("b",)),), "estado «a»: «inicial» pide un estado compuesto"),
        ((atomic("a"), history("h", "a")), "estado «h»: una historia va dentro de un estado"),
        (
            (compound("a", history("h", "b"), atomic("a1")), atomic("b")),
            "estado «h»: destino «b» no está dentro de «a»",
        ),
        (
            (compound("a", atomic("a1"), atomic("a2")), atomic("b", on("e", "a1", "a2"))),
            "estado «b»: «a1» y «a2» no están en regiones distintas",
        ),
        (
            (compound("a", atomic("a1")), atomic("b", on("e", "a", "a1"))),
            "estado «b»: «a» y «a1» no están en regiones distintas",
        ),
        (
            (parallel("p", history("h"), compound("r", atomic("r1"))), atomic("b", on("e", "h", "r1"))),
            "estado «b»: «h» y «r1» no están en regiones distintas",
        ),
        (
            (compound("a", history("h"), atomic("a1"), initial="h"),),
            "estado «h»: una historia no puede remitirse a sí misma",
        ),
        (
            (compound("a", history("h", "g"), history("g", "h"), atomic("a1")),),
            "estado «g»: una historia no puede remitirse a sí misma",
        ),
        (
            (compound("a", State(id="h", kind="history", transitions=(on("e", "a1"),)), atomic("a1")),),
            "estado «h»: la transición de una historia solo lleva destinos y efectos",
        ),
        ((atomic("a", on("e", guard="grupo.x >")),), "estado «a»: «grupo.x >»: la expresión está incompleta"),
        ((atomic("a", on("e", guard="abierto('v')")),), "estado «a»: horario desconocido «v»"),
        ((atomic("a", after(Moment(what="opens", service="v"), "a")),), "estado «a»: horario desconocido «v»"),
        (
            (atomic("a", on_entry=(act("registrar", nota="=1 +"),)),),
            "estado «a»: registrar: «1 +»: la expresión está incompleta",
        ),
        ((atomic("a", on_exit=(act("emitir"),)),), "estado «a»: emitir: falta «evento»"),
        ((atomic("a", on_exit=(act("cancelar"),)),), "estado «a»: cancelar: falta «evento»"),
        ((atomic("a", after("9999999 h", "a")),), "estado «a»: «9999999 h» no puede ser aquí una duración"),
        (
            (atomic("a", deadline=Deadline(lasts=Duration(amount=-1, unit="h"))),),
            "estado «a»: «-1 h» no puede ser aquí una duración",
        ),
        (
            (atomic("a", deadline=Deadline(lasts=HOUR, warn_before=Duration(amount=1, unit="dh"))),),
            "estado «a»: «1 dh» no puede ser aquí una duración",
        ),
    ],
)
def test_a_machine_that_cannot_run_is_refused_with_its_reason(states: tuple[State, ...], problem: str):
    assert problem in refused(*states)


def test_all_that_is_wrong_is_told_at_once():
    told = refused(atomic("a", on("e", "x"), on("f", "y")), compound("b"), initial="z")
    assert told == (
        "la máquina: inicial desconocido «z»",
        "estado «a»: destino desconocido «x»",
        "estado «a»: destino desconocido «y»",
        "estado «b»: no lleva ningún estado adentro",
    )


def test_what_only_the_protocol_can_have_wrong_is_told_too():
    never = Calendar(id="nunca", weekdays=())
    assert refused(atomic("a"), calendar=never) == ("el calendario «nunca» no cuenta ningún día",)
    assert refused(atomic("a"), timezone="Luna/Mar") == ("zona horaria desconocida «Luna/Mar»",)
    with pytest.raises(ModelError, match="máquina repetida «m»"):
        protocol(machine("m", atomic("a")), machine("m", atomic("b")))


def test_a_chart_of_a_protocol_made_without_the_constructor_is_refused_when_it_is_used():
    sound = protocol(machine("m", atomic("a")))
    broken = msgspec.structs.replace(sound, machines={"m": machine("m", atomic("a", on("e", "zz")))})
    with pytest.raises(ModelError, match="destino desconocido «zz»"):
        start(broken, "m", {}, NOW)


def nested(levels: int) -> State:
    state = atomic("hondo", on("e", "fuera"))
    for level in range(levels):
        state = compound(f"c{level}", state)
    return state


def test_deep_nesting_runs_and_nesting_without_end_is_refused():
    chart = protocol(machine("m", nested(150), atomic("fuera")))
    assert send(chart, begin(chart), "e").snapshot.active == ("fuera",)
    assert "más de 200 niveles" in refused(nested(5000), atomic("fuera"))[0]


def test_a_targetless_automatic_transition_without_an_end_is_stopped_and_not_refused():
    chart = protocol(machine("m", atomic("a", always(actions=(note("x"),)))))
    with pytest.raises(EndlessLoop):
        begin(chart)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("10 ms", Duration(10, "ms")),
        ("10ms", Duration(10, "ms")),
        ("1.5s", Duration(1500, "ms")),
        (".25 s", Duration(250, "ms")),
        ("2s", Duration(2, "s")),
        ("0 s", Duration(0, "s")),
        ("30 dh", Duration(30, "dh")),
        (timedelta(minutes=2), Duration(120_000, "ms")),
        (Duration(4, "h"), Duration(4, "h")),
    ],
)
def test_code_writes_durations_as_it_likes(written: Any, read: Duration):
    assert after(written, "x").delay == read
    assert Duration.of(str(read)) == read


@pytest.mark.parametrize("written", ["", "s", "-1 s", "1.5 dh", "1 hour", "uno", 5, None])
def test_what_is_no_duration_is_refused_where_it_is_written(written: Any):
    with pytest.raises(ModelError):
        after(written, "x")
    with pytest.raises(ModelError):
        act("emitir", evento="x", tras=written)


def test_children_and_transitions_may_be_given_in_any_order_among_each_other():
    mixed = compound("a", on("e", "a2"), atomic("a1"), on("f", "a1"), atomic("a2"), transitions=[on("g", "a2")])
    assert [state.id for state in mixed.children] == ["a1", "a2"]
    assert [transition.events for transition in mixed.transitions] == [("e",), ("f",), ("g",)]


def test_lists_are_as_good_as_tuples():
    chart = protocol(
        machine(
            "m",
            compound("a", atomic("a1", on("e", "b", actions=[note("va")]), on_exit=[note("sale")]), initial=["a1"]),
            atomic("b"),
            initial=["a"],
        )
    )
    assert notes(send(chart, begin(chart), "e")) == ["sale", "va"]


def test_a_machine_may_be_of_any_kind_of_thing():
    chart = protocol(machine("m", atomic("a"), instance="caso"))
    assert [each.id for each in chart.machine_for("caso")] == ["m"]


def test_raising_sending_and_cancelling_are_effects_like_any_other():
    assert raise_event("x") == act("emitir", evento="x")
    assert send_event("x") == act("emitir", evento="x", externa=True)
    assert send_event("x", delay=timedelta(seconds=2), name="n") == act("emitir", evento="x", tras="2000 ms", id="n")
    assert cancel_event("x") == act("cancelar", evento="x")
    assert cancel_event(name="n") == act("cancelar", id="n")


def test_the_example_at_the_head_of_the_model_runs():
    text = (model.__doc__ or "").partition("::\n")[2].partition("\n=====")[0]
    scope = vars(model) | {"start": start, "step": step, "now": NOW}
    exec(textwrap.dedent(text), scope)
    assert scope["then"].snapshot.active == ("a", "a2")
    assert [why.event for why in scope["then"].why] == ["t", "listo"]
