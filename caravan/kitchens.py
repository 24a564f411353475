"""Kitchens and food banks: rations per service and the orders they are asked for."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from caravan.basics import Reason, Record
from caravan.geography import PCode, Position
from caravan.shelters.model import ClockTime, Whole

MealService = Literal["breakfast", "lunch", "dinner"]
SERVICES: tuple[MealService, ...] = ("breakfast", "lunch", "dinner")


Diet = Literal["standard", "no_pork", "infant", "soft"]
DIETS: tuple[Diet, ...] = ("standard", "no_pork", "infant", "soft")
"""``infant`` is formula, ``soft`` what people eat who have not eaten for days or cannot chew."""

Window = tuple[int, int]
"""Minutes of the local day, both included."""
# When each service is eaten where the place has not said otherwise (D: not in the sources).
SERVED: dict[MealService, Window] = {"breakfast": (360, 660), "lunch": (720, 1020), "dinner": (1080, 1380)}


class Kitchen(Record, frozen=True):
    """A kitchen, community dining room or food bank. ``rations`` are per service as published; absent = unknown.

    ``per_diet`` are at most so many of those for a diet; a special diet that is not named is not cooked. ``delivers`` are the
    local clock times between which it brings a service; absent = whenever it is wanted. ``reach_km`` is how far it brings it.
    """

    id: str
    name: str
    municipality: PCode
    town: str
    position: Position
    agency: str = "COMEDOR"
    operator: str = ""
    address: str = ""
    rations: dict[MealService, Whole] = {}
    published: str = ""
    days: str = ""
    rules: str = ""
    source: str = ""
    verified_at: str = ""
    per_diet: dict[MealService, dict[Diet, Whole]] = {}
    delivers: dict[MealService, tuple[ClockTime, ClockTime]] = {}
    reach_km: Whole | None = None


class Larder(Record, frozen=True):
    """A kitchen as it stands: what it said it can serve from now on, by service, and what it has been asked for by day.

    ``per_diet`` and ``delivers`` are what it said last of those. ``committed`` are rations by day and service, ``by_diet`` those
    of them that are of a special diet. ``shut`` are days and services it has called off, or an order of, with its reason: it is asked for no more of them.
    """

    kitchen: Kitchen
    rations: dict[MealService, int]
    committed: dict[str, int] = {}
    reported_at: datetime | None = None
    per_diet: dict[MealService, dict[Diet, int]] = {}
    delivers: dict[MealService, tuple[ClockTime, ClockTime]] = {}
    by_diet: dict[str, dict[Diet, int]] = {}
    shut: dict[str, str] = {}

    def free(self, day: date, service: MealService) -> int | None:
        """Rations still to be had of that service on that day, or ``None`` where the kitchen never said."""
        if service not in self.rations:
            return None
        if serving(day, service) in self.shut:
            return 0
        return max(0, self.rations[service] - self.committed.get(serving(day, service), 0))

    def offer(self, day: date, service: MealService, distances: dict[str, int], *, whole: bool = False) -> KitchenOffer:
        """What is left of that service for places at these distances; ``whole``: what there was before anything was asked. A
        kitchen that never said has nothing."""
        key = serving(day, service)
        free = 0 if key in self.shut else self.rations.get(service, 0) if whole else self.free(day, service) or 0
        asked = {} if whole else self.by_diet.get(key, {})
        told = self.per_diet.get(service, {})
        hours = self.delivers.get(service)
        return KitchenOffer(
            kitchen=self.kitchen.id, service=service, rations=free, distances=distances,
            per_diet={diet: max(0, n - asked.get(diet, 0)) for diet, n in told.items()},
            reach_hm=None if self.kitchen.reach_km is None else 10 * self.kitchen.reach_km,
            delivers=None if hours is None else (minutes(hours[0]), minutes(hours[1])),
        )  # fmt: skip


class KitchenOffer(Record, frozen=True):
    """What one kitchen can cook for one service.

    ``rations`` in all; ``per_diet`` at most so many of a diet. A special diet that is not named is not cooked, the
    standard one is. ``distances`` are hm by road to each place it can deliver to; a place that is absent is out of its
    reach, and so is one beyond its own ``reach_hm``. ``delivers`` are the minutes of the day between which it brings the food;
    absent = whenever it is wanted.
    """

    kitchen: str
    service: MealService
    rations: int
    distances: dict[str, int]
    per_diet: dict[Diet, int] = {}
    reach_hm: int | None = None
    delivers: Window | None = None

    def limit(self, diet: Diet) -> int:
        return self.per_diet.get(diet, self.rations if diet == "standard" else 0)


def serving(day: date, service: MealService) -> str:
    return f"{day.isoformat()}/{service}"


def minutes(clock: str) -> int:
    """Minutes since midnight of ``HH:MM``."""
    hour, minute = clock.split(":")
    return 60 * int(hour) + int(minute)


OrderStatus = Literal["ordered", "accepted", "served", "cancelled"]


class MealOrder(Record, frozen=True):
    """Rations asked of one kitchen for one place and service. ``group`` are those they are for; ``None`` = people of the house who
    are in no group. ``served`` is how many were really given. ``why`` says why this kitchen; ``moved_from`` is the order whose
    rations these were before they were sent elsewhere."""

    id: str
    group: str | None
    activation: str
    kitchen: str
    day: date
    service: MealService
    rations: int
    ordered_at: datetime
    place: str
    status: OrderStatus = "ordered"
    served: int | None = None
    diet: Diet = "standard"
    why: Reason | None = None
    moved_from: str | None = None

    @property
    def waits(self) -> bool:
        """Whether the food has yet to be given out."""
        return self.status in ("ordered", "accepted")


def lacking_key(day: date, service: MealService, place: str, group: str | None, diet: Diet) -> str:
    """What names rations that are missing: when, where, whose and of what diet."""
    return f"{serving(day, service)}|{place}|{group or ''}|{diet}"
