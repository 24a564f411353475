"""Which states a transition enters: SCXML ``computeEntrySet`` and what it is made of."""

from __future__ import annotations

from collections.abc import Mapping

from caravan.protocol.chart import Arc, Chart, Node


def effective(chart: Chart, history: Mapping[str, tuple[str, ...]], target: Node) -> tuple[Node, ...]:
    """SCXML ``getEffectiveTargetStates`` of one target: a history stands for what it remembers, else its default."""
    if target.kind != "history" or target.parent is None:
        return (target,)
    remembered = history.get(target.id)
    if remembered is not None:
        return tuple(chart.by_id[name] for name in remembered)
    return target.parent.initial or target.parent.children


class EntrySet:
    """The states a microstep enters (SCXML ``computeEntrySet``), and which of them a history brings back."""

    def __init__(self, chart: Chart, history: Mapping[str, tuple[str, ...]]) -> None:
        self.chart = chart
        self.history = history
        self.mask = 0
        self.restored = 0

    def names(self) -> tuple[str, ...]:
        return tuple(node.id for node in self.chart.members(self.mask))

    def add(self, arc: Arc, domain: Node) -> None:
        for target in arc.targets:
            self.descend(target)
        for target in arc.targets:
            for node in effective(self.chart, self.history, target):
                self.climb(node, domain)

    def descend(self, node: Node) -> None:
        """SCXML ``addDescendantStatesToEnter``."""
        if node.kind == "history" and node.parent is not None:
            self._bring_back(node, node.parent)
            return
        self.mask |= node.bit
        if node.kind == "compound":
            for child in node.initial:
                self.descend(child)
            for child in node.initial:
                self.climb(child, node)
        elif node.kind == "parallel":
            self._other_regions(node)

    def climb(self, node: Node, domain: Node) -> None:
        """SCXML ``addAncestorStatesToEnter``: the states between ``node`` and ``domain``, and their other regions."""
        for above in node.above:
            if above is domain:
                return
            self.mask |= above.bit
            if above.kind == "parallel":
                self._other_regions(above)

    def _other_regions(self, node: Node) -> None:
        for child in node.children:
            if not self.mask & (child.bit | child.below):
                self.descend(child)

    def _bring_back(self, pseudo: Node, parent: Node) -> None:
        targets = effective(self.chart, self.history, pseudo)
        for node in targets:
            self.descend(node)
        for node in targets:
            self.climb(node, parent)
        if pseudo.id in self.history:
            self.restored |= parent.bit
            for node in targets:
                self.restored |= node.bit
                for above in node.above:
                    if above is parent:
                        break
                    self.restored |= above.bit
