"""One search for several groups: those to be placed, and those whose proposal nobody has confirmed."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from caravan.shelters.assign import assign
from caravan.shelters.joint import LARGE, Found, Question, Wanted, solve
from caravan.shelters.measure import measure
from caravan.shelters.model import Section
from caravan.shelters.plan import Need, Offer
from caravan.shelters.policy import Policy
from caravan.shelters.progress import Progress

MEN: Section = "men"


def men(group: str, people: int, *, proposed: str | None = None, pinned: str | None = None) -> list[Need]:
    return [
        Need(household=f"{group}/{n}", group=group, kind="men", size=1, hub="leon", proposed=proposed, pinned=pinned)
        for n in range(people)
    ]


def house(ident: str, places: int, hm: int, *, far: bool = False) -> Offer:
    return Offer(
        shelter=ident, free={"men": (places,)}, distance_hm={"leon": hm}, far=("leon",) if far else (), nominal=places
    )


def asked(wanted: dict[str, list[Need]], others: dict[str, list[Need]], offers: tuple[Offer, ...]) -> Question:
    theirs: dict[str, dict[Section, int]] = {}
    for needs in others.values():
        for need in needs:
            if need.proposed is not None:
                there = theirs.setdefault(need.proposed, {})
                there[MEN] = there.get(MEN, 0) + need.size
    return Question(
        wanted=tuple(Wanted(group=group) for group in wanted), others=tuple(Wanted(group=group) for group in others),
        needs=tuple(need for needs in (*wanted.values(), *others.values()) for need in needs), offers=offers,
        policy=Policy(), theirs=theirs,
    )  # fmt: skip


def homes(found: Found, group: str) -> dict[str, int]:
    return dict(Counter(a.shelter for a in found.assigned if a.group == group))


def test_others_keep_their_places_where_there_is_room_beside_them() -> None:
    question = asked(
        {"new": men("new", 5)}, {"old": men("old", 5, proposed="near")}, (house("near", 10, 1), house("next", 10, 5))
    )
    found = solve(question)
    assert (found.groups, homes(found, "new")) == (("new",), {"near": 5})


def test_others_do_not_make_way_for_a_shorter_journey() -> None:
    question = asked(
        {"new": men("new", 5)}, {"old": men("old", 5, proposed="near")}, (house("near", 5, 1), house("next", 10, 5))
    )
    found = solve(question)
    assert (found.groups, homes(found, "new")) == (("new",), {"next": 5})


def test_others_make_way_where_somebody_would_have_no_place_at_all() -> None:
    """Only the near house takes the new ones, by a person's choice; the others may go elsewhere."""
    question = asked(
        {"new": men("new", 5, pinned="near")}, {"old": men("old", 5, proposed="near")},
        (house("near", 5, 1), house("next", 10, 5)),
    )  # fmt: skip
    found = solve(question)
    assert found.groups == ("new", "old")
    assert (homes(found, "new"), homes(found, "old")) == ({"near": 5}, {"next": 5})


def test_a_whole_group_is_not_moved_so_that_another_stays_in_its_town() -> None:
    question = asked(
        {"new": men("new", 5)}, {"old": men("old", 5, proposed="near")},
        (house("near", 5, 1), house("away", 10, 500, far=True)),
    )  # fmt: skip
    found = solve(question)
    assert (found.groups, homes(found, "new")) == (("new",), {"away": 5})


def test_a_search_stopped_at_once_leaves_the_others_alone() -> None:
    question = asked(
        {"new": men("new", 5, pinned="near")}, {"old": men("old", 5, proposed="near")},
        (house("near", 5, 1), house("next", 10, 5)),
    )  # fmt: skip
    found = solve(question, watch=lambda progress: False)
    taken = Counter(a.shelter for a in found.assigned)
    assert all(taken[offer.shelter] <= offer.free[MEN][0] for offer in question.offers)


_sizes = st.lists(st.integers(1, 6), min_size=1, max_size=3)


@settings(max_examples=40, derandomize=True, deadline=None)
@given(_sizes, _sizes, st.lists(st.integers(0, 8), min_size=2, max_size=3))
def test_open_proposals_change_only_where_somebody_more_gets_a_place(
    new: list[int], old: list[int], places: list[int]
) -> None:
    offers = tuple(house(f"h{n}", free, 10 * n + 1, far=n == 2) for n, free in enumerate(places))
    waiting = {f"old{n}": men(f"old{n}", people) for n, people in enumerate(old)}
    before = assign([need for needs in waiting.values() for need in needs], offers, Policy())
    proposed = {a.household: a.shelter for a in before.assigned}
    others = {
        group: [replace(need, proposed=proposed.get(need.household)) for need in needs]
        for group, needs in waiting.items()
    }
    question = asked({f"new{n}": men(f"new{n}", people) for n, people in enumerate(new)}, others, offers)
    found = solve(question)
    planned = {a.household: a.shelter for a in found.assigned}
    unchanged = [
        need for needs in others.values() for need in needs if need.group not in found.groups and need.proposed
    ]
    everybody = len(planned) + len(unchanged)
    assert everybody == min(sum(places), sum(new) + sum(old))
    taken = Counter([*planned.values(), *(need.proposed for need in unchanged)])
    assert all(taken[offer.shelter] <= offer.free[MEN][0] for offer in offers)
    for group in found.groups:
        needs = [need for need in question.needs if need.group == group]
        mine = tuple(a for a in found.assigned if a.group == group)
        # How full a house gets depends on the others in it.
        alone = measure(needs, offers, Policy(), mine)
        assert replace(found.vectors[group], BAL=0) == replace(alone, BAL=0)
    changed = sum(1 for h, shelter in proposed.items() if h in planned and planned[h] != shelter)
    if changed:
        beside = sum(places) - len(before.assigned)
        assert everybody - len(before.assigned) > min(beside, sum(new)) or changed * 100 <= len(proposed)


def test_the_same_question_has_the_same_answer() -> None:
    question = asked(
        {"new": men("new", 7)}, {"old": men("old", 6, proposed="near")}, (house("near", 8, 1), house("next", 9, 5))
    )
    assert solve(question) == solve(question)


def families(group: str, count: int, *, proposed: str | None = None) -> list[Need]:
    return [
        Need(household=f"{group}/f{n}", group=group, kind="fam", size=4, hub="leon", proposed=proposed)
        for n in range(count)
    ]


def ground(ident: str, places: int, hm: int) -> Offer:
    return Offer(shelter=ident, free={"mix": (places,)}, distance_hm={"leon": hm}, nominal=places)


def stopped(_progress: Progress) -> bool:
    return False


def test_a_large_search_stopped_at_once_places_whoever_can_be_placed_without_searching() -> None:
    question = asked({"new": families("new", LARGE // 4)}, {}, (ground("near", 500, 1), ground("next", 300, 5)))
    found = solve(question, watch=stopped)
    assert sum(a.beds["mix"] for a in found.assigned) == LARGE
    assert found.vectors["new"].U2 == 0
    assert found.status["SPL"] == "feasible"


def test_a_large_search_stopped_at_once_leaves_nobody_without_the_place_already_proposed() -> None:
    """The standing proposals are better than what is found without a search: the large group was let in by halves."""
    standing = families("large", LARGE // 4, proposed="near")
    tight = [replace(need, declined=("next",)) for need in standing]
    offers = (ground("near", LARGE, 9), ground("next", 8, 1))
    question = asked({"large": tight, "new": families("new", 2)}, {}, offers)
    found = solve(question, watch=stopped)
    assert Counter(a.shelter for a in found.assigned) == {"near": LARGE // 4, "next": 2}


def test_a_search_stopped_at_once_keeps_the_proposal_it_was_to_better() -> None:
    """Without a search the large families come first, and two people remain outside; the standing proposal has them all."""
    needs = [
        *(Need(household=f"g/a{n}", group="g", kind="fam", size=3, hub="leon", proposed="odd") for n in range(200)),
        *(Need(household=f"g/b{n}", group="g", kind="fam", size=2, hub="leon", proposed="even") for n in range(2)),
    ]
    offers = (ground("odd", 600, 9), ground("even", 4, 1))
    found = solve(asked({"g": needs}, {}, offers), watch=stopped)
    assert found.vectors["g"].U2 == 0


def test_a_search_goes_on_being_heard_while_its_reasons_are_put_into_words() -> None:
    heard: list[str] = []

    def watch(progress: Progress) -> bool:
        heard.append(progress.stage)
        return True

    question = asked({f"new{n}": men(f"new{n}", 2) for n in range(3)}, {}, (house("near", 10, 1), house("next", 9, 5)))
    solve(question, watch=watch)
    assert heard.count("explain") == 3


def test_a_search_that_was_stopped_still_says_why_each_group_goes_where_it_goes() -> None:
    question = asked({f"new{n}": men(f"new{n}", 2) for n in range(3)}, {}, (house("near", 10, 1), house("next", 9, 5)))
    found = solve(question, watch=stopped)
    assert [[e.shelter for e in found.reasons[group] if e.chosen] for group in found.groups] == [["near"]] * 3
