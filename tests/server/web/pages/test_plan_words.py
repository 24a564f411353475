"""What a plan says of itself, in words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args

import pytest
from msgspec.structs import replace

from caravan.coordination.weighing import WAIVABLE
from caravan.events import PlanProposed
from caravan.server.web.pages.plan_words import (
    LEVELS,
    STAGES,
    WAIVABLE_WORDS,
    certainty,
    cost_words,
    costs,
    kept_of_free,
    kept_words,
    policy_words,
    stage_words,
)
from caravan.shelters.model import Placement
from caravan.shelters.plan import Vector
from caravan.shelters.policy import Level

NOTHING = Vector(U1=0, U2=0, FAR=0, SPL=0, CHG=0, SOFT=0, DIST=0, BAL=0)
_PART = Placement(
    id="p", group="g", shelter="galilea", activation="a", people=2, beds={"mix": 2}, held_at=datetime(2023, 5, 16, tzinfo=UTC)
)  # fmt: skip
PLAN = PlanProposed(
    plan="q", group="g", parts=(_PART,), unplaced=0, vector=replace(NOTHING, SPL=51, DIST=905_000), reasons=()
)


def test_every_level_every_stage_and_every_rule_a_house_may_waive_has_words() -> None:
    assert set(LEVELS) == {"PIN", *get_args(Level)}
    assert set(WAIVABLE_WORDS) == set(WAIVABLE)
    for stage in (*LEVELS, *STAGES):
        assert stage not in stage_words(stage).split()


def test_a_proven_plan_says_so_and_another_says_what_is_proven_and_how_much_better_it_could_be() -> None:
    proven = certainty(replace(PLAN, status={"U1": "optimal", "U2": "optimal", "SPL": "optimal"}))
    assert proven is not None and proven.proven and proven.open_levels == ()
    cut = certainty(replace(PLAN, status={"U1": "optimal", "U2": "optimal", "SPL": "feasible"}, bounds={"SPL": 16}))
    assert cut is not None and not cut.proven
    assert "personas sin lugar" in cut.sentence
    assert cut.open_levels == ("separaciones de grupos: 51; a lo menos serían 16",)


def test_a_plan_of_an_earlier_version_of_the_program_claims_nothing() -> None:
    assert certainty(PLAN) is None


def test_with_a_persons_choice_nothing_more_is_proven_than_with_that_choice() -> None:
    sure = certainty(replace(PLAN, status={"U1": "optimal"}, pins={"fam": "galilea"}))
    assert sure is not None and "lo mejor con lo que usted eligió" in sure.sentence


def test_nothing_is_proven_of_a_plan_that_places_nobody() -> None:
    assert certainty(replace(PLAN, parts=(), unplaced=60, status={"U1": "optimal", "U2": "optimal"})) is None


def test_a_policy_is_told_by_its_state_and_its_number() -> None:
    assert policy_words("guanajuato@1") == "política de Guanajuato, versión 1"


def test_a_cost_is_told_level_by_level_and_the_way_is_compared_only_between_as_many_people() -> None:
    worse = replace(NOTHING, U2=5, SPL=1, DIST=300)
    assert costs(NOTHING, worse) == [("U2", 5), ("SPL", 1)]
    assert costs(worse, NOTHING) == []
    assert costs(NOTHING, replace(NOTHING, FAR=3, DIST=315)) == [("FAR", 3), ("DIST", 315)]


@pytest.mark.parametrize(
    ("level", "more", "people", "said"),
    [
        ("U1", 2, 9, "2 personas de casos prioritarios se quedarían sin lugar"),
        ("U1", 1, 9, "1 persona de un caso prioritario se quedaría sin lugar"),
        ("U2", 5, 9, "5 personas que tendrían lugar se quedarían sin él"),
        ("FAR", 15, 15, "15 personas más saldrían del municipio"),
        ("SPL", 1, 15, "el grupo se separaría una vez más"),
        ("DIST", 315, 15, "cada persona iría 2.1 km más lejos"),
    ],
)
def test_a_cost_reads_as_an_official_would_say_it(level: str, more: int, people: int, said: str) -> None:
    assert cost_words(level, more, people) == said


def test_what_is_kept_says_until_when() -> None:
    assert (
        kept_words({"fam": 2}, "21:00") == "se guardan hasta las 21:00 para casos prioritarios: 2 lugares de familias"
    )
    assert kept_words({"mix": 1}, "21:00").endswith(": 1 lugar")
    assert kept_words({"fam": 1, "mix": 3}, None).endswith(": 1 lugar de familias, 3 lugares")
    assert "toda la noche" in kept_words({"fam": 2}, None)
    assert kept_of_free(2, "21:00") == "de ellos se guardan 2 hasta las 21:00"
