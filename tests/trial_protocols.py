"""A protocol beside the state's own, written in each test machine by machine, and an activation of it."""

from __future__ import annotations

from realm import Night
from side_protocols import LINE, OFFICE

from caravan import commands as c
from caravan.basics import SYSTEM

__all__ = ["HEAD", "LINE", "A", "B", "publish", "running"]

HEAD = """\
protocolo: ensayo
version: {version}
titulo: {{es: Ensayo, en: Trial}}
procedencia: Muestra para ensayos.
entidad: {{nombre: Guanajuato, pcode: MX11}}
zona_horaria: America/Mexico_City
calendario: lfpa28
escala: {{peldanos: [responsable, coordinacion], cada: 1 h}}
agencias:
  SDH:   {{nombre: Secretaría de Derechos Humanos, papel: coordinacion, avisos: [correo]}}
  LINEA: {{nombre: Línea de llamadas, papel: estatal, avisos: [correo]}}
  COMAR: {{nombre: Comisión de ayuda, papel: federal, avisos: [correo]}}
niveles: [{{id: n1, desde: 1}}]
maquinas:
"""
# How a step begins: who answers for it and what it is called.
A, B = (f"{{etiqueta: {{es: Paso {name}, en: Step {name}}}, responsable: LINEA, fuente: {{D: x}}, " for name in "ab")


def publish(night: Night, machines: str, version: int = 1) -> None:
    night.do(c.PublishProtocol(text=HEAD.format(version=version) + machines), SYSTEM)


def running(night: Night, machines: str) -> str:
    publish(night, machines)
    night.do(c.RegisterOffice(office=OFFICE))
    return night.create(c.ActivateProtocol(station="linea", reason="Guardia", protocol="ensayo"))
