"""Rations against an enumeration of every possible order, and against what a person by the telephone would do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import product
from random import Random

import highspy
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caravan.kitchens import KitchenOffer
from caravan.meals import MealDemand, MealGap, MealPlan, MealPolicy, order_meals


def kitchen(name: str, rations: int, distances: dict[str, int], **more: object) -> KitchenOffer:
    offer = {"kitchen": name, "service": "breakfast", "rations": rations, "distances": distances}
    return msgspec.convert(offer | more, KitchenOffer)


def wants(place: str, rations: int, **more: object) -> MealDemand:
    return msgspec.convert({"place": place, "service": "breakfast", "rations": rations} | more, MealDemand)


def cost(plan: MealPlan, kitchens: list[KitchenOffer]) -> tuple[int, int]:
    distance = {k.kitchen: k.distances for k in kitchens}
    return (
        sum(gap.rations for gap in plan.unmet),
        sum(flow.rations * distance[flow.kitchen][flow.place] for flow in plan.flows),
    )


# --- every possible order --------------------------------------------------------------------------------------------


def best_cost(demands: list[MealDemand], kitchens: list[KitchenOffer], reach: int) -> tuple[int, int]:
    """Every ration one by one: to each kitchen that may cook it, or to none."""
    rations = [(d.place, d.diet) for d in demands for _ in range(d.rations)]
    best = (len(rations), 0)
    options: list[list[KitchenOffer | None]] = [
        [None, *(k for k in kitchens if k.distances.get(place, reach + 1) <= reach)] for place, _ in rations
    ]
    for picks in product(*options):
        cooked = Counter((k.kitchen, diet) for k, (_, diet) in zip(picks, rations, strict=True) if k)
        total = Counter(k.kitchen for k in picks if k)
        possible = all(
            total[k.kitchen] <= k.rations
            and all(
                n <= k.per_diet.get(diet, k.rations if diet == "standard" else 0)
                for (name, diet), n in cooked.items()
                if name == k.kitchen
            )
            for k in kitchens
        )
        if possible:
            hm = sum(k.distances[place] for k, (place, _) in zip(picks, rations, strict=True) if k)
            best = min(best, (picks.count(None), hm))
    return best


distances = st.dictionaries(st.sampled_from(["a", "b"]), st.sampled_from([10, 25, 60, 400]))
per_diet = st.dictionaries(st.sampled_from(["standard", "no_pork"]), st.integers(0, 3))
mornings = st.tuples(
    st.lists(
        st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(["standard", "no_pork"]), st.integers(0, 2)), max_size=3
    ),
    st.lists(st.tuples(st.integers(0, 4), per_diet, distances), max_size=3),
)


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(mornings)
def test_no_other_order_feeds_more_people_or_travels_less(
    morning: tuple[list[tuple[str, str, int]], list[tuple[int, dict[str, int], dict[str, int]]]],
) -> None:
    demands = [wants(place, rations, diet=diet) for place, diet, rations in morning[0]]
    kitchens = [kitchen(f"k{i}", n, hm, per_diet=diets) for i, (n, diets, hm) in enumerate(morning[1])]
    plan = order_meals(demands, kitchens, MealPolicy())
    assert cost(plan, kitchens) == best_cost(demands, kitchens, 300)
    asked = Counter[tuple[str, str]]()
    answered = Counter[tuple[str, str]]()
    for demand in demands:
        asked[demand.place, demand.diet] += demand.rations
    for part in (*plan.flows, *plan.unmet):
        answered[part.place, part.diet] += part.rations
    assert +asked == answered
    assert msgspec.json.encode(plan) == msgspec.json.encode(order_meals(demands[::-1], kitchens[::-1], MealPolicy()))


tight_mornings = st.tuples(
    st.lists(st.integers(1, 3), min_size=2, max_size=3),
    st.lists(
        st.tuples(st.integers(1, 3), st.lists(st.integers(1, 40), min_size=3, max_size=3)), min_size=2, max_size=3
    ),
)


@settings(max_examples=120, deadline=None, derandomize=True, database=None)
@given(tight_mornings)
def test_earlier_orders_move_to_another_kitchen_where_that_shortens_the_roads(
    morning: tuple[list[int], list[tuple[int, list[int]]]],
) -> None:
    demands = [wants(f"p{i}", rations) for i, rations in enumerate(morning[0])][: 2 if sum(morning[0]) > 6 else 3]
    kitchens = [
        kitchen(f"k{i}", n, {f"p{p}": hm for p, hm in enumerate(roads)}) for i, (n, roads) in enumerate(morning[1])
    ]
    assert cost(order_meals(demands, kitchens, MealPolicy()), kitchens) == best_cost(demands, kitchens, 300)


def best_weight(demands: list[MealDemand], kitchens: list[KitchenOffer], reach: int, ration: int) -> int:
    """The least of rations·hm less ``ration`` for each one cooked, as a linear programme (flows are whole anyhow)."""
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    arcs = {
        (k.kitchen, d.place, d.diet): (solver.addVariable(0, d.rations), k.distances[d.place] - ration)
        for k in kitchens
        for d in demands
        if k.distances.get(d.place, reach + 1) <= reach
    }

    def limit(wanted: Callable[[str, str, str], bool], rations: int) -> None:
        chosen = [variable for key, (variable, _) in arcs.items() if wanted(*key)]
        if chosen:
            solver.addConstr(sum(chosen[1:], chosen[0] * 1) <= rations)

    for k in kitchens:
        limit(lambda kitchen, _, __, k=k: kitchen == k.kitchen, k.rations)
        limit(lambda kitchen, _, diet, k=k: (kitchen, diet) == (k.kitchen, "no_pork"), k.per_diet.get("no_pork", 0))
    for d in demands:
        limit(lambda _, place, diet, d=d: (place, diet) == (d.place, d.diet), d.rations)
    solver.minimize(sum(variable * weight for variable, weight in arcs.values()))
    return round(solver.getObjectiveValue())


@pytest.mark.parametrize("seed", range(12))
def test_the_orders_of_a_whole_state_equal_those_of_a_linear_programme(seed: int) -> None:
    chance = Random(seed)
    places = [f"p{i}" for i in range(10)]
    demands = [wants(p, chance.randint(0, 30), diet=diet) for p in places for diet in ("standard", "no_pork")]
    kitchens = [
        kitchen(
            f"k{i}",
            chance.randint(0, 80),
            {p: chance.randint(1, 350) for p in places if chance.random() < 0.7},
            per_diet={"no_pork": chance.randint(0, 20)},
        )
        for i in range(7)
    ]
    unmet, hm = cost(order_meals(demands, kitchens, MealPolicy()), kitchens)
    cooked = sum(demand.rations for demand in demands) - unmet
    assert hm - 10_000 * cooked == best_weight(demands, kitchens, 300, 10_000)


# --- the known mornings ----------------------------------------------------------------------------------------------


def by_telephone(demands: list[MealDemand], kitchens: list[KitchenOffer]) -> int:
    """Rations unmet when each place in turn asks the nearest kitchen that still has some."""
    left = {k.kitchen: k.rations for k in kitchens}
    unmet = 0
    for demand in demands:
        waiting = demand.rations
        for k in sorted((k for k in kitchens if demand.place in k.distances), key=lambda k: k.distances[demand.place]):
            given_now = min(waiting, left[k.kitchen])
            left[k.kitchen] -= given_now
            waiting -= given_now
        unmet += waiting
    return unmet


def test_people_eat_who_would_not_if_each_place_called_its_nearest_kitchen() -> None:
    """Galilea can be served by both kitchens, the INM office only by the one that is nearer to Galilea too."""
    demands = [wants("galilea", 82), wants("inm", 60)]
    kitchens = [kitchen("trigo-y-miel", 82, {"galilea": 10, "inm": 30}), kitchen("dif", 100, {"galilea": 45})]
    plan = order_meals(demands, kitchens, MealPolicy())
    assert by_telephone(demands, kitchens) == 60
    assert cost(plan, kitchens) == (0, 22 * 10 + 60 * 45 + 60 * 30)


def test_breakfast_is_not_cooked_with_the_rations_of_dinner() -> None:
    kitchens = [kitchen("k", 10, {"a": 5}, service="dinner")]
    plan = order_meals([wants("a", 4)], kitchens, MealPolicy())
    assert plan.flows == ()
    assert [gap.reason.code for gap in plan.unmet] == ["no_kitchen_open"]


def test_infant_formula_is_asked_only_of_a_kitchen_that_says_it_has_some() -> None:
    kitchens = [kitchen("near", 90, {"a": 5}), kitchen("dif", 90, {"a": 50}, per_diet={"infant": 2})]
    plan = order_meals([wants("a", 3, diet="infant"), wants("a", 20)], kitchens, MealPolicy())
    assert {(f.kitchen, f.diet): f.rations for f in plan.flows} == {("dif", "infant"): 2, ("near", "standard"): 20}
    assert [(gap.diet, gap.rations) for gap in plan.unmet] == [("infant", 1)]


@pytest.mark.parametrize(
    ("offer", "code", "details"),
    [
        ({"rations": 0}, "no_kitchen_open", {}),
        ({"per_diet": {"standard": 0}}, "no_kitchen_cooks_diet", {"diet": "standard"}),
        ({"distances": {"a": 301}}, "no_kitchen_in_reach", {"metres": 30_000}),
        ({"rations": 30}, "kitchens_full", {"kitchens": 1, "rations": 30, "needed": 83}),
    ],
)
def test_rations_nobody_cooks_come_with_the_reason(
    offer: dict[str, object], code: str, details: dict[str, object]
) -> None:
    plan = order_meals(
        [wants("a", 83)], [kitchen("k", **({"rations": 90, "distances": {"a": 5}} | offer))], MealPolicy()
    )
    gap: MealGap = plan.unmet[0]
    assert (gap.reason.code, gap.reason.details) == (code, details)


def test_a_kitchen_given_twice_or_with_negative_rations_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="twice"):
        order_meals([], [kitchen("k", 1, {}), kitchen("k", 2, {})], MealPolicy())
    with pytest.raises(ValueError, match="negative"):
        order_meals([wants("a", -1)], [], MealPolicy())


def test_food_meets_the_hour_it_is_eaten_at_if_they_share_a_minute() -> None:
    demands = [wants("a", 4, window=(360, 600))]
    for delivers, cooked in (((600, 700), 4), ((601, 700), 0), ((0, 359), 0), ((0, 360), 4), (None, 4)):
        kitchens = [kitchen("k", 9, {"a": 5}, delivers=delivers)]
        plan = order_meals(demands, kitchens, MealPolicy())
        assert sum(flow.rations for flow in plan.flows) == cooked
        assert [gap.reason.code for gap in plan.unmet] == ([] if cooked else ["no_kitchen_delivers_in_time"])
    with pytest.raises(ValueError, match="two windows"):
        order_meals([*demands, wants("a", 1)], [], MealPolicy())


def test_a_kitchen_brings_nothing_beyond_its_own_reach() -> None:
    kitchens = [kitchen("k", 9, {"a": 50, "b": 20}, reach_hm=20)]
    plan = order_meals([wants("a", 4), wants("b", 4)], kitchens, MealPolicy())
    assert [flow.place for flow in plan.flows] == ["b"]
    assert [gap.reason.code for gap in plan.unmet] == ["no_kitchen_in_reach"]
