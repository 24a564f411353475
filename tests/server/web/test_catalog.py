"""Who reads English reads all of it in English: nothing untranslated, nothing left over, nothing outside the catalog."""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
import yaml
from catalog import LANGUAGES, ROOT, current, gathered, missing
from forms import done, page
from installation import OFFICIAL, USERS, Web, opening
from jinja2 import Environment
from realm import PACKS, PROTOCOL

from caravan import commands as c
from caravan.server.web import words
from caravan.server.web.pages.places import municipalities

TEMPLATES = sorted((ROOT / "caravan/server/web/templates").glob("*.html"))
SOURCES = [*sorted((ROOT / "caravan/server/web").rglob("*.py")), ROOT / "caravan/maps/page.py"]
STRINGS = {message.id for message in gathered()}

_PLACEHOLDER = re.compile(r"%\(\w+\)s|%%|\{\w+\}")
_SPANISH = re.compile(r"[áéíóúüñÁÉÍÓÚÑ¿¡]|\b(?:el|la|los|las|del|de|que|para|por|con|sin|un|una|se|hay)\b")
_LETTER = re.compile(r"[^\W\d_]")
# Attributes that are read out or shown.
_TOLD = ("title", "aria-label", "placeholder", "alt", "label")
# The program's name, the mark of a law, the sign of hours and HTML's own word are the same in every language.
_NO_LANGUAGE = frozenset({"caravan", "· caravan", "L", "h", "open"})
_STYLE = re.compile(r"\{% block body_class %\}[\w-]*\{% endblock %\}")


class _Told(HTMLParser):
    """What a page tells its reader, piece by piece: its text, and the attributes that are shown or read out."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self._silent = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.pieces += [value for name in _TOLD if (value := known.get(name))]
        if tag in ("script", "style") or (tag == "button" and "lang" in known):
            self._silent = tag

    def handle_endtag(self, tag: str) -> None:
        if tag == self._silent:
            self._silent = ""

    def handle_data(self, data: str) -> None:
        if not self._silent and data.strip():
            self.pieces.append(" ".join(data.split()))


# --- the file -----------------------------------------------------------------------------------------------------------


def test_every_language_offered_has_its_catalog() -> None:
    assert set(words.LANGUAGES) == {"es", *LANGUAGES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_string_of_the_program_is_translated_and_no_translation_is_left_over(language: str) -> None:
    assert missing(language) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_figures_and_names_of_its_sentence(language: str) -> None:
    pairs = [(str(message.id), str(message.string)) for message in current(language) if message.id]
    assert pairs
    astray = [(es, to) for es, to in pairs if Counter(_PLACEHOLDER.findall(es)) != Counter(_PLACEHOLDER.findall(to))]
    assert astray == []
    for _, to in pairs:
        if "%(" in to:
            assert to % defaultdict(str)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalog_keeps_the_articles_of_law_that_its_sentence_cites(language: str) -> None:
    law = re.compile(r"(?:LM|LR|LGDNNA)(?: \d+(?:,| y| and)?)+")
    cited = [(str(message.id), str(message.string)) for message in current(language) if law.search(str(message.id))]
    assert len(cited) > 10
    for es, to in cited:
        assert [re.findall(r"\w{2,}", one) for one in law.findall(es)] == [
            [word for word in re.findall(r"\w{2,}", one) if word != "and"] for one in law.findall(to)
        ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_head_of_the_catalog_is_filled_in(language: str) -> None:
    catalog = current(language)
    assert (catalog.project, catalog.fuzzy) == ("caravan", False)
    head = catalog.header_comment + "".join(value for _, value in catalog.mime_headers)
    assert not re.search("FIRST AUTHOR|FULL NAME|ORGANIZATION|EMAIL@ADDRESS|YEAR-MO-DA|LL@li.org", head)


# --- the source ---------------------------------------------------------------------------------------------------------


def _literal(template: Path) -> str:
    """The template's own text; what it computes leaves nothing behind."""
    tokens = Environment().lex(_STYLE.sub("", template.read_text(encoding="utf-8")))
    return "".join(value for _, kind, value in tokens if kind == "data")


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_no_template_holds_words_outside_the_catalog(template: Path) -> None:
    assert [
        piece for piece in _Told(_literal(template)).pieces if _LETTER.search(piece) and piece not in _NO_LANGUAGE
    ] == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_no_template_hands_on_spanish_words_unmarked(template: Path) -> None:
    tokens = [
        (kind, value)
        for _, kind, value in Environment().lex(template.read_text(encoding="utf-8"))
        if kind != "whitespace"
    ]
    before = [("", ""), ("", ""), *tokens]
    bare = [
        value
        for first, second, (kind, value) in zip(before, before[1:], before[2:], strict=False)
        if kind == "string" and _SPANISH.search(value) and (first[1], second[1]) != ("_", "(")
    ]
    assert bare == []


def _sentences(source: Path) -> set[str]:
    """The texts of a module that are values: a docstring stands by itself."""
    tree = ast.parse(source.read_text(encoding="utf-8"))
    standing = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and node not in standing)
    return {text.value for text in texts if isinstance(text.value, str)}


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_spanish_sentence_of_the_pages_is_marked_for_the_catalog(source: Path) -> None:
    assert {text for text in _sentences(source) if _SPANISH.search(text)} - STRINGS - set(
        words.LANGUAGES.values()
    ) == set()


# --- the pages ----------------------------------------------------------------------------------------------------------


async def _a_night_under_way(web: Web) -> str:
    """A bus whose people have places, one house that answered, and rations asked for."""
    arrival = c.ReportArrival(station="leon", people=35, declared_by="INM", needs={"medical": 2}, languages=("ht",))
    ident = (await web.desk.handle(arrival, by=OFFICIAL)).created or ""
    await web.desk.handle(c.ActivateProtocol(station="leon", reason="911"), by=OFFICIAL)
    plan = (await web.desk.handle(c.ProposePlacement(group=ident), by=OFFICIAL)).created or ""
    await web.desk.handle(c.ConfirmPlacement(group=ident, plan=plan), by=OFFICIAL)
    first, *_ = web.desk.picture.groups[ident].placements
    await web.desk.handle(c.RecordPlacementArrival(placement=first, people=12), by=OFFICIAL)
    await web.desk.handle(c.OrderMeals(group=ident), by=OFFICIAL)
    return ident


def _strings(tree: object) -> Iterator[str]:
    match tree:
        case str():
            yield tree
        case dict():
            for key, value in tree.items():
                yield from _strings(key)
                yield from _strings(value)
        case list() | tuple():
            for value in tree:
                yield from _strings(value)
        case _:
            return


def _own_words() -> list[str]:
    """What is not the program's to translate: names on record, the protocol's text, municipalities; the longest first."""
    files = [yaml.load(text, yaml.BaseLoader) for text in (PROTOCOL, *PACKS.values())]
    protocol = [text.replace("_", " ") for text in _strings(files)]
    record = [*_strings(msgspec.to_builtins(opening())), *protocol]
    people = [user.label for user in USERS.values()]
    towns = [name for _, name in municipalities()]
    names = {" ".join(text.split()) for text in (*record, *people, *towns) if " " in text or text[:1].isupper()}
    return sorted((name for name in names if _SPANISH.search(name)), key=len, reverse=True)


@pytest.mark.anyio
async def test_who_chose_english_meets_no_spanish_sentence_on_any_page(web: Web) -> None:
    group = await _a_night_under_way(web)
    at = web.desk.picture.activations[web.desk.picture.groups[group].activation]
    pages = {
        "official": (
            "/", "/mapa", "/llegadas/nueva", "/albergues", "/albergues/galilea", "/comedores", "/comedores/trigo", "/tareas",
            "/bitacora", "/protocolos", f"/protocolos/{at.protocol}@{at.version}", f"/grupos/{group}", f"/activaciones/{at.id}",
        ),
        "galilea": ("/albergue",), "cook": ("/comedor",), "brigade": ("/estacion",), "inm": ("/", "/albergues", "/comedores"),
    }  # fmt: skip
    own = _own_words()
    spanish: list[tuple[str, str]] = []
    for who, paths in pages.items():
        reader = await web.signed_in(who)
        reader.cookies.set("caravan_lengua", "en")
        for path in paths:
            for piece in _Told(await page(reader, path)).pieces:
                left = piece
                for text in own:
                    left = left.replace(text, "")
                if _SPANISH.search(left):
                    spanish.append((path, left))
    assert spanish == []


@pytest.mark.anyio
async def test_the_language_button_turns_every_page_and_stays_turned(web: Web) -> None:
    official = await web.signed_in("official")
    assert "<h1>Tablero</h1>" in await page(official, "/")
    answer = await official.post(
        "/lengua", data={"language": "en", "volver": "/albergues"}, headers={"sec-fetch-site": "same-origin"}
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/albergues")
    assert ">Shelters</h1>" in await page(official, "/albergues")
    assert '<html lang="en"' in await page(official, "/") and "<h1>Board</h1>" in await page(official, "/")
    refused = await official.get("/grupos/nadie", headers={"accept": "text/html"})
    assert (refused.status_code, "out of your reach" in refused.text) == (404, True)
    assert "<h1>Tablero</h1>" in await page(await web.signed_in("colleague"), "/")


@pytest.mark.anyio
async def test_a_refusal_is_worded_in_the_language_of_who_asks(web: Web) -> None:
    guest = web.guest()
    guest.cookies.set("caravan_lengua", "en")
    answer = await guest.post("/api/v1/session", json={"email": "nadie@sdh", "password": "otra"})
    assert (answer.status_code, answer.json()["title"]) == (401, "The email or the password is not correct.")


@pytest.mark.anyio
async def test_a_language_nobody_translated_leaves_the_page_in_spanish(web: Web) -> None:
    official = await web.signed_in("official")
    await official.post("/lengua", data={"language": "xx", "volver": "/"})
    official.cookies.set("caravan_lengua", "xx")
    assert "<h1>Tablero</h1>" in await page(official, "/")


@pytest.mark.anyio
async def test_what_was_done_is_confirmed_in_english(web: Web) -> None:
    brigade = await web.signed_in("brigade")
    brigade.cookies.set("caravan_lengua", "en")
    bus = {"people": "12", "declared_by": "INM"}
    assert "The arrival was recorded." in await done(brigade, "/llegadas/nueva", "ReportArrival", bus)
