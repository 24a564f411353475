"""Every check, with the smallest file that fails it: a sound one with a single thing changed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import caravan.protocol
from caravan.protocol.check import Finding, check
from caravan.protocol.load import load
from caravan.protocol.model import ProtocolErrors

SOUND = """\
protocolo: prueba
version: 1
titulo: {es: Prueba}
procedencia: Hecho para una prueba.
entidad: {nombre: Guanajuato, pcode: MX11}
zona_horaria: America/Mexico_City
calendario: lfpa28
escala: {peldanos: [coordinacion], cada: 30 min}
agencias:
  SDH: {nombre: Derechos Humanos, papel: coordinacion, avisos: [correo]}
  DIF: {nombre: DIF, papel: estatal, avisos: [correo]}
  MUDA: {nombre: Sin medios, papel: civil}
niveles: [{id: n1, desde: 15}]
datos:
  activacion: {personas: entero}
  grupo: {nna: {tipo: entero, opcional: true}, fin_de_estancia: fecha_hora, ingreso_al_pais: {tipo: fecha, opcional: true}}
horarios: {ventanilla: {etiqueta: {es: Ventanilla}, dias: [lun], abre: 09:00, cierra: 14:00}}
maquinas:
  operativo:
    instancia: activacion
    estados:
      uno:
        etiqueta: {es: Uno}
        responsable: SDH
        plazo: 1 h
        fuente: {D: todo}
        cuando:
          sigue: {etiqueta: {es: Sigue}, ir_a: dos}
      dos:
        etiqueta: {es: Dos}
        responsable: SDH
        plazo: 1 d
        fuente: {D: todo}
        cuando:
          termina: {etiqueta: {es: Termina}, ir_a: fin}
          regresa: {etiqueta: {es: Regresa}, ir_a: uno}
        # aquí
      fin: {etiqueta: {es: Fin}, final: true}
"""
STEP = "etiqueta: {es: X}, responsable: SDH, plazo: 1 h, fuente: {D: todo}"
ENDS = "cuando: {acaba: {etiqueta: {es: Acaba}, ir_a: fin}}"
HERE = "        # aquí\n"
OTHER = "      fin: {etiqueta"
TOP = "maquinas:\n"
TO_UNO = "ir_a: uno}\n"
TO_FIN = "termina: {etiqueta: {es: Termina}, ir_a: fin}"
REGION = "etiqueta: {{es: R}}, estados: {{{0}1: {{{1}, cuando: {{{2}: {{etiqueta: {{es: S}}, ir_a: {3}}}}}}}, {0}2: {{etiqueta: {{es: F}}, final: true}}}}"


def regions(left: str, right: str, more: str = "") -> str:
    return f"        paralelo: {{r: {{{left}}}, s: {{{right}}}}}\n{more}"


def region(name: str, event: str, target: str) -> str:
    return REGION.format(name, STEP, event, target)


def open_region(name: str, event: str, target: str) -> str:
    """A region that has no final of its own."""
    step = f"{{{STEP}, cuando: {{{event}: {{etiqueta: {{es: S}}, ir_a: {target}}}}}}}"
    return f"etiqueta: {{es: R}}, estados: {{{name}1: {step}}}"


def of_two(text: str) -> tuple[str, str]:
    return HERE, f"        {text}\n"


def instead_of_dos(text: str) -> tuple[str, str]:
    """The state «dos» without its own transitions."""
    begin = SOUND.index("        cuando:\n          termina")
    return SOUND[begin : SOUND.index(HERE)], text


GUARDED = "[{si: grupo.nna == 0, ir_a: fin}]"
CASES: list[tuple[str, str, tuple[str, str]]] = [
    ("unreachable", "isla", (OTHER, f"      isla: {{{STEP}, {ENDS}}}\n{OTHER}")),
    ("no_exit", "muerta", (TO_UNO, f"ir_a: muerta}}\n      muerta: {{{STEP}}}\n")),
    ("no_exit", "muerta", (TO_UNO, f"ir_a: muerta}}\n      muerta: {{{STEP}, tras: {{7 d: {{hacer: [{{registrar: {{nota: n}}}}]}}}}}}\n")),
    ("no_path_to_final", "gira", (TO_UNO, f"ir_a: gira}}\n      gira: {{{STEP}, cuando: {{otra: {{etiqueta: {{es: O}}, ir_a: gira2}}}}}}\n      gira2: {{{STEP}, cuando: {{otra: {{etiqueta: {{es: O}}, ir_a: gira}}}}}}\n")),
    ("no_path_to_final", "hondo", (TO_UNO, f"ir_a: caja}}\n      caja: {{etiqueta: {{es: C}}, estados: {{c1: {{{STEP}, cuando: {{otra: {{etiqueta: {{es: O}}, ir_a: hondo}}}}}}, hondo: {{etiqueta: {{es: H}}, final: true}}}}}}\n")),
    ("unknown_waits", "dos", instead_of_dos(f"        siempre: {GUARDED}\n")),
    ("shadowed", "dos", (TO_FIN, "termina: [{etiqueta: {es: T}, ir_a: fin}, {etiqueta: {es: T}, si: activacion.personas > 1, ir_a: uno}]")),
    ("shadowed", "dos", (TO_FIN, f"{TO_FIN}\n          termina.pronto: {{etiqueta: {{es: P}}, ir_a: uno}}")),
    ("shadowed", "dos", (TO_FIN, "termina: [{etiqueta: {es: T}, si: activacion.personas > 1, ir_a: fin}, {etiqueta: {es: T}, si: activacion.personas > 1, requiere: [acta], ir_a: uno}]")),
    ("shadowed", "dos", of_two("tras: {2 h: fin, 60 min: uno}")),
    ("shadowed", "dos", of_two("tras: {2 h: [fin, uno]}")),
    ("two_regions", "dos", instead_of_dos(regions(open_region("r", "sale", "fin"), open_region("s", "sale.ya", "uno")))),
    ("automatic_cycle", "dos", of_two("siempre: [{si: activacion.personas > 5, ir_a: dos}]")),
    ("automatic_cycle", "dos", of_two("siempre: [{si: activacion.personas > 5, hacer: [{registrar: {nota: n}}]}]")),
    ("automatic_cycle", "uno", ("          sigue: {etiqueta: {es: Sigue}, ir_a: dos}\n", "          sigue: {etiqueta: {es: Sigue}, ir_a: dos}\n          eco: {etiqueta: {es: E}, ir_a: uno}\n        al_entrar: [{emitir: {evento: eco}}]\n")),
    ("automatic_cycle", "uno", ("          sigue: {etiqueta: {es: Sigue}, ir_a: dos}\n", "          sigue: {etiqueta: {es: Sigue}, ir_a: dos}\n          eco: {etiqueta: {es: E}, si: activacion.personas > 1, hacer: [{emitir: {evento: eco}}]}\n")),
    ("endless_escalation", "dos", (TO_UNO, "ir_a: uno}\n          eco: {etiqueta: {es: E}, hacer: [{emitir: {evento: eco, tras: 1 h}}]}\n")),
    ("endless_escalation", "dos", of_two("tras: {1 h: {ir_a: dos, hacer: [{avisar: {a: [SDH], plantilla: p}}]}}")),
    ("like_program_event", "dos", (TO_FIN, "todos_salierom: {etiqueta: {es: T}, ir_a: fin}")),
    ("other_owner", "dos", (TO_FIN, "termina: {etiqueta: {es: T}, si: grupo.nna es conocido, ir_a: fin}")),
    ("other_owner", "dos", of_two("al_entrar: [{avisar: {a: [SDH], plantilla: p, nna: =grupo.nna}}]")),
    ("other_owner", "dos", ("plazo: 1 d", "escala: {peldanos: [SDH], cada: 1 h}\n        plazo: {dura: 1 d, desde: grupo.fin_de_estancia}")),
    ("no_owner", "uno", ("        responsable: SDH\n        plazo: 1 h\n", "        plazo: 1 h\n")),
    ("no_deadline", "uno", ("        plazo: 1 h\n", "")),
    ("no_deadline", "uno", ("        plazo: 1 h\n", "        visible: [SDH]\n        plazo: {dura: 3 d, desde: grupo.ingreso_al_pais}\n")),
    ("region_without_final", "s", instead_of_dos(regions(region("r", "sale", "r2"), f"etiqueta: {{es: S}}, estados: {{s1: {{{STEP}}}}}", f"        al_terminar: fin\n        {ENDS}\n"))),
    ("region_without_final", "dos", instead_of_dos(f"        estados: {{c1: {{{STEP}}}}}\n        al_terminar: fin\n        {ENDS}\n")),
    ("no_channel", "dos", of_two("al_entrar: [{avisar: {a: [MUDA], plantilla: p}}]")),
    ("no_channel", "dos", of_two("escala: {peldanos: [MUDA], cada: 1 h}")),
    ("empty_rung", "dos", of_two("escala: {peldanos: [municipal], cada: 1 h}")),
    ("rung_not_visible", "dos", of_two("visible: [DIF]")),
    ("told_too_much", "dos", of_two("visible: [SDH]\n        al_entrar: [{avisar: {a: [DIF], plantilla: p}}]")),
    ("sender_not_visible", "dos", (TO_UNO, "ir_a: uno}\n          firma: {etiqueta: {es: F}, envia: DIF, ir_a: fin}\n        visible: [SDH]\n")),
    ("no_label", "dos", ("etiqueta: {es: Dos}", "etiqueta: {en: Two}")),
    ("no_label", "dos", (TO_FIN, "termina: fin")),
    ("no_label", "dos", of_two("al_entrar: [{tarea: {titulo: {en: Do it}, a: SDH}}]")),
    ("no_label", "", ("titulo: {es: Prueba}", "titulo: {en: Trial}")),
    ("no_label", "", ("etiqueta: {es: Ventanilla}, ", "")),
    ("no_provenance", "uno", ("        plazo: 1 h\n        fuente: {D: todo}\n", "        plazo: 1 h\n")),
    ("to_define", "", ("nombre: DIF,", "nombre: POR DEFINIR,")),
    ("to_define", "dos", ("{es: Dos}", "{es: POR DEFINIR}")),
]  # fmt: skip
CASE_OF_ITSELF = """\
  bucle:
    instancia: caso
    estados:
      b1:
        etiqueta: {es: B}
        responsable: SDH
        plazo: 1 h
        fuente: {D: todo}
        al_entrar: [{abrir_caso: {maquina: bucle}}]
        cuando: {cierra: {etiqueta: {es: C}, ir_a: b2}}
      b2: {etiqueta: {es: B}, final: true}
"""
HEAD_OVER_PACK = """\
deriva_de: prueba@1
protocolo: otra
version: 1
titulo: {es: Otra}
procedencia: Hecho para una prueba.
entidad: {nombre: Querétaro, pcode: MX22}
"""
GRUPO = "    instancia: activacion\n", "    instancia: grupo\n"


def findings(change: tuple[str, str], code: str = "") -> list[Finding]:
    old, new = change
    assert old in SOUND
    text = SOUND.replace(old, new, 1)
    if "grupo." in new and code != "other_owner":
        text = text.replace(*GRUPO)
    return check(load(text))


def test_the_sound_file_has_no_findings():
    assert check(load(SOUND)) == []


@pytest.mark.parametrize(
    ("code", "state", "change"), CASES, ids=[f"{number}-{code}" for number, (code, _, _) in enumerate(CASES)]
)
def test_one_thing_wrong_is_one_kind_of_finding(code: str, state: str, change: tuple[str, str]):
    found = findings(change, code)
    assert {finding.code for finding in found} == {code}
    assert state in {finding.state for finding in found}
    assert all(finding.line is None or 0 < finding.line <= SOUND.count("\n") + 5 for finding in found)


def test_every_code_of_the_checker_has_its_file():
    folder = Path(caravan.protocol.__file__).parent
    sources = [folder / "check.py", *sorted((folder / "checks").glob("*.py"))]
    source = "".join(path.read_text(encoding="utf-8") for path in sources)
    told = set(re.findall(r'note(?:_arc|_action)?\(\s*(?:checked, |arc, |node, )?"(\w+)"', source))
    told |= set(re.findall(r'code="(\w+)"', source))
    assert {code for code, _, _ in CASES} == told


def test_a_case_that_opens_its_own_kind_as_it_begins_is_found():
    (only,) = check(load(SOUND + CASE_OF_ITSELF))
    assert (only.code, only.line) == ("automatic_cycle", SOUND.count("\n") + 1)


def test_a_finding_stands_at_the_line_of_the_transition_it_is_about():
    change = TO_FIN, "termina: fin"
    (only,) = findings(change)
    assert only.line == SOUND[: SOUND.index(TO_FIN)].count("\n") + 1


# -- what is no fault


@pytest.mark.parametrize(
    "change",
    [
        of_two("siempre: [{si: grupo.nna == 0, ir_a: fin}]"),
        instead_of_dos("        siempre: [{si: not (grupo.nna es conocido), ir_a: fin}]\n"),
        instead_of_dos("        siempre: [{si: grupo.nna > 0 or activacion.personas > 0, ir_a: fin}]\n"),
        instead_of_dos("        siempre: [{si: grupo.nna > 0, ir_a: fin}]\n        tras: {7 d: fin}\n"),
    ],
)
def test_a_wait_for_the_unknown_that_something_else_ends_is_no_fault(change: tuple[str, str]):
    old, new = change
    assert check(load(SOUND.replace(old, new, 1).replace(*GRUPO))) == []


@pytest.mark.parametrize(
    "delays",
    ["{1 h: {hacer: [{registrar: {nota: n}}]}, 2 h: fin}", "{1 h: {si: activacion.personas > 1, ir_a: uno}, 2 h: fin}", "{30 dh: uno, 2 h: fin}", "{abre ventanilla: uno, 2 h: fin}"],
)  # fmt: skip
def test_delays_that_may_all_come_do_not_shadow_each_other(delays: str):
    assert findings(of_two(f"tras: {delays}")) == []


def test_a_checkpoint_that_tells_and_stays_is_no_endless_alarm():
    assert findings(of_two("tras: {7 d: {hacer: [{avisar: {a: [SDH], plantilla: p}}]}}")) == []


def test_a_circle_in_which_a_person_acts_is_no_endless_alarm():
    told = "al_entrar: [{avisar: {a: [SDH], plantilla: p}}]\n        tras: {1 h: uno}"
    assert findings(of_two(told)) == []


def test_a_reminder_that_is_sent_once_is_no_endless_alarm():
    echo = "ir_a: uno}\n          aviso: {etiqueta: {es: A}, hacer: [{avisar: {a: [SDH], plantilla: p}}]}\n        al_entrar: [{emitir: {evento: aviso, tras: 1 h}}]\n"
    assert findings((TO_UNO, echo)) == []


def test_two_guards_that_are_the_same_send_a_machine_round_for_ever():
    both = "        siempre: [{si: activacion.personas > 5, ir_a: dos}]\n        cuando:\n          sigue"
    once = SOUND.replace("        cuando:\n          sigue", both, 1)
    assert check(load(once)) == []
    twice = once.replace(HERE, "        siempre: [{si: activacion.personas > 5, ir_a: uno}]\n")
    assert [(finding.code, finding.state) for finding in check(load(twice))] == [
        ("automatic_cycle", "uno"),
        ("automatic_cycle", "dos"),
    ]


def test_a_region_that_is_itself_parallel_ends_when_all_of_it_does():
    inner = f"etiqueta: {{es: S}}, paralelo: {{t: {{{region('t', 'uno_mas', 't2')}}}, u: {{{region('u', 'otro_mas', 'u2')}}}}}"
    change = instead_of_dos(regions(region("r", "sale", "r2"), inner, "        al_terminar: fin\n"))
    assert findings(change) == []


def test_a_finding_and_a_problem_in_what_a_pack_brought_name_the_pack():
    pack = SOUND.replace("        fuente: {D: todo}\n", "", 1)
    own = HEAD_OVER_PACK + "agencias: {DIF: {nombre: Otro nombre}}\n"
    (only,) = check(load(own, {"prueba@1": pack}))
    assert (only.code, only.file) == ("no_provenance", "prueba@1")
    assert str(only) == f"prueba@1, línea {only.line}: estado «uno»: no dice su fuente"
    with pytest.raises(ProtocolErrors) as refused:
        load(own, {"prueba@1": SOUND.replace("plazo: 1 d", "plazo: un rato")})
    (problem,) = refused.value.problems
    assert problem.file == "prueba@1"
    assert SOUND.splitlines()[problem.line - 1].strip() == "plazo: 1 d"
    assert str(problem).startswith(f"prueba@1, línea {problem.line}, columna 16: ")
