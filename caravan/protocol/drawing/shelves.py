"""Regions side by side in columns, so that all together fill a sheet of paper well.

Within a column they follow the order of the file, and the columns that of their first regions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from caravan.protocol.drawing.layout import Spot

Size = tuple[float, float]
SHEET: Size = (1587.0, 1122.0)
"""An A3 sheet lying on its side, in pixels of 1/96 inch: only its proportion matters."""
_AROUND = 150.0
"""What usually stands above and below: the frame's head, the ends."""
_ROUNDS = 40
_HOPEFUL = 3

_Columns = list[list[int]]


def pack(sizes: Sequence[Size]) -> list[Spot]:
    """A place for each, none over another; each is as wide as its column, and the columns are equally high."""
    if not sizes:
        return []
    dealt = [_dealt(sizes, count) for count in range(1, len(sizes) + 1)]
    hopeful = sorted(dealt, key=lambda columns: _scale(columns, sizes))[:_HOPEFUL]
    return _places(min((_settled(each, sizes) for each in hopeful), key=lambda columns: _scale(columns, sizes)), sizes)


def _dealt(sizes: Sequence[Size], count: int) -> _Columns:
    """The highest first, each into the column that is lowest so far."""
    columns: _Columns = [[] for _ in range(count)]
    for n in sorted(range(len(sizes)), key=lambda n: -sizes[n][1]):
        min(columns, key=lambda column: sum(sizes[m][1] for m in column)).append(n)
    return columns


def _settled(columns: _Columns, sizes: Sequence[Size]) -> _Columns:
    """Better by moving one region or exchanging two, as long as that helps."""
    for _ in range(_ROUNDS):
        best = min(_variants(columns), key=lambda each: _scale(each, sizes), default=columns)
        if _scale(best, sizes) >= _scale(columns, sizes):
            break
        columns = best
    return columns


def _variants(columns: _Columns) -> Iterator[_Columns]:
    where = {n: at for at, column in enumerate(columns) for n in column}
    for n, at in where.items():
        for to in range(len(columns)):
            if to != at:
                yield _moved(columns, {n: to})
        for other, there in where.items():
            if other > n and there != at:
                yield _moved(columns, {n: there, other: at})


def _moved(columns: _Columns, to: dict[int, int]) -> _Columns:
    kept = [[n for n in column if n not in to] for column in columns]
    for n, column in to.items():
        kept[column].append(n)
    return kept


def _scale(columns: _Columns, sizes: Sequence[Size]) -> float:
    """How much larger than the sheet it is; of two alike the smaller is better."""
    wide = sum(max((sizes[n][0] for n in column), default=0.0) for column in columns)
    high = max(sum(sizes[n][1] for n in column) for column in columns)
    return max(wide / SHEET[0], (high + _AROUND) / SHEET[1]) + wide * high / 1e9


def _places(columns: _Columns, sizes: Sequence[Size]) -> list[Spot]:
    high = max(sum(sizes[n][1] for n in column) for column in columns)
    spots: dict[int, Spot] = {}
    x = 0.0
    for column in sorted((sorted(column) for column in columns if column), key=lambda column: column[0]):
        wide = max(sizes[n][0] for n in column)
        spare = (high - sum(sizes[n][1] for n in column)) / len(column)
        y = 0.0
        for n in column:
            spots[n] = Spot(x=x, y=y, width=wide, height=sizes[n][1] + spare)
            y += sizes[n][1] + spare
        x += wide
    return [spots[n] for n in range(len(sizes))]
