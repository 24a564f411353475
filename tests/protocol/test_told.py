"""What may be known by few is not told, asked about, nor signalled where others look."""

import pytest
from realm import PACKS, PROTOCOL

from caravan.audiences import GROUP_FIELDS
from caravan.protocol.check import check
from caravan.protocol.load import load
from caravan.protocol.model import ProtocolErrors
from caravan.protocol.vocabulary import NARROW_FACTS, PROGRAM_EVENTS

HEAD = """\
protocolo: prueba
version: 1
deriva_de: base-legal@1
titulo: {es: Prueba}
procedencia: Hecho para una prueba.
entidad: {nombre: Querétaro, pcode: MX22}
agencias: {SSP: {nombre: Seguridad, papel: estatal, avisos: [correo]}}
maquinas:
  atencion_al_grupo:
    estados:
      atencion:
        paralelo:
"""
STEP = "etiqueta: {es: X}, responsable: SDH, plazo: 1 h, fuente: {D: todo}"
REGION = """\
          propia:
            etiqueta: {es: Propia}
            responsable: SDH
            visible: %s
            estados:
              una: {etiqueta: {es: Una}, plazo: 1 h, fuente: {D: todo}, %s}
              otra: {etiqueta: {es: Otra}, final: true}
"""
LEAVES = "cuando: {acaba: {etiqueta: {es: Acaba}, ir_a: otra}}"
ASYLUM = """\
          asilo:
            estados:
              por_avisar:
                al_entrar:
                  - {tarea: {titulo: {es: Aviso por escrito a COMAR, en: Written notice to COMAR}, a: SDH, evidencia: documento}}
                  - {emitir: {evento: piden_asilo}}
"""
EVERYBODY = "[SDH, COMAR, ACNUR, DIF, PPNNA, SALUD, MUNICIPIO, ALBERGUE, CRUZ_ROJA, INM, CNDH, TITULAR, SSP]"


def told(body: str) -> list[str]:
    return [finding.message for finding in check(load(HEAD + body, PACKS)) if finding.code == "told_too_much"]


def region(inner: str, visible: str = EVERYBODY) -> str:
    return REGION % (visible, inner)


LEAKS = {
    "a notice": "al_entrar: [{avisar: {a: [SSP], plantilla: x, n: =grupo.solicitan_asilo}}], " + LEAVES,
    "a note": "al_entrar: [{registrar: {nota: x, n: =grupo.solicitan_asilo}}], " + LEAVES,
    "a date": "al_entrar: [{registrar: {nota: x, n: =grupo.ingreso_al_pais}}], " + LEAVES,
    "children alone": "al_entrar: [{avisar: {a: [SSP], plantilla: x, n: =grupo.nna_no_acompanados}}], " + LEAVES,
    "an automatic way": "siempre: [{si: grupo.solicitan_asilo > 0, ir_a: otra}], " + LEAVES,
    "a condition of a button": "cuando: {acaba: {etiqueta: {es: Acaba}, si: grupo.solicitan_asilo == 0, ir_a: otra}}",
}


@pytest.mark.parametrize("inner", LEAKS.values(), ids=list(LEAKS))
def test_a_fact_for_a_few_does_not_leave_by_a_step_that_others_see(inner: str):
    (only,) = told(region(inner))
    assert "«grupo." in only
    assert "SSP" in only


def test_a_term_that_others_see_does_not_count_from_a_day_for_a_few():
    inner = "una: {etiqueta: {es: Una}, plazo: {dura: 30 d, desde: grupo.ingreso_al_pais}"
    counted = region(LEAVES).replace("una: {etiqueta: {es: Una}, plazo: 1 h", inner)
    (only,) = told(counted)
    assert "su plazo cuenta desde «grupo.ingreso_al_pais»" in only
    assert "SSP" in only
    assert told(counted.replace(EVERYBODY, "[SDH, COMAR, ACNUR]")) == []


def test_a_step_that_everybody_sees_tells_everybody():
    (only,) = told(region(LEAKS["a note"]).replace(f"            visible: {EVERYBODY}\n", ""))
    assert "lo sabría todas las agencias" in only


@pytest.mark.parametrize("inner", [LEAKS["a note"], LEAKS["an automatic way"]], ids=["a note", "an automatic way"])
def test_among_those_who_may_know_it_the_fact_is_theirs(inner: str):
    assert told(region(inner, "[SDH, COMAR, ACNUR]")) == []


def test_an_event_raised_among_few_is_not_heard_where_others_look():
    heard = "cuando: {piden_asilo: {etiqueta: {es: Piden}, ir_a: otra}}"
    (only,) = told(ASYLUM + region(heard))
    assert "estado «por_avisar»: por «piden_asilo» se sabría de él en «una»" in only
    assert told(ASYLUM + region(heard, "[SDH, COMAR]")) == []


def test_a_step_that_few_see_is_not_asked_about_where_others_look():
    ladder = (
        "siempre: [{si: grupo.solicitan_asilo > 0, ir_a: sabida}], cuando: {acaba: {etiqueta: {es: A}, ir_a: sabida}}"
    )
    own = (
        region(ladder, "[SDH, COMAR]")
        .replace("propia", "interna")
        .replace("una:", "callada:")
        .replace("otra:", "sabida:")
    )
    asks = "siempre: [{si: en('sabida'), hacer: [{avisar: {a: [SSP], plantilla: x}}], ir_a: otra}], " + LEAVES
    (only,) = told(own + region(asks))
    assert "estado «una»: su condición pregunta por «sabida»" in only
    assert told(own + region(LEAVES)) == []


def test_a_case_opened_among_few_is_not_one_that_others_see():
    case = f"  expediente:\n    instancia: caso\n    estados:\n      abierto: {{{STEP}, cuando: {{acaba: {{etiqueta: {{es: A}}, ir_a: fin}}}}}}\n      fin: {{etiqueta: {{es: F}}, final: true}}\n"
    opens = ASYLUM.replace("{emitir: {evento: piden_asilo}}", "{abrir_caso: {maquina: expediente}}") + case
    (only,) = told(opens)
    assert "por «expediente»" in only
    assert (
        told(
            opens.replace("abierto: {", "abierto: {visible: [SDH, COMAR], ").replace("fin: {", "fin: {visible: [SDH], ")
        )
        == []
    )


def test_the_law_and_the_state_s_protocol_tell_nobody_too_much():
    for text in (PROTOCOL, *PACKS.values()):
        assert [str(finding) for finding in check(load(text, PACKS)) if finding.code == "told_too_much"] == []


def test_the_facts_for_a_few_are_those_the_sharing_table_keeps_from_health_and_partners():
    fields = {"asylum": "solicitan_asilo", "entered_country": "ingreso_al_pais", "unaccompanied": "nna_no_acompanados"}
    kept = {field for field, readers in GROUP_FIELDS.items() if not readers & {"health", "partner"}}
    assert kept - set(fields) <= {"households", "vehicle", "departures", "note"}, "a field that is no fact"
    assert set(fields) <= kept
    assert {("grupo", name) for name in fields.values()} == set(NARROW_FACTS)


@pytest.mark.parametrize("event", sorted(PROGRAM_EVENTS))
@pytest.mark.parametrize(
    "effect", ["emitir: {evento: %s}", "emitir: {evento: %s.x}", "enviar: {a: grupos, evento: %s}"]
)
def test_no_file_says_what_only_the_program_can_establish(event: str, effect: str):
    with pytest.raises(ProtocolErrors) as refused:
        load(HEAD + region("al_entrar: [{" + effect % event + "}], " + LEAVES), PACKS)
    assert f"«{event}» lo dice el programa" in str(refused.value)


@pytest.mark.parametrize(
    "effect",
    [
        "emitir: {evento: done.state.atencion}",
        "emitir: {evento: done.state.atencion, tras: 1 h}",
        "enviar: {a: grupos, evento: done.state.atencion.x}",
    ],
)
def test_no_file_says_that_a_state_is_done_only_the_engine_does(effect: str):
    with pytest.raises(ProtocolErrors, match="lo dice el programa"):
        load(HEAD + region("al_entrar: [{" + effect + "}], " + LEAVES), PACKS)
