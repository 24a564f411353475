"""The checker for whoever is writing a protocol: a text in, what is wrong with it out. Nothing is kept."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from litestar import Request, Response, post
from litestar.handlers import HTTPRouteHandler

from caravan.basics import Refusal
from caravan.commands import SaveDraft
from caravan.coordination.publishing import in_lines
from caravan.server.rehearsals import ROOM
from caravan.server.web.api.readings import shared
from caravan.server.web.auth import same_origin, signed_in
from caravan.server.web.reading import read_json
from caravan.server.web.reviewing import review


@post("/api/v1/protocols/check", status_code=200)
async def check(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The body is ``{"text": …}``; the answer has the remarks with line and column, and the differences from what is published."""
    same_origin(request)
    if signed_in(request).role != "coordination":
        raise Refusal("not_yours_to_do")
    text = in_lines(read_json(SaveDraft, await request.body(), {}).text)
    mine = shared(request)
    async with ROOM:
        found = await asyncio.to_thread(review, text, mine.packs(), mine.protocols())
    content = msgspec.to_builtins(found) | {"sound": found.sound, "remarks": msgspec.to_builtins(found.remarks)}
    return Response(msgspec.json.encode(content), media_type="application/json")


CHECKING: list[HTTPRouteHandler] = [check]
