"""Places reported, plans, and the life of a placement."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace
from rpds import HashTrieSet

from caravan import events as e
from caravan.fold.moves import folds, put_placement, put_standing
from caravan.picture import Picture
from caravan.shelters.capacity import arrive, leave, settle_in
from caravan.shelters.model import WAITING_FOR_PEOPLE, Placement, Standing


@folds(e.OccupancyReported)
def _occupancy(picture: Picture, event: e.OccupancyReported, at: datetime) -> Picture:
    standing = picture.shelters[event.shelter]
    if event.unchanged:
        return put_standing(picture, replace(standing, reported_at=event.at))
    return put_standing(
        picture,
        replace(
            standing, available=event.available, occupied=event.occupied, excess=_still_beyond(standing, event),
            reported_at=event.at,
        ),
    )  # fmt: skip


def _still_beyond(standing: Standing, event: e.OccupancyReported) -> int:
    """Of those known to lie beyond the places, as many as the report leaves there: where a place is empty nobody does."""
    nominal = standing.shelter.nominal
    if nominal is None or event.occupied is None or sum((event.available or {}).values()):
        return 0
    return min(standing.excess, max(0, event.occupied - nominal))


@folds(e.PlanProposed)
def _planned(picture: Picture, event: e.PlanProposed, at: datetime) -> Picture:
    # One open plan a group: a newer one replaces it, and the journal keeps them all.
    planned, old = picture.planned, picture.plans.get(event.group)
    for shelter in {} if old is None else dict.fromkeys(part.shelter for part in old.parts):
        planned = planned.insert(shelter, planned[shelter].discard(event.group))
    for shelter in dict.fromkeys(part.shelter for part in event.parts):
        planned = planned.insert(shelter, planned.get(shelter, HashTrieSet()).insert(event.group))
    wanting = picture.wanting
    out = event.unplaced or event.without_bed
    return replace(
        picture,
        plans=picture.plans.insert(event.group, event),
        planned=planned,
        wanting=wanting.insert(event.group) if out else wanting.discard(event.group),
        upset=picture.upset.discard(event.group),
        minted=picture.minted + 1 + len(event.parts),
    )


@folds(e.PlanUpset)
def _upset(picture: Picture, event: e.PlanUpset, at: datetime) -> Picture:
    return replace(picture, upset=picture.upset.insert(event.group, event.because))


@folds(e.PlanStands)
def _stands(picture: Picture, event: e.PlanStands, at: datetime) -> Picture:
    return replace(picture, upset=picture.upset.discard(event.group))


@folds(e.PlacesShort)
def _short(picture: Picture, event: e.PlacesShort, at: datetime) -> Picture:
    short = picture.short.insert(event.shelter, event) if event.people else picture.short.discard(event.shelter)
    return replace(picture, short=short)


@folds(e.PlacementHeld)
def _held(picture: Picture, event: e.PlacementHeld, at: datetime) -> Picture:
    group, shelter = event.placement.group, event.placement.shelter
    picture = put_placement(picture, event.placement)
    planned = picture.planned.insert(shelter, picture.planned.get(shelter, HashTrieSet()).discard(group))
    settled = not picture.groups[group].unplaced
    return replace(picture, planned=planned, upset=picture.upset.discard(group) if settled else picture.upset)


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
    picture = replace(picture, placements=picture.placements.insert(placement.id, replace(arrived, beds=taken)))
    if placement.moves_from is None:
        return picture
    origin = picture.placements[placement.moves_from]
    return go(picture, origin, min(event.people, origin.present)) if origin.present else picture


@folds(e.StayEndSet)
def _stay_end(picture: Picture, event: e.StayEndSet, at: datetime) -> Picture:
    return put_placement(picture, replace(picture.placements[event.placement], ends_at=event.until))


@folds(e.PlacementReduced)
def _reduced(picture: Picture, event: e.PlacementReduced, at: datetime) -> Picture:
    # What is left of it is on its way to other places: whatever else was promised in the house comes before it.
    placement = picture.placements[event.placement]
    return put_placement(
        picture,
        replace(placement, people=event.people, beds=event.beds, households=event.households, held_at=at),
    )


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
    alone = placement.uam_gone + placement.beds.get("uam", 0) - beds.get("uam", 0)
    moved = replace(placement, left=left, beds=beds, status=status, uam_gone=alone)
    picture = put_placement(put_standing(picture, standing), moved)
    if status == "ended":
        picture = _on_their_own(picture, placement)
    if standing.excess:
        for other in sorted(picture.placements_in(placement.shelter), key=lambda p: p.id):
            standing, taken = settle_in(picture.shelters[placement.shelter], other)
            picture = replace(
                put_standing(picture, standing),
                placements=picture.placements.insert(other.id, replace(other, beds=taken)),
            )
    return picture


def _on_their_own(picture: Picture, placement: Placement) -> Picture:
    """Nobody is left where these people were to move from: places kept for them elsewhere are kept like any other."""
    for other in picture.placements_of(placement.group):
        if other.moves_from == placement.id and other.status in WAITING_FOR_PEOPLE:
            picture = put_placement(picture, replace(other, moves_from=None))
    return picture
