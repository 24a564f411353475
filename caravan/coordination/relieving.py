"""People who came beyond the places of a house: how many have no bed there, and who of them was offered one elsewhere. They stay
where they are until they want to move."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from caravan.basics import Refusal
from caravan.coordination.claims import children_alone, to_be_placed
from caravan.events import PlanProposed
from caravan.geography import road_hm
from caravan.groups import Group
from caravan.picture import Picture
from caravan.shelters.capacity import on_the_floor
from caravan.shelters.households import households_of
from caravan.shelters.model import WAITING_FOR_PEOPLE, Placement

# A notice names so many houses; the board has the others.
_NAMED = 3
_NOBODY: frozenset[str] = frozenset()


def without_bed(picture: Picture, shelter: str) -> dict[str, int]:
    """People in the house for whom it has no bed, by placement: of those who take none of its places, the last to come."""
    rest, found = picture.shelters[shelter].without_bed, dict[str, int]()
    if not rest:
        return found
    for placement in sorted(picture.placements_in(shelter), key=_last_to_come, reverse=True):
        if people := min(rest, on_the_floor(placement)):
            found[placement.id] = people
            rest -= people
    return dict(sorted(found.items()))


def _last_to_come(placement: Placement) -> tuple[bool, str, str]:
    came = placement.arrived_at
    return came is not None, "" if came is None else came.isoformat(), placement.id


def moving(picture: Picture, origin: Placement, without: Collection[str] = _NOBODY) -> list[Placement]:
    """Promises elsewhere to people who are in that placement. ``without`` are promises that count as given up."""
    return [
        placement
        for placement in picture.placements_of(origin.group)
        if placement.moves_from == origin.id and placement.status in WAITING_FOR_PEOPLE and placement.id not in without
    ]


def beds_lacking(picture: Picture, group: Group, without: Collection[str] = _NOBODY) -> dict[str, int]:
    """People of the group who are in a house without a bed and have none promised elsewhere, by placement."""
    found: dict[str, int] = {}
    for ident in group.placements:
        origin = picture.placements[ident]
        if origin.present and set(origin.beds) != {
            "uam"
        }:  # of those beyond children who are alone, a person says who they are
            lying = without_bed(picture, origin.shelter).get(ident, 0) - _children_lying(group, origin)
            if (people := lying - sum(p.people for p in moving(picture, origin, without))) > 0:
                found[ident] = people
    return found


def _children_lying(group: Group, origin: Placement) -> int:
    """Children who are alone and came with this placement without a bed for them: they stay with DIF, and nobody plans to send
    them among adults (LGDNNA 94-95)."""
    known = households_of(group)
    expected = sum(1 for ident in origin.households if ident in known and known[ident].kind == "uam")
    return max(0, min(expected, origin.present) - children_alone(origin))


def must_lack_beds(
    picture: Picture, group: str, parts: Iterable[Placement], without: Collection[str] = _NOBODY
) -> None:
    """Refuses to move more people out of a house than have no bed in it and none promised elsewhere."""
    wanted = Counter[str]()
    for part in parts:
        if part.moves_from is not None:
            wanted[part.moves_from] += part.people
    lacking = beds_lacking(picture, picture.groups[group], without) if wanted else {}
    for origin, people in wanted.items():
        if people > lacking.get(origin, 0):
            house = picture.shelters[picture.placements[origin].shelter].shelter.name
            raise Refusal("fewer_without_bed", field="plan", people=people, left=lacking.get(origin, 0), shelter=house)


def beds_to_spare(picture: Picture, origin: Placement) -> int:
    """Places kept elsewhere for people of this placement who have a bed in it by now, or have gone."""
    lying = without_bed(picture, origin.shelter).get(origin.id, 0) if origin.present else 0
    return max(0, sum(p.people for p in moving(picture, origin)) - lying)


def asked_for(picture: Picture, group: Group) -> bool:
    """Whether an official asked for beds for those without one, and some still need an answer. Who was asked and stayed, or whom
    a person withdrew, is not asked again until an official does."""
    plan = picture.plans.get(group.id)
    if plan is None or not (plan.without_bed or any(_unanswered(picture, part) for part in plan.parts)):
        return False
    return bool(beds_lacking(picture, group))


def _unanswered(picture: Picture, part: Placement) -> bool:
    known = picture.placements.get(part.id)
    return part.moves_from is not None and (known is None or known.status in ("declined", "expired"))


def open_parts(picture: Picture, plan: PlanProposed) -> Iterator[Placement]:
    """The parts of a proposal that nobody has confirmed."""
    return (part for part in plan.parts if part.id not in picture.placements)


def needed_parts(picture: Picture, plan: PlanProposed) -> Iterator[Placement]:
    """Of these, the parts for people who still are without a place, or without a bed in the house in which they are."""
    group, waiting = picture.groups[plan.group], to_be_placed(picture, plan)
    lacking = beds_lacking(picture, group) if any(part.moves_from for part in plan.parts) else {}
    for part in open_parts(picture, plan):
        if part.moves_from in lacking if part.moves_from is not None else waiting:
            yield part


def rooms_near(picture: Picture, shelter: str) -> list[tuple[str, int]]:
    """Names of the nearest other houses with places that may still be promised, and how many."""
    here = picture.shelters[shelter].shelter
    found = [
        (road_hm(here.position, standing.shelter.position), standing.shelter.name, standing.free_total or 0)
        for ident in sorted(picture.shelters)
        if ident != shelter and (standing := picture.shelters[ident]).free_total and not standing.shelter.closed
    ]
    return [(name, places) for _, name, places in sorted(found)[:_NAMED]]
