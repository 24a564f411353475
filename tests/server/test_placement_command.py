"""``caravan placement``: a file in, an answer out, and every mistake in a line of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from bench.instances import bus, to_exchange
from caravan.cli import cli

EXAMPLE: dict[str, Any] = {
    "schema": "caravan-assignment/1",
    "nights": 1,
    "far_hm": 300,
    "shelters": [{"id": "S1", "distance_hm": {"leon": 20}, "beds": {"fam": [6]}, "max_stay": 3, "languages": ["es"]}],
    "groups": [{"id": "g1", "hub": "leon", "arrival_min": 0, "solo": False}],
    "households": [
        {"id": "h1", "group": "g1", "kind": "fam", "size": 4, "nights": 1, "priority": 1},
        {"id": "h2", "group": "g1", "kind": "fam", "size": 3, "nights": 1},
    ],
    "pins": {},
}


def caravan(*arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["placement", *arguments], input=given, env={"COLUMNS": "200"})


@pytest.fixture
def question(tmp_path: Path) -> Path:
    file = tmp_path / "problema.json"
    file.write_text(json.dumps(EXAMPLE), encoding="utf-8")
    return file


def test_a_file_is_answered_with_who_sleeps_where_and_why(question: Path) -> None:
    run = caravan("solve", str(question))
    assert run.exit_code == 0, run.stderr
    told = json.loads(run.stdout)
    assert told["vector"] == {"U1": 0, "U2": 3, "FAR": 0, "SPL": 1, "SOFT": 0, "DIST": 80, "BAL": 0}
    assert told["placements"] == {"h1": {"shelter": "S1", "mode": "F"}, "h2": None}
    assert told["reasons"]["groups"]["g1"][0]["text"] == "recibe a 4 de 7 personas"
    assert "falta 1 lugar " in told["reasons"]["lacking"][0]["text"]


def test_what_is_piped_in_is_answered_the_same(question: Path) -> None:
    assert caravan("solve", "-", given=question.read_text()).stdout == caravan("solve", str(question)).stdout


def test_the_answer_goes_to_the_file_that_is_asked_for(question: Path, tmp_path: Path) -> None:
    written = tmp_path / "respuesta.json"
    run = caravan("solve", str(question), "--output", str(written))
    assert (run.exit_code, run.stdout) == (0, "")
    assert json.loads(written.read_text())["vector"]["U2"] == 3


def test_a_file_with_mistakes_names_each_and_writes_nothing(question: Path, tmp_path: Path) -> None:
    wrong = EXAMPLE | {"nights": 2, "pins": {"h1": "S9"}}
    question.write_text(json.dumps(wrong), encoding="utf-8")
    written = tmp_path / "respuesta.json"
    run = caravan("solve", str(question), "--output", str(written))
    assert run.exit_code == 2
    assert run.stderr.splitlines() == [
        "shelters[0].beds.fam: debe decir una cifra por noche: son 2 noches y dice 1",
        "pins.h1: «S9» no existe en este archivo",
    ]
    assert run.stdout == ""
    assert not written.exists()


def test_a_pin_that_breaks_a_rule_or_has_no_room_is_an_error(question: Path) -> None:
    households = [EXAMPLE["households"][0] | {"needs": ["medical"]}, EXAMPLE["households"][1]]
    question.write_text(json.dumps(EXAMPLE | {"households": households, "pins": {"h1": "S1"}}), encoding="utf-8")
    run = caravan("solve", str(question))
    assert run.exit_code == 2
    assert run.stderr.startswith("pins.h1: no se puede fijar ahí: no ofrece lo que necesitan")
    question.write_text(json.dumps(EXAMPLE | {"pins": {"h1": "S1", "h2": "S1"}}), encoding="utf-8")
    run = caravan("solve", str(question))
    assert run.exit_code == 2
    assert "no hay lugar en «S1»" in run.stderr


@pytest.mark.parametrize("text", ["", "[", "[]", '{"nights": "dos"}'])
def test_what_is_no_problem_at_all_is_told_in_a_line(text: str) -> None:
    run = caravan("solve", "-", given=text)
    assert run.exit_code == 2
    assert run.stderr.strip()
    assert "Traceback" not in run.stderr


def test_a_file_that_is_not_there_is_told() -> None:
    run = caravan("solve", "no-hay.json")
    assert run.exit_code == 2
    assert "No existe" in run.stderr


@pytest.mark.parametrize("engine", ["auto", "exact", "aggregate", "python"])
def test_every_engine_answers_and_its_answer_is_found_sound(engine: str, tmp_path: Path) -> None:
    question, written = tmp_path / "p.json", tmp_path / "r.json"
    question.write_text(json.dumps(to_exchange(bus(30, 0, shelters=8))), encoding="utf-8")
    assert caravan("solve", str(question), "--output", str(written), "--engine", engine).exit_code == 0
    run = caravan("check", str(question), str(written))
    assert run.exit_code == 0, run.stderr
    assert [line.split()[0] for line in run.stdout.splitlines()] == ["U1", "U2", "FAR", "SPL", "SOFT", "DIST", "BAL"]


def test_the_check_says_which_rule_an_answer_breaks(question: Path, tmp_path: Path) -> None:
    told = tmp_path / "respuesta.json"
    both = {household: {"shelter": "S1", "mode": "F"} for household in ("h1", "h2")}
    told.write_text(json.dumps({"placements": both}), encoding="utf-8")
    run = caravan("check", str(question), str(told))
    assert run.exit_code == 1
    assert run.stderr.strip() == "placements → «S1»: no caben: 7 personas en 6 lugares (familias, noche 0)"


def test_the_check_says_where_an_answer_claims_what_is_not_so(question: Path, tmp_path: Path) -> None:
    told = tmp_path / "respuesta.json"
    placements = {"h1": {"shelter": "S1", "mode": "F"}, "h2": None}
    told.write_text(json.dumps({"placements": placements, "vector": {"DIST": 79, "U2": 3}}), encoding="utf-8")
    run = caravan("check", str(question), str(told))
    assert run.exit_code == 1
    assert run.stderr.strip() == "vector.DIST: dice 79 y es 80"


def test_the_check_says_that_a_pinned_family_has_no_place(question: Path, tmp_path: Path) -> None:
    question.write_text(json.dumps(EXAMPLE | {"pins": {"h1": "S1"}}), encoding="utf-8")
    told = tmp_path / "respuesta.json"
    told.write_text(json.dumps({"placements": {"h1": None, "h2": None}}), encoding="utf-8")
    run = caravan("check", str(question), str(told))
    assert run.exit_code == 1
    assert "pins.h1" in run.stderr


SOLVED = """
import sys
from caravan.cli import main
sys.argv = ["caravan", "placement", "solve", sys.argv[1]]
main()
"""


def test_the_same_file_gives_the_same_bytes_whatever_order_sets_have(tmp_path: Path) -> None:
    question = tmp_path / "p.json"
    question.write_text(json.dumps(to_exchange(bus(40, 1, shelters=10))), encoding="utf-8")
    runs = [
        subprocess.run(
            [sys.executable, "-c", SOLVED, str(question)], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1]
    assert b'"vector"' in runs[0]
