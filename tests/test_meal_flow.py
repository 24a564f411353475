"""The network of rations against every possible sending, against a linear programme, and twice against itself."""

from __future__ import annotations

from collections import Counter
from itertools import product
from random import Random

import highspy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caravan.meal_flow import Portion, Road, least_distance

Morning = tuple[dict[Portion, int], dict[str, int], dict[Portion, int], list[Road]]
Sent = dict[tuple[str, str, str], int]


def cost(morning: Morning, sent: Sent) -> tuple[int, int]:
    shortest: dict[tuple[str, str, str], int] = {}
    for road in morning[3]:
        key = road.kitchen, road.place, road.diet
        shortest[key] = min(road.hm, shortest.get(key, road.hm))
    unmet = sum(morning[0].values()) - sum(sent.values())
    return unmet, sum(n * shortest[key] for key, n in sent.items())


def holds(morning: Morning, sent: Sent) -> bool:
    """No pot and no diet of a pot gives more than it has, nobody eats twice, and nothing leaves the roads."""
    wanted, pots, limits, roads = morning
    given_out, cooked, eaten = Counter[str](), Counter[Portion](), Counter[Portion]()
    for (kitchen, place, diet), rations in sent.items():
        given_out[kitchen] += rations
        cooked[kitchen, diet] += rations
        eaten[place, diet] += rations
    return (
        all(n > 0 for n in sent.values())
        and all(n <= pots[k] for k, n in given_out.items())
        and all(n <= limits[key] for key, n in cooked.items())
        and all(n <= wanted[key] for key, n in eaten.items())
        and set(sent) <= {(r.kitchen, r.place, r.diet) for r in roads}
    )


def best(morning: Morning) -> tuple[int, int]:
    """Every ration one by one: over each road to its plate, or over none."""
    wanted, _, _, roads = morning
    rations = [portion for portion, n in wanted.items() for _ in range(n)]
    options: list[list[Road | None]] = [[None, *(r for r in roads if (r.place, r.diet) == p)] for p in rations]
    found = (len(rations), 0)
    for picks in product(*options):
        sent = Counter((r.kitchen, r.place, r.diet) for r in picks if r is not None)
        if holds(morning, dict(sent)):
            found = min(found, (picks.count(None), sum(r.hm for r in picks if r is not None)))
    return found


@st.composite
def mornings(draw: st.DrawFn) -> Morning:
    kitchens, places, diets = ["k0", "k1", "k2"], ["p0", "p1"], ["a", "b"]
    few = st.integers(0, 2)
    wanted = {(p, d): draw(few) for p in places for d in diets}
    pots = {k: draw(st.integers(0, 3)) for k in kitchens}
    limits = {(k, d): draw(st.integers(0, 3)) for k in kitchens for d in diets}
    ends = [(k, p, d) for k in kitchens for p in places for d in diets]
    chosen = draw(st.lists(st.sampled_from(ends), unique=True, max_size=7))
    roads = [Road(kitchen=k, place=p, diet=d, hm=draw(st.sampled_from([0, 1, 2, 3, 9]))) for k, p, d in chosen]
    return wanted, pots, limits, roads


@settings(max_examples=250, deadline=None, derandomize=True, database=None)
@given(mornings())
def test_no_other_sending_leaves_fewer_hungry_or_travels_less(morning: Morning) -> None:
    wanted, pots, limits, roads = morning
    sent = least_distance(wanted, pots, limits, roads)
    assert holds(morning, sent)
    assert cost(morning, sent) == best(morning)
    turned = dict(reversed(wanted.items())), dict(reversed(pots.items())), dict(reversed(limits.items())), roads[::-1]
    assert least_distance(*turned) == sent


def state(seed: int, kitchens: int, places: int) -> Morning:
    chance = Random(seed)
    diets = ["standard", "no_pork", "infant"]
    wanted = {(f"p{i}", d): chance.randint(0, 90 if d == "standard" else 6) for i in range(places) for d in diets}
    pots = {f"k{i}": chance.randint(0, 200) for i in range(kitchens)}
    limits = {(k, d): n if d == "standard" else chance.randint(0, n // 8) for k, n in pots.items() for d in diets}
    roads = [
        Road(kitchen=k, place=f"p{i}", diet=d, hm=chance.randint(1, 300))
        for k in pots
        for i in range(places)
        for d in diets
        if chance.random() < 0.5
    ]
    return wanted, pots, limits, roads


def least_weight(morning: Morning, ration: int) -> int:
    """The least of rations·hm less ``ration`` for each one sent, as a linear programme (its corners are whole anyhow)."""
    wanted, pots, limits, roads = morning
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    rows: dict[tuple[str, ...], tuple[int, list[int]]] = {}
    for column, road in enumerate(roads):
        solver.addCol(road.hm - ration, 0, highspy.kHighsInf, 0, [], [])
        for key, most in (
            (("plate", road.place, road.diet), wanted[road.place, road.diet]),
            (("pot", road.kitchen), pots[road.kitchen]),
            (("diet", road.kitchen, road.diet), limits[road.kitchen, road.diet]),
        ):
            rows.setdefault(key, (most, []))[1].append(column)
    for most, columns in rows.values():
        solver.addRow(-highspy.kHighsInf, most, len(columns), columns, [1.0] * len(columns))
    solver.run()
    return round(solver.getInfo().objective_function_value)


@pytest.mark.parametrize("seed", range(8))
def test_a_whole_state_equals_a_linear_programme(seed: int) -> None:
    morning = state(seed, kitchens=14, places=25)
    sent = least_distance(*morning)
    assert holds(morning, sent)
    assert cost(morning, sent)[1] - 100_000 * sum(sent.values()) == least_weight(morning, 100_000)


def test_of_two_roads_between_the_same_ends_the_shorter_is_used() -> None:
    roads = [Road(kitchen="k", place="p", diet="a", hm=hm) for hm in (7, 3, 5)]
    morning: Morning = {("p", "a"): 4}, {"k": 9}, {("k", "a"): 9}, roads
    assert cost(morning, least_distance(*morning)) == (0, 12)


def test_nobody_hungry_or_nobody_cooking_sends_nothing() -> None:
    road = Road(kitchen="k", place="p", diet="a", hm=1)
    assert least_distance({}, {"k": 5}, {("k", "a"): 5}, [road]) == {}
    assert least_distance({("p", "a"): 5}, {"k": 0}, {("k", "a"): 5}, [road]) == {}
    assert least_distance({("p", "a"): 5}, {"k": 5}, {}, [road]) == {}
    assert least_distance({("p", "a"): 5}, {"k": 5}, {("k", "a"): 5}, []) == {}
