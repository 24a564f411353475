"""Records that people write by hand in YAML: the directory of a state, the scenario of a drill.

Every problem of a file is told at once, in Spanish, with its line. What a field may hold is said by the record itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence as Listing
from datetime import UTC, date, datetime
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, cast, get_args, get_origin
from zoneinfo import ZoneInfo

import msgspec

from caravan.basics import MUNICIPALITY
from caravan.protocol.expressions import nearest
from caravan.protocol.loading.reading import Reader
from caravan.protocol.loading.source import Mapping, Sequence, Text, Tree, read_tree
from caravan.protocol.model import Problem, ProtocolErrors
from caravan.shelters.model import ClockTime

_WHOLE = re.compile(r"-?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+")
_PLAIN: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_WORDS: dict[object, str] = {
    int: "un número entero",
    float: "un número",
    str: "texto",
    bool: "true o false",
    date: "una fecha, como 2023-05-18",
    datetime: "fecha y hora locales, como 2023-05-18T08:00",
}
# Patterns of others' fields, in words; a field of one's own says it in its ``description``.
_FORMS = {MUNICIPALITY: "«MX» y cinco cifras", get_args(ClockTime)[1].pattern: "una hora, como 17:00"}

S = TypeVar("S", bound=msgspec.Struct)


class WrittenErrors(Exception):
    """A file that cannot become records, with every problem found in it, in reading order."""

    def __init__(self, problems: Listing[Problem]) -> None:
        self.problems = sorted(problems, key=lambda problem: (problem.line, problem.column))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def tree_of(text: str) -> Tree:
    """The file as it was written. Raises ``WrittenErrors`` for what is not plain, bounded YAML."""
    try:
        return read_tree(text)
    except ProtocolErrors as errors:
        raise WrittenErrors(errors.problems) from errors


class RecordReader(Reader):
    """Makes records of trees. Hours without an offset are those of ``zone``; they come out as UTC instants."""

    def __init__(self, zone: ZoneInfo) -> None:
        super().__init__()
        self.zone = zone

    def record(self, tree: Tree, kind: type[S], where: str) -> S | None:
        """The record a mapping stands for, or ``None`` when something in it is wrong: then ``problems`` says what."""
        fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
        before = len(self.problems)
        values: dict[str, Any] = {}
        for key, value in self.mapping(tree, where):
            field = fields.get(key.value)
            if field is None:
                self.refuse(key.place, where, f"clave desconocida «{key.value}»{nearest(key.value, list(fields))}")
            else:
                values[field.name] = self.value_of(value, field.type, f"{where}: «{key.value}»")
        written = {key.value for key, _ in tree.pairs} if isinstance(tree, Mapping) else set(fields)
        for name, field in fields.items():
            if field.required and name not in written:
                self.refuse(tree.place, where, f"falta «{name}»")
        return kind(**values) if len(self.problems) == before else None

    def value_of(self, tree: Tree, wanted: Any, where: str) -> Any:
        """The value of type ``wanted``, or ``None`` after a problem."""
        if isinstance(tree, Text):
            return self._scalar(tree, wanted, where)
        inner = next((option for option in _options(wanted) if option is not type(None)), wanted)
        origin = get_origin(inner)
        if isinstance(tree, Mapping) and isinstance(inner, type) and issubclass(inner, msgspec.Struct):
            return self.record(tree, inner, where)
        if isinstance(tree, Mapping) and origin is dict:
            keys, values = get_args(inner)
            return {
                self._scalar(key, keys, where): self.value_of(value, values, f"{where}: «{key.value}»")
                for key, value in self.mapping(tree, where)
            }
        if isinstance(tree, Sequence) and origin is tuple:
            return tuple(self.value_of(item, get_args(inner)[0], where) for item in tree.items)
        self.refuse(tree.place, where, f"se esperaba {_expected(wanted)}")
        return None

    def _scalar(self, text: Text, wanted: Any, where: str) -> Any:
        value = _plain(text)
        try:
            if datetime in _options(wanted) and value is not None:
                return self._instant(text.value)
            return msgspec.convert(value, wanted)
        except (msgspec.ValidationError, ValueError):
            hint = next((nearest(text.value, [str(w) for w in words]) for words in _choices(wanted)), "")
            if str in _options(wanted) and not isinstance(value, str):
                hint = "; si es texto, va entre comillas"
            self.refuse(text.place, where, f"se esperaba {_expected(wanted)}, no «{text.value}»{hint}")
            return None

    def _instant(self, text: str) -> datetime:
        value = datetime.fromisoformat(text)
        return (value if value.tzinfo else value.replace(tzinfo=self.zone)).astimezone(UTC)


def _plain(text: Text) -> str | int | float | bool | None:
    """What a scalar means: only bare digits, ``true``, ``false`` and ``null`` are more than text."""
    if text.inset:
        return text.value
    if _WHOLE.fullmatch(text.value):
        return int(text.value)
    if _DECIMAL.fullmatch(text.value):
        return float(text.value)
    return _PLAIN.get(text.value, text.value)


def _bare(wanted: Any) -> Any:
    return get_args(wanted)[0] if get_origin(wanted) is Annotated else wanted


def _options(wanted: Any) -> list[Any]:
    """The types a value may have, without what is said about them."""
    bare = _bare(wanted)
    return [_bare(one) for one in get_args(bare)] if get_origin(bare) in (Union, UnionType) else [bare]


def _choices(wanted: Any) -> list[tuple[object, ...]]:
    return [get_args(option) for option in _options(wanted) if get_origin(option) is Literal]


def _expected(wanted: Any) -> str:
    """What a field may hold, in words. That it may be left out needs no saying."""
    said: list[str] = []
    for option in _options(wanted):
        if get_origin(option) is Literal:
            said.append("uno de " + ", ".join(f"«{word}»" for word in get_args(option)))
        elif get_origin(option) is tuple:
            said.append("una lista «[…]»")
        elif option is not type(None):
            said.append(_WORDS.get(option, "un mapa «clave: valor»"))
    return " o ".join(said) + _bounds(wanted)


def _bounds(wanted: Any) -> str:
    """The limits a type carries, as an official would say them."""
    bare = _bare(wanted)
    parts = [wanted, *(get_args(bare) if get_origin(bare) in (Union, UnionType) else ())]
    metas = [cast(msgspec.Meta, meta) for one in parts if get_origin(one) is Annotated for meta in get_args(one)[1:]]
    said: list[str] = []
    for meta in metas:
        if meta.ge is not None:
            said.append(f" de {meta.ge} a {meta.le}")
        if meta.pattern is not None:
            said.append(f": {meta.description or _FORMS.get(meta.pattern, meta.pattern)}")
        elif meta.max_length is not None:
            said.append(f" de {meta.min_length or 0} a {meta.max_length} caracteres")
    return "".join(said)
