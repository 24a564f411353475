"""What time it is: the world's, or that of a drill."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """``rate`` is how many seconds pass here for one of the world's."""

    rate: float

    def now(self) -> datetime: ...


class WorldClock:
    rate = 1.0

    def now(self) -> datetime:
        return datetime.now(UTC)


class DrillClock:
    """A simulated clock. It never goes back; it may be set forward and its pace changed."""

    def __init__(self, start: datetime, rate: float = 1.0, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._base, self._since, self.rate = start, monotonic(), rate

    def now(self) -> datetime:
        return self._base + timedelta(seconds=(self._monotonic() - self._since) * self.rate)

    def set(self, at: datetime | None = None, rate: float | None = None) -> None:
        """Goes on from ``at``, or from now if that is later, at ``rate``."""
        now = self.now()
        self._base = max(at, now) if at is not None else now
        self._since = self._monotonic()
        self.rate = self.rate if rate is None else rate
