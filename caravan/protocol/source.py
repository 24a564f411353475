"""YAML as it was written: every mapping, list and scalar with its place, nothing interpreted.

Made from the parser's event stream, so that depth is limited before anything recursive runs and duplicate keys stay
visible. Text stays text: ``on``, ``no``, ``si`` and ``12:30`` are what they look like.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

import yaml

from caravan.protocol.model import Problem, ProtocolErrors

MAX_CHARACTERS = 400_000
MAX_DEPTH = 40


@dataclass(frozen=True, slots=True)
class Place:
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar. ``inset`` is how far its first character stands from its place (1 inside quotes)."""

    value: str
    place: Place
    inset: int = 0


@dataclass(frozen=True, slots=True)
class Sequence:
    place: Place
    items: list[Tree] = field(default_factory=list["Tree"])


@dataclass(frozen=True, slots=True)
class Mapping:
    place: Place
    pairs: list[tuple[Text, Tree]] = field(default_factory=list["tuple[Text, Tree]"])


Tree = Text | Sequence | Mapping


def read_tree(text: str) -> Tree:
    """The one document of ``text``. Raises ``ProtocolErrors`` for what is not plain, bounded YAML."""
    if len(text) > MAX_CHARACTERS:
        raise _error(Place(1, 1), f"el archivo pasa de {MAX_CHARACTERS} caracteres")
    builder = _Builder()
    try:
        parser = yaml.CSafeLoader(text)
        next_event = cast(Callable[[], yaml.Event], parser.get_event)
        while not isinstance(event := next_event(), yaml.StreamEndEvent):
            builder.take(event)
    except (yaml.YAMLError, UnicodeError) as error:
        raise _error(_mark(getattr(error, "problem_mark", None)), "YAML mal formado") from error
    if builder.root is None:
        raise _error(Place(1, 1), "el archivo está vacío")
    if builder.problems:
        raise ProtocolErrors(builder.problems)
    return builder.root


def _mark(mark: yaml.Mark | None) -> Place:
    return Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)


def _error(place: Place, message: str) -> ProtocolErrors:
    return ProtocolErrors([Problem(line=place.line, column=place.column, message=message)])


class _Builder:
    """Puts events together without recursion."""

    def __init__(self) -> None:
        self.root: Tree | None = None
        self.open: list[Sequence | Mapping] = []
        self.keys: list[Text | None] = []
        self.problems: list[Problem] = []

    def refuse(self, place: Place, message: str) -> None:
        self.problems.append(Problem(line=place.line, column=place.column, message=message))

    def take(self, event: yaml.Event) -> None:
        place = _mark(event.start_mark)
        if isinstance(event, yaml.DocumentStartEvent) and self.root is not None:
            self.refuse(place, "el archivo lleva un solo documento; sobra «---»")
        elif isinstance(event, yaml.AliasEvent):
            self.refuse(place, "no se admiten alias («*»): escriba el valor en su lugar")
            self.put(Text("", place))
        elif isinstance(event, yaml.NodeEvent):
            self.begin(event, place)
        elif isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            self.open.pop()
            self.keys.pop()

    def begin(self, event: yaml.NodeEvent, place: Place) -> None:
        if getattr(event, "tag", None) not in (None, "!") or event.anchor is not None:
            self.refuse(place, "no se admiten etiquetas («!») ni anclas («&») de YAML")
        if isinstance(event, yaml.ScalarEvent):
            self.put(Text(event.value, place, 1 if event.style in ("'", '"') else 0))
            return
        tree = Sequence(place) if isinstance(event, yaml.SequenceStartEvent) else Mapping(place)
        self.put(tree)
        self.open.append(tree)
        self.keys.append(None)
        if len(self.open) > MAX_DEPTH:
            raise _error(place, f"más de {MAX_DEPTH} niveles anidados")

    def put(self, tree: Tree) -> None:
        if not self.open:
            self.root = self.root or tree
            return
        inside = self.open[-1]
        if isinstance(inside, Sequence):
            inside.items.append(tree)
            return
        key = self.keys[-1]
        if key is not None:
            inside.pairs.append((key, tree))
            self.keys[-1] = None
            return
        if not isinstance(tree, Text):
            self.refuse(tree.place, "una clave es una palabra, no una lista ni un mapa")
            tree = Text("", tree.place)
        elif tree.value == "<<":
            self.refuse(tree.place, "no se admite «<<»: escriba las claves en su lugar")
        self.keys[-1] = tree
