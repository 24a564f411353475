"""Who may still come tonight: nights that were recorded, from the hour it is now on."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

from caravan.basics import Record

_MIDNIGHT = 18 * 60
"""Minutes from the start of the day of arrivals, at six in the morning."""


class Arrival(Record, frozen=True):
    """A group that came: its id, how many people, and the minute after the start of its day."""

    group: str
    minute: int
    people: int


class Night(Record, frozen=True):
    """Everybody who came in one day and its night. ``day`` is the local date it began on, in ISO form."""

    day: str
    arrivals: tuple[Arrival, ...]

    def until(self, minute: int) -> int:
        """People who had come by that minute."""
        return sum(arrival.people for arrival in self.arrivals if arrival.minute <= minute)


def futures(nights: Sequence[Night], tonight: Night, minute: int, *, samples: int = 3) -> tuple[tuple[str, ...], ...]:
    """For each of up to ``samples`` recorded nights the groups that came after this minute.

    They are drawn from the half of the nights in which most nearly as many people had come by this minute as today. The draw
    depends on the day alone, so that prices do not jump from one decision to the next.
    """
    came = tonight.until(minute)
    alike = sorted(nights, key=lambda night: (abs(night.until(minute) - came), night.day))
    alike = alike[: max(samples, (len(alike) + 1) // 2)]
    drawn = sorted(alike, key=lambda night: _lot(night, tonight.day))[:samples]
    return tuple(tuple(a.group for a in night.arrivals if a.minute > minute) for night in drawn)


def at_this_pace(tonight: Night, minute: int) -> tuple[str, ...]:
    """Groups like which more may come tonight, where no nights are recorded: the last ones, as if people came until midnight as
    they have come since the morning, and at most as many again."""
    left = max(0, _MIDNIGHT - minute)
    again = tonight.until(minute) * min(minute, left) // max(1, minute)
    groups: list[str] = []
    for arrival in sorted(tonight.arrivals, key=lambda a: (-a.minute, a.group)):
        if arrival.minute <= minute and arrival.people <= again:
            groups.append(arrival.group)
            again -= arrival.people
    return tuple(groups)


def _lot(night: Night, day: str) -> bytes:
    """The lot the night drew for that day."""
    return blake2b(f"{day} {night.day}".encode(), digest_size=8).digest()
