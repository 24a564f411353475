"""What happened, in the past tense: the journal's facts. The class is the journal's JSON.

Events only ever gain fields, with defaults: a golden journal of every release folds for ever.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import msgspec

from caravan.basics import Reason, Record, Scalar
from caravan.cases import Case
from caravan.geography import Position
from caravan.groups import Composition, Count, Departure, Group, Household
from caravan.handoff import Relay
from caravan.kitchens import Kitchen, MealOrder, MealService
from caravan.protocol.model import Effect, Snapshot, Timer, Trigger, Why
from caravan.shelters.model import Placement, Section, Shelter
from caravan.shelters.plan import Explanation, Vector
from caravan.stations import Office, Station
from caravan.tasks import Notice, Task
from caravan.texts import KeptText


class Event(Record, frozen=True, tag=True):
    """A fact. ``at`` and ``by`` are the journal's, not the event's."""


class RealmOpened(Event, frozen=True):
    name: str
    salt: str
    drill: bool = False


class ProtocolPublished(Event, frozen=True):
    """The whole text, and those of the packs it extends: a journal alone is enough to read what was decided under it."""

    protocol: str
    version: int
    sha256: str
    text: str
    packs: dict[str, str] = {}
    draft: str = ""
    proposed_by: str = ""
    approved_by: str = ""


class DraftSaved(Event, frozen=True):
    """The whole text each time: nothing that was written is lost."""

    draft: str
    text: str
    sha256: str
    agency: str
    user: str
    note: str = ""


class PublicationProposed(Event, frozen=True):
    draft: str
    sha256: str
    user: str


class PublicationApproved(Event, frozen=True):
    """``ProtocolPublished`` follows."""

    draft: str
    sha256: str
    user: str


class ProtocolTookEffect(Event, frozen=True):
    """The day from which a published version answers arrivals (``vigente_desde``) has come."""

    protocol: str
    version: int


class DraftWithdrawn(Event, frozen=True):
    draft: str
    user: str


class ActivationMigrated(Event, frozen=True):
    """A running activation goes on under another version: where each of its instances stands there. ``dropped`` are the clocks
    that have no place in it, by instance; ``ended`` the instances that were over and whose machine it lacks. Machines that only it
    has begin after this."""

    activation: str
    protocol: str
    version: int
    snapshots: dict[str, Snapshot]
    map: dict[str, dict[str, str]]
    reason: str
    dropped: dict[str, tuple[Timer, ...]] = {}
    ended: tuple[str, ...] = ()


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
    case: str | None = None


class SendScheduled(Event, frozen=True):
    """A protocol sends an event to other machines later (``enviar`` with ``tras``). ``to`` is ``activacion``, ``grupos`` or
    ``casos``: who that is, is seen when it is due. ``case`` is the one that sends."""

    send: str
    activation: str
    to: str
    name: str
    due: datetime
    case: str | None = None


class SendDelivered(Event, frozen=True):
    send: str


class EventDropped(Event, frozen=True):
    """An event of the program that no machine waited for."""

    instance: str
    name: str


class InstanceStopped(Event, frozen=True):
    """A protocol could not go on from where a clock or news led: what followed was undone, and ``clock`` rings no more. ``clock``
    is ``None`` where the instance only did not hear of something. ``reason`` is ``endless_loop`` or ``cannot_go_on``."""

    instance: str
    activation: str
    reason: str
    clock: Timer | None = None
    group: str | None = None
    case: str | None = None
    visible: tuple[str, ...] | None = None


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
    case: str | None = None


class TaskOpened(Event, frozen=True):
    task: Task


class TaskCompleted(Event, frozen=True):
    task: str
    by: str
    evidence: str = ""
    case: str | None = None
    visible: tuple[str, ...] | None = None


class TaskWithdrawn(Event, frozen=True):
    """The step it belonged to was left."""

    task: str
    case: str | None = None


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
    case: str | None = None


class CaseOpened(Event, frozen=True):
    case: Case


class CaseNoted(Event, frozen=True):
    """Facts of a case that its protocol wrote down (``anotar``); the others stay as they were."""

    case: str
    values: dict[str, Scalar]


class CaseClosed(Event, frozen=True):
    """Its machine has ended, or its group was reported by mistake (``reason`` says so)."""

    case: str
    reason: str = ""


class TextKept(Event, frozen=True):
    """Somebody said something that may have to be forgotten: it is kept elsewhere, and here only that there is such a text."""

    text: KeptText


class TextsPurged(Event, frozen=True):
    """The texts of a case, a group or an activation are erased for good."""

    owner: str
    texts: tuple[str, ...]


class RelayProposed(Event, frozen=True):
    relay: Relay


class RelayAnswered(Event, frozen=True):
    relay: str
    accepted: bool
    received: int | None = None
    reason: str = ""


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
    RealmOpened | ProtocolPublished | ProtocolTookEffect | DraftSaved | PublicationProposed | PublicationApproved |
    DraftWithdrawn | ActivationMigrated | StationRegistered | OfficeRegistered | ShelterRegistered |
    KitchenRegistered | PlaceLocated | ActivationOpened | LevelSet | ProtocolStepped | SendScheduled | SendDelivered
    | EventDropped | InstanceStopped | DeadlineMissed | TaskOpened | TaskCompleted | TaskWithdrawn | NoticeQueued |
    NoticeSeen | Remarked | CaseOpened | CaseNoted | CaseClosed | TextKept | TextsPurged | RelayProposed |
    RelayAnswered | GroupArrived | CountRecorded | AsylumWishRecorded | DepartureRecorded | GroupsMerged |
    GroupSplit | GroupAnnulled | GroupConcluded | ShelterRequested | MealsRequested | OccupancyReported |
    PlanProposed | PlacementHeld | PlacementAccepted | PlacementDeclined | PlacementExpired | PlacementArrived |
    StayEndSet | PlacementEnded | RationsReported | MealsOrdered | MealsAccepted | MealsCancelled | MealsServed |
    MealsLacking
)  # fmt: skip
_decoder = msgspec.json.Decoder(AnyEvent)
_encoder = msgspec.json.Encoder()


def encode(event: Event) -> bytes:
    """The event as the journal keeps it: one JSON object whose ``type`` is the class's name."""
    return _encoder.encode(event)


def decode(line: bytes | str) -> Event:
    """The inverse of ``encode``. Raises ``msgspec.ValidationError`` for what is not an event of this program."""
    return _decoder.decode(line)
