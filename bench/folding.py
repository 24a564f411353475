"""Folding facts into the picture, and whether one costs the same among 100 groups and among 100,000."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec.structs import replace
from rich.console import Console
from rpds import HashTrieMap

from bench.figures import Figure, centile, show
from bench.night import played
from bench.realm import OFFICIAL, START, arrival, lived, rows
from caravan import events as e
from caravan.coordination.loop import coordinate
from caravan.fold import fold_all
from caravan.picture import Picture

_FEW, _MANY, _JOURNAL = 100, 100_000, 100_000
_ARRIVALS, _ROUNDS = 300, 3
Facts = Sequence[tuple[e.Event, datetime]]


def run(console: Console) -> None:
    night, journal = played().facts, _journal()
    few, many = _crowd(_FEW), _crowd(_MANY)
    (few_fold, few_decide), (many_fold, many_decide) = _arrivals(few), _arrivals(many)
    lines = [e.encode(event) for event, _ in journal]
    decoded = len(lines) / _seconds(lambda: [e.decode(line) for line in lines])
    inserted = 1e6 * _seconds(lambda: _fill(_MANY)) / _MANY
    show(console, "5. Doblar hechos en el panorama", [
        Figure(f"la noche jugada ({len(night)} hechos)", _rate(night), "/s", "descifrar el hecho (msgspec)", decoded, more_is_better=True),
        Figure(f"diario de {len(journal):,} hechos", _rate(journal), "/s", "descifrar el hecho (msgspec)", decoded, more_is_better=True),
        Figure(f"un hecho entre {_MANY:,} grupos", many_fold, "µs", f"entre {_FEW} grupos", few_fold),
        Figure(f"un hecho entre {_MANY:,} grupos", many_fold, "µs", "una entrada en un mapa persistente vacío de 100,000", inserted),
        Figure(f"decidir una llegada entre {_MANY:,} grupos", many_decide, "µs", f"entre {_FEW} grupos", few_decide),
    ])  # fmt: skip


def _journal() -> Facts:
    return [(e.decode(row["fact"]), START) for row in rows(_JOURNAL // 10)][:_JOURNAL]


def _crowd(groups: int) -> Picture:
    """A picture with so many open groups: one that really arrived, folded again and again under other names."""
    *_, last = lived(1)
    arrived = next(event for event in last.events if isinstance(event, e.GroupArrived))
    begun = next(
        event for event in last.events if isinstance(event, e.ProtocolStepped) and event.group == arrived.group.id
    )
    machine = begun.instance.partition("/")[2]
    picture = last.picture
    for n in range(groups - 1):
        group = replace(arrived.group, id=f"g-{n}")
        stepped = replace(begun, group=group.id, instance=f"{group.id}/{machine}")
        picture = fold_all(picture, [(e.GroupArrived(group=group), START), (stepped, START)])
    return picture


def _arrivals(picture: Picture) -> tuple[float, float]:
    """Microseconds to fold one fact of real arrivals into ``picture``, and to decide one such arrival."""
    facts: list[tuple[e.Event, datetime]] = []
    took: list[float] = []
    after = picture
    for n in range(_ARRIVALS):
        began = time.perf_counter()
        outcome = coordinate(after, arrival(n), by=OFFICIAL, now=START)
        took.append(time.perf_counter() - began)
        after = outcome.picture
        facts += [(event, START) for event in outcome.events]
    return 1e6 / _rate(facts, picture), 1e6 * centile(took, 50)


def _rate(facts: Facts, onto: Picture | None = None) -> float:
    """Facts a second; the median of some rounds."""
    start = onto or Picture()
    return len(facts) / centile([_seconds(lambda: fold_all(start, facts)) for _ in range(_ROUNDS)], 50)


def _fill(entries: int) -> HashTrieMap[str, int]:
    filled: HashTrieMap[str, int] = HashTrieMap()
    for n in range(entries):
        filled = filled.insert(f"g-{n}", n)
    return filled


def _seconds(work: Callable[[], object]) -> float:
    gc.collect()  # what earlier work left behind is not this work's cost
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
