"""Places in shelters: told, planned, held, taken."""

from __future__ import annotations

from datetime import datetime

from caravan.basics import Reason
from caravan.events.event import Event
from caravan.shelters.horizon import Shortfall
from caravan.shelters.model import Placement, Section
from caravan.shelters.plan import Explanation, Vector


class OccupancyReported(Event, frozen=True):
    """``available`` by section are the empty places after this report; ``None`` leaves them unknown."""

    shelter: str
    available: dict[Section, int] | None
    occupied: int | None
    at: datetime
    unchanged: bool = False


class PlanProposed(Event, frozen=True):
    """A plan as it was offered to the official, with its reasons. It holds nothing.

    ``status`` and ``bounds`` say per level how sure the plan is; ``inputs`` is the fingerprint of what it was made from,
    ``solver`` and ``policy`` (``id@version``) of what with. ``pins`` are what an official chose (a household, a kind or ``*``
    for all, to a shelter), ``waived`` the rules that do not hold there by ``reason``. A plan that ``repairs`` another says
    ``because`` of what; ``replaces`` are placements whose places are gone and that end when it is confirmed. ``kept`` are places
    kept for priority households until the local hour ``kept_until``. Parts that ``moves_from`` a placement are for people who are
    there without a bed, and ``without_bed`` are those of them for whom none was found; nobody of these is among ``unplaced``.
    """

    plan: str
    group: str
    parts: tuple[Placement, ...]
    unplaced: int
    vector: Vector
    reasons: tuple[Explanation, ...]
    lacking: tuple[Reason, ...] = ()
    provisional: bool = False
    shown: dict[str, dict[Section, int]] = {}
    status: dict[str, str] = {}
    bounds: dict[str, int] = {}
    inputs: str = ""
    solver: str = ""
    policy: str = ""
    pins: dict[str, str] = {}
    waived: tuple[str, ...] = ()
    reason: str = ""
    repairs: str = ""
    because: Reason | None = None
    kept: dict[str, dict[Section, int]] = {}
    kept_until: str | None = None
    replaces: tuple[str, ...] = ()
    without_bed: int = 0


class PlanUpset(Event, frozen=True):
    """Something happened that a group's plan did not count on: it is to be planned again."""

    group: str
    because: Reason


class PlanStands(Event, frozen=True):
    """The search that was to mend a group's plan found the same: the proposal that was shown goes on."""

    group: str


class PlacesShort(Event, frozen=True):
    """More people are promised to a shelter than it has places left: ``people`` of them. ``placements`` are the promises that no
    longer fit, of those not there yet the ones of lowest claim. None, and nobody, once all fit again."""

    shelter: str
    placements: tuple[str, ...]
    people: int
    because: Reason


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


class StayFallsShort(Event, frozen=True):
    """A stay will end before the days an asylum procedure takes, counted alike for every group; and what would mend it."""

    activation: str
    group: str
    shortfall: Shortfall


class PlacementReduced(Event, frozen=True):
    """Others of these people got a place by a new plan: the promise goes on for those who wait for theirs."""

    placement: str
    people: int
    beds: dict[Section, int]
    households: tuple[str, ...]


class PlacementEnded(Event, frozen=True):
    placement: str
    reason: str
