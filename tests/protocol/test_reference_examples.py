"""Every example of the reference that changes its small protocol loads over it, and leaves nothing to mend."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from caravan.protocol.check import check
from caravan.protocol.load import load

PAGE = (Path(__file__).parents[2] / "docs" / "protocol-reference.md").read_text(encoding="utf-8")
EXAMPLE = re.findall(r"^```yaml runnable\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)[0]
CHANGES = re.findall(r"^## ([^\n]+)\n(?:(?!^## ).)*?^```yaml sobre ejemplo\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
HEAD = """
deriva_de: ejemplo@1
protocolo: ejemplo
version: 2
titulo: {es: Un protocolo pequeño}
procedencia: Ejemplo de la documentación; no es de ningún estado.
entidad: {nombre: Guanajuato, pcode: MX11}
"""


@pytest.mark.parametrize(("title", "change"), CHANGES, ids=[title for title, _ in CHANGES])
def test_an_example_over_the_small_protocol_has_nothing_wrong(title: str, change: str) -> None:
    whole = change if "deriva_de" in change else HEAD + change
    protocol = load(whole, {"ejemplo@1": EXAMPLE})
    assert check(protocol) == [], title
    assert protocol.extends == ("ejemplo@1",)


def test_every_block_of_the_page_is_one_of_them() -> None:
    assert len(CHANGES) == PAGE.count("```yaml sobre ejemplo")
    assert PAGE.count("```yaml") == len(CHANGES) + 1
