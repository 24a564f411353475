"""Groups: arrivals, counts that never overwrite one another, corrections, departures."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from caravan import commands as c
from caravan import events as e
from caravan.basics import Refusal
from caravan.coordination.actions import notify
from caravan.coordination.activations import activation_at, begin
from caravan.coordination.texts import purge
from caravan.coordination.turn import Turn, answers, hears
from caravan.groups import Composition, Count, Departure, Group, Household
from caravan.picture import Picture
from caravan.shelters.model import LIVE

# COMAR is told in writing at once of whoever fears to go back (LR 21).
_HEAR_OF_ASYLUM = ("COMAR",)
# A clock a little ahead is a phone's fault and forgiven; a day ahead is a typing mistake.
_AHEAD = timedelta(minutes=10)


def _when(turn: Turn, at: datetime | None) -> datetime:
    if at is None:
        return turn.now
    if at > turn.now + _AHEAD:
        raise Refusal("in_the_future", field="at", at=at.isoformat())
    return min(at, turn.now)


def _check_people(
    people: int, composition: Composition | None, households: tuple[Household, ...], alone: int | None = None
) -> None:
    """Parts may be fewer than the whole, because some are unknown; never more. A household has somebody in it."""
    if alone is not None and alone > people:
        raise Refusal("parts_exceed_people", field="unaccompanied", parts=alone, people=people)
    if composition is not None and composition.total > people:
        raise Refusal("parts_exceed_people", field="composition", parts=composition.total, people=people)
    if any(h.size == 0 for h in households):
        raise Refusal("empty_household", field="households")
    for h in households:
        if h.unaccompanied and (h.women or h.men):
            raise Refusal("unaccompanied_with_adults", field="households")
    declared = sum(h.size * h.count for h in households)
    if declared > people:
        raise Refusal("parts_exceed_people", field="households", parts=declared, people=people)


@answers(c.ReportArrival)
def report(turn: Turn, command: c.ReportArrival) -> str:
    if command.station not in turn.picture.stations:
        raise Refusal("unknown_station", field="station", station=command.station)
    _check_people(command.people, command.composition, command.households, command.unaccompanied)
    if command.asylum is not None and command.asylum > command.people:
        raise Refusal("parts_exceed_people", field="asylum", parts=command.asylum, people=command.people)
    at = _when(turn, command.at)
    activation = command.activation
    if activation is None:
        activation = activation_at(turn, command.station, command.declared_by)
    elif activation not in turn.picture.activations or turn.picture.activations[activation].closed:
        raise Refusal("unknown_activation", field="activation", activation=activation)
    ident = turn.mint("g")
    count = Count(
        id=turn.mint("c", 1), people=command.people, method=command.method, source=command.declared_by, at=at,
        agency=turn.by.agency,
    )  # fmt: skip
    group = Group(
        id=ident, activation=activation, station=command.station, arrived_at=at, registered_at=turn.now,
        declared_by=command.declared_by, agency=turn.by.agency, counts=(count,), composition=command.composition,
        households=command.households, unaccompanied=command.unaccompanied, days_without_food=command.days_without_food,
        needs={need: n for need, n in command.needs.items() if n}, languages=command.languages, vehicle=command.vehicle,
        entered_country=command.entered_country, asylum=command.asylum, note=command.note,
    )  # fmt: skip
    turn.happen(e.GroupArrived(group=group))
    return ident


@hears(e.GroupArrived, e.GroupSplit)
def care_begins(turn: Turn, before: Picture, event: e.GroupArrived | e.GroupSplit) -> None:
    """A group's machines start with it, and its activation hears of it."""
    group = event.group if isinstance(event, e.GroupArrived) else event.part
    begin(turn, turn.picture.protocol_of(group.activation), "grupo", group.activation, group.id)
    turn.tell(group.activation, "grupo_registrado", personas=group.people)


@answers(c.RecordCount)
def record_count(turn: Turn, command: c.RecordCount) -> str:
    group = turn.group(command.group, concluded=True)
    _check_people(command.people, command.composition, command.households, command.unaccompanied)
    count = Count(
        id=turn.mint("c"), people=command.people, method=command.method, source=command.source, at=_when(turn, command.at),
        whole=command.whole, agency=turn.by.agency, note=command.note,
    )  # fmt: skip
    turn.happen(
        e.CountRecorded(
            group=group.id, count=count, composition=command.composition, households=command.households,
            unaccompanied=command.unaccompanied,
        )
    )  # fmt: skip
    turn.tell(group.id, "conteo_registrado", personas=command.people)
    return count.id


@answers(c.RecordAsylumWish)
def record_asylum(turn: Turn, command: c.RecordAsylumWish) -> None:
    """Always taken, also for a group whose care is over and for more people than were counted: the law wants it heard (LR 21),
    and a refusal would tell whoever asks what they need not know."""
    group = turn.group(command.group, concluded=True)
    if command.people <= (group.asylum or 0):
        return
    turn.happen(e.AsylumWishRecorded(group=group.id, people=command.people))
    if group.status == "concluded":
        # No machine is left to tell them.
        leads = turn.picture.protocol_of(group.activation).coordination()
        for agency in dict.fromkeys((*leads, *_HEAR_OF_ASYLUM)):
            notify(
                turn, agency, "manifiestan_temor", activation=group.activation, group=group.id,
                visible=(*leads, *_HEAR_OF_ASYLUM),
            )  # fmt: skip


@answers(c.RecordDeparture)
def record_departure(turn: Turn, command: c.RecordDeparture) -> None:
    group = turn.group(command.group, concluded=True)
    if command.placement is not None:
        placement = turn.picture.placements.get(command.placement)
        if placement is None or placement.group != group.id:
            raise Refusal("unknown_placement", field="placement", placement=command.placement)
        if command.people > placement.present:
            raise Refusal("more_than_present", field="people", people=command.people, present=placement.present)
    turn.happen(
        e.DepartureRecorded(
            group=group.id,
            departure=Departure(
                people=command.people, outcome=command.outcome, destination=command.destination, at=_when(turn, command.at),
                source=command.source, placement=command.placement, vehicle=command.vehicle,
            ),
        )
    )  # fmt: skip


@answers(c.MergeGroups)
def merge(turn: Turn, command: c.MergeGroups) -> str:
    gone, kept = turn.group(command.group), turn.group(command.into)
    reunited = gone.origin == kept.id
    related = (gone.origin or gone.id) == (kept.origin or kept.id)
    if gone.id == kept.id or (related and not reunited):
        # Two parts of one group are different people: one figure cannot speak for both.
        raise Refusal("same_group", field="into")
    if gone.activation != kept.activation:
        raise Refusal("other_activation", field="into")
    turn.happen(e.GroupsMerged(group=gone.id, into=kept.id, reason=command.reason))
    if reunited:
        # A part that comes back is not a second report of the same people: it adds to the rest.
        whole = replace(
            kept.figure,
            id=turn.mint("c"),
            people=kept.people + gone.people,
            at=turn.now,
            source=command.reason,
            whole=True,
        )
        turn.happen(e.CountRecorded(group=kept.id, count=whole))
    _close_tasks(turn, gone)
    turn.tell(gone.id, "grupo_anulado")
    turn.tell(kept.id, "conteo_registrado", personas=turn.picture.groups[kept.id].people)
    return kept.id


@answers(c.SplitGroup)
def split(turn: Turn, command: c.SplitGroup) -> str:
    group = turn.group(command.group)
    if command.people > group.unplaced:
        raise Refusal("more_than_unplaced", field="people", people=command.people, unplaced=group.unplaced)
    if command.people >= group.people:
        raise Refusal("split_leaves_nobody", field="people", people=command.people, all=group.people)
    _check_people(command.people, command.composition, command.households, command.unaccompanied)
    figure = group.figure
    ident = turn.mint("g")
    part = replace(
        group, id=ident, registered_at=turn.now, origin=group.id, composition=command.composition,
        households=command.households, unaccompanied=command.unaccompanied, needs={}, asylum=None, departures=(), placements=(), promised=0, hosted=0,
        wants_shelter=False, wants_meals=False, fed_at=None,
        counts=(replace(figure, id=turn.mint("c", 1), people=command.people, at=turn.now, source=command.reason),),
    )  # fmt: skip
    rest = replace(
        figure,
        id=turn.mint("c", 2),
        people=group.people - command.people,
        at=turn.now,
        source=command.reason,
        whole=True,
    )
    turn.happen(e.GroupSplit(group=group.id, part=part, count=rest, reason=command.reason))
    return ident


@answers(c.AnnulGroup)
def annul(turn: Turn, command: c.AnnulGroup) -> None:
    group = turn.group(command.group)
    if group.promised and turn.by.role == "brigade":
        # A slip of the form is the brigade's to mend; people whom a house expects or has are not.
        raise Refusal("not_yours_to_do")
    turn.happen(e.GroupAnnulled(group=group.id, reason=command.reason))
    for placement in turn.picture.placements_of(group.id):
        if placement.status in LIVE:
            turn.happen(e.PlacementEnded(placement=placement.id, reason=command.reason))
    for ident in turn.picture.orders_in.get(group.id, ()):
        if turn.picture.orders[ident].status in ("ordered", "accepted"):
            turn.happen(e.MealsCancelled(order=ident, reason=command.reason))
    for case in turn.picture.open_cases(group.id):
        # Nothing rings for a mistake any more, so nothing would erase what was said of it later.
        turn.happen(e.CaseClosed(case=case.id, reason=command.reason))
        purge(turn, case.id)
        for task in sorted(t for i in turn.picture.machines_of[case.id] for t in turn.picture.tasks_of.get(i, ())):
            turn.happen(e.TaskWithdrawn(task=task, case=case.id))
    purge(turn, group.id)
    _close_tasks(turn, group)
    turn.tell(group.id, "grupo_anulado")


def _close_tasks(turn: Turn, group: Group) -> None:
    """Nobody has to do anything more for a group that was reported by mistake."""
    for ident in list(turn.picture.tasks_in.get(group.activation, ())):
        task = turn.picture.tasks[ident]
        if task.group == group.id and task.case is None:
            turn.happen(e.TaskWithdrawn(task=ident))
