"""Places reported, plans, and the life of a placement."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from caravan import events as e
from caravan.fold.moves import folds, put_placement, put_standing
from caravan.picture import Picture
from caravan.shelters.capacity import arrive, leave, settle_in
from caravan.shelters.model import Placement


@folds(e.OccupancyReported)
def _occupancy(picture: Picture, event: e.OccupancyReported, at: datetime) -> Picture:
    standing = picture.shelters[event.shelter]
    if event.unchanged:
        return put_standing(picture, replace(standing, reported_at=event.at))
    return put_standing(
        picture,
        replace(standing, available=event.available, occupied=event.occupied, excess=0, reported_at=event.at),
    )


@folds(e.PlanProposed)
def _planned(picture: Picture, event: e.PlanProposed, at: datetime) -> Picture:
    # One open plan a group: a newer one replaces it, and the journal keeps them all.
    return replace(
        picture, plans=picture.plans.insert(event.group, event), minted=picture.minted + 1 + len(event.parts)
    )


@folds(e.PlacementHeld)
def _held(picture: Picture, event: e.PlacementHeld, at: datetime) -> Picture:
    return put_placement(picture, event.placement)


@folds(e.PlacementAccepted)
def _accepted(picture: Picture, event: e.PlacementAccepted, at: datetime) -> Picture:
    placement = picture.placements[event.placement]
    return put_placement(
        picture, replace(placement, status="accepted", accepted_at=at, ends_at=event.until or placement.ends_at)
    )


@folds(e.PlacementDeclined)
def _declined(picture: Picture, event: e.PlacementDeclined, at: datetime) -> Picture:
    return put_placement(picture, replace(picture.placements[event.placement], status="declined"))


@folds(e.PlacementExpired)
def _expired(picture: Picture, event: e.PlacementExpired, at: datetime) -> Picture:
    return put_placement(picture, replace(picture.placements[event.placement], status="expired"))


@folds(e.PlacementArrived)
def _came(picture: Picture, event: e.PlacementArrived, at: datetime) -> Picture:
    placement = picture.placements[event.placement]
    arrived = replace(placement, status="arrived", came=event.people, arrived_at=event.at, ends_at=event.until)
    picture = put_placement(picture, arrived)
    standing, taken = arrive(picture.shelters[placement.shelter], placement.beds, event.people)
    picture = put_standing(picture, standing)
    return replace(picture, placements=picture.placements.insert(placement.id, replace(arrived, beds=taken)))


@folds(e.StayEndSet)
def _stay_end(picture: Picture, event: e.StayEndSet, at: datetime) -> Picture:
    return put_placement(picture, replace(picture.placements[event.placement], ends_at=event.until))


@folds(e.PlacementEnded)
def _ended(picture: Picture, event: e.PlacementEnded, at: datetime) -> Picture:
    placement = picture.placements[event.placement]
    if placement.present:
        return go(picture, placement, placement.present)
    return put_placement(picture, replace(placement, status="ended"))


def go(picture: Picture, placement: Placement, people: int) -> Picture:
    """``people`` of a placement leave the shelter; those on the floor of the same shelter take the places they leave."""
    standing, beds = leave(picture.shelters[placement.shelter], placement, people)
    left = placement.left + people
    status = "ended" if left >= (placement.came or 0) else placement.status
    picture = put_placement(put_standing(picture, standing), replace(placement, left=left, beds=beds, status=status))
    if standing.excess:
        for other in sorted(picture.placements_in(placement.shelter), key=lambda p: p.id):
            standing, taken = settle_in(picture.shelters[placement.shelter], other)
            picture = replace(
                put_standing(picture, standing),
                placements=picture.placements.insert(other.id, replace(other, beds=taken)),
            )
    return picture
