"""Small protocol files for tests: a sound one in which one state is left to write, and the problems of those that are not."""

from __future__ import annotations

import pytest

from caravan.protocol.load import load
from caravan.protocol.model import ProtocolErrors

HEAD = """\
protocolo: ejemplo
version: 3
vigente_desde: 2026-12-01
titulo: {es: Ejemplo, en: Example}
procedencia: No es el texto oficial.
entidad: {nombre: Guanajuato, pcode: MX11}
zona_horaria: America/Mexico_City
calendario: lfpa28
escala: {peldanos: [coordinacion], cada: 30 min}
agencias:
  SDH: {nombre: Derechos Humanos, papel: coordinacion, avisos: [correo]}
  DIF: {nombre: DIF, papel: estatal, avisos: [correo]}
niveles: [{id: n1, desde: 15}, {id: n2, desde: 80}]
datos:
  grupo: {personas: entero, ingreso_al_pais: {tipo: fecha, opcional: true}, horas_sin_comer: {tipo: entero, por_omision: 24}}
  activacion: {nivel: {uno_de: [n0, n1, n2]}}
eventos: {verificar: {motivo: texto}}
"""
MACHINE = """\
maquinas:
  operativo:
    instancia: activacion
    inicial: a
    estados:
      a: {BODY}
      b: {final: true}
"""
BODY_COLUMN = 10
FIRST_STATE = len(HEAD.splitlines()) + 6  # the line of state «a»


def with_state(body: str) -> str:
    """The file whose state «a» is ``body``."""
    return HEAD + MACHINE.replace("{BODY}", body)


def problems(text: str) -> list[str]:
    """All that keeps a file from becoming a protocol, as it is told."""
    with pytest.raises(ProtocolErrors) as refused:
        load(text)
    assert str(refused.value) == "\n".join(str(problem) for problem in refused.value.problems)
    return [str(problem) for problem in refused.value.problems]


def state_problem(body: str) -> str:
    """The one problem of a state, whose place is where ``body`` carries the mark ``‸``."""
    (only,) = problems(with_state(body.replace("‸", "")))
    place, _, message = only.partition(": ")
    assert place == f"línea {FIRST_STATE}, columna {BODY_COLUMN + body.index('‸')}"
    return message
