"""Placement: places reported, plans offered, holds confirmed, people who come and go."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from caravan import commands as c
from caravan import events as e
from caravan.basics import Reason, Refusal
from caravan.coordination.actions import notify
from caravan.coordination.turn import Turn, answers, hears
from caravan.geography import road_hm
from caravan.groups import Group
from caravan.picture import Picture, mint
from caravan.shelters.assign import assign
from caravan.shelters.explain import explain, lacking
from caravan.shelters.households import needs_of
from caravan.shelters.model import LIVE, WAITING_FOR_PEOPLE, Placement, Section, Shelter, Standing
from caravan.shelters.plan import Assigned, Offer, Plan, Policy
from caravan.stations import Station

POLICY = Policy()


# --- places ----------------------------------------------------------------------------------------------------------


@answers(c.ReportOccupancy)
def report_occupancy(turn: Turn, command: c.ReportOccupancy) -> None:
    standing = turn.picture.shelters.get(command.shelter)
    if standing is None:
        raise Refusal("unknown_shelter", field="shelter", shelter=command.shelter)
    told = (command.available is not None) + (command.occupied is not None) + command.unchanged
    if told != 1:
        raise Refusal("one_figure", field="available")
    available, occupied = command.available, command.occupied
    if command.unchanged and standing.reported_at is None:
        raise Refusal("nothing_to_confirm", field="unchanged")
    if available is not None:
        _check_sections(standing.shelter, available)
        nominal = standing.shelter.nominal
        occupied = None if nominal is None else max(0, nominal - sum(available.values()))
    elif occupied is not None:
        available = _empty_given(standing.shelter, occupied)
    turn.happen(
        e.OccupancyReported(
            shelter=command.shelter, available=available, occupied=occupied, at=min(command.at or turn.now, turn.now),
            unchanged=command.unchanged,
        )
    )  # fmt: skip


def _check_sections(shelter: Shelter, available: dict[Section, int]) -> None:
    known = set(shelter.sections) or {"mix"}
    for section in available:
        if section not in known:
            raise Refusal("unknown_section", field=f"available.{section}", section=section, known=sorted(known))
    if "uam" in available and "dif" not in shelter.services:
        raise Refusal("minors_only_dif", field="available.uam")


def _empty_given(shelter: Shelter, occupied: int) -> dict[Section, int]:
    """Empty places of a house that tells people, not places. It needs a published number and no separate sections."""
    nominal = shelter.nominal
    if nominal is None or set(shelter.sections) - {"mix"}:
        raise Refusal("tell_empty_places", field="occupied")
    blocked = sum(p.blocked for p in shelter.sections.values())
    return {"mix": max(0, nominal - blocked - occupied)}


@hears(e.OccupancyReported)
def over_capacity(turn: Turn, before: Picture, event: e.OccupancyReported) -> None:
    standing, old = turn.picture.shelters[event.shelter], before.shelters[event.shelter]
    if standing.status == "over" and old.status != "over":
        _alarm(turn, standing, "sobrecupo", ocupadas=standing.occupied, lugares=standing.shelter.nominal)


def _alarm(turn: Turn, standing: Standing, template: str, **facts: Any) -> None:
    """Word to the coordination, which is whoever the protocol in force says."""
    if turn.picture.in_force is not None:
        for agency in turn.picture.protocols[turn.picture.in_force].coordination():
            notify(
                turn,
                agency,
                template,
                place=f"shelter:{standing.shelter.id}",
                facts={"albergue": standing.shelter.name, **facts},
            )


# --- planning --------------------------------------------------------------------------------------------------------


def plan_for(picture: Picture, ident: str, now: datetime, policy: Policy = POLICY) -> c.OfferPlan:
    """The best plan for a group's people without a place, on the picture as it is. Reads only; may take seconds.

    Refuses a group that is unknown, closed or has everybody placed."""
    group = picture.groups.get(ident)
    if group is None or group.status != "open":
        raise Refusal("unknown_group", field="group", group=ident)
    if not group.unplaced:
        raise Refusal("everybody_placed", field="group")
    placed = frozenset(h for p in picture.placements_of(ident) if p.status in LIVE or p.left for h in p.households)
    sheltered = sum(p.beds.get("uam", 0) for p in picture.placements_of(ident) if p.status in LIVE)
    needs, provisional = needs_of(group, placed, sheltered)
    station = picture.stations[group.station]
    offers = [_offer(picture, group, station, standing, now) for standing in _by_id(picture)]
    plan = assign(needs, offers, policy)
    parts = tuple(
        Placement(
            id=mint(picture, "p", n), group=ident, shelter=shelter, activation=group.activation, held_at=now,
            people=sum(sizes[a.household] for a in assigned), beds=_beds(assigned),
            households=tuple(a.household for a in assigned),
        )
        for sizes in [{need.household: need.size for need in needs}]
        for n, (shelter, assigned) in enumerate(_by_shelter(plan), 1)
    )  # fmt: skip
    shown = {s.shelter.id: dict(s.free) for s in _by_id(picture) if s.free is not None}
    return c.OfferPlan(
        proposal=e.PlanProposed(
            plan=mint(picture, "q"), group=ident, parts=parts, unplaced=group.unplaced - sum(p.people for p in parts),
            vector=plan.vector, reasons=tuple(explain(plan, ident)) if needs else (), lacking=tuple(lacking(plan)),
            provisional=provisional, shown=shown,
        )
    )  # fmt: skip


def _by_id(picture: Picture) -> list[Standing]:
    return [picture.shelters[ident] for ident in sorted(picture.shelters)]


def _by_shelter(plan: Plan) -> list[tuple[str, list[Assigned]]]:
    parts: dict[str, list[Assigned]] = defaultdict(list)
    for assigned in plan.assigned:
        parts[assigned.shelter].append(assigned)
    return sorted(parts.items())


def _beds(assigned: list[Assigned]) -> dict[Section, int]:
    beds: dict[Section, int] = defaultdict(int)
    for one in assigned:
        for section, n in one.beds.items():
            beds[section] += n
    return dict(beds)


def _offer(picture: Picture, group: Group, station: Station, standing: Standing, now: datetime) -> Offer:
    shelter = standing.shelter
    free = standing.free or {}
    hours = shelter.max_stay_hours
    return Offer(
        shelter=shelter.id, free={s: (n,) for s, n in free.items()}, distance_hm=road_hm(station.position, shelter.position),
        far=shelter.municipality != station.municipality,
        max_stay_nights=None if hours is None else max(1, hours // 24), offers=shelter.services,
        languages=shelter.languages, nominal=shelter.nominal or 0, load=standing.occupied or 0,
        refuses=_refusal(picture, group, standing, now), admits=shelter.admits,
        accessible=(sum(free.values()),) if "accessible" in shelter.services else (),
    )  # fmt: skip


def _refusal(picture: Picture, group: Group, standing: Standing, now: datetime) -> Reason | None:
    """Why this shelter takes nobody of this group now, whatever else it has; the first of the reasons."""
    shelter = standing.shelter
    if shelter.closed:
        return Reason(code="closed")
    if shelter.kind == "attention_point":
        return Reason(code="no_beds")
    if any(p.shelter == shelter.id and p.status == "declined" for p in picture.placements_of(group.id)):
        return Reason(code="declined")
    if standing.free is None:
        return Reason(code="no_known_figure")
    if shelter.intake_from and shelter.intake_until:
        zone = ZoneInfo(picture.protocol_of(group.activation).timezone)
        if not _within(now.astimezone(zone).strftime("%H:%M"), shelter.intake_from, shelter.intake_until):
            return Reason(code="intake_over", details={"from": shelter.intake_from, "until": shelter.intake_until})
    return None


def _within(clock: str, start: str, end: str) -> bool:
    return start <= clock <= end if start <= end else clock >= start or clock <= end


@answers(c.OfferPlan)
def offer_plan(turn: Turn, command: c.OfferPlan) -> str:
    """The plan was made on a picture that may have moved on: it is offered only if its ids are still the next ones and it
    still fits; else the desk makes it again."""
    proposal = command.proposal
    group = turn.group(proposal.group)
    ids = [turn.mint("q"), *(turn.mint("p", n) for n in range(1, len(proposal.parts) + 1))]
    renamed = replace(
        proposal,
        plan=ids[0],
        parts=tuple(replace(p, id=ident) for p, ident in zip(proposal.parts, ids[1:], strict=True)),
    )
    for part in renamed.parts:
        _must_fit(turn.picture, part)
    placed = sum(part.people for part in renamed.parts)
    if placed > group.unplaced:
        raise Refusal("more_than_unplaced", field="plan", people=placed, unplaced=group.unplaced)
    renamed = replace(renamed, unplaced=group.unplaced - placed)
    turn.happen(renamed)
    if renamed.unplaced:
        turn.tell(renamed.group, "faltan_lugares", personas=renamed.unplaced)
    return renamed.plan


def _must_fit(picture: Picture, part: Placement) -> None:
    """Refuses a part for which the places are no longer free, telling what is left; and children who are alone in a house
    that is no longer DIF's."""
    standing = picture.shelters[part.shelter]
    if "uam" in part.beds and "dif" not in standing.shelter.services:
        raise Refusal("minors_only_dif", field="plan")
    free = {} if standing.shelter.closed else standing.free or {}
    for section, beds in part.beds.items():
        if beds > free.get(section, 0):
            raise Refusal(
                "plan_out_of_date", field="plan", shelter=standing.shelter.name, section=section, wanted=beds,
                left=free.get(section, 0), left_everywhere=sum(s.free_total or 0 for s in picture.shelters.values()),
            )  # fmt: skip


# --- the life of a placement -------------------------------------------------------------------------------------------


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
        _must_fit(turn.picture, part)
    if sum(p.people for p in chosen) > group.unplaced:
        raise Refusal("more_than_unplaced", field="plan", people=sum(p.people for p in chosen), unplaced=group.unplaced)
    expires = turn.now + timedelta(minutes=POLICY.hold_minutes)
    for part in chosen:
        why = tuple(r.reason for r in proposal.reasons if r.shelter == part.shelter)
        turn.happen(e.PlacementHeld(placement=replace(part, held_at=turn.now, expires_at=expires, why=why)))


@hears(e.PlacementHeld)
def ask_the_shelter(turn: Turn, before: Picture, event: e.PlacementHeld) -> None:
    placement = event.placement
    agency = turn.picture.shelters[placement.shelter].shelter.agency
    notify(
        turn, agency, "oferta", activation=placement.activation, group=placement.group, place=f"shelter:{placement.shelter}",
        facts={"personas": placement.people, "vence": placement.expires_at.isoformat() if placement.expires_at else None},
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
    hours = turn.picture.shelters[placement.shelter].shelter.max_stay_hours
    return None if hours is None else start + timedelta(hours=hours)


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
        turn.happen(e.PlacementEnded(placement=placement.id, reason="no_show"))
        return
    until = _until(turn, placement, command.until, at)
    turn.happen(e.PlacementArrived(placement=placement.id, people=command.people, at=at, until=until))
    if command.people > placement.people:
        turn.tell(placement.group, "sobrecupo", personas=command.people - placement.people)
        standing = turn.picture.shelters[placement.shelter]
        _alarm(turn, standing, "llegaron_mas", esperadas=placement.people, llegaron=command.people)


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
