"""W3C SCXML, Appendix D ("Algorithm for SCXML Interpretation"), written down procedure by procedure, and nothing more.

Slow on purpose: sets are ordered sets, queues are queues, every question is asked anew. It reads the records the
constructor API makes and shares nothing else with the engine but the evaluation of guards. Names are the
Recommendation's, in Python's spelling. Delays and delayed sends are events of a clock that the caller moves.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from caravan.protocol.expressions import parse
from caravan.protocol.kleene import Compiled, Scope, compile_expression
from caravan.protocol.model import Action, Duration, Machine, State, Timer, Transition

UNITS = {"ms": 0.001, "s": 1, "min": 60, "h": 3600, "d": 86400}
ENOUGH = 60
"""Microsteps after which a chart is taken to be one that never rests."""


class NeverRests(Exception):
    """The chart loops; it says nothing about the engine."""


class Element:
    """A ``<state>``, ``<parallel>``, ``<final>``, ``<history>`` or the ``<scxml>`` around them."""

    def __init__(self, state: State, parent: Element | None, order: int) -> None:
        self.state = state
        self.id = state.id
        self.kind = state.kind if parent else "scxml"
        self.parent = parent
        self.order = order
        self.children: list[Element] = []
        self.transition: list[Taken] = []
        self.history: list[Element] = []


class Taken:
    """A ``<transition>`` with the element it is written in."""

    def __init__(self, source: Element, said: Transition) -> None:
        self.source = source
        self.said = said
        self.target: list[Element] = []


class OrderedSet:
    """The Recommendation's ``OrderedSet``: members are unique and stay in the order they were added."""

    def __init__(self, members: Iterable[Any] = ()) -> None:
        self.members: list[Any] = []
        self.union(members)

    def add(self, member: Any) -> None:
        if member not in self.members:
            self.members.append(member)

    def delete(self, member: Any) -> None:
        self.members = [each for each in self.members if each is not member]

    def union(self, members: Iterable[Any]) -> None:
        for member in members:
            self.add(member)

    def __contains__(self, member: object) -> bool:
        return any(each is member for each in self.members)

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self.members))

    def __len__(self) -> int:
        return len(self.members)

    def has_intersection(self, other: OrderedSet) -> bool:
        return any(member in other for member in self)

    def some(self, holds: Callable[[Any], bool]) -> bool:
        return any(holds(member) for member in self)


def proper_ancestors(state: Element, until: Element | None) -> list[Element]:
    """``getProperAncestors``: from the parent outwards, ``until`` not included; all of them, with ``<scxml>``, for ``None``."""
    found: list[Element] = []
    above = state.parent
    while above is not None and above is not until:
        found.append(above)
        above = above.parent
    return found


def is_descendant(state: Element, other: Element) -> bool:
    return other in proper_ancestors(state, None)


def is_atomic(state: Element) -> bool:
    return state.kind in ("atomic", "final")


def name_match(descriptors: Iterable[str], name: str) -> bool:
    """Section 3.12.1: a list of descriptors, each a whole-token prefix of the event's name; ``*`` matches any."""
    tokens = name.split(".")
    for descriptor in descriptors:
        if descriptor == "*":
            return True
        wanted = descriptor.split(".")
        while wanted and wanted[-1] in ("*", ""):
            wanted.pop()
        if wanted == tokens[: len(wanted)]:
            return True
    return False


class Interpreter:
    """One session. ``log`` are the notes executed, ``trace`` the transitions taken, since they were last cleared."""

    def __init__(self, machine: Machine) -> None:
        self.by_id: dict[str, Element] = {}
        self.scxml = self._read(State(id="", children=machine.states), None)
        self.initial = self._made(self.scxml, Transition(targets=machine.initial, actions=machine.on_initial))
        for element in list(self.by_id.values()):
            element.transition = [self._made(element, said) for said in element.state.transitions]
        self.configuration = OrderedSet()
        self.history_value: dict[str, list[Element]] = {}
        self.internal_queue: deque[str] = deque()
        self.external_queue: deque[str] = deque()
        self.running = False
        self.last_configuration: list[str] = []
        self.waiting: list[Timer] = []
        self.entered_at: dict[str, datetime] = {}
        self.log: list[str] = []
        self.trace: list[tuple[str, tuple[str, ...]]] = []
        self.microsteps = 0

    # -- reading the document

    def _read(self, state: State, parent: Element | None) -> Element:
        element = Element(state, parent, len(self.by_id))
        self.by_id[state.id] = element
        for child in state.children:
            read = self._read(child, element)
            (element.history if child.kind == "history" else element.children).append(read)
        return element

    def _made(self, source: Element, said: Transition) -> Taken:
        taken = Taken(source, said)
        taken.target = [self.by_id[name] for name in said.targets]
        return taken

    def initial_transition(self, state: Element) -> Taken:
        said = state.state
        targets = said.initial or (state.children[0].id,)
        return self._made(state, Transition(targets=targets, actions=said.on_initial))

    def history_transition(self, pseudo: Element) -> Taken:
        """Its default transition; a chart of ours may leave it out, and then it is its parent's default entry."""
        if pseudo.transition:
            return pseudo.transition[0]
        parent = pseudo.parent
        assert parent is not None
        if parent.kind == "parallel":
            return self._made(pseudo, Transition(targets=tuple(child.id for child in parent.children)))
        return self._made(pseudo, Transition(targets=parent.state.initial or (parent.children[0].id,)))

    # -- what the caller sees

    def start(self, facts: dict[str, Any], now: datetime) -> None:
        self._arrive(facts, now, {})
        self.running = True
        self.execute_content(self.initial.said.actions)
        self.enter_states([self.initial])
        self.main_event_loop()

    def send(self, name: str, payload: dict[str, Any], facts: dict[str, Any], now: datetime) -> bool:
        """An external event; whether any transition was enabled by it."""
        self._arrive(facts, now, payload)
        return self._answer(self.select_transitions(lambda t: name_match(t.said.events, name)))

    def look_again(self, facts: dict[str, Any], now: datetime) -> None:
        """The facts guards read have changed: eventless transitions are tried again."""
        self._arrive(facts, now, {})
        self.main_event_loop()

    def fire(self, timer: Timer, facts: dict[str, Any], now: datetime) -> None:
        """A delay that is over (``<send>`` at entry, ``<cancel>`` at exit, of an event of its own) or a delayed ``<send>``.

        Of one state, delays of the same length are alternatives: one event, heard by all of them."""
        self._arrive(facts, now, {})
        self.waiting.remove(next(each for each in self.waiting if told(each) == told(timer)))
        if timer.kind == "send":
            self._answer(self.select_transitions(lambda t: name_match(t.said.events, timer.event)))
            return
        delays = delayed(self.by_id[timer.state])
        alike = [t for t in delays if t.said.delay == delays[timer.index].said.delay]
        self._answer(self.select_transitions(lambda t: t in alike))

    def active(self) -> tuple[str, ...]:
        """The configuration in document order; when the session is over, the one it ended in."""
        if not self.running:
            return tuple(self.last_configuration)
        return tuple(state.id for state in self._in_document_order(self.configuration))

    def histories(self) -> dict[str, tuple[str, ...]]:
        return {name: tuple(state.id for state in kept) for name, kept in self.history_value.items()}

    def _arrive(self, facts: dict[str, Any], now: datetime, payload: dict[str, Any]) -> None:
        self.now = now
        self.microsteps = 0
        self.log.clear()
        self.trace.clear()
        self.scope = Scope(facts, payload, lambda name: name in {state.id for state in self.configuration})

    def _answer(self, enabled: OrderedSet) -> bool:
        if enabled:
            self.microstep(list(enabled))
        self.main_event_loop()
        return bool(enabled)

    # -- Appendix D

    def main_event_loop(self) -> None:
        while self.running:
            self._macrostep()
            if not self.running or not self.external_queue:
                break
            event = self.external_queue.popleft()
            self.scope.event = {}
            enabled = self.select_transitions(lambda t, event=event: name_match(t.said.events, event))
            if enabled:
                self.microstep(list(enabled))
        if not self.running and self.configuration:
            self.exit_interpreter()

    def _macrostep(self) -> None:
        while self.running:
            enabled = self.select_transitions(lambda t: t.said.automatic)
            if not enabled:
                if not self.internal_queue:
                    return
                event = self.internal_queue.popleft()
                self.scope.event = {}
                enabled = self.select_transitions(lambda t, event=event: name_match(t.said.events, event))
            if enabled:
                self.microstep(list(enabled))

    def exit_interpreter(self) -> None:
        self.last_configuration = [state.id for state in self._in_document_order(self.configuration)]
        for state in reversed(self._in_document_order(self.configuration)):
            self.execute_content(state.state.on_exit)
            self.configuration.delete(state)
        self.waiting.clear()

    def select_transitions(self, chosen: Callable[[Taken], bool]) -> OrderedSet:
        """``selectTransitions`` and ``selectEventlessTransitions``, which differ only in what they ask of a transition."""
        enabled = OrderedSet()
        for state in self._in_document_order(each for each in self.configuration if is_atomic(each)):
            first = next(
                (
                    t
                    for s in [state, *proper_ancestors(state, None)]
                    for t in s.transition
                    if chosen(t) and self.condition_match(t)
                ),
                None,
            )
            if first is not None:
                enabled.add(first)
        return self.remove_conflicting_transitions(enabled)

    def condition_match(self, transition: Taken) -> bool:
        guard = transition.said.guard
        return guard is None or condition(guard)(self.scope) is True

    def remove_conflicting_transitions(self, enabled: OrderedSet) -> OrderedSet:
        filtered = OrderedSet()
        for t1 in enabled:
            preempted = False
            to_remove = OrderedSet()
            for t2 in filtered:
                if self.compute_exit_set([t1]).has_intersection(self.compute_exit_set([t2])):
                    if is_descendant(t1.source, t2.source):
                        to_remove.add(t2)
                    else:
                        preempted = True
                        break
            if not preempted:
                for t3 in to_remove:
                    filtered.delete(t3)
                filtered.add(t1)
        return filtered

    def microstep(self, enabled: list[Taken]) -> None:
        self.microsteps += 1
        if self.microsteps > ENOUGH:
            raise NeverRests
        self.trace += [(t.source.id, t.said.targets) for t in enabled]
        self.exit_states(enabled)
        for transition in enabled:
            self.execute_content(transition.said.actions)
        self.enter_states(enabled)

    def exit_states(self, enabled: list[Taken]) -> None:
        states = list(reversed(self._in_document_order(self.compute_exit_set(enabled))))
        for s in states:
            for h in s.history:
                if h.state.deep:
                    kept = [s0 for s0 in self.configuration if is_atomic(s0) and is_descendant(s0, s)]
                else:
                    kept = [s0 for s0 in self.configuration if s0.parent is s]
                self.history_value[h.id] = self._in_document_order(kept)
        for s in states:
            self.execute_content(s.state.on_exit)
            self.configuration.delete(s)
            self.waiting = [timer for timer in self.waiting if timer.kind == "send" or timer.state != s.id]
            del self.entered_at[s.id]

    def compute_exit_set(self, transitions: list[Taken]) -> OrderedSet:
        states = OrderedSet()
        for t in transitions:
            if t.target:
                domain = self.get_transition_domain(t)
                states.union(s for s in self.configuration if domain is not None and is_descendant(s, domain))
        return states

    def enter_states(self, enabled: list[Taken]) -> None:
        to_enter, default_entry = OrderedSet(), OrderedSet()
        default_history: dict[str, tuple[Action, ...]] = {}
        self.compute_entry_set(enabled, to_enter, default_entry, default_history)
        for s in self._in_document_order(to_enter):
            self.configuration.add(s)
            self._set_clocks(s)
            self.execute_content(s.state.on_entry)
            if s in default_entry:
                self.execute_content(self.initial_transition(s).said.actions)
            self.execute_content(default_history.get(s.id, ()))
            if s.kind == "final":
                self._final_entered(s)

    def _final_entered(self, s: Element) -> None:
        parent = s.parent
        assert parent is not None
        if parent.kind == "scxml":
            self.running = False
            return
        self.internal_queue.append(f"done.state.{parent.id}")
        grandparent = parent.parent
        if grandparent is not None and grandparent.kind == "parallel" and self.is_in_final_state(grandparent):
            self.internal_queue.append(f"done.state.{grandparent.id}")

    def compute_entry_set(
        self, transitions: list[Taken], to_enter: OrderedSet, default_entry: OrderedSet, default_history: dict[str, Any]
    ) -> None:
        for t in transitions:
            for s in t.target:
                self.add_descendant_states_to_enter(s, to_enter, default_entry, default_history)
            ancestor = self.scxml if t is self.initial else self.get_transition_domain(t)
            for s in self.get_effective_target_states(t):
                self.add_ancestor_states_to_enter(s, ancestor, to_enter, default_entry, default_history)

    def add_descendant_states_to_enter(
        self, state: Element, to_enter: OrderedSet, default_entry: OrderedSet, default_history: dict[str, Any]
    ) -> None:
        if state.kind == "history":
            parent = state.parent
            assert parent is not None
            remembered = self.history_value.get(state.id)
            if not remembered:
                default = self.history_transition(state)
                default_history[parent.id] = default.said.actions
                remembered = default.target
            for s in remembered:
                self.add_descendant_states_to_enter(s, to_enter, default_entry, default_history)
            for s in remembered:
                self.add_ancestor_states_to_enter(s, parent, to_enter, default_entry, default_history)
            return
        to_enter.add(state)
        if state.kind == "compound":
            default_entry.add(state)
            targets = self.initial_transition(state).target
            for s in targets:
                self.add_descendant_states_to_enter(s, to_enter, default_entry, default_history)
            for s in targets:
                self.add_ancestor_states_to_enter(s, state, to_enter, default_entry, default_history)
        elif state.kind == "parallel":
            for child in state.children:
                if not to_enter.some(lambda s, child=child: is_descendant(s, child)):
                    self.add_descendant_states_to_enter(child, to_enter, default_entry, default_history)

    def add_ancestor_states_to_enter(
        self,
        state: Element,
        ancestor: Element | None,
        to_enter: OrderedSet,
        default_entry: OrderedSet,
        default_history: dict[str, Any],
    ) -> None:
        for anc in proper_ancestors(state, ancestor):
            to_enter.add(anc)
            if anc.kind == "parallel":
                for child in anc.children:
                    if not to_enter.some(lambda s, child=child: is_descendant(s, child)):
                        self.add_descendant_states_to_enter(child, to_enter, default_entry, default_history)

    def is_in_final_state(self, s: Element) -> bool:
        if s.kind == "compound":
            return any(child.kind == "final" and child in self.configuration for child in s.children)
        if s.kind == "parallel":
            return all(self.is_in_final_state(child) for child in s.children)
        return False

    def get_transition_domain(self, t: Taken) -> Element | None:
        targets = self.get_effective_target_states(t)
        if not targets:
            return None
        if t.said.internal and t.source.kind == "compound" and all(is_descendant(s, t.source) for s in targets):
            return t.source
        return self.find_lcca([t.source, *targets])

    def find_lcca(self, states: list[Element]) -> Element | None:
        for anc in proper_ancestors(states[0], None):
            if anc.kind in ("compound", "scxml") and all(is_descendant(s, anc) for s in states[1:]):
                return anc
        return None

    def get_effective_target_states(self, transition: Taken) -> OrderedSet:
        targets = OrderedSet()
        for s in transition.target:
            if s.kind != "history":
                targets.add(s)
            elif self.history_value.get(s.id):
                targets.union(self.history_value[s.id])
            else:
                targets.union(self.get_effective_target_states(self.history_transition(s)))
        return targets

    # -- executable content and clocks

    def execute_content(self, actions: Iterable[Action]) -> None:
        for action in actions:
            if action.kind == "registrar":
                self.log.append(action.args["nota"])
            elif action.kind == "cancelar":
                self.waiting = [timer for timer in self.waiting if not cancels(action, timer)]
            elif "tras" in action.args:
                self._send_later(action)
            elif action.args.get("externa"):
                self.external_queue.append(action.args["evento"])
            else:
                self.internal_queue.append(action.args["evento"])

    def _send_later(self, action: Action) -> None:
        due = self.now + length(Duration.of(action.args["tras"]))
        name = action.args.get("id", "")
        self.waiting.append(Timer(state="", kind="send", event=action.args["evento"], due=due, sent_as=name))

    def _set_clocks(self, s: Element) -> None:
        """Its clocks begin anew, even where the algorithm enters a state it had not left (a history of the parallel around
        the source, whose default lies in the source's own region)."""
        self.entered_at[s.id] = self.now
        self.waiting = [timer for timer in self.waiting if timer.kind == "send" or timer.state != s.id]
        delays = [t.said.delay for t in delayed(s)]
        for index, delay in enumerate(delays):
            if isinstance(delay, Duration) and delays.index(delay) == index:
                self.waiting.append(Timer(state=s.id, kind="delay", index=index, due=self.now + length(delay)))

    def _in_document_order(self, states: Iterable[Element]) -> list[Element]:
        return sorted(states, key=lambda state: state.order)


def cancels(action: Action, timer: Timer) -> bool:
    """``<cancel>`` names a send by its id; ours may also name every send of an event."""
    if timer.kind != "send":
        return False
    name = action.args.get("id")
    return timer.sent_as == name if name else timer.event == action.args.get("evento")


@cache
def condition(text: str) -> Compiled:
    return compile_expression(parse(text), {})


def delayed(state: Element) -> list[Taken]:
    return [t for t in state.transition if t.said.delay is not None]


def told(timer: Timer) -> tuple[Any, ...]:
    """What a delay or a delayed send is known by: of a send only its event and its hour count, whoever asked for it."""
    if timer.kind == "send":
        return ("send", timer.event, timer.due)
    return (timer.kind, timer.state, timer.index, timer.due)


def length(duration: Duration) -> timedelta:
    return timedelta(seconds=duration.amount * UNITS[duration.unit])
