"""What every fact is."""

from __future__ import annotations

from caravan.basics import Record


class Event(Record, frozen=True, tag=True):
    """A fact. ``at`` and ``by`` are the journal's, not the event's."""
