"""Checks of what goes on by itself: circles without anything happening, and alarms that time alone repeats for ever."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from caravan.protocol.chart import Act, Arc, Node, hears
from caravan.protocol.checks.machine import Checked, is_certain
from caravan.protocol.expressions import names, parse, services, states

_TELLING = ("avisar", "tarea", "enviar", "abrir_caso", "proponer_relevo")
_CIRCLE = "vuelve a sí mismo sin que nada ocurra"
_ANSWERS = "lo que envía vuelve a traer lo mismo, sin fin y sin que nada ocurra"
_RECEIVERS = {"activacion": "activacion", "grupos": "grupo", "casos": "caso"}
Next = Callable[[Node], int]


def cycles(checked: Checked) -> None:
    _in_place(checked)
    circling = _circling(checked, lambda node: _forced(checked, node, None))
    for guard in _repeated_guards(checked):
        circling |= _circling(checked, lambda node, guard=guard: _forced(checked, node, guard))
    for node in checked.chart.members(circling):
        checked.note("automatic_cycle", node, _CIRCLE)
    _alarms(checked, circling)
    _echoes(checked)


def _in_place(checked: Checked) -> None:
    """An automatic transition that changes nothing is taken again at once, for as long as its guard holds."""
    for node in checked.nodes:
        for arc in node.always:
            stays = not arc.targets or (arc.targets == (node,) and not node.children)
            if stays and not (is_certain(arc) and arc.targets):
                checked.note_arc("automatic_cycle", arc, "su «siempre» no lleva a otro estado: se repetiría sin fin")


def _circling(checked: Checked, following: Next) -> int:
    """The states without children that ``following`` leads round and round through: what is left when all are taken away
    that lead nowhere, or that nothing leads to."""
    onward: dict[int, set[int]] = {}
    for node in checked.chart.members(checked.leaves):
        if mask := following(node) & checked.leaves:
            onward[node.index] = {each.index for each in checked.chart.members(mask)}
    left = _pruned(_pruned(onward))
    return sum(checked.chart.nodes[index].bit for index in left)


def _pruned(onward: dict[int, set[int]]) -> dict[int, set[int]]:
    """The same graph turned round, without what leads nowhere."""
    back: dict[int, set[int]] = {}
    for index, targets in onward.items():
        for target in targets:
            back.setdefault(target, set()).add(index)
    open_ways = {index: len(targets) for index, targets in onward.items()}
    dead = [index for index in back if index not in onward]
    while dead:
        for before in back.pop(dead.pop(), ()):
            open_ways[before] -= 1
            if not open_ways[before]:
                dead.append(before)
    alive = {index for index, ways in open_ways.items() if ways}
    return {index: sources & alive for index, sources in back.items() if sources & alive}


def _forced(checked: Checked, leaf: Node, guard: str | None) -> int:
    """Where a state leads at once by itself; with ``guard``, as long as that guard holds."""
    for node in (leaf, *leaf.above):
        for arc in node.always:
            if not arc.transition.requires and arc.transition.guard in (None, guard):
                return _landing(checked, arc)
            if guard is not None:
                return 0
    raised = [str(act.action.args.get("evento")) for act in leaf.entry if _raises(act)]
    for event in raised if guard is None else ():
        for node in (leaf, *leaf.above):
            heard = next((arc for arc in node.arcs if hears(arc.transition.events, event)), None)
            if heard is not None:
                return _landing(checked, heard) if is_certain(heard) else 0
    return 0


def _landing(checked: Checked, arc: Arc) -> int:
    """Where a transition leads for sure: nothing is sure of one that goes to a memory, or to several states at once."""
    if len(arc.targets) != 1:
        return 0
    begun = arc.targets[0]
    while begun.kind == "compound":
        begun = begun.initial[0]
    return 0 if begun.kind == "history" else checked.landings(arc)


def _raises(act: Act) -> bool:
    return act.action.kind == "emitir" and act.lasts is None


def _repeated_guards(checked: Checked) -> list[str]:
    """Guards that stand on automatic transitions of two states and do not depend on where the machine is."""
    seen: dict[str, int] = {}
    for node in checked.nodes:
        for guard in {arc.transition.guard for arc in node.always} - {None}:
            seen[str(guard)] = seen.get(str(guard), 0) + 1
    return [guard for guard, count in seen.items() if count > 1 and not states(parse(guard))]


# -- events that bring one another


def answers(machines: Sequence[Checked]) -> None:
    """Transitions whose events bring one another for ever: inside a machine by ``emitir``, between machines by ``enviar``.
    The facts do not change meanwhile: what one guard over facts let through it lets through again."""
    waiting = [
        (checked, arc)
        for checked in machines
        for arc in checked.arcs
        if arc.transition.events and not arc.transition.requires
    ]
    guards = {arc.transition.guard for _, arc in waiting if arc.transition.guard and _of_facts(arc.transition.guard)}
    for guard in (None, *sorted(guards)):
        _answering([(checked, arc) for checked, arc in waiting if arc.transition.guard in (None, guard)])


def _of_facts(guard: str) -> bool:
    node = parse(guard)
    return not states(node) and not services(node) and all(name.owner != "evento" for name in names(node))


def _answering(heard: Sequence[tuple[Checked, Arc]]) -> None:
    onward: dict[int, set[int]] = {}
    for index, (checked, arc) in enumerate(heard):
        after = _after(arc)
        if after is None:
            continue
        for act in _done(arc, after):
            event = str(act.action.args.get("evento"))
            for other, (receiver, answer) in enumerate(heard):
                if hears(answer.transition.events, event) and _brings(act, checked, after, receiver, answer):
                    onward.setdefault(index, set()).add(other)
    for index in sorted(_pruned(_pruned(onward))):
        checked, arc = heard[index]
        if not any(one.code == "automatic_cycle" and one.state == arc.source.id for one in checked.found):
            checked.note_arc("automatic_cycle", arc, _ANSWERS)


def _after(arc: Arc) -> Node | None:
    """The state that is surely active once the transition was taken."""
    if not arc.targets:
        return arc.source
    begun = arc.targets[0]
    while begun.kind == "compound":
        begun = begun.initial[0]
    return None if len(arc.targets) > 1 or begun.kind == "history" else begun


def _done(arc: Arc, after: Node) -> Iterator[Act]:
    yield from arc.acts
    if arc.targets:
        yield from after.entry


def _brings(act: Act, sender: Checked, after: Node, receiver: Checked, answer: Arc) -> bool:
    """Whether an effect is heard at once by a transition that may be taken then; of one in another machine it must be sure
    that it may be taken again."""
    if _raises(act):
        return sender is receiver and _together(after, answer.source)
    if act.action.kind != "enviar" or act.lasts is not None:
        return False
    then = _after(answer)
    again = then is not None and bool(answer.source.bit & then.line)
    return again and _RECEIVERS.get(str(act.action.args.get("a"))) == receiver.machine.instance


def _together(one: Node, other: Node) -> bool:
    """Whether two states can be active at once: one stands inside the other, or they are in two regions of a parallel."""
    if one.bit & other.line or other.bit & one.line:
        return True
    return next(above for above in one.above if above.bit & other.line).kind == "parallel"


# -- time


def _alarms(checked: Checked, circling: int) -> None:
    """Steps that time alone repeats for ever, telling somebody each time round."""
    told: set[Node] = set()

    def following(leaf: Node) -> int:
        for node in (leaf, *leaf.above):
            for arc in (*node.always, *node.delays):
                if is_certain(arc) and arc.targets:
                    return _landing(checked, arc)
        return 0

    round_and_round = _circling(checked, following) & ~circling
    for node in checked.chart.members(round_and_round):
        acts = [*node.entry, *node.exit, *(act for arc in (*node.always, *node.delays) for act in arc.acts)]
        if any(act.action.kind in _TELLING for act in acts):
            told.add(node)
    for node in sorted(told, key=lambda node: node.index):
        checked.note("endless_escalation", node, "el tiempo vuelve a traer aquí y a avisar, sin fin")


def _echoes(checked: Checked) -> None:
    """A delayed event whose own answer sends it again."""
    for node in checked.nodes:
        for arc in node.arcs:
            stays = not arc.targets or node in arc.targets
            acts = (*arc.acts, *(node.entry if arc.targets else ()))
            if stays and any(_answers_itself(act, arc) for act in acts):
                checked.note_arc("endless_escalation", arc, "cada vez que llega se vuelve a enviar, sin fin")


def _answers_itself(act: Act, arc: Arc) -> bool:
    later = act.action.kind == "emitir" and act.lasts is not None
    return later and is_certain(arc) and hears(arc.transition.events, str(act.action.args.get("evento")))
