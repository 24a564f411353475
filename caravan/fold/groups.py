"""Groups: arrivals, counts, corrections, departures."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from caravan import events as e
from caravan.fold.cases import follow
from caravan.fold.moves import folds, put_group, settled
from caravan.fold.shelters import go
from caravan.groups import Group
from caravan.picture import Picture
from caravan.shelters.model import Placement


@folds(e.GroupArrived)
def _arrived(picture: Picture, event: e.GroupArrived, at: datetime) -> Picture:
    return replace(put_group(picture, event.group, new=True), minted=picture.minted + 2)


@folds(e.CountRecorded)
def _counted(picture: Picture, event: e.CountRecorded, at: datetime) -> Picture:
    group = picture.groups[event.group]
    if event.count.whole:
        group = replace(
            group,
            composition=event.composition or group.composition,
            households=event.households or group.households,
            unaccompanied=group.unaccompanied if event.unaccompanied is None else event.unaccompanied,
        )
    else:
        group = _of_a_part(group, event)
    group = replace(group, counts=(*group.counts, event.count))
    return replace(put_group(picture, group), minted=picture.minted + 1)


def _of_a_part(group: Group, event: e.CountRecorded) -> Group:
    """Who was counted of a part (one of two buses) is a floor: it tells what nobody knew and takes nothing back, and its zeros
    say nothing of the others."""
    seen = None if event.composition is None else event.composition.without_zeros
    if seen is not None and seen.total and (group.composition is None or seen.children > group.composition.children):
        group = replace(group, composition=seen)
    alone = sum(h.size * h.count for h in event.households if h.unaccompanied)
    alone = max(alone, event.unaccompanied or 0, group.unaccompanied or 0)
    return replace(group, households=group.households or event.households, unaccompanied=alone or group.unaccompanied)


@folds(e.AsylumWishRecorded)
def _asylum(picture: Picture, event: e.AsylumWishRecorded, at: datetime) -> Picture:
    return put_group(picture, replace(picture.groups[event.group], asylum=event.people))


@folds(e.DepartureRecorded)
def _departed(picture: Picture, event: e.DepartureRecorded, at: datetime) -> Picture:
    departure = event.departure
    if departure.placement is not None:
        placement = picture.placements[departure.placement]
        picture = go(picture, placement, departure.people)
    group = picture.groups[event.group]
    return put_group(picture, replace(group, departures=(*group.departures, departure)))


@folds(e.GroupsMerged)
def _merged(picture: Picture, event: e.GroupsMerged, at: datetime) -> Picture:
    gone, kept = picture.groups[event.group], picture.groups[event.into]
    kept = replace(
        kept,
        counts=(*kept.counts, *gone.counts),
        departures=(*kept.departures, *gone.departures),
        composition=kept.composition or gone.composition,
        households=kept.households or gone.households,
        needs={**gone.needs, **kept.needs},
        languages=tuple(dict.fromkeys((*kept.languages, *gone.languages))),
        unaccompanied=max((n for n in (kept.alone, gone.alone) if n is not None), default=None),
        asylum=max((n for n in (kept.asylum, gone.asylum) if n is not None), default=None),
        days_without_food=gone.days_without_food if kept.days_without_food is None else kept.days_without_food,
        entered_country=kept.entered_country or gone.entered_country,
        vehicle=kept.vehicle or gone.vehicle,
        fed_at=kept.fed_at or gone.fed_at,
    )
    picture = put_group(picture, replace(gone, status="merged", merged_into=kept.id))
    picture = put_group(picture, kept)
    for placement in picture.placements_of(gone.id):
        picture = _move_placement(picture, placement, kept.id)
    return settled(_move_orders(follow(picture, gone.id, kept.id), gone.id, kept.id))


def _move_placement(picture: Picture, placement: Placement, into: str) -> Picture:
    """A merged group's placements, whatever their state, belong to the group that stays."""
    giver, taker = picture.groups[placement.group], picture.groups[into]
    picture = put_group(
        picture,
        replace(
            giver,
            placements=tuple(p for p in giver.placements if p != placement.id),
            promised=giver.promised - placement.counted,
            hosted=giver.hosted - placement.present,
        ),
    )
    taker = replace(
        taker,
        placements=(*taker.placements, placement.id),
        promised=taker.promised + placement.counted,
        hosted=taker.hosted + placement.present,
    )
    # A household's name begins with its group's: of two reports of one bus, the same family is the same one.
    households = tuple(into + ident.removeprefix(giver.id) for ident in placement.households)
    moved = replace(placement, group=into, households=households)
    return replace(put_group(picture, taker), placements=picture.placements.insert(moved.id, moved))


def _move_orders(picture: Picture, group: str, into: str) -> Picture:
    """What was asked of kitchens for a merged group feeds the group that stays, which is not asked for twice."""
    moved = picture.orders_in.get(group, ())
    orders = picture.orders
    for ident in moved:
        orders = orders.insert(ident, replace(orders[ident], group=into))
    known = picture.orders_in.get(into, ())
    return replace(picture, orders=orders, orders_in=picture.orders_in.discard(group).insert(into, (*known, *moved)))


@folds(e.GroupSplit)
def _split(picture: Picture, event: e.GroupSplit, at: datetime) -> Picture:
    group = picture.groups[event.group]
    picture = put_group(picture, replace(group, counts=(*group.counts, event.count)))
    return replace(put_group(picture, event.part, new=True), minted=picture.minted + 3)


@folds(e.GroupAnnulled)
def _annulled(picture: Picture, event: e.GroupAnnulled, at: datetime) -> Picture:
    return settled(put_group(picture, replace(picture.groups[event.group], status="annulled")))


@folds(e.GroupConcluded)
def _concluded(picture: Picture, event: e.GroupConcluded, at: datetime) -> Picture:
    return put_group(picture, replace(picture.groups[event.group], status="concluded"))


@folds(e.ShelterRequested)
def _wants_shelter(picture: Picture, event: e.ShelterRequested, at: datetime) -> Picture:
    return put_group(picture, replace(picture.groups[event.group], wants_shelter=True))


@folds(e.MealsRequested)
def _wants_meals(picture: Picture, event: e.MealsRequested, at: datetime) -> Picture:
    return put_group(picture, replace(picture.groups[event.group], wants_meals=True))
