"""The picture against a recount from scratch, after any sequence of wishes, kept or refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from realm import COOK, EMPTY, GALILEA, SDH, Night, alarms, opened, plain, replayed

from caravan import commands as c
from caravan import events as e
from caravan.basics import Refusal
from caravan.coordination.placing import plan_for
from caravan.fold import fold
from caravan.groups import reconcile
from caravan.picture import Picture, mint
from caravan.shelters.model import LIVE, WAITING_FOR_PEOPLE

_START = opened()

# ------------------------------------------------------------------------------------------- wishes, kept or refused


def _pick(things: list[str], n: int) -> str:
    return things[n % len(things)] if things else "nobody"


def _groups(picture: Picture) -> list[str]:
    return sorted(picture.groups, key=lambda g: (picture.groups[g].registered_at, g))


def _group(picture: Picture, n: int) -> str:
    return _pick(_groups(picture), n)


def _placement(picture: Picture, n: int) -> str:
    return _pick(sorted(picture.placements), n)


def _order(picture: Picture, n: int) -> str:
    return _pick(sorted(picture.orders), n)


def _arrival(p: Picture, a: int, b: int) -> c.Command:
    people = 1 + a % 60
    alone = b % 3 if b % 5 == 0 else None
    return c.ReportArrival(
        station=("leon", "celaya")[b % 2], people=people, declared_by="Brigada", asylum=a % 4 or None,
        unaccompanied=None if alone is None else min(alone, people),
    )  # fmt: skip


def _plan(p: Picture, a: int, b: int) -> c.Command:
    at = p.at or _START.now
    return plan_for(p, c.ProposePlacement(group=_group(p, a)), at)


def _confirm(p: Picture, a: int, b: int) -> c.Command:
    group = _group(p, a)
    plan = p.plans.get(group)
    only = (plan.parts[b % len(plan.parts)].shelter,) if plan is not None and plan.parts and b % 3 == 0 else ()
    return c.ConfirmPlacement(group=group, plan="none" if plan is None else plan.plan, shelters=only)


def _departure(p: Picture, a: int, b: int) -> c.Command:
    placement = p.placements.get(_placement(p, a)) if b % 3 else None
    return c.RecordDeparture(
        group=placement.group if placement is not None else _group(p, a), people=1 + b % 25, outcome="left",
        destination="SLP", source="Brigada", placement=placement.id if placement is not None else None,
    )  # fmt: skip


def _occupancy(p: Picture, a: int, b: int) -> c.Command:
    shelter = _pick(sorted(EMPTY), a)
    if b % 4 == 0:
        return c.ReportOccupancy(shelter=shelter, occupied=b % 60)
    told: dict[Any, int] = {section: b % (n + 1) for section, n in EMPTY[shelter].items()}
    return c.ReportOccupancy(shelter=shelter, available=told)


WISHES: dict[str, Callable[[Picture, int, int], c.Command]] = {
    "arrive": _arrival,
    "count": lambda p, a, b: c.RecordCount(
        group=_group(p, a),
        people=1 + b % 90,
        method=("declared", "headcount", "beds")[b % 3],
        source="Lista",
        whole=b % 4 != 0,
    ),
    "asylum": lambda p, a, b: c.RecordAsylumWish(group=_group(p, a), people=1 + b % 9),
    "depart": _departure,
    "merge": lambda p, a, b: c.MergeGroups(group=_group(p, a), into=_group(p, b), reason="El mismo autobús"),
    "split": lambda p, a, b: c.SplitGroup(group=_group(p, a), people=1 + b % 20, reason="Van a otra parte"),
    "annul": lambda p, a, b: c.AnnulGroup(group=_group(p, a), reason="Error"),
    "plan": _plan,
    "confirm": _confirm,
    "accept": lambda p, a, b: c.AcceptPlacement(placement=_placement(p, a)),
    "decline": lambda p, a, b: c.DeclinePlacement(placement=_placement(p, a), reason="Sin personal"),
    "come": lambda p, a, b: c.RecordPlacementArrival(placement=_placement(p, a), people=b % 50),
    "withdraw": lambda p, a, b: c.WithdrawPlacement(placement=_placement(p, a), reason="Ya no"),
    "report": _occupancy,
    "order": lambda p, a, b: c.OrderMeals(group=_group(p, a), service="dinner"),
    "serve": lambda p, a, b: c.RecordMealsServed(order=_order(p, a), rations=b % 40),
    "cancel": lambda p, a, b: c.CancelMeals(order=_order(p, a), reason="Sin gas"),
    "task": lambda p, a, b: c.CompleteTask(task=_pick(sorted(p.tasks), a), evidence="folio 1"),
    "verify": lambda p, a, b: c.ActivateProtocol(station=("leon", "celaya")[a % 2], reason="Llegan más"),
    "conclude": lambda p, a, b: c.SendEvent(
        event="entregar_pendientes", group=_group(p, a), payload={"constancia": "folio"}
    ),
    "wait": lambda p, a, b: c.PassTime(),
}
_OFTEN = ["arrive", "plan", "confirm", "come", "depart"]
wishes = st.lists(
    st.tuples(st.sampled_from([*WISHES, *_OFTEN, *_OFTEN]), st.integers(0, 999), st.integers(0, 999)),
    min_size=5,
    max_size=40,
)


def _night() -> Night:
    night = Night(_START.picture, _START.now)
    night.journal = list(_START.journal)
    return night


def _wish(night: Night, name: str, a: int, b: int) -> list[e.Event]:
    """The facts that follow; none for a wish that was refused."""
    night.now += timedelta(minutes=(b % 120) if name == "wait" else 1)
    before = night.picture
    try:
        outcome = night.do(WISHES[name](night.picture, a, b), SDH)
    except Refusal:
        assert night.picture is before
        return []
    return list(outcome.events)


# ------------------------------------------------------------------------------------------------ the recount


def _totals_recounted(picture: Picture) -> None:
    for run in (picture.activations[i] for i in picture.activations):
        groups = [g for i in picture.groups if (g := picture.groups[i]).activation == run.id]
        in_care = [g for g in groups if g.status == "open"]
        assert run.open_groups == len(in_care)
        assert run.people == sum(max(0, g.people - sum(d.people for d in g.departures)) for g in in_care)
        assert run.unplaced == sum(g.unplaced for g in in_care)
        assert run.attended == sum(g.people for g in groups if g.status in ("open", "concluded"))
        assert sorted(run.groups) == sorted(g.id for g in groups)


def _groups_recounted(picture: Picture) -> None:
    for group in (picture.groups[i] for i in picture.groups):
        theirs = [p for i in picture.placements if (p := picture.placements[i]).group == group.id]
        assert sorted(group.placements) == sorted(p.id for p in theirs)
        assert group.hosted == sum(p.came - p.left for p in theirs if p.status == "arrived" and p.came is not None)
        assert group.promised == group.hosted + sum(
            p.people for p in theirs if p.status in WAITING_FOR_PEOPLE and p.moves_from is None
        )
        parts = reconcile(group)
        there = parts.hosted + parts.elsewhere + parts.left + parts.transferred + parts.hospital + parts.unknown
        assert parts.arrived == there == group.people
        if group.status == "open":
            accounted = group.promised + group.departed
            assert group.unplaced + accounted == max(group.people, accounted)


def _shelters_recounted(picture: Picture) -> None:
    for ident in picture.shelters:
        standing = picture.shelters[ident]
        kept = Counter[str]()
        for placement in (picture.placements[i] for i in picture.placements):
            if placement.shelter == ident and placement.status in WAITING_FOR_PEOPLE:
                kept.update(placement.beds)
        assert standing.committed == {section: n for section, n in kept.items() if n}
        assert min([0, *(standing.available or {}).values()]) == 0
        assert standing.excess >= 0
        assert {p.id for p in picture.placements_in(ident)} == {
            p.id for i in picture.placements
            if (p := picture.placements[i]).shelter == ident and p.status in LIVE and p.promised
        }  # fmt: skip


def _kitchens_recounted(picture: Picture) -> None:
    for ident in picture.kitchens:
        asked = Counter[str]()
        for order in (picture.orders[i] for i in picture.orders):
            assert order.id in picture.orders_in[order.group]
            if order.kitchen == ident and order.status != "cancelled":
                asked[f"{order.day.isoformat()}/{order.service}"] += order.rations
        assert {k: n for k, n in picture.kitchens[ident].committed.items() if n} == {
            k: n for k, n in asked.items() if n
        }
        for rations in picture.kitchens[ident].rations.values():
            assert all(n <= rations for n in asked.values())


def _alarms_recounted(picture: Picture) -> None:
    owners = [*(f"instance:{i}" for i in picture.instances), *(f"placement:{p}" for p in picture.placements)]
    due = [(at, owner) for owner in owners if (at := picture.due_of(owner)) is not None]
    head = picture.next_alarm
    assert (None if head is None else (head.due, head.key)) == min(due, default=None)
    assert set(due) <= set(alarms(picture.alarms))


# --------------------------------------------------------------------------------------------------- the sentences


@settings(max_examples=150, derandomize=True, deadline=None)
@given(wishes)
def test_every_total_equals_a_recount_whatever_was_asked(asked: list[tuple[str, int, int]]) -> None:
    night = _night()
    for name, a, b in asked:
        _wish(night, name, a, b)
    _totals_recounted(night.picture)
    _groups_recounted(night.picture)
    _shelters_recounted(night.picture)
    _kitchens_recounted(night.picture)
    _alarms_recounted(night.picture)


@settings(max_examples=150, derandomize=True, deadline=None)
@given(wishes)
def test_a_journal_read_back_folds_to_the_same_picture(asked: list[tuple[str, int, int]]) -> None:
    night = _night()
    for name, a, b in asked:
        _wish(night, name, a, b)
    assert plain(replayed(night.journal)) == plain(night.picture)


@settings(max_examples=150, derandomize=True, deadline=None)
@given(wishes)
def test_no_promise_overfills_a_shelter(asked: list[tuple[str, int, int]]) -> None:
    night = _night()
    for name, a, b in asked:
        before = night.picture
        for event in _wish(night, name, a, b):
            if isinstance(event, e.PlacementHeld):
                standing = before.shelters[event.placement.shelter]
                free = standing.free or {}
                assert all(beds <= free[section] for section, beds in event.placement.beds.items())
                assert sum(event.placement.beds.values()) == event.placement.people
        for standing in (night.picture.shelters[i] for i in night.picture.shelters):
            assert sum((standing.free or {}).values()) <= sum((standing.available or {}).values())


@settings(max_examples=150, derandomize=True, deadline=None)
@given(wishes)
def test_places_are_neither_made_nor_lost_between_two_reports(asked: list[tuple[str, int, int]]) -> None:
    night = _night()
    known = {shelter: sum(sections.values()) for shelter, sections in EMPTY.items()}
    for name, a, b in asked:
        for event in _wish(night, name, a, b):
            if isinstance(event, e.OccupancyReported):
                known[event.shelter] = sum((event.available or {}).values()) + _lying(night.picture, event.shelter)
        for shelter, places in known.items():
            assert (
                sum((night.picture.shelters[shelter].available or {}).values()) + _lying(night.picture, shelter)
                == places
            )


def _lying(picture: Picture, shelter: str) -> int:
    return sum(sum(p.beds.values()) for p in picture.placements_in(shelter) if p.status == "arrived")


@settings(max_examples=150, derandomize=True, deadline=None)
@given(wishes)
def test_no_id_is_ever_given_twice(asked: list[tuple[str, int, int]]) -> None:
    night = _night()
    for name, a, b in asked:
        _wish(night, name, a, b)
    given_out = [ident for event, _ in night.journal for ident in _ids(event)]
    assert len(given_out) == len(set(given_out))
    picture = Picture()
    for event, at in night.journal:
        before, picture = picture, fold(picture, event, at)
        assert picture.minted - before.minted == len(_ids(event))
    assert mint(night.picture, "g") not in given_out


def _ids(event: e.Event) -> list[str]:
    match event:
        case e.ActivationOpened(activation=ident):
            return [ident]
        case e.TaskOpened(task=made) | e.NoticeQueued(notice=made) | e.MealsOrdered(order=made):
            return [made.id]
        case e.PlanProposed(plan=plan, parts=parts):
            return [plan, *(part.id for part in parts)]
        case e.GroupArrived(group=group):
            return [group.id, *(count.id for count in group.counts)]
        case e.CountRecorded(count=count):
            return [count.id]
        case e.GroupSplit(part=part, count=count):
            return [part.id, count.id, *(each.id for each in part.counts)]
        case _:
            return []


def test_every_kind_of_fact_folds() -> None:
    journal = [event for event, _ in _START.journal]
    assert {type(event) for event in journal} <= set(e.Event.__subclasses__())
    assert len(_START.journal) == _START.picture.seq


def test_the_same_wishes_at_the_same_hours_give_the_same_facts() -> None:
    nights = [opened(), opened()]
    for night in nights:
        night.lodges(night.arrives(83))
    assert [e.encode(event) for event, _ in nights[0].journal] == [e.encode(event) for event, _ in nights[1].journal]


def test_places_whose_people_are_gone_take_in_those_who_lay_on_the_floor() -> None:
    night = _night()
    first = night.holds(night.arrives(25), "galilea")[0]
    night.do(c.ReportOccupancy(shelter="casa_dif", available={}))
    late = night.holds(night.arrives(5), "galilea")[0]
    night.do(c.RecordPlacementArrival(placement=first, people=30), GALILEA)
    night.do(c.RecordPlacementArrival(placement=late, people=12), GALILEA)
    assert night.picture.shelters["galilea"].excess == 12
    night.do(c.WithdrawPlacement(placement=first, reason="Salieron"))
    assert (night.picture.shelters["galilea"].excess, night.free("galilea")) == (0, 18)
    night.do(c.WithdrawPlacement(placement=late, reason="Salieron"))
    assert night.free("galilea") == 30


def test_rations_never_served_do_not_count_as_a_meal() -> None:
    night = _night()
    group = night.arrives(20)
    night.do(c.OrderMeals(group=group, service="dinner"))
    order = night.picture.orders_in[group][0]
    night.do(c.RecordMealsServed(order=order, rations=0), COOK)
    assert night.group(group).fed_at is None
