"""A figure beside what it is compared with, and how a table of them is shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

from caravan.basics import Record


class Figure(Record, frozen=True):
    """``value`` and ``reference`` share ``unit``. ``more_is_better`` for rates; times and sizes are better when small."""

    what: str
    value: float
    unit: str
    beside: str
    reference: float
    more_is_better: bool = False

    @property
    def times_better(self) -> float:
        """Above 1 it is better than its reference."""
        over, under = (self.value, self.reference) if self.more_is_better else (self.reference, self.value)
        return over / under if under else float("inf")


def show(console: Console, title: str, figures: Iterable[Figure], note: str = "") -> None:
    table = Table(title=title, title_justify="left", title_style="bold", caption=note or None, caption_justify="left")
    table.add_column("qué")
    for head in ("medido", "referencia"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("cuál referencia")
    table.add_column("veces mejor", justify="right", no_wrap=True)
    for f in figures:
        table.add_row(f.what, told(f.value, f.unit), told(f.reference, f.unit), f.beside, told(f.times_better))
    console.print(table)


def told(value: float, unit: str = "") -> str:
    """Three figures are all a busy machine can vouch for."""
    text = f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
    return f"{text} {unit}".rstrip()


def centile(values: Sequence[float], percent: float) -> float:
    """The smallest value that ``percent`` of them do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
