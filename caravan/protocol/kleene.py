"""What an expression is worth, in Kleene's logic.

A value may be unknown (``None``), and what cannot be decided without it is unknown too. A guard holds only if true.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from caravan.basics import Scalar
from caravan.protocol.expressions import Among, Binary, Constant, InState, IsOpen, Known, Name, Node, Not, Types
from caravan.protocol.vocabulary import Facts, Value

_CALCULATE: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "+": operator.add,
    "-": operator.sub,
}


def _unknown_hours(service: str) -> bool | None:
    return None


class Scope:
    """What an expression is evaluated in: the facts, the present event's data, the active states and the desks' hours."""

    __slots__ = ("event", "facts", "is_active", "is_open")

    def __init__(
        self,
        facts: Facts,
        event: Mapping[str, Scalar],
        is_active: Callable[[str], bool],
        is_open: Callable[[str], bool | None] = _unknown_hours,
    ) -> None:
        self.facts = facts
        self.event = event
        self.is_active = is_active
        self.is_open = is_open


Compiled = Callable[[Scope], Value]


def compile_expression(node: Node, types: Types) -> Compiled:
    """A closure that evaluates ``node``; an unknown value takes the default ``types`` declares for it."""
    match node:
        case Constant():
            value = node.value
            return lambda scope: value
        case Name():
            return _read(node, types)
        case InState():
            state = node.state
            return lambda scope: scope.is_active(state)
        case IsOpen():
            service = node.service
            return lambda scope: scope.is_open(service)
        case Known():
            raw = _read(node.name, {})
            return lambda scope: raw(scope) is not None
        case Not():
            part = compile_expression(node.part, types)
            return lambda scope: None if (value := part(scope)) is None else not value
        case Among():
            part = compile_expression(node.part, types)
            options = frozenset(option.value for option in node.options)
            return lambda scope: None if (value := part(scope)) is None else value in options
        case Binary():
            left, right = compile_expression(node.left, types), compile_expression(node.right, types)
            return _binary(node.operator, left, right)


def _read(name: Name, types: Types) -> Compiled:
    owner, field = name.owner, name.field
    declared = types.get(owner, {}).get(field)
    default = declared.default if declared else None
    nothing: Mapping[str, Value] = {}

    def read(scope: Scope) -> Value:
        value = scope.event.get(field) if owner == "evento" else scope.facts.get(owner, nothing).get(field)
        return default if value is None else value

    return read


def _binary(sign: str, left: Compiled, right: Compiled) -> Compiled:
    if sign in ("and", "or"):
        return _logic(left, right, decisive=sign == "or")
    calculate: Callable[[Any, Any], Value] = _CALCULATE[sign]

    def apply(scope: Scope) -> Value:
        a, b = left(scope), right(scope)
        if a is None or b is None:
            return None
        try:
            return calculate(a, b)
        except TypeError:  # an event's data may arrive with another type than declared: undecidable, not a crash
            return None

    return apply


def _logic(left: Compiled, right: Compiled, *, decisive: bool) -> Compiled:
    """Kleene's ``and`` (``decisive`` false) and ``or`` (``decisive`` true)."""

    def decide(scope: Scope) -> Value:
        a = left(scope)
        if a is decisive:
            return decisive
        b = right(scope)
        if b is decisive:
            return decisive
        return None if a is None or b is None else not decisive

    return decide


def plain(value: Value) -> Scalar:
    """A value as JSON holds it: dates and instants as ISO 8601 text."""
    return value.isoformat() if isinstance(value, (date, datetime)) else value
