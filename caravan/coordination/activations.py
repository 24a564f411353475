"""Running the protocol: opening activations, events from people and from the program, deadlines, until all is quiet."""

from __future__ import annotations

import hashlib
from datetime import datetime

from caravan import commands as c
from caravan import events as e
from caravan.basics import Refusal, Scalar
from caravan.coordination.actions import carry_out, send_on
from caravan.coordination.facts import facts_of
from caravan.coordination.turn import Turn, answers, hears
from caravan.groups import Group
from caravan.picture import Instance, Picture
from caravan.protocol.load import load
from caravan.protocol.model import Protocol, ProtocolErrors, Snapshot, Step, Trigger
from caravan.protocol.outlook import PossibleEvent, missing_evidence, possible
from caravan.protocol.step import start, step
from caravan.protocol.vocabulary import FactType

# The event by which a person with the right to do so turns an alert into an operation (docs/protocol-reference.md).
ACTIVATING_EVENT = "verificar"
_FACTS = Trigger(kind="facts")
# Far above any real chain of effects; a protocol that talks to itself for ever is refused, not served.
_MOST_STEPS = 10_000


@answers(c.PublishProtocol)
def publish(turn: Turn, command: c.PublishProtocol) -> str:
    try:
        protocol = load(command.text)
    except ProtocolErrors as errors:
        raise Refusal("protocol_unsound", field="text", problems=[str(p) for p in errors.problems]) from errors
    key = f"{protocol.id}@{protocol.version}"
    digest = hashlib.sha256(command.text.encode()).hexdigest()
    if key in turn.picture.protocols:
        raise Refusal("protocol_version_taken", field="text", protocol=protocol.id, version=protocol.version)
    turn.happen(e.ProtocolPublished(protocol=protocol.id, version=protocol.version, sha256=digest, text=command.text))
    return key


@answers(c.ActivateProtocol)
def activate(turn: Turn, command: c.ActivateProtocol) -> str:
    if command.station not in turn.picture.stations:
        raise Refusal("unknown_station", field="station", station=command.station)
    ident = activation_at(turn, command.station, command.reason)
    run = turn.picture.activations[ident]
    protocol = turn.picture.protocol_of(ident)
    if command.level is not None and command.level not in {level.id for level in protocol.levels}:
        raise Refusal(
            "unknown_level", field="level", level=command.level, known=[level.id for level in protocol.levels]
        )
    level = command.level or protocol.level_for(run.people)
    send(turn, ident, ACTIVATING_EVENT, {"motivo": command.reason, "nivel": level})
    return ident


@answers(c.SendEvent)
def answer_event(turn: Turn, command: c.SendEvent) -> None:
    if (command.activation is None) == (command.group is None):
        raise Refusal("one_target", field="activation")
    owner = command.group or command.activation or ""
    if owner not in turn.picture.machines_of:
        raise Refusal("unknown_target", field="group" if command.group else "activation", target=owner)
    send(turn, owner, command.event, command.payload)


@answers(c.PassTime)
def pass_time(turn: Turn, command: c.PassTime) -> None:
    """The ringing of ``coordinate`` has done all there is to do."""


def activation_at(turn: Turn, station: str, reason: str) -> str:
    """The station's open activation; where none is open, an alert opens with the protocol in force."""
    known = turn.picture.open_at.get(station)
    if known is not None:
        return known
    if turn.picture.in_force is None:
        raise Refusal("no_protocol_in_force")
    protocol = turn.picture.protocols[turn.picture.in_force]
    ident = turn.mint("a")
    turn.happen(
        e.ActivationOpened(
            activation=ident, protocol=protocol.id, version=protocol.version, station=station, reason=reason,
            level=protocol.level_for(0),
        )
    )  # fmt: skip
    begin(turn, protocol, "activacion", ident, None)
    return ident


def begin(turn: Turn, protocol: Protocol, kind: str, activation: str, group: str | None) -> None:
    """Starts a copy of every machine that such a thing has."""
    for machine in protocol.machine_for(kind):
        ident = f"{group or activation}/{machine.id}"
        blank = Snapshot(protocol=protocol.id, version=protocol.version, machine=machine.id, active=())
        instance = Instance(id=ident, activation=activation, group=group, snapshot=blank)
        facts = facts_of(turn.picture, instance)
        record(turn, instance, Trigger(kind="event", name="inicio"), start(protocol, machine.id, facts, turn.now))


def possible_for(picture: Picture, owner: str, agency: str) -> list[tuple[Instance, PossibleEvent]]:
    """The events somebody of that agency may send now to a group or an activation, as far as they may know of them."""
    found: list[tuple[Instance, PossibleEvent]] = []
    for ident in picture.machines_of.get(owner, ()):
        instance = picture.instances[ident]
        protocol = picture.protocol_of(instance.activation)
        coordinates = agency in protocol.coordination()
        for event in possible(protocol, instance.snapshot, facts_of(picture, instance)):
            known = event.visible is None or agency in event.visible
            if known and (coordinates or event.owner == agency):
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
        missing = missing_evidence(protocol, instance.snapshot, name, payload)
        if missing:
            raise Refusal("evidence_missing", field=f"payload.{missing[0]}", event=name, missing=list(missing))
        _check_payload(event, payload)
    level = payload.get("nivel")
    if owner in turn.picture.activations and isinstance(level, str):
        turn.happen(e.LevelSet(activation=owner, level=level, reason=str(payload.get("motivo", ""))))
    for instance, _ in matching:
        take(turn, instance.id, Trigger(kind="event", name=name, payload=payload))


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
    instance = turn.picture.instances[ident]
    protocol = turn.picture.protocol_of(instance.activation)
    taken = step(protocol, instance.snapshot, trigger, facts_of(turn.picture, instance), turn.now)
    if taken.taken or taken.snapshot != instance.snapshot:
        record(turn, instance, trigger, taken)
    elif trigger.kind == "event":
        turn.happen(e.EventDropped(instance=ident, name=trigger.name))


def record(turn: Turn, instance: Instance, trigger: Trigger, taken: Step) -> None:
    read = facts_of(turn.picture, instance)
    turn.happen(
        e.ProtocolStepped(
            instance=instance.id, activation=instance.activation, group=instance.group, trigger=trigger, read=read,
            snapshot=taken.snapshot, effects=taken.effects, why=taken.why,
        )
    )  # fmt: skip
    left = {state for why in taken.why for state in why.left} - set(taken.snapshot.active)
    if left:
        for task in list(turn.picture.tasks_in.get(instance.activation, ())):
            known = turn.picture.tasks[task]
            if known.instance == instance.id and known.state in left:
                turn.happen(e.TaskWithdrawn(task=task))
    for effect in taken.effects:
        carry_out(turn, instance, effect)
    group = instance.group
    if group is not None and turn.picture.groups[group].status == "open" and _all_done(turn.picture, group):
        turn.happen(e.GroupConcluded(group=group))
        turn.tell(instance.activation, "grupo_concluido")


def _all_done(picture: Picture, group: str) -> bool:
    return all(picture.instances[ident].snapshot.done for ident in picture.machines_of[group])


def run_until_quiet(turn: Turn) -> None:
    """Events first in, first out; when the queue is empty, machines whose facts changed look again."""
    for _ in range(_MOST_STEPS):
        if turn.queue:
            take(turn, *turn.queue.popleft())
        elif turn.stale:
            owner = next(iter(turn.stale))
            del turn.stale[owner]
            turn.queue.extend((ident, _FACTS) for ident in turn.picture.machines_of.get(owner, ()))
        else:
            return
    raise Refusal("endless_loop")


def ring(turn: Turn) -> None:
    """Fires everything that is due, in the order in which it fell due, however much has gathered while nobody was there."""
    while (alarm := turn.picture.next_alarm) is not None and alarm.due <= turn.now:
        happened = len(turn.events)
        kind, _, ident = alarm.key.partition(":")
        if kind == "placement":
            turn.happen(e.PlacementExpired(placement=ident))
        elif kind == "send":
            send = turn.picture.sends[ident]
            turn.happen(e.SendDelivered(send=ident))
            send_on(turn, send.activation, send.to, send.name)
        else:
            _fire(turn, ident, alarm.due)
        run_until_quiet(turn)
        if len(turn.events) == happened:
            raise Refusal("endless_loop")  # an alarm that rings and changes nothing would ring for ever


def _fire(turn: Turn, ident: str, due: datetime) -> None:
    timer = next(t for t in turn.picture.instances[ident].snapshot.timers if t.due == due)
    take(turn, ident, Trigger(kind="timer", name=timer.kind, timer=timer))


# --- what the program tells the protocols --------------------------------------------------------------------------------


@hears(
    e.GroupArrived, e.CountRecorded, e.AsylumWishRecorded, e.DepartureRecorded, e.GroupsMerged, e.GroupSplit, e.GroupAnnulled,
    e.GroupConcluded, e.PlacementHeld, *e.PLACEMENT_MOVED, e.MealsServed, e.LevelSet,
)  # fmt: skip
def facts_changed(turn: Turn, before: Picture, event: e.Event) -> None:
    """Whoever reads these facts looks again, and hears of the lodging of a group when it turns."""
    for ident in _groups_in(turn.picture, event):
        group = turn.picture.groups[ident]
        turn.stale[ident] = None
        turn.stale[group.activation] = None
        old = before.groups.get(ident)
        if old is not None and group.status == "open":
            _tell_of_lodging(turn, old, group)
    if isinstance(event, e.LevelSet):
        turn.stale[event.activation] = None


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
            return [picture.orders[order].group]
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
