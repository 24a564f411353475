"""What the protocol's effects make true. One function an effect; the list is closed and is the language's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, cast

from caravan import events as e
from caravan.cases import Case
from caravan.coordination.texts import purge
from caravan.coordination.turn import Turn
from caravan.handoff import Relay
from caravan.picture import Activation, Instance
from caravan.protocol.model import Effect, Trigger
from caravan.tasks import Notice, Task

Action = Callable[[Turn, Instance, Effect], None]


def carry_out(turn: Turn, instance: Instance, effect: Effect) -> None:
    ACTIONS[effect.kind](turn, instance, effect)


def notify(
    turn: Turn, to: str, template: str, *, activation: str | None = None, group: str | None = None, case: str | None = None,
    place: str | None = None, visible: tuple[str, ...] | None = None, facts: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """Word to one agency, with the ``facts`` it needs. One that may not know of the matter is not told, whoever asked for it."""
    if visible is not None and to not in visible:
        return
    channels: tuple[str, ...] = ()
    if activation is not None:
        agency = turn.picture.protocol_of(activation).agencies.get(to)
        channels = agency.channels if agency is not None else ()
    turn.happen(
        e.NoticeQueued(
            notice=Notice(
                id=turn.mint("n"), to=to, template=template, queued_at=turn.now, channels=channels, activation=activation,
                group=group, case=case, place=place, facts=dict(facts or {}), visible=visible,
            )
        )
    )  # fmt: skip


def _avisar(turn: Turn, instance: Instance, effect: Effect) -> None:
    args = {name: value for name, value in effect.args.items() if name not in ("a", "plantilla")}
    for agency in _each(effect.args["a"]):
        notify(
            turn, agency, str(effect.args["plantilla"]), activation=instance.activation, group=instance.group,
            case=instance.case, visible=effect.visible, facts=args,
        )  # fmt: skip


def _tarea(turn: Turn, instance: Instance, effect: Effect) -> None:
    args = effect.args
    title = args["titulo"]
    turn.happen(
        e.TaskOpened(
            task=Task(
                id=turn.mint("t"), activation=instance.activation, group=instance.group, case=instance.case, instance=instance.id,
                state=effect.state, title=cast("dict[str, str]", title) if isinstance(title, dict) else {"es": str(title)},
                owner=str(args["a"]), opened_at=turn.now, due=_due(turn, instance, effect),
                evidence=args.get("evidencia"), visible=effect.visible,
            )
        )
    )  # fmt: skip


def _due(turn: Turn, instance: Instance, effect: Effect) -> datetime | None:
    """The task's own term where it has one, else the deadline of the step that opened it."""
    if "vence" in effect.args:
        return _instant(effect.args["vence"])
    return turn.picture.instances[instance.id].snapshot.deadlines.get(effect.state)


def _pedir_albergue(turn: Turn, instance: Instance, effect: Effect) -> None:
    if instance.group is not None and not turn.picture.groups[instance.group].wants_shelter:
        turn.happen(e.ShelterRequested(group=instance.group))


def _pedir_alimentos(turn: Turn, instance: Instance, effect: Effect) -> None:
    if instance.group is not None and not turn.picture.groups[instance.group].wants_meals:
        turn.happen(e.MealsRequested(group=instance.group))


def _registrar(turn: Turn, instance: Instance, effect: Effect) -> None:
    text = " ".join(str(value) for value in effect.args.values())
    turn.happen(
        e.Remarked(
            activation=instance.activation, group=instance.group, case=instance.case, text=text, visible=effect.visible
        )
    )


def _enviar(turn: Turn, instance: Instance, effect: Effect) -> None:
    to, name = str(effect.args["a"]), str(effect.args["evento"])
    if "vence" in effect.args:
        due = _instant(effect.args["vence"])
        turn.happen(
            e.SendScheduled(
                send=turn.mint("s"), activation=instance.activation, to=to, name=name, due=due, case=instance.case
            )
        )
    else:
        send_on(turn, instance.activation, to, name)


def send_on(turn: Turn, activation: str, to: str, name: str) -> None:
    """An event of one machine to others of its activation: to the activation itself, to its open groups or its open cases."""
    run = turn.picture.activations[activation]
    for owner in _receivers(turn, run, to):
        for ident in turn.picture.machines_of.get(owner, ()):
            turn.queue.append((ident, Trigger(kind="event", name=name)))


def _receivers(turn: Turn, run: Activation, to: str) -> list[str]:
    match to:
        case "activacion":
            return [run.id]
        case "casos":
            return [case.id for case in turn.picture.open_cases(run.id)]
        case _:
            return [g for g in run.groups if turn.picture.groups[g].status == "open"]


def _abrir_caso(turn: Turn, instance: Instance, effect: Effect) -> None:
    open_case(turn, instance.activation, str(effect.args["maquina"]), instance.group)


def open_case(turn: Turn, activation: str, machine: str, group: str | None) -> str:
    """A new case; its machine starts once what is under way is done."""
    case = Case(id=turn.mint("k"), activation=activation, machine=machine, opened_at=turn.now, group=group)
    turn.happen(e.CaseOpened(case=case))
    turn.births.append(case.id)
    return case.id


def _anotar(turn: Turn, instance: Instance, effect: Effect) -> None:
    if instance.case is not None:
        turn.happen(e.CaseNoted(case=instance.case, values={k: _plain(v) for k, v in effect.args.items()}))


def _purgar(turn: Turn, instance: Instance, effect: Effect) -> None:
    purge(turn, instance.owner)


def _proponer_relevo(turn: Turn, instance: Instance, effect: Effect) -> None:
    people = effect.args["personas"]
    relay = Relay(
        id=turn.mint("r"), activation=instance.activation, group=instance.group, case=instance.case, instance=instance.id,
        to_state=str(effect.args["a"]), proposed_at=turn.now, sent=None if people is None else int(people),
        visible=effect.visible,
    )  # fmt: skip
    turn.happen(e.RelayProposed(relay=relay))


def _vencido(turn: Turn, instance: Instance, effect: Effect) -> None:
    args = effect.args
    told = tuple(_each(args["avisar_a"]))
    due = _instant(args["vencio"])
    turn.happen(
        e.DeadlineMissed(
            instance=instance.id, activation=instance.activation, group=instance.group, state=str(args["estado"]), due=due,
            rung=int(args["peldano"]), told=told, visible=effect.visible, case=instance.case,
        )
    )  # fmt: skip
    for agency in told:
        notify(
            turn, agency, "vencido", activation=instance.activation, group=instance.group, case=instance.case, visible=effect.visible,
            facts={"estado": args["estado"], "vencio": due.isoformat(), "peldano": args["peldano"]},
        )  # fmt: skip


def _por_vencer(turn: Turn, instance: Instance, effect: Effect) -> None:
    args = {name: _plain(value) for name, value in effect.args.items() if name != "avisar_a"}
    for agency in _each(effect.args["avisar_a"]):
        notify(
            turn,
            agency,
            "por_vencer",
            activation=instance.activation,
            group=instance.group,
            case=instance.case,
            visible=effect.visible,
            facts=args,
        )


def _each(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _instant(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


ACTIONS: dict[str, Action] = {
    "avisar": _avisar,
    "tarea": _tarea,
    "pedir_albergue": _pedir_albergue,
    "pedir_alimentos": _pedir_alimentos,
    "registrar": _registrar,
    "enviar": _enviar,
    "abrir_caso": _abrir_caso,
    "anotar": _anotar,
    "purgar": _purgar,
    "proponer_relevo": _proponer_relevo,
    "vencido": _vencido,
    "por_vencer": _por_vencer,
}
