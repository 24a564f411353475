"""Groups of people: arrived, counted, gone."""

from __future__ import annotations

from caravan.events.event import Event
from caravan.groups import Composition, Count, Departure, Group, Household


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
