"""What an official does when a bus comes, in a real browser: logs it, mends a mistake, and sees people find a bed."""

from __future__ import annotations

import re
from collections.abc import Callable

from browsing import PHONE, Visitor
from playwright.sync_api import Page, expect

_TELLS = """async () => (await fetch('/api/v1/shelters/galilea/occupancy', {method: 'POST',
    headers: {'content-type': 'application/json'}, body: JSON.stringify({available: {mix: 40}})})).ok"""


def test_a_form_with_mistakes_keeps_what_was_typed_and_says_what_to_mend(visit: Callable[..., Visitor]) -> None:
    official = visit("oficial", PHONE)
    official.go("/llegadas/nueva")
    page = official.page
    page.evaluate("document.querySelector('main form').noValidate = true")
    _fill(page, "celaya", people="0", says="Protección Civil")
    page.get_by_role("button", name="Registrar llegada").first.click()
    expect(page.locator("[name=people]")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("El mínimo es 1.")).to_be_visible()
    expect(page.locator("[name=people]")).to_have_value("0")
    expect(page.locator("[name=declared_by]")).to_have_value("Protección Civil")
    expect(page.locator("[name=station]")).to_have_value("celaya")


def test_an_official_logs_a_bus_and_its_people_find_a_bed(visit: Callable[..., Visitor]) -> None:
    official, watcher = visit("oficial"), visit("acnur")
    watcher.go("/mapa")
    watcher.page.locator('[data-feature="shelter:galilea"]').wait_for()
    page = official.page
    page.evaluate(_TELLS)  # the night's figures are two days old: nobody counts on them any more
    official.go("/llegadas/nueva")
    _fill(page, "celaya", people="12", says="Enlace municipal")
    page.get_by_role("button", name="Registrar llegada").first.click()
    page.wait_for_url(re.compile("/grupos/"))
    group = page.url.rsplit("/", 1)[1].partition("#")[0]
    expect(watcher.page.locator(f'[data-feature="group:{group}"]')).to_have_count(1)
    page.get_by_role("button", name="Proponer albergues").click()
    expect(page.get_by_text("Por qué no los demás")).to_be_visible()
    page.get_by_role("button", name="Confirmar y apartar lugares").click()
    expect(page.locator(".badge", has_text="apartado").first).to_be_visible()
    expect(watcher.page.locator('[data-feature^="line:"]').first).to_be_attached()
    placed = page.evaluate(
        "async (group) => (await (await fetch('/api/v1/groups/' + group)).json()).placements.map((p) => [p.status, p.people])",
        group,
    )
    assert sum(people for _, people in placed) == 12
    assert {status for status, _ in placed} <= {"held"}


def test_a_second_click_on_a_slow_line_is_one_arrival(visit: Callable[..., Visitor]) -> None:
    brigade = visit("brigada", PHONE)
    brigade.go("/llegadas/nueva")
    page = brigade.page
    _fill(page, "leon", people="7", says="Chofer")
    before = _groups(page)
    sent = page.evaluate(
        """async () => {
            const form = document.querySelector('main form');
            const body = new URLSearchParams(new FormData(form));
            const send = () => fetch(form.action || location.href, {method: 'POST', body, redirect: 'manual'});
            return (await Promise.all([send(), send(), send()])).map((answer) => answer.type);
        }"""
    )
    assert sent == ["opaqueredirect"] * 3
    assert _groups(page) == before + 1


def _fill(page: Page, station: str, *, people: str, says: str) -> None:
    if page.locator("select[name=station]").count():
        page.locator("select[name=station]").select_option(station)
    page.locator("[name=people]").fill(people)
    page.locator("[name=declared_by]").fill(says)


def _groups(page: Page) -> int:
    return page.evaluate("async () => (await (await fetch('/api/v1/groups')).json()).length")
