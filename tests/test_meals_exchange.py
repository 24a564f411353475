"""The exchange format caravan-food/1, against an enumeration written from its description alone."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caravan.basics import Reason
from caravan.given import Unsound
from caravan.meals_exchange import read, solve, written

SERVICES = ("breakfast", "lunch", "dinner")
DIETS = ("standard", "no_pork")


def answer(problem: dict[str, Any]) -> dict[str, Any]:
    return json.loads(written(solve(read(json.dumps(problem)), _code)))


def _code(reason: Reason) -> str:
    return reason.code


def best(problem: dict[str, Any]) -> tuple[int, int]:
    """Fewest meals unmet, then fewest meal·hm: every meal of a service over each of its arcs, or over none."""
    unmet = travelled = 0
    for service in SERVICES:
        meals = [
            (s["id"], diet)
            for s in problem["shelters"]
            for diet, n in s["demand_per_service"].items()
            for _ in range(n)
        ]
        arcs = [a for a in problem["arcs"] if a["service"] == service]
        options: list[list[dict[str, Any] | None]] = [
            [None, *(a for a in arcs if (a["shelter"], a["diet"]) == meal)] for meal in meals
        ]
        found = min(
            (picks.count(None), sum(a["distance_hm"] for a in picks if a is not None))
            for picks in product(*options)
            if _cooked(problem, service, [a for a in picks if a is not None])
        )
        unmet, travelled = unmet + found[0], travelled + found[1]
    return unmet, travelled


def _cooked(problem: dict[str, Any], service: str, picks: list[dict[str, Any]]) -> bool:
    for kitchen in problem["kitchens"]:
        mine = [a for a in picks if a["kitchen"] == kitchen["id"]]
        cooks = kitchen["services"].get(service, {"meals": 0})
        if len(mine) > cooks["meals"]:
            return False
        for diet in DIETS:
            most = cooks.get("per_diet", {}).get(diet, cooks["meals"] if diet == "standard" else 0)
            if sum(a["diet"] == diet for a in mine) > most:
                return False
    return True


@st.composite
def problems(draw: st.DrawFn) -> dict[str, Any]:
    few = st.integers(0, 2)
    shelters = [
        {"id": f"s{i}", "demand_per_service": draw(st.dictionaries(st.sampled_from(DIETS), few))} for i in range(2)
    ]
    cooks = st.fixed_dictionaries(
        {"meals": st.integers(0, 3)}, optional={"per_diet": st.dictionaries(st.sampled_from(DIETS), few)}
    )
    kitchens = [
        {"id": f"k{i}", "services": draw(st.dictionaries(st.sampled_from(SERVICES), cooks, max_size=2))}
        for i in range(2)
    ]
    ends = st.tuples(
        st.sampled_from(["k0", "k1"]), st.sampled_from(SERVICES), st.sampled_from(DIETS), st.sampled_from(["s0", "s1"])
    )
    arcs = [
        {"kitchen": k, "service": v, "diet": d, "shelter": s, "distance_hm": draw(st.integers(0, 5))}
        for k, v, d, s in draw(st.lists(ends, unique=True, max_size=14))
    ]
    return {"shelters": shelters, "kitchens": kitchens, "arcs": arcs}


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(problems())
def test_every_small_problem_equals_the_enumeration(problem: dict[str, Any]) -> None:
    told = answer(problem)
    assert (told["unmet_meals"], told["meal_hm"]) == best(problem)
    arcs = {tuple(a[n] for n in ("kitchen", "service", "diet", "shelter")): a["distance_hm"] for a in problem["arcs"]}
    flows = [(tuple(f[n] for n in ("kitchen", "service", "diet", "shelter")), f["meals"]) for f in told["flows"]]
    assert len(dict(flows)) == len(flows) and all(meals > 0 for _, meals in flows)
    assert sum(meals * arcs[way] for way, meals in flows) == told["meal_hm"]
    wanted = 3 * sum(sum(s["demand_per_service"].values()) for s in problem["shelters"])
    assert sum(meals for _, meals in flows) + told["unmet_meals"] == wanted
    assert sum(gap["meals"] for gap in told["unmet"]) == told["unmet_meals"]
    assert answer(problem) == answer({name: problem[name][::-1] for name in problem})


def arc(kitchen: str, shelter: str, diet: str = "standard", service: str = "lunch", hm: int = 10) -> dict[str, Any]:
    return {"kitchen": kitchen, "service": service, "diet": diet, "shelter": shelter, "distance_hm": hm}


def lunch(meals: int, **per_diet: int) -> dict[str, Any]:
    return {"lunch": {"meals": meals, "per_diet": per_diet, "delivery_from_to": [720, 900]}}


def test_what_is_missing_says_why_and_what_is_left_over_says_where_it_would_help() -> None:
    problem = {
        "schema": "caravan-food/1",
        "shelters": [
            {"id": "galilea", "demand_per_service": {"standard": 83, "infant": 2, "soft": 1}},
            {"id": "lejos", "demand_per_service": {"standard": 5}},
        ],
        "kitchens": [
            {"id": "trigo", "services": lunch(60, standard=60, soft=3)},
            {"id": "banco", "services": lunch(90, standard=90)},
        ],
        "arcs": [arc("trigo", "galilea")],
    }
    told = answer(problem)
    assert {
        (gap["shelter"], gap["diet"]): (gap["meals"], gap["code"]) for gap in told["unmet"] if gap["service"] == "lunch"
    } == {
        ("galilea", "standard"): (23, "kitchens_full"),
        ("galilea", "infant"): (2, "no_kitchen_cooks_diet"),
        ("galilea", "soft"): (1, "no_road_from_kitchens"),
        ("lejos", "standard"): (5, "no_road_from_kitchens"),
    }
    assert {gap["code"] for gap in told["unmet"] if gap["service"] != "lunch"} == {"no_kitchen_open"}
    assert told["transfers"] == [
        {"service": "lunch", "diet": "standard", "from": "banco", "to": "trigo", "shelter": "galilea", "meals": 23}
    ]


def test_every_mistake_of_a_file_is_told_at_once_with_its_place() -> None:
    problem: dict[str, Any] = {
        "schema": "caravan-food/2",
        "shelters": [
            {"id": "a", "demand_per_service": {"standard": -1, "carne": 2}},
            {"id": "a", "demand_per_service": {}},
            {"id": "b"},
        ],
        "kitchens": [{"id": "k", "services": {"lunch": {"per_diet": {"infant": 1.5}}, "brunch": {}, "dinner": 60}}],
        "arcs": [arc("k", "a"), arc("k", "a"), arc("q", "a", service="té"), {"kitchen": "k", "shelter": 4}],
    }
    with pytest.raises(Unsound) as caught:
        read(json.dumps(problem))
    assert [(p.path, p.code) for p in caught.value.problems] == [
        ("schema", "not_among"),
        ("shelters[1].id", "repeated"),
        ("shelters[0].demand_per_service.standard", "out_of_bounds"),
        ("shelters[0].demand_per_service.carne", "not_among"),
        ("shelters[2].demand_per_service", "absent"),
        ("kitchens[0].services.lunch.meals", "absent"),
        ("kitchens[0].services.lunch.per_diet.infant", "a_whole_number"),
        ("kitchens[0].services.brunch", "not_among"),
        ("kitchens[0].services.dinner", "an_object"),
        ("arcs[1]", "repeated"),
        ("arcs[2].kitchen", "unknown_id"),
        ("arcs[2].service", "not_among"),
        ("arcs[3].shelter", "a_text"),
        ("arcs[3].service", "absent"),
        ("arcs[3].diet", "absent"),
        ("arcs[3].distance_hm", "absent"),
    ]
