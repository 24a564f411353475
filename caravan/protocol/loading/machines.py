"""Reading one machine of a protocol file: its states, from the outside in."""

from __future__ import annotations

from typing import cast

from caravan.protocol.loading.effects import Declared
from caravan.protocol.loading.names import Names
from caravan.protocol.loading.reading import Fields, Notes
from caravan.protocol.loading.schema import DEADLINE, HISTORIES, INSTANCES, LADDER, MACHINE, MARKS, ROLES, STATE
from caravan.protocol.loading.source import Mapping, Text, Tree
from caravan.protocol.loading.transitions import TransitionReader
from caravan.protocol.model import Deadline, Duration, Instance, Ladder, Machine, State
from caravan.protocol.vocabulary import Kind

_DATED: frozenset[Kind] = frozenset({"date", "instant"})


class MachineReader(TransitionReader):
    """Reads machines into the problems it shares with its caller."""

    def __init__(self, notes: Notes, declared: Declared) -> None:
        super().__init__(notes, declared)
        self.rungs = frozenset((*declared.agencies, *ROLES, "responsable"))

    def machine(self, key: Text, tree: Tree) -> Machine:
        where = f"máquina «{key.value}»"
        self.names = Names()
        fields = self.fields(tree, MACHINE, where)
        if instance := fields.text("instancia"):
            self.one_of(instance, INSTANCES, "instancia desconocida", where)
        self.instance = fields.value("instancia")
        states = self._children(fields, "estados", "", None)
        initial = fields.words("inicial")
        self.names.initials.append(("", initial))
        self.names.resolve(self, where)
        first = tuple(state.id for state in states if state.kind != "history")[:1]
        return Machine(
            id=key.value,
            instance=cast(Instance, fields.value("instancia")),
            states=states,
            initial=tuple(text.value for text in initial) or first,
            resumes=True,
            label=self.labels(fields.pairs("etiqueta"), where),
            line=key.place.line,
        )

    def _children(self, fields: Fields, key: str, parent: str, visible: tuple[str, ...] | None) -> tuple[State, ...]:
        tree = fields.found.get(key)
        if tree is None:
            return ()
        where = f"estado «{parent}»" if parent else key
        if isinstance(tree, Mapping) and not tree.pairs:
            self.refuse(tree.place, where, "no lleva ningún estado")
        return tuple(self._state(name, inner, parent, visible) for name, inner in fields.pairs(key))

    def _state(self, name: Text, tree: Tree, parent: str, outer: tuple[str, ...] | None) -> State:
        where = f"estado «{name.value}»"
        self.names.declare(self, name, parent)
        fields = self.fields(tree, STATE, where)
        visible = self._visible(fields, outer, where)
        if "paralelo" in fields:
            self.names.parallels.add(name.value)
        children = (
            *self._histories(fields, name.value, where),
            *self._children(fields, "estados", name.value, visible),
            *self._children(fields, "paralelo", name.value, visible),
        )
        self.names.initials.append((name.value, fields.words("inicial")))
        self._check_kind(fields, where)
        owner = fields.text("responsable")
        if owner:
            self.one_of(owner, self.declared.agencies, "agencia desconocida", where)
        kind = "final" if fields.flag("final") else "parallel" if "paralelo" in fields else "compound"
        facts = self.declared.facts
        return State(
            id=name.value,
            kind=kind if children or kind == "final" else "atomic",
            children=children,
            initial=tuple(text.value for text in fields.words("inicial")),
            transitions=self.transitions(fields, name.value, where),
            on_entry=self.actions(fields.found.get("al_entrar"), facts, where),
            on_exit=self.actions(fields.found.get("al_salir"), facts, where),
            on_resume=self.actions(fields.found.get("al_reanudar"), facts, where),
            deadline=self._deadline(fields.found.get("plazo"), where),
            ladder=self.ladder(fields.found["escala"], where) if "escala" in fields else None,
            owner=owner.value if owner else None,
            visible=visible if "visible" in fields else None,
            locked=fields.flag("bloqueado"),
            label=self.labels(fields.pairs("etiqueta"), where),
            provenance=self._provenance(fields, where),
            line=name.place.line,
            file=name.place.file,
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
            self.names.declare(self, name, parent)
            if isinstance(depth, Text):
                self.one_of(depth, HISTORIES, "clase de historia desconocida", where)
                deep = HISTORIES.get(depth.value, False)
                line, file = name.place.line, name.place.file
                found.append(State(id=name.value, kind="history", deep=deep, line=line, file=file))
            else:
                self.refuse(depth.place, where, "la historia es «superficial» o «profunda»")
        return tuple(found)

    def _visible(self, fields: Fields, outer: tuple[str, ...] | None, where: str) -> tuple[str, ...] | None:
        if "visible" not in fields:
            return outer
        above = frozenset(self.declared.agencies if outer is None else outer)
        for agency in fields.words("visible"):
            known = self.one_of(agency, self.declared.agencies, "agencia desconocida", where)
            if known and agency.value not in above:
                self.refuse(
                    agency.place, where, f"«visible» solo puede reducirse; «{agency.value}» no ve el estado de arriba"
                )
        return tuple(agency.value for agency in fields.words("visible"))

    def _provenance(self, fields: Fields, where: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for mark, text in fields.pairs("fuente"):
            if not self.one_of(mark, MARKS, "marca de procedencia desconocida", where):
                continue
            if isinstance(text, Text) and text.value.strip():
                found[mark.value] = text.value
            else:
                self.refuse(text.place, where, f"«{mark.value}»: se esperaba texto")
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
            self._check_since(since, where)
        before = self.duration(warn, where)
        if warn and before and before.unit == "dh":
            self.refuse(warn.place, where, "«avisa_antes» va en min, h o d")
        return Deadline(lasts=lasts, since=since.value if since else None, warn_before=before) if lasts else None

    def _check_since(self, since: Text, where: str) -> None:
        owner, _, name = since.value.partition(".")
        kind = self.expression(since, self.declared.facts, where)
        if kind and (kind.kind not in _DATED or name not in self.declared.facts.get(owner, {})):
            self.refuse(since.place, where, f"«{since.value}» no es una fecha")

    def ladder(self, tree: Tree, where: str) -> Ladder:
        fields = self.fields(tree, LADDER, f"{where}: escala" if where != "escala" else where)
        rungs = fields.words("peldanos")
        for rung in rungs:
            self.one_of(rung, self.rungs, "peldaño desconocido", where)
        if "peldanos" in fields and not rungs:
            self.refuse(fields.found["peldanos"].place, where, "la escala no tiene peldaños")
        pause = fields.text("cada")
        every = self.duration(pause, where)
        if pause and every and not every.amount:
            self.refuse(pause.place, where, "«cada» es más que cero: todos los peldaños sonarían a la vez")
        return Ladder(rungs=tuple(rung.value for rung in rungs), every=every or Duration(amount=30, unit="min"))
