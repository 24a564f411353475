"""From the picture to the question of a search: who needs a place, and what each house has for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from caravan import commands as c
from caravan.basics import Reason, Record, Refusal
from caravan.coordination.claims import among_adults, half_came, households_placed, replaced, sheltered
from caravan.coordination.foresight import foreseen
from caravan.coordination.relieving import asked_for, beds_lacking, needed_parts, open_parts
from caravan.coordination.room import free_tonight, ledger_of, surge_counts, timezone_of
from caravan.events import PlanProposed
from caravan.geography import PCode, Position, road_hm
from caravan.groups import Group
from caravan.picture import Picture
from caravan.shelters.households import needs_of, needs_of_some
from caravan.shelters.joint import Question, Wanted
from caravan.shelters.ledger import Ledger
from caravan.shelters.model import WAITING_FOR_PEOPLE, Section, Standing
from caravan.shelters.plan import Need, Offer
from caravan.shelters.policy import Policy, admits_now, intake_hours
from caravan.shelters.staleness import counted_percent, discounted, stale_figure

_KINDS = ("fam", "wom", "men", "uam")
_EVERYBODY = "*"


def question(picture: Picture, wish: c.ProposePlacement, now: datetime) -> Question:
    """What has to be searched for this wish. Reads only.

    For one group, whoever of it is in a house without a bed is looked for one elsewhere too: an official asked.

    Refuses a group that is unknown, closed or has everybody placed, an activation where nobody waits, pins to unknown shelters
    and what no person may decide: a child who is alone anywhere but with DIF (LGDNNA 94-95), a rule waived without a reason.
    """
    if (wish.group is None) == (wish.activation is None):
        raise Refusal("group_or_activation", field="group")
    if wish.waived and not (wish.pins and wish.reason.strip()):
        raise Refusal("waived_without_reason", field="reason")
    for shelter in wish.pins.values():
        if shelter not in picture.shelters:
            raise Refusal("unknown_shelter", field="pins", shelter=shelter)
    asked = _asked(picture, wish)
    if wish.group is not None or wish.pins:
        asked = [replace(one, pins=wish.pins, waived=wish.waived, reason=wish.reason) for one in asked]
    asked_for = {one.group for one in asked}
    found = _question(picture, [*asked, *(one for one in _upset(picture) if one.group not in asked_for)], now)
    mine = [need for need in found.needs if need.group in asked_for]
    _refuse_idle_pins(wish, mine)
    _refuse_unlawful_pins(mine, found.offers)
    return _without_unlawful_pins(found)


def mending(picture: Picture, now: datetime) -> Question | None:
    """What has to be searched because plans were upset; ``None`` where there is nothing to mend."""
    wanted = list(_upset(picture))
    return _without_unlawful_pins(_question(picture, wanted, now)) if wanted else None


# --- who ---------------------------------------------------------------------------------------------------------------


def _asked(picture: Picture, wish: c.ProposePlacement) -> list[Wanted]:
    if wish.group is not None:
        group = picture.groups.get(wish.group)
        if group is None or group.status != "open":
            raise Refusal("unknown_group", field="group", group=wish.group)
        moves = bool(beds_lacking(picture, group))
        if not waits(picture, group) and not moves:
            raise Refusal("everybody_placed", field="group")
        wanted = _wanted(picture, group)
        return [replace(wanted, moves=wanted.moves or moves)]
    run = picture.activations.get(wish.activation or "")
    if run is None or run.closed:
        raise Refusal("unknown_activation", field="activation", activation=wish.activation)
    groups = [group for ident in run.groups if waits(picture, group := picture.groups[ident])]
    if not groups:
        raise Refusal("everybody_placed", field="activation")
    return [
        replace(_wanted(picture, group), settled=group.id not in picture.upset and _is_open(picture, group))
        for group in sorted(groups, key=_order)
    ]


def _order(group: Group) -> tuple[datetime, str]:
    return group.arrived_at, group.id


def _upset(picture: Picture) -> Iterator[Wanted]:
    """Groups whose plan no longer holds, the first to arrive first."""
    groups = [picture.groups[ident] for ident in picture.upset]
    for group in sorted(groups, key=_order):
        if waits(picture, group):
            yield _wanted(picture, group)


def waits(picture: Picture, group: Group) -> bool:
    """Whether somebody of the group is without a place, promised one that is no longer there, or without a bed in a house and
    asked whether they want to move."""
    waiting = group.unplaced or homeless(picture, group) or asked_for(picture, group)
    return group.status == "open" and bool(waiting)


def homeless(picture: Picture, group: Group) -> tuple[str, ...]:
    """The group's placements whose places are gone before its people came, or in which children would sleep among adults who are
    not theirs."""
    named = {ident for short in picture.short.values() for ident in short.placements}
    waiting = [p.id for p in picture.placements_of(group.id) if p.status in WAITING_FOR_PEOPLE]
    gone = [ident for ident in waiting if ident in named]
    gone += among_adults(picture, group, gone)
    return tuple(ident for ident in waiting if ident in gone)


def _wanted(picture: Picture, group: Group) -> Wanted:
    plan, because = picture.plans.get(group.id), picture.upset.get(group.id)
    gone = homeless(picture, group)
    moves = asked_for(picture, group) or any(picture.placements[ident].moves_from for ident in gone)
    wanted = Wanted(group=group.id, because=because, replaces=gone, moves=moves)
    if plan is None:
        return wanted
    wanted = replace(wanted, repairs=plan.plan if because is not None else "")
    if _outgrown(picture, plan, wanted):
        return wanted
    return replace(wanted, pins=plan.pins, waived=plan.waived, reason=plan.reason)


def _outgrown(picture: Picture, plan: PlanProposed, wanted: Wanted) -> bool:
    """Whether a house that a person chose said no, or has no place left for anybody: then any other is better than none."""
    if wanted.because is not None and wanted.because.code == "offer_declined":
        return True
    chosen = dict.fromkeys(plan.pins.values())
    return any(not sum((free_tonight(picture, shelter, wanted.replaces) or {}).values()) for shelter in chosen)


def _others(picture: Picture, wanted: Collection[str]) -> Iterator[Wanted]:
    """Groups with a proposal that nobody has confirmed, the first to arrive first."""
    runs = (picture.activations[ident] for ident in picture.open_at.values())
    groups = [picture.groups[ident] for run in runs for ident in run.groups if ident not in wanted]
    for group in sorted(groups, key=_order):
        if group.status == "open" and _is_open(picture, group):
            plan = picture.plans[group.id]
            yield Wanted(
                group=group.id, provisional=plan.provisional, pins=plan.pins, waived=plan.waived, reason=plan.reason,
                replaces=replaced(picture, plan),
                repairs=plan.plan, because=Reason(code="room_for_others"), moves=asked_for(picture, group),
            )  # fmt: skip


def _is_open(picture: Picture, group: Group) -> bool:
    """Whether it has a proposal that nobody has confirmed."""
    plan = picture.plans.get(group.id)
    return plan is not None and any(needed_parts(picture, plan))


# --- the question --------------------------------------------------------------------------------------------------------


def _question(picture: Picture, wanted: Iterable[Wanted], now: datetime) -> Question:
    wanted = list(wanted)
    others = list(_others(picture, {one.group for one in wanted}))
    needs: list[Need] = []
    known: list[Wanted] = []
    moving: dict[str, str] = {}
    for one in (*wanted, *others):
        households, origins, provisional = needs_for(picture, one)
        needs += households
        moving |= origins
        known.append(replace(one, provisional=provisional))
    theirs: dict[str, dict[Section, int]] = {}
    for one in others:
        for part in needed_parts(picture, picture.plans[one.group]):
            taken = theirs.setdefault(part.shelter, {})
            for section, beds in part.beds.items():
                taken[section] = taken.get(section, 0) + beds
    offers = _offers(picture, known[: len(wanted)], needs, now)
    return Question(
        wanted=tuple(known[: len(wanted)]), others=tuple(known[len(wanted) :]), needs=tuple(needs), offers=offers,
        policy=_measured(picture.policy), theirs=theirs, moving=moving,
    )  # fmt: skip


def _measured(policy: Policy) -> Policy:
    """What the search reads of the policy, so that a word changed elsewhere in it makes no other plan."""
    return replace(policy, title="", sources={}, admissions=())


def needs_for(picture: Picture, one: Wanted) -> tuple[list[Need], dict[str, str], bool]:
    """The households to be placed, of those who are to move the placement they are in, and whether any of them was supposed."""
    group = picture.groups[one.group]
    stays = [p for p in picture.placements_of(group.id) if p.id not in one.replaces]
    given_up = [picture.placements[ident] for ident in one.replaces]
    placed = households_placed(picture, group, one.replaces)
    movers, origins = _movers(picture, one, placed)
    waiting = replace(group, promised=group.promised - sum(p.counted for p in given_up))
    found, supposed = needs_of(waiting, placed | frozenset(origins), sheltered(picture, group, one.replaces))
    plan = picture.plans.get(group.id)
    proposed = {h: p.shelter for p in (() if plan is None else open_parts(picture, plan)) for h in p.households}
    proposed |= {h: p.shelter for p in given_up for h in p.households}
    declined = tuple(sorted({p.shelter for p in stays if p.status == "declined"}))
    return [
        replace(
            need, hub=origins.get(need.household, group.station), solo=len(found) + len(movers) == 1,
            nights=max(1, picture.policy.nights), declined=declined,
            proposed=proposed.get(need.household), pinned=(pinned := _pin(one, need)),
            waived=one.waived if pinned is not None else (),
        )
        for need in (*movers, *found)
    ], origins, supposed or half_came(picture, group) or any(need.provisional for need in movers)  # fmt: skip


def _movers(picture: Picture, one: Wanted, placed: frozenset[str]) -> tuple[list[Need], dict[str, str]]:
    """Households for those who are in a house without a bed, and the placement each is in."""
    group = picture.groups[one.group]
    movers: list[Need] = []
    origins: dict[str, str] = {}
    for origin, people in (beds_lacking(picture, group, one.replaces) if one.moves else {}).items():
        some = needs_of_some(group, people, placed | frozenset(origins))
        movers += some
        origins |= {need.household: origin for need in some}
    return movers, origins


def _pin(one: Wanted, need: Need) -> str | None:
    """The shelter a person chose for this household: the narrowest word counts."""
    return next((one.pins[key] for key in (need.household, need.kind, _EVERYBODY) if key in one.pins), None)


def _refuse_idle_pins(wish: c.ProposePlacement, needs: Collection[Need]) -> None:
    """A pin that is about nobody was meant for somebody."""
    keys = {_EVERYBODY} | {need.kind for need in needs} | {need.household for need in needs}
    for key in wish.pins:
        if key not in keys:
            raise Refusal("pin_for_nobody", field="pins", key=key, kinds=list(_KINDS))


def _refuse_unlawful_pins(needs: Iterable[Need], offers: Iterable[Offer]) -> None:
    lawful = _for_children_alone(offers)
    for need in needs:
        if need.kind == "uam" and need.pinned is not None and need.pinned not in lawful:
            raise Refusal("pin_breaks_law", field="pins", household=need.household, shelter=need.pinned)


def _without_unlawful_pins(found: Question) -> Question:
    """What was chosen before the house ceased to be DIF's counts no longer."""
    lawful = _for_children_alone(found.offers)
    needs = tuple(
        replace(need, pinned=None, waived=()) if need.kind == "uam" and need.pinned not in lawful else need
        for need in found.needs
    )
    return replace(found, needs=needs)


def _for_children_alone(offers: Iterable[Offer]) -> frozenset[str]:
    """The shelters where a child who is alone may sleep (LGDNNA 94-95)."""
    return frozenset(offer.shelter for offer in offers if "dif" in offer.offers and "uam" in offer.free)


# --- the houses ----------------------------------------------------------------------------------------------------------


class _Hub(Record, frozen=True):
    """Where people wait for a place: their station, or the house in which they have no bed."""

    id: str
    position: Position
    municipality: PCode


def _hub(picture: Picture, ident: str) -> _Hub:
    """Of a station or of a placement."""
    if ident in picture.placements:
        house = picture.shelters[picture.placements[ident].shelter].shelter
        return _Hub(id=ident, position=house.position, municipality=house.municipality)
    station = picture.stations[ident]
    return _Hub(id=ident, position=station.position, municipality=station.municipality)


def _offers(picture: Picture, wanted: Collection[Wanted], needs: Collection[Need], now: datetime) -> tuple[Offer, ...]:
    without = frozenset(ident for one in wanted for ident in one.replaces)
    offers = houses(picture, picture.shelters, needs, now, without=without)
    policy = picture.policy
    looks_ahead = bool(policy.reserve_percent) or "PRICE" in policy.levels
    known = foreseen(picture, list(needs), offers, policy, now, timezone_of(picture)) if looks_ahead else offers
    opened = _waiving(needs, "kept_until")
    return tuple(_less_kept(one, opened[one.shelter]) for one in known)


def houses(
    picture: Picture, shelters: Iterable[str], needs: Collection[Need], now: datetime, *, without: frozenset[str]
) -> list[Offer]:
    """What these houses have for these people as they are now, whoever may still come. ``without`` are placements that count as
    given up."""
    hubs = [_hub(picture, ident) for ident in sorted({need.hub for need in needs})]
    surge, trusting = surge_counts(picture), _waiving(needs, "stale_figure")
    return [
        _offer(
            picture, picture.shelters[ident], hubs, now,
            ledger_of(picture, ident, now, surge=surge, without=without), trusting=trusting[ident],
        )
        for ident in sorted(shelters)
    ]  # fmt: skip


def _waiving(needs: Iterable[Need], rule: str) -> Counter[str]:
    """People sent by a person to a house for whom it said that this rule does not hold, by house: it does for all others."""
    people = Counter[str]()
    for need in needs:
        if need.pinned is not None and rule in need.waived:
            people[need.pinned] += need.size
    return people


def _less_kept(offer: Offer, people: int) -> Offer:
    if not people:
        return offer
    kept = {section: places - people for section, places in offer.kept.items() if places > people}
    return replace(offer, kept=kept, kept_until=offer.kept_until if kept else None)


def _offer(
    picture: Picture, standing: Standing, hubs: Iterable[_Hub], now: datetime, places: Ledger, *, trusting: int
) -> Offer:
    shelter, policy = standing.shelter, picture.policy
    percent = counted_percent(standing, policy, now)
    free: dict[Section, tuple[int, ...]] = {
        section: tuple(_counted(night.free or 0, percent, trusting) for night in nights)
        for section, nights in places.items()
        if standing.available is not None and section in _offered(standing, places)
    }
    local = now.astimezone(ZoneInfo(timezone_of(picture)))
    admits = admits_now(policy, shelter, local)
    hours = shelter.max_stay_hours
    hubs = list(hubs)
    return Offer(
        shelter=shelter.id, free=free,
        distance_hm={hub.id: road_hm(hub.position, shelter.position) for hub in hubs},
        far=tuple(hub.id for hub in hubs if policy.far == "municipality" and shelter.municipality != hub.municipality),
        max_stay_nights=None if hours is None else max(1, hours // 24), offers=shelter.services,
        languages=shelter.languages, nominal=shelter.nominal or 0, load=standing.occupied or 0,
        refuses=_refusal(policy, standing, local, 100 if trusting else percent, now), admits=admits or shelter.admits,
        accessible=_all_places(free) if "accessible" in shelter.services else (),
    )  # fmt: skip


def _counted(free: int, percent: int | None, trusting: int) -> int:
    """The places that are counted on, and those more for whose people the house said that its figure is true."""
    return min(free, discounted(free, percent or 0) + trusting)


def _offered(standing: Standing, places: Ledger) -> set[Section]:
    """The sections of which it tells a figure, and those with places for emergencies that count."""
    return {s for s in places if s in (standing.available or {}) or any(night.surge for night in places[s])}


def _all_places(free: dict[Section, tuple[int, ...]]) -> tuple[int, ...]:
    return tuple(sum(night) for night in zip(*free.values(), strict=True)) or (0,)


def _refusal(policy: Policy, standing: Standing, local: datetime, percent: int | None, now: datetime) -> Reason | None:
    """Why this shelter takes nobody now, whatever else it has; the first of the reasons."""
    shelter = standing.shelter
    if shelter.closed:
        return Reason(code="closed")
    if shelter.kind == "attention_point":
        return Reason(code="no_beds")
    if standing.available is None:
        return Reason(code="no_known_figure")
    if percent is None:
        return stale_figure(standing, policy, now)
    admits = admits_now(policy, shelter, local)
    if admits is None:
        start, until = intake_hours(policy, shelter, local) or ("", "")
        return Reason(code="intake_over", details={"from": start, "until": until})
    return None if admits else Reason(code="admits_nobody_now")
