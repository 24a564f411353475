"""Taking a recorded step again: its trigger, the facts it read and its hour give the same result, or something has changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from caravan.protocol.model import Protocol, Snapshot, Step, Trigger
from caravan.protocol.step import start, step
from caravan.protocol.vocabulary import PROGRAM_FACTS, Value

START = "inicio"
"""The name of the trigger that the start of a machine is recorded under."""


def take_again(
    protocol: Protocol, machine: str, before: Snapshot | None, trigger: Trigger, read: Mapping[str, Mapping[str, Any]],
    now: datetime,
) -> Step:  # fmt: skip
    """The step that ``trigger`` makes from ``before``; the start of ``machine`` where there was nothing before. ``read`` are facts
    as the journal keeps them. Raises what ``start`` and ``step`` raise."""
    facts = facts_read(protocol, read)
    if before is None:
        return start(protocol, machine, facts, now)
    return step(protocol, before, trigger, facts, now)


def facts_read(protocol: Protocol, read: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Value]]:
    """Recorded facts with their dates and hours as such: JSON keeps them as text."""
    return {
        owner: {name: _value(_kind(protocol, owner, name), value) for name, value in facts.items()}
        for owner, facts in read.items()
    }


def _kind(protocol: Protocol, owner: str, name: str) -> str:
    declared = protocol.facts.get(owner, {}).get(name)
    return declared.kind if declared is not None else PROGRAM_FACTS.get(owner, {}).get(name, "")


def _value(kind: str, value: Any) -> Value:
    if isinstance(value, str) and kind == "date":
        return date.fromisoformat(value)
    if isinstance(value, str) and kind == "instant":
        return datetime.fromisoformat(value)
    return value
