"""Texts that must be able to be forgotten: they are set apart before anything enters the journal, and erased when it is time."""

from __future__ import annotations

from collections.abc import Sequence

from caravan import events as e
from caravan.basics import Scalar
from caravan.coordination.turn import Turn
from caravan.picture import Instance
from caravan.protocol.outlook import PossibleEvent
from caravan.texts import KeptText


def set_apart(
    turn: Turn, awaited: Sequence[tuple[Instance, PossibleEvent]], payload: dict[str, Scalar]
) -> dict[str, Scalar]:
    """The payload with a reference in place of each erasable text. ``awaited`` are the machines that will hear the event and how
    each waits for it; whoever may know of one of those states may read the text."""
    instance, event = awaited[0]
    readers = [each.visible for _, each in awaited if each.visible is not None]
    visible = tuple(dict.fromkeys(a for some in readers for a in some)) if len(readers) == len(awaited) else None
    said = dict(payload)
    for name, value in payload.items():
        spec = event.payload.get(name)
        if spec is None or not spec.erasable or not isinstance(value, str) or not value:
            continue
        text = KeptText(
            id=turn.mint("x"), owner=instance.owner, event=event.event, field=name, agency=turn.by.agency, kept_at=turn.now,
            activation=instance.activation, group=instance.group, case=instance.case, visible=visible,
        )  # fmt: skip
        turn.happen(e.TextKept(text=text))
        turn.texts[text.id] = (text.owner, value)
        said[name] = text.id
    return said


def purge(turn: Turn, owner: str) -> None:
    """Erases what is left of the texts of a case, a group or an activation."""
    marks = turn.picture.texts
    left = sorted(i for i in turn.picture.texts_of.get(owner, ()) if marks[i].erased_at is None)
    if left:
        turn.happen(e.TextsPurged(owner=owner, texts=tuple(left)))
        for ident in left:
            turn.texts.pop(ident, None)
