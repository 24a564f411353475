"""A published protocol that cannot go on from where a clock leads: it stops nobody else."""

from __future__ import annotations

import pytest
from realm import COMAR, PROTOCOL, SDH, Night, opened, plain, replayed
from trial_protocols import HEAD, LINE, A, B, running

from caravan import commands as c
from caravan import events as e
from caravan.audiences import viewer_of
from caravan.basics import SYSTEM
from caravan.sharing import share

ITSELF = f"""\
  m:
    instancia: activacion
    inicial: a
    estados:
      a: {A}plazo: 1 d, tras: {{1 min: b}}, cuando: {{seguir: b, fin: z}}}}
      b: {B}plazo: 1 d, al_entrar: [{{emitir: {{evento: q2}}}}], cuando: {{q2: {{hacer: [{{emitir: {{evento: q2}}}}]}}, fin: z}}}}
      z: {{etiqueta: {{es: Fin, en: End}}, final: true}}
"""
MENDED = ITSELF.replace("al_entrar: [{emitir: {evento: q2}}], ", "")
EACH_OTHER = f"""\
  uno:
    instancia: activacion
    inicial: a
    estados:
      a: {A}plazo: 1 d, tras: {{1 min: {{hacer: [{{enviar: {{a: activacion, evento: ping}}}}]}}}}, cuando: {{pong: {{hacer: [{{enviar: {{a: activacion, evento: ping}}}}]}}, fin: z}}}}
      z: {{etiqueta: {{es: Fin, en: End}}, final: true}}
  otro:
    instancia: activacion
    inicial: b
    estados:
      b: {B}plazo: 1 d, cuando: {{ping: {{hacer: [{{enviar: {{a: activacion, evento: pong}}}}]}}, fin: y}}}}
      y: {{etiqueta: {{es: Fin, en: End}}, final: true}}
"""


def stopped(night: Night) -> list[e.InstanceStopped]:
    return [event for event, _ in night.journal if isinstance(event, e.InstanceStopped)]


@pytest.mark.parametrize("machines", [ITSELF, EACH_OTHER])
def test_a_clock_that_leads_into_an_endless_loop_stops_nobody_else(night: Night, machines: str) -> None:
    run = running(night, machines)
    group = night.arrives(30)
    held = night.holds(group)
    night.passes(minutes=2)
    (stop,) = stopped(night)
    assert (stop.activation, stop.reason) == (run, "endless_loop")
    assert night.picture.next_alarm is None or night.picture.next_alarm.due > night.now
    night.passes(hours=30)
    assert all(night.picture.placements[ident].status == "expired" for ident in held)
    assert night.arrives(12) in night.picture.groups
    assert len(stopped(night)) == 1
    assert plain(replayed(night.journal)) == plain(night.picture)


def test_what_the_clock_did_is_undone_and_its_other_clocks_go_on(night: Night) -> None:
    run = running(night, ITSELF)
    night.passes(minutes=2)
    instance = night.picture.instances[f"{run}/m"]
    assert instance.snapshot.active == ("a",)
    assert [clock.kind for clock in instance.stopped] == ["delay"]
    night.passes(days=1)
    assert any(isinstance(event, e.DeadlineMissed) and event.state == "a" for event, _ in night.journal)


def test_the_coordination_and_the_owner_are_told_that_a_clock_is_stopped_and_which(night: Night) -> None:
    run = running(night, ITSELF)
    night.passes(minutes=2)
    told = [
        event.notice
        for event, _ in night.journal
        if isinstance(event, e.NoticeQueued) and event.notice.activation == run
    ]
    assert {(notice.to, notice.template, notice.facts["estado"]) for notice in told} == {
        ("SDH", "detenido", "a"), ("LINEA", "detenido", "a"),
    }  # fmt: skip
    (step,) = share(night.picture, viewer_of(SDH), night.now).steps(run)
    assert step.stopped


def test_a_hidden_step_that_is_stopped_is_named_to_nobody_who_may_not_know_of_it(night: Night) -> None:
    run = running(
        night, ITSELF.replace("{etiqueta: {es: Paso a, ", "{visible: [COMAR, LINEA], etiqueta: {es: Paso a, ")
    )
    night.passes(minutes=2)
    (stop,) = stopped(night)
    assert stop.visible == ("COMAR", "LINEA")
    assert not share(night.picture, viewer_of(SDH), night.now).shows(stop)
    told = [
        event.notice
        for event, _ in night.journal
        if isinstance(event, e.NoticeQueued) and event.notice.activation == run
    ]
    assert {notice.to: dict(notice.facts) for notice in told}["SDH"] == {}


def test_a_person_s_event_that_leads_into_a_loop_is_refused_and_changes_nothing(night: Night) -> None:
    run = running(night, ITSELF)
    assert night.refusal(c.SendEvent(event="seguir", activation=run), LINE).code == "endless_loop"
    night.passes(minutes=2)
    assert night.refusal(c.SendEvent(event="seguir", activation=run), LINE).code == "endless_loop"
    night.do(c.SendEvent(event="fin", activation=run), LINE)
    assert night.picture.instances[f"{run}/m"].stopped == ()
    assert night.picture.activations[run].closed


def test_a_migration_to_a_mended_version_starts_the_clock_again_as_it_was(night: Night) -> None:
    run = running(night, ITSELF)
    night.passes(minutes=2)
    night.do(c.PublishProtocol(text=HEAD.format(version=2) + MENDED), SYSTEM)
    night.do(c.MigrateActivation(activation=run, version=2, reason="Se corrigió"))
    assert night.picture.instances[f"{run}/m"].stopped == ()
    night.passes(seconds=1)
    assert night.picture.instances[f"{run}/m"].snapshot.active == ("b",)
    assert plain(replayed(night.journal)) == plain(night.picture)


def test_a_notice_may_carry_figures_of_any_name(night: Night) -> None:
    names = ("visible", "group", "to", "activation", "turn", "case", "place", "template")
    figures = ", ".join(f"{name}: {number}" for number, name in enumerate(names))
    run = running(
        night,
        MENDED.replace(
            "cuando: {seguir", f"al_entrar: [{{avisar: {{a: [COMAR], plantilla: x, {figures}}}}}], cuando: {{seguir"
        ),
    )
    (notice,) = (
        event.notice
        for event, _ in night.journal
        if isinstance(event, e.NoticeQueued) and event.notice.activation == run
    )
    assert notice.to == COMAR.agency
    assert notice.facts == {name: number for number, name in enumerate(names)}


FROM_FACTS = PROTOCOL.replace(
    "  - {si: activacion.personas > 0 and activacion.grupos_abiertos == 0, ir_a: por_cerrar}",
    "  - {si: activacion.personas > 31, ir_a: por_cerrar}",
).replace(
    "siempre: [{si: activacion.grupos_abiertos > 0, ir_a: con_grupos}]",
    "siempre: [{si: activacion.personas > 30, ir_a: con_grupos}]",
)


def test_a_bus_that_came_is_on_record_though_the_operation_can_never_rest_on_it() -> None:
    night = opened(protocol=FROM_FACTS)
    run = night.group(night.arrives(20)).activation
    night.do(c.SendEvent(activation=run, event="verificar", payload={"motivo": "Reporte", "nivel": "n1"}))
    second = night.arrives(20)
    assert night.group(second).people == 20
    (stop,) = stopped(night)
    assert (stop.instance, stop.clock, stop.reason) == (f"{run}/operativo", None, "endless_loop")
    assert any(notice.template == "detenido" for notice in map(night.picture.notices.get, night.picture.notices))
    assert night.plans(second) is not None
    assert plain(replayed(night.journal)) == plain(night.picture)


def test_a_choice_that_leads_where_the_protocol_never_rests_is_refused() -> None:
    night = opened(protocol=FROM_FACTS)
    run = night.group(night.arrives(40)).activation
    asked = c.SendEvent(activation=run, event="verificar", payload={"motivo": "Reporte", "nivel": "n1"})
    assert night.refusal(asked).code == "endless_loop"
