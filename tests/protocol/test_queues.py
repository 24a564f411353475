import pytest

from caravan.protocol.model import (
    EndlessLoop,
    Transition,
    act,
    always,
    atomic,
    compound,
    machine,
    on,
    parallel,
    protocol,
    raise_event,
    send_event,
)
from tests.protocol.stepping import begin, leaves, note, notes, send


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


def test_raised_events_are_answered_first_in_first_out_before_anything_that_was_sent():
    def says(event: str) -> Transition:
        return on(event, actions=(note(event),))

    chart = protocol(
        machine(
            "m",
            compound(
                "todo",
                atomic(
                    "a",
                    on("e", "b", actions=(send_event("sale"), raise_event("uno"), raise_event("dos"))),
                    on_exit=(raise_event("cero"),),
                ),
                atomic("b", on_entry=(raise_event("tres"),)),
                transitions=tuple(says(each) for each in ("sale", "cero", "uno", "dos", "tres")),
            ),
        )
    )
    assert notes(send(chart, begin(chart), "e")) == ["cero", "uno", "dos", "tres", "sale"]


def test_automatic_transitions_come_before_the_events_that_were_raised():
    chart = protocol(
        machine(
            "m",
            atomic("a", always("b"), on("x", "mal"), on_entry=(raise_event("x"),)),
            atomic("b", on("x", "c")),
            atomic("c"), atomic("mal"),
        )
    )  # fmt: skip
    assert begin(chart).snapshot.active == ("c",)


def test_what_is_sent_waits_until_the_macrostep_is_over():
    chart = protocol(
        machine(
            "m",
            atomic("a", on("e", "b", actions=(send_event("sale"), raise_event("listo")))),
            atomic("b", on("listo", "c"), on("sale", "mal")),
            atomic("c", always("d")),
            atomic("d", on("sale", "f")),
            atomic("f"), atomic("mal"),
        )
    )  # fmt: skip
    done = send(chart, begin(chart), "e")
    assert done.snapshot.active == ("f",)
    assert [why.event for why in done.why] == ["e", "listo", "siempre", "sale"]


def test_a_raised_event_nobody_waits_for_is_gone():
    chart = protocol(
        machine(
            "m",
            atomic("a", on("e", "b", actions=(raise_event("x"),))),
            atomic("b", on("f", "c")),
            atomic("c", on("x", "mal")),
            atomic("mal"),
        )
    )
    done = send(chart, send(chart, begin(chart), "e"), "f")
    assert done.snapshot.active == ("c",)


def test_every_region_hears_a_raised_event_and_one_that_moved_hears_it_where_it_stands():
    chart = protocol(
        machine(
            "m",
            parallel(
                "p",
                compound(
                    "r",
                    atomic("r1", on("e", "r2", actions=(raise_event("x"),))),
                    atomic("r2", on("x", "r3")),
                    atomic("r3"),
                ),
                compound("s", atomic("s1", on("x", "s2")), atomic("s2")),
            ),
        )
    )
    assert leaves(chart, send(chart, begin(chart), "e")) == ("r3", "s2")


def test_the_name_of_a_raised_event_may_be_computed():
    chart = protocol(
        machine("m", atomic("a", on("e", actions=(raise_event("=evento.cual"),)), on("listo", "b")), atomic("b"))
    )
    assert send(chart, begin(chart), "e", cual="listo").snapshot.active == ("b",)


def test_a_machine_that_sends_to_itself_for_ever_is_stopped():
    chart = protocol(machine("m", atomic("a", on("e", "a", actions=(send_event("e"),)))))
    with pytest.raises(EndlessLoop):
        send(chart, begin(chart), "e")


def test_a_machine_that_counts_far_but_rests_is_not_stopped():
    states = [atomic(f"s{number}", always(f"s{number + 1}")) for number in range(900)]
    chart = protocol(machine("m", *states, atomic("s900")))
    assert begin(chart).snapshot.active == ("s900",)
