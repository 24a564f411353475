"""What of a machine a reader may see, as a tree of steps and the crossings between them.

States that are left out leave no trace: their transitions, the conditions that name them and the frames that only they would
explain are left out with them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

from msgspec.structs import replace

from caravan.basics import Record
from caravan.protocol.chart import Chart, Node, chart_of
from caravan.protocol.model import Action, Protocol, Transition
from caravan.protocol.telling.spoken import (
    deadline_words,
    guard_words,
    is_otherwise,
    one_of,
    opening,
    plain,
    state_words,
    transition_words,
)

MayKnow = Callable[[str | None, tuple[str, ...] | None], bool]
"""Whether a reader may know of a state, by its owner and its audience (``None``: all)."""


class Crossing(Record, frozen=True):
    """A transition between two things that stand in one frame. ``source`` and ``target`` are those things; ``leaves`` names a
    target outside the frame instead. ``source_state`` and ``target_state`` are the states as the transition has them."""

    words: str
    source: str
    target: str
    source_state: str
    target_state: str
    automatic: bool = False
    delayed: bool = False
    leaves: str = ""
    actions: tuple[Action, ...] = ()


class Seen(Record, frozen=True):
    """A state as it is shown. ``inlets`` may happen at any of its inner steps; ``reactions`` leave nothing."""

    id: str
    title: str
    kind: str
    owner: str
    term: str
    deep: bool = False
    children: tuple[Seen, ...] = ()
    initial: str = ""
    inlets: tuple[Crossing, ...] = ()
    reactions: tuple[Crossing, ...] = ()


class Sight(Record, frozen=True):
    """``crossings`` by the frame they happen in; that of the whole machine has no name."""

    machine: str
    title: str
    roots: tuple[Seen, ...]
    initial: str
    crossings: dict[str, tuple[Crossing, ...]]

    def steps(self) -> Iterator[Seen]:
        """Every state shown, the outer before the inner, in the order of the file."""
        stack = list(reversed(self.roots))
        while stack:
            seen = stack.pop()
            yield seen
            stack += reversed(seen.children)


def shown_to(protocol: Protocol, machine: str, may: MayKnow) -> frozenset[str] | None:
    """The states of a machine a reader may know of; ``None`` when that is all of them."""
    nodes = chart_of(protocol, machine).nodes[1:]
    known = frozenset(node.id for node in nodes if may(node.owner, node.visible))
    return None if len(known) == len(nodes) else known


def machine_words(protocol: Protocol, machine: str, language: str, shown: frozenset[str] | None = None) -> str:
    """The machine's label; without one, that of the frame it begins in, or of the first state shown."""
    found = protocol.machines[machine]
    begins = next((s for s in found.states if s.id in found.initial and s.children), None)
    if found.label:
        return one_of(found.label, language)
    if shown is not None and (begins is None or begins.id not in shown):
        nodes = chart_of(protocol, machine).nodes[1:]
        return next((state_words(node.state, language) for node in nodes if node.id in shown), "")
    return (one_of(begins.label, language) if begins is not None else "") or opening(plain(machine))


def sight_of(protocol: Protocol, machine: str, language: str, shown: frozenset[str] | None = None) -> Sight:
    """``shown`` are the only states it may speak of; ``None`` is all."""
    return _Looking(protocol, chart_of(protocol, machine), language, shown).sight(machine)


class _Looking:
    def __init__(self, protocol: Protocol, chart: Chart, language: str, shown: frozenset[str] | None) -> None:
        self.protocol = protocol
        self.chart = chart
        self.language = language
        self.whole = shown is None
        self.only = shown
        self.shown = [node for node in chart.nodes[1:] if shown is None or node.id in shown]
        known = {node.id for node in self.shown}
        self.around: dict[str, list[str]] = {n.id: [a.id for a in n.above if a.id in known] for n in self.shown}
        self.below: dict[str, list[Node]] = defaultdict(list)
        for node in self.shown:
            self.below[next(iter(self.around[node.id]), "")].append(node)
        self.crossings: dict[str, list[Crossing]] = defaultdict(list)
        self.inlets: dict[str, list[Crossing]] = defaultdict(list)
        self.reactions: dict[str, list[Crossing]] = defaultdict(list)
        for node in self.shown:
            for transition in node.state.transitions:
                if all(target in known for target in transition.targets):
                    self._cross(node, transition)

    def sight(self, machine: str) -> Sight:
        return Sight(
            machine=machine, title=machine_words(self.protocol, machine, self.language, self.only),
            roots=tuple(self._seen(node) for node in self.below[""]), initial=self._initial(self.chart.root),
            crossings={name: _together(found) for name, found in self.crossings.items()},
        )  # fmt: skip

    def _seen(self, node: Node) -> Seen:
        state = node.state
        inner = tuple(self._seen(child) for child in self.below[node.id])
        inside = node.kind in ("compound", "parallel") and any(child.kind != "history" for child in inner)
        return Seen(
            id=node.id, title=state_words(state, self.language),
            kind="atomic" if node.kind in ("compound", "parallel") and not inside else node.kind,
            owner="" if node.kind in ("final", "history") else node.owner or "",
            term="" if state.deadline is None else deadline_words(state.deadline, self.language),
            deep=state.deep, children=inner if inside else (), initial=self._initial(node) if inside else "",
            inlets=_together(self.inlets[node.id]), reactions=tuple(self.reactions[node.id]),
        )  # fmt: skip

    def _initial(self, node: Node) -> str:
        """The child it begins in, where that child is shown and there is one."""
        beginnings = {self._child(node.id, target.id) for target in node.initial} - {""}
        return beginnings.pop() if node.kind == "compound" and len(beginnings) == 1 else ""

    def _child(self, container: str, state: str) -> str:
        """The thing in ``container`` that is or holds ``state``; «» where it is not shown."""
        if state not in self.around:
            return ""
        chain = [state, *self.around[state], ""]
        return chain[chain.index(container) - 1] if container in chain[1:] else ""

    # --- crossings ---

    def _cross(self, node: Node, transition: Transition) -> None:
        if not transition.targets:
            self.reactions[node.id].append(self._crossing(node, transition, "", "", ""))
        for target in transition.targets:
            if node.id in self.around[target]:
                self._inward(node, transition, target)
            else:
                self._across(node, transition, target)

    def _inward(self, node: Node, transition: Transition, target: str) -> None:
        child = self._child(node.id, target)
        crossing = self._crossing(node, transition, child, target, "" if child == target else self._title(target))
        if node.kind == "parallel":
            self._as_reaction(node, transition, target)
        else:
            self.inlets[node.id].append(crossing)

    def _as_reaction(self, node: Node, transition: Transition, target: str) -> None:
        self.reactions[node.id].append(self._crossing(node, transition, "", target, self._title(target)))

    def _across(self, node: Node, transition: Transition, target: str) -> None:
        outward = [*self.around[node.id], ""]
        container = next(name for name in outward if name in [*self.around[target], ""])
        start, end = self._child(container, node.id), self._child(container, target)
        parallel = container != "" and self.chart.by_id[container].kind == "parallel"
        if start != node.id:
            self._out_of(node, transition, target)
        if parallel:
            if start == node.id:
                self._as_reaction(node, transition, target)
            return
        crossing = self._crossing(node, transition, end, target, "" if end == target else self._title(target), start)
        self.crossings[container].append(crossing)

    def _out_of(self, node: Node, transition: Transition, target: str) -> None:
        home = next(iter(self.around[node.id]), "")
        if home == "" or self.chart.by_id[home].kind != "parallel":
            crossing = self._crossing(node, transition, "", target, "")
            self.crossings[home].append(replace(crossing, leaves=self._title(target)))

    def _title(self, state: str) -> str:
        node = self.chart.by_id[state]
        if node.kind == "history":
            return {"es": "donde se quedó", "en": "where it was"}[self.language]
        return state_words(node.state, self.language)

    def _crossing(
        self, node: Node, transition: Transition, end: str, target: str, deeper: str, start: str = ""
    ) -> Crossing:
        """``deeper`` is the title of a target inside the thing the arrow points at; ``start`` the thing around the source."""
        words = self._words(node, transition)
        if deeper:
            words += f" → {deeper}"
        if start and start != node.id:
            words += {"es": " (desde «{}»)", "en": " (from «{}»)"}[self.language].format(self._title(node.id))
        own = node.kind == "history" or transition.automatic or all(e.startswith("done.") for e in transition.events)
        return Crossing(
            words=words, source=start or node.id, target=end, source_state=node.id, target_state=target,
            automatic=own and transition.delay is None, delayed=transition.delay is not None,
            actions=transition.actions if self.whole else (),
        )  # fmt: skip

    def _words(self, node: Node, transition: Transition) -> str:
        said = transition_words(self.protocol, transition, self.language)
        if node.kind == "parallel" and said == transition_words(self.protocol, _DONE, self.language):
            said += {"es": " todas las líneas", "en": " in every line"}[self.language]
        guard = transition.guard
        if guard is None:
            otherwise = (
                {"es": "si no", "en": "otherwise"}[self.language] if is_otherwise(node.state, transition) else ""
            )
            return ", ".join(filter(None, (said, otherwise)))
        if not self.whole:
            return said or {"es": "según los datos", "en": "by the figures"}[self.language]
        condition = f"{ {'es': 'si', 'en': 'if'}[self.language] } {guard_words(self.protocol, guard, self.language)}"
        return f"{said}, {condition}" if said else condition


_DONE = Transition(events=("done.state",))


def _together(found: list[Crossing]) -> tuple[Crossing, ...]:
    """Crossings that join the same two states in the same manner are one arrow with several lines of words."""
    one: dict[tuple[str, str, str, str, bool, bool], Crossing] = {}
    for crossing in found:
        ends = (crossing.source, crossing.target, crossing.source_state, crossing.target_state)
        key = (*ends, crossing.automatic, crossing.delayed)
        before = one.get(key)
        if before is None:
            one[key] = crossing
        elif crossing.words not in before.words.split("\n"):
            one[key] = replace(before, words="\n".join(filter(None, (before.words, crossing.words))))
    return tuple(one.values())
