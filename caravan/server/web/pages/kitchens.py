"""The kitchens: the list, one kitchen's record, and the phone page of those who cook."""

from __future__ import annotations

from datetime import date
from typing import Any

from litestar import Request

from caravan import commands as c
from caravan.audiences import SharedGroup
from caravan.basics import Record, Refusal
from caravan.kitchens import DIETS, SERVICES, Larder, MealOrder, MealService, serving
from caravan.server.db.users import User
from caravan.server.web.pages.frame import Page
from caravan.server.web.pages.places import MARKS, choices, sources, today_and_tomorrow
from caravan.server.web.pages.story import STORY
from caravan.server.web.words import gettext as _
from caravan.server.web.words import mark
from caravan.sharing import SharedPicture


class Asked(Record, frozen=True):
    """An order as the kitchen needs it: for whom, and where the food goes."""

    order: MealOrder
    group: SharedGroup | None
    place: str
    address: str


class Stove(Record, frozen=True):
    """A kitchen with the orders it has to answer, those it cooks, and those that are over."""

    larder: Larder
    asked: list[Asked]
    cooking: list[Asked]
    over: list[Asked]
    days: tuple[date, date]

    def committed(self, day: date, service: MealService) -> int:
        return self.larder.committed.get(serving(day, service), 0)

    def left(self, day: date, service: MealService) -> int | None:
        """Rations still to be had of a service, or ``None`` where the kitchen never said how many it has."""
        return self.larder.free(day, service)


def _stove(share: SharedPicture, larder: Larder) -> Stove:
    orders = [_asked(share, o) for o in share.orders(kitchen=larder.kitchen.id)]
    orders.sort(key=lambda a: (a.order.day, SERVICES.index(a.order.service), a.order.id))
    return Stove(
        larder=larder,
        asked=[a for a in orders if a.order.status == "ordered"],
        cooking=[a for a in orders if a.order.status == "accepted"],
        over=[a for a in reversed(orders) if a.order.status in ("served", "cancelled")],
        days=today_and_tomorrow(share),
    )


def _asked(share: SharedPicture, order: MealOrder) -> Asked:
    kind, _, ident = order.place.partition(":")
    name, address = order.place, ""
    if kind == "shelter" and (standing := share.shelter(ident)) is not None:
        name, address = standing.shelter.name, standing.shelter.address
    elif kind == "station" and (station := share.station(ident)) is not None:
        name, address = station.name, station.town
    return Asked(
        order=order, group=None if order.group is None else share.group(order.group), place=name, address=address
    )


_REASONS: tuple[str, ...] = (
    mark("Sin gas"), mark("Sin luz"), mark("Sin agua"), mark("Sin insumos"), mark("Falta personal"), mark("Otra causa"),
)  # fmt: skip


def _words() -> dict[str, Any]:
    """What the templates of kitchens need beside the kitchen."""
    return {
        "meal_services": SERVICES, "marks": MARKS, "sources": sources, "special_diets": DIETS[1:],
        "services_to_cancel": choices(SERVICES), "reasons_to_cancel": [(_(reason), _(reason)) for reason in _REASONS],
        **STORY,
    }  # fmt: skip


async def _list(_request: Request[Any, Any, Any], share: SharedPicture, _user: User) -> dict[str, Any]:
    stoves = [_stove(share, k) for k in share.kitchens()]
    stoves.sort(key=lambda s: (not s.larder.rations, s.larder.kitchen.name))
    return {"stoves": stoves, "days": today_and_tomorrow(share), **_words()}


async def _one(request: Request[Any, Any, Any], share: SharedPicture, _user: User) -> dict[str, Any]:
    larder = share.kitchen(request.path_params["ident"])
    if larder is None:
        raise Refusal("not_found")
    return {"stove": _stove(share, larder), **_words()}


async def _mine(_request: Request[Any, Any, Any], share: SharedPicture, user: User) -> dict[str, Any]:
    larder = share.kitchen(user.place or "")
    if larder is None:
        raise Refusal("unknown_kitchen")
    return {
        "stove": _stove(share, larder),
        "notices": [n for n in share.notices() if n.template in _CHANGES],
        **_words(),
    }


# What changes an order that is already known; the others are seen in the orders themselves.
_CHANGES = ("menos_raciones", "raciones_movidas")
_CARE = (c.ReportRations, c.AcceptMeals, c.CancelMeals, c.CancelKitchenDay, c.RecordMealsServed)

PAGES: tuple[Page, ...] = (
    Page("/comedores", "kitchens.html", _list),
    Page("/comedores/{ident:str}", "kitchen.html", _one, commands=(*_CARE, c.LocatePlace)),
    Page("/comedor", "my_kitchen.html", _mine, roles=frozenset({"kitchen"}), commands=(*_CARE, c.MarkNoticeSeen)),
)
