"""One service of a day as a picture: kitchens on the left, places on the right, what goes from one to the other between them.

Widths are rations. What is missing is a hatched band with its number; nothing is said by colour alone. The drawing is narrow
enough to be read on a telephone; all its figures are in the table beside it.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from caravan.basics import Record
from caravan.server.web.words import gettext as _

_WIDTH, _BAR, _GAP, _LETTERS = 360, 12, 26, 26
_ROOM = 240


class Pot(Record, frozen=True):
    """A kitchen that was asked for something: its name and all it was asked for."""

    id: str
    name: str
    rations: int


class Plate(Record, frozen=True):
    """A place: the people there, the rations ordered for them, and how many are missing."""

    id: str
    name: str
    people: int
    asked: int
    missing: int


class Load(Record, frozen=True):
    """Rations from a kitchen to a place."""

    kitchen: str
    place: str
    rations: int


def drawn_service(key: str, title: str, pots: Sequence[Pot], plates: Sequence[Plate], loads: Sequence[Load]) -> Markup:
    """An SVG. ``key`` tells it from the other drawings of the page."""
    most = max(sum(p.rations for p in pots), sum(p.asked + p.missing for p in plates), 1)
    unit = _ROOM / most
    left = _bars([(p.id, p.rations) for p in pots], unit)
    right = _bars([(p.id, p.asked + p.missing) for p in plates], unit)
    height = round(max([60, *(y + tall + 8 for y, tall in (*left.values(), *right.values()))]))
    parts = [*_ribbons(loads, left, right, unit, pots, plates)]
    for pot in pots:
        y, tall = left[pot.id]
        parts.append(_bar(0, y, tall, "pot"))
        parts.append(_label(0, y, "start", pot.name, _("%(n)s raciones", n=pot.rations)))
    for plate in plates:
        y, tall = right[plate.id]
        full = tall * plate.asked / max(1, plate.asked + plate.missing)
        parts.append(_bar(_WIDTH - _BAR, y, full, "plate"))
        if plate.missing:
            parts.append(_hatched(y + full, tall - full, key))
        parts.append(_label(_WIDTH, y, "end", plate.name, _plate_words(plate)))
    told = Markup('<title id="{key}-title">{title}</title>').format(key=key, title=title)
    hatch = Markup(
        '<defs><pattern id="{key}-falta" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect width="6" height="6" class="gap-ground"/><rect width="2.5" height="6" class="gap-line"/></pattern></defs>'
    ).format(key=key)
    return Markup(
        '<svg class="meals-picture" role="img" aria-labelledby="{key}-title" viewBox="0 0 {width} {height}" '
        'xmlns="http://www.w3.org/2000/svg">{told}{hatch}{parts}</svg>'
    ).format(key=key, width=_WIDTH, height=height, told=told, hatch=hatch, parts=Markup("").join(parts))


def _plate_words(plate: Plate) -> str:
    if plate.missing:
        return _(
            "%(asked)s de %(people)s · faltan %(missing)s",
            asked=plate.asked,
            people=plate.people,
            missing=plate.missing,
        )
    return _("%(asked)s para %(people)s personas", asked=plate.asked, people=plate.people)


def _bars(sizes: Sequence[tuple[str, int]], unit: float) -> dict[str, tuple[float, float]]:
    """Top and height of each bar; nothing that is there is thinner than can be seen."""
    found: dict[str, tuple[float, float]] = {}
    y = 30.0
    for ident, size in sizes:
        tall = max(4.0, size * unit)
        found[ident] = y, tall
        y += tall + _GAP
    return found


def _ribbons(
    loads: Sequence[Load],
    left: dict[str, tuple[float, float]],
    right: dict[str, tuple[float, float]],
    unit: float,
    pots: Sequence[Pot],
    plates: Sequence[Plate],
) -> list[Markup]:
    """In the order of the bars on both sides, so that ribbons of one bar do not cross at it."""
    names = {**{p.id: p.name for p in pots}, **{p.id: p.name for p in plates}}
    row = {ident: n for n, ident in enumerate((*left, *right))}
    out = {ident: y for ident, (y, _tall) in left.items()}
    into = {ident: y for ident, (y, _tall) in right.items()}
    ordered = sorted(loads, key=lambda load: (row[load.kitchen], row[load.place]))
    starts: dict[tuple[str, str], float] = {}
    for load in ordered:
        starts[load.kitchen, load.place] = out[load.kitchen]
        out[load.kitchen] += load.rations * unit
    found: list[Markup] = []
    for load in sorted(loads, key=lambda load: (row[load.place], row[load.kitchen])):
        wide = max(1.5, load.rations * unit)
        a, b = starts[load.kitchen, load.place], into[load.place]
        into[load.place] += load.rations * unit
        found.append(_ribbon(a, b, wide, f"{names[load.kitchen]} → {names[load.place]}: {load.rations}"))
    return found


def _ribbon(a: float, b: float, wide: float, told: str) -> Markup:
    x, end = _BAR, _WIDTH - _BAR
    half = (x + end) / 2
    path = (
        f"M{x} {a:.1f}C{half} {a:.1f} {half} {b:.1f} {end} {b:.1f}V{b + wide:.1f}"
        f"C{half} {b + wide:.1f} {half} {a + wide:.1f} {x} {a + wide:.1f}Z"
    )
    return Markup('<path class="load" d="{path}"><title>{told}</title></path>').format(path=path, told=told)


def _bar(x: int, y: float, tall: float, kind: str) -> Markup:
    return Markup('<rect class="{kind}" x="{x}" y="{y}" width="{wide}" height="{tall}"/>').format(
        kind=kind, x=x, y=f"{y:.1f}", wide=_BAR, tall=f"{tall:.1f}"
    )


def _hatched(y: float, tall: float, key: str) -> Markup:
    return Markup('<rect class="gap" x="{x}" y="{y}" width="{wide}" height="{tall}" fill="url(#{key}-falta)"/>').format(
        x=_WIDTH - _BAR - 20, y=f"{y:.1f}", wide=_BAR + 20, tall=f"{max(3.0, tall):.1f}", key=key
    )


def _label(x: int, y: float, anchor: str, name: str, figures: str) -> Markup:
    short = name if len(name) <= _LETTERS else name[: _LETTERS - 1].rstrip() + "…"
    return Markup(
        '<text x="{x}" y="{y}" text-anchor="{anchor}"><tspan class="name">{name}</tspan>'
        '<tspan x="{x}" dy="11">{figures}</tspan></text>'
    ).format(x=x, y=f"{y - 16:.1f}", anchor=anchor, name=short, figures=figures)
