"""The first page of each role: the coordination's board, an agency's list, the brigade's station; and all that waits."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from litestar import Request, Response
from litestar.response import Redirect

from caravan import commands as c
from caravan.audiences import SharedActivation, SharedGroup
from caravan.basics import Record
from caravan.coordination.activations import ACTIVATING_EVENT
from caravan.server.db.users import User
from caravan.server.web.pages.ahead import HORIZON_WORDS
from caravan.server.web.pages.changes import to_approve
from caravan.server.web.pages.frame import Page
from caravan.server.web.pages.places import municipalities
from caravan.server.web.pages.story import STORY
from caravan.server.web.pages.work import COMMANDS, Work, may, work_of
from caravan.sharing import SharedPicture
from caravan.shelters.model import Standing
from caravan.stations import Station

# Whose work is on a page of their own.
_HOMES = {"shelter": "/albergue", "kitchen": "/comedor", "brigade": "/estacion"}
_STAY_ENDS_WITHIN = timedelta(hours=48)
_AT_THE_STATION = timedelta(days=3)
# The board lists what is late or falls due within a day; the rest is one tap away.
_URGENT_WITHIN = timedelta(hours=24)


class FreePlaces(Record, frozen=True):
    """Free places of a town: the sum of what its shelters told, how many of them told nothing, and the oldest word."""

    town: str
    free: int | None
    shelters: int
    silent: int
    oldest: datetime | None


class StayEnd(Record, frozen=True):
    """People whose stay in one shelter ends at one hour, and how many of them have nowhere to go from then on."""

    shelter: str
    people: int
    ends_at: datetime
    groups: tuple[str, ...]


class Card(Record, frozen=True):
    """One activation on the board."""

    run: SharedActivation
    late: int


async def home(request: Request[Any, Any, Any], share: SharedPicture, user: User) -> dict[str, Any] | Response[Any]:
    if user.role in _HOMES:
        return Redirect(_HOMES[user.role], status_code=303)
    coordinates = user.role == "coordination"
    work = work_of(share, user, owner=None if coordinates else user.agency)
    urgent = [w for w in work if w.soon or w.tasks or _within_a_day(w, share.now)] if coordinates else work
    shown: dict[str, Any] = {
        **STORY, "coordinates": coordinates, "work": urgent, "more": len(work) - len(urgent),
        "notices": share.notices(), "groups": sorted(share.groups(), key=lambda g: g.arrived_at, reverse=True),
    }  # fmt: skip
    return shown | (_coordination(share, user, work) if coordinates else {})


def _within_a_day(work: Work, now: datetime) -> bool:
    return work.step.deadline is not None and work.step.deadline <= now + _URGENT_WITHIN


def _coordination(share: SharedPicture, user: User, work: list[Work]) -> dict[str, Any]:
    runs = [run for run in share.activations() if not run.closed]
    protocol = share.in_force
    return {
        "cards": [Card(run=run, late=sum(w.late for w in work if w.step.activation == run.id)) for run in runs],
        "closed": [run for run in share.activations() if run.closed],
        "waiting": sorted((g for g in share.groups() if g.waiting), key=lambda g: (g.arrived_at, g.id)),
        "free": free_places(share),
        "stay_ends": stay_ends(share),
        "to_activate": _to_activate(share),
        "to_approve": to_approve(share, user),
        "short": share.short(),
        "shortfalls": share.shortfalls(),
        "calls": share.call_list(),
        **HORIZON_WORDS,
        "beside": share.beside(),
        "places": [*share.stations(), *share.offices()],
        "levels": () if protocol is None else protocol.levels,
    }


def free_places(share: SharedPicture) -> list[FreePlaces]:
    """By town, the most places first. A house that is closed or has no beds is not counted."""
    names = dict(municipalities())
    found: dict[str, list[Standing]] = defaultdict(list)
    for standing in share.shelters():
        if not standing.shelter.closed and standing.shelter.kind != "attention_point":
            found[standing.shelter.municipality].append(standing)
    towns = [
        FreePlaces(
            town=names.get(pcode) or standings[0].shelter.town, shelters=len(standings),
            free=sum(s.free_total or 0 for s in told) if told else None, silent=len(standings) - len(told),
            oldest=min((s.reported_at for s in told if s.reported_at), default=None),
        )
        for pcode, standings in found.items()
        for told in [[s for s in standings if s.free_total is not None]]
    ]  # fmt: skip
    return sorted(towns, key=lambda t: (-(t.free or 0), t.town))


def stay_ends(share: SharedPicture) -> list[StayEnd]:
    """Stays that end within two days or have ended with people still inside, the first to end first."""
    found: dict[tuple[datetime, str], list[tuple[int, str]]] = defaultdict(list)
    for standing in share.shelters():
        for placement in share.placements_in(standing.shelter.id):
            ends = placement.ends_at
            if ends is not None and placement.present and ends <= share.now + _STAY_ENDS_WITHIN:
                found[ends, standing.shelter.id].append((placement.present, placement.group))
    return [
        StayEnd(
            shelter=shelter,
            ends_at=ends,
            people=sum(n for n, _ in parts),
            groups=tuple(dict.fromkeys(g for _, g in parts)),
        )
        for (ends, shelter), parts in sorted(found.items())
    ]


def _to_activate(share: SharedPicture) -> list[tuple[Station, SharedActivation | None]]:
    """Stations with an alert to verify, first, and those with nothing open."""
    found: list[tuple[Station, SharedActivation | None]] = []
    for station in share.stations():
        run = share.open_activation(station.id)
        if run is None or any(e.event == ACTIVATING_EVENT for e in share.possible(run.id)):
            found.append((station, run))
    return sorted(found, key=lambda pair: (pair[1] is None, pair[0].name))


async def tasks(request: Request[Any, Any, Any], share: SharedPicture, user: User) -> dict[str, Any]:
    every = work_of(share, user)
    owners = sorted({w.step.owner for w in every if w.step.owner})
    chosen = request.query_params.get("agencia", "")
    return {
        **STORY, "owners": owners, "chosen": chosen if chosen in owners else "",
        "work": [w for w in every if chosen not in owners or w.step.owner == chosen],
    }  # fmt: skip


async def station(request: Request[Any, Any, Any], share: SharedPicture, user: User) -> dict[str, Any]:
    def here(group: SharedGroup) -> bool:
        return user.place in (None, group.station) and group.arrived_at > share.now - _AT_THE_STATION

    own = share.station(user.place) if user.place else None
    return {
        **STORY, "station": own, "notices": share.notices(), "may_annul": may(user, c.AnnulGroup),
        "groups": sorted((g for g in share.groups() if here(g)), key=lambda g: (g.arrived_at, g.id), reverse=True),
        "work": work_of(share, user, owner=user.agency),
    }  # fmt: skip


_COORDINATION = frozenset({"coordination"})
PAGES: tuple[Page, ...] = (
    Page("/", "board.html", home, commands=(*COMMANDS, c.ProposePlacement, c.ActivateProtocol)),
    Page("/tareas", "tasks.html", tasks, roles=_COORDINATION, commands=COMMANDS),
    Page(
        "/estacion",
        "station.html",
        station,
        roles=frozenset({"brigade"}),
        commands=(*COMMANDS, c.RecordCount, c.RecordAsylumWish, c.AnnulGroup),
    ),  # fmt: skip
)
