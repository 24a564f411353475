"""Every page of the program in one list: a new page is a row."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from caravan.server.web.pages import (
    board,
    choosing,
    drafts,
    food_day,
    groups,
    kitchens,
    map,
    pictures,
    placement_policy,
    placing,
    protocol,
    searching,
    shelters,
    versions,
)
from caravan.server.web.pages.frame import Page, act, show

PAGES: tuple[Page, ...] = (
    *board.PAGES,
    *groups.PAGES,
    *shelters.PAGES,
    *placing.PAGES,
    *searching.PAGES,
    *choosing.PAGES,
    *placement_policy.PAGES,
    *kitchens.PAGES,
    *food_day.PAGES,
    *map.PAGES,
    *protocol.PAGES,
    *drafts.PAGES,
    *versions.PAGES,
    *pictures.PAGES,
)

# What these pages send elsewhere than to themselves.
PLACING: tuple[HTTPRouteHandler, ...] = (*placing.ROUTES, *searching.ROUTES)


def page_routes(pages: tuple[Page, ...]) -> list[HTTPRouteHandler]:
    return [handler for page in pages for handler in _handlers(page)]


def _handlers(page: Page) -> list[HTTPRouteHandler]:
    async def look(request: Request[Any, Any, Any]) -> Response[Any]:
        return await show(request, page)

    async def send(request: Request[Any, Any, Any]) -> Response[Any]:
        return await act(request, page)

    found: list[HTTPRouteHandler] = [get(page.path)(look)]
    if page.commands:
        found.append(post(page.path, status_code=303)(send))
    return found
