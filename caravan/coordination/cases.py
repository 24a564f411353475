"""Cases: who may open one, and what their facts move."""

from __future__ import annotations

from caravan import commands as c
from caravan import events as e
from caravan.basics import Refusal
from caravan.coordination.actions import open_case
from caravan.coordination.activations import look_again
from caravan.coordination.turn import Turn, answers, hears
from caravan.picture import Picture
from caravan.protocol.chart import chart_of
from caravan.protocol.model import Protocol


@answers(c.OpenCase)
def open_one(turn: Turn, command: c.OpenCase) -> str:
    run = turn.picture.activations.get(command.activation)
    if run is None or run.closed:
        raise Refusal("unknown_activation", field="activation", activation=command.activation)
    if command.group is not None and turn.group(command.group).activation != run.id:
        raise Refusal("unknown_group", field="group", group=command.group)
    protocol = turn.picture.protocol_of(run.id)
    openable = openable_by(protocol, turn.by.agency)
    if command.machine not in {machine.id for machine in protocol.machine_for("caso")}:
        raise Refusal("unknown_machine", field="machine", machine=command.machine, known=openable)
    if command.machine not in openable:
        raise Refusal("not_yours_to_do")
    return open_case(turn, run.id, command.machine, command.group)


def openable_by(protocol: Protocol, agency: str) -> list[str]:
    """The machines of which that agency may open a case: the coordination any that it may know of, others those that begin with
    a step of theirs."""
    coordinates = agency in protocol.coordination()
    found: list[str] = []
    for machine in protocol.machine_for("caso"):
        chart = chart_of(protocol, machine.id)
        first = [chart.by_id[state] for state in machine.initial]
        while any(node.children for node in first):
            first = [inner for node in first for inner in (node.initial or node.children or (node,))]
        known = [node for node in first if node.visible is None or agency in node.visible]
        if known and (coordinates or any(node.owner == agency for node in known)):
            found.append(machine.id)
    return found


@hears(e.CaseOpened, e.CaseClosed)
def cases_changed(turn: Turn, before: Picture, event: e.CaseOpened | e.CaseClosed) -> None:
    """How many cases are open is a fact of their activation."""
    case = event.case if isinstance(event, e.CaseOpened) else turn.picture.cases[event.case]
    look_again(turn, case.activation)


@hears(e.CaseNoted)
def facts_noted(turn: Turn, before: Picture, event: e.CaseNoted) -> None:
    turn.stale[event.case] = None
