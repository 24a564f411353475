"""The fold: what each fact does to the picture. One function a fact; it stores what happened and never decides."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from msgspec.structs import replace

from caravan import events as e
from caravan.fold import cases, groups, meals, places, policies, protocol, publishing, shelters
from caravan.fold.moves import FOLDS
from caravan.picture import Picture

# Naming the modules is what registers their folds.
PARTS = (cases, groups, meals, places, policies, protocol, publishing, shelters)


def fold(picture: Picture, event: e.Event, at: datetime) -> Picture:
    """The picture after ``event``, which happened at ``at`` (UTC). Total: every event the program writes folds."""
    after = FOLDS[type(event)](picture, event, at)
    return replace(after, seq=picture.seq + 1, at=at)


def fold_all(picture: Picture, facts: Iterable[tuple[e.Event, datetime]]) -> Picture:
    for event, at in facts:
        picture = fold(picture, event, at)
    return picture
