"""Another state begins with the figures of one that has a policy, and with nothing decided in its name."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from caravan.policies import load_policy
from caravan.policy_adoption import begun
from caravan.protocol.adoption import state_called
from caravan.shelters.policy import Policy

TEXT = (Path(__file__).parents[1] / "protocols" / "guanajuato.colocacion.yaml").read_text(encoding="utf-8")
GUANAJUATO = load_policy(TEXT)
BARE = replace(
    GUANAJUATO, far="distance", far_hm=500, release_at=None, surge_from=None, unknown_after_hours=None, levels=("U1", "U2", "DIST")
)  # fmt: skip


@pytest.mark.parametrize("policy", [GUANAJUATO, BARE])
def test_a_state_begins_with_the_same_figures(policy: Policy) -> None:
    made = load_policy(begun(policy, state_called("MX22")))
    own = {"id": "queretaro", "version": 1, "title": made.title, "sources": made.sources, "admissions": ()}
    assert made == replace(policy, **own)
    assert "Querétaro" in made.title


def test_only_what_the_law_says_is_taken_over_as_decided() -> None:
    made = load_policy(begun(GUANAJUATO, state_called("MX22")))
    assert made.sources["tramite"] == {"L": "LR 24 (G20)"}
    others = [marks for part, marks in made.sources.items() if part != "tramite"]
    assert others == [{"D": "tomado de guanajuato@1; falta decidir"}] * len(others)


def test_a_far_that_no_distance_makes_is_carried_over_too() -> None:
    assert load_policy(begun(replace(GUANAJUATO, far_hm=None), state_called("MX22"))).far_hm is None
