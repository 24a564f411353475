"""A night in a state whose places are on record, and an installation of one's own: a copy of one that was prepared once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from installation import prepare
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


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prepared")
    prepare(folder)
    return folder


@pytest.fixture
def folder(prepared: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(prepared, tmp_path / "realm"))
