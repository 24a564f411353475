"""Reading what guards may read: the types of facts and of the data that events carry."""

from __future__ import annotations

from caravan.basics import Scalar
from caravan.protocol.loading.reading import Fields, Reader
from caravan.protocol.loading.schema import CASE_KINDS, FACT, KINDS
from caravan.protocol.loading.source import Text, Tree
from caravan.protocol.vocabulary import PROGRAM_FACTS, FactType

Types = dict[str, dict[str, FactType]]
MAX_FIELDS = 300
"""How many values the events of a file carry together, and how many a case keeps."""

_KIND_WORDS = {kind: word for word, kind in KINDS.items()} | {"choice": "uno_de"}


class TypeReader(Reader):
    def facts(self, top: Fields) -> Types:
        """The declared facts. Of an activation and a group the program supplies them; a case's are the file's own."""
        found: Types = {}
        for owner, tree in top.pairs("datos"):
            if not self.one_of(owner, PROGRAM_FACTS, "no hay datos de", "datos"):
                continue
            given = self.mapping(tree, f"datos: «{owner.value}»")
            self._bounded(owner, len(given), "datos")
            read = self._case_fact if owner.value == "caso" else self._program_fact
            declared = ((name.value, read(owner.value, name, spec)) for name, spec in given[:MAX_FIELDS])
            found[owner.value] = {name: kind for name, kind in declared if kind}
        return found

    def events(self, top: Fields) -> Types:
        """The data of each event that carries any."""
        found: Types = {}
        total = 0
        for event, tree in top.pairs("eventos"):
            where = f"evento «{event.value}»"
            self.event_name(event, where)
            payload = self.mapping(tree, where)
            total += len(payload)
            if total > MAX_FIELDS:
                self._bounded(event, total, "eventos")
                break
            found[event.value] = {
                self.state_name(name, where): self._type(spec, f"{where}: «{name.value}»", of_event=True)
                for name, spec in payload
            }
        return found

    def _bounded(self, at: Text, number: int, where: str) -> None:
        if number > MAX_FIELDS:
            self.refuse(at.place, where, f"más de {MAX_FIELDS} datos")

    def _program_fact(self, owner: str, name: Text, spec: Tree) -> FactType | None:
        where = f"dato «{owner}.{name.value}»"
        declared = self._type(spec, where)
        supplied = PROGRAM_FACTS[owner]
        if not self.one_of(name, supplied, "el programa no conoce el dato", where):
            return None
        if declared.kind != supplied[name.value]:
            self.refuse(spec.place, where, f"su tipo es «{_KIND_WORDS[supplied[name.value]]}»")
        return declared

    def _case_fact(self, owner: str, name: Text, spec: Tree) -> FactType:
        where = f"dato «{owner}.{name.value}»"
        self.state_name(name, where)
        declared = self._type(spec, where)
        if declared.kind == "text":
            self.refuse(spec.place, where, f"un caso no guarda texto libre; puede ser {', '.join(CASE_KINDS)} o uno_de")
        return declared

    def _type(self, tree: Tree, where: str, *, of_event: bool = False) -> FactType:
        if isinstance(tree, Text):
            self.one_of(tree, KINDS, "tipo desconocido", where)
            return FactType(kind=KINDS.get(tree.value, "text"))
        fields = self.fields(tree, FACT, where)
        options = tuple(option.value for option in fields.words("uno_de"))
        kind = fields.text("tipo")
        if bool(options) == (kind is not None):
            self.refuse(tree.place, where, "lleva «tipo» o «uno_de», uno de los dos")
        if kind:
            self.one_of(kind, KINDS, "tipo desconocido", where)
        declared = FactType(kind="choice" if options else KINDS.get(fields.value("tipo"), "text"), options=options)
        erasable = fields.flag("borrable")
        if erasable and not (of_event and declared.kind == "text"):
            self.refuse(fields.found["borrable"].place, where, "«borrable» es de los textos que lleva un evento")
        return FactType(
            kind=declared.kind,
            options=options,
            default=self._default(fields.text("por_omision"), declared, where),
            optional=fields.flag("opcional"),
            erasable=erasable,
        )

    def _default(self, text: Text | None, declared: FactType, where: str) -> Scalar:
        if text is None:
            return None
        if declared.kind in ("date", "instant"):
            self.refuse(text.place, where, "una fecha no tiene valor por omisión")
            return None
        return self.constant(text, declared, where)
