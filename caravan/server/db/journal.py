"""The journal: facts appended in order, read back in order."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from caravan import events as e
from caravan.basics import SYSTEM, Actor
from caravan.coordination.loop import Outcome
from caravan.picture import Picture
from caravan.server.db.tables import TABLES, JournalRow

_TABLE = TABLES["journal"]
_PAGE = 1_000


def rows_of(outcome: Outcome, *, first: int, at: datetime, by: Actor) -> list[dict[str, Any]]:
    """The rows of one command's facts, numbered from ``first``. What rang by itself is the system's, not the asker's."""
    return [
        {
            "seq": first + n, "turn": first, "at": at, "agency": who.agency, "role": who.role, "user": who.user,
            "kind": type(event).__name__, "activation": activation, "group_id": group, "fact": e.encode(event).decode(),
        }
        for n, event in enumerate(outcome.events)
        for who in [SYSTEM if n < outcome.rang else by]
        for activation, group in [about(event, outcome.picture)]
    ]  # fmt: skip


def about(event: e.Event, picture: Picture) -> tuple[str | None, str | None]:
    """The activation and the group a fact is filed under: its own, or those of what it is about."""
    activation, group = _named(event, picture)
    if activation is None and group is not None:
        activation = picture.groups[group].activation
    return activation, group


def _named(event: e.Event, picture: Picture) -> tuple[str | None, str | None]:
    if isinstance(event, e.PLACEMENT_MOVED):
        return None, picture.placements[event.placement].group
    if isinstance(event, e.ORDER_MOVED):
        order = picture.orders[event.order]
        return order.activation, order.group
    match event:
        case e.GroupArrived(group=group):
            return group.activation, group.id
        case e.GroupSplit(part=part, group=group):
            return part.activation, group
        case e.TaskOpened(task=task):
            return task.activation, task.group
        case e.NoticeQueued(notice=notice):
            return notice.activation, notice.group
        case e.PlacementHeld(placement=placement):
            return placement.activation, placement.group
        case e.MealsOrdered(order=order) | e.MealsTransferred(into=order):
            return order.activation, order.group
        case e.CaseOpened(case=named) | e.TextKept(text=named) | e.RelayProposed(relay=named):
            return named.activation, named.group
        case e.CaseNoted(case=ident) | e.CaseClosed(case=ident):
            return picture.cases[ident].activation, picture.cases[ident].group
        case e.RelayAnswered(relay=ident):
            return picture.relays[ident].activation, picture.relays[ident].group
        case e.TextsPurged(texts=(first, *_)):
            return picture.texts[first].activation, picture.texts[first].group
        case _:
            return getattr(event, "activation", None), getattr(event, "group", None)


async def append(connection: AsyncConnection, rows: list[dict[str, Any]]) -> None:
    await connection.execute(insert(_TABLE), rows)


async def tail(connection: AsyncConnection, after: int) -> AsyncIterator[tuple[int, datetime, e.Event]]:
    """Facts with a seq above ``after``, in order, page by page."""
    while True:
        query = select(_TABLE.c.seq, _TABLE.c.at, _TABLE.c.fact).where(_TABLE.c.seq > after)
        page: Sequence[Any] = (await connection.execute(query.order_by(_TABLE.c.seq).limit(_PAGE))).all()
        for seq, at, fact in page:
            yield seq, at, e.decode(fact)
        if len(page) < _PAGE:
            return
        after = page[-1][0]


def decoded(rows: list[JournalRow]) -> list[tuple[JournalRow, e.Event]]:
    return [(row, e.decode(row.fact)) for row in rows]


async def lines(
    connection: AsyncConnection, *, activation: str | None = None, group: str | None = None, before: int | None = None,
    limit: int = 100,
) -> list[JournalRow]:  # fmt: skip
    """The newest lines first, of everything, of an activation or of a group."""
    query: Select[Any] = select(_TABLE).order_by(_TABLE.c.seq.desc()).limit(limit)
    if activation is not None:
        query = query.where(_TABLE.c.activation == activation)
    if group is not None:
        query = query.where(_TABLE.c.group_id == group)
    if before is not None:
        query = query.where(_TABLE.c.seq < before)
    return [JournalRow(**row) for row in (await connection.execute(query)).mappings()]


async def newest(
    connection: AsyncConnection, *, activation: str | None = None, group: str | None = None
) -> AsyncIterator[tuple[JournalRow, e.Event]]:
    """All lines, the newest first, with their facts: whoever reads on decides how far."""
    before: int | None = None
    while page := await lines(connection, activation=activation, group=group, before=before, limit=_PAGE):
        for line in decoded(page):
            yield line
        before = page[-1].seq
