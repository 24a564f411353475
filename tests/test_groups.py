"""Figures that never overwrite one another, and people who are all accounted for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from caravan.groups import (
    METHOD_STRENGTH,
    OUTCOMES,
    Composition,
    Count,
    CountMethod,
    Departure,
    Group,
    Household,
    figure_in_use,
    reconcile,
)

NIGHT = datetime(2023, 5, 16, 3, 0, tzinfo=UTC)
METHODS: list[CountMethod] = list(METHOD_STRENGTH)

_counts = st.builds(
    lambda people, method, minutes, whole: Count(
        id="c", people=people, method=method, source="Lista", at=NIGHT + timedelta(minutes=minutes), whole=whole
    ),
    st.integers(1, 200), st.sampled_from(METHODS), st.integers(0, 60), st.booleans(),
)  # fmt: skip
_departures = st.builds(
    lambda people, outcome: Departure(people=people, outcome=outcome, destination="SLP", at=NIGHT, source="Brigada"),
    st.integers(1, 90), st.sampled_from(OUTCOMES),
)  # fmt: skip


def count(people: int, method: CountMethod = "declared", minutes: int = 0, *, whole: bool = True) -> Count:
    at = NIGHT + timedelta(minutes=minutes)
    return Count(id=f"c{people}", people=people, method=method, source="Lista", at=at, whole=whole)


def group(*counts: Count, **known: object) -> Group:
    blank = Group(
        id="g", activation="a", station="leon", arrived_at=NIGHT, registered_at=NIGHT, declared_by="INM", agency="INM", counts=counts,
    )  # fmt: skip
    return Group(**{**{name: getattr(blank, name) for name in blank.__struct_fields__}, **known})  # pyright: ignore[reportArgumentType]


def test_the_people_counted_one_by_one_speak_louder_than_what_was_said_later() -> None:
    best, why = figure_in_use((count(83, "headcount"), count(100, "declared", 30), count(35, "press", 40)))
    assert (best.people, why.code, why.details["low"], why.details["high"]) == (83, "strongest_method", 35, 100)


def test_of_two_counts_of_one_method_the_later_speaks_whatever_the_order_they_were_told_in() -> None:
    late, early = count(82, "headcount", 50), count(70, "headcount", 10)
    assert figure_in_use((late, early))[0] is late
    assert figure_in_use((early, late))[1].code == "latest_of_strongest_method"


def test_of_two_counts_of_the_same_minute_the_one_recorded_last_speaks() -> None:
    for people in (70, 90):
        assert figure_in_use((count(80), count(people)))[0].people == people


def test_the_count_of_one_bus_is_a_floor_and_never_the_group_s_figure() -> None:
    one_bus = count(35, "headcount", 20, whole=False)
    assert figure_in_use((count(100), one_bus))[0].people == 100
    best, why = figure_in_use((count(30), one_bus))
    assert (best.people, why.code, why.details["part"]) == (30, "part_exceeds_whole", 35)


def test_a_single_count_is_the_figure_and_says_that_it_is_alone() -> None:
    assert figure_in_use((count(35),))[1].code == "only_count"


@settings(derandomize=True)
@given(st.lists(_counts, min_size=1, max_size=8))
def test_the_figure_is_always_one_that_somebody_told(counts: list[Count]) -> None:
    best, why = figure_in_use(tuple(counts))
    assert best in counts
    assert why.details["people"] == best.people
    whole = [c for c in counts if c.whole] or counts
    assert METHOD_STRENGTH[best.method] == max(METHOD_STRENGTH[c.method] for c in whole)


@settings(derandomize=True)
@given(st.lists(_counts, min_size=1, max_size=5), st.lists(_departures, max_size=6), st.integers(0, 120))
def test_arrived_is_always_the_sum_of_where_people_are(counts: list[Count], gone: list[Departure], hosted: int) -> None:
    parts = reconcile(group(*counts, departures=tuple(gone), hosted=hosted, promised=hosted))
    there = parts.hosted + parts.elsewhere + parts.left + parts.transferred + parts.hospital
    assert parts.arrived == there + parts.unknown
    assert there == hosted + sum(d.people for d in gone)


def test_more_may_leave_than_arrived_and_the_difference_is_shown_below_zero() -> None:
    exits = tuple(
        Departure(people=n, outcome="left", destination=to, at=NIGHT, source="CONTRA-2019")
        for n, to in ((1874, "SLP"), (30, "SLP"), (6, "Celaya"))
    )
    parador = group(count(1880, "headcount"), departures=exits)
    assert reconcile(parador).unknown == -30
    assert (parador.remaining, parador.unplaced) == (0, 0)


def test_people_without_a_place_are_those_neither_promised_one_nor_gone() -> None:
    left = Departure(people=10, outcome="left", destination="SLP", at=NIGHT, source="Brigada")
    assert group(count(100), promised=30, departures=(left,)).unplaced == 60
    assert group(count(35), promised=83).unplaced == 0
    assert group(count(100), status="annulled").unplaced == 0


def test_unknown_children_are_unknown_and_not_none() -> None:
    assert group(count(35)).children is None
    assert group(count(35), composition=Composition(f={"18-59": 20})).children is None
    families = (Household(women=1, children={"0-4": 1, "12-17": 1}, count=3),)
    assert group(count(35), households=families).children == 6
    assert families[0].size == 3


def test_a_composition_counts_its_cells_and_nothing_else() -> None:
    told = Composition(f={"0-4": 2, "18-59": 10, "60+": 1}, m={"12-17": 3}, x={"18-59": 1})
    assert (told.total, told.children, told.women) == (17, 5, 11)


def test_figures_that_disagree_are_shown_from_lowest_to_highest() -> None:
    told = group(count(100), count(35, "press"), count(82, "headcount"), count(12, whole=False))
    assert told.disagreement == (35, 100)


def test_a_box_left_empty_is_not_a_child_less_bus() -> None:
    adults = Composition(f={"18-59": 10}, m={"18-59": 20})
    assert group(count(37), composition=adults).children is None
    assert group(count(30), composition=adults).children == 0
    told = Composition(f={"18-59": 10, "0-4": 0, "5-11": 0, "12-17": 0}, m={"0-4": 0, "5-11": 0, "12-17": 0})
    assert group(count(37), composition=told).children == 0
    assert group(count(37), composition=Composition(f={"5-11": 2})).children == 2
