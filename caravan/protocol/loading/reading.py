"""Reading a tree by its tables: every problem is noted with its place, and reading goes on."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import date

from caravan.basics import Scalar
from caravan.protocol.expressions import nearest
from caravan.protocol.loading.schema import LANGUAGES, Shape, Table
from caravan.protocol.loading.source import MAX_PROBLEMS, Mapping, Place, Sequence, Text, Tree
from caravan.protocol.model import Duration, Problem
from caravan.protocol.vocabulary import FactType

_WHOLE = re.compile(r"[0-9]{1,12}")
_STATE_NAME = re.compile(r"[a-z][a-z0-9_]*")
_EVENT_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LONGEST_MESSAGE = 400
_COMPARISONS = 10_000
"""How many names a file's misspellings are compared with before they are told without the nearest one."""

_SHAPES: dict[Shape, str] = {
    "text": "texto",
    "whole": "un número entero",
    "flag": "true o false",
    "map": "un mapa «clave: valor»",
    "list": "una lista «[…]»",
    "words": "una palabra o una lista de ellas",
    "any": "un valor",
}
_CONSTANTS: dict[str, tuple[re.Pattern[str], Callable[[str], Scalar]]] = {
    "integer": (re.compile(r"-?(0|[1-9][0-9]{0,11})"), int),
    "number": (re.compile(r"-?(0|[1-9][0-9]{0,11})(\.[0-9]{1,6})?"), float),
    "boolean": (re.compile(r"true|false"), lambda text: text == "true"),
    "text": (re.compile(r".*", re.DOTALL), str),
}


class Fields:
    """The values of one mapping that passed its table, by key."""

    def __init__(self, place: Place, found: dict[str, Tree]) -> None:
        self.place = place
        self.found = found

    def __contains__(self, key: str) -> bool:
        return key in self.found

    def text(self, key: str) -> Text | None:
        tree = self.found.get(key)
        return tree if isinstance(tree, Text) else None

    def value(self, key: str) -> str:
        tree = self.text(key)
        return tree.value if tree else ""

    def whole(self, key: str) -> int:
        return int(self.value(key) or 0)

    def flag(self, key: str) -> bool:
        return self.value(key) == "true"

    def pairs(self, key: str) -> list[tuple[Text, Tree]]:
        tree = self.found.get(key)
        return tree.pairs if isinstance(tree, Mapping) else []

    def items(self, key: str) -> list[Tree]:
        tree = self.found.get(key)
        return tree.items if isinstance(tree, Sequence) else []

    def words(self, key: str) -> list[Text]:
        tree = self.found.get(key)
        if isinstance(tree, Text):
            return [tree]
        return [item for item in self.items(key) if isinstance(item, Text)]


class Notes:
    """The problems of one file, shared by all who read in it."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.comparisons = _COMPARISONS


class Reader:
    """Collects problems, at most ``MAX_PROBLEMS``. Every method returns something usable, so that one mistake does not
    hide the next."""

    def __init__(self, notes: Notes | None = None) -> None:
        self.notes = notes or Notes()

    @property
    def problems(self) -> list[Problem]:
        return self.notes.problems

    @property
    def full(self) -> bool:
        """Whether no further problem will be told."""
        return len(self.problems) >= MAX_PROBLEMS

    def refuse(self, place: Place, where: str, message: str) -> None:
        if not self.full:
            text = (f"{where}: {message}" if where else message).replace("\n", " ")[:_LONGEST_MESSAGE]
            self.problems.append(Problem(line=place.line, column=place.column, message=text, file=place.file))

    def hint(self, word: str, known: Collection[str]) -> str:
        """``; ¿quiso decir «x»?``, as long as the file has not been compared with too many names."""
        self.notes.comparisons -= len(known)
        return nearest(word, known) if self.notes.comparisons > 0 and not self.full else ""

    def mapping(self, tree: Tree, where: str) -> list[tuple[Text, Tree]]:
        """The pairs of a mapping, doubled keys refused."""
        if not isinstance(tree, Mapping):
            self.refuse(tree.place, where, f"se esperaba {_SHAPES['map']}")
            return []
        seen: dict[str, Text] = {}
        kept: list[tuple[Text, Tree]] = []
        for key, value in tree.pairs:
            if key.value in seen:
                first = seen[key.value].place.line
                self.refuse(key.place, where, f"clave repetida «{key.value}» (ya está en la línea {first})")
                continue
            seen[key.value] = key
            kept.append((key, value))
        return kept

    def fields(self, tree: Tree, table: Table, where: str) -> Fields:
        """The values of a mapping whose keys are those of ``table``; the maps among them without doubled keys."""
        found: dict[str, Tree] = {}
        for key, value in self.mapping(tree, where):
            spec = table.get(key.value)
            inside = f"{where}: «{key.value}»".removeprefix(": ")
            if spec is None:
                self.refuse(key.place, where, f"clave desconocida «{key.value}»{self.hint(key.value, table)}")
            elif self._has_shape(value, spec.shape, inside):
                if spec.shape == "map":
                    value = Mapping(value.place, self.mapping(value, inside))
                found[key.value] = value
        present = {key.value for key, _ in tree.pairs} if isinstance(tree, Mapping) else set(table)
        for name, spec in table.items():
            if spec.required and name not in present:
                self.refuse(tree.place, where, f"falta «{name}»")
        return Fields(tree.place, found)

    def _has_shape(self, tree: Tree, shape: Shape, where: str) -> bool:
        match shape:
            case "map":
                good = isinstance(tree, Mapping)
            case "list":
                good = isinstance(tree, Sequence)
            case "words":
                good = self._is_word(tree) or (isinstance(tree, Sequence) and all(map(self._is_word, tree.items)))
            case "any":
                good = True
            case "text":
                good = self._is_word(tree)
            case "flag":
                good = isinstance(tree, Text) and tree.value in ("true", "false")
            case "whole":
                if isinstance(tree, Text) and _WHOLE.fullmatch(tree.value):
                    return self.no_leading_zero(tree, where)
                good = False
        if not good:
            self.refuse(tree.place, where, f"se esperaba {_SHAPES[shape]}")
        return good

    def _is_word(self, tree: Tree) -> bool:
        return isinstance(tree, Text) and tree.value.strip() != ""

    def no_leading_zero(self, text: Text, where: str) -> bool:
        if len(text.value) > 1 and text.value.startswith("0"):
            self.refuse(text.place, where, f"un número no empieza con cero: «{text.value}»")
            return False
        return True

    def one_of(self, text: Text, known: Collection[str], what: str, where: str) -> bool:
        """Whether ``text`` is one of ``known``, which ``what`` names, as in «agencia desconocida»."""
        if text.value in known:
            return True
        self.refuse(text.place, where, f"{what} «{text.value}»{self.hint(text.value, known)}")
        return False

    def labels(self, pairs: list[tuple[Text, Tree]], where: str) -> dict[str, str]:
        """Words by language."""
        found: dict[str, str] = {}
        for key, value in pairs:
            if not isinstance(value, Text) or not value.value.strip():
                self.refuse(value.place, where, f"«{key.value}»: se esperaba {_SHAPES['text']}")
            elif self.one_of(key, LANGUAGES, "idioma desconocido", where):
                found[key.value] = value.value
        return found

    def duration(self, text: Text | None, where: str) -> Duration | None:
        if text is None:
            return None
        try:
            if text.value.isascii():
                return Duration.parse(text.value)
        except ValueError:
            pass
        known = "se escribe como «30 min», «4 h», «1 d» o «30 dh»"
        self.refuse(text.place, where, f"duración «{text.value}» mal escrita; {known}")
        return None

    def date(self, text: Text, where: str) -> date | None:
        try:
            if _DATE.fullmatch(text.value):
                return date.fromisoformat(text.value)
        except ValueError:
            pass
        self.refuse(text.place, where, f"fecha «{text.value}» mal escrita; se escribe 2026-12-01")
        return None

    def constant(self, text: Text, declared: FactType, where: str) -> Scalar:
        """A value written out, of a declared type; ``None`` after a problem."""
        if declared.kind == "choice":
            return text.value if self.one_of(text, declared.options, "no es una opción", where) else None
        if declared.kind == "date":
            day = self.date(text, where)
            return day.isoformat() if day else None
        if declared.kind in _CONSTANTS:
            pattern, made = _CONSTANTS[declared.kind]
            if pattern.fullmatch(text.value):
                return made(text.value)
        self.refuse(text.place, where, f"«{text.value}» no es un valor de este tipo")
        return None

    def state_name(self, text: Text, where: str) -> str:
        if not _STATE_NAME.fullmatch(text.value):
            self.refuse(text.place, where, f"el nombre «{text.value}» lleva minúsculas, números y «_»")
        return text.value

    def event_name(self, text: Text, where: str, *, pattern: bool = False) -> str:
        """The name of an event; with ``pattern`` also ``*`` and a prefix that ends in ``.*``."""
        plain = text.value.removesuffix(".*") if pattern else text.value
        if not _EVENT_NAME.fullmatch(plain) and not (pattern and plain == "*"):
            self.refuse(text.place, where, f"el evento «{text.value}» lleva minúsculas, números, «_» y puntos")
        return text.value
