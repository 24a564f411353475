"""Running the protocol: opening activations, events from people and from the program, deadlines, until all is quiet."""

from __future__ import annotations

from datetime import datetime

from caravan import commands as c
from caravan import events as e
from caravan.basics import Refusal, Scalar
from caravan.coordination.actions import carry_out
from caravan.coordination.authority import may_know_case
from caravan.coordination.facts import facts_of, readers_of
from caravan.coordination.texts import set_apart
from caravan.coordination.turn import Turn, answers, hears
from caravan.groups import Group
from caravan.picture import Instance, Picture
from caravan.protocol.model import Machine, Protocol, Snapshot, Step, Trigger
from caravan.protocol.outlook import PossibleEvent, missing_evidence, possible
from caravan.protocol.step import start, step
from caravan.protocol.vocabulary import FactType

# The event by which a person with the right to do so turns an alert into an operation (docs/protocol-reference.md).
ACTIVATING_EVENT = "verificar"
_FACTS = Trigger(kind="facts")
# Far above any real chain of effects; a protocol that talks to itself for ever is refused, not served.
_MOST_STEPS = 10_000
_MOST_HEARD = 100


@answers(c.ActivateProtocol)
def activate(turn: Turn, command: c.ActivateProtocol) -> str:
    protocol = _asked_for(turn, command)
    _check_place(turn, protocol, command.station)
    known = turn.picture.running_at(command.station, protocol.id)
    if known is not None:
        protocol = turn.picture.protocol_of(known)
    if command.level is not None and command.level not in {level.id for level in protocol.levels}:
        raise Refusal(
            "unknown_level", field="level", level=command.level, known=[level.id for level in protocol.levels]
        )
    reason = _open_reason(protocol, command.reason)
    ident = known or open_activation(turn, protocol, command.station, reason)
    run = turn.picture.activations[ident]
    level = command.level or protocol.level_for(run.people)
    said: dict[str, Scalar] = {"motivo": command.reason, "nivel": level}
    awaited = _awaited(turn.picture, ident, ACTIVATING_EVENT)
    if awaited or known is not None:
        asked = {name for event in awaited for name in (*event.payload, *event.requires)}
        send(turn, ident, ACTIVATING_EVENT, {name: value for name, value in said.items() if name in asked})
    elif command.level is not None and command.level != run.level:
        turn.happen(e.LevelSet(activation=ident, level=command.level, reason=reason))
    return ident


def _asked_for(turn: Turn, command: c.ActivateProtocol) -> Protocol:
    """The newest version of the protocol that is wanted; by default the one that answers arrivals."""
    picture = turn.picture
    if command.protocol is None:
        if picture.answering is None:
            raise Refusal("no_protocol_in_force")
        return picture.answering
    key = picture.latest.get(command.protocol)
    if key is None:
        raise Refusal("unknown_protocol", field="protocol", protocol=command.protocol, known=sorted(picture.latest))
    protocol = picture.protocols[key]
    if not protocol.machine_for("activacion"):
        raise Refusal("only_a_pack", field="protocol", protocol=command.protocol)
    return protocol


def _check_place(turn: Turn, protocol: Protocol, place: str) -> None:
    """People arrive at stations; what is not about arrivals may also run at an office."""
    picture = turn.picture
    answering = picture.answering
    at_an_office = place in picture.offices and (answering is None or protocol.id != answering.id)
    if place not in picture.stations and not at_an_office:
        raise Refusal("unknown_station", field="station", station=place)


def _open_reason(protocol: Protocol, reason: str) -> str:
    """Why an activation opens, as far as the journal may say it: not where the protocol wants those words erased some day."""
    field = protocol.events.get(ACTIVATING_EVENT, {}).get("motivo")
    return "" if field is not None and field.erasable else reason


def _awaited(picture: Picture, owner: str, name: str) -> list[PossibleEvent]:
    """The waiting for an event, whoever may send it."""
    found: list[PossibleEvent] = []
    for ident in picture.machines_of.get(owner, ()):
        instance = picture.instances[ident]
        events = possible(picture.protocol_of(instance.activation), instance.snapshot, facts_of(picture, instance))
        found += [event for event in events if event.event == name]
    return found


@answers(c.SendEvent)
def answer_event(turn: Turn, command: c.SendEvent) -> None:
    targets = [target for target in (command.activation, command.group, command.case) if target is not None]
    if len(targets) != 1:
        raise Refusal("one_target", field="activation")
    owner = targets[0]
    if command.case is not None:
        case = turn.picture.cases.get(owner)
        if case is None or case.status == "closed" or not may_know_case(turn.picture, case, turn.by.agency):
            raise Refusal("unknown_case", field="case", case=owner)
    elif owner not in turn.picture.machines_of or owner in turn.picture.cases:
        raise Refusal("unknown_target", field="group" if command.group else "activation", target=owner)
    send(turn, owner, command.event, command.payload)


@answers(c.PassTime)
def pass_time(turn: Turn, command: c.PassTime) -> None:
    """The ringing of ``coordinate`` has done all there is to do."""


def activation_at(turn: Turn, station: str, reason: str) -> str:
    """The station's open activation of the protocol that answers arrivals; where none is open, an alert opens."""
    protocol = turn.picture.answering
    if protocol is None:
        raise Refusal("no_protocol_in_force")
    known = turn.picture.running_at(station)
    return known or open_activation(turn, protocol, station, _open_reason(protocol, reason))


def open_activation(turn: Turn, protocol: Protocol, place: str, reason: str) -> str:
    ident = turn.mint("a")
    turn.happen(
        e.ActivationOpened(
            activation=ident, protocol=protocol.id, version=protocol.version, station=place, reason=reason,
            level=protocol.level_for(0),
        )
    )  # fmt: skip
    begin(turn, protocol, "activacion", ident, None)
    return ident


def begin(turn: Turn, protocol: Protocol, kind: str, activation: str, group: str | None) -> None:
    """Starts a copy of every machine that such a thing has."""
    for machine in protocol.machine_for(kind):
        begin_one(turn, protocol, machine, activation, group)


def begin_one(
    turn: Turn, protocol: Protocol, machine: Machine, activation: str, group: str | None, case: str | None = None
) -> None:
    ident = f"{case or group or activation}/{machine.id}"
    blank = Snapshot(protocol=protocol.id, version=protocol.version, machine=machine.id, active=())
    instance = Instance(id=ident, activation=activation, group=group, case=case, snapshot=blank)
    facts = facts_of(turn.picture, instance)
    record(turn, instance, Trigger(kind="event", name="inicio"), start(protocol, machine.id, facts, turn.now))


def possible_for(picture: Picture, owner: str, agency: str) -> list[tuple[Instance, PossibleEvent]]:
    """The events somebody of that agency may send now to a group, an activation or a case, as far as they may know of them."""
    found: list[tuple[Instance, PossibleEvent]] = []
    for ident in picture.machines_of.get(owner, ()):
        instance = picture.instances[ident]
        protocol = picture.protocol_of(instance.activation)
        coordinates = agency in protocol.coordination()
        for event in possible(protocol, instance.snapshot, facts_of(picture, instance)):
            known = event.visible is None or agency in event.visible
            if known and (agency in event.senders if event.senders else coordinates or event.owner == agency):
                found.append((instance, event))
    return found


def send(turn: Turn, owner: str, name: str, payload: dict[str, Scalar]) -> None:
    """A person's event. Refused at the door when nobody waits for it, with what could be sent instead."""
    awaited = possible_for(turn.picture, owner, turn.by.agency)
    matching = [(instance, event) for instance, event in awaited if event.event == name]
    if not matching:
        raise Refusal("event_not_awaited", field="event", event=name, possible=sorted({ev.event for _, ev in awaited}))
    for instance, event in matching:
        protocol = turn.picture.protocol_of(instance.activation)
        missing = missing_evidence(protocol, instance.snapshot, name, payload, turn.by.agency)
        if missing:
            raise Refusal("evidence_missing", field=f"payload.{missing[0]}", event=name, missing=list(missing))
        _check_payload(event, payload)
    said = set_apart(turn, matching, payload)
    level, reason = said.get("nivel"), str(payload.get("motivo", ""))
    if owner in turn.picture.activations and isinstance(level, str):
        turn.happen(e.LevelSet(activation=owner, level=level, reason=reason if said.get("motivo") == reason else ""))
    for ident in dict.fromkeys(instance.id for instance, _ in matching):
        take(turn, ident, Trigger(kind="event", name=name, payload=said, sender=turn.by.agency))


def _check_payload(event: PossibleEvent, payload: dict[str, Scalar]) -> None:
    """What comes with an event is of the type its protocol declares, and nothing undeclared but its evidence comes."""
    for name, value in payload.items():
        spec = event.payload.get(name)
        if spec is None and name not in event.requires:
            known = sorted({*event.payload, *event.requires})
            raise Refusal("payload_unknown", field=f"payload.{name}", event=event.event, known=known)
        if spec is not None and not _fits(spec, value):
            raise Refusal(
                "payload_wrong",
                field=f"payload.{name}",
                event=event.event,
                wanted=spec.kind,
                options=list(spec.options),
            )


def _fits(spec: FactType, value: Scalar) -> bool:
    match spec.kind:
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, bool)
        case "choice":
            return value in spec.options
        case "date" | "instant":
            return isinstance(value, str) and _is_date(value)
        case "text":
            return isinstance(value, str)


def _is_date(value: str) -> bool:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


# --- stepping --------------------------------------------------------------------------------------------------------


def take(turn: Turn, ident: str, trigger: Trigger) -> None:
    """One trigger to one instance: what it changes is recorded, what it drops is said, what it leaves alone is not."""
    if not turn.hear(ident):
        return
    instance = turn.picture.instances[ident]
    if turn.heard[ident] > _most_of(turn.picture, instance):
        raise Refusal("endless_loop")
    protocol = turn.picture.protocol_of(instance.activation)
    taken = step(protocol, instance.snapshot, trigger, facts_of(turn.picture, instance), turn.now)
    if taken.taken or taken.snapshot != instance.snapshot:
        record(turn, instance, trigger, taken)
    elif trigger.kind == "event":
        turn.happen(e.EventDropped(instance=ident, name=trigger.name))


def _most_of(picture: Picture, instance: Instance) -> int:
    """How often one instance may be reached before everything is quiet: each group and each case may have something to tell it."""
    run = picture.activations[instance.activation]
    return _MOST_HEARD * (1 + run.open_groups + len(picture.cases_in.get(run.id, ())))


def record(turn: Turn, instance: Instance, trigger: Trigger, taken: Step) -> None:
    read = facts_of(turn.picture, instance)
    closed = turn.picture.activations[instance.activation].closed
    turn.happen(
        e.ProtocolStepped(
            instance=instance.id, activation=instance.activation, group=instance.group, case=instance.case, trigger=trigger,
            read=read, snapshot=taken.snapshot, effects=taken.effects, why=taken.why,
        )
    )  # fmt: skip
    left = {state for why in taken.why for state in why.left} - set(taken.snapshot.active)
    if left:
        for task in sorted(turn.picture.tasks_of.get(instance.id, ())):
            if turn.picture.tasks[task].state in left:
                turn.happen(e.TaskWithdrawn(task=task, case=instance.case))
    for effect in taken.effects:
        carry_out(turn, instance, effect)
    if turn.picture.activations[instance.activation].closed and not closed:
        # Who is still in somebody's care goes on; the protocol decides what the end of the operation is to them.
        for case in turn.picture.open_cases(instance.activation):
            turn.tell(case.id, "activacion_cerrada")
    _conclude(turn, instance)


def _conclude(turn: Turn, instance: Instance) -> None:
    """A case or a group whose machines have all ended is over."""
    picture = turn.picture
    done = all(picture.instances[ident].snapshot.done for ident in picture.machines_of[instance.owner])
    if instance.case is not None:
        if done and picture.cases[instance.case].status == "open":
            turn.happen(e.CaseClosed(case=instance.case))
    elif instance.group is not None and done and picture.groups[instance.group].status == "open":
        turn.happen(e.GroupConcluded(group=instance.group))
        turn.tell(instance.activation, "grupo_concluido")


def run_until_quiet(turn: Turn) -> None:
    """Events first in, first out; when the queue is empty, machines whose facts changed look again."""
    for _ in range(_MOST_STEPS):
        if turn.births:
            case = turn.picture.cases[turn.births.popleft()]
            protocol = turn.picture.protocol_of(case.activation)
            begin_one(turn, protocol, protocol.machines[case.machine], case.activation, case.group, case.id)
        elif turn.queue:
            take(turn, *turn.queue.popleft())
        elif turn.stale:
            owner = next(iter(turn.stale))
            del turn.stale[owner]
            turn.queue.extend((ident, _FACTS) for ident in turn.picture.machines_of.get(owner, ()))
        else:
            return
    raise Refusal("endless_loop")


# --- what the program tells the protocols --------------------------------------------------------------------------------


@hears(
    e.GroupArrived, e.CountRecorded, e.AsylumWishRecorded, e.DepartureRecorded, e.GroupsMerged, e.GroupSplit, e.GroupAnnulled,
    e.GroupConcluded, e.PlacementHeld, *e.PLACEMENT_MOVED, e.MealsServed, e.LevelSet,
)  # fmt: skip
def facts_changed(turn: Turn, before: Picture, event: e.Event) -> None:
    """Whoever reads these facts looks again, and hears of the lodging of a group when it turns."""
    for ident in _groups_in(turn.picture, event):
        group = turn.picture.groups[ident]
        look_again(turn, ident)
        look_again(turn, group.activation)
        old = before.groups.get(ident)
        if old is not None and group.status == "open":
            _tell_of_lodging(turn, old, group)
    if isinstance(event, e.LevelSet):
        look_again(turn, event.activation)


def look_again(turn: Turn, owner: str) -> None:
    """The facts of a group or an activation have changed: its own machines look at them, and the cases that read them."""
    turn.stale[owner] = None
    run = turn.picture.activations.get(owner)
    if owner not in turn.picture.cases_in:
        return
    scope, activation = ("activacion", owner) if run else ("grupo", turn.picture.groups[owner].activation)
    readers = readers_of(turn.picture.protocol_of(activation), scope)
    for case in turn.picture.open_cases(owner) if readers else ():
        if case.machine in readers:
            turn.stale[case.id] = None


def _groups_in(picture: Picture, event: e.Event) -> list[str]:
    if isinstance(event, e.PLACEMENT_MOVED):
        return [picture.placements[event.placement].group]
    match event:
        case e.GroupArrived(group=group):
            return [group.id]
        case e.GroupsMerged(group=gone, into=kept):
            return [gone, kept]
        case e.GroupSplit(group=ident, part=part):
            return [ident, part.id]
        case e.PlacementHeld(placement=placement):
            return [placement.group]
        case e.MealsServed(order=order):
            group = picture.orders[order].group
            return [] if group is None else [group]
        case (
            e.CountRecorded(group=ident)
            | e.AsylumWishRecorded(group=ident)
            | e.DepartureRecorded(group=ident)
            | e.GroupAnnulled(group=ident)
            | e.GroupConcluded(group=ident)
        ):
            return [ident]
        case _:
            return []


def _tell_of_lodging(turn: Turn, old: Group, new: Group) -> None:
    if old.unplaced and not new.unplaced and new.remaining:
        turn.tell(new.id, "todos_con_lugar")
    if new.unplaced and not old.unplaced:
        turn.tell(new.id, "faltan_lugares", personas=new.unplaced)
    if new.hosted >= new.remaining > 0 and old.hosted < old.remaining:
        turn.tell(new.id, "todos_alojados")
    if _all_gone(new) and not _all_gone(old):
        turn.tell(new.id, "todos_salieron")


def _all_gone(group: Group) -> bool:
    """More may have come to a shelter than were ever counted: the last one is out when nobody is in."""
    return not group.remaining and not group.hosted
