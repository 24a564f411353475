"""Placement against an enumeration of every possible placement, written from the definitions and sharing no rule
with the code."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import product

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from caravan.basics import Reason, Refusal
from caravan.shelters.assign import ENGINES, Engine, assign
from caravan.shelters.measure import measure
from caravan.shelters.plan import Assigned, Need, Offer, Plan
from caravan.shelters.policy import LEVELS, Policy

Choice = tuple[Offer, dict[str, int], int]

# --- every possible placement ----------------------------------------------------------------------------------------


def ways(need: Need) -> Iterator[tuple[dict[str, int], int]]:
    size, men = need.size, need.adult_men
    if need.kind == "uam":
        yield {"uam": size}, 0
        return
    yield {"mix": size}, 0
    if need.kind == "men":
        yield {"men": size}, 0
    elif need.kind == "wom":
        yield from (({"wom": size}, 0), ({"fam": size}, 0))
    else:
        yield {"fam": size}, 0
        if men == 0:
            yield {"wom": size}, 0
        elif need.men_apart:
            yield {"fam": size - men, "men": men}, size
            yield {"wom": size - men, "men": men}, size


def choices(need: Need, offers: list[Offer]) -> list[Choice | None]:
    found: list[Choice | None] = [None]
    for offer in offers:
        lawful = need.kind != "uam" or "dif" in offer.offers
        near = need.hub in offer.distance_hm
        able = offer.refuses is None and need.kind in offer.admits and set(need.needs) <= set(offer.offers)
        if not (lawful and near and able) or need.pinned not in (None, offer.shelter) or offer.max_stay_nights == 0:
            continue
        for beds, points in ways(need):
            if all(section in offer.free for section, count in beds.items() if count):
                found.append((offer, beds, points))
    return found


def vector_of(
    needs: list[Need], picks: tuple[Choice | None, ...], offers: list[Offer], policy: Policy
) -> tuple[int, ...] | None:
    """The levels in order, with pins before them; ``None`` where a place would be taken twice."""
    used: dict[tuple[str, str, int], int] = defaultdict(int)
    ordinary: dict[tuple[str, str, int], int] = defaultdict(int)
    homes: dict[str, set[str | None]] = defaultdict(set)
    pin = u1 = u2 = far = chg = soft = dist = bal = 0
    people: dict[str, int] = defaultdict(int)
    for need, pick in zip(needs, picks, strict=True):
        n = need.size
        if need.kind != "uam" and not need.solo:
            homes[need.group].add(pick[0].shelter if pick else None)
        if need.proposed is not None and (pick is None or pick[0].shelter != need.proposed):
            chg += n
        if pick is None:
            pin, u1, u2 = pin + n * (need.pinned is not None), u1 + n * need.priority, u2 + n
            continue
        offer, beds, points = pick
        people[offer.shelter] += n
        hm = offer.distance_hm[need.hub]
        far += n * (need.hub in offer.far or (policy.far_hm is not None and hm > policy.far_hm))
        dist += n * hm
        moves = offer.max_stay_nights is not None and need.nights > offer.max_stay_nights
        strange = need.language is not None and need.language not in offer.languages
        soft += points + n * moves + n * strange + n * (need.pet and not offer.pets)
        horizon = max(len(nights) for nights in offer.free.values())
        for night in range(min(need.nights, horizon, offer.max_stay_nights or need.nights)):
            used[offer.shelter, "accessible", night] += need.accessible
            for section, count in beds.items():
                used[offer.shelter, section, night] += count
                ordinary[offer.shelter, section, night] += count * (not need.priority)
    for offer in offers:
        for (shelter, section, night), count in used.items():
            if shelter == offer.shelter and count:
                free = offer.accessible if section == "accessible" else offer.free[section]
                kept = 0 if section == "accessible" else offer.kept.get(section, 0)
                if count > free[night] or ordinary[shelter, section, night] > max(0, free[night] - kept):
                    return None
        cap = offer.nominal or offer.load + sum(nights[0] for nights in offer.free.values())
        for load, sign in ((offer.load + people[offer.shelter], 1), (offer.load, -1)):
            bal += sign * (max(0, 20 * load - 17 * cap) + 3 * max(0, 20 * load - 19 * cap))
    spl = sum(len(places) - 1 for places in homes.values())
    return pin, u1, u2, far, spl, chg, soft, dist, bal


def best_vector(needs: list[Need], offers: list[Offer], policy: Policy) -> tuple[int, ...]:
    all_picks = product(*(choices(need, offers) for need in needs))
    return min(v for picks in all_picks if (v := vector_of(needs, picks, offers, policy)) is not None)


def levels(plan: Plan) -> tuple[int, ...]:
    return tuple(getattr(plan.vector, level) for level in ("PIN", *LEVELS))


# --- small random nights ---------------------------------------------------------------------------------------------

few = st.integers(0, 5)
HUBS = ["leon", "celaya"]


@st.composite
def shelters(draw: st.DrawFn, name: str, nights: int) -> Offer:
    sections = draw(st.sets(st.sampled_from(["fam", "wom", "men", "uam", "mix"]), min_size=1))
    figures = st.tuples(*[few] * nights)
    return Offer(
        shelter=name,
        free={section: draw(figures) for section in sorted(sections)},
        accessible=draw(st.tuples(*[st.integers(0, 2)] * nights)),
        distance_hm=draw(st.dictionaries(st.sampled_from(HUBS), st.sampled_from([15, 40, 300, 450]), min_size=1)),
        far=draw(st.sampled_from([(), (), (), ("leon",), ("celaya",)])),
        max_stay_nights=draw(st.sampled_from([None, None, 1, 2])),
        offers=draw(st.sampled_from([(), ("medical",), ("dif",), ("dif", "medical")])),
        languages=draw(st.sampled_from([("es",), ("es", "ht")])),
        pets=draw(st.booleans()),
        nominal=draw(st.sampled_from([0, 8, 12])),
        load=draw(few),
        refuses=Reason(code="closed") if draw(st.integers(0, 9)) == 0 else None,
        admits=draw(st.sampled_from([("fam", "wom", "men"), ("fam", "wom", "men", "uam"), ("fam", "uam")])),
        kept=draw(st.sampled_from([{}, {}, {"fam": 1, "men": 2}])),
    )


@st.composite
def households(draw: st.DrawFn, number: int, names: list[str]) -> Need:
    kind = draw(st.sampled_from(["fam", "fam", "wom", "men", "men", "uam"]))
    size = draw(st.integers(2, 4) if kind == "fam" else st.integers(1, 2))
    return Need(
        household=f"h{number}",
        group=draw(st.sampled_from(["A", "A", "B"])),
        kind=kind,
        size=size,
        adult_men=draw(st.integers(0, 1)) if kind == "fam" else 0,
        accessible=draw(st.sampled_from([0, 0, 0, 1])),
        needs=draw(st.sampled_from([(), (), (), ("medical",)])),
        language=draw(st.sampled_from([None, "es", "ht"])),
        pet=draw(st.integers(0, 4)) == 0,
        nights=draw(st.integers(1, 3)),
        priority=draw(st.booleans()),
        solo=draw(st.integers(0, 5)) == 0,
        pinned=draw(st.sampled_from([None, None, None, *names])) if kind != "uam" else None,
        proposed=draw(st.sampled_from([None, None, *names])),
        hub=draw(st.sampled_from(HUBS)),
    )


@st.composite
def small_nights(draw: st.DrawFn) -> tuple[list[Need], list[Offer], Policy]:
    names = ["S1", "S2", "S3"][: draw(st.integers(1, 3))]
    nights = draw(st.integers(1, 2))
    offers = [draw(shelters(name, nights)) for name in names]
    needs = [draw(households(number, names)) for number in range(draw(st.integers(0, 5)))]
    return needs, offers, Policy(far_hm=draw(st.sampled_from([300, 300, None])))


def check_every_promise(plan: Plan) -> None:
    """Nobody lost or twice, nobody cut, no place given twice, no child alone outside DIF."""
    by_id = {need.household: need for need in plan.needs}
    offers = {offer.shelter: offer for offer in plan.offers}
    told = [a.household for a in plan.assigned] + list(plan.unplaced)
    assert sorted(told) == sorted(by_id)
    used: dict[tuple[str, str, int], int] = defaultdict(int)
    for a in plan.assigned:
        need, offer = by_id[a.household], offers[a.shelter]
        assert sum(a.beds.values()) == need.size
        if need.kind == "uam":
            assert "dif" in offer.offers and a.beds == {"uam": need.size}
        else:
            assert "uam" not in a.beds
        for section, count in a.beds.items():
            used[a.shelter, section, 0] += count
    for (shelter, section, night), count in used.items():
        assert count <= offers[shelter].free[section][night]


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(small_nights())
def test_no_other_placement_is_better(night: tuple[list[Need], list[Offer], Policy]) -> None:
    needs, offers, policy = night
    plan = assign(needs, offers, policy)
    assert levels(plan) == best_vector(needs, offers, policy)
    assert set(plan.status.values()) == {"optimal"}
    check_every_promise(plan)


@st.composite
def plain_nights(draw: st.DrawFn) -> tuple[list[Need], list[Offer], Policy]:
    """Many alike, in two groups, in houses that differ only in places, load and distance."""
    needs = [
        Need(household=f"h{i}", group=draw(st.sampled_from("AB")), kind="men", size=draw(st.integers(1, 2)))
        for i in range(draw(st.integers(2, 6)))
    ]
    offers = [
        Offer(
            shelter=f"s{i}",
            free={"mix": (draw(st.integers(1, 7)),)},
            distance_hm={"": draw(st.sampled_from([20, 20, 30]))},
            load=draw(st.integers(0, 9)),
        )
        for i in range(draw(st.integers(2, 3)))
    ]
    return needs, offers, Policy(levels=draw(st.sampled_from([LEVELS, ("U2", "BAL"), ("U2", "SPL", "BAL")])))


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(plain_nights())
def test_no_other_placement_of_people_who_are_alike_is_better(night: tuple[list[Need], list[Offer], Policy]) -> None:
    needs, offers, policy = night
    all_levels = ("PIN", *LEVELS)
    asked = [all_levels.index(level) for level in policy.levels]
    all_picks = product(*(choices(need, offers) for need in needs))
    found = [v for picks in all_picks if (v := vector_of(needs, picks, offers, policy)) is not None]
    plan = assign(needs, offers, policy)
    assert [levels(plan)[i] for i in asked] == min([v[i] for i in asked] for v in found)
    check_every_promise(plan)


@settings(max_examples=50, deadline=None, derandomize=True, database=None)
@given(small_nights())
def test_the_order_in_which_people_and_shelters_are_told_changes_nothing(
    night: tuple[list[Need], list[Offer], Policy],
) -> None:
    needs, offers, policy = night
    first, again = assign(needs, offers, policy), assign(needs[::-1], offers[::-1], policy)
    assert msgspec.json.encode(first) == msgspec.json.encode(again)


# --- the known nights ------------------------------------------------------------------------------------------------


def family(name: str, size: int = 4, **more: object) -> Need:
    return msgspec.convert({"household": name, "group": "bus", "kind": "fam", "size": size} | more, Need)


def house(name: str, hm: int = 20, **more: object) -> Offer:
    return msgspec.convert({"shelter": name, "distance_hm": {"": hm}, "free": {"mix": [30]}} | more, Offer)


def bus(families: int, women: int, men: int, *, group: str = "bus") -> list[Need]:
    return [
        *(
            family(f"{group}-f{i:02}", 3 + i % 3, adult_men=i % 2, group=group, priority=i % 4 == 0)
            for i in range(families)
        ),
        *(Need(household=f"{group}-w{i:02}", group=group, kind="wom", size=1 + i % 2) for i in range(women)),
        *(Need(household=f"{group}-m{i:02}", group=group, kind="men", size=1) for i in range(men)),
    ]


def test_of_83_people_at_galilea_where_30_were_expected_30_sleep_and_53_are_told() -> None:
    """AM-GAL: 30 expected, 83 came. The house publishes one number."""
    needs = [
        *(family(f"f{i}", 3) for i in range(4)),
        *(Need(household=f"m{i:02}", group="bus", kind="men", size=1) for i in range(71)),
    ]
    plan = assign(needs, [house("galilea", max_stay_nights=3)], Policy())
    assert sum(need.size for need in needs) == 83
    assert plan.vector.U2 == 53
    assert plan.vector.SPL == 1
    check_every_promise(plan)


def test_104_people_in_six_shelters_are_placed_exactly() -> None:
    needs = [*bus(9, 16, 25, group="bus-1"), *bus(2, 4, 6, group="bus-2")]
    offers = [
        house("abba", 450, free={"mix": [20]}, offers=["medical"], far=[""]),
        house("coecillo", 35, free={"fam": [16], "men": [14], "wom": [6]}),
        house("galilea", 22, free={"fam": [12], "men": [10], "wom": [8]}, max_stay_nights=3),
        house("irapuato", 640, free={"mix": [12]}, far=[""]),
        house("parroquia", 60, free={"mix": [9]}),
        house("salamanca", 800, free={"mix": [14]}, far=[""]),
    ]
    plan = assign(needs, offers, Policy())
    assert sum(need.size for need in needs) == 104
    assert plan.vector.U2 == 0
    assert plan.vector.FAR == 104 - 75, "every place of the municipality is used"
    assert set(plan.status.values()) == {"optimal"}
    check_every_promise(plan)


def test_a_family_is_never_cut_even_when_its_places_are_free_in_two_houses() -> None:
    plan = assign([family("f", 4)], [house("a", free={"fam": [2]}), house("b", free={"fam": [2]})], Policy())
    assert plan.unplaced == ("f",)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_father_stays_with_his_children_where_no_woman_would(engine: Engine) -> None:
    father = Need(household="f", group="bus", kind="fam", size=3, adult_men=1, men_apart=False)
    parents = replace(father, household="g", men_apart=True)
    narrow = Offer(shelter="narrow", free={"fam": (2,), "men": (9,)}, distance_hm={"": 1})
    wide = Offer(shelter="wide", free={"fam": (3,)}, distance_hm={"": 90})
    assert assign([father], [narrow], Policy(), engine=engine).unplaced == ("f",)
    both = assign([father, parents], [narrow, wide], Policy(), engine=engine).assigned
    assert [(a.household, a.shelter) for a in both] == [("f", "wide"), ("g", "narrow")]


def test_a_whole_bus_stays_together_a_little_farther_away() -> None:
    offers = [house("near", 5, free={"mix": [10]}), house("large", 60, free={"mix": [40]})]
    plan = assign(bus(3, 4, 5), offers, Policy())
    assert {a.shelter for a in plan.assigned} == {"large"}
    assert plan.vector.SPL == 0


def test_a_bus_is_split_rather_than_sent_to_another_municipality() -> None:
    here = [house("a", 5, free={"mix": [10]}), house("b", 9, free={"mix": [12]})]
    plan = assign(bus(3, 4, 3), [*here, house("celaya", 900, free={"mix": [80]}, far=[""])], Policy())
    assert plan.vector.FAR == 0
    assert plan.vector.SPL == 1


def test_priority_people_sleep_first_when_places_are_few() -> None:
    needs = [family("large", 5), family("small", 3, priority=True)]
    plan = assign(needs, [house("a", free={"fam": [5]})], Policy())
    assert [a.household for a in plan.assigned] == ["small"]


def test_places_kept_for_priority_people_are_given_to_no_other() -> None:
    needs = [Need(household=f"m{i}", group="bus", kind="men", size=1) for i in range(10)]
    kept = [house("a", free={"men": [10]}, kept={"men": 3}, kept_until="21:00")]
    assert assign(needs, kept, Policy()).vector.U2 == 3
    priority = [replace(need, priority=True) for need in needs]
    assert assign(priority, kept, Policy()).vector.U2 == 0


def test_a_proposal_not_yet_confirmed_is_kept_when_nothing_is_gained_by_changing_it() -> None:
    needs = [family("f", 4, proposed="b")]
    assert assign(needs, [house("a", 5), house("b", 15)], Policy()).assigned[0].shelter == "b"


def test_a_family_that_stays_two_nights_needs_its_places_on_both() -> None:
    offers = [house("a", 5, free={"fam": [4, 1]}), house("b", 50, free={"fam": [4, 4]})]
    assert assign([family("f", 4, nights=2)], offers, Policy()).assigned[0].shelter == "b"
    assert assign([family("f", 4, nights=1)], offers, Policy()).assigned[0].shelter == "a"


def test_a_shelter_out_of_reach_of_the_station_takes_nobody() -> None:
    men = [Need(household="m", group="bus", kind="men", size=1, hub="celaya")]
    assert assign(men, [house("a")], Policy()).unplaced == ("m",)
    assert assign(men, [house("a", distance_hm={"celaya": 40})], Policy()).unplaced == ()


def test_a_scarce_place_is_left_to_those_who_will_need_it_where_the_policy_says_so() -> None:
    woman = [Need(household="w", group="bus", kind="wom", size=1)]
    offers = [house("a", 5, free={"fam": [4]}, prices={"fam": 800}), house("b", 90, free={"wom": [4]})]
    assert assign(woman, offers, Policy()).assigned[0].shelter == "a"
    scarce = Policy(levels=("U1", "U2", "FAR", "PRICE", "SPL", "CHG", "SOFT", "DIST", "BAL"))
    assert assign(woman, offers, scarce).assigned[0].shelter == "b"


# --- children and pins -----------------------------------------------------------------------------------------------

CHILD = Need(household="child", group="bus", kind="uam", size=1, priority=True)
DIF = house("dif", 90, free={"uam": [6], "fam": [8]}, offers=["dif"], admits=["fam", "uam"])


def test_a_child_alone_sleeps_only_in_the_dif_and_apart_from_adults() -> None:
    plan = assign([CHILD, *bus(1, 1, 2)], [house("near", 5, offers=["medical"]), DIF], Policy())
    where = {a.household: (a.shelter, a.beds) for a in plan.assigned}
    assert where["child"] == ("dif", {"uam": 1})
    assert plan.vector.SPL == 0


def test_a_child_alone_stays_without_a_place_rather_than_among_adults() -> None:
    plan = assign([CHILD], [house("near", 5), house("dif", offers=["dif"], admits=["fam", "uam"])], Policy())
    assert plan.unplaced == ("child",)


@pytest.mark.parametrize("shelter", ["near", "unheard-of"])
def test_nobody_may_pin_a_child_alone_outside_the_dif(shelter: str) -> None:
    with pytest.raises(Refusal) as refused:
        assign([replace(CHILD, pinned=shelter)], [house("near"), DIF], Policy())
    assert refused.value.code == "pin_breaks_law"
    assert refused.value.details == {"household": "child", "shelter": shelter}


def test_whom_an_official_pinned_goes_there_before_all_others() -> None:
    needs = [family("a", 4, priority=True), family("b", 4, pinned="near")]
    plan = assign(needs, [house("near", free={"fam": [4]}), house("else", 90, free={"fam": [4]})], Policy())
    assert {a.household: a.shelter for a in plan.assigned} == {"a": "else", "b": "near"}


def test_a_pin_to_a_full_shelter_leaves_the_household_without_a_place_and_says_so() -> None:
    plan = assign([family("a", 4, pinned="near")], [house("near", free={"fam": [2]}), house("else")], Policy())
    assert plan.unplaced == ("a",)
    assert plan.vector.PIN == 4


# --- nothing and nonsense --------------------------------------------------------------------------------------------


def test_where_nobody_waits_or_nothing_is_open_the_answer_is_still_a_plan() -> None:
    closed = house("a", refuses={"code": "closed"})
    assert assign([], [closed], Policy()).assigned == ()
    assert assign([family("f")], [], Policy()).unplaced == ("f",)
    assert assign([family("f")], [closed], Policy()).vector.U2 == 4


def test_the_same_household_cannot_be_asked_for_twice() -> None:
    with pytest.raises(ValueError, match="twice"):
        assign([family("f"), family("f")], [house("a")], Policy())


@pytest.mark.parametrize(
    "wrong", [{"size": 0}, {"size": 2, "adult_men": 3}, {"size": 2, "accessible": 3}, {"size": 2, "nights": 0}]
)
def test_a_household_without_people_nights_or_sense_is_not_a_household(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="household"):
        Need(household="f", group="bus", kind="fam", **wrong)


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ([("f", "a", "F", {"fam": 4}), ("f", "a", "F", {"fam": 4})], "placed twice"),
        ([("x", "a", "F", {"fam": 4})], "unknown"),
        ([("f", "a", "F", {"fam": 3})], "cannot sleep"),
        ([("f", "a", "F", {"fam": 4}), ("g", "a", "F", {"fam": 4})], "overfilled"),
        ([("h", "a", "F", {"fam": 1})], "pinned"),
        ([("c", "a", "F", {"fam": 1})], "uam_only_dif"),
    ],
)
def test_the_check_rejects_a_placement_that_breaks_a_rule(
    wrong: list[tuple[str, str, str, dict[str, int]]], complaint: str
) -> None:
    needs = [family("f"), family("g"), family("h", 1, pinned="b"), replace(CHILD, household="c")]
    offers = [house("a", free={"fam": [6]}), house("b")]
    assigned = [
        msgspec.convert({"household": h, "group": "bus", "shelter": s, "mode": m, "beds": beds}, Assigned)
        for h, s, m, beds in wrong
    ]
    with pytest.raises(ValueError, match=complaint):
        measure(needs, offers, Policy(), assigned)


def test_a_search_that_is_cut_short_says_so_and_still_breaks_no_rule() -> None:
    needs = [*bus(9, 16, 26, group="bus-1"), *bus(5, 8, 9, group="bus-2")]
    offers = [house(f"s{i}", 20 + 7 * i, free={"fam": [7 + i], "men": [8], "wom": [5]}) for i in range(6)]
    plan = assign(needs, offers, Policy(node_limit=0))
    assert "feasible" in plan.status.values()
    check_every_promise(plan)
