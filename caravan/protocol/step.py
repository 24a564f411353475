"""One step of a running machine: W3C SCXML, Appendix D, with deadlines that do not leave their state.

Pure: the facts and ``now`` are arguments, nothing is read or written, and the same arguments give the same result.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from caravan.basics import Scalar
from caravan.protocol.chart import Act, Arc, Chart, Entry, Listening, Node, chart_of
from caravan.protocol.clocks import Clocks
from caravan.protocol.entry import effective, entered, entry_of
from caravan.protocol.kleene import Scope, plain
from caravan.protocol.model import Effect, EndlessLoop, Protocol, Snapshot, Step, Timer, Trigger, Why
from caravan.protocol.outlook import (
    NO_HISTORY,
    NONE_MISSED,
    ActiveState,
    PossibleEvent,
    active_mask,
    missing_evidence,
    next_due,
    possible,
    waiting,
)
from caravan.protocol.services import is_open
from caravan.protocol.vocabulary import PROGRAM_EVENTS, Facts

__all__ = [
    "PROGRAM_EVENTS",
    "ActiveState",
    "PossibleEvent",
    "Step",
    "missing_evidence",
    "next_due",
    "possible",
    "start",
    "step",
    "waiting",
]

MAX_MICROSTEPS = 1000
_NO_DATA: Mapping[str, Scalar] = {}


def start(protocol: Protocol, machine: str, facts: Facts, now: datetime) -> Step:
    """A fresh copy of ``machine``, run until it rests. ``now`` is an aware instant.

    Raises ``EndlessLoop``, ``KeyError`` for an unknown machine, ``ModelError`` for one made in code that cannot run.
    """
    chart = chart_of(protocol, machine)
    empty = Snapshot(
        protocol=chart.key[0],
        version=chart.key[1],
        machine=chart.key[2],
        active=(),
        history=NO_HISTORY,
        missed=NONE_MISSED,
    )
    run = _Run(chart, empty, chart.root.bit, facts, now)
    run.begin()
    run.settle()
    return run.result()


def step(protocol: Protocol, snapshot: Snapshot, trigger: Trigger, facts: Facts, now: datetime) -> Step:
    """What the machine becomes when ``trigger`` reaches it at ``now``, an aware instant.

    An event nobody waits for, or whose required evidence is missing, and a timer that is early, stale or already
    fired come back with ``taken`` false and the same snapshot. Raises ``SnapshotError`` for a snapshot that is not
    one of this protocol, ``EndlessLoop`` when the machine never rests.
    """
    chart = chart_of(protocol, snapshot.machine)
    run = _Run(chart, snapshot, active_mask(chart, snapshot), facts, now)
    if snapshot.done or not run.receive(trigger):
        return Step(snapshot=snapshot, taken=False)
    run.settle()
    if trigger.kind == "facts" and not run.why and not run.clocks.changed:
        return Step(snapshot=snapshot, taken=False)
    return run.result()


class _Run:
    """The working memory of one step."""

    __slots__ = (
        "active", "before", "chart", "clocks", "done", "effects", "external", "history", "internal", "microsteps", "now",
        "scope", "sender", "why",
    )  # fmt: skip

    def __init__(self, chart: Chart, snapshot: Snapshot, active: int, facts: Facts, now: datetime) -> None:
        if now.tzinfo is not UTC:
            now = _in_utc(now)
        self.chart = chart
        self.before = snapshot
        self.active = active
        self.now = now
        self.history = snapshot.history
        self.clocks = Clocks(chart, snapshot, now)
        self.done = False
        self.sender = ""
        self.scope = Scope(facts, _NO_DATA, self.is_active, self.is_open)
        self.internal: deque[str] = deque()
        self.external: deque[str] = deque()
        self.effects: list[Effect] = []
        self.why: list[Why] = []
        self.microsteps = 0

    def is_active(self, state: str) -> bool:
        node = self.chart.by_id.get(state)
        return node is not None and bool(self.active & node.bit)

    def is_open(self, service: str) -> bool:
        chart = self.chart
        return is_open(chart.services[service], self.now, chart.zone, chart.calendar)

    # -- what may arrive

    def begin(self) -> None:
        root = self.chart.root
        entry = entered(self.chart, self.history, root.initial, root)
        names = self.chart.names(entry.mask)
        self.why.append(Why(event="inicio", transition=("", root.state.initial), entered=names))
        self._run(root.on_initial, root)
        self._enter((entry,))

    def receive(self, trigger: Trigger) -> bool:
        """Take in what arrived; whether anybody waited for it."""
        if trigger.kind == "facts":
            return True
        if trigger.kind == "event":
            self.scope.event, self.sender = trigger.payload, trigger.sender
            return self._fire(trigger.name, self._select(self.chart.listening(trigger.name)))
        timer = trigger.timer
        if timer is None or not self.clocks.take(timer):
            return False
        node = self.chart.node(timer.state)
        if timer.kind == "send":
            self._fire(timer.event, self._select(self.chart.listening(timer.event)))
        elif timer.kind == "delay":
            self._fire("tras", self._select(node.alarm(timer.index)))
        elif timer.kind == "forewarning":
            self._forewarn(node)
        else:
            self._miss(node, timer)
        return True

    def settle(self) -> None:
        """SCXML ``mainEventLoop``: automatic transitions before internal events, those before external ones, to the end.

        What arrived stays the present event for the automatic transitions that follow it.
        """
        while not self.done:
            if self._fire("siempre", self._select(self.chart.automatic)):
                continue
            if not self.internal and not self.external:
                self.clocks.recount(self.active, self.scope.facts)
                return
            event = (self.internal or self.external).popleft()
            self.scope.event, self.sender = _NO_DATA, ""
            self._fire(event, self._select(self.chart.listening(event)))
        for node in reversed(list(self.chart.members(self.active & self.chart.exiting))):
            self._run(node.exit, node)

    def result(self) -> Step:
        before, clocks = self.before, self.clocks
        snapshot = Snapshot(
            protocol=before.protocol,
            version=before.version,
            machine=before.machine,
            active=self.chart.active(self.active),
            history=self.history,
            timers=() if self.done else tuple(clocks.timers) if clocks.changed else before.timers,
            missed=clocks.missed,
            held=() if self.done else clocks.held,
            done=self.done,
        )
        return Step(snapshot=snapshot, effects=tuple(self.effects), why=tuple(self.why))

    # -- which transitions

    def _select(self, listening: Listening) -> Sequence[Arc]:
        """SCXML ``selectTransitions`` and ``selectEventlessTransitions``, conflicts removed."""
        heard = self.active & listening.nodes
        if not heard:
            return ()
        arcs = listening.arcs
        if not heard & (heard - 1):
            arc = self._enabled(arcs[heard.bit_length() - 1])
            return (arc,) if arc else ()
        chosen: list[Arc] = []
        for atom in self.chart.members(self.active & self.chart.atoms):
            concerned = atom.line & heard
            while concerned:
                innermost = concerned.bit_length() - 1
                arc = self._enabled(arcs[innermost])
                if arc is not None:
                    if arc not in chosen:
                        chosen.append(arc)
                    break
                concerned ^= 1 << innermost
        return self._without_conflicts(chosen) if len(chosen) > 1 else chosen

    def _enabled(self, arcs: tuple[Arc, ...]) -> Arc | None:
        scope = self.scope
        for arc in arcs:
            if arc.conditional and not arc.admits(scope.event, self.sender):
                continue
            if arc.guard is None or arc.guard(scope) is True:
                return arc
        return None

    def _without_conflicts(self, chosen: list[Arc]) -> list[Arc]:
        """SCXML ``removeConflictingTransitions``."""
        exits = {arc: self._exits(self._domain(arc)) for arc in chosen}
        kept: list[Arc] = []
        for arc in chosen:
            rivals = [other for other in kept if exits[other] & exits[arc]]
            if all(arc.source.bit & other.source.below for other in rivals):
                kept = [other for other in kept if other not in rivals]
                kept.append(arc)
        return kept

    def _domain(self, arc: Arc) -> Node | None:
        return arc.domain_of(effective(self.chart, self.history, arc.targets)) if arc.to_history else arc.domain

    def _exits(self, domain: Node | None) -> int:
        return self.active & domain.below if domain else 0

    # -- microstep

    def _fire(self, event: str, arcs: Sequence[Arc]) -> bool:
        """SCXML ``microstep``; histories are recorded before they are asked where to enter."""
        if not arcs:
            return False
        self.microsteps += 1
        if self.microsteps > MAX_MICROSTEPS:
            raise EndlessLoop(f"{self.before.machine}: «{arcs[0].source.id}» no llega a reposo")
        exits = [self._exits(self._domain(arc)) for arc in arcs]
        leaving = 0
        for mask in exits:
            leaving |= mask
        if leaving:
            self._exit(leaving)
        for arc in arcs:
            self._run(arc.acts, arc.source)
        entries: list[Entry] = []
        for arc, left in zip(arcs, exits, strict=True):
            domain = self._domain(arc)
            if domain is not None:
                entries.append(entry_of(self.chart, self.history, arc, domain))
            self._explain(event, arc, left, entries[-1].mask if domain is not None else 0)
        if entries:
            self._enter(entries)
        return True

    def _explain(self, event: str, arc: Arc, left: int, entered: int) -> None:
        names, guard = self.chart.names, arc.transition.guard
        self.why.append(Why(event=event, transition=arc.said, guard=guard, left=names(left), entered=names(entered)))

    def _exit(self, leaving: int) -> None:
        """SCXML ``exitStates``."""
        chart = self.chart
        returning = self._remember(leaving & chart.remembering) if leaving & chart.remembering else 0
        if chart.resumes and self.history:
            returning |= leaving & self._remembered()
        if leaving & chart.exiting:
            for node in reversed(list(chart.members(leaving))):
                self._run(node.exit, node)
                self.active &= ~node.bit
        self.active &= ~leaving
        self.clocks.leave(leaving, returning)

    def _remember(self, parents: int) -> int:
        """Record the histories of states about to be left: the states whose clocks they will want back."""
        chart, returning = self.chart, 0
        self.history = dict(self.history)
        for node in chart.members(parents):
            inside = self.active & node.below
            for pseudo in node.histories:
                kept = inside & (chart.atoms if pseudo.state.deep else node.inner)
                self.history[pseudo.id] = chart.names(kept)
                returning |= node.bit | (inside if pseudo.state.deep else kept)
        return returning if chart.resumes else 0

    def _remembered(self) -> int:
        """The states that a history still remembers of an earlier visit: a way inside its parent may bring them back."""
        found = 0
        for name, kept in self.history.items():
            parent = self.chart.node(name).parent
            for state in kept:
                node = self.chart.node(state)
                found |= node.bit | sum(above.bit for above in node.above if parent and above.bit & parent.below)
        return found

    def _enter(self, entries: Sequence[Entry]) -> None:
        """SCXML ``enterStates``. States where nothing happens on entry are added with the next one in order."""
        entering = by_default = restored = 0
        busy = self.chart.busy
        content: dict[int, tuple[Act, ...]] = {}
        for entry in entries:
            entering |= entry.mask
            by_default |= entry.defaults
            restored |= entry.restored
            for index, acts in entry.content.items():
                content[index] = acts
                busy |= 1 << index
        if not self.chart.resumes:
            restored = 0
        for node in self.chart.members(entering & busy):
            self.active |= entering & ((node.bit << 1) - 1)
            self._announce(node, restored=bool(node.bit & restored))
            if node.bit & by_default:
                self._run(node.on_initial, node)
            self._run(content.get(node.index, ()), node)
            if node.kind == "final":
                self._finish(node)
        self.active |= entering

    def _announce(self, node: Node, *, restored: bool) -> None:
        if restored:
            self.clocks.resume(node)
            self._run(node.resume, node)
        else:
            if node.bit & self.chart.clocked:
                self.clocks.start(node)
            self._run(node.entry, node)

    def _finish(self, node: Node) -> None:
        """A final state was entered. In the protocols' meaning a parallel that is complete completes the one around it too;
        SCXML asks only the one just around, and parallels inside one another would hang on the order of events."""
        parent = node.above[0]
        if parent is self.chart.root:
            self.done = True
            return
        self.internal.append(f"done.state.{parent.id}")
        around = parent.above[0]
        while around.kind == "parallel" and self._in_final(around):
            self.internal.append(f"done.state.{around.id}")
            if not self.chart.resumes:
                return
            around = around.above[0]

    def _in_final(self, node: Node) -> bool:
        """SCXML ``isInFinalState``."""
        if node.kind == "compound":
            return any(child.kind == "final" and child.bit & self.active for child in node.children)
        return node.kind == "parallel" and all(self._in_final(child) for child in node.children)

    # -- effects

    def _forewarn(self, node: Node) -> None:
        due = self.clocks.deadline(node)
        if due is not None:
            told = [node.owner] if node.owner else []
            self._emit("por_vencer", {"estado": node.id, "vence": due.isoformat(), "avisar_a": told}, node)

    def _miss(self, node: Node, timer: Timer) -> None:
        """Tell the next rung of the ladder that the deadline passed."""
        passed = self.clocks.miss(node, timer)
        owner = (node.owner,) if node.owner else ()
        told = owner if not node.rungs else node.rungs[timer.index] if timer.index < len(node.rungs) else ()
        args: dict[str, object] = {
            "estado": node.id,
            "vencio": passed.isoformat(),
            "peldano": timer.index,
            "avisar_a": list(told),
        }
        self._emit("vencido", args, node)

    def _emit(self, kind: str, args: dict[str, object], node: Node) -> None:
        self.effects.append(Effect(kind=kind, args=args, state=node.id, visible=node.visible))

    def _run(self, acts: Iterable[Act], node: Node) -> None:
        for act in acts:
            args: dict[str, object] = dict(act.fixed)
            for key, compiled in act.computed:
                args[key] = plain(compiled(self.scope))
            kind = act.action.kind
            if kind == "emitir":
                self._raise(act, args, node)
            elif kind == "cancelar":
                self.clocks.cancel(args.get("evento"), args.get("id"))
            else:
                if act.lasts is not None:
                    args["vence"] = self.clocks.term(act.lasts).isoformat()
                self._emit(kind, args, node)

    def _raise(self, act: Act, args: Mapping[str, object], node: Node) -> None:
        """To the internal queue at once, to the external one after this macrostep, or to a timer."""
        event = str(args["evento"])
        due = self.clocks.term(act.lasts) if act.lasts is not None else None
        if due is not None and due > self.now:
            self.clocks.send(node, event, due, str(args.get("id", "")))
        elif due is not None or args.get("externa") is True:
            self.external.append(event)
        else:
            self.internal.append(event)


def _in_utc(now: datetime) -> datetime:
    if now.tzinfo is None:
        raise ValueError(f"instant without offset: {now.isoformat()}")
    return now.astimezone(UTC)
