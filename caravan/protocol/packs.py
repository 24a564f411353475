"""Packs: a file that names another with ``deriva_de`` is that one's tree with its own laid over it.

Maps merge key by key, the pack's keys first and in the pack's order, then the keys only the file has. So the states of a
pack come first in document order. Text and lists replace; what a map does not name stays as the pack wrote it. ``quitar``
in a map takes keys of the pack's map away before the file's are laid on, so a key that is taken away and written again is
replaced whole. A short form meets a long one as what it stands for (``evento: destino`` is ``{ir_a: destino}``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from caravan.protocol.expressions import nearest
from caravan.protocol.loading.source import Mapping as Map
from caravan.protocol.loading.source import Place, Sequence, Text, Tree, read_tree
from caravan.protocol.model import Problem, ProtocolErrors

MAX_PACKS = 8
OWN = ("protocolo", "version", "titulo", "procedencia", "entidad", "vigente_desde", "deriva_de")
"""What a file says of itself: never inherited."""

_KEY = re.compile(r"[a-z][a-z0-9_-]*@[1-9]\d{0,5}")
_REMOVE = "quitar"
_SHORT = {"cuando": "ir_a", "tras": "ir_a", "al_terminar": "ir_a", "siempre": "ir_a", "plazo": "dura"}
"""By the key a short form stands under, the key of the long form it means."""


class Extended(NamedTuple):
    """A whole tree, and the packs it is made from, nearest first, as ``id@version``."""

    tree: Tree
    packs: tuple[str, ...]


def extended(tree: Tree, packs: Mapping[str, str]) -> Extended:
    """``tree`` over the packs it derives from; ``packs`` holds texts by ``id@version``. Raises ``ProtocolErrors``."""
    chain = [tree, *_above(tree, packs)]
    keys = tuple(_text(_pack_of(each)) for each in chain[:-1])
    if not keys:
        stray = [_problem(key.place, f"«{_REMOVE}» pide un archivo con «deriva_de»") for key in _removals(tree)]
        if stray:
            raise ProtocolErrors(stray)
        return Extended(tree, ())
    merging = _Merging()
    merging.refuse_strays(chain[-1])
    whole = chain[-1]
    for each in reversed(chain[:-1]):
        whole = merging.over(_inherited(whole), _without(each, ("deriva_de",)), ())
    if merging.problems:
        raise ProtocolErrors(merging.problems)
    return Extended(whole, keys)


def packs_needed(text: str, packs: Mapping[str, str] | None = None) -> list[str]:
    """The packs a file derives from, nearest first, as ``id@version``. The chain goes on through the texts of ``packs``
    and ends at the first that is not there. Raises ``ProtocolErrors`` for a head that cannot be read."""
    known, found = packs or {}, list[str]()
    tree: Tree = read_tree(text)
    while (pack := _pack_of(tree)) is not None:
        if pack.value in found:
            raise _error(pack.place, f"«{pack.value}» termina derivando de sí mismo")
        found.append(pack.value)
        if pack.value not in known:
            break
        tree = read_tree(known[pack.value], pack.value)
    return found


def key_of(text: str) -> str:
    """``id@version`` of a protocol file, from its head alone. Raises ``ProtocolErrors``."""
    tree = read_tree(text)
    return f"{_text(child(tree, 'protocolo'))}@{_text(child(tree, 'version'))}"


def child(tree: Tree, key: str) -> Tree | None:
    """The value under ``key``, if ``tree`` is a map that has it."""
    pairs = tree.pairs if isinstance(tree, Map) else []
    return next((value for name, value in pairs if name.value == key), None)


# -- the chain


def _above(tree: Tree, packs: Mapping[str, str]) -> Iterator[Tree]:
    """The packs' trees, nearest first."""
    own = f"{_text(child(tree, 'protocolo'))}@{_text(child(tree, 'version'))}"
    seen = [own]
    while (pack := _pack_of(tree)) is not None:
        if pack.value in seen:
            raise _error(pack.place, f"«{pack.value}» termina derivando de sí mismo")
        if len(seen) > MAX_PACKS:
            raise _error(pack.place, f"deriva de más de {MAX_PACKS} paquetes")
        seen.append(pack.value)
        if pack.value not in packs:
            hint = nearest(pack.value, packs) or (f"; se conocen {', '.join(sorted(packs))}" if packs else "")
            raise _error(pack.place, f"no se encontró el paquete «{pack.value}»{hint}")
        tree = read_tree(packs[pack.value], pack.value)
        named = f"{_text(child(tree, 'protocolo'))}@{_text(child(tree, 'version'))}"
        if named != pack.value:
            raise _error(pack.place, f"el paquete «{pack.value}» dice ser «{named}»")
        yield tree


def _pack_of(tree: Tree) -> Text | None:
    named = child(tree, "deriva_de")
    if named is None:
        return None
    if not isinstance(named, Text) or not _KEY.fullmatch(named.value):
        raise _error(named.place, "«deriva_de» se escribe «paquete@versión», por ejemplo «base-legal@1»")
    return named


def _inherited(tree: Tree) -> Tree:
    return _without(tree, OWN)


def _without(tree: Tree, keys: tuple[str, ...]) -> Tree:
    if not isinstance(tree, Map):
        return tree
    return Map(tree.place, [(key, value) for key, value in tree.pairs if key.value not in keys])


def _removals(tree: Tree | None) -> Iterator[Text]:
    """The ``quitar`` keys of a tree of maps; what stands in lists is never merged."""
    waiting = [tree]
    while waiting:
        at = waiting.pop()
        if isinstance(at, Map):
            yield from (key for key, _ in at.pairs if key.value == _REMOVE)
            waiting += [value for _, value in at.pairs]


def _text(tree: Tree | None) -> str:
    return tree.value if isinstance(tree, Text) else ""


def _problem(place: Place, message: str) -> Problem:
    return Problem(line=place.line, column=place.column, message=message, file=place.file)


def _error(place: Place, message: str) -> ProtocolErrors:
    return ProtocolErrors([_problem(place, message)])


# -- laying one tree over another


class _Merging:
    """Depth is bounded by the trees', which the reader of YAML has already bounded."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def refuse_strays(self, tree: Tree) -> None:
        for key in _removals(tree):
            self.problems.append(_problem(key.place, f"«{_REMOVE}»: el paquete no tiene aquí nada que quitar"))

    def over(self, pack: Tree, own: Tree, path: tuple[str, ...]) -> Tree:
        pack, own = _long(pack, own, path), _long(own, pack, path)
        if not isinstance(pack, Map) or not isinstance(own, Map):
            self.refuse_strays(own)
            return own
        kept = self._kept(pack, own, path)
        mine: dict[str, tuple[Text, Tree]] = {}
        rest: list[tuple[Text, Tree]] = []
        theirs = {key.value for key, _ in kept}
        for key, value in own.pairs:
            if key.value == _REMOVE:
                continue
            if key.value in theirs and key.value not in mine:
                mine[key.value] = (key, value)
            else:
                self.refuse_strays(value)
                rest.append((key, value))
        merged = [
            (mine[key.value][0], self.over(value, mine[key.value][1], (*path, key.value)))
            if key.value in mine
            else (key, value)
            for key, value in kept
        ]
        return Map(own.place, [*merged, *rest])

    def _kept(self, pack: Map, own: Map, path: tuple[str, ...]) -> list[tuple[Text, Tree]]:
        """The pack's pairs without those that ``quitar`` names."""
        asked = child(own, _REMOVE)
        if asked is None:
            return pack.pairs
        names = asked.items if isinstance(asked, Sequence) else [asked]
        known = [key.value for key, _ in pack.pairs]
        gone: set[str] = set()
        for name in names:
            where = f"«{path[-1]}»: " if path else ""
            if not isinstance(name, Text):
                self.problems.append(_problem(name.place, f"{where}«{_REMOVE}» lleva una lista de nombres"))
            elif name.value not in known:
                hint = nearest(name.value, known)
                message = f"{where}no se puede quitar «{name.value}»: el paquete no lo tiene{hint}"
                self.problems.append(_problem(name.place, message))
            else:
                gone.add(name.value)
        return [(key, value) for key, value in pack.pairs if key.value not in gone]


def _long(tree: Tree, other: Tree, path: tuple[str, ...]) -> Tree:
    """The long form of a short one that meets a map."""
    if not isinstance(tree, Text) or not isinstance(other, Map):
        return tree
    last = path[-2:]
    under = next((each for each in last if each in ("cuando", "tras")), "".join(last[-1:]))
    meant = "tipo" if len(path) == 3 and path[:1] in (("datos",), ("eventos",)) else _SHORT.get(under)
    return Map(tree.place, [(Text(meant, tree.place), tree)]) if meant else tree
