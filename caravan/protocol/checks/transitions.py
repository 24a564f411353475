"""Checks of transitions: those another one shadows, rivals that leave a parallel state, events nobody will send."""

from __future__ import annotations

from datetime import UTC, datetime

from caravan.protocol.chart import Arc, Node, hears
from caravan.protocol.checks.machine import Checked, arcs_of, is_certain
from caravan.protocol.expressions import nearest
from caravan.protocol.model import Duration
from caravan.protocol.vocabulary import PROGRAM_EVENTS

_TYPO = 0.88
"""How alike two event names are when one is taken for a misspelling of the other."""
_START = datetime(2024, 1, 1, tzinfo=UTC)


def transitions(checked: Checked) -> None:
    for node in checked.nodes:
        _shadowed(checked, node)
        _delays(checked, node)
        for arc in node.arcs:
            _event_words(checked, arc)
            _senders(checked, arc)
        if node.kind == "parallel":
            _rival_exits(checked, node)


def _shadowed(checked: Checked, node: Node) -> None:
    message = "una transición anterior siempre gana a esta"
    for place, arc in enumerate(node.arcs):
        for earlier in node.arcs[:place]:
            if _wins(earlier, arc) and all(hears(earlier.transition.events, e) for e in arc.transition.events):
                checked.note_arc("shadowed", arc, message)
                break
    for place, arc in enumerate(node.always):
        if any(_wins(earlier, arc) for earlier in node.always[:place]):
            checked.note_arc("shadowed", arc, message)
    if node.kind == "atomic" and any(is_certain(arc) and arc.targets for arc in node.always):
        for arc in (*node.arcs, *node.delays):
            checked.note_arc("shadowed", arc, "el estado se deja solo antes de que esta pueda tomarse")


def _wins(earlier: Arc, later: Arc) -> bool:
    """Whether ``earlier`` can be taken whenever ``later`` can."""
    a, b = earlier.transition, later.transition
    heard = not a.senders or (bool(b.senders) and set(b.senders) <= set(a.senders))
    return heard and a.guard in (None, b.guard) and set(a.requires) <= set(b.requires)


def _delays(checked: Checked, node: Node) -> None:
    """A delay that leaves the state for sure, before another one is over."""
    leaving = [arc for arc in node.delays if is_certain(arc) and _leaves(arc)]
    for arc in node.delays:
        for first in leaving:
            sooner = _ends(checked, first), _ends(checked, arc)
            earlier = node.delays.index(first) < node.delays.index(arc)
            if first is not arc and None not in sooner and (sooner[0], not earlier) < (sooner[1], False):
                checked.note_arc("shadowed", arc, "otro «tras» deja el estado antes")
                break
            if first.transition.delay == arc.transition.delay and earlier:
                checked.note_arc("shadowed", arc, "una transición anterior siempre gana a esta")
                break


def _leaves(arc: Arc) -> bool:
    inside = all(target.bit & arc.source.below for target in arc.targets)
    return bool(arc.targets) and not (inside and arc.transition.internal)


def _ends(checked: Checked, arc: Arc) -> datetime | None:
    delay = arc.transition.delay
    if not isinstance(delay, Duration) or delay.unit == "dh":
        return None
    return delay.after(_START, checked.chart.zone, checked.protocol.calendar)


def _rival_exits(checked: Checked, node: Node) -> None:
    """Events that lead out of ``node`` from two regions: the first in the file would win, and nobody sees that."""
    whole: dict[str, Node] = {}
    within: dict[str, Node] = {}
    for child in node.children:
        for source in checked.chart.members(child.bit | child.below):
            for arc in arcs_of(source):
                if not arc.targets or arc.targets[0].bit & node.below:
                    continue
                for event in arc.transition.events:
                    parts = [part for part in event.split(".") if part not in ("*", "")]
                    prefixes = [".".join(parts[:end]) for end in range(len(parts) + 1)]
                    known = [whole.get(prefix) for prefix in prefixes] + [within.get(prefixes[-1])]
                    if other := next((each for each in known if each and each is not child), None):
                        message = f"«{event}» sale de él desde dos regiones, «{other.id}» y «{child.id}»"
                        checked.note_arc("two_regions", arc, message, node)
                    whole.setdefault(prefixes[-1], child)
                    for prefix in prefixes:
                        within.setdefault(prefix, child)


def _event_words(checked: Checked, arc: Arc) -> None:
    for event in arc.transition.events:
        if event in PROGRAM_EVENTS or event.startswith("done.") or "*" in event:
            continue
        unknown = event not in checked.protocol.events
        if hint := nearest(event, PROGRAM_EVENTS, likeness=_TYPO) if unknown else "":
            checked.note_arc("like_program_event", arc, f"nadie envía por sí solo «{event}»{hint}")
        if not arc.transition.label.get("es"):
            checked.note_arc("no_label", arc, f"«{event}» no tiene palabras en español")


def _senders(checked: Checked, arc: Arc) -> None:
    node = arc.source
    blind = [each for each in arc.transition.senders if node.visible is not None and each not in node.visible]
    if blind:
        events = " ".join(arc.transition.events)
        checked.note_arc("sender_not_visible", arc, f"«{events}» lo envía {', '.join(blind)}, que no ve el estado")
