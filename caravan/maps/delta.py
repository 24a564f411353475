"""What of the map an event may have changed. The cost of a difference is what changed, not what there is."""

from __future__ import annotations

from collections.abc import Iterable

from caravan import events as e
from caravan.maps.layers import Feature, FeatureId, feature
from caravan.picture import Picture
from caravan.sharing import SharedPicture


def delta(after: SharedPicture, touched: Iterable[FeatureId]) -> dict[FeatureId, Feature | None]:
    """The touched features as they are in ``after``; ``None`` for those it does not show, or shows no more."""
    return {ident: feature(after, ident) for ident in touched}


def touched(picture: Picture, events: Iterable[e.Event]) -> dict[FeatureId, None]:
    """Ids of features that ``events`` may have changed, in the order in which they happened. ``picture`` is the one after."""
    found: dict[FeatureId, None] = {}
    for event in events:
        for ident in _touches(picture, event):
            found[ident] = None
    return found


def _touches(picture: Picture, event: e.Event) -> list[FeatureId]:
    if isinstance(event, e.PLACEMENT_MOVED):
        return _placement(picture, event.placement)
    if isinstance(event, e.ORDER_MOVED):
        return [f"kitchen:{picture.orders[event.order].kitchen}"]
    match event:
        case e.StationRegistered(station=station):
            return [f"station:{station.id}"]
        case e.OfficeRegistered(office=office):
            return [f"office:{office.id}"]
        case e.ShelterRegistered(shelter=shelter):
            return _shelter(picture, shelter.id)
        case e.OccupancyReported(shelter=ident):
            return _shelter(picture, ident)
        case e.KitchenRegistered(kitchen=kitchen):
            return [f"kitchen:{kitchen.id}"]
        case e.RationsReported(kitchen=ident) | e.KitchenDayCancelled(kitchen=ident):
            return [f"kitchen:{ident}"]
        case e.PlaceLocated(place=place):
            return _place(picture, place)
        case e.ActivationOpened(station=station):
            return [f"station:{station}"]
        case e.ProtocolStepped(group=str(ident)):
            return [f"group:{ident}"]
        case e.LevelSet(activation=ident) | e.ProtocolStepped(activation=ident):
            return [f"station:{picture.activations[ident].station}"]
        case e.GroupArrived(group=group):
            return [f"group:{group.id}"]
        case e.GroupSplit(group=ident, part=part):
            return [*_group(picture, ident), f"group:{part.id}"]
        case e.GroupsMerged(group=gone, into=kept):
            return [*_group(picture, gone), *_group(picture, kept)]
        case e.DepartureRecorded(group=ident, departure=departure):
            shelter = picture.placements[departure.placement].shelter if departure.placement is not None else None
            return [*_group(picture, ident), *(_shelter(picture, shelter) if shelter is not None else [])]
        case (
            e.CountRecorded(group=ident)
            | e.GroupAnnulled(group=ident)
            | e.GroupConcluded(group=ident)
            | e.ShelterRequested(group=ident)
            | e.MealsRequested(group=ident)
        ):
            return _group(picture, ident)
        case e.PlacementHeld(placement=placement):
            return _placement(picture, placement.id)
        case e.MealsOrdered(order=order):
            return [f"kitchen:{order.kitchen}"]
        case _:
            return []


def _shelter(picture: Picture, ident: str) -> list[FeatureId]:
    return [f"shelter:{ident}", f"municipality:{picture.shelters[ident].shelter.municipality}"]


def _group(picture: Picture, ident: str) -> list[FeatureId]:
    return [f"group:{ident}", *(f"line:{p}" for p in picture.groups[ident].placements)]


def _placement(picture: Picture, ident: str) -> list[FeatureId]:
    """Its shelter and its whole group: to those who see only larger numbers, its lines come and go together."""
    placement = picture.placements[ident]
    left = [] if placement.moves_from is None else _shelter(picture, picture.placements[placement.moves_from].shelter)
    return [*_group(picture, placement.group), *_shelter(picture, placement.shelter), *left]


def _place(picture: Picture, place: str) -> list[FeatureId]:
    """A moved place and the lines that end there."""
    kind, _, ident = place.partition(":")
    if kind == "shelter":
        return [*_shelter(picture, ident), *(f"line:{p.id}" for p in picture.placements_in(ident))]
    if kind == "station":
        groups = [g for g in picture.groups if picture.groups[g].station == ident]
        return [place, *(f for g in groups for f in _group(picture, g))]
    return [place]
