"""What of a past is closed to whoever rehearses a draft on it: neither told nor heard, so that a draft opens no window into it.

A draft could wait for the events of a closed track in a step of its own: they are taken out of what is played, for both versions
alike. What it reads of people is for the caller to judge before (``facts_of``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast

import msgspec
from msgspec.structs import replace

from caravan.basics import Record
from caravan.protocol.chart import Arc, chart_of, hears
from caravan.protocol.expressions import ExpressionError, Name, names, parse
from caravan.protocol.model import Protocol
from caravan.protocol.versions.rehearse import Heard, Recording, Rehearsal, called_in

Shown = Callable[[Protocol, str], frozenset[str] | None]
"""The steps of a machine that somebody may follow; ``None``: all."""


class Closed(Record, frozen=True):
    """Steps, and owners (cases) with all they went through."""

    states: frozenset[str] = frozenset()
    owners: frozenset[str] = frozenset()


def closed_states(shown: Shown, past: tuple[Protocol, ...], before: Protocol, draft: Protocol) -> frozenset[str]:
    """The steps that are closed in one of the versions: under the name they have there, and the one they have in the draft."""
    found: set[str] = set()
    for protocol in (*past, before, draft):
        for machine in protocol.machines:
            may = shown(protocol, machine)
            nodes = chart_of(protocol, machine).nodes[1:]
            found |= set[str]() if may is None else {node.id for node in nodes} - may
    for protocol in (*past, before):
        found |= {new for old, new in called_in(protocol, draft).items() if old in found}
    return frozenset(found)


def open_part(recording: Recording, protocol: Protocol, closed: Closed) -> Recording:
    """The recording without closed owners, and without the events that only closed steps of ``protocol`` wait for."""
    kept = [heard for heard in recording.heard if heard.owner not in closed.owners]
    muted = (_muted(heard) if _apart(heard, protocol, closed) else heard for heard in kept)
    return replace(recording, heard=tuple(muted))


def _muted(heard: Heard) -> Heard:
    """Its facts became known then all the same."""
    return replace(heard, kind="facts", name="", payload={})


def _apart(heard: Heard, protocol: Protocol, closed: Closed) -> bool:
    if heard.kind != "event" or not closed.states:
        return False
    machines = (m for m in protocol.machine_for(heard.instance) if heard.instance != "caso" or m.id == heard.machine)
    arcs = (arc for machine in machines for arc in arcs_of(protocol, machine.id))
    listening = {arc.source.state.id for arc in arcs if hears(arc.transition.events, heard.name)}
    return bool(listening) and listening <= closed.states


def arcs_of(protocol: Protocol, machine: str) -> Iterator[Arc]:
    """Every transition of a machine, automatic and delayed ones too."""
    for node in chart_of(protocol, machine).by_id.values():
        yield from (*node.arcs, *node.always, *node.delays)


def open_rehearsal(found: Rehearsal, closed: Closed) -> Rehearsal:
    """The rehearsal without a word of what is closed."""
    if closed == Closed():
        return found

    def may(owner: str, state: str = "") -> bool:
        return owner not in closed.owners and state not in closed.states

    def left(states: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(state for state in states if state not in closed.states)

    ends = ((ident, left(was), left(would)) for ident, was, would in found.ends if may(ident.rpartition("/")[0]))
    return replace(
        found,
        shifts=tuple(shift for shift in found.shifts if may(shift.owner, shift.state)),
        told_more=tuple(told for told in found.told_more if may(told.owner, told.state)),
        told_fewer=tuple(told for told in found.told_fewer if may(told.owner, told.state)),
        moved=tuple((old, new) for old, new in found.moved if may(old.owner, old.state) and may(new.owner, new.state)),
        missed_more=tuple(missed for missed in found.missed_more if may(missed.owner, missed.state)),
        missed_fewer=tuple(missed for missed in found.missed_fewer if may(missed.owner, missed.state)),
        unheard=tuple(one for one in found.unheard if may(one.owner)),
        ends=tuple((ident, was, would) for ident, was, would in ends if was != would),
        broken=tuple((i, said) for i, said in found.broken if not any(f"«{state}»" in said for state in closed.states)),
    )  # fmt: skip


def facts_of(protocol: Protocol) -> frozenset[tuple[str, str]]:
    """What its conditions, effects and terms read, by whose it is and its name."""
    return frozenset(_read(msgspec.to_builtins(protocol.machines)))


def _read(part: Any, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(part, dict):
        for name, value in cast("dict[str, Any]", part).items():
            yield from _read(value, name)
    elif isinstance(part, list | tuple):
        for value in cast("list[Any]", part):
            yield from _read(value, key)
    elif isinstance(part, str) and key == "since":
        owner, _, field = part.rpartition(".")
        yield owner, field
    elif isinstance(part, str) and (key == "guard" or part.startswith("=")):
        yield from ((name.owner, name.field) for name in _names(part.removeprefix("=")))


def _names(text: str) -> tuple[Name, ...]:
    try:
        return names(parse(text))
    except ExpressionError:
        return ()  # a label that only looks like one
