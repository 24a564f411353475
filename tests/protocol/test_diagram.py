"""The drawing as SVG and as Mermaid: valid, safe, readable without colour."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from protocol_files import FILES, FOLDER, MACHINES, NASTY, PROTOCOLS, with_words

from caravan.protocol.chart import chart_of
from caravan.protocol.drawing.diagram import Light, diagram
from caravan.protocol.drawing.lettering import width, wrapped
from caravan.protocol.drawing.mermaid import mermaid
from caravan.protocol.model import atomic, final, machine, on, protocol

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize(("name", "machine"), MACHINES)
@pytest.mark.parametrize("language", ["es", "en"])
def test_it_is_one_svg_with_a_title_a_description_and_nothing_from_elsewhere(
    name: str, machine: str, language: str
) -> None:
    text = diagram(PROTOCOLS[name], machine, language)
    root = ElementTree.fromstring(text)
    assert root.tag == f"{SVG}svg" and root.get("role") == "img"
    named = {e.get("id"): e.text for e in root.iter() if e.tag in (f"{SVG}title", f"{SVG}desc")}
    assert all(named.get(ident) for ident in (root.get("aria-labelledby") or "").split())
    assert not re.search(r"href|url\(|<image|<style|<script|\sstyle=|@import|\son\w+=", text)
    assert re.findall(r"https?://[^\"]+", text) == ["http://www.w3.org/2000/svg"]


def test_words_of_the_program_and_of_the_file_are_in_the_language_asked_for() -> None:
    spanish = diagram(PROTOCOLS["guanajuato"], "operativo", "es")
    english = diagram(PROTOCOLS["guanajuato"], "operativo", "en")
    assert "Alerta por verificar" in spanish and "5 días hábiles" in spanish and "Se registra un grupo" in spanish
    assert "Alert to verify" in english and "5 working days" in english and "A group is recorded" in english


def test_no_text_of_a_file_becomes_markup() -> None:
    spoiled = with_words(PROTOCOLS["guanajuato"], NASTY)
    root = ElementTree.fromstring(diagram(spoiled, "operativo"))
    assert {e.tag.removeprefix(SVG) for e in root.iter()} == {
        "svg",
        "title",
        "desc",
        "rect",
        "circle",
        "g",
        "path",
        "text",
    }
    assert "<script>" in "".join(root.itertext())


def test_what_happens_now_is_told_by_border_dot_and_word_and_not_by_colour_alone() -> None:
    lights = {
        "alerta": Light("quedan 20 min"),
        "falsa_alarma": Light(),
        "por_cerrar": Light("vencido hace 1 h", late=True),
    }
    root = ElementTree.fromstring(diagram(PROTOCOLS["guanajuato"], "operativo", lights=lights))
    boxes = {g.get("data-state"): g for g in root.iter(f"{SVG}g") if g.get("data-state")}
    assert "● ahora · quedan 20 min" in "".join(boxes["alerta"].itertext())
    assert "● ahora · vencido hace 1 h" in "".join(boxes["por_cerrar"].itertext())
    assert "● hecho" in "".join(boxes["falsa_alarma"].itertext())
    thick = {
        state: max(float(r.get("stroke-width", "0")) for r in g.iter(f"{SVG}rect"))
        for state, g in boxes.items()
        if state != "reanudacion"
    }
    assert thick["alerta"] == thick["por_cerrar"] == 4 and thick["evaluacion"] < 2
    assert "ahora" not in "".join(boxes["evaluacion"].itertext())
    assert "Ahora: Alerta por verificar (quedan 20 min)" in (root.findtext(f"{SVG}desc") or "")


def test_a_way_without_a_condition_says_that_it_holds_when_the_others_do_not() -> None:
    guarded, plain = on("x", "b", guard="en('a')"), on("x", "c")
    drawn = diagram(protocol(machine("m", atomic("a", guarded, plain), final("b"), final("c"))), "m")
    assert "X, si está en «A»" in " ".join(ElementTree.fromstring(drawn).itertext()).replace("\n", " ")
    assert "X, si no" in drawn


@pytest.mark.parametrize("name", [path.stem for path in FILES])
def test_the_pictures_of_the_documents_are_those_of_the_protocols(name: str) -> None:
    """«make pictures» draws them again."""
    found = PROTOCOLS[name]
    for machine_name in found.machines:
        path = FOLDER.parent / "docs" / "img" / f"protocolo-{found.id}-{machine_name.replace('_', '-')}.svg"
        assert path.read_text(encoding="utf-8") == diagram(found, machine_name)


def test_an_unknown_machine_is_an_error() -> None:
    with pytest.raises(KeyError):
        diagram(PROTOCOLS["guanajuato"], "ninguna")


def test_a_long_word_is_cut_and_every_line_fits() -> None:
    lines = wrapped("Procuraduría de " + "x" * 90, 12, 120, bold=True)
    assert len(lines) > 3 and all(width(line, 12, bold=True) <= 120 for line in lines)
    assert wrapped("", 12, 100) == ()


# --- Mermaid --------------------------------------------------------------------------------------------------------------

_LINES = (
    r"stateDiagram-v2", r"direction TB", r'state "[^"\n]*" as s\d+', r"state s\d+ \{", r"\}", r"--", r"\[\*\] --> s\d+",
    r"s\d+ --> \[\*\]", r"s\d+ --> s\d+(: [^\n;{}\[\]]*(#\d+;[^\n;{}\[\]]*)*)?",
)  # fmt: skip


def body(text: str) -> list[str]:
    _, title, rest = text.split("---\n", 2)
    assert re.fullmatch(r'title: "([^"\\\n]|\\.)*"\n', title)
    return [line.strip() for line in rest.splitlines()]


@pytest.mark.parametrize(("name", "machine"), MACHINES)
def test_mermaid_holds_every_state_and_transition_in_its_own_grammar(name: str, machine: str) -> None:
    lines = body(mermaid(PROTOCOLS[name], machine))
    assert [line for line in lines if not any(re.fullmatch(each, line) for each in _LINES)] == []
    nodes = chart_of(PROTOCOLS[name], machine).nodes[1:]
    assert sum(" as s" in line for line in lines) == len(nodes)
    arrows = [line for line in lines if re.match(r"s\d+ --> s\d+", line)]
    assert len(arrows) == sum(max(1, len(t.targets)) for node in nodes for t in node.state.transitions)
    assert lines.count("}") == sum(line.endswith("{") for line in lines)
    assert lines.count("--") == sum(len(node.children) - 1 for node in nodes if node.kind == "parallel")


def test_mermaid_escapes_what_it_would_read_as_its_own() -> None:
    spoiled = with_words(PROTOCOLS["guanajuato"], NASTY.replace("\ud800", ""))
    assert [
        line for line in body(mermaid(spoiled, "operativo")) if not any(re.fullmatch(e, line) for e in _LINES)
    ] == []
