from datetime import date

import pytest
from written_protocols import FIRST_STATE, MACHINE, problems, state_problem, with_state

from caravan.protocol.load import load
from caravan.protocol.model import Duration


def test_a_whole_file_becomes_a_protocol():
    loaded = load(with_state("{cuando: {verificar: b}}"))
    assert (loaded.id, loaded.version, loaded.effective) == ("ejemplo", 3, date(2026, 12, 1))
    assert loaded.title == {"es": "Ejemplo", "en": "Example"}
    assert loaded.agencies["DIF"].channels == ("correo",)
    assert loaded.facts["grupo"]["horas_sin_comer"].default == 24
    assert loaded.facts["activacion"]["nivel"].options == ("n0", "n1", "n2")
    assert loaded.events["verificar"]["motivo"].kind == "text"
    assert loaded.machines["operativo"].resumes


def test_each_form_of_a_transition_is_read():
    body = """
        plazo: {dura: 30 dh, desde: grupo.ingreso_al_pais, avisa_antes: 24 h}
        cuando:
          corta: b
          larga: {si: grupo.personas > 0, ir_a: b, requiere: [acta], externa: true, etiqueta: {es: Larga}, hacer: [{emitir: {evento: x}}]}
          varias: [{si: evento.x == 1, hacer: [{registrar: {nota: n}}]}, b]
          dos palabras: b
          con.puntos.*: b
          "*": b
        siempre: [{si: "activacion.nivel in ['n1', 'n2']", ir_a: b}]
        tras: {7 d: b}"""
    text = with_state(body).replace("eventos: {verificar: {motivo: texto}}", "eventos: {varias: {x: entero}}")
    state = load(text).machines["operativo"].states[0]
    short, long, first, second, words, dotted, star, always, after = state.transitions
    assert (short.events, short.targets, short.internal) == (("corta",), ("b",), True)
    assert (long.requires, long.internal, long.label, long.actions[0].kind) == (
        ("acta",),
        False,
        {"es": "Larga"},
        "emitir",
    )
    assert (first.guard, first.targets, second.targets) == ("evento.x == 1", (), ("b",))
    assert (words.events, dotted.events, star.events) == (("dos", "palabras"), ("con.puntos.*",), ("*",))
    assert always.automatic
    assert after.delay == Duration(7, "d")
    assert state.deadline and state.deadline.since == "grupo.ingreso_al_pais"
    assert state.deadline.warn_before == Duration(24, "h")


def test_words_that_yaml_would_turn_into_something_else_stay_words():
    loaded = load(with_state("{etiqueta: {es: no, en: on}, fuente: {D: 12:30}, cuando: {si: b, no: b}}"))
    state = loaded.machines["operativo"].states[0]
    assert state.label == {"es": "no", "en": "on"}
    assert state.provenance == {"D": "12:30"}
    assert [transition.events for transition in state.transitions] == [("si",), ("no",)]


def test_all_problems_come_at_once_in_reading_order():
    found = problems(with_state("{plaso: 4 h, responsable: DIIF, cuando: {e: bb}}"))
    assert found == [
        f"línea {FIRST_STATE}, columna 11: estado «a»: clave desconocida «plaso»; ¿quiso decir «plazo»?",
        f"línea {FIRST_STATE}, columna 36: estado «a»: agencia desconocida «DIIF»; ¿quiso decir «DIF»?",
        f"línea {FIRST_STATE}, columna 54: estado «a»: destino desconocido «bb»; ¿quiso decir «b»?",
    ]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("{plazo: ‸4 horas}", "estado «a»: duración «4 horas» mal escrita; se escribe como «30 min», «4 h», «1 d» o «30 dh»"),
        ("{plazo: {dura: 4 h, desde: ‸grupo.personas}}", "estado «a»: «grupo.personas» no es una fecha"),
        ("{plazo: {dura: 4 h, avisa_antes: ‸2 dh}}", "estado «a»: «avisa_antes» va en min, h o d"),
        ("{plazo: ‸{desde: grupo.ingreso_al_pais}}", "estado «a»: plazo: falta «dura»"),
        ("{final: ‸si}", "estado «a»: «final»: se esperaba true o false"),
        ("{final: true, plazo: ‸1 h}", "estado «a»: un estado final no lleva «plazo»"),
        ("{historia: ‸{h: profunda}}", "estado «a»: «historia» pide un estado con «estados» o «paralelo»"),
        ("{etiqueta: {es: Hola, ‸xx: Hey}}", "estado «a»: idioma desconocido «xx»"),
        ("{etiqueta: {es: ‸[Hola]}}", "estado «a»: «es»: se esperaba texto"),
        ("{fuente: {‸X: algo}}", "estado «a»: marca de procedencia desconocida «X»"),
        ("{fuente: ‸texto}", "estado «a»: «fuente»: se esperaba un mapa «clave: valor»"),
        ("{escala: {peldanos: [‸jefe], cada: 1 h}}", "estado «a»: peldaño desconocido «jefe»"),
        ("{cuando: {e: {si: ‸grupo.persona > 0, ir_a: b}}}", "estado «a», «e»: dato desconocido «grupo.persona»; ¿quiso decir «grupo.personas»?"),
        ("{cuando: {e: {si: '‸grupo.persona > 0', ir_a: b}}}", "estado «a», «e»: dato desconocido «grupo.persona»; ¿quiso decir «grupo.personas»?"),
        ("{cuando: {e: {si: ‸grupo.personas, ir_a: b}}}", "estado «a», «e»: «si» pide una condición"),
        ("{cuando: {e: {si: en('‸c'), ir_a: b}}}", "estado «a», «e»: estado desconocido «c»"),
        ("{cuando: {e: {si: ‸evento.motivo == 'x', ir_a: b}}}", "estado «a», «e»: dato desconocido «evento.motivo»"),
        ("{cuando: {e: ‸{requiere: [x]}}}", "estado «a», «e»: una transición lleva «ir_a», «hacer» o los dos"),
        ("{cuando: {e: ‸[]}}", "estado «a», «e»: la lista está vacía"),
        ("{cuando: {‸E: b}}", "estado «a», «E»: el evento «E» lleva minúsculas, números, «_» y puntos"),
        ("{siempre: [{ir_a: b, requiere: ‸[x]}]}", "estado «a», «siempre»: «requiere» solo va en «cuando»"),
        ("{tras: {‸pronto: b}}", "estado «a»: duración «pronto» mal escrita; se escribe como «30 min», «4 h», «1 d» o «30 dh»"),
        ("{al_entrar: [{‸abisar: {a: [SDH]}}]}", "estado «a»: efecto desconocido «abisar»; ¿quiso decir «avisar»?"),
        ("{al_entrar: [‸avisar]}", "estado «a»: un efecto se escribe «{nombre: {…}}»"),
        ("{al_entrar: [{‸avisar: {a: [SDH]}}]}", "estado «a»: avisar: falta «plantilla»"),
        ("{al_entrar: [{avisar: {a: [‸XX], plantilla: p}}]}", "estado «a»: avisar: agencia desconocida «XX»"),
        ("{al_entrar: [{avisar: {a: [SDH], plantilla: p, n: =‸grupo.x}}]}", "estado «a»: avisar: dato desconocido «grupo.x»"),
        ("{al_entrar: [{tarea: {titulo: ‸x, a: SDH}}]}", "estado «a»: tarea: valor mal escrito"),
        ("{al_entrar: [{tarea: {titulo: {es: x}, a: SDH, ‸plaso: 1 h}}]}", "estado «a»: tarea: clave desconocida «plaso»; ¿quiso decir «plazo»?"),
        ("{al_entrar: [{enviar: {a: ‸todos, evento: x}}]}", "estado «a»: enviar: destino desconocido «todos»"),
        ("{al_entrar: [{pedir_albergue: {personas: ‸08}}]}", "estado «a»: pedir_albergue: un número no empieza con cero: «08»"),
        ("{al_entrar: [{emitir: {evento: ‸Listo}}]}", "estado «a»: emitir: el evento «Listo» lleva minúsculas, números, «_» y puntos"),
        ("{al_entrar: [{tarea: {titulo: {es: x}, a: SDH, plazo: ‸1 x}}]}", "estado «a»: tarea: duración «1 x» mal escrita; se escribe como «30 min», «4 h», «1 d» o «30 dh»"),
        ("{estados: ‸{}}", "estado «a»: no lleva ningún estado"),
        ("{estados: {c: {final: true}}, historia: {h: ‸[x]}}", "estado «a»: la historia es «superficial» o «profunda»"),
        ("{estados: {c: {final: true}}, historia: {h: ‸larga}}", "estado «a»: clase de historia desconocida «larga»"),
        ("{inicial: ‸b, estados: {c: {final: true}}}", "estado «a»: «inicial» lleva un estado de adentro; «b» no lo es"),
        ("‸{estados: {b2: {final: true}}, paralelo: {c: {final: true}}}", "estado «a»: lleva «estados» o «paralelo», no los dos"),
        ("{estados: {‸a: {final: true}}}", f"estado «a»: nombre repetido en la máquina (ya está en la línea {FIRST_STATE})"),
        ("{estados: {‸C: {final: true}}}", "estado «C»: el nombre «C» lleva minúsculas, números y «_»"),
        ("{paralelo: {c: {final: true}}, cuando: {e: ‸c}}", "estado «a»: un estado en paralelo no va a su propia región («c»)"),
        ("{estados: {c: {final: true}, d: {final: true}}, cuando: {e: {ir_a: [c, ‸d]}}}", "estado «a»: «c» y «d» no están en regiones distintas"),
        ("{visible: [SDH], estados: {c: {final: true, visible: [‸DIF]}}}", "estado «c»: «visible» solo puede reducirse; «DIF» no ve el estado de arriba"),
        ("{plazo: 1 h, ‸plazo: 2 h}", f"estado «a»: clave repetida «plazo» (ya está en la línea {FIRST_STATE})"),
        ("{‸<<: {plazo: 1 h}}", "no se admite «<<»: escriba las claves en su lugar"),
        ("‸&x {final: true}", "no se admiten etiquetas («!») ni anclas («&») de YAML"),
        ("‸!!python/object:os.system {}", "no se admiten etiquetas («!») ni anclas («&») de YAML"),
        ("{‸[x]: 1}", "una clave es una palabra, no una lista ni un mapa"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_state_is_told_with_its_place_and_the_nearest_name(body: str, message: str):
    assert state_problem(body) == message


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("version: 3", "version: 03", 2, "columna 10: «version»: un número no empieza con cero: «03»"),
        ("version: 3", "version: uno", 2, "columna 10: «version»: se esperaba un número entero"),
        ("vigente_desde: 2026-12-01", "vigente_desde: pronto", 3, "columna 16: vigente_desde: fecha «pronto» mal escrita; se escribe 2026-12-01"),
        ("pcode: MX11", "pcode: 11", 6, "columna 38: entidad: el pcode «11» es «MX» y dos cifras"),
        ("America/Mexico_City", "Mexico/Centro", 7, "columna 15: zona_horaria: zona horaria desconocida «Mexico/Centro»"),
        ("calendario: lfpa28", "calendario: lfpa82", 8, "columna 13: calendario: calendario desconocido «lfpa82»; ¿quiso decir «lfpa28»?"),
        ("papel: coordinacion", "papel: jefatura", 11, "columna 42: agencia «SDH»: papel desconocido «jefatura»"),
        ("papel: estatal, avisos: [correo]", "papel: estatal, avisos: [paloma]", 12, "columna 47: agencia «DIF»: medio de aviso desconocido «paloma»"),
        ("{id: n2, desde: 80}", "{id: n2, desde: 8}", 13, "columna 32: niveles: «n2» empieza antes que el nivel anterior"),
        ("personas: entero", "personas: texto", 15, "columna 21: dato «grupo.personas»: su tipo es «entero»"),
        ("personas: entero", "persona: entero", 15, "columna 11: dato «grupo.persona»: el programa no conoce el dato «persona»; ¿quiso decir «personas»?"),
        ("personas: entero", "personas: enteros", 15, "columna 21: dato «grupo.personas»: tipo desconocido «enteros»; ¿quiso decir «entero»?"),
        ("por_omision: 24", "por_omision: mucha", 15, "columna 122: dato «grupo.horas_sin_comer»: «mucha» no es un valor de este tipo"),
        ("{uno_de: [n0, n1, n2]}", "{opcional: true}", 16, "columna 23: dato «activacion.nivel»: lleva «tipo» o «uno_de», uno de los dos"),
        ("  activacion: {", "  carro: {", 16, "columna 3: datos: no hay datos de «carro»; ¿quiso decir «caso»?"),
        ("    instancia: activacion", "    instancia: persona", 20, "columna 16: máquina «operativo»: instancia desconocida «persona»"),
        ("    inicial: a", "    inicial: z", 21, "columna 14: máquina «operativo»: estado inicial desconocido «z»"),
        ("protocolo: ejemplo\n", "", 1, "columna 1: falta «protocolo»"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_head_is_told_with_its_place(old: str, new: str, line: int, message: str):
    text = with_state("{cuando: {e: b}}")
    assert old in text
    found = problems(text.replace(old, new, 1))
    assert f"línea {line}, {message}" in found


def test_names_may_not_repeat_within_a_machine_but_may_between_machines():
    text = with_state("{cuando: {e: b}}") + MACHINE.replace("maquinas:\n", "").replace("operativo", "otra").replace(
        "{BODY}", "{final: true}"
    )
    assert set(load(text).machines) == {"operativo", "otra"}


@pytest.mark.parametrize(
    ("written", "default"),
    [
        ("{tipo: entero, por_omision: 0}", 0),
        ("{tipo: numero, por_omision: 1.5}", 1.5),
        ("{tipo: booleano, por_omision: true}", True),
        ("{tipo: texto, por_omision: ninguno}", "ninguno"),
        ("{uno_de: [alto, bajo], por_omision: alto}", "alto"),
    ],
)
def test_a_value_may_have_a_default_of_its_own_type(written: str, default: object):
    text = with_state("{cuando: {e: b}}").replace("{motivo: texto}", f"{{motivo: {written}}}")
    assert load(text).events["verificar"]["motivo"].default == default


@pytest.mark.parametrize(
    "written",
    [
        "{tipo: booleano, por_omision: si}",
        "{tipo: fecha, por_omision: 2023-05-16}",
        "{uno_de: [alto, bajo], por_omision: medio}",
        "{tipo: entero, por_omision: 1.5}",
    ],
)
def test_a_default_of_another_type_is_refused(written: str):
    (only,) = problems(with_state("{cuando: {e: b}}").replace("{motivo: texto}", f"{{motivo: {written}}}"))
    assert only.startswith("línea 17, ")


def test_what_a_task_announces_and_what_it_sends_are_read_with_their_types():
    body = "{al_entrar: [{enviar: {a: grupos, evento: x, tras: 1 h}}, {pedir_albergue: {personas: 30}}]}"
    first, second = load(with_state(body)).machines["operativo"].states[0].on_entry
    assert first.args == {"a": "grupos", "evento": "x", "tras": "1 h"}
    assert second.args == {"personas": 30}
