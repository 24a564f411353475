"""A text on its way to being a protocol, read by the checker: what is wrong with it, where, and how it differs from another."""

from __future__ import annotations

from collections.abc import Mapping

from caravan.basics import Record
from caravan.protocol.check import check
from caravan.protocol.load import load
from caravan.protocol.model import Protocol, ProtocolErrors
from caravan.protocol.versions.compare import differences
from caravan.protocol.versions.difference import grouped


class Remark(Record, frozen=True):
    """One thing to mend. A ``problem`` keeps the text from being a protocol; a ``finding`` is a weakness of one. ``line`` and
    ``column`` count from 1 in the text; ``file`` names the pack it stands in instead, if it does."""

    kind: str
    line: int
    column: int
    message: str
    file: str = ""


class Review(Record, frozen=True):
    """``protocol`` is ``id@version`` of a text that loads, ``against`` that of the version it is compared with; ``changes`` are the
    differences by group, a sentence each."""

    remarks: tuple[Remark, ...]
    protocol: str = ""
    against: str = ""
    changes: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def sound(self) -> bool:
        return bool(self.protocol)


def review(text: str, packs: Mapping[str, str], published: list[Protocol], *, before: int | None = None) -> Review:
    """The checker's answers, and the differences from the version it follows. ``before`` is the number of the text's own version
    once it is published. May take a second: not for the event loop."""
    try:
        protocol = load(text, packs)
    except ProtocolErrors as errors:
        found = (Remark("problem", p.line, p.column, p.message, p.file) for p in errors.problems)
        return Review(remarks=tuple(found))
    remarks = tuple(
        Remark("finding", 0 if one.file else one.line or 0, 1, one.message, one.file) for one in check(protocol)
    )
    known = followed(protocol.id, packs, published, before=before)
    if known is None:
        return Review(remarks=remarks, protocol=protocol.key)
    told = ((title, tuple(one.said for one in group)) for title, group in grouped(differences(known, protocol)))
    return Review(remarks=remarks, protocol=protocol.key, against=known.key, changes=tuple(told))


def followed(
    protocol: str, packs: Mapping[str, str], published: list[Protocol], *, before: int | None = None
) -> Protocol | None:
    """The version that a text of this protocol follows: the newest one known here, also among the packs that others extend, or
    the newest below the number ``before``."""
    known = {other.version: other for other in published if other.id == protocol}
    for key in packs:
        ident, _, number = key.rpartition("@")
        if ident == protocol and number.isdigit() and int(number) not in known:
            try:
                known[int(number)] = load(packs[key], packs)
            except ProtocolErrors:
                continue  # a pack that only stands under others
    return known[max(numbers)] if (numbers := [n for n in known if before is None or n < before]) else None
