"""The desk and the web of an installation of one's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from installation import Web, desk_in, web_in

from caravan.server.desk import Desk


@pytest.fixture
async def desk(folder: Path) -> AsyncIterator[Desk]:
    async with desk_in(folder) as desk:
        yield desk


@pytest.fixture
async def web(folder: Path) -> AsyncIterator[Web]:
    async with web_in(folder) as web:
        yield web
