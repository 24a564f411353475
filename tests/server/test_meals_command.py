"""``caravan meals solve`` as it is called: a file or what is piped in, an answer or a list of what is wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from caravan.cli import cli

PROBLEM = {
    "schema": "caravan-food/1",
    "shelters": [{"id": "galilea", "demand_per_service": {"standard": 83}}],
    "kitchens": [{"id": "trigo", "services": {"breakfast": {"meals": 60, "per_diet": {"standard": 60}}}}],
    "arcs": [{"kitchen": "trigo", "service": "breakfast", "diet": "standard", "shelter": "galilea", "distance_hm": 12}],
}


def caravan(*arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["meals", *arguments], input=given, env={"COLUMNS": "200"})


def test_a_file_is_solved_and_so_is_what_is_piped_in(tmp_path: Path) -> None:
    file = tmp_path / "comida.json"
    file.write_text(json.dumps(PROBLEM), encoding="utf-8")
    told = caravan("solve", str(file))
    assert told.exit_code == 0, told.output
    answer = json.loads(told.stdout)
    assert (answer["unmet_meals"], answer["meal_hm"]) == (189, 720)
    assert answer["flows"] == [
        {"kitchen": "trigo", "service": "breakfast", "diet": "standard", "shelter": "galilea", "meals": 60}
    ]
    assert "se necesitan 83" in answer["unmet"][0]["because"]
    assert caravan("solve", "-", given=json.dumps(PROBLEM)).stdout_bytes == told.stdout_bytes
    written = tmp_path / "respuesta.json"
    assert caravan("solve", str(file), "--output", str(written)).stdout == ""
    assert written.read_bytes() == told.stdout_bytes


def test_everything_wrong_with_a_file_is_said_in_spanish_and_nothing_is_written(tmp_path: Path) -> None:
    broken: dict[str, Any] = {**PROBLEM, "arcs": [{"kitchen": "otro"}], "kitchens": {}}
    told = caravan("solve", "-", "--output", str(tmp_path / "nada.json"), given=json.dumps(broken))
    assert told.exit_code == 2 and told.stdout == ""
    assert "kitchens: debe ser una lista [ … ]" in told.stderr
    assert "arcs[0].kitchen: «otro» no existe en este archivo" in told.stderr
    assert "arcs[0].distance_hm: falta" in told.stderr
    assert not list(tmp_path.iterdir())
    assert "no es JSON válido" in caravan("solve", "-", given="{").stderr


def test_a_file_that_is_not_there_is_code_two(tmp_path: Path) -> None:
    told = caravan("solve", str(tmp_path / "falta.json"))
    assert told.exit_code == 2 and "No existe el archivo" in told.stderr


def test_two_processes_give_the_same_bytes_whatever_the_hash_seed(tmp_path: Path) -> None:
    file = tmp_path / "comida.json"
    file.write_text(json.dumps(PROBLEM), encoding="utf-8")
    command = [sys.executable, "-m", "caravan", "meals", "solve", str(file)]
    answers = {
        subprocess.run(command, capture_output=True, check=True, env={"PYTHONHASHSEED": seed}).stdout for seed in "12"
    }
    assert len(answers) == 1
