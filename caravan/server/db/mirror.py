"""The read tables, written from the picture in the journal's own transaction, for people who want SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from caravan import events as e
from caravan.groups import reconcile
from caravan.picture import Picture
from caravan.server.db.tables import TABLES
from caravan.tasks import Task

Row = dict[str, Any]
Touched = dict[str, dict[str, None]]


async def write(connection: AsyncConnection, picture: Picture, events: Sequence[e.Event]) -> None:
    """Brings every row that ``events`` touched to what ``picture`` says."""
    for table, ids in touched(picture, events).items():
        rows = [row for ident in ids if (row := _ROWS[table](picture, ident)) is not None]
        if rows:
            await _upsert(connection, table, rows)
    await _tasks_and_notices(connection, events, picture)


def touched(picture: Picture, events: Iterable[e.Event]) -> Touched:
    found: Touched = {table: {} for table in _ROWS}

    def group(ident: str) -> None:
        found["groups"][ident] = None
        found["activations"][picture.groups[ident].activation] = None

    for event in events:
        match event:
            case (
                e.ActivationOpened(activation=ident)
                | e.LevelSet(activation=ident)
                | e.ActivationMigrated(activation=ident)
            ):
                found["activations"][ident] = None
            case e.ProtocolStepped(activation=ident, group=None):
                found["activations"][ident] = None
            case e.GroupArrived(group=arrived):
                group(arrived.id)
            case e.GroupSplit(group=ident, part=part):
                group(ident)
                group(part.id)
            case e.GroupsMerged(group=gone, into=kept):
                group(gone)
                group(kept)
                for ident in picture.groups[kept].placements:
                    _placement(picture, found, ident)
                found["meal_orders"].update(dict.fromkeys(picture.orders_in.get(kept, ())))
                found["cases"].update(dict.fromkeys(picture.cases_in.get(kept, ())))
            case (
                e.CountRecorded(group=ident)
                | e.AsylumWishRecorded(group=ident)
                | e.GroupAnnulled(group=ident)
                | e.GroupConcluded(group=ident)
            ):
                group(ident)
            case e.DepartureRecorded(group=ident, departure=departure):
                group(ident)
                if departure.placement is not None:
                    _placement(picture, found, departure.placement)
            case e.ShelterRegistered(shelter=shelter):
                found["shelters"][shelter.id] = None
            case e.OccupancyReported(shelter=ident):
                found["shelters"][ident] = None
            case e.PlacementHeld(placement=placement):
                _placement(picture, found, placement.id)
                group(placement.group)
            case e.MealsOrdered(order=order):
                found["meal_orders"][order.id] = None
            case e.MealsTransferred(order=ident, into=order):
                found["meal_orders"].update({ident: None, order.id: None})
            case e.CaseOpened(case=case):
                found["cases"][case.id] = None
            case e.CaseClosed(case=ident):
                found["cases"][ident] = None
            case e.RelayProposed(relay=relay):
                found["relays"][relay.id] = None
            case e.RelayAnswered(relay=ident):
                found["relays"][ident] = None
            case _ if isinstance(event, e.PLACEMENT_MOVED):
                _placement(picture, found, event.placement)
                group(picture.placements[event.placement].group)
            case _ if isinstance(event, e.ORDER_MOVED):
                found["meal_orders"][event.order] = None
            case _:
                pass
    return found


def _placement(picture: Picture, found: Touched, ident: str) -> None:
    placement = picture.placements[ident]
    found["placements"][ident] = None
    found["shelters"][placement.shelter] = None
    if placement.moves_from is not None:
        _placement(picture, found, placement.moves_from)


def _activation(picture: Picture, ident: str) -> Row:
    run = picture.activations[ident]
    return {
        "id": run.id, "protocol": run.protocol, "version": run.version, "station": run.station, "level": run.level,
        "opened_at": run.opened_at, "people": run.people, "open_groups": run.open_groups, "unplaced": run.unplaced,
        "closed": run.closed,
    }  # fmt: skip


def _group(picture: Picture, ident: str) -> Row:
    group = picture.groups[ident]
    return {
        "id": group.id, "activation": group.activation, "station": group.station, "arrived_at": group.arrived_at,
        "people": group.people, "hosted": group.hosted, "unplaced": group.unplaced, "departed": group.departed,
        "unknown": reconcile(group).unknown, "status": group.status,
    }  # fmt: skip


def _shelter(picture: Picture, ident: str) -> Row:
    standing = picture.shelters[ident]
    return {
        "id": ident, "name": standing.shelter.name, "municipality": standing.shelter.municipality,
        "nominal": standing.shelter.nominal, "free": standing.free_total, "occupied": standing.occupied,
        "incoming": standing.incoming, "status": standing.status, "reported_at": standing.reported_at,
    }  # fmt: skip


def _placement_row(picture: Picture, ident: str) -> Row:
    placement = picture.placements[ident]
    return {
        "id": ident, "group_id": placement.group, "shelter": placement.shelter, "people": placement.people,
        "came": placement.came, "status": placement.status, "ends_at": placement.ends_at,
    }  # fmt: skip


def _meal_order(picture: Picture, ident: str) -> Row:
    order = picture.orders[ident]
    return {
        "id": ident, "group_id": order.group or "", "kitchen": order.kitchen, "day": order.day, "service": order.service,
        "rations": order.rations, "served": order.served, "status": order.status,
    }  # fmt: skip


def _case(picture: Picture, ident: str) -> Row:
    case = picture.cases[ident]
    return {
        "id": ident, "activation": case.activation, "group_id": case.group, "machine": case.machine,
        "opened_at": case.opened_at, "status": case.status,
    }  # fmt: skip


def _relay(picture: Picture, ident: str) -> Row:
    relay = picture.relays[ident]
    return {
        "id": ident, "activation": relay.activation, "group_id": relay.group, "to_state": relay.to_state,
        "proposed_at": relay.proposed_at, "sent": relay.sent, "received": relay.received, "status": relay.status,
        "answered_at": relay.answered_at,
    }  # fmt: skip


_ROWS: dict[str, Callable[[Picture, str], Row | None]] = {
    "activations": _activation,
    "groups": _group,
    "shelters": _shelter,
    "placements": _placement_row,
    "meal_orders": _meal_order,
    "cases": _case,
    "relays": _relay,
}


def _task(task: Task, picture: Picture, status: str) -> Row:
    return {
        "id": task.id, "activation": task.activation, "group_id": task.group, "owner": task.owner, "title": task.title,
        "opened_at": task.opened_at, "due": task.due, "status": status, "done_at": None if status == "open" else picture.at,
    }  # fmt: skip


async def _tasks_and_notices(connection: AsyncConnection, events: Sequence[e.Event], picture: Picture) -> None:
    """Tasks and notices leave the picture when they are done; here they stay, marked."""
    opened: list[Row] = []
    closed: list[Row] = []
    queued: list[Row] = []
    seen: list[Row] = []
    for event in events:
        match event:
            case e.TaskOpened(task=task):
                opened.append(_task(task, picture, "open"))
            case e.TaskCompleted(task=ident):
                closed.append({"key": ident, "status": "done", "done_at": picture.at})
            case e.TaskWithdrawn(task=ident):
                closed.append({"key": ident, "status": "withdrawn", "done_at": picture.at})
            case e.NoticeQueued(notice=notice):
                queued.append(
                    {
                        "id": notice.id, "to": notice.to, "template": notice.template, "queued_at": notice.queued_at,
                        "channels": list(notice.channels), "activation": notice.activation, "group_id": notice.group,
                        "facts": notice.facts, "seen_at": None,
                    }
                )  # fmt: skip
            case e.NoticeSeen(notice=ident):
                seen.append({"key": ident, "seen_at": picture.at})
            case _:
                pass
    if opened:
        await _upsert(connection, "tasks", opened)
    if queued:
        await _upsert(connection, "outbox", queued)
    for table, rows in (("tasks", closed), ("outbox", seen)):
        for row in rows:
            target = TABLES[table]
            values = {name: value for name, value in row.items() if name != "key"}
            await connection.execute(target.update().where(target.c.id == row["key"]).values(**values))


async def _upsert(connection: AsyncConnection, table: str, rows: list[Row]) -> None:
    await connection.execute(_upserting(connection.dialect.name, table), rows)


@cache
def _upserting(dialect: str, table: str) -> Insert:
    """The statement for a table, made once: making it costs more than running it."""
    target = TABLES[table]
    statement = (postgresql if dialect == "postgresql" else sqlite).insert(target)
    values = {column.name: statement.excluded[column.name] for column in target.columns if not column.primary_key}
    return statement.on_conflict_do_update(index_elements=["id"], set_=values)
