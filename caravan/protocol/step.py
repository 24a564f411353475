"""One step of a running machine: W3C SCXML, Appendix D, with deadlines that do not leave their state.

Pure: the facts and ``now`` are arguments, nothing is read or written, and the same arguments give the same result.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from datetime import date, datetime

from caravan.basics import Scalar
from caravan.protocol.chart import Act, Arc, Chart, Node, chart_of
from caravan.protocol.entry import EntrySet, effective
from caravan.protocol.kleene import Scope, plain
from caravan.protocol.model import (
    Duration,
    Effect,
    EndlessLoop,
    Protocol,
    Snapshot,
    Step,
    Timer,
    Trigger,
    Why,
)
from caravan.protocol.outlook import (
    ActiveState,
    PossibleEvent,
    active_mask,
    missing_evidence,
    missing_from,
    next_due,
    possible,
    waiting,
)
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
    """A fresh copy of ``machine``, run until it rests. Raises ``EndlessLoop``, ``KeyError`` for an unknown machine."""
    chart = chart_of(protocol, machine)
    empty = Snapshot(protocol=protocol.id, version=protocol.version, machine=machine, active=())
    run = _Run(chart, empty, chart.root.bit, facts, now)
    run.begin()
    run.settle()
    return run.result(taken=True)


def step(protocol: Protocol, snapshot: Snapshot, trigger: Trigger, facts: Facts, now: datetime) -> Step:
    """What the machine becomes when ``trigger`` reaches it.

    An event nobody waits for, or whose required evidence is missing, and a timer that is early, stale or already
    fired come back with ``taken`` false and the same snapshot. Raises ``SnapshotError`` for a snapshot that is not
    one of this protocol, ``EndlessLoop`` when the machine never rests.
    """
    chart = chart_of(protocol, snapshot.machine)
    run = _Run(chart, snapshot, active_mask(chart, snapshot), facts, now)
    if snapshot.done or not run.receive(trigger):
        return Step(snapshot=snapshot, taken=False)
    run.settle()
    done = run.result(taken=True)
    if trigger.kind == "facts" and done.snapshot == snapshot and not done.why:
        return Step(snapshot=snapshot, taken=False)
    return done


class _Run:
    """The working memory of one step."""

    def __init__(self, chart: Chart, snapshot: Snapshot, active: int, facts: Facts, now: datetime) -> None:
        self.chart = chart
        self.before = snapshot
        self.active = active
        self.now = now
        self.history = dict(snapshot.history)
        self.timers = list(snapshot.timers)
        self.missed = dict(snapshot.missed)
        self.held = list(snapshot.held)
        self.done = False
        self.scope = Scope(facts, _NO_DATA, self.is_active)
        self.queue: deque[str] = deque()
        self.effects: list[Effect] = []
        self.why: list[Why] = []
        self.microsteps = 0

    def is_active(self, state: str) -> bool:
        node = self.chart.by_id.get(state)
        return node is not None and bool(self.active & node.bit)

    # -- what may arrive

    def begin(self) -> None:
        root = self.chart.root
        entry = EntrySet(self.chart, self.history)
        for node in root.initial:
            entry.descend(node)
        for node in root.initial:
            entry.climb(node, root)
        self.why.append(Why(event="inicio", transition=("", root.state.initial), entered=entry.names()))
        self._enter(entry)

    def receive(self, trigger: Trigger) -> bool:
        """Take in what arrived; whether anybody waited for it."""
        if trigger.kind == "facts":
            return True
        if trigger.kind == "event":
            self.scope.event = trigger.payload
            return self._fire(trigger.name, self._select(self.chart.listening(trigger.name)))
        timer = trigger.timer
        if timer is None or timer not in self.timers or timer.due > self.now:
            return False
        self.timers.remove(timer)
        node = self.chart.by_id[timer.state]
        if timer.kind == "delay":
            self._fire("tras", self._select({node.index: (node.delays[timer.index],)}))
        elif timer.kind == "forewarning":
            self._forewarn(node)
        else:
            self._miss(node, timer)
        return True

    def settle(self) -> None:
        """Run automatic transitions and internal events until the machine rests (SCXML macrostep)."""
        self.scope.event = _NO_DATA
        while not self.done:
            if self.active & self.chart.always and self._fire("siempre", self._select(None)):
                continue
            if not self.queue:
                break
            event = self.queue.popleft()
            self._fire(event, self._select(self.chart.listening(event)))
        if not self.done:
            self._recount()

    def result(self, *, taken: bool) -> Step:
        active = tuple(node.id for node in self.chart.members(self.active & ~self.chart.root.bit))
        snapshot = Snapshot(
            protocol=self.before.protocol,
            version=self.before.version,
            machine=self.before.machine,
            active=active,
            history=self.history,
            timers=() if self.done else tuple(sorted(self.timers, key=_timer_order)),
            missed=self.missed,
            held=() if self.done else tuple(self.held),
            done=self.done,
        )
        return Step(snapshot=snapshot, effects=tuple(self.effects), why=tuple(self.why), taken=taken)

    # -- which transitions

    def _select(self, listening: Mapping[int, tuple[Arc, ...]] | None) -> list[Arc]:
        """SCXML ``selectTransitions`` (``selectEventlessTransitions`` for ``None``), conflicts removed."""
        chosen: list[Arc] = []
        if listening is not None and not any(self.active >> index & 1 for index in listening):
            return chosen
        for atom in self.chart.members(self.active):
            if atom.children:
                continue
            arc = self._first(atom, listening)
            if arc is not None and arc not in chosen:
                chosen.append(arc)
        return self._without_conflicts(chosen) if len(chosen) > 1 else chosen

    def _first(self, atom: Node, listening: Mapping[int, tuple[Arc, ...]] | None) -> Arc | None:
        for node in (atom, *atom.above):
            for arc in node.always if listening is None else listening.get(node.index, ()):
                if arc.transition.requires and missing_from(arc.transition.requires, self.scope.event):
                    continue
                if arc.guard is None or arc.guard(self.scope) is True:
                    return arc
        return None

    def _without_conflicts(self, chosen: list[Arc]) -> list[Arc]:
        kept: list[Arc] = []
        for arc in chosen:
            exits = self._exits(arc)
            rivals = [other for other in kept if self._exits(other) & exits]
            if all(arc.source.bit & other.source.below for other in rivals):
                kept = [other for other in kept if other not in rivals]
                kept.append(arc)
        return kept

    def _domain(self, arc: Arc) -> Node | None:
        if arc.to_history:
            return arc.domain_of(
                tuple(node for target in arc.targets for node in effective(self.chart, self.history, target))
            )
        return arc.domain

    def _exits(self, arc: Arc) -> int:
        domain = self._domain(arc)
        return self.active & domain.below if domain else 0

    # -- microstep

    def _fire(self, event: str, arcs: list[Arc]) -> bool:
        if not arcs:
            return False
        self.microsteps += 1
        if self.microsteps > MAX_MICROSTEPS:
            raise EndlessLoop(f"{self.before.machine}: «{arcs[0].source.id}» no llega a reposo")
        exits = [self._exits(arc) for arc in arcs]
        entry = EntrySet(self.chart, self.history)
        domains = [self._domain(arc) for arc in arcs]
        leaving = 0
        for mask in exits:
            leaving |= mask
        self._exit(leaving)
        for arc in arcs:
            self._run(arc.acts, arc.source)
        for arc, domain in zip(arcs, domains, strict=True):
            if domain is not None:
                entry.add(arc, domain)
        for arc, domain, mask in zip(arcs, domains, exits, strict=True):
            self._explain(event, arc, mask, entry.mask & domain.below if domain else 0)
        self._enter(entry)
        return True

    def _explain(self, event: str, arc: Arc, left: int, entered: int) -> None:
        said = arc.transition
        self.why.append(
            Why(
                event=event,
                transition=(arc.source.id, said.targets),
                guard=said.guard,
                left=tuple(node.id for node in self.chart.members(left)),
                entered=tuple(node.id for node in self.chart.members(entered)),
            )
        )

    def _remember(self, leaving: int) -> set[str]:
        """Record the histories of the states about to be left and hold the clocks they will want back.

        Returns the names of the states a history will bring back with their clocks.
        """
        returning: set[str] = set()
        for node in self.chart.members(leaving):
            inside = list(self.chart.members(self.active & node.below)) if node.histories else []
            for pseudo in node.histories:
                deep = pseudo.state.deep
                kept = [each for each in inside if (not each.children if deep else each.parent is node)]
                self.history[pseudo.id] = tuple(each.id for each in kept)
                returning.update(each.id for each in (node, *(inside if deep else kept)))
        if not self.chart.resumes:
            return set()
        self.held = [timer for timer in self.held if timer.state not in returning]
        self.held += [timer for timer in self.timers if timer.state in returning]
        return returning

    def _exit(self, leaving: int) -> None:
        returning = self._remember(leaving)
        left = list(self.chart.members(leaving))
        for node in reversed(left):
            self._run(node.exit, node)
            self.active &= ~node.bit
        names = {node.id for node in left}
        self.timers = [timer for timer in self.timers if timer.state not in names]
        self.missed = {name: due for name, due in self.missed.items() if name not in names - returning}

    def _enter(self, entry: EntrySet) -> None:
        for node in self.chart.members(entry.mask):
            self.active |= node.bit
            restored = self.chart.resumes and bool(node.bit & entry.restored)
            if restored:
                self._resume_clocks(node)
                self._run(node.resume, node)
            else:
                self._start_clocks(node)
                self._run(node.entry, node)
            if node.kind == "final":
                self._finish(node)

    def _finish(self, node: Node) -> None:
        parent = node.parent
        if parent is None or parent is self.chart.root:
            self.done = True
            return
        self.queue.append(f"done.state.{parent.id}")
        region_owner = parent.parent
        if region_owner and region_owner.kind == "parallel" and self._in_final(region_owner):
            self.queue.append(f"done.state.{region_owner.id}")

    def _in_final(self, node: Node) -> bool:
        if node.kind == "compound":
            return any(child.kind == "final" and child.bit & self.active for child in node.children)
        return node.kind == "parallel" and all(self._in_final(child) for child in node.children)

    # -- clocks

    def _due(self, lasts: Duration, since: date | datetime) -> datetime:
        return lasts.after(since, self.chart.zone, self.chart.calendar)

    def _start_clocks(self, node: Node) -> None:
        self.missed.pop(node.id, None)
        self.held = [timer for timer in self.held if timer.state != node.id]
        deadline = node.state.deadline
        if deadline and deadline.since is None:
            self._set_deadline(node, self._due(deadline.lasts, self.now))
        for index, arc in enumerate(node.delays):
            lasts = arc.transition.delay
            if lasts is not None:
                self.timers.append(Timer(state=node.id, kind="delay", index=index, due=self._due(lasts, self.now)))

    def _resume_clocks(self, node: Node) -> None:
        self.timers += [timer for timer in self.held if timer.state == node.id]
        self.held = [timer for timer in self.held if timer.state != node.id]

    def _set_deadline(self, node: Node, due: datetime) -> None:
        self.timers.append(Timer(state=node.id, due=due))
        deadline = node.state.deadline
        if deadline and deadline.warn_before:
            self.timers.append(Timer(state=node.id, kind="forewarning", due=deadline.warn_before.before(due)))

    def _recount(self) -> None:
        """Set anew the deadlines counted from a fact that became known or changed; drop them if it became unknown."""
        for node in self.chart.members(self.active & self.chart.dated):
            deadline = node.state.deadline
            if deadline is None or deadline.since is None:
                continue
            owner, _, field = deadline.since.partition(".")
            since = self.scope.facts.get(owner, {}).get(field)
            due = self._due(deadline.lasts, since) if isinstance(since, date) else None
            present = next(
                (timer.due for timer in self.timers if timer.state == node.id and timer.kind == "deadline"),
                self.missed.get(node.id),
            )
            if due == present:
                continue
            self.missed.pop(node.id, None)
            self.timers = [timer for timer in self.timers if timer.state != node.id or timer.kind == "delay"]
            if due is not None:
                self._set_deadline(node, due)

    def _forewarn(self, node: Node) -> None:
        due = next(timer.due for timer in self.timers if timer.state == node.id and timer.kind == "deadline")
        told = [node.owner] if node.owner else []
        self._emit("por_vencer", {"estado": node.id, "vence": due.isoformat(), "avisar_a": told}, node)

    def _miss(self, node: Node, timer: Timer) -> None:
        """Tell the next rung of the ladder that the deadline passed, and set the timer of the one after."""
        rung = timer.index
        if timer.kind == "deadline":
            self.missed[node.id] = timer.due
            self.timers = [each for each in self.timers if each.state != node.id or each.kind == "delay"]
        told = list(node.rungs[rung]) if node.rungs else [node.owner] if node.owner else []
        args: dict[str, object] = {
            "estado": node.id,
            "vencio": self.missed[node.id].isoformat(),
            "peldano": rung,
            "avisar_a": told,
        }
        self._emit("vencido", args, node)
        if node.every and rung + 1 < len(node.rungs):
            due = self._due(node.every, timer.due)
            self.timers.append(Timer(state=node.id, kind="escalation", index=rung + 1, due=due))

    # -- effects

    def _emit(self, kind: str, args: dict[str, object], node: Node) -> None:
        self.effects.append(Effect(kind=kind, args=args, state=node.id, visible=node.visible))

    def _run(self, acts: Iterable[Act], node: Node) -> None:
        for act in acts:
            args: dict[str, object] = dict(act.fixed)
            for key, compiled in act.computed:
                args[key] = plain(compiled(self.scope))
            if act.lasts is not None:
                args["vence"] = self._due(act.lasts, self.now).isoformat()
            if act.action.kind == "emitir":
                self.queue.append(str(args["evento"]))
            else:
                self._emit(act.action.kind, args, node)


def _timer_order(timer: Timer) -> tuple[datetime, str, str, int]:
    return (timer.due, timer.state, timer.kind, timer.index)
