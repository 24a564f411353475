"""Checks of the ways through a machine: what is never reached, what is never left, what never ends."""

from __future__ import annotations

from caravan.protocol.chart import Arc, Node
from caravan.protocol.checks.machine import Checked
from caravan.protocol.expressions import Among, Binary, Constant, InState, IsOpen, Known, Name, Not, parse
from caravan.protocol.expressions import Node as Expression
from caravan.protocol.vocabulary import FactType

Possible = frozenset[bool | None]
_TRUE_OR_FALSE: Possible = frozenset({True, False})
_UNKNOWN: Possible = frozenset({None})


def ways(checked: Checked) -> None:
    """Unreachable states, waiting states without a way out, no path to a final, waits that only the unknown could end."""
    leavers = [(arc, _moved(checked, arc)) for arc in checked.arcs]
    left = 0
    for _, mask in leavers:
        left |= mask
    good = _good(checked, leavers)
    for node in checked.nodes:
        if not node.bit & checked.reached:
            checked.note("unreachable", node, "ningún camino llega a él")
    for node in checked.chart.members(checked.leaves):
        if node.kind == "final":
            _stranded(checked, node, good)
        elif not node.bit & left:
            checked.note("no_exit", node, "nada lo termina")
        elif not node.bit & good:
            checked.note("no_path_to_final", node, "ningún camino lleva de aquí a un final")
        if node.kind == "atomic" and node.bit & left:
            _unknown_waits(checked, node, [arc for arc, mask in leavers if mask & node.bit])


def _moved(checked: Checked, arc: Arc) -> int:
    """The states without children that the transition leaves for another."""
    mask = checked.leavers(arc)
    return mask & ~arc.targets[0].bit if len(arc.targets) == 1 else mask


def _good(checked: Checked, leavers: list[tuple[Arc, int]]) -> int:
    """The states without children from which some path leads to a final of the machine."""
    good = sum(node.bit for node in checked.nodes if node.kind == "final" and node.parent is checked.root)
    waiting = [(checked.landings(arc) & checked.leaves, mask) for arc, mask in leavers if mask]
    grown = True
    while grown:
        grown = False
        rest: list[tuple[int, int]] = []
        for landing, mask in reversed(waiting):  # most ways lead down the page
            if landing & good:
                grown = grown or bool(mask & ~good)
                good |= mask
            else:
                rest.append((landing, mask))
        waiting = rest[::-1]
    return good


def _stranded(checked: Checked, node: Node, good: int) -> None:
    """A final that ends its parent and nothing hears of it; in a region of a parallel state that is as it should be."""
    inside = any(above.kind == "parallel" for above in node.above)
    if node.parent is not checked.root and not inside and not node.bit & good:
        checked.note("no_path_to_final", node, "termina el estado de arriba y nada sigue; falta «al_terminar»")


# -- the unknown


def _unknown_waits(checked: Checked, node: Node, exits: list[Arc]) -> None:
    """A wait that only automatic transitions end, none of which can hold while optional facts are unknown."""
    if not all(arc.transition.automatic and arc.transition.guard for arc in exits):
        return
    guards = [parse(arc.transition.guard or "") for arc in exits]
    if any(True in _possible(guard, checked.protocol.facts) for guard in guards):
        return
    read = {name.text: None for guard in guards for name in _names(guard) if _may_stay_unknown(name, checked)}
    message = f"mientras no se sepa {', '.join(f'«{name}»' for name in read)} nada lo termina; declare «por_omision» o un evento"
    checked.note("unknown_waits", node, message)


def _names(node: Expression) -> list[Name]:
    match node:
        case Name():
            return [node]
        case Not() | Among():
            return _names(node.part)
        case Binary():
            return _names(node.left) + _names(node.right)
        case _:
            return []


def _may_stay_unknown(name: Name, checked: Checked) -> bool:
    return _is_unknown(checked.protocol.facts.get(name.owner, {}).get(name.field))


def _is_unknown(declared: FactType | None) -> bool:
    return declared is not None and declared.optional and declared.default is None


def _possible(node: Expression, facts: dict[str, dict[str, FactType]]) -> Possible:
    """What an expression may be worth while every optional fact without a default is unknown: for values that are no
    conditions, unknown or anything."""
    match node:
        case Name():
            unknown = _is_unknown(facts.get(node.owner, {}).get(node.field))
            return _UNKNOWN if unknown else _TRUE_OR_FALSE
        case Known():
            return frozenset({False}) if _possible(node.name, facts) == _UNKNOWN else _TRUE_OR_FALSE
        case Not():
            return frozenset(None if worth is None else not worth for worth in _possible(node.part, facts))
        case Among():
            return _UNKNOWN if _possible(node.part, facts) == _UNKNOWN else _TRUE_OR_FALSE
        case Binary(operator="and" | "or"):
            return _combined(node.operator == "or", _possible(node.left, facts), _possible(node.right, facts))
        case Binary():
            both = _possible(node.left, facts), _possible(node.right, facts)
            return _UNKNOWN if _UNKNOWN in both else _TRUE_OR_FALSE
        case Constant() | InState() | IsOpen():
            return (
                frozenset({node.value})
                if isinstance(node, Constant) and isinstance(node.value, bool)
                else _TRUE_OR_FALSE
            )


def _combined(decisive: bool, left: Possible, right: Possible) -> Possible:
    found: set[bool | None] = set()
    for a in left:
        for b in right:
            found.add(decisive if decisive in (a, b) else None if None in (a, b) else not decisive)
    return frozenset(found)
