"""A night's plan as a picture: who comes on the left, where they sleep on the right, ribbons as wide as there are people.

Pure: words in, one SVG out, with nothing from elsewhere. What a colour says, a pattern and a word say too; every shape has its
looks in attributes, because a strict page allows no style inside a drawing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Literal
from xml.sax.saxutils import escape

from caravan.basics import Record
from caravan.protocol.drawing.lettering import FAMILY, width, wrapped

Kind = Literal["fam", "wom", "men", "uam", "mix"]
KINDS: tuple[Kind, ...] = ("fam", "wom", "men", "uam", "mix")

_INK, _SOFT, _PAPER, _EDGE = "#1c2430", "#47535e", "#ffffff", "#74818c"
_BAD, _GOOD = "#a3182c", "#0b5d4e"
_LINE = 1.3
_GAP = 14.0
_LEAST = 2.0
_MOST_FREE = 44.0

# Tint and stroke of each kind; the pattern on it is drawn in the stroke's colour.
_LOOKS: dict[Kind, tuple[str, str]] = {
    "fam": ("#cfe6dc", "#0b5d4e"), "wom": ("#eedcf3", "#6d2a86"), "men": ("#d7e3f6", "#0b4fb3"),
    "uam": ("#fde3b0", "#7d5200"), "mix": ("#e3e7ea", "#47535e"),
}  # fmt: skip
_PATTERNS: dict[Kind, str] = {
    "fam": '<circle cx="4" cy="4" r="1.3" fill="{stroke}"/>',
    "wom": '<path d="M-2 2L2 -2M0 8L8 0M6 10L10 6" stroke="{stroke}" stroke-width="1.1"/>',
    "men": '<path d="M0 2H8M0 6H8" stroke="{stroke}" stroke-width="1"/>',
    "uam": '<path d="M0 0L8 8M8 0L0 8" stroke="{stroke}" stroke-width="1"/>',
    "mix": '<path d="M4 0V8" stroke="{stroke}" stroke-width=".8"/>',
}


class Source(Record, frozen=True):
    """Those who need places: a group, or all the groups of a station. ``notes`` stand under its title, already worded."""

    key: str
    title: str
    notes: tuple[str, ...] = ()


class Sink(Record, frozen=True):
    """Where they sleep, or that they have no place (``lacking``). ``free`` are places nobody takes in this plan, ``kept`` those of
    them that are kept for others."""

    key: str
    title: str
    notes: tuple[str, ...] = ()
    free: int = 0
    kept: int = 0
    lacking: bool = False


class Ribbon(Record, frozen=True):
    """People of one kind who go from a source to a sink. ``sure``: their places are already held."""

    source: str
    sink: str
    kind: Kind
    people: int
    sure: bool = False


class Wording(Record, frozen=True):
    """The drawing's own words, in the reader's language. ``told`` is the whole of it as text."""

    title: str
    told: str
    kinds: dict[Kind, str]
    sure: str
    proposed: str


class _Frame(Record, frozen=True):
    """How much room each part has, in pixels."""

    whole: float
    label: float
    bar: float
    title: float
    note: float
    full: float
    counts: bool

    @property
    def left(self) -> float:
        return self.label

    @property
    def right(self) -> float:
        return self.whole - self.label - self.bar


_FRAMES: dict[Literal["wide", "narrow"], _Frame] = {
    "wide": _Frame(whole=1080, label=250, bar=16, title=14, note=12.5, full=560, counts=True),
    "narrow": _Frame(whole=356, label=116, bar=10, title=12.5, note=12, full=620, counts=False),
}


def drawn_plan(
    sources: Sequence[Source], sinks: Sequence[Sink], ribbons: Sequence[Ribbon], words: Wording,
    *, room: Literal["wide", "narrow"], mark: str,
) -> str:  # fmt: skip
    """The SVG. ``mark`` keeps the ids of several drawings on one page apart. Ribbons without people are left out."""
    return _Drawing(sources, sinks, [r for r in ribbons if r.people > 0], words, _FRAMES[room], mark).svg()


class _Drawing:
    def __init__(
        self, sources: Sequence[Source], sinks: Sequence[Sink], ribbons: Sequence[Ribbon], words: Wording, frame: _Frame,
        mark: str,
    ) -> None:  # fmt: skip
        self.frame = frame
        self.words = words
        self.mark = mark
        self.sources = list(sources)
        self.sinks = _uncrossed(sources, sinks, ribbons)
        rank = {sink.key: n for n, sink in enumerate(self.sinks)}
        order = {source.key: n for n, source in enumerate(self.sources)}
        self.ribbons = sorted(ribbons, key=lambda r: (rank[r.sink], KINDS.index(r.kind), not r.sure, order[r.source]))
        people = sum(r.people for r in ribbons)
        self.scale = min(9.0, frame.full / people) if people else 1.0
        self.out: list[str] = []

    def tall(self, ribbons: Iterable[Ribbon]) -> float:
        return sum(max(_LEAST, r.people * self.scale) for r in ribbons)

    def svg(self) -> str:
        top = self._legend(8.0)
        starts = self._starts(self.sources, top, left=True)
        ends = self._starts(self.sinks, top, left=False)
        high = max([top, *(y + tall for y, tall in (*starts.values(), *ends.values()))]) + 8
        self._ribbons({k: y for k, (y, _) in starts.items()}, {k: y for k, (y, _) in ends.items()})
        for source in self.sources:
            self._source(source, starts[source.key][0])
        for sink in self.sinks:
            self._sink(sink, ends[sink.key][0])
        return "\n".join([*self._head(high), *self.out, "</svg>"])

    def _head(self, high: float) -> Iterable[str]:
        wide = _n(self.frame.whole)
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="plan-{self.mark}" role="img" viewBox="0 0 {wide} {_n(high)}" '
            f'width="{wide}" height="{_n(high)}" aria-labelledby="plan-{self.mark}-t plan-{self.mark}-d" '
            f'font-family="{escape(FAMILY)}" fill="{_INK}">'
        )
        yield f'<title id="plan-{self.mark}-t">{_clean(self.words.title)}</title>'
        yield f'<desc id="plan-{self.mark}-d">{_clean(self.words.told)}</desc>'
        yield "<defs>"
        for kind in self._present():
            tint, stroke = _LOOKS[kind]
            yield (
                f'<pattern id="plan-{self.mark}-{kind}" width="8" height="8" patternUnits="userSpaceOnUse">'
                f'<rect width="8" height="8" fill="{tint}"/>{_PATTERNS[kind].format(stroke=stroke)}</pattern>'
            )
        yield (
            f'<pattern id="plan-{self.mark}-kept" width="6" height="6" patternUnits="userSpaceOnUse">'
            f'<path d="M0 6L6 0" stroke="{_EDGE}" stroke-width="1"/></pattern></defs>'
        )
        yield f'<rect width="{wide}" height="{_n(high)}" fill="{_PAPER}"/>'

    def _present(self) -> list[Kind]:
        return [kind for kind in KINDS if any(r.kind == kind for r in self.ribbons)]

    # --- the legend ---

    def _legend(self, top: float) -> float:
        """A swatch a kind, and how a place that is held differs from one that is proposed; the height it ends at."""
        size = self.frame.note
        x, y = 8.0, top
        said = [
            (self.words.kinds[kind], f"url(#plan-{self.mark}-{kind})", _LOOKS[kind][1], "") for kind in self._present()
        ]
        if any(not r.sure for r in self.ribbons):
            said.append((self.words.proposed, _PAPER, _INK, ' stroke-dasharray="4 3"'))
        if any(r.sure for r in self.ribbons):
            said.append((self.words.sure, _PAPER, _INK, ""))
        for text, fill, stroke, dash in said:
            long = 26 + width(text, size) + 16
            if x > 8 and x + long > self.frame.whole:
                x, y = 8.0, y + size * 1.7
            self.out.append(
                f'<rect x="{_n(x)}" y="{_n(y)}" width="20" height="{_n(size)}" fill="{fill}" stroke="{stroke}"{dash}/>'
            )
            self._text(text, x + 26, y + size * 0.85, size)
            x += long
        return y + (size * 1.7 + 10 if said else 0)

    # --- where things stand ---

    def _starts(self, ends: Sequence[Source | Sink], top: float, *, left: bool) -> dict[str, tuple[float, float]]:
        """The top and the height of each row."""
        found: dict[str, tuple[float, float]] = {}
        for end in ends:
            bar = self.tall(r for r in self.ribbons if (r.source if left else r.sink) == end.key)
            if isinstance(end, Sink):
                bar += self._empty(end)
            high = max(bar, self._label(end)[1])
            found[end.key] = (top, high)
            top += high + _GAP
        return found

    def _empty(self, sink: Sink) -> float:
        return min(_MOST_FREE, max(4.0, sink.free * self.scale)) if sink.free else 0.0

    def _label(self, end: Source | Sink) -> tuple[list[tuple[str, bool]], float]:
        """Its lines, the title's in bold, and how tall they are."""
        frame = self.frame
        room = frame.label - 10
        titles = [(line, True) for line in wrapped(end.title, frame.title, room, bold=True)]
        notes = [(line, False) for note in end.notes for line in wrapped(note, frame.note, room)]
        return titles + notes, len(titles) * frame.title * _LINE + len(notes) * frame.note * _LINE

    # --- what is drawn ---

    def _ribbons(self, starts: dict[str, float], ends: dict[str, float]) -> None:
        order = {source.key: n for n, source in enumerate(self.sources)}
        below = dict(ends)
        arrives: dict[int, float] = {}
        for ribbon in sorted(self.ribbons, key=lambda r: (order[r.source], KINDS.index(r.kind), not r.sure)):
            arrives[id(ribbon)] = below[ribbon.sink]
            below[ribbon.sink] += self.tall([ribbon])
        at = dict(starts)
        for ribbon in self.ribbons:
            self._ribbon(ribbon, at[ribbon.source], arrives[id(ribbon)])
            at[ribbon.source] += self.tall([ribbon])

    def _ribbon(self, ribbon: Ribbon, y1: float, y2: float) -> None:
        frame, high = self.frame, self.tall([ribbon])
        x1, x2 = frame.left + frame.bar, frame.right
        middle = (x1 + x2) / 2
        names = {end.key: end.title for end in (*self.sources, *self.sinks)}
        said = f"{names[ribbon.source]} → {names[ribbon.sink]}: {ribbon.people} ({self.words.kinds[ribbon.kind]})"
        dash = "" if ribbon.sure else ' stroke-dasharray="4 3"'
        self.out.append(
            f'<path class="plan-ribbon" data-kind="{ribbon.kind}" fill="url(#plan-{self.mark}-{ribbon.kind})" '
            f'stroke="{_LOOKS[ribbon.kind][1]}" stroke-width="1"{dash} '
            f'd="M{_n(x1)} {_n(y1)}C{_n(middle)} {_n(y1)} {_n(middle)} {_n(y2)} {_n(x2)} {_n(y2)}V{_n(y2 + high)}'
            f'C{_n(middle)} {_n(y2 + high)} {_n(middle)} {_n(y1 + high)} {_n(x1)} {_n(y1 + high)}Z"><title>{_clean(said)}</title></path>'
        )
        if frame.counts and high >= frame.note:
            told = f"{ribbon.people} {self.words.kinds[ribbon.kind]}"
            x, y = x2 - 8 - width(told, frame.note), y2 + high / 2 + frame.note * 0.35
            self._text(told, x, y, frame.note, halo=True)

    def _source(self, source: Source, y: float) -> None:
        frame = self.frame
        tall = self.tall(r for r in self.ribbons if r.source == source.key)
        self.out.append(
            f'<rect class="plan-source" x="{_n(frame.left)}" y="{_n(y)}" width="{_n(frame.bar)}" height="{_n(tall)}" fill="{_INK}"/>'
        )
        self._lines(self._label(source)[0], 4, y)

    def _sink(self, sink: Sink, y: float) -> None:
        frame = self.frame
        x, wide = _n(frame.right), _n(frame.bar)
        tall = self.tall(r for r in self.ribbons if r.sink == sink.key)
        colour = _BAD if sink.lacking else _GOOD
        self.out.append(
            f'<rect class="plan-{"lacking" if sink.lacking else "sink"}" x="{x}" y="{_n(y)}" width="{wide}" height="{_n(tall)}" '
            f'fill="{colour}"/>'
        )
        empty = self._empty(sink)
        if empty:
            kept = empty * min(1.0, sink.kept / sink.free)
            self._box("free", y + tall, empty - kept, "none")
            self._box("kept", y + tall + empty - kept, kept, f"url(#plan-{self.mark}-kept)")
        self._lines(self._label(sink)[0], frame.right + frame.bar + 8, y, _BAD if sink.lacking else _INK)

    def _box(self, name: str, y: float, tall: float, fill: str) -> None:
        if tall > 0:
            self.out.append(
                f'<rect class="plan-{name}" x="{_n(self.frame.right + 0.5)}" y="{_n(y)}" width="{_n(self.frame.bar - 1)}" '
                f'height="{_n(tall)}" fill="{fill}" stroke="{_EDGE}"/>'
            )

    def _lines(self, lines: Iterable[tuple[str, bool]], x: float, y: float, ink: str = _INK) -> None:
        for line, bold in lines:
            size = self.frame.title if bold else self.frame.note
            self._text(line, x, y + size, size, bold=bold, ink=ink if bold or ink == _BAD else _SOFT)
            y += size * _LINE

    def _text(
        self, text: str, x: float, y: float, size: float, *, bold: bool = False, ink: str = _INK, halo: bool = False
    ) -> None:
        look = ' font-weight="700"' if bold else ""
        look += f' stroke="{_PAPER}" stroke-width="4" stroke-linejoin="round" paint-order="stroke"' if halo else ""
        self.out.append(
            f'<text x="{_n(x)}" y="{_n(y)}" font-size="{_n(size)}" fill="{ink}"{look}>{_clean(text)}</text>'
        )


def _uncrossed(sources: Sequence[Source], sinks: Sequence[Sink], ribbons: Sequence[Ribbon]) -> list[Sink]:
    """The sinks in the order of where their people come from, so that few ribbons cross; those without a place last."""
    order = {source.key: n for n, source in enumerate(sources)}
    weight: dict[str, int] = defaultdict(int)
    people: dict[str, int] = defaultdict(int)
    for ribbon in ribbons:
        weight[ribbon.sink] += order[ribbon.source] * ribbon.people
        people[ribbon.sink] += ribbon.people
    return sorted(sinks, key=lambda s: (s.lacking, weight[s.key] / people[s.key] if people[s.key] else len(order)))


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _clean(text: str) -> str:
    """Escaped, and without what no XML may hold."""
    return escape("".join(letter for letter in text if letter.isprintable()))
