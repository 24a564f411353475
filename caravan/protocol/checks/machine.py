"""What the checks of one machine share: its chart, the graph of its states as sets of bits, and where findings are noted."""

from __future__ import annotations

from collections.abc import Iterator

from caravan.basics import Record
from caravan.protocol.chart import Arc, Chart, Node, chart_of
from caravan.protocol.model import Action, Machine, Protocol


class Finding(Record, frozen=True):
    """One weakness: a stable ``code``, the state it is about (empty for the file as a whole), and a Spanish sentence.
    ``line`` counts from 1; ``file`` names the pack it stands in, empty for the file itself."""

    code: str
    state: str
    message: str
    line: int | None = None
    file: str = ""

    def __str__(self) -> str:
        place = f"línea {self.line}: {self.message}" if self.line else self.message
        return f"{self.file}, {place}" if self.file else place


class Checked:
    """A machine being checked. Sets of states are bits, as in its chart. A guard is taken to be possible."""

    def __init__(self, protocol: Protocol, machine: Machine) -> None:
        self.protocol = protocol
        self.machine = machine
        self.chart: Chart = chart_of(protocol, machine.id)
        self.root = self.chart.root
        self.nodes = [node for node in self.chart.nodes[1:] if node.kind != "history"]
        self.found: list[Finding] = []
        self._landing: dict[tuple[Node, Node | None], int] = {}
        self.arcs = [arc for node in self.nodes for arc in arcs_of(node)]
        self.reached = self._reachable()
        self.leaves = sum(node.bit for node in self.nodes if not node.children and node.bit & self.reached)

    def note(self, code: str, node: Node, message: str, line: int | None = None, file: str | None = None) -> None:
        state = node.state
        self.found.append(
            Finding(
                code=code,
                state=node.id,
                message=f"estado «{node.id}»: {message}",
                line=line or state.line or None,
                file=state.file if file is None else file,
            )
        )

    def note_arc(self, code: str, arc: Arc, message: str, node: Node | None = None) -> None:
        """A finding about a transition, at its own line."""
        said = arc.transition
        self.note(code, node or arc.source, message, said.line or None, said.file if said.line else None)

    def note_action(self, code: str, node: Node, action: Action, message: str) -> None:
        self.note(code, node, message, action.line or None, action.file if action.line else None)

    # -- the graph

    def landing(self, target: Node, domain: Node | None = None) -> int:
        """The states that may become active when ``target`` is entered from ``domain`` (the root): itself, those it begins
        in, those around it with their other regions, and of a history all it may remember."""
        found = self._landing.get((target, domain))
        if found is None:
            found = self._landing[target, domain] = self._land(target, domain or self.root)
        return found

    def _land(self, target: Node, domain: Node) -> int:
        found = 0
        waiting = [target]
        entered: set[Node] = set()
        climbed: set[Node] = {self.root, domain}
        while waiting:
            node = waiting.pop()
            if node in entered:
                continue
            entered.add(node)
            climbed.add(node)
            if node.kind == "history":
                found |= self._remembered(node)
                waiting += node.default.targets if node.default else ()
            else:
                found |= node.bit
                waiting += node.initial if node.kind == "compound" else node.children
            for above in node.above:
                if above in climbed:
                    break
                climbed.add(above)
                found |= above.bit
                if above.kind == "parallel":
                    waiting += [child for child in above.children if not node.bit & (child.bit | child.below)]
        return found

    def _remembered(self, history: Node) -> int:
        around = history.parent or self.root
        return around.bit | sum(node.bit for node in self.chart.members(around.below) if node.kind != "history")

    def landings(self, arc: Arc) -> int:
        found = 0
        for target in arc.targets:
            found |= self.landing(target, arc.domain)
        return found

    def _reachable(self) -> int:
        reached, fresh = 0, 0
        for first in self.root.initial:
            fresh |= self.landing(first)
        while fresh:
            reached |= fresh
            here, fresh = fresh, 0
            for node in self.chart.members(here):
                for arc in arcs_of(node):
                    fresh |= self.landings(arc)
            fresh &= ~reached
        return reached

    def leavers(self, arc: Arc) -> int:
        """The states without children that may be active when the transition is taken and that it may leave.

        One on done belongs to the final states that raise it; any other to all below its source, and beyond that to the
        other regions of each parallel state it leads out of.
        """
        if not arc.targets:
            return 0
        source = arc.source
        if any(event.startswith("done.state.") for event in arc.transition.events):
            found = self._raisers(arc)
        else:
            found = source.bit | source.below
        for above in (source, *source.above):
            if above.kind == "parallel" and not arc.targets[0].bit & above.below:
                region = next((child for child in above.children if source.bit & (child.bit | child.below)), None)
                found |= above.below & ~(region.bit | region.below if region else 0)
        return found & self.leaves

    def _raisers(self, arc: Arc) -> int:
        found = 0
        for node in self.nodes:
            if node.kind == "final" and self._raised(node) & set(arc.transition.events):
                found |= node.bit
        return found

    def _raised(self, final: Node) -> set[str]:
        """What a final state may complete: its parent, and the parallels one inside the other around that."""
        raised = {f"done.state.{final.above[0].id}"}
        for above in final.above[1:]:
            if above.kind != "parallel":
                break
            raised.add(f"done.state.{above.id}")
            if not self.chart.resumes:
                break
        return raised

    def waits(self, node: Node) -> bool:
        """Whether the machine may rest in ``node``."""
        automatic = any(is_certain(arc) for arc in node.always)
        return node.kind == "atomic" and bool(node.bit & self.reached) and not automatic


def arcs_of(node: Node) -> tuple[Arc, ...]:
    """All transitions of a state: on events, automatic, after a time."""
    return (*node.arcs, *node.always, *node.delays)


def actions_of(node: Node) -> Iterator[Action]:
    """All effects of a state and of its transitions."""
    for act in (*node.entry, *node.exit, *node.resume, *node.on_initial):
        yield act.action
    for arc in arcs_of(node):
        for act in arc.acts:
            yield act.action


def is_certain(arc: Arc) -> bool:
    """Whether nothing can keep the transition from being taken."""
    return arc.guard is None and not arc.transition.requires
