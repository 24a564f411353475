"""A change of a protocol on its way: written, proposed by one person, approved by another."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from caravan.basics import Record

DraftStatus = Literal["open", "proposed", "published", "withdrawn"]


class Draft(Record, frozen=True):
    """The text as it was last saved, by whom, and how far it has come. ``agency`` is the one that began it; ``proposed_by`` and
    ``approved_by`` are opaque ids of accounts."""

    id: str
    text: str
    sha256: str
    saved_at: datetime
    saved_by: str
    agency: str
    note: str = ""
    status: DraftStatus = "open"
    proposed_by: str = ""
    approved_by: str = ""

    @property
    def changeable(self) -> bool:
        """Whether it may still be written, proposed or withdrawn."""
        return self.status in ("open", "proposed")
