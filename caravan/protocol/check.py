"""What a protocol that loads may still have wrong: dead ends, steps nobody owns, notices that tell too much.

Reading is by graph, not by running: a guard is taken to be possible. So a finding is certain, silence is not proof.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast

from caravan.basics import Record
from caravan.protocol.chart import Arc, Chart, Node, chart_of, hears, rung_agencies
from caravan.protocol.expressions import nearest
from caravan.protocol.model import Action, Machine, Protocol
from caravan.protocol.vocabulary import PROGRAM_EVENTS

_TYPO = 0.88
"""How alike two event names are when one is taken for a misspelling of the other."""


class Finding(Record, frozen=True):
    """One weakness: a stable ``code``, the state it is about, and a Spanish sentence. ``line`` counts from 1."""

    code: str
    state: str
    message: str
    line: int | None = None


def check(protocol: Protocol) -> list[Finding]:
    """All findings, machine by machine in the order of the file."""
    found: list[Finding] = []
    for machine in protocol.machines.values():
        found += _Check(protocol, machine).run()
    return found


class _Check:
    def __init__(self, protocol: Protocol, machine: Machine) -> None:
        self.protocol = protocol
        self.chart: Chart = chart_of(protocol, machine.id)
        self.nodes = self.chart.nodes[1:]
        self.found: list[Finding] = []
        self.reached = self._reachable()

    def run(self) -> list[Finding]:
        self._ways_out()
        self._transitions()
        self._loops()
        for node in self.nodes:
            if node.kind == "history":
                continue
            self._words(node)
            self._region(node)
            self._ladder(node)
            if self._waits(node):
                self._responsibility(node)
            for action in self._actions(node):
                self._notice(node, action)
        return self.found

    def note(self, code: str, node: Node, message: str, line: int | None = None) -> None:
        told = f"estado «{node.id}»: {message}"
        self.found.append(Finding(code=code, state=node.id, message=told, line=line or node.state.line or None))

    # -- the graph

    def _arcs(self, node: Node) -> tuple[Arc, ...]:
        return (*node.arcs, *node.always, *node.delays)

    def _entered(self, target: Node) -> Iterator[Node]:
        """The nodes that may become active below and beside ``target`` when it is entered."""
        if target.kind == "history" and target.parent is not None:
            yield from self.chart.members(target.parent.below | target.parent.bit)
            return
        yield target
        inner = target.initial if target.kind == "compound" else target.children
        for child in inner:
            yield from self._entered(child)
            yield from self._beside(child, target)

    def _beside(self, node: Node, until: Node) -> Iterator[Node]:
        for above in node.above:
            if above is until:
                return
            yield above
            if above.kind == "parallel":
                for child in above.children:
                    if not node.bit & (child.bit | child.below):
                        yield from self._entered(child)

    def _reachable(self) -> set[Node]:
        root = self.chart.root
        reached: set[Node] = set()
        queue = [node for first in root.initial for node in (*self._entered(first), *self._beside(first, root))]
        while queue:
            node = queue.pop()
            if node in reached:
                continue
            reached.add(node)
            for arc in self._arcs(node):
                for target in arc.targets:
                    queue += [*self._entered(target), *self._beside(target, root)]
        return reached

    def _exits(self, node: Node) -> list[Arc]:
        """The transitions that may take the machine out of an active state without children."""
        found = [arc for each in (node, *node.above) for arc in self._arcs(each) if self._applies(arc, node)]
        for above in node.above:
            if above.kind == "parallel":
                found += [arc for each in self.chart.members(above.below) for arc in self._leaving(each, above)]
        return found

    def _leaving(self, source: Node, parallel: Node) -> list[Arc]:
        return [arc for arc in self._arcs(source) if arc.targets and not arc.targets[0].bit & parallel.below]

    def _applies(self, arc: Arc, node: Node) -> bool:
        """A transition on done belongs to the final states that raise it; any other, to all below its source."""
        if not any(event.startswith("done.state.") for event in arc.transition.events):
            return bool(arc.targets)
        parent = node.parent
        outer = parent.parent if parent else None
        raises = {f"done.state.{each.id}" for each in (parent, outer) if each}
        return node.kind == "final" and bool(raises & set(arc.transition.events))

    def _ways_out(self) -> None:
        root = self.chart.root
        leaves = [node for node in self.nodes if node in self.reached and not node.children and node.kind != "history"]
        good = {node for node in leaves if node.kind == "final" and node.parent is root}
        ends = set(good)
        exits = {node: self._exits(node) for node in leaves}
        grown = True
        while grown:
            more = {node for node in leaves if node not in good and self._leads(exits[node], good)}
            good |= more
            grown = bool(more)
        for node in self.nodes:
            if node.kind != "history" and node not in self.reached:
                self.note("unreachable", node, "ningún camino llega a él")
        for node in leaves:
            if node in ends:
                continue
            if node.kind != "final" and not any(arc.targets != (node,) for arc in exits[node]):
                self.note("no_exit", node, "nada lo termina")
            elif node not in good and node.kind != "final":
                self.note("no_path_to_final", node, "ningún camino lleva de aquí a un final")

    def _leads(self, arcs: Iterable[Arc], good: set[Node]) -> bool:
        return any(node in good for arc in arcs for target in arc.targets for node in self._entered(target))

    # -- transitions

    def _transitions(self) -> None:
        for node in self.nodes:
            for place, arc in enumerate(node.arcs):
                for earlier in node.arcs[:place]:
                    if _certain(earlier) and all(hears(earlier.transition.events, e) for e in arc.transition.events):
                        self.note("shadowed", node, "una transición anterior siempre gana a esta", arc.transition.line)
                        break
                self._event_words(node, arc)
            for earlier, later in zip(node.always, node.always[1:], strict=False):
                if _certain(earlier):
                    self.note("shadowed", node, "una transición anterior siempre gana a esta", later.transition.line)
            if node.kind == "parallel":
                self._rival_exits(node)

    def _rival_exits(self, node: Node) -> None:
        leaving: dict[str, Node] = {}
        for child in node.children:
            for source in self.chart.members(child.bit | child.below):
                for arc in self._leaving(source, node):
                    for event in arc.transition.events:
                        other = leaving.setdefault(event, child)
                        if other is not child:
                            message = f"«{event}» sale de él desde dos regiones, «{other.id}» y «{child.id}»"
                            self.note("two_regions", node, message, arc.transition.line)

    def _event_words(self, node: Node, arc: Arc) -> None:
        for event in arc.transition.events:
            if event in PROGRAM_EVENTS or event.startswith("done.") or "*" in event:
                continue
            if hint := nearest(event, PROGRAM_EVENTS, likeness=_TYPO) if event not in self.protocol.events else "":
                self.note("like_program_event", node, f"nadie envía por sí solo «{event}»{hint}", arc.transition.line)
            if not arc.transition.label.get("es"):
                self.note("no_label", node, f"«{event}» no tiene palabras en español", arc.transition.line)

    def _loops(self) -> None:
        for node in self.nodes:
            seen: list[Node] = []
            at: Node | None = node
            while at is not None and at not in seen:
                seen.append(at)
                at = next((arc.targets[0] for arc in at.always if _certain(arc) and arc.targets), None)
            if at is node:
                self.note("automatic_cycle", node, "vuelve a sí mismo sin que nada ocurra")

    # -- states

    def _waits(self, node: Node) -> bool:
        automatic = any(_certain(arc) for arc in node.always)
        return node.kind == "atomic" and node in self.reached and not automatic

    def _words(self, node: Node) -> None:
        if not node.state.label.get("es"):
            self.note("no_label", node, "no tiene etiqueta en español")
        if node.kind == "atomic" and not node.state.provenance:
            self.note("no_provenance", node, "no dice su fuente")

    def _responsibility(self, node: Node) -> None:
        if node.owner is None:
            self.note("no_owner", node, "espera y nadie responde de él")
        if not any(each.state.deadline for each in (node, *node.above)):
            self.note("no_deadline", node, "espera sin plazo")

    def _region(self, node: Node) -> None:
        parent = node.parent
        if parent is None or parent.kind != "parallel":
            return
        awaited = any(f"done.state.{parent.id}" in arc.transition.events for arc in parent.arcs)
        if awaited and not any(child.kind == "final" for child in node.children):
            self.note("region_without_final", node, f"«{parent.id}» espera su final y no tiene ninguno")

    def _ladder(self, node: Node) -> None:
        if node.state.deadline is None or node.visible is None:
            return
        chain = (node, *node.above)
        ladder = next((each.state.ladder for each in chain if each.state.ladder), self.protocol.ladder)
        for rung in ladder.rungs if ladder else ():
            told = rung_agencies(self.protocol, node.owner, rung)
            if hidden := [agency for agency in told if agency not in node.visible]:
                self.note("rung_not_visible", node, f"el peldaño «{rung}» avisaría a {', '.join(hidden)}, que no lo ve")

    def _actions(self, node: Node) -> Iterator[Action]:
        for act in (*node.entry, *node.exit, *node.resume):
            yield act.action
        for arc in self._arcs(node):
            for act in arc.acts:
                yield act.action

    def _notice(self, node: Node, action: Action) -> None:
        told = action.args.get("a") if action.kind in ("avisar", "tarea") else None
        agencies = [told] if isinstance(told, str) else cast(list[str], told or [])
        for agency in agencies:
            known = self.protocol.agencies.get(agency)
            if action.kind == "avisar" and known and not known.channels:
                self.note("no_channel", node, f"avisa a «{agency}», que no tiene medio de aviso", action.line)
            if node.visible is not None and agency not in node.visible:
                self.note("told_too_much", node, f"«{agency}» sabría de un estado que no ve", action.line)


def _certain(arc: Arc) -> bool:
    return arc.guard is None and not arc.transition.requires
