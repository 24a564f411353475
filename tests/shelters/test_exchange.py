"""The exchange format against an enumeration written from its text alone, on the document itself."""

from __future__ import annotations

import json
from collections import defaultdict
from itertools import product
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.instances import bus, to_exchange
from caravan.given import Unsound
from caravan.shelters.assign import assign
from caravan.shelters.exchange import LEVELS, answer, contradictions, read, read_answer, unmet_pins
from caravan.shelters.measure import Broken, measure

Document = dict[str, Any]

# --- every answer there is -------------------------------------------------------------------------------------------


def ways(household: Document) -> list[tuple[str, dict[str, int], int]]:
    """Mode, places by section, soft points."""
    size, men = household["size"], household["adult_men"]
    if household["kind"] == "wom":
        return [("W", {"wom": size}, 0), ("F", {"fam": size}, 0)]
    if household["kind"] == "men":
        return [("M", {"men": size}, 0)]
    if household["kind"] == "uam":
        return [("U", {"uam": size}, 0)]
    if not men:
        return [("F", {"fam": size}, 0), ("W", {"wom": size}, 0)]
    apart = [("FM", {"fam": size - men, "men": men}, size), ("WM", {"wom": size - men, "men": men}, size)]
    return [("F", {"fam": size}, 0), *apart]


def allowed(document: Document, household: Document, shelter: Document) -> bool:
    hub = next(group["hub"] for group in document["groups"] if group["id"] == household["group"])
    lawful = household["kind"] != "uam" or "dif" in shelter["offers"]
    pinned = document["pins"].get(household["id"])
    able = set(household["needs"]) <= set(shelter["offers"])
    return hub in shelter["distance_hm"] and lawful and able and pinned in (None, shelter["id"])


def cost_of(
    document: Document, picks: list[tuple[Document, str, dict[str, int], int] | None]
) -> tuple[int, ...] | None:
    used: defaultdict[tuple[str, str, int], int] = defaultdict(int)
    groups = {group["id"]: group for group in document["groups"]}
    places: defaultdict[str, set[str | None]] = defaultdict(set)
    u1 = u2 = far = soft = dist = bal = 0
    for household, pick in zip(document["households"], picks, strict=True):
        size, group = household["size"], groups[household["group"]]
        if household["kind"] != "uam" and not group["solo"]:
            places[group["id"]].add(pick[0]["id"] if pick else None)
        if pick is None:
            if household["id"] in document["pins"]:
                return None
            u1, u2 = u1 + size * household["priority"], u2 + size
            continue
        shelter, _, beds, points = pick
        hm = shelter["distance_hm"][group["hub"]]
        far += size * (document["far_hm"] is not None and hm > document["far_hm"])
        dist += size * hm
        soft += points + size * (household["nights"] > shelter["max_stay"])
        soft += size * (household["language"] is not None and household["language"] not in shelter["languages"])
        soft += size * (household["pet"] and not shelter["pets"])
        for night in range(min(household["nights"], shelter["max_stay"], document["nights"])):
            used[shelter["id"], "accessible", night] += household["accessible"]
            for section, count in beds.items():
                used[shelter["id"], section, night] += count
    for shelter in document["shelters"]:
        for night in range(document["nights"]):
            if used[shelter["id"], "accessible", night] > shelter["accessible"][night]:
                return None
            for section in ("fam", "wom", "men", "uam"):
                if used[shelter["id"], section, night] > shelter["beds"].get(section, [0] * 9)[night]:
                    return None
        load = sum(used[shelter["id"], section, 0] for section in ("fam", "wom", "men", "uam"))
        cap = sum(figures[0] for figures in shelter["beds"].values())
        bal += max(0, 20 * load - 17 * cap) + 3 * max(0, 20 * load - 19 * cap)
    spl = sum(max(0, len(those) - 1) for those in places.values())
    return u1, u2, far, spl, soft, dist, bal


def best(document: Document) -> tuple[int, ...] | None:
    """The least vector, or ``None`` where the pins cannot hold."""
    choices = [
        [
            None,
            *(
                (shelter, *way)
                for shelter in document["shelters"]
                if allowed(document, household, shelter)
                for way in ways(household)
            ),
        ]
        for household in document["households"]
    ]
    costs = (cost_of(document, list(picks)) for picks in product(*choices))
    return min((cost for cost in costs if cost is not None), default=None)


# --- small random documents ------------------------------------------------------------------------------------------

HUBS = ["leon", "celaya"]


@st.composite
def shelters(draw: st.DrawFn, name: str, nights: int) -> Document:
    figures = st.lists(st.integers(0, 5), min_size=nights, max_size=nights)
    return {
        "id": name,
        "distance_hm": draw(st.dictionaries(st.sampled_from(HUBS), st.sampled_from([15, 40, 300, 301]), min_size=1)),
        "beds": draw(st.dictionaries(st.sampled_from(["fam", "wom", "men", "uam"]), figures)),
        "accessible": draw(st.lists(st.integers(0, 2), min_size=nights, max_size=nights)),
        "max_stay": draw(st.integers(1, 3)),
        "offers": draw(st.sampled_from([[], ["medical"], ["dif"], ["dif", "medical"]])),
        "languages": draw(st.sampled_from([["es"], ["es", "ht"], []])),
        "pets": draw(st.booleans()),
    }


@st.composite
def households(draw: st.DrawFn, number: int) -> Document:
    kind = draw(st.sampled_from(["fam", "fam", "wom", "men", "men", "uam"]))
    size = draw(st.integers(1, 4) if kind == "fam" else st.integers(1, 2))
    return {
        "id": f"h{number}",
        "group": draw(st.sampled_from(["A", "A", "B", "alone"])),
        "kind": kind,
        "size": size,
        "adult_men": draw(st.integers(0, min(size, 2))) if kind == "fam" else 0,
        "accessible": draw(st.sampled_from([0, 0, 0, 1])),
        "needs": draw(st.sampled_from([[], [], [], ["medical"]])),
        "language": draw(st.sampled_from([None, "es", "ht"])),
        "pet": draw(st.integers(0, 4)) == 0,
        "nights": draw(st.integers(1, 4)),
        "priority": draw(st.integers(0, 1)),
    }


@st.composite
def documents(draw: st.DrawFn) -> Document:
    nights = draw(st.integers(1, 3))
    names = ["S1", "S2", "S3"][: draw(st.integers(1, 3))]
    people = [draw(households(number)) for number in range(draw(st.integers(0, 5)))]
    pinned = draw(st.sampled_from([0, 0, 1])) if people else 0
    groups = [("A", "leon", False), ("B", draw(st.sampled_from(HUBS)), False), ("alone", "leon", True)]
    return {
        "schema": "caravan-assignment/1",
        "name": "small",
        "nights": nights,
        "far_hm": draw(st.sampled_from([300, 300, 30, None])),
        "shelters": [draw(shelters(name, nights)) for name in names],
        "groups": [{"id": g, "hub": hub, "arrival_min": 0, "solo": solo} for g, hub, solo in groups],
        "households": people,
        "pins": {"h0": draw(st.sampled_from(names))} if pinned else {},
    }


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(documents())
def test_the_answer_is_the_least_of_all_there_are(document: Document) -> None:
    least = best(document)
    try:
        asked = read(json.dumps(document))
    except Unsound as unsound:
        assert least is None and {problem.code for problem in unsound.problems} == {"pin_breaks_rule"}
        return
    plan = assign(asked.needs, asked.offers, asked.policy)
    if least is None:
        assert [problem.path for problem in unmet_pins(plan)] == ["pins.h0"]
        return
    assert not unmet_pins(plan)
    told = json.loads(answer(plan, lambda reason: reason.code))
    assert tuple(told["vector"][level] for level in LEVELS) == least
    assert list(told["vector"]) == list(told["status"]) == list(LEVELS)
    assert set(told["status"].values()) == {"optimal"}
    by_id = {shelter["id"]: shelter for shelter in document["shelters"]}
    picks = [
        where and (by_id[where["shelter"]], *next(way for way in ways(household) if way[0] == where["mode"]))
        for household in document["households"]
        for where in [told["placements"][household["id"]]]
    ]
    assert cost_of(document, picks) == least, "the placements are worth what the vector says"


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(documents())
def test_without_a_solver_the_answer_is_lawful_and_places_as_many(document: Document) -> None:
    document = document | {"pins": {}}
    asked = read(json.dumps(document))
    plan = assign(asked.needs, asked.offers, asked.policy, engine="python")
    least = best(document)
    assert least is not None
    vector = measure(asked.needs, asked.offers, asked.policy, plan.assigned)
    assert least[:2] == (vector.U1, vector.U2)


# --- reading ---------------------------------------------------------------------------------------------------------

EXAMPLE: Document = {
    "schema": "caravan-assignment/1",
    "nights": 1,
    "far_hm": 300,
    "shelters": [
        {
            "id": "S1",
            "distance_hm": {"leon": 20},
            "beds": {"fam": [6], "men": [4]},
            "accessible": [1],
            "max_stay": 3,
            "offers": ["medical"],
            "languages": ["es"],
            "pets": False,
        }
    ],
    "groups": [{"id": "g1", "hub": "leon", "arrival_min": 0, "solo": False}],
    "households": [
        {
            "id": "h1",
            "group": "g1",
            "kind": "fam",
            "size": 4,
            "adult_men": 1,
            "accessible": 0,
            "needs": [],
            "language": "ht",
            "pet": False,
            "nights": 1,
            "priority": 1,
        }
    ],
    "pins": {},
}


def changed(**inside: Any) -> Document:
    """The example with other values, by their path with two underscores for a dot: ``shelters__beds``."""
    document = json.loads(json.dumps(EXAMPLE))
    for path, value in inside.items():
        part, _, name = path.partition("__")
        if name:
            document[part][0][name] = value
        else:
            document[part] = value
    return document


def solved(document: Document) -> Document:
    asked = read(json.dumps(document))
    return json.loads(answer(assign(asked.needs, asked.offers, asked.policy), lambda reason: reason.code))


def test_the_example_is_answered_as_the_format_says() -> None:
    told = solved(EXAMPLE)
    assert told["vector"] == {"U1": 0, "U2": 0, "FAR": 0, "SPL": 0, "SOFT": 4, "DIST": 80, "BAL": 0}
    assert told["placements"] == {"h1": {"shelter": "S1", "mode": "F"}}
    (why,) = told["reasons"]["groups"]["g1"]
    assert (why["shelter"], why["chosen"], why["code"]) == ("S1", True, "nearest_with_room")


def test_what_a_document_leaves_out_is_nothing() -> None:
    short = {
        "nights": 1,
        "shelters": [{"id": "S1", "distance_hm": {"leon": 900}, "beds": {"men": [2]}, "max_stay": 1}],
        "groups": [{"id": "g", "hub": "leon"}],
        "households": [{"id": "h", "group": "g", "kind": "men", "size": 1, "nights": 1}],
    }
    assert solved(short)["vector"]["FAR"] == 0
    assert solved(short)["placements"]["h"] == {"shelter": "S1", "mode": "M"}


@pytest.mark.parametrize(
    ("document", "path", "code"),
    [
        (changed(shelters__beds={"fam": ["x"]}), "shelters[0].beds.fam[0]", "a_whole_number"),
        (changed(shelters__beds={"fam": [-1]}), "shelters[0].beds.fam[0]", "out_of_bounds"),
        (changed(shelters__beds={"fam": [1, 2]}), "shelters[0].beds.fam", "one_a_night"),
        (changed(shelters__beds={"mix": [1]}), "shelters[0].beds.mix", "not_among"),
        (changed(shelters__max_stay=0), "shelters[0].max_stay", "out_of_bounds"),
        (changed(households__kind="man"), "households[0].kind", "not_among"),
        (changed(households__group="g9"), "households[0].group", "unknown_id"),
        (changed(households__adult_men=5), "households[0].adult_men", "out_of_bounds"),
        (changed(households__priority=2), "households[0].priority", "a_truth"),
        (changed(pins={"h9": "S1"}), "pins.h9", "unknown_id"),
        (changed(pins={"h1": "S9"}), "pins.h1", "unknown_id"),
        (changed(pins={"h1": "S1"}, households__needs=["lgbt"]), "pins.h1", "pin_breaks_rule"),
        (changed(pins={"h1": "S1"}, households__kind="uam"), "pins.h1", "pin_breaks_rule"),
        (changed(schema="caravan-food/1"), "schema", "not_among"),
        (changed(households=EXAMPLE["households"] * 2), "households[1].id", "repeated"),
        ({"nights": 1}, "shelters", "absent"),
    ],
)
def test_every_mistake_is_told_with_its_place(document: Document, path: str, code: str) -> None:
    with pytest.raises(Unsound) as unsound:
        read(json.dumps(document))
    assert (path, code) in {(problem.path, problem.code) for problem in unsound.value.problems}


def test_pins_that_do_not_fit_together_have_no_answer() -> None:
    document = changed(shelters__beds={"fam": [3]}, pins={"h1": "S1"})
    asked = read(json.dumps(document))
    plan = assign(asked.needs, asked.offers, asked.policy)
    assert [(problem.path, problem.code) for problem in unmet_pins(plan)] == [("pins.h1", "pin_without_room")]


# --- answers ---------------------------------------------------------------------------------------------------------


def test_an_answer_is_read_back_and_worth_what_it_says() -> None:
    instance = bus(40, 0, shelters=8)
    asked = read(json.dumps(to_exchange(instance)))
    plan = assign(asked.needs, asked.offers, asked.policy)
    told = read_answer(answer(plan, lambda reason: reason.code), asked)
    assert measure(asked.needs, asked.offers, asked.policy, told.assigned) == plan.vector
    assert contradictions(told, msgspec.to_builtins(plan.vector)) == []
    assert [problem.path for problem in contradictions(told, told.vector | {"DIST": 1})] == ["vector.DIST"]


@pytest.mark.parametrize(
    ("placements", "rule"),
    [
        ({"h1": {"shelter": "S1", "mode": "W"}}, "no_such_mode"),
        ({"h1": {"shelter": "S9", "mode": "F"}}, "unknown_placement"),
        ({"h1": {"shelter": "S1", "mode": "WM"}}, "overfilled"),
    ],
)
def test_an_answer_that_breaks_a_rule_is_caught(placements: Document, rule: str) -> None:
    asked = read(json.dumps(changed(shelters__beds={"fam": [6], "men": [4], "wom": [2]})))
    told = read_answer(json.dumps({"placements": placements}), asked)
    with pytest.raises(Broken) as broken:
        measure(asked.needs, asked.offers, asked.policy, told.assigned)
    assert broken.value.reason.code == rule


def test_an_answer_speaks_of_every_household_and_of_no_other() -> None:
    with pytest.raises(Unsound) as unsound:
        read_answer(json.dumps({"placements": {"h2": None}}), read(json.dumps(EXAMPLE)))
    assert [(p.path, p.code) for p in unsound.value.problems] == [
        ("placements.h2", "unknown_id"),
        ("placements", "says_nothing_of"),
    ]


def test_an_answer_explains_as_many_groups_as_can_be_read_and_says_of_how_many() -> None:
    document = changed(
        shelters__beds={"men": [395]},
        groups=[{"id": f"g{n:03}", "hub": "leon"} for n in range(400)],
        households=[{"id": f"h{n:03}", "group": f"g{n:03}", "kind": "men", "size": 1, "nights": 1} for n in range(400)],
    )
    told = solved(document)
    reasons = told["reasons"]
    assert (reasons["groups_explained"], reasons["groups_in_all"]) == (300, 400)
    out = [household for household, where in told["placements"].items() if where is None]
    assert len(out) == 5
    assert {f"g{household[1:]}" for household in out} <= set(reasons["groups"])
    assert reasons["lacking"]
