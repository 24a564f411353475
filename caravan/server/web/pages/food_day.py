"""A day of meals: at each service who eats where, what is ordered of which kitchen and why, what is missing, what can be moved."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import date
from functools import partial
from typing import Any

from litestar import Request
from markupsafe import Markup

from caravan import commands as c
from caravan.basics import Record
from caravan.coordination.hunger import FoodService, Helping, Table, in_time
from caravan.server.db.users import User
from caravan.server.web.drawn_meals import Load, Plate, Pot, drawn_service
from caravan.server.web.pages.frame import ZONE, Page
from caravan.server.web.pages.names import group_name, kitchen_name, place_name
from caravan.server.web.pages.places import today_and_tomorrow
from caravan.server.web.pages.wording import opening, word
from caravan.server.web.words import gettext as _
from caravan.sharing import SharedPicture


class PlaceRow(Record, frozen=True):
    """A place at a service: its people, what is ordered for them and what is missing."""

    id: str
    name: str
    people: int
    asked: int
    missing: int


class KitchenRow(Record, frozen=True):
    """A kitchen at a service: what it was asked for, what it has left (``None`` = it never said), why it called the service off."""

    id: str
    name: str
    asked: int
    left: int | None
    shut: str


class Offered(Record, frozen=True):
    """Rations that could be moved: of which kitchen, from where to where, for whom."""

    order: str
    place: str
    group: str
    rations: int
    metres: int
    kitchen: str
    source: str
    target: str


class Serving(Record, frozen=True):
    """One service as the page shows it. ``closed`` says that it can no longer be asked for."""

    food: FoodService
    closed: bool
    picture: Markup
    places: list[PlaceRow]
    kitchens: list[KitchenRow]
    moves: list[Offered]


def _serving(share: SharedPicture, food: FoodService, day: date) -> Serving:
    places = _places(share, food.tables)
    kitchens = _kitchens(share, food)
    loads = Counter[tuple[str, str]]()
    for helping in food.helpings:
        loads[helping.kitchen, food.tables[helping.table].place] += helping.rations
    title = _("%(service)s: de qué comedor a qué lugar", service=opening(word(food.service)))
    picture = drawn_service(
        f"dibujo-{food.service}", title, [Pot(id=k.id, name=k.name, rations=k.asked) for k in kitchens if k.asked],
        [Plate(id=p.id, name=p.name, people=p.people, asked=p.asked, missing=p.missing) for p in places],
        [Load(kitchen=kitchen, place=place, rations=n) for (kitchen, place), n in sorted(loads.items())],
    )  # fmt: skip
    return Serving(
        food=food, closed=not in_time(day, food.service, share.now, ZONE), picture=picture, places=places, kitchens=kitchens,
        moves=_moves(share, food),
    )  # fmt: skip


def _places(share: SharedPicture, tables: tuple[Table, ...]) -> list[PlaceRow]:
    found: dict[str, PlaceRow] = {}
    for t in tables:
        old = found.get(t.place, PlaceRow(id=t.place, name=place_name(share, t.place), people=0, asked=0, missing=0))
        found[t.place] = PlaceRow(
            id=t.place, name=old.name, people=old.people + t.people, asked=old.asked + t.asked, missing=old.missing + t.missing
        )  # fmt: skip
    return sorted(found.values(), key=lambda row: (-row.missing, row.name, row.id))


def _kitchens(share: SharedPicture, food: FoodService) -> list[KitchenRow]:
    asked = Counter[str]()
    for helping in food.helpings:
        asked[helping.kitchen] += helping.rations
    rows = [
        KitchenRow(id=i, name=kitchen_name(share, i), asked=asked[i], left=food.left.get(i), shut=food.shut.get(i, ""))
        for i in sorted({*asked, *food.left, *food.shut})
    ]
    return sorted(rows, key=lambda row: (-row.asked, row.name, row.id))


def _moves(share: SharedPicture, food: FoodService) -> list[Offered]:
    """What can be moved, with the names of both ends."""
    of: dict[str, Helping] = {helping.order: helping for helping in food.helpings}
    return [
        Offered(
            order=m.order, place=m.place, group=m.group or "", rations=m.rations, metres=100 * m.hm,
            kitchen=kitchen_name(share, of[m.order].kitchen), source=place_name(share, food.tables[of[m.order].table].place),
            target=place_name(share, m.place),
        )
        for m in food.moves
        if m.order in of
    ]  # fmt: skip


def _day(request: Request[Any, Any, Any], share: SharedPicture) -> date:
    """The day asked for; today where none is, or where it is none."""
    with suppress(ValueError):
        return date.fromisoformat(request.query_params.get("dia", ""))
    return today_and_tomorrow(share)[0]


def _who(share: SharedPicture, group: str | None) -> str:
    return _("personas de la casa") if group is None else group_name(share, group)


async def _food(request: Request[Any, Any, Any], share: SharedPicture, _user: User) -> dict[str, Any]:
    day = _day(request, share)
    servings = [_serving(share, food, day) for food in share.food(day) or []]
    return {
        "day": day, "days": today_and_tomorrow(share), "servings": servings, "eats": any(s.food.tables for s in servings),
        "who": partial(_who, share), "place": partial(place_name, share), "kitchen": partial(kitchen_name, share),
    }  # fmt: skip


PAGES: tuple[Page, ...] = (
    Page(
        "/comidas", "food_day.html", _food, roles=frozenset({"coordination"}), commands=(c.PlanMeals, c.TransferMeals)
    ),
)
