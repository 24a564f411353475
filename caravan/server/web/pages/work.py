"""What waits for somebody: steps with what may be done about them, and the tasks that belong to them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta

from msgspec.structs import replace

from caravan import commands as c
from caravan.audiences import OpenStep, SharedGroup
from caravan.basics import Record, Scalar
from caravan.coordination.authority import MAY
from caravan.protocol.outlook import PossibleEvent
from caravan.protocol.vocabulary import FactType
from caravan.server.db.users import User
from caravan.server.web.words import by_language
from caravan.sharing import SharedPicture

_SOON = timedelta(hours=1)
# What forms about steps, tasks and notices ask for, wherever they stand.
COMMANDS: tuple[type[c.Command], ...] = (c.SendEvent, c.CompleteTask, c.MarkNoticeSeen)


class Field(Record, frozen=True):
    """One thing to be told with an event."""

    name: str
    kind: str
    options: tuple[str, ...] = ()
    required: bool = True


class Deed(Record, frozen=True):
    """An event somebody may send now, as a button or a small form. ``form`` tells it from all others of the page."""

    form: str
    event: str
    label: str
    fields: tuple[Field, ...]
    group: str | None
    activation: str | None
    state: str


class Work(Record, frozen=True):
    """One line of the list: a step or a task, what may be done about it, and the tasks that are part of it."""

    step: OpenStep
    title: str
    deeds: tuple[Deed, ...] = ()
    tasks: tuple[OpenStep, ...] = ()
    late: bool = False
    soon: bool = False
    may_complete: bool = False


def deed_of(event: PossibleEvent, *, group: str | None, activation: str | None) -> Deed:
    return Deed(
        form=f"{group or activation}-{event.state}-{event.event}", event=event.event, state=event.state,
        label=by_language(event.label) or event.event.replace("_", " ").capitalize(),
        fields=tuple(_fields(event)), group=group, activation=None if group else activation,
    )  # fmt: skip


def _fields(event: PossibleEvent) -> Iterable[Field]:
    for name in (*event.requires, *(n for n in event.payload if n not in event.requires)):
        spec = event.payload.get(name, FactType(kind="text"))
        yield Field(name=name, kind=spec.kind, options=spec.options, required=name in event.requires)


def deeds_for(share: SharedPicture, owner: str, *, group: bool) -> list[Deed]:
    """All that this viewer may do now about a group or an activation."""
    found = share.possible(owner)
    return [deed_of(e, group=owner if group else None, activation=None if group else owner) for e in found]


def work_of(share: SharedPicture, user: User, *, activation: str | None = None, owner: str | None = None) -> list[Work]:
    """Steps and tasks, late first. A task stands under its step where both are in the list; ``owner`` keeps one agency's."""
    steps = share.steps(activation, owner)
    deeds: dict[str, list[Deed]] = {}
    paths: dict[tuple[str, str], tuple[str, ...]] = {}
    for target, group in {s.group or s.activation: s.group for s in steps if s.kind == "step"}.items():
        deeds[target] = deeds_for(share, target, group=group is not None)
        paths |= {(target, state.state): state.path for state in share.waiting(target)}
    under: dict[str, list[OpenStep]] = defaultdict(list)
    listed = {s.id for s in steps if s.kind == "step"}
    for step in steps:
        task = share.task(step.id) if step.kind == "task" else None
        if task is not None and f"{task.instance}/{task.state}" in listed:
            under[f"{task.instance}/{task.state}"].append(step)
    folded = {task.id for tasks in under.values() for task in tasks}
    return [
        _work(share, user, s, _about(s, deeds.get(s.group or s.activation, []), paths), tuple(under.get(s.id, ())))
        for s in steps
        if s.id not in folded
    ]


def _about(step: OpenStep, deeds: list[Deed], paths: dict[tuple[str, str], tuple[str, ...]]) -> tuple[Deed, ...]:
    """The deeds of the step's own state and of the states around it up to its track; what concerns the whole group is
    offered once, on the group's page."""
    if step.kind == "task":
        return ()
    path = paths.get((step.group or step.activation, step.id.rpartition("/")[2]), ())
    inside = path[path.index(step.track) :] if step.track in path else path[-1:]
    return tuple(d for d in deeds if d.state in inside)


def _work(
    share: SharedPicture, user: User, step: OpenStep, deeds: tuple[Deed, ...], tasks: tuple[OpenStep, ...]
) -> Work:
    due = step.deadline
    late = due is not None and due < share.now
    return Work(
        step=step, title=by_language(step.label), deeds=deeds, tasks=tasks, late=late,
        soon=not late and ((due is not None and due - share.now < _SOON) or (due is None and step.counted_from is not None)),
        may_complete=may(user, c.CompleteTask) and (user.role == "coordination" or user.agency == step.owner),
    )  # fmt: skip


def may(user: User, command: type[c.Command]) -> bool:
    """Whether a form for that command makes sense for this account; whose place it is, is asked at the door."""
    return command in MAY[user.role]


def may_at_station(user: User, command: type[c.Command], group: SharedGroup) -> bool:
    """The same for what a brigade does only at its own station."""
    return may(user, command) and (user.role == "coordination" or user.place in (None, group.station))


def with_declared_types(command: c.SendEvent, share: SharedPicture) -> c.SendEvent:
    """A form sends text; the protocol says which of it are numbers or truths. What is neither stays text and is refused with
    its field's name."""
    owner = command.group or command.activation or ""
    kinds = {
        name: spec.kind for e in share.possible(owner) if e.event == command.event for name, spec in e.payload.items()
    }
    return replace(command, payload={name: _typed(value, kinds.get(name)) for name, value in command.payload.items()})


def _typed(value: Scalar, kind: str | None) -> Scalar:
    if not isinstance(value, str):
        return value
    with suppress(ValueError):
        match kind:
            case "integer":
                return int(value)
            case "number":
                return float(value)
            case "boolean" if value in ("true", "false"):
                return value == "true"
            case _:
                return value
    return value
