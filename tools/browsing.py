"""A real demo in a process of its own, and people at browsers who sign in to it: for the browser tests and the pictures."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from find_browser import find
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

START_SECONDS = 60
WIDE = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@contextmanager
def demo(folder: Path) -> Iterator[str]:
    """The address of a demo whose night is over, with its data in ``folder``."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "caravan",
        "demo",
        "--speed",
        "0",
        "--port",
        str(port),
        "--data",
        str(folder / "demo"),
    ]
    with (folder / "log.txt").open("w") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        address = f"http://127.0.0.1:{port}"
        try:
            _wait(address, process)
            yield address
        finally:
            process.terminate()
            process.wait(15)


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    limit = time.monotonic() + START_SECONDS
    while time.monotonic() < limit and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/health/ready", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the demo did not start")


@contextmanager
def chromium() -> Iterator[Browser]:
    path = find()
    if path is None:
        raise RuntimeError("no Chromium: run «make browser»")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        yield browser
        browser.close()


@dataclass
class Visitor:
    """Somebody signed in, in a browser window of their own; what the browser complained of, and where else it went."""

    context: BrowserContext
    page: Page
    address: str
    complaints: list[str] = field(default_factory=list[str])
    strangers: list[str] = field(default_factory=list[str])

    def go(self, path: str) -> None:
        self.page.goto(self.address + path)


def sign_in(browser: Browser, address: str, account: str, size: dict[str, int]) -> Visitor:
    """A new window, signed in as one of the demo's accounts (``oficial``, ``albergue``, ``inm`` …)."""
    context = browser.new_context(
        viewport={"width": size["width"], "height": size["height"]}, locale="es-MX", has_touch=size is PHONE
    )
    visitor = Visitor(context, context.new_page(), address)
    visitor.page.on("console", lambda m: visitor.complaints.append(m.text) if m.type in ("error", "warning") else None)
    visitor.page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
    ours = (address, "data:", "blob:")
    context.on("request", lambda r: None if r.url.startswith(ours) else visitor.strangers.append(r.url))
    visitor.go("/entrar")
    visitor.page.locator("input[name=email]").first.fill(f"{account}@simulacro")
    visitor.page.locator("input[name=password]").first.fill("simulacro")
    visitor.page.locator("form:has(input[type=password]) button").first.click()
    visitor.page.wait_for_url(lambda url: "/entrar" not in url)
    return visitor
