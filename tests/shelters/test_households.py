"""From what is known of a group to the households that need places."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from caravan.groups import BANDS, CHILD_BANDS, Composition, Count, Group, Household
from caravan.shelters.households import needs_of
from caravan.shelters.plan import Need

NIGHT = datetime(2023, 5, 16, 3, 0, tzinfo=UTC)

_row = st.dictionaries(st.sampled_from(BANDS), st.integers(0, 9))
compositions = st.none() | st.builds(lambda f, m, x: Composition(f=f, m=m, x=x), _row, _row, _row)
_children = st.dictionaries(st.sampled_from(CHILD_BANDS), st.integers(0, 3))
families = st.lists(
    st.builds(
        lambda women, men, children, count: Household(women=women, men=men, children=children, count=count),
        st.integers(0, 2), st.integers(0, 2), _children, st.integers(1, 3),
    ).filter(lambda h: h.size > 0),
    max_size=4,
)  # fmt: skip


def group(people: int, **known: object) -> Group:
    told = Count(id="c", people=people, method="declared", source="Brigada", at=NIGHT)
    blank = Group(
        id="g",
        activation="a",
        station="leon",
        arrived_at=NIGHT,
        registered_at=NIGHT,
        declared_by="x",
        agency="SDH",
        counts=(told,),
    )
    return replace(blank, **known)


def shape(needs: list[Need]) -> list[tuple[str, int]]:
    return [(need.kind, need.size) for need in needs]


@settings(max_examples=150, derandomize=True)
@given(
    st.integers(1, 80), compositions, families, st.none() | st.integers(0, 5), st.integers(0, 60), st.integers(0, 40)
)
def test_the_households_are_exactly_the_people_without_a_place(
    people: int,
    composition: Composition | None,
    households: list[Household],
    alone: int | None,
    promised: int,
    taken: int,
) -> None:
    whole = group(people, composition=composition, households=tuple(households), unaccompanied=alone)
    first, _ = needs_of(whole, frozenset())
    assert sum(need.size for need in first) == people
    placed = first[: taken % (len(first) + 1)]
    rest = replace(whole, promised=sum(need.size for need in placed))
    needs, _ = needs_of(rest, frozenset(need.household for need in placed))
    assert sum(need.size for need in needs) == rest.unplaced
    assert not {need.household for need in needs} & {need.household for need in placed}
    assert len({need.household for need in needs}) == len(needs)
    assert sum(need.size for need in needs_of(replace(whole, promised=promised), frozenset())[0]) == max(
        0, people - promised
    )


@settings(derandomize=True)
@given(st.integers(1, 80), compositions, families)
def test_no_child_is_supposed_to_be_alone_while_there_may_be_an_adult(
    people: int, composition: Composition | None, households: list[Household]
) -> None:
    needs, _ = needs_of(group(people, composition=composition, households=tuple(households)), frozenset())
    counted = not households and composition is not None and composition.children == composition.total == people
    assert len([need for need in needs if need.kind == "uam"]) == (people if counted else 0)


def test_children_said_to_be_alone_go_one_by_one_and_first() -> None:
    told = group(10, composition=Composition(f={"18-59": 4}, m={"5-11": 2, "18-59": 4}), unaccompanied=2)
    needs, supposed = needs_of(told, frozenset())
    assert supposed
    assert [(need.kind, need.size, need.priority) for need in needs[:2]] == [("uam", 1, True)] * 2
    assert shape(needs[2:]) == [("wom", 1)] * 4 + [("men", 1)] * 4


def test_a_declared_family_is_never_cut_and_is_not_called_supposed() -> None:
    family = Household(women=1, men=1, children={"0-4": 1, "5-11": 1}, needs=("reduced_mobility",), count=2)
    needs, supposed = needs_of(group(8, households=(family,)), frozenset())
    assert not supposed
    assert [(n.household, n.kind, n.size, n.adult_men, n.accessible, n.priority) for n in needs] == [
        ("g/h1-1-1-1-0.1", "fam", 4, 1, 1, True), ("g/h1-1-1-1-0.2", "fam", 4, 1, 1, True),
    ]  # fmt: skip


def test_those_of_whom_nothing_was_said_may_sleep_wherever_anybody_may() -> None:
    needs, supposed = needs_of(group(3), frozenset())
    assert supposed
    assert [(need.household, need.kind, need.provisional) for need in needs] == [
        ("g/p1", "fam", True), ("g/p2", "fam", True), ("g/p3", "fam", True),
    ]  # fmt: skip


def test_those_left_over_keep_their_names_when_the_others_have_a_place() -> None:
    needs, _ = needs_of(group(10, promised=4), frozenset({"g/p1", "g/p2", "g/p3", "g/p4"}))
    assert [need.household for need in needs] == [f"g/p{n}" for n in range(5, 11)]


def test_children_travel_with_the_women_first_then_with_the_men() -> None:
    told = group(9, composition=Composition(f={"18-59": 1, "0-4": 1}, m={"18-59": 3, "5-11": 3, "60+": 1}))
    needs, _ = needs_of(told, frozenset())
    assert shape(needs) == [("fam", 3), ("fam", 3), ("men", 1), ("men", 1), ("men", 1)]
    assert [(need.adult_men, need.priority) for need in needs[:2]] == [(0, True), (1, False)]


def test_where_everybody_is_counted_and_nobody_is_an_adult_they_are_children_alone() -> None:
    told = group(12, composition=Composition(m={"12-17": 4}, x={"5-11": 8}))
    needs, supposed = needs_of(told, frozenset())
    assert supposed
    assert [(need.kind, need.size, need.priority) for need in needs] == [("uam", 1, True)] * 12


def test_children_alone_who_were_said_to_be_fewer_than_were_counted_are_those_who_were_counted() -> None:
    told = group(3, composition=Composition(f={"5-11": 3}), unaccompanied=1)
    assert [need.household for need in needs_of(told, frozenset())[0]] == ["g/u1", "g/u2", "g/u3"]


def test_children_without_any_adult_among_those_counted_stay_one_family_where_not_all_are_counted() -> None:
    needs, _ = needs_of(group(6, composition=Composition(m={"12-17": 4})), frozenset())
    assert shape(needs) == [("fam", 4), ("fam", 1), ("fam", 1)]


def test_adults_of_unknown_sex_keep_children_from_being_thought_alone() -> None:
    needs, _ = needs_of(group(4, composition=Composition(x={"5-11": 3, "18-59": 1})), frozenset())
    assert not [need for need in needs if need.kind == "uam"]


def test_a_father_is_not_parted_from_his_children_where_no_woman_stays_with_them() -> None:
    alone = Household(men=1, children={"0-4": 2})
    both = Household(women=1, men=1, children={"0-4": 2})
    needs, _ = needs_of(group(7, households=(alone, both)), frozenset())
    assert [need.men_apart for need in needs] == [False, True]
    supposed, _ = needs_of(group(3, composition=Composition(f={"0-4": 1}, m={"18-59": 2})), frozenset())
    assert [(need.kind, need.men_apart) for need in supposed] == [("fam", False), ("men", True)]


def test_a_family_of_whom_somebody_is_missing_is_not_parted() -> None:
    """It may be the mother."""
    family = Household(women=1, men=1, children={"5-11": 2})
    needs, _ = needs_of(group(4, households=(family,), promised=1), frozenset())
    assert [(need.size, need.adult_men, need.men_apart) for need in needs] == [(3, 1, False)]


def test_parts_older_than_the_figure_that_exceed_it_are_not_used() -> None:
    needs, _ = needs_of(group(5, composition=Composition(f={"18-59": 20})), frozenset())
    assert shape(needs) == [("fam", 1)] * 5


def test_where_families_are_declared_the_ages_of_the_same_people_are_not_counted_again() -> None:
    family = Household(women=1, children={"5-11": 1})
    told = group(5, households=(family,), composition=Composition(f={"18-59": 1}, m={"5-11": 1}))
    needs, supposed = needs_of(told, frozenset())
    assert supposed
    assert shape(needs) == [("fam", 2), ("fam", 1), ("fam", 1), ("fam", 1)]
    assert [need.provisional for need in needs] == [False, True, True, True]


def test_a_family_too_large_for_those_still_without_a_place_leaves_nobody_out() -> None:
    family = Household(women=2, children={"5-11": 2})
    needs, _ = needs_of(group(8, households=(family, family), promised=5), frozenset())
    assert sum(need.size for need in needs) == 3


def test_the_first_language_of_the_group_is_looked_for_in_the_shelter() -> None:
    needs, _ = needs_of(group(1, languages=("ht", "es")), frozenset())
    assert needs[0].language == "ht"


def test_a_family_with_one_of_them_in_hospital_is_still_one_family() -> None:
    family = Household(women=1, men=1, children={"5-11": 3})
    needs, supposed = needs_of(group(5, households=(family,), promised=1), frozenset())
    assert (shape(needs), supposed) == ([("fam", 4)], True)


def test_children_who_are_alone_stay_so_when_one_of_them_is_gone() -> None:
    siblings = Household(children={"5-11": 3}, unaccompanied=True)
    needs, _ = needs_of(group(3, households=(siblings,), promised=1), frozenset())
    assert shape(needs) == [("uam", 2)]


def test_children_said_to_be_alone_beside_declared_families_are_counted() -> None:
    told = group(10, households=(Household(women=1, children={"5-11": 3}),), unaccompanied=3)
    needs, _ = needs_of(told, frozenset())
    assert shape(needs) == [("fam", 4), *[("uam", 1)] * 3, *[("fam", 1)] * 3]


def test_a_child_who_is_alone_and_did_not_come_to_dif_is_still_a_child_alone() -> None:
    needs, _ = needs_of(group(2, unaccompanied=2, promised=1), frozenset({"g/u1", "g/u2"}), sheltered=1)
    assert shape(needs) == [("uam", 1)]


def test_families_keep_their_places_when_they_are_declared_in_another_order() -> None:
    family, siblings = Household(women=1, children={"5-11": 2}), Household(children={"12-17": 2}, unaccompanied=True)
    first, _ = needs_of(group(3, households=(family,)), frozenset())
    placed = frozenset(need.household for need in first)
    needs, _ = needs_of(group(5, households=(siblings, family), promised=3), placed)
    assert shape(needs) == [("uam", 2)]
