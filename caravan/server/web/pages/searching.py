"""A search for places that takes longer than a moment: begun, followed on a page, stopped, and where it ended."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from litestar import Request, Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Redirect

from caravan import commands as c
from caravan.basics import Record
from caravan.events import PlanProposed
from caravan.server.db.users import User
from caravan.server.searches import Search
from caravan.server.web.api.readings import shared
from caravan.server.web.auth import own_path, same_origin, signed_in
from caravan.server.web.pages.choosing import whom_meant
from caravan.server.web.pages.frame import ZONE, Page, allow, done_at, render
from caravan.server.web.pages.plan_words import stage_words
from caravan.server.web.problems import mistake_sentence, sentence
from caravan.server.web.reading import Malformed, convert, nest
from caravan.server.web.words import gettext as _
from caravan.sharing import SharedPicture

# Whoever waits less than this sees no page of waiting.
_MOMENT = 0.9
_NIGHT = "/colocacion"


class Stand(Record, frozen=True):
    """How far a search is: ``done`` of ``of`` steps of its stage; ``placed`` of ``people`` in the best plan so far, if there is one."""

    stage: str
    done: int
    of: int
    people: int
    placed: int | None


class Outcome(Record, frozen=True):
    """How a search ended: people with a place proposed and without, or why nothing was proposed. ``stopped``: on demand."""

    proposed: int = 0
    left: int = 0
    groups: int = 0
    stopped: bool = False
    refusal: str = ""


@post("/colocacion/buscar", status_code=303)
async def begin(request: Request[Any, Any, Any]) -> Response[Any]:
    """Begins the search a form asks for: of a group or of all of an activation, with what a person chose. Whoever chose wrongly goes
    back to ``back``, where all that was typed still stands."""
    same_origin(request)
    user = signed_in(request)
    allow(SEARCH, user)
    sent = [(name, str(value)) for name, value in (await request.form()).multi_items()]
    plain = dict(sent)
    if plain.get("loses") and not plain.get("accepted"):
        told = _("Esta elección deja a personas sin lugar: marque que lo acepta o elija otra casa.")
        return render(request, "refused.html", {"sentence": told}, status=422)
    searches = request.app.state.searches
    try:
        search = searches.start(_wish(sent, shared(request)), by=user.actor, key=plain.get("request_id") or None)
    except Malformed as malformed:
        told = " ".join(mistake_sentence(m) for m in malformed.mistakes)
        return render(request, "refused.html", {"sentence": told}, status=422)
    goes = own_path(plain.get("next", ""), otherwise=_NIGHT)
    search = await searches.wait(search.id, _MOMENT)
    if search.state in ("done", "stopped"):
        return done_at(goes, c.ProposePlacement, () if search.answer is None else search.answer.events)
    back = own_path(plain.get("back", ""), otherwise=goes)
    return Redirect(_page_of(search.id, goes, back), status_code=303)


def _wish(sent: list[tuple[str, str]], share: SharedPicture) -> c.ProposePlacement:
    """``whom[]`` are sent to ``shelter``: the name of a household may hold what separates the parts of a box's name."""
    asked = {"group", "activation", "waived[]", "reason"}
    wish = convert(c.ProposePlacement, nest([(n, v) for n, v in sent if n in asked], ZONE), strict=False)
    shelter = dict(sent).get("shelter", "")
    whom = whom_meant(share, wish.group or "", [value for name, value in sent if name == "whom[]" and value])
    pins = dict.fromkeys(whom, shelter) if shelter else {}
    return c.ProposePlacement(
        group=wish.group, activation=wish.activation, pins=pins, waived=wish.waived, reason=wish.reason
    )


@post("/colocacion/busquedas/{ident:str}/detener", status_code=303)
async def stop(request: Request[Any, Any, Any]) -> Response[Any]:
    same_origin(request)
    user = signed_in(request)
    allow(SEARCH, user)
    ident: str = request.path_params["ident"]
    request.app.state.searches.stop(ident, user.actor)
    sent = {name: str(value) for name, value in (await request.form()).multi_items()}
    goes = own_path(sent.get("to", ""), otherwise=_NIGHT)
    return Redirect(_page_of(ident, goes, own_path(sent.get("back", ""), otherwise=goes)), status_code=303)


def _page_of(ident: str, goes: str, back: str) -> str:
    return f"{_NIGHT}/busquedas/{quote(ident)}?to={quote(goes)}&back={quote(back)}"


async def _search(request: Request[Any, Any, Any], share: SharedPicture, user: User) -> dict[str, Any] | Response[Any]:
    search: Search | None = request.app.state.searches.find(request.path_params["ident"], user.actor)
    goes = own_path(request.query_params.get("to", ""), otherwise=_NIGHT)
    if search is None:
        # Ended long ago, or followed by another process of the server: what it found stands on the page of the night.
        return Redirect(goes, status_code=303)
    back = own_path(request.query_params.get("back", ""), otherwise=goes)
    return {
        "search": search, "goes": goes, "back": back, "stand": _stand(search, share), "outcome": _outcome(search),
        "stage_words": stage_words,
    }  # fmt: skip


def _stand(search: Search, share: SharedPicture) -> Stand | None:
    progress = search.progress
    if progress is None:
        return None
    people = sum(g.waiting or 0 for g in share.groups() if _is_about(search.wish, g.id, g.activation))
    left = None if progress.vector is None else progress.vector.U2
    return Stand(
        stage=progress.stage, done=min(progress.done, progress.of), of=progress.of, people=people,
        placed=None if left is None else max(0, people - left),
    )  # fmt: skip


def _is_about(wish: c.ProposePlacement, group: str, activation: str) -> bool:
    return wish.group == group or (wish.activation is not None and wish.activation == activation)


def _outcome(search: Search) -> Outcome | None:
    if search.refusal is not None:
        return Outcome(refusal=sentence(search.refusal))
    if search.answer is None:
        return None
    plans = [event for event in search.answer.events if isinstance(event, PlanProposed)]
    return Outcome(
        proposed=sum(part.people for plan in plans for part in plan.parts), left=sum(plan.unplaced for plan in plans),
        groups=len(plans), stopped=search.state == "stopped",
    )  # fmt: skip


SEARCH = Page("/colocacion/busquedas/{ident:str}", "searching.html", _search, roles=frozenset({"coordination"}))
PAGES: tuple[Page, ...] = (SEARCH,)
ROUTES: tuple[HTTPRouteHandler, ...] = (begin, stop)
