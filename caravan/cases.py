"""Cases: one person, family or incident that the protocol follows by itself, under an activation."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from caravan.basics import Record, Scalar


class Case(Record, frozen=True):
    """One running matter of a machine whose ``instancia`` is ``caso``. It carries a group where one of the group's machines
    opened it. ``values`` are the facts ``caso.*`` of its protocol: numbers, dates and choices, never a person's words."""

    id: str
    activation: str
    machine: str
    opened_at: datetime
    group: str | None = None
    values: dict[str, Scalar] = {}
    status: Literal["open", "closed"] = "open"
