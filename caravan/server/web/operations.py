"""For those who run it: is it alive, is it ready, how much of what."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import text

from caravan.audiences import viewer_of
from caravan.basics import Refusal
from caravan.server.db.engine import reading
from caravan.server.web.auth import signed_in
from caravan.sharing import share


@get("/health/live", sync_to_thread=False)
def live() -> dict[str, str]:
    return {"status": "ok"}


@get("/health/ready")
async def ready(request: Request[Any, Any, Any]) -> dict[str, Any]:
    desk = request.app.state.desk
    async with reading(desk.engine) as connection:
        await connection.execute(text("SELECT 1"))
    return {"status": "ok"}


@get("/metrics")
async def metrics(request: Request[Any, Any, Any]) -> Response[str]:
    """Prometheus' text format, for the coordination that leads: totals alone tell others of what they may not know."""
    state = request.app.state
    if not share(state.desk.picture, viewer_of(signed_in(request).actor), state.desk.clock.now()).leads:
        raise Refusal("not_yours_to_do")
    picture = state.desk.picture
    lines = [
        "# TYPE caravan_journal_facts_total counter",
        f"caravan_journal_facts_total {picture.seq}",
        "# TYPE caravan_groups gauge",
        f"caravan_groups {len(picture.groups)}",
        "# TYPE caravan_open_tasks gauge",
        f"caravan_open_tasks {len(picture.tasks)}",
        "# TYPE caravan_live_listeners gauge",
        f"caravan_live_listeners {state.hub.listeners}",
    ]
    return Response("\n".join(lines) + "\n", media_type="text/plain; version=0.0.4")


ROUTES: list[HTTPRouteHandler] = [live, ready, metrics]
