"""The map in a real browser: what one window changes, the other shows, within a second and without a reload."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator

import pytest
from browsing import Visitor, demo
from playwright.sync_api import expect


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A demo of its own: places held elsewhere in these tests would take from the figures read here."""
    with demo(tmp_path_factory.mktemp("map")) as address:
        yield address


def test_a_change_of_capacity_in_one_window_reaches_the_marker_in_the_other_within_a_second(
    visit: Callable[..., Visitor],
) -> None:
    official, shelter = visit("oficial"), visit("albergue")
    official.go("/mapa")
    marker = official.page.locator('[data-feature="shelter:galilea"]')
    marker.wait_for()
    before = marker.get_attribute("aria-label")
    official.page.evaluate(
        """() => {
            const seen = window.seenAt = {};
            const watch = () => {
              const shown = document.querySelector('[data-feature="shelter:galilea"]')?.getAttribute('aria-label');
              if (seen.first === undefined) seen.first = shown;
              else if (shown !== seen.first && !seen.at) seen.at = Date.now();
              requestAnimationFrame(watch);
            };
            watch();
        }"""
    )
    sent = shelter.page.evaluate(
        """async () => {
            const sent = Date.now();
            const answer = await fetch('/api/v1/shelters/galilea/occupancy', {method: 'POST',
              headers: {'content-type': 'application/json'}, body: JSON.stringify({available: {mix: 7}})});
            return answer.ok ? sent : null;
        }"""
    )
    assert sent is not None
    expect(marker).not_to_have_attribute("aria-label", before or "")
    seen = official.page.evaluate(
        """() => new Promise((tell) => {
            const look = () => (window.seenAt.at ? tell(window.seenAt.at) : setTimeout(look, 10));
            look();
        })"""
    )
    assert seen - sent < 1000
    assert "7" in (marker.get_attribute("aria-label") or "")


def test_after_a_lost_connection_the_map_catches_up_by_itself(visit: Callable[..., Visitor]) -> None:
    official, shelter = visit("oficial"), visit("albergue")
    official.go("/mapa")
    marker = official.page.locator('[data-feature="shelter:galilea"]')
    marker.wait_for()
    official.context.set_offline(True)
    _report(shelter, 3)
    official.context.set_offline(False)
    _report(shelter, 4)
    expect(marker).to_have_attribute("aria-label", _containing("4"), timeout=15_000)


def test_the_map_asks_no_other_host_for_anything_and_says_it_is_a_drill(visit: Callable[..., Visitor]) -> None:
    official = visit("oficial")
    official.go("/mapa")
    official.page.locator('[data-feature="shelter:galilea"]').wait_for()
    time.sleep(0.5)
    assert official.strangers == []
    assert official.complaints == []
    expect(official.page.get_by_text("SIMULACRO").first).to_be_visible()


def test_the_map_is_reached_by_keyboard(visit: Callable[..., Visitor]) -> None:
    official = visit("oficial")
    official.go("/mapa")
    marker = official.page.locator('[data-feature="shelter:galilea"]')
    marker.wait_for()
    marker.focus()
    official.page.keyboard.press("Enter")
    popup = official.page.locator(".leaflet-popup")
    expect(popup).to_contain_text("Galilea")
    official.page.keyboard.press("Escape")
    expect(popup).to_have_count(0)


def _report(shelter: Visitor, places: int) -> None:
    ok = shelter.page.evaluate(
        """async (places) => (await fetch('/api/v1/shelters/galilea/occupancy', {method: 'POST',
            headers: {'content-type': 'application/json'}, body: JSON.stringify({available: {mix: places}})})).ok""",
        places,
    )
    assert ok


def _containing(text: str) -> re.Pattern[str]:
    return re.compile(rf"\b{text}\b")


def test_ages_beside_the_map_grow_while_nothing_changes(visit: Callable[..., Visitor]) -> None:
    official = visit("oficial")
    official.page.clock.install()
    official.go("/mapa")
    age = official.page.locator("#listas .age").first
    age.wait_for()
    official.page.clock.fast_forward(5_000)  # what the first look at the stream asked for is answered
    time.sleep(1)
    official.page.evaluate("document.querySelector('#listas .age').textContent = 'de hace un rato'")
    official.page.clock.fast_forward(61_000)
    expect(age).not_to_have_text("de hace un rato")
