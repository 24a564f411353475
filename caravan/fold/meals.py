"""Rations and their orders."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from caravan import events as e
from caravan.fold.moves import folds, put_group
from caravan.kitchens import Diet, Larder, MealOrder, lacking_key, serving
from caravan.picture import Picture


def _weight(order: MealOrder | None) -> int:
    return 0 if order is None or order.status == "cancelled" else order.rations


def _put_order(picture: Picture, order: MealOrder) -> Picture:
    old = picture.orders.get(order.id)
    larder = picture.kitchens[order.kitchen]
    key = serving(order.day, order.service)
    more = _weight(order) - _weight(old)
    total = larder.committed.get(key, 0) + more
    larder = replace(larder, committed={**larder.committed, key: total})
    if order.diet != "standard":
        larder = _of_diet(larder, key, order.diet, more)
    return replace(
        picture, orders=picture.orders.insert(order.id, order), kitchens=picture.kitchens.insert(order.kitchen, larder)
    )


def _of_diet(larder: Larder, key: str, diet: Diet, more: int) -> Larder:
    asked = larder.by_diet.get(key, {})
    return replace(larder, by_diet={**larder.by_diet, key: {**asked, diet: asked.get(diet, 0) + more}})


def _new_order(picture: Picture, order: MealOrder) -> Picture:
    picture = replace(_put_order(picture, order), minted=picture.minted + 1)
    key = serving(order.day, order.service)
    on = picture.orders_on.insert(key, (*picture.orders_on.get(key, ()), order.id))
    picture = replace(picture, orders_on=on)
    if order.group is None:
        return picture
    known = picture.orders_in.get(order.group, ())
    return replace(picture, orders_in=picture.orders_in.insert(order.group, (*known, order.id)))


@folds(e.RationsReported)
def _rations(picture: Picture, event: e.RationsReported, at: datetime) -> Picture:
    larder = picture.kitchens[event.kitchen]
    larder = replace(
        larder,
        rations={**larder.rations, **event.rations},
        per_diet={**larder.per_diet, **event.per_diet},
        delivers={**larder.delivers, **event.delivers},
        shut={key: why for key, why in larder.shut.items() if not _opens(event, key)},
        reported_at=at,
    )
    return replace(picture, kitchens=picture.kitchens.insert(event.kitchen, larder))


def _opens(event: e.RationsReported, key: str) -> bool:
    return key[11:] in event.rations if event.opens is None else key in event.opens


@folds(e.KitchenDayCancelled)
def _called_off(picture: Picture, event: e.KitchenDayCancelled, at: datetime) -> Picture:
    larder = picture.kitchens[event.kitchen]
    off = {serving(event.day, service): event.reason for service in event.services}
    return replace(
        picture, kitchens=picture.kitchens.insert(event.kitchen, replace(larder, shut={**larder.shut, **off}))
    )


@folds(e.MealsOrdered)
def _ordered(picture: Picture, event: e.MealsOrdered, at: datetime) -> Picture:
    return _new_order(picture, event.order)


@folds(e.MealsAccepted)
def _meals_accepted(picture: Picture, event: e.MealsAccepted, at: datetime) -> Picture:
    return _put_order(picture, replace(picture.orders[event.order], status="accepted"))


@folds(e.MealsCancelled)
def _meals_cancelled(picture: Picture, event: e.MealsCancelled, at: datetime) -> Picture:
    order = replace(picture.orders[event.order], status="cancelled")
    picture = _put_order(picture, order)
    larder = picture.kitchens[order.kitchen]
    larder = replace(larder, shut={**larder.shut, serving(order.day, order.service): event.reason})
    return replace(picture, kitchens=picture.kitchens.insert(order.kitchen, larder))


@folds(e.MealsReduced)
def _meals_reduced(picture: Picture, event: e.MealsReduced, at: datetime) -> Picture:
    return _put_order(picture, _shrunk(picture.orders[event.order], event.rations))


@folds(e.MealsTransferred)
def _transferred(picture: Picture, event: e.MealsTransferred, at: datetime) -> Picture:
    order = picture.orders[event.order]
    return _new_order(_put_order(picture, _shrunk(order, order.rations - event.into.rations)), event.into)


def _shrunk(order: MealOrder, rations: int) -> MealOrder:
    return replace(order, rations=rations, status=order.status if rations else "cancelled")


@folds(e.MealsServed)
def _served(picture: Picture, event: e.MealsServed, at: datetime) -> Picture:
    order = replace(picture.orders[event.order], status="served", served=event.rations)
    picture = _put_order(picture, order)
    if not event.rations or order.group is None:
        return picture
    return put_group(picture, replace(picture.groups[order.group], fed_at=at))


@folds(e.MealsLacking)
def _lacking(picture: Picture, event: e.MealsLacking, at: datetime) -> Picture:
    key = lacking_key(event.day, event.service, event.place, event.group, event.diet)
    return replace(picture, lacking=picture.lacking.insert(key, event))
