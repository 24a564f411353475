"""Taking a running activation to another version of its protocol, by hand and on purpose."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from litestar import Request

from caravan import commands as c
from caravan.basics import Record, Refusal
from caravan.protocol.chart import Chart, Node, chart_of
from caravan.protocol.model import Protocol
from caravan.protocol.versions.migrate import CLOCKS
from caravan.server.db.users import User
from caravan.server.web.pages.changes import changes
from caravan.server.web.pages.frame import Page
from caravan.server.web.pages.names import station_name
from caravan.server.web.words import by_language
from caravan.sharing import SharedPicture


class Choice(Record, frozen=True):
    """A step that needs an image, or a new track that needs a beginning, with the steps it may be; ``name`` is the form's and
    ``likely`` the one step that is called the same, if there is one."""

    name: str
    label: str
    track: bool
    steps: tuple[tuple[str, str], ...]
    likely: str = ""


class Counted(Record, frozen=True):
    """A step whose clocks may have no place in the other version: only who says so lets them stop."""

    name: str
    label: str


async def version(request: Request[Any, Any, Any], share: SharedPicture, user: User) -> dict[str, Any]:
    run = share.activation(request.path_params["ident"])
    if run is None:
        raise Refusal("not_found")
    before = share.protocol(f"{run.protocol}@{run.version}")
    others = [p for p in share.protocols() if p.id == run.protocol and p.version != run.version]
    asked = request.query_params.get("a", "")
    after = next((p for p in others if str(p.version) == asked), None)
    choices = list(_choices(before, after)) if before is not None and after is not None else []
    return {
        "run": run, "others": sorted(others, key=lambda p: -p.version), "chosen": after, "choices": choices,
        "counted": list(_counted(before, after)) if before is not None and after is not None else [],
        "station_name": station_name, "changes": None if after is None else await changes(before, after),
    }  # fmt: skip


def _choices(before: Protocol, after: Protocol) -> Iterator[Choice]:
    """What the map has to say, whatever is live: steps that the other version has not, and tracks that are new in it."""
    for machine in before.machines:
        if machine not in after.machines:
            continue
        old, new = chart_of(before, machine), chart_of(after, machine)
        for node in old.nodes[1:]:
            twin = new.by_id.get(node.id)
            if not node.children and node.kind != "final" and (twin is None or twin.kind != node.kind):
                label, steps = _label(node), _steps(new, new.root, node.kind)
                same = [ident for ident, words in steps if words == label and ident not in old.by_id]
                likely = same[0] if len(same) == 1 else ""
                yield Choice(f"map.{machine}.{node.id}", label, track=False, steps=steps, likely=likely)
        for node in new.nodes[1:]:
            new_track = node.parent is not None and node.parent.kind == "parallel" and node.id not in old.by_id
            if new_track:
                yield Choice(f"map.{machine}.{node.id}", _label(node), track=True, steps=_steps(new, node, "atomic"))


def _counted(before: Protocol, after: Protocol) -> Iterator[Counted]:
    for machine in before.machines:
        if machine not in after.machines:
            continue
        old, new = chart_of(before, machine), chart_of(after, machine)
        for node in old.nodes[1:]:
            twin = new.by_id.get(node.id)
            term = node.state.deadline is not None and (twin is None or twin.state.deadline is None)
            kept = [] if twin is None else [arc.transition.delay for arc in twin.delays]
            if term or any(arc.transition.delay not in kept for arc in node.delays):
                yield Counted(f"map.{machine}.{CLOCKS}{node.id}", _label(node))


def _steps(chart: Chart, inside: Node, kind: str) -> tuple[tuple[str, str], ...]:
    within = [chart.by_id[name] for name in chart.by_id if chart.by_id[name].kind == kind]
    return tuple((node.id, _label(node)) for node in within if inside in node.above)


def _label(node: Node) -> str:
    """The step with the nearest words around it."""
    own = by_language(node.state.label) or node.id.replace("_", " ").capitalize()
    around = next((words for each in node.above if (words := by_language(each.state.label))), "")
    return f"{around} › {own}" if around else own


PAGES: tuple[Page, ...] = (
    Page(
        "/activaciones/{ident:str}/version", "version.html", version, roles=frozenset({"coordination"}),
        commands=(c.MigrateActivation,),
    ),
)  # fmt: skip
