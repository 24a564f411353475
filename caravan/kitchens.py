"""Kitchens and food banks: rations per service and the orders they are asked for."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from caravan.basics import Record
from caravan.geography import PCode, Position
from caravan.shelters.model import Whole

MealService = Literal["breakfast", "lunch", "dinner"]
SERVICES: tuple[MealService, ...] = ("breakfast", "lunch", "dinner")


class Kitchen(Record, frozen=True):
    """A kitchen, community dining room or food bank. ``rations`` are per service as published; absent = unknown."""

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


class Larder(Record, frozen=True):
    """A kitchen as it stands: what it said it can serve from now on, by service, and what it has been asked for by day."""

    kitchen: Kitchen
    rations: dict[MealService, int]
    committed: dict[str, int] = {}
    reported_at: datetime | None = None

    def free(self, day: date, service: MealService) -> int | None:
        """Rations still to be had of that service on that day, or ``None`` where the kitchen never said."""
        if service not in self.rations:
            return None
        return max(0, self.rations[service] - self.committed.get(serving(day, service), 0))


def serving(day: date, service: MealService) -> str:
    return f"{day.isoformat()}/{service}"


OrderStatus = Literal["ordered", "accepted", "served", "cancelled"]


class MealOrder(Record, frozen=True):
    """Rations asked of one kitchen for one group and service. ``served`` is how many were really given."""

    id: str
    group: str
    activation: str
    kitchen: str
    day: date
    service: MealService
    rations: int
    ordered_at: datetime
    place: str
    status: OrderStatus = "ordered"
    served: int | None = None
