"""What an installation may set, from the environment (``CARAVAN_…``) or the command line."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from caravan.basics import Record


class Settings(Record, frozen=True):
    """``data`` is the folder of the database and the keys. ``secure`` asks for https-only cookies; off on a plain-http
    machine of one's own. ``demo`` opens the realm of the drill with its accounts: never together with real work."""

    data: Path
    host: str = "127.0.0.1"
    port: int = 8000
    secure: bool = False
    demo: bool = False
    database_url: str = ""
    base_language: str = "es"

    @property
    def url(self) -> str:
        return self.database_url or f"sqlite+aiosqlite:///{(self.data / 'caravan.sqlite3').absolute()}"


def from_environment(environ: Mapping[str, str] = os.environ) -> Settings:
    """Settings as the environment gives them. Raises ``ValueError`` for a port that is not a number."""
    return Settings(
        data=Path(environ.get("CARAVAN_DATA", "caravan-data")),
        host=environ.get("CARAVAN_HOST", "127.0.0.1"),
        port=int(environ.get("CARAVAN_PORT", "8000")),
        secure=environ.get("CARAVAN_SECURE", "") == "1",
        database_url=environ.get("CARAVAN_DATABASE_URL", ""),
    )


PACKAGE = Path(__file__).resolve().parent.parent


def shipped(folder: str) -> Path:
    """A folder of files that come with the program (``protocols``, ``directories``): beside the package in a checkout,
    inside it once installed from a wheel."""
    beside = PACKAGE.parent / folder
    return beside if (beside.is_dir() and (PACKAGE.parent / "pyproject.toml").is_file()) else PACKAGE / f"_{folder}"
