"""What placement is compared with keeps every rule, and is measured as it says."""

from __future__ import annotations

import pytest

from bench.instances import bus, tight_bus
from bench.placement import OURS, apart
from bench.rivals_of_placement import RIVALS
from caravan.shelters.assign import assign
from caravan.shelters.measure import measure

INSTANCES = [bus(15, 0), bus(104, 1, filled=0.85), tight_bus(3)]


@pytest.mark.parametrize("method", RIVALS)
def test_each_rival_keeps_every_rule_and_is_never_better_than_the_proven_best(method: str) -> None:
    for instance in INSTANCES:
        found = RIVALS[method](instance.needs, instance.offers, instance.policy)
        vector = measure(instance.needs, instance.offers, instance.policy, found)
        best = assign(instance.needs, instance.offers, instance.policy)
        assert set(best.status.values()) == {"optimal"}
        levels = instance.policy.levels
        assert [getattr(best.vector, level) for level in levels] <= [getattr(vector, level) for level in levels]
        assert found


def test_a_method_is_measured_in_a_process_of_its_own() -> None:
    run = apart("justo, 104 en 6 casas", OURS)
    assert run.proof == "todos los niveles"
    assert run.people == 104
    assert run.megabytes > 10
