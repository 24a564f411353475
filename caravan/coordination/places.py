"""The realm itself and the places on its map: stations, shelters, kitchens."""

from __future__ import annotations

from collections.abc import Mapping

from caravan import commands as c
from caravan import events as e
from caravan.basics import Refusal
from caravan.coordination.turn import Turn, answers
from caravan.geography import Position

# Whoever detains does not shelter: no child or family is ever placed there (LM 99, LR 20; G08).
_DETAINS = frozenset({"INM"})


@answers(c.OpenRealm)
def open_realm(turn: Turn, command: c.OpenRealm) -> None:
    if turn.picture.realm:
        raise Refusal("realm_is_open", realm=turn.picture.realm)
    turn.happen(e.RealmOpened(name=command.name, salt=command.salt, drill=command.drill))


@answers(c.RegisterStation)
def register_station(turn: Turn, command: c.RegisterStation) -> str:
    turn.happen(e.StationRegistered(station=command.station))
    return command.station.id


@answers(c.RegisterOffice)
def register_office(turn: Turn, command: c.RegisterOffice) -> str:
    turn.happen(e.OfficeRegistered(office=command.office))
    return command.office.id


@answers(c.RegisterShelter)
def register_shelter(turn: Turn, command: c.RegisterShelter) -> str:
    shelter = command.shelter
    if shelter.agency in _DETAINS:
        raise Refusal("not_a_shelter", field="shelter.agency")
    minors = shelter.sections.get("uam")
    inside = any(p.beds.get("uam") for p in turn.picture.placements_in(shelter.id))
    if (minors is not None or "uam" in shelter.admits or inside) and "dif" not in shelter.services:
        raise Refusal("minors_only_dif", field="shelter.sections")
    turn.happen(e.ShelterRegistered(shelter=shelter))
    return shelter.id


@answers(c.RegisterKitchen)
def register_kitchen(turn: Turn, command: c.RegisterKitchen) -> str:
    turn.happen(e.KitchenRegistered(kitchen=command.kitchen))
    return command.kitchen.id


@answers(c.LocatePlace)
def locate(turn: Turn, command: c.LocatePlace) -> None:
    kind, _, ident = command.place.partition(":")
    places: dict[str, Mapping[str, object]] = {
        "station": turn.picture.stations,
        "office": turn.picture.offices,
        "shelter": turn.picture.shelters,
        "kitchen": turn.picture.kitchens,
    }
    if kind not in places or ident not in places[kind]:
        raise Refusal("unknown_place", field="place", place=command.place)
    position = Position(lat=command.lat, lon=command.lon, precision=command.precision)
    turn.happen(e.PlaceLocated(place=command.place, position=position))
