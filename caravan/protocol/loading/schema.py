"""The keys of a protocol file and the arguments of its effects: one table each, read by the loader.

``shape`` is what a value looks like before its meaning is checked: ``text``, ``whole`` (a whole number), ``flag``
(``true`` or ``false``), ``map``, ``list``, ``words`` (one word or a list of them) or ``any``.
"""

from __future__ import annotations

from typing import Literal

from caravan.basics import Record
from caravan.protocol.vocabulary import Kind

Shape = Literal["text", "whole", "flag", "map", "list", "words", "any"]


class Key(Record, frozen=True):
    shape: Shape
    required: bool = False


Table = dict[str, Key]


def _table(required: dict[str, Shape], optional: dict[str, Shape]) -> Table:
    wanted = {name: Key(shape=shape, required=True) for name, shape in required.items()}
    return wanted | {name: Key(shape=shape) for name, shape in optional.items()}


PROTOCOL = _table(
    {
        "protocolo": "text",
        "version": "whole",
        "titulo": "map",
        "procedencia": "text",
        "entidad": "map",
        "zona_horaria": "text",
        "calendario": "text",
        "agencias": "map",
        "niveles": "list",
        "maquinas": "map",
    },
    {
        "deriva_de": "text",
        "vigente_desde": "text",
        "escala": "map",
        "datos": "map",
        "eventos": "map",
        "horarios": "map",
        "calendarios": "map",
    },
)
STATE_OF = _table({"nombre": "text", "pcode": "text"}, {})
AGENCY = _table({"nombre": "text", "papel": "text"}, {"avisos": "words"})
LEVEL = _table({"id": "text", "desde": "whole"}, {})
LADDER = _table({"peldanos": "words", "cada": "text"}, {})
FACT = _table({}, {"tipo": "text", "uno_de": "words", "por_omision": "text", "opcional": "flag", "borrable": "flag"})
SERVICE = _table({"dias": "words", "abre": "text", "cierra": "text"}, {"etiqueta": "map", "inhabiles": "text"})
CALENDAR = _table({}, {"fuente": "text", "semana": "words", "fijos": "words", "cada": "list", "cierres": "map"})
RECURRING = _table({"dia": "text", "desde": "whole", "anos": "whole"}, {})
MACHINE = _table({"instancia": "text", "estados": "map"}, {"inicial": "words", "etiqueta": "map"})
STATE = _table(
    {},
    {
        "etiqueta": "map",
        "responsable": "text",
        "visible": "words",
        "plazo": "any",
        "escala": "map",
        "fuente": "map",
        "inicial": "words",
        "estados": "map",
        "paralelo": "map",
        "final": "flag",
        "historia": "map",
        "cuando": "map",
        "siempre": "any",
        "tras": "map",
        "al_terminar": "any",
        "al_entrar": "list",
        "al_salir": "list",
        "al_reanudar": "list",
        "bloqueado": "flag",
    },
)
TRANSITION = _table(
    {},
    {
        "si": "text",
        "ir_a": "words",
        "hacer": "list",
        "requiere": "words",
        "envia": "words",
        "externa": "flag",
        "etiqueta": "map",
        "bloqueado": "flag",
    },
)
DEADLINE = _table({"dura": "text"}, {"desde": "text", "avisa_antes": "text"})

ROLES = ("coordinacion", "estatal", "municipal", "federal", "internacional", "civil", "derechos")
CHANNELS = ("correo", "whatsapp", "sms", "webhook")
INSTANCES = ("activacion", "grupo", "caso")
LANGUAGES = ("es", "en", "fr", "ht")
DAYS = ("lun", "mar", "mie", "jue", "vie", "sab", "dom")
CLOSED_DAYS = {"cerrado": True, "abierto": False}
MARKS = ("S", "L", "K", "D")
HISTORIES = {"superficial": False, "profunda": True}
KINDS: dict[str, Kind] = {
    "entero": "integer",
    "numero": "number",
    "booleano": "boolean",
    "texto": "text",
    "fecha": "date",
    "fecha_hora": "instant",
}

CASE_KINDS = ("entero", "numero", "booleano", "fecha", "fecha_hora")
"""What a case may keep besides ``uno_de``: never free text, which could name a person in the journal."""

Argument = Literal[
    "agencies", "agency", "text", "value", "count", "labels", "duration", "event", "instances", "machine", "pcode"
]


class EffectSchema(Record, frozen=True):
    """``required`` and ``optional`` arguments; ``others`` admits any further name with a plain value."""

    required: dict[str, Argument] = {}
    optional: dict[str, Argument] = {}
    others: bool = False


EFFECTS: dict[str, EffectSchema] = {
    "avisar": EffectSchema(required={"a": "agencies", "plantilla": "text"}, others=True),
    "tarea": EffectSchema(
        required={"titulo": "labels", "a": "agency"}, optional={"evidencia": "text", "plazo": "duration"}
    ),
    "pedir_albergue": EffectSchema(required={"personas": "count"}),
    "pedir_alimentos": EffectSchema(required={"personas": "count"}, optional={"horas_sin_comer": "count"}),
    "registrar": EffectSchema(required={"nota": "text"}, others=True),
    "anotar": EffectSchema(others=True),
    "emitir": EffectSchema(required={"evento": "event"}, optional={"tras": "duration"}),
    "cancelar": EffectSchema(required={"evento": "event"}),
    "enviar": EffectSchema(required={"a": "instances", "evento": "event"}, optional={"tras": "duration"}),
    "abrir_caso": EffectSchema(required={"maquina": "machine"}),
    "proponer_relevo": EffectSchema(required={"a": "pcode", "personas": "count"}),
    "purgar": EffectSchema(),
}
DESTINATIONS = ("activacion", "grupos", "casos")
