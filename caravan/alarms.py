"""A persistent priority queue of what is due next: a leftist heap. Adding costs O(log n) and shares the rest."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple


class Alarm(NamedTuple):
    """A node of the heap. ``key`` names who rings: a protocol's instance, or ``placement:…`` for a hold that expires."""

    rank: int
    due: datetime
    key: str
    left: Alarm | None
    right: Alarm | None


def _merge(a: Alarm | None, b: Alarm | None) -> Alarm | None:
    if a is None or b is None:
        return a if b is None else b
    if (b.due, b.key) < (a.due, a.key):
        a, b = b, a
    right = _merge(a.right, b)
    left = a.left
    if left is None or (right is not None and left.rank < right.rank):
        left, right = right, left
    return Alarm(1 + (right.rank if right is not None else 0), a.due, a.key, left, right)


def ring_at(alarms: Alarm | None, due: datetime, key: str) -> Alarm | None:
    """The queue with one more alarm. An older one of the same key stays until ``settle`` finds it stale."""
    return _merge(alarms, Alarm(1, due, key, None, None))


def settle(alarms: Alarm | None, due_of: Callable[[str], datetime | None]) -> Alarm | None:
    """The queue without stale alarms at its head: those whose key is no longer due at that very instant."""
    while alarms is not None and due_of(alarms.key) != alarms.due:
        alarms = _merge(alarms.left, alarms.right)
    return alarms
