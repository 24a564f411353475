"""The protocol's picture in a real browser: it follows what happens, stays where one was looking, and can be enlarged."""

from __future__ import annotations

from collections.abc import Callable

from browsing import PHONE, Visitor
from playwright.sync_api import expect

ACTIVATION = "async () => (await (await fetch('/api/v1/activations')).json())[0].id"
SEND = """async (run) => (await fetch(`/api/v1/activations/${run}/events`, {method: 'POST',
    headers: {'content-type': 'application/json'}, body: JSON.stringify({event: 'pedir_refugio'})})).ok"""


def test_the_picture_follows_what_another_person_does_and_keeps_its_place(visit: Callable[..., Visitor]) -> None:
    official, colleague = visit("oficial", PHONE), visit("oficial")
    run = official.page.evaluate(ACTIVATION)
    official.go(f"/activaciones/{run}")
    frame = official.page.locator(".sketch").first
    frame.evaluate("(e) => e.scrollTo(150, 60)")
    expect(official.page.locator('.sketch [data-state="por_habilitar"].d-now')).to_have_count(0)
    assert colleague.page.evaluate(SEND, run)
    expect(official.page.locator('.sketch [data-state="por_habilitar"].d-now')).to_have_count(1)
    assert official.page.locator(".sketch").first.evaluate("(e) => [e.scrollLeft, e.scrollTop]") == [150, 60]
    expect(official.page.locator(".tracks")).to_contain_text("Habilitar refugio temporal")
    assert official.complaints == []


def test_the_whole_picture_opens_by_itself_and_the_print_is_dressed(visit: Callable[..., Visitor]) -> None:
    official = visit("oficial")
    run = official.page.evaluate(ACTIVATION)
    official.go(f"/activaciones/{run}")
    official.go(official.page.locator(".sketch + p a").first.get_attribute("href") or "")
    assert official.page.evaluate("document.documentElement.tagName") == "svg"
    official.go("/protocolos/guanajuato@2/documento")
    assert official.page.locator("table").first.evaluate("(e) => getComputedStyle(e).borderCollapse") == "collapse"
    assert official.complaints == [] and official.strangers == []


def test_the_drawing_of_a_group_opens_on_a_step_that_is_late_or_under_way(visit: Callable[..., Visitor]) -> None:
    official = visit("oficial", PHONE)
    found = "async () => (await (await fetch('/api/v1/groups')).json()).find((group) => group.people === 83).id"
    group = official.page.evaluate(found)
    official.go(f"/grupos/{group}")
    frame = official.page.locator(".sketch").first
    on_view = """(frame) => {
            const around = frame.getBoundingClientRect();
            return [...frame.querySelectorAll(".d-state.d-now, .d-state.d-late")].some((box) => {
                const at = box.getBoundingClientRect();
                return at.top >= around.top && at.bottom <= around.bottom && at.left < around.right && at.right > around.left;
            });
        }"""
    assert frame.evaluate(on_view)
    frame.evaluate("(e) => e.scrollTo(0, 0)")
    assert not frame.evaluate(on_view)
    assert official.complaints == []
