"""A day bus by bus, small: what the figures are made with must be true."""

from __future__ import annotations

import pytest

from bench.instances import POLICY, Bus, Day, day
from bench.online import WAYS, Record, Way, changes, hindsight, place
from caravan.shelters.measure import measure
from caravan.shelters.plan import Need, Offer

SMALL = [day(1.05, seed, "families", people=90) for seed in (0, 1)]
RECORD = Record([day(1.05, seed, "families", people=90) for seed in range(100, 105)])


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.title)
def test_no_way_breaks_a_rule_or_does_better_than_hindsight(way: Way) -> None:
    for today in SMALL:
        assigned, waited, seconds = place(today, way, RECORD)
        vector = measure(today.at_once.needs, today.offers, today.policy, assigned)
        best = hindsight(today)
        assert (best.U1, best.U2) <= (vector.U1, vector.U2)
        assert best.U2 <= vector.U2
        assert len(seconds) >= len(today.buses)
        assert way.reserve or not waited


def test_who_waited_for_the_hour_of_release_has_the_kept_place_then() -> None:
    women = tuple(Need(household=f"w{n}", group="g", kind="wom", size=1, hub="leon") for n in range(10))
    house = Offer(shelter="a", free={"wom": (10,)}, distance_hm={"leon": 5})
    today = Day("", (Bus(600, women),), (house,), POLICY)
    assigned, waited, seconds = place(today, Way("", foresight="starting", reserve=True), RECORD)
    assert (len(assigned), waited, len(seconds)) == (10, 1, 2)


def test_a_fourth_bus_changes_no_open_proposal_without_need() -> None:
    found = changes(0)
    assert found.proposed
    assert found.ours * 100 <= found.proposed
