"""Checks of what leaves a circle of few readers: facts that point at people, and events raised where only some may look."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from caravan.protocol.chart import Node, chart_of, hears
from caravan.protocol.checks.machine import Checked, actions_of, arcs_of
from caravan.protocol.expressions import names, parse, states
from caravan.protocol.model import Action
from caravan.protocol.vocabulary import NARROW_FACTS

_INSTANCES = {"activacion": "activacion", "grupos": "grupo", "casos": "caso"}
"""By whom an ``enviar`` is for, the kind of machine that hears it."""


def audiences(checked: Checked) -> None:
    for node in checked.nodes:
        for action in actions_of(node):
            _values(checked, node, action)
            _heard(checked, node, action)
        _conditions(checked, node)
        _term(checked, node)


def _values(checked: Checked, node: Node, action: Action) -> None:
    """What an effect carries. A notice is read by those it names, all else by whoever may know of the state; what a case
    notes is read in all its states."""
    for value in action.args.values():
        for fact in _narrow(value[1:]) if isinstance(value, str) and value.startswith("=") else ():
            if action.kind == "anotar":
                others = "quien vea el caso"
            elif action.kind == "avisar":
                others = _strangers(checked, fact, tuple(cast(list[str], action.args["a"])))
            else:
                others = _strangers(checked, fact, node.visible)
            if others:
                checked.note_action("told_too_much", node, action, f"«{'.'.join(fact)}» lo sabría {others}")


def _conditions(checked: Checked, node: Node) -> None:
    """A condition tells whoever sees its step: the way opens, or the step is left, as the fact is."""
    for arc in arcs_of(node):
        for fact in _narrow(arc.transition.guard):
            if others := _strangers(checked, fact, node.visible):
                message = f"su condición lee «{'.'.join(fact)}», y lo sabría {others}"
                checked.note_arc("told_too_much", arc, message)
        for asked in states(parse(arc.transition.guard)) if arc.transition.guard else ():
            secret = checked.chart.by_id.get(asked.state)
            if secret is not None and _is_secret(checked, secret) and not _within(node, secret):
                message = f"su condición pregunta por «{secret.id}», y lo sabría quien no lo ve"
                checked.note_arc("told_too_much", arc, message)


def _term(checked: Checked, node: Node) -> None:
    """A term tells the day it is counted from to whoever reads when it ends."""
    deadline = node.state.deadline
    owner, _, field = (deadline.since if deadline and deadline.since else "").partition(".")
    if (owner, field) in NARROW_FACTS and (others := _strangers(checked, (owner, field), node.visible)):
        checked.note("told_too_much", node, f"su plazo cuenta desde «{owner}.{field}», y lo sabría {others}")


def _is_secret(checked: Checked, node: Node) -> bool:
    """Whether as few know of the state as of some fact for a few."""
    return any(not _strangers(checked, fact, node.visible) for fact in NARROW_FACTS)


def _within(node: Node, other: Node) -> bool:
    """Whether whoever sees ``node`` sees ``other`` too."""
    return other.visible is None or (node.visible is not None and set(node.visible) <= set(other.visible))


def _narrow(text: str | None) -> list[tuple[str, str]]:
    read = {(name.owner, name.field): None for name in names(parse(text))} if text else {}
    return [fact for fact in read if fact in NARROW_FACTS]


def _strangers(checked: Checked, fact: tuple[str, str], readers: tuple[str, ...] | None) -> str:
    """Those among ``readers`` (``None`` = everybody) who may not know the fact."""
    if readers is None:
        return "todas las agencias"
    allowed = NARROW_FACTS[fact] | set(checked.protocol.coordination())
    return ", ".join(agency for agency in readers if agency not in allowed)


def _heard(checked: Checked, node: Node, action: Action) -> None:
    """An event raised where only some look, and heard, or a case opened, where others do."""
    if node.visible is None or action.kind not in ("emitir", "enviar", "abrir_caso"):
        return
    for machine, other in _reached(checked, action):
        if not _within(other, node):
            what = action.args.get("evento") or action.args.get("maquina")
            place = f"«{other.id}»" if machine == checked.machine.id else f"«{other.id}» de «{machine}»"
            message = f"por «{what}» se sabría de él en {place}, que ven otras agencias"
            checked.note_action("told_too_much", node, action, message)
            return


def _reached(checked: Checked, action: Action) -> Iterator[tuple[str, Node]]:
    """The states, with their machines, that an effect moves."""
    protocol = checked.protocol
    if action.kind == "abrir_caso":
        named = [name for name in protocol.machines if name == action.args.get("maquina")]
    elif action.kind == "emitir":
        named = [checked.machine.id]
    else:
        kind = _INSTANCES.get(str(action.args.get("a")))
        named = [name for name, machine in protocol.machines.items() if machine.instance == kind]
    for name in named:
        for node in chart_of(protocol, name).nodes[1:]:
            event = str(action.args.get("evento"))
            if action.kind == "abrir_caso" or any(hears(arc.transition.events, event) for arc in node.arcs):
                yield name, node
