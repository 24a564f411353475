"""Reading transitions: on an event, automatic, after a time, and when the children are done."""

from __future__ import annotations

from caravan.protocol.loading.effects import Declared, EffectReader
from caravan.protocol.loading.reading import Fields, Notes
from caravan.protocol.loading.schema import TRANSITION
from caravan.protocol.loading.source import Sequence, Text, Tree
from caravan.protocol.model import Duration, Moment, Transition
from caravan.protocol.vocabulary import PROGRAM_EVENTS, FactType

Types = dict[str, dict[str, FactType]]
_MOMENTS = {"abre": "opens", "cierra": "closes"}
_PLACEHOLDER = Duration(amount=1, unit="d")


class TransitionReader(EffectReader):
    def __init__(self, notes: Notes, declared: Declared) -> None:
        super().__init__(notes, declared)
        self.carried = _by_prefix(declared.events)

    def transitions(self, fields: Fields, state: str, where: str) -> tuple[Transition, ...]:
        """All transitions of a state, in document order within each key."""
        found: list[Transition] = []
        for event, tree in fields.pairs("cuando"):
            inner = f"{where}, «{event.value}»"
            events = tuple(
                self.event_name(Text(each, event.place), inner, pattern=True) for each in event.value.split()
            )
            if not events:
                self.refuse(event.place, where, "un evento sin nombre")
            found += self._alternatives(tree, state, inner, events=events)
        if "al_terminar" in fields:
            done = (f"done.state.{state}",)
            found += self._alternatives(fields.found["al_terminar"], state, f"{where}, «al_terminar»", events=done)
        if "siempre" in fields:
            found += self._alternatives(fields.found["siempre"], state, f"{where}, «siempre»")
        for text, tree in fields.pairs("tras"):
            delay = self._delay(text, where) or _PLACEHOLDER
            found += self._alternatives(tree, state, f"{where}, «tras»", delay=delay)
        return tuple(found)

    def _delay(self, text: Text, where: str) -> Duration | Moment | None:
        word, space, service = text.value.partition(" ")
        if not space or word not in _MOMENTS:
            return self.duration(text, where)
        name = text.rest(len(word) + 1)
        self.one_of(name, self.declared.services, "horario desconocido", where)
        return Moment(what="opens" if word == "abre" else "closes", service=service)

    def _alternatives(
        self, tree: Tree, state: str, where: str, events: tuple[str, ...] = (), delay: Duration | Moment | None = None
    ) -> list[Transition]:
        trees = tree.items if isinstance(tree, Sequence) else [tree]
        if not trees:
            self.refuse(tree.place, where, "la lista está vacía")
        return [self._transition(each, state, where, events, delay) for each in trees]

    def _transition(
        self, tree: Tree, state: str, where: str, events: tuple[str, ...], delay: Duration | Moment | None
    ) -> Transition:
        line, file = tree.place.line, tree.place.file
        if isinstance(tree, Text):
            self.names.targets.append((state, [tree]))
            return Transition(events=events, targets=(tree.value,), internal=True, delay=delay, line=line, file=file)
        fields = self.fields(tree, TRANSITION, where)
        targets = fields.words("ir_a")
        self.names.targets.append((state, targets))
        types = self._with_event(events)
        if not targets and not fields.items("hacer"):
            self.refuse(tree.place, where, "una transición lleva «ir_a», «hacer» o los dos")
        self._only_for_events(fields, events, where)
        return Transition(
            events=events,
            targets=tuple(target.value for target in targets),
            guard=self._guard(fields.text("si"), types, where),
            actions=self.actions(fields.found.get("hacer"), types, where),
            requires=tuple(name.value for name in fields.words("requiere")),
            internal=not fields.flag("externa"),
            delay=delay,
            senders=self._senders(fields, events, where),
            locked=fields.flag("bloqueado"),
            label=self.labels(fields.pairs("etiqueta"), where),
            line=line,
            file=file,
        )

    def _guard(self, guard: Text | None, types: Types, where: str) -> str | None:
        if guard is None:
            return None
        kind = self.expression(guard, types, where)
        if kind and kind.kind != "boolean":
            self.refuse(guard.place, where, "«si» pide una condición")
        return guard.value

    def _senders(self, fields: Fields, events: tuple[str, ...], where: str) -> tuple[str, ...]:
        senders = fields.words("envia")
        for sender in senders:
            self.one_of(sender, self.declared.agencies, "agencia desconocida", where)
        if "envia" in fields and not senders:
            self.refuse(fields.found["envia"].place, where, "«envia» no nombra a nadie")
        for event in events if senders else ():
            if event in PROGRAM_EVENTS:
                self.refuse(fields.found["envia"].place, where, f"«{event}» lo envía el programa, no una agencia")
        return tuple(sender.value for sender in senders)

    def _only_for_events(self, fields: Fields, events: tuple[str, ...], where: str) -> None:
        if events and not events[0].startswith("done."):
            return
        for key in ("requiere", "etiqueta", "envia"):
            if key in fields:
                self.refuse(fields.found[key].place, where, f"«{key}» solo va en «cuando»")

    def _with_event(self, events: tuple[str, ...]) -> Types:
        carried: dict[str, FactType] = {}
        for descriptor in events:
            carried.update(self.carried.get(descriptor.removesuffix(".*"), {}))
        return self.declared.facts | {"evento": carried} if carried else self.declared.facts


def _by_prefix(events: dict[str, dict[str, FactType]]) -> Types:
    """By each descriptor that hears them (``a`` and ``a.b`` for ``a.b``, ``*`` for all), the data of the events."""
    found: Types = {}
    for event, payload in events.items():
        parts = event.split(".")
        for stem in ("*", *(".".join(parts[:end]) for end in range(1, len(parts) + 1))):
            found.setdefault(stem, {}).update(payload)
    return found
