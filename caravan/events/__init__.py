"""What happened, in the past tense: the journal's facts. The class is the journal's JSON.

Events only ever gain fields, with defaults: a golden journal of every release folds for ever.
"""

from __future__ import annotations

import msgspec

from caravan.events.event import Event
from caravan.events.lodging import (
    OccupancyReported,
    PlacementAccepted,
    PlacementArrived,
    PlacementDeclined,
    PlacementEnded,
    PlacementExpired,
    PlacementHeld,
    PlacementReduced,
    PlacesShort,
    PlanProposed,
    PlanStands,
    PlanUpset,
    StayEndSet,
    StayFallsShort,
)
from caravan.events.meals import (
    KitchenDayCancelled,
    MealsAccepted,
    MealsCancelled,
    MealsLacking,
    MealsOrdered,
    MealsReduced,
    MealsServed,
    MealsTransferred,
    RationsReported,
)
from caravan.events.people import (
    AsylumWishRecorded,
    CountRecorded,
    DepartureRecorded,
    GroupAnnulled,
    GroupArrived,
    GroupConcluded,
    GroupsMerged,
    GroupSplit,
    MealsRequested,
    ShelterRequested,
)
from caravan.events.protocol import (
    ActivationOpened,
    CaseClosed,
    CaseNoted,
    CaseOpened,
    DeadlineMissed,
    EventDropped,
    InstanceStopped,
    LevelSet,
    NoticeQueued,
    NoticeSeen,
    ProtocolStepped,
    RelayAnswered,
    RelayProposed,
    Remarked,
    SendDelivered,
    SendScheduled,
    TaskCompleted,
    TaskOpened,
    TaskWithdrawn,
    TextKept,
    TextsPurged,
)
from caravan.events.realm import (
    ActivationMigrated,
    DraftSaved,
    DraftWithdrawn,
    KitchenRegistered,
    OfficeRegistered,
    PlaceLocated,
    PolicyPublished,
    ProtocolPublished,
    ProtocolTookEffect,
    PublicationApproved,
    PublicationProposed,
    RealmOpened,
    ShelterRegistered,
    StationRegistered,
)

PLACEMENT_MOVED = (
    PlacementAccepted,
    PlacementDeclined,
    PlacementExpired,
    PlacementArrived,
    StayEndSet,
    PlacementReduced,
    PlacementEnded,
)
"""What may happen to a placement once it is held; each names it in ``placement``."""
ORDER_MOVED = (MealsAccepted, MealsCancelled, MealsReduced, MealsServed, MealsTransferred)
"""What may happen to an order of rations; each names it in ``order``."""

AnyEvent = (
    RealmOpened | ProtocolPublished | ProtocolTookEffect | DraftSaved | PublicationProposed | PublicationApproved |
    DraftWithdrawn | ActivationMigrated | PolicyPublished | StationRegistered | OfficeRegistered | ShelterRegistered |
    KitchenRegistered | PlaceLocated | ActivationOpened | LevelSet | ProtocolStepped | SendScheduled | SendDelivered
    | EventDropped | InstanceStopped | DeadlineMissed | TaskOpened | TaskCompleted | TaskWithdrawn | NoticeQueued |
    NoticeSeen | Remarked | CaseOpened | CaseNoted | CaseClosed | TextKept | TextsPurged | RelayProposed |
    RelayAnswered | GroupArrived | CountRecorded | AsylumWishRecorded | DepartureRecorded | GroupsMerged |
    GroupSplit | GroupAnnulled | GroupConcluded | ShelterRequested | MealsRequested | OccupancyReported |
    PlanProposed | PlanStands | PlanUpset | PlacementReduced | PlacesShort | PlacementHeld | PlacementAccepted | PlacementDeclined | PlacementExpired | PlacementArrived |
    StayEndSet | StayFallsShort | PlacementEnded | RationsReported | MealsOrdered | MealsAccepted | MealsCancelled | MealsServed |
    MealsLacking | MealsTransferred | MealsReduced | KitchenDayCancelled
)  # fmt: skip
_decoder = msgspec.json.Decoder(AnyEvent)
_encoder = msgspec.json.Encoder()


def encode(event: Event) -> bytes:
    """The event as the journal keeps it: one JSON object whose ``type`` is the class's name."""
    return _encoder.encode(event)


def decode(line: bytes | str) -> Event:
    """The inverse of ``encode``. Raises ``msgspec.ValidationError`` for what is not an event of this program."""
    return _decoder.decode(line)


__all__ = [
    "ActivationMigrated",
    "ActivationOpened",
    "AnyEvent",
    "AsylumWishRecorded",
    "CaseClosed",
    "CaseNoted",
    "CaseOpened",
    "CountRecorded",
    "DeadlineMissed",
    "DepartureRecorded",
    "DraftSaved",
    "DraftWithdrawn",
    "Event",
    "EventDropped",
    "GroupAnnulled",
    "GroupArrived",
    "GroupConcluded",
    "GroupSplit",
    "GroupsMerged",
    "InstanceStopped",
    "KitchenDayCancelled",
    "KitchenRegistered",
    "LevelSet",
    "MealsAccepted",
    "MealsCancelled",
    "MealsLacking",
    "MealsOrdered",
    "MealsReduced",
    "MealsRequested",
    "MealsServed",
    "MealsTransferred",
    "NoticeQueued",
    "NoticeSeen",
    "ORDER_MOVED",
    "OccupancyReported",
    "OfficeRegistered",
    "PLACEMENT_MOVED",
    "PlaceLocated",
    "PlacementAccepted",
    "PlacementArrived",
    "PlacementDeclined",
    "PlacementEnded",
    "PlacementExpired",
    "PlacementHeld",
    "PlacementReduced",
    "PlacesShort",
    "PlanProposed",
    "PlanStands",
    "PlanUpset",
    "PolicyPublished",
    "ProtocolPublished",
    "ProtocolStepped",
    "ProtocolTookEffect",
    "PublicationApproved",
    "PublicationProposed",
    "RationsReported",
    "RealmOpened",
    "RelayAnswered",
    "RelayProposed",
    "Remarked",
    "SendDelivered",
    "SendScheduled",
    "ShelterRegistered",
    "ShelterRequested",
    "StationRegistered",
    "StayEndSet",
    "StayFallsShort",
    "TaskCompleted",
    "TaskOpened",
    "TaskWithdrawn",
    "TextKept",
    "TextsPurged",
    "decode",
    "encode",
]
