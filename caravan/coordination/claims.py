"""Who of a group has a place already, and who still needs one. A household has one place at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from msgspec.structs import replace

from caravan.basics import Refusal
from caravan.events import PlanProposed
from caravan.groups import Group
from caravan.picture import Picture
from caravan.shelters.households import households_of
from caravan.shelters.model import LIVE, WAITING_FOR_PEOPLE, Placement, Section
from caravan.shelters.plan import Need

_NOBODY: frozenset[str] = frozenset()


def stays_of(picture: Picture, group: Group, without: Collection[str] = _NOBODY) -> list[Placement]:
    """The group's placements that are in force or whose people have gone since. ``without`` count as given up."""
    return [p for p in picture.placements_of(group.id) if p.id not in without and (p.status in LIVE or p.left)]


def households_placed(picture: Picture, group: Group, without: Collection[str] = _NOBODY) -> frozenset[str]:
    """Households that have a place or had one. Of a placement to which fewer came than were expected, as many as those who came
    could be, whole ones first: the rest still need one, and stay together."""
    known = households_of(group)
    stays = stays_of(picture, group, without)
    return frozenset(ident for placement in stays for ident in _there(placement, known))


def half_came(picture: Picture, group: Group) -> bool:
    """Whether fewer came somewhere than were expected: which of them, nobody has said."""
    return any(p.came is not None and p.came < p.people for p in stays_of(picture, group))


def _there(placement: Placement, known: dict[str, Need]) -> Iterator[str]:
    if placement.came is None or placement.came >= placement.people:
        yield from placement.households
        return
    alone = min(placement.came, children_alone(placement))
    left = {True: alone, False: placement.came - alone}
    for ident in placement.households:
        need = known.get(ident)
        size, child = (1, False) if need is None else (need.size, need.kind == "uam")
        if size <= left[child]:
            left[child] -= size
            yield ident


def children_alone(placement: Placement) -> int:
    """Children who are alone with a place in this placement, and those of them who have gone since."""
    return placement.beds.get("uam", 0) + placement.uam_gone


def sheltered(picture: Picture, group: Group, without: Collection[str] = _NOBODY) -> int:
    """Children of the group who are alone and have a place, or had one."""
    return sum(children_alone(placement) for placement in stays_of(picture, group, without))


def among_adults(picture: Picture, group: Group, without: Collection[str] = _NOBODY) -> tuple[str, ...]:
    """Promises, the latest first, that children who are alone may be sent on since too few have a place with DIF: neither those
    without a place nor those who have gone are enough to be them. Nobody of these promises has come yet."""
    stays = stays_of(picture, group, without)
    unplaced = group.people - group.departed - sum(p.counted for p in stays)
    went = sum(d.people for d in group.departures if d.placement is None)
    lacking = (group.alone or 0) - sum(children_alone(p) for p in stays) - max(0, unplaced) - went
    found: list[str] = []
    waiting = [p for p in stays if p.status in WAITING_FOR_PEOPLE and p.moves_from is None]
    for placement in sorted(waiting, key=lambda p: (p.held_at, p.id), reverse=True):
        others = placement.people - children_alone(placement)
        if lacking > 0 and others > 0:
            found.append(placement.id)
            lacking -= others
    return tuple(found)


def to_be_placed(picture: Picture, plan: PlanProposed) -> int:
    """People for whom the plan has to find a place: those without one, and those whose promise it replaces."""
    group = picture.groups[plan.group]
    given_up = sum(picture.placements[ident].counted for ident in replaced(picture, plan))
    return replace(group, promised=group.promised - given_up).unplaced


def replaced(picture: Picture, plan: PlanProposed) -> tuple[str, ...]:
    """The promises that the plan replaces and that are still kept."""
    return tuple(ident for ident in plan.replaces if picture.placements[ident].status in WAITING_FOR_PEOPLE)


def left_of(picture: Picture, placement: Placement, households: Collection[str]) -> Placement:
    """The promise as it is for these of its households alone: none of its people where it is for none of them."""
    known = households_of(picture.groups[placement.group])
    staying = tuple(ident for ident in placement.households if ident in households)
    sizes = {ident: known[ident].size if ident in known else 1 for ident in staying}
    alone = min(
        children_alone(placement), sum(n for ident, n in sizes.items() if ident in known and known[ident].kind == "uam")
    )
    people = min(placement.people, sum(sizes.values()))
    beds: dict[Section, int] = {"uam": alone} if alone else {}
    rest = people - alone
    for section, places in placement.beds.items():
        if section != "uam" and (n := min(places, rest)):
            beds[section] = n
            rest -= n
    return replace(placement, people=people, beds=beds, households=staying)


def must_be_free(picture: Picture, plan: PlanProposed, parts: Iterable[Placement]) -> None:
    """Refuses to give a second place to a household that has one."""
    taken = households_placed(picture, picture.groups[plan.group], replaced(picture, plan))
    for part in parts:
        if part.moves_from is None and not taken.isdisjoint(part.households):
            raise Refusal("others_by_now", field="plan", shelter=picture.shelters[part.shelter].shelter.name)
