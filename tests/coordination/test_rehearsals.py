"""A draft tried on a night that was: the version of that night comes out as it was, and what the draft changes is told."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from golden import GOLDEN, published_in, read
from realm import Night, opened

from caravan import commands as c
from caravan import events as e
from caravan.coordination.recording import Past, recorded
from caravan.protocol.drawing.sight import shown_to
from caravan.protocol.load import load
from caravan.protocol.model import Protocol
from caravan.protocol.versions.closed import Closed, closed_states, facts_of, open_part, open_rehearsal
from caravan.protocol.versions.rehearse import Rehearsal, Run, play, rehearse
from caravan.protocol.versions.rehearsed import tell

TEXT = published_in(GOLDEN / "0.1")[0]
BEFORE = load(TEXT)
FACTS = [(e.decode(bytes(line.fact)), line.at) for line in read(GOLDEN / "0.1")[0]]
# What the program tells by itself, whatever the protocol says.
OWN = {"raciones", "oferta", "llegaron_mas"}


def _draft(*changes: tuple[str, str]) -> Protocol:
    text = TEXT.replace("version: 1\n", "version: 2\n", 1)
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return load(text)


@pytest.fixture(scope="module")
def past() -> Past:
    (only,) = recorded(FACTS)
    return only


@pytest.fixture(scope="module")
def as_it_was(past: Past) -> Run:
    return play(BEFORE, past.recording)


def _said(past: Past, draft: Protocol) -> dict[str, list[str]]:
    return dict(tell(_tried(past, draft), BEFORE, draft, past.recording))


def _tried(past: Past, draft: Protocol) -> Rehearsal:
    return rehearse(BEFORE, draft, past.recording)


def test_the_version_of_the_night_tells_whom_it_told(as_it_was: Run) -> None:
    notices = [event.notice for event, _ in FACTS if isinstance(event, e.NoticeQueued)]
    really = Counter((notice.to, notice.template) for notice in notices if notice.template not in OWN)
    assert Counter((told.agency, told.template) for told in as_it_was.told) == really


def test_the_version_of_the_night_misses_the_deadlines_that_were_missed(as_it_was: Run) -> None:
    really = [
        (event.group or event.activation, event.state)
        for event, _ in FACTS
        if isinstance(event, e.DeadlineMissed) and not event.rung
    ]
    assert sorted((missed.owner, missed.state) for missed in as_it_was.missed) == sorted(really)
    assert len(really) > 5


def test_the_version_of_the_night_ends_where_the_night_ended(as_it_was: Run) -> None:
    last = {event.instance: event.snapshot.active for event, _ in FACTS if isinstance(event, e.ProtocolStepped)}
    assert {ident: set(ends) <= set(last[ident]) for ident, ends in as_it_was.ends.items()} == dict.fromkeys(last, True)


def test_the_same_text_under_another_number_would_have_changed_nothing(past: Past) -> None:
    assert _tried(past, _draft()).same
    assert _said(past, _draft()) == {"Resultado": ["Nada habría sido distinto."]}


def test_a_shorter_deadline_is_missed_and_told_earlier(past: Past) -> None:
    tried = _tried(past, _draft(("plazo: 4 h", "plazo: 1 h")))
    assert tried.moved
    assert all(new.at < old.at for old, new in tried.moved)
    assert (tried.told_more, tried.told_fewer, tried.shifts) == ((), (), ())
    lodging = next((old, new) for old, new in tried.moved if new.state == "por_colocar")
    assert lodging[0].at - lodging[1].at == timedelta(hours=3)


def test_an_agency_that_is_left_out_is_told_less(past: Past) -> None:
    tried = _tried(past, _draft(("COMAR, ACNUR, DIF", "COMAR, DIF")))
    assert [(told.agency, told.template) for told in tried.told_fewer] == [("ACNUR", "activacion")]
    assert (
        "Agencia de la ONU para los Refugiados"
        in _said(past, _draft(("COMAR, ACNUR, DIF", "COMAR, DIF")))["Avisos de menos"][0]
    )


def test_an_event_under_another_name_is_one_that_nobody_would_have_waited_for(past: Past) -> None:
    draft = _draft(("sesion_en_idioma", "sesion_en_lengua"))
    tried = _tried(past, draft)
    assert [one.name for one in tried.unheard] == ["sesion_en_idioma"]
    assert any(shift.after is None for shift in tried.shifts)
    said = _said(past, draft)
    assert said["Lo que nadie habría esperado"] == [
        "16/05/2023 11:30, grupo 1: «sesion en idioma», nadie lo habría esperado."
    ]
    assert "Dónde habría terminado" in said


def test_a_step_that_only_has_another_key_is_the_same_step(past: Past) -> None:
    assert _tried(past, _draft(("inicial: alerta\n", "inicial: aviso\n"), ("      alerta:\n", "      aviso:\n"))).same


def test_evidence_that_nobody_brought_is_named(night_of_a_notice: tuple[Past, Protocol]) -> None:
    past, draft = night_of_a_notice
    tried = rehearse(BEFORE, draft, past.recording)
    assert [(one.name, one.lacking) for one in tried.unheard] == [("aviso_enviado", ("folio",))]
    said = dict(tell(tried, BEFORE, draft, past.recording))
    assert "le habría faltado folio" in said["Lo que nadie habría esperado"][0]


@pytest.fixture
def night_of_a_notice() -> tuple[Past, Protocol]:
    night = opened(protocol=TEXT)
    group = night.arrives(30, asylum=3)
    night.passes(minutes=20)
    night.do(c.SendEvent(group=group, event="aviso_enviado", payload={"documento": "Oficio 12"}))
    night.passes(minutes=20)
    (past,) = recorded(night.journal)
    return past, _draft(("requiere: [documento]", "requiere: [documento, folio]"))


def test_a_step_that_is_reached_sooner_says_by_how_much_and_whose_it_is(
    night_of_a_notice: tuple[Past, Protocol],
) -> None:
    past, _ = night_of_a_notice
    draft = _draft(("siempre: [{si: grupo.solicitan_asilo > 0, ir_a: por_avisar}]", "tras: {10 min: por_avisar}"))
    shifts = {shift.state: shift for shift in rehearse(BEFORE, draft, past.recording).shifts}
    found = shifts["por_avisar"]
    assert found.before is not None
    assert found.after is not None
    assert found.after - found.before == timedelta(minutes=10)
    said = dict(tell(rehearse(BEFORE, draft, past.recording), BEFORE, draft, past.recording))["Pasos antes o después"]
    assert any("10 min después" in sentence for sentence in said)


def test_a_draft_that_never_rests_is_said_and_does_not_hang(past: Past) -> None:
    draft = _draft(
        ("      en_atencion:\n", "      en_atencion:\n        siempre: [{ir_a: en_atencion, externa: true}]\n")
    )
    tried = _tried(past, draft)
    assert tried.broken
    assert "No pudo seguir" in _said(past, draft)


def test_a_journal_without_activations_has_nothing_to_rehearse(night: Night) -> None:
    assert recorded(night.journal) == []
    assert recorded([]) == []


def test_groups_of_one_night_are_recorded_with_the_activation_they_belong_to(night: Night) -> None:
    here, there = night.arrives(30), night.arrives(20, station="celaya")
    pasts = {past.recording.activation: past for past in recorded(night.journal)}
    for group in (here, there):
        owners = {heard.owner for heard in pasts[night.group(group).activation].recording.heard}
        assert owners == {group, night.group(group).activation}


# --- limits -----------------------------------------------------------------------------------------------------------


def test_a_rehearsal_of_too_much_says_how_far_it_came_and_compares_nothing_later(past: Past) -> None:
    draft = _draft(("plazo: 4 h", "plazo: 1 h"))
    whole, part = _tried(past, draft), rehearse(BEFORE, draft, past.recording, 1_000)
    assert part.until is not None
    assert whole.until is None
    assert past.opened_at < part.until < past.recording.ends
    assert {new for _, new in part.moved} < {new for _, new in whole.moved}
    hours = [one.at for one in (*part.told_more, *part.told_fewer, *part.missed_more, *part.unheard)]
    assert all(at < part.until for at in hours)
    said = dict(tell(part, BEFORE, draft, past.recording))
    assert "Había demasiado que ensayar" in said["Hasta dónde se llegó"][0]


def test_the_same_text_of_which_too_much_happened_has_no_difference_up_to_there(past: Past) -> None:
    part = rehearse(BEFORE, _draft(), past.recording, 1_000)
    said = dict(tell(part, BEFORE, _draft(), past.recording))
    assert said["Resultado"] == ["Hasta entonces, nada habría sido distinto."]


def test_a_step_that_tells_everybody_without_end_is_stopped(past: Past) -> None:
    told = "{avisar: {a: [SDH, DIF, SALUD], plantilla: ruido}}"
    noisy = f"        tras: {{1 s: {{ir_a: en_atencion, hacer: [{told}]}}}}\n"
    draft = _draft(("      en_atencion:\n", "      en_atencion:\n" + noisy))
    part = rehearse(BEFORE, draft, past.recording, 50_000)
    assert part.until is not None
    assert len(part.told_more) <= 5_000


def test_of_many_sentences_a_few_are_told_and_the_rest_are_counted(past: Past) -> None:
    draft = _draft(("plazo: 4 h", "plazo: 1 h"), ("COMAR, ACNUR, DIF", "COMAR, DIF"))
    tried = _tried(past, draft)
    said = dict(tell(tried, BEFORE, draft, past.recording, most=2))
    assert sum(len([one for one in sentences if not one.startswith("Y ")]) for sentences in said.values()) == 2
    assert said["Avisos a otra hora"][-1] == f"Y {len(tried.moved) - 1} más."


# --- what is closed to whoever tries it -------------------------------------------------------------------------------


def _closed_to(agency: str, draft: Protocol) -> Closed:
    def shown(protocol: Protocol, machine: str) -> frozenset[str] | None:
        return shown_to(protocol, machine, lambda _, visible: visible is None or agency in visible)

    return Closed(states=closed_states(shown, (BEFORE,), BEFORE, draft))


def _tried_by(agency: str, past: Past, draft: Protocol) -> tuple[Rehearsal, str]:
    closed = _closed_to(agency, draft)
    recording = open_part(past.recording, BEFORE, closed)
    found = open_rehearsal(rehearse(BEFORE, draft, recording), closed)
    return found, str(tell(found, BEFORE, draft, recording))


@pytest.mark.parametrize(
    "change",
    [
        ("requiere: [documento]", "requiere: [documento, folio]"),
        ("siempre: [{si: grupo.solicitan_asilo > 0, ir_a: por_avisar}]", "tras: {10 min: por_avisar}"),
        ("aviso_enviado:", "aviso_mandado:"),
    ],
    ids=["an event", "a step", "an event's name"],
)
def test_what_changes_in_a_closed_track_is_told_to_those_who_may_know_alone(
    night_of_a_notice: tuple[Past, Protocol], change: tuple[str, str]
) -> None:
    past, _ = night_of_a_notice
    draft = _draft(change)
    theirs, _ = _tried_by("SDH", past, draft)
    assert not theirs.same
    others, told = _tried_by("MUNICIPIO", past, draft)
    assert others.same
    assert "COMAR" not in told


def test_a_draft_that_opens_a_closed_track_tells_nothing_of_it(night_of_a_notice: tuple[Past, Protocol]) -> None:
    past, _ = night_of_a_notice
    opens = ("            visible: [COMAR, ACNUR, SDH]\n", "")
    draft = _draft(
        opens, ("siempre: [{si: grupo.solicitan_asilo > 0, ir_a: por_avisar}]", "tras: {10 min: por_avisar}")
    )
    assert _tried_by("MUNICIPIO", past, draft)[0].same
    renamed = _draft(opens, ("por_avisar", "sin_aviso"))
    assert _tried_by("MUNICIPIO", past, renamed)[0].same


def test_a_draft_does_not_hear_the_events_of_a_closed_track_in_an_open_one(
    night_of_a_notice: tuple[Past, Protocol],
) -> None:
    past, _ = night_of_a_notice
    ear = "aviso_enviado: {hacer: [{avisar: {a: [SDH], plantilla: oreja}}]}"
    draft = _draft(("cuando: {todos_salieron: recibido}", f"cuando: {{todos_salieron: recibido, {ear}}}"))
    heard = [told for told in rehearse(BEFORE, draft, past.recording).told_more if told.template == "oreja"]
    assert _tried_by("MUNICIPIO", past, draft)[0].told_more == ()
    assert len(heard) == 1


def test_what_a_draft_reads_of_people_is_known_before_it_is_tried() -> None:
    assert ("grupo", "solicitan_asilo") in facts_of(BEFORE)
    blind = load(TEXT.replace("grupo.solicitan_asilo", "grupo.personas"))
    assert ("grupo", "solicitan_asilo") not in facts_of(blind)
