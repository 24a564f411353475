"""What places, groups and steps are called for a reader: groups have no names of their own."""

from __future__ import annotations

from caravan.protocol.adoption import STATES
from caravan.server.web.pages.wording import when
from caravan.server.web.words import by_language
from caravan.server.web.words import gettext as _
from caravan.sharing import SharedPicture


def station_name(share: SharedPicture, ident: str) -> str:
    """A protocol that answers no arrivals may run at an office too."""
    place = share.station(ident) or share.office(ident)
    return ident if place is None else place.name


def federal_state(code: str) -> str:
    """A state of the federation by its p-code; an unknown code shows itself."""
    known = STATES.get(code)
    return code if known is None else known.name


def shelter_name(share: SharedPicture, ident: str) -> str:
    standing = share.shelter(ident)
    return _("un albergue") if standing is None else standing.shelter.name


def kitchen_name(share: SharedPicture, ident: str) -> str:
    larder = share.kitchen(ident)
    return _("un comedor") if larder is None else larder.kitchen.name


def place_name(share: SharedPicture, place: str) -> str:
    """A place of people or of food by its id on the map: ``shelter:…``, ``station:…``, ``kitchen:…``."""
    kind, _colon, ident = place.partition(":")
    named = {"shelter": shelter_name, "station": station_name, "kitchen": kitchen_name}
    return named[kind](share, ident) if kind in named else place


def group_name(share: SharedPicture, ident: str) -> str:
    """Groups have no names of their own: the station and the hour tell them apart."""
    group = share.group(ident)
    if group is None:
        return _("un grupo")
    return _("grupo de %(station)s, %(at)s", station=station_name(share, group.station), at=when(group.arrived_at))


def state_name(share: SharedPicture, activation: str, state: str) -> str:
    """A step's label; of one this reader may not know of, not even its key."""
    return by_language(share.state_words(activation, state)) or _("un paso")
