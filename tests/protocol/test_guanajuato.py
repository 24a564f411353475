from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from realm import PACKS, PROTOCOL

from caravan.protocol.check import check
from caravan.protocol.load import load
from caravan.protocol.model import Snapshot, State, Step, Trigger
from caravan.protocol.step import PROGRAM_EVENTS, missing_evidence, next_due, possible, start, step, waiting

GUANAJUATO = load(PROTOCOL, PACKS)
NIGHT = datetime(2023, 5, 16, 3, 0, tzinfo=UTC)  # 15 May 2023, 21:00 in León
TRACKS = (
    "alojamiento", "alimentacion", "salud", "ninez", "informacion", "regularizacion",
    "asilo", "seguridad", "derechos", "contacto_familiar", "datos",
)  # fmt: skip


class Running:
    """One running copy, its facts and the clock of the story."""

    def __init__(self, machine: str, **facts: Any) -> None:
        self.facts = {"grupo": facts, "activacion": facts}
        self.now = NIGHT
        self.last = start(GUANAJUATO, machine, self.facts, self.now)

    @property
    def snapshot(self) -> Snapshot:
        return self.last.snapshot

    def hears(self, event: str, **payload: Any) -> Step:
        self.last = step(
            GUANAJUATO, self.snapshot, Trigger(kind="event", name=event, payload=payload), self.facts, self.now
        )
        assert self.last.taken, event
        return self.last

    def learns(self, **facts: Any) -> Step:
        for known in self.facts.values():
            known.update(facts)
        self.last = step(GUANAJUATO, self.snapshot, Trigger(kind="facts"), self.facts, self.now)
        return self.last

    def waits_until(self, now: datetime) -> list[str]:
        """Fire what falls due on the way; the effects, as «kind state»."""
        told: list[str] = []
        while (due := next_due(self.snapshot)) is not None and due <= now:
            timer = self.snapshot.timers[0]
            self.last = step(GUANAJUATO, self.snapshot, Trigger(kind="timer", timer=timer), self.facts, due)
            told += [f"{effect.kind} {effect.state}" for effect in self.last.effects]
        self.now = now
        return told

    def stands_in(self) -> set[str]:
        return {each.state for each in waiting(GUANAJUATO, self.snapshot)}


def every_state(states: tuple[State, ...]) -> Iterator[State]:
    for state in states:
        yield state
        yield from every_state(state.children)


def the_states(machine: str) -> dict[str, State]:
    return {state.id: state for state in every_state(GUANAJUATO.machines[machine].states)}


def arrived(**facts: Any) -> Running:
    return Running("atencion_al_grupo", **({"personas": 83, "dias_sin_comer": 3} | facts))


def told(done: Step) -> list[str]:
    return [agency for effect in done.effects if effect.kind == "avisar" for agency in effect.args["a"]]


def test_the_protocol_has_no_findings():
    assert check(GUANAJUATO) == []


def test_a_group_has_the_eleven_tracks_of_the_protocol():
    regions = {state.id for state in the_states("atencion_al_grupo")["atencion"].children}
    assert regions - {"recepcion"} == set(TRACKS)


def test_every_state_has_its_words_in_spanish_and_english_and_every_step_its_source():
    for machine in GUANAJUATO.machines:
        for state in the_states(machine).values():
            if state.kind == "history":
                continue
            assert {"es", "en"} <= set(state.label), state.id
            assert state.provenance or state.kind != "atomic", state.id
            for transition in state.transitions:
                person = transition.events and transition.events[0] not in PROGRAM_EVENTS
                if person and not transition.events[0].startswith("done."):
                    assert {"es", "en"} <= set(transition.label), (state.id, transition.events)


def test_activation_needs_a_reason_and_a_level_and_tells_at_most_twelve():
    night = Running("operativo", personas=83, grupos_abiertos=1, nivel="n1")
    assert missing_evidence(GUANAJUATO, night.snapshot, "verificar", {"motivo": "reporte"}) == ("nivel",)
    done = night.hears("verificar", motivo="reporte de la Central", nivel="n1")
    assert 0 < len(told(done)) <= 12
    assert night.stands_in() == {"con_grupos", "nivel_vigilado", "aviso_urgente"}


def test_an_alert_nobody_verifies_reaches_the_coordination_and_then_the_head():
    night = Running("operativo")
    missed = night.waits_until(NIGHT + timedelta(minutes=30))
    assert missed == ["vencido alerta"]
    assert night.last.effects[0].args["avisar_a"] == ["SDH"]
    night.waits_until(NIGHT + timedelta(minutes=60))
    assert night.last.effects[0].args["avisar_a"] == ["TITULAR"]
    assert next_due(night.snapshot) is None
    night.hears("descartar", motivo="no hay nadie")
    assert night.snapshot.done


def test_a_temporary_site_is_asked_for_when_the_level_reaches_n2():
    night = Running("operativo", personas=35, grupos_abiertos=1, nivel="n1")
    night.hears("verificar", motivo="reporte", nivel="n1")
    opened = night.learns(nivel="n2", personas=83)
    assert [(effect.kind, effect.args["a"]) for effect in opened.effects] == [("tarea", "PC")]
    assert "por_habilitar" in night.stands_in()


def test_a_suspended_response_resumes_where_it_was_without_telling_everyone_again():
    night = Running("operativo", personas=83, grupos_abiertos=1, nivel="n2")
    night.hears("verificar", motivo="reporte", nivel="n2")
    before = night.snapshot
    night.hears("suspender", motivo="sin paso")
    night.waits_until(NIGHT + timedelta(minutes=20))
    resumed = night.hears("reanudar")
    assert resumed.snapshot.active == before.active
    assert resumed.snapshot.deadlines == before.deadlines
    assert told(resumed) == []


def test_a_response_closes_when_its_groups_are_gone_and_ends_in_the_archive():
    night = Running("operativo", personas=83, grupos_abiertos=1, nivel="n1")
    night.hears("verificar", motivo="reporte", nivel="n1")
    night.learns(grupos_abiertos=0)
    assert "por_cerrar" in night.stands_in()
    night.learns(grupos_abiertos=1)
    assert "con_grupos" in night.stands_in()
    night.learns(grupos_abiertos=0)
    night.hears("cerrar", conciliacion="x", lugares_liberados="x", pendientes_legales_entregados="x")
    assert night.stands_in() == {"evaluacion"}
    assert waiting(GUANAJUATO, night.snapshot)[0].lasts == "5 dh"
    night.hears("lecciones_registradas", lecciones="x")
    assert night.snapshot.done


def test_an_arrival_asks_for_beds_and_food_at_once_and_tells_at_most_six():
    group = arrived()
    kinds = [effect.kind for effect in group.last.effects]
    assert kinds.count("pedir_albergue") == kinds.count("pedir_alimentos") == 1
    assert len(told(group.last)) <= 6
    assert {each.track for each in waiting(GUANAJUATO, group.snapshot)} == {"recepcion", *TRACKS}


def test_the_night_of_15_may_runs_to_its_end():
    group = arrived(nna=6, nna_no_acompanados=0, ingreso_al_pais=date(2023, 5, 2))
    assert "por_notificar" in group.stands_in()
    group.hears("equipo_en_sitio")
    group.hears("conteo_registrado")
    group.hears("todos_con_lugar")
    group.hears("comida_entregada")
    group.hears("procuraduria_avisada", folio_aviso="F-1")
    group.hears("triaje_hecho", atendidas=12, trasladadas=0)
    group.hears("sesion_en_idioma", idioma="ht", asistentes=80)
    group.hears("manifiestan_temor")
    group.hears("aviso_enviado", documento="D-1")
    group.hears("todos_alojados")
    thursday = datetime(2023, 5, 18, 18, 0, tzinfo=UTC)
    group.learns(fin_de_estancia=thursday)
    deadlines = group.snapshot.deadlines
    assert deadlines["alojados"] == thursday
    assert deadlines["por_presentar"] == datetime(2023, 6, 15, 6, 0, tzinfo=UTC)  # the midnight that ends 14 June
    assert "por_vencer alojados" in group.waits_until(thursday - timedelta(days=1))
    assert "salida_anunciada" not in {each.event for each in possible(GUANAJUATO, group.snapshot, group.facts)}
    group.hears("dif_recibe", acta_de_canalizacion="A-1")
    group.hears("plan_emitido", folio_plan="P-1")
    group.hears("familia_reunida", acta="A-2")
    group.hears("salida_anunciada", salida_voluntaria="x", recetas_entregadas="x", aviso_de_tramite_leido="x")
    group.hears("todos_salieron")
    assert not group.snapshot.done
    assert group.stands_in() == {"por_presentar"}
    group.hears("entregar_pendientes", constancia="C-1")
    assert group.snapshot.done


def test_a_group_that_leaves_with_nothing_pending_concludes_by_itself():
    group = arrived(nna=0)
    assert group.hears("todos_salieron").snapshot.active == ("concluido",)
    assert group.snapshot.timers == ()


def test_a_group_recorded_twice_is_annulled_from_wherever_it_stands():
    group = arrived()
    group.hears("todos_con_lugar")
    assert group.hears("grupo_anulado").snapshot.active == ("anulado",)


def test_more_people_than_places_bring_the_group_back_to_be_placed():
    group = arrived()
    group.hears("todos_con_lugar")
    group.hears("faltan_lugares")
    assert "por_colocar" in group.stands_in()
    assert told(group.hears("faltan_lugares")) == ["SDH", "DIF"]


def test_without_a_count_of_children_nobody_supposes_there_are_none():
    group = arrived()
    assert "tamizaje" in group.stands_in()
    assert "sin_ninez" in group.learns(nna=0).snapshot.active
    found_later = group.learns(nna=2)
    assert "por_notificar" in found_later.snapshot.active
    assert told(found_later) == ["PPNNA", "DIF"]


def test_the_child_protection_office_hears_within_fifteen_minutes_or_the_ladder_begins():
    group = arrived(nna=6)
    assert "vencido por_notificar" in group.waits_until(NIGHT + timedelta(minutes=15))
    assert group.last.effects[0].args["avisar_a"] == ["PPNNA"]


def test_food_that_does_not_come_in_two_hours_is_overdue_and_one_may_see_since_when():
    group = arrived()
    group.waits_until(NIGHT + timedelta(hours=3))
    food = next(each for each in waiting(GUANAJUATO, group.snapshot) if each.track == "alimentacion")
    assert (food.state, food.deadline) == ("primera_comida", NIGHT + timedelta(hours=2))
    group.hears("comida_entregada")
    assert "primera_comida" not in group.snapshot.deadlines


def test_migration_authority_never_learns_of_an_asylum_wish():
    group = arrived(solicitan_asilo=3)
    asylum = {state.id for state in every_state((the_states("atencion_al_grupo")["asilo"],))}
    seen: list[Any] = list(group.last.effects)
    for event, payload in (("manifiestan_temor", {}), ("aviso_enviado", {"documento": "D"})):
        seen += group.hears(event, **payload).effects
    while next_due(group.snapshot) is not None:
        group.waits_until(next_due(group.snapshot) or NIGHT)
        seen += group.last.effects
    seen += [each for each in waiting(GUANAJUATO, group.snapshot) if each.track == "asilo"]
    seen += [each for each in possible(GUANAJUATO, group.snapshot) if each.state in asylum]
    of_asylum = [each for each in seen if each.state in asylum]
    assert len(of_asylum) > 3
    for each in of_asylum:
        assert each.visible == ("COMAR", "ACNUR", "SDH")
        assert "INM" not in str(getattr(each, "args", ""))


@pytest.mark.parametrize("children", [0, 2, None])
def test_placing_people_at_the_disposal_of_migration_is_always_recorded(children: int | None):
    group = arrived(nna=children)
    assert "puesta_a_disposicion" in {each.event for each in possible(GUANAJUATO, group.snapshot, group.facts)}
    assert ("ninez_en_presentacion" in str(group.hears("puesta_a_disposicion").effects)) is bool(children)
    assert "vencido en_presentacion" in group.waits_until(NIGHT + timedelta(hours=36))


def test_a_presentation_is_told_to_both_offices_of_rights_and_warns_at_24_hours():
    group = arrived(nna=0)
    assert told(group.hears("puesta_a_disposicion")) == ["CNDH", "PRODHEG"]
    assert "por_vencer en_presentacion" in group.waits_until(NIGHT + timedelta(hours=24))


def test_who_left_uncounted_is_not_written_down_as_counted():
    group = arrived(nna=2)  # the children keep the group open
    assert "sin_conteo" in group.hears("todos_salieron").snapshot.active


def test_every_machine_has_its_heading_in_both_languages():
    assert GUANAJUATO.machines["operativo"].label == {"es": "Operación", "en": "Response"}
    assert all({"es", "en"} <= set(machine.label) for machine in GUANAJUATO.machines.values())


def test_that_the_state_has_no_office_of_comar_is_its_own_and_no_article():
    sources = the_states("atencion_al_grupo")["por_presentar"].provenance
    assert sources == {"L": "G16, LR 18", "S": "G23: en Guanajuato no hay oficina de COMAR [CLINICA]"}


def test_a_state_with_an_office_of_comar_says_so_in_its_own_file():
    office = "G23: COMAR tiene oficina en Guadalajara [CLINICA]"
    text = """\
protocolo: jalisco
version: 1
deriva_de: guanajuato@2
titulo: {es: Jalisco}
procedencia: No es texto oficial.
entidad: {nombre: Jalisco, pcode: MX14}
maquinas: {atencion_al_grupo: {estados: {atencion: {paralelo: {asilo: {estados: {por_presentar: {fuente: {S: '%s'}}}}}}}}}
"""
    jalisco = load(text % office, PACKS | {"guanajuato@2": PROTOCOL})
    steps = {state.id: state for state in every_state(jalisco.machines["atencion_al_grupo"].states)}
    assert steps["por_presentar"].provenance == {"L": "G16, LR 18", "S": office}


def test_the_legal_steps_come_from_the_pack_with_what_the_state_adds_to_them():
    states = the_states("atencion_al_grupo")
    assert GUANAJUATO.extends == ("base-legal@1",)
    assert set(states["triaje"].provenance) == {"S", "L", "D"}
    assert states["por_avisar"].file == "base-legal@1"
    assert {state.id for state in states.values() if state.locked} == {
        "salud", "ninez", "regularizacion", "asilo", "datos",
    }  # fmt: skip


def test_a_second_asylum_wish_opens_its_own_notice_and_leaves_the_first_case_where_it_is():
    group = arrived(solicitan_asilo=1)
    group.hears("aviso_enviado", documento="D-1")
    group.hears("solicitud_presentada", constancia_comar="C")
    again = group.hears("manifiestan_temor")
    assert "en_resolucion" in again.snapshot.active
    assert [(effect.kind, effect.args["vence"]) for effect in again.effects] == [("tarea", "2023-05-16T04:00:00+00:00")]


def test_a_late_or_doubled_timer_changes_nothing():
    group = arrived()
    timer = next(timer for timer in group.snapshot.timers if timer.state == "primera_comida")
    group.hears("comida_entregada")
    late = step(GUANAJUATO, group.snapshot, Trigger(kind="timer", timer=timer), group.facts, timer.due)
    assert not late.taken
    assert late.snapshot is group.snapshot


def test_an_unknown_date_of_entry_is_urgent_and_not_absent():
    group = arrived(solicitan_asilo=1)
    group.hears("aviso_enviado", documento="D-1")
    filing = next(each for each in waiting(GUANAJUATO, group.snapshot) if each.track == "asilo")
    assert (filing.counted_from, filing.lasts) == ("grupo.ingreso_al_pais", "30 dh")


def test_a_snapshot_stays_small():
    group = arrived(nna=0)
    group.hears("conteo_registrado")
    group.hears("todos_con_lugar")
    assert len(msgspec.json.encode(group.snapshot)) < 1000


@pytest.mark.parametrize(("people", "level"), [(14, "n0"), (35, "n1"), (83, "n2"), (1880, "n4")])
def test_the_level_follows_the_number_of_people(people: int, level: str):
    assert GUANAJUATO.level_for(people) == level


def test_every_agency_of_the_protocol_can_be_told_something():
    assert GUANAJUATO.coordination() == ("SDH",)
    assert all(agency.channels for agency in GUANAJUATO.agencies.values())
