"""What happened, in the past tense: the journal's facts. The class is the journal's JSON.

Events only ever gain fields, with defaults: a golden journal of every release folds for ever.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import msgspec

from caravan.basics import Reason, Record
from caravan.geography import Position
from caravan.groups import Composition, Count, Departure, Group, Household
from caravan.kitchens import Kitchen, MealOrder, MealService
from caravan.protocol.model import Effect, Snapshot, Trigger, Why
from caravan.shelters.model import Placement, Section, Shelter
from caravan.shelters.plan import Explanation, Vector
from caravan.stations import Office, Station
from caravan.tasks import Notice, Task


class Event(Record, frozen=True, tag=True):
    """A fact. ``at`` and ``by`` are the journal's, not the event's."""


class RealmOpened(Event, frozen=True):
    name: str
    salt: str
    drill: bool = False


class ProtocolPublished(Event, frozen=True):
    """The whole text: a journal alone is enough to read what was decided under it."""

    protocol: str
    version: int
    sha256: str
    text: str


class StationRegistered(Event, frozen=True):
    station: Station


class OfficeRegistered(Event, frozen=True):
    office: Office


class ShelterRegistered(Event, frozen=True):
    shelter: Shelter


class KitchenRegistered(Event, frozen=True):
    kitchen: Kitchen


class PlaceLocated(Event, frozen=True):
    place: str
    position: Position


class ActivationOpened(Event, frozen=True):
    activation: str
    protocol: str
    version: int
    station: str
    reason: str
    level: str


class LevelSet(Event, frozen=True):
    activation: str
    level: str
    reason: str


class ProtocolStepped(Event, frozen=True):
    """One macrostep of one machine, as it was taken: folding stores it and never steps again. ``read`` are the facts the
    machine was given."""

    instance: str
    activation: str
    trigger: Trigger
    read: dict[str, dict[str, Any]]
    snapshot: Snapshot
    effects: tuple[Effect, ...] = ()
    why: tuple[Why, ...] = ()
    group: str | None = None
    visible: tuple[str, ...] | None = None


class SendScheduled(Event, frozen=True):
    """A protocol sends an event to other machines later (``enviar`` with ``tras``). ``to`` is ``activacion`` or ``grupos``:
    who that is, is seen when it is due."""

    send: str
    activation: str
    to: str
    name: str
    due: datetime


class SendDelivered(Event, frozen=True):
    send: str


class EventDropped(Event, frozen=True):
    """An event of the program that no machine waited for."""

    instance: str
    name: str


class DeadlineMissed(Event, frozen=True):
    """A step is late: one rung of the ladder has been told. ``rung`` counts from 0."""

    instance: str
    activation: str
    state: str
    due: datetime
    rung: int
    told: tuple[str, ...]
    group: str | None = None
    visible: tuple[str, ...] | None = None


class TaskOpened(Event, frozen=True):
    task: Task


class TaskCompleted(Event, frozen=True):
    task: str
    by: str
    evidence: str = ""


class TaskWithdrawn(Event, frozen=True):
    """The step it belonged to was left."""

    task: str


class NoticeQueued(Event, frozen=True):
    notice: Notice


class NoticeSeen(Event, frozen=True):
    notice: str


class Remarked(Event, frozen=True):
    """A line the protocol itself writes into the log (``registrar``)."""

    activation: str
    text: str
    group: str | None = None
    visible: tuple[str, ...] | None = None


class GroupArrived(Event, frozen=True):
    group: Group


class CountRecorded(Event, frozen=True):
    group: str
    count: Count
    composition: Composition | None = None
    households: tuple[Household, ...] = ()
    unaccompanied: int | None = None


class AsylumWishRecorded(Event, frozen=True):
    group: str
    people: int


class DepartureRecorded(Event, frozen=True):
    group: str
    departure: Departure


class GroupsMerged(Event, frozen=True):
    group: str
    into: str
    reason: str


class GroupSplit(Event, frozen=True):
    """``part`` is the new group, with the people taken from ``group``."""

    group: str
    part: Group
    count: Count
    reason: str


class GroupAnnulled(Event, frozen=True):
    group: str
    reason: str


class GroupConcluded(Event, frozen=True):
    group: str


class ShelterRequested(Event, frozen=True):
    group: str


class MealsRequested(Event, frozen=True):
    group: str


class OccupancyReported(Event, frozen=True):
    """``available`` by section are the empty places after this report; ``None`` leaves them unknown."""

    shelter: str
    available: dict[Section, int] | None
    occupied: int | None
    at: datetime
    unchanged: bool = False


class PlanProposed(Event, frozen=True):
    """A plan as it was offered to the official, with its reasons. It holds nothing."""

    plan: str
    group: str
    parts: tuple[Placement, ...]
    unplaced: int
    vector: Vector
    reasons: tuple[Explanation, ...]
    lacking: tuple[Reason, ...] = ()
    provisional: bool = False
    shown: dict[str, dict[Section, int]] = {}


class PlacementHeld(Event, frozen=True):
    placement: Placement


class PlacementAccepted(Event, frozen=True):
    placement: str
    until: datetime | None = None


class PlacementDeclined(Event, frozen=True):
    placement: str
    reason: str


class PlacementExpired(Event, frozen=True):
    placement: str


class PlacementArrived(Event, frozen=True):
    placement: str
    people: int
    at: datetime
    until: datetime | None = None


class StayEndSet(Event, frozen=True):
    placement: str
    until: datetime
    source: str = ""


class PlacementEnded(Event, frozen=True):
    placement: str
    reason: str


class RationsReported(Event, frozen=True):
    kitchen: str
    rations: dict[MealService, int]


class MealsOrdered(Event, frozen=True):
    order: MealOrder


class MealsAccepted(Event, frozen=True):
    order: str


class MealsCancelled(Event, frozen=True):
    order: str
    reason: str


class MealsServed(Event, frozen=True):
    order: str
    rations: int


class MealsLacking(Event, frozen=True):
    """Rations nobody could give for that service."""

    group: str
    day: date
    service: MealService
    rations: int


PLACEMENT_MOVED = (
    PlacementAccepted,
    PlacementDeclined,
    PlacementExpired,
    PlacementArrived,
    StayEndSet,
    PlacementEnded,
)
"""What may happen to a placement once it is held; each names it in ``placement``."""
ORDER_MOVED = (MealsAccepted, MealsCancelled, MealsServed)
"""What may happen to an order of rations; each names it in ``order``."""

AnyEvent = (
    RealmOpened
    | ProtocolPublished
    | StationRegistered
    | OfficeRegistered
    | ShelterRegistered
    | KitchenRegistered
    | PlaceLocated
    | ActivationOpened
    | LevelSet
    | ProtocolStepped
    | SendScheduled
    | SendDelivered
    | EventDropped
    | DeadlineMissed
    | TaskOpened
    | TaskCompleted
    | TaskWithdrawn
    | NoticeQueued
    | NoticeSeen
    | Remarked
    | GroupArrived
    | CountRecorded
    | AsylumWishRecorded
    | DepartureRecorded
    | GroupsMerged
    | GroupSplit
    | GroupAnnulled
    | GroupConcluded
    | ShelterRequested
    | MealsRequested
    | OccupancyReported
    | PlanProposed
    | PlacementHeld
    | PlacementAccepted
    | PlacementDeclined
    | PlacementExpired
    | PlacementArrived
    | StayEndSet
    | PlacementEnded
    | RationsReported
    | MealsOrdered
    | MealsAccepted
    | MealsCancelled
    | MealsServed
    | MealsLacking
)
_decoder = msgspec.json.Decoder(AnyEvent)
_encoder = msgspec.json.Encoder()


def encode(event: Event) -> bytes:
    """The event as the journal keeps it: one JSON object whose ``type`` is the class's name."""
    return _encoder.encode(event)


def decode(line: bytes | str) -> Event:
    """The inverse of ``encode``. Raises ``msgspec.ValidationError`` for what is not an event of this program."""
    return _decoder.decode(line)
