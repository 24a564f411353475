"""The live map in its frame, and beside it the same in words, so that nobody needs the map to read it."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

from litestar import Request
from markupsafe import Markup

from caravan import commands as c
from caravan.audiences import SharedGroup
from caravan.maps.page import MAP_WORDS, MapOptions, MapParts, map_parts
from caravan.server.db.users import User
from caravan.server.web.pages.frame import Page
from caravan.server.web.pages.places import map_places
from caravan.server.web.words import LANGUAGE
from caravan.server.web.words import gettext as _
from caravan.sharing import SharedPicture

_TAGS = {"es": "es-MX", "en": "en-GB"}
# The frame of every page loads the stream's own script already.
_IN_THE_FRAME = "/static/bus.js"


@lru_cache
def _parts(language: str) -> MapParts:
    """The map in the language of this request, made once for each."""
    words = {key: _(text) for key, text in MAP_WORDS.items()}
    return map_parts(MapOptions(words=words, language=_TAGS.get(language, "es-MX")))


def _most_waiting_first(group: SharedGroup) -> tuple[int, datetime]:
    """A number this viewer may not know is small, but somebody waits."""
    return (-1 if group.waiting is None else -group.waiting, group.arrived_at)


async def _map(_request: Request[Any, Any, Any], share: SharedPicture, user: User) -> dict[str, Any]:
    parts = _parts(LANGUAGE.get())
    links = [link for link in parts.header_links if link != _IN_THE_FRAME]
    open_houses = [s for s in share.shelters() if s.status != "closed" and s.shelter.kind != "attention_point"]
    open_houses.sort(key=lambda s: (-(s.free_total or 0), s.free_total is None, s.shelter.name))
    return {
        "map_html": Markup(parts.html),  # Folium's own markup over our words: no person's text is in it
        "map_script": Markup(parts.script),
        "map_styles": [link for link in links if link.endswith(".css")],
        "map_scripts": [link for link in links if link.endswith(".js")],
        "groups": sorted(share.groups(), key=_most_waiting_first),
        "houses": open_houses,
        "totals": [t for m in share.municipalities() if (t := share.municipal_total(m)) is not None],
        "places": map_places(share) if user.role == "coordination" else [],
    }


PAGES: tuple[Page, ...] = (Page("/mapa", "map.html", _map, commands=(c.LocatePlace,)),)
