"""The few words every other module is written in: records, refusals, reasons, instants and who is acting."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import msgspec

Scalar = str | int | float | bool | None


class Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """An immutable value, equal by content. Its class is also its JSON: one definition each.

    Unknown fields are ignored on reading, because an older worker may read a newer worker's journal.
    """


class Reason(Record, frozen=True):
    """Why something was decided: a code and its numbers, worded in the reader's language at the edge."""

    code: str
    details: dict[str, Scalar] = {}


class Refusal(Exception):
    """A command that will not be carried out. Nothing has changed when it is raised.

    ``code`` names an entry of the one table of refusals (``server/web/problems.py``), which gives its HTTP
    status and its sentence; ``details`` are the numbers and names of that sentence. ``field`` is the part of
    the command that is wrong, where one is.
    """

    def __init__(self, code: str, *, field: str | None = None, **details: Any) -> None:
        super().__init__(code, details)
        self.code = code
        self.field = field
        self.details: dict[str, Any] = details


Role = Literal["coordination", "shelter", "kitchen", "brigade", "agency", "system"]


class Actor(Record, frozen=True):
    """Who acts. ``agency`` is a key of the protocol's ``agencias``; ``place`` the shelter, kitchen or station
    the role is bound to. ``user`` is an opaque account id: the journal holds no person's name."""

    agency: str
    role: Role
    user: str = ""
    place: str | None = None


SYSTEM = Actor(agency="caravan", role="system")


def instant(text: str) -> datetime:
    """An aware UTC instant from ISO 8601 text. Raises ``ValueError`` for text without an offset."""
    value = datetime.fromisoformat(text)
    if value.tzinfo is None:
        raise ValueError(f"instant without offset: {text}")
    return value.astimezone(UTC)


MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

# Municipality codes are OCHA p-codes: "MX" + the five digits of INEGI's key (domain: HDX COD, valid from 2021-06-18).
MUNICIPALITY = r"^MX[0-9]{5}$"
