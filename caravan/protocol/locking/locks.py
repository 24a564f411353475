"""What a pack locks must still be there, and not weaker, in every file that derives from it.

``bloqueado`` on a state locks all that stands inside it, on a transition that transition. Of what is locked a file may
shorten terms, ask for more evidence where some is asked for, narrow conditions and visibility, add effects, notices,
reactions that lead nowhere, and words. It may not take away, and it may not open a way around:

* no transition is added that would leave a locked state, wherever it is written: only those the pack itself writes may,
  with their conditions. A reaction without target is welcome if the locked state does not wait for the same event;
* a state that the pack enters only by locked transitions is not entered by others;
* the first states on the way to a locked one stay the first;
* the term that a locked state has from one around it does not grow or vanish;
* what only some may know of is neither told to others nor asked about where others look on;
* what it rests on (``foundations.py``) stays as the pack declares it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from caravan.protocol.chart import Arc, Chart, Node, chart_of
from caravan.protocol.expressions import parse, states
from caravan.protocol.loading.source import Tree
from caravan.protocol.locking.foundations import unfounded
from caravan.protocol.locking.places import Places
from caravan.protocol.locking.strength import (
    lost,
    overlap,
    tightened,
    told,
    weaker_deadline,
    weaker_ladder,
    weaker_transition,
    whom,
)
from caravan.protocol.model import Action, Problem, Protocol, Transition


class _Refusal(NamedTuple):
    """``law`` is the locked state of the pack; ``way`` and ``under`` say where in the file the sentence belongs."""

    law: Node
    message: str
    way: tuple[str, ...]
    under: tuple[str, ...] = ()


def weakened(pack: Protocol, own: Protocol, tree: Tree) -> list[Problem]:
    """Everything that ``own``, made from ``pack`` and the file of ``tree``, removes or weakens; places are the file's."""
    places = Places(tree)
    found: list[Problem] = []
    held: list[Node | Arc] = []
    ways: list[Arc] = []
    for name, machine in pack.machines.items():
        chart = chart_of(pack, name)
        arcs = [arc for node in chart.nodes for arc in locked_arcs(node)]
        nodes = [node for node in chart.nodes[1:] if is_locked(node)]
        held += [*nodes, *arcs]
        open_arcs = (arc for node in chart.nodes for arc in _arcs(node) if arc not in arcs)
        ways += [arc for arc in open_arcs if any(_may_leave(arc, node) for node in nodes)]
        if not nodes and not arcs:
            continue
        mine = own.machines.get(name)
        if mine is None or mine.instance != machine.instance:
            what = "falta" if mine is None else "cambió de instancia"
            found.append(places.problem(f"máquina «{name}»: {what}; {pack.key} la bloquea", "maquinas", name))
            continue
        for each in _Machines(pack, chart, chart_of(own, name)).refusals():
            message = f"{each.message}; {pack.key} lo bloquea{_article(each.law)}"
            found.append(places.problem(message, "maquinas", name, way=each.way, under=each.under))
    if held:
        found += unfounded(pack, own, held, ways, places)
    return list(dict.fromkeys(found))


def is_locked(node: Node) -> bool:
    return any(each.state.locked for each in (node, *node.above))


def locked_arcs(node: Node) -> list[Arc]:
    """The transitions of a state that are locked, each by itself or all with the state."""
    inside = is_locked(node)
    return [arc for arc in _arcs(node) if inside or arc.transition.locked]


def _arcs(node: Node) -> tuple[Arc, ...]:
    return (*node.arcs, *node.always, *node.delays)


def _article(node: Node) -> str:
    """`` (G17, LR 21)``: the rules and their articles, from the nearest state that names its law."""
    for each in (node, *node.above):
        if law := each.state.provenance.get("L"):
            clauses = [clause.partition(":")[0].strip() for clause in law.split(";")]
            return f" ({'; '.join(clause for clause in clauses if clause)})"
    return ""


class _Machines:
    """One machine of the pack beside the same machine of the file."""

    def __init__(self, pack: Protocol, chart: Chart, own: Chart) -> None:
        self.pack = pack
        self.chart = chart
        self.own = own
        self.locked = [node for node in chart.nodes[1:] if is_locked(node)]
        self.answered: set[int] = set()
        self.waited = [
            (node, is_locked(node), [each.transition.events for each in locked_arcs(node)])
            for node in chart.nodes[1:]
            if is_locked(node) or locked_arcs(node)
        ]

    def refusals(self) -> Iterator[_Refusal]:
        for was in self.chart.nodes[1:]:
            held = locked_arcs(was)
            now = self.own.by_id.get(was.id)
            if now is None and (is_locked(was) or held):
                if was.parent is None or was.parent.id in self.own.by_id:
                    yield _Refusal(was, f"estado «{was.id}»: falta", was.path)
            elif now is not None:
                if is_locked(was):
                    yield from self._state(was, now)
                yield from self._transitions(was, now, held)
        yield from self._frames()
        yield from self._outer_terms()
        yield from self._ways_around()
        yield from self._leaks()

    # -- states

    def _state(self, was: Node, now: Node) -> Iterator[_Refusal]:
        def refused(key: str, message: str) -> _Refusal:
            return _Refusal(was, f"estado «{was.id}»: {message}", was.path, (key,))

        if was.state.deep != now.state.deep or (was.kind == "history" and was.path != now.path):
            yield refused("historia", "cambió su historia")
        if was.state.locked and not now.state.locked:
            yield refused("bloqueado", "se le quitó «bloqueado»")
        if was.state.deadline:
            if change := weaker_deadline(was.state.deadline, now.state.deadline):
                yield refused("plazo", change)
            if change := weaker_ladder(was.rungs, was.every, now.rungs, now.every):
                yield refused("escala", change)
        if was.owner is not None and was.owner != now.owner:
            yield refused("responsable", f"respondía «{was.owner}» y ahora «{now.owner or 'nadie'}»")
        if was.state.provenance.get("L") not in (None, now.state.provenance.get("L")):
            yield refused("fuente", "cambió su fuente L")
        if change := _wider(was, now):
            yield refused("visible", change)
        for key, before, after in (
            ("al_entrar", was.state.on_entry, now.state.on_entry),
            ("al_salir", was.state.on_exit, now.state.on_exit),
            ("al_reanudar", was.state.on_resume, now.state.on_resume),
        ):
            for action in lost(before, after):
                yield refused(key, f"pierde su efecto «{told(action)}»")

    def _outer_terms(self) -> Iterator[_Refusal]:
        """The term of a state around locked ones, which is theirs where they have none of their own."""
        leant: dict[str, tuple[Node, Node]] = {}
        for node in self.locked:
            timed = next((each for each in (node, *node.above) if each.state.deadline), None)
            if node.kind == "atomic" and timed is not None and not is_locked(timed):
                leant.setdefault(timed.id, (timed, node))
        for frame, node in leant.values():
            mine = self.own.by_id.get(frame.id)
            if mine is None or frame.state.deadline is None:
                continue
            name = f"estado «{frame.id}», que da su plazo a «{node.id}»"
            if change := weaker_deadline(frame.state.deadline, mine.state.deadline):
                yield _Refusal(node, f"{name}: {change}", frame.path, ("plazo",))
            elif change := weaker_ladder(frame.rungs, frame.every, mine.rungs, mine.every):
                yield _Refusal(node, f"{name}: {change}", frame.path, ("escala",))

    def _frames(self) -> Iterator[_Refusal]:
        """What stands around something locked stays where and what it is, and begins where it began."""
        inside = [node for node in self.chart.nodes[1:] if is_locked(node) or locked_arcs(node)]
        frames = {each.id: (each, node) for node in reversed(inside) for each in (node, *node.above)}
        for frame, node in frames.values():
            mine = self.own.by_id.get(frame.id)
            if mine is None:
                continue
            name = f"estado «{frame.id}»" if frame.id else "la máquina"
            if mine.kind != frame.kind or mine.path != frame.path:
                yield _Refusal(node, f"{name}: cambió de lugar o de clase", mine.path)
            elif [each.id for each in mine.initial] != [each.id for each in frame.initial]:
                first = ", ".join(each.id for each in frame.initial)
                yield _Refusal(node, f"{name}: empezaba en «{first}»", frame.path, ("inicial",))

    # -- transitions

    def _transitions(self, was: Node, now: Node, held: list[Arc]) -> Iterator[_Refusal]:
        left = list(_arcs(now))
        pairs: list[tuple[Arc, Arc]] = []
        for arc in _arcs(was):
            found = _counterpart(arc, left)
            if found is not None:
                left.remove(found)
                pairs.append((arc, found))
            elif arc in held:
                yield _Refusal(was, f"{_called(arc)}: falta", was.path, _keys(arc))
        order = {id(arc): place for place, arc in enumerate(_arcs(now))}
        for place, (arc, found) in enumerate(pairs):
            if arc not in held:
                continue
            self.answered.add(id(found))
            earlier = [theirs for one, theirs in pairs[:place] if _same_trigger(one.transition, arc.transition)]
            if any(order[id(each)] > order[id(found)] for each in earlier):
                yield _Refusal(was, f"{_called(arc)}: cambió el orden de sus alternativas", was.path, _keys(arc))
            for change in self._weaker(arc, found, was):
                yield _Refusal(was, f"{_called(arc)}: {change}", was.path, _keys(arc))
            for each in left:
                if _rival(each, arc, order[id(each)] < order[id(found)] or is_locked(was)):
                    yield _Refusal(was, f"{_called(each)}: respondería en lugar de otra", was.path, _keys(each))

    def _weaker(self, was: Arc, now: Arc, node: Node) -> Iterator[str]:
        alone = sum(_same_trigger(was.transition, each.transition) for each in _arcs(node)) == 1
        may_send = {*self.pack.coordination(), *((node.owner,) if node.owner else ())}
        yield from weaker_transition(was.transition, now.transition, alone=alone, may_send=may_send)
        if was.transition.locked and not now.transition.locked:
            yield "se le quitó «bloqueado»"

    # -- ways around

    def _ways_around(self) -> Iterator[_Refusal]:
        gates = self._gates()
        for node in self.own.nodes[1:]:
            written = self.chart.by_id.get(node.id)
            for arc in _arcs(node):
                if id(arc) in self.answered or (written and any(_permits(each, arc) for each in _arcs(written))):
                    continue
                if around := self._around(arc, gates):
                    law, message = around
                    yield _Refusal(law, f"{_called(arc)}: {message}", node.path, _keys(arc))

    def _around(self, arc: Arc, gates: set[str]) -> tuple[Node, str] | None:
        own = self.own.by_id
        left = [node for node in self.locked if node.id in own and _may_leave(arc, own[node.id])]
        if left:
            names = ", ".join(f"«{node.id}»" for node in left[:3])
            return left[0], f"haría salir de {names} sin que el paquete lo diga"
        for target in arc.targets:
            if gate := next((each.id for each in (target, *target.above) if each.id in gates), None):
                return self.chart.by_id[gate], f"a «{gate}» solo se entra como el paquete dice"
        for node, locked, waited in self.waited:
            mine = own.get(node.id)
            if mine is None:
                continue
            inside = bool(arc.source.bit & (mine.below | mine.bit))
            if inside and locked and arc.transition.automatic and not arc.targets:
                return node, "se repetiría sin fin"
            around = arc.source is not mine and (inside or (arc.targets and mine.bit & arc.source.below))
            if around and any(overlap(arc.transition.events, events) for events in waited):
                return node, f"respondería en lugar de «{node.id}»"
        return None

    def _leaks(self) -> Iterator[_Refusal]:
        """Notices and conditions the file adds by which others would learn of a state the pack keeps among a few."""
        kept = {node.id: node for node in self.locked if node.visible is not None}
        for node in self.own.nodes[1:]:
            written = self.chart.by_id.get(node.id)
            law = next((kept[each.id] for each in (node, *node.above) if each.id in kept), None)
            if law is not None and law.visible is not None:
                told = {agency for action in _actions(node) for agency in whom(action)}
                if more := sorted(told - set(law.visible)):
                    yield _Refusal(law, f"estado «{node.id}»: le avisaría a {', '.join(more)}", node.path)
            known = {name for arc in _arcs(written) for name in _asked(arc)} if written else set[str]()
            for arc in _arcs(node):
                for secret in (kept[name] for name in _asked(arc) if name in kept and name not in known):
                    if node.visible is None or not set(node.visible) <= set(secret.visible or ()):
                        message = f"{_called(arc)}: quien la ve sabría de «{secret.id}»"
                        yield _Refusal(secret, message, node.path, _keys(arc))

    def _gates(self) -> set[str]:
        """The states the pack enters by locked transitions only."""
        ways: dict[str, list[bool]] = {}
        for node in self.chart.nodes:
            held = locked_arcs(node)
            for arc in _arcs(node):
                for target in arc.targets:
                    ways.setdefault(target.id, []).append(arc in held)
        first = {each.id for node in self.chart.nodes for each in node.initial}
        return {name for name, held in ways.items() if all(held) and name not in first}


def _wider(was: Node, now: Node) -> str:
    """Who would know of the state against the pack, or would no longer know what the pack has them do."""
    if was.visible is not None:
        more = sorted(set(now.visible) - set(was.visible)) if now.visible is not None else ["todas"]
        if more:
            return f"sabrían de él {', '.join(more)}"
    if now.visible is None:
        return ""
    needed = {each for each in (was.owner, *_told_by(was)) if each and (was.visible is None or each in was.visible)}
    hidden = sorted(needed - set(now.visible))
    return f"no sabrían de él {', '.join(hidden)}" if hidden else ""


def _told_by(node: Node) -> Iterator[str]:
    for action in (*node.state.on_entry, *node.state.on_exit, *node.state.on_resume):
        yield from whom(action)


def _actions(node: Node) -> Iterator[Action]:
    yield from (*node.state.on_entry, *node.state.on_exit, *node.state.on_resume)
    for transition in node.state.transitions:
        yield from transition.actions


def _asked(arc: Arc) -> list[str]:
    """The states its condition asks about."""
    return [each.state for each in states(parse(arc.transition.guard))] if arc.transition.guard else []


def _may_leave(arc: Arc, node: Node) -> bool:
    """Whether ``arc`` may take the machine out of ``node``: it stands below the domain, beside or around the source."""
    if not arc.targets:
        return False
    source = arc.source
    domain = arc.domain or arc.domain_of(arc.targets)
    if not node.bit & domain.below:
        return False
    if node is source or node in source.above or source in node.above:
        return True
    meet = next(each for each in source.above if each in node.above)
    return meet.kind == "parallel"


def _same_trigger(one: Transition, other: Transition) -> bool:
    return set(one.events) == set(other.events) and one.delay == other.delay


def _counterpart(arc: Arc, left: list[Arc]) -> Arc | None:
    """The transition of the file that stands for the pack's: the likest of those with its trigger."""
    same = [each for each in left if _same_trigger(arc.transition, each.transition)]
    there = [each for each in same if each.transition.targets == arc.transition.targets]
    alike = [each for each in there if each.transition.guard == arc.transition.guard]
    return next(iter((*alike, *there, *same)), None)


def _permits(was: Arc, now: Arc) -> bool:
    """Whether the pack itself writes this transition, no weaker."""
    one, other = was.transition, now.transition
    return (
        _same_trigger(one, other)
        and one.targets == other.targets
        and one.internal == other.internal
        and tightened(one.guard, other.guard)
        and set(one.requires) <= set(other.requires)
        and (one.senders == other.senders or bool(other.senders and set(other.senders) <= set(one.senders)))
    )


def _rival(extra: Arc, held: Arc, before: bool) -> bool:
    """Whether a transition the file adds to a state may answer instead of a locked one of the same state."""
    if extra.transition.automatic or held.transition.automatic:
        return before and extra.transition.automatic and held.transition.automatic
    if extra.transition.delay is not None:
        return extra.transition.delay == held.transition.delay
    return overlap(extra.transition.events, held.transition.events)


def _trigger(arc: Arc) -> str:
    events = arc.transition.events
    if events:
        return "al_terminar" if events[0].startswith("done.") else " ".join(events)
    return "siempre" if arc.transition.delay is None else "tras"


def _called(arc: Arc) -> str:
    return f"estado «{arc.source.id}», «{_trigger(arc)}»"


def _keys(arc: Arc) -> tuple[str, ...]:
    trigger = _trigger(arc)
    return (trigger,) if trigger in ("al_terminar", "siempre", "tras") else ("cuando", trigger)
