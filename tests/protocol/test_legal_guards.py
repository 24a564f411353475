"""The law as the machine holds it: the pack by itself, and what no file over it may do to each of its rules."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from realm import PACKS

from caravan.protocol.check import check
from caravan.protocol.load import load
from caravan.protocol.model import Duration, Effect, ProtocolErrors, Snapshot, Step, Trigger
from caravan.protocol.outlook import missing_evidence, possible, waiting
from caravan.protocol.step import start, step
from caravan.protocol.workdays import LFPA28

LAW = load(PACKS["base-legal@1"])
NIGHT = datetime(2023, 5, 16, 3, 0, tzinfo=UTC)
HEAD = """\
protocolo: estado
version: 1
deriva_de: base-legal@1
titulo: {es: Estado}
procedencia: No es texto oficial.
entidad: {nombre: Querétaro, pcode: MX22}
maquinas: {atencion_al_grupo: {estados: {atencion: {%s}}}}
"""


class Group:
    def __init__(self, **facts: Any) -> None:
        self.now = NIGHT
        self.facts = {"grupo": {"personas": 83} | facts}
        self.last = start(LAW, "atencion_al_grupo", self.facts, self.now)

    @property
    def snapshot(self) -> Snapshot:
        return self.last.snapshot

    def stands_in(self, *states: str) -> bool:
        return set(states) <= set(self.snapshot.active)

    def hears(self, *events: str) -> Step:
        for event in events:
            asked = missing_evidence(LAW, self.snapshot, event, {})
            trigger = Trigger(kind="event", name=event, payload=dict.fromkeys(asked, "x"))
            self.last = step(LAW, self.snapshot, trigger, self.facts, self.now)
            assert self.last.taken, event
        return self.last

    def learns(self, **facts: Any) -> Step:
        self.facts["grupo"].update(facts)
        self.last = step(LAW, self.snapshot, Trigger(kind="facts"), self.facts, self.now)
        return self.last

    def may(self, event: str) -> bool:
        return any(each.event == event for each in possible(LAW, self.snapshot, self.facts))


def tasks(done: Step) -> list[tuple[str, timedelta | None]]:
    """Whom each new task is for and how long they have."""
    return [
        (str(each.args["a"]), datetime.fromisoformat(due) - NIGHT if (due := each.args.get("vence")) else None)
        for each in done.effects
        if each.kind == "tarea"
    ]


def told(done: Step) -> set[str]:
    return {agency for each in done.effects if each.kind == "avisar" for agency in each.args["a"]}


PROTECTED = ("procuraduria_avisada", "dif_recibe", "plan_emitido", "familia_reunida")


def test_the_pack_is_a_whole_protocol_without_findings():
    assert check(LAW) == []
    assert "no es texto oficial" in LAW.provenance


def test_every_locked_step_names_its_article():
    from_law = [state for state in LAW.machines["atencion_al_grupo"].states[0].children if state.locked]
    assert {state.id for state in from_law} == {"salud", "ninez", "regularizacion", "asilo", "datos"}
    assert all("G" in state.provenance["L"] for state in from_law)


def test_g02_an_emergency_is_reached_without_condition_whatever_else_is_pending():
    group = Group()
    group.hears("hay_urgencia")
    assert "urgencia" in group.snapshot.active
    assert group.snapshot.deadlines["urgencia"] == NIGHT + timedelta(minutes=15)


def test_g03_and_g04_a_presentation_has_36_hours_a_warning_at_24_and_an_order_in_24():
    group = Group(nna=0)
    done = group.hears("puesta_a_disposicion")
    assert group.snapshot.deadlines["en_presentacion"] == NIGHT + timedelta(hours=36)
    warnings = [timer.due for timer in group.snapshot.timers if timer.kind == "forewarning"]
    assert warnings == [NIGHT + timedelta(hours=24)]
    order = next(effect for effect in done.effects if effect.kind == "tarea")
    assert (order.args["a"], order.args["vence"]) == ("INM", (NIGHT + timedelta(hours=24)).isoformat())
    assert any("CNDH" in effect.args["a"] for effect in done.effects if effect.kind == "avisar")


def test_g05_the_term_is_the_laws_and_carries_the_note_of_the_court():
    states = {state.id: state for state in LAW.machines["atencion_al_grupo"].states[0].children}
    en_tramite = next(state for state in states["regularizacion"].children if state.id == "en_tramite")
    assert en_tramite.deadline is not None
    assert en_tramite.deadline.lasts == Duration(amount=15, unit="dh")
    assert "la Corte amparó" in en_tramite.provenance["L"]


@pytest.mark.parametrize("before", [(), ("hay_urgencia",), ("hay_urgencia", "traslado_a_hospital")])
def test_g02_a_second_patient_is_an_emergency_too_and_the_first_one_keeps_its_course(before: tuple[str, ...]):
    group = Group()
    group.hears(*before)
    stood = group.snapshot.active
    told = group.hears("hay_urgencia")
    if before:
        assert group.snapshot.active == stood
        assert tasks(told) == [("SALUD", timedelta(minutes=15))]
    else:
        assert group.stands_in("urgencia")


@pytest.mark.parametrize("before", [("triaje_hecho", "salud_concluida"), ("todos_salieron",), ("triaje_hecho",)])
def test_g02_an_emergency_is_heard_after_health_was_concluded_and_after_everyone_left(before: tuple[str, ...]):
    group = Group(nna=2)
    group.hears(*before, "hay_urgencia")
    assert group.stands_in("urgencia")


@pytest.mark.parametrize("before", [("hay_urgencia",), ("hay_urgencia", "traslado_a_hospital")])
def test_g02_the_departure_of_the_group_does_not_close_an_emergency_and_its_answer_does(before: tuple[str, ...]):
    group = Group(nna=0)
    group.hears("nadie_manifiesta", *before)
    stood = "en_hospital" if len(before) == 2 else "urgencia"
    group.hears("todos_salieron")
    assert group.stands_in(stood)
    assert not group.snapshot.done
    assert group.may("entregar_pendientes")
    group.hears("alta_medica" if stood == "en_hospital" else "urgencia_atendida", "salud_concluida")
    assert group.snapshot.active == ("concluido",)


@pytest.mark.parametrize(
    ("children", "state"),
    [(0, "presentacion_de_adultos"), (1, "presentacion_con_ninez"), (None, "presentacion_sin_conteo")],
)
@pytest.mark.parametrize(
    "before",
    [
        (),
        ("sin_tramite",),
        ("tramite_iniciado",),
        ("todos_salieron",),
        ("puesta_a_disposicion", "presentacion_concluida"),
        ("puesta_a_disposicion", "presentacion_concluida", "tramite_resuelto"),
    ],
)
def test_g03_and_g08_a_presentation_is_recorded_whatever_went_before_and_its_clock_runs(
    before: tuple[str, ...], children: int | None, state: str
):
    group = Group(nna=children, solicitan_asilo=1)
    group.hears(*before)
    assert group.may("puesta_a_disposicion")
    done = group.hears("puesta_a_disposicion")
    assert group.stands_in("en_presentacion", state)
    assert group.snapshot.deadlines["en_presentacion"] == NIGHT + timedelta(hours=36)
    assert ("INM", timedelta(hours=24)) in tasks(done)
    assert told(done) >= {"CNDH", "PRODHEG"}


def test_g08_uncounted_children_are_counted_at_once_and_the_count_moves_the_presentation():
    group = Group()
    assert tasks(group.hears("puesta_a_disposicion")) == [
        ("INM", timedelta(hours=24)),
        ("DIF", None),  # as long as the step itself
    ]
    assert group.snapshot.deadlines["presentacion_sin_conteo"] == NIGHT + timedelta(minutes=15)
    clock = group.snapshot.deadlines["en_presentacion"]
    group.now += timedelta(hours=1)
    group.learns(nna=0)
    assert group.stands_in("presentacion_de_adultos")
    group.learns(nna=1)
    assert group.stands_in("presentacion_con_ninez")
    assert group.snapshot.deadlines["en_presentacion"] == clock


@pytest.mark.parametrize("found", ["counted", "reported"])
def test_g08_a_child_found_in_a_presentation_ends_it(found: str):
    group = Group(nna=0 if found == "counted" else None)
    group.hears("puesta_a_disposicion")
    done = group.learns(nna=1) if found == "counted" else group.hears("hay_nna")
    assert group.stands_in("presentacion_con_ninez", "por_notificar")
    assert any({"PPNNA", "DIF", "CNDH", "PRODHEG", "INM"} <= set(each.args["a"]) for each in notices(done))
    assert group.snapshot.deadlines["presentacion_con_ninez"] == NIGHT + timedelta(minutes=15)


def notices(done: Step) -> list[Effect]:
    return [each for each in done.effects if each.kind == "avisar"]


def test_g08_children_are_said_at_once_to_be_kept_from_any_station_when_they_are_known_beforehand():
    group = Group(nna=2)
    done = group.hears("puesta_a_disposicion")
    said = next(each for each in notices(done) if each.args["plantilla"] == "ninez_en_presentacion")
    assert {"PPNNA", "DIF", "CNDH", "PRODHEG"} <= set(said.args["a"])


def test_g03_others_presented_later_get_their_own_term_and_the_first_clock_runs_on():
    group = Group(nna=0)
    group.hears("puesta_a_disposicion")
    stood = group.snapshot
    done = group.hears("puesta_a_disposicion")
    assert (group.snapshot.active, group.snapshot.deadlines) == (stood.active, stood.deadlines)
    assert tasks(done) == [("INM", timedelta(hours=24)), ("INM", timedelta(hours=36))]
    assert told(done) == {"CNDH", "PRODHEG"}


def test_g09_the_notice_goes_to_the_procuraduria_and_dif_at_once_and_is_due_in_fifteen_minutes():
    group = Group(nna=2)
    kinds = {(each.kind, str(each.args["a"])) for each in group.last.effects if each.state == "por_notificar"}
    assert kinds == {("avisar", "['PPNNA', 'DIF']"), ("tarea", "DIF")}
    assert group.snapshot.deadlines["por_notificar"] == NIGHT + timedelta(minutes=15)


@pytest.mark.parametrize("before", [(), ("sin_nna",), ("hay_nna", *PROTECTED)])
def test_g09_children_are_reported_also_after_somebody_said_there_were_none_or_no_more(before: tuple[str, ...]):
    group = Group()
    group.hears(*before)
    assert group.may("hay_nna")
    done = group.hears("hay_nna")
    assert group.stands_in("por_notificar")
    assert told(done) == {"PPNNA", "DIF"}


@pytest.mark.parametrize("steps", [0, 1, 2, 3])
def test_g09_more_children_found_meanwhile_get_their_own_notice(steps: int):
    group = Group(nna=3)
    group.hears(*PROTECTED[:steps])
    stood = group.snapshot.active
    done = group.hears("hay_nna")
    assert group.snapshot.active == stood
    assert told(done) == {"PPNNA", "DIF"}
    assert tasks(done) == [("DIF", timedelta(minutes=15))]


def test_g09_and_g12_a_count_after_the_conclusion_is_told_and_compared_before_anybody_leaves():
    group = Group(nna=3)
    group.hears("todos_alojados", *PROTECTED)
    group.learns(nna=9)
    done = group.hears("conteo_registrado")
    assert told(done) == {"PPNNA", "DIF"}
    assert any(each.args.get("nna") == 9 for each in notices(done))
    assert group.stands_in("conteo_por_comparar")
    assert group.snapshot.deadlines["conteo_por_comparar"] == NIGHT + timedelta(minutes=15)
    assert not group.may("salida_anunciada")
    group.hears("misma_ninez")
    assert group.stands_in("ninez_concluida")
    group.hears("conteo_registrado", "hay_nna")
    assert group.stands_in("por_notificar")


def test_g09_a_count_that_rises_while_the_children_are_cared_for_is_told():
    group = Group(nna=3)
    group.hears("procuraduria_avisada")
    group.learns(nna=9)
    done = group.hears("conteo_registrado")
    assert [each.args["nna"] for each in notices(done)] == [9]
    assert group.stands_in("canalizacion")


def test_who_left_before_anybody_asked_is_not_written_down_as_having_nothing_to_say():
    group = Group()
    group.hears("hay_urgencia", "todos_salieron")  # the emergency keeps the group open
    assert group.stands_in("sin_tamizaje", "sin_deteccion", "sin_sesion")
    assert not group.may("avisar_al_consulado")
    group.hears("manifiestan_temor")
    assert group.stands_in("por_avisar")
    group.learns(nna=2)
    assert group.stands_in("por_notificar")


def test_who_was_asked_and_informed_stays_so_after_the_departure():
    group = Group(nna=0)
    group.hears("hay_urgencia", "sesion_en_idioma", "nadie_manifiesta", "todos_salieron")
    assert group.stands_in("sin_ninez", "asilo_no_aplica", "fin_informacion")


def test_g12_nobody_leaves_while_a_childs_custody_is_open_and_g22_not_before_the_warning_is_read():
    group = Group(nna=2)
    group.hears("todos_alojados")
    assert not group.may("salida_anunciada")
    group.hears("procuraduria_avisada", "dif_recibe", "plan_emitido", "familia_reunida")
    assert group.may("salida_anunciada")
    lacking = missing_evidence(LAW, group.snapshot, "salida_anunciada", {"salida_voluntaria": "x"})
    assert lacking == ("aviso_de_tramite_leido",)


def test_g16_g17_g20_and_g21_follow_one_another_with_their_terms():
    group = Group(nna=0, ingreso_al_pais=date(2023, 5, 2))
    group.hears("manifiestan_temor")
    assert group.snapshot.deadlines["por_avisar"] == NIGHT + timedelta(hours=1)
    assert missing_evidence(LAW, group.snapshot, "aviso_enviado", {}) == ("documento",)
    group.hears("aviso_enviado")
    assert group.snapshot.deadlines["por_presentar"] == datetime(2023, 6, 15, 6, 0, tzinfo=UTC)
    group.hears("solicitud_por_tercero")
    assert waiting_for(group, "por_ratificar") == "3 dh"
    told = group.hears("solicitud_ratificada")
    tell_inm = next(effect for effect in told.effects if effect.kind == "tarea")
    assert (tell_inm.args["a"], tell_inm.args["vence"]) == ("COMAR", (NIGHT + timedelta(hours=72)).isoformat())
    assert waiting_for(group, "en_resolucion") == "45 dh"
    group.hears("plazo_ampliado")
    assert waiting_for(group, "en_ampliacion") == "90 dh"
    group.hears("resolucion_negativa")
    assert waiting_for(group, "recurso") == "15 dh"


@pytest.mark.parametrize("agreed", [datetime(2023, 6, 1, 18, tzinfo=UTC), datetime(2023, 8, 1, 18, tzinfo=UTC)])
def test_g20_the_extended_term_is_counted_from_the_filing_whenever_it_was_agreed(agreed: datetime):
    group = Group(nna=0, solicitan_asilo=1)
    group.hears("aviso_enviado")
    group.now = datetime(2023, 5, 16, 18, 0, tzinfo=UTC)
    group.hears("solicitud_presentada")
    assert group.snapshot.deadlines["en_resolucion"] == datetime(2023, 7, 19, 6, 0, tzinfo=UTC)  # the end of 18 July
    group.now = agreed
    group.hears("plazo_ampliado")
    waits = next(each for each in waiting(LAW, group.snapshot) if each.state == "en_ampliacion")
    assert waits.deadline == datetime(2023, 9, 21, 6, 0, tzinfo=UTC)  # the end of 20 September
    assert group.may("tramite_asilo_abandonado")


def waiting_for(group: Group, state: str) -> str:
    return next(each.lasts or "" for each in waiting(LAW, group.snapshot) if each.state == state)


def test_g18_the_consulate_is_not_told_until_everyone_was_asked_nor_once_somebody_asks_for_asylum():
    group = Group(nna=0)
    assert not group.may("avisar_al_consulado")
    group.hears("nadie_manifiesta")
    assert group.may("avisar_al_consulado")
    assert missing_evidence(LAW, group.snapshot, "avisar_al_consulado", {}) == ("peticion",)
    group.hears("manifiestan_temor")
    assert not group.may("avisar_al_consulado")
    assert missing_evidence(LAW, group.snapshot, "avisar_al_consulado_con_consentimiento", {}) == (
        "consentimiento_expreso",
    )


def test_g18_and_g19_only_comar_acnur_and_the_coordination_know_of_asylum():
    group = Group(solicitan_asilo=1)
    asylum = [each for each in possible(LAW, group.snapshot, group.facts) if each.state in ("asilo", "por_avisar")]
    assert asylum
    assert all(each.visible == ("COMAR", "ACNUR", "SDH") for each in asylum)


@pytest.mark.parametrize("before", [(), ("aviso_mostrado",), ("todos_salieron",)])
def test_g30_g31_and_g33_a_breach_is_reported_at_any_moment_and_told_in_hours(before: tuple[str, ...]):
    group = Group(nna=2)
    group.hears(*before, "vulneracion")
    assert group.snapshot.deadlines["vulneracion_abierta"] == NIGHT + timedelta(hours=4)


def test_g33_several_breaches_at_once_are_each_logged():
    group = Group()
    group.hears("vulneracion")
    assert tasks(group.hears("vulneracion")) == [("SDH", timedelta(hours=4))]
    assert group.stands_in("vulneracion_abierta")


def test_g33_the_departure_does_not_close_a_breach_and_its_report_does():
    group = Group(nna=0)
    group.hears("nadie_manifiesta", "vulneracion", "todos_salieron")
    assert group.stands_in("vulneracion_abierta")
    assert missing_evidence(LAW, group.snapshot, "vulneracion_informada", {}) == ("bitacora",)
    group.hears("vulneracion_informada")
    assert group.snapshot.active == ("concluido",)


def test_g31_a_notice_that_was_still_to_be_shown_is_still_to_be_shown_after_a_breach():
    group = Group()
    due = group.snapshot.deadlines["aviso_datos"]
    group.hears("vulneracion")
    group.now += timedelta(hours=1)
    group.hears("vulneracion_informada")
    assert group.snapshot.deadlines["aviso_datos"] == due
    group.hears("aviso_mostrado", "vulneracion", "vulneracion_informada")
    assert group.stands_in("datos_minimos")


def test_g36_the_packs_calendar_is_the_programs_own():
    own = LAW.calendar
    assert (own.weekdays, own.holidays, own.recurring) == (LFPA28.weekdays, LFPA28.holidays, LFPA28.recurring)


IN = "paralelo: {%s}"


@pytest.mark.parametrize(
    ("body", "article"),
    [
        (IN % "salud: {cuando: {hay_urgencia: {si: grupo.nna == 0, ir_a: urgencia}}}", "G02, LM 8"),
        (IN % "salud: {cuando: {hay_urgencia: {requiere: [documento], ir_a: urgencia}}}", "G02, LM 8"),
        (IN % "salud: {estados: {triaje: {cuando: {hay_urgencia: seguimiento}}}}", "G02, LM 8"),
        (IN % "regularizacion: {estados: {en_presentacion: {plazo: 48 h}}}", "G03, LM 68"),
        (IN % "regularizacion: {estados: {en_tramite: {plazo: 60 dh}}}", "G05, LM 111"),
        (
            IN % "regularizacion: {cuando: {puesta_a_disposicion: {si: grupo.nna == 0, ir_a: en_presentacion}}}",
            "G03, LM 68",
        ),
        (IN % "regularizacion: {estados: {por_definir: {cuando: {asegurar: en_presentacion}}}}", "G08, LM 99 y LR 20"),
        (IN % "ninez: {estados: {por_notificar: {plazo: 1 d}}}", "G09, LM 95, 98 y 112"),
        (IN % "ninez: {estados: {tamizaje: {cuando: {luego: sin_ninez}}}}", "G09, LM 95, 98 y 112"),
        (
            IN % "alojamiento: {estados: {alojados: {cuando: {salida_anunciada: {si: grupo.personas > 0}}}}}",
            "G12, NNA 96 y 97; G22, LR 22",
        ),
        (
            IN % "alojamiento: {estados: {alojados: {cuando: {salida_anunciada: {requiere: [salida_voluntaria]}}}}}",
            "G12, NNA 96 y 97; G22, LR 22",
        ),
        (IN % "alojamiento: {estados: {alojados: {cuando: {sacar: en_salida}}}}", "G12, NNA 96 y 97; G22, LR 22"),
        (IN % "asilo: {estados: {por_presentar: {quitar: [plazo]}}}", "G16, LR 18"),
        (IN % "asilo: {estados: {por_avisar: {cuando: {aviso_enviado: {quitar: [requiere]}}}}}", "G17, LR 21"),
        (IN % "asilo: {cuando: {avisar_al_consulado: {quitar: [si]}}}", "G18, LR 21 y LM 69-IV"),
        (IN % "asilo: {visible: [COMAR, ACNUR, SDH, INM]}", "G18, LR 21 y LM 69-IV"),
        (IN % "asilo: {estados: {ante_comar: {plazo: 120 dh}}}", "G20, LR 24"),
        (IN % "asilo: {estados: {ante_comar: {estados: {en_resolucion: {plazo: 90 dh}}}}}", "G20, LR 24"),
        (IN % "asilo: {estados: {por_ratificar: {plazo: 5 dh}}}", "G21, LR 11"),
        (IN % "datos: {estados: {vulneracion_abierta: {plazo: 3 d}}}", "G33, DP 33 a 35"),
        (
            IN % "datos: {quitar: [cuando], estados: {quitar: [vulneracion_abierta]}}",
            "G33, DP 33 a 35",
        ),
        ("cuando: {dar_por_hecho: concluido}", "G02, LM 8"),
    ],
)
def test_no_state_may_undo_a_rule_and_the_refusal_names_it(body: str, article: str):
    with pytest.raises(ProtocolErrors) as refused:
        load(HEAD % body, PACKS)
    assert f"base-legal@1 lo bloquea ({article}" in str(refused.value)
    assert any(problem.line == 7 for problem in refused.value.problems)
