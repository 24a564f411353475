"""A bus arrives, and all that is known and done about its people from then on."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

from litestar import Request, Response

from caravan import commands as c
from caravan.audiences import SharedGroup
from caravan.basics import Record, Refusal
from caravan.groups import BANDS, CHILD_BANDS, METHOD_STRENGTH, NEEDS, OUTCOMES, Count, figure_in_use
from caravan.kitchens import SERVICES
from caravan.server.db import journal
from caravan.server.db.engine import reading
from caravan.server.db.users import User
from caravan.server.web.pages.ahead import HORIZON_WORDS
from caravan.server.web.pages.frame import Page
from caravan.server.web.pages.names import state_name
from caravan.server.web.pages.night_plan import PLAN_WORDS, entry_of
from caravan.server.web.pages.pictures import pictures_of
from caravan.server.web.pages.story import STORY, told, worth_telling
from caravan.server.web.pages.taken import own_acts
from caravan.server.web.pages.work import COMMANDS, Deed, Work, deeds_for, may, may_at_station, work_of
from caravan.sharing import SharedPicture

LANGUAGES = ("es", "ht", "fr", "en", "pt")
_HOUSEHOLD_ROWS = 3
_ROW = re.compile(r"households\.(\d{1,2})\.")
_LOG_LINES = 200


class Track(Record, frozen=True):
    """One line of care with what waits in it. Without a name: what concerns the whole group."""

    name: str
    work: tuple[Work, ...]


# --- a bus arrives ----------------------------------------------------------------------------------------------------


async def new_arrival(request: Request[Any, Any, Any], share: SharedPicture, user: User) -> dict[str, Any]:
    bound = share.station(user.place) if user.role == "brigade" and user.place else None
    names = [name for name, _ in (await request.form()).multi_items()] if request.method == "POST" else []
    typed = [int(found[1]) for name in names if (found := _ROW.match(name))]
    return {
        "bound": bound, "stations": share.stations(), "chosen": request.query_params.get("estacion", ""),
        "bands": BANDS, "child_bands": CHILD_BANDS, "needs": NEEDS, "methods": tuple(METHOD_STRENGTH), "languages_heard": LANGUAGES,
        "rows": min(50, max(_HOUSEHOLD_ROWS, 1 + max(typed, default=0))),
    }  # fmt: skip


# --- a group -----------------------------------------------------------------------------------------------------------


async def group(request: Request[Any, Any, Any], share: SharedPicture, user: User) -> dict[str, Any] | Response[Any]:
    ident: str = request.path_params["ident"]
    found = share.group(ident)
    if found is None:
        raise Refusal("not_found")
    work = [w for w in work_of(share, user, activation=found.activation) if w.step.group == ident]
    placed = [p for i in found.placements if (p := share.placement(i)) is not None]
    return {
        **STORY,
        **PLAN_WORDS,
        **HORIZON_WORDS,
        "stays": share.stays(ident),
        "group": found,
        "can": _forms(user, found),
        "used": _used(found),
        "tracks": _tracks(share, found, work),
        "whole_group": _unlisted(deeds_for(share, ident, group=True), work),
        "placements": sorted(placed, key=lambda p: (p.status in ("declined", "expired", "ended"), p.held_at, p.id)),
        "entry": entry_of(share, found),
        "orders": share.orders(group=ident),
        "others": [] if found.status != "open" else _others(share, found),
        "log": await _log(request, share, ident),
        **await pictures_of(request, share, ident, found.activation, "grupos"),
        "bands": BANDS, "methods": tuple(METHOD_STRENGTH), "outcomes": OUTCOMES, "services": SERVICES,
    }  # fmt: skip


def _forms(user: User, group: SharedGroup) -> frozenset[str]:
    """The names of the commands for which this account gets a form here."""
    if group.status != "open":
        return frozenset()
    at_station = (c.RecordCount, c.RecordDeparture, c.SplitGroup, c.AnnulGroup)
    anywhere = (
        c.ProposePlacement, c.ConfirmPlacement, c.AcceptPlacement, c.DeclinePlacement, c.RecordPlacementArrival, c.WithdrawPlacement,
        c.SetStayEnd, c.OrderMeals, c.MergeGroups,
    )  # fmt: skip
    found = {k.__name__ for k in at_station if user.role != "shelter" and may_at_station(user, k, group)}
    found |= {k.__name__ for k in anywhere if user.role == "coordination" and may(user, k)}
    return frozenset(found | ({c.RecordAsylumWish.__name__} if may(user, c.RecordAsylumWish) else set()))


def _used(group: SharedGroup) -> Count | None:
    return figure_in_use(group.counts)[0] if group.counts else None


def _tracks(share: SharedPicture, group: SharedGroup, work: list[Work]) -> list[Track]:
    """The lines of care in the order of their most urgent step."""
    lines: dict[str, list[Work]] = defaultdict(list)
    for one in work:
        lines[one.step.track or ""].append(one)
    return [Track(name=state_name(share, group.activation, t) if t else "", work=tuple(ws)) for t, ws in lines.items()]


def _unlisted(deeds: list[Deed], work: list[Work]) -> list[Deed]:
    """What may be done about the group as a whole: no step of the list offers it."""
    offered = {deed.form for one in work for deed in one.deeds}
    return [deed for deed in deeds if deed.form not in offered]


def _others(share: SharedPicture, group: SharedGroup) -> list[SharedGroup]:
    """Groups this one may be merged with."""
    return [g for g in share.groups() if g.activation == group.activation and g.id != group.id]


async def _log(request: Request[Any, Any, Any], share: SharedPicture, ident: str) -> list[dict[str, Any]]:
    async with reading(request.app.state.desk.engine) as connection:
        rows = await journal.lines(connection, group=ident, limit=_LOG_LINES)
    return [
        {"at": row.at, "agency": row.agency if share.tells_actor(event) else None, "said": told(event, share)}
        for row, event in own_acts(share, list(journal.decoded(rows)))
        if worth_telling(event)
    ]


PAGES: tuple[Page, ...] = (
    Page(
        "/llegadas/nueva", "arrival.html", new_arrival, roles=frozenset({"coordination", "brigade"}), commands=(c.ReportArrival,)
    ),
    Page(
        "/grupos/{ident:str}", "group.html", group,
        commands=(
            *COMMANDS, c.RecordCount, c.RecordAsylumWish, c.RecordDeparture, c.MergeGroups, c.SplitGroup, c.AnnulGroup,
            c.ProposePlacement, c.ConfirmPlacement, c.AcceptPlacement, c.DeclinePlacement, c.RecordPlacementArrival,
            c.WithdrawPlacement, c.SetStayEnd, c.OrderMeals,
        ),
    ),
)  # fmt: skip
