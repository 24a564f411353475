"""A change of the protocol: nothing typed is lost, two people stand behind what is published, and what runs is not touched."""

from __future__ import annotations

import hashlib

import pytest
from golden import GOLDEN, published_in
from realm import BRIGADE, DIF, SDH, Night, opened, plain, replayed

from caravan import commands as c
from caravan import events as e
from caravan.basics import Actor

COLLEAGUE = Actor(agency="SDH", role="coordination", user="u2")
NOBODY = Actor(agency="SDH", role="coordination")
# A protocol of one file, as the first release had it: what these tests change stands in the text itself.
PROTOCOL = published_in(GOLDEN / "0.1")[0]
SECOND = PROTOCOL.replace("version: 1\n", "version: 2\n", 1).replace("vigente_desde: 2026-12-01\n", "")


@pytest.fixture
def night() -> Night:
    return opened(protocol=PROTOCOL)


def _saved(night: Night, text: str = SECOND, by: Actor = SDH) -> str:
    return night.create(c.SaveDraft(text=text, note="Plazo de alojamiento"), by)


def _proposed(night: Night, text: str = SECOND) -> str:
    draft = _saved(night, text)
    night.do(_proposal(night, draft))
    return draft


def _proposal(night: Night, draft: str) -> c.ProposePublication:
    return c.ProposePublication(draft=draft, sha256=night.picture.drafts[draft].sha256)


def _change(night: Night, draft: str, text: str) -> c.SaveDraft:
    return c.SaveDraft(draft=draft, text=text, replaces=night.picture.drafts[draft].sha256)


def _approval(night: Night, draft: str) -> c.ApprovePublication:
    return c.ApprovePublication(draft=draft, sha256=night.picture.drafts[draft].sha256)


def test_a_draft_proposed_by_one_and_approved_by_another_is_in_force(night: Night) -> None:
    draft = _proposed(night)
    assert night.create(_approval(night, draft), COLLEAGUE) == "guanajuato@2"
    assert night.picture.in_force == "guanajuato@2"
    published = next(event for event, _ in reversed(night.journal) if isinstance(event, e.ProtocolPublished))
    assert (published.draft, published.proposed_by, published.approved_by) == (draft, "u1", "u2")
    assert published.sha256 == hashlib.sha256(published.text.encode()).hexdigest()
    assert plain(replayed(night.journal)) == plain(night.picture)


def test_whoever_proposed_does_not_approve_and_an_unnamed_account_does_neither(night: Night) -> None:
    draft = _proposed(night)
    assert night.refusal(_approval(night, draft), SDH).code == "two_persons"
    assert night.refusal(_approval(night, draft), NOBODY).code == "two_persons"
    assert night.refusal(_proposal(night, draft), NOBODY).code == "two_persons"
    assert night.picture.in_force == "guanajuato@1"


def test_only_the_coordination_writes_proposes_and_approves_and_nobody_publishes_alone(night: Night) -> None:
    draft = _proposed(night)
    asked: list[c.Command] = [
        c.SaveDraft(text=SECOND), _change(night, draft, SECOND), _proposal(night, draft),
        c.WithdrawDraft(draft=draft), _approval(night, draft),
    ]  # fmt: skip
    for command in asked:
        for by in (DIF, BRIGADE):
            assert night.refusal(command, by).code == "not_yours_to_do"
    assert night.refusal(c.PublishProtocol(text=SECOND), COLLEAGUE).code == "not_yours_to_do"


def test_a_coordination_that_only_works_beside_does_not_change_the_state_s_protocol(night: Night) -> None:
    town = Actor(agency="MUNICIPIO", role="coordination", user="u9")
    draft = _proposed(night)
    run = night.group(night.arrives(30)).activation
    asked: list[c.Command] = [_approval(night, draft), _proposal(night, draft)]
    for command in [*asked, c.MigrateActivation(activation=run, version=2, reason="x")]:
        assert night.refusal(command, town).code == "not_yours_to_do"


def test_what_was_saved_meanwhile_is_not_what_was_proposed(night: Night) -> None:
    draft = _proposed(night)
    seen = _approval(night, draft)
    night.do(_change(night, draft, SECOND + "# una línea más\n"), COLLEAGUE)
    assert night.refusal(seen, COLLEAGUE).code == "draft_not_proposed"
    night.do(_proposal(night, draft), SDH)
    assert night.refusal(seen, COLLEAGUE).code == "draft_changed"
    night.do(_approval(night, draft), COLLEAGUE)
    assert night.picture.drafts[draft].status == "published"


def test_every_text_that_was_saved_is_in_the_journal_unsound_ones_too(night: Night) -> None:
    draft = _saved(night, "protocolo: a medias\r\n  sin terminar")
    night.do(_change(night, draft, SECOND))
    texts = [event.text for event, _ in night.journal if isinstance(event, e.DraftSaved)]
    assert texts == ["protocolo: a medias\n  sin terminar\n", SECOND]
    assert night.picture.drafts[draft].text == SECOND


def test_a_text_with_problems_is_kept_but_not_proposed(night: Night) -> None:
    draft = _saved(night, SECOND.replace("inicial: alerta", "inicial: alarma"))
    refusal = night.refusal(_proposal(night, draft))
    assert refusal.code == "protocol_unsound"
    assert any("alarma" in problem for problem in refusal.details["problems"])


def test_a_version_that_is_not_above_the_published_ones_is_not_proposed_nor_approved(night: Night) -> None:
    assert night.refusal(_proposal(night, _saved(night, PROTOCOL))).code == "version_not_higher"
    first, second = _proposed(night), _proposed(night)
    night.do(_approval(night, first), COLLEAGUE)
    refusal = night.refusal(_approval(night, second), COLLEAGUE)
    assert (refusal.code, refusal.details["above"]) == ("version_not_higher", 2)


def test_a_draft_may_only_extend_what_is_published_here(night: Night) -> None:
    alone = "deriva_de: guanajuato@1\nprotocolo: leon\nversion: 1\ntitulo: {es: León, en: León}\nprocedencia: Ensayo.\nentidad: {nombre: Guanajuato, pcode: MX11}\nmaquinas: {quitar: [operativo]}\n"
    draft = _proposed(night, alone)
    night.do(_approval(night, draft), COLLEAGUE)
    assert "guanajuato@1" in night.picture.protocols["leon@1"].extends
    assert plain(replayed(night.journal)) == plain(night.picture)
    refusal = night.refusal(_proposal(night, _saved(night, alone.replace("guanajuato@1", "de-mi-bolsillo@1"))))
    assert (refusal.code, refusal.details["pack"]) == ("pack_unknown", "de-mi-bolsillo@1")


def test_what_is_withdrawn_or_published_is_closed(night: Night) -> None:
    withdrawn = _proposed(night)
    night.do(c.WithdrawDraft(draft=withdrawn), COLLEAGUE)
    published = _proposed(night)
    night.do(_approval(night, published), COLLEAGUE)
    for draft in (withdrawn, published):
        for command in (
            _change(night, draft, SECOND), _proposal(night, draft), c.WithdrawDraft(draft=draft),
            _approval(night, draft),
        ):  # fmt: skip
            assert night.refusal(command, COLLEAGUE).code == "draft_closed"
    assert night.refusal(c.WithdrawDraft(draft="b-nadie")).code == "unknown_draft"


# --- running activations ----------------------------------------------------------------------------------------------


RENAMED = SECOND.replace("por_colocar:\n", "sin_lugar:\n").replace(
    "faltan_lugares: por_colocar", "faltan_lugares: sin_lugar"
)
RENAMED = RENAMED.replace("inicial: por_colocar", "inicial: sin_lugar")


def _publish(night: Night, text: str) -> None:
    night.do(_approval(night, _proposed(night, text)), COLLEAGUE)


def _lodging(night: Night, group: str) -> set[str]:
    return night.steps(group) & {"por_colocar", "sin_lugar"}


def test_what_runs_goes_over_whole_by_an_explicit_map_and_runs_on(night: Night) -> None:
    group = night.arrives(30)
    run = night.group(group).activation
    night.do(c.ActivateProtocol(station="leon", reason="Varios días sin comer"))
    _publish(night, RENAMED)
    before = {i: night.picture.instances[i].snapshot for i in night.picture.machines_of[group]}
    refusal = night.refusal(c.MigrateActivation(activation=run, version=2, reason="x"))
    assert refusal.code == "cannot_migrate"
    assert any("«por_colocar»" in problem for problem in refusal.details["problems"])
    images = {"atencion_al_grupo": {"por_colocar": "sin_lugar"}}
    outcome = night.do(c.MigrateActivation(activation=run, version=2, map=images, reason="Nombre más claro"))
    assert [type(event).__name__ for event in outcome.events] == ["ActivationMigrated"]
    assert night.picture.protocol_of(run).version == 2
    assert _lodging(night, group) == {"sin_lugar"}
    after = {i: night.picture.instances[i].snapshot for i in night.picture.machines_of[group]}
    for ident, snapshot in before.items():
        assert sorted(after[ident].deadlines.values()) == sorted(snapshot.deadlines.values())
    assert plain(replayed(night.journal)) == plain(night.picture)
    night.lodges(group)
    assert "alojados" in night.steps(group)


def test_a_migration_touches_its_own_activation_and_no_other(night: Night) -> None:
    here, there = night.arrives(30), night.arrives(20, station="celaya")
    _publish(night, SECOND)
    before = night.picture
    night.do(c.MigrateActivation(activation=night.group(here).activation, version=2, reason="x"))
    other = night.group(there).activation
    assert night.picture.activations[other] is before.activations[other]
    for owner in (there, other):
        for ident in night.picture.machines_of[owner]:
            assert night.picture.instances[ident] is before.instances[ident]


def test_deadlines_ring_after_the_migration_when_they_would_have_rung_before(night: Night) -> None:
    group = night.arrives(30)
    run = night.group(group).activation
    due = min(
        d for i in night.picture.machines_of[group] for d in night.picture.instances[i].snapshot.deadlines.values()
    )
    _publish(night, SECOND)
    night.passes(minutes=1)
    night.do(c.MigrateActivation(activation=run, version=2, reason="Nueva versión"))
    night.now = due
    missed = [event for event in night.passes(seconds=0).events if isinstance(event, e.DeadlineMissed)]
    assert due in {event.due for event in missed}


def test_an_open_task_goes_with_the_step_it_belongs_to(night: Night) -> None:
    group = night.arrives(30, asylum=3)
    run = night.group(group).activation
    task = next(t for i in night.picture.tasks if (t := night.picture.tasks[i]).state == "por_avisar")
    _publish(night, _other_key(SECOND, "por_avisar", "avisar_comar"))
    night.do(
        c.MigrateActivation(
            activation=run, version=2, reason="x", map={"atencion_al_grupo": {"por_avisar": "avisar_comar"}}
        )
    )
    assert night.picture.tasks[task.id].state == "avisar_comar"
    night.do(c.SendEvent(group=group, event="aviso_enviado", payload={"documento": "Oficio 12"}))
    assert task.id not in night.picture.tasks


def _other_key(text: str, old: str, new: str) -> str:
    for form in ("{}:\n", ": {}\n", ": {},", ": {}}}", "ir_a: {},", "inicial: {}\n"):
        text = text.replace(form.format(old), form.format(new))
    return text


@pytest.mark.parametrize(
    ("version", "code"), [(1, "same_version"), (7, "unknown_version")], ids=["its own", "one that nobody published"]
)
def test_there_must_be_another_version_to_go_to(night: Night, version: int, code: str) -> None:
    run = night.group(night.arrives(30)).activation
    assert night.refusal(c.MigrateActivation(activation=run, version=version, reason="x")).code == code


def test_what_is_over_stays_where_it_ended(night: Night) -> None:
    group = night.arrives(30)
    run = night.group(group).activation
    night.do(c.AnnulGroup(group=group, reason="Se capturó dos veces"))
    night.do(c.SendEvent(activation=run, event="descartar", payload={"motivo": "Era el mismo autobús"}))
    _publish(night, SECOND)
    assert night.refusal(c.MigrateActivation(activation=run, version=2, reason="x")).code == "activation_over"
    assert night.refusal(c.MigrateActivation(activation="a-nadie", version=2, reason="x")).code == "unknown_activation"


def test_a_map_of_a_machine_that_is_not_there_is_refused(night: Night) -> None:
    run = night.group(night.arrives(30)).activation
    _publish(night, SECOND)
    refusal = night.refusal(c.MigrateActivation(activation=run, version=2, reason="x", map={"otra": {"a": "b"}}))
    assert "«otra»" in refusal.details["problems"][0]
