"""Rations: told, ordered, moved, served, lacking."""

from __future__ import annotations

from datetime import date

from caravan.basics import Reason
from caravan.events.event import Event
from caravan.kitchens import Diet, MealOrder, MealService
from caravan.shelters.model import ClockTime


class RationsReported(Event, frozen=True):
    """What a kitchen cooks from now on, by service; services it does not speak of stay as they were. ``delivers`` are local clock
    times. ``opens`` are days and services it had called off that are on again; ``None``, in old journals: all services it tells."""

    kitchen: str
    rations: dict[MealService, int]
    per_diet: dict[MealService, dict[Diet, int]] = {}
    delivers: dict[MealService, tuple[ClockTime, ClockTime]] = {}
    opens: tuple[str, ...] | None = None


class KitchenDayCancelled(Event, frozen=True):
    """A kitchen does not cook those services of that day; its orders for them are cancelled after this."""

    kitchen: str
    day: date
    services: tuple[MealService, ...]
    reason: str


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


class MealsTransferred(Event, frozen=True):
    """Rations of an order go to another place, or to other people of the same one, as the order ``into``."""

    order: str
    into: MealOrder


class MealsReduced(Event, frozen=True):
    """So many rations of an order are still needed; at none it is off."""

    order: str
    rations: int
    because: Reason


class MealsLacking(Event, frozen=True):
    """Rations nobody could give for that service; none = nothing is missing there any more. ``group`` is ``None`` for people of a
    house who are in no group."""

    group: str | None
    day: date
    service: MealService
    rations: int
    diet: Diet = "standard"
    place: str = ""
    because: Reason | None = None
