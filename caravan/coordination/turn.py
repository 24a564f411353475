"""A turn: the facts that one command makes true, folded as they come. It lives as long as one call of ``coordinate``."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from caravan.basics import Actor, Refusal
from caravan.commands import Command
from caravan.events import Event
from caravan.fold import fold
from caravan.groups import Group
from caravan.picture import Picture, mint
from caravan.protocol.model import Trigger


class Turn:
    """``happen`` makes a fact true. What the protocols must hear of it waits in ``queue``, first in, first out; ``births`` are
    the cases whose machine has yet to start; ``stale`` are the owners (groups, activations, cases) whose machines should look at
    the facts again; ``texts`` is what was said and must not enter the journal, with its owner, by its reference. ``heard`` are
    the instances in the order in which something last reached them, and how often; those in ``deaf`` hear nothing for now."""

    def __init__(self, picture: Picture, by: Actor, now: datetime) -> None:
        self.picture = picture
        self.by = by
        self.now = now
        self.events: list[Event] = []
        self.queue: deque[tuple[str, Trigger]] = deque()
        self.births: deque[str] = deque()
        self.stale: dict[str, None] = {}
        self.texts: dict[str, tuple[str, str]] = {}
        self.heard: dict[str, int] = {}
        self.deaf: set[str] = set()

    def hear(self, instance: str) -> bool:
        """Whether that instance listens. What reaches it is counted, so that whoever never comes to rest can be named."""
        if instance in self.deaf:
            return False
        self.heard[instance] = self.heard.pop(instance, 0) + 1
        return True

    def undo(self, picture: Picture, events: int) -> None:
        """Back to where there were that many facts and nothing waited to be heard."""
        self.picture = picture
        del self.events[events:]
        self.queue.clear()
        self.births.clear()
        self.stale.clear()
        self.heard.clear()

    def happen(self, event: Event) -> None:
        before = self.picture
        self.picture = fold(before, event, self.now)
        self.events.append(event)
        for listener in LISTENERS.get(type(event), ()):
            listener(self, before, event)

    def tell(self, owner: str, name: str, **payload: Any) -> None:
        """An event of the program, for all machines of a group, an activation or a case."""
        for instance in self.picture.machines_of.get(owner, ()):
            self.queue.append((instance, Trigger(kind="event", name=name, payload=payload)))

    def mint(self, kind: str, ahead: int = 0) -> str:
        return mint(self.picture, kind, ahead)

    def group(self, ident: str, *, concluded: bool = False) -> Group:
        """The open group of that id. Refuses an unknown one, and one that is merged, annulled or (unless ``concluded`` is
        welcome too) concluded."""
        group = self.picture.groups.get(ident)
        if group is None:
            raise Refusal("unknown_group", field="group", group=ident)
        if group.status != "open" and not (concluded and group.status == "concluded"):
            raise Refusal("group_not_open", field="group", status=group.status, into=group.merged_into)
        return group


Listener = Callable[[Turn, Picture, Any], None]
LISTENERS: dict[type[Event], list[Listener]] = {}
Answer = Callable[[Turn, Any], str | None]
ANSWERS: dict[type[Command], Answer] = {}

_L = TypeVar("_L", bound=Listener)
_A = TypeVar("_A", bound=Answer)


def hears(*kinds: type[Event]) -> Callable[[_L], _L]:
    """Registers what else follows from a fact."""

    def keep(function: _L) -> _L:
        for kind in kinds:
            LISTENERS.setdefault(kind, []).append(function)
        return function

    return keep


def answers(kind: type[Command]) -> Callable[[_A], _A]:
    """Registers how a command is answered: it refuses, or makes facts happen and may return the id of what it created."""

    def keep(function: _A) -> _A:
        ANSWERS[kind] = function
        return function

    return keep
