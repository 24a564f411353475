"""The benches run only when asked for; what they measure with must not rot meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.copies import weight
from bench.night import played
from bench.realm import installation
from bench.rivals import Contest


def test_the_benches_can_make_an_installation_of_any_size(tmp_path: Path) -> None:
    small, larger = installation(tmp_path / "small", 5, 3), installation(tmp_path / "larger", 40, 3)
    assert 0 < small < larger
    assert (tmp_path / "larger" / "caravan.sqlite3").stat().st_size > 0


def test_the_benches_have_the_played_night_at_hand() -> None:
    night = played()
    assert night.facts, "a night without facts measures nothing"


@pytest.mark.parametrize(
    "name", ["arrivals", "demo", "folding", "live", "map_sizes", "online", "protocol_steps", "rivals", "start_up"]
)
def test_every_bench_is_a_file_with_one_run(name: str) -> None:
    bench = __import__(f"bench.{name}", fromlist=["run"])
    assert callable(bench.run)


@pytest.mark.parametrize("states", [36, 101])
def test_three_engines_end_in_the_same_states_of_the_chart_they_are_compared_on(states: int) -> None:
    ends = Contest(states).ends
    assert len(ends) == 3
    assert ends["caravan"] == ends["python-statemachine"] == ends["transitions"]
    assert len(ends["caravan"]) > 10


def test_what_copies_weigh_is_measured_in_a_process_of_its_own() -> None:
    assert weight("caravan", 2000) > 0
