"""Who eats where, what was ordered for them, and what is missing or too much: read from the picture, nothing is decided here."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from caravan.basics import Reason, Record
from caravan.coordination.room import timezone_of
from caravan.geography import Position, road_hm
from caravan.groups import Group
from caravan.kitchens import SERVED, SERVICES, Diet, KitchenOffer, MealOrder, MealService, serving
from caravan.meal_flow import Road, least_distance
from caravan.meals import MealDemand, MealPlan, MealPolicy, nearest_of, order_meals, why_missing
from caravan.picture import MISTAKEN, Picture
from caravan.shelters.model import Standing

# Local hours by which a service has to be asked for to be served the same day (D: not in the sources).
_ASK_BEFORE: dict[MealService, int] = {"breakfast": 10, "lunch": 16, "dinner": 22}
# Of the band of 0 to 4 years one year in five lives on formula or milk alone, where nobody has counted the babies (D).
_BABIES_OF_BAND = 5


class Table(Record, frozen=True):
    """Some people at one place and the rations of one diet they have for one service. ``group`` is ``None`` for people of a house who
    are in no group; ``activation`` is the one that feeds them. ``asked`` are rations ordered and not cancelled, of what was given
    out what was really given; ``orders`` those not yet given out, the newest first."""

    place: str
    group: str | None
    activation: str
    diet: Diet
    people: int
    asked: int
    orders: tuple[str, ...] = ()

    @property
    def missing(self) -> int:
        return max(0, self.people - self.asked)

    @property
    def too_much(self) -> int:
        return max(0, self.asked - self.people)


class Move(Record, frozen=True):
    """Rations of an order that would be eaten elsewhere, ``hm`` by road from where they were to go."""

    order: str
    place: str
    group: str | None
    rations: int
    hm: int


class Ask(Record, frozen=True):
    """Rations to order of a kitchen for the people of one table, and why of that kitchen."""

    table: Table
    kitchen: str
    rations: int
    why: Reason


def next_service(now: datetime, zone: ZoneInfo) -> tuple[date, MealService]:
    """The next service that can still be asked for, and its local date."""
    local = now.astimezone(zone)
    for service in SERVICES:
        if local.hour < _ASK_BEFORE[service]:
            return local.date(), service
    return local.date() + timedelta(days=1), SERVICES[0]


def in_time(day: date, service: MealService, now: datetime, zone: ZoneInfo) -> bool:
    """Whether that service can still be asked for."""
    first = next_service(now, zone)
    return (day, SERVICES.index(service)) >= (first[0], SERVICES.index(first[1]))


def ended_at(day: date, service: MealService, zone: ZoneInfo) -> datetime:
    """When that service is over. Raises ``OverflowError`` on the last day there is."""
    return datetime.combine(day, time(), zone) + timedelta(minutes=SERVED[service][1])


# --- who eats where --------------------------------------------------------------------------------------------------


def tables(picture: Picture, day: date, service: MealService, arrived_by: datetime | None = None) -> list[Table]:
    """Everybody who is cared for, and what was ordered for that service, by place, group and diet; with ``arrived_by`` only
    groups that had come by then."""
    people: dict[tuple[str, str | None, Diet], tuple[str, int]] = {}
    for group in _cared_for(picture):
        if arrived_by is not None and group.arrived_at > arrived_by:
            continue
        for (place, diet), n in plates(picture, group).items():
            people[place, group.id, diet] = group.activation, n
    for shelter, (activation, n) in _others(picture, {place for place, _, _ in people}).items():
        people[f"shelter:{shelter}", None, "standard"] = activation, n
    return list(_laid(people, [picture.orders[o] for o in picture.orders_on.get(serving(day, service), ())]))


def tables_of(picture: Picture, group: Group, day: date, service: MealService) -> list[Table]:
    """The same for one group."""
    people: dict[tuple[str, str | None, Diet], tuple[str, int]] = {
        (place, group.id, diet): (group.activation, n) for (place, diet), n in plates(picture, group).items()
    }
    asked = [o for o in orders_of(picture, group.id) if (o.day, o.service) == (day, service)]
    return list(_laid(people, asked))


def orders_of(picture: Picture, group: str) -> list[MealOrder]:
    return [picture.orders[ident] for ident in picture.orders_in.get(group, ())]


def _laid(people: dict[tuple[str, str | None, Diet], tuple[str, int]], orders: Sequence[MealOrder]) -> Iterator[Table]:
    asked = Counter[tuple[str, str | None, Diet]]()
    waiting: defaultdict[tuple[str, str | None, Diet], list[MealOrder]] = defaultdict(list)
    fed_by = {key: activation for key, (activation, _) in people.items()}
    for order in orders:
        key = order.place, order.group, order.diet
        if order.status != "cancelled":
            asked[key] += order.rations if order.served is None else order.served
            fed_by.setdefault(key, order.activation)
        if order.waits:
            waiting[key].append(order)
    for key in sorted(fed_by, key=lambda key: (key[0], key[1] or "", key[2])):
        newest = sorted(waiting[key], key=lambda order: (order.ordered_at, order.id), reverse=True)
        yield Table(
            place=key[0], group=key[1], activation=fed_by[key], diet=key[2], people=people.get(key, ("", 0))[1],
            asked=asked[key], orders=tuple(order.id for order in newest),
        )  # fmt: skip


def _cared_for(picture: Picture) -> Iterator[Group]:
    """The groups of open activations, and of those that are over the groups of which somebody still sleeps in a house."""
    for ident in sorted(picture.activations):
        run = picture.activations[ident]
        groups = (g for i in run.groups if (g := picture.groups[i]).status not in MISTAKEN)
        yield from (g for g in groups if g.hosted or not run.closed)


def plates(picture: Picture, group: Group) -> dict[tuple[str, Diet], int]:
    """People of the group by the place where they are and what they eat; those of a group or a run that is over only where they
    sleep."""
    where: dict[str, int] = {}
    for placement in picture.placements_of(group.id):
        if placement.present:
            key = f"shelter:{placement.shelter}"
            where[key] = where.get(key, 0) + placement.present
    outside = group.people - group.departed - group.hosted
    if outside > 0 and group.status == "open" and not picture.activations[group.activation].closed:
        where[f"station:{group.station}"] = outside
    plates: dict[tuple[str, Diet], int] = {}
    rest = list(where.values())
    for diet, n in special_diets(group).items():
        for place, share in zip(where, _apportioned(n, rest), strict=True):
            plates[place, diet] = share
        rest = [people - plates[place, diet] for place, people in zip(where, rest, strict=True)]
    for place, people in zip(where, rest, strict=True):
        plates[place, "standard"] = people
    return {key: n for key, n in plates.items() if n}


def special_diets(group: Group) -> dict[Diet, int]:
    """What is known of what the group's people eat. Babies nobody has counted are supposed from the youngest band."""
    told = {need: _told(group, need) for need in ("infant", "no_pork", "soft_food")}
    youngest = max(
        sum(h.children.get("0-4", 0) * h.count for h in group.households),
        0 if group.composition is None else sum(cells.get("0-4", 0) for cells in _cells(group)),
    )
    babies = told["infant"] or -(-youngest // _BABIES_OF_BAND)
    return {"infant": babies, "no_pork": told["no_pork"], "soft": told["soft_food"]}


def _cells(group: Group) -> tuple[dict[str, int], ...]:
    composition = group.composition
    return () if composition is None else tuple({**cells} for cells in (composition.f, composition.m, composition.x))


def _told(group: Group, need: str) -> int:
    """People with that need: as counted for the group, or at least one in each household that says so."""
    counted: dict[str, int] = {**group.needs}
    return max(counted.get(need, 0), sum(h.count for h in group.households if need in h.needs))


def _apportioned(n: int, parts: list[int]) -> list[int]:
    """``n`` shared out by the size of the parts, none above its part; what is left over goes to the largest remainders."""
    whole = sum(parts)
    n = min(n, whole)
    if not n:
        return [0] * len(parts)
    shares = [n * part // whole for part in parts]
    order = sorted(range(len(parts)), key=lambda i: (-(n * parts[i] % whole), i))
    for i in order[: n - sum(shares)]:
        shares[i] += 1
    return shares


def _others(picture: Picture, places: Collection[str]) -> dict[str, tuple[str, int]]:
    """People in no group in the houses where groups of ours sleep, with the activation that feeds the house."""
    found: dict[str, tuple[str, int]] = {}
    for place in sorted(places):
        kind, _, ident = place.partition(":")
        standing = picture.shelters.get(ident) if kind == "shelter" else None
        if standing is not None and (n := _beside_groups(picture, standing)):
            hosts = sorted(p.activation for p in picture.placements_in(ident) if p.present)
            found[ident] = hosts[0], n
    return found


def _beside_groups(picture: Picture, standing: Standing) -> int:
    """People told to be in the house beyond those of groups; nobody where nobody has told."""
    present = sum(p.present for p in picture.placements_in(standing.shelter.id))
    return 0 if standing.occupied is None else max(0, standing.occupied - present)


# --- what to do about it ---------------------------------------------------------------------------------------------


def position_of(picture: Picture, place: str) -> Position:
    """Where a place is. Raises ``KeyError`` for one that is not on record."""
    kind, _, ident = place.partition(":")
    return picture.shelters[ident].shelter.position if kind == "shelter" else picture.stations[ident].position


def kitchens_for(
    picture: Picture,
    places: Collection[str],
    day: date,
    service: MealService,
    without: Collection[str] = (),
    *,
    whole: bool = False,
) -> list[KitchenOffer]:
    """What every kitchen still has for these places, but for those named in ``without``; ``whole``: what it had at first."""
    where = {place: position_of(picture, place) for place in sorted(places)}
    found: list[KitchenOffer] = []
    for ident in sorted(picture.kitchens):
        larder = picture.kitchens[ident]
        if ident not in without:
            hm = {place: road_hm(larder.kitchen.position, position) for place, position in where.items()}
            found.append(larder.offer(day, service, hm, whole=whole))
    return found


def asks(
    picture: Picture, hungry: Sequence[Table], day: date, service: MealService, without: Collection[str] = ()
) -> tuple[list[Ask], list[tuple[Table, int, Reason]]]:
    """One plan for what is missing at these tables: what to order, and what nobody can cook, with the reason."""
    waiting = [table for table in hungry if table.missing]
    offers = kitchens_for(picture, {table.place for table in waiting}, day, service, without)
    demands = [
        MealDemand(place=t.place, service=service, rations=t.missing, diet=t.diet, window=SERVED[service])
        for t in waiting
    ]
    policy = MealPolicy(reach_hm=picture.policy.meals_reach_hm)
    plan = order_meals(demands, offers, policy)
    why: dict[tuple[str, Diet, str], Reason] = {
        (d.place, d.diet, flow.kitchen): nearest_of(flow.kitchen, d, offers, policy)
        for d in demands
        for flow in plan.flows
        if (flow.place, flow.diet) == (d.place, d.diet)
    }
    found, left = _shared_out(plan, waiting, why)
    if not left:
        return found, []
    at_first = kitchens_for(picture, {table.place for table, _ in left}, day, service, without, whole=True)
    key = serving(day, service)
    larders = (picture.kitchens[ident] for ident in sorted(picture.kitchens))
    off = [larder.kitchen.name for larder in larders if key in larder.shut and larder.rations.get(service)]
    return found, [(table, rations, _why_missing(table, service, at_first, off, policy)) for table, rations in left]


def _why_missing(
    table: Table, service: MealService, at_first: Sequence[KitchenOffer], off: Sequence[str], policy: MealPolicy
) -> Reason:
    """Told of what the kitchens had before anybody asked: that nothing is left of it is the answer, not the reason. ``off`` are
    the names of those that called the service off."""
    needed = MealDemand(
        place=table.place, service=service, rations=table.people, diet=table.diet, window=SERVED[service]
    )
    why = why_missing(needed, at_first, policy)
    if why.code == "no_kitchen_open" and off:
        return Reason(code="kitchens_called_off", details={"names": ", ".join(off)})
    return why


def _shared_out(
    plan: MealPlan, waiting: Sequence[Table], why: dict[tuple[str, Diet, str], Reason]
) -> tuple[list[Ask], list[tuple[Table, int]]]:
    """What goes to a place, by the people of that place: table after table, kitchen after kitchen."""
    pots = {key: [*flows] for key, flows in _by_plate(plan).items()}
    found: list[Ask] = []
    lacking: list[tuple[Table, int]] = []
    for table in waiting:
        wanted = table.missing
        pot = pots.get((table.place, table.diet), [])
        while wanted and pot:
            kitchen, rations = pot.pop(0)
            given = min(wanted, rations)
            wanted -= given
            if rations > given:
                pot.insert(0, (kitchen, rations - given))
            because_near = why[table.place, table.diet, kitchen]
            found.append(Ask(table=table, kitchen=kitchen, rations=given, why=because_near))
        if wanted:
            lacking.append((table, wanted))
    return found, lacking


def _by_plate(plan: MealPlan) -> dict[tuple[str, Diet], list[tuple[str, int]]]:
    found: defaultdict[tuple[str, Diet], list[tuple[str, int]]] = defaultdict(list)
    for flow in plan.flows:
        found[flow.place, flow.diet].append((flow.kitchen, flow.rations))
    return found


def moves(picture: Picture, laid: Sequence[Table]) -> list[Move]:
    """Rations that are too much at one table and missing at another within reach: the most that can be moved, on the shortest
    roads."""
    over = [t for t in laid if t.too_much and t.orders]
    short = [t for t in laid if t.missing]
    names = {f"{n:06d}": table for n, table in enumerate((*over, *short))}
    givers = {name: t for name, t in names.items() if t.too_much}
    takers = {name: t for name, t in names.items() if t.missing}
    reach = picture.policy.meals_reach_hm
    roads = [
        Road(kitchen=a, place=b, diet=taker.diet, hm=hm)
        for a, giver in givers.items()
        for b, taker in takers.items()
        if giver.diet == taker.diet and (hm := between(picture, giver.place, taker.place)) <= reach
    ]
    spare = {name: min(t.too_much, _waiting_rations(picture, t)) for name, t in givers.items()}
    sent = least_distance(
        {(name, t.diet): t.missing for name, t in takers.items()}, spare,
        {(name, t.diet): spare[name] for name, t in givers.items()}, roads,
    )  # fmt: skip
    found: list[Move] = []
    left = {order: picture.orders[order].rations for t in over for order in t.orders}
    for (a, b, _), rations in sorted(sent.items()):
        found += _moved(givers[a], takers[b], rations, left, between(picture, givers[a].place, takers[b].place))
    return found


def _moved(giver: Table, taker: Table, rations: int, left: dict[str, int], hm: int) -> Iterator[Move]:
    for order in giver.orders:
        n = min(rations, left[order])
        if n:
            left[order] -= n
            rations -= n
            yield Move(order=order, place=taker.place, group=taker.group, rations=n, hm=hm)


def _waiting_rations(picture: Picture, table: Table) -> int:
    return sum(picture.orders[order].rations for order in table.orders)


def between(picture: Picture, a: str, b: str) -> int:
    """hm by road between two places."""
    return road_hm(position_of(picture, a), position_of(picture, b)) if a != b else 0


def food_until(picture: Picture, place: str, now: datetime, zone: ZoneInfo) -> date | None:
    """The last day on which every service still to come has rations ordered for everybody who is at the place now; ``None`` where
    not even the next one has, and where nobody there is fed by us."""
    day, service = next_service(now, zone)
    covered: date | None = None
    while True:
        rest = SERVICES[SERVICES.index(service) :] if covered is None else SERVICES
        laid = [t for s in rest for t in tables(picture, day, s) if t.place == place]
        if not any(t.people for t in laid) or any(t.missing for t in laid):
            return covered
        if not any(picture.orders_on.get(serving(day, s)) for s in rest):
            return covered
        covered, day = day, day + timedelta(days=1)


# --- a day of meals --------------------------------------------------------------------------------------------------


class Helping(Record, frozen=True):
    """Rations one kitchen was asked for, for one table. ``status`` is the order's; ``served`` is how many were really given."""

    order: str
    kitchen: str
    table: int
    rations: int
    status: str
    why: Reason | None
    served: int | None = None


class FoodService(Record, frozen=True):
    """One service of a day: the tables, what each was ordered (``table`` counts from 0), why what is missing at a table is missing,
    and what could be moved. ``left`` are rations each kitchen still has, ``shut`` why a kitchen called
    it off."""

    service: MealService
    tables: tuple[Table, ...]
    helpings: tuple[Helping, ...]
    because: dict[int, Reason]
    moves: tuple[Move, ...]
    left: dict[str, int]
    shut: dict[str, str]

    @property
    def people(self) -> int:
        return sum(table.people for table in self.tables)

    @property
    def asked(self) -> int:
        return sum(table.asked for table in self.tables)

    @property
    def missing(self) -> int:
        return sum(table.missing for table in self.tables)


def food_of(picture: Picture, day: date, now: datetime) -> list[FoodService]:
    """The three services of a day. One that is over misses nobody who came after it."""
    return [_service(picture, day, service, now) for service in SERVICES]


def _service(picture: Picture, day: date, service: MealService, now: datetime) -> FoodService:
    end = ended_at(day, service, ZoneInfo(timezone_of(picture)))
    orders = [picture.orders[ident] for ident in picture.orders_on.get(serving(day, service), ())]
    ordered = {(o.place, o.group, o.diet) for o in orders if o.status != "cancelled"}
    all_tables = tables(picture, day, service, end if end < now else None)
    laid = [t for t in all_tables if t.people or t.asked or (t.place, t.group, t.diet) in ordered]
    numbers = {(t.place, t.group, t.diet): n for n, t in enumerate(laid)}
    key = serving(day, service)
    helpings = [
        Helping(
            order=o.id, kitchen=o.kitchen, table=numbers[o.place, o.group, o.diet], rations=o.rations, status=o.status, why=o.why,
            served=o.served,
        )
        for o in orders
        if o.status != "cancelled" and o.rations
    ]  # fmt: skip
    missing = {(t.place, t.group, t.diet): because for t, _, because in asks(picture, laid, day, service)[1]}
    larders = [picture.kitchens[ident] for ident in sorted(picture.kitchens)]
    return FoodService(
        service=service, tables=tuple(laid), helpings=tuple(sorted(helpings, key=lambda h: (h.kitchen, h.table, h.order))),
        because={numbers[where]: why for where, why in missing.items()}, moves=tuple(moves(picture, laid)),
        left={k.kitchen.id: n for k in larders if (n := k.free(day, service)) is not None},
        shut={k.kitchen.id: k.shut[key] for k in larders if key in k.shut},
    )  # fmt: skip
