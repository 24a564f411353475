"""The protocol as a document: every step in plain sentences, and no text that becomes markup."""

from __future__ import annotations

from hashlib import sha256
from html.parser import HTMLParser
from typing import Any

import pytest
from msgspec.structs import replace
from protocol_files import FOLDER, NASTY, PROTOCOLS, with_words

from caravan.protocol.chart import chart_of
from caravan.protocol.model import Action, Duration, Protocol, act, atomic, final, machine, on, protocol
from caravan.protocol.telling import spoken
from caravan.protocol.telling.document import Source, document
from caravan.protocol.telling.paper import Facts, Paper
from caravan.protocol.telling.printed import STYLE, printed
from caravan.protocol.telling.spoken import state_words
from caravan.protocol.vocabulary import PROGRAM_EVENTS, PROGRAM_FACTS, FactType

TEXT = (FOLDER / "guanajuato.yaml").read_text(encoding="utf-8")


def paper(protocol: Protocol | None = None, language: str = "es") -> Paper:
    return document(protocol or PROTOCOLS["guanajuato"], Source(TEXT), language)


def steps(of: Paper) -> dict[str, dict[str, tuple[str, ...]]]:
    return {block.title: dict(block.rows) for block in of.blocks if isinstance(block, Facts)}


@pytest.mark.parametrize("name", PROTOCOLS)
@pytest.mark.parametrize("language", ["es", "en"])
def test_every_step_of_every_protocol_is_told_once_and_numbered(name: str, language: str) -> None:
    found = PROTOCOLS[name]
    told = [block for block in paper(found, language).blocks if isinstance(block, Facts)]
    nodes = [n for m in found.machines for n in chart_of(found, m).nodes[1:] if n.kind != "history"]
    assert [block.title for block in told] == [state_words(node.state, language) for node in nodes]
    assert len({block.number for block in told}) == len(told)
    assert all(block.rows for block in told)


def test_a_step_says_who_answers_in_how_long_what_must_come_with_it_what_follows_and_which_law() -> None:
    notice = steps(paper())["Avisar por escrito a COMAR"]
    assert notice["Quién responde"] == ("Secretaría de Derechos Humanos",)
    lasts, late = notice["En cuánto tiempo"]
    assert lasts == "1 h desde que comienza el paso."
    assert late.startswith("Si no se hace a tiempo, se avisa a Secretaría de Derechos Humanos; 30 min después, a ")
    assert notice["Al comenzar"][0].startswith(
        "Tarea para Secretaría de Derechos Humanos: «Aviso por escrito a COMAR», con constancia: documento."
    )
    assert "sigue «Solicitud por presentar». Debe acompañarse de: documento." in notice["Qué sigue"][0]
    assert any(line.startswith("Ley: G17, LR 21") for line in notice["De dónde sale"])
    assert steps(paper())["Asilo"]["Quién puede saber"][0].startswith("Solo ")


def test_the_front_names_the_very_bytes_that_are_signed() -> None:
    front = dict(paper().front)
    assert front["Huella del archivo (SHA-256)"] == sha256(TEXT.encode()).hexdigest()
    assert front["Versión"] == str(PROTOCOLS["guanajuato"].version) and "Guanajuato" in front["Entidad"]
    assert "no es el texto oficial" in paper().note
    assert "Lugar y fecha" in paper().signature


def test_what_the_program_sends_and_knows_has_words() -> None:
    assert set(PROGRAM_EVENTS) <= set(spoken.EVENTS)
    facts = {f"{owner}.{name}" for owner, names in PROGRAM_FACTS.items() for name in names}
    assert facts <= set(spoken.FACTS)


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.marks: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.marks |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def read(html: str) -> _Tags:
    found = _Tags()
    found.feed(html)
    return found


def test_the_html_is_one_file_in_its_language_and_holds_every_step() -> None:
    html = printed(paper())
    assert html.startswith('<!doctype html>\n<html lang="es">') and STYLE in html
    found = read(html)
    assert not found.marks & {"src", "href", "style", "onload"}
    for step in steps(paper()):
        assert step in found.text


def test_no_text_of_a_file_becomes_html() -> None:
    plain, spoiled = read(printed(paper())), read(printed(paper(with_words(PROTOCOLS["guanajuato"], NASTY))))
    assert spoiled.tags == plain.tags and spoiled.marks == plain.marks
    assert "<script>alert(1)</script>" in spoiled.text


def _told(*effects: Action, guard: str | None = None, **parts: Any) -> dict[str, tuple[str, ...]]:
    """What the document says of a step that does these things when it begins."""
    wait = atomic("espera", on("sigue", "fin", guard=guard), on_entry=effects)
    case = replace(machine("expediente", atomic("abierto"), instance="caso"), label={"es": "Expediente de salud"})
    made = protocol(machine("m", wait, final("fin")), case, **parts)
    return steps(paper(made))["Espera"]


def test_a_task_is_printed_with_its_own_term() -> None:
    task = {"titulo": {"es": "Aviso a la Procuraduría"}, "a": "SDH", "evidencia": "acuerdo"}
    assert _told(act("tarea", **task, plazo="24 h"))["Al comenzar"] == (
        "Tarea para SDH: «Aviso a la Procuraduría», en 24 h, con constancia: acuerdo.",
    )
    assert "en 5 días hábiles, con constancia: acuerdo." in _told(act("tarea", **task, plazo="5 dh"))["Al comenzar"][0]


def test_every_task_of_the_shipped_protocols_that_has_a_term_is_printed_with_it() -> None:
    said = " ".join(s for step in steps(paper()).values() for sentences in step.values() for s in sentences)
    found = PROTOCOLS["guanajuato"]
    states = [node.state for name in found.machines for node in chart_of(found, name).nodes]
    effects = [e for s in states for e in (*s.on_entry, *s.on_exit, *(e for t in s.transitions for e in t.actions))]
    due = [e.args for e in effects if e.kind == "tarea" and "plazo" in e.args]
    assert due
    for args in due:
        lasts = spoken.duration_words(Duration.parse(args["plazo"]), "es")
        assert f"«{args['titulo']['es']}», en {lasts}" in said


def test_a_task_that_comes_of_an_event_is_printed_with_its_term_and_its_evidence_too() -> None:
    task = act("tarea", titulo={"es": "Aviso"}, a="SDH", plazo="1 h", evidencia="documento")
    wait = atomic("espera", on("sigue", "fin", actions=(task,)))
    said = steps(paper(protocol(machine("m", wait, final("fin")))))["Espera"]["Qué sigue"]
    assert said == (
        "Cuando se anota «Sigue»: tarea para SDH: «Aviso», en 1 h, con constancia: documento; sigue «Fin».",
    )


def test_what_a_step_sets_going_for_later_is_said_with_its_delay() -> None:
    assert _told(
        act("emitir", evento="revisar", tras="2 d"), act("enviar", a="casos", evento="recordar", tras="1 dh"),
        act("abrir_caso", maquina="expediente"), act("anotar", resuelto=True, edad="=grupo.personas"), act("purgar"),
    )["Al comenzar"] == (
        "Se anota por sí solo «Revisar», tras 2 días.", "Se comunica a los casos: «Recordar», tras 1 día hábil.",
        "Se abre un caso: Expediente de salud.", "Se anota en el caso: resuelto, sí; edad, personas en el grupo.",
        "Se borran los textos personales.",
    )  # fmt: skip


FACTS = {
    "grupo": {
        "nna": FactType(kind="integer", optional=True),
        "mujeres": FactType(kind="integer", optional=True, default=0),
        "personas": FactType(kind="integer"),
    }
}


@pytest.mark.parametrize(
    ("guard", "said"),
    [
        ("grupo.nna > 0", " (mientras no se sepa, no)"),
        (
            "not (grupo.nna > 0) and grupo.personas > 5",
            " (mientras no se sepa, no: niñas, niños o adolescentes)",
        ),
        ("grupo.mujeres > 0", ""),
        ("grupo.nna > 0 or grupo.personas > 5", ""),
        ("not grupo.nna es conocido", ""),
        ("grupo.nna es conocido and grupo.nna > 0", " (mientras no se sepa, no)"),
    ],
)
def test_a_condition_that_something_unknown_refuses_says_so(guard: str, said: str) -> None:
    sentence = _told(guard=guard, facts=FACTS)["Qué sigue"][0]
    assert ("mientras no se sepa" in sentence) is bool(said)
    assert sentence.endswith(f"{said}: sigue «Fin».")
