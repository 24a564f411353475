"""Searches for places that somebody waits for on a screen: started, followed, stopped. They live in this process's memory; what
they find is in the journal."""

from __future__ import annotations

import asyncio
import logging
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from caravan.basics import Actor, Refusal
from caravan.commands import ProposePlacement
from caravan.coordination.authority import authorize
from caravan.server.desk import Answer, Desk
from caravan.shelters.progress import Progress

State = Literal["running", "done", "stopped", "refused"]

_LOG = logging.getLogger("caravan")
# Ended ones are remembered so long that whoever comes back to the page finds the end.
_REMEMBERED = 200


@dataclass(eq=False)
class Search:
    """One search. ``progress`` is the last that was heard. ``answer`` is set when it ended with proposals, also if it was told to
    stop (``stopped``: the best so far was offered); ``refusal`` when it ended without."""

    id: str
    wish: ProposePlacement
    by: Actor
    started_at: datetime
    state: State = "running"
    progress: Progress | None = None
    answer: Answer | None = None
    refusal: Refusal | None = None
    told_to_stop: bool = False
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def watch(self, progress: Progress) -> bool:
        self.progress = progress
        return not self.told_to_stop


class Searches:
    """The searches of one server. Whoever coordinates may follow and stop those of the own agency."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._found: dict[str, Search] = {}
        self._under_way: set[asyncio.Task[None]] = set()

    def start(self, wish: ProposePlacement, *, by: Actor, key: str | None = None) -> Search:
        """Begins a search, or gives the one that is under way for the same wish: a page sent twice searches once. Raises
        ``Refusal`` where this actor may not ask."""
        authorize(self._desk.picture, wish, by)
        for search in self._found.values():
            if search.state == "running" and search.wish == wish and search.by == by:
                return search
        search = Search(secrets.token_urlsafe(9), wish, by, self._desk.clock.now())
        self._found[search.id] = search
        self._forget()
        task = asyncio.create_task(self._run(search, key))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return search

    def find(self, ident: str, by: Actor) -> Search | None:
        """A search of that agency; ``None`` for another's, an unknown one, and one that ended long ago."""
        search = self._found.get(ident)
        return search if search is not None and search.by.agency == by.agency else None

    async def wait(self, ident: str, seconds: float) -> Search:
        """The search once it has ended, or as it is after so many seconds. Raises ``KeyError`` for an unknown one."""
        search = self._found[ident]
        try:
            async with asyncio.timeout(seconds):
                await search.ended.wait()
        except TimeoutError:
            pass
        return search

    def stop(self, ident: str, by: Actor) -> None:
        """Asks a search to end with the best it has. Nothing happens where there is none, or it has ended."""
        search = self.find(ident, by)
        if search is not None:
            search.told_to_stop = True

    async def close(self) -> None:
        """Ends all that are under way, without their proposals."""
        for search in self._found.values():
            search.told_to_stop = True  # a thread ends at its next step; it could not be cut off
        for task in list(self._under_way):
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _run(self, search: Search, key: str | None) -> None:
        try:
            search.answer = await self._desk.propose(search.wish, by=search.by, key=key, watch=search.watch)
            search.state = "stopped" if search.told_to_stop else "done"
        except Refusal as refusal:
            search.state, search.refusal = "refused", refusal
        except Exception:
            _LOG.exception("a search for places broke")
            search.state, search.refusal = "refused", Refusal("search_broke")
        finally:
            search.ended.set()

    def _forget(self) -> None:
        ended = [search for search in self._found.values() if search.state != "running"]
        for search in ended[: max(0, len(ended) - _REMEMBERED)]:
            del self._found[search.id]
