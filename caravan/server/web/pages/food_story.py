"""The journal's lines about food as sentences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from caravan import events as e
from caravan.server.web.pages.names import kitchen_name, place_name
from caravan.server.web.pages.wording import day, few, reason, word
from caravan.server.web.words import gettext as _
from caravan.sharing import SharedPicture


def _asked(share: SharedPicture, order: str) -> dict[str, str] | None:
    """What was asked of whom; ``None`` for who may not know of the order."""
    found = share.order(order)
    if found is None:
        return None
    rations = few(share.told_rations(order, found.rations))
    return {"kitchen": kitchen_name(share, found.kitchen), "rations": rations, "service": word(found.service)}


def _reported(event: e.RationsReported, share: SharedPicture) -> str:
    rations = ", ".join(f"{word(service)}: {n}" for service, n in event.rations.items())
    return _("%(kitchen)s puede servir %(rations)s.", kitchen=kitchen_name(share, event.kitchen), rations=rations)


def _ordered(event: e.MealsOrdered, share: SharedPicture) -> str:
    order, asked = event.order, _asked(share, event.order.id)
    if asked is None:
        return _("Se pidieron raciones.")
    return _(
        "Se pidieron %(rations)s raciones (%(service)s, %(day)s) a %(kitchen)s.",
        **asked | {"rations": few(share.told_rations(order.id, order.rations)), "day": day(order.day)},
    )  # fmt: skip


def _meals_accepted(event: e.MealsAccepted, share: SharedPicture) -> str:
    asked = _asked(share, event.order)
    if asked is None:
        return _("Un comedor aceptó un pedido de raciones.")
    return _("%(kitchen)s aceptó %(rations)s raciones (%(service)s).", **asked)


def _meals_cancelled(event: e.MealsCancelled, share: SharedPicture) -> str:
    asked = _asked(share, event.order)
    if asked is None:
        return _("Se canceló un pedido de raciones.")
    return _("%(kitchen)s canceló %(rations)s raciones (%(service)s): «%(reason)s».", **asked, reason=event.reason)


def _called_off(event: e.KitchenDayCancelled, share: SharedPicture) -> str:
    return _(
        "%(kitchen)s no cocinará el %(day)s (%(services)s): «%(reason)s».", kitchen=kitchen_name(share, event.kitchen),
        day=day(event.day), services=", ".join(word(service) for service in event.services), reason=event.reason,
    )  # fmt: skip


def _meals_moved(event: e.MealsTransferred, share: SharedPicture) -> str:
    into, asked = event.into, _asked(share, event.into.id)
    if asked is None:
        return _("Se reasignaron raciones.")
    return _(
        "%(rations)s raciones de %(kitchen)s (%(service)s) se reasignaron: van a %(place)s.",
        **asked | {"rations": few(share.told_rations(into.id, into.rations)), "place": place_name(share, into.place)},
    )  # fmt: skip


def _meals_reduced(event: e.MealsReduced, share: SharedPicture) -> str:
    asked = _asked(share, event.order)
    if asked is None:
        return _("Se redujo un pedido de raciones.")
    return _(
        "De un pedido a %(kitchen)s (%(service)s) ya solo hacen falta %(rations)s raciones: %(why)s.",
        **asked | {"rations": few(share.told_rations(event.order, event.rations)), "why": reason(event.because)},
    )  # fmt: skip


def _meals_served(event: e.MealsServed, share: SharedPicture) -> str:
    asked = _asked(share, event.order)
    if asked is None:
        return _("Un comedor sirvió raciones.")
    served = few(share.told_rations(event.order, event.rations))
    return _("%(kitchen)s sirvió %(served)s raciones de %(rations)s (%(service)s).", **asked, served=served)


def _lacking(event: e.MealsLacking, share: SharedPicture) -> str:
    service = word(event.service)
    if not event.rations:
        return _(
            "Ya no faltan raciones en %(place)s (%(service)s).", place=place_name(share, event.place), service=service
        )
    told = {"rations": few(share.told(event.rations, event.group)), "service": service}
    if event.because is None:
        return _("Faltan %(rations)s raciones (%(service)s).", **told)
    return _(
        "Faltan %(rations)s raciones (%(service)s) en %(place)s: %(why)s.", **told, place=place_name(share, event.place),
        why=reason(event.because),
    )  # fmt: skip


FOOD: dict[type[e.Event], Callable[[Any, SharedPicture], str]] = {
    e.RationsReported: _reported,
    e.MealsOrdered: _ordered,
    e.MealsAccepted: _meals_accepted,
    e.MealsCancelled: _meals_cancelled,
    e.KitchenDayCancelled: _called_off,
    e.MealsTransferred: _meals_moved,
    e.MealsReduced: _meals_reduced,
    e.MealsServed: _meals_served,
    e.MealsLacking: _lacking,
}
