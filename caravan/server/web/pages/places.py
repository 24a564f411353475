"""What the pages of shelters, kitchens and the map share: municipalities to choose from, and where a figure comes from."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from functools import lru_cache

import msgspec

from caravan.basics import DAY
from caravan.server.settings import PACKAGE
from caravan.server.web.pages.wording import ZONE, word
from caravan.server.web.words import mark
from caravan.sharing import SharedPicture

# What the letter before a source says of it (domain: provenance).
MARKS: dict[str, str] = {
    "S": mark("fuente pública"), "L": mark("ley"), "K": mark("conocimiento general, sin verificar"),
    "D": mark("propuesta nuestra"),
}  # fmt: skip
_MARKED = re.compile(r";\s*(?=[SLKD]:)")


@lru_cache
def municipalities() -> tuple[tuple[str, str], ...]:
    """P-code and name of the state's municipalities, by name, as the map's ground has them."""
    ground = msgspec.json.decode((PACKAGE / "maps" / "basemap" / "mx11_municipios.geojson").read_bytes())
    named = [(f["properties"]["pcode"], f["properties"]["name"]) for f in ground["features"]]
    return tuple(sorted(named, key=lambda pair: pair[1]))


def sources(text: str) -> list[tuple[str, str]]:
    """«S: AM-GAL; K: el sitio» as mark and text; a source nobody marked has an empty mark."""
    found: list[tuple[str, str]] = []
    for part in _MARKED.split(text):
        letter, colon, rest = part.partition(":")
        found.append((letter, rest.strip()) if colon and letter in MARKS else ("", part.strip()))
    return [pair for pair in found if pair[1]]


def choices(codes: Iterable[str]) -> list[tuple[str, str]]:
    """Codes and their words, for a list to choose from."""
    return [(code, word(code)) for code in codes]


def today_and_tomorrow(share: SharedPicture) -> tuple[date, date]:
    """Local dates."""
    today = share.now.astimezone(ZONE).date()
    return today, today + DAY


def map_places(share: SharedPicture) -> list[tuple[str, str]]:
    """Id on the map and name of everything that may be moved to its true point."""
    return [
        *((f"station:{s.id}", f"{s.name} ({s.town})") for s in share.stations()),
        *((f"shelter:{s.shelter.id}", f"{s.shelter.name} ({s.shelter.town})") for s in share.shelters()),
        *((f"kitchen:{k.kitchen.id}", f"{k.kitchen.name} ({k.kitchen.town})") for k in share.kitchens()),
        *((f"office:{o.id}", f"{o.name} ({o.town})") for o in share.offices()),
    ]  # fmt: skip
