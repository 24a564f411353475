"""The protocol at work: alerts, events of people and of the program, deadlines in their order, closing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace
from realm import COMAR, INM, PACKS, PROTOCOL, SDH, Night

from caravan import commands as c
from caravan import events as e
from caravan.basics import SYSTEM
from caravan.coordination.activations import possible_for
from caravan.coordination.facts import facts_of
from caravan.coordination.loop import coordinate
from caravan.groups import Household
from caravan.protocol.vocabulary import PROGRAM_FACTS

NIGHTS_WORDS = {"motivo": "Varios días sin comer", "nivel": "n2"}


def run_of(night: Night, group: str) -> str:
    return night.group(group).activation


# --- publishing and opening -----------------------------------------------------------------------------------------


def test_a_version_is_published_once_and_a_broken_one_never(night: Night) -> None:
    assert night.refusal(c.PublishProtocol(text=PROTOCOL, packs=PACKS), SYSTEM).code == "protocol_version_taken"
    broken = PROTOCOL.replace("inicial: alerta", "inicial: alarma")
    refusal = night.refusal(c.PublishProtocol(text=broken, packs=PACKS), SYSTEM)
    assert refusal.code == "protocol_unsound"
    assert any("alarma" in problem for problem in refusal.details["problems"])


def test_a_running_activation_stays_on_the_version_it_began_with(night: Night) -> None:
    before = run_of(night, night.arrives(35))
    night.do(
        c.PublishProtocol(
            text=PROTOCOL.replace("version: 2\n", "version: 3\n", 1).replace("vigente_desde: 2026-12-01\n", ""),
            packs=PACKS,
        ),
        SYSTEM,
    )
    after = run_of(night, night.arrives(35, station="celaya"))
    assert [night.picture.activations[run].version for run in (before, after)] == [2, 3]
    assert night.picture.protocol_of(before).version == 2


def test_a_version_published_ahead_of_its_day_answers_from_that_midnight_on(night: Night) -> None:
    later = PROTOCOL.replace("version: 2\n", "version: 3\n", 1).replace("2026-12-01", "2023-05-17", 1)
    night.picture = replace(night.picture, drill=False)
    night.do(c.PublishProtocol(text=later, packs=PACKS), SYSTEM)
    before = run_of(night, night.arrives(35))
    night.now = datetime(2023, 5, 17, 5, 59, tzinfo=UTC)
    last = run_of(night, night.arrives(35, station="celaya"))
    rung = night.passes(minutes=1)
    assert [night.picture.activations[run].version for run in (before, last)] == [2, 2]
    assert night.picture.in_force == "guanajuato@3"
    assert e.ProtocolTookEffect(protocol="guanajuato", version=3) in rung.events


def test_an_alert_becomes_an_operation_with_its_reason_and_the_level_of_its_people(night: Night) -> None:
    ident = night.arrives(83)
    run = night.create(c.ActivateProtocol(station="leon", reason="Varios días sin comer"))
    assert run == run_of(night, ident)
    assert "en_atencion" in night.steps(run)
    assert night.picture.activations[run].level == "n2"
    assert night.refusal(c.ActivateProtocol(station="leon", reason="x")).code == "event_not_awaited"
    assert night.refusal(c.ActivateProtocol(station="celaya", reason="x", level="n9")).code == "unknown_level"
    assert night.refusal(c.ActivateProtocol(station="tula", reason="x")).code == "unknown_station"


# --- events of people -----------------------------------------------------------------------------------------------


def test_an_event_nobody_waits_for_is_refused_with_those_that_are_possible(night: Night) -> None:
    run = run_of(night, night.arrives(35))
    refusal = night.refusal(c.SendEvent(event="cerrar", activation=run))
    assert (refusal.code, refusal.details["possible"]) == ("event_not_awaited", ["descartar", "verificar"])


def test_the_evidence_a_step_requires_comes_with_its_event(night: Night) -> None:
    run = run_of(night, night.arrives(35))
    refusal = night.refusal(c.SendEvent(event="verificar", activation=run, payload={"motivo": "x"}))
    assert (refusal.code, refusal.details["missing"]) == ("evidence_missing", ["nivel"])
    wrong = night.refusal(c.SendEvent(event="verificar", activation=run, payload={"motivo": "x", "nivel": "n9"}))
    assert (wrong.code, wrong.field) == ("payload_wrong", "payload.nivel")
    extra = night.refusal(c.SendEvent(event="verificar", activation=run, payload={**NIGHTS_WORDS, "color": "rojo"}))
    assert (extra.code, extra.field) == ("payload_unknown", "payload.color")


def test_an_event_goes_to_one_activation_or_to_one_group(night: Night) -> None:
    ident = night.arrives(35)
    assert night.refusal(c.SendEvent(event="x")).code == "one_target"
    assert night.refusal(c.SendEvent(event="x", group=ident, activation=run_of(night, ident))).code == "one_target"
    assert night.refusal(c.SendEvent(event="x", group="g-0")).code == "unknown_target"


def test_only_the_program_says_what_the_program_establishes(night: Night) -> None:
    ident = night.arrives(35)
    assert night.refusal(c.SendEvent(event="todos_con_lugar", group=ident)).code == "event_not_awaited"


def test_an_agency_sends_the_events_of_its_own_steps_and_the_coordination_all(night: Night) -> None:
    ident = night.arrives(35, asylum=3)
    for agency in ("INM", "PRODHEG", "SALUD"):
        assert {event.owner for _, event in possible_for(night.picture, ident, agency)} == {agency}
    everything = {event.owner for _, event in possible_for(night.picture, ident, "SDH")}
    assert everything >= {"SDH", "INM", "PRODHEG", "SALUD"}


def test_a_hidden_step_is_not_named_to_those_who_may_not_know_of_it(night: Night) -> None:
    ident = night.arrives(35, asylum=3)
    refusal = night.refusal(c.SendEvent(event="aviso_enviado", group=ident, payload={"documento": "x"}), INM)
    unheard = night.refusal(c.SendEvent(event="inventado", group=ident), INM)
    assert refusal.details["possible"] == unheard.details["possible"]
    night.do(c.SendEvent(event="aviso_enviado", group=ident, payload={"documento": "Oficio 12"}), SDH)
    night.do(c.SendEvent(event="solicitud_presentada", group=ident, payload={"constancia_comar": "1"}), COMAR)
    assert "en_resolucion" in night.steps(ident)


# --- time -----------------------------------------------------------------------------------------------------------


def test_a_late_tick_fires_everything_in_the_order_in_which_it_fell_due(night: Night) -> None:
    night.holds(night.arrives(35, asylum=3))
    night.passes(minutes=7)
    night.holds(night.arrives(8, station="celaya"))
    outcome = night.passes(days=3)
    missed = [event for event in outcome.events if isinstance(event, e.DeadlineMissed)]
    due = [event.due for event in missed if event.rung == 0 and event.due < night.now - timedelta(days=2)]
    assert len(due) > 10
    assert due == sorted(due)
    rungs: dict[tuple[str, str], list[int]] = {}
    for event in missed:
        rungs.setdefault((event.instance, event.state), []).append(event.rung)
    assert all(rung == list(range(len(rung))) for rung in rungs.values())
    assert night.picture.next_alarm is None or night.picture.next_alarm.due > night.now


def test_ticking_every_minute_and_ticking_once_miss_the_same_deadlines(night: Night) -> None:
    night.arrives(35, asylum=3)
    once = coordinate(night.picture, c.PassTime(), by=SDH, now=night.now + timedelta(hours=5))
    often = [event for _ in range(300) for event in night.passes(minutes=1).events]

    def missed(events: list[e.Event]) -> list[tuple[str, str, int]]:
        return sorted((x.instance, x.state, x.rung) for x in events if isinstance(x, e.DeadlineMissed))

    assert missed(often) == missed(list(once.events))


def test_what_is_due_happens_before_a_command_is_answered(night: Night) -> None:
    ident = night.arrives(20)
    held = night.holds(ident)[0]
    night.now += timedelta(minutes=90)
    assert night.refusal(c.AcceptPlacement(placement=held)).details["status"] == "expired"
    outcome = night.do(c.RecordCount(group=ident, people=21, method="headcount", source="x"))
    kinds = [type(event) for event in outcome.events]
    assert kinds.index(e.PlacementExpired) < kinds.index(e.CountRecorded)


def test_the_first_miss_tells_the_owner_s_coordination_and_the_next_the_rung_above(night: Night) -> None:
    run = run_of(night, night.arrives(35))
    told = [
        (event.state, event.rung, event.told)
        for event in night.passes(minutes=61).events
        if isinstance(event, e.DeadlineMissed) and event.instance.startswith(run)
    ]
    assert told == [("alerta", 0, ("SDH",)), ("alerta", 1, ("TITULAR",))]


# --- what the program tells -----------------------------------------------------------------------------------------


def test_lodging_follows_the_people_and_not_what_somebody_says(night: Night) -> None:
    ident = night.arrives(40)
    assert "por_colocar" in night.steps(ident)
    held = night.holds(ident)
    assert "en_traslado" in night.steps(ident)
    for placement in held:
        assert "alojados" not in night.steps(ident)
        night.do(c.RecordPlacementArrival(placement=placement, people=night.picture.placements[placement].people))
    assert "alojados" in night.steps(ident)
    night.do(c.RecordCount(group=ident, people=45, method="headcount", source="Casa Galilea"))
    assert "por_colocar" in night.steps(ident)


def test_an_activation_can_be_closed_when_the_care_of_its_last_group_is_concluded(night: Night) -> None:
    ident = night.arrives(20, asylum=3)
    run = night.create(c.ActivateProtocol(station="leon", reason="Llegada", level="n1"))
    night.do(c.RecordDeparture(group=ident, people=20, outcome="left", destination="SLP", source="Brigada"))
    assert "con_grupos" in night.steps(run)
    night.do(c.SendEvent(event="entregar_pendientes", group=ident, payload={"constancia": "Acta 1"}))
    assert night.group(ident).status == "concluded"
    totals = night.picture.activations[run]
    assert (totals.open_groups, totals.people, totals.attended) == (0, 0, 20)
    assert "por_cerrar" in night.steps(run)


def test_a_false_alarm_closes_and_the_next_bus_opens_anew(night: Night) -> None:
    run = run_of(night, night.arrives(35))
    night.do(c.SendEvent(event="descartar", activation=run, payload={"motivo": "Pasaron de largo"}))
    assert night.picture.activations[run].closed
    assert night.picture.running_at("leon") is None
    assert run_of(night, night.arrives(20)) != run
    late = c.ReportArrival(station="leon", people=5, declared_by="x", activation=run)
    assert night.refusal(late).code == "unknown_activation"


# --- what guards read -----------------------------------------------------------------------------------------------


def test_guards_read_every_fact_the_program_promises_and_unknown_is_unknown(night: Night) -> None:
    ident = night.arrives(35)
    instance = night.picture.instances[night.picture.machines_of[ident][0]]
    facts = facts_of(night.picture, instance)
    assert {scope: set(names) for scope, names in facts.items()} == {
        "activacion": set(PROGRAM_FACTS["activacion"]), "grupo": set(PROGRAM_FACTS["grupo"]),
    }  # fmt: skip
    unknown = {name for name, value in facts["grupo"].items() if value is None}
    assert unknown >= {
        "nna",
        "nna_no_acompanados",
        "horas_sin_comer",
        "solicitan_asilo",
        "ingreso_al_pais",
        "fin_de_estancia",
    }


@pytest.mark.parametrize(
    ("known", "alone"),
    [
        ({}, None),
        ({"unaccompanied": 0}, 0),
        ({"unaccompanied": 2}, 2),
        ({"households": (Household(women=1, children={"5-11": 2}),)}, None),
        ({"households": (Household(children={"12-17": 2}, unaccompanied=True, count=2),)}, 4),
    ],
)
def test_a_child_is_alone_only_where_somebody_said_so(
    night: Night, known: dict[str, object], alone: int | None
) -> None:
    assert night.group(night.arrives(10, **known)).alone == alone
