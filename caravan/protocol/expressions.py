"""Guards and ``=`` values: read into a tree and typed against the declared facts when a protocol is loaded.

There are no calls, no loops, and never Python. What a tree is worth at a moment is ``kleene.py``'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import NamedTuple

from caravan.basics import Record, Scalar
from caravan.protocol.vocabulary import FactType, Kind

MAX_LENGTH = 500
MAX_DEPTH = 20
_REMEMBERED = 512
"""How many expressions are kept as trees: loading, drawing the chart and checking read each of them again."""
Types = Mapping[str, Mapping[str, FactType]]


class ExpressionError(Exception):
    """Text that is not an expression, or does not fit the declared types. ``offset`` counts characters from 0."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


class Constant(Record, frozen=True):
    value: Scalar
    offset: int


class Name(Record, frozen=True):
    owner: str
    field: str
    offset: int

    @property
    def text(self) -> str:
        return f"{self.owner}.{self.field}"


class InState(Record, frozen=True):
    state: str
    offset: int


class IsOpen(Record, frozen=True):
    """Whether a desk of ``horarios`` is open now."""

    service: str
    offset: int


class Known(Record, frozen=True):
    name: Name
    offset: int


class Not(Record, frozen=True):
    part: Node
    offset: int


class Among(Record, frozen=True):
    part: Node
    options: tuple[Constant, ...]
    offset: int


class Binary(Record, frozen=True):
    """``operator`` is ``and``, ``or``, a comparison, ``+`` or ``-``; ``offset`` is where it stands."""

    operator: str
    left: Node
    right: Node
    offset: int


Node = Constant | Name | InState | IsOpen | Known | Not | Among | Binary

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<word>[^\W\d]\w*(?:\.[^\W\d]\w*)?)|'(?P<text>[^']*)'"
    r"|(?P<sign><=|>=|==|!=|[<>()\[\],+-]))"
)
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
_KEYWORDS = {"and", "or", "not", "in", "en", "abierto", "es", "conocido"}
_TRUTH = {"verdadero": True, "falso": False}


class _Token(NamedTuple):
    kind: str
    text: str
    offset: int


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            start = at + len(text[at:]) - len(text[at:].lstrip())
            raise ExpressionError(f"no se entiende «{text[start : start + 12]}»", start)
        kind = match.lastgroup or ""
        found.append(_Token(kind, match.group(kind), match.start(kind)))
        at = match.end()
    found.append(_Token("end", "", len(text)))
    return found


class _Parser:
    """Recursive descent; how deep it goes is bounded by ``MAX_DEPTH`` parentheses and by ``MAX_LENGTH``."""

    def __init__(self, text: str) -> None:
        self.tokens = _tokens(text)
        self.at = 0
        self.depth = 0

    @property
    def here(self) -> _Token:
        return self.tokens[self.at]

    def take(self, *texts: str) -> _Token | None:
        token = self.here
        if token.kind in ("word", "sign") and token.text in texts:
            self.at += 1
            return token
        return None

    def expect(self, text: str) -> _Token:
        token = self.take(text)
        if token is None:
            raise ExpressionError(f"se esperaba «{text}»", self.here.offset)
        return token

    def whole(self) -> Node:
        node = self.disjunction()
        if self.here.kind != "end":
            raise ExpressionError(f"sobra «{self.here.text}»", self.here.offset)
        return node

    def disjunction(self) -> Node:
        node = self.conjunction()
        while token := self.take("or"):
            node = Binary(operator="or", left=node, right=self.conjunction(), offset=token.offset)
        return node

    def conjunction(self) -> Node:
        node = self.negation()
        while token := self.take("and"):
            node = Binary(operator="and", left=node, right=self.negation(), offset=token.offset)
        return node

    def negation(self) -> Node:
        if token := self.take("not"):
            return Not(part=self.negation(), offset=token.offset)
        return self.comparison()

    def comparison(self) -> Node:
        node = self.sum()
        if token := self.take(*COMPARISONS):
            return Binary(operator=token.text, left=node, right=self.sum(), offset=token.offset)
        if token := self.take("in"):
            return Among(part=node, options=self.options(), offset=token.offset)
        if token := self.take("es"):
            self.expect("conocido")
            if not isinstance(node, Name):
                raise ExpressionError("«es conocido» se pregunta de un dato, como grupo.nna", token.offset)
            return Known(name=node, offset=token.offset)
        return node

    def sum(self) -> Node:
        node = self.term()
        while token := self.take("+", "-"):
            node = Binary(operator=token.text, left=node, right=self.term(), offset=token.offset)
        return node

    def options(self) -> tuple[Constant, ...]:
        self.expect("[")
        found = [self.constant()]
        while self.take(","):
            found.append(self.constant())
        self.expect("]")
        return tuple(found)

    def constant(self) -> Constant:
        node = self.term()
        if not isinstance(node, Constant):
            raise ExpressionError("la lista de «in» lleva valores, no datos", node.offset)
        return node

    def term(self) -> Node:
        token = self.here
        if self.take("("):
            self.depth += 1
            if self.depth > MAX_DEPTH:
                raise ExpressionError(f"más de {MAX_DEPTH} paréntesis anidados", token.offset)
            node = self.disjunction()
            self.expect(")")
            self.depth -= 1
            return node
        if self.take("en"):
            state = self.quoted("«en» lleva el nombre de un estado entre comillas: en('alerta')")
            return InState(state=state.text, offset=state.offset)
        if self.take("abierto"):
            service = self.quoted("«abierto» lleva el nombre de un horario entre comillas: abierto('ventanilla')")
            return IsOpen(service=service.text, offset=service.offset)
        self.at += 1
        return _leaf(token)

    def quoted(self, complaint: str) -> _Token:
        """The one quoted name between parentheses."""
        self.expect("(")
        token = self.here
        if token.kind != "text":
            raise ExpressionError(complaint, token.offset)
        self.at += 1
        self.expect(")")
        return token


def _leaf(token: _Token) -> Constant | Name:
    if token.kind == "number":
        value = float(token.text) if "." in token.text else int(token.text)
        return Constant(value=value, offset=token.offset)
    if token.kind == "text":
        return Constant(value=token.text, offset=token.offset)
    if token.kind == "word" and token.text in _TRUTH:
        return Constant(value=_TRUTH[token.text], offset=token.offset)
    if token.kind == "word" and "." in token.text:
        owner, field = token.text.split(".")
        return Name(owner=owner, field=field, offset=token.offset)
    if token.kind == "end":
        raise ExpressionError("la expresión está incompleta", token.offset)
    if token.kind == "word" and token.text not in _KEYWORDS:
        hint = f"«{token.text}» no dice de quién es: escriba grupo.{token.text}, o entre comillas si es texto"
        raise ExpressionError(hint, token.offset)
    raise ExpressionError(f"no se esperaba «{token.text}»", token.offset)


@lru_cache(maxsize=_REMEMBERED)
def parse(text: str) -> Node:
    """The tree of an expression. Raises ``ExpressionError``."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"la expresión pasa de {MAX_LENGTH} caracteres", MAX_LENGTH)
    return _Parser(text).whole()


def names(node: Node) -> tuple[Name, ...]:
    """The values an expression reads, in reading order."""
    match node:
        case Name():
            return (node,)
        case Known():
            return (node.name,)
        case Not() | Among():
            return names(node.part)
        case Binary():
            return names(node.left) + names(node.right)
        case _:
            return ()


def states(node: Node) -> tuple[InState, ...]:
    """The states an expression asks about with ``en('…')``."""
    match node:
        case InState():
            return (node,)
        case Not() | Among():
            return states(node.part)
        case Binary():
            return states(node.left) + states(node.right)
        case _:
            return ()


def services(node: Node) -> tuple[IsOpen, ...]:
    """The desks an expression asks about with ``abierto('…')``."""
    match node:
        case IsOpen():
            return (node,)
        case Not() | Among():
            return services(node.part)
        case Binary():
            return services(node.left) + services(node.right)
        case _:
            return ()


def nearest(word: str, known: Iterable[str], *, likeness: float = 0.6) -> str:
    """``; ¿quiso decir «x»?`` for the known word closest to ``word``, or nothing."""
    close = get_close_matches(word, sorted(known), n=1, cutoff=likeness)
    return f"; ¿quiso decir «{close[0]}»?" if close else ""


_SPANISH: dict[Kind, str] = {
    "integer": "un entero",
    "number": "un número",
    "boolean": "sí o no",
    "text": "texto",
    "date": "una fecha",
    "instant": "una fecha con hora",
    "choice": "una opción",
}
_NUMERIC: frozenset[Kind] = frozenset({"integer", "number"})
_ORDERED: frozenset[Kind] = frozenset({"integer", "number", "date", "instant"})


def type_of(node: Node, types: Types) -> FactType:
    """The type of an expression under the declared ``types``. Raises ``ExpressionError`` at the first misfit."""
    match node:
        case Constant():
            return FactType(kind=_constant_kind(node.value))
        case Name():
            return _name_type(node, types)
        case InState() | IsOpen():
            pass
        case Known():
            _name_type(node.name, types)
        case Not():
            _want_boolean(node.part, types)
        case Among():
            item = type_of(node.part, types)
            for option in node.options:
                _comparable("==", item, node.part, type_of(option, types), option, option.offset)
        case Binary():
            return _binary_type(node, types)
    return FactType(kind="boolean")


def _binary_type(node: Binary, types: Types) -> FactType:
    if node.operator in ("and", "or"):
        _want_boolean(node.left, types)
        _want_boolean(node.right, types)
        return FactType(kind="boolean")
    left, right = type_of(node.left, types), type_of(node.right, types)
    if node.operator in COMPARISONS:
        _comparable(node.operator, left, node.left, right, node.right, node.offset)
        return FactType(kind="boolean")
    if left.kind not in _NUMERIC or right.kind not in _NUMERIC:
        raise ExpressionError(f"«{node.operator}» suma y resta números", node.offset)
    return FactType(kind="integer" if left.kind == right.kind == "integer" else "number")


def _constant_kind(value: Scalar) -> Kind:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    return "number" if isinstance(value, float) else "text"


def _name_type(name: Name, types: Types) -> FactType:
    if name.owner not in types:
        known = list(types)
        raise ExpressionError(f"dato desconocido «{name.text}»{nearest(name.owner, known)}", name.offset)
    fields = types[name.owner]
    if name.field not in fields:
        known = [f"{name.owner}.{field}" for field in fields]
        raise ExpressionError(f"dato desconocido «{name.text}»{nearest(name.text, known)}", name.offset)
    return fields[name.field]


def _want_boolean(node: Node, types: Types) -> None:
    kind = type_of(node, types).kind
    if kind != "boolean":
        raise ExpressionError(f"se esperaba una condición y es {_SPANISH[kind]}", node.offset)


def _comparable(sign: str, left: FactType, a: Node, right: FactType, b: Node, offset: int) -> None:
    for choice, other in ((left, b), (right, a)):
        if choice.kind == "choice" and isinstance(other, Constant) and other.value not in choice.options:
            options = ", ".join(choice.options)
            raise ExpressionError(f"«{other.value}» no es una opción; son {options}", other.offset)
    pair: set[Kind] = {left.kind, right.kind}
    same = len(pair) == 1 or pair <= _NUMERIC or pair == {"choice", "text"}
    if not same:
        raise ExpressionError(f"no se compara {_SPANISH[left.kind]} con {_SPANISH[right.kind]}", offset)
    if sign not in ("==", "!=") and not pair <= _ORDERED:
        raise ExpressionError(f"«{sign}» pide números o fechas", offset)
