"""The scenario of a drill: who did what, when, and which source says so. A file people write, read with all its problems."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec

from caravan.basics import Actor, Record
from caravan.commands import ALL, Command, Name, OfferPlan, OpenRealm, PassTime, PublishProtocol
from caravan.protocol.loading.source import Mapping, Place, Sequence, Text, Tree
from caravan.written import RecordReader, WrittenErrors, tree_of

ZONE = ZoneInfo("America/Mexico_City")
# What may be done in a line: all but what belongs to the realm and to the program itself.
COMMANDS: dict[str, type[Command]] = {
    kind.__name__: kind for kind in ALL if kind not in (OpenRealm, PublishProtocol, OfferPlan, PassTime)
}
# Fields of commands that name something an earlier line created: ``$alias`` and what hangs on it.
REFERRING = ("activation", "group", "into", "plan", "placement", "order")
REFERENCE = re.compile(
    r"\$(?P<alias>[a-z0-9][a-z0-9-]*)(\.(?P<part>plan|placement:(?P<shelter>[a-z0-9-]+)|order:(?P<kitchen>[a-z0-9-]+)))?"
)
_FORMS = "se escribe «$alias», «$alias.plan», «$alias.placement:albergue» o «$alias.order:comedor»"

Alias = Annotated[
    str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]*$", description="minúsculas sin acento, números y «-»")
]
# S names its source of the catalogue; L the law; K is general knowledge; D is ours.
Provenance = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^(S: [A-Z0-9][A-Z0-9-]+|[LKD]: \S)", max_length=500,
        description="«S: CLAVE, …», «L: …», «K: …» o «D: …», hasta 500 caracteres",
    ),
]  # fmt: skip


class Line(Record, frozen=True):
    """One thing somebody did. ``number`` is its line in the file, ``at`` a UTC instant; references in ``command`` are still
    those of the file."""

    number: int
    at: datetime
    by: Actor
    command: Command
    source: str
    alias: str | None = None


class Scenario(Record, frozen=True):
    """A drill from ``starts`` to ``ends`` (UTC), its lines in the order of the file."""

    name: str
    title: str
    starts: datetime
    ends: datetime
    lines: tuple[Line, ...]


class _Heading(Record, frozen=True):
    name: Name
    title: Name
    starts: datetime
    ends: datetime
    actors: dict[str, Actor]


class _Written(Record, frozen=True):
    at: datetime
    by: str
    do: str
    source: Provenance
    alias: Alias | None = msgspec.field(default=None, name="as")


def load(text: str) -> Scenario:
    """The scenario of a file. Hours are those of central Mexico. Raises ``WrittenErrors`` with all its problems."""
    reader = _ScenarioReader(ZONE)
    scenario = reader.scenario(tree_of(text))
    if scenario is None or reader.problems:
        raise WrittenErrors(reader.problems)
    return scenario


class _ScenarioReader(RecordReader):
    def __init__(self, zone: ZoneInfo) -> None:
        super().__init__(zone)
        # What unreadable lines would have created: whoever refers to it is not to blame.
        self.unread: set[str] = set()

    def scenario(self, tree: Tree) -> Scenario | None:
        rest, lines = self._apart(tree, "lines", "simulacro")
        heading = self.record(rest, _Heading, "simulacro")
        if not isinstance(lines, Sequence):
            self.refuse(tree.place, "simulacro", "falta «lines», la lista de lo que se hizo")
            return None
        actors = heading.actors if heading else None
        found = [line for item in lines.items if (line := self._line(item, actors)) is not None]
        self._check_references(found)
        if heading is None:
            return None
        self._check_hours(heading, found)
        return Scenario(
            name=heading.name, title=heading.title, starts=heading.starts, ends=heading.ends, lines=tuple(found)
        )

    def _line(self, tree: Tree, actors: dict[str, Actor] | None) -> Line | None:
        """``actors`` is ``None`` where the heading could not be read: then nobody is called unknown."""
        rest, fields = self._apart(tree, "with", "renglón")
        written = self.record(rest, _Written, "renglón")
        words = (
            {key.value: value for key, value in rest.pairs if isinstance(value, Text)}
            if isinstance(rest, Mapping)
            else {}
        )
        command = self._command(words.get("do"), fields or Mapping(tree.place))
        by = words.get("by")
        if by is not None and actors is not None:
            self.one_of(by, actors, "nadie se llama así en «actors»:", "renglón")
        if written is None or command is None or actors is None or written.by not in actors:
            self.unread |= {words["as"].value} if "as" in words else set()
            return None
        return Line(
            number=tree.place.line, at=written.at, by=actors[written.by], command=command, source=written.source,
            alias=written.alias,
        )  # fmt: skip

    def _command(self, do: Text | None, fields: Tree) -> Command | None:
        if do is None or not self.one_of(do, COMMANDS, "orden desconocida", "renglón"):
            return None
        return self.record(fields, COMMANDS[do.value], do.value)

    def _apart(self, tree: Tree, name: str, where: str) -> tuple[Tree, Tree | None]:
        """A mapping without one of its keys, and what that key holds."""
        if not isinstance(tree, Mapping):
            return tree, None
        taken = [(key, value) for key, value in tree.pairs if key.value == name]
        for key, _ in taken[1:]:
            self.refuse(key.place, where, f"clave repetida «{name}»")
        rest = [(key, value) for key, value in tree.pairs if key.value != name]
        return Mapping(tree.place, rest), taken[0][1] if taken else None

    def _check_hours(self, heading: _Heading, lines: list[Line]) -> None:
        if heading.ends <= heading.starts:
            self._tell(1, "el simulacro termina antes de empezar")
        for line in lines:
            if not heading.starts <= line.at <= heading.ends:
                self._tell(line.number, "la hora queda fuera del simulacro («starts» a «ends»)")

    def _check_references(self, lines: list[Line]) -> None:
        """Every ``$alias`` is created by a line that is played before."""
        known = set(self.unread)
        for line in sorted(lines, key=lambda line: line.at):
            for name, value in references(line.command):
                match = REFERENCE.fullmatch(value)
                if match is None:
                    self._tell(line.number, f"«{name}»: {_FORMS}, no «{value}»")
                elif match["alias"] not in known:
                    self._tell(line.number, f"«{name}»: ningún renglón anterior crea «${match['alias']}» con «as»")
            if line.alias is not None:
                if line.alias in known:
                    self._tell(line.number, f"«as»: «{line.alias}» ya nombra otra cosa")
                known.add(line.alias)

    def _tell(self, number: int, message: str) -> None:
        self.refuse(Place(number, 1), "renglón", message)


def references(command: Command) -> list[tuple[str, str]]:
    """The fields of a command that point at what an earlier line created, with what they say."""
    found = ((name, getattr(command, name, None)) for name in REFERRING)
    return [(name, value) for name, value in found if isinstance(value, str)]
