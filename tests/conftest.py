"""Fixtures of the pure part: a night in a state whose places are on record."""

from __future__ import annotations

import pytest
from realm import Night, opened

from caravan.picture import Picture


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The browser comes last: its event loop stays in the thread until the end, and others bring their own."""
    items.sort(key=lambda item: "browser" in item.path.parts)


@pytest.fixture(scope="session")
def picture_at_nightfall() -> tuple[Picture, Night]:
    night = opened()
    return night.picture, night


@pytest.fixture
def night(picture_at_nightfall: tuple[Picture, Night]) -> Night:
    """Places on record and reported empty; nobody has arrived. Each test has its own."""
    picture, first = picture_at_nightfall
    mine = Night(picture, first.now)
    mine.journal = list(first.journal)
    return mine
