"""Finds a Chromium or Chrome for the browser tests, or installs one: Playwright's own where it can be had, else the system's."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
# The download is given up after this: where it is blocked it may hang rather than fail.
DOWNLOAD_SECONDS = 180


def find() -> str | None:
    """The path of a browser that can be started, or ``None``. ``CARAVAN_CHROMIUM`` names one explicitly."""
    named = os.environ.get("CARAVAN_CHROMIUM")
    if named:
        return named
    for name in NAMES:
        found = shutil.which(name)
        if found is not None:
            return found
    return str(MAC) if MAC.exists() else _playwrights_own()


def _playwrights_own() -> str | None:
    folders = [Path.home() / ".cache/ms-playwright", Path.home() / "Library/Caches/ms-playwright"]
    for folder in folders:
        for pattern in ("chromium-*/chrome-linux*/chrome", "chromium-*/chrome-mac*/*.app/Contents/MacOS/Chromium"):
            for found in sorted(folder.glob(pattern), reverse=True):
                return str(found)
    return None


def install() -> None:
    """Tries Playwright's download, then the system's package when run as root. Failing is seen by ``find`` afterwards."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        subprocess.run(
            [sys.executable, "-m", "playwright", "install", "chromium"], timeout=DOWNLOAD_SECONDS, check=False,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    if find() is None and shutil.which("apt-get") and os.geteuid() == 0:
        quiet = {"stdout": subprocess.DEVNULL, "check": False}
        subprocess.run(["apt-get", "update", "-qq"], **quiet)
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-dejavu"], **quiet
        )


def main() -> int:
    if find() is None:
        print("No hay Chromium ni Chrome: se intenta instalar uno…", flush=True)
        install()
    found = find()
    if found is None:
        print(
            "No se pudo instalar: instale Chromium o Chrome, o diga dónde está con CARAVAN_CHROMIUM=/ruta/al/navegador."
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
