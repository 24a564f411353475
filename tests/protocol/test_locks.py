"""What a pack locks: every way to weaken it is refused, and what makes it stronger is not."""

from typing import Any, cast

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from caravan.protocol.chart import chart_of
from caravan.protocol.load import load
from caravan.protocol.model import Deadline, Protocol, ProtocolErrors, State, Transition

PACK = """\
protocolo: ley
version: 1
titulo: {es: Ley}
procedencia: No es texto oficial.
entidad: {nombre: Federación, pcode: MX00}
zona_horaria: America/Mexico_City
calendario: habiles
calendarios:
  habiles: {semana: [lun, mar, mie, jue, vie], fijos: [09-16]}
escala: {peldanos: [coordinacion], cada: 30 min}
agencias:
  SDH: {nombre: Coordinación, papel: coordinacion, avisos: [correo]}
  DIF: {nombre: DIF, papel: estatal, avisos: [correo]}
  COMAR: {nombre: COMAR, papel: federal, avisos: [correo]}
  INM: {nombre: INM, papel: federal, avisos: [correo]}
niveles: [{id: n1, desde: 1}]
datos:
  grupo: {personas: entero, solicitan_asilo: entero, nna: {tipo: entero, opcional: true}, ingreso_al_pais: {tipo: fecha, opcional: true}}
eventos:
  salir: {destino: texto}
maquinas:
  otra:
    instancia: activacion
    estados: {sola: {cuando: {listo: hecha}}, hecha: {final: true}}
  grupo:
    instancia: grupo
    inicial: atencion
    estados:
      atencion:
        responsable: SDH
        plazo: 7 d
        al_terminar: fin
        cuando:
          anular: fin
          entregar: {si: en('salidos'), requiere: [constancia], ir_a: fin}
        paralelo:
          asilo:
            bloqueado: true
            responsable: COMAR
            visible: [COMAR, SDH, DIF]
            fuente: {L: "G17, LR 21: inmediato"}
            escala: {peldanos: [coordinacion, DIF], cada: 30 min}
            inicial: deteccion
            siempre: [{si: grupo.nna > 0 and en('sin_asilo'), ir_a: por_avisar}]
            estados:
              deteccion:
                siempre: [{si: grupo.nna > 0, ir_a: por_avisar}]
                cuando:
                  temor: por_avisar
                  nadie: sin_asilo
                  puesta: {si: not (grupo.nna > 0), ir_a: presentada}
              por_avisar:
                responsable: SDH
                plazo: {dura: 1 h, avisa_antes: 30 min}
                fuente: {L: "G17, LR 21: inmediato", D: la hora}
                al_entrar:
                  - avisar: {a: [COMAR, DIF], plantilla: temor}
                  - tarea: {titulo: {es: Aviso}, a: SDH, evidencia: documento, plazo: 1 h}
                cuando:
                  enviado: {requiere: [documento], ir_a: por_presentar, hacer: [{registrar: {nota: enviado}}]}
              por_presentar:
                plazo: {dura: 30 dh, desde: grupo.ingreso_al_pais}
                fuente: {L: "G16, LR 18"}
                cuando: {presentada_ya: {envia: [COMAR, SDH], requiere: [constancia], ir_a: presentada}}
                tras: {7 d: {hacer: [{avisar: {a: [SDH], plantilla: recordatorio}}]}}
              presentada: {final: true}
              sin_asilo: {final: true}
          salida:
            responsable: DIF
            inicial: alojados
            cuando: {todos_salieron: {bloqueado: true, ir_a: salidos}}
            estados:
              alojados:
                fuente: {L: "G12, NNA 96"}
                cuando:
                  salir: {bloqueado: true, si: en('sin_asilo') or en('presentada'), requiere: [aviso], ir_a: en_salida}
                  mover: alojados
              en_salida: {cuando: {volver: alojados}}
              salidos: {final: true}
      fin: {final: true}
"""
HEAD = """\
protocolo: estado
version: 1
deriva_de: ley@1
titulo: {es: Estado}
procedencia: No es texto oficial.
entidad: {nombre: Querétaro, pcode: MX22}
"""
KNOWN = {"ley@1": PACK}
LAW = load(PACK)
ASYLUM = "maquinas: {grupo: {estados: {atencion: {paralelo: {asilo: {estados: {%s}}}}}}}\n"
REGION = "maquinas: {grupo: {estados: {atencion: {paralelo: {asilo: {%s}}}}}}\n"
LEAVING = "maquinas: {grupo: {estados: {atencion: {paralelo: {salida: {estados: {%s}}}}}}}\n"
AROUND = "maquinas: {grupo: {estados: {atencion: {%s}}}}\n"
WHOLE = "maquinas: {grupo: {%s}}\n"
NOTICE = "{avisar: {a: [COMAR, DIF], plantilla: temor}}"
DAYS_OFF = ", ".join(f"2026-12-{day:02}: Acuerdo publicado en el Periódico Oficial" for day in range(1, 17))
TASK = "{tarea: {titulo: {es: Aviso}, a: SDH, evidencia: documento, plazo: 1 h}}"


def refusals(body: str) -> list[str]:
    with pytest.raises(ProtocolErrors) as refused:
        load(HEAD + body, KNOWN)
    return [str(problem) for problem in refused.value.problems]


WEAKER: dict[str, tuple[str, str]] = {
    "a state is taken away": (ASYLUM % "quitar: [por_presentar], por_avisar: {cuando: {enviado: presentada}}", "falta"),
    "a region is taken away": (
        "maquinas: {grupo: {estados: {atencion: {paralelo: {quitar: [asilo], salida: {estados: {alojados: {cuando: "
        "{salir: {si: grupo.personas > 0}}}}}}}}}}\n",
        "estado «asilo»: falta",
    ),
    "a machine is taken away": ("maquinas: {quitar: [grupo]}\n", "máquina «grupo»: falta"),
    "a machine belongs to something else": (WHOLE % "instancia: activacion", "cambió de instancia"),
    "a state becomes another kind": (
        ASYLUM % "por_avisar: {estados: {dentro: {final: true}}}",
        "cambió de lugar o de clase",
    ),
    "a term is longer": (ASYLUM % "por_avisar: {plazo: 2 h}", "su plazo pasa de 1 h a 2 h"),
    "a term is gone": (ASYLUM % "por_avisar: {quitar: [plazo]}", "se le quitó el plazo de 1 h"),
    "a term is counted in another way": (ASYLUM % "por_avisar: {plazo: 1 dh}", "su plazo pasa"),
    "a term of working days becomes days": (ASYLUM % "por_presentar: {plazo: 10 d}", "su plazo pasa"),
    "a term is counted from elsewhere": (
        ASYLUM % "por_presentar: {quitar: [plazo], plazo: 10 dh}",
        "ahora desde que se entra",
    ),
    "a warning is gone": (ASYLUM % "por_avisar: {quitar: [plazo], plazo: 50 min}", "se avisaba 30 min antes"),
    "a rung of the ladder is gone": (REGION % "escala: {peldanos: [coordinacion]}", "«DIF» ya no sabría"),
    "the ladder is slower": (REGION % "escala: {cada: 2 h}", "sabría más tarde"),
    "somebody else answers": (ASYLUM % "por_avisar: {responsable: INM}", "respondía «SDH» y ahora «INM»"),
    "more may know": (REGION % "visible: [COMAR, SDH, DIF, INM]", "sabrían de él INM"),
    "everybody may know": (REGION % "quitar: [visible]", "sabrían de él todas"),
    "who is told no longer knows": (ASYLUM % "por_avisar: {visible: [COMAR, SDH]}", "no sabrían de él DIF"),
    "its source changes": (ASYLUM % "por_avisar: {fuente: {L: otra}}", "cambió su fuente L"),
    "the lock is taken back": (REGION % "bloqueado: false", "se le quitó «bloqueado»"),
    "the lock is removed": (REGION % "quitar: [bloqueado]", "se le quitó «bloqueado»"),
    "a notice is gone": (ASYLUM % f"por_avisar: {{al_entrar: [{TASK}]}}", "pierde su efecto «avisar COMAR, DIF temor»"),
    "a notice tells fewer": (
        ASYLUM % f"por_avisar: {{al_entrar: [{{avisar: {{a: [COMAR], plantilla: temor}}}}, {TASK}]}}",
        "pierde su efecto",
    ),
    "a task has more time": (
        ASYLUM % f"por_avisar: {{al_entrar: [{NOTICE}, {TASK.replace('1 h', '3 h')}]}}",
        "pierde su efecto «tarea SDH»",
    ),
    "a task asks for less": (
        ASYLUM % f"por_avisar: {{al_entrar: [{NOTICE}, {TASK.replace('evidencia: documento, ', '')}]}}",
        "pierde su efecto «tarea SDH»",
    ),
    "a transition is gone": (ASYLUM % "por_avisar: {quitar: [cuando]}", "«enviado»: falta"),
    "an automatic transition is gone": (ASYLUM % "deteccion: {quitar: [siempre]}", "«siempre»: falta"),
    "a reminder is gone": (ASYLUM % "por_presentar: {quitar: [tras]}", "«tras»: falta"),
    "a target changes": (ASYLUM % "por_avisar: {cuando: {enviado: presentada}}", "iba a «por_presentar»"),
    "evidence is not asked for": (ASYLUM % "por_avisar: {cuando: {enviado: {quitar: [requiere]}}}", "ya no requiere"),
    "an effect of a transition is gone": (
        ASYLUM % "por_avisar: {cuando: {enviado: {quitar: [hacer]}}}",
        "pierde su efecto «registrar»",
    ),
    "a guard is gone": (ASYLUM % "deteccion: {cuando: {puesta: {quitar: [si]}}}", "solo puede estrecharse"),
    "a guard is another": (ASYLUM % "deteccion: {cuando: {puesta: {si: grupo.nna == 0}}}", "solo puede estrecharse"),
    "a guard is widened after its words": (
        ASYLUM % "deteccion: {cuando: {puesta: {si: (not (grupo.nna > 0)) and grupo.nna == 0 or grupo.personas > 0}}}",
        "solo puede estrecharse",
    ),
    "a duty is made conditional": (
        ASYLUM % "deteccion: {siempre: [{si: grupo.nna > 0 and grupo.personas > 9, ir_a: por_avisar}]}",
        "su condición no puede cambiar",
    ),
    "a report needs a condition": (
        ASYLUM % "deteccion: {cuando: {temor: {si: grupo.personas > 3}}}",
        "su condición no puede cambiar",
    ),
    "a report needs evidence": (
        ASYLUM % "deteccion: {cuando: {temor: {requiere: [acta]}}}",
        "la deja pasar sin condición",
    ),
    "a report is for some only": (ASYLUM % "deteccion: {cuando: {temor: {envia: [SDH]}}}", "no limita quién la envía"),
    "more may send": (
        ASYLUM % "por_presentar: {cuando: {presentada_ya: {envia: [COMAR, SDH, INM]}}}",
        "la podría enviar quien",
    ),
    "anybody may send": (
        ASYLUM % "por_presentar: {cuando: {presentada_ya: {quitar: [envia]}}}",
        "la podría enviar quien",
    ),
    "a second way out of a locked state": (
        ASYLUM % "por_avisar: {cuando: {ya_paso: presentada}}",
        "haría salir de «por_avisar»",
    ),
    "an automatic way out": (
        ASYLUM % "por_avisar: {siempre: [{si: grupo.personas > 0, ir_a: presentada}]}",
        "haría salir de",
    ),
    "a way out after a time": (ASYLUM % "por_avisar: {tras: {2 h: presentada}}", "haría salir de"),
    "a way out of what stands around": (AROUND % "cuando: {cancelar: fin}", "haría salir de «asilo»"),
    "a way out after a time of what stands around": (AROUND % "tras: {1 h: fin}", "haría salir de"),
    "a wider way out of what stands around": (
        AROUND % "cuando: {entregar: {si: grupo.personas > 0}}",
        "haría salir de",
    ),
    "a way out from the region beside": (LEAVING % "alojados: {cuando: {irse: fin}}", "haría salir de"),
    "an alternative after the locked one": (
        LEAVING % "alojados: {cuando: {salir: [{bloqueado: true, si: en('sin_asilo') or en('presentada'), "
        "requiere: [aviso], ir_a: en_salida}, {ir_a: en_salida}]}}",
        "respondería en lugar de otra",
    ),
    "another descriptor for the same event": (
        LEAVING % "alojados: {cuando: {salir pronto: en_salida}}",
        "respondería en lugar de otra",
    ),
    "any event": (LEAVING % "alojados: {cuando: {'*': en_salida}}", "respondería en lugar de otra"),
    "another event to the guarded state": (
        LEAVING % "alojados: {cuando: {ya: en_salida}}",
        "a «en_salida» solo se entra como",
    ),
    "a way past the guarded state": (LEAVING % "alojados: {cuando: {ya: salidos}}", "a «salidos» solo se entra como"),
    "the region begins elsewhere": (REGION % "inicial: sin_asilo", "«asilo»: empezaba en «deteccion»"),
    "the open region begins past its locked step": (
        "maquinas: {grupo: {estados: {atencion: {paralelo: {salida: {inicial: en_salida}}}}}}\n",
        "«salida»: empezaba en «alojados»",
    ),
    "the machine begins elsewhere": (WHOLE % "inicial: fin", "la máquina: empezaba en «atencion»"),
    "the parallel is taken apart": (
        AROUND % "quitar: [paralelo, cuando], estados: {asilo: {final: true}, salida: {final: true}}",
        "cambió de lugar o de clase",
    ),
    "the same event is caught inside": (
        LEAVING % "alojados: {estados: {dentro: {cuando: {salir: {hacer: [{registrar: {nota: x}}]}}}}}",
        "",
    ),
    "the same event is caught around": (
        AROUND % "cuando: {salir: {ir_a: fin}}",
        "haría salir de",
    ),
    "a reaction catches what a locked state waits for": (
        ASYLUM % "por_avisar: {cuando: {enviado x: {hacer: [{registrar: {nota: x}}]}}}",
        "respondería en lugar de otra",
    ),
    "an automatic reaction without end": (
        ASYLUM % "por_avisar: {siempre: [{si: grupo.personas > 0, hacer: [{registrar: {nota: x}}]}]}",
        "se repetiría sin fin",
    ),
    "an effect raises what a person has to say": (
        LEAVING % "alojados: {al_entrar: [{emitir: {evento: enviado}}]}",
        "haría por sí solo",
    ),
    "another machine sends it": (
        "maquinas: {otra: {estados: {sola: {al_entrar: [{enviar: {a: grupos, evento: nadie}}]}}}}\n",
        "haría por sí solo",
    ),
    "an alternative instead of a reminder": (
        ASYLUM % "por_presentar: {tras: {7 d: [{hacer: [{registrar: {nota: x}}]}, "
        "{hacer: [{avisar: {a: [SDH], plantilla: recordatorio}}]}]}}",
        "respondería en lugar de otra",
    ),
    "somebody is told who may not know": (
        ASYLUM % f"por_avisar: {{al_entrar: [{NOTICE}, {TASK}, {{avisar: {{a: [INM], plantilla: temor}}}}]}}",
        "le avisaría a INM",
    ),
    "a reaction tells somebody who may not know": (
        ASYLUM % "por_presentar: {cuando: {duda: {hacer: [{avisar: {a: [INM], plantilla: temor}}]}}}",
        "le avisaría a INM",
    ),
    "a condition elsewhere shows what only some may know": (
        LEAVING % "en_salida: {siempre: [{si: en('por_presentar'), hacer: [{avisar: {a: [INM], plantilla: x}}]}]}",
        "sabría de «por_presentar»",
    ),
    "a narrower condition shows what only some may know": (
        LEAVING
        % "alojados: {cuando: {salir: {si: (en('sin_asilo') or en('presentada')) and not en('por_presentar')}}}",
        "sabría de «por_presentar»",
    ),
    "the term from around a locked step is longer": (
        AROUND % "plazo: 700 d",
        "«atencion», que da su plazo a «deteccion»: su plazo pasa de 7 d a 700 d",
    ),
    "the term from around a locked step is gone": (AROUND % "quitar: [plazo]", "se le quitó el plazo de 7 d"),
    "nobody hears that the term from around is over": ("escala: {peldanos: [INM]}\n", "«SDH» ya no sabría"),
    "an effect raises what would end all": (
        LEAVING % "en_salida: {al_entrar: [{emitir: {evento: anular}}]}",
        "haría por sí solo",
    ),
    "an effect raises the conditional end of all": (
        LEAVING % "salidos: {al_entrar: [{emitir: {evento: entregar}}]}",
        "haría por sí solo",
    ),
    "another machine ends all": (
        "maquinas: {otra: {estados: {sola: {al_entrar: [{enviar: {a: grupos, evento: anular}}]}}}}\n",
        "haría por sí solo",
    ),
    "leaving depends on who asked for asylum": (
        LEAVING
        % "alojados: {cuando: {salir: {si: (en('sin_asilo') or en('presentada')) and grupo.solicitan_asilo == 0}}}",
        "no puede depender de «grupo.solicitan_asilo»",
    ),
    "evidence may be erased": (
        "eventos: {enviado: {documento: {tipo: texto, borrable: true}}}\n",
        "va como texto que queda",
    ),
    "evidence need not come": ("eventos: {enviado: {documento: {tipo: texto, opcional: true}}}\n", "va como texto"),
    "a day closes without an act": (
        "calendarios: {habiles: {cierres: {2026-12-24: x}}}\n",
        "cierre del 2026-12-24: diga qué acuerdo publicado lo ordena",
    ),
    "a month of closures": (
        f"calendarios: {{habiles: {{cierres: {{{DAYS_OFF}}}}}}}\n",
        "16 cierres en 2026",
    ),
    "evidence is no longer text": ("eventos: {enviado: {documento: booleano}}\n", "y va como texto"),
    "an unknown number is supposed": ("datos: {grupo: {nna: {por_omision: 0}}}\n", "dato «grupo.nna»"),
    "an event carries something else": ("eventos: {salir: {destino: entero}}\n", "evento «salir»"),
    "an agency takes another part": ("agencias: {INM: {papel: coordinacion}}\n", "su papel es «federal»"),
    "an agency can no longer be told": ("agencias: {DIF: {quitar: [avisos]}}\n", "se quedaría sin medio de aviso"),
    "fewer days count": ("calendarios: {habiles: {semana: [lun]}}\n", "el calendario cuenta menos días"),
    "more days are holidays": ("calendarios: {habiles: {fijos: [09-16, 12-12]}}\n", "el calendario cuenta menos días"),
}


@pytest.mark.parametrize(("body", "said"), WEAKER.values(), ids=list(WEAKER))
def test_no_file_weakens_what_its_pack_locks(body: str, said: str):
    found = refusals(body)
    assert any(said in each for each in found), found


STRONGER: dict[str, str] = {
    "a shorter term": ASYLUM % "por_avisar: {plazo: 45 min}",
    "a term in other words": ASYLUM % "por_avisar: {plazo: 60 min}",
    "fewer working days": ASYLUM % "por_presentar: {plazo: 20 dh}",
    "a term where there was none": ASYLUM % "deteccion: {plazo: 2 h}",
    "an earlier warning": ASYLUM % "por_avisar: {plazo: {avisa_antes: 45 min}}",
    "more evidence": ASYLUM % "por_avisar: {cuando: {enviado: {requiere: [documento, acuse]}}}",
    "a narrower condition": ASYLUM
    % "deteccion: {cuando: {puesta: {si: (not (grupo.nna > 0)) and grupo.personas > 0}}}",
    "the same condition with other spaces": ASYLUM % "deteccion: {cuando: {puesta: {si: 'not  (grupo.nna >0)'}}}",
    "fewer may know": REGION % "visible: [COMAR, SDH, DIF]",
    "fewer may send": ASYLUM % "por_presentar: {cuando: {presentada_ya: {envia: [COMAR]}}}",
    "a notice tells more, sooner": ASYLUM
    % f"por_avisar: {{al_entrar: [{{avisar: {{a: [COMAR, DIF, SDH], plantilla: temor}}}}, {TASK.replace('1 h', '30 min')}]}}",
    "more effects": ASYLUM % f"por_avisar: {{al_entrar: [{NOTICE}, {TASK}, {{registrar: {{nota: x}}}}]}}",
    "other words for a task": ASYLUM
    % f"por_avisar: {{al_entrar: [{NOTICE}, {TASK.replace('es: Aviso', 'es: Oficio a COMAR')}]}}",
    "a reaction that leads nowhere": ASYLUM % "por_avisar: {cuando: {duda: {hacer: [{registrar: {nota: x}}]}}}",
    "a reminder": ASYLUM % "por_avisar: {tras: {30 min: {hacer: [{avisar: {a: [SDH], plantilla: recordatorio}}]}}}",
    "another rung": REGION % "escala: {peldanos: [coordinacion, DIF, COMAR], cada: 20 min}",
    "its words": ASYLUM % "por_avisar: {etiqueta: {es: Oficio a COMAR}}",
    "its own reasons, which are not the law's": ASYLUM % "por_avisar: {fuente: {quitar: [D]}}",
    "a shorter term from around": AROUND % "plazo: 6 d",
    "one more source": ASYLUM % "por_avisar: {fuente: {S: lo que pasó aquí}}",
    "more states and ways where nothing is locked": LEAVING
    % "alojados: {cuando: {mudar: otro_sitio}}, otro_sitio: {cuando: {vuelven: alojados}}",
    "one more region": AROUND % "paralelo: {comida: {estados: {una: {cuando: {servida: otra}}, otra: {final: true}}}}",
    "fewer ways out of what stands around": AROUND % "cuando: {quitar: [anular]}",
    "a narrower way out of what stands around": AROUND
    % "cuando: {entregar: {si: en('salidos') and grupo.personas > 0}}",
    "closures": "calendarios: {habiles: {cierres: {2026-12-24: Acuerdo 7 del Periódico Oficial}}}\n",
    "more working days": "calendarios: {habiles: {fijos: []}}\n",
    "names and channels": "agencias: {SDH: {nombre: La de aquí, avisos: [whatsapp]}}\n",
    "another level": "niveles: [{id: n1, desde: 9}]\n",
    "its own machine": "maquinas: {operativo: {instancia: activacion, estados: {fin_de_todo: {final: true}}}}\n",
    "the open machine is free": "maquinas: {otra: {estados: {quitar: [sola]}}}\n",
}


@pytest.mark.parametrize("body", STRONGER.values(), ids=list(STRONGER))
def test_a_file_may_make_stronger_what_its_pack_locks(body: str):
    assert load(HEAD + body, KNOWN).extends == ("ley@1",)


def test_a_refusal_names_the_article_and_the_place_in_the_file():
    assert refusals(ASYLUM % "por_avisar: {plazo: 2 h}") == [
        "línea 7, columna 83: estado «por_avisar»: su plazo pasa de 1 h a 2 h; ley@1 lo bloquea (G17, LR 21)"
    ]


def test_what_is_taken_away_is_shown_where_it_is_taken():
    found = refusals(ASYLUM % "quitar: [por_presentar], por_avisar: {cuando: {enviado: presentada}}")
    column = len("maquinas: {grupo: {estados: {atencion: {paralelo: {asilo: {estados: {quitar: [") + 1
    assert f"línea 7, columna {column}: estado «por_presentar»: falta; ley@1 lo bloquea (G16, LR 18)" in found


def test_a_file_in_the_middle_may_lock_more_and_the_last_one_is_held_by_both():
    middle = HEAD + LEAVING % "en_salida: {bloqueado: true, plazo: 12 h}"
    last = HEAD.replace("estado", "municipio").replace("ley@1", "estado@1")
    packs = {**KNOWN, "estado@1": middle}
    for body, said in (
        (LEAVING % "en_salida: {plazo: 13 h}", "estado@1 lo bloquea"),
        (ASYLUM % "por_avisar: {plazo: 2 h}", "estado@1 lo bloquea (G17, LR 21)"),
    ):
        with pytest.raises(ProtocolErrors) as refused:
            load(last + body, packs)
        assert said in str(refused.value)
    assert load(last, packs).extends == ("estado@1", "ley@1")


# -- any overlay at all


_TREE: Any = yaml.load(PACK, yaml.BaseLoader)
_REGIONS: Any = _TREE["maquinas"]["grupo"]["estados"]["atencion"]["paralelo"]
_EFFECTS = st.lists(
    st.sampled_from(
        [
            {"avisar": {"a": ["COMAR", "DIF"], "plantilla": "temor"}},
            {"avisar": {"a": ["COMAR", "DIF", "SDH"], "plantilla": "temor"}},
            {"avisar": {"a": ["COMAR"], "plantilla": "temor"}},
            {"tarea": {"titulo": {"es": "Aviso"}, "a": "SDH", "evidencia": "documento", "plazo": "1 h"}},
            {"tarea": {"titulo": {"es": "Aviso"}, "a": "SDH", "evidencia": "documento", "plazo": "9 h"}},
            {"emitir": {"evento": "enviado"}},
            {"registrar": {"nota": "x"}},
        ]
    ),
    min_size=1,
    max_size=3,
    unique_by=str,
)
_AGENCIES = st.lists(st.sampled_from(["SDH", "DIF", "COMAR"]), min_size=1, max_size=3, unique=True)
_GUARDS = st.sampled_from(
    [
        "grupo.personas > 0",
        "not (grupo.nna > 0)",
        "not (grupo.nna > 0) and grupo.personas > 1",
        "(en('sin_asilo') or en('presentada')) and grupo.personas > 1",
        "grupo.nna > 0",
    ]
)
_TERMS = st.sampled_from(["30 min", "1 h", "2 h", "3 dh", "40 dh", {"dura": "20 dh", "desde": "grupo.ingreso_al_pais"}])


@st.composite
def transitions(draw: st.DrawFn, was: Any, inside: list[str]) -> Any:
    if draw(st.booleans()):
        return draw(st.sampled_from(inside))
    names = st.sampled_from(["documento", "constancia", "aviso", "acuse"])
    choices: dict[str, st.SearchStrategy[Any]] = {
        "ir_a": st.sampled_from([*inside, "fin"]),
        "si": _GUARDS,
        "requiere": st.lists(names, min_size=1, max_size=2, unique=True),
        "hacer": _EFFECTS,
        "envia": _AGENCIES,
        "bloqueado": st.booleans(),
        "externa": st.booleans(),
    }
    if isinstance(was, dict):
        written = cast(dict[str, Any], was)
        choices["quitar"] = st.lists(st.sampled_from(sorted(written)), min_size=1, max_size=1)
    keys = draw(st.lists(st.sampled_from(sorted(choices)), min_size=1, max_size=2, unique=True))
    made = {key: draw(choices[key]) for key in keys}
    return made if was is not None or {"ir_a", "hacer"} & set(made) else {**made, "ir_a": inside[0]}


@st.composite
def changes(draw: st.DrawFn, was: Any, inside: list[str]) -> dict[str, Any]:
    """One thing changed in a state of the pack."""
    waits: dict[str, Any] = was.get("cuando", {})
    key = draw(
        st.sampled_from(
            ["plazo", "cuando", "cuando", "siempre", "tras", "visible", "al_entrar", "fuente", "quitar", "bloqueado"]
        )
    )
    match key:
        case "cuando":
            event = draw(st.sampled_from([*waits, *waits, "otro", "*", "salir", "enviado x"]))
            return {key: {event: draw(transitions(waits.get(event), inside))}}
        case "siempre":
            return {key: [draw(transitions(None, inside))]}
        case "tras":
            return {key: {draw(st.sampled_from(["1 h", "7 d"])): draw(transitions(None, inside))}}
        case "quitar":
            return {key: [draw(st.sampled_from(sorted(was)))]} if was else {}
        case _:
            values: dict[str, st.SearchStrategy[Any]] = {
                "plazo": _TERMS, "visible": _AGENCIES, "al_entrar": _EFFECTS, "bloqueado": st.booleans(),
                "fuente": st.sampled_from([{"S": "aquí"}, {"L": "otra"}, {"D": "la hora"}]),
            }  # fmt: skip
            return {key: draw(values[key])}


@st.composite
def overlays(draw: st.DrawFn) -> str:
    """A file that changes one to three things of its pack, somewhere in or around what is locked."""
    regions: dict[str, Any] = {}
    for _ in range(draw(st.integers(1, 3))):
        region = draw(st.sampled_from(sorted(_REGIONS)))
        states: Any = _REGIONS[region]["estados"]
        into = regions.setdefault(region, {})
        name = draw(st.sampled_from([*states, ""]))
        if name and states[name].get("final") != "true":
            into.setdefault("estados", {})[name] = draw(changes(states[name], list(states)))
        else:
            into.update(draw(changes(_REGIONS[region], list(states))))
    tree = {"maquinas": {"grupo": {"estados": {"atencion": {"paralelo": regions}}}}}
    return HEAD + yaml.safe_dump(tree, allow_unicode=True)


def _flat(protocol: Protocol) -> dict[str, State]:
    return {node.id: node.state for node in chart_of(protocol, "grupo").nodes[1:]}


def _short(deadline: Deadline | None) -> bool:
    seconds = {"min": 60, "h": 3600, "d": 86400}
    assert deadline is not None
    return deadline.lasts.unit in seconds and deadline.lasts.amount * seconds[deadline.lasts.unit] <= 3600


def _way(state: State, event: str) -> list[Transition]:
    return [each for each in state.transitions if event in each.events or "*" in each.events]


@settings(max_examples=400, deadline=None)
@given(overlays())
def test_whatever_loads_keeps_the_promises_of_the_law(text: str):
    try:
        states = _flat(load(text, KNOWN))
    except ProtocolErrors:
        return
    notice = states["por_avisar"]
    assert _short(notice.deadline)
    assert notice.deadline is not None and notice.deadline.warn_before is not None
    assert any({"COMAR", "DIF"} <= set(each.args["a"]) for each in notice.on_entry if each.kind == "avisar")
    assert any(each.kind == "tarea" for each in notice.on_entry)
    assert notice.provenance["L"] == "G17, LR 21: inmediato"
    out = [each for each in notice.transitions if each.targets]
    assert [each.targets for each in out] == [("por_presentar",)]
    assert "documento" in out[0].requires
    first = [each.targets for each in _way(states["deteccion"], "temor")]
    assert first == [("por_avisar",)]
    assert all(not each.guard and not each.requires and not each.senders for each in _way(states["deteccion"], "temor"))
    filed = states["por_presentar"].deadline
    assert filed is not None
    assert (filed.since, filed.lasts.unit) == ("grupo.ingreso_al_pais", "dh")
    assert filed.lasts.amount <= 30
    leaving = _way(states["alojados"], "salir")
    assert [each.targets for each in leaving] == [("en_salida",)]
    assert (leaving[0].guard or "").startswith("en('sin_asilo')")
    into = [name for name, state in states.items() for each in state.transitions if "en_salida" in each.targets]
    assert into == ["alojados"]
    assert states["asilo"].locked
    assert set(states["asilo"].visible or ("INM",)) <= {"COMAR", "SDH", "DIF"}
