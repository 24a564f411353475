"""Protocols beside the one that answers arrivals, and the cases they follow one by one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from realm import COMAR, DIF, INM, PACKS, SDH, STATIONS, Night, plain, replayed
from side_protocols import ALERT_TEXT, LINE, LINE_TEXT, OFFICE, RELAY_TEXT, call, heard, line, runs

from caravan import commands as c
from caravan import events as e
from caravan.audiences import viewer_of
from caravan.basics import SYSTEM, Actor
from caravan.coordination.facts import facts_of
from caravan.groups import Group
from caravan.sharing import SharedPicture, share

MONDAY = datetime(2023, 5, 15, 17, 0, tzinfo=UTC)  # 11:00 in León, the line's desk is open
PARTNER = Actor(agency="PRODHEG", role="agency")


@pytest.fixture
def noon(night: Night) -> Night:
    """A Tuesday at noon, when the desk of the line is open."""
    night.passes(hours=16)
    return night


@pytest.fixture
def relay_night() -> Night:
    """A realm whose only protocol announces groups to the next state."""
    night = Night(now=MONDAY)
    night.do(c.OpenRealm(name="Ensayo", salt="sal-de-los-ensayos-01"), SYSTEM)
    night.do(c.PublishProtocol(text=RELAY_TEXT), SYSTEM)
    for station in STATIONS:
        night.do(c.RegisterStation(station=station))
    return night


def mine(night: Night, by: Actor) -> SharedPicture:
    return share(night.picture, viewer_of(by), night.now)


def states(night: Night, case: str) -> tuple[str, ...]:
    (ident,) = night.picture.machines_of[case]
    return night.picture.instances[ident].snapshot.active


def shown(night: Night, by: Actor) -> set[str]:
    return {type(event).__name__ for event, _ in night.journal if mine(night, by).shows(event)}


# ----------------------------------------------------------------------------------------- several protocols


def test_a_protocol_without_groups_does_not_take_the_place_of_the_one_that_answers_arrivals(night: Night) -> None:
    night.do(c.PublishProtocol(text=LINE_TEXT), SYSTEM)
    assert night.picture.in_force == "guanajuato@2"
    assert set(night.picture.latest) == {"guanajuato", "linea-de-ensayo"}
    group = night.arrives(35)
    assert night.picture.activations[night.group(group).activation].protocol == "guanajuato"


def test_an_activation_of_another_protocol_at_a_station_captures_no_arrival(night: Night) -> None:
    other = runs(night, LINE_TEXT, "linea-de-ensayo", place="leon")
    group = night.arrives(35)
    assert night.group(group).activation != other
    assert night.picture.running_at("leon") == night.group(group).activation
    assert night.picture.running_at("leon", "linea-de-ensayo") == other


def test_another_protocol_may_run_at_an_office_and_the_one_of_arrivals_may_not(night: Night) -> None:
    ident = line(night)
    assert night.picture.activations[ident].station == OFFICE.id
    refusal = night.refusal(c.ActivateProtocol(station=OFFICE.id, reason="Llegó un autobús"))
    assert (refusal.code, refusal.field) == ("unknown_station", "station")


def test_a_machine_that_waits_for_no_opening_event_simply_starts(night: Night) -> None:
    ident = line(night)
    assert night.steps(ident) == {"en_servicio"}
    refusal = night.refusal(c.ActivateProtocol(station=OFFICE.id, reason="Otra vez", protocol="linea-de-ensayo"))
    assert refusal.code == "event_not_awaited"


def test_a_protocol_nobody_published_cannot_be_activated(night: Night) -> None:
    refusal = night.refusal(c.ActivateProtocol(station="leon", reason="Llamada", protocol="la-luna"))
    assert (refusal.code, refusal.field, refusal.details["known"]) == ("unknown_protocol", "protocol", ["guanajuato"])


def test_a_pack_takes_no_arrival_and_cannot_be_activated(night: Night) -> None:
    night.do(c.PublishProtocol(text=PACKS["base-legal@1"]), SYSTEM)
    assert night.picture.in_force == "guanajuato@2"
    refusal = night.refusal(c.ActivateProtocol(station="leon", reason="Llamada", protocol="base-legal"))
    assert (refusal.code, refusal.field) == ("only_a_pack", "protocol")
    assert mine(night, SDH).beside() == []


def test_what_runs_beside_arrivals_is_known_to_the_agencies_it_names(night: Night) -> None:
    ident = line(night)
    assert mine(night, LINE).activation(ident) is not None
    assert mine(night, COMAR).activation(ident) is None
    assert ident not in {run.id for run in mine(night, COMAR).activations()}
    assert not any(step.activation == ident for step in mine(night, COMAR).steps())


# ------------------------------------------------------------------------------------------------- the cases


def test_each_call_is_a_case_of_its_own_and_the_activation_counts_them(noon: Night) -> None:
    ident = line(noon)
    first, second = call(noon, ident), call(noon, ident)
    noon.do(c.SendEvent(event="escuchar", case=first, payload={"relato": "Perdió su dinero"}), LINE)
    assert states(noon, first) == ("por_canalizar",)
    assert states(noon, second) == ("por_escuchar",)
    instance = noon.picture.instances[noon.picture.machines_of[ident][0]]
    assert facts_of(noon.picture, instance)["activacion"]["casos_abiertos"] == 2


def test_what_the_protocol_notes_of_a_case_is_a_fact_its_guards_read(noon: Night) -> None:
    case = heard(noon, line(noon), people=4)
    assert noon.picture.cases[case].values == {"personas": 4, "urgente": True}
    instance = noon.picture.instances[noon.picture.machines_of[case][0]]
    assert facts_of(noon.picture, instance)["caso"] == {"personas": 4, "urgente": True}


def test_a_case_may_be_opened_by_the_coordination_and_by_who_begins_it(noon: Night) -> None:
    ident = line(noon)
    by_line = noon.create(c.OpenCase(activation=ident, machine="llamada"), LINE)
    by_coordination = noon.create(c.OpenCase(activation=ident, machine="llamada"), SDH)
    assert states(noon, by_line) == states(noon, by_coordination) == ("por_escuchar",)
    assert mine(noon, LINE).openable(ident) == ["llamada"]
    assert mine(noon, DIF).openable(ident) == []
    assert noon.refusal(c.OpenCase(activation=ident, machine="llamada"), DIF).code == "not_yours_to_do"
    assert noon.refusal(c.OpenCase(activation=ident, machine="servicio"), SDH).code == "unknown_machine"
    assert noon.refusal(c.OpenCase(activation="a-nada", machine="llamada"), SDH).code == "unknown_activation"


def test_a_send_to_the_cases_reaches_every_open_one_and_no_closed_one(noon: Night) -> None:
    ident = line(noon)
    open_one, ended = call(noon, ident), call(noon, ident)
    noon.do(c.SendEvent(event="suspender", activation=ident), LINE)
    assert noon.picture.cases[ended].status == "closed"
    again = noon.create(c.ActivateProtocol(station=OFFICE.id, reason="Sigue", protocol="linea-de-ensayo"))
    third = call(noon, again)
    outcome = noon.do(c.SendEvent(event="revisar", activation=again), LINE)
    dropped = {event.instance for event in outcome.events if isinstance(event, e.EventDropped)}
    assert dropped == {f"{third}/llamada"}
    assert open_one not in {case.id for case in noon.picture.open_cases(again)}


def test_a_case_ends_with_its_machine_and_then_nothing_of_it_is_due(noon: Night) -> None:
    ident = runs(noon, ALERT_TEXT, "alerta-de-ensayo")
    case = noon.create(c.OpenCase(activation=ident, machine="alerta"))
    noon.do(c.SendEvent(event="retirar", case=case))
    assert noon.picture.cases[case].status == "closed"
    assert noon.picture.due_of(f"instance:{case}/alerta") is None
    assert noon.refusal(c.SendEvent(event="retirar", case=case)).code == "unknown_case"


def test_a_case_outlives_its_activation_and_hears_that_it_ended(noon: Night) -> None:
    ident = line(noon)
    waiting, cared_for = call(noon, ident), heard(noon, ident)
    noon.do(c.SendEvent(event="suspender", activation=ident), LINE)
    assert noon.picture.activations[ident].closed
    assert (noon.picture.cases[waiting].status, noon.picture.cases[cared_for].status) == ("closed", "open")
    assert {step.case for step in mine(noon, LINE).steps()} == {cared_for}
    assert not [task for task in mine(noon, LINE).steps() if task.kind == "task"]


def test_a_case_nobody_moves_after_its_activation_ended_falls_silent(noon: Night) -> None:
    ident = line(noon)
    case = heard(noon, ident)
    noon.do(c.SendEvent(event="suspender", activation=ident), LINE)
    missed = [event for event in noon.passes(days=3).events if isinstance(event, e.DeadlineMissed)]
    assert [event.rung for event in missed if event.case == case] == [0, 1]
    assert noon.picture.due_of(f"instance:{case}/llamada") is None
    assert not noon.passes(days=300).events


def test_the_same_journal_gives_the_same_cases(noon: Night) -> None:
    ident = line(noon)
    heard(noon, ident)
    call(noon, ident)
    night = [(event, at) for event, at in noon.journal if isinstance(event, e.CaseOpened | e.CaseNoted | e.TextKept)]
    assert len(night) == 4
    assert plain(replayed(noon.journal)) == plain(noon.picture)


# ----------------------------------------------------------------------------------------- cases of a group


def _accompanied(night: Night, people: int = 20) -> tuple[Group, str]:
    group = night.arrives(people)
    outcome = night.do(c.SendEvent(event="acompanar", group=group))
    case = next(event.case for event in outcome.events if isinstance(event, e.CaseOpened))
    assert case.group == group
    return night.group(group), case.id


def test_a_case_that_a_group_opens_carries_it_and_reads_its_facts(relay_night: Night) -> None:
    group, case = _accompanied(relay_night)
    assert states(relay_night, case) == ("en_curso",)
    relay_night.do(c.RecordCount(group=group.id, people=60, method="headcount", source="Brigada"))
    assert states(relay_night, case) == ("reforzado",)


def test_a_group_may_conclude_before_its_cases(relay_night: Night) -> None:
    group, case = _accompanied(relay_night)
    relay_night.do(c.SendEvent(event="anunciar", group=group.id))
    relay = next(iter(relay_night.picture.relays))
    relay_night.do(c.AnswerRelay(relay=relay, accepted=True, received=20))
    assert relay_night.group(group.id).status == "concluded"
    assert relay_night.picture.cases[case].status == "open"


def test_the_cases_of_a_merged_group_follow_it_with_their_tasks(relay_night: Night) -> None:
    gone, case = _accompanied(relay_night)
    kept = relay_night.arrives(20)
    relay_night.do(c.MergeGroups(group=gone.id, into=kept, reason="El mismo autobús"))
    assert relay_night.picture.cases[case].group == kept
    assert [one.id for one in relay_night.picture.open_cases(kept)] == [case]
    assert relay_night.picture.open_cases(gone.id) == []
    assert relay_night.picture.due_of(f"instance:{case}/acompanamiento") is not None
    assert plain(replayed(relay_night.journal)) == plain(relay_night.picture)


def test_the_cases_of_a_group_that_was_a_mistake_are_closed_with_it(relay_night: Night) -> None:
    group, case = _accompanied(relay_night)
    outcome = relay_night.do(c.AnnulGroup(group=group.id, reason="Se capturó dos veces"))
    assert relay_night.picture.cases[case].status == "closed"
    assert e.CaseClosed(case=case, reason="Se capturó dos veces") in outcome.events
    assert relay_night.picture.due_of(f"instance:{case}/acompanamiento") is None


# ------------------------------------------------------------------------------------------------ who may send


def test_a_referral_waits_until_the_receiver_accepts_it_whoever_else_would(noon: Night) -> None:
    case = heard(noon, line(noon))
    noon.do(c.SendEvent(event="canalizar", case=case), LINE)
    for who in (LINE, SDH, INM, PARTNER):
        assert noon.refusal(c.SendEvent(event="aceptar", case=case), who).code in ("event_not_awaited", "unknown_case")
        assert "aceptar" not in {event.event for event in mine(noon, who).possible(case)}
    assert {event.event for event in mine(noon, DIF).possible(case)} == {"aceptar", "rechazar"}
    noon.do(c.SendEvent(event="aceptar", case=case), DIF)
    assert states(noon, case) == ("recibida_por_dif",)


def test_a_receiver_may_send_a_referral_back_and_says_why(noon: Night) -> None:
    case = heard(noon, line(noon))
    noon.do(c.SendEvent(event="canalizar", case=case), LINE)
    assert noon.refusal(c.SendEvent(event="rechazar", case=case), DIF).code == "evidence_missing"
    noon.do(c.SendEvent(event="rechazar", case=case, payload={"motivo": "No es de este municipio"}), DIF)
    assert states(noon, case) == ("por_canalizar",)


# --------------------------------------------------------------------------------------------- who may know


@pytest.mark.parametrize("who", [INM, COMAR], ids=lambda actor: actor.agency)
def test_a_case_leaves_no_trace_for_who_may_know_of_no_state_of_it(noon: Night, who: Actor) -> None:
    ident = line(noon)
    case = heard(noon, ident)
    share_of = mine(noon, who)
    assert (share_of.case(case), share_of.cases(ident), share_of.possible(case)) == (None, [], [])
    assert (share_of.waiting(case), share_of.texts(case)) == ([], [])
    assert not shown(noon, who) & {"CaseOpened", "CaseNoted", "CaseClosed", "TextKept", "TextsPurged"}
    assert not any(step.case == case for step in share_of.steps())


def test_once_a_case_is_closed_to_the_coordination_not_even_its_log_tells_of_it(noon: Night) -> None:
    ident = line(noon)
    case = heard(noon, ident)
    assert {"CaseOpened", "CaseNoted", "TextKept"} <= shown(noon, SDH)
    noon.do(c.SendEvent(event="canalizar", case=case), LINE)
    assert mine(noon, SDH).case(case) is None
    lines = [event for event, _ in noon.journal if mine(noon, SDH).shows(event)]
    assert not [event for event in lines if case in str(event)]
    assert mine(noon, DIF).case(case) is not None


def test_a_case_that_comes_back_does_not_tell_where_it_was(noon: Night) -> None:
    case = heard(noon, line(noon))
    noon.do(c.SendEvent(event="canalizar", case=case), LINE)
    noon.do(c.SendEvent(event="rechazar", case=case, payload={"motivo": "No es de este municipio"}), DIF)
    lines = [event for event, _ in noon.journal if isinstance(event, e.ProtocolStepped) and event.case == case]
    read = [event for event in lines if mine(noon, SDH).shows(event)]
    assert read and len(read) == len(lines) - 2
    assert not any("enviada" in str(event) or "rechazar" in str(event) for event in read)


def test_inm_learns_of_a_case_only_where_a_state_names_it(relay_night: Night) -> None:
    _, case = _accompanied(relay_night)
    assert mine(relay_night, DIF).case(case) is not None
    assert mine(relay_night, INM).case(case) is None
    named = RELAY_TEXT.replace("responsable: DIF", "responsable: DIF\n        visible: [DIF, INM, SDH]")
    named = named.replace("version: 1", "version: 2")
    relay_night.do(c.PublishProtocol(text=named), SYSTEM)
    group = relay_night.arrives(20, station="celaya")
    relay_night.do(c.SendEvent(event="acompanar", group=group))
    (other,) = relay_night.picture.open_cases(group)
    assert mine(relay_night, INM).case(other.id) is not None


def test_small_numbers_of_a_case_are_for_those_it_is_the_work_of(noon: Night) -> None:
    ident = line(noon)
    few, many = heard(noon, ident, people=3), heard(noon, ident, people=12)
    for who in (LINE, SDH, DIF):
        assert [case.values["personas"] for case in map(mine(noon, who).case, (few, many)) if case] == [3, 12]
    seen_few, seen_many = (mine(noon, PARTNER).case(case) for case in (few, many))
    assert seen_few is not None and seen_many is not None
    assert (seen_few.values, seen_many.values) == ({"urgente": True}, {"personas": 12, "urgente": True})


# ----------------------------------------------------------------------------------------- what can be forgotten

FORGETTING = RELAY_TEXT.replace(
    "eventos:", "eventos:\n  acompanar: {relato: {tipo: texto, borrable: true}}"
).replace(
    "cuando: {cerrar: cerrado}", "cuando: {cerrar: cerrado, verificar: {hacer: [{purgar: {}}]}}"
).replace("eventos:", "eventos:\n  verificar: {motivo: {tipo: texto, borrable: true}}")  # fmt: skip
STORY = "Dice que la siguen desde Celaya"


@pytest.fixture
def forgetful() -> Night:
    night = Night(now=MONDAY)
    night.do(c.OpenRealm(name="Ensayo", salt="sal-de-los-ensayos-01"), SYSTEM)
    night.do(c.PublishProtocol(text=FORGETTING), SYSTEM)
    night.do(c.RegisterStation(station=STATIONS[0]))
    return night


def _said_of(night: Night, group: str) -> str:
    outcome = night.do(c.SendEvent(event="acompanar", group=group, payload={"relato": STORY}))
    ((reference, kept),) = outcome.texts.items()
    assert kept == (group, STORY)
    return reference


def test_no_line_of_the_journal_holds_a_text_that_must_be_forgotten(forgetful: Night) -> None:
    reference = _said_of(forgetful, forgetful.arrives(20))
    lines = [e.encode(event).decode() for event, _ in forgetful.journal]
    assert not any(STORY in each for each in lines)
    assert any(reference in each for each in lines if "ProtocolStepped" in each)


def test_the_texts_of_a_group_that_was_a_mistake_are_erased_with_it(forgetful: Night) -> None:
    group = forgetful.arrives(20)
    reference = _said_of(forgetful, group)
    outcome = forgetful.do(c.AnnulGroup(group=group, reason="Se capturó dos veces"))
    assert e.TextsPurged(owner=group, texts=(reference,)) in outcome.events


def test_the_texts_of_a_merged_group_are_erased_with_the_group_that_stays(forgetful: Night) -> None:
    gone, kept = forgetful.arrives(20), forgetful.arrives(20)
    reference = _said_of(forgetful, gone)
    forgetful.do(c.MergeGroups(group=gone, into=kept, reason="El mismo autobús"))
    assert [text.id for text in mine(forgetful, SDH).texts(kept)] == [reference]
    outcome = forgetful.do(c.AnnulGroup(group=kept, reason="No era nadie"))
    assert e.TextsPurged(owner=kept, texts=(reference,)) in outcome.events
    assert plain(replayed(forgetful.journal)) == plain(forgetful.picture)


def test_a_reason_that_must_be_forgotten_opens_an_activation_without_entering_the_journal(forgetful: Night) -> None:
    outcome = forgetful.do(c.ActivateProtocol(station="leon", reason=STORY))
    assert not any(STORY.encode() in e.encode(event) for event in outcome.events)
    # The same step erases it at once: it is not handed on to be kept either.
    assert outcome.texts == {}
    assert any(isinstance(event, e.TextsPurged) for event in outcome.events)


def test_a_case_that_opens_a_case_that_opens_a_case_is_refused_and_not_followed_for_ever(forgetful: Night) -> None:
    opens = "al_entrar: [{abrir_caso: {maquina: acompanamiento}}]\n        etiqueta: {es: Acompañamiento, en: Accompaniment}"
    text = FORGETTING.replace("etiqueta: {es: Acompañamiento, en: Accompaniment}", opens).replace(
        "version: 1", "version: 2"
    )
    forgetful.do(c.PublishProtocol(text=text), SYSTEM)
    group = forgetful.arrives(20)
    assert forgetful.refusal(c.SendEvent(event="acompanar", group=group)).code == "endless_loop"
