"""The one door in. The desk takes the turn, reads what others wrote, decides, appends, and only then answers."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import cast

import msgspec
from msgspec.structs import replace
from sqlalchemy import insert, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from caravan import commands as c
from caravan.basics import SYSTEM, Actor, Record, Refusal
from caravan.coordination.asking import mending, question
from caravan.coordination.authority import authorize
from caravan.coordination.loop import Outcome, coordinate
from caravan.coordination.placing import offered
from caravan.events import Event, TextKept
from caravan.fold import fold
from caravan.picture import Picture
from caravan.server.clock import Clock
from caravan.server.db import journal, mirror, texts
from caravan.server.db.engine import migrate, reading
from caravan.server.db.tables import TABLES
from caravan.server.searching import search
from caravan.shelters.progress import Watch, unwatched

_REQUESTS = TABLES["requests"]
_LOG = logging.getLogger("caravan")
# A plan made beside the turn is made again when the picture moved under it; three times is a very busy night.
_TRIES = 3
# A plan made beside the turn may find that the picture moved under it, and one that mends another, that it was mended.
_OVERTAKEN = frozenset(
    {
        "plan_out_of_date",
        "already_repaired",
        "more_than_unplaced",
        "group_not_open",
        "fewer_without_bed",
        "others_by_now",
    }
)
# What whoever confirms a plan hears when others were faster.
_TOO_LATE = frozenset(
    {"plan_out_of_date", "plan_replaced", "fewer_without_bed", "others_by_now", "house_refuses_by_now"}
)

News = Callable[[Picture, Sequence[Event]], None]


class Answer(Record, frozen=True):
    """What became of a command. ``repeated``: it had been answered before under the same key."""

    created: str | None
    picture: Picture
    events: tuple[Event, ...] = ()
    repeated: bool = False


@dataclass(eq=False)
class _Ask:
    """``wish`` is what somebody asked for; ``command`` what it became."""

    command: c.Command
    wish: c.Command
    by: Actor
    key: str | None
    now: datetime | None
    answer: asyncio.Future[Answer]


class Desk:
    """Commands that wait while a turn is under way are taken together in the next one and committed once: each is decided on the picture
    the one before it left, and a refusal of one leaves the others alone. An answer is given only after the commit."""

    def __init__(self, engine: AsyncEngine, clock: Clock) -> None:
        self.engine = engine
        self.clock = clock
        self.picture = Picture()
        self.hearers: list[News] = []
        self._waiting: list[_Ask] = []
        self._turn = asyncio.Lock()
        self._repairing = asyncio.Lock()
        # Another start may have ended between an erasure and the emptying of the log.
        self._to_forget = True
        self._under_way: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Brings the schema up to date and folds the journal."""
        await migrate(self.engine)
        await self.catch_up()

    async def close(self) -> None:
        """Waits for turns under way and lets go of the database. An unclosed connection would keep the process alive."""
        while under_way := list(self._under_way):
            await asyncio.gather(*under_way, return_exceptions=True)
            self._under_way.difference_update(under_way)
        await self.engine.dispose()

    async def handle(
        self, command: c.Command, *, by: Actor, key: str | None = None, now: datetime | None = None
    ) -> Answer:
        """Carries out one command. Raises ``Refusal``, and then it changed nothing. ``key`` is the client's own name for this
        wish: sent twice, it is carried out once. ``now`` is for drills that play the past."""
        if isinstance(command, c.ProposePlacement):
            return await self.propose(command, by=by, key=key, now=now)
        try:
            return await self._ask(command, by=by, key=key, now=now)
        except Refusal as refusal:
            if isinstance(command, c.ConfirmPlacement) and refusal.code in _TOO_LATE:
                refusal.details["plan"] = await self._next_best(command, by)
            raise

    async def _ask(
        self, command: c.Command, *, by: Actor, key: str | None, now: datetime | None, wish: c.Command | None = None
    ) -> Answer:
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        ask = _Ask(command, wish or command, by, _scoped(key, by), now, future)
        self._waiting.append(ask)
        task = asyncio.create_task(self._take_turn())
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return await ask.answer

    async def propose(
        self, wish: c.ProposePlacement, *, by: Actor, key: str | None = None, now: datetime | None = None,
        watch: Watch = unwatched,
    ) -> Answer:  # fmt: skip
        """The search runs beside the turn on the picture as it is; only its result takes a turn. ``watch`` hears how far it is,
        and stops it with the best so far by saying no."""
        tries = _TRIES
        while True:
            await self.catch_up()
            authorize(self.picture, wish, by)
            known = await self._answered(wish, by=by, key=key)
            if known is not None:
                return known
            picture, at = self.picture, now or self.clock.now()
            asked = await asyncio.to_thread(question, picture, wish, at)
            plan = offered(picture, asked, await search(asked, watch), at)
            tries -= 1
            try:
                return await self._ask(plan, by=by, key=key, now=now, wish=wish)
            except Refusal as refusal:
                if refusal.code not in _OVERTAKEN or not tries:
                    raise

    async def repair(self, watch: Watch = unwatched) -> Answer | None:
        """Makes the plans again that were upset; ``None`` where there are none, or another process was faster."""
        async with self._repairing:
            await self.catch_up()
            picture, at = self.picture, self.clock.now()
            asked = await asyncio.to_thread(mending, picture, at)
            if asked is None:
                return None
            plan = offered(picture, asked, await search(asked, watch), at)
            try:
                return await self._ask(plan, by=SYSTEM, key=None, now=None)
            except Refusal as refusal:
                if refusal.code not in _OVERTAKEN:
                    raise
                return None

    async def _next_best(self, command: c.ConfirmPlacement, by: Actor) -> str | None:
        """The plan to look at instead of the one that came too late: what upset it has been mended by then. Where only time has
        passed (a house no longer opens its door, a figure is too old) nothing upset it, and it is searched anew."""
        plan = self.picture.plans.get(command.group)
        if command.group in self.picture.upset:
            await self.repair()
        elif plan is not None and plan.plan == command.plan:
            wish = c.ProposePlacement(group=command.group, pins=plan.pins, reason=plan.reason)
            with suppress(Refusal):
                await self.propose(replace(wish, waived=cast("tuple[c.Waivable, ...]", plan.waived)), by=by)
        plan = self.picture.plans.get(command.group)
        return None if plan is None or plan.plan == command.plan else plan.plan

    async def _answered(self, command: c.Command, *, by: Actor, key: str | None) -> Answer | None:
        """The answer this wish had before, so that a plan that was confirmed since is not searched for again."""
        if key is None:
            return None
        async with reading(self.engine) as connection:
            return await self._repeated(connection, command, _scoped(key, by), self.picture, {})

    async def tick(self) -> None:
        """Lets what is due happen, and what was erased be gone. Costs nothing when nothing is."""
        if self._to_forget:
            async with self._turn:
                await self._forget()
        alarm = self.picture.next_alarm
        if alarm is not None and alarm.due <= self.clock.now():
            await self._ask(c.PassTime(), by=SYSTEM, key=None, now=None)

    async def catch_up(self) -> None:
        """Folds what other processes have written since."""
        async with self._turn, reading(self.engine) as connection:
            await self._read_tail(connection)

    # --- the turn ---

    async def _take_turn(self) -> None:
        async with self._turn:
            asks, self._waiting = self._waiting, []
            if not asks:
                return
            try:
                settled = await self._settle(asks)
                await self._forget()
            except BaseException as error:
                for ask in asks:
                    if not ask.answer.done():
                        ask.answer.set_exception(error if isinstance(error, Exception) else RuntimeError("stopped"))
                if not isinstance(error, Exception):
                    raise
                return
            for ask, result in settled:
                if not ask.answer.done():
                    if isinstance(result, Exception):
                        ask.answer.set_exception(result)
                    else:
                        ask.answer.set_result(result)

    async def _forget(self) -> None:
        """What was erased still stands in the write-ahead log until that is emptied; while somebody reads, it cannot be, and the
        next tick asks again. What is committed is answered all the same."""
        if self._to_forget:
            try:
                self._to_forget = not await texts.forget(self.engine)
            except SQLAlchemyError:
                _LOG.exception("the log of the database could not be emptied")

    async def _settle(self, asks: list[_Ask]) -> list[tuple[_Ask, Answer | Exception]]:
        async with self.engine.begin() as connection:
            await self._read_tail(connection)
            picture = self.picture
            happened: list[Event] = []
            settled: list[tuple[_Ask, Answer | Exception]] = []
            rows: list[dict[str, object]] = []
            kept: list[dict[str, object]] = []
            requests: dict[str, dict[str, object]] = {}
            for ask in asks:
                try:
                    answer = await self._repeated(connection, ask.wish, ask.key, picture, requests)
                    if answer is None:
                        now = self._now(ask, picture)
                        outcome = coordinate(picture, ask.command, by=ask.by, now=now)
                        rows += journal.rows_of(outcome, first=picture.seq + 1, at=now, by=ask.by)
                        kept += texts.rows_of(outcome, now)
                        requests |= self._request(ask, outcome, now)
                        happened += outcome.events
                        picture = outcome.picture
                        answer = Answer(created=outcome.created, picture=picture, events=outcome.events)
                    settled.append((ask, answer))
                except SQLAlchemyError:
                    raise
                except Exception as error:
                    # A refusal, or a mistake of ours in answering it: neither is the others' business.
                    settled.append((ask, error))
            if rows:
                await journal.append(connection, rows)
                await mirror.write(connection, picture, happened)
                await texts.keep(connection, kept)
                await texts.erase(connection, texts.erased_by(happened))
            if requests:
                await connection.execute(insert(_REQUESTS), list(requests.values()))
        self._to_forget = self._to_forget or bool(texts.erased_by(happened))
        self._publish(picture, happened)
        return settled

    def _now(self, ask: _Ask, picture: Picture) -> datetime:
        """Never before the last fact: two machines' clocks may differ, the journal's order may not."""
        now = ask.now or self.clock.now()
        return now if picture.at is None else max(now, picture.at)

    async def _repeated(
        self, connection: AsyncConnection, command: c.Command, key: str | None, picture: Picture,
        requests: dict[str, dict[str, object]],
    ) -> Answer | None:  # fmt: skip
        if key is None:
            return None
        known = requests.get(key)
        if known is None:
            row = (await connection.execute(select(_REQUESTS).where(_REQUESTS.c.key == key))).mappings().first()
            known = None if row is None else dict(row)
        if known is None:
            return None
        if known["digest"] not in ("", _digest(command)):
            raise Refusal("key_reused", field="Idempotency-Key")
        created = known["created"]
        return Answer(created=created if isinstance(created, str) else None, picture=picture, repeated=True)

    def _request(self, ask: _Ask, outcome: Outcome, now: datetime) -> dict[str, dict[str, object]]:
        if ask.key is None:
            return {}
        seq = outcome.picture.seq
        row: dict[str, object] = {
            "key": ask.key,
            # A fingerprint of what may have to be forgotten would outlive it.
            "digest": "" if any(isinstance(event, TextKept) for event in outcome.events) else _digest(ask.wish),
            "created": outcome.created,
            "seq": seq,
            "at": now,
        }
        return {ask.key: row}

    async def _read_tail(self, connection: AsyncConnection) -> None:
        picture, happened = self.picture, list[Event]()
        async for _, at, event in journal.tail(connection, picture.seq):
            picture = fold(picture, event, at)
            happened.append(event)
        if happened:
            self._publish(picture, happened)

    def _publish(self, picture: Picture, happened: Sequence[Event]) -> None:
        self.picture = picture
        if happened:
            for hear in self.hearers:
                try:
                    hear(picture, happened)
                except Exception:
                    # What happened is committed: whoever wished for it is answered, even if a map could not follow.
                    _LOG.exception("a hearer failed at fact %s", picture.seq)


def _scoped(key: str | None, by: Actor) -> str | None:
    """One client's key is not another's."""
    return None if key is None else f"{by.user or by.agency}:{key}"


def _digest(command: c.Command) -> str:
    """What was wished, so that one key cannot stand for two wishes."""
    if isinstance(command, c.ActivateProtocol):
        # words that a protocol may want forgotten, whether or not somebody waited for them
        command = replace(command, reason="")
    return hashlib.sha256(type(command).__name__.encode() + msgspec.json.encode(command)).hexdigest()
