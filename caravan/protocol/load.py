"""From the text of a protocol file to the model, with every problem at once, in Spanish, with line and column."""

from __future__ import annotations

import re
from datetime import date
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from caravan.basics import Scalar
from caravan.protocol.load_machine import MachineReader
from caravan.protocol.model import Agency, Ladder, Level, Machine, Protocol, ProtocolErrors
from caravan.protocol.reading import Fields, Reader
from caravan.protocol.schema import (
    AGENCY,
    CHANNELS,
    FACT,
    KINDS,
    LEVEL,
    PROTOCOL,
    ROLES,
    STATE_OF,
)
from caravan.protocol.source import Mapping, Text, Tree, read_tree
from caravan.protocol.vocabulary import PROGRAM_FACTS, FactType
from caravan.protocol.workdays import CALENDARS

_PCODE = re.compile(r"MX\d{2}")
Types = dict[str, dict[str, FactType]]


def load(text: str) -> Protocol:
    """The protocol a file defines. Raises ``ProtocolErrors`` with all problems, in reading order."""
    tree = read_tree(text)
    reader = _ProtocolReader()
    protocol = reader.protocol(tree)
    if reader.problems:
        raise ProtocolErrors(reader.problems)
    return protocol


class _ProtocolReader(Reader):
    def protocol(self, tree: Tree) -> Protocol:
        top = self.fields(tree, PROTOCOL, "")
        state = self.fields(top.found.get("entidad", Mapping(top.place)), STATE_OF, "entidad")
        self._check_head(top, state)
        agencies = {key.value: self._agency(key, value) for key, value in self.mapping_of(top, "agencias")}
        facts = self._facts(top)
        events = self._events(top)
        machines = MachineReader(self.problems, agencies, facts, events)
        return Protocol(
            id=top.value("protocolo"),
            version=top.whole("version"),
            title=self.labels(top.pairs("titulo"), "titulo"),
            provenance=top.value("procedencia"),
            state_name=state.value("nombre"),
            pcode=state.value("pcode"),
            timezone=top.value("zona_horaria"),
            calendar=top.value("calendario"),
            agencies=agencies,
            levels=self._levels(top),
            machines=self._machines(top, machines),
            events=events,
            facts=facts,
            ladder=self._ladder(top, machines),
            effective=self._date(top.text("vigente_desde")),
        )

    def mapping_of(self, fields: Fields, key: str) -> list[tuple[Text, Tree]]:
        tree = fields.found.get(key)
        return self.mapping(tree, key) if tree is not None else []

    def _check_head(self, top: Fields, state: Fields) -> None:
        if name := top.text("protocolo"):
            self.state_name(Text(name.value.replace("-", "_"), name.place), "protocolo")
        if calendar := top.text("calendario"):
            self.one_of(calendar, CALENDARS, "calendario desconocido", "calendario")
        if zone := top.text("zona_horaria"):
            self._check_zone(zone)
        code = state.text("pcode")
        if code and not _PCODE.fullmatch(code.value):
            self.refuse(code.place, "entidad", f"el pcode «{code.value}» es «MX» y dos cifras")

    def _check_zone(self, zone: Text) -> None:
        try:
            ZoneInfo(zone.value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.refuse(zone.place, "zona_horaria", f"zona horaria desconocida «{zone.value}»")

    def _date(self, text: Text | None) -> date | None:
        if text is None:
            return None
        try:
            return date.fromisoformat(text.value)
        except ValueError:
            self.refuse(text.place, "", f"fecha «{text.value}» mal escrita; se escribe 2026-12-01")
            return None

    def _agency(self, key: Text, tree: Tree) -> Agency:
        where = f"agencia «{key.value}»"
        fields = self.fields(tree, AGENCY, where)
        if role := fields.text("papel"):
            self.one_of(role, ROLES, "papel desconocido", where)
        channels = fields.words("avisos")
        for channel in channels:
            self.one_of(channel, CHANNELS, "medio de aviso desconocido", where)
        told = tuple(channel.value for channel in channels)
        return Agency(id=key.value, name=fields.value("nombre"), kind=fields.value("papel"), channels=told)

    def _levels(self, top: Fields) -> tuple[Level, ...]:
        found: list[Level] = []
        for item in top.items("niveles"):
            fields = self.fields(item, LEVEL, "niveles")
            level = Level(id=fields.value("id"), minimum=fields.whole("desde"))
            if found and level.minimum <= found[-1].minimum and "desde" in fields:
                self.refuse(item.place, "niveles", f"«{level.id}» empieza antes que el nivel anterior")
            found.append(level)
        return tuple(found)

    def _facts(self, top: Fields) -> Types:
        found: Types = {}
        for owner, tree in self.mapping_of(top, "datos"):
            if not self.one_of(owner, PROGRAM_FACTS, "no hay datos de", "datos"):
                continue
            supplied = PROGRAM_FACTS[owner.value]
            found[owner.value] = {}
            for name, spec in self.mapping(tree, f"datos: «{owner.value}»"):
                where = f"dato «{owner.value}.{name.value}»"
                declared = self._fact_type(spec, where)
                if self.one_of(name, supplied, "el programa no conoce el dato", where):
                    if declared.kind != supplied[name.value]:
                        kinds = {kind: word for word, kind in KINDS.items()} | {"choice": "uno_de"}
                        self.refuse(spec.place, where, f"su tipo es «{kinds[supplied[name.value]]}»")
                    found[owner.value][name.value] = declared
        return found

    def _events(self, top: Fields) -> Types:
        found: Types = {}
        for event, tree in self.mapping_of(top, "eventos"):
            where = f"evento «{event.value}»"
            self.event_name(event, where)
            payload = self.mapping(tree, where)
            found[event.value] = {self.state_name(name, where): self._fact_type(spec, where) for name, spec in payload}
        return found

    def _fact_type(self, tree: Tree, where: str) -> FactType:
        if isinstance(tree, Text):
            self.one_of(tree, KINDS, "tipo desconocido", where)
            return FactType(kind=KINDS.get(tree.value, "text"))
        fields = self.fields(tree, FACT, where)
        options = tuple(option.value for option in fields.words("uno_de"))
        kind = fields.text("tipo")
        if bool(options) == (kind is not None):
            self.refuse(tree.place, where, "lleva «tipo» o «uno_de», uno de los dos")
        if kind:
            self.one_of(kind, KINDS, "tipo desconocido", where)
        declared = FactType(kind="choice" if options else KINDS.get(fields.value("tipo"), "text"), options=options)
        default = self._default(fields.text("por_omision"), declared, where)
        return FactType(kind=declared.kind, options=options, default=default, optional=fields.flag("opcional"))

    def _default(self, text: Text | None, declared: FactType, where: str) -> Scalar:
        if text is None:
            return None
        try:
            match declared.kind:
                case "integer":
                    return int(text.value)
                case "number":
                    return float(text.value)
                case "boolean":
                    return {"true": True, "false": False}[text.value]
                case "choice":
                    self.one_of(text, declared.options, "no es una opción", where)
                    return text.value
                case "text":
                    return text.value
                case _:
                    raise ValueError(declared.kind)
        except (ValueError, KeyError):
            self.refuse(text.place, where, f"«{text.value}» no puede ser el valor por omisión de este tipo")
            return None

    def _ladder(self, top: Fields, machines: MachineReader) -> Ladder | None:
        tree = top.found.get("escala")
        return machines.ladder(tree, "escala") if tree is not None else None

    def _machines(self, top: Fields, reader: MachineReader) -> dict[str, Machine]:
        found: dict[str, Machine] = {}
        for key, tree in self.mapping_of(top, "maquinas"):
            self.state_name(key, "maquinas")
            found[key.value] = reader.machine(key, tree)
        return found
