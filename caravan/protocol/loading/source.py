"""YAML as it was written: every mapping, list and scalar with its place, nothing interpreted.

Made from the parser's event stream, so that depth is limited before anything recursive runs and duplicate keys stay
visible. Text stays text: ``on``, ``no``, ``si`` and ``12:30`` are what they look like.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import cast

import yaml

from caravan.protocol.model import Problem, ProtocolErrors

MAX_CHARACTERS = 200_000
MAX_DEPTH = 40
MAX_VALUES = 20_000
MAX_KEY = 120
MAX_TEXT = 4_000
MAX_PROBLEMS = 100
"""How many problems of a file are told before it is put right and read again."""

_REMEMBERED = 4
"""How many trees are kept: a pack is read once for itself and once for the file that extends it."""

# What no eye can read in a signed text: controls, other line ends than YAML's, marks that turn or hide letters.
_UNSEEN = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
)
_SAID = {
    "found character that cannot start any token": "un carácter que no puede empezar un valor; se sangra con espacios, no con tabulador",
    "found a tab character": "se sangra con espacios, no con tabulador",
    "mapping values are not allowed in this context": "«:» donde no va; revise la sangría o ponga el texto entre comillas",
    "did not find expected key": "se esperaba una clave; revise la sangría",
    "could not find expected ':'": "falta «:» después de la clave",
    "found unexpected end of stream": "falta cerrar unas comillas",
    "did not find expected ',' or ']'": "falta «,» o «]»",
    "did not find expected ',' or '}'": "falta «,» o «}»",
    "did not find expected node content": "falta un valor",
    "did not find expected '-' indicator": "se esperaba «- »; revise la sangría",
    "did not find expected <document start>": "sobra texto después del final",
    "block sequence entries are not allowed in this context": "«-» donde no va; revise la sangría",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands, from 1. ``file`` names the pack it was written in, empty for the file itself."""

    line: int
    column: int
    file: str = ""

    def right(self, columns: int) -> Place:
        """The place so many columns further on."""
        return Place(self.line, self.column + columns, self.file)


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar. ``inset`` is how far its first character stands from its place (1 inside quotes); a ``folded`` one goes over
    several lines, so that nothing inside it has a place of its own."""

    value: str
    place: Place
    inset: int = 0
    folded: bool = False

    def at(self, offset: int) -> Place:
        """The place of its character at ``offset``."""
        return self.place if self.folded else self.place.right(self.inset + offset)

    def rest(self, start: int) -> Text:
        """What is left of it from ``start`` on."""
        return Text(self.value[start:], self.place, self.inset + start, self.folded)


@dataclass(frozen=True, slots=True)
class Sequence:
    place: Place
    items: list[Tree] = field(default_factory=list["Tree"])


@dataclass(frozen=True, slots=True)
class Mapping:
    place: Place
    pairs: list[tuple[Text, Tree]] = field(default_factory=list["tuple[Text, Tree]"])


Tree = Text | Sequence | Mapping


@lru_cache(maxsize=_REMEMBERED)
def read_tree(text: str, file: str = "") -> Tree:
    """The one document of ``text``, which is nobody's to change; its places carry ``file``. Raises ``ProtocolErrors`` for what
    is not plain, bounded YAML."""
    text = text.removeprefix("\ufeff")
    if len(text) > MAX_CHARACTERS:
        raise _error(Place(1, 1, file), f"el archivo pasa de {MAX_CHARACTERS} caracteres")
    if unseen := _UNSEEN.search(text):
        raise _error(
            _place_of(text, unseen.start(), file), f"carácter invisible o no admitido (U+{ord(unseen[0]):04X})"
        )
    builder = _Builder(_place_of(text, len(text), file))
    try:
        parser = yaml.CSafeLoader(text)
        next_event = cast(Callable[[], yaml.Event], parser.get_event)
        while not isinstance(event := next_event(), yaml.StreamEndEvent):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        raise _error(_within(text, error.problem_mark or error.context_mark, file), _malformed(error)) from error
    except yaml.YAMLError as error:
        raise _error(Place(1, 1, file), "YAML mal formado") from error
    if builder.root is None:
        raise _error(Place(1, 1, file), "el archivo está vacío")
    if builder.problems:
        raise ProtocolErrors(builder.problems)
    return builder.root


def _malformed(error: yaml.MarkedYAMLError) -> str:
    said = _SAID.get(error.problem or "", "")
    begun = error.context_mark
    if begun is not None and error.problem_mark is not None and begun.line != error.problem_mark.line:
        said = f"{said or 'no se entiende'} (lo que empieza en la línea {begun.line + 1})"
    return f"YAML mal formado: {said}" if said else "YAML mal formado"


def _place_of(text: str, at: int, file: str) -> Place:
    """The place of the character at ``at``, lines ended as YAML ends them."""
    before = text[:at].replace("\r\n", "\n").replace("\r", "\n")
    return Place(before.count("\n") + 1, len(before) - before.rfind("\n"), file)


def _within(text: str, mark: yaml.Mark | None, file: str) -> Place:
    """A mark, or the end of the text where the parser puts it after the last line."""
    end = _place_of(text, len(text.rstrip("\r\n")), file)
    if mark is None:
        return Place(1, 1, file)
    return end if mark.line + 1 > end.line else Place(mark.line + 1, mark.column + 1, file)


def _error(place: Place, message: str) -> ProtocolErrors:
    return ProtocolErrors([Problem(line=place.line, column=place.column, message=message, file=place.file)])


_ENDS = (yaml.SequenceEndEvent, yaml.MappingEndEvent)


class _Builder:
    """Puts events together without recursion."""

    def __init__(self, end: Place) -> None:
        self.end = end
        self.root: Tree | None = None
        self.open: list[Sequence | Mapping] = []
        self.keys: list[Text | None] = []
        self.problems: list[Problem] = []
        self.values = 0

    def refuse(self, place: Place, message: str) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            said = message.replace("\n", " ")
            self.problems.append(Problem(line=place.line, column=place.column, message=said, file=place.file))

    def take(self, event: yaml.Event) -> None:
        kind = type(event)
        if kind in _ENDS:
            self.open.pop()
            self.keys.pop()
            return
        mark = event.start_mark
        place = Place(mark.line + 1, mark.column + 1, self.end.file)
        if place.line > self.end.line:  # what is left out at the end of a file without a last line break
            place = self.end
        if isinstance(event, yaml.ScalarEvent):
            self.count(event, place)
            folded = event.end_mark.line > mark.line
            inset = 1 if event.style in ("'", '"') else 0
            self.put(Text(self.bounded(event.value, place, MAX_TEXT), place, inset, folded))
        elif isinstance(event, yaml.CollectionStartEvent):
            self.count(event, place)
            self.begin(Sequence(place) if kind is yaml.SequenceStartEvent else Mapping(place))
        elif kind is yaml.AliasEvent:
            self.refuse(place, "no se admiten alias («*»): escriba el valor en su lugar")
            self.put(Text("", place))
        elif kind is yaml.DocumentStartEvent and self.root is not None:
            self.refuse(place, "el archivo lleva un solo documento; sobra «---»")

    def count(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, place: Place) -> None:
        self.values += 1
        if self.values > MAX_VALUES:
            raise _error(place, f"el archivo pasa de {MAX_VALUES} valores")
        if event.anchor is not None or event.tag not in (None, "!"):
            self.refuse(place, "no se admiten etiquetas («!») ni anclas («&») de YAML")

    def begin(self, tree: Sequence | Mapping) -> None:
        self.put(tree)
        self.open.append(tree)
        self.keys.append(None)
        if len(self.open) > MAX_DEPTH:
            raise _error(tree.place, f"más de {MAX_DEPTH} niveles anidados")

    def bounded(self, value: str, place: Place, most: int) -> str:
        if len(value) <= most:
            return value
        self.refuse(place, f"un texto pasa de {most} caracteres: «{value[:20]}…»")
        return value[:most]

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
        elif len(tree.value) > MAX_KEY:
            tree = Text(self.bounded(tree.value, tree.place, MAX_KEY), tree.place)
        self.keys[-1] = tree
