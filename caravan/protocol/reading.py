"""Reading a tree by its tables: every problem is noted with its place, and reading goes on."""

from __future__ import annotations

import re
from collections.abc import Iterable

from caravan.protocol.expressions import ExpressionError, Types, nearest, parse, states, type_of
from caravan.protocol.model import Duration, Problem
from caravan.protocol.schema import Shape, Table
from caravan.protocol.source import Mapping, Place, Sequence, Text, Tree
from caravan.protocol.vocabulary import FactType

_WHOLE = re.compile(r"\d{1,12}")
_STATE_NAME = re.compile(r"[a-z][a-z0-9_]*")
_EVENT_NAME = re.compile(r"\*|[a-z][a-z0-9_]*(\.[a-z0-9_]+)*(\.\*)?")
_SHAPES: dict[Shape, str] = {
    "text": "texto",
    "whole": "un número entero",
    "flag": "true o false",
    "map": "un mapa «clave: valor»",
    "list": "una lista «[…]»",
    "words": "una palabra o una lista de ellas",
    "any": "un valor",
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


class Reader:
    """Collects problems. Every method returns something usable, so that one mistake does not hide the next."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def refuse(self, place: Place, where: str, message: str) -> None:
        text = f"{where}: {message}" if where else message
        self.problems.append(Problem(line=place.line, column=place.column, message=text))

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
        """The values of a mapping whose keys are those of ``table``."""
        found: dict[str, Tree] = {}
        for key, value in self.mapping(tree, where):
            spec = table.get(key.value)
            if spec is None:
                hint = nearest(key.value, table)
                self.refuse(key.place, where, f"clave desconocida «{key.value}»{hint}")
            elif self._has_shape(value, spec.shape, f"{where}: «{key.value}»".removeprefix(": ")):
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
                good = isinstance(tree, Text) or self._all_text(tree)
            case "any":
                good = True
            case "text":
                good = isinstance(tree, Text) and tree.value != ""
            case "flag":
                good = isinstance(tree, Text) and tree.value in ("true", "false")
            case "whole":
                if isinstance(tree, Text) and _WHOLE.fullmatch(tree.value):
                    return self._no_leading_zero(tree, where)
                good = False
        if not good:
            self.refuse(tree.place, where, f"se esperaba {_SHAPES[shape]}")
        return good

    def _all_text(self, tree: Tree) -> bool:
        return isinstance(tree, Sequence) and all(isinstance(item, Text) for item in tree.items)

    def _no_leading_zero(self, text: Text, where: str) -> bool:
        if len(text.value) > 1 and text.value.startswith("0"):
            self.refuse(text.place, where, f"un número no empieza con cero: «{text.value}»")
            return False
        return True

    def one_of(self, text: Text, known: Iterable[str], what: str, where: str) -> bool:
        """Whether ``text`` is one of ``known``, which ``what`` names, as in «agencia desconocida»."""
        options = list(known)
        if text.value in options:
            return True
        self.refuse(text.place, where, f"{what} «{text.value}»{nearest(text.value, options)}")
        return False

    def labels(self, pairs: list[tuple[Text, Tree]], where: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for key, value in pairs:
            if not isinstance(value, Text) or not value.value:
                self.refuse(value.place, where, f"«{key.value}»: se esperaba {_SHAPES['text']}")
            elif self.one_of(key, ("es", "en", "fr", "ht"), "idioma desconocido", where):
                found[key.value] = value.value
        return found

    def duration(self, text: Text | None, where: str) -> Duration | None:
        if text is None:
            return None
        try:
            return Duration.parse(text.value)
        except ValueError:
            known = "se escribe como «30 min», «4 h», «1 d» o «30 dh»"
            self.refuse(text.place, where, f"duración «{text.value}» mal escrita; {known}")
            return None

    def state_name(self, text: Text, where: str) -> str:
        if not _STATE_NAME.fullmatch(text.value):
            self.refuse(text.place, where, f"el nombre «{text.value}» lleva minúsculas, números y «_»")
        return text.value

    def event_name(self, text: Text, where: str) -> str:
        if not _EVENT_NAME.fullmatch(text.value):
            self.refuse(text.place, where, f"el evento «{text.value}» lleva minúsculas, números, «_» y puntos")
        return text.value

    def value(self, text: Text, types: Types, where: str) -> tuple[str | int, list[Text]]:
        """A plain value: a whole number, text, or an ``=`` expression; and the states the expression asks about."""
        if text.value.startswith("="):
            inner = Text(text.value[1:], text.place, text.inset + 1)
            return text.value, self.expression(inner, types, where)[1]
        if text.inset == 0 and _WHOLE.fullmatch(text.value) and self._no_leading_zero(text, where):
            return int(text.value), []
        return text.value, []

    def expression(self, text: Text, types: Types, where: str) -> tuple[FactType | None, list[Text]]:
        """The type of an expression, and the states it asks about, each with its place."""
        place = text.place
        try:
            node = parse(text.value)
            asked = [
                Text(state.state, Place(place.line, place.column + text.inset + state.offset)) for state in states(node)
            ]
            return type_of(node, types), asked
        except ExpressionError as error:
            at = Place(place.line, place.column + text.inset + error.offset)
            self.refuse(at, where, error.message)
            return None, []
