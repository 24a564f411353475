"""The realm, and what stands on its map."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from caravan import events as e
from caravan.fold.moves import folds, put_standing
from caravan.kitchens import Kitchen, Larder
from caravan.picture import Picture
from caravan.protocol.load import load
from caravan.shelters.model import Shelter, Standing


@folds(e.RealmOpened)
def _realm(picture: Picture, event: e.RealmOpened, at: datetime) -> Picture:
    return replace(picture, realm=event.name, salt=event.salt, drill=event.drill)


@folds(e.ProtocolPublished)
def _published(picture: Picture, event: e.ProtocolPublished, at: datetime) -> Picture:
    key = f"{event.protocol}@{event.version}"
    return replace(picture, protocols=picture.protocols.insert(key, load(event.text)), in_force=key)


@folds(e.StationRegistered)
def _station(picture: Picture, event: e.StationRegistered, at: datetime) -> Picture:
    return replace(picture, stations=picture.stations.insert(event.station.id, event.station))


@folds(e.OfficeRegistered)
def _office(picture: Picture, event: e.OfficeRegistered, at: datetime) -> Picture:
    return replace(picture, offices=picture.offices.insert(event.office.id, event.office))


@folds(e.ShelterRegistered)
def _shelter(picture: Picture, event: e.ShelterRegistered, at: datetime) -> Picture:
    old = picture.shelters.get(event.shelter.id)
    standing = replace(old, shelter=event.shelter) if old is not None else Standing(shelter=event.shelter)
    return put_standing(picture, standing)


@folds(e.KitchenRegistered)
def _kitchen(picture: Picture, event: e.KitchenRegistered, at: datetime) -> Picture:
    kitchen: Kitchen = event.kitchen
    old = picture.kitchens.get(kitchen.id)
    larder = Larder(kitchen=kitchen, rations=dict(kitchen.rations)) if old is None else replace(old, kitchen=kitchen)
    return replace(picture, kitchens=picture.kitchens.insert(kitchen.id, larder))


@folds(e.PlaceLocated)
def _located(picture: Picture, event: e.PlaceLocated, at: datetime) -> Picture:
    kind, _, ident = event.place.partition(":")
    if kind == "shelter":
        shelter: Shelter = replace(picture.shelters[ident].shelter, position=event.position)
        return put_standing(picture, replace(picture.shelters[ident], shelter=shelter))
    if kind == "kitchen":
        larder = picture.kitchens[ident]
        moved = replace(larder, kitchen=replace(larder.kitchen, position=event.position))
        return replace(picture, kitchens=picture.kitchens.insert(ident, moved))
    if kind == "office":
        office = replace(picture.offices[ident], position=event.position)
        return replace(picture, offices=picture.offices.insert(ident, office))
    station = replace(picture.stations[ident], position=event.position)
    return replace(picture, stations=picture.stations.insert(ident, station))
