"""The realm, and what stands on its map."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from caravan import events as e
from caravan.fold.moves import folds, put_standing, settled
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
    protocol = load(event.text, event.packs)
    # The first text under a name stays: what a later file derives from is what was read when it was published.
    brought = {**event.packs, key: event.text}
    picture = replace(
        picture,
        protocols=picture.protocols.insert(key, protocol),
        latest=picture.latest.insert(event.protocol, key),
        packs=picture.packs.update({name: text for name, text in brought.items() if name not in picture.packs}),
    )
    present = picture.answering
    # What people publish never takes arrivals from another protocol: only the program does.
    taken = bool(event.draft) and present is not None and present.id != protocol.id
    if taken or not protocol.answers_arrivals:
        return picture
    begins = protocol.begins
    if begins is None or begins <= at or picture.in_force is None or picture.drill:
        return replace(picture, in_force=key)
    # The version before answers until then. A first version answers at once: a station cannot be without one.
    return settled(replace(picture, coming=picture.coming.insert(key, begins)), begins, f"protocol:{key}")


@folds(e.ProtocolTookEffect)
def _took_effect(picture: Picture, event: e.ProtocolTookEffect, at: datetime) -> Picture:
    """What was published later and is in force already stays so."""
    key = f"{event.protocol}@{event.version}"
    present = picture.answering
    overtaken = present is not None and present.id == event.protocol and present.version > event.version
    picture = replace(picture, coming=picture.coming.remove(key), in_force=picture.in_force if overtaken else key)
    return settled(picture)


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


def _stocked(kitchen: Kitchen) -> Larder:
    return Larder(
        kitchen=kitchen, rations=dict(kitchen.rations), per_diet=dict(kitchen.per_diet), delivers=dict(kitchen.delivers)
    )


@folds(e.KitchenRegistered)
def _kitchen(picture: Picture, event: e.KitchenRegistered, at: datetime) -> Picture:
    kitchen: Kitchen = event.kitchen
    old = picture.kitchens.get(kitchen.id)
    larder = _stocked(kitchen) if old is None else replace(old, kitchen=kitchen)
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
