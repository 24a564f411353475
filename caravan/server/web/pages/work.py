"""What waits for somebody: steps with what may be done about them, and the tasks that belong to them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from msgspec.structs import replace

from caravan import commands as c
from caravan.audiences import OpenStep, SharedGroup
from caravan.basics import Record, Scalar
from caravan.coordination.authority import MAY
from caravan.protocol.outlook import ActiveState, PossibleEvent
from caravan.protocol.vocabulary import FactType
from caravan.server.db.users import User
from caravan.server.web.words import by_language
from caravan.sharing import SharedPicture

_SOON = timedelta(hours=1)
# What forms about steps, tasks and notices ask for, wherever they stand.
COMMANDS: tuple[type[c.Command], ...] = (c.SendEvent, c.CompleteTask, c.MarkNoticeSeen)


class Field(Record, frozen=True):
    """One thing to be told with an event. What may have to be forgotten (``erasable``) stays on no device either."""

    name: str
    kind: str
    options: tuple[str, ...] = ()
    required: bool = True
    erasable: bool = False


class Deed(Record, frozen=True):
    """An event somebody may send now, as a button or a small form. ``form`` tells it from all others of the page."""

    form: str
    event: str
    label: str
    fields: tuple[Field, ...]
    group: str | None
    activation: str | None
    state: str
    case: str | None = None


class Work(Record, frozen=True):
    """One line of the list: a step or a task, what may be done about it, and the tasks that are part of it. ``review`` is the
    term of all that stands around a step without a term of its own, while it has not passed."""

    step: OpenStep
    title: str
    deeds: tuple[Deed, ...] = ()
    tasks: tuple[OpenStep, ...] = ()
    late: bool = False
    soon: bool = False
    may_complete: bool = False
    review: datetime | None = None


def deed_of(event: PossibleEvent, *, group: str | None, activation: str | None, case: str | None = None) -> Deed:
    return Deed(
        form=f"{case or group or activation}-{event.state}-{event.event}", event=event.event, state=event.state, case=case,
        label=by_language(event.label) or event.event.replace("_", " ").capitalize(),
        fields=tuple(_fields(event)), group=group, activation=activation,
    )  # fmt: skip


def _fields(event: PossibleEvent) -> Iterable[Field]:
    for name in (*event.requires, *(n for n in event.payload if n not in event.requires)):
        spec = event.payload.get(name, FactType(kind="text"))
        yield Field(
            name=name, kind=spec.kind, options=spec.options, required=name in event.requires, erasable=spec.erasable
        )


def deeds_for(share: SharedPicture, owner: str, *, group: bool = False, case: bool = False) -> list[Deed]:
    """All that this viewer may do now about a group, a case or else an activation."""
    run = None if group or case else owner
    target = {"group": owner if group else None, "case": owner if case else None, "activation": run}
    return [deed_of(event, **target) for event in share.possible(owner)]


def work_of(share: SharedPicture, user: User, *, activation: str | None = None, owner: str | None = None) -> list[Work]:
    """Steps and tasks, late first and those without a term of their own last. A task stands under its step where both are in
    the list; ``owner`` keeps one agency's."""
    steps = share.steps(activation, owner)
    deeds: dict[str, list[Deed]] = {}
    waiting: dict[tuple[str, str], ActiveState] = {}
    for target, step in {_owner(s): s for s in steps if s.kind == "step"}.items():
        case = step.case is not None
        deeds[target] = deeds_for(share, target, group=step.group is not None and not case, case=case)
        waiting |= {(target, state.state): state for state in share.waiting(target)}
    under: dict[str, list[OpenStep]] = defaultdict(list)
    listed = {s.id for s in steps if s.kind == "step"}
    for step in steps:
        task = share.task(step.id) if step.kind == "task" else None
        if task is not None and f"{task.instance}/{task.state}" in listed:
            under[f"{task.instance}/{task.state}"].append(step)
    folded = {task.id for tasks in under.values() for task in tasks}
    found: list[Work] = []
    for step in steps:
        if step.id not in folded:
            state = waiting.get((_owner(step), step.id.rpartition("/")[2])) if step.kind == "step" else None
            about = _about(step, deeds.get(_owner(step), []), () if state is None else state.path)
            one = _work(share, user, step, about, tuple(under.get(step.id, ())))
            found.append(
                one
                if state is None or one.late or has_own_term(state)
                else replace(one, review=step.deadline, soon=False)
            )
    return sorted(found, key=lambda one: one.review is not None)


def has_own_term(step: ActiveState) -> bool:
    """Whether its deadline, if any, is its own or that of a part of its track: what stands around all tracks has a term for
    looking at everything once, which is none of each step."""
    inside = step.path[step.path.index(step.track) :] if step.track in step.path else step.path
    return step.deadline_of is None or step.deadline_of in inside


def _owner(step: OpenStep) -> str:
    return step.case or step.group or step.activation


def _about(step: OpenStep, deeds: list[Deed], path: tuple[str, ...]) -> tuple[Deed, ...]:
    """The deeds of the step's own state and of the states around it up to its track; what concerns the whole group is
    offered once, on the group's page."""
    if step.kind == "task":
        return ()
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
    owner = command.case or command.group or command.activation or ""
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
