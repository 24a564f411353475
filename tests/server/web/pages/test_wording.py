"""Nothing the program decides reaches a page without a sentence."""

from __future__ import annotations

import ast
import re
from datetime import date
from pathlib import Path

import pytest
from realm import PROTOCOLS

from caravan import events as e
from caravan.basics import Reason
from caravan.server.web.pages.notices import NOTICES
from caravan.server.web.pages.story import SENTENCES
from caravan.server.web.pages.wording import REASONS, day, level, reason, term

_CARAVAN = Path(e.__file__).parents[1]


def _codes(path: Path) -> set[str]:
    """The codes of every ``Reason`` made there. A code chosen between two is written out in both."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Reason"]
    values = [keyword.value for call in calls for keyword in call.keywords if keyword.arg == "code"]
    return {
        node.value
        for value in values
        for node in ast.walk(value)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


@pytest.mark.parametrize(
    "path",
    # What the checker finds wrong with a placement is told by the command line.
    sorted(
        {*_CARAVAN.glob("shelters/**/*.py"), *(_CARAVAN / f"coordination/{n}.py" for n in ("asking", "repairing"))}
        - {_CARAVAN / "shelters/measure.py"}
    ),
    ids=lambda p: p.stem,
)
def test_every_reason_of_a_plan_has_a_sentence(path: Path) -> None:
    assert _codes(path) <= set(REASONS)


def test_the_causes_of_discomfort_have_a_sentence() -> None:
    assert {"over_stay", "language_not_spoken", "pet_not_accepted", "night_apart"} <= set(REASONS)


def test_every_fact_of_the_journal_can_be_told() -> None:
    assert set(e.Event.__subclasses__()) == set(SENTENCES)


def test_every_notice_of_the_shipped_protocols_has_a_sentence() -> None:
    shipped = "".join(path.read_text(encoding="utf-8") for path in PROTOCOLS.glob("*.yaml"))
    assert set(re.findall(r"plantilla: (\w+)", shipped)) <= set(NOTICES)


def test_every_notice_of_the_program_has_a_sentence() -> None:
    sources = [ast.parse(path.read_text(encoding="utf-8")) for path in _CARAVAN.glob("coordination/*.py")]
    calls = [node for tree in sources for node in ast.walk(tree) if isinstance(node, ast.Call)]
    sent = [
        call.args[2] for call in calls if getattr(call.func, "id", "") in ("notify", "alarm") and len(call.args) > 2
    ]
    templates = {arg.value for arg in sent if isinstance(arg, ast.Constant)}
    assert "oferta" in templates
    assert templates <= set(NOTICES)


def test_a_local_date_is_told_as_people_say_it_and_a_records_own_with_its_year() -> None:
    assert (day(date(2023, 5, 16)), day("2023-05-17"), day("mayo de 2023")) == (
        "mar 16 may",
        "17 may 2023",
        "mayo de 2023",
    )


@pytest.mark.parametrize(
    ("written", "told"),
    [("30 dh", "30 días hábiles"), ("1 dh", "1 día hábil"), ("7 d", "7 días"), ("1 d", "1 día"), ("4 h", "4 h")],
)
def test_a_term_of_the_protocol_is_told_in_words(written: str, told: str) -> None:
    assert term(written) == told


def test_a_level_is_told_by_its_number_and_one_with_a_name_of_its_own_keeps_it() -> None:
    assert (level("n2"), level("rojo")) == ("2", "rojo")


def test_one_person_and_one_place_are_told_as_one() -> None:
    kinds = {"kinds": "men"}
    assert reason(Reason(code="lacking_accessible", details={"people": 1})) == "a 1 persona le falta un lugar accesible"
    assert reason(Reason(code="lacking_places", details={"places": 1, "open": 0, "people": 1} | kinds)).startswith(
        "falta 1 lugar ("
    )
    assert reason(Reason(code="lacking_places", details={"places": 2, "open": 0, "people": 2} | kinds)).startswith(
        "faltan 2 lugares"
    )
    night = {"people": 1, "max_nights": 1}
    assert (
        reason(Reason(code="over_stay", details=night)) == "1 persona tendría que mudarse antes: noches como máximo: 1"
    )
