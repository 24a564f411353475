"""Relays: people who go on to another state, and what that state answers."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from caravan.basics import Record


class Relay(Record, frozen=True):
    """Word to another state that people are on their way. ``to_state`` is its p-code; ``sent`` the people that were announced and
    ``received`` those the other state says it took in, ``None`` where nobody has said."""

    id: str
    activation: str
    instance: str
    to_state: str
    proposed_at: datetime
    sent: int | None = None
    group: str | None = None
    case: str | None = None
    visible: tuple[str, ...] | None = None
    status: Literal["proposed", "accepted", "rejected"] = "proposed"
    received: int | None = None
    answered_at: datetime | None = None
    reason: str = ""

    @property
    def owner(self) -> str:
        """Whose machines hear the answer."""
        return self.case or self.group or self.activation

    @property
    def missing(self) -> int | None:
        """People announced and not received; negative where more came; ``None`` while one of the two is unknown."""
        if self.status != "accepted" or self.sent is None or self.received is None:
            return None
        return self.sent - self.received
