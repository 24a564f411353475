"""What an official is told: for every shelter why it was chosen or the first reason why not, and what is missing."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caravan.basics import Reason
from caravan.shelters.assign import assign
from caravan.shelters.explain import explain, explain_many
from caravan.shelters.plan import Explanation, Need, Offer, Plan
from caravan.shelters.policy import Policy
from caravan.shelters.progress import Progress


def family(name: str, size: int = 4, **more: object) -> Need:
    return msgspec.convert({"household": name, "group": "bus", "kind": "fam", "size": size} | more, Need)


def men(count: int, **more: object) -> list[Need]:
    one = {"group": "bus", "kind": "men", "size": 1} | more
    return [msgspec.convert({"household": f"{one['group']}-m{i:02}"} | one, Need) for i in range(count)]


def house(name: str, hm: int = 20, **more: object) -> Offer:
    return msgspec.convert({"shelter": name, "distance_hm": {"": hm}, "free": {"mix": [30]}} | more, Offer)


def told(needs: list[Need], *offers: Offer, about: str = "bus", policy: Policy | None = None) -> dict[str, Explanation]:
    return {e.shelter: e for e in explain(assign(needs, offers, policy or Policy()), about)}


def why_not(needs: list[Need], offer: Offer, *, about: str = "bus") -> Reason:
    """Why ``offer`` was not chosen, where a house 1 km away takes everybody."""
    answer = told(
        needs, house("chosen", 10, free={"mix": [90]}, offers=["medical"], accessible=[9]), offer, about=about
    )
    assert answer["chosen"].chosen and not answer["other"].chosen
    return answer["other"].reason


# --- why not ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["closed", "intake_over", "no_known_figure"])
def test_a_shelter_that_takes_nobody_says_why_before_anything_else(code: str) -> None:
    assert why_not([family("f")], house("other", free={}, refuses={"code": code})).code == code


@pytest.mark.parametrize(
    ("offer", "reason"),
    [
        (house("other", admits=["wom"]), Reason(code="does_not_admit", details={"kind": "fam"})),
        (house("other", distance_hm={}), Reason(code="out_of_reach")),
        (house("other", max_stay_nights=0), Reason(code="no_overnight")),
        (house("other", free={"men": [9]}), Reason(code="no_section", details={"section": "fam"})),
        (
            house("other", free={"fam": [3]}),
            Reason(code="full", details={"section": "fam", "free": 3, "needed": 4, "night": 0}),
        ),
        (house("other", 900, far=[""]), Reason(code="other_municipality", details={"people": 4, "metres": 90_000})),
        (house("other", 301), Reason(code="other_municipality", details={"people": 4, "metres": 30_100})),
        (house("other", 31), Reason(code="farther", details={"metres": 2_100})),
        (
            house("other", 10, nominal=40, load=36),
            Reason(code="fuller", details={"people": 4, "places": 40, "load": 36}),
        ),
    ],
)
def test_the_first_reason_why_not_comes_with_its_numbers(offer: Offer, reason: Reason) -> None:
    assert why_not([family("f")], offer) == reason


def test_between_two_houses_alike_the_other_is_said_to_be_as_good() -> None:
    answer = told([family("f")], house("a", 10), house("b", 10))
    assert [(e.chosen, e.reason.code) for e in answer.values()] == [(True, "nearest_with_room"), (False, "as_good")]


@pytest.mark.parametrize(
    ("need", "offer", "reason"),
    [
        ({"needs": ["medical"]}, {}, Reason(code="missing_service", details={"service": "medical"})),
        ({"accessible": 2}, {"accessible": [1]}, Reason(code="no_accessible_places", details={"free": 1, "needed": 2})),
        ({"pet": True}, {}, Reason(code="farther", details={"metres": 1_000})),
        ({"nights": 3}, {"max_stay_nights": 1}, Reason(code="over_stay", details={"people": 4, "max_nights": 1})),
        (
            {"adult_men": 1},
            {"free": {"fam": [3], "men": [3]}},
            Reason(code="night_apart", details={"people": 4}),
        ),
    ],
)
def test_what_a_family_needs_or_would_have_to_bear_is_named(
    need: dict[str, object], offer: dict[str, object], reason: Reason
) -> None:
    assert why_not([family("f", **need)], house("other", **offer)) == reason


def test_accessible_places_that_do_not_suffice_for_all_are_counted() -> None:
    needs = [family("f", accessible=1), family("g", accessible=1)]
    expected = {"free": 1, "needed": 2, "night": 0}
    assert why_not(needs, house("other", 5, accessible=[1])) == Reason(code="no_accessible_places", details=expected)


def test_a_language_nobody_speaks_there_is_named() -> None:
    answer = told([family("f", language="ht")], house("near", 5), house("speaks", 50, languages=["ht"]))
    assert answer["near"].reason == Reason(code="language_not_spoken", details={"people": 4})
    assert answer["speaks"].reason == Reason(code="suits_better", details={"because": "language_not_spoken"})


def test_what_others_of_the_same_plan_already_took_counts_as_taken() -> None:
    needs = [*men(8, group="first", priority=True), family("f")]
    answer = told(needs, house("near", 5, free={"mix": [10]}), house("far", 90), about="bus")
    assert answer["near"].chosen or answer["near"].reason.details["free"] == 2


def test_a_group_with_one_who_needs_a_doctor_hears_that_it_would_be_split() -> None:
    needs = [family("f", needs=["medical"]), *men(6)]
    expected = {"service": "medical", "takes": 6, "of": 10, "because": "missing_service"}
    assert why_not(needs, house("other", 5)) == Reason(code="would_split", details=expected)


def test_a_household_alone_hears_that_leaving_its_bus_would_split_it() -> None:
    answer = why_not([family("f"), *men(6)], house("other", 5, free={"fam": [9]}), about="f")
    assert answer == Reason(code="would_split", details={"takes": 4, "of": 10})


def test_a_proposal_that_would_change_is_named() -> None:
    assert why_not([family("f", proposed="chosen")], house("other", 5)).code == "changes_proposal"


def test_whom_an_official_pinned_hears_so_everywhere() -> None:
    answer = told([family("f", pinned="b")], house("a", 5), house("b", 50))
    assert answer["b"].reason.code == "pinned"
    assert answer["a"].reason == Reason(code="pinned_elsewhere", details={"shelter": "b"})


def test_places_kept_for_priority_people_are_never_refused_silently() -> None:
    near = house("near", 5, free={"men": [6]}, kept={"men": 3}, kept_until="21:00")
    answer = told(men(5), near, house("far", 90))
    assert answer["near"].reason == Reason(code="kept_until", details={"places": 3, "until": "21:00"})


def test_a_house_that_would_do_better_than_a_plan_that_was_cut_short_is_not_said_to_be_worse() -> None:
    plan = assign([family("f")], [house("far", 90)], Policy())
    answer = explain(msgspec.structs.replace(plan, offers=(*plan.offers, house("near", 5))), "bus")
    assert answer[1].reason == Reason(code="as_good")


# --- why chosen ------------------------------------------------------------------------------------------------------


def test_the_nearest_with_room_is_chosen_and_says_how_near() -> None:
    answer = told([family("f")], house("full", 5, free={"mix": [0]}), house("a", 12), house("b", 50))
    assert answer["a"].reason == Reason(code="nearest_with_room", details={"metres": 1_200})


def test_a_larger_house_farther_away_is_chosen_to_keep_the_bus_together() -> None:
    answer = told(men(20), house("near", 5, free={"men": [12]}), house("large", 60))
    assert answer["large"].reason == Reason(code="whole_group_together", details={"people": 20, "metres": 6_000})
    assert answer["large"].people == 20


def test_the_only_family_places_left_are_said_to_be_so() -> None:
    answer = told([family("f")], house("a", 5, free={"men": [9]}), house("b", 9, free={"fam": [2]}), house("c", 80))
    assert answer["c"].reason.code == "only_family_places"


def test_a_bus_in_two_houses_hears_how_many_sleep_in_each() -> None:
    answer = told(men(20), house("a", 5, free={"men": [12]}), house("b", 9, free={"men": [12]}))
    assert sum(e.people for e in answer.values()) == 20
    assert {e.reason.code for e in answer.values()} == {"part_of_group"}


def test_a_child_alone_goes_to_the_dif_and_every_other_house_says_why_not() -> None:
    child = Need(household="child", group="bus", kind="uam", size=1)
    dif = house("dif", 90, free={"uam": [6]}, offers=["dif"], admits=["uam"])
    answer = told([child, *men(3)], house("near", 5), dif, about="child")
    assert answer["dif"].reason.code == "uam_to_dif"
    assert answer["near"].reason.code == "uam_only_dif"
    group = told([child, *men(3)], house("near", 5), dif)
    assert (group["near"].people, group["dif"].people) == (3, 1)


def test_nobody_is_explained_whom_the_plan_does_not_know() -> None:
    with pytest.raises(LookupError):
        explain(assign([], [house("a")], Policy()), "bus")


few = st.integers(0, 6)
nights = st.tuples(
    st.lists(st.tuples(st.sampled_from(["fam", "wom", "men"]), st.integers(1, 4)), min_size=1, max_size=7),
    st.lists(st.tuples(st.sets(st.sampled_from(["fam", "wom", "men", "mix"])), few, few), min_size=1, max_size=4),
)


@settings(max_examples=80, deadline=None, derandomize=True, database=None)
@given(nights)
def test_every_shelter_has_exactly_one_reason_and_everybody_placed_is_counted(
    night: tuple[list[tuple[str, int]], list[tuple[set[str], int, int]]],
) -> None:
    households, shelters = night
    needs = [family(f"h{i}", size, kind=kind, group="AB"[i % 2]) for i, (kind, size) in enumerate(households)]
    offers = [house(f"s{i}", 10 * hm, free={s: [n] for s in sections}) for i, (sections, n, hm) in enumerate(shelters)]
    plan = assign(needs, offers, Policy())
    people = 0
    for group in {need.group for need in needs}:
        answer = explain(plan, group)
        assert sorted(e.shelter for e in answer) == [o.shelter for o in plan.offers]
        people += sum(e.people for e in answer if e.chosen)
    assert people == sum(need.size for need in needs) - plan.vector.U2


# --- many groups -----------------------------------------------------------------------------------------------------


def test_many_groups_of_one_plan_hear_what_each_would_hear_alone() -> None:
    needs = [family(f"f{n}", 2 + n % 3, group=f"bus{n % 2}", adult_men=n % 2) for n in range(6)]
    plan = assign(needs, [house(f"s{n}", 10 + n, free={"fam": [8], "men": [2]}) for n in range(3)], Policy())
    told = explain_many(plan, ["bus0", "bus1"])
    assert told == {group: explain(plan, group) for group in told}
    assert list(told) == ["bus0", "bus1"]


def test_a_house_where_the_others_could_lie_closer_is_not_said_to_be_full() -> None:
    """A woman in a family place could lie in the women's section: then the family fits."""
    women = [Need(household=f"w{n}", group="first", kind="wom", size=1, pinned="near") for n in range(2)]
    near = house("near", 5, free={"fam": [4], "wom": [2]})
    plan = assign([*women, family("f", 4, pinned="far")], [near, house("far", 90)], Policy())
    inside = [msgspec.structs.replace(a, mode="F", beds={"fam": 1}) for a in plan.assigned if a.group == "first"]
    others = [a for a in plan.assigned if a.group != "first"]
    needs = tuple(msgspec.structs.replace(need, pinned=None) for need in plan.needs)
    crowded = msgspec.structs.replace(plan, assigned=(*others, *inside), needs=needs)
    answer = {e.shelter: e.reason for e in explain(crowded, "bus")}
    assert answer["near"] == Reason(code="as_good")


# --- many groups -----------------------------------------------------------------------------------------------------


def three_groups() -> Plan:
    needs = [need for name in ("a", "b", "c") for need in men(2, group=name)]
    return assign(needs, [house("near", 10), house("other", 20), house("women", 5, admits=["wom"])], Policy())


def test_many_groups_are_explained_as_one_is() -> None:
    plan = three_groups()
    assert explain_many(plan, "abc") == {group: explain(plan, group) for group in "abc"}


def test_when_stopped_so_many_pairs_are_explained_and_of_the_rest_what_no_trial_is_needed_for() -> None:
    plan = three_groups()
    told = explain_many(plan, "abc", watch=lambda progress: False, at_least=3)
    assert told["a"] == explain(plan, "a")
    assert [(e.shelter, e.chosen, e.people, e.reason.code) for e in told["b"]] == [
        ("near", True, 2, "search_cut"), ("women", False, 2, "does_not_admit"),
    ]  # fmt: skip


def test_the_explaining_of_many_groups_says_how_far_it_is() -> None:
    heard: list[Progress] = []

    def watch(progress: Progress) -> bool:
        heard.append(progress)
        return True

    explain_many(three_groups(), "abc", watch=watch)
    assert [(p.stage, p.done, p.of) for p in heard] == [("explain", 0, 3), ("explain", 1, 3), ("explain", 2, 3)]
