"""The command line, as whoever runs an installation uses it."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from click.testing import Result
from installation import PASSWORD, ROOT, Server
from typer.testing import CliRunner

from caravan.cli import cli

PROTOCOL = ROOT / "protocols" / "guanajuato.yaml"


def _caravan(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments), env={"COLUMNS": "200"})


@contextmanager
def _serving(verb: str, folder: Path, *options: str) -> Iterator[Server]:
    server = Server(verb, folder, *options)
    try:
        yield server.wait()
    finally:
        server.stop(signal.SIGKILL)


def _sign_in(server: Server, email: str, password: str) -> httpx.Client:
    client = httpx.Client(base_url=server.url, timeout=10)
    answer = client.post("/api/v1/session", json={"email": email, "password": password})
    assert answer.status_code == 201, answer.text
    return client


def test_the_protocol_of_the_state_is_found_sound() -> None:
    run = _caravan("check", str(PROTOCOL))
    assert run.exit_code == 0, run.stderr
    assert "correcto (guanajuato, versión 2)" in run.stdout


def test_the_check_names_the_file_and_the_fingerprint_of_each_pack() -> None:
    pack = PROTOCOL.with_name("base-legal.yaml")
    run = _caravan("check", str(PROTOCOL))
    assert f"deriva de base-legal@1: {pack} (huella {sha256(pack.read_bytes()).hexdigest()[:12]})" in run.stdout


def test_a_stray_copy_without_locks_beside_a_file_does_not_switch_off_the_law(tmp_path: Path) -> None:
    state = tmp_path / "queretaro.yaml"
    assert (
        _caravan("protocol", "new", "--state", "MX22", "--from", str(PROTOCOL), "--output", str(state)).exit_code == 0
    )
    law = PROTOCOL.with_name("base-legal.yaml").read_text(encoding="utf-8")
    (tmp_path / "copia.yaml").write_text(law.replace("bloqueado: true", "bloqueado: false"), encoding="utf-8")
    run = _caravan("check", str(state))
    assert run.exit_code == 1
    assert "hay dos textos distintos de base-legal@1" in run.stdout and "copia.yaml" in run.stdout
    assert "correcto" not in run.stdout


def test_the_frame_of_help_and_mistakes_is_in_spanish() -> None:
    told = _caravan("protocol", "print", "--help").stdout
    assert "Opciones" in told and "Argumentos" in told and "[obligatorio]" in told
    assert "Options" not in told and "required" not in told


def test_a_broken_protocol_is_told_with_all_its_problems_and_their_places(tmp_path: Path) -> None:
    text = PROTOCOL.read_text(encoding="utf-8")
    broken = tmp_path / "roto.yaml"
    wrong = text.replace("responsable: PRODHEG", "responsable: NADIE", 1).replace(
        "ir_a: fin_derechos}", "ir_a: ninguna_parte}", 1
    )
    wrong = wrong.replace("todos_salieron: fin_derechos", "todos_salieron: a_ninguna_parte", 1)
    broken.write_text(wrong, encoding="utf-8")
    run = _caravan("check", str(broken))
    assert run.exit_code == 1
    lines = wrong.splitlines()
    for word in ("NADIE", "a_ninguna_parte"):
        number, line = next((n, line) for n, line in enumerate(lines, 1) if word in line)
        assert f"{number}:{line.index(word) + 1}" in run.stdout.replace("línea ", "").replace(", columna ", ":"), (
            word,
            run.stdout,
        )
    assert isinstance(run.exception, SystemExit)


def test_an_installation_is_set_up_served_entered_and_stopped_under_an_open_map(tmp_path: Path) -> None:
    data = tmp_path / "datos"
    made = _caravan("init", "--data", str(data), "--email", "Jefa@sdh.mx ", "--password", PASSWORD)
    assert made.exit_code == 0, made.stderr
    assert f"caravan serve --data {data}" in made.stdout.replace("\n", "")
    added = _caravan(
        "user", "dif@dif.mx", "--agency", "DIF", "--role", "agency", "--data", str(data), "--password", PASSWORD
    )
    assert added.exit_code == 0, added.stderr
    with _serving("serve", data) as server, closing(_sign_in(server, "jefa@sdh.mx", PASSWORD)) as official:
        assert len(official.get("/api/v1/stations").json()) > 5
        bus = {"station": "leon", "people": 35, "declared_by": "Prensa"}
        assert official.post("/api/v1/arrivals", json=bus).status_code == 201
        with closing(_sign_in(server, "dif@dif.mx", PASSWORD)) as dif:
            assert len(dif.get("/api/v1/groups").json()) == 1
        with official.stream("GET", "/live") as live:
            assert next(live.iter_lines()) == "retry: 1000"
            started = time.monotonic()
            assert server.stop() == f"caravan en {server.url}\n"
        assert time.monotonic() - started < 10
        assert not (data / "caravan.sqlite3-wal").exists()  # the database was let go of, not dropped
    again = _caravan("init", "--data", str(data), "--email", "otra@sdh.mx", "--password", PASSWORD)
    assert again.exit_code == 1
    assert again.stderr.strip() == "La bitácora ya está abierta con el nombre «Guanajuato»."


def test_what_cannot_be_served_is_said_in_words(tmp_path: Path) -> None:
    run = _caravan("serve", "--data", str(tmp_path / "nada"))
    assert run.exit_code == 1
    assert "no hay instalación" in run.stderr
    short = _caravan("init", "--data", str(tmp_path / "datos"), "--email", "a@b", "--password", "corta")
    assert short.exit_code == 1
    assert "al menos 10 letras" in short.stderr
    assert not (tmp_path / "datos").exists()


def test_the_demo_empties_its_own_folder_and_no_other(tmp_path: Path) -> None:
    data = tmp_path / "simulacro"
    with _serving("demo", data, "--speed", "0") as server:
        with closing(_sign_in(server, "oficial@simulacro", "simulacro")) as official:
            first = {group["id"] for group in official.get("/api/v1/groups").json()}
            assert (
                official.post(
                    "/api/v1/arrivals", json={"station": "leon", "people": 7, "declared_by": "Quien mira"}
                ).status_code
                == 201
            )
        output = server.stop()
        assert "Cuentas del simulacro" in output
        assert "inm@simulacro" in output
    with (
        _serving("demo", data, "--speed", "0") as server,
        closing(_sign_in(server, "oficial@simulacro", "simulacro")) as official,
    ):
        groups = official.get("/api/v1/groups").json()
        assert 7 not in [group["people"] for group in groups]
        assert first.isdisjoint(group["id"] for group in groups)


@pytest.mark.parametrize("theirs", ["caravan.sqlite3", "tesis.txt"])
def test_the_demo_leaves_a_folder_with_other_things_alone(tmp_path: Path, theirs: str) -> None:
    (tmp_path / theirs).write_text("importante", encoding="utf-8")
    run = _caravan("demo", "--data", str(tmp_path), "--speed", "0")
    assert run.exit_code == 1
    assert "tiene otras cosas" in run.stderr
    assert [(path.name, path.read_text(encoding="utf-8")) for path in tmp_path.iterdir()] == [(theirs, "importante")]
