"""The operation under way, the protocol as its officials read it, and the log."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from litestar import Request, Response

from caravan import events as e
from caravan.basics import Record, Refusal
from caravan.protocol.chart import Node, chart_of
from caravan.protocol.model import Machine, Protocol
from caravan.server.db import journal
from caravan.server.db.engine import reading
from caravan.server.db.users import User
from caravan.server.web.pages.cases import CASE_COMMANDS, cases_of
from caravan.server.web.pages.changes import changes, earlier
from caravan.server.web.pages.drafts import history_of
from caravan.server.web.pages.frame import Page
from caravan.server.web.pages.pictures import pictures_of, pictures_of_protocol
from caravan.server.web.pages.story import STORY, event_name, told, worth_telling
from caravan.server.web.pages.taken import own_acts
from caravan.server.web.pages.work import COMMANDS, deeds_for, work_of
from caravan.server.web.words import by_language
from caravan.sharing import SharedPicture

_LINES = 60
_CHUNK = 500
# Beyond this many lines the log is for SQL and reports, not for a page.
_MOST_READ = 50_000


class StepRow(Record, frozen=True):
    """One state of a protocol as a row of its table. ``depth`` is how many states stand around it; ``visible`` names the only
    agencies that see it, on the outermost state for which they are those."""

    depth: int
    label: str
    kind: str
    owner: str
    deadline: str
    since: str
    provenance: dict[str, str]
    leads: tuple[str, ...]
    visible: tuple[str, ...]


# --- an activation ------------------------------------------------------------------------------------------------------


async def activation(request: Request[Any, Any, Any], share: SharedPicture, user: User) -> dict[str, Any]:
    ident: str = request.path_params["ident"]
    run = share.activation(ident)
    if run is None:
        raise Refusal("not_found")
    every = work_of(share, user, activation=ident)
    work = [w for w in every if w.step.group is None and w.step.case is None]
    offered = {deed.form for one in work for deed in one.deeds}
    found = [g for i in run.groups if (g := share.group(i)) is not None]
    groups = sorted(found, key=lambda g: (g.arrived_at, g.id))
    return {
        **STORY, "run": run, "work": work, "groups": groups, **await cases_of(request, share, user, run, every),
        **await pictures_of(request, share, ident, ident, "activaciones"),
        "deeds": [d for d in deeds_for(share, ident, group=False) if d.form not in offered],
    }  # fmt: skip


# --- protocols ------------------------------------------------------------------------------------------------------------


async def protocols(request: Request[Any, Any, Any], share: SharedPicture, user: User) -> dict[str, Any]:
    return {"protocols": share.protocols(), "in_force": share.in_force, **await history_of(request, share)}


def _published(request: Request[Any, Any, Any], share: SharedPicture) -> Protocol:
    found = share.protocol(request.path_params["ident"])
    if found is None:
        raise Refusal("not_found")
    return found


async def protocol(request: Request[Any, Any, Any], share: SharedPicture, user: User) -> dict[str, Any]:
    found = _published(request, share)
    return {
        "protocol": found, "in_force": found is share.in_force,
        "machines": [(machine, step_rows(found, machine)) for machine in found.machines.values()],
        "drawn": pictures_of_protocol(share, found), "changes": await changes(earlier(share, found), found),
    }  # fmt: skip


def step_rows(protocol: Protocol, machine: Machine) -> list[StepRow]:
    """The machine's states in document order, with what they inherit."""
    return [
        _row(protocol, node)
        for node in chart_of(protocol, machine.id).nodes
        if node.parent is not None and node.kind != "history"
    ]


def _row(protocol: Protocol, node: Node) -> StepRow:
    state, term = node.state, node.state.deadline
    labels = (
        by_language(t.label) or event_name(name, protocol)
        for t in state.transitions
        for name in t.events
        if _tells(name)
    )
    return StepRow(
        depth=len(node.path) - 1, label=by_language(state.label) or state.id.replace("_", " ").capitalize(), kind=state.kind,
        owner=node.owner or "", deadline="" if term is None else str(term.lasts), since="" if term is None or term.since is None else term.since.rpartition(".")[2],
        provenance=state.provenance, leads=tuple(dict.fromkeys(labels)), visible=_seen_by(protocol, node),
    )  # fmt: skip


def _seen_by(protocol: Protocol, node: Node) -> tuple[str, ...]:
    if node.visible is None or (node.parent is not None and node.parent.visible == node.visible):
        return ()
    return tuple(protocol.agencies[each].name if each in protocol.agencies else each for each in node.visible)


def _tells(event: str) -> bool:
    """The end of a part is the chart's own business, not something people do or hear of."""
    return not event.startswith("done.")


async def protocol_text(request: Request[Any, Any, Any], share: SharedPicture, user: User) -> Response[Any]:
    """The file as it was published, from the journal: the bytes its fingerprint speaks of."""
    found = _published(request, share)
    async with reading(request.app.state.desk.engine) as connection:
        async for _, _, event in journal.tail(connection, 0):
            if isinstance(event, e.ProtocolPublished) and (event.protocol, event.version) == (found.id, found.version):
                name = quote(f"{found.id}-{found.version}.yaml")
                headers = {"Content-Disposition": f'attachment; filename="{name}"'}
                return Response(event.text.encode(), media_type="application/yaml", headers=headers)
    raise Refusal("not_found")


# --- the log ----------------------------------------------------------------------------------------------------------------


async def log(request: Request[Any, Any, Any], share: SharedPicture, user: User) -> dict[str, Any]:
    runs = share.activations()
    asked = request.query_params.get("activacion", "")
    chosen = asked if any(run.id == asked for run in runs) else ""
    number = request.query_params.get("pagina", "1")
    page = min(1_000, max(1, int(number))) if number.isdigit() else 1
    lines, more = await _page_of_log(request, share, chosen or None, page)
    return {**STORY, "runs": runs, "chosen": chosen, "page": page, "lines": lines, "more": more}


async def _page_of_log(
    request: Request[Any, Any, Any], share: SharedPicture, activation: str | None, page: int
) -> tuple[list[dict[str, Any]], bool]:
    """One page of the lines this reader may see, counted in those lines: a place in the journal itself would tell how much is
    hidden between them."""
    found: list[dict[str, Any]] = []
    before: int | None = None
    wanted = page * _LINES + 1
    async with reading(request.app.state.desk.engine) as connection:
        for _ in range(_MOST_READ // _CHUNK):
            rows = await journal.lines(connection, activation=activation, before=before, limit=_CHUNK)
            found += [
                {"row": row, "event": event}
                for row, event in own_acts(share, list(journal.decoded(rows)))
                if worth_telling(event)
            ]
            if len(found) >= wanted or len(rows) < _CHUNK:
                break
            before = rows[-1].seq
    shown = found[(page - 1) * _LINES : page * _LINES]
    lines = [
        {
            "at": x["row"].at, "agency": x["row"].agency if share.tells_actor(x["event"]) else None,
            "group": x["row"].group_id, "said": told(x["event"], share),
        }
        for x in shown
    ]  # fmt: skip
    return lines, len(found) >= wanted


PAGES: tuple[Page, ...] = (
    Page("/activaciones/{ident:str}", "activation.html", activation, commands=(*COMMANDS, *CASE_COMMANDS)),
    Page("/protocolos", "protocols.html", protocols),
    Page("/protocolos/{ident:str}", "protocol.html", protocol),
    Page("/protocolos/{ident:str}/texto", "protocol.html", protocol_text),
    Page("/bitacora", "log.html", log, roles=frozenset({"coordination", "agency"})),
)
