"""The journal's lines about places to sleep as sentences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from caravan import events as e
from caravan.server.web.pages.names import shelter_name
from caravan.server.web.pages.wording import few, number, reason, when, word
from caravan.server.web.words import gettext as _
from caravan.sharing import SharedPicture


def _lodged(share: SharedPicture, placement: str) -> dict[str, str] | None:
    """Whom a placement lodges where; ``None`` for who may not know of it."""
    found = share.placement(placement)
    if found is None:
        return None
    return {"people": few(share.told(found.people, found.group)), "shelter": shelter_name(share, found.shelter)}


def _occupancy(event: e.OccupancyReported, share: SharedPicture) -> str:
    name = shelter_name(share, event.shelter)
    if event.unchanged:
        return _("%(shelter)s: sigue igual.", shelter=name)
    if event.available is None:
        return _("%(shelter)s: sin cifra de lugares libres.", shelter=name)
    available = share.told_places(event)
    if available is None:
        return _("%(shelter)s informó sus lugares vacíos.", shelter=name)
    free = ", ".join(f"{n} {word(section)}" for section, n in available.items())
    return _("%(shelter)s informó lugares vacíos: %(free)s.", shelter=name, free=free or "0")


def _plan(event: e.PlanProposed, share: SharedPicture) -> str:
    parts = ", ".join(f"{shelter_name(share, p.shelter)} ({p.people})" for p in event.parts) or _("ninguno")
    if event.without_bed or any(part.moves_from for part in event.parts):
        return _moves_proposed(event, parts)
    if event.unplaced:
        return _("Propuesta de albergues: %(parts)s. Sin lugar: %(unplaced)s.", parts=parts, unplaced=event.unplaced)
    return _("Propuesta de albergues: %(parts)s.", parts=parts)


def _moves_proposed(event: e.PlanProposed, parts: str) -> str:
    people = sum(part.people for part in event.parts if part.moves_from)
    return _(
        "Propuesta de albergues: %(parts)s. De ellas, %(people)s están en una casa sin cama y se mudan si aceptan; sin lugar: "
        "%(unplaced)s; seguirían sin cama: %(lying)s.",
        parts=parts, people=number(people), unplaced=number(event.unplaced), lying=number(event.without_bed),
    )  # fmt: skip


def _plan_upset(event: e.PlanUpset, share: SharedPicture) -> str:
    return _("La propuesta de albergues ya no vale y se hace otra: %(because)s.", because=reason(event.because))


def _plan_stands(event: e.PlanStands, share: SharedPicture) -> str:
    return _("Se buscó otra vez y la propuesta de albergues sigue igual.")


def _reduced(event: e.PlacementReduced, share: SharedPicture) -> str:
    lodged, found = _lodged(share, event.placement), share.placement(event.placement)
    if lodged is None or found is None:
        return _("Parte de las personas apartadas en un albergue tienen lugar en otro.")
    return _(
        "En %(shelter)s siguen apartados los lugares de %(people)s personas; las demás tienen lugar en otra propuesta.",
        shelter=lodged["shelter"], people=few(share.told(event.people, found.group)),
    )  # fmt: skip


def _places_short(event: e.PlacesShort, share: SharedPicture) -> str:
    shelter = shelter_name(share, event.shelter)
    if not event.people:
        return _("En %(shelter)s vuelven a caber todas las personas que espera.", shelter=shelter)
    return _(
        "En %(shelter)s ya no caben %(people)s personas que aún no llegan: %(because)s.",
        shelter=shelter, people=event.people, because=reason(event.because),
    )  # fmt: skip


def _held(event: e.PlacementHeld, share: SharedPicture) -> str:
    lodged = _lodged(share, event.placement.id)
    if lodged is None:
        return _("Se apartaron lugares en un albergue.")
    return _(
        "Se apartaron lugares para %(people)s personas en %(shelter)s, hasta %(expires)s.",
        **lodged,
        expires=when(event.placement.expires_at),
    )


def _accepted(event: e.PlacementAccepted, share: SharedPicture) -> str:
    lodged = _lodged(share, event.placement)
    if lodged is None:
        return _("Un albergue aceptó recibir a personas de un grupo.")
    return _("%(shelter)s aceptó a %(people)s personas.", **lodged)


def _declined(event: e.PlacementDeclined, share: SharedPicture) -> str:
    lodged = _lodged(share, event.placement)
    if lodged is None:
        return _("Un albergue no pudo recibir a personas de un grupo.")
    return _("%(shelter)s no pudo recibir a %(people)s personas: «%(reason)s».", **lodged, reason=event.reason)


def _expired(event: e.PlacementExpired, share: SharedPicture) -> str:
    lodged = _lodged(share, event.placement)
    if lodged is None:
        return _("Venció el apartado de lugares en un albergue.")
    return _("Venció el apartado en %(shelter)s para %(people)s personas.", **lodged)


def _came(event: e.PlacementArrived, share: SharedPicture) -> str:
    expected, placement = _lodged(share, event.placement), share.placement(event.placement)
    if expected is None or placement is None:
        return _("Llegaron personas a un albergue.")
    came = few(share.told(event.people, placement.group))
    if event.until is None:
        return _("Llegaron %(came)s personas a %(shelter)s; se esperaban %(people)s.", came=came, **expected)
    return _(
        "Llegaron %(came)s personas a %(shelter)s; se esperaban %(people)s. Estancia hasta %(until)s.",
        came=came, until=when(event.until), **expected,
    )  # fmt: skip


def _until(event: e.StayEndSet, share: SharedPicture) -> str:
    lodged = _lodged(share, event.placement)
    if lodged is None:
        return _("Cambió el fin de una estancia.")
    return _("La estancia en %(shelter)s termina %(until)s.", shelter=lodged["shelter"], until=when(event.until))


def _ended(event: e.PlacementEnded, share: SharedPicture) -> str:
    lodged = _lodged(share, event.placement)
    if lodged is None:
        return _("Terminó la colocación en un albergue.")
    known = {"no_show": _("no se presentaron"), "replaced": _("ya no cabían: tienen lugar en otro albergue")}
    why = known.get(event.reason, event.reason)
    return _("Terminó la colocación en %(shelter)s: «%(why)s».", shelter=lodged["shelter"], why=why)


LODGING: dict[type[e.Event], Callable[[Any, SharedPicture], str]] = {
    e.OccupancyReported: _occupancy,
    e.PlanProposed: _plan,
    e.PlanUpset: _plan_upset,
    e.PlanStands: _plan_stands,
    e.PlacementReduced: _reduced,
    e.PlacesShort: _places_short,
    e.PlacementHeld: _held,
    e.PlacementAccepted: _accepted,
    e.PlacementDeclined: _declined,
    e.PlacementExpired: _expired,
    e.PlacementArrived: _came,
    e.StayEndSet: _until,
    e.PlacementEnded: _ended,
}
