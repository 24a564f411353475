"""The search without a solver, against the enumeration of every placement and against the exact engine."""

from __future__ import annotations

import subprocess
import sys
from itertools import product
from random import Random

import pytest
from hypothesis import given, settings

from bench.instances import tight_bus
from caravan.shelters.assign import assign
from caravan.shelters.measure import measure
from caravan.shelters.model import Admission, Section
from caravan.shelters.plan import Assigned, Need, Offer, Vector
from caravan.shelters.policy import LEVELS, Policy
from caravan.shelters.progress import Progress
from caravan.shelters.search import construct, improve
from caravan.shelters.searching.people_first import people_first
from tests.shelters.test_assign import bus, choices, family, house, small_nights, vector_of

MOTLEY = (0, 4, 7, 11)

Night = tuple[list[Need], list[Offer], Policy]


def levels(vector: Vector) -> tuple[int, ...]:
    return tuple(getattr(vector, level) for level in ("PIN", *LEVELS))


def searched(needs: list[Need], offers: list[Offer], policy: Policy, rounds: int | None = None) -> Vector:
    first = construct(needs, offers, policy)
    return measure(needs, offers, policy, improve(needs, offers, policy, first, rounds=rounds))


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(small_nights())
def test_no_rule_is_broken_and_no_improvement_is_worse(night: Night) -> None:
    needs, offers, policy = night
    first = construct(needs, offers, policy)
    better = improve(needs, offers, policy, first, rounds=60)
    assert levels(measure(needs, offers, policy, better)) <= levels(measure(needs, offers, policy, first))
    assert len({a.household for a in better}) == len(better)
    sizes = {need.household: need.size for need in needs}
    assert all(sum(a.beds.values()) == sizes[a.household] for a in better)


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(small_nights())
def test_on_small_nights_the_same_people_are_placed_as_by_the_best_of_all_placements(night: Night) -> None:
    needs, offers, policy = night
    all_picks = product(*(choices(need, offers) for need in needs))
    best = min(v for picks in all_picks if (v := vector_of(needs, picks, offers, policy)) is not None)
    found = levels(searched(needs, offers, policy))
    assert found[:4] == best[:4]
    assert found[4] <= best[4] + 1


@pytest.mark.parametrize("seed", [0, 3])
def test_a_crowded_bus_is_placed_as_the_exact_engine_places_it_down_to_the_splits(seed: int) -> None:
    _, needs, offers, policy, *_ = tight_bus(seed)
    exact = levels(assign(needs, offers, policy, engine="exact").vector)
    assert levels(searched(list(needs), list(offers), policy))[:5] == exact[:5]


def motley_night(seed: int, people: int = 40) -> Night:
    """Households of every kind, four groups, five houses of which none has everything."""
    random = Random(seed)
    sections: tuple[Section, ...] = ("fam", "wom", "men", "uam")
    offers = [
        Offer(
            shelter=f"s{number}",
            free={s: (random.randint(0, people // 5 + 4),) * 2 for s in sections if random.random() < 0.7},
            distance_hm={"h": random.randint(1, 600)},
            accessible=(random.randint(0, 3),) * 2,
            max_stay_nights=random.choice([1, 2, None]),
            offers=tuple(o for o in ("medical", "dif") if random.random() < 0.4),
            admits=("fam", "wom", "men", "uam"),
        )
        for number in range(5)
    ]
    needs: list[Need] = []
    while sum(need.size for need in needs) < people:
        kind: Admission = random.choice(["fam", "fam", "wom", "men", "men", "uam"])
        size = random.randint(2, 6) if kind == "fam" else random.choice([1, 1, 2])
        need = Need(
            household=f"n{len(needs):02}",
            group=f"g{random.randrange(4)}",
            kind=kind,
            size=size,
            adult_men={"fam": random.randint(0, 2), "men": size}.get(kind, 0),
            accessible=int(random.random() < 0.1),
            needs=("medical",) if random.random() < 0.1 else (),
            nights=random.choice([1, 2, 3]),
            priority=kind == "uam" or random.random() < 0.25,
            hub="h",
        )
        needs.append(need)
    return needs, offers, Policy(far="distance", far_hm=300)


@pytest.mark.parametrize("seed", MOTLEY)
def test_the_same_people_are_placed_and_kept_near_as_by_the_exact_engine_with_one_split_more_at_most(seed: int) -> None:
    needs, offers, policy = motley_night(seed)
    exact = levels(assign(needs, offers, policy, engine="exact").vector)
    found = levels(searched(needs, offers, policy))
    assert found[:4] == exact[:4]
    assert found[4] <= exact[4] + 1


def test_people_first_is_never_worse_for_the_people_and_leaves_alone_what_it_cannot_better() -> None:
    needs, offers, policy = motley_night(MOTLEY[0])
    best = assign(needs, offers, policy, engine="exact").assigned
    assert people_first(needs, offers, policy, best, rounds=200, seed=1) is best
    nobody = people_first(needs, offers, policy, (), rounds=400, seed=1)
    assert levels(measure(needs, offers, policy, nobody))[:4] == levels(measure(needs, offers, policy, best))[:4]


def test_a_family_is_never_cut() -> None:
    offers = [house("a", free={"fam": [2]}), house("b", free={"fam": [2]})]
    assert construct([family("f", 4)], offers, Policy()) == ()


def test_a_household_pinned_to_a_full_house_stays_out_rather_than_elsewhere() -> None:
    offers = [house("a", free={"mix": [3]}), house("b")]
    assert searched([family("f", 4, pinned="a")], offers, Policy()).PIN == 4


def test_a_woman_leaves_the_family_places_for_a_family_that_has_none() -> None:
    needs = [family("f", 4), *(Need(household=f"w{i}", group="b", kind="wom", size=1) for i in range(4))]
    offers = [house("a", free={"fam": [4], "wom": [2]}), house("b", 40, free={"wom": [2]})]
    beds: dict[Section, int] = {"fam": 1}
    first = tuple(Assigned(household=f"w{i}", group="b", shelter="a", mode="F", beds=beds) for i in range(4))
    assert measure(needs, offers, Policy(), first).U2 == 4
    assert measure(needs, offers, Policy(), improve(needs, offers, Policy(), first)).U2 == 0


def test_only_the_levels_of_the_policy_count() -> None:
    policy = Policy(levels=("U2", "DIST"))
    offers = [house("near", 5, free={"mix": [10]}), house("large", 60, free={"mix": [40]})]
    needs = bus(3, 4, 5)
    people = sum(need.size for need in needs)
    vector = searched(needs, offers, policy)
    assert vector.U2 == 0
    assert 5 * 10 + 60 * (people - 10) == vector.DIST


def test_a_search_that_is_told_to_stop_gives_the_best_it_has() -> None:
    needs, offers = bus(3, 4, 5), [house("a", free={"mix": [9]}), house("b", 9, free={"mix": [12]})]
    first = construct(needs, offers, Policy())
    told: list[Progress] = []

    def stop(progress: Progress) -> bool:
        told.append(progress)
        return False

    stopped = improve(needs, offers, Policy(), first, watch=stop)
    assert levels(measure(needs, offers, Policy(), stopped)) == levels(measure(needs, offers, Policy(), first))
    assert len(told) == 1
    assert told[0].vector == measure(needs, offers, Policy(), first)


def test_a_placement_of_unknown_people_is_refused() -> None:
    stranger = Assigned(household="x", group="x", shelter="a", mode="X", beds={"mix": 1})
    with pytest.raises(KeyError):
        improve([family("f")], [house("a")], Policy(), [stranger])


def test_nobody_and_nowhere_are_placements_too() -> None:
    assert improve([], [], Policy(), construct([], [], Policy())) == ()
    assert improve([family("f")], [], Policy(), construct([family("f")], [], Policy())) == ()


REPEATED = """
import msgspec
from tests.shelters.test_assign import bus, house
from caravan.shelters.policy import Policy
from caravan.shelters.search import construct, improve
needs = [*bus(4, 5, 6), *bus(3, 2, 4, group="other")]
offers = [house(f"s{i}", 20 + 7 * i, free={"fam": [7], "wom": [4], "men": [5]}) for i in range(5)]
found = improve(needs, offers, Policy(), construct(needs, offers, Policy()), rounds=200)
print(msgspec.json.encode(found).decode())
"""


def test_the_same_input_gives_the_same_bytes_in_every_process() -> None:
    answers = {
        subprocess.run(
            [sys.executable, "-c", REPEATED],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(answers) == 1
