"""The drawing of a machine as SVG: one file without anything from elsewhere, readable without colour and by a screen reader.

What is happening now is told three times: a thick border, a «●» and the word. Every shape carries a class, so that a page may
dress it; the looks stand in attributes too, because a strict page allows no style inside the drawing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from weakref import WeakKeyDictionary
from xml.sax.saxutils import escape, quoteattr

from msgspec.structs import replace

from caravan.basics import Record
from caravan.protocol.drawing.layout import Point
from caravan.protocol.drawing.lettering import FAMILY
from caravan.protocol.drawing.sketch import CLOCK, LINE, Box, Sketch, Text, Wire, sketch
from caravan.protocol.model import Protocol
from caravan.protocol.telling.spoken import one_of

INK, SOFT, EDGE, RULE, PAPER, TINT = "#1c2430", "#47535e", "#74818c", "#aab4bc", "#ffffff", "#f1f4f3"
NOW, NOW_TINT, LATE, LATE_TINT = "#0b5d4e", "#e6f3ea", "#a3182c", "#fbe9eb"
_BOLD = ("title", "now", "mark")


class Light(Record, frozen=True):
    """A state that is active now: what is left of its time, or how late it is."""

    text: str = ""
    late: bool = False


_Key = tuple[str, str, frozenset[str] | None, bool]
_SKETCHES: WeakKeyDictionary[Protocol, dict[_Key, Sketch]] = WeakKeyDictionary()
_KEPT = 64
_NOW = {"es": ("ahora", "hecho"), "en": ("now", "done")}
"""What a lit step is called, and a lit end."""


def kept_sketch(
    protocol: Protocol, machine: str, language: str, shown: frozenset[str] | None = None, *, live: bool = False
) -> Sketch:
    """``sketch``, made once for all who may see the same."""
    known = _SKETCHES.setdefault(protocol, {})
    key = (machine, language, shown, live)
    if key not in known:
        if len(known) >= _KEPT:
            known.clear()
        known[key] = sketch(protocol, machine, language, shown, live=live)
    return known[key]


def diagram(
    protocol: Protocol, machine: str, language: str = "es", shown: frozenset[str] | None = None,
    *, lights: Mapping[str, Light] | None = None, mark: str = "",
) -> str:  # fmt: skip
    """The SVG of a machine. ``lights`` are the active states by id (``None``: no running copy is meant); ``mark`` keeps the ids of several drawings on one page apart. Raises ``KeyError`` for an unknown
    machine."""
    drawn = kept_sketch(protocol, machine, language, shown, live=lights is not None)
    svg = _Svg(drawn, lights or {}, language, f"{machine}{mark}")
    return svg.text(_title(protocol, drawn, language), _told(drawn, lights, language))


def _title(protocol: Protocol, drawn: Sketch, language: str) -> str:
    return f"{drawn.title} · {one_of(protocol.title, language)}"


def _told(drawn: Sketch, lights: Mapping[str, Light] | None, language: str) -> str:
    """The drawing in words: its steps, and where it stands."""
    named = {box.state: _name(box) for box in drawn.boxes if box.state and box.kind != "history"}
    steps = [named[box.state] for box in drawn.boxes if box.kind in ("state", "final")]
    told = {"es": f"{len(steps)} pasos: ", "en": f"{len(steps)} steps: "}[language] + ", ".join(steps) + "."
    active = [
        named[state] + (f" ({light.text})" if light.text else "")
        for state, light in (lights or {}).items()
        if state in named
    ]
    if active:
        told += {"es": " Ahora: ", "en": " Now: "}[language] + ", ".join(active) + "."
    return told


def _name(box: Box) -> str:
    return " ".join(line for text in box.texts[:1] for line in text.lines)


class _Svg:
    def __init__(self, drawn: Sketch, lights: Mapping[str, Light], language: str, mark: str) -> None:
        self.drawn = drawn
        self.lights = lights
        self.words = _NOW[language]
        self.mark = re.sub(r"\W", "-", mark)
        self.out: list[str] = []

    def text(self, title: str, told: str) -> str:
        wide, high = _n(self.drawn.width), _n(self.drawn.height)
        name, words = quoteattr(f"d-{self.mark}-t"), quoteattr(f"d-{self.mark}-d")
        labelled = quoteattr(f"d-{self.mark}-t d-{self.mark}-d")
        self.out += [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="diagram" role="img" aria-labelledby={labelled} '
            f'viewBox="0 0 {wide} {high}" width="{wide}" height="{high}" font-family="{escape(FAMILY)}" fill="{INK}">',
            f"<title id={name}>{_clean(title)}</title><desc id={words}>{_clean(told)}</desc>",
            f'<rect class="d-paper" width="{wide}" height="{high}" fill="{PAPER}"/>',
        ]
        for box in self.drawn.boxes:
            self._box(box)
        for wire in self.drawn.wires:
            self._wire(wire)
        self.out.append("</svg>")
        return "\n".join(self.out) + "\n"

    # --- boxes ---

    def _box(self, box: Box) -> None:
        light = self.lights.get(box.state) if box.state else None
        classes = f"d-{box.kind}" + ("" if light is None else " d-late" if light.late else " d-now")
        state = f" data-state={quoteattr(_safe(box.state))}" if box.state else ""
        self.out.append(f'<g class="{classes}"{state}>')
        self._shape(box, light)
        # An end that is not lit keeps its words in the middle of the room left for it.
        lower = (
            sum(t.spot.height for t in box.texts if t.role == "now") / 2
            if box.kind == "final" and light is None
            else 0.0
        )
        for text in (replace(t, y=t.y + lower) for t in box.texts):
            self._text(_lit(text, light, self.words[box.kind == "final"]), light)
        self.out.append("</g>")

    def _shape(self, box: Box, light: Light | None) -> None:
        spot = box.spot
        x, y, w, h = spot.x, spot.y, spot.width, spot.height
        if box.kind == "dot":
            self.out.append(f'<circle cx="{_n(x + w / 2)}" cy="{_n(y + h / 2)}" r="6" fill="{INK}"/>')
            return
        if box.kind == "history":
            self.out.append(
                f'<circle cx="{_n(x + w / 2)}" cy="{_n(y + h / 2)}" r="11" fill="{PAPER}" stroke="{EDGE}" stroke-width="1.5"/>'
            )
            return
        fill, stroke, thick, dash, round_ = _look(box, light)
        extra = f' stroke-dasharray="{dash}"' if dash else ""
        self.out.append(
            f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(w)}" height="{_n(h)}" rx="{round_}" fill="{fill}" stroke="{stroke}" '
            f'stroke-width="{thick}"{extra}/>'
        )
        if box.kind == "final":
            cx, cy = _n(x + 14), _n(y + h / 2)
            self.out.append(
                f'<circle cx="{cx}" cy="{cy}" r="7" fill="{PAPER}" stroke="{INK}" stroke-width="1.5"/><circle cx="{cx}" cy="{cy}" r="4"/>'
            )

    def _text(self, text: Text, light: Light | None, *, centred: bool = False) -> None:
        spot = text.spot
        if text.role == "chip":
            self.out.append(
                f'<rect class="d-chip" x="{_n(spot.x)}" y="{_n(spot.y - 1)}" width="{_n(spot.width)}" height="{_n(spot.height + 2)}" rx="3" '
                f'fill="{TINT}" stroke="{RULE}"/>'
            )
        x = text.x + (5 if text.role == "chip" else 0) + (CLOCK if text.clock else 0)
        if text.clock:
            self._clock(text.x + 5, text.y + text.size * LINE / 2)
        if text.role == "mark":
            x = text.x + 11
        if text.role == "label" and centred:
            x += (spot.x + spot.width - x) / 2
        look = f' font-size="{_n(text.size)}"'
        if text.role in _BOLD:
            look += ' font-weight="700"'
        if text.role == "note":
            look += ' font-style="italic"'
        if text.role == "mark" or (text.role == "label" and centred):
            look += ' text-anchor="middle"'
        if text.role in ("note", "term", "head"):
            look += f' fill="{SOFT}"'
        elif text.role == "now" and light is not None:
            look += f' fill="{LATE if light.late else NOW}"'
        for n, line in enumerate(text.lines):
            if line:
                y = text.y + text.size * (0.95 + LINE * n)
                self.out.append(f'<text class="d-{text.role}" x="{_n(x)}" y="{_n(y)}"{look}>{_clean(line)}</text>')

    def _clock(self, x: float, y: float) -> None:
        self.out.append(
            f'<g class="d-clock" fill="none" stroke="{SOFT}"><circle cx="{_n(x)}" cy="{_n(y)}" r="4.5"/>'
            f'<path d="M{_n(x)} {_n(y - 3)}V{_n(y)}H{_n(x + 2.5)}"/></g>'
        )

    # --- arrows ---

    def _wire(self, wire: Wire) -> None:
        classes = "d-wire d-automatic" if wire.dashed else "d-wire"
        dash = ' stroke-dasharray="5 3"' if wire.dashed else ""
        ends = "".join(
            f" data-{name}={quoteattr(_safe(state))}"
            for name, state in (("from", wire.source), ("to", wire.target))
            if state
        )
        self.out.append(
            f'<g class="{classes}"{ends}><path d="{_path(wire.points)}" fill="none" stroke="{SOFT}" stroke-width="1.3"{dash}/>'
            f'<path d="{_head(wire.points)}" fill="{SOFT}"/>'
        )
        if wire.label is not None:
            spot = wire.label.spot
            self.out.append(
                f'<rect x="{_n(spot.x - 2)}" y="{_n(spot.y)}" width="{_n(spot.width + 4)}" height="{_n(spot.height)}" fill="{PAPER}"/>'
            )
            self._text(wire.label, None, centred=not wire.label.lines[0].startswith("·"))
        self.out.append("</g>")


def _look(box: Box, light: Light | None) -> tuple[str, str, str, str, str]:
    """Fill, stroke, its width and dashes, and how round the corners are."""
    if light is not None and box.kind in ("state", "final"):
        return (LATE_TINT, LATE, "4", "", "10") if light.late else (NOW_TINT, NOW, "4", "", "10")
    match box.kind:
        case "region":
            return PAPER, EDGE, "1.2", "7 5", "0"
        case "frame":
            return (PAPER, NOW if light is not None else INK, "3" if light is not None else "1.5", "", "12")
        case "stub":
            return PAPER, RULE, "1", "2 3", "4"
        case "final":
            return PAPER, RULE, "1", "", "12"
        case _:
            return TINT, INK, "1.2", "", "10"


def _lit(text: Text, light: Light | None, word: str) -> Text:
    """The line kept free for what is happening now, filled."""
    if text.role != "now" or light is None:
        return text
    said = f"● {word} · {light.text}" if light.text else f"● {word}"
    return Text((said,), text.x, text.y, text.role)


def _path(points: tuple[Point, ...]) -> str:
    (x, y), *rest = points
    told = f"M{_n(x)} {_n(y)}"
    for nx, ny in rest:
        told += f"V{_n(ny)}" if abs(nx - x) < 0.05 else f"H{_n(nx)}" if abs(ny - y) < 0.05 else f"L{_n(nx)} {_n(ny)}"
        x, y = nx, ny
    return told


def _head(points: tuple[Point, ...]) -> str:
    """The arrow's point: every arrow comes down on its target."""
    x, y = points[-1]
    return f"M{_n(x)} {_n(y)}l-4 -8h8z"


def _n(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


def _safe(text: str) -> str:
    """Without the letters XML cannot hold."""
    return "".join(
        c for c in text if c in "\t\n\r" or (" " <= c <= "\ud7ff") or ("\ue000" <= c <= "\ufffd") or c > "\uffff"
    )


def _clean(text: str) -> str:
    return escape(_safe(text))
