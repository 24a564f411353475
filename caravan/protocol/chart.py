"""A machine made ready to run: states numbered in document order, sets of states as the bits of an integer.

Everything that can be known before the first step is computed here once per protocol: ancestors, descendants,
compiled guards, what is inherited (owner, visibility, ladder), which states listen to which event. What a step finds out
about a set of states (its names, that it is a configuration) is remembered here too, within bounds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

from caravan.basics import Scalar
from caravan.protocol.expressions import Node as Expression
from caravan.protocol.expressions import names, parse, services
from caravan.protocol.kleene import Compiled, compile_expression
from caravan.protocol.model import (
    TERM_ARGUMENTS,
    Action,
    Duration,
    Machine,
    ModelError,
    Moment,
    Protocol,
    SnapshotError,
    State,
    Transition,
)
from caravan.protocol.soundness import faults

_REMEMBERED = 4096
"""How many event names, sets of states and terms a chart remembers of each before it forgets them all."""

_STRETCH = (1 << 24) - 1
"""Neighbouring states whose names are remembered together."""


class Act:
    """An effect with its expressions compiled; ``lasts`` is the term it announces, as an instant when it runs."""

    __slots__ = ("action", "computed", "fixed", "lasts")

    def __init__(self, action: Action, compiler: _Compiler) -> None:
        self.action = action
        self.fixed: dict[str, Any] = {}
        self.computed: list[tuple[str, Compiled]] = []
        self.lasts: Duration | None = None
        for key, value in action.args.items():
            if key == TERM_ARGUMENTS.get(action.kind):
                self.lasts = Duration.of(value)
            elif isinstance(value, str) and value.startswith("="):
                self.computed.append((key, compiler(value[1:])))
            else:
                self.fixed[key] = value


class Entry:
    """What a transition enters: ``defaults`` are the states entered by their initial transition, ``restored`` those a history
    brings back, ``content`` the effects of history defaults by the number of the state they follow the entry of."""

    __slots__ = ("content", "defaults", "mask", "restored")

    def __init__(self) -> None:
        self.mask = 0
        self.defaults = 0
        self.restored = 0
        self.content: dict[int, tuple[Act, ...]] = {}


class Arc:
    """A transition with its nodes resolved. ``domain`` is known beforehand unless a target is a history; ``entry`` is what it
    enters, remembered the first time if no history has a say in it; ``open_ended`` that facts alone do not decide its guard:
    it reads the event's own data or the hours of a desk; ``conditional`` that something must come with the event or
    that not everybody may send it."""

    __slots__ = (
        "acts", "conditional", "domain", "entry", "guard", "open_ended", "said", "source", "targets", "to_history",
        "transition",
    )  # fmt: skip

    def __init__(self, source: Node, transition: Transition, compiler: _Compiler) -> None:
        text = transition.guard
        self.source = source
        self.transition = transition
        self.said = (source.id, transition.targets)
        self.guard = compiler(text) if text is not None else None
        self.open_ended = text is not None and _open_ended(parse(text))
        self.conditional = bool(transition.requires or transition.senders)
        self.acts = tuple(Act(action, compiler) for action in transition.actions)
        self.targets: tuple[Node, ...] = ()
        self.to_history = False
        self.domain: Node | None = None
        self.entry: Entry | None = None

    def resolve(self, nodes: dict[str, Node]) -> None:
        self.targets = tuple(nodes[target] for target in self.transition.targets)
        self.to_history = any(target.kind == "history" for target in self.targets)
        if self.targets and not self.to_history and self.source.kind != "history":
            self.domain = self.domain_of(self.targets)

    def admits(self, payload: Mapping[str, Scalar], sender: str) -> bool:
        """Whether what must come with the event is there, and ``sender``, where one is named, may send it."""
        said = self.transition
        return (not sender or not said.senders or sender in said.senders) and not missing_from(said.requires, payload)

    def domain_of(self, targets: tuple[Node, ...]) -> Node:
        """SCXML ``getTransitionDomain``: the deepest compound state that stays active around the transition."""
        source = self.source
        inside = all(target.bit & source.below for target in targets)
        if self.transition.internal and source.kind == "compound" and inside:
            return source
        return next(
            node
            for node in source.above
            if node.kind == "compound" and all(target.bit & node.below for target in targets)
        )


def _open_ended(guard: Expression) -> bool:
    return bool(services(guard)) or any(name.owner == "evento" for name in names(guard))


class Listening:
    """Who answers one thing that happens: the states as a set, and the transitions of each in document order."""

    __slots__ = ("arcs", "nodes")

    def __init__(self, arcs: dict[int, tuple[Arc, ...]]) -> None:
        self.arcs = arcs
        self.nodes = sum(1 << index for index in arcs)


class Node:
    """A state of a running machine; the root is node 0, has no name and is never listed."""

    __slots__ = (
        "above", "alarms", "always", "arcs", "below", "bit", "children", "default", "delays", "entry", "every", "exit",
        "histories", "id", "index", "initial", "inner", "kind", "line", "on_initial", "owner", "parent", "path", "resume", "rungs",
        "state", "visible",
    )  # fmt: skip

    def __init__(self, state: State, index: int, parent: Node | None, compiler: _Compiler) -> None:
        self.state = state
        self.id = state.id
        self.kind = state.kind
        self.index = index
        self.bit = 1 << index
        self.below = 0
        self.inner = 0
        self.parent = parent
        self.above: tuple[Node, ...] = (parent, *parent.above) if parent else ()
        self.line: int = self.bit | (parent.line if parent else 0)
        self.path: tuple[str, ...] = (*parent.path, state.id) if parent else ()
        self.children: tuple[Node, ...] = ()
        self.histories: tuple[Node, ...] = ()
        self.initial: tuple[Node, ...] = ()
        self.owner = state.owner if state.owner or not parent else parent.owner
        self.visible = state.visible if state.visible is not None or not parent else parent.visible
        self.entry = tuple(Act(action, compiler) for action in state.on_entry)
        self.exit = tuple(Act(action, compiler) for action in state.on_exit)
        self.resume = tuple(Act(action, compiler) for action in state.on_resume)
        self.on_initial = tuple(Act(action, compiler) for action in state.on_initial)
        arcs = tuple(Arc(self, transition, compiler) for transition in state.transitions)
        self.default = arcs[0] if state.kind == "history" and arcs else None
        self.always = tuple(arc for arc in arcs if arc.transition.automatic and state.kind != "history")
        self.delays = tuple(arc for arc in arcs if arc.transition.delay is not None)
        self.arcs = tuple(arc for arc in arcs if arc.transition.events)
        self.alarms = tuple(self._alarms())
        self.rungs: tuple[tuple[str, ...], ...] = ()
        self.every: Duration | None = None

    def _alarms(self) -> Iterator[tuple[int, Duration | Moment, Listening]]:
        """Alternatives of one delay share its timer, which bears the place of the first among the state's delays."""
        alike: dict[Duration | Moment, list[int]] = {}
        for index, arc in enumerate(self.delays):
            if arc.transition.delay is not None:
                alike.setdefault(arc.transition.delay, []).append(index)
        for delay, indexes in alike.items():
            yield indexes[0], delay, Listening({self.index: tuple(self.delays[index] for index in indexes)})

    def alarm(self, index: int) -> Listening:
        """The transitions that the timer of a delay takes."""
        return next((listening for first, _, listening in self.alarms if first == index), Listening({}))


class _Compiler:
    def __init__(self, protocol: Protocol) -> None:
        self.types = protocol.facts

    def __call__(self, text: str) -> Compiled:
        return compile_expression(parse(text), self.types)


class Chart:
    """One machine of one protocol, indexed. Raises ``ModelError`` for a machine that cannot run."""

    def __init__(self, protocol: Protocol, machine: Machine) -> None:
        if problems := faults(protocol, machine):
            raise ModelError(problems)
        self.key = (protocol.id, protocol.version, machine.id)
        self.resumes = machine.resumes
        self.calendar = protocol.calendar
        self.services = protocol.services
        self.zone = ZoneInfo(protocol.timezone)
        self.nodes: list[Node] = []
        self.by_id: dict[str, Node] = {}
        self.stems: dict[str, int] = {}
        self.listeners: dict[str, Listening] = {}
        self.named: dict[int, tuple[str, ...]] = {}
        self.pieces: dict[int, tuple[str, ...]] = {}
        self.configurations: dict[tuple[str, ...], int] = {}
        self.terms: dict[tuple[int, date], datetime] = {}
        top = State(
            id="", kind="compound", children=machine.states, initial=machine.initial, on_initial=machine.on_initial
        )
        self.root = self._add(top, None, _Compiler(protocol))
        for node in self.nodes:
            self._resolve(node, protocol)
        everything = (1 << len(self.nodes)) - 1 & ~self.root.bit
        self.stretches = [everything & (_STRETCH << at) for at in range(0, len(self.nodes), _STRETCH.bit_length())]
        self.automatic = Listening({node.index: node.always for node in self.nodes if node.always})
        self.atoms = _where(node.bit for node in self.nodes if node.kind in ("atomic", "final"))
        self.exiting = _where(node.bit for node in self.nodes if node.exit)
        self.remembering = _where(node.bit for node in self.nodes if node.histories)
        self.dated = _where(node.bit for node in self.nodes if node.state.deadline and node.state.deadline.since)
        self.clocked = _where(node.bit for node in self.nodes if node.state.deadline or node.alarms)
        self.busy = self.clocked | _where(
            node.bit for node in self.nodes if node.entry or node.resume or node.on_initial or node.kind == "final"
        )

    def _add(self, state: State, parent: Node | None, compiler: _Compiler) -> Node:
        node = Node(state, len(self.nodes), parent, compiler)
        self.nodes.append(node)
        self.by_id[state.id] = node
        inner = [self._add(child, node, compiler) for child in state.children]
        node.children = tuple(child for child in inner if child.kind != "history")
        node.histories = tuple(child for child in inner if child.kind == "history")
        node.inner = _where(child.bit for child in node.children)
        for child in inner:
            node.below |= child.bit | child.below
        return node

    def _resolve(self, node: Node, protocol: Protocol) -> None:
        arcs = (*node.arcs, *node.always, *node.delays)
        for arc in (*arcs, node.default) if node.default else arcs:
            arc.resolve(self.by_id)
            for descriptor in arc.transition.events:
                stem = _stem(descriptor)
                self.stems[stem] = self.stems.get(stem, 0) | node.bit
        if node.kind == "compound":
            named = tuple(self.by_id[name] for name in node.state.initial)
            node.initial = named or node.children[:1]
        ladder = next((each.state.ladder for each in (node, *node.above) if each.state.ladder), protocol.ladder)
        if node.state.deadline:
            node.rungs = tuple(_told(protocol, node, rung) for rung in ladder.rungs) if ladder else ()
            node.every = ladder.every if ladder else None

    def node(self, name: str) -> Node:
        """The state a snapshot names. Raises ``SnapshotError`` if there is none of that name."""
        node = self.by_id.get(name)
        if node is None or node is self.root:
            raise SnapshotError(f"estado desconocido «{name}»")
        return node

    def listening(self, event: str) -> Listening:
        """Who has a transition on ``event``."""
        found = self.listeners.get(event)
        if found is None:
            tokens = event.split(".")
            concerned = self.stems.get("", 0)
            for end in range(1, len(tokens) + 1):
                concerned |= self.stems.get(".".join(tokens[:end]), 0)
            found = Listening(
                {
                    node.index: tuple(arc for arc in node.arcs if hears(arc.transition.events, event))
                    for node in self.members(concerned)
                }
            )
            if len(self.listeners) >= _REMEMBERED:
                self.listeners.clear()
            self.listeners[event] = found
        return found

    def members(self, mask: int) -> Iterator[Node]:
        """The nodes of a set, in document order."""
        nodes = self.nodes
        while mask:
            low = mask & -mask
            yield nodes[low.bit_length() - 1]
            mask ^= low

    def names(self, mask: int) -> tuple[str, ...]:
        """The names of a set in document order, without the root's; one tuple for all who ask."""
        found = self.named.get(mask)
        if found is None:
            if len(self.named) >= _REMEMBERED:
                self.named.clear()
            found = self.named[mask] = tuple(self._pieced(mask))
        return found

    def _pieced(self, mask: int) -> list[str]:
        """Neighbouring states by neighbouring states: most of them stay as they were from one set to the next."""
        names: list[str] = []
        for stretch in self.stretches:
            piece = self.pieces.get(part := mask & stretch)
            if piece is None:
                if len(self.pieces) >= _REMEMBERED:
                    self.pieces.clear()
                piece = self.pieces[part] = tuple([node.id for node in self.members(part)])
            names += piece
        return names

    def active(self, mask: int) -> tuple[str, ...]:
        """The names of a set that is known to be a configuration."""
        found = self.names(mask)
        if len(self.configurations) >= _REMEMBERED:
            self.configurations.clear()
        self.configurations[found] = mask
        return found

    def is_legal(self, mask: int) -> bool:
        """Whether a set of states is a configuration: one child of each compound, all of each parallel."""
        for node in self.members(mask):
            inner = sum(child.bit & mask != 0 for child in node.children)
            wanted = {"compound": 1, "parallel": len(node.children)}.get(node.kind, 0)
            if inner != wanted or node.kind == "history" or (node.parent and not node.parent.bit & mask):
                return False
        return True

    def due(self, lasts: Duration, since: date | datetime) -> datetime:
        """When a term that began at ``since`` ends. Terms of working days are counted once a day."""
        if lasts.unit != "dh":
            return lasts.after(since, self.zone, self.calendar)
        key = (lasts.amount, since.astimezone(self.zone).date() if isinstance(since, datetime) else since)
        found = self.terms.get(key)
        if found is None:
            if len(self.terms) >= _REMEMBERED:
                self.terms.clear()
            found = self.terms[key] = lasts.after(since, self.zone, self.calendar)
        return found


def missing_from(requires: Iterable[str], payload: Mapping[str, Scalar]) -> tuple[str, ...]:
    """Which required names are absent or empty in ``payload``."""
    return tuple(name for name in requires if payload.get(name) in (None, ""))


def _where(bits: Iterator[int]) -> int:
    found = 0
    for bit in bits:
        found |= bit
    return found


def _stem(descriptor: str) -> str:
    """``a.b`` of ``a.b``, ``a.b.`` and ``a.b.*``; empty for ``*``."""
    tokens = descriptor.split(".")
    while tokens and tokens[-1] in ("*", ""):
        tokens.pop()
    return ".".join(tokens)


def hears(descriptors: tuple[str, ...], event: str) -> bool:
    """SCXML 3.12.1: a descriptor matches the event itself and, by whole dotted parts, what begins with it."""
    for descriptor in descriptors:
        stem = _stem(descriptor)
        if not stem or stem == event or event.startswith(stem + "."):
            return True
    return False


def rung_agencies(protocol: Protocol, owner: str | None, rung: str) -> tuple[str, ...]:
    """The agencies a rung of the ladder names: one by id, the owner (``responsable``), or all of a ``papel``."""
    if rung in protocol.agencies:
        return (rung,)
    if rung == "responsable":
        return (owner,) if owner else ()
    return tuple(agency.id for agency in protocol.agencies.values() if agency.kind == rung)


def _told(protocol: Protocol, node: Node, rung: str) -> tuple[str, ...]:
    found = rung_agencies(protocol, node.owner, rung)
    return tuple(agency for agency in found if node.visible is None or agency in node.visible)


_CHARTS: WeakKeyDictionary[Protocol, dict[str, Chart]] = WeakKeyDictionary()


def chart_of(protocol: Protocol, machine: str) -> Chart:
    """The chart of a machine, made once per protocol object. Raises ``KeyError`` for an unknown machine."""
    charts = _CHARTS.get(protocol)
    if charts is None:
        charts = _CHARTS.setdefault(protocol, {})
    chart = charts.get(machine)
    if chart is None:
        chart = charts[machine] = Chart(protocol, protocol.machines[machine])
    return chart
