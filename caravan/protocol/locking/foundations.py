"""What the locked parts of a pack rest on: facts, events, agencies, working days, and effects elsewhere that could stand
in for a person's act.

Closures may be added to the calendar of a locked term: the law lets an authority publish the days it does not work. They
are few (``MAX_CLOSURES`` a year in all, unless the pack itself has more) and each names the act that publishes it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from caravan.protocol.chart import Arc, Node, chart_of
from caravan.protocol.expressions import Name, names, parse, services
from caravan.protocol.locking.places import Places
from caravan.protocol.locking.strength import overlap, told
from caravan.protocol.model import Action, Moment, Problem, Protocol
from caravan.protocol.vocabulary import FactType
from caravan.protocol.workdays import Calendar

MAX_CLOSURES = 15
"""Days a year that a calendar of locked terms may close, on top of those the law names: two weeks and a day."""
MIN_ACT = 15
"""Letters of the text that says which published act closes a day."""
_EVIDENCE = FactType(kind="text")


def unfounded(
    pack: Protocol, own: Protocol, held: Sequence[Node | Arc], ways: Sequence[Arc], places: Places
) -> Iterator[Problem]:
    """What ``own`` changes under the locked states and transitions ``held`` of ``pack``; ``ways`` are the transitions that
    are not locked and by which the pack itself leaves what is."""
    rests = _Rests(held)
    for name in sorted(rests.facts):
        before, after = (each.facts.get(name[0], {}).get(name[1]) for each in (pack, own))
        if before is not None and before != after:
            yield places.problem(f"dato «{'.'.join(name)}»: {pack.key} bloquea lo que depende de él", "datos", *name)
    for event, payload in pack.events.items():
        if overlap((event,), rests.events) and own.events.get(event) != payload:
            yield places.problem(f"evento «{event}»: {pack.key} bloquea los datos que lleva", "eventos", event)
    for event, payload in own.events.items():
        for field in sorted(rests.evidence(event) - set(pack.events.get(event, ()))):
            if field in payload and payload[field] != _EVIDENCE:
                message = f"evento «{event}»: «{field}» es evidencia de {pack.key}, y va como texto que queda"
                yield places.problem(message, "eventos", event, field)
    for agency in pack.agencies.values():
        now = own.agencies.get(agency.id)
        if now is not None and now.kind != agency.kind:
            message = f"agencia «{agency.id}»: su papel es «{agency.kind}» en {pack.key}, y no cambia"
            yield places.problem(message, "agencias", agency.id, "papel")
        if now is not None and agency.channels and not now.channels:
            message = f"agencia «{agency.id}»: {pack.key} le avisa, y se quedaría sin medio de aviso"
            yield places.problem(message, "agencias", agency.id, "avisos")
    for service in sorted(rests.services):
        if own.services.get(service) != pack.services.get(service):
            message = f"horario «{service}»: {pack.key} bloquea lo que depende de él"
            yield places.problem(message, "horarios", service)
    if rests.working_days and _counts_fewer(pack.calendar, own.calendar):
        message = f"el calendario cuenta menos días que el de {pack.key}; solo se le agregan cierres publicados"
        yield places.problem(message, "calendario")
    if rests.working_days:
        yield from _closed(pack.calendar, own.calendar, places)
    asked = rests.events | {event for arc in ways for event in arc.transition.events if not event.startswith("done.")}
    yield from _stand_ins(pack, own, rests, asked, places)


class _Rests:
    """What the locked parts read and wait for."""

    def __init__(self, held: Sequence[Node | Arc]) -> None:
        self.facts: set[tuple[str, str]] = set()
        self.services: set[str] = set()
        self.events: set[str] = set()
        self.raised: set[str] = set()
        self.working_days = False
        self.required: list[tuple[tuple[str, ...], tuple[str, ...]]] = []
        for each in held:
            if isinstance(each, Node):
                self._state(each)
            else:
                self._transition(each)

    def _state(self, node: Node) -> None:
        deadline = node.state.deadline
        if deadline:
            self.working_days |= deadline.lasts.unit == "dh"
            self._reads(deadline.since)
        self._effects((*node.state.on_entry, *node.state.on_exit, *node.state.on_resume))

    def _transition(self, arc: Arc) -> None:
        transition = arc.transition
        self.events |= {event for event in transition.events if not event.startswith("done.")}
        self._reads(transition.guard)
        self._effects(transition.actions)
        self.required.append((transition.events, transition.requires))
        if isinstance(transition.delay, Moment):
            self.services.add(transition.delay.service)

    def evidence(self, event: str) -> set[str]:
        """What has to come with ``event`` somewhere in the locked parts."""
        return {name for events, needed in self.required if overlap((event,), events) for name in needed}

    def _effects(self, actions: Sequence[Action]) -> None:
        for action in actions:
            for value in action.args.values():
                if isinstance(value, str) and value.startswith("="):
                    self._reads(value[1:])
            if action.kind in ("emitir", "enviar"):
                self.raised.add(str(action.args["evento"]))
            self.working_days |= str(action.args.get("plazo", "")).endswith("dh")

    def _reads(self, text: str | None) -> None:
        if text is None:
            return
        node = parse(text)
        self.facts |= {_pair(name) for name in names(node)}
        self.services |= {each.service for each in services(node)}


def _pair(name: Name) -> tuple[str, str]:
    return name.owner, name.field


def _counts_fewer(was: Calendar, now: Calendar) -> bool:
    return (
        not set(was.weekdays) <= set(now.weekdays)
        or not set(now.holidays) <= set(was.holidays)
        or not set(now.recurring) <= set(was.recurring)
    )


def _closed(was: Calendar, now: Calendar, places: Places) -> Iterator[Problem]:
    """What the closures of a file do to terms in working days."""
    mine = {day: act for day, act in now.closures.items() if day not in was.closures}
    at = ("calendarios", now.id, "cierres")
    for day, act in sorted(mine.items()):
        if sum(letter.isalpha() for letter in act) < MIN_ACT:
            message = f"cierre del {day.isoformat()}: diga qué acuerdo publicado lo ordena ({MIN_ACT} letras al menos)"
            yield places.problem(message, *at, day.isoformat())
    before = Counter(day.year for day in was.closures)
    for year, count in sorted(Counter(day.year for day in now.closures).items()):
        if count > max(MAX_CLOSURES, before[year]):
            message = f"{count} cierres en {year}: los plazos de la ley se alargarían; caben {MAX_CLOSURES} al año"
            yield places.problem(message, *at)


def _stand_ins(pack: Protocol, own: Protocol, rests: _Rests, asked: set[str], places: Places) -> Iterator[Problem]:
    """Effects the file adds that would do by themselves what a locked step leaves to somebody, or undo what it raises.
    ``asked`` are the events that move what is locked."""
    for name in own.machines:
        theirs = _effects(pack, name) if name in pack.machines else iter(())
        before = Counter(_known(action) for _, action in theirs)
        for node, action in _effects(own, name):
            if before[_known(action)] > 0:
                before[_known(action)] -= 1
                continue
            event = (str(action.args.get("evento", "")),)
            raises = action.kind in ("emitir", "enviar") and overlap(event, asked)
            drops = action.kind == "cancelar" and overlap(event, rests.raised)
            notes = action.kind == "anotar" and any(("caso", key) in rests.facts for key in action.args)
            if raises or drops or notes:
                message = f"estado «{node.id}»: «{told(action)}» haría por sí solo lo que {pack.key} deja a una persona"
                yield places.problem(message, "maquinas", name, way=node.path)


def _effects(protocol: Protocol, machine: str) -> Iterator[tuple[Node, Action]]:
    for node in chart_of(protocol, machine).nodes[1:]:
        inside = (*node.state.on_entry, *node.state.on_exit, *node.state.on_resume)
        for action in (*inside, *(each for transition in node.state.transitions for each in transition.actions)):
            yield node, action


def _known(action: Action) -> str:
    return f"{action.kind} {sorted(action.args.items(), key=str)}"
