"""Texts about people: said once, kept apart from the journal, erased when their time is over."""

from __future__ import annotations

from datetime import datetime

from caravan.basics import Record


class KeptText(Record, frozen=True):
    """The mark that the journal keeps of a text it does not hold. ``owner`` is the case, group or activation it came with;
    ``event`` and ``field`` say what it answered; ``visible`` are the agencies that may read it (``None`` = all who may know of
    its owner)."""

    id: str
    owner: str
    event: str
    field: str
    agency: str
    kept_at: datetime
    activation: str
    group: str | None = None
    case: str | None = None
    visible: tuple[str, ...] | None = None
    erased_at: datetime | None = None
