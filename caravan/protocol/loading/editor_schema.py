"""A JSON Schema (draft 7) of protocol files, for editors that help while one writes; made from the loader's own tables.

It knows keys, shapes and closed words. Names that one part of a file uses and another declares are the loader's business.
A file with ``deriva_de`` is written over a pack: only its head is required, and ``quitar`` may stand in every map.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from caravan.protocol.loading import schema
from caravan.protocol.loading.meanings import EFFECTS, meanings_of
from caravan.protocol.loading.schema import Argument, Shape, Table
from caravan.protocol.packs import OWN
from caravan.protocol.vocabulary import PROGRAM_FACTS

Json = dict[str, Any]

_TEXT: Json = {"type": ["string", "number", "boolean"], "minLength": 1}
_WORDS: Json = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}
_WHOLE: Json = {"type": "integer", "minimum": 0}
_NAME = "^[a-z][a-z0-9_]*$"
_EVENT = r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$"
_HEARD = r"^(\*|[a-z][a-z0-9_]*(\.[a-z0-9_]+)*(\.\*)?)( (\*|[a-z][a-z0-9_]*(\.[a-z0-9_]+)*(\.\*)?))*$"
_TERM = "(0|[1-9][0-9]{0,3}) ?(s|min|h|d|dh)"
_DURATION: Json = {"type": "string", "pattern": f"^{_TERM}$"}
_STATE_CODE = "MX[0-9]{2}"
_DATE: Json = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
_CLOCK: Json = {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}
_DAY: Json = {"type": "string", "pattern": "^[0-9]{2}-[0-9]{2}$"}
_SHAPES: dict[Shape, Json] = {
    "text": _TEXT,
    "whole": _WHOLE,
    "flag": {"type": "boolean"},
    "map": {"type": "object"},
    "list": {"type": "array"},
    "words": _WORDS,
    "any": {},
}
_ARGUMENTS: dict[Argument, Json] = {
    "agencies": _WORDS,
    "agency": _TEXT,
    "text": _TEXT,
    "value": _TEXT,
    "count": {"anyOf": [_WHOLE, {"type": "string", "pattern": "^="}]},
    "duration": _DURATION,
    "event": {"type": "string", "pattern": _EVENT},
    "instances": {"enum": list(schema.DESTINATIONS)},
    "machine": {"type": "string", "pattern": _NAME},
    "pcode": {"type": "string", "pattern": f"^({_STATE_CODE}|=.+)$"},
}


def editor_schema() -> Json:
    """The whole schema: that of a file by itself, and that of a file written over a pack."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Protocolo de caravan",
        "type": "object",
        "definitions": _Writer("entero", partial=False).definitions() | _Writer("parte", partial=True).definitions(),
        "if": {"required": ["deriva_de"]},
        "then": {"$ref": "#/definitions/parte.protocolo"},
        "else": {"$ref": "#/definitions/entero.protocolo"},
    }


class _Writer:
    """Writes one set of definitions; in a ``partial`` one nothing but the head is required."""

    def __init__(self, prefix: str, *, partial: bool) -> None:
        self.prefix = prefix
        self.partial = partial

    def definitions(self) -> Json:
        written = {
            "protocolo": self.protocol(),
            "estado": self.table(schema.STATE, self.state()),
            "transicion": self.table(schema.TRANSITION, self.transition()),
            "transiciones": _one_or_more(_TEXT, self.to("transicion")),
            "escala": self.table(schema.LADDER, {"cada": _DURATION}),
            "dato": {"anyOf": [{"enum": list(schema.KINDS)}, self.table(schema.FACT, {"tipo": _among(schema.KINDS)})]},
            "efectos": {"type": "array", "items": self.effect()},
            "etiqueta": self.only(dict.fromkeys(schema.LANGUAGES, _TEXT)),
        }
        return {f"{self.prefix}.{name}": definition for name, definition in written.items()}

    def to(self, name: str) -> Json:
        return {"$ref": f"#/definitions/{self.prefix}.{name}"}

    def only(self, properties: Json, required: Iterable[str] = ()) -> Json:
        """A map of exactly these keys."""
        found: Json = {"type": "object", "properties": properties, "additionalProperties": False}
        if self.partial:
            found["properties"] = properties | {"quitar": _WORDS}
        wanted = [] if self.partial else list(required)
        return found | ({"required": wanted} if wanted else {})

    def each(self, value: Json, pattern: str = "") -> Json:
        """A map of free keys, each with the same kind of value."""
        found: Json = {"type": "object", "additionalProperties": value}
        if pattern:
            found["propertyNames"] = {"pattern": pattern}
        if self.partial:
            found["properties"] = {"quitar": _WORDS}
        return found

    def table(self, table: Table, inside: Json) -> Json:
        """The map a table describes; ``inside`` says more than the shape of some of its keys."""
        told = meanings_of(table)
        properties = {name: _told(inside.get(name, _SHAPES[key.shape]), told[name]) for name, key in table.items()}
        return self.only(properties, [name for name, key in table.items() if key.required])

    def protocol(self) -> Json:
        entity = self.table(schema.STATE_OF, {"pcode": {"type": "string", "pattern": f"^{_STATE_CODE}$"}})
        agency = self.table(schema.AGENCY, {"papel": _among(schema.ROLES), "avisos": _some(schema.CHANNELS)})
        machine = {
            "instancia": _among(schema.INSTANCES),
            "estados": self.each(self.to("estado"), _NAME),
            "etiqueta": self.to("etiqueta"),
        }
        found = self.table(
            schema.PROTOCOL,
            {
                "protocolo": {"type": "string", "pattern": "^[a-z][a-z0-9_-]*$"},
                "titulo": self.to("etiqueta"),
                "deriva_de": {"type": "string", "pattern": "^[a-z][a-z0-9_-]*@[1-9][0-9]{0,5}$"},
                "vigente_desde": _DATE,
                "entidad": entity,
                "agencias": self.each(agency),
                "niveles": {"type": "array", "items": self.table(schema.LEVEL, {})},
                "escala": self.to("escala"),
                "datos": self.facts(),
                "eventos": self.each(self.each(self.to("dato"), _NAME), _EVENT),
                "horarios": self.each(self.service(), _NAME),
                "calendarios": self.each(self.calendar()),
                "maquinas": self.each(self.table(schema.MACHINE, machine), _NAME),
            },
        )
        if self.partial:
            found["required"] = [name for name, key in schema.PROTOCOL.items() if key.required and name in OWN]
        return found

    def facts(self) -> Json:
        owners = {
            owner: self.only({name: self.to("dato") for name in facts}) if facts else self.each(self.to("dato"), _NAME)
            for owner, facts in PROGRAM_FACTS.items()
        }
        return self.only(owners)

    def service(self) -> Json:
        inside = {
            "dias": _some(schema.DAYS),
            "abre": _CLOCK,
            "cierra": _CLOCK,
            "inhabiles": _among(schema.CLOSED_DAYS),
            "etiqueta": self.to("etiqueta"),
        }
        return self.table(schema.SERVICE, inside)

    def calendar(self) -> Json:
        inside = {
            "semana": _some(schema.DAYS),
            "fijos": {"anyOf": [_DAY, {"type": "array", "items": _DAY}]},
            "cada": {"type": "array", "items": self.table(schema.RECURRING, {"dia": _DAY})},
            "cierres": self.each(_TEXT, _DATE["pattern"] if not self.partial else ""),
        }
        return self.table(schema.CALENDAR, inside)

    def state(self) -> Json:
        deadline = self.table(schema.DEADLINE, {"dura": _DURATION, "avisa_antes": _DURATION})
        delay = (
            f"^({_TERM}|(abre|cierra) [a-z][a-z0-9_]*|quitar)$"
            if self.partial
            else f"^({_TERM}|(abre|cierra) [a-z][a-z0-9_]*)$"
        )
        transitions, effects = self.to("transiciones"), self.to("efectos")
        return {
            "etiqueta": self.to("etiqueta"),
            "plazo": {"anyOf": [_DURATION, deadline]},
            "escala": self.to("escala"),
            "fuente": self.only(dict.fromkeys(schema.MARKS, _TEXT)),
            "estados": self.each(self.to("estado"), _NAME),
            "paralelo": self.each(self.to("estado"), _NAME),
            "historia": self.each(_among(schema.HISTORIES), _NAME),
            "cuando": self.each(transitions, _HEARD),
            "siempre": transitions,
            "tras": self.each(transitions, delay),
            "al_terminar": transitions,
            "al_entrar": effects,
            "al_salir": effects,
            "al_reanudar": effects,
        }

    def transition(self) -> Json:
        return {"hacer": self.to("efectos"), "etiqueta": self.to("etiqueta")}

    def effect(self) -> Json:
        kinds: Json = {}
        for kind, spec in schema.EFFECTS.items():
            arguments = spec.required | spec.optional
            known = {name: self.argument(argument) for name, argument in arguments.items()}
            kinds[kind] = {
                "description": EFFECTS[kind],
                "type": "object",
                "properties": known,
                "additionalProperties": _TEXT if spec.others else False,
                "required": list(spec.required),
            }
        return {
            "type": "object",
            "properties": kinds,
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 1,
        }

    def argument(self, argument: Argument) -> Json:
        return self.to("etiqueta") if argument == "labels" else _ARGUMENTS[argument]


def _told(fragment: Json, meaning: str) -> Json:
    """A fragment with the words an editor shows; beside a ``$ref`` they would not be read."""
    return {"description": meaning} | ({"allOf": [fragment]} if "$ref" in fragment else fragment)


def _among(words: Iterable[str]) -> Json:
    return {"enum": list(words)}


def _some(words: Iterable[str]) -> Json:
    """One of the words, or a list of them."""
    one = _among(words)
    return {"anyOf": [one, {"type": "array", "items": one}]}


def _one_or_more(short: Json, long: Json) -> Json:
    """A short form, a long one, or a list of either."""
    return {"anyOf": [short, long, {"type": "array", "minItems": 1, "items": {"anyOf": [short, long]}}]}
