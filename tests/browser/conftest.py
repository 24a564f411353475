"""A real browser on a real server: the demo with its night already played, in a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from browsing import WIDE, Visitor, chromium, demo, sign_in
from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with demo(tmp_path_factory.mktemp("browser")) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def visit(browser: Browser, server: str) -> Iterator[Callable[..., Visitor]]:
    """Opens a window as one of the demo's accounts: ``visit("oficial", PHONE)``."""
    opened: list[Visitor] = []

    def open_window(account: str, size: dict[str, int] = WIDE) -> Visitor:
        visitor = sign_in(browser, server, account, size)
        opened.append(visitor)
        return visitor

    yield open_window
    for visitor in opened:
        visitor.context.close()
