"""What was done: the transitions that were taken, when, by whom and why, as far as this reader may follow them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from litestar import Request
from msgspec.structs import replace

from caravan import events as e
from caravan.basics import Record, Scalar
from caravan.protocol.chart import chart_of
from caravan.protocol.expressions import parse, states
from caravan.protocol.model import Protocol, Why
from caravan.protocol.telling.spoken import guard_words
from caravan.server.db import journal
from caravan.server.db.engine import reading
from caravan.server.web.pages.story import event_name, told
from caravan.server.web.pages.wording import level, number
from caravan.server.web.words import LANGUAGE, by_language
from caravan.server.web.words import gettext as _
from caravan.sharing import SharedPicture

_TAKEN_LINES = 40
_READ_LINES = 2_000
_TOLD: frozenset[str] = frozenset(kind.__name__ for kind in (e.ProtocolStepped, e.LevelSet, e.ActivationMigrated))
# The accounts of an institution; those of places are many under one institution's name.
_INSTITUTIONS = ("coordination", "agency")


class Taken(Record, frozen=True):
    """A transition that was taken: when, by what, by whom, on which condition, and what was told with it: each field's name
    with its value. Without states, a line of the whole activation."""

    at: datetime
    agency: str
    what: str
    guard: str = ""
    left: tuple[str, ...] = ()
    entered: tuple[str, ...] = ()
    said: tuple[tuple[str, str], ...] = ()


async def taken_in(
    request: Request[Any, Any, Any], share: SharedPicture, activation: str, group: str | None
) -> list[Taken]:
    """The transitions of an activation or of a group in it, the newest first."""
    async with reading(request.app.state.desk.engine) as connection:
        rows = await journal.lines(connection, activation=activation, limit=_READ_LINES)
    lines = journal.decoded([row for row in rows if row.kind in _TOLD and row.group_id in (None, group)])
    found: list[Taken] = []
    for row, event in lines:
        found += _lines_of(share, event, row.at, row.agency, group)
        if len(found) >= _TAKEN_LINES:
            break
    return found[:_TAKEN_LINES]


def _lines_of(share: SharedPicture, event: e.Event, at: datetime, agency: str, group: str | None) -> Iterator[Taken]:
    match event:
        case e.ProtocolStepped(case=None) if event.group == group:
            told_of = shown(share, event, agency)
            if told_of is not None:
                moved = [why for why in reversed(told_of.why) if why.entered or why.left]
                yield from (_told(share, told_of, why, at, agency) for why in moved)
        case e.ActivationMigrated() if share.shows(event):
            yield Taken(at, agency, told(event, share))
        case e.LevelSet() if group is None and share.shows(event):
            yield Taken(at, agency, told(event, share))
        case _:
            pass


def shown(share: SharedPicture, event: e.ProtocolStepped, agency: str) -> e.ProtocolStepped | None:
    """The step with the transitions this reader may know of, and without what was told with it where not all who heard it may
    be known. An institution sees its own acts, whoever leads; ``None`` where there is nothing to see."""
    own = not share.shows(event)
    if own and not _is_own(share, event, agency):
        return None
    why = _followed(share, event) if own else share.taken(event)
    heard = [each for each in event.why if each.event == event.trigger.name]
    if not why or (own and not any(each in why for each in heard)):
        return None
    trigger = event.trigger if all(each in why for each in heard) else replace(event.trigger, payload={})
    return replace(event, why=tuple(replace(each, guard=None) for each in why) if own else why, trigger=trigger)


def _is_own(share: SharedPicture, event: e.ProtocolStepped, agency: str) -> bool:
    mine = agency == share.viewer.agency and share.viewer.role in _INSTITUTIONS
    return mine and event.trigger.kind == "event" and event.case is None


def _followed(share: SharedPicture, event: e.ProtocolStepped) -> tuple[Why, ...]:
    """The transitions between steps that this reader may follow in a picture."""
    protocol = _then(share, event)
    steps = share.shown_states(protocol, event.snapshot.machine)
    return tuple(
        why for why in share.taken(event) if steps is None or {why.transition[0], *why.left, *why.entered} <= steps
    )


def own_acts(
    share: SharedPicture, lines: Sequence[tuple[journal.JournalRow, e.Event]]
) -> list[tuple[journal.JournalRow, e.Event]]:
    """The lines this reader may read: what is shared with them, and what their own institution did."""
    found: list[tuple[journal.JournalRow, e.Event]] = []
    for row, event in lines:
        if share.shows(event):
            found.append((row, event))
        elif isinstance(event, e.ProtocolStepped) and (step := shown(share, event, row.agency)) is not None:
            found.append((row, step))
    return found


def _then(share: SharedPicture, event: e.ProtocolStepped) -> Protocol:
    """The version that was in force for the step."""
    taken = event.snapshot
    found = share.protocol(f"{taken.protocol}@{taken.version}")
    assert found is not None, "a step is of a published version"
    return found


def _told(share: SharedPicture, event: e.ProtocolStepped, why: Why, at: datetime, agency: str) -> Taken:
    protocol = _then(share, event)
    nodes = chart_of(protocol, event.snapshot.machine).by_id

    def names(several: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(by_language(nodes[state].state.label) or state.replace("_", " ") for state in several)

    asked = () if why.guard is None else states(parse(why.guard))
    clear = why.guard is not None and all(share.state_words(event.activation, each.state) for each in asked)
    guard = guard_words(protocol, why.guard, LANGUAGE.get()) if why.guard is not None and clear else ""
    said = _said(protocol, event) if why.event == event.trigger.name else ()
    return Taken(at, agency, _cause(protocol, why), guard, names(why.left), names(why.entered), said)


def _said(protocol: Protocol, event: e.ProtocolStepped) -> tuple[tuple[str, str], ...]:
    """What was told with the event: evidence, reasons, the level. A text that may be erased is not here, nor a trace of it."""
    specs = protocol.events.get(event.trigger.name, {})
    given = event.trigger.payload.items()
    kept = ((n, v) for n, v in given if v not in (None, "") and not (n in specs and specs[n].erasable))
    return tuple((name, _value(name, value)) for name, value in kept)


def _value(name: str, value: Scalar) -> str:
    match value:
        case bool():
            return _("sí") if value else _("no")
        case int() | float():
            return number(value)
        case str():
            return level(value) if name == "nivel" else value
        case None:
            return _("sin dato")


def _cause(protocol: Protocol, why: Why) -> str:
    match why.event:
        case "inicio":
            return _("Comenzó")
        case "siempre":
            return _("De inmediato, por los datos")
        case "tras":
            return _("Se cumplió el tiempo")
        case event if event.startswith("done."):
            return _("Terminó todo lo anterior")
        case event:
            return event_name(event, protocol)
