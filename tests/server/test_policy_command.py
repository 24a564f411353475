"""``caravan policy …`` as whoever runs an installation uses it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import Result
from installation import PASSWORD, ROOT
from typer.testing import CliRunner

from caravan.cli import cli
from caravan.policies import load_policy

PROTOCOLS = ROOT / "protocols"
POLICY = PROTOCOLS / "guanajuato.colocacion.yaml"
TEXT = POLICY.read_text(encoding="utf-8")


def _caravan(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments), env={"COLUMNS": "200"})


def _init(folder: Path, protocol: Path | None = None) -> Result:
    options = [] if protocol is None else ["--protocol", str(protocol)]
    return _caravan("init", "--data", str(folder), "--email", "a@ejemplo", "--password", PASSWORD, *options)


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    run = _init(tmp_path)
    assert run.exit_code == 0, run.stderr
    return tmp_path


def _next(folder: Path, version: int, **changed: str) -> Path:
    text = TEXT.replace("version: 1", f"version: {version}")
    for right, wrong in changed.items():
        text = text.replace(f"{right}: 3\n", f"{right}: {wrong}\n")
    file = folder / f"v{version}.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_check_says_that_a_policy_is_right_or_all_that_is_wrong_with_it(tmp_path: Path) -> None:
    good = _caravan("policy", "check", str(POLICY))
    assert (good.exit_code, "correcto (guanajuato, versión 1)" in good.stdout) == (0, True)
    wrong = _next(tmp_path, 2, porcentaje="300")
    bad = _caravan("policy", "check", str(wrong), str(tmp_path / "no-hay.yaml"))
    assert bad.exit_code == 1
    assert "reserva: «porcentaje»: se esperaba un número de 0 a 100" in bad.stdout
    assert "No existe el archivo" in bad.stdout


def test_the_check_of_protocols_takes_a_policy_for_what_it_is() -> None:
    run = _caravan("check", *map(str, sorted(PROTOCOLS.glob("*.yaml"))))
    assert run.exit_code == 0, run.stdout
    assert "correcto (política de colocación guanajuato, versión 1)" in run.stdout


def test_a_new_installation_has_the_policy_that_stands_beside_its_protocol(installed: Path) -> None:
    shown = _caravan("policy", "show", "--data", str(installed))
    assert "# versión 1 (rige)" in shown.stdout
    assert load_policy(shown.stdout) == load_policy(TEXT)


def test_a_policy_is_published_with_its_reason_and_the_earlier_one_can_be_read_again(installed: Path) -> None:
    run = _caravan(
        "policy",
        "publish",
        str(_next(installed, 2, porcentaje="0")),
        "--reason",
        "Sobran lugares",
        "--data",
        str(installed),
    )
    assert run.exit_code == 0, run.stderr
    shown = _caravan("policy", "show", "--data", str(installed)).stdout
    assert load_policy(shown).reserve_percent == 0
    assert "# versión 1 (anterior)" in shown
    assert "Motivo: Sobran lugares" in shown
    assert load_policy(_caravan("policy", "show", "--version", "1", "--data", str(installed)).stdout) == load_policy(
        TEXT
    )
    missing = _caravan("policy", "show", "--version", "9", "--data", str(installed))
    assert (missing.exit_code, "Las que hay: 1, 2" in missing.stderr) == (1, True)


def test_what_may_not_be_published_is_refused_with_its_reason(installed: Path) -> None:
    again = _caravan(
        "policy", "publish", str(_next(installed, 1, porcentaje="0")), "--reason", "x", "--data", str(installed)
    )
    assert again.exit_code == 1
    assert "publíquelo con un número mayor" in again.stderr
    unsound = _caravan(
        "policy", "publish", str(_next(installed, 2, porcentaje="300")), "--reason", "x", "--data", str(installed)
    )
    assert unsound.exit_code == 1
    assert "se esperaba un número de 0 a 100" in unsound.stderr


def test_an_installation_whose_protocol_stands_alone_has_no_policy(tmp_path: Path) -> None:
    for name in ("guanajuato.yaml", "base-legal.yaml"):
        shutil.copy(PROTOCOLS / name, tmp_path / name)
    assert _init(tmp_path / "i", tmp_path / "guanajuato.yaml").exit_code == 0
    shown = _caravan("policy", "show", "--data", str(tmp_path / "i"))
    assert (shown.exit_code, "No hay ninguna política publicada" in shown.stderr) == (1, True)


def test_nothing_is_set_up_with_a_policy_that_is_wrong(tmp_path: Path) -> None:
    for name in ("guanajuato.yaml", "base-legal.yaml"):
        shutil.copy(PROTOCOLS / name, tmp_path / name)
    _next(tmp_path, 2, porcentaje="300").rename(tmp_path / "guanajuato.colocacion.yaml")
    run = _init(tmp_path / "i", tmp_path / "guanajuato.yaml")
    assert run.exit_code == 1
    assert "guanajuato.colocacion.yaml" in run.stderr
    assert not (tmp_path / "i").exists()


def test_another_state_begins_its_own_and_nothing_is_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "queretaro.colocacion.yaml"
    asked = ("policy", "new", "--state", "Querétaro", "--from", str(POLICY), "--output", str(file))
    made = _caravan(*asked)
    assert made.exit_code == 0, made.stderr
    assert _caravan("policy", "check", str(file)).exit_code == 0
    again = _caravan(*asked)
    assert (again.exit_code, "ya existe y no se sobrescribe" in again.stderr) == (1, True)
    unknown = _caravan("policy", "new", "--state", "Atlántida", "--from", str(POLICY))
    assert unknown.exit_code == 1
    absent = _caravan("policy", "new", "--state", "MX22", "--from", str(tmp_path / "no-hay.yaml"))
    assert (absent.exit_code, "No existe el archivo" in absent.stderr) == (1, True)
    nowhere = _caravan(*asked[:-1], str(tmp_path / "no" / "hay.yaml"))
    assert (nowhere.exit_code, "No se pudo escribir" in nowhere.stderr) == (1, True)
