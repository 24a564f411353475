"""Reading effects and expressions: a closed list, each argument with its own form."""

from __future__ import annotations

from typing import Any

from caravan.basics import Record
from caravan.protocol.expressions import ExpressionError, Node, Types, names, parse, services, states, type_of
from caravan.protocol.loading.names import Names
from caravan.protocol.loading.reading import Notes, Reader
from caravan.protocol.loading.schema import DESTINATIONS, EFFECTS, Argument, EffectSchema
from caravan.protocol.loading.source import Mapping, Sequence, Text, Tree
from caravan.protocol.model import TERM_ARGUMENTS, Action, Agency, Service
from caravan.protocol.vocabulary import FactType, Kind, from_program

_COUNTS: frozenset[Kind] = frozenset({"integer"})


class Declared(Record, frozen=True):
    """What the top of a file declares and its machines refer to. ``machines`` are their kinds of instance by name."""

    agencies: dict[str, Agency]
    facts: dict[str, dict[str, FactType]]
    events: dict[str, dict[str, FactType]]
    services: dict[str, Service] = {}
    machines: dict[str, str] = {}


class EffectReader(Reader):
    """Reads effects of one machine at a time: ``instance`` is its kind, ``names`` what it mentions."""

    def __init__(self, notes: Notes, declared: Declared) -> None:
        super().__init__(notes)
        self.declared = declared
        self.names = Names()
        self.instance = ""

    def expression(self, text: Text, types: Types, where: str) -> FactType | None:
        """The type of an expression; the states it asks about wait to be resolved. ``None`` after a problem."""
        if self.full:
            return None
        try:
            node = parse(text.value)
            found = type_of(node, types)
        except ExpressionError as error:
            self.refuse(text.at(error.offset), where, error.message)
            return None
        self._mentions(node, types, text, where)
        return found

    def _mentions(self, node: Node, types: Types, text: Text, where: str) -> None:
        for asked in states(node):
            self.names.asked.append((where, Text(asked.state, text.at(asked.offset))))
        for desk in services(node):
            asked_of = Text(desk.service, text.at(desk.offset))
            self.one_of(asked_of, self.declared.services, "horario desconocido", where)
        for name in names(node):
            if types[name.owner][name.field].erasable:
                self.refuse(text.at(name.offset), where, f"«{name.text}» es borrable: no queda donde se lea")

    def actions(self, tree: Tree | None, types: Types, where: str) -> tuple[Action, ...]:
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
        given = self.mapping(body, inner)
        self._all_given(kind, given, schema, inner)
        args = self._notes_of_a_case(kind, given, types, inner) if kind.value == "anotar" else {}
        for key, value in given if kind.value != "anotar" else []:
            expected = schema.required.get(key.value) or schema.optional.get(key.value)
            if expected is None and not schema.others:
                known = (*schema.required, *schema.optional)
                self.refuse(key.place, inner, f"clave desconocida «{key.value}»{self.hint(key.value, known)}")
            elif (argument := self._argument(value, expected or "value", types, inner)) is not None:
                args[key.value] = argument
        self._delays(kind, given, args, inner)
        return Action(kind=kind.value, args=args, line=kind.place.line, file=kind.place.file)

    def _all_given(self, kind: Text, given: list[tuple[Text, Tree]], schema: EffectSchema, where: str) -> None:
        present = {key.value for key, _ in given}
        for name in schema.required:
            if name not in present:
                self.refuse(kind.place, where, f"falta «{name}»")

    def _delays(self, kind: Text, given: list[tuple[Text, Tree]], args: dict[str, Any], where: str) -> None:
        """Which events of the machine wait, and which are called off."""
        event = next((value for key, value in given if key.value == "evento"), None)
        if kind.value in ("emitir", "enviar") and isinstance(event, Text) and (known := from_program(event.value)):
            self.refuse(event.place, where, f"«{known}» lo dice el programa cuando consta; un archivo no lo envía")
        if kind.value == "emitir" and TERM_ARGUMENTS["emitir"] in args:
            self.names.delayed.add(str(args.get("evento")))
        if kind.value == "cancelar" and isinstance(event, Text):
            self.names.cancelled.append((where, event))

    def _notes_of_a_case(self, kind: Text, given: list[tuple[Text, Tree]], types: Types, where: str) -> dict[str, Any]:
        if self.instance != "caso":
            self.refuse(kind.place, where, "solo una máquina de «caso» anota")
            return {}
        known = self.declared.facts.get("caso", {})
        if not given:
            self.refuse(kind.place, where, "no anota nada")
        args: dict[str, Any] = {}
        for key, value in given:
            if not self.one_of(key, known, "el caso no declara el dato", where):
                continue
            if not isinstance(value, Text):
                self.refuse(value.place, where, "valor mal escrito")
            elif not value.value.startswith("="):
                args[key.value] = self.constant(value, known[key.value], where)
            else:
                args[key.value] = value.value
                kind_of = self.expression(value.rest(1), types, where)
                if kind_of and not _fits(kind_of, known[key.value]):
                    self.refuse(value.place, where, f"«{key.value}» es de otro tipo")
        return args

    def _argument(self, tree: Tree, expected: Argument, types: Types, where: str) -> Any:
        """The value of an argument, ``None`` after a problem."""
        if expected == "labels" and isinstance(tree, Mapping):
            return self.labels(self.mapping(tree, where), where)
        texts = tree.items if isinstance(tree, Sequence) and expected == "agencies" else [tree]
        words = [text for text in texts if isinstance(text, Text) and text.value.strip()]
        if len(words) != len(texts) or expected == "labels" or not words:
            self.refuse(tree.place, where, "valor mal escrito")
            return None
        if expected == "agencies":
            known = [self.one_of(word, self.declared.agencies, "agencia desconocida", where) for word in words]
            return [word.value for word, good in zip(words, known, strict=True) if good]
        return self._word(words[0], expected, types, where)

    def _word(self, word: Text, expected: Argument, types: Types, where: str) -> Any:
        match expected:
            case "agency":
                self.one_of(word, self.declared.agencies, "agencia desconocida", where)
            case "instances":
                self.one_of(word, DESTINATIONS, "destino desconocido", where)
            case "machine":
                self._case_machine(word, where)
            case "duration":
                lasts = self.duration(word, where)
                return str(lasts) if lasts else None
            case "event":
                self.event_name(word, where)
            case "value" | "count" | "pcode":
                return self._value(word, expected, types, where)
            case _:
                pass
        return word.value

    def _case_machine(self, name: Text, where: str) -> None:
        kinds = self.declared.machines
        if self.one_of(name, kinds, "máquina desconocida", where) and kinds[name.value] != "caso":
            self.refuse(name.place, where, f"la máquina «{name.value}» no es de «caso»")

    def _value(self, text: Text, expected: Argument, types: Types, where: str) -> str | int:
        """A plain value: a whole number, text, or an ``=`` expression."""
        if text.value.startswith("="):
            kind = self.expression(text.rest(1), types, where)
            if expected == "count" and kind and kind.kind not in _COUNTS:
                self.refuse(text.place, where, "se esperaba un número entero")
            return text.value
        if text.inset == 0 and text.value.isascii() and text.value.isdigit() and len(text.value) <= 12:
            self.no_leading_zero(text, where)
            if expected != "pcode":
                return int(text.value)
        elif expected == "count":
            self.refuse(text.place, where, "se esperaba un número entero")
        if expected == "pcode" and not is_pcode(text.value):
            self.refuse(text.place, where, f"el pcode «{text.value}» es «MX» y dos cifras")
        return text.value


def is_pcode(text: str) -> bool:
    """Whether ``text`` has the form of a state's p-code, as ``MX11``."""
    return len(text) == 4 and text.startswith("MX") and text.isascii() and text[2:].isdigit()


def _fits(given: FactType, wanted: FactType) -> bool:
    if wanted.kind == "choice":
        return given.kind == "choice" and set(given.options) <= set(wanted.options)
    return given.kind == wanted.kind or (given.kind == "integer" and wanted.kind == "number")
