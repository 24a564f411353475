from itertools import permutations

import pytest

from caravan.protocol.model import Transition, always, atomic, compound, final, machine, on, parallel, protocol
from tests.protocol.stepping import announces, begin, leaves, note, notes, send


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


def test_a_machine_of_many_regions_is_right_in_every_one_of_its_configurations():
    def switch(name: str):
        return compound(
            name, atomic(f"{name}_no", on(name, f"{name}_si")), atomic(f"{name}_si", on(name, f"{name}_no"))
        )

    names = [f"r{number}" for number in range(13)]
    chart = protocol(machine("m", parallel("p", *(switch(name) for name in names))))
    now, lit = begin(chart), set[str]()
    for number in range(1, 8192):
        turned = names[(number & -number).bit_length() - 1]
        now = send(chart, now, turned)
        lit ^= {turned}
        assert {state.removesuffix("_si") for state in now.snapshot.active if state.endswith("_si")} == lit


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


def test_a_parallel_alone_at_the_top_is_a_machine():
    chart = protocol(
        machine(
            "m",
            parallel(
                "p",
                compound("r", atomic("r1", on("e", "r2")), final("r2")),
                compound("s", atomic("s1", on("done.state.r", "s2")), final("s2")),
                on("reinicia", "p"),
                on("done.state.p", actions=(note("todo"),)),
            ),
        )
    )
    both = send(chart, begin(chart), "e")
    assert both.snapshot.active == ("p", "r", "r2", "s", "s2")
    assert notes(both) == ["todo"]
    assert not both.snapshot.done
    assert send(chart, both, "reinicia").snapshot.active == ("p", "r", "r1", "s", "s1")


def test_the_regions_end_is_told_before_the_end_of_the_whole():
    def region(name: str):
        return compound(name, atomic(f"{name}1", on("e", f"{name}2")), final(f"{name}2"))

    chart = protocol(machine("m", parallel("p", region("r"), region("s"), on("done.state.*", actions=(note("fin"),)))))
    done = send(chart, begin(chart), "e")
    assert [why.event for why in done.why] == ["e", "e", "done.state.r", "done.state.s", "done.state.p"]


def test_a_parallel_within_a_region_is_done_but_does_not_end_the_region():
    inner = parallel("q", compound("t", final("t1")), compound("u", final("u1")))
    chart = protocol(
        machine(
            "m",
            parallel(
                "p",
                compound("r", inner),
                compound("s", final("s1")),
                on("done.state.p", "mal"),
                on("done.state.q", actions=(note("q"),)),
            ),
            atomic("mal"),
        )
    )
    first = begin(chart)
    assert "p" in first.snapshot.active
    assert notes(first) == ["q"]


def test_a_parallel_directly_within_a_parallel_counts_as_final_when_its_regions_are():
    inner = parallel("q", compound("t", final("t1")), compound("u", final("u1")))
    last = compound("s", atomic("s1", on("e", "s2")), final("s2"))
    chart = protocol(machine("m", parallel("p", inner, last, on("done.state.p", "fin")), final("fin")))
    assert send(chart, begin(chart), "e").snapshot.done


def test_regions_are_left_last_first_and_entered_first_first():
    chart = protocol(
        machine(
            "m",
            parallel(
                "p",
                compound("r", atomic("r1", **announces("r1")), **announces("r")),
                compound("s", atomic("s1", **announces("s1")), **announces("s")),
                on("e", "p"),
                **announces("p"),
            ),
        )
    )
    assert notes(send(chart, begin(chart), "e")) == [
        "-s1", "-s", "-r1", "-r", "-p", "+p", "+r", "+r1", "+s", "+s1",
    ]  # fmt: skip


def test_what_transitions_do_comes_between_all_that_is_left_and_all_that_is_entered():
    def region(name: str):
        go = on("e", f"{name}2", actions=(note(name),))
        return compound(
            name, atomic(f"{name}1", go, **announces(f"{name}1")), atomic(f"{name}2", **announces(f"{name}2"))
        )

    chart = protocol(machine("m", parallel("p", region("r"), region("s"))))
    assert notes(send(chart, begin(chart), "e")) == ["-s1", "-r1", "r", "s", "+r2", "+s2"]


def test_an_inner_transition_preempts_the_one_of_a_state_around_it_and_a_rival_of_another_region_is_dropped():
    chart = protocol(
        machine(
            "m",
            parallel(
                "p",
                compound("r", atomic("r1"), on("e", "x")),
                compound("s", atomic("s1", on("e", "s2")), atomic("s2")),
            ),
            atomic("x"),
        )
    )
    assert send(chart, begin(chart), "e").snapshot.active == ("x",)
    swapped = protocol(
        machine(
            "m",
            parallel(
                "p",
                compound("s", atomic("s1", on("e", "s2")), atomic("s2")),
                compound("r", atomic("r1"), on("e", "x")),
            ),
            atomic("x"),
        )
    )
    assert leaves(swapped, send(swapped, begin(swapped), "e")) == ("s2", "r1")


def test_a_later_inner_transition_replaces_an_earlier_one_of_the_states_around_both():
    chart = protocol(
        machine(
            "m",
            compound(
                "c",
                parallel(
                    "p",
                    compound("r", atomic("r1")),
                    compound("s", atomic("s1", on("e", "s2")), atomic("s2")),
                ),
                atomic("x"),
                transitions=(on("e", "x", internal=True),),
            ),
        )
    )
    assert leaves(chart, send(chart, begin(chart), "e")) == ("r1", "s2")


def test_a_transition_of_the_whole_is_taken_once_though_every_region_selects_it():
    chart = protocol(
        machine(
            "m",
            parallel("p", compound("r", atomic("r1")), compound("s", atomic("s1")), on("e", actions=(note("una"),))),
        )
    )
    assert notes(send(chart, begin(chart), "e")) == ["una"]


def test_a_transition_without_target_never_stands_in_the_way_of_another_region():
    chart = protocol(
        machine(
            "m",
            parallel(
                "p",
                compound("r", atomic("r1", on("e", actions=(note("r"),)))),
                compound("s", atomic("s1", on("e", "x"))),
            ),
            atomic("x"),
        )
    )
    done = send(chart, begin(chart), "e")
    assert done.snapshot.active == ("x",)
    assert notes(done) == ["r"]


def test_a_transition_between_regions_leaves_and_enters_the_whole_parallel():
    chart = protocol(
        machine(
            "m",
            parallel(
                "p",
                compound("r", atomic("r1", on("e", "s2"))),
                compound("s", atomic("s1"), atomic("s2")),
                **announces("p"),
            ),
        )
    )
    done = send(chart, begin(chart), "e")
    assert leaves(chart, done) == ("r1", "s2")
    assert notes(done) == ["-p", "+p"]


def test_internal_is_for_compound_states_only_so_a_parallel_is_left_all_the_same():
    chart = protocol(
        machine(
            "m",
            parallel(
                "p",
                compound("r", atomic("r1"), atomic("r2")),
                compound("s", atomic("s1")),
                on("e", "r2", internal=True),
                **announces("p"),
            ),
        )
    )
    done = send(chart, begin(chart), "e")
    assert leaves(chart, done) == ("r2", "s1")
    assert notes(done) == ["-p", "+p"]


def test_a_region_may_wait_for_another_to_stand_somewhere():
    chart = protocol(
        machine(
            "m",
            parallel(
                "p",
                compound("r", atomic("r1", on("e", "r2")), atomic("r2")),
                compound("s", atomic("s1", always("s2", guard="en('r2')")), atomic("s2")),
            ),
        )
    )
    assert leaves(chart, send(chart, begin(chart), "e")) == ("r2", "s2")
    assert not send(chart, begin(chart), "otro").taken


def test_atomic_regions_are_regions():
    chart = protocol(
        machine(
            "m",
            parallel("p", atomic("r", on("e", actions=(note("r"),))), atomic("s")),
            atomic("x", on("e", "r")),
            initial="x",
        )
    )
    first = begin(chart)
    entered = send(chart, first, "e")
    assert entered.snapshot.active == ("p", "r", "s")
    assert notes(send(chart, entered, "e")) == ["r"]


def _nested(*, resumes: bool):
    def region(name: str):
        return compound(name, atomic(f"{name}1", on(f"e{name}", f"{name}2")), final(f"{name}2"))

    care = parallel("cuidado", region("a"), region("b"))
    whole = parallel("p", care, region("c"), transitions=(on("done.state.p", "fin"),))
    return protocol(machine("m", whole, final("fin"), resumes=resumes))


@pytest.mark.parametrize("order", list(permutations(("ea", "eb", "ec"))), ids=" ".join)
def test_parallels_inside_one_another_are_done_in_whatever_order_their_regions_end(order: tuple[str, ...]):
    chart = _nested(resumes=True)
    done = begin(chart)
    for event in order:
        assert not done.snapshot.done
        done = send(chart, done, event)
    assert done.snapshot.active == ("fin",)


def test_a_model_from_code_asks_only_the_parallel_just_around_as_the_recommendation_does():
    chart = _nested(resumes=False)
    done = begin(chart)
    for event in ("ec", "ea", "eb"):
        done = send(chart, done, event)
    assert done.snapshot.active == ("p", "cuidado", "a", "a2", "b", "b2", "c", "c2")
