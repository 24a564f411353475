"""Every page of every role, wide and on a phone: nothing complains, nothing is cut off, everything has a name."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from browsing import PHONE, WIDE, Visitor
from playwright.sync_api import expect

PAGES: dict[str, tuple[str, ...]] = {
    "oficial": (
        "/", "/mapa", "/llegadas/nueva", "/albergues", "/albergues/galilea", "/comedores", "/comedores/trigo-y-miel", "/tareas",
        "/protocolos", "/bitacora", "/colocacion", "/politica", "/comidas", "{group}", "{activation}",
    ),
    "albergue": ("/albergue", "/mapa"),
    "comedor": ("/comedor", "/mapa"),
    "brigada": ("/estacion", "/llegadas/nueva", "/mapa"),
    "dif": ("/", "/mapa", "{group}"),
    "salud": ("/", "/mapa"),
    "inm": ("/", "/mapa"),
    "acnur": ("/", "/mapa", "{group}"),
    "comar": ("/", "/mapa", "{group}"),
}  # fmt: skip
# What is measured in the page itself; each list names what is wrong.
FAULTS = """() => {
    const seen = (e) => e.checkVisibility({checkOpacity: true, checkVisibilityCSS: true}) && e.getBoundingClientRect().width > 0;
    const named = (e) => e.labels?.length || e.getAttribute('aria-label') || e.getAttribute('aria-labelledby');
    const boxes = [...document.querySelectorAll('input:not([type=hidden]), select, textarea')].filter(seen);
    const targets = [...document.querySelectorAll('main button, main summary, main select, main input:not([type=hidden])')];
    const small = (e) => { const r = e.getBoundingClientRect(); return r.height < 24 || r.width < 24; };
    return {
        overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
        unnamed: boxes.filter((e) => !named(e)).map((e) => e.outerHTML.slice(0, 120)),
        headings: document.querySelectorAll('h1').length,
        small: targets.filter((e) => seen(e) && small(e) && e.type !== 'checkbox' && e.type !== 'radio')
            .map((e) => e.outerHTML.slice(0, 120)),
        language: document.documentElement.lang,
    };
}"""


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["1280", "390"])
@pytest.mark.parametrize("account", PAGES)
def test_every_page_of_a_role_is_whole(account: str, size: dict[str, int], visit: Callable[..., Visitor]) -> None:
    visitor = visit(account, size)
    for pattern in PAGES[account]:
        path = _path(visitor, pattern)
        visitor.go(path)
        if path == "/mapa":
            visitor.page.locator('[data-feature^="station:"]').first.wait_for()
        expect(visitor.page.get_by_text("SIMULACRO").first).to_be_visible()
        faults = visitor.page.evaluate(FAULTS)
        assert faults == {"overflow": 0, "unnamed": [], "headings": 1, "small": [], "language": "es"}, path
    assert visitor.complaints == []
    assert visitor.strangers == []


def _path(visitor: Visitor, pattern: str) -> str:
    if pattern == "{group}":
        return f"/grupos/{_first(visitor, 'groups')}"
    return f"/activaciones/{_first(visitor, 'activations')}" if pattern == "{activation}" else pattern


def _first(visitor: Visitor, what: str) -> str:
    found = visitor.page.evaluate("async (what) => (await (await fetch('/api/v1/' + what)).json())", what)
    return found[0]["id"]


def test_the_page_is_in_english_for_who_asks_for_it(visit: Callable[..., Visitor]) -> None:
    visitor = visit("oficial")
    visitor.go("/albergues")
    visitor.page.get_by_role("button", name="English").click()
    expect(visitor.page.locator("html")).to_have_attribute("lang", "en")
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Shelters")


def test_what_is_typed_stays_on_the_device_until_signing_out_but_never_what_must_be_erasable(
    visit: Callable[..., Visitor],
) -> None:
    official = visit("oficial")
    official.go("/llegadas/nueva")
    page = official.page
    kept = "Object.entries(localStorage).filter(([key]) => key.startsWith('caravan:draft:')).map(([, text]) => text).join()"
    page.evaluate("document.querySelector('[name=note]').dataset.forget = ''")
    page.locator("[name=note]").first.evaluate(
        "(e) => { for (let b = e.closest('details'); b; b = b.parentElement.closest('details')) b.open = true; }"
    )
    page.locator("[name=note]").first.fill("Palabras que se borran")
    page.locator("[name=declared_by]").fill("Cruz Roja")
    assert "Cruz Roja" in page.evaluate(kept)
    assert "Palabras" not in page.evaluate(kept)
    page.get_by_role("button", name="Salir").first.click()
    page.wait_for_url(re.compile("/entrar"))
    assert page.evaluate(kept) == ""
