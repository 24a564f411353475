"""The protocol as a picture: of a running copy with its present steps lit, and of a published version; and as a document."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from litestar import Request, Response
from markupsafe import Markup

from caravan import events as e
from caravan.basics import Record, Refusal
from caravan.protocol.drawing.diagram import Light, diagram
from caravan.protocol.drawing.sight import Crossing, Seen, machine_words, sight_of
from caravan.protocol.model import Protocol
from caravan.protocol.outlook import ActiveState
from caravan.protocol.telling.document import Source, document
from caravan.protocol.telling.printed import printed, style_hash
from caravan.server.db import journal
from caravan.server.db.engine import reading
from caravan.server.db.users import User
from caravan.server.pdf import pdf
from caravan.server.web.pages.frame import Page
from caravan.server.web.pages.taken import taken_in
from caravan.server.web.pages.wording import left
from caravan.server.web.pages.work import has_own_term
from caravan.server.web.words import LANGUAGE
from caravan.shared_machines import SharedMachine
from caravan.sharing import SharedPicture

_SVG_POLICY = "default-src 'none'; style-src 'none'; frame-ancestors 'none'"


class Way(Record, frozen=True):
    """A way out of a step: what makes it happen and where it leads; ``automatic`` needs nobody."""

    words: str
    to: str
    automatic: bool


class Standing(Record, frozen=True):
    """An active step: what is left of its term in words, when that ends, and the term around a step without one."""

    text: str = ""
    due: datetime | None = None
    review: datetime | None = None
    late: bool = False


class Stop(Record, frozen=True):
    """A step of a line as a list shows it. ``left`` is what remains of its time, where it stands there now, and ``due`` when
    that ends; ``review`` the term of all that stands around a step without a term of its own."""

    title: str
    now: bool
    left: str
    late: bool
    final: bool
    ways: tuple[Way, ...]
    due: datetime | None = None
    review: datetime | None = None


class Line(Record, frozen=True):
    """One line of the protocol with its steps from the first to the last."""

    title: str
    stops: tuple[Stop, ...]


class Drawn(Record, frozen=True):
    """One machine: its picture, where the picture stands alone, and the same as lists."""

    machine: str
    title: str
    svg: Markup
    address: str
    lines: tuple[Line, ...]
    lit: bool


# --- a running copy -------------------------------------------------------------------------------------------------------


async def pictures_of(
    request: Request[Any, Any, Any], share: SharedPicture, owner: str, activation: str, kind: str
) -> dict[str, Any]:
    """What ``picture.html`` shows of a group or an activation; ``kind`` is the first part of its address."""
    protocol = _followed(share, activation)
    waits = {step.state: step for step in share.waiting(owner)}
    drawn = [
        _drawn(protocol, one, waits, share.now, f"/{kind}/{quote(owner)}/esquema.svg?maquina={quote(one.machine)}")
        for one in share.machines(owner)
    ]
    return {
        "pictures": drawn,
        "taken": await taken_in(request, share, activation, None if owner == activation else owner),
    }


def _followed(share: SharedPicture, activation: str) -> Protocol:
    found = share.protocol("{}@{}".format(*share.protocol_words(activation)))
    if found is None:
        raise Refusal("not_found")
    return found


def _lights(one: SharedMachine, now: datetime) -> dict[str, Light]:
    return {
        state: Light(left(due, now) if due is not None else "", due is not None and due < now)
        for state, due in one.active.items()
    }


def _steps_now(one: SharedMachine, waits: Mapping[str, ActiveState], now: datetime) -> dict[str, Standing]:
    """Where it stands. A step inside a part of its track that has a term is shown with that term."""
    found: dict[str, Standing] = {}
    for state, own in one.active.items():
        wait = waits.get(state)
        due = own if own is not None or wait is None or not has_own_term(wait) else wait.deadline
        review = wait.deadline if wait is not None and due is None else None
        text = left(due, now) if due is not None else ""
        found[state] = Standing(text, due, review, late=due is not None and due < now)
    return found


def _drawn(
    protocol: Protocol, one: SharedMachine, waits: Mapping[str, ActiveState], now: datetime, address: str
) -> Drawn:
    lights = _lights(one, now)
    language = LANGUAGE.get()
    svg = diagram(protocol, one.machine, language, one.shown, lights=lights)
    return Drawn(
        machine=one.machine, title=machine_words(protocol, one.machine, language, one.shown), svg=Markup(svg),  # every text of it is escaped by diagram
        address=address, lines=lines_of(protocol, one.machine, one.shown, _steps_now(one, waits, now)), lit=True,
    )  # fmt: skip


def lines_of(
    protocol: Protocol, machine: str, shown: frozenset[str] | None, lights: Mapping[str, Standing]
) -> tuple[Line, ...]:
    """The machine's regions, or the whole of it, as lists of steps: what a telephone shows instead of a wide picture. What is
    late or due stands before what has no term, and both before what waits for nobody."""
    sight = sight_of(protocol, machine, LANGUAGE.get(), shown)
    titles = {seen.id: seen.title for seen in sight.steps()}
    ways: dict[str, list[Way]] = {}
    for crossing in (c for found in sight.crossings.values() for c in found):
        ways.setdefault(crossing.source_state, [])
        way = _way(crossing, titles)
        if way not in ways[crossing.source_state]:
            ways[crossing.source_state].append(way)
    found: list[Line] = []
    whole = Line("", tuple(s for seen in sight.roots if not _regions(seen) for s in _stops(seen, lights, ways)))
    if not lights or any(stop.now for stop in whole.stops):
        found.append(whole)
    for seen in sight.roots:
        found += [Line(region.title, tuple(_stops(region, lights, ways))) for region in _regions(seen)]
    found = [line for line in found if line.stops]
    return tuple(sorted(found, key=_urgency) if lights else found)


def _urgency(line: Line) -> tuple[int, float]:
    waiting = [stop for stop in line.stops if stop.now and not stop.final]
    dues = [stop.due.timestamp() for stop in waiting if stop.due is not None]
    return (0 if dues else 1 if waiting else 2), min(dues, default=0.0)


def _regions(seen: Seen) -> tuple[Seen, ...]:
    return tuple(child for child in seen.children if child.children) if seen.kind == "parallel" else ()


def _stops(seen: Seen, lights: Mapping[str, Standing], ways: Mapping[str, list[Way]]) -> list[Stop]:
    if seen.children:
        return [stop for child in seen.children for stop in _stops(child, lights, ways)]
    if seen.kind == "history":
        return []
    light = lights.get(seen.id)
    return [
        Stop(
            title=seen.title, now=light is not None, left=light.text if light else "", late=light is not None and light.late,
            final=seen.kind == "final", ways=tuple(ways.get(seen.id, ())), due=light.due if light else None,
            review=light.review if light else None,
        )
    ]  # fmt: skip


def _way(crossing: Crossing, titles: Mapping[str, str]) -> Way:
    return Way(
        crossing.words.replace("\n", " / "), titles.get(crossing.target_state, crossing.leaves), crossing.automatic
    )


# --- pictures by themselves -------------------------------------------------------------------------------------------------


def _picture(svg: str) -> Response[Any]:
    headers = {"Content-Security-Policy": _SVG_POLICY, "Cache-Control": "no-store"}
    return Response(svg.encode(), media_type="image/svg+xml", headers=headers)


async def activation_picture(request: Request[Any, Any, Any], share: SharedPicture, user: User) -> Response[Any]:
    ident: str = request.path_params["ident"]
    run = share.activation(ident)
    return _standing(request, share, ident, None if run is None else run.id)


async def group_picture(request: Request[Any, Any, Any], share: SharedPicture, user: User) -> Response[Any]:
    ident: str = request.path_params["ident"]
    group = share.group(ident)
    return _standing(request, share, ident, None if group is None else group.activation)


def _standing(
    request: Request[Any, Any, Any], share: SharedPicture, owner: str, activation: str | None
) -> Response[Any]:
    machines = [] if activation is None else share.machines(owner)
    asked = request.query_params.get("maquina")
    one = next((m for m in machines if asked in (None, m.machine)), None)
    if activation is None or one is None:
        raise Refusal("not_found")
    lights = _lights(one, share.now)
    protocol = _followed(share, activation)
    return _picture(diagram(protocol, one.machine, LANGUAGE.get(), one.shown, lights=lights))


# --- a published version -----------------------------------------------------------------------------------------------------


def pictures_of_protocol(share: SharedPicture, protocol: Protocol) -> dict[str, Drawn]:
    """Each machine's picture by the machine's name, as far as this reader may follow it; unlit."""
    found: dict[str, Drawn] = {}
    for machine in protocol.machines:
        shown = share.shown_states(protocol, machine)
        if shown is None or shown:
            svg = diagram(protocol, machine, LANGUAGE.get(), shown)
            address = f"/protocolos/{quote(protocol.key, safe='@')}/esquema.svg?maquina={quote(machine)}"
            title = machine_words(protocol, machine, LANGUAGE.get(), shown)
            found[machine] = Drawn(machine, title, Markup(svg), address, lines_of(protocol, machine, shown, {}), False)
    return found


def _published(request: Request[Any, Any, Any], share: SharedPicture) -> Protocol:
    found = share.protocol(request.path_params["ident"])
    if found is None:
        raise Refusal("not_found")
    return found


async def protocol_picture(request: Request[Any, Any, Any], share: SharedPicture, user: User) -> Response[Any]:
    protocol = _published(request, share)
    machine = request.query_params.get("maquina") or next(iter(protocol.machines))
    shown = share.shown_states(protocol, machine) if machine in protocol.machines else frozenset[str]()
    if shown is not None and not shown:
        raise Refusal("not_found")
    return _picture(diagram(protocol, machine, LANGUAGE.get(), shown))


async def _source(request: Request[Any, Any, Any], protocol: Protocol) -> Source:
    async with reading(request.app.state.desk.engine) as connection:
        async for _seq, _at, event in journal.tail(connection, 0):
            if isinstance(event, e.ProtocolPublished) and (event.protocol, event.version) == (
                protocol.id,
                protocol.version,
            ):
                return Source(event.text, event.packs)
    raise Refusal("not_found")


async def protocol_document(request: Request[Any, Any, Any], share: SharedPicture, user: User) -> Response[Any]:
    """The protocol to be read and printed, in one file."""
    protocol = _published(request, share)
    paper = document(protocol, await _source(request, protocol), LANGUAGE.get())
    policy = f"default-src 'none'; style-src '{style_hash()}'; frame-ancestors 'none'"
    return Response(printed(paper), media_type="text/html; charset=utf-8", headers={"Content-Security-Policy": policy})


async def protocol_pdf(request: Request[Any, Any, Any], share: SharedPicture, user: User) -> Response[Any]:
    protocol = _published(request, share)
    paper = document(protocol, await _source(request, protocol), LANGUAGE.get())
    name = quote(f"{protocol.id}-{protocol.version}.pdf")
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return Response(await asyncio.to_thread(pdf, paper), media_type="application/pdf", headers=headers)


PAGES: tuple[Page, ...] = (
    Page("/activaciones/{ident:str}/esquema.svg", "protocol.html", activation_picture),
    Page("/grupos/{ident:str}/esquema.svg", "protocol.html", group_picture),
    Page("/protocolos/{ident:str}/esquema.svg", "protocol.html", protocol_picture),
    Page("/protocolos/{ident:str}/documento", "protocol.html", protocol_document),
    Page("/protocolos/{ident:str}/documento.pdf", "protocol.html", protocol_pdf),
)
