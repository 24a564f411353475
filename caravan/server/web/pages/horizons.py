"""How far the places reach, in sentences: a stay that ends too soon, what would mend it, whom to phone first."""

from __future__ import annotations

from datetime import date
from typing import Any

from babel.dates import format_date

from caravan.server.web.pages.names import shelter_name
from caravan.server.web.pages.wording import few, locale_of, number, term
from caravan.server.web.words import gettext as _
from caravan.sharing import SharedPicture
from caravan.shelters.horizon import Mend, Shortfall
from caravan.shelters.staleness import Call


def weekday(local: date) -> str:
    """«jueves» of a local date."""
    return format_date(local, "EEEE", locale=locale_of())


def long_day(local: date) -> str:
    """«jueves 18 de mayo» of a local date."""
    return format_date(local, _("EEEE d 'de' MMMM"), locale=locale_of())


def _lacking(people: int | None) -> str:
    if people == 1:
        return _("falta 1 lugar")
    return _("faltan %(places)s lugares", places=few(people))


def _places(places: int) -> str:
    return _("1 lugar") if places == 1 else _("%(places)s lugares", places=number(places))


def short_stay(shelter: str, until: date, procedure_days: int, people: int | None) -> str:
    """«Galilea: hasta el jueves 18 de mayo; trámite: 45 días hábiles; faltan 83 lugares desde el jueves.»"""
    return _(
        "%(shelter)s: hasta el %(until)s; trámite: %(term)s; %(lacking)s desde el %(day)s.",
        shelter=shelter, until=long_day(until), term=term(f"{procedure_days} dh"), lacking=_lacking(people), day=weekday(until),
    )  # fmt: skip


def shortfall_sentence(shortfall: Shortfall, share: SharedPicture) -> str:
    people = share.told(shortfall.people, shortfall.group)
    return short_stay(shelter_name(share, shortfall.shelter), shortfall.until, shortfall.procedure_days, people)


def mend_sentence(mend: Mend, share: SharedPicture) -> str:
    """What would help: «Casa ABBA: 40 lugares desde el jueves 18 de mayo, hasta el domingo 21 de mayo»."""
    words = {"places": _places(mend.places), "since": long_day(mend.since)}
    if mend.shelter is None:
        return _("abrir un sitio temporal con %(places)s desde el %(since)s", **words)
    words["shelter"] = shelter_name(share, mend.shelter)
    if mend.kind == "open":
        return _("habilitar %(shelter)s: %(places)s desde el %(since)s", **words)
    if mend.until is None:
        return _("%(shelter)s: %(places)s desde el %(since)s", **words)
    return _("%(shelter)s: %(places)s desde el %(since)s, hasta el %(until)s", **words, until=long_day(mend.until))


def call_sentence(call: Call) -> str:
    """Why that house is phoned: «nadie ha dicho cuántos lugares tiene libres» or «hace 14 h dijo tener 30 lugares»."""
    if call.because == "stale":
        told = {"hours": number(call.hours), "places": _places(call.places or 0)}
        return _("hace %(hours)s h dijo tener %(places)s: que lo confirme", **told)
    if call.hours is None:
        silent = _("nadie ha dicho cuántos lugares tiene libres")
    else:
        silent = _("hace %(hours)s h que no informa: su cifra ya no cuenta", hours=number(call.hours))
    return (
        silent if call.places is None else _("%(told)s; publica %(places)s", told=silent, places=_places(call.places))
    )


HORIZON_WORDS: dict[str, Any] = {
    "weekday": weekday, "long_day": long_day, "shortfall_sentence": shortfall_sentence, "mend_sentence": mend_sentence,
    "call_sentence": call_sentence,
}  # fmt: skip
"""What the templates of the horizon call."""
