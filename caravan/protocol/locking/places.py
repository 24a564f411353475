"""Where in a file something of its protocol is written, or would have been."""

from __future__ import annotations

from caravan.protocol.loading.source import Mapping, Place, Sequence, Text, Tree
from caravan.protocol.model import Problem

_INNER = ("estados", "paralelo")


class Places:
    """The places of one file's tree, by keys and by the names of states."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree

    def problem(self, message: str, *keys: str, way: tuple[str, ...] = (), under: tuple[str, ...] = ()) -> Problem:
        """A problem at ``keys``, then at the states of ``way`` one inside the other, then at ``under``: as deep as the file
        goes, or at the ``quitar`` that takes the next name away."""
        place = self.place(*keys, way=way, under=under)
        return Problem(line=place.line, column=place.column, message=message, file=place.file)

    def place(self, *keys: str, way: tuple[str, ...] = (), under: tuple[str, ...] = ()) -> Place:
        at, place = self.tree, self.tree.place
        steps = [((), key) for key in keys] + [(_INNER, state) for state in way] + [((), key) for key in under]
        for within, name in steps:
            removed = _named_in_removal(at, name) or next(
                (
                    found
                    for each in within
                    if (inner := _pair(at, each)) and (found := _named_in_removal(inner[1], name))
                ),
                None,
            )
            if removed is not None:
                return removed.place
            outer = [inner[1] for each in within if (inner := _pair(at, each))] if within else [at]
            found = next((pair for each in outer if (pair := _pair(each, name))), None)
            if found is None:
                break
            place, at = found[0].place, found[1]
        return place


def _pair(tree: Tree, key: str) -> tuple[Text, Tree] | None:
    pairs = tree.pairs if isinstance(tree, Mapping) else []
    return next((pair for pair in pairs if pair[0].value == key), None)


def _named_in_removal(tree: Tree, name: str) -> Text | None:
    pair = _pair(tree, "quitar")
    names = pair[1].items if pair and isinstance(pair[1], Sequence) else [pair[1]] if pair else []
    return next((each for each in names if isinstance(each, Text) and each.value == name), None)
