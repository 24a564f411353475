"""The page «Escriba su protocolo» does what it says: its file grows step by step, and its mistakes are told in its words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from caravan.protocol import check, load
from caravan.protocol.model import Protocol, ProtocolErrors
from caravan.protocol.versions.compare import differences

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "escriba-su-protocolo.md").read_text(encoding="utf-8")
STEPS = re.findall(r"^```yaml paso\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
MISTAKES = re.findall(
    r"^```yaml error\n# cambia: (.*?) -> (.*?)\n```\n\n```text\n(.*?)\n```", PAGE, re.DOTALL | re.MULTILINE
)
HEAD = """
deriva_de: noche-fria@{before}
protocolo: noche-fria
version: {version}
titulo: {{es: Atención en noches de frío}}
procedencia: Ejemplo de la documentación; no es de ningún estado.
entidad: {{nombre: Guanajuato, pcode: MX11}}
"""


def grown(steps: int) -> Protocol:
    """The protocol of the page after so many of its blocks: each is laid over what stands above it."""
    packs = {"noche-fria@1": STEPS[0]}
    text = STEPS[0]
    for version, step in enumerate(STEPS[1:steps], start=2):
        text = HEAD.format(before=version - 1, version=version) + step
        packs[f"noche-fria@{version}"] = text
    return load(text, packs)


@pytest.mark.parametrize("steps", range(1, len(STEPS) + 1))
def test_after_every_step_the_protocol_loads(steps: int) -> None:
    assert grown(steps).version == steps


def test_the_finished_protocol_has_nothing_to_mend() -> None:
    assert [finding.message for finding in check(grown(len(STEPS)))] == []


def test_the_finished_file_is_what_the_steps_of_the_page_make() -> None:
    finished = load((ROOT / "docs" / "ejemplos" / "noche-fria.yaml").read_text(encoding="utf-8"))
    made = grown(len(STEPS))
    assert finished.machines.keys() == made.machines.keys()
    same_head = replace(finished, version=made.version, extends=made.extends)
    assert [difference.said for difference in differences(made, same_head)] == []


def test_a_region_that_few_may_see_needs_its_own_ladder_as_the_page_says() -> None:
    narrowed = next(i for i, step in enumerate(STEPS, start=1) if "visible" in step)
    assert {finding.code for finding in check(grown(narrowed))} == {"rung_not_visible"}
    assert not check(grown(narrowed + 1))


@pytest.mark.parametrize(("right", "wrong", "told"), MISTAKES)
def test_a_mistake_is_told_in_the_words_of_the_page(right: str, wrong: str, told: str) -> None:
    text = STEPS[0].replace(right, wrong, 1)
    assert text != STEPS[0]
    with pytest.raises(ProtocolErrors) as refused:
        load(text)
    assert str(refused.value) == told


def test_the_page_has_steps_and_mistakes() -> None:
    assert len(STEPS) >= 8
    assert len(MISTAKES) >= 2
