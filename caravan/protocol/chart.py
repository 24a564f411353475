"""A machine made ready to run: states numbered in document order, sets of states as the bits of an integer.

Everything that can be known before the first step is computed here once per protocol: ancestors, descendants,
compiled guards, what is inherited (owner, visibility, ladder), which states listen to which event.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

from caravan.protocol.expressions import parse
from caravan.protocol.kleene import Compiled, compile_expression
from caravan.protocol.model import TERM_ARGUMENTS, Action, Duration, Machine, Protocol, State, Transition

_REMEMBERED = 512
"""How many event names and legal configurations a chart remembers before it forgets them all."""


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
                self.lasts = Duration.parse(str(value))
            elif isinstance(value, str) and value.startswith("="):
                self.computed.append((key, compiler(value[1:])))
            else:
                self.fixed[key] = value


class Arc:
    """A transition with its nodes resolved. ``domain`` is known beforehand unless a target is a history."""

    __slots__ = ("acts", "delay_index", "domain", "guard", "source", "targets", "to_history", "transition")

    def __init__(self, source: Node, transition: Transition, delay_index: int, compiler: _Compiler) -> None:
        self.source = source
        self.transition = transition
        self.delay_index = delay_index
        self.guard = compiler(transition.guard) if transition.guard is not None else None
        self.acts = tuple(Act(action, compiler) for action in transition.actions)
        self.targets: tuple[Node, ...] = ()
        self.to_history = False
        self.domain: Node | None = None

    def resolve(self, nodes: dict[str, Node]) -> None:
        self.targets = tuple(nodes[target] for target in self.transition.targets)
        self.to_history = any(target.kind == "history" for target in self.targets)
        if self.targets and not self.to_history:
            self.domain = self.domain_of(self.targets)

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


class Node:
    """A state of a running machine; the root is node 0, has no name and is never listed."""

    __slots__ = (
        "above", "always", "arcs", "below", "bit", "children", "delays", "entry", "every", "exit", "histories", "id",
        "index", "initial", "kind", "owner", "parent", "path", "resume", "rungs", "state", "visible",
    )  # fmt: skip

    def __init__(self, state: State, index: int, parent: Node | None, compiler: _Compiler) -> None:
        self.state = state
        self.id = state.id
        self.kind = state.kind
        self.index = index
        self.bit = 1 << index
        self.below = 0
        self.parent = parent
        self.above: tuple[Node, ...] = (parent, *parent.above) if parent else ()
        self.path: tuple[str, ...] = (*parent.path, state.id) if parent else ()
        self.children: tuple[Node, ...] = ()
        self.histories: tuple[Node, ...] = ()
        self.initial: tuple[Node, ...] = ()
        self.owner = state.owner if state.owner or not parent else parent.owner
        self.visible = state.visible if state.visible is not None or not parent else parent.visible
        self.entry = tuple(Act(action, compiler) for action in state.on_entry)
        self.exit = tuple(Act(action, compiler) for action in state.on_exit)
        self.resume = tuple(Act(action, compiler) for action in state.on_resume)
        arcs: list[Arc] = []
        for transition in state.transitions:
            delays = sum(arc.transition.delay is not None for arc in arcs)
            arcs.append(Arc(self, transition, delays, compiler))
        self.always = tuple(arc for arc in arcs if arc.transition.automatic)
        self.delays = tuple(arc for arc in arcs if arc.transition.delay is not None)
        self.arcs = tuple(arc for arc in arcs if arc.transition.events)
        self.rungs: tuple[tuple[str, ...], ...] = ()
        self.every: Duration | None = None


class _Compiler:
    def __init__(self, protocol: Protocol) -> None:
        self.types = protocol.facts

    def __call__(self, text: str) -> Compiled:
        return compile_expression(parse(text), self.types)


class Chart:
    """One machine of one protocol, indexed."""

    def __init__(self, protocol: Protocol, machine: Machine) -> None:
        self.key = (protocol.id, protocol.version, machine.id)
        self.resumes = machine.resumes
        self.calendar = protocol.calendar
        self.zone = ZoneInfo(protocol.timezone)
        self.nodes: list[Node] = []
        self.by_id: dict[str, Node] = {}
        self.listeners: dict[str, dict[int, tuple[Arc, ...]]] = {}
        self.legal: set[int] = set()
        root = State(id="", kind="compound", children=machine.states, initial=machine.initial)
        self.root = self._add(root, None, _Compiler(protocol))
        self.always = 0
        self.dated = 0
        for node in self.nodes:
            self._resolve(node, protocol)

    def _add(self, state: State, parent: Node | None, compiler: _Compiler) -> Node:
        node = Node(state, len(self.nodes), parent, compiler)
        self.nodes.append(node)
        self.by_id[state.id] = node
        inner = [self._add(child, node, compiler) for child in state.children]
        node.children = tuple(child for child in inner if child.kind != "history")
        node.histories = tuple(child for child in inner if child.kind == "history")
        for child in inner:
            node.below |= child.bit | child.below
        return node

    def _resolve(self, node: Node, protocol: Protocol) -> None:
        for arc in (*node.arcs, *node.always, *node.delays):
            arc.resolve(self.by_id)
        if node.kind == "compound":
            named = tuple(self.by_id[name] for name in node.state.initial)
            node.initial = named or node.children[:1]
        if node.always:
            self.always |= node.bit
        deadline = node.state.deadline
        if deadline and deadline.since:
            self.dated |= node.bit
        ladder = next((each.state.ladder for each in (node, *node.above) if each.state.ladder), protocol.ladder)
        if deadline:
            node.rungs = tuple(_told(protocol, node, rung) for rung in ladder.rungs) if ladder else ()
            node.every = ladder.every if ladder else None

    def listening(self, event: str) -> dict[int, tuple[Arc, ...]]:
        """For each node that has a transition on ``event``, its transitions in document order."""
        found = self.listeners.get(event)
        if found is None:
            found = {
                node.index: arcs
                for node in self.nodes
                if (arcs := tuple(arc for arc in node.arcs if hears(arc.transition.events, event)))
            }
            if len(self.listeners) >= _REMEMBERED:
                self.listeners.clear()
            self.listeners[event] = found
        return found

    def members(self, mask: int) -> Iterator[Node]:
        """The nodes of a set, in document order."""
        while mask:
            low = mask & -mask
            yield self.nodes[low.bit_length() - 1]
            mask ^= low

    def is_legal(self, mask: int) -> bool:
        """Whether a set of states is a configuration: one child of each compound, all of each parallel."""
        if mask in self.legal:
            return True
        for node in self.members(mask):
            inner = sum(child.bit & mask != 0 for child in node.children)
            wanted = {"compound": 1, "parallel": len(node.children)}.get(node.kind, 0)
            if inner != wanted or node.kind == "history" or (node.parent and not node.parent.bit & mask):
                return False
        if len(self.legal) >= _REMEMBERED:
            self.legal.clear()
        self.legal.add(mask)
        return True


def hears(descriptors: tuple[str, ...], event: str) -> bool:
    """SCXML 3.12.1: a descriptor matches the event itself and, by whole dotted parts, what begins with it."""
    for descriptor in descriptors:
        stem = descriptor.removesuffix(".*").removesuffix(".")
        if stem in ("*", event) or event.startswith(stem + "."):
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
    charts = _CHARTS.setdefault(protocol, {})
    chart = charts.get(machine)
    if chart is None:
        chart = charts[machine] = Chart(protocol, protocol.machines[machine])
    return chart
