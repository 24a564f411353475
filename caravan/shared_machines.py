"""Where a machine stands, as one viewer may know it: what pictures of a protocol are lit by."""

from __future__ import annotations

from datetime import datetime

from caravan.basics import Record
from caravan.protocol.drawing.sight import MayKnow, shown_to
from caravan.protocol.model import Protocol, Snapshot
from caravan.protocol.outlook import waiting


class SharedMachine(Record, frozen=True):
    """``shown`` are the only states the viewer may know of (``None``: all of the machine); ``active`` those of them where it
    stands, each with the deadline it has itself."""

    machine: str
    shown: frozenset[str] | None
    active: dict[str, datetime | None]


def shared_machine(protocol: Protocol, snapshot: Snapshot, may: MayKnow) -> SharedMachine | None:
    """``None`` for a viewer who may know of none of its states.

    Where states are hidden and none of the others waits, nothing is lit: whether the machine is over, or only the part this
    viewer knows, would tell of the hidden part.
    """
    shown = shown_to(protocol, snapshot.machine, may)
    if shown is not None and not shown:
        return None
    deadlines = snapshot.deadlines
    active = {state: deadlines.get(state) for state in snapshot.active if shown is None or state in shown}
    if shown is not None and not any(may(state.owner, state.visible) for state in waiting(protocol, snapshot)):
        active = {}
    return SharedMachine(machine=snapshot.machine, shown=shown, active=active)
