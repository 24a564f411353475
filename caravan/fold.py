"""The fold: what each fact does to the picture. One function a fact; it stores what happened and never decides."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar

from msgspec.structs import replace
from rpds import HashTrieSet

from caravan import events as e
from caravan.alarms import ring_at, settle
from caravan.groups import Group
from caravan.kitchens import Kitchen, Larder, MealOrder, serving
from caravan.picture import MISTAKEN, Activation, Instance, Picture
from caravan.protocol.load import load
from caravan.protocol.outlook import next_due
from caravan.shelters.capacity import arrive, leave, recommit, settle_in
from caravan.shelters.model import Placement, Shelter, Standing

_FOLDS: dict[type[e.Event], Callable[[Picture, Any, datetime], Picture]] = {}


_Fold = TypeVar("_Fold", bound=Callable[[Picture, Any, datetime], Picture])


def _folds(*kinds: type[e.Event]) -> Callable[[_Fold], _Fold]:
    def keep(function: _Fold) -> _Fold:
        for kind in kinds:
            _FOLDS[kind] = function
        return function

    return keep


def fold(picture: Picture, event: e.Event, at: datetime) -> Picture:
    """The picture after ``event``, which happened at ``at`` (UTC). Total: every event the program writes folds."""
    after = _FOLDS[type(event)](picture, event, at)
    return replace(after, seq=picture.seq + 1, at=at)


def fold_all(picture: Picture, facts: Iterable[tuple[e.Event, datetime]]) -> Picture:
    for event, at in facts:
        picture = fold(picture, event, at)
    return picture


# --- shared moves ----------------------------------------------------------------------------------------------------


def _put_group(picture: Picture, group: Group, *, new: bool = False) -> Picture:
    """Stores the group and moves its activation's totals by what changed."""
    old = picture.groups.get(group.id)
    run = picture.activations[group.activation]

    def share(g: Group | None) -> tuple[int, int, int, int]:
        if g is None or g.status in MISTAKEN:
            return (0, 0, 0, 0)
        return (g.remaining, 1, g.unplaced, g.people) if g.status == "open" else (0, 0, 0, g.people)

    moves = [b - a for a, b in zip(share(old), share(group), strict=True)]
    if new or any(moves):
        run = replace(
            run,
            groups=run.groups.push_front(group.id) if new else run.groups,
            people=run.people + moves[0],
            open_groups=run.open_groups + moves[1],
            unplaced=run.unplaced + moves[2],
            attended=run.attended + moves[3],
        )
        picture = replace(picture, activations=picture.activations.insert(run.id, run))
    return replace(picture, groups=picture.groups.insert(group.id, group))


def _put_placement(picture: Picture, placement: Placement) -> Picture:
    """Stores a placement, moves the shelter's promises and the group's totals, and settles its alarm."""
    before = picture.placements.get(placement.id)
    standing = recommit(picture.shelters[placement.shelter], before, placement)
    there = picture.living.get(placement.shelter, HashTrieSet())
    live = placement.status in ("held", "accepted", "arrived") and placement.promised > 0
    group = picture.groups[placement.group]
    group = replace(
        group,
        placements=group.placements if before is not None else (*group.placements, placement.id),
        promised=group.promised + placement.promised - (before.promised if before is not None else 0),
        hosted=group.hosted + placement.present - (before.present if before is not None else 0),
    )
    picture = replace(
        picture,
        placements=picture.placements.insert(placement.id, placement),
        shelters=picture.shelters.insert(placement.shelter, standing),
        living=picture.living.insert(
            placement.shelter, there.insert(placement.id) if live else there.discard(placement.id)
        ),
    )
    if placement.status == "held" and placement.expires_at is not None:
        return _settled(_put_group(picture, group), placement.expires_at, f"placement:{placement.id}")
    return _settled(_put_group(picture, group))


def _settled(picture: Picture, due: datetime | None = None, key: str = "") -> Picture:
    alarms = picture.alarms if due is None else ring_at(picture.alarms, due, key)
    return replace(picture, alarms=settle(alarms, picture.due_of))


def _standing(picture: Picture, standing: Standing) -> Picture:
    return replace(picture, shelters=picture.shelters.insert(standing.shelter.id, standing))


# --- realm and places ------------------------------------------------------------------------------------------------


@_folds(e.RealmOpened)
def _realm(picture: Picture, event: e.RealmOpened, at: datetime) -> Picture:
    return replace(picture, realm=event.name, salt=event.salt, drill=event.drill)


@_folds(e.ProtocolPublished)
def _published(picture: Picture, event: e.ProtocolPublished, at: datetime) -> Picture:
    key = f"{event.protocol}@{event.version}"
    return replace(picture, protocols=picture.protocols.insert(key, load(event.text)), in_force=key)


@_folds(e.StationRegistered)
def _station(picture: Picture, event: e.StationRegistered, at: datetime) -> Picture:
    return replace(picture, stations=picture.stations.insert(event.station.id, event.station))


@_folds(e.OfficeRegistered)
def _office(picture: Picture, event: e.OfficeRegistered, at: datetime) -> Picture:
    return replace(picture, offices=picture.offices.insert(event.office.id, event.office))


@_folds(e.ShelterRegistered)
def _shelter(picture: Picture, event: e.ShelterRegistered, at: datetime) -> Picture:
    old = picture.shelters.get(event.shelter.id)
    standing = replace(old, shelter=event.shelter) if old is not None else Standing(shelter=event.shelter)
    return _standing(picture, standing)


@_folds(e.KitchenRegistered)
def _kitchen(picture: Picture, event: e.KitchenRegistered, at: datetime) -> Picture:
    kitchen: Kitchen = event.kitchen
    old = picture.kitchens.get(kitchen.id)
    larder = Larder(kitchen=kitchen, rations=dict(kitchen.rations)) if old is None else replace(old, kitchen=kitchen)
    return replace(picture, kitchens=picture.kitchens.insert(kitchen.id, larder))


@_folds(e.PlaceLocated)
def _located(picture: Picture, event: e.PlaceLocated, at: datetime) -> Picture:
    kind, _, ident = event.place.partition(":")
    if kind == "shelter":
        shelter: Shelter = replace(picture.shelters[ident].shelter, position=event.position)
        return _standing(picture, replace(picture.shelters[ident], shelter=shelter))
    if kind == "kitchen":
        larder = picture.kitchens[ident]
        moved = replace(larder, kitchen=replace(larder.kitchen, position=event.position))
        return replace(picture, kitchens=picture.kitchens.insert(ident, moved))
    if kind == "office":
        office = replace(picture.offices[ident], position=event.position)
        return replace(picture, offices=picture.offices.insert(ident, office))
    station = replace(picture.stations[ident], position=event.position)
    return replace(picture, stations=picture.stations.insert(ident, station))


# --- protocol --------------------------------------------------------------------------------------------------------


@_folds(e.ActivationOpened)
def _opened(picture: Picture, event: e.ActivationOpened, at: datetime) -> Picture:
    run = Activation(
        id=event.activation, protocol=event.protocol, version=event.version, station=event.station, opened_at=at,
        reason=event.reason, level=event.level,
    )  # fmt: skip
    return replace(
        picture,
        activations=picture.activations.insert(run.id, run),
        open_at=picture.open_at.insert(run.station, run.id),
        minted=picture.minted + 1,
    )


@_folds(e.LevelSet)
def _level(picture: Picture, event: e.LevelSet, at: datetime) -> Picture:
    run = replace(picture.activations[event.activation], level=event.level)
    return replace(picture, activations=picture.activations.insert(run.id, run))


@_folds(e.ProtocolStepped)
def _stepped(picture: Picture, event: e.ProtocolStepped, at: datetime) -> Picture:
    instance = Instance(id=event.instance, activation=event.activation, group=event.group, snapshot=event.snapshot)
    owner = event.group or event.activation
    known = picture.machines_of.get(owner, ())
    before = picture.instances.get(instance.id)
    picture = replace(
        picture,
        instances=picture.instances.insert(instance.id, instance),
        machines_of=picture.machines_of
        if instance.id in known
        else picture.machines_of.insert(owner, (*known, instance.id)),
    )
    done = all(picture.instances[i].snapshot.done for i in picture.machines_of[owner])
    if event.group is None and done:
        run = replace(picture.activations[event.activation], closed=True)
        picture = replace(
            picture,
            activations=picture.activations.insert(run.id, run),
            open_at=picture.open_at.discard(run.station)
            if picture.open_at.get(run.station) == run.id
            else picture.open_at,
        )
    due = next_due(instance.snapshot)
    rings = before is None or due != next_due(before.snapshot)
    return _settled(picture, due if rings else None, f"instance:{instance.id}")


@_folds(e.SendScheduled)
def _scheduled(picture: Picture, event: e.SendScheduled, at: datetime) -> Picture:
    picture = replace(picture, sends=picture.sends.insert(event.send, event), minted=picture.minted + 1)
    return _settled(picture, event.due, f"send:{event.send}")


@_folds(e.SendDelivered)
def _delivered(picture: Picture, event: e.SendDelivered, at: datetime) -> Picture:
    return _settled(replace(picture, sends=picture.sends.remove(event.send)))


@_folds(e.EventDropped, e.DeadlineMissed, e.Remarked, e.MealsLacking)
def _no_change(picture: Picture, event: e.Event, at: datetime) -> Picture:
    return picture


@_folds(e.TaskOpened)
def _task_opened(picture: Picture, event: e.TaskOpened, at: datetime) -> Picture:
    task = event.task
    there = picture.tasks_in.get(task.activation, HashTrieSet())
    return replace(
        picture,
        tasks=picture.tasks.insert(task.id, task),
        tasks_in=picture.tasks_in.insert(task.activation, there.insert(task.id)),
        minted=picture.minted + 1,
    )


@_folds(e.TaskCompleted, e.TaskWithdrawn)
def _task_closed(picture: Picture, event: e.TaskCompleted | e.TaskWithdrawn, at: datetime) -> Picture:
    task = picture.tasks[event.task]
    return replace(
        picture,
        tasks=picture.tasks.remove(task.id),
        tasks_in=picture.tasks_in.insert(task.activation, picture.tasks_in[task.activation].remove(task.id)),
    )


@_folds(e.NoticeQueued)
def _noticed(picture: Picture, event: e.NoticeQueued, at: datetime) -> Picture:
    return replace(picture, notices=picture.notices.insert(event.notice.id, event.notice), minted=picture.minted + 1)


@_folds(e.NoticeSeen)
def _seen(picture: Picture, event: e.NoticeSeen, at: datetime) -> Picture:
    return replace(picture, notices=picture.notices.discard(event.notice))


# --- groups ----------------------------------------------------------------------------------------------------------


@_folds(e.GroupArrived)
def _arrived(picture: Picture, event: e.GroupArrived, at: datetime) -> Picture:
    return replace(_put_group(picture, event.group, new=True), minted=picture.minted + 2)


@_folds(e.CountRecorded)
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
    return replace(_put_group(picture, group), minted=picture.minted + 1)


def _of_a_part(group: Group, event: e.CountRecorded) -> Group:
    """Who was counted of a part (one of two buses) is a floor: it tells what nobody knew and takes nothing back, and its zeros
    say nothing of the others."""
    seen = None if event.composition is None else event.composition.without_zeros
    if seen is not None and seen.total and (group.composition is None or seen.children > group.composition.children):
        group = replace(group, composition=seen)
    alone = sum(h.size * h.count for h in event.households if h.unaccompanied)
    alone = max(alone, event.unaccompanied or 0, group.unaccompanied or 0)
    return replace(group, households=group.households or event.households, unaccompanied=alone or group.unaccompanied)


@_folds(e.AsylumWishRecorded)
def _asylum(picture: Picture, event: e.AsylumWishRecorded, at: datetime) -> Picture:
    return _put_group(picture, replace(picture.groups[event.group], asylum=event.people))


@_folds(e.DepartureRecorded)
def _departed(picture: Picture, event: e.DepartureRecorded, at: datetime) -> Picture:
    departure = event.departure
    if departure.placement is not None:
        placement = picture.placements[departure.placement]
        picture = _go(picture, placement, departure.people)
    group = picture.groups[event.group]
    return _put_group(picture, replace(group, departures=(*group.departures, departure)))


@_folds(e.GroupsMerged)
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
    picture = _put_group(picture, replace(gone, status="merged", merged_into=kept.id))
    picture = _put_group(picture, kept)
    for placement in picture.placements_of(gone.id):
        picture = _move_placement(picture, placement, kept.id)
    return _settled(_move_orders(picture, gone.id, kept.id))


def _move_placement(picture: Picture, placement: Placement, into: str) -> Picture:
    """A merged group's placements, whatever their state, belong to the group that stays."""
    giver, taker = picture.groups[placement.group], picture.groups[into]
    picture = _put_group(
        picture,
        replace(
            giver,
            placements=tuple(p for p in giver.placements if p != placement.id),
            promised=giver.promised - placement.promised,
            hosted=giver.hosted - placement.present,
        ),
    )
    taker = replace(
        taker,
        placements=(*taker.placements, placement.id),
        promised=taker.promised + placement.promised,
        hosted=taker.hosted + placement.present,
    )
    # A household's name begins with its group's: of two reports of one bus, the same family is the same one.
    households = tuple(into + ident.removeprefix(giver.id) for ident in placement.households)
    moved = replace(placement, group=into, households=households)
    return replace(_put_group(picture, taker), placements=picture.placements.insert(moved.id, moved))


def _move_orders(picture: Picture, group: str, into: str) -> Picture:
    """What was asked of kitchens for a merged group feeds the group that stays, which is not asked for twice."""
    moved = picture.orders_in.get(group, ())
    orders = picture.orders
    for ident in moved:
        orders = orders.insert(ident, replace(orders[ident], group=into))
    known = picture.orders_in.get(into, ())
    return replace(picture, orders=orders, orders_in=picture.orders_in.discard(group).insert(into, (*known, *moved)))


@_folds(e.GroupSplit)
def _split(picture: Picture, event: e.GroupSplit, at: datetime) -> Picture:
    group = picture.groups[event.group]
    picture = _put_group(picture, replace(group, counts=(*group.counts, event.count)))
    return replace(_put_group(picture, event.part, new=True), minted=picture.minted + 3)


@_folds(e.GroupAnnulled)
def _annulled(picture: Picture, event: e.GroupAnnulled, at: datetime) -> Picture:
    return _settled(_put_group(picture, replace(picture.groups[event.group], status="annulled")))


@_folds(e.GroupConcluded)
def _concluded(picture: Picture, event: e.GroupConcluded, at: datetime) -> Picture:
    return _put_group(picture, replace(picture.groups[event.group], status="concluded"))


@_folds(e.ShelterRequested)
def _wants_shelter(picture: Picture, event: e.ShelterRequested, at: datetime) -> Picture:
    return _put_group(picture, replace(picture.groups[event.group], wants_shelter=True))


@_folds(e.MealsRequested)
def _wants_meals(picture: Picture, event: e.MealsRequested, at: datetime) -> Picture:
    return _put_group(picture, replace(picture.groups[event.group], wants_meals=True))


# --- shelters --------------------------------------------------------------------------------------------------------


@_folds(e.OccupancyReported)
def _occupancy(picture: Picture, event: e.OccupancyReported, at: datetime) -> Picture:
    standing = picture.shelters[event.shelter]
    if event.unchanged:
        return _standing(picture, replace(standing, reported_at=event.at))
    return _standing(
        picture,
        replace(standing, available=event.available, occupied=event.occupied, excess=0, reported_at=event.at),
    )


@_folds(e.PlanProposed)
def _planned(picture: Picture, event: e.PlanProposed, at: datetime) -> Picture:
    # One open plan a group: a newer one replaces it, and the journal keeps them all.
    return replace(
        picture, plans=picture.plans.insert(event.group, event), minted=picture.minted + 1 + len(event.parts)
    )


@_folds(e.PlacementHeld)
def _held(picture: Picture, event: e.PlacementHeld, at: datetime) -> Picture:
    return _put_placement(picture, event.placement)


@_folds(e.PlacementAccepted)
def _accepted(picture: Picture, event: e.PlacementAccepted, at: datetime) -> Picture:
    placement = picture.placements[event.placement]
    return _put_placement(
        picture, replace(placement, status="accepted", accepted_at=at, ends_at=event.until or placement.ends_at)
    )


@_folds(e.PlacementDeclined)
def _declined(picture: Picture, event: e.PlacementDeclined, at: datetime) -> Picture:
    return _put_placement(picture, replace(picture.placements[event.placement], status="declined"))


@_folds(e.PlacementExpired)
def _expired(picture: Picture, event: e.PlacementExpired, at: datetime) -> Picture:
    return _put_placement(picture, replace(picture.placements[event.placement], status="expired"))


@_folds(e.PlacementArrived)
def _came(picture: Picture, event: e.PlacementArrived, at: datetime) -> Picture:
    placement = picture.placements[event.placement]
    arrived = replace(placement, status="arrived", came=event.people, arrived_at=event.at, ends_at=event.until)
    picture = _put_placement(picture, arrived)
    standing, taken = arrive(picture.shelters[placement.shelter], placement.beds, event.people)
    picture = _standing(picture, standing)
    return replace(picture, placements=picture.placements.insert(placement.id, replace(arrived, beds=taken)))


@_folds(e.StayEndSet)
def _stay_end(picture: Picture, event: e.StayEndSet, at: datetime) -> Picture:
    return _put_placement(picture, replace(picture.placements[event.placement], ends_at=event.until))


@_folds(e.PlacementEnded)
def _ended(picture: Picture, event: e.PlacementEnded, at: datetime) -> Picture:
    placement = picture.placements[event.placement]
    if placement.present:
        return _go(picture, placement, placement.present)
    return _put_placement(picture, replace(placement, status="ended"))


def _go(picture: Picture, placement: Placement, people: int) -> Picture:
    """``people`` of a placement leave the shelter; those on the floor of the same shelter take the places they leave."""
    standing, beds = leave(picture.shelters[placement.shelter], placement, people)
    left = placement.left + people
    status = "ended" if left >= (placement.came or 0) else placement.status
    picture = _put_placement(_standing(picture, standing), replace(placement, left=left, beds=beds, status=status))
    if standing.excess:
        for other in sorted(picture.placements_in(placement.shelter), key=lambda p: p.id):
            standing, taken = settle_in(picture.shelters[placement.shelter], other)
            picture = replace(
                _standing(picture, standing), placements=picture.placements.insert(other.id, replace(other, beds=taken))
            )
    return picture


# --- meals -----------------------------------------------------------------------------------------------------------


def _put_order(picture: Picture, order: MealOrder) -> Picture:
    old = picture.orders.get(order.id)
    larder = picture.kitchens[order.kitchen]
    key = serving(order.day, order.service)

    def weight(o: MealOrder | None) -> int:
        return 0 if o is None or o.status == "cancelled" else o.rations

    total = larder.committed.get(key, 0) + weight(order) - weight(old)
    larder = replace(larder, committed={**larder.committed, key: total})
    return replace(
        picture, orders=picture.orders.insert(order.id, order), kitchens=picture.kitchens.insert(order.kitchen, larder)
    )


@_folds(e.RationsReported)
def _rations(picture: Picture, event: e.RationsReported, at: datetime) -> Picture:
    larder = picture.kitchens[event.kitchen]
    larder = replace(larder, rations={**larder.rations, **event.rations}, reported_at=at)
    return replace(picture, kitchens=picture.kitchens.insert(event.kitchen, larder))


@_folds(e.MealsOrdered)
def _ordered(picture: Picture, event: e.MealsOrdered, at: datetime) -> Picture:
    order = event.order
    picture = replace(_put_order(picture, order), minted=picture.minted + 1)
    known = picture.orders_in.get(order.group, ())
    return replace(picture, orders_in=picture.orders_in.insert(order.group, (*known, order.id)))


@_folds(e.MealsAccepted)
def _meals_accepted(picture: Picture, event: e.MealsAccepted, at: datetime) -> Picture:
    return _put_order(picture, replace(picture.orders[event.order], status="accepted"))


@_folds(e.MealsCancelled)
def _meals_cancelled(picture: Picture, event: e.MealsCancelled, at: datetime) -> Picture:
    return _put_order(picture, replace(picture.orders[event.order], status="cancelled"))


@_folds(e.MealsServed)
def _served(picture: Picture, event: e.MealsServed, at: datetime) -> Picture:
    order = replace(picture.orders[event.order], status="served", served=event.rations)
    picture = _put_order(picture, order)
    if not event.rations:
        return picture
    return _put_group(picture, replace(picture.groups[order.group], fed_at=at))
