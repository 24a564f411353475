"""The page on the placement policy says what the file says, and its mistakes are told in its words."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from caravan.policies import ADMITTED, LEVEL_NAMES, load_policy
from caravan.protocol.loading.source import Mapping, Text, Tree, read_tree
from caravan.protocol.model import ProtocolErrors

ROOT = Path(__file__).parents[1]
FILE = (ROOT / "protocols" / "guanajuato.colocacion.yaml").read_text(encoding="utf-8")
PAGE = (ROOT / "docs" / "politica-de-colocacion.md").read_text(encoding="utf-8")
PARTS = "".join(re.findall(r"^```yaml parte\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))
RULES = re.findall(r"^```yaml ingreso\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
MISTAKES = re.findall(
    r"^```yaml error\n# cambia: (.*?) -> (.*?)\n(.*?)```\n\n```text\n(.*?)\n```", PAGE, re.DOTALL | re.MULTILINE
)


def without_places(tree: Tree) -> object:
    match tree:
        case Text():
            return tree.value
        case Mapping():
            return {key.value: without_places(value) for key, value in tree.pairs}
        case _:
            return [without_places(item) for item in tree.items]


def test_the_parts_of_the_page_are_the_files_word_for_word() -> None:
    shown, written = without_places(read_tree(PARTS)), without_places(read_tree(FILE))
    assert isinstance(shown, dict)
    assert isinstance(written, dict)
    assert shown == {name: part for name, part in written.items() if name not in ("colocacion", "version", "titulo")}


@pytest.mark.parametrize(("right", "wrong", "more", "told"), MISTAKES)
def test_a_mistake_is_told_in_the_words_of_the_page(right: str, wrong: str, more: str, told: str) -> None:
    assert right in FILE
    text = FILE.replace(right, f"{wrong}\n{more}".rstrip("\n"), 1)
    with pytest.raises(ProtocolErrors) as refused:
        load_policy(text)
    assert str(refused.value) == told


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_of_the_page_is_one_the_program_takes(rule: str) -> None:
    policy = load_policy(FILE.rstrip("\n") + "\n" + textwrap.indent(rule, "  "))
    assert [found.admits for found in policy.admissions] == [None, ()]


def test_the_page_names_every_level_and_everybody_a_house_may_admit() -> None:
    words = set(re.findall(r"`(\w+)`", PAGE))
    assert {*LEVEL_NAMES, *ADMITTED, "nadie", "nunca"} <= words


def test_the_page_has_parts_rules_and_mistakes() -> None:
    assert len(MISTAKES) == 2
    assert RULES
