"""The documents say what the program does: every name is in its page, every table is current, every example runs."""

from __future__ import annotations

import asyncio
import importlib.util
import re
import shlex
import tomllib
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import httpx
import msgspec
import pytest
from typer.main import get_command

from caravan import commands as c
from caravan.basics import Role
from caravan.cli import cli
from caravan.events import Event
from caravan.protocol import check, load
from caravan.server.demo import ACCOUNTS, PASSWORD, Demo
from caravan.server.settings import Settings
from caravan.server.web.app import create_app
from caravan.server.web.problems import MISTAKES, REFUSALS

ROOT = Path(__file__).parents[1]
DOCUMENTS = [*ROOT.glob("*.md"), *sorted((ROOT / "docs").rglob("*.md"))]
SPANISH = (
    "README.md",
    "CHANGELOG.md",
    "docs/escriba-su-protocolo.md",
    "docs/politica-de-colocacion.md",
    "docs/protocol-reference.md",
    "docs/deploy.md",
    "docs/security.md",
)
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))

_LINK = re.compile(r"!?\[[^\]]*\]\((?P<to>[^)\s]+)\)")
_EXAMPLE = re.compile(r"^```(\w+) runnable\n(.*?)^```\n(?:\n```json\n(.*?)^```)?", re.DOTALL | re.MULTILINE)


def _script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reference", ROOT / "tools" / "reference.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


reference = _script()


@cache
def page(name: str) -> str:
    return _text(ROOT / name)


def named(names: set[str], name: str) -> set[str]:
    """Those of ``names`` that stand in a page as code."""
    words = set(re.findall(r"`([^`\n]+)`", page(name)))
    return {each for each in names if each in words}


def source(folder: str, pattern: str) -> set[str]:
    """What ``pattern`` finds in the program's own text."""
    return {found for file in (ROOT / folder).rglob("*.py") for found in re.findall(pattern, _text(file))}


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


# --- every name is in its page ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_table_of_the_documents_is_as_the_code_has_it(path: Path) -> None:
    text = _text(path)
    assert reference.fill(text) == text, "run: python tools/reference.py"


def test_no_table_is_written_for_nobody() -> None:
    assert set(re.findall(r"<!-- tabla: ([a-z-]+) -->", "".join(map(_text, DOCUMENTS)))) == set(reference.TABLES)


def test_every_command_is_in_the_api_and_in_who_may_do_what() -> None:
    commands = {kind.__name__ for kind in c.ALL}
    assert named(commands, "docs/api.md") == commands
    assert named(commands, "docs/security.md") == commands


def test_every_fact_and_every_refusal_is_in_the_api() -> None:
    told = {kind.__name__ for kind in Event.__subclasses__()} | set(REFUSALS) | set(MISTAKES)
    assert named(told, "docs/api.md") == told


def test_every_layer_of_the_map_is_in_the_api() -> None:
    layers = source("caravan/maps", r'\blayer(?:=|": )"(\w+)"')
    assert "shelters" in layers
    assert named(layers, "docs/api.md") == layers


def test_every_event_of_the_stream_is_in_the_api() -> None:
    told = source("caravan/server/web", r'_send\("(\w+)"') | source("caravan/server/web", r"event: (\w+)\\n")
    assert {"delta", "snapshot"} <= told
    assert named(told, "docs/api.md") == told


def test_every_finding_of_the_checker_is_explained() -> None:
    codes = source("caravan/protocol", r'note\("(\w+)"')
    assert "no_exit" in codes
    assert named(codes, "docs/protocol-reference.md") == codes


def test_every_setting_is_explained() -> None:
    settings = source("caravan", r"\b(CARAVAN_[A-Z_]+)\b") | source("tools", r"\b(CARAVAN_[A-Z_]+)\b")
    assert "CARAVAN_SECURE" in settings
    assert named(settings, "docs/deploy.md") == settings


def verbs() -> dict[str, set[str]]:
    """What may be typed after «caravan», and the options each takes."""
    found: dict[str, set[str]] = {}

    def gather(command: Any, name: str) -> None:
        inner = getattr(command, "commands", None)
        if inner is None:
            found[name] = {option for parameter in command.params for option in parameter.opts} | {"--help"}
        for verb, each in (inner or {}).items():
            gather(each, f"{name} {verb}")

    gather(get_command(cli), "caravan")
    return found


def test_every_verb_of_the_command_line_is_explained() -> None:
    assert "caravan protocol diff" in verbs()
    assert named(set(verbs()), "docs/deploy.md") == set(verbs())


def test_every_role_an_account_may_have_is_explained() -> None:
    roles = set(get_args(Role)) - {"system"}
    assert named(roles, "docs/deploy.md") == roles


def test_every_make_target_is_explained() -> None:
    targets = {f"make {target}" for target in re.findall(r"^([a-z]+):", page("Makefile"), re.MULTILINE)}
    assert "make test" in targets
    assert named(targets, "docs/how-it-works.md") == targets


@pytest.mark.parametrize("readme", ["README.md", "README.en.md"])
def test_the_accounts_of_the_demo_are_those_the_reader_is_given(readme: str) -> None:
    accounts = {account.email for account in ACCOUNTS}
    assert set(re.findall(r"`(\w+@\w+)`", page(readme))) == accounts
    assert named({PASSWORD}, readme) == {PASSWORD}


def test_the_changes_begin_with_the_version_that_is_built() -> None:
    version = tomllib.loads(page("pyproject.toml"))["project"]["version"]
    assert re.findall(r"^## (\S+)", page("CHANGELOG.md"), re.MULTILINE)[0] == version


# --- every way leads somewhere -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_and_picture_of_a_document_leads_somewhere(path: Path) -> None:
    for link in _LINK.finditer(_text(path)):
        to = link["to"]
        assert not to.startswith(("http:", "https:", "/")), f"{to}: the documents lead to the project's own files"
        assert (path.parent / to).is_file(), f"{to} is not there; «make pictures» takes the pictures"


def test_every_document_is_reached_from_the_readme() -> None:
    reached, waiting = set[Path](), [ROOT / "README.md"]
    while waiting:
        here = waiting.pop()
        if here not in reached:
            reached.add(here)
            links = (m["to"] for m in _LINK.finditer(_text(here)))
            waiting += [(here.parent / to).resolve() for to in links if to.endswith(".md") and "ATTRIBUTION" not in to]
    unreached = {path for path in DOCUMENTS if path not in reached and path not in DECISIONS}
    assert not unreached


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_says_what_was_decided_why_and_what_was_not_taken(path: Path) -> None:
    text = _text(path)
    assert text.startswith(f"# {path.name[:4]}. ")
    assert re.findall(r"^## (.+)", text, re.MULTILINE)[:3] == ["Decision", "Why", "Not taken"]


def test_decisions_are_numbered_without_a_gap() -> None:
    assert [int(path.name[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))


def test_every_order_the_documents_give_is_one_the_program_takes() -> None:
    given = [
        line.split()
        for path in DOCUMENTS
        for line in re.findall(r"(?:^    |`)(caravan [a-z][^`\n]*)", _text(path), re.M)
    ]
    assert ["caravan", "serve", "--data", "caravan-data"] in given
    taken = verbs()
    for words in given:
        verb = " ".join(words[: 3 if " ".join(words[:3]) in taken else 2])
        assert {word for word in words if word.startswith("--")} <= taken[verb], words


def test_every_word_given_to_make_is_one_it_reads() -> None:
    given = [line for path in DOCUMENTS for line in re.findall(r"`(make [^`\n]+)`", _text(path))]
    words = {word for line in given for word in re.findall(r"\b([A-Z]+)=", line)}
    assert "SPEED" in words
    assert words <= set(re.findall(r"\$\(([A-Z]+)\)", page("Makefile")))


# --- words ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SPANISH)
def test_the_headings_of_spanish_pages_are_in_spanish(name: str) -> None:
    english = {"the", "and", "of", "how", "what", "who", "is", "it", "to", "with", "for", "from", "not", "yet", "does"}
    for heading in re.findall(r"^#+ (.+)", page(name), re.MULTILINE):
        assert not english & set(re.findall(r"[a-z]+", heading.lower())), heading


def test_every_creole_word_says_whether_it_was_seen_or_is_not_verified() -> None:
    rows = [line.split("|")[1:-1] for line in page("docs/glossary.md").splitlines() if line.startswith("| ")]
    creole = [cells[3] if len(cells) == 5 else cells[2] for cells in rows if len(cells) in (3, 5)]
    words = [word.strip() for word in creole if word.strip() not in ("–", "Kreyòl")]
    assert len(words) > 20
    assert all(word[-1] in "ˢᵘ" for word in words), [word for word in words if word[-1] not in "ˢᵘ"]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_no_document_depends_on_one_machine_or_on_another_host(path: Path) -> None:
    text = _text(path)
    assert not re.search(r"(?<!\w)/(?:work|home|root|tmp|Users)/", text)
    assert set(re.findall(r"https?://([^/\s`:]+)", text)) <= {"127.0.0.1"}


# --- every example runs ------------------------------------------------------------------------------------------------------


def examples(name: str, language: str) -> list[tuple[str, str]]:
    """The examples of a page that are marked as runnable, each with the JSON that the page shows after it."""
    return [(m[2], m[3] or "") for m in _EXAMPLE.finditer(page(name)) if m[1] == language]


def test_the_model_made_from_code_does_what_its_page_says() -> None:
    found = examples("docs/protocol-reference.md", "python")
    assert found
    for code, _ in found:
        exec(compile(code, "docs/protocol-reference.md", "exec"), {})


def test_the_protocol_of_the_reference_loads_and_has_nothing_wrong() -> None:
    found = examples("docs/protocol-reference.md", "yaml")
    assert found
    for text, _ in found:
        assert check(load(text)) == []


def test_every_request_of_the_api_page_is_answered_as_the_page_says(tmp_path: Path) -> None:
    found = examples("docs/api.md", "sh")
    assert len(found) >= 5
    answers = asyncio.run(_ask([request for request, _ in found], tmp_path))
    for (request, shown), answer in zip(found, answers, strict=True):
        wanted = msgspec.json.decode(shown)
        assert set(wanted) <= set(answer), request
        for name, value in wanted.items():
            if isinstance(value, bool | int):
                assert answer[name] == value, request
            elif isinstance(value, str):
                assert str(answer[name]).startswith(value.removesuffix("…")), request


def test_every_route_of_the_server_is_in_the_api(tmp_path: Path) -> None:
    demo = Demo(Settings(data=tmp_path, demo=True), 0)
    paths = {re.sub(r":\w+}", "}", route.path) for route in create_app(Settings(data=tmp_path), demo.desk).routes}
    words = {word.rpartition(" ")[2] for word in re.findall(r"`([^`\n]+)`", page("docs/api.md"))}
    files = re.compile(r"^/(?:static|vendor/\w+|basemap)/")
    assert {path for path in paths if path not in words and not files.match(path)} == set()


async def _ask(requests: list[str], folder: Path) -> list[dict[str, Any]]:
    """Sends the page's ``curl`` lines to a realm like the demo's, before its night begins."""
    settings = Settings(data=folder, demo=True)
    demo = Demo(settings, 0)
    await demo.prepare()
    try:
        app = create_app(settings, demo.desk)
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            return [(await client.send(_request(client, line))).json() for line in requests]
    finally:
        await demo.desk.close()


def _request(client: httpx.AsyncClient, line: str) -> httpx.Request:
    """The request of a ``curl`` line. Knows the options that the page uses; the client keeps the cookies."""
    words = iter(shlex.split(line))
    assert next(words) == "curl"
    address, body, headers = "", None, dict[str, str]()
    for word in words:
        match word:
            case "-b" | "-c":
                assert next(words) == "jar"
            case "-d":
                body = next(words)
            case "-H":
                name, _, value = next(words).partition(": ")
                headers[name] = value
            case _:
                assert not address and not word.startswith("-"), f"an option the test does not know: {word}"
                address = word
    return client.build_request("GET" if body is None else "POST", address, headers=headers, content=body)
