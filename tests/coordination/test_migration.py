"""Another version for what is running: no clock stops unseen, and what only the other version has begins."""

from __future__ import annotations

from realm import PACKS, PROTOCOL, SDH, Night, plain, replayed
from trial_protocols import LINE, A, B, publish, running

from caravan import commands as c
from caravan import events as e
from caravan.audiences import viewer_of
from caravan.basics import SYSTEM
from caravan.server.web.pages.story import told
from caravan.sharing import share

END = "{etiqueta: {es: Fin, en: End}, final: true}"
ONE = f"""\
  m:
    instancia: activacion
    inicial: a
    estados:
      a: {A}plazo: 1 d, tras: {{30 d: {{hacer: [{{purgar: {{}}}}]}}}}, cuando: {{fin: z}}}}
      z: {END}
"""
TWO = f"""\
  otra:
    instancia: activacion
    inicial: b
    estados:
      b: {B}plazo: 2 d, al_entrar: [{{tarea: {{titulo: {{es: Revisar}}, a: SDH}}}}], cuando: {{terminar: y}}}}
      y: {END}
"""
UNTIMED = ONE.replace("plazo: 1 d, tras: {30 d: {hacer: [{purgar: {}}]}}, ", "")

STEP = B.replace("LINEA", "SDH")
BESIDE = f"""\
  aparte: {{instancia: activacion, inicial: b, estados: {{b: {STEP}plazo: 1 d, cuando: {{fin_b: y}}}}, y: {END}}}}}
  seguimiento: {{instancia: grupo, inicial: b2, estados: {{b2: {STEP}plazo: 1 d, cuando: {{fin_b: y2}}}}, y2: {END}}}}}
"""


def moves(run: str, **named: str) -> c.MigrateActivation:
    return c.MigrateActivation(activation=run, version=2, map={"m": named} if named else {}, reason="Reforma")


def test_an_erasure_and_a_deadline_that_the_other_version_lacks_are_only_dropped_by_name(night: Night) -> None:
    run = running(night, ONE)
    publish(night, UNTIMED, 2)
    refusal = night.refusal(moves(run))
    said = " ".join(refusal.details["problems"])
    assert refusal.code == "cannot_migrate"
    assert "su plazo" in said and "lo que haría al cumplirse el tiempo" in said
    night.do(moves(run, **{"relojes:a": ""}))
    assert night.picture.instances[f"{run}/m"].snapshot.timers == ()


def test_the_log_says_which_clocks_a_migration_dropped(night: Night) -> None:
    run = running(night, ONE)
    publish(night, UNTIMED, 2)
    outcome = night.do(moves(run, **{"relojes:a": "-"}))
    (migrated,) = (event for event in outcome.events if isinstance(event, e.ActivationMigrated))
    assert "Se dejó de contar: «Paso a»" in told(migrated, share(night.picture, viewer_of(SDH), night.now))


def test_a_machine_that_only_the_other_version_has_begins_with_its_effects(night: Night) -> None:
    run = running(night, ONE)
    publish(night, ONE + TWO, 2)
    night.do(moves(run))
    assert night.steps(run) == {"a", "b"}
    assert [task.title["es"] for task in (night.picture.tasks[i] for i in night.picture.tasks)] == ["Revisar"]
    night.do(c.SendEvent(event="terminar", activation=run), SDH)
    assert not night.picture.activations[run].closed
    assert plain(replayed(night.journal)) == plain(night.picture)


def test_a_machine_that_the_other_version_lacks_must_have_ended(night: Night) -> None:
    run = running(night, ONE + TWO)
    publish(night, ONE, 2)
    assert "la máquina «otra» no existe" in night.refusal(moves(run)).details["problems"][0]
    night.do(c.SendEvent(event="terminar", activation=run), SDH)
    night.do(moves(run))
    assert night.picture.machines_of[run] == (f"{run}/m",)
    assert not len(night.picture.tasks)
    night.do(c.SendEvent(event="fin", activation=run), LINE)
    assert night.picture.activations[run].closed
    assert plain(replayed(night.journal)) == plain(night.picture)


def test_a_closed_activation_begins_nothing_for_itself(night: Night) -> None:
    group = night.arrives(30)
    run = night.group(group).activation
    night.do(c.SendEvent(event="descartar", activation=run, payload={"motivo": "Pasaron de largo"}))
    assert night.picture.activations[run].closed
    text = PROTOCOL.replace("version: 2\n", "version: 3\n", 1).replace("vigente_desde: 2026-12-01\n", "") + BESIDE
    night.do(c.PublishProtocol(text=text, packs=PACKS), SYSTEM)
    night.do(c.MigrateActivation(activation=run, version=3, reason="Reforma"))
    assert f"{run}/aparte" not in night.picture.instances
    assert night.picture.instances[f"{group}/seguimiento"].snapshot.active == ("b2",)
