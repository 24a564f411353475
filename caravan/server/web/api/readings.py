"""The routes that only read: each answers from the asker's own share."""

from __future__ import annotations

from typing import Any, cast

import msgspec
from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery
from litestar.response import Stream

from caravan.audiences import viewer_of
from caravan.basics import Refusal
from caravan.server.db import journal, texts
from caravan.server.db.engine import reading
from caravan.server.db.users import fingerprint
from caravan.server.web.auth import signed_in
from caravan.sharing import SharedPicture, share

_JSON = "application/json"
_LINES = 100


def shared(request: Request[Any, Any, Any]) -> SharedPicture:
    """The picture as whoever asks may see it, now."""
    state = request.app.state
    return share(state.desk.picture, viewer_of(signed_in(request).actor), state.desk.clock.now())


def _json(content: Any) -> Response[bytes]:
    return Response(msgspec.json.encode(_spelt_out(content)), media_type=_JSON)


def _spelt_out(content: Any) -> Any:
    """Records with all their fields: the journal leaves out what is as usual, an answer does not. What is unknown, or is not
    the reader's to know, is absent: the two must look alike."""
    match content:
        case msgspec.Struct():
            fields = ((name, getattr(content, name)) for name in content.__struct_fields__)
            return {name: _spelt_out(value) for name, value in fields if value is not None}
        case dict():
            return {key: _spelt_out(value) for key, value in cast("dict[Any, Any]", content).items()}
        case list() | tuple():
            return [_spelt_out(value) for value in cast("list[Any]", content)]
        case _:
            return content


def _found(thing: Any) -> Any:
    if thing is None:
        raise Refusal("not_found")
    return thing


@get("/api/v1/groups")
async def groups(request: Request[Any, Any, Any]) -> Response[bytes]:
    return _json(list(shared(request).groups()))


@get("/api/v1/groups/{ident:str}")
async def group(request: Request[Any, Any, Any], ident: FromPath[str]) -> Response[bytes]:
    mine = shared(request)
    found = _found(mine.group(ident))
    return _json(
        {
            "group": found,
            "placements": [p for i in found.placements if (p := mine.placement(i)) is not None],
            "plan": mine.plan(ident),
            "steps": [s for s in mine.steps(found.activation) if s.group == ident and s.case is None],
            "possible": mine.possible(ident),
            "meals": mine.orders(group=ident),
        }
    )


@get("/api/v1/activations")
async def activations(request: Request[Any, Any, Any]) -> Response[bytes]:
    return _json([_activation(mine, a.id) for mine in [shared(request)] for a in mine.activations()])


@get("/api/v1/activations/{ident:str}")
async def activation(request: Request[Any, Any, Any], ident: FromPath[str]) -> Response[bytes]:
    mine = shared(request)
    _found(mine.activation(ident))
    return _json(
        _activation(mine, ident)
        | {
            "steps": mine.steps(ident), "possible": mine.possible(ident), "cases": mine.cases(ident),
            "openable": mine.openable(ident), "relays": mine.relays(ident),
        }
    )  # fmt: skip


@get("/api/v1/cases/{ident:str}")
async def case(request: Request[Any, Any, Any], ident: FromPath[str]) -> Response[bytes]:
    mine = shared(request)
    found = _found(mine.case(ident))
    steps = [s for s in mine.steps(found.activation) if s.case == ident]
    return _json({"case": found, "steps": steps, "possible": mine.possible(ident), "texts": mine.texts(ident)})


@get("/api/v1/texts/{ident:str}")
async def text(request: Request[Any, Any, Any], ident: FromPath[str]) -> Response[bytes]:
    """A text that may be forgotten, for those who may read it; once it is erased, when that was."""
    kept = _found(shared(request).text(ident))
    async with reading(request.app.state.desk.engine) as connection:
        words = await texts.read(connection, [ident])
    return _json({"mark": kept} | ({"text": words[ident]} if ident in words else {}))


def _activation(mine: SharedPicture, ident: str) -> dict[str, Any]:
    run = mine.activation(ident)
    assert run is not None
    return {
        "id": run.id, "protocol": run.protocol, "version": run.version, "station": run.station, "level": run.level,
        "opened_at": run.opened_at, "closed": run.closed, "open_groups": run.open_groups, "people": run.people,
    }  # fmt: skip


@get("/api/v1/shelters")
async def shelters(request: Request[Any, Any, Any]) -> Response[bytes]:
    return _json([_shelter(s) for s in shared(request).shelters()])


@get("/api/v1/shelters/{ident:str}")
async def shelter(request: Request[Any, Any, Any], ident: FromPath[str]) -> Response[bytes]:
    mine = shared(request)
    standing = _found(mine.shelter(ident))
    return _json(_shelter(standing) | {"placements": mine.placements_in(ident)})


def _shelter(standing: Any) -> dict[str, Any]:
    return _spelt_out(standing) | {
        "free": standing.free, "free_total": standing.free_total, "status": standing.status, "incoming": standing.incoming,
    }  # fmt: skip


@get("/api/v1/kitchens")
async def kitchens(request: Request[Any, Any, Any]) -> Response[bytes]:
    return _json(shared(request).kitchens())


@get("/api/v1/stations")
async def stations(request: Request[Any, Any, Any]) -> Response[bytes]:
    return _json(shared(request).stations())


@get("/api/v1/meals")
async def meals(request: Request[Any, Any, Any]) -> Response[bytes]:
    return _json(shared(request).orders())


@get("/api/v1/policy")
async def policy(request: Request[Any, Any, Any]) -> Response[bytes]:
    mine = shared(request)
    return _json({"policy": _found(mine.policy()), "versions": mine.policies()})


@get("/api/v1/horizon")
async def horizon(request: Request[Any, Any, Any]) -> Response[bytes]:
    """How far the places reach: the houses ahead, the stays that end too soon, and whom to phone first."""
    mine = shared(request)
    houses = [found for s in mine.shelters() if (found := mine.horizon(s.shelter.id)) is not None]
    return _json({"shelters": houses, "shortfalls": mine.shortfalls(), "calls": mine.call_list()})


@get("/api/v1/tasks")
async def tasks(request: Request[Any, Any, Any]) -> Response[bytes]:
    return _json(shared(request).steps())


@get("/api/v1/notices")
async def notices(request: Request[Any, Any, Any]) -> Response[bytes]:
    return _json(shared(request).notices())


@get("/api/v1/journal")
async def log(
    request: Request[Any, Any, Any], activation: FromQuery[str | None] = None, group: FromQuery[str | None] = None,
    skip: FromQuery[int] = 0,
) -> Response[bytes]:  # fmt: skip
    """The newest lines of the asker's own share, after ``skip`` of them: a position in the journal would tell how much is hidden."""
    mine = shared(request)
    found, start = list[dict[str, Any]](), max(0, skip)
    async with reading(request.app.state.desk.engine) as connection:
        async for row, event in journal.newest(connection, activation=activation, group=group):
            if len(found) == start + _LINES:
                break
            if mine.shows(event):
                found.append(
                    {"at": row.at, "agency": row.agency, "role": row.role, "kind": row.kind, "activation": row.activation,
                     "group": row.group_id}
                )  # fmt: skip
    return _json(found[start:])


@get(["/map.geojson", "/api/v1/map.geojson"])
async def map_geojson(request: Request[Any, Any, Any]) -> Response[bytes]:
    state = request.app.state
    channel = state.hub.channel(viewer_of(signed_in(request).actor))
    content = channel.snapshot(state.desk.picture.drill)
    return Response(content, media_type="application/geo+json", headers={"Cache-Control": "no-store"})


@get(["/live", "/api/v1/live"])
async def live(request: Request[Any, Any, Any], after: FromQuery[str | None] = None) -> Stream:
    viewer = viewer_of(signed_in(request).actor)
    session = fingerprint(str(request.auth))
    last = request.headers.get("last-event-id") or after
    return Stream(
        request.app.state.hub.stream(viewer, last, session),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


READINGS: list[HTTPRouteHandler] = [
    groups, group, activations, activation, case, text, shelters, shelter, kitchens, stations, meals, policy, horizon, tasks, notices, log,
    map_geojson, live,
]  # fmt: skip
