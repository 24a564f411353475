"""Rations and their orders."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from caravan import events as e
from caravan.fold.moves import folds, put_group
from caravan.kitchens import MealOrder, serving
from caravan.picture import Picture


def _put_order(picture: Picture, order: MealOrder) -> Picture:
    old = picture.orders.get(order.id)
    larder = picture.kitchens[order.kitchen]
    key = serving(order.day, order.service)

    def weight(o: MealOrder | None) -> int:
        return 0 if o is None or o.status == "cancelled" else o.rations

    total = larder.committed.get(key, 0) + weight(order) - weight(old)
    larder = replace(larder, committed={**larder.committed, key: total})
    return replace(
        picture, orders=picture.orders.insert(order.id, order), kitchens=picture.kitchens.insert(order.kitchen, larder)
    )


@folds(e.RationsReported)
def _rations(picture: Picture, event: e.RationsReported, at: datetime) -> Picture:
    larder = picture.kitchens[event.kitchen]
    larder = replace(larder, rations={**larder.rations, **event.rations}, reported_at=at)
    return replace(picture, kitchens=picture.kitchens.insert(event.kitchen, larder))


@folds(e.MealsOrdered)
def _ordered(picture: Picture, event: e.MealsOrdered, at: datetime) -> Picture:
    order = event.order
    picture = replace(_put_order(picture, order), minted=picture.minted + 1)
    known = picture.orders_in.get(order.group, ())
    return replace(picture, orders_in=picture.orders_in.insert(order.group, (*known, order.id)))


@folds(e.MealsAccepted)
def _meals_accepted(picture: Picture, event: e.MealsAccepted, at: datetime) -> Picture:
    return _put_order(picture, replace(picture.orders[event.order], status="accepted"))


@folds(e.MealsCancelled)
def _meals_cancelled(picture: Picture, event: e.MealsCancelled, at: datetime) -> Picture:
    return _put_order(picture, replace(picture.orders[event.order], status="cancelled"))


@folds(e.MealsServed)
def _served(picture: Picture, event: e.MealsServed, at: datetime) -> Picture:
    order = replace(picture.orders[event.order], status="served", served=event.rations)
    picture = _put_order(picture, order)
    if not event.rations:
        return picture
    return put_group(picture, replace(picture.groups[order.group], fed_at=at))
