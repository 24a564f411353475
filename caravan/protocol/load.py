"""From the text of a protocol file to the model, with every problem at once, in Spanish, with line and column."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from caravan.protocol.loading.calendars import CalendarReader
from caravan.protocol.loading.effects import Declared, is_pcode
from caravan.protocol.loading.machines import MachineReader
from caravan.protocol.loading.reading import MAX_PROBLEMS, Fields, Reader
from caravan.protocol.loading.schema import AGENCY, CHANNELS, LEVEL, PROTOCOL, ROLES, STATE_OF
from caravan.protocol.loading.source import Mapping as Map
from caravan.protocol.loading.source import Text, Tree, read_tree
from caravan.protocol.loading.types import TypeReader
from caravan.protocol.locking.locks import weakened
from caravan.protocol.model import Agency, Level, Machine, Protocol, ProtocolErrors
from caravan.protocol.packs import extended
from caravan.protocol.soundness import faults

NO_PACKS: Mapping[str, str] = MappingProxyType({})
_REMEMBERED = 16
"""How many files, each with its packs, are kept as the protocols they became."""


def load(text: str, packs: Mapping[str, str] = NO_PACKS) -> Protocol:
    """The protocol a file defines, over the packs it derives from; ``packs`` holds their texts by ``id@version``.

    Raises ``ProtocolErrors`` with all problems, in reading order. The last few protocols are remembered: the same texts
    give the same object.
    """
    return _loaded(text, frozenset(packs.items()))


@lru_cache(maxsize=_REMEMBERED)
def _loaded(text: str, texts: frozenset[tuple[str, str]], file: str = "") -> Protocol:
    packs = dict(texts)
    tree = read_tree(text, file)
    whole, extends = extended(tree, packs)
    reader = _ProtocolReader()
    protocol = reader.protocol(whole, extends)
    if reader.problems:
        raise ProtocolErrors(reader.problems)
    if extends:
        pack = _loaded(packs[extends[0]], texts, extends[0])
        if problems := weakened(pack, protocol, tree):
            raise ProtocolErrors(problems[:MAX_PROBLEMS])
    return protocol


class _ProtocolReader(Reader):
    def protocol(self, tree: Tree, packs: tuple[str, ...]) -> Protocol:
        top = self.fields(tree, PROTOCOL, "")
        state = self.fields(top.found.get("entidad", Map(top.place)), STATE_OF, "entidad")
        self._check_head(top, state)
        agencies = {key.value: self._agency(key, value) for key, value in top.pairs("agencias")}
        types = TypeReader(self.notes)
        calendars = CalendarReader(self.notes)
        calendar = calendars.calendar(top)
        declared = Declared(
            agencies=agencies,
            facts=types.facts(top),
            events=types.events(top),
            services=calendars.services(top, calendar),
            machines={key.value: _instance_of(value) for key, value in top.pairs("maquinas")},
        )
        reader = MachineReader(self.notes, declared)
        found = Protocol(
            id=top.value("protocolo"),
            version=top.whole("version"),
            title=self.labels(top.pairs("titulo"), "titulo"),
            provenance=top.value("procedencia"),
            state_name=state.value("nombre"),
            pcode=state.value("pcode"),
            timezone=top.value("zona_horaria"),
            calendar=calendar,
            agencies=agencies,
            levels=self._levels(top),
            machines=self._machines(top, reader),
            events=declared.events,
            facts=declared.facts,
            ladder=reader.ladder(top.found["escala"], "escala") if "escala" in top else None,
            effective=self.date(day, "vigente_desde") if (day := top.text("vigente_desde")) else None,
            extends=packs,
            services=declared.services,
        )
        if not self.problems:
            self._check_machines(top, found)
        return found

    def _check_machines(self, top: Fields, protocol: Protocol) -> None:
        """What the engine would refuse to run, should anything of it pass the reading."""
        for key, _ in top.pairs("maquinas"):
            for fault in faults(protocol, protocol.machines[key.value]):
                self.refuse(key.place, "", fault)

    def _check_head(self, top: Fields, state: Fields) -> None:
        if name := top.text("protocolo"):
            self.state_name(Text(name.value.replace("-", "_"), name.place), "protocolo")
        if zone := top.text("zona_horaria"):
            self._check_zone(zone)
        code = state.text("pcode")
        if code and not is_pcode(code.value):
            self.refuse(code.place, "entidad", f"el pcode «{code.value}» es «MX» y dos cifras")

    def _check_zone(self, zone: Text) -> None:
        try:
            ZoneInfo(zone.value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.refuse(zone.place, "zona_horaria", f"zona horaria desconocida «{zone.value}»")

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

    def _machines(self, top: Fields, reader: MachineReader) -> dict[str, Machine]:
        found: dict[str, Machine] = {}
        for key, tree in top.pairs("maquinas"):
            self.state_name(key, "maquinas")
            found[key.value] = reader.machine(key, tree)
        if "maquinas" in top and not found:
            self.refuse(top.found["maquinas"].place, "maquinas", "no lleva ninguna máquina")
        return found


def _instance_of(tree: Tree) -> str:
    """The ``instancia`` of a machine that has not been read yet."""
    pairs = tree.pairs if isinstance(tree, Map) else []
    return next((value.value for key, value in pairs if key.value == "instancia" and isinstance(value, Text)), "")
