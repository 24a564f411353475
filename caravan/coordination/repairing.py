"""What a plan did not count on. Each fact about the places of a house is held against what was promised there: who no longer
fits is named, and whose plan no longer holds is planned again. People who have arrived are never moved by this."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from caravan import events as e
from caravan.basics import Reason
from caravan.coordination.asking import waits
from caravan.coordination.claims import among_adults, replaced, to_be_placed
from caravan.coordination.lodging import NO_SHOW, REPLACED
from caravan.coordination.occupancy import alarm
from caravan.coordination.relieving import beds_lacking, beds_to_spare, needed_parts, open_parts
from caravan.coordination.room import free_tonight, room_in
from caravan.coordination.turn import Turn, hears
from caravan.coordination.validity import about_others, barred, left_alone
from caravan.groups import Group
from caravan.picture import Picture
from caravan.shelters.model import WAITING_FOR_PEOPLE, Placement, Section


@hears(e.OccupancyReported, e.ShelterRegistered)
def places_told_anew(turn: Turn, before: Picture, event: e.OccupancyReported | e.ShelterRegistered) -> None:
    ident = event.shelter if isinstance(event, e.OccupancyReported) else event.shelter.id
    code = "fewer_places" if isinstance(event, e.OccupancyReported) else "house_changed"
    if isinstance(event, e.ShelterRegistered):
        _weigh_rules(turn, ident)
    _weigh(turn, before, ident, Reason(code=code, details={"shelter": _name(turn.picture, ident)}))


@hears(e.PolicyPublished)
def rules_published(turn: Turn, before: Picture, event: e.PolicyPublished) -> None:
    for shelter in sorted(turn.picture.planned):
        _weigh_rules(turn, shelter)


def _weigh_rules(turn: Turn, shelter: str) -> None:
    """Proposals that a house may not take any more, whatever room it has."""
    because = Reason(code="rules_changed", details={"shelter": _name(turn.picture, shelter)})
    for part in _proposed_in(turn.picture, shelter):
        if barred(turn.picture, turn.picture.plans[part.group], part, turn.now) is not None:
            _upset(turn, part.group, because)


@hears(e.PlacementReduced)
def promise_reduced(turn: Turn, before: Picture, event: e.PlacementReduced) -> None:
    shelter = before.placements[event.placement].shelter
    _weigh_promises(turn, shelter, Reason(code="places_freed", details={"shelter": _name(turn.picture, shelter)}))


@hears(e.PlacementHeld)
def places_taken(turn: Turn, before: Picture, event: e.PlacementHeld) -> None:
    ident = event.placement.shelter
    _weigh(turn, before, ident, Reason(code="places_taken", details={"shelter": _name(turn.picture, ident)}))


@hears(e.PlacementArrived)
def people_came(turn: Turn, before: Picture, event: e.PlacementArrived) -> None:
    placement = before.placements[event.placement]
    code = "more_came" if event.people > placement.people else "people_came"
    details: dict[str, str | int | float | bool | None] = {
        "shelter": _name(turn.picture, placement.shelter), "expected": placement.people, "came": event.people,
    }  # fmt: skip
    _weigh(turn, before, placement.shelter, Reason(code=code, details=details))
    if placement.moves_from is not None:
        left = before.placements[placement.moves_from].shelter
        _weigh(turn, before, left, Reason(code="places_freed", details={"shelter": _name(turn.picture, left)}))


@hears(e.DepartureRecorded)
def people_left(turn: Turn, before: Picture, event: e.DepartureRecorded) -> None:
    ident = event.departure.placement
    if ident is not None:
        shelter = turn.picture.placements[ident].shelter
        _weigh(turn, before, shelter, Reason(code="places_freed", details={"shelter": _name(turn.picture, shelter)}))
    _recount(turn, event.group)


_UNDONE = {
    e.PlacementDeclined: "offer_declined",
    e.PlacementExpired: "offer_expired",
    e.PlacementEnded: "offer_withdrawn",
}


@hears(e.PlacementDeclined, e.PlacementExpired, e.PlacementEnded)
def promise_undone(
    turn: Turn, before: Picture, event: e.PlacementDeclined | e.PlacementExpired | e.PlacementEnded
) -> None:
    placement = before.placements[event.placement]
    name = _name(turn.picture, placement.shelter)
    if isinstance(event, e.PlacementEnded) and event.reason == REPLACED:
        # Its people are about to get the places of the plan that replaces it.
        _weigh_promises(turn, placement.shelter, Reason(code="places_freed", details={"shelter": name}))
        return
    if placement.status in WAITING_FOR_PEOPLE and not (placement.moves_from and isinstance(event, e.PlacementEnded)):
        code = "nobody_came" if isinstance(event, e.PlacementEnded) and event.reason == NO_SHOW else None
        _upset(turn, placement.group, Reason(code=code or _UNDONE[type(event)], details={"shelter": name}))
    _weigh(turn, before, placement.shelter, Reason(code="places_freed", details={"shelter": name}))


@hears(e.CountRecorded, e.GroupSplit, e.GroupsMerged)
def people_counted(turn: Turn, before: Picture, event: e.CountRecorded | e.GroupSplit | e.GroupsMerged) -> None:
    _recount(turn, event.into if isinstance(event, e.GroupsMerged) else event.group)


def _recount(turn: Turn, ident: str) -> None:
    """A proposal that nobody has confirmed is for the people there were, and so is a promise in which children sleep among adults
    though they are alone."""
    group, plan = turn.picture.groups[ident], turn.picture.plans.get(ident)
    if plan is None or group.status != "open":
        return
    if among_adults(turn.picture, group, replaced(turn.picture, plan)):
        _upset(turn, ident, Reason(code="others_than_planned"))
    waiting = [part for part in open_parts(turn.picture, plan) if part.moves_from is None]
    if not waiting:
        return
    planned, people = plan.unplaced + sum(part.people for part in waiting), to_be_placed(turn.picture, plan)
    if planned != people:
        _upset(turn, ident, Reason(code="count_changed", details={"people": people, "planned": planned}))
    elif about_others(turn.picture, plan):
        _upset(turn, ident, Reason(code="others_than_planned"))


def _name(picture: Picture, shelter: str) -> str:
    return picture.shelters[shelter].shelter.name


def _upset(turn: Turn, ident: str, because: Reason) -> None:
    """Only who had a plan is planned again without being asked, and only once for all that happens until then."""
    picture = turn.picture
    if ident in picture.plans and ident not in picture.upset and waits(picture, picture.groups[ident]):
        turn.happen(e.PlanUpset(group=ident, because=because))


def _weigh(turn: Turn, before: Picture, shelter: str, because: Reason) -> None:
    """What is promised and proposed in a house, against the places it has now."""
    _weigh_promises(turn, shelter, because)
    _weigh_proposals(turn, shelter, because)
    _weigh_moves(turn, before, shelter, because)
    _offer_what_is_free(turn, before, shelter)


# --- promises ----------------------------------------------------------------------------------------------------------


class _Short(NamedTuple):
    placements: tuple[str, ...]
    people: int


def _weigh_promises(turn: Turn, shelter: str, because: Reason) -> None:
    picture = turn.picture
    known, short = picture.short.get(shelter), _short_in(picture, shelter)
    if short == (_Short((), 0) if known is None else _Short(known.placements, known.people)):
        return
    turn.happen(e.PlacesShort(shelter=shelter, placements=short.placements, people=short.people, because=because))
    if short.people > (0 if known is None else known.people):
        alarm(turn, picture.shelters[shelter], "promesas_sin_lugar", personas=short.people)
    named = short.placements if known is None else tuple(p for p in short.placements if p not in known.placements)
    for group in dict.fromkeys(picture.placements[i].group for i in named if not _is_replaced(picture, i)):
        _upset(turn, group, because)


def _is_replaced(picture: Picture, ident: str) -> bool:
    """Whether an open proposal has other places for all of them already."""
    promise = picture.placements[ident]
    plan = picture.plans.get(promise.group)
    if plan is None or ident not in replaced(picture, plan):
        return False
    return set(promise.households) <= {h for part in needed_parts(picture, plan) for h in part.households}


def _short_in(picture: Picture, shelter: str) -> _Short:
    """Of those promised a place there and not there yet, the ones of lowest claim for whom there is none: a hold before what the
    house accepted, a later promise before an earlier one."""
    standing = picture.shelters[shelter]
    room = room_in(picture, standing)
    if room is None:
        return _Short((), 0)
    lacking = {s: over for s, n in standing.committed.items() if (over := n - room.get(s, 0)) > 0}
    people, named = sum(lacking.values()), list[str]()
    waiting = [p for p in picture.placements_in(shelter) if p.status in WAITING_FOR_PEOPLE]
    for placement in sorted(waiting, key=_claim, reverse=True):
        if any(lacking.get(section, 0) > 0 for section in placement.beds):
            named.append(placement.id)
            for section, beds in placement.beds.items():
                lacking[section] = lacking.get(section, 0) - beds
    return _Short(tuple(sorted(named)), people)


def _claim(placement: Placement) -> tuple[bool, datetime, str]:
    """Sorts those of highest claim first."""
    return placement.status == "held", placement.held_at, placement.id


# --- proposals ---------------------------------------------------------------------------------------------------------


def _weigh_proposals(turn: Turn, shelter: str, because: Reason) -> None:
    """Proposals hold nothing, and are made so that all of them fit: of those that no longer do, the latest are made again."""
    picture, parts = turn.picture, _proposed_in(turn.picture, shelter)
    groups = dict.fromkeys(part.group for part in parts)
    given_up = [ident for group in groups for ident in replaced(picture, picture.plans[group])]
    free = dict(free_tonight(picture, shelter, given_up) or {})
    for part in sorted(parts, key=_claim):
        if all(beds <= free.get(section, 0) for section, beds in part.beds.items()):
            _take(free, part.beds)
        else:
            _upset(turn, part.group, because)


def _take(free: dict[Section, int], beds: dict[Section, int]) -> None:
    for section, n in beds.items():
        free[section] -= n


def _proposed_in(picture: Picture, shelter: str) -> list[Placement]:
    groups = (ident for ident in picture.planned.get(shelter, ()) if ident not in picture.upset)
    return [
        part
        for ident in groups
        if picture.groups[ident].status == "open"
        for part in needed_parts(picture, picture.plans[ident])
        if part.shelter == shelter
    ]


# --- who has no bed in the house --------------------------------------------------------------------------------------


def _weigh_moves(turn: Turn, before: Picture, shelter: str, because: Reason) -> None:
    """Beds for people in this house that are proposed or kept elsewhere, against those who still lack one here: a proposal is made
    again, and of a promise it is said how many places nobody needs. A person gives them back."""
    if shelter not in before.shelters:
        return
    picture = turn.picture
    were = {p.id for p in before.placements_in(shelter) if p.present}
    for origin in (picture.placements[ident] for ident in sorted(were)):
        spare, known = beds_to_spare(picture, origin), before.placements.get(origin.id)
        if spare > (0 if known is None else beds_to_spare(before, known)):
            alarm(turn, picture.shelters[shelter], "mudanza_de_mas", personas=spare)
        _weigh_proposed_moves(turn, origin, because)


def _weigh_proposed_moves(turn: Turn, origin: Placement, because: Reason) -> None:
    plan = turn.picture.plans.get(origin.group)
    parts = [] if plan is None else [p for p in open_parts(turn.picture, plan) if p.moves_from == origin.id]
    if not parts:
        return
    lacking = beds_lacking(turn.picture, turn.picture.groups[origin.group]).get(origin.id, 0)
    if sum(part.people for part in parts) > lacking:
        _upset(turn, origin.group, because)


def _offer_what_is_free(turn: Turn, before: Picture, shelter: str) -> None:
    """More places than before: as many of those whose plan had none for them, the first to arrive first, are planned again."""
    if not turn.picture.wanting:
        return
    gained = _gained(turn.picture, before, shelter)
    if not any(gained.values()):
        return
    because = Reason(code="places_freed", details={"shelter": _name(turn.picture, shelter)})
    for group in sorted((turn.picture.groups[ident] for ident in turn.picture.wanting), key=_order):
        if not any(gained.values()):
            break
        if waits(turn.picture, group) and group.id not in turn.picture.upset:
            plan, children = turn.picture.plans[group.id], left_alone(turn.picture, turn.picture.plans[group.id])
            wanted = {True: children, False: plan.unplaced + plan.without_bed - children}
            if any(gained[alone] > 0 for alone, people in wanted.items() if people > 0):
                gained = {alone: max(0, places - max(0, wanted[alone])) for alone, places in gained.items()}
                _upset(turn, group.id, because)


def _gained(picture: Picture, before: Picture, shelter: str) -> dict[bool, int]:
    """Places more than before: those for children who are alone, and all others."""
    now = free_tonight(picture, shelter) or {}
    were = (free_tonight(before, shelter) or {}) if shelter in before.shelters else {}
    alone = now.get("uam", 0) - were.get("uam", 0)
    return {True: max(0, alone), False: max(0, sum(now.values()) - sum(were.values()) - alone)}


def _order(group: Group) -> tuple[datetime, str]:
    return group.arrived_at, group.id
