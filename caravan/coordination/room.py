"""What places a house still has, on the picture as it is."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from caravan.basics import Refusal
from caravan.picture import Picture
from caravan.shelters.ledger import Ledger, ledger, spare_surge
from caravan.shelters.model import Placement, Section, Standing

_NOBODY: frozenset[str] = frozenset()


def timezone_of(picture: Picture) -> str:
    """The state's, as the protocol that answers arrivals says."""
    answering = picture.answering
    return "America/Mexico_City" if answering is None else answering.timezone


def surge_counts(picture: Picture) -> bool:
    """Whether places for emergencies count: some activation has reached the level from which the policy takes them."""
    return any(_reached(picture, ident) for ident in picture.open_at.values())


def _reached(picture: Picture, activation: str) -> bool:
    order = [level.id for level in picture.protocol_of(activation).levels]
    needed, level = picture.policy.surge_from, picture.activations[activation].level
    return needed in order and level in order and order.index(level) >= order.index(needed)


def ledger_of(
    picture: Picture, shelter: str, now: datetime, *, surge: bool | None = None, without: Collection[str] = _NOBODY
) -> Ledger:
    """The house's places by section and night. ``without`` are placements that count as if they were given up."""
    standing = picture.shelters[shelter]
    living = [placement for placement in picture.placements_in(shelter) if placement.id not in without]
    return ledger(
        standing, living, picture.policy, now=now, timezone=timezone_of(picture),
        surge=surge_counts(picture) if surge is None else surge,
    )  # fmt: skip


def room_in(picture: Picture, standing: Standing) -> dict[Section, int] | None:
    """Places tonight for everybody who is promised one there and is not there yet; ``None`` = nobody knows."""
    if standing.shelter.closed:
        return {}
    if standing.available is None:
        return None
    if not standing.shelter.surge or not surge_counts(picture):
        return standing.available
    room, spare = dict(standing.available), spare_surge(standing)
    for section in standing.shelter.sections:
        room[section] = room.get(section, 0) + spare[section]
    return room


def free_tonight(picture: Picture, shelter: str, without: Collection[str] = _NOBODY) -> dict[Section, int] | None:
    """Places that may still be promised tonight. ``without`` are placements that count as if they were given up."""
    standing = picture.shelters[shelter]
    room = room_in(picture, standing)
    if room is None:
        return None
    given_up = [p for p in (picture.placements[ident] for ident in without) if p.shelter == shelter]
    promised = dict(standing.committed)
    for placement in given_up:
        for section, beds in placement.beds.items():
            promised[section] = promised.get(section, 0) - beds
    return {section: max(0, places - promised.get(section, 0)) for section, places in room.items()}


def must_fit(picture: Picture, parts: Collection[Placement], without: Collection[str] = _NOBODY) -> None:
    """Refuses parts for which, taken together, the places are no longer free, telling what is left; and children who are alone
    in a house that is no longer DIF's."""
    wanted: dict[tuple[str, Section], int] = {}
    for part in parts:
        standing = picture.shelters[part.shelter]
        if "uam" in part.beds and "dif" not in standing.shelter.services:
            raise Refusal("minors_only_dif", field="plan")
        for section, beds in part.beds.items():
            wanted[part.shelter, section] = wanted.get((part.shelter, section), 0) + beds
    free = {shelter: free_tonight(picture, shelter, without) or {} for shelter, _ in wanted}
    for (shelter, section), beds in wanted.items():
        if beds > free[shelter].get(section, 0):
            raise Refusal(
                "plan_out_of_date", field="plan", shelter=picture.shelters[shelter].shelter.name, section=section, wanted=beds,
                left=free[shelter].get(section, 0),
                left_everywhere=sum(s.free_total or 0 for s in picture.shelters.values()),
            )  # fmt: skip
