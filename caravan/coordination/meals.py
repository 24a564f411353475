"""Rations: what kitchens can serve, what groups are ordered, what was really given."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from caravan import commands as c
from caravan import events as e
from caravan.basics import Refusal
from caravan.coordination.actions import notify
from caravan.coordination.turn import Turn, answers
from caravan.geography import Position, road_hm
from caravan.groups import Group
from caravan.kitchens import SERVICES, MealOrder, MealService
from caravan.meals import KitchenOffer, MealDemand, MealPolicy, order_meals
from caravan.picture import Picture

POLICY = MealPolicy()
# Local hours by which a service has to be asked for to be served the same day (D: not in the sources).
_ASK_BEFORE: dict[MealService, int] = {"breakfast": 10, "lunch": 16, "dinner": 22}


def next_service(now: datetime, zone: ZoneInfo) -> tuple[date, MealService]:
    """The next service that can still be asked for, and its local date."""
    local = now.astimezone(zone)
    for service in SERVICES:
        if local.hour < _ASK_BEFORE[service]:
            return local.date(), service
    return local.date() + timedelta(days=1), SERVICES[0]


@answers(c.ReportRations)
def report_rations(turn: Turn, command: c.ReportRations) -> None:
    if command.kitchen not in turn.picture.kitchens:
        raise Refusal("unknown_kitchen", field="kitchen", kitchen=command.kitchen)
    if not command.rations:
        raise Refusal("one_figure", field="rations")
    turn.happen(e.RationsReported(kitchen=command.kitchen, rations=command.rations))


@answers(c.OrderMeals)
def order(turn: Turn, command: c.OrderMeals) -> None:
    """Asks the nearest kitchens with rations left, for each place where people of the group are, once for each service."""
    group = turn.group(command.group)
    zone = ZoneInfo(turn.picture.protocol_of(group.activation).timezone)
    first = next_service(turn.now, zone)
    day, service = command.day or first[0], command.service or first[1]
    if (day, SERVICES.index(service)) < (first[0], SERVICES.index(first[1])):
        raise Refusal("in_the_past", field="day", day=day.isoformat())
    where = _where(turn.picture, group, day, service)
    if not where:
        raise Refusal("nobody_to_feed", field="group")
    plan = order_meals(
        [MealDemand(place=place, service=service, rations=people) for place, (people, _) in where.items()],
        _kitchens(turn.picture, day, service, {place: position for place, (_, position) in where.items()}),
        POLICY,
    )
    for flow in plan.flows:
        _ask(turn, group, flow.kitchen, day, service, flow.rations, flow.place)
    missing = sum(gap.rations for gap in plan.unmet)
    if missing:
        turn.happen(e.MealsLacking(group=group.id, day=day, service=service, rations=missing))
        turn.tell(group.id, "faltan_raciones", raciones=missing)
    if plan.flows:
        turn.tell(group.id, "comida_pedida")


def _ask(turn: Turn, group: Group, kitchen: str, day: date, service: MealService, rations: int, place: str) -> None:
    asked = MealOrder(
        id=turn.mint("m"), group=group.id, activation=group.activation, kitchen=kitchen, day=day, service=service,
        rations=rations, ordered_at=turn.now, place=place,
    )  # fmt: skip
    turn.happen(e.MealsOrdered(order=asked))
    notify(
        turn, turn.picture.kitchens[kitchen].kitchen.agency, "raciones", activation=group.activation, group=group.id,
        place=f"kitchen:{kitchen}", facts={"raciones": rations, "servicio": service, "dia": day.isoformat()},
    )  # fmt: skip


def _where(picture: Picture, group: Group, day: date, service: MealService) -> dict[str, tuple[int, Position]]:
    """People of the group by place, less the rations already ordered for that service: ``shelter:…`` or ``station:…``."""
    found: dict[str, tuple[int, Position]] = {}
    for placement in picture.placements_of(group.id):
        if placement.present:
            key = f"shelter:{placement.shelter}"
            people = found[key][0] if key in found else 0
            found[key] = (people + placement.present, picture.shelters[placement.shelter].shelter.position)
    outside = group.people - group.departed - group.hosted
    if outside > 0:
        found[f"station:{group.station}"] = (outside, picture.stations[group.station].position)
    for asked in orders_of(picture, group.id):
        if asked.status != "cancelled" and (asked.day, asked.service) == (day, service) and asked.place in found:
            people, position = found[asked.place]
            found[asked.place] = (people - asked.rations, position)
    return {place: (people, position) for place, (people, position) in found.items() if people > 0}


def orders_of(picture: Picture, group: str) -> list[MealOrder]:
    return [picture.orders[ident] for ident in picture.orders_in.get(group, ())]


def _kitchens(picture: Picture, day: date, service: MealService, places: dict[str, Position]) -> list[KitchenOffer]:
    offers: list[KitchenOffer] = []
    for ident in sorted(picture.kitchens):
        larder = picture.kitchens[ident]
        free = larder.free(day, service)
        if free:
            distances = {place: road_hm(larder.kitchen.position, position) for place, position in places.items()}
            offers.append(KitchenOffer(kitchen=ident, service=service, rations=free, distances=distances))
    return offers


def _order(turn: Turn, ident: str, *statuses: str) -> MealOrder:
    asked = turn.picture.orders.get(ident)
    if asked is None:
        raise Refusal("unknown_order", field="order", order=ident)
    if asked.status not in statuses:
        raise Refusal("order_moved_on", field="order", status=asked.status)
    return asked


@answers(c.AcceptMeals)
def accept(turn: Turn, command: c.AcceptMeals) -> None:
    turn.happen(e.MealsAccepted(order=_order(turn, command.order, "ordered").id))


@answers(c.CancelMeals)
def cancel(turn: Turn, command: c.CancelMeals) -> None:
    asked = _order(turn, command.order, "ordered", "accepted")
    turn.happen(e.MealsCancelled(order=asked.id, reason=command.reason))
    turn.tell(asked.group, "comida_cancelada", raciones=asked.rations)
    for agency in turn.picture.protocol_of(asked.activation).coordination():
        notify(
            turn, agency, "comida_cancelada", activation=asked.activation, group=asked.group,
            place=f"kitchen:{asked.kitchen}", facts={"raciones": asked.rations},
        )  # fmt: skip


@answers(c.RecordMealsServed)
def served(turn: Turn, command: c.RecordMealsServed) -> None:
    asked = _order(turn, command.order, "ordered", "accepted")
    turn.happen(e.MealsServed(order=asked.id, rations=command.rations))
    if command.rations:
        turn.tell(asked.group, "comida_entregada", raciones=command.rations)
