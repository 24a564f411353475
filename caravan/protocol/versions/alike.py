"""Which step of one version is which of the other, and records of the model without the place they are written at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from msgspec.structs import replace

from caravan.basics import Record
from caravan.protocol.model import Machine, State, Transition

_NOWHERE: dict[str, Any] = {"line": 0, "file": ""}

T = TypeVar("T")
R = TypeVar("R", bound=Record)


def pairs(old: Mapping[str, T], new: Mapping[str, T]) -> Iterator[tuple[str, T | None, T | None]]:
    """Every name of either, in the order of the new one with the gone ones at the end."""
    for name in (*new, *(name for name in old if name not in new)):
        yield name, old.get(name), new.get(name)


def unplaced(thing: R) -> R:
    """A record of the model without the line and the file it is written in."""
    return replace(thing, **{name: value for name, value in _NOWHERE.items() if name in thing.__struct_fields__})


def bare_transition(transition: Transition) -> Transition:
    """What it says, without where it is written."""
    return replace(unplaced(transition), actions=tuple(unplaced(action) for action in transition.actions))


def words_of(label: Mapping[str, str], name: str) -> str:
    """The Spanish words of a thing, else its name as words."""
    return label.get("es") or name.replace("_", " ").capitalize()


class Placed(Record, frozen=True):
    """A state where it stands: its parent's id, the words it is told by, what it inherits. ``locked`` holds for what stands
    inside a locked one too."""

    state: State
    parent: str
    said: str
    owner: str | None = None
    visible: tuple[str, ...] | None = None
    locked: bool = False


def placed(machine: Machine) -> dict[str, Placed]:
    """Every state of a machine by its id. Where two have the same words, the id is said with them."""
    found: dict[str, Placed] = {}

    def walk(state: State, parent: Placed | None, track: str) -> None:
        words = words_of(state.label, state.id)
        one = Placed(
            state=state,
            parent=parent.state.id if parent else "",
            said=f"«{track} › {words}»" if track else f"«{words}»",
            owner=state.owner or (parent.owner if parent else None),
            visible=state.visible if state.visible is not None or parent is None else parent.visible,
            locked=state.locked or (parent is not None and parent.locked),
        )
        found[state.id] = one
        region = parent is not None and parent.state.kind == "parallel"
        for child in state.children:
            walk(child, one, words if region else track)

    for state in machine.states:
        walk(state, None, "")
    said = Counter(one.said for one in found.values())
    return {
        ident: one if said[one.said] == 1 else replace(one, said=f"{one.said} ({ident})")
        for ident, one in found.items()
    }


def renames(old: Mapping[str, Placed], new: Mapping[str, Placed]) -> dict[str, str]:
    """Steps that look like the same one under another id: same place, same kind, same words or same content."""
    found: dict[str, str] = {}
    free = [each for ident, each in new.items() if ident not in old]
    for ident, there in old.items():
        if ident in new:
            continue
        parent = found.get(there.parent, there.parent)
        alike = (each for each in free if each.parent == parent and _looks_like(there.state, each.state))
        if (match := next(alike, None)) is not None:
            found[ident] = match.state.id
            free.remove(match)
    return found


def _looks_like(old: State, new: State) -> bool:
    if old.kind != new.kind:
        return False
    if old.label.get("es") and old.label.get("es") == new.label.get("es"):
        return True
    contents = [
        (
            [bare_transition(t) for t in s.transitions],
            [unplaced(a) for a in s.on_entry],
            s.deadline,
            [c.id for c in s.children],
        )
        for s in (old, new)
    ]
    return contents[0] == contents[1] and any(contents[0])
