import gc
import weakref
from datetime import time, timedelta
from typing import Any

import msgspec
import pytest

from caravan.protocol.model import (
    Deadline,
    Level,
    Service,
    Snapshot,
    SnapshotError,
    Step,
    Timer,
    Trigger,
    act,
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
from caravan.protocol.outlook import shared
from caravan.protocol.step import missing_evidence, next_due, possible, step, waiting
from tests.protocol.stepping import AGENCIES, HOUR, NOW, begin, send


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


def test_the_level_is_the_highest_one_reached():
    levels = (Level("n1", 15), Level("n2", 80))
    chart = protocol(machine("m", atomic("a")), levels=levels, agencies=AGENCIES)
    assert [chart.level_for(people) for people in (0, 14, 15, 79, 80, 9000)] == ["n0", "n0", "n1", "n1", "n2", "n2"]
    assert chart.coordination() == ("SDH",)
    assert [each.id for each in chart.machine_for("activacion")] == ["m"]
    assert chart.machine_for("grupo") == ()


def test_who_may_send_is_told_with_each_possible_event_and_once_for_each_who_is_answered_differently():
    chart = protocol(
        machine(
            "m",
            atomic("enviada", on("acepta", "dif", senders=("DIF",)), on("acepta", "salud", senders=("SALUD",)), on("cierra", "dif")),
            atomic("dif"), atomic("salud"),
        )
    )  # fmt: skip
    offered = possible(chart, begin(chart).snapshot)
    assert [(each.event, each.senders) for each in offered] == [
        ("acepta", ("DIF",)),
        ("acepta", ("SALUD",)),
        ("cierra", ()),
    ]


def test_an_event_with_a_sender_takes_only_what_that_agency_may_send():
    chart = protocol(
        machine(
            "m",
            atomic("enviada", on("acepta", "dif", senders=("DIF",), requires=("folio",)), on("acepta", "salud", senders=("SALUD",))),
            atomic("dif"), atomic("salud"),
        )
    )  # fmt: skip
    first = begin(chart)

    def sent_by(agency: str, **payload: Any) -> Step:
        trigger = Trigger(kind="event", name="acepta", payload=payload, sender=agency)
        return step(chart, first.snapshot, trigger, {}, NOW)

    assert sent_by("SALUD").snapshot.active == ("salud",)
    assert sent_by("DIF", folio="7").snapshot.active == ("dif",)
    assert not sent_by("DIF").taken
    assert not sent_by("INM").taken
    assert missing_evidence(chart, first.snapshot, "acepta", {}, "DIF") == ("folio",)
    assert missing_evidence(chart, first.snapshot, "acepta", {}, "SALUD") == ()


def test_nothing_is_possible_any_more_when_the_machine_has_ended():
    chart = protocol(machine("m", atomic("a", on("e", "fin")), final("fin")))
    done = send(chart, begin(chart), "e").snapshot
    assert possible(chart, done) == waiting(chart, done) == ()
    assert next_due(done) is None


def test_an_event_that_depends_on_the_hours_of_a_desk_is_offered_whatever_the_hour():
    desk = Service(id="x", days=(), opens=time(9), closes=time(10))
    chart = protocol(machine("m", atomic("a", on("e", "b", guard="abierto('x')")), atomic("b")), services={"x": desk})
    first = begin(chart)
    assert [each.event for each in possible(chart, first.snapshot, {})] == ["e"]
    assert not send(chart, first, "e").taken


def test_a_snapshot_that_was_read_can_share_the_names_of_its_chart():
    chart = protocol(
        machine(
            "m",
            compound("c", history("h", deep=True), atomic("c1", deadline=Deadline(lasts=HOUR)), on("sale", "x")),
            atomic("x", after("1 h", "c"), on_entry=(act("emitir", evento="y", tras="1 h", id="z"),)),
            resumes=True,
        )
    )
    kept = send(chart, begin(chart), "sale").snapshot
    read = msgspec.json.decode(msgspec.json.encode(kept), type=Snapshot)
    assert read.active is not kept.active
    held = shared(chart, read)
    assert held == kept
    assert held.active is kept.active
    assert held.history["h"] is kept.history["h"]
    assert all(one.state is other.state for one, other in zip(held.timers, kept.timers, strict=True))


def test_what_many_copies_have_none_of_takes_no_room_in_each():
    chart = protocol(machine("m", compound("c", atomic("c1"))))
    one, other = begin(chart).snapshot, begin(chart, now=NOW + timedelta(hours=1)).snapshot
    assert one.active is other.active
    assert one.history is other.history
    assert one.missed is other.missed


def test_a_snapshot_whose_timers_or_memory_name_unknown_states_is_refused_when_they_are_asked():
    chart = protocol(
        machine("m", compound("c", history("h"), atomic("c1"), on("e", "x")), atomic("x", on("f", "h")), initial="x")
    )
    snapshot = begin(chart).snapshot
    unknown = Timer(state="zzz", due=NOW)
    with pytest.raises(SnapshotError, match="zzz"):
        late = msgspec.structs.replace(snapshot, timers=(unknown,))
        step(chart, late, Trigger(kind="timer", timer=unknown), {}, NOW)
    with pytest.raises(SnapshotError, match="zzz"):
        step(
            chart, msgspec.structs.replace(snapshot, history={"h": ("zzz",)}), Trigger(kind="event", name="f"), {}, NOW
        )


def test_a_protocol_that_nobody_keeps_takes_its_charts_with_it():
    chart = protocol(machine("m", atomic("a")))
    begin(chart)
    kept = weakref.ref(chart)
    del chart
    gc.collect()
    assert kept() is None
