"""Which states a transition enters: SCXML ``computeEntrySet`` and what it is made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from caravan.protocol.chart import Arc, Chart, Entry, Node

Memory = Mapping[str, tuple[str, ...]]
"""By history, the states it remembers."""


def default_of(pseudo: Node) -> tuple[Node, ...]:
    """The targets of a history's default transition; without one it stands for its parent's."""
    if pseudo.default is not None:
        return pseudo.default.targets
    parent = pseudo.above[0]
    return parent.initial if parent.kind == "compound" else parent.children


def effective(chart: Chart, memory: Memory, targets: Iterable[Node]) -> tuple[Node, ...]:
    """SCXML ``getEffectiveTargetStates``: a history stands for what it remembers, else for its default."""
    found: dict[Node, None] = {}
    for target in targets:
        if target.kind != "history":
            found[target] = None
        elif (remembered := memory.get(target.id)) is not None:
            found.update(dict.fromkeys(chart.node(name) for name in remembered))
        else:
            found.update(dict.fromkeys(effective(chart, memory, default_of(target))))
    return tuple(found)


def entered(chart: Chart, memory: Memory, targets: tuple[Node, ...], domain: Node) -> Entry:
    """SCXML ``computeEntrySet`` for one transition."""
    descent = _Descent(chart, memory)
    descent.to(targets, domain)
    return descent.entry


def entry_of(chart: Chart, memory: Memory, arc: Arc, domain: Node) -> Entry:
    """What a transition enters below its domain. Several transitions of one microstep never meet there, so each has its
    own; where no history has a say it is always the same."""
    if arc.entry is not None:
        return arc.entry
    descent = _Descent(chart, memory)
    descent.to(arc.targets, domain)
    if not descent.asked_history:
        arc.entry = descent.entry
    return descent.entry


class _Descent:
    """The way down to the states a transition enters, and up again for those around them."""

    __slots__ = ("asked_history", "chart", "entry", "memory")

    def __init__(self, chart: Chart, memory: Memory) -> None:
        self.chart = chart
        self.memory = memory
        self.entry = Entry()
        self.asked_history = False

    def to(self, targets: tuple[Node, ...], domain: Node) -> None:
        for target in targets:
            self._descend(target)
        for target in effective(self.chart, self.memory, targets):
            self._climb(target, domain)

    def _descend(self, node: Node) -> None:
        """SCXML ``addDescendantStatesToEnter``."""
        if node.kind == "history":
            self._recall(node, node.above[0])
            return
        self.entry.mask |= node.bit
        if node.kind == "compound":
            self.entry.defaults |= node.bit
            self._within(node.initial, node)
        elif node.kind == "parallel":
            self._other_regions(node)

    def _within(self, targets: Iterable[Node], domain: Node) -> None:
        for target in targets:
            self._descend(target)
        for target in targets:
            self._climb(target, domain)

    def _climb(self, node: Node, domain: Node) -> None:
        """SCXML ``addAncestorStatesToEnter``: the states between ``node`` and ``domain``, and their other regions."""
        for above in node.above:
            if above is domain:
                return
            self.entry.mask |= above.bit
            if above.kind == "parallel":
                self._other_regions(above)

    def _other_regions(self, node: Node) -> None:
        for child in node.children:
            if not self.entry.mask & child.below:
                self._descend(child)

    def _recall(self, pseudo: Node, parent: Node) -> None:
        self.asked_history = True
        remembered = self.memory.get(pseudo.id)
        if remembered is not None:
            nodes = tuple(self.chart.node(name) for name in remembered)
            self._within(nodes, parent)
            self._restore(nodes, parent)
            return
        if pseudo.default is not None:
            self.entry.content[parent.index] = pseudo.default.acts
        elif parent.kind == "compound":
            self.entry.content[parent.index] = parent.on_initial
        self._within(default_of(pseudo), parent)

    def _restore(self, nodes: Iterable[Node], parent: Node) -> None:
        """A history brings back its parent, what it remembers, and all that stands between them."""
        self.entry.restored |= parent.bit
        for node in nodes:
            self.entry.restored |= node.line & (parent.below | parent.bit)
