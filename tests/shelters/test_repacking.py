"""Groups packed anew a few at a time: fewer splits, and nobody the worse for it."""

from __future__ import annotations

from hypothesis import given, settings

from caravan.shelters.assign import assign
from caravan.shelters.measure import measure
from caravan.shelters.plan import Assigned, Need, Offer, Vector
from caravan.shelters.policy import LEVELS, Policy
from caravan.shelters.progress import Progress, unwatched
from caravan.shelters.repacking import finish, repack
from caravan.shelters.search import construct
from caravan.shelters.searching.placing import Placing
from caravan.shelters.searching.tables import Tables
from tests.shelters.test_assign import house, small_nights


def levels(vector: Vector) -> tuple[int, ...]:
    return tuple(getattr(vector, level) for level in ("PIN", *LEVELS))


def placing(needs: list[Need], offers: list[Offer], policy: Policy, assigned: tuple[Assigned, ...]) -> Placing:
    made = Placing(Tables(needs, offers, policy))
    made.start_from(assigned)
    return made


@settings(max_examples=80, deadline=None, derandomize=True, database=None)
@given(small_nights())
def test_repacked_and_finished_no_level_is_worse_and_a_small_night_is_split_as_little_as_can_be(
    night: tuple[list[Need], list[Offer], Policy],
) -> None:
    needs, offers, policy = night
    best = assign(needs, offers, policy, engine="exact")
    made = placing(needs, offers, policy, construct(needs, offers, policy))
    before = made.cost
    repack(made, watch=unwatched)
    assert made.cost // made.tables.split <= before // made.tables.split
    packed = made.cost
    finish(made)
    assert made.cost <= packed
    vector = measure(needs, offers, policy, made.assigned())
    assert vector == made.tables.vector(made.cost)
    assert levels(best.vector) <= levels(vector)
    if levels(vector)[:4] == levels(best.vector)[:4]:
        assert vector.SPL == best.vector.SPL


def men(group: str, count: int) -> list[Need]:
    return [Need(household=f"{group}{n}", group=group, kind="men", size=1) for n in range(count)]


def test_two_groups_that_lie_in_each_other_s_houses_change_places() -> None:
    needs, offers = [*men("a", 4), *men("b", 4)], [house("x", free={"men": [4]}), house("y", free={"men": [4]})]
    crossed = tuple(
        Assigned(
            household=need.household, group=need.group, shelter="xy"[n % 2], mode="M", beds={"men": 1}
        )
        for n, need in enumerate(needs)
    )  # fmt: skip
    made = placing(needs, offers, Policy(), crossed)
    assert made.tables.vector(made.cost).SPL == 2
    repack(made, watch=unwatched)
    assert made.tables.vector(made.cost).SPL == 0


def test_who_travels_alone_makes_room_for_a_group() -> None:
    alone = Need(household="z", group="z", kind="men", size=1, solo=True)
    needs, offers = [*men("a", 3), alone], [house("x", free={"men": [3]}), house("y", free={"men": [2]})]
    where = {"a0": "x", "a1": "x", "a2": "y", "z": "x"}
    first = tuple(Assigned(household=h, group=h[0], shelter=s, mode="M", beds={"men": 1}) for h, s in where.items())
    made = placing(needs, offers, Policy(), first)
    repack(made, watch=unwatched)
    assert {a.household: a.shelter for a in made.assigned()} == {"a0": "x", "a1": "x", "a2": "x", "z": "y"}


def test_finished_everybody_is_as_near_as_the_houses_of_their_group_allow() -> None:
    needs = [*men("a", 3), *men("b", 3)]
    offers = [house("near", 5, free={"men": [3]}), house("far", 90, free={"men": [5]})]
    where = {"a0": "near", "a1": "far", "a2": "far", "b0": "far", "b1": "far", "b2": "far"}
    first = tuple(Assigned(household=h, group=h[0], shelter=s, mode="M", beds={"men": 1}) for h, s in where.items())
    made = placing(needs, offers, Policy(), first)
    finish(made)
    assert {a.shelter for a in made.assigned() if a.group == "a"} == {"near"}


def test_told_to_stop_it_leaves_everything_as_it_is() -> None:
    needs, offers = [*men("a", 4), *men("b", 4)], [house("x", free={"men": [4]}), house("y", free={"men": [4]})]
    first = tuple(
        Assigned(household=n.household, group=n.group, shelter="xy"[i % 2], mode="M", beds={"men": 1})
        for i, n in enumerate(needs)
    )
    told: list[Progress] = []

    def stop(progress: Progress) -> bool:
        told.append(progress)
        return False

    made = placing(needs, offers, Policy(), first)
    repack(made, watch=stop)
    assert (made.tables.vector(made.cost).SPL, len(told)) == (2, 1)
