"""``caravan replay`` and ``caravan protocol …`` over the journal of an installation, as whoever runs it uses them."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import Result
from golden import GOLDEN, published_in
from installation import desk_in
from realm import NIGHTFALL, SDH, STATIONS
from typer.testing import CliRunner

from caravan import commands as c
from caravan.basics import SYSTEM
from caravan.cli import cli
from caravan.picture import Picture

TEXT = published_in(GOLDEN / "0.1")[0]
SECOND = TEXT.replace("version: 1\n", "version: 2\n", 1)
# As a step, not as the fact of the same name.
RENAMED = re.sub(
    r"(^ +|faltan_lugares: |inicial: )por_colocar\b(?!: entero|: {tipo)", r"\1sin_lugar", SECOND, flags=re.MULTILINE
)


def _caravan(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(cli, list(arguments), input=typed, env={"COLUMNS": "200"})


@pytest.fixture
def lived(tmp_path: Path) -> tuple[Path, str]:
    """An installation with a group at León under version 1, and versions 2 published; the id of the activation."""
    return tmp_path, asyncio.run(_live(tmp_path))


async def _live(folder: Path) -> str:
    async with desk_in(folder) as desk:
        for command in (
            c.OpenRealm(name="Guanajuato", salt="sal-de-los-ensayos-01", drill=True), c.PublishProtocol(text=TEXT),
            *(c.RegisterStation(station=one) for one in STATIONS),
        ):  # fmt: skip
            await desk.handle(command, by=SYSTEM, now=NIGHTFALL)
        await desk.handle(c.ReportArrival(station="leon", people=30, declared_by="Brigada"), by=SDH, now=NIGHTFALL)
        await desk.handle(c.PublishProtocol(text=RENAMED), by=SYSTEM, now=NIGHTFALL)
        return next(iter(desk.picture.activations))


def _picture(folder: Path) -> Picture:
    async def opened() -> Picture:
        async with desk_in(folder) as desk:
            return desk.picture

    return asyncio.run(opened())


def _change(folder: Path, change: Callable[[str], str]) -> int:
    """Alters the last recorded step behind the program's back; its seq."""
    with closing(sqlite3.connect(folder / "caravan.sqlite3")) as database, database:
        seq, fact = database.execute(
            "SELECT seq, fact FROM journal WHERE kind = 'ProtocolStepped' ORDER BY seq DESC"
        ).fetchone()
        assert change(fact) != fact
        database.execute("UPDATE journal SET fact = ? WHERE seq = ?", (change(fact), seq))
    return seq


def test_a_journal_is_read_whole_and_every_step_comes_out_the_same(lived: tuple[Path, str]) -> None:
    folder, _ = lived
    told = _caravan("replay", "--data", str(folder))
    assert told.exit_code == 0, told.output
    assert f"{_picture(folder).seq} hechos" in told.stdout
    proved = _caravan("replay", "--data", str(folder), "--verify")
    assert proved.exit_code == 0, proved.output
    assert "todos salen iguales, byte por byte" in proved.stdout


def test_a_step_that_does_not_come_out_is_named_with_its_number_and_the_exit_code_says_so(
    lived: tuple[Path, str],
) -> None:
    folder, _ = lived
    seq = _change(folder, lambda fact: fact.replace('"why":[{"event":"', '"why":[{"event":"otro_', 1))
    proved = _caravan("replay", "--data", str(folder), "--verify")
    assert proved.exit_code == 1
    assert f"hecho {seq}, " in proved.stdout
    assert "«why» no sale igual" in proved.stdout
    assert "1 de " in proved.stderr
    assert _caravan("replay", "--data", str(folder)).exit_code == 0


def test_a_fact_that_cannot_be_read_stops_the_reading_and_says_where(lived: tuple[Path, str]) -> None:
    folder, _ = lived
    seq = _change(folder, lambda fact: fact[: len(fact) // 2])
    told = _caravan("replay", "--data", str(folder))
    assert told.exit_code == 1
    assert f"hasta el hecho {seq - 1}" in told.stderr


def test_where_there_is_no_installation_nothing_is_made(tmp_path: Path) -> None:
    for verb in (
        ("replay",),
        ("protocol", "rehearse", "x.yaml"),
        ("protocol", "migrate", "a-x", "--to", "2", "--reason", "x"),
    ):
        told = _caravan(*verb, "--data", str(tmp_path / "nada"))
        assert told.exit_code == 1
    assert list(tmp_path.iterdir()) == []


def test_two_files_are_compared_in_words(tmp_path: Path) -> None:
    old, new = tmp_path / "uno.yaml", tmp_path / "dos.yaml"
    old.write_text(TEXT, encoding="utf-8")
    new.write_text(SECOND.replace("plazo: 4 h", "plazo: 6 h", 1), encoding="utf-8")
    told = _caravan("protocol", "diff", str(old), str(new))
    assert told.exit_code == 0, told.output
    assert "Plazos" in told.stdout
    assert "era de 4 h; ahora es de 6 h." in told.stdout
    assert "Dicen lo mismo." in _caravan("protocol", "diff", str(old), str(old)).stdout
    new.write_text("protocolo: a medias", encoding="utf-8")
    broken = _caravan("protocol", "diff", str(old), str(new))
    assert broken.exit_code == 1
    assert "línea" in broken.stderr


def test_a_draft_is_tried_on_the_activations_of_a_journal_and_nothing_is_written(
    lived: tuple[Path, str], tmp_path: Path
) -> None:
    folder, activation = lived
    draft = tmp_path / "borrador.yaml"
    draft.write_text(SECOND.replace("plantilla: llegada", "plantilla: aviso_de_llegada"), encoding="utf-8")
    before = _picture(folder).seq
    told = _caravan("protocol", "rehearse", str(draft), "--data", str(folder), "--activation", activation)
    assert told.exit_code == 0, told.output
    assert activation in told.stdout
    assert "aviso de llegada" in told.stdout
    assert _picture(folder).seq == before
    assert _caravan("protocol", "rehearse", str(draft), "--data", str(folder), "--activation", "a-otra").exit_code == 1


def test_a_draft_that_derives_from_a_protocol_is_tried_on_what_happened_under_that_one(
    lived: tuple[Path, str], tmp_path: Path
) -> None:
    folder, activation = lived
    (tmp_path / "pasado").mkdir()
    origin = tmp_path / "pasado" / "guanajuato.yaml"
    origin.write_text(TEXT, encoding="utf-8")
    draft = origin.with_name("queretaro.yaml")
    made = _caravan("protocol", "new", "--state", "MX22", "--from", str(origin), "--output", str(draft))
    assert made.exit_code == 0, made.output
    told = _caravan("protocol", "rehearse", str(draft), "--data", str(folder))
    assert told.exit_code == 0, told.output
    assert activation in told.stdout
    other = _caravan("protocol", "rehearse", str(draft), "--data", str(folder), "--activation", "a-otra")
    assert other.exit_code == 1
    assert "«queretaro» ni «guanajuato»" in other.stderr and activation in other.stderr


def test_an_activation_is_shown_what_would_happen_and_goes_over_only_when_it_is_said(lived: tuple[Path, str]) -> None:
    folder, activation = lived
    verb = ("protocol", "migrate", activation, "--to", "2", "--reason", "Nombre más claro", "--data", str(folder))
    refused = _caravan(*verb, "--dry-run")
    assert refused.exit_code == 1
    assert "«por_colocar»" in refused.stderr
    verb = (*verb, "--map", "por_colocar=sin_lugar")
    for more, typed in ((("--dry-run",), ""), ((), "n\n")):
        shown = _caravan(*verb, *more, typed=typed)
        assert shown.exit_code == 0, shown.output
        assert "de por_colocar a sin_lugar" in shown.stdout
        assert _picture(folder).activations[activation].version == 1
    done = _caravan(*verb, typed="sí\n").stdout
    assert "[s/N]" in done and "Hecho." in done
    assert _picture(folder).activations[activation].version == 2
    assert _caravan("replay", "--data", str(folder), "--verify").exit_code == 0


def test_a_map_that_says_nothing_is_refused_in_words(lived: tuple[Path, str]) -> None:
    folder, activation = lived
    verb = ("protocol", "migrate", activation, "--to", "2", "--reason", "x", "--data", str(folder), "--map")
    assert "anterior=nuevo" in _caravan(*verb, "por_colocar").stderr
    assert "«nada»" in _caravan(*verb, "nada=sin_lugar").stderr
