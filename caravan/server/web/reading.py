"""From a request's body to a command, hearing of all its mistakes at once. msgspec stops at the first; a form must not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin
from zoneinfo import ZoneInfo

import msgspec

from caravan.basics import Record, Scalar

_T = TypeVar("_T", bound=msgspec.Struct)


class Mistake(Record, frozen=True):
    """One thing wrong in a body: where, what (a code of ``MISTAKES``), and the numbers of its sentence."""

    field: str
    code: str
    details: dict[str, Scalar] = {}


class Malformed(Exception):
    """A body that is not the command it should be, with every mistake in it."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__(mistakes)
        self.mistakes = mistakes


def read_json(kind: type[_T], body: bytes, path: Mapping[str, str]) -> _T:
    """A command from JSON, with the ids of its path merged in. Raises ``Malformed``."""
    try:
        content: Any = msgspec.json.decode(body) if body.strip() else {}
    except (msgspec.DecodeError, RecursionError) as error:
        raise Malformed([Mistake(field="", code="not_json")]) from error
    if not isinstance(content, dict):
        raise Malformed([Mistake(field="", code="not_object")])
    return convert(kind, {**content, **path}, strict=True)


def convert(kind: type[_T], content: Mapping[str, Any], *, strict: bool) -> _T:
    """A struct from plain values, field by field. ``strict=False`` takes numbers and truths from a form's text."""
    mistakes: list[Mistake] = []
    values: dict[str, Any] = {}
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    for name in content:
        if name not in fields:
            mistakes.append(Mistake(field=name, code="unknown_field", details={"known": ", ".join(sorted(fields))}))
    for name, field in fields.items():
        if name not in content:
            if field.required:
                mistakes.append(Mistake(field=name, code="missing"))
            continue
        try:
            values[name] = msgspec.convert(content[name], field.type, strict=strict)
        except msgspec.ValidationError as error:
            mistakes += _within(name, content[name], field.type, strict) or [_mistake(name, str(error))]
        else:
            mistakes += _mistimed(name, values[name]) + _unread(name, content[name], values[name])
    if mistakes:
        raise Malformed(mistakes)
    try:
        return kind(**values)
    except (TypeError, ValueError) as error:
        raise Malformed([Mistake(field="", code="not_valid")]) from error


def _within(name: str, given: Any, kind: Any, strict: bool) -> list[Mistake]:
    """The mistakes of a set, a list or a record, member by member, so that each wrong box is named and not only the first."""
    arms = [arm for arm in get_args(kind) if arm is not NoneType] if get_origin(kind) in (Union, UnionType) else [kind]
    if len(arms) != 1:
        return []
    (kind,) = arms
    if isinstance(given, list) and get_origin(kind) in (tuple, list):
        return [
            m
            for n, one in enumerate(cast("list[Any]", given))
            for m in _member(f"{name}.{n}", one, get_args(kind)[0], strict)
        ]
    if not isinstance(given, dict):
        return []
    members = {str(key): one for key, one in cast("dict[object, Any]", given).items()}
    if get_origin(kind) is dict:
        key_kind, value_kind = get_args(kind)
        strange = [
            Mistake(field=f"{name}.{key}", code="unknown_field")
            for key in members
            if _member(name, key, key_kind, True)
        ]
        return strange + [m for key, one in members.items() for m in _member(f"{name}.{key}", one, value_kind, strict)]
    if not (isinstance(kind, type) and issubclass(kind, msgspec.Struct)):
        return []
    fields = msgspec.structs.fields(kind)
    absent = [Mistake(field=f"{name}.{f.name}", code="missing") for f in fields if f.required and f.name not in members]
    inner = (f for f in fields if f.name in members)
    return absent + [m for f in inner for m in _member(f"{name}.{f.name}", members[f.name], f.type, strict)]


def _member(name: str, given: Any, kind: Any, strict: bool) -> list[Mistake]:
    try:
        msgspec.convert(given, kind, strict=strict)
    except msgspec.ValidationError as error:
        return _within(name, given, kind, strict) or [_mistake(name, str(error))]
    return []


def _mistimed(name: str, value: Any) -> list[Mistake]:
    """An hour without its offset could be any hour; a year out of all bounds is a slip, and no deadline counts from it."""
    if isinstance(value, datetime) and value.tzinfo is None:
        return [Mistake(field=name, code="no_offset")]
    wrong = isinstance(value, date) and not 1900 < value.year < 2200
    return [Mistake(field=name, code="not_a_date")] if wrong else []


def _unread(name: str, given: Any, read: Any) -> list[Mistake]:
    """Names inside a record that it would lose in silence: journal records forgive what a newer program wrote, a form must not."""
    if isinstance(read, msgspec.Struct) and isinstance(given, dict):
        parts = {str(key): part for key, part in cast("dict[object, Any]", given).items()}
        known = type(read).__struct_fields__
        lost = [Mistake(field=f"{name}.{key}", code="unknown_field") for key in parts if key not in known]
        return lost + [
            m for key in known if key in parts for m in _unread(f"{name}.{key}", parts[key], getattr(read, key))
        ]
    if isinstance(read, tuple) and isinstance(given, list):
        pairs = zip(cast("list[Any]", given), cast("tuple[Any, ...]", read), strict=True)
        return [m for n, (one, made) in enumerate(pairs) for m in _unread(f"{name}.{n}", one, made)]
    if isinstance(read, dict) and isinstance(given, dict):
        made = cast("dict[object, Any]", read)
        return [
            m
            for key, one in cast("dict[object, Any]", given).items()
            for m in _unread(f"{name}.{key}", one, made.get(key))
        ]
    return []


_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), code)
    for pattern, code in (
        (r"missing required field `(?P<inner>\w+)`", "missing"),
        (r"unknown field `(?P<inner>\w+)`", "unknown_field"),
        (r"Expected `int` >= (?P<least>-?\d+)", "too_small"),
        (r"Expected `int` <= (?P<most>-?\d+)", "too_large"),
        (r"Expected `float` >= (?P<least>-?[\d.]+)", "too_small"),
        (r"Expected `float` <= (?P<most>-?[\d.]+)", "too_large"),
        (r"Expected `str` of length >= (?P<least>\d+)", "too_short"),
        (r"Expected `str` of length <= (?P<most>\d+)", "too_long"),
        (r"Expected `str` matching regex", "bad_format"),
        (r"Invalid enum value", "not_a_choice"),
        (r"Invalid RFC3339|Invalid ISO|Expected `date", "not_a_date"),
        (r"Expected `bool \| int", "not_valid"),  # any plain value of an event
        (r"Expected `(?:int|float)", "not_a_number"),
        (r"Expected `str", "not_text"),
        (r"Expected `bool", "not_yes_or_no"),
        (r"Expected `array|Expected `object", "wrong_shape"),
    )
)


def _mistake(name: str, message: str) -> Mistake:
    """msgspec's sentence as a field, a code and numbers: ``… - at `$.f.0-4` ``."""
    text, _, place = message.partition(" - at `$")
    inner = place.rstrip("`")
    inner = re.sub(r"\[\.\.\.\]", "", inner).replace("[", ".").replace("]", "")
    field = f"{name}{inner}"
    for pattern, code in _PATTERNS:
        found = pattern.search(text)
        if found:
            details: dict[str, Scalar] = dict(found.groupdict())
            member = details.pop("inner", None)
            return Mistake(field=f"{field}.{member}" if member else field, code=code, details=details)
    return Mistake(field=field, code="not_valid")


# --- forms -----------------------------------------------------------------------------------------------------------

_LOCAL = re.compile(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$")
_DEEPEST = 8
_NUMBERED = re.compile(r"^\d+$")


def nest(pairs: list[tuple[str, str]], zone: ZoneInfo) -> dict[str, Any]:
    """A form's ``a.b=1`` pairs as nested values. Empty boxes are absent, not zero; a name that ends in ``[]`` collects its
    ticks; a local hour gets the zone's offset."""
    tree: dict[str, Any] = {}
    for name, raw in pairs:
        text = raw.strip()
        if text:
            _plant(tree, name, _with_offset(text, zone) if _LOCAL.match(text) else text)
    return {name: _listed(value) for name, value in tree.items()}


def _plant(tree: dict[str, Any], name: str, value: str) -> None:
    """Puts a value where its dotted name says. Two names that want the same place are a mistake of the form."""
    *parents, leaf = name.removesuffix("[]").split(".")
    if len(parents) > _DEEPEST:
        raise Malformed([Mistake(field=name[:120], code="wrong_shape")])
    here = tree
    for parent in parents:
        branch: Any = here.get(parent)
        if branch is None:
            branch = here[parent] = {}
        if not isinstance(branch, dict):
            raise Malformed([Mistake(field=name, code="wrong_shape")])
        here = cast("dict[str, Any]", branch)
    known: Any = here.get(leaf)
    if not name.endswith("[]"):
        here[leaf] = value
    elif known is None or isinstance(known, list):
        here[leaf] = [*cast("list[str]", known or []), value]
    else:
        raise Malformed([Mistake(field=name, code="wrong_shape")])


def _with_offset(text: str, zone: ZoneInfo) -> str:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone).isoformat()
    except ValueError:
        return text  # the thirtieth of February: the conversion says so


def _listed(value: Any) -> Any:
    """``{"0": a, "1": b}`` was a list of rows; half-empty rows go when nothing but their count is filled in."""
    if not isinstance(value, dict):
        return value
    branches = cast("dict[str, Any]", value)
    rows = {name: _listed(branch) for name, branch in branches.items()}
    if rows and all(_NUMBERED.match(name) for name in rows):
        return [rows[name] for name in sorted(rows, key=int) if not _is_blank(rows[name])]
    return rows


def _is_blank(row: Any) -> bool:
    return isinstance(row, dict) and set(cast("dict[str, Any]", row)) <= {"count"}
