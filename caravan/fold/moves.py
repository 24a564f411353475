"""What every fold shares: the register of folds, and the moves that keep totals and alarms true."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from msgspec.structs import replace
from rpds import HashTrieSet

from caravan import events as e
from caravan.alarms import ring_at, settle
from caravan.groups import Group
from caravan.picture import MISTAKEN, Picture
from caravan.shelters.capacity import recommit
from caravan.shelters.model import Placement, Standing

FOLDS: dict[type[e.Event], Callable[[Picture, Any, datetime], Picture]] = {}


_Fold = TypeVar("_Fold", bound=Callable[[Picture, Any, datetime], Picture])


def folds(*kinds: type[e.Event]) -> Callable[[_Fold], _Fold]:
    def keep(function: _Fold) -> _Fold:
        for kind in kinds:
            FOLDS[kind] = function
        return function

    return keep


def put_group(picture: Picture, group: Group, *, new: bool = False) -> Picture:
    """Stores the group and moves its activation's totals by what changed."""
    old = picture.groups.get(group.id)
    run = picture.activations[group.activation]

    def share(g: Group | None) -> tuple[int, int, int, int]:
        if g is None or g.status in MISTAKEN:
            return (0, 0, 0, 0)
        return (g.remaining, 1, g.unplaced, g.people) if g.status == "open" else (0, 0, 0, g.people)

    moves = [b - a for a, b in zip(share(old), share(group), strict=True)]
    if new or any(moves):
        run = replace(
            run,
            groups=run.groups.push_front(group.id) if new else run.groups,
            people=run.people + moves[0],
            open_groups=run.open_groups + moves[1],
            unplaced=run.unplaced + moves[2],
            attended=run.attended + moves[3],
        )
        picture = replace(picture, activations=picture.activations.insert(run.id, run))
    return replace(picture, groups=picture.groups.insert(group.id, group))


def put_placement(picture: Picture, placement: Placement) -> Picture:
    """Stores a placement, moves the shelter's promises and the group's totals, and settles its alarm."""
    before = picture.placements.get(placement.id)
    standing = recommit(picture.shelters[placement.shelter], before, placement)
    there = picture.living.get(placement.shelter, HashTrieSet())
    live = placement.status in ("held", "accepted", "arrived") and placement.promised > 0
    group = picture.groups[placement.group]
    group = replace(
        group,
        placements=group.placements if before is not None else (*group.placements, placement.id),
        promised=group.promised + placement.counted - (before.counted if before is not None else 0),
        hosted=group.hosted + placement.present - (before.present if before is not None else 0),
    )
    picture = replace(
        picture,
        placements=picture.placements.insert(placement.id, placement),
        shelters=picture.shelters.insert(placement.shelter, standing),
        living=picture.living.insert(
            placement.shelter, there.insert(placement.id) if live else there.discard(placement.id)
        ),
    )
    if placement.status == "held" and placement.expires_at is not None:
        return settled(put_group(picture, group), placement.expires_at, f"placement:{placement.id}")
    return settled(put_group(picture, group))


def settled(picture: Picture, due: datetime | None = None, key: str = "") -> Picture:
    alarms = picture.alarms if due is None else ring_at(picture.alarms, due, key)
    return replace(picture, alarms=settle(alarms, picture.due_of))


def put_standing(picture: Picture, standing: Standing) -> Picture:
    return replace(picture, shelters=picture.shelters.insert(standing.shelter.id, standing))
