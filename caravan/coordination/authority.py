"""Who may ask for what. The coordination may ask for everything; everybody else for what their work needs."""

from __future__ import annotations

from caravan import commands as c
from caravan.basics import Actor, Refusal
from caravan.cases import Case
from caravan.groups import Group
from caravan.handoff import Relay
from caravan.picture import Picture
from caravan.protocol.chart import chart_of

_EVERYBODY: tuple[type[c.Command], ...] = (
    c.SendEvent, c.CompleteTask, c.MarkNoticeSeen, c.RecordAsylumWish, c.OpenCase,
)  # fmt: skip
_AT_THE_STATION = (c.ReportArrival, c.RecordCount, c.RecordDeparture, c.SplitGroup, c.AnnulGroup)
_IN_THE_SHELTER = (
    c.ReportOccupancy, c.AcceptPlacement, c.DeclinePlacement, c.RecordPlacementArrival, c.SetStayEnd, c.RecordDeparture,
)  # fmt: skip
_IN_THE_KITCHEN = (c.ReportRations, c.AcceptMeals, c.CancelMeals, c.CancelKitchenDay, c.RecordMealsServed)

MAY: dict[str, frozenset[type[c.Command]]] = {
    "coordination": frozenset(c.ALL) - {c.OpenRealm, c.PublishProtocol},
    "brigade": frozenset((*_EVERYBODY, *_AT_THE_STATION)),
    "shelter": frozenset((*_EVERYBODY, *_IN_THE_SHELTER)),
    "kitchen": frozenset((*_EVERYBODY, *_IN_THE_KITCHEN)),
    "agency": frozenset(_EVERYBODY),
    "system": frozenset(c.ALL),
}


def authorize(picture: Picture, command: c.Command, by: Actor) -> None:
    """Refuses what this actor may not ask for, and what belongs to somebody else's shelter, kitchen or station."""
    if type(command) not in MAY[by.role]:
        raise Refusal("not_yours_to_do")
    if by.role in ("coordination", "system") or (by.place is None and by.role not in ("shelter", "kitchen")):
        return
    place = _place_of(picture, command, by)
    if place is not None and place != by.place:
        raise Refusal("not_your_place", place=by.place)
    if isinstance(command, c.SendEvent | c.OpenCase):
        case = picture.cases.get(command.case or "") if isinstance(command, c.SendEvent) else None
        group = picture.groups.get(command.group or (case.group if case is not None else None) or "")
        if group is not None and not is_theirs(picture, group, by.role, by.place):
            raise Refusal("not_your_place", place=by.place)


def is_theirs(picture: Picture, group: Group, role: str, place: str | None) -> bool:
    """Whether a group is the work of whoever has this role at this place: a brigade's at its station, a shelter's that expects
    or has some of it, a kitchen's that was asked to feed it. Roles that are bound to no place may have to do with any."""
    match role:
        case "brigade":
            return place in (None, group.station)
        case "shelter":
            return any(p.shelter == place and p.promised for p in picture.placements_of(group.id))
        case "kitchen":
            return any(picture.orders[o].kitchen == place for o in picture.orders_in.get(group.id, ()))
        case _:
            return True


def may_know_case(picture: Picture, case: Case, agency: str, *, named: bool = False) -> bool:
    """Whether an agency may know that there is such a case: it is one of the protocol's, and some state the case stands in is not
    closed to it. With ``named`` the state has to name it, as its owner or among those who may know."""
    protocol = picture.protocol_of(case.activation)
    if agency not in protocol.agencies:
        return False
    for ident in picture.machines_of.get(case.id, ()):
        snapshot = picture.instances[ident].snapshot
        chart = chart_of(protocol, snapshot.machine)
        for node in (chart.by_id[state] for state in snapshot.active):
            if node.children:
                continue
            listed = node.visible is not None and agency in node.visible
            if listed or (node.visible is None and (not named or agency == node.owner)):
                return True
    return False


def may_know_run(picture: Picture, activation: str, agency: str) -> bool:
    """Arrivals are everybody's; what a protocol does beside them is known to the agencies it names."""
    protocol = picture.protocol_of(activation)
    return agency in protocol.agencies or bool(protocol.machine_for("grupo"))


def may_know_relay(picture: Picture, relay: Relay, agency: str, *, named: bool = False) -> bool:
    """Whether a coordination's agency may know of a relay, and so answer it. ``named`` as for a case."""
    case = picture.cases.get(relay.case or "")
    knows_case = case is None or may_know_case(picture, case, agency, named=named)
    listed = relay.visible is None or agency in relay.visible
    return knows_case and listed and may_know_run(picture, relay.activation, agency)


def _place_of(picture: Picture, command: c.Command, by: Actor) -> str | None:
    """The shelter, kitchen or station a command is about, as far as this role is bound to one; ``None`` = not bound."""
    match command:
        case c.ReportOccupancy(shelter=ident) | c.ReportArrival(station=ident):
            return ident
        case c.ReportRations(kitchen=ident) | c.CancelKitchenDay(kitchen=ident):
            return ident
        case (
            c.AcceptPlacement(placement=ident)
            | c.DeclinePlacement(placement=ident)
            | c.RecordPlacementArrival(placement=ident)
            | c.SetStayEnd(placement=ident)
        ):
            placement = picture.placements.get(ident)
            return placement.shelter if placement is not None else None
        case c.RecordDeparture(placement=str(ident)) if by.role == "shelter":
            placement = picture.placements.get(ident)
            return placement.shelter if placement is not None else None
        case c.RecordDeparture() if by.role == "shelter":
            return ""
        case c.RecordDeparture(placement=str()) if by.role == "brigade":
            return ""  # who sleeps in a shelter leaves through the shelter
        case (
            c.RecordCount(group=ident)
            | c.RecordDeparture(group=ident)
            | c.SplitGroup(group=ident)
            | c.AnnulGroup(group=ident)
        ):
            group = picture.groups.get(ident)
            return group.station if group is not None else None
        case c.AcceptMeals(order=ident) | c.CancelMeals(order=ident) | c.RecordMealsServed(order=ident):
            order = picture.orders.get(ident)
            return order.kitchen if order is not None else None
        case _:
            return None
