"""How wide a text will be, so that a drawing can leave room for it without a font at hand.

The widths are those Arial, Helvetica and Liberation Sans share (the Adobe metrics of Helvetica, thousandths of the size).
"""

from __future__ import annotations

from collections.abc import Sequence
from unicodedata import normalize

FAMILY = "Arial, Helvetica, 'Liberation Sans', sans-serif"
_CLASSES: dict[int, str] = {
    191: "'", 222: "ijl", 278: "ft/.,:;!|I[]\\ ", 333: "()r-`", 355: '"', 389: "*", 469: "^", 500: "cksvxyzJ",
    334: "{}", 556: "abdeghnopqu0123456789L#$?_«»", 584: "+<>=~±", 611: "FTZ¿", 667: "ABEKPSVXY&", 722: "CDHNRUw",
    778: "GOQ", 833: "mM", 889: "%", 944: "W", 1000: "—→…", 1015: "@", 350: "·•", 604: "●", 400: "°ºª",
}  # fmt: skip
_WIDTHS: dict[str, int] = {letter: width for width, letters in _CLASSES.items() for letter in letters}
_UNKNOWN = 1000
_BOLD = 1.08
_SLACK = 1.04
"""A printer's own font may be a little wider."""


def width(text: str, size: float, *, bold: bool = False) -> float:
    """The room ``text`` takes in one line at ``size``, in the same unit, never less than it will be."""
    letters = normalize("NFD", text)
    total = sum(_WIDTHS.get(letter, _UNKNOWN) for letter in letters if not "\u0300" <= letter <= "\u036f")
    return total / 1000 * size * _SLACK * (_BOLD if bold else 1)


def widest(lines: Sequence[str], size: float, *, bold: bool = False) -> float:
    return max((width(line, size, bold=bold) for line in lines), default=0.0)


def wrapped(text: str, size: float, room: float, *, bold: bool = False) -> tuple[str, ...]:
    """``text`` in lines no wider than ``room``; a single word that is wider is cut."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        for piece in _pieces(word, size, room, bold):
            longer = f"{line} {piece}" if line else piece
            if line and width(longer, size, bold=bold) > room:
                lines.append(line)
                longer = piece
            line = longer
    return (*lines, line) if line else tuple(lines)


def _pieces(word: str, size: float, room: float, bold: bool) -> list[str]:
    """A word in parts that fit: whole, unless it is wider than a line."""
    found: list[str] = []
    while width(word, size, bold=bold) > room and len(word) > 1:
        fits = next((n for n in range(len(word) - 1, 1, -1) if width(word[:n] + "-", size, bold=bold) <= room), 1)
        found.append(word[:fits] + "-")
        word = word[fits:]
    return [*found, word]
