"""A state's placement policy as its officials write it: one YAML file beside the protocol, read with every problem at once.

The law is not in it: that children who are alone sleep only where DIF is, that families are never cut, that nobody is promised a
place that is not there. There is no key for them, and an unknown key is an error.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from typing import Literal, cast

from caravan.basics import Record
from caravan.protocol.loading.reading import Fields, Reader
from caravan.protocol.loading.schema import MARKS, Key, Shape, Table
from caravan.protocol.loading.source import Mapping, Place, Text, Tree, read_tree
from caravan.protocol.model import ProtocolErrors
from caravan.shelters.model import Admission, ClockTime
from caravan.shelters.policy import AdmissionRule, Level, Policy

LEVEL_NAMES: dict[str, Level] = {
    "prioritarias_sin_lugar": "U1", "sin_lugar": "U2", "fuera_del_municipio": "FAR", "lugares_escasos": "PRICE",
    "separaciones": "SPL", "cambios": "CHG", "incomodidad": "SOFT", "distancia": "DIST", "equilibrio": "BAL",
}  # fmt: skip
_FIRST = ("prioritarias_sin_lugar", "sin_lugar")
"""Everything else is least when nobody has a place at all: these come first, or the best plan would be none."""
ADMITTED: dict[str, Admission] = {"familias": "fam", "mujeres": "wom", "hombres": "men", "nna_no_acompanados": "uam"}
_HM_PER_KM = 10
_MINUTES = {"min": 1, "h": 60, "d": 1440}
_LONGEST_PROCEDURE = 400
_MOST_NIGHTS = 30


class PublishedPolicy(Record, frozen=True):
    """A published version: the whole text, why, when and by whom it was published."""

    policy: Policy
    text: str
    sha256: str
    reason: str
    published_at: datetime
    agency: str = ""
    user: str = ""


def _part(required: dict[str, Shape], optional: dict[str, Shape] | None = None) -> Table:
    """The keys of one part; each part says where its figures come from."""
    wanted = {name: Key(shape=shape, required=True) for name, shape in required.items()}
    others = {name: Key(shape=shape) for name, shape in (optional or {}).items()}
    return wanted | {"fuente": Key(shape="map", required=True)} | others


_HEAD: Table = {
    "colocacion": Key(shape="text", required=True),
    "version": Key(shape="whole", required=True),
    "titulo": Key(shape="text", required=True),
    "orden": Key(shape="map", required=True),
    "lejos": Key(shape="map", required=True),
    "oferta": Key(shape="map", required=True),
    "reserva": Key(shape="map", required=True),
    "sobrecupo": Key(shape="map", required=True),
    "cifras": Key(shape="map", required=True),
    "noches": Key(shape="map", required=True),
    "tramite": Key(shape="map", required=True),
    "historia": Key(shape="map", required=True),
    "comida": Key(shape="map", required=True),
    "ingreso": Key(shape="list"),
}
_PARTS: dict[str, Table] = {
    "orden": _part({"niveles": "words"}),
    "lejos": _part({"cuenta": "text"}, {"desde_km": "whole"}),
    "oferta": _part({"vence": "text"}),
    "reserva": _part({"porcentaje": "whole"}, {"se_libera": "text"}),
    "sobrecupo": _part({"desde_nivel": "text"}),
    "cifras": _part({"viejas_desde": "text", "descuento": "whole"}, {"sin_dato_desde": "text"}),
    "noches": _part({"adelante": "whole"}),
    "tramite": _part({"dura": "text"}),
    "historia": _part({"noches": "whole"}),
    "comida": _part({"alcance_km": "whole"}),
}
_RULE = _part({"albergue": "text"}, {"admite": "any", "recibe": "map", "horas": "map", "dias": "map"})
_SPAN: Table = {"de": Key(shape="text", required=True), "a": Key(shape="text", required=True)}


def is_policy(text: str) -> bool:
    """Whether a file is a placement policy and no protocol: its first key says so. Raises ``ProtocolErrors`` for what is not
    plain, bounded YAML."""
    tree = read_tree(text)
    return isinstance(tree, Mapping) and bool(tree.pairs) and tree.pairs[0][0].value == "colocacion"


@lru_cache(maxsize=16)
def load_policy(text: str) -> Policy:
    """The policy a file defines. Raises ``ProtocolErrors`` with all its problems, in reading order."""
    tree = read_tree(text)
    reader = _PolicyReader()
    policy = reader.policy(tree)
    if reader.problems:
        raise ProtocolErrors(reader.problems)
    return policy


class _PolicyReader(Reader):
    def policy(self, tree: Tree) -> Policy:
        top = self.fields(tree, _HEAD, "")
        if name := top.text("colocacion"):
            self.state_name(Text(name.value.replace("-", "_"), name.place), "colocacion")
        parts = {name: self._fields_of(top, name) for name in _PARTS}
        release = parts["reserva"].text("se_libera")
        fresh = self._minutes(parts["cifras"], "viejas_desde", "cifras", 24 * 30)
        known = self._minutes(parts["cifras"], "sin_dato_desde", "cifras", 24 * 90)
        if known is not None and fresh is not None and known < fresh:
            self._refuse(parts["cifras"], "sin_dato_desde", "cifras", "una cifra es vieja antes de no valer nada")
        far_km = self._within(parts["lejos"], "desde_km", "lejos", 1, 1000) if "desde_km" in parts["lejos"] else None
        return Policy(
            id=top.value("colocacion"),
            version=self._version(top),
            title=top.value("titulo"),
            levels=self._levels(parts["orden"]),
            far=self._far(parts["lejos"]),
            far_hm=None if far_km is None else far_km * _HM_PER_KM,
            hold_minutes=self._minutes(parts["oferta"], "vence", "oferta", 24) or 0,
            reserve_percent=self._within(parts["reserva"], "porcentaje", "reserva", 0, 100),
            release_at=None if release is None else self._clock(release, "reserva: «se_libera»"),
            surge_from=self._surge(parts["sobrecupo"]),
            stale_after_hours=(fresh or 0) // 60,
            stale_percent=self._within(parts["cifras"], "descuento", "cifras", 0, 100),
            unknown_after_hours=None if known is None else known // 60,
            nights=self._within(parts["noches"], "adelante", "noches", 1, _MOST_NIGHTS),
            procedure_days=self._procedure(parts["tramite"]),
            history_nights=self._within(parts["historia"], "noches", "historia", 1, 365),
            admissions=tuple(self._rule(item, n) for n, item in enumerate(top.items("ingreso"), 1)),
            meals_reach_hm=self._within(parts["comida"], "alcance_km", "comida", 0, 500) * _HM_PER_KM,
            sources={name: self._source(fields, name) for name, fields in parts.items()},
        )

    def _version(self, top: Fields) -> int:
        """A policy is published after none, whose number is 0."""
        version = top.whole("version")
        if "version" in top and version < 1:
            self.refuse(top.found["version"].place, "«version»", "la primera versión es la 1")
        return version

    def _fields_of(self, top: Fields, name: str) -> Fields:
        tree = top.found.get(name)
        return Fields(top.place, {}) if tree is None else self.fields(tree, _PARTS[name], name)

    def _refuse(self, fields: Fields, key: str, where: str, message: str) -> None:
        tree = fields.found.get(key)
        self.refuse(fields.place if tree is None else tree.place, f"{where}: «{key}»", message)

    def _within(self, fields: Fields, key: str, where: str, least: int, most: int) -> int:
        value = fields.whole(key)
        if key in fields and not least <= value <= most:
            self._refuse(fields, key, where, f"se esperaba un número de {least} a {most}")
        return value

    def _minutes(self, fields: Fields, key: str, where: str, most_hours: int) -> int | None:
        """A length of time in minutes, whole hours where it is a figure's age; ``None`` where it is not said or is wrong."""
        text = fields.text(key)
        duration = self.duration(text, f"{where}: «{key}»")
        if text is None or duration is None:
            return None
        if duration.unit not in _MINUTES:
            self._refuse(fields, key, where, "se dice en «min», «h» o «d»")
            return None
        minutes = duration.amount * _MINUTES[duration.unit]
        if not 0 < minutes <= most_hours * 60:
            self._refuse(fields, key, where, f"se esperaba más de cero y a lo más {most_hours} h")
        elif where == "cifras" and minutes % 60:
            self._refuse(fields, key, where, "se dice en horas enteras")
        return minutes

    def _clock(self, text: Text, where: str) -> ClockTime:
        hour, colon, minute = text.value.partition(":")
        good = colon and len(hour) == len(minute) == 2 and f"{hour}{minute}".isdecimal() and text.value.isascii()
        if not good or hour > "23" or minute > "59":
            self.refuse(text.place, where, f"hora «{text.value}» mal escrita; se escribe 17:00")
        return text.value

    def _levels(self, fields: Fields) -> tuple[Level, ...]:
        words = fields.words("niveles")
        seen: set[str] = set()
        for word in words:
            if self.one_of(word, LEVEL_NAMES, "nivel desconocido", "orden") and word.value in seen:
                self.refuse(word.place, "orden", f"«{word.value}» está dos veces")
            seen.add(word.value)
        if "niveles" in fields and tuple(word.value for word in words[:2]) != _FIRST:
            self._refuse(
                fields, "niveles", "orden",
                "empieza con «prioritarias_sin_lugar» y «sin_lugar»: todo lo demás sería mejor si nadie tuviera lugar",
            )  # fmt: skip
        return tuple(LEVEL_NAMES[word.value] for word in words if word.value in LEVEL_NAMES)

    def _far(self, fields: Fields) -> Literal["municipality", "distance"]:
        text = fields.text("cuenta")
        known: dict[str, Literal["municipality", "distance"]] = {
            "otro_municipio": "municipality",
            "distancia": "distance",
        }
        if text is None or not self.one_of(
            text, known, "lejos se cuenta por «otro_municipio» o «distancia», no", "lejos"
        ):
            return "municipality"
        if text.value == "distancia" and "desde_km" not in fields:
            self.refuse(text.place, "lejos", "falta «desde_km»: desde cuántos kilómetros es lejos")
        return known[text.value]

    def _surge(self, fields: Fields) -> str | None:
        value = fields.value("desde_nivel")
        return None if value in ("", "nunca") else value

    def _procedure(self, fields: Fields) -> int:
        text = fields.text("dura")
        duration = self.duration(text, "tramite: «dura»")
        if duration is None:
            return 0
        if duration.unit != "dh" or not 0 < duration.amount <= _LONGEST_PROCEDURE:
            self._refuse(fields, "dura", "tramite", f"se dice en días hábiles, de 1 dh a {_LONGEST_PROCEDURE} dh")
        return duration.amount

    def _source(self, fields: Fields, where: str) -> dict[str, str]:
        found: dict[str, str] = {}
        if "fuente" in fields and not fields.pairs("fuente"):
            self._refuse(fields, "fuente", where, "diga de dónde sale: S, L, K o D")
        for key, value in fields.pairs("fuente"):
            if not isinstance(value, Text) or not value.value.strip():
                self.refuse(value.place, f"{where}: «fuente»", "se esperaba texto")
            elif self.one_of(key, MARKS, "marca desconocida", f"{where}: «fuente»"):
                found[key.value] = value.value
        return found

    def _rule(self, tree: Tree, number: int) -> AdmissionRule:
        where = f"ingreso {number}"
        fields = self.fields(tree, _RULE, where)
        hours, intake, days = (self._span(fields, key, where) for key in ("horas", "recibe", "dias"))
        if isinstance(tree, Mapping) and "admite" not in fields and "recibe" not in fields:
            self.refuse(tree.place, where, "diga a quién «admite» la casa o a qué horas «recibe»")
        marks = self._source(fields, where)
        return AdmissionRule(
            shelter=fields.value("albergue"),
            admits=self._admitted(fields, where),
            hours=self._clocks(hours, f"{where}: «horas»"),
            days=self._dates(days, f"{where}: «dias»"),
            intake=self._clocks(intake, f"{where}: «recibe»"),
            source="; ".join(f"{mark}: {text}" for mark, text in marks.items()),
        )

    def _admitted(self, fields: Fields, where: str) -> tuple[Admission, ...] | None:
        tree = fields.found.get("admite")
        if tree is None:
            return None
        if isinstance(tree, Text) and tree.value == "nadie":
            return ()
        words = fields.words("admite")
        if not words:
            self.refuse(tree.place, where, "«admite» es «nadie» o una lista de quiénes")
        told = "admite a quien no se conoce"
        known = [word.value for word in words if self.one_of(word, (*ADMITTED, "nadie"), told, where)]
        if "nadie" in known:
            self.refuse(tree.place, where, "«nadie» va solo")
        return tuple(ADMITTED[word] for word in dict.fromkeys(known) if word in ADMITTED)

    def _span(self, fields: Fields, key: str, where: str) -> tuple[Text, Text] | None:
        tree = fields.found.get(key)
        if tree is None:
            return None
        ends = self.fields(tree, _SPAN, f"{where}: «{key}»")
        start, end = ends.text("de"), ends.text("a")
        return None if start is None or end is None else (start, end)

    def _clocks(self, span: tuple[Text, Text] | None, where: str) -> tuple[ClockTime, ClockTime] | None:
        if span is None:
            return None
        start, end = (self._clock(text, where) for text in span)
        if start == end:
            self.refuse(span[1].place, where, "empieza y termina a la misma hora")
        return start, end

    def _dates(self, span: tuple[Text, Text] | None, where: str) -> tuple[date, date] | None:
        if span is None:
            return None
        first, last = (self.date(text, where) for text in span)
        if first is None or last is None:
            return None
        if last < first:
            self.refuse(span[1].place, where, "termina antes de empezar")
        return first, last


def places_named(text: str) -> list[tuple[Place, str]]:
    """The houses that the rules of a sound file name, with where each stands."""
    tree = cast(Mapping, read_tree(text))
    rules = next((value for key, value in tree.pairs if key.value == "ingreso"), None)
    items = [] if rules is None or isinstance(rules, Text) else getattr(rules, "items", [])
    return [
        (value.place, value.value)
        for rule in items if isinstance(rule, Mapping)
        for key, value in rule.pairs if key.value == "albergue" and isinstance(value, Text)
    ]  # fmt: skip
