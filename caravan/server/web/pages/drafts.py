"""Changes of a protocol: writing one with the checker beside it, trying it on the past, proposing and approving it."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime
from typing import Any

from litestar import Request
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from caravan import commands as c
from caravan import events as e
from caravan.basics import Record, Refusal
from caravan.drafts import Draft
from caravan.protocol.load import load
from caravan.protocol.model import Protocol, ProtocolErrors
from caravan.server.db.engine import reading
from caravan.server.db.tables import TABLES
from caravan.server.db.users import User
from caravan.server.library import lineage
from caravan.server.rehearsals import REHEARSING, ROOM, facts_beyond, leads_past, opened_in, pasts_in, tried_for
from caravan.server.web.pages.changes import lines_apart
from caravan.server.web.pages.frame import Page
from caravan.server.web.pages.names import station_name
from caravan.server.web.reviewing import Review, followed, review
from caravan.server.web.words import mark
from caravan.sharing import SharedPicture

_COORDINATION = frozenset({"coordination"})
_NUMBER = re.compile(r"^version:[ \t]*\S+", re.MULTILINE)
_STATUS = {
    "open": mark("en escritura"), "proposed": mark("propuesto"), "published": mark("publicado"), "withdrawn": mark("retirado"),
}  # fmt: skip


class Publication(Record, frozen=True):
    """Who published a version and when; the two names are of accounts, empty where the program did it."""

    at: datetime
    proposed_by: str
    approved_by: str


# --- the list ---------------------------------------------------------------------------------------------------------


async def history_of(request: Request[Any, Any, Any], share: SharedPicture) -> dict[str, Any]:
    """When each version was published; for the coordination also by whom, and the drafts."""
    engine = request.app.state.desk.engine
    table = TABLES["journal"]
    query = select(table.c.at, table.c.fact).where(table.c.kind == e.ProtocolPublished.__name__).order_by(table.c.seq)
    names = await _names(engine) if share.coordinates else {}
    published: dict[str, Publication] = {}
    async with reading(engine) as connection:
        for at, fact in (await connection.execute(query)).all():
            event = e.decode(fact)
            if isinstance(event, e.ProtocolPublished):
                who = (names.get(event.proposed_by, ""), names.get(event.approved_by, ""))
                published[f"{event.protocol}@{event.version}"] = Publication(at, *who)
    return {"published": published, "drafts": share.drafts(), "names": names, "statuses": _STATUS}


async def _names(engine: AsyncEngine) -> dict[str, str]:
    """The accounts' names by their opaque id."""
    users = TABLES["users"]
    async with reading(engine) as connection:
        rows = (await connection.execute(select(users.c.id, users.c.label, users.c.email))).all()
    return {ident: f"{label} ({email})" for ident, label, email in rows}


# --- writing ----------------------------------------------------------------------------------------------------------


async def new(request: Request[Any, Any, Any], share: SharedPicture, user: User) -> dict[str, Any]:
    """A draft that begins as the text of a published version, with the number that comes next."""
    key = request.query_params.get("desde", "")
    begins = share.packs().get(key)
    if begins is None:
        raise Refusal("not_found")
    begins = _numbered_on(begins, share, key.rpartition("@")[0])
    return {
        "draft": None, "text": begins, **await _reviewed(share, begins), **await _behind(request),
        "may": frozenset({"change"}),
    }  # fmt: skip


def _numbered_on(text: str, share: SharedPicture, protocol: str) -> str:
    keys = (key.rpartition("@") for key in share.packs())
    highest = max(int(number) for ident, _, number in keys if ident == protocol)
    return _NUMBER.sub(f"version: {highest + 1}", text, count=1)


async def draft(request: Request[Any, Any, Any], share: SharedPicture, user: User) -> dict[str, Any]:
    found = _draft(request, share)
    return {
        "draft": found, "text": found.text, **await _reviewed(share, found.text, found), **await _behind(request),
        "mine": found.proposed_by == user.id, "status": _STATUS[found.status], "apart": lines_apart,
        "may": share.may_with(found),
    }  # fmt: skip


def _draft(request: Request[Any, Any, Any], share: SharedPicture) -> Draft:
    found = share.draft(request.path_params["ident"])
    if found is None:
        raise Refusal("not_found")
    return found


async def _reviewed(share: SharedPicture, text: str, draft: Draft | None = None) -> dict[str, Any]:
    async with ROOM:
        return {"review": await asyncio.to_thread(_read, share, text, draft)}


def _read(share: SharedPicture, text: str, draft: Draft | None) -> Review:
    """A draft that was published is told against the version it replaced."""
    published = draft is not None and draft.status == "published"
    before = load(text, share.packs()).version if published else None
    return review(text, share.packs(), share.protocols(), before=before)


async def _behind(request: Request[Any, Any, Any]) -> dict[str, Any]:
    return {"names": await _names(request.app.state.desk.engine)}


# --- trying it on the past --------------------------------------------------------------------------------------------


async def rehearsal(request: Request[Any, Any, Any], share: SharedPicture, user: User) -> dict[str, Any]:
    """The past activations; the one that is asked for, with what the draft would have changed of it."""
    found = _draft(request, share)
    shown: dict[str, Any] = {
        "draft": found, "chosen": "", "told": [], "station_name": station_name, "protocol": None, "pasts": [], "against": "",
    }  # fmt: skip
    try:
        async with ROOM:
            protocol, before = await asyncio.to_thread(_with_the_one_before, share, found)
    except ProtocolErrors:
        return {**shown, "beyond": []}
    beyond = facts_beyond(share, protocol)
    shown |= {"protocol": protocol, "beyond": beyond, "against": "" if before is None else before.key}
    if beyond:
        return shown
    engine = request.app.state.desk.engine
    opened = [one for ident in sorted(lineage(protocol)) for one in await opened_in(engine, ident)]
    pasts = {past.activation: (at, past) for at, past in opened if leads_past(share, past)}
    chosen = request.query_params.get("activacion", "")
    shown |= {"pasts": sorted(pasts.values(), key=lambda one: one[0], reverse=True)}
    if chosen not in pasts:
        return shown
    async with REHEARSING, ROOM:
        found_pasts = await pasts_in(engine, pasts[chosen][1].protocol, chosen)
        past = next(past for past in found_pasts if past.recording.activation == chosen)
        told = await asyncio.to_thread(tried_for, share, past, before, protocol)
    return {**shown, "chosen": chosen, "told": told}


def _with_the_one_before(share: SharedPicture, draft: Draft) -> tuple[Protocol, Protocol | None]:
    """The draft as a protocol, and the version it follows. Raises ``ProtocolErrors``."""
    protocol = load(draft.text, share.packs())
    number = protocol.version if draft.status == "published" else None
    return protocol, followed(protocol.id, share.packs(), share.protocols(), before=number)


PAGES: tuple[Page, ...] = (
    Page("/borradores/nuevo", "draft.html", new, roles=_COORDINATION, commands=(c.SaveDraft,)),
    Page(
        "/borradores/{ident:str}", "draft.html", draft, roles=_COORDINATION,
        commands=(c.SaveDraft, c.ProposePublication, c.ApprovePublication, c.WithdrawDraft),
    ),
    Page("/borradores/{ident:str}/ensayo", "rehearsal.html", rehearsal, roles=_COORDINATION),
)  # fmt: skip
