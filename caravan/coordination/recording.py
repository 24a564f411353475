"""What past activations heard, read from the journal: what a rehearsal plays again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from msgspec.structs import replace

from caravan import events as e
from caravan.basics import Record
from caravan.protocol.model import Instance
from caravan.protocol.versions.again import START
from caravan.protocol.versions.rehearse import CONCLUDED, Heard, Recording


class Past(Record, frozen=True):
    """An activation that was: under which version it began, where and when, and what it heard."""

    protocol: str
    version: int
    station: str
    opened_at: datetime
    recording: Recording

    @property
    def key(self) -> str:
        return f"{self.protocol}@{self.version}"


HEARD = (e.ActivationOpened, e.ProtocolStepped, e.EventDropped, e.SendScheduled, e.SendDelivered)
"""The facts a recording is made from; all others may be left out."""


def recorded(facts: Iterable[tuple[e.Event, datetime]], ends: datetime | None = None) -> list[Past]:
    """Every activation of a journal, in the order in which they were opened. Their clocks run on to ``ends``, by default the hour
    of the last fact."""
    recorder = _Recorder()
    last: datetime | None = None
    for event, at in facts:
        recorder.take(event, at)
        last = at
    ends = ends or last
    if ends is None:
        return []
    return [
        Past(
            protocol=opened.protocol, version=opened.version, station=opened.station, opened_at=at,
            recording=Recording(activation=ident, heard=tuple(recorder.heard[ident]), ends=ends),
        )
        for ident, (opened, at) in recorder.opened.items()
    ]  # fmt: skip


class _Recorder:
    """What machines sent each other is left out: each version sends its own."""

    def __init__(self) -> None:
        self.opened: dict[str, tuple[e.ActivationOpened, datetime]] = {}
        self.heard: dict[str, list[Heard]] = {}
        self._instances: dict[str, e.ProtocolStepped] = {}
        self._sends: dict[str, e.SendScheduled] = {}
        self._sent: set[tuple[str, str, datetime]] = set()

    def take(self, event: e.Event, at: datetime) -> None:
        match event:
            case e.ActivationOpened():
                self.opened[event.activation] = (event, at)
                self.heard[event.activation] = []
            case e.SendScheduled():
                self._sends[event.send] = event
            case e.SendDelivered(send=send) if send in self._sends:
                self._sent.add((self._sends[send].activation, self._sends[send].name, at))
            case e.ProtocolStepped():
                self._step(event, at)
            case e.EventDropped(instance=ident, name=name) if ident in self._instances:
                self._keep(self._instances[ident], _named(self._instances[ident], name, at))
            case _:
                pass

    def _step(self, event: e.ProtocolStepped, at: datetime) -> None:
        begins = event.instance not in self._instances
        self._instances[event.instance] = event
        for effect in event.effects:
            if effect.kind == "enviar":
                self._sent.add((event.activation, str(effect.args["evento"]), at))
        heard = Heard(
            at=at, owner=_owner(event), kind="facts", instance=_kind(event), group=event.group,
            machine=event.snapshot.machine, read=event.read,
        )  # fmt: skip
        if begins and event.trigger.name == START:
            heard = replace(heard, kind="start")
        elif event.trigger.kind == "event":
            heard = replace(heard, kind="event", name=event.trigger.name, payload=event.trigger.payload)
        self._keep(event, heard)

    def _keep(self, event: e.ProtocolStepped, heard: Heard) -> None:
        """An event for an owner is heard once, though several of its machines wrote it down."""
        kept = self.heard[event.activation]
        internal = heard.name == CONCLUDED or (event.activation, heard.name, heard.at) in self._sent
        if heard.kind == "event" and internal:
            heard = replace(heard, kind="facts", name="", payload={})
        known = kept[-1] if kept else None
        if heard.kind == "event" and known is not None and _same(known, heard):
            kept[-1] = replace(known, read=known.read or heard.read)
        else:
            kept.append(heard)


def _same(known: Heard, heard: Heard) -> bool:
    """Two machines of one owner that heard the same thing in one breath."""
    told = [(h.kind, h.owner, h.name, h.at) for h in (known, heard)]
    alike = known.payload == heard.payload or not heard.payload or not known.payload
    return told[0] == told[1] and known.machine != heard.machine and alike


def _named(event: e.ProtocolStepped, name: str, at: datetime) -> Heard:
    """An event that was dropped: the journal keeps its name alone."""
    return Heard(
        at=at, owner=_owner(event), kind="event", instance=_kind(event), group=event.group, machine=event.snapshot.machine,
        name=name,
    )  # fmt: skip


def _owner(event: e.ProtocolStepped) -> str:
    return event.case or event.group or event.activation


def _kind(event: e.ProtocolStepped) -> Instance:
    return "caso" if event.case else "grupo" if event.group else "activacion"
