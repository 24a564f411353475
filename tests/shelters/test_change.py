"""What a move does to a plan, counted from the move alone, against both placements measured whole."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from caravan.shelters.assign import assign
from caravan.shelters.change import Change
from caravan.shelters.measure import measure
from caravan.shelters.plan import Need, Offer
from caravan.shelters.policy import LEVELS, Policy
from caravan.shelters.reading import Reading
from caravan.shelters.search import construct
from tests.shelters.test_assign import small_nights

Night = tuple[list[Need], list[Offer], Policy]


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(small_nights(), st.sets(st.integers(0, 9)))
def test_a_move_costs_what_the_whole_plan_costs_more(night: Night, homeless: set[int]) -> None:
    """From a simple placement in which some have no place to the best one."""
    needs, offers, policy = night
    best = assign(needs, offers, policy)
    placed = {a.household for a in best.assigned}
    first = [a for a in construct(needs, offers, policy) if a.household in placed]
    before = tuple(a for number, a in enumerate(first) if number not in homeless)
    plan = replace(best, assigned=before, vector=measure(needs, offers, policy, before))
    change = Change(Reading(plan), best.assigned)
    for level in ("PIN", "PRICE", *LEVELS):
        assert change.loss(level) == getattr(best.vector, level) - getattr(plan.vector, level), level


def test_who_sleeps_apart_bears_it_and_who_does_not_any_more_is_spared() -> None:
    family = Need(household="f", group="bus", kind="fam", size=4, adult_men=1)
    apart = Offer(shelter="apart", free={"fam": (3,), "men": (1,)}, distance_hm={"": 1})
    whole = Offer(shelter="whole", free={"fam": (4,)}, distance_hm={"": 9})
    forced = assign([family], [apart], Policy())
    plan = replace(forced, offers=(apart, whole))
    moved = assign([family], [whole], Policy()).assigned
    assert Change(Reading(plan), moved).borne() == {}
    back = Change(Reading(replace(plan, assigned=moved)), forced.assigned)
    assert (back.borne(), back.loss("SOFT")) == ({"night_apart": 4}, 4)
