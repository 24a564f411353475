"""Rations: what kitchens can serve, what people are ordered, what is moved, called off and really given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from caravan import commands as c
from caravan import events as e
from caravan.basics import Reason, Refusal
from caravan.coordination.actions import notify
from caravan.coordination.hunger import (
    Ask,
    Move,
    Table,
    asks,
    between,
    ended_at,
    in_time,
    moves,
    next_service,
    orders_of,
    tables,
    tables_of,
)
from caravan.coordination.room import timezone_of
from caravan.coordination.turn import Turn, answers, hears
from caravan.kitchens import SERVED, SERVICES, Larder, MealOrder, MealService, lacking_key, serving
from caravan.meals import meet
from caravan.picture import Picture


@answers(c.ReportRations)
def report_rations(turn: Turn, command: c.ReportRations) -> None:
    if command.kitchen not in turn.picture.kitchens:
        raise Refusal("unknown_kitchen", field="kitchen", kitchen=command.kitchen)
    if not (command.rations or command.per_diet or command.delivers):
        raise Refusal("one_figure", field="rations")
    for service, (begins, ends) in command.delivers.items():
        if begins >= ends:
            raise Refusal("hours_backwards", field=f"delivers.{service}", begins=begins, ends=ends)
    zone = _zone_of_all(turn.picture)
    today = turn.now.astimezone(zone).date().isoformat()
    shut = turn.picture.kitchens[command.kitchen].shut
    turn.happen(
        e.RationsReported(
            kitchen=command.kitchen, rations=command.rations, per_diet=command.per_diet, delivers=command.delivers,
            opens=tuple(sorted(key for key in shut if key[:10] <= today and key[11:] in command.rations)),
        )
    )  # fmt: skip
    told: list[MealService] = [
        s for s in SERVICES if s in command.rations or s in command.per_diet or s in command.delivers
    ]
    for key in sorted(turn.picture.kitchens[command.kitchen].committed):
        day = date.fromisoformat(key[:10])
        for service in told:
            if serving(day, service) == key and turn.now <= ended_at(day, service, zone):
                _cut_down(turn, command.kitchen, day, service)


def _cut_down(turn: Turn, kitchen: str, day: date, service: MealService) -> None:
    """What a kitchen was asked for and no longer cooks is off, the newest orders first; others are asked for it."""
    larder, key = turn.picture.kitchens[kitchen], serving(day, service)
    asked = (turn.picture.orders[ident] for ident in turn.picture.orders_on.get(key, ()))
    owed = sorted(
        (o for o in asked if o.waits and o.kitchen == kitchen), key=lambda o: (o.ordered_at, o.id), reverse=True
    )
    lost: list[MealOrder] = []
    for order, less in _not_cooked(larder, key, service, owed):
        if not less:
            continue
        why = Reason(code="kitchen_has_less", details={"asked": order.rations, "rations": order.rations - less})
        turn.happen(e.MealsReduced(order=order.id, rations=order.rations - less, because=why))
        _tell_kitchen(turn, order, "menos_raciones", less)
        lost.append(replace(order, rations=less))
    if lost:
        _replace(turn, lost, day, service, "comida_cancelada")


def _not_cooked(
    larder: Larder, key: str, service: MealService, owed: Sequence[MealOrder]
) -> Iterator[tuple[MealOrder, int]]:
    """The orders with the rations that are beyond what the kitchen cooks, in all and of their diet, when it brings it."""
    offer = replace(larder, shut={}).offer(date.fromisoformat(key[:10]), service, {}, whole=True)
    in_all = larder.committed.get(key, 0)
    of_diet = {**larder.by_diet.get(key, {})}
    of_diet["standard"] = in_all - sum(of_diet.values())
    comes = meet(offer.delivers, SERVED[service])
    over = in_all - (offer.rations if comes else 0)
    for order in owed:
        beyond = of_diet[order.diet] - (offer.limit(order.diet) if comes else 0)
        less = min(order.rations, max(over, beyond, 0))
        over, of_diet[order.diet] = over - less, of_diet[order.diet] - less
        yield order, less


# --- ordering --------------------------------------------------------------------------------------------------------


@answers(c.OrderMeals)
def order(turn: Turn, command: c.OrderMeals) -> None:
    """For each place where people of the group are, once for each service: what is too much elsewhere comes first, what is missing
    then is asked of the kitchens with rations left."""
    group = turn.group(command.group)
    zone = _zone(turn.picture, group.activation)
    first = next_service(turn.now, zone)
    day, service = command.day or first[0], command.service or first[1]
    if not in_time(day, service, turn.now, zone):
        raise Refusal("in_the_past", field="day", day=day.isoformat())
    _must_be_near(turn, day, zone)
    if not any(table.missing for table in tables_of(turn.picture, group, day, service)):
        raise Refusal("nobody_to_feed", field="group")
    for move in moves(turn.picture, tables(turn.picture, day, service)):
        if move.group == group.id:
            _carry(turn, move)
    _ask_for(turn, [t for t in tables_of(turn.picture, group, day, service) if t.missing], day, service)
    _no_more_missing(turn, tables_of(turn.picture, group, day, service), day, service)


@answers(c.PlanMeals)
def plan(turn: Turn, command: c.PlanMeals) -> None:
    """What is too much in one place goes to where it is missing; what is missing then is ordered; what is too much then is taken
    back."""
    zone = _zone_of_all(turn.picture)
    first = next_service(turn.now, zone)
    day = command.day or first[0]
    services: list[MealService] = [
        service for service in _services(command.service) if in_time(day, service, turn.now, zone)
    ]
    if not services:
        raise Refusal("in_the_past", field="day", day=day.isoformat())
    _must_be_near(turn, day, zone)
    if not any(tables(turn.picture, day, service) for service in services):
        raise Refusal("nobody_to_feed", field="day")
    before = len(turn.events)
    for service in services:
        for move in moves(turn.picture, tables(turn.picture, day, service)):
            _carry(turn, move)
        _ask_for(turn, [t for t in tables(turn.picture, day, service) if t.missing], day, service)
        _no_more_missing(turn, tables(turn.picture, day, service), day, service)
        _take_back(turn, [(t, t.too_much) for t in tables(turn.picture, day, service)])
    if len(turn.events) == before:
        raise Refusal("all_meals_ordered", field="day", day=day.isoformat())


def _services(service: MealService | None) -> tuple[MealService, ...]:
    return SERVICES if service is None else (service,)


def _zone(picture: Picture, activation: str) -> ZoneInfo:
    return ZoneInfo(picture.protocol_of(activation).timezone)


def _zone_of_all(picture: Picture) -> ZoneInfo:
    return ZoneInfo(timezone_of(picture))


def _must_be_near(turn: Turn, day: date, zone: ZoneInfo) -> None:
    """Refuses a day beyond the nights that are planned: who will be there then, nobody knows."""
    nights = turn.picture.policy.nights
    if (day - turn.now.astimezone(zone).date()).days >= max(2, nights):
        raise Refusal("too_far_ahead", field="day", nights=max(2, nights))


def _ask_for(
    turn: Turn, hungry: Sequence[Table], day: date, service: MealService, without: Collection[str] = ()
) -> dict[str, int]:
    """Orders what these tables miss and says what nobody can cook; their groups hear of both. The rations ordered, by place."""
    found, lacking = asks(turn.picture, hungry, day, service, without)
    for one in found:
        _ask(turn, one, day, service)
    short: dict[str, int] = {}
    for table, rations, because in lacking:
        if _say_missing(turn, table, rations, because, day, service) and table.group is not None:
            short[table.group] = short.get(table.group, 0) + rations
    for group, rations in short.items():
        turn.tell(group, "faltan_raciones", raciones=rations)
    for group in dict.fromkeys(one.table.group for one in found):
        if group is not None:
            turn.tell(group, "comida_pedida")
    ordered = Counter[str]()
    for one in found:
        ordered[one.table.place] += one.rations
    return ordered


def _ask(turn: Turn, one: Ask, day: date, service: MealService) -> None:
    table = one.table
    asked = MealOrder(
        id=turn.mint("m"), group=table.group, activation=table.activation, kitchen=one.kitchen, day=day, service=service,
        rations=one.rations, ordered_at=turn.now, place=table.place, diet=table.diet, why=one.why,
    )  # fmt: skip
    turn.happen(e.MealsOrdered(order=asked))
    _tell_kitchen(turn, asked, "raciones", one.rations)


def _say_missing(
    turn: Turn, table: Table, rations: int, because: Reason | None, day: date, service: MealService
) -> bool:
    """Whether that was news."""
    key = lacking_key(day, service, table.place, table.group, table.diet)
    said = turn.picture.lacking.get(key)
    if rations == (0 if said is None else said.rations):
        return False
    turn.happen(
        e.MealsLacking(
            group=table.group, day=day, service=service, rations=rations, diet=table.diet, place=table.place, because=because
        )
    )  # fmt: skip
    return True


def _no_more_missing(turn: Turn, laid: Sequence[Table], day: date, service: MealService) -> None:
    for table in laid:
        if not table.missing:
            _say_missing(turn, table, 0, None, day, service)


# --- moving and taking back ------------------------------------------------------------------------------------------


@answers(c.TransferMeals)
def transfer(turn: Turn, command: c.TransferMeals) -> None:
    asked = _order(turn, command.order, "ordered", "accepted")
    if not in_time(asked.day, asked.service, turn.now, _zone(turn.picture, asked.activation)):
        raise Refusal("in_the_past", field="order", day=asked.day.isoformat())
    if command.rations > asked.rations:
        raise Refusal("more_than_ordered", field="rations", rations=asked.rations)
    laid = tables(turn.picture, asked.day, asked.service)
    there = [t for t in laid if (t.place, t.group, t.diet) == (command.place, command.group, asked.diet)]
    missing = there[0].missing if there else 0
    if command.rations > missing:
        raise Refusal("not_missing_there", field="place", missing=missing)
    left = next(t.too_much for t in laid if (t.place, t.group, t.diet) == (asked.place, asked.group, asked.diet))
    if command.rations > left:
        raise Refusal("not_too_much_there", field="rations", left=left)
    if between(turn.picture, asked.place, command.place) > turn.picture.policy.meals_reach_hm:
        raise Refusal("too_far_for_meals", field="place", km=turn.picture.policy.meals_reach_hm // 10)
    _carry(turn, Move(order=asked.id, place=command.place, group=command.group, rations=command.rations, hm=0))
    if missing == command.rations:
        _say_missing(turn, there[0], 0, None, asked.day, asked.service)


def _carry(turn: Turn, move: Move) -> None:
    """The rations go elsewhere: the kitchen and both places hear of it."""
    asked = turn.picture.orders[move.order]
    activation = asked.activation if move.group is None else turn.picture.groups[move.group].activation
    into = replace(
        asked, id=turn.mint("m"), group=move.group, activation=activation, place=move.place, rations=move.rations, ordered_at=turn.now,
        moved_from=asked.id,
    )  # fmt: skip
    turn.happen(e.MealsTransferred(order=asked.id, into=into))
    if into.place != asked.place:
        _tell_kitchen(turn, into, "raciones_movidas", move.rations)
        for place in (asked.place, into.place):
            _tell_house(turn, into, place, "raciones_movidas", move.rations)


def _take_back(turn: Turn, over: Sequence[tuple[Table, int]]) -> None:
    """So many rations of each table, which nobody is there to eat any more, are not cooked: the newest orders first."""
    for table, rest in over:
        for ident in table.orders:
            asked = turn.picture.orders[ident]
            less = min(rest, asked.rations)
            if less:
                rest -= less
                why = Reason(code="people_left_after_order", details={"asked": table.asked, "people": table.people})
                turn.happen(e.MealsReduced(order=ident, rations=asked.rations - less, because=why))
                _tell_kitchen(turn, asked, "menos_raciones", less)


@hears(e.DepartureRecorded)
def they_have_left(turn: Turn, before: Picture, event: e.DepartureRecorded) -> None:
    """What was ordered for people who have left is taken back, but for what others within reach lack: that waits for an official
    to send it there."""
    zone = _zone(turn.picture, turn.picture.groups[event.group].activation)
    waiting = [o for o in orders_of(turn.picture, event.group) if o.waits and in_time(o.day, o.service, turn.now, zone)]
    whens: dict[tuple[date, MealService], None] = {(o.day, o.service): None for o in waiting}
    for day, service in whens:
        laid = tables(turn.picture, day, service)
        wanted = Counter[str]()
        for move in moves(turn.picture, laid):
            wanted[move.order] += move.rations
        mine = [t for t in laid if t.group == event.group]
        _take_back(turn, [(t, max(0, t.too_much - sum(wanted[order] for order in t.orders))) for t in mine])


# --- what kitchens answer --------------------------------------------------------------------------------------------


def _order(turn: Turn, ident: str, *statuses: str) -> MealOrder:
    asked = turn.picture.orders.get(ident)
    if asked is None:
        raise Refusal("unknown_order", field="order", order=ident)
    if asked.status not in statuses:
        raise Refusal("order_moved_on", field="order", status=asked.status)
    return asked


@answers(c.AcceptMeals)
def accept(turn: Turn, command: c.AcceptMeals) -> None:
    asked = _order(turn, command.order, "ordered")
    if turn.now > ended_at(asked.day, asked.service, _zone(turn.picture, asked.activation)):
        raise Refusal("in_the_past", field="order", day=asked.day.isoformat())
    turn.happen(e.MealsAccepted(order=asked.id))


@answers(c.CancelMeals)
def cancel(turn: Turn, command: c.CancelMeals) -> None:
    """One order is called off; others are asked for it at once."""
    asked = _order(turn, command.order, "ordered", "accepted")
    _call_off(turn, [asked], command.reason)


@answers(c.CancelKitchenDay)
def cancel_day(turn: Turn, command: c.CancelKitchenDay) -> None:
    """The kitchen cooks nothing that day, or nothing of one service; others are asked for what it owed at once."""
    larder = turn.picture.kitchens.get(command.kitchen)
    if larder is None:
        raise Refusal("unknown_kitchen", field="kitchen", kitchen=command.kitchen)
    zone = _zone_of_all(turn.picture)
    services: list[MealService] = [s for s in _services(command.service) if turn.now <= ended_at(command.day, s, zone)]
    if not services:
        raise Refusal("in_the_past", field="day", day=command.day.isoformat())
    asked = (turn.picture.orders[i] for s in services for i in turn.picture.orders_on.get(serving(command.day, s), ()))
    owed = [o for o in asked if o.waits and o.kitchen == command.kitchen]
    off: tuple[MealService, ...] = tuple(
        s for s in services if larder.free(command.day, s) or any(o.service == s for o in owed)
    )
    if not off:
        raise Refusal("nothing_to_cancel", field="day", day=command.day.isoformat())
    turn.happen(e.KitchenDayCancelled(kitchen=command.kitchen, day=command.day, services=off, reason=command.reason))
    _call_off(turn, owed, command.reason)


def _call_off(turn: Turn, owed: Sequence[MealOrder], reason: str) -> None:
    """These orders, all of one kitchen, are off. Whoever was to eat gets rations of others, as far as there is time and food; the
    houses and the coordination hear what became of it."""
    for asked in owed:
        turn.happen(e.MealsCancelled(order=asked.id, reason=reason))
        if asked.group is not None:
            turn.tell(asked.group, "comida_cancelada", raciones=asked.rations)
    for service in SERVICES:
        for day in sorted({o.day for o in owed if o.service == service}):
            lost = [o for o in owed if (o.day, o.service) == (day, service)]
            _replace(turn, lost, day, service, "comida_cancelada")


def _replace(turn: Turn, lost: Sequence[MealOrder], day: date, service: MealService, template: str) -> None:
    """``lost`` are rations that will not come, all of one kitchen; ``template`` is what the coordination is told."""
    eaters = {(o.place, o.group, o.diet) for o in lost}
    hungry = [t for t in tables(turn.picture, day, service) if (t.place, t.group, t.diet) in eaters and t.missing]
    ordered: dict[str, int] = {}
    if in_time(day, service, turn.now, _zone(turn.picture, lost[0].activation)):
        ordered = _ask_for(turn, hungry, day, service, without={lost[0].kitchen})
    else:
        for table in hungry:
            _say_missing(turn, table, table.missing, Reason(code="too_late_to_ask"), day, service)
    after = [t for t in tables(turn.picture, day, service) if (t.place, t.group, t.diet) in eaters]
    rations = replaced = missing = 0
    for place in sorted({o.place for o in lost}):
        here = [o for o in lost if o.place == place]
        off = sum(o.rations for o in here)
        others = min(off, ordered.get(place, 0))
        # Of what is missing there, what is missing for want of these rations.
        short = min(off - others, sum(t.missing for t in after if t.place == place))
        _tell_house(turn, here[0], place, "comida_cambia", off, raciones_faltantes=short)
        rations, replaced, missing = rations + off, replaced + others, missing + short
    _tell_coordination(turn, lost[0], template, rations, replaced, missing)


@answers(c.RecordMealsServed)
def served(turn: Turn, command: c.RecordMealsServed) -> None:
    asked = _order(turn, command.order, "ordered", "accepted")
    turn.happen(e.MealsServed(order=asked.id, rations=command.rations))
    if command.rations and asked.group is not None:
        turn.tell(asked.group, "comida_entregada", raciones=command.rations)
    laid = tables(turn.picture, asked.day, asked.service)
    missing = sum(t.missing for t in laid if (t.place, t.group, t.diet) == (asked.place, asked.group, asked.diet))
    if command.rations < asked.rations and missing:
        lost = replace(asked, rations=min(missing, asked.rations - command.rations))
        _replace(turn, [lost], asked.day, asked.service, "se_sirvio_menos")


# --- who hears of it -------------------------------------------------------------------------------------------------


def _tell_kitchen(turn: Turn, asked: MealOrder, template: str, rations: int) -> None:
    notify(
        turn, turn.picture.kitchens[asked.kitchen].kitchen.agency, template, activation=asked.activation, group=asked.group,
        place=f"kitchen:{asked.kitchen}", facts=_facts(asked, rations),
    )  # fmt: skip


def _tell_house(turn: Turn, asked: MealOrder, place: str, template: str, rations: int, **more: int) -> None:
    """The house where the food goes. A station is the coordination's own, which is told of it anyway."""
    kind, _, ident = place.partition(":")
    if kind == "shelter":
        notify(
            turn, turn.picture.shelters[ident].shelter.agency, template, activation=asked.activation, place=place,
            facts={**_facts(asked, rations), **more},
        )  # fmt: skip


def _tell_coordination(turn: Turn, asked: MealOrder, template: str, rations: int, replaced: int, missing: int) -> None:
    for agency in turn.picture.protocol_of(asked.activation).coordination():
        notify(
            turn, agency, template, activation=asked.activation, group=asked.group, place=f"kitchen:{asked.kitchen}",
            facts={**_facts(asked, rations), "raciones_repuestas": replaced, "raciones_faltantes": missing},
        )  # fmt: skip


def _facts(asked: MealOrder, rations: int) -> dict[str, str | int]:
    return {"raciones": rations, "servicio": asked.service, "dia": asked.day.isoformat(), "dieta": asked.diet}
