"""Reading one machine of a protocol file: its states, transitions and effects, then the names they refer to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from caravan.protocol.chart import hears
from caravan.protocol.expressions import nearest
from caravan.protocol.model import (
    TERM_ARGUMENTS,
    Action,
    Agency,
    Deadline,
    Duration,
    Instance,
    Ladder,
    Machine,
    Problem,
    State,
    Transition,
)
from caravan.protocol.reading import Fields, Reader
from caravan.protocol.schema import (
    DEADLINE,
    DESTINATIONS,
    EFFECTS,
    HISTORIES,
    INSTANCES,
    LADDER,
    MACHINE,
    MARKS,
    ROLES,
    STATE,
    TRANSITION,
    Argument,
    EffectSchema,
)
from caravan.protocol.source import Mapping, Sequence, Text, Tree
from caravan.protocol.vocabulary import FactType, Kind

Types = dict[str, dict[str, FactType]]
_DATED: frozenset[Kind] = frozenset({"date", "instant"})


class MachineReader(Reader):
    """Reads machines into the list of problems it shares with its caller."""

    def __init__(self, problems: list[Problem], agencies: dict[str, Agency], facts: Types, events: Types) -> None:
        super().__init__()
        self.problems = problems
        self.agencies = agencies
        self.facts = facts
        self.events = events
        self.parents: dict[str, str] = {}
        self.places: dict[str, Text] = {}
        self.parallels: set[str] = set()
        self.targets: list[tuple[str, list[Text]]] = []
        self.initials: list[tuple[str, list[Text]]] = []
        self.asked: list[tuple[str, Text]] = []

    def machine(self, key: Text, tree: Tree) -> Machine:
        where = f"máquina «{key.value}»"
        self.parents, self.places, self.parallels = {}, {}, set()
        self.targets, self.initials, self.asked = [], [], []
        fields = self.fields(tree, MACHINE, where)
        if instance := fields.text("instancia"):
            self.one_of(instance, INSTANCES, "instancia desconocida", where)
        states = self._children(fields, "estados", "", None)
        initial = fields.words("inicial")
        self.initials.append(("", initial))
        self._resolve(where)
        first = tuple(state.id for state in states if state.kind != "history")[:1]
        return Machine(
            id=key.value,
            instance=cast(Instance, fields.value("instancia")),
            states=states,
            initial=tuple(text.value for text in initial) or first,
            resumes=True,
            line=key.place.line,
        )

    # -- states

    def _children(self, fields: Fields, key: str, parent: str, visible: tuple[str, ...] | None) -> tuple[State, ...]:
        tree = fields.found.get(key)
        if tree is None:
            return ()
        where = f"estado «{parent}»" if parent else key
        if isinstance(tree, Mapping) and not tree.pairs:
            self.refuse(tree.place, where, "no lleva ningún estado")
        return tuple(self._state(name, inner, parent, visible) for name, inner in self.mapping(tree, where))

    def _declare(self, name: Text, parent: str) -> None:
        where = f"estado «{name.value}»"
        self.state_name(name, where)
        if name.value in self.places:
            first = self.places[name.value].place.line
            self.refuse(name.place, where, f"nombre repetido en la máquina (ya está en la línea {first})")
            return
        self.places[name.value] = name
        self.parents[name.value] = parent

    def _state(self, name: Text, tree: Tree, parent: str, outer: tuple[str, ...] | None) -> State:
        where = f"estado «{name.value}»"
        self._declare(name, parent)
        fields = self.fields(tree, STATE, where)
        visible = self._visible(fields, outer, where)
        if "paralelo" in fields:
            self.parallels.add(name.value)
        children = (
            *self._histories(fields, name.value, where),
            *self._children(fields, "estados", name.value, visible),
            *self._children(fields, "paralelo", name.value, visible),
        )
        self.initials.append((name.value, fields.words("inicial")))
        self._check_kind(fields, where)
        owner = fields.text("responsable")
        if owner:
            self.one_of(owner, self.agencies, "agencia desconocida", where)
        kind = "final" if fields.flag("final") else "parallel" if "paralelo" in fields else "compound"
        return State(
            id=name.value,
            kind=kind if children or kind == "final" else "atomic",
            children=children,
            initial=tuple(text.value for text in fields.words("inicial")),
            transitions=self._transitions(fields, name.value, where),
            on_entry=self._actions(fields.found.get("al_entrar"), self.facts, where),
            on_exit=self._actions(fields.found.get("al_salir"), self.facts, where),
            on_resume=self._actions(fields.found.get("al_reanudar"), self.facts, where),
            deadline=self._deadline(fields.found.get("plazo"), where),
            ladder=self.ladder(fields.found["escala"], where) if "escala" in fields else None,
            owner=owner.value if owner else None,
            visible=visible if "visible" in fields else None,
            label=self.labels(fields.pairs("etiqueta"), where),
            provenance=self._provenance(fields, where),
            line=name.place.line,
        )

    def _check_kind(self, fields: Fields, where: str) -> None:
        if "estados" in fields and "paralelo" in fields:
            self.refuse(fields.place, where, "lleva «estados» o «paralelo», no los dos")
        composite = "estados" in fields or "paralelo" in fields
        for key in ("inicial", "historia", "al_terminar"):
            if key in fields and not composite:
                self.refuse(fields.found[key].place, where, f"«{key}» pide un estado con «estados» o «paralelo»")
        if fields.flag("final"):
            for key in ("estados", "paralelo", "cuando", "siempre", "tras", "plazo"):
                if key in fields:
                    self.refuse(fields.found[key].place, where, f"un estado final no lleva «{key}»")

    def _histories(self, fields: Fields, parent: str, where: str) -> tuple[State, ...]:
        found: list[State] = []
        for name, depth in fields.pairs("historia"):
            self._declare(name, parent)
            if isinstance(depth, Text):
                self.one_of(depth, HISTORIES, "clase de historia desconocida", where)
                deep = HISTORIES.get(depth.value, False)
                found.append(State(id=name.value, kind="history", deep=deep, line=name.place.line))
            else:
                self.refuse(depth.place, where, "la historia es «superficial» o «profunda»")
        return tuple(found)

    def _visible(self, fields: Fields, outer: tuple[str, ...] | None, where: str) -> tuple[str, ...] | None:
        if "visible" not in fields:
            return outer
        for agency in fields.words("visible"):
            known = self.one_of(agency, self.agencies, "agencia desconocida", where)
            if known and outer is not None and agency.value not in outer:
                self.refuse(
                    agency.place, where, f"«visible» solo puede reducirse; «{agency.value}» no ve el estado de arriba"
                )
        return tuple(agency.value for agency in fields.words("visible"))

    def _provenance(self, fields: Fields, where: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for mark, text in fields.pairs("fuente"):
            if self.one_of(mark, MARKS, "marca de procedencia desconocida", where) and isinstance(text, Text):
                found[mark.value] = text.value
        return found

    def _deadline(self, tree: Tree | None, where: str) -> Deadline | None:
        if tree is None:
            return None
        if isinstance(tree, Text):
            lasts = self.duration(tree, where)
            return Deadline(lasts=lasts) if lasts else None
        fields = self.fields(tree, DEADLINE, f"{where}: plazo")
        lasts = self.duration(fields.text("dura"), where)
        since, warn = fields.text("desde"), fields.text("avisa_antes")
        if since:
            kind, _ = self.expression(since, self.facts, where)
            if kind and kind.kind not in _DATED:
                self.refuse(since.place, where, f"«{since.value}» no es una fecha")
        before = self.duration(warn, where)
        if warn and before and before.unit == "dh":
            self.refuse(warn.place, where, "«avisa_antes» va en min, h o d")
        return Deadline(lasts=lasts, since=since.value if since else None, warn_before=before) if lasts else None

    def ladder(self, tree: Tree, where: str) -> Ladder:
        fields = self.fields(tree, LADDER, f"{where}: escala" if where != "escala" else where)
        rungs = fields.words("peldanos")
        for rung in rungs:
            self.one_of(rung, (*self.agencies, *ROLES, "responsable"), "peldaño desconocido", where)
        every = self.duration(fields.text("cada"), where)
        return Ladder(rungs=tuple(rung.value for rung in rungs), every=every or Duration(amount=30, unit="min"))

    # -- transitions

    def _transitions(self, fields: Fields, state: str, where: str) -> tuple[Transition, ...]:
        found: list[Transition] = []
        if "cuando" in fields:
            for event, tree in self.mapping(fields.found["cuando"], where):
                inner = f"{where}, «{event.value}»"
                events = tuple(self.event_name(Text(each, event.place), inner) for each in event.value.split())
                found += self._alternatives(tree, state, inner, events=events)
        if "al_terminar" in fields:
            found += self._alternatives(
                fields.found["al_terminar"], state, f"{where}, «al_terminar»", events=(f"done.state.{state}",)
            )
        if "siempre" in fields:
            found += self._alternatives(fields.found["siempre"], state, f"{where}, «siempre»")
        for text, tree in fields.pairs("tras"):
            delay = self.duration(text, where)
            found += self._alternatives(tree, state, f"{where}, «tras»", delay=delay or Duration(amount=1, unit="d"))
        return tuple(found)

    def _alternatives(
        self, tree: Tree, state: str, where: str, events: tuple[str, ...] = (), delay: Duration | None = None
    ) -> list[Transition]:
        trees = tree.items if isinstance(tree, Sequence) else [tree]
        if not trees:
            self.refuse(tree.place, where, "la lista está vacía")
        return [self._transition(each, state, where, events, delay) for each in trees]

    def _transition(
        self, tree: Tree, state: str, where: str, events: tuple[str, ...], delay: Duration | None
    ) -> Transition:
        if isinstance(tree, Text):
            self.targets.append((state, [tree]))
            return Transition(events=events, targets=(tree.value,), internal=True, delay=delay, line=tree.place.line)
        fields = self.fields(tree, TRANSITION, where)
        targets = fields.words("ir_a")
        self.targets.append((state, targets))
        types = self._with_event(events)
        guard = fields.text("si")
        if guard:
            kind, asked = self.expression(guard, types, where)
            self.asked += [(where, each) for each in asked]
            if kind and kind.kind != "boolean":
                self.refuse(guard.place, where, "«si» pide una condición")
        if not targets and not fields.items("hacer"):
            self.refuse(tree.place, where, "una transición lleva «ir_a», «hacer» o los dos")
        self._only_for_events(fields, events, where)
        return Transition(
            events=events,
            targets=tuple(target.value for target in targets),
            guard=guard.value if guard else None,
            actions=self._actions(fields.found.get("hacer"), types, where),
            requires=tuple(name.value for name in fields.words("requiere")),
            internal=not fields.flag("externa"),
            delay=delay,
            label=self.labels(fields.pairs("etiqueta"), where),
            line=tree.place.line,
        )

    def _only_for_events(self, fields: Fields, events: tuple[str, ...], where: str) -> None:
        if events and not events[0].startswith("done."):
            return
        for key in ("requiere", "etiqueta"):
            if key in fields:
                self.refuse(fields.found[key].place, where, f"«{key}» solo va en «cuando»")

    def _with_event(self, events: tuple[str, ...]) -> Types:
        carried: dict[str, FactType] = {}
        for name, payload in self.events.items():
            if hears(events, name):
                carried.update(payload)
        return self.facts | {"evento": carried} if carried else self.facts

    # -- effects

    def _actions(self, tree: Tree | None, types: Types, where: str) -> tuple[Action, ...]:
        if not isinstance(tree, Sequence):
            return ()
        return tuple(action for item in tree.items if (action := self._action(item, types, where)))

    def _action(self, tree: Tree, types: Types, where: str) -> Action | None:
        if not isinstance(tree, Mapping) or len(tree.pairs) != 1:
            self.refuse(tree.place, where, "un efecto se escribe «{nombre: {…}}»")
            return None
        kind, body = tree.pairs[0]
        if not self.one_of(kind, EFFECTS, "efecto desconocido", where):
            return None
        schema = EFFECTS[kind.value]
        inner = f"{where}: {kind.value}"
        args: dict[str, Any] = {}
        given = self.mapping(body, inner)
        for key, value in given:
            expected = schema.required.get(key.value) or schema.optional.get(key.value)
            if expected is None and not schema.others:
                known = (*schema.required, *schema.optional)
                self.refuse(key.place, inner, f"clave desconocida «{key.value}»{nearest(key.value, known)}")
            else:
                args[key.value] = self._argument(value, expected or "value", types, inner)
        self._all_given(kind, given, schema, inner)
        term = TERM_ARGUMENTS.get(kind.value)
        if term and args.get(term) is None:
            args.pop(term, None)
        return Action(kind=kind.value, args=args, line=kind.place.line)

    def _all_given(self, kind: Text, given: list[tuple[Text, Tree]], schema: EffectSchema, where: str) -> None:
        present = {key.value for key, _ in given}
        for name in schema.required:
            if name not in present:
                self.refuse(kind.place, where, f"falta «{name}»")

    def _argument(self, tree: Tree, expected: Argument, types: Types, where: str) -> Any:
        if expected == "labels" and isinstance(tree, Mapping):
            return self.labels(tree.pairs, where)
        texts = tree.items if isinstance(tree, Sequence) and expected in ("agencies", "words") else [tree]
        words = [text for text in texts if isinstance(text, Text) and text.value]
        if len(words) != len(texts) or expected == "labels" or not words:
            self.refuse(tree.place, where, "valor mal escrito")
            return None
        return self._words(words, expected, types, where)

    def _words(self, words: list[Text], expected: Argument, types: Types, where: str) -> Any:
        match expected:
            case "agencies" | "agency":
                for word in words:
                    self.one_of(word, self.agencies, "agencia desconocida", where)
                return [word.value for word in words] if expected == "agencies" else words[0].value
            case "instances":
                self.one_of(words[0], DESTINATIONS, "destino desconocido", where)
            case "duration":
                lasts = self.duration(words[0], where)
                return str(lasts) if lasts else None
            case "event":
                self.event_name(words[0], where)
            case "words":
                return [word.value for word in words]
            case "value":
                value, asked = self.value(words[0], types, where)
                self.asked += [(where, each) for each in asked]
                return value
            case _:
                pass
        return words[0].value

    # -- names

    def _resolve(self, where: str) -> None:
        for state, targets in self.targets:
            inside = f"estado «{state}»"
            known = [target for target in targets if self.one_of(target, self.places, "destino desconocido", inside)]
            for target in known:
                if state in self.parallels and state in self._above(target.value):
                    self.refuse(
                        target.place, inside, f"un estado en paralelo no va a su propia región («{target.value}»)"
                    )
            self._check_regions(known, inside)
        for state, initial in self.initials:
            inside = f"estado «{state}»" if state else where
            for name in initial:
                known_name = self.one_of(name, self.places, "estado inicial desconocido", inside)
                if known_name and state not in self._above(name.value):
                    self.refuse(name.place, inside, f"«inicial» lleva un estado de adentro; «{name.value}» no lo es")
        for inside, name in self.asked:
            self.one_of(name, self.places, "estado desconocido", inside)

    def _above(self, state: str) -> list[str]:
        found: list[str] = []
        while state:
            state = self.parents[state]
            found.append(state)
        return found

    def _check_regions(self, targets: Iterable[Text], where: str) -> None:
        seen: list[Text] = []
        for target in targets:
            line = [target.value, *self._above(target.value)]
            for other in seen:
                meet = next(each for each in [other.value, *self._above(other.value)] if each in line)
                if meet not in self.parallels or meet in (target.value, other.value):
                    message = f"«{other.value}» y «{target.value}» no están en regiones distintas"
                    self.refuse(target.place, where, message)
            seen.append(target)
