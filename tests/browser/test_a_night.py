"""The placement of a night in a real browser: proposed for all, seen as a picture and a list, changed by a person who saw the cost,
confirmed; on a telephone, and with the keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from browsing import PHONE, WIDE, Visitor
from playwright.sync_api import Page, expect
from test_pages import FAULTS

_WHOLE = {"overflow": 0, "unnamed": [], "headings": 1, "small": [], "language": "es"}
_FAMILIES = [{"women": 1, "men": 1, "children": {"5-11": 1}, "count": 2}, {"men": 1, "count": 3}]
_POST = """async ([path, body]) => (await (await fetch(path, {method: 'POST', headers: {'content-type': 'application/json'},
    body: JSON.stringify(body)})).json()).id"""


def _bus_comes(official: Visitor) -> str:
    """Nine people at León, and a house there that has just told of places for all."""
    official.page.evaluate(_POST, ["/api/v1/shelters/galilea/occupancy", {"available": {"mix": 40}}])
    body = {"station": "leon", "people": 9, "declared_by": "Enlace", "households": _FAMILIES}
    return official.page.evaluate(_POST, ["/api/v1/arrivals", body])


def _proposes(page: Page, group: str) -> None:
    card = page.locator(f'section[aria-labelledby="g-{group}"]')
    card.get_by_role("button", name=re.compile("Proponer")).click()
    proposal = page.locator(f"#d-{group}")
    expect(proposal).to_be_visible(timeout=20_000)
    if proposal.get_attribute("open") is None:
        proposal.locator("summary").first.click()
    expect(card.locator(".part").first).to_be_visible()


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["1280", "390"])
def test_a_night_is_proposed_looked_at_changed_with_its_cost_and_confirmed(
    size: dict[str, int], visit: Callable[..., Visitor]
) -> None:
    official = visit("oficial", size)
    page = official.page
    group = _bus_comes(official)
    official.go("/")
    page.get_by_role("link", name="Colocación de la noche").click()
    _proposes(page, group)
    assert page.evaluate(FAULTS) == _WHOLE
    picture = page.locator(".plan-wide svg" if size is WIDE else ".plan-narrow svg")
    expect(picture).to_be_visible()
    expect(page.locator(".plan-narrow svg" if size is WIDE else ".plan-wide svg")).to_be_hidden()
    box = picture.bounding_box()
    assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= size["width"]
    assert picture.locator("text").first.evaluate("(e) => e.getBoundingClientRect().height") >= 9

    card = page.locator(f'section[aria-labelledby="g-{group}"]')
    card.get_by_role("link", name="Elegir otro albergue").click()
    assert page.evaluate(FAULTS) == _WHOLE
    page.locator('[name="whom[]"][value="*"]').uncheck()
    page.locator('[name="whom[]"][value="men"]').check()
    page.locator("#elegir-shelter").select_option("buen-samaritano")
    page.get_by_role("button", name="Ver qué cuesta").click()
    expect(page.get_by_role("heading", name="Qué cuesta")).to_be_visible()
    for tick in page.locator('[name="waived[]"]').all():
        tick.check()
    page.locator("#elegir-reason").fill("Aceptaron por teléfono")
    page.get_by_role("button", name="Volver a calcular").click()
    expect(page.locator("#elegir-reason")).to_have_value("Aceptaron por teléfono")
    expect(page.get_by_text("caben 3 de 3")).to_be_visible()
    assert page.evaluate(FAULTS) == _WHOLE
    page.get_by_role("button", name="Proponer así").click()
    expect(page.get_by_text("Aceptaron por teléfono").first).to_be_visible(timeout=20_000)
    page.get_by_role("button", name="Confirmar y apartar lugares").click()
    expect(page.locator(".badge", has_text="apartado").first).to_be_visible()
    placed = page.evaluate(
        "async (group) => (await (await fetch('/api/v1/groups/' + group)).json()).placements.map((p) => [p.shelter, p.people])",
        group,
    )
    assert sum(people for _, people in placed) == 9
    assert ["buen-samaritano", 3] in placed
    assert official.complaints == []
    assert official.strangers == []


def test_the_keyboard_alone_reaches_all_that_can_be_done(visit: Callable[..., Visitor]) -> None:
    official = visit("oficial")
    page = official.page
    group = _bus_comes(official)
    official.go("/colocacion")
    _proposes(page, group)
    wanted = page.evaluate(
        """() => [...document.querySelectorAll('main a[href], main button, main summary, main input:not([type=hidden])')]
            .filter((e) => e.checkVisibility()).length"""
    )
    page.locator("#contenido").focus()
    met: set[str] = set()
    for _ in range(wanted):
        page.keyboard.press("Tab")
        met.add(
            page.evaluate(
                "(() => { const e = document.activeElement; return e.tagName + e.getBoundingClientRect().top + e.textContent; })()"
            )
        )
    assert len(met) == wanted
    assert page.evaluate("document.querySelector('#contenido').contains(document.activeElement)")


def test_the_policy_and_a_house_by_night_fit_a_telephone(visit: Callable[..., Visitor]) -> None:
    official = visit("oficial", PHONE)
    for path in ("/politica", "/albergues/galilea"):
        official.go(path)
        assert official.page.evaluate(FAULTS) == _WHOLE, path
    official.go("/albergues/galilea")
    expect(official.page.get_by_text("Lugares por sección y noche").first).to_be_visible()
    assert official.complaints == []


def test_a_long_search_is_followed_to_its_end_and_going_back_loses_nothing(visit: Callable[..., Visitor]) -> None:
    official = visit("oficial", PHONE)
    page = official.page
    body = {"station": "leon", "people": 900, "declared_by": "Enlace", "households": [{"men": 1, "count": 900}]}
    group = page.evaluate(_POST, ["/api/v1/arrivals", body])
    official.go("/colocacion")
    visited: list[str] = []
    page.on("framenavigated", lambda frame: visited.append(frame.url))
    card = page.locator(f'section[aria-labelledby="g-{group}"]')
    card.get_by_role("button", name="Proponer albergues").click()
    page.wait_for_url(re.compile("/colocacion(#.*)?$"), timeout=60_000)
    expect(card.get_by_role("button", name="Proponer otra vez")).to_be_visible()
    for address in tuple(visited):
        if "/busquedas/" in address:
            page.goto(address)
            expect(page.get_by_role("heading", name="La búsqueda terminó")).to_be_visible()
            assert page.evaluate(FAULTS) == _WHOLE
            page.get_by_role("link", name="Ver la propuesta").click()
            page.wait_for_url(re.compile("/colocacion(#.*)?$"))
    assert official.complaints == []
    # The places of the night belong to the other tests too.
    page.evaluate(_POST, [f"/api/v1/groups/{group}/annul", {"reason": "ensayo"}])
