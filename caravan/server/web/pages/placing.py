"""The placement of the night: everybody at once, as a picture and as a list, proposed, changed and confirmed."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, post
from litestar.handlers import HTTPRouteHandler

from caravan import commands as c
from caravan.basics import Refusal
from caravan.server.db.users import User
from caravan.server.web.auth import same_origin, signed_in
from caravan.server.web.pages.ahead import HORIZON_WORDS
from caravan.server.web.pages.frame import FormState, Page, allow, done_at, show
from caravan.server.web.pages.night_plan import PLAN_WORDS, night_plan
from caravan.server.web.pages.story import STORY
from caravan.server.web.pages.work import may
from caravan.server.web.problems import sentence, status_of
from caravan.server.web.words import gettext as _
from caravan.sharing import SharedPicture

COORDINATION = frozenset({"coordination"})
# A page of five hundred groups would be no list; the rest is one tap away.
_LISTED = 40


async def _night(request: Request[Any, Any, Any], share: SharedPicture, user: User) -> dict[str, Any]:
    night = night_plan(share)
    entries = sorted(night.entries, key=lambda e: (not e.left, not e.is_open))
    listed = entries if "todos" in request.query_params else entries[:_LISTED]
    return {
        **STORY, **PLAN_WORDS, **HORIZON_WORDS, "night": night, "entries": listed, "more": len(entries) - len(listed), "calls": share.call_list(), "short": share.short(),
        "runs": [run for run in share.activations() if run.id in {e.group.activation for e in entries if e.waiting}],
        "can": frozenset(k.__name__ for k in (c.ProposePlacement, c.ConfirmPlacement) if may(user, k)),
    }  # fmt: skip


NIGHT = Page(
    "/colocacion", "placing.html", _night, roles=COORDINATION, commands=(c.ProposePlacement, c.ConfirmPlacement)
)


@post("/colocacion/confirmar", status_code=303)
async def confirm_all(request: Request[Any, Any, Any]) -> Response[Any]:
    """Confirms the proposals that the page showed, each by itself: one that is out of date leaves the others alone."""
    same_origin(request)
    user = signed_in(request)
    allow(NIGHT, user)
    sent = [(name, str(value)) for name, value in (await request.form()).multi_items()]
    key = dict(sent).get("request_id", "")
    failed: list[tuple[str, Refusal]] = []
    for value in (value for name, value in sent if name == "plans[]"):
        group, _space, plan = value.partition(" ")
        try:
            command = c.ConfirmPlacement(group=group, plan=plan)
            await request.app.state.desk.handle(command, by=user.actor, key=f"{key}:{group}" if key else None)
        except Refusal as refusal:
            failed.append((group, refusal))
    if not failed:
        return done_at("/colocacion", c.ConfirmPlacement)
    told = " ".join(dict.fromkeys(sentence(refusal) for _group, refusal in failed))
    general = _("%(n)s propuestas no se confirmaron; las demás sí. %(why)s", n=len(failed), why=told)
    return await show(request, NIGHT, FormState("confirm-all", general=general), status_of(failed[0][1]))


PAGES: tuple[Page, ...] = (NIGHT,)
ROUTES: tuple[HTTPRouteHandler, ...] = (confirm_all,)
