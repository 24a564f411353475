"""Proving a journal: every recorded step taken again, and compared with what was written down."""

from __future__ import annotations

from datetime import datetime

import msgspec

from caravan import events as e
from caravan.basics import Record
from caravan.picture import Picture
from caravan.protocol.model import EndlessLoop, SnapshotError
from caravan.protocol.versions.again import START, take_again

_encode = msgspec.json.Encoder().encode


class Divergence(Record, frozen=True):
    """A step that does not come out as it was recorded at ``seq``: which part of it, as the journal has it and as it comes out
    now, both as JSON."""

    seq: int
    instance: str
    part: str
    recorded: str
    again: str


def divergences(picture: Picture, event: e.ProtocolStepped, at: datetime) -> list[Divergence]:
    """What comes out otherwise when the step is taken again; ``picture`` is that before it, ``at`` its hour. Compared byte for
    byte, as the journal writes it."""
    seq = picture.seq + 1
    known = picture.instances.get(event.instance)
    begins = known is None and event.trigger.name == START
    protocol = picture.protocol_of(event.activation)
    try:
        again = take_again(
            protocol,
            event.snapshot.machine,
            known.snapshot if known and not begins else None,
            event.trigger,
            event.read,
            at,
        )
    except (SnapshotError, EndlessLoop, KeyError) as error:
        return [_divergence(seq, event, "snapshot", event.snapshot, f"{type(error).__name__}: {error}")]
    parts = (
        ("snapshot", event.snapshot, again.snapshot),
        ("effects", event.effects, again.effects),
        ("why", event.why, again.why),
    )
    return [_divergence(seq, event, part, old, new) for part, old, new in parts if _encode(old) != _encode(new)]


def _divergence(seq: int, event: e.ProtocolStepped, part: str, old: object, new: object) -> Divergence:
    return Divergence(
        seq=seq, instance=event.instance, part=part, recorded=_encode(old).decode(), again=_encode(new).decode()
    )
