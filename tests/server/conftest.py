"""Every test of the server has an installation of its own: a copy of one that was prepared once."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from installation import Web, desk_in, prepare, web_in

from caravan.server.desk import Desk


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


@pytest.fixture
async def desk(folder: Path) -> AsyncIterator[Desk]:
    async with desk_in(folder) as desk:
        yield desk


@pytest.fixture
async def web(folder: Path) -> AsyncIterator[Web]:
    async with web_in(folder) as web:
        yield web
