"""A document as blocks of plain text, without markup: what a printer of HTML or PDF lays out."""

from __future__ import annotations

from caravan.basics import Record


class Heading(Record, frozen=True, tag="heading"):
    level: int
    text: str


class Paragraph(Record, frozen=True, tag="paragraph"):
    text: str


class Table(Record, frozen=True, tag="table"):
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Facts(Record, frozen=True, tag="facts"):
    """A numbered step: what is told of it, each with one or more sentences. ``depth`` 1 is the outermost."""

    number: str
    title: str
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    depth: int = 1


Block = Heading | Paragraph | Table | Facts


class Paper(Record, frozen=True):
    """``front`` are the rows of the first page; ``signature`` its heading, its sentence and the lines to be filled by hand.
    ``draft`` is what makes it a draft: the word for it, a sentence and what is missing; a draft has no signature."""

    language: str
    title: str
    subtitle: str
    front: tuple[tuple[str, str], ...]
    note: str
    blocks: tuple[Block, ...]
    signature: tuple[str, ...]
    page: str
    of: str
    running: str
    draft: tuple[str, ...] = ()
