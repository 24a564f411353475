"""What can be read off a snapshot without stepping it: what waits, what may happen, what is due."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from caravan.basics import Record, Scalar
from caravan.protocol.chart import Arc, Chart, Node, chart_of, missing_from
from caravan.protocol.kleene import Scope
from caravan.protocol.model import Protocol, Snapshot, SnapshotError, Timer
from caravan.protocol.vocabulary import PROGRAM_EVENTS, Facts, FactType


class ActiveState(Record, frozen=True):
    """A state somebody has to leave. ``track`` is the region it stands in, ``path`` its states from the outside in.

    ``deadline`` is that of ``deadline_of``, the state itself or the nearest around it that declares one; when it is
    counted from a fact that is unknown there is none, and ``counted_from`` names the fact («sin fecha, urgente»).
    """

    state: str
    track: str | None
    label: dict[str, str]
    owner: str | None
    visible: tuple[str, ...] | None
    deadline: datetime | None = None
    deadline_of: str | None = None
    counted_from: str | None = None
    lasts: str | None = None
    provenance: dict[str, str] = {}
    path: tuple[str, ...] = ()


class PossibleEvent(Record, frozen=True):
    """An event a person may send now: who owns the state that waits for it, what has to come with it. ``senders`` are the
    only agencies that may send it; empty for the owner and the coordination."""

    event: str
    state: str
    owner: str | None
    visible: tuple[str, ...] | None
    requires: tuple[str, ...] = ()
    payload: dict[str, FactType] = {}
    label: dict[str, str] = {}
    senders: tuple[str, ...] = ()


NO_HISTORY: dict[str, tuple[str, ...]] = {}
NONE_MISSED: dict[str, datetime] = {}
"""What most copies have none of, shared by all of them: nobody writes into a snapshot."""


def active_mask(chart: Chart, snapshot: Snapshot) -> int:
    """The active states as bits of the chart. Raises ``SnapshotError`` if they are not a configuration of it."""
    key = (snapshot.protocol, snapshot.version, snapshot.machine)
    if key != chart.key:
        raise SnapshotError(f"la instantánea es de {key}, no de {chart.key}")
    known = chart.configurations.get(snapshot.active)
    if known is not None:
        return known
    mask = chart.root.bit
    for name in snapshot.active:
        mask |= chart.node(name).bit
    if not chart.is_legal(mask):
        raise SnapshotError(f"estados que no pueden estar activos a la vez: {', '.join(snapshot.active)}")
    chart.active(mask)
    return mask


def shared(protocol: Protocol, snapshot: Snapshot) -> Snapshot:
    """The same snapshot, holding the chart's own names instead of copies of its own: for keeping many that were read."""
    chart = chart_of(protocol, snapshot.machine)
    mask = active_mask(chart, snapshot)
    return Snapshot(
        protocol=chart.key[0],
        version=chart.key[1],
        machine=chart.key[2],
        active=chart.active(mask),
        history=_with_names(chart, snapshot.history),
        timers=_with_shared(chart, snapshot.timers),
        missed={chart.node(name).id: due for name, due in snapshot.missed.items()} or NONE_MISSED,
        held=_with_shared(chart, snapshot.held),
        done=snapshot.done,
    )


def _with_names(chart: Chart, history: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    if not history:
        return NO_HISTORY
    masks = {name: sum(chart.node(state).bit for state in states) for name, states in history.items()}
    return {chart.node(name).id: chart.names(mask) for name, mask in masks.items()}


def _with_shared(chart: Chart, timers: Iterable[Timer]) -> tuple[Timer, ...]:
    dues: dict[datetime, datetime] = {}
    return tuple(
        Timer(
            state=chart.node(timer.state).id,
            due=dues.setdefault(timer.due, timer.due),
            kind=timer.kind,
            index=timer.index,
            event=timer.event,
            sent_as=timer.sent_as,
        )
        for timer in timers
    )


def next_due(snapshot: Snapshot) -> datetime | None:
    """When the next timer of this copy fires."""
    return min((timer.due for timer in snapshot.timers), default=None)


def waiting(protocol: Protocol, snapshot: Snapshot) -> tuple[ActiveState, ...]:
    """The active states without children that are not final, in document order."""
    chart = chart_of(protocol, snapshot.machine)
    deadlines = snapshot.deadlines
    active = chart.members(active_mask(chart, snapshot))
    return tuple(_active_state(node, deadlines) for node in active if node.kind == "atomic")


def who_may_know(protocol: Protocol, snapshot: Snapshot) -> Iterator[tuple[str, ...] | None]:
    """Of each state that ``waiting`` lists, the agencies that may know of it (``None`` = all), and no more than that."""
    chart = chart_of(protocol, snapshot.machine)
    return (node.visible for node in chart.members(active_mask(chart, snapshot)) if node.kind == "atomic")


def _active_state(node: Node, deadlines: Mapping[str, datetime]) -> ActiveState:
    chain = (node, *node.above)
    timed = next((each for each in chain if each.state.deadline), None)
    region = next((each for each in reversed(chain) if each.parent and each.parent.kind == "parallel"), None)
    term = timed.state.deadline if timed else None
    due = deadlines.get(timed.id) if timed else None
    return ActiveState(
        state=node.id,
        track=region.id if region else None,
        label=_nearest_words(each.state.label for each in chain),
        owner=node.owner,
        visible=node.visible,
        deadline=due,
        deadline_of=timed.id if timed else None,
        counted_from=term.since if term and due is None else None,
        lasts=str(term.lasts) if term else None,
        provenance=_nearest_words(each.state.provenance for each in chain),
        path=node.path,
    )


def _nearest_words(said: Iterable[dict[str, str]]) -> dict[str, str]:
    return next((words for words in said if words), dict[str, str]())


def possible(protocol: Protocol, snapshot: Snapshot, facts: Facts | None = None) -> tuple[PossibleEvent, ...]:
    """The events people may send now, in document order of the states that wait, innermost first; an event that different
    agencies answer differently stands there once for each.

    With ``facts``, those whose guards cannot hold now are left out, unless the guard reads the event's own data or the
    hours of a desk.
    """
    if snapshot.done:
        return ()
    chart = chart_of(protocol, snapshot.machine)
    scope = Scope(facts, {}, set(snapshot.active).__contains__) if facts is not None else None
    found: dict[tuple[str, str, tuple[str, ...]], PossibleEvent] = {}
    for node in _listeners(chart, snapshot):
        for arc in node.arcs:
            if scope is not None and not _may_hold(arc, scope):
                continue
            for event in arc.transition.events:
                key = (event, node.id, arc.transition.senders)
                if _from_people(event) and key not in found:
                    found[key] = PossibleEvent(
                        event=event,
                        state=node.id,
                        owner=node.owner,
                        visible=node.visible,
                        requires=arc.transition.requires,
                        payload=protocol.events.get(event, {}),
                        label=arc.transition.label,
                        senders=arc.transition.senders,
                    )
    return tuple(found.values())


def _listeners(chart: Chart, snapshot: Snapshot) -> Iterator[Node]:
    seen = 0
    for atom in chart.members(active_mask(chart, snapshot)):
        if atom.children:
            continue
        for node in (atom, *atom.above):
            if not seen & node.bit:
                seen |= node.bit
                yield node


def _from_people(event: str) -> bool:
    return "*" not in event and not event.startswith("done.") and event not in PROGRAM_EVENTS


def _may_hold(arc: Arc, scope: Scope) -> bool:
    return arc.guard is None or arc.open_ended or arc.guard(scope) is True


def missing_evidence(
    protocol: Protocol, snapshot: Snapshot, event: str, payload: Mapping[str, Scalar], sender: str = ""
) -> tuple[str, ...]:
    """What has to come with ``event`` and does not, over the states that wait for it from ``sender``.

    Of several alternatives in one state, one that lacks nothing is enough; else the first one's gaps are named.
    """
    chart = chart_of(protocol, snapshot.machine)
    answers = chart.listening(event).arcs
    missing: dict[str, None] = {}
    for atom in chart.members(active_mask(chart, snapshot)):
        if atom.children:
            continue
        arcs = next((answers[node.index] for node in (atom, *atom.above) if node.index in answers), ())
        said = [arc.transition for arc in arcs]
        open_to = [each for each in said if not sender or not each.senders or sender in each.senders]
        gaps = [missing_from(each.requires, payload) for each in open_to]
        if gaps and all(gaps):
            missing.update(dict.fromkeys(gaps[0]))
    return tuple(missing)
