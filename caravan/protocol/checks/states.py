"""Checks of the states themselves: who answers for them and by when, in which words, and who is told of them."""

from __future__ import annotations

from typing import Any, cast

from caravan.protocol.chart import Node, rung_agencies
from caravan.protocol.checks.machine import Checked, actions_of, arcs_of
from caravan.protocol.expressions import names, parse
from caravan.protocol.model import Action

_OWNERS = {
    "activacion": {"evento", "activacion"},
    "grupo": {"evento", "activacion", "grupo"},
    "caso": {"evento", "activacion", "grupo", "caso"},
}


def states(checked: Checked) -> None:
    for node in checked.nodes:
        _words(checked, node)
        _done(checked, node)
        _ladder(checked, node)
        if checked.waits(node):
            _responsibility(checked, node)
        for action in actions_of(node):
            _notice(checked, node, action)
        _owners(checked, node)


def _words(checked: Checked, node: Node) -> None:
    if not node.state.label.get("es"):
        checked.note("no_label", node, "no tiene etiqueta en español")
    if node.kind == "atomic" and not node.state.provenance:
        checked.note("no_provenance", node, "no dice su fuente")


def _responsibility(checked: Checked, node: Node) -> None:
    if node.owner is None:
        checked.note("no_owner", node, "espera y nadie responde de él")
    timed = [each for each in (node, *node.above) if each.state.deadline]
    if not timed:
        checked.note("no_deadline", node, "espera sin plazo")
    elif not any(_fires(checked, each) for each in timed):
        since = timed[0].state.deadline.since if timed[0].state.deadline else ""
        checked.note("no_deadline", node, f"mientras no se sepa «{since}» espera sin plazo")


def _fires(checked: Checked, node: Node) -> bool:
    """Whether the deadline ends some day: one counted from a fact that may stay unknown need not."""
    deadline = node.state.deadline
    if deadline is None or deadline.since is None:
        return deadline is not None
    owner, _, name = deadline.since.partition(".")
    declared = checked.protocol.facts.get(owner, {}).get(name)
    return declared is None or not declared.optional


def _done(checked: Checked, node: Node) -> None:
    """A state whose end is awaited and that cannot end."""
    awaited = any(f"done.state.{node.id}" in arc.transition.events for each in (node, *node.above) for arc in each.arcs)
    if not awaited:
        return
    if node.kind == "parallel":
        for region in node.children:
            if not _ends(region):
                message = f"«{node.id}» espera su final y no tiene ninguno"
                checked.note("region_without_final", region, message)
    elif not _ends(node):
        checked.note("region_without_final", node, "se espera su final y no tiene ninguno")


def _ends(node: Node) -> bool:
    if node.kind == "parallel":
        return all(_ends(child) for child in node.children)
    return any(child.kind == "final" for child in node.children)


def _ladder(checked: Checked, node: Node) -> None:
    if node.state.deadline is None:
        return
    ladder = next((each.state.ladder for each in (node, *node.above) if each.state.ladder), checked.protocol.ladder)
    for rung in ladder.rungs if ladder else ():
        told = rung_agencies(checked.protocol, node.owner, rung)
        if not told and (rung != "responsable" or node.owner is None):
            checked.note("empty_rung", node, f"el peldaño «{rung}» no avisa a nadie")
        if node.visible is not None and (hidden := [agency for agency in told if agency not in node.visible]):
            message = f"el peldaño «{rung}» avisaría a {', '.join(hidden)}, que no lo ve"
            checked.note("rung_not_visible", node, message)
        if deaf := [agency for agency in told if not checked.protocol.agencies[agency].channels]:
            message = f"el peldaño «{rung}» avisaría a {', '.join(deaf)}, que no tiene medio de aviso"
            checked.note("no_channel", node, message)


def _notice(checked: Checked, node: Node, action: Action) -> None:
    title: dict[str, Any] = action.args.get("titulo") or {}
    if action.kind == "tarea" and not title.get("es"):
        checked.note_action("no_label", node, action, "el título de la tarea no está en español")
    told = action.args.get("a") if action.kind in ("avisar", "tarea") else None
    agencies = [told] if isinstance(told, str) else cast(list[str], told or [])
    for agency in agencies:
        known = checked.protocol.agencies.get(agency)
        if action.kind == "avisar" and known and not known.channels:
            checked.note_action("no_channel", node, action, f"avisa a «{agency}», que no tiene medio de aviso")
        if node.visible is not None and agency not in node.visible:
            checked.note_action("told_too_much", node, action, f"«{agency}» sabría de un estado que no ve")


def _owners(checked: Checked, node: Node) -> None:
    """Facts of a group in a machine that has none, or of a case in a machine that is not of one."""
    values = [value for action in actions_of(node) for value in action.args.values()]
    texts = [value[1:] for value in values if isinstance(value, str) and value.startswith("=")]
    texts += [arc.transition.guard for arc in arcs_of(node) if arc.transition.guard]
    if node.state.deadline and node.state.deadline.since:
        texts.append(node.state.deadline.since)
    read = {name.text: name.owner for text in texts for name in names(parse(text))}
    for text, owner in read.items():
        if owner not in _OWNERS[checked.machine.instance]:
            message = f"lee «{text}», que una máquina de «{checked.machine.instance}» no tiene"
            checked.note("other_owner", node, message)
