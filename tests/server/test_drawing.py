"""``caravan protocol diagram`` and ``caravan protocol print`` at the command line."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from xml.etree import ElementTree

import pypdf
from protocol_files import FOLDER
from typer.testing import CliRunner

from caravan.cli import cli

FILE = str(FOLDER / "guanajuato.yaml")


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, ["protocol", *words])
    return done.exit_code, done.output


def test_a_machine_is_drawn_into_a_file_or_onto_the_screen(tmp_path: Path) -> None:
    out = tmp_path / "operativo.svg"
    assert run("diagram", FILE, "--machine", "operativo", "--output", str(out))[0] == 0
    assert ElementTree.fromstring(out.read_text(encoding="utf-8")).tag.endswith("svg")
    code, shown = run("diagram", FILE, "--machine", "operativo", "--format", "mermaid", "--language", "en")
    assert code == 0 and "stateDiagram-v2" in shown and "Alert to verify" in shown


def test_all_machines_are_drawn_into_a_folder(tmp_path: Path) -> None:
    assert run("diagram", FILE, "--output", str(tmp_path))[0] == 0
    assert {path.name for path in tmp_path.iterdir()} == {
        "guanajuato-operativo.svg",
        "guanajuato-atencion_al_grupo.svg",
    }


def test_several_machines_in_one_file_name_are_a_file_each_and_said(tmp_path: Path) -> None:
    code, told = run("diagram", FILE, "--output", str(tmp_path / "plano.svg"))
    assert code == 0
    names = {"plano-operativo.svg", "plano-atencion-al-grupo.svg"}
    assert {path.name for path in tmp_path.iterdir()} == names
    assert all(name in told for name in names)


def test_a_machine_that_is_not_there_is_named_with_those_that_are() -> None:
    code, told = run("diagram", FILE, "--machine", "operatvo")
    assert code == 1 and "operativo, " in told or "operativo" in told


def test_the_document_is_written_as_html_and_as_pdf(tmp_path: Path) -> None:
    for name, start in (("p.html", b"<!doctype html>"), ("p.pdf", b"%PDF")):
        assert run("print", FILE, "--output", str(tmp_path / name))[0] == 0
        assert (tmp_path / name).read_bytes().startswith(start)
    code, told = run("print", FILE, "--output", str(tmp_path / "p.doc"))
    assert code == 1 and "use .html o .pdf" in told


def test_a_file_with_something_to_decide_is_printed_as_a_draft_and_cannot_be_signed(tmp_path: Path) -> None:
    state = tmp_path / "queretaro.yaml"
    assert run("new", "--state", "MX22", "--from", FILE, "--output", str(state))[0] == 0
    code, told = run("print", str(state), "--output", str(tmp_path / "q.html"))
    html = (tmp_path / "q.html").read_text(encoding="utf-8")
    assert code == 0 and "BORRADOR, sin lugar para firmas" in told
    first = html[: html.index("<h1>")]
    assert 'class="borrador"' in first and "<h2>BORRADOR</h2>" in first and "el nombre de la agencia «SDH»" in first
    assert 'class="signature"' not in html
    assert run("print", str(state), "--output", str(tmp_path / "q.pdf"))[0] == 0
    pages = [page.extract_text() for page in pypdf.PdfReader(tmp_path / "q.pdf").pages]
    assert all("BORRADOR" in page.splitlines()[0] for page in pages)
    assert not any("lo autorizo" in page for page in pages)


def test_a_sound_file_is_printed_for_signing_with_the_fingerprint_of_each_pack(tmp_path: Path) -> None:
    assert run("print", FILE, "--output", str(tmp_path / "p.html"))[0] == 0
    html = (tmp_path / "p.html").read_text(encoding="utf-8")
    assert "BORRADOR</h2>" not in html and 'class="signature"' in html
    assert sha256((FOLDER / "base-legal.yaml").read_bytes()).hexdigest() in html


def test_a_file_that_is_missing_or_not_utf_8_is_said_in_a_sentence(tmp_path: Path) -> None:
    latin = tmp_path / "viejo.yaml"
    latin.write_bytes("protocolo: x\ntitulo: atención\n".encode("latin-1"))
    for words in (["print"], ["diagram"], ["diff", FILE]):
        code, told = run(*words, str(latin))
        assert code == 1 and "no está escrito en UTF-8 (línea 2)" in told
        code, told = run(*words, str(tmp_path / "nada.yaml"))
        assert code == 1 and "No existe el archivo" in told


def test_a_file_with_mistakes_is_not_drawn(tmp_path: Path) -> None:
    wrong = tmp_path / "mal.yaml"
    wrong.write_text("protocolo: x\n", encoding="utf-8")
    code, told = run("print", str(wrong))
    assert code == 1 and "línea" in told
