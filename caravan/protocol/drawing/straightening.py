"""The order of things in their rows, so that few arrows cross, and their columns, so that arrows run straight."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol, TypeVar

_SWEEPS = 8
_BEND = 40.0
NARROW = 10.0
"""As wide as the passage of an arrow through a row; whatever is wider is a box or a label."""


class Standing(Protocol):
    """What stands in a row. ``ins`` and ``outs`` are its neighbours in the rows above and below."""

    key: str
    width: float
    center: float

    @property
    def ins(self) -> Sequence[Standing]: ...
    @property
    def outs(self) -> Sequence[Standing]: ...


_S = TypeVar("_S", bound=Standing)


def ordered(rows: list[list[_S]], last: Collection[str]) -> list[list[_S]]:
    """Rows with few crossings, by sweeps over the mean place of each one's neighbours; ``last`` stay at the right end."""
    best = [sorted(row, key=lambda item: item.key in last) for row in rows]
    fewest = crossings(best)
    rows = [list(row) for row in best]
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        for row in rows if down else rows[::-1]:
            places = _places(rows)
            row.sort(key=lambda item, places=places, down=down: (item.key in last, _mean(item, places, down)))
        now = crossings(rows)
        if now < fewest:
            best, fewest = [list(row) for row in rows], now
    return best


def _places(rows: Sequence[Sequence[Standing]]) -> dict[str, int]:
    return {item.key: n for row in rows for n, item in enumerate(row)}


def _mean(item: Standing, places: dict[str, int], down: bool) -> float:
    near = item.ins if down else item.outs
    return sum(places[other.key] for other in near) / len(near) if near else places[item.key]


def crossings(rows: Sequence[Sequence[Standing]]) -> int:
    """How many pairs of arrows cross between neighbouring rows."""
    places = _places(rows)
    found = 0
    for row in rows:
        ends = [(n, places[other.key]) for n, item in enumerate(row) for other in item.outs]
        found += sum((a - c) * (b - d) < 0 for i, (a, b) in enumerate(ends) for c, d in ends[:i])
    return found


def spread(rows: Sequence[Sequence[Standing]], between: float) -> None:
    """Sets each one's ``center`` near the mean of its neighbours', in order and ``between`` apart."""
    for row in rows:
        at = 0.0
        for item in row:
            item.center = at + item.width / 2
            at += item.width + between
    for sweep in range(2 * _SWEEPS):
        for row in rows if sweep % 2 == 0 else rows[::-1]:
            _settle(row, between, down=sweep % 2 == 0, both=sweep >= _SWEEPS)


def _settle(row: Sequence[Standing], between: float, *, down: bool, both: bool) -> None:
    offsets = [0.0]
    for left, right in zip(row, row[1:], strict=False):
        offsets.append(offsets[-1] + (left.width + right.width) / 2 + between)
    wishes = [_wish(item, down, both) for item in row]
    for item, place in zip(row, settled(wishes, offsets), strict=True):
        item.center = place


def settled(wishes: Sequence[tuple[float, float]], offsets: Sequence[float]) -> list[float]:
    """The places nearest to those wished for, each (place, weight), that keep the order and at least the distances of
    ``offsets`` (weighted isotonic regression)."""
    pools: list[tuple[float, float, int]] = []
    for (wish, weight), offset in zip(wishes, offsets, strict=False):
        total, count = (wish - offset) * weight, 1
        while pools and pools[-1][0] / pools[-1][1] > total / weight:
            before, heavy, many = pools.pop()
            total, weight, count = total + before, weight + heavy, count + many
        pools.append((total, weight, count))
    places = [total / weight for total, weight, count in pools for _ in range(count)]
    return [place + offset for place, offset in zip(places, offsets, strict=False)]


def aligned(chains: Sequence[Sequence[_S]], rows: Sequence[Sequence[_S]], between: float) -> None:
    """Takes the small bends out of long arrows where there is room."""
    beside = {id(item): (row, n) for row in rows for n, item in enumerate(row)}
    for chain in chains:
        for above, item in zip(chain, chain[1:], strict=False):
            row, n = beside[id(item)]
            left = row[n - 1].center + (row[n - 1].width + item.width) / 2 if n else float("-inf")
            right = row[n + 1].center - (row[n + 1].width + item.width) / 2 if n + 1 < len(row) else float("inf")
            free = left + between <= above.center <= right - between
            if item.width <= NARROW and abs(above.center - item.center) < _BEND and free:
                item.center = above.center


def _wish(item: Standing, down: bool, both: bool) -> tuple[float, float]:
    """Where it would stand, and how much that matters: most in the passages of a long arrow, which should run straight."""
    near = [*item.ins, *item.outs] if both else (item.ins if down else item.outs)
    weights = [_pull(item, other) for other in near]
    total = sum(weights)
    if not near:
        return item.center, 0.5
    return sum(other.center * weight for other, weight in zip(near, weights, strict=True)) / total, total


def _pull(one: Standing, other: Standing) -> float:
    narrow = (one.width <= NARROW) + (other.width <= NARROW)
    return (1.0, 3.0, 12.0)[narrow]
