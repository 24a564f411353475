"""The life of a placement: places held, accepted or declined, people who come and go."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from caravan import commands as c
from caravan import events as e
from caravan.basics import Refusal
from caravan.coordination.actions import notify
from caravan.coordination.claims import left_of, replaced, to_be_placed
from caravan.coordination.occupancy import alarm
from caravan.coordination.relieving import must_lack_beds, rooms_near, without_bed
from caravan.coordination.room import must_fit
from caravan.coordination.turn import Turn, answers, hears
from caravan.coordination.validity import must_be_true
from caravan.picture import Picture
from caravan.shelters.ledger import ends_at
from caravan.shelters.model import WAITING_FOR_PEOPLE, Placement

REPLACED = "replaced"
"""The reason with which a promise ends whose places are gone, once its people have others."""
NO_SHOW = "no_show"
"""The reason with which a promise ends to whose house nobody came."""


@answers(c.ConfirmPlacement)
def confirm(turn: Turn, command: c.ConfirmPlacement) -> None:
    group = turn.group(command.group)
    proposal = turn.picture.plans.get(group.id)
    if proposal is None or proposal.plan != command.plan:
        raise Refusal("plan_replaced", field="plan", plan=command.plan)
    chosen = [p for p in proposal.parts if not command.shelters or p.shelter in command.shelters]
    if not chosen:
        raise Refusal("nothing_to_confirm", field="shelters")
    for part in chosen:
        if part.id in turn.picture.placements:
            raise Refusal("already_confirmed", field="plan", shelter=turn.picture.shelters[part.shelter].shelter.name)
    given_up = [turn.picture.placements[ident] for ident in replaced(turn.picture, proposal)]
    must_fit(turn.picture, chosen, [placement.id for placement in given_up])
    left, people = to_be_placed(turn.picture, proposal), sum(p.people for p in chosen if p.moves_from is None)
    if people > left:
        raise Refusal("more_than_unplaced", field="plan", people=people, unplaced=left)
    must_lack_beds(turn.picture, group.id, chosen, [placement.id for placement in given_up])
    must_be_true(turn.picture, proposal, chosen, turn.now)
    later = [part for part in proposal.parts if part not in chosen and part.id not in turn.picture.placements]
    for placement in given_up:
        _give_up(turn, placement, chosen, later)
    expires = turn.now + timedelta(minutes=turn.picture.policy.hold_minutes)
    for part in chosen:
        why = (*part.why, *(r.reason for r in proposal.reasons if r.shelter == part.shelter))
        held = replace(part, held_at=turn.now, expires_at=expires, why=why)
        turn.happen(e.PlacementHeld(placement=_as_promised(held, given_up)))


def _give_up(turn: Turn, placement: Placement, chosen: list[Placement], later: list[Placement]) -> None:
    """What the plan replaces ends with its confirmation, not before: until then those people keep what they were promised. Who is
    in a part that nobody has confirmed yet keeps it longer."""
    left = left_of(turn.picture, placement, {ident for part in later for ident in part.households})
    if left.people:
        turn.happen(
            e.PlacementReduced(
                placement=placement.id, people=left.people, beds=left.beds, households=left.households
            )
        )  # fmt: skip
    else:
        turn.happen(e.PlacementEnded(placement=placement.id, reason=REPLACED))
    staying = sum(p.people for p in chosen if placement.status == "accepted" and _goes_on(p, placement))
    _nobody_comes(turn, placement, placement.people - left.people - staying)


def _goes_on(part: Placement, promise: Placement) -> bool:
    """Whether the part is what the house had promised already, or less of it."""
    return (
        part.shelter == promise.shelter
        and set(part.households) <= set(promise.households)
        and all(beds <= promise.beds.get(section, 0) for section, beds in part.beds.items())
    )


def _as_promised(part: Placement, given_up: list[Placement]) -> Placement:
    """What a house has accepted it need not accept again, and it keeps its turn."""
    promise = next((p for p in given_up if _goes_on(part, p)), None)
    if promise is None:
        return part
    part = replace(part, held_at=promise.held_at)
    if promise.status != "accepted":
        return part
    return replace(
        part, status="accepted", accepted_at=promise.accepted_at, ends_at=promise.ends_at, expires_at=promise.expires_at
    )


@hears(e.PlacementHeld)
def ask_the_shelter(turn: Turn, before: Picture, event: e.PlacementHeld) -> None:
    placement = event.placement
    if placement.status != "held":
        return
    agency = turn.picture.shelters[placement.shelter].shelter.agency
    notify(
        turn, agency, "oferta", activation=placement.activation, group=placement.group, place=f"shelter:{placement.shelter}",
        facts={"personas": placement.people, "vence": placement.expires_at.isoformat() if placement.expires_at else None},
    )  # fmt: skip


@hears(e.PlacementHeld)
def ask_them_to_move(turn: Turn, before: Picture, event: e.PlacementHeld) -> None:
    """The house in which they have no bed puts the question to them: nobody moves who does not want to."""
    _tell_where_they_are(turn, event.placement, "mudanza", event.placement.people)


@hears(e.PlacementArrived)
def they_have_moved(turn: Turn, before: Picture, event: e.PlacementArrived) -> None:
    _tell_where_they_are(turn, before.placements[event.placement], "se_mudaron", event.people)


def _tell_where_they_are(turn: Turn, placement: Placement, template: str, people: int) -> None:
    if placement.moves_from is None:
        return
    origin = turn.picture.placements[placement.moves_from]
    there = turn.picture.shelters[placement.shelter].shelter
    notify(
        turn, turn.picture.shelters[origin.shelter].shelter.agency, template, activation=placement.activation,
        group=placement.group, place=f"shelter:{origin.shelter}", facts={"personas": people, "albergue": there.name},
    )  # fmt: skip


@hears(e.PlacementEnded)
def say_that_nobody_comes(turn: Turn, before: Picture, event: e.PlacementEnded) -> None:
    """A house that keeps places hears that it need not, unless it says itself that nobody came."""
    placement = before.placements[event.placement]
    own = turn.by.role == "shelter" and turn.by.place == placement.shelter
    # Of a promise that was replaced it is said where it is known how many go elsewhere.
    if placement.status in WAITING_FOR_PEOPLE and event.reason not in (NO_SHOW, REPLACED) and not own:
        _nobody_comes(turn, placement, placement.people)


def _nobody_comes(turn: Turn, placement: Placement, people: int) -> None:
    house = turn.picture.shelters[placement.shelter].shelter
    if people > 0:
        notify(
            turn, house.agency, "oferta_retirada", activation=placement.activation, group=placement.group,
            place=f"shelter:{house.id}", facts={"personas": people},
        )  # fmt: skip


def _placement(turn: Turn, ident: str, *statuses: str) -> Placement:
    placement = turn.picture.placements.get(ident)
    if placement is None:
        raise Refusal("unknown_placement", field="placement", placement=ident)
    if placement.status not in statuses:
        raise Refusal("placement_moved_on", field="placement", status=placement.status)
    return placement


def _until(turn: Turn, placement: Placement, until: datetime | None, start: datetime) -> datetime | None:
    if until is not None:
        if until <= start:
            raise Refusal("ends_before_it_starts", field="until", until=until.isoformat())
        return until
    if placement.ends_at is not None and placement.ends_at > start:
        return placement.ends_at
    shelter = turn.picture.shelters[placement.shelter].shelter
    return ends_at(replace(placement, ends_at=None, arrived_at=start), shelter)


@answers(c.AcceptPlacement)
def accept(turn: Turn, command: c.AcceptPlacement) -> None:
    placement = _placement(turn, command.placement, "held")
    until = None if command.until is None else _until(turn, placement, command.until, turn.now)
    turn.happen(e.PlacementAccepted(placement=placement.id, until=until))


@answers(c.DeclinePlacement)
def decline(turn: Turn, command: c.DeclinePlacement) -> None:
    placement = _placement(turn, command.placement, "held", "accepted")
    turn.happen(e.PlacementDeclined(placement=placement.id, reason=command.reason))
    turn.tell(placement.group, "oferta_rechazada", personas=placement.people)


@hears(e.PlacementExpired)
def hold_ran_out(turn: Turn, before: Picture, event: e.PlacementExpired) -> None:
    placement = turn.picture.placements[event.placement]
    turn.tell(placement.group, "oferta_vencida", personas=placement.people)
    for agency in turn.picture.protocol_of(placement.activation).coordination():
        notify(
            turn, agency, "oferta_vencida", activation=placement.activation, group=placement.group,
            place=f"shelter:{placement.shelter}", facts={"personas": placement.people},
        )  # fmt: skip


@hears(e.DepartureRecorded)
def all_have_gone(turn: Turn, before: Picture, event: e.DepartureRecorded) -> None:
    """Places kept for people who have left run out at once: nobody is on the way, and if somebody comes it can be written down."""
    group = turn.picture.groups[event.group]
    if group.remaining or group.hosted:
        return
    for placement in turn.picture.placements_of(group.id):
        if placement.status in WAITING_FOR_PEOPLE:
            turn.happen(e.PlacementExpired(placement=placement.id))


@answers(c.RecordPlacementArrival)
def record_arrival(turn: Turn, command: c.RecordPlacementArrival) -> None:
    placement = _placement(turn, command.placement, "held", "accepted", "expired")
    turn.group(placement.group, concluded=True)  # who sleeps here would count nowhere in a group that was annulled
    at = min(command.at or turn.now, turn.now)
    if command.people == 0:
        turn.happen(e.PlacementEnded(placement=placement.id, reason=NO_SHOW))
        return
    until = _until(turn, placement, command.until, at)
    if placement.status == "expired":
        _free_second_places(turn, placement, command.people)
    turn.happen(e.PlacementArrived(placement=placement.id, people=command.people, at=at, until=until))
    if command.people > placement.people:
        turn.tell(placement.group, "sobrecupo", personas=command.people - placement.people)
        standing = turn.picture.shelters[placement.shelter]
        alarm(
            turn, standing, "llegaron_mas", esperadas=placement.people, llegaron=command.people,
            **_without_bed(turn.picture, placement.shelter),
        )  # fmt: skip


def _free_second_places(turn: Turn, coming: Placement, people: int) -> None:
    """Who walks in on a promise that had run out needs no longer what they were promised since, the latest first."""
    group = turn.picture.groups[coming.group]
    twice = group.promised + people + group.departed - group.people
    waiting = [p for p in turn.picture.placements_of(group.id) if p.status in WAITING_FOR_PEOPLE and p.counted]
    for placement in sorted(waiting, key=lambda p: (p.held_at, p.id), reverse=True):
        if placement.people <= twice:
            twice -= placement.people
            turn.happen(e.PlacementEnded(placement=placement.id, reason=REPLACED))
            _nobody_comes(turn, placement, placement.people)


def _without_bed(picture: Picture, shelter: str) -> dict[str, str | int]:
    """How many people in the house have no bed, and where there is room."""
    people = sum(without_bed(picture, shelter).values())
    rooms = ", ".join(f"{name} {places}" for name, places in rooms_near(picture, shelter))
    return {"sin_cama": people, "hay_lugar": rooms} if people and rooms else {"sin_cama": people} if people else {}


@answers(c.SetStayEnd)
def set_stay_end(turn: Turn, command: c.SetStayEnd) -> None:
    placement = _placement(turn, command.placement, "accepted", "arrived")
    start = placement.arrived_at or turn.now
    if command.until <= start:
        raise Refusal("ends_before_it_starts", field="until", until=command.until.isoformat())
    turn.happen(e.StayEndSet(placement=placement.id, until=command.until, source=command.source))


@answers(c.WithdrawPlacement)
def withdraw(turn: Turn, command: c.WithdrawPlacement) -> None:
    placement = _placement(turn, command.placement, "held", "accepted", "arrived")
    turn.happen(e.PlacementEnded(placement=placement.id, reason=command.reason))
