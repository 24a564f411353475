"""The realm, its places, and what is published in it."""

from __future__ import annotations

from caravan.events.event import Event
from caravan.geography import Position
from caravan.kitchens import Kitchen
from caravan.protocol.model import Snapshot, Timer
from caravan.shelters.model import Shelter
from caravan.shelters.policy import Policy
from caravan.stations import Office, Station


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


class PolicyPublished(Event, frozen=True):
    """A placement policy is in force from here on: as it was read, and the whole text it was read from."""

    policy: Policy
    text: str
    sha256: str
    reason: str
    agency: str = ""
    user: str = ""


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
