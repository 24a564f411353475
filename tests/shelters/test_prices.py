"""What a place will be worth to those still to come, against what one more or one less of it really changes."""

from __future__ import annotations

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from caravan.shelters.assign import assign
from caravan.shelters.model import SECTIONS, Admission, Section
from caravan.shelters.plan import NIGHT_APART, Need, Offer, Plan
from caravan.shelters.policy import Level, Policy
from caravan.shelters.prices import PERSON, PRIORITY, Prices, forecast, starting_prices, with_prices

LEVELS: tuple[Level, ...] = ("U1", "U2", "FAR", "SPL", "PRICE", "CHG", "SOFT", "DIST", "BAL")
POLICY = Policy(far="distance", far_hm=None, levels=LEVELS)


def need(name: str, kind: Admission = "men", size: int = 1, *, priority: bool = False, adult_men: int = 0) -> Need:
    return Need(
        household=name, group=name, kind=kind, size=size, priority=priority, adult_men=adult_men, solo=True, hub="leon"
    )


def house(name: str, hm: int = 10, *, offers: tuple[str, ...] = (), accessible: int = 0, **free: int) -> Offer:
    return with_sections(
        name, {section: free[section] for section in SECTIONS if section in free}, hm, offers, accessible
    )


def with_sections(
    name: str, free: dict[Section, int], hm: int = 10, offers: tuple[str, ...] = (), accessible: int = 0
) -> Offer:
    return Offer(
        shelter=name, free={section: (n,) for section, n in free.items()}, distance_hm={"leon": hm}, offers=offers, admits=("fam", "wom", "men", "uam"),
        accessible=(accessible,) if accessible else (),
    )  # fmt: skip


def bid_prices(waiting: list[Need], futures: list[list[Need]], offers: list[Offer]) -> Prices:
    return forecast(waiting, futures, offers, POLICY).prices


def families(count: int, *, priority: bool = False) -> list[Need]:
    return [need(f"f{n}", "fam", 2, priority=priority) for n in range(count)]


def where(plan: Plan) -> dict[str, tuple[str, dict[Section, int]]]:
    return {a.household: (a.shelter, a.beds) for a in plan.assigned}


# --- prices from what is expected ------------------------------------------------------------------------------------


def test_a_place_of_which_there_are_enough_costs_nothing() -> None:
    assert bid_prices([], [families(2)], [house("a", fam=10, men=3)]) == {}


def test_a_place_that_somebody_will_lack_is_worth_a_person() -> None:
    assert bid_prices([], [families(4)], [house("a", fam=4)]) == {"a": {"fam": PERSON}}


def test_a_place_that_a_priority_family_will_lack_is_worth_more() -> None:
    assert bid_prices([], [families(4, priority=True)], [house("a", fam=4)]) == {"a": {"fam": PRIORITY}}


def test_those_who_wait_now_count_with_those_who_are_expected() -> None:
    assert bid_prices(families(2), [families(2)], [house("a", fam=6)]) == {"a": {"fam": PERSON}}


def test_the_price_is_the_mean_of_the_nights_that_may_come() -> None:
    assert bid_prices([], [families(4), []], [house("a", fam=4)]) == {"a": {"fam": PERSON // 2}}


def test_where_fathers_may_sleep_among_the_men_a_family_place_is_worth_the_nights_apart_it_saves() -> None:
    couples = [need(f"c{n}", "fam", 2, adult_men=1) for n in range(4)]
    assert bid_prices([], [couples], [house("a", fam=6, men=9)]) == {"a": {"fam": 2 * NIGHT_APART}}


def test_a_family_sleeps_apart_where_that_spares_a_person_a_place_and_not_for_less() -> None:
    couple = need("c", "fam", 2, adult_men=1)
    for worth, mode in ((PERSON, {"fam": 1, "men": 1}), (NIGHT_APART, {"fam": 2})):
        offers = with_prices([house("a", fam=9, men=9)], {"a": {"fam": worth}})
        assert where(assign([couple], offers, POLICY))["c"] == ("a", mode)


def test_a_woman_alone_leaves_the_last_family_places_to_the_family_that_is_expected() -> None:
    offers = [house("near", 10, fam=2), house("farther", 90, wom=5)]
    woman = need("w", "wom")
    assert where(assign([woman], offers, POLICY)) == {"w": ("near", {"fam": 1})}
    priced = with_prices(offers, bid_prices([woman], [[need("f", "fam", 2, adult_men=1)]], offers))
    assert where(assign([woman], priced, POLICY)) == {"w": ("farther", {"wom": 1})}


def test_the_last_places_cost_what_it_takes_away_to_use_one() -> None:
    assert bid_prices([], [families(2)], [house("a", fam=4)]) == {"a": {"fam": PERSON}}


def test_it_is_told_how_many_places_priority_households_will_take() -> None:
    expected = [families(2, priority=True), families(1, priority=True)]
    found = forecast(families(9), expected, [house("a", fam=5, men=4)], POLICY)
    assert found.priority == {"a": {"fam": 3}}


def test_nobody_stays_outside_because_of_a_price() -> None:
    offers = [house("a", fam=2)]
    priced = with_prices(offers, bid_prices([], [families(9, priority=True)], offers))
    assert assign([need("w", "wom")], priced, POLICY).vector.U2 == 0


def _worth(needs: list[Need], free: dict[tuple[str, Section], int]) -> int:
    """The most people placed, by trying everything; each household is one person."""
    ways = {"fam": ("fam", "wom"), "wom": ("wom", "fam"), "men": ("men",)}
    best = 0
    for picks in product(*[[None, *(place for place in free if place[1] in ways[n.kind])] for n in needs]):
        used = [pick for pick in picks if pick is not None]
        if all(used.count(place) <= places for place, places in free.items()):
            placed = (n for n, pick in zip(needs, picks, strict=True) if pick is not None)
            best = max(best, sum(PRIORITY if n.priority else PERSON for n in placed))
    return best


_KINDS: tuple[Admission, ...] = ("fam", "wom", "men")
_SECTIONS: tuple[Section, ...] = ("fam", "wom", "men")
people: st.SearchStrategy[tuple[Admission, bool]] = st.tuples(st.sampled_from(_KINDS), st.booleans())
rooms = st.dictionaries(
    st.tuples(st.sampled_from(("a", "b")), st.sampled_from(_SECTIONS)), st.integers(1, 3), min_size=1
)


@settings(max_examples=40, deadline=None)
@given(expected=st.lists(people, min_size=1, max_size=4), free=rooms)
def test_a_price_lies_between_what_one_more_place_would_add_and_what_one_less_would_take(
    expected: list[tuple[Admission, bool]], free: dict[tuple[str, Section], int]
) -> None:
    needs = [need(f"n{n}", kind, priority=priority) for n, (kind, priority) in enumerate(expected)]
    offers = [
        with_sections(name, {section: n for (at, section), n in free.items() if at == name})
        for name in sorted({name for name, _ in free})
    ]
    prices = bid_prices([], [needs], offers)
    now = _worth(needs, free)
    for place, places in free.items():
        name, section = place
        price = prices.get(name, {}).get(section, 0)
        more = _worth(needs, free | {place: places + 1}) - now
        less = now - _worth(needs, free | {place: places - 1})
        assert more <= price <= less


# --- before there is a record ------------------------------------------------------------------------------------------


def started(*offers: Offer) -> list[Offer]:
    return with_prices(offers, starting_prices(offers))


def test_without_a_record_a_woman_alone_leaves_family_places_free() -> None:
    assert where(assign([need("w", "wom")], started(house("a", fam=3, wom=3)), POLICY))["w"] == ("a", {"wom": 1})
    offers = started(house("near", 10, fam=3), house("farther", 40, wom=3))
    assert where(assign([need("w", "wom")], offers, POLICY))["w"] == ("farther", {"wom": 1})


def test_without_a_record_men_go_where_no_families_sleep() -> None:
    offers = started(house("near", 10, fam=5, men=5), house("farther", 40, men=5))
    assert where(assign([need("m")], offers, POLICY))["m"] == ("farther", {"men": 1})


def test_a_house_with_a_service_is_left_to_those_who_need_it() -> None:
    offers = started(house("near", 10, offers=("medical",), men=5), house("farther", 40, men=5))
    sick = replace(need("s"), needs=("medical",))
    assert {h: at for h, (at, _) in where(assign([need("m"), sick], offers, POLICY)).items()} == {
        "m": "farther",
        "s": "near",
    }


def test_accessible_places_are_left_to_those_who_need_them() -> None:
    offers = started(house("near", 10, accessible=2, men=5), house("farther", 40, men=5))
    assert where(assign([need("m")], offers, POLICY))["m"][0] == "farther"


def test_no_family_sleeps_apart_because_of_the_starting_rule() -> None:
    offers = started(house("a", fam=8, men=8, wom=8))
    assert where(assign([need("f", "fam", 4, adult_men=1)], offers, POLICY))["f"] == ("a", {"fam": 4})


def test_the_starting_prices_are_too_small_to_keep_a_place_for() -> None:
    prices: Prices = starting_prices([house("a", offers=("medical", "lgbt"), accessible=1, fam=1, men=1, wom=1, uam=1)])
    assert max(prices["a"].values()) < PERSON // 5
    assert "uam" not in prices["a"]
