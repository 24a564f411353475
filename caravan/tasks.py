"""Tasks with an owner and a deadline, and the notices that go out."""

from __future__ import annotations

from datetime import datetime

from caravan.basics import Record, Scalar


class Task(Record, frozen=True):
    """Something an agency must do. ``title`` by language. ``visible`` limits who may know of it (``None`` = everybody of
    the activation). ``evidence`` names what must be shown to complete it."""

    id: str
    activation: str
    instance: str
    state: str
    title: dict[str, str]
    owner: str
    opened_at: datetime
    due: datetime | None = None
    group: str | None = None
    case: str | None = None
    evidence: str | None = None
    visible: tuple[str, ...] | None = None


class Notice(Record, frozen=True):
    """Word to an agency, kept in the outbox. ``template`` names its wording; ``facts`` are the numbers it tells."""

    id: str
    to: str
    template: str
    queued_at: datetime
    channels: tuple[str, ...] = ()
    activation: str | None = None
    group: str | None = None
    case: str | None = None
    place: str | None = None
    facts: dict[str, Scalar] = {}
    visible: tuple[str, ...] | None = None
