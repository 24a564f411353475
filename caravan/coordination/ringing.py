"""What is due happens, however much has gathered. A protocol that cannot go on from where a clock leads holds up nobody else."""

from __future__ import annotations

from caravan import events as e
from caravan.alarms import Alarm
from caravan.basics import Refusal
from caravan.coordination.actions import notify, send_on
from caravan.coordination.activations import run_until_quiet, take
from caravan.coordination.turn import Turn
from caravan.picture import Instance, Picture
from caravan.protocol.chart import chart_of
from caravan.protocol.model import EndlessLoop, SnapshotError, Timer, Trigger

# What a protocol's own text may bring about: it never rests, it stands where it cannot stand, its terms leave the calendar.
FAULTS = (Refusal, EndlessLoop, SnapshotError, ArithmeticError, LookupError, TypeError, ValueError)


def ring(turn: Turn) -> None:
    """Fires everything that is due, in the order in which it fell due, however much has gathered while nobody was there."""
    while (alarm := turn.picture.next_alarm) is not None and alarm.due <= turn.now:
        while not _rung(turn, alarm):
            pass
        turn.deaf.clear()
        turn.heard.clear()


def _rung(turn: Turn, alarm: Alarm) -> bool:
    """Whether that alarm is done with. If not, somebody could not go on: what followed is undone, and without them it rings again."""
    before, happened = turn.picture, len(turn.events)
    turn.heard.clear()
    try:
        _sound(turn, alarm)
    except FAULTS as fault:
        stuck = _stuck(turn, before)
        if stuck is None:
            raise
        turn.undo(before, happened)
        clock = _clock(before, alarm, stuck)
        _stop(turn, before.instances[stuck], clock, _reason(fault))
        turn.deaf.add(stuck)
        return clock is not None
    return True


def _sound(turn: Turn, alarm: Alarm) -> None:
    happened = len(turn.events)
    kind, _, ident = alarm.key.partition(":")
    if kind == "placement":
        turn.happen(e.PlacementExpired(placement=ident))
    elif kind == "protocol":
        coming = turn.picture.protocols[ident]
        turn.happen(e.ProtocolTookEffect(protocol=coming.id, version=coming.version))
    elif kind == "send":
        send = turn.picture.sends[ident]
        turn.happen(e.SendDelivered(send=ident))
        send_on(turn, send.activation, send.to, send.name)
    else:
        timer = next(t for t in turn.picture.instances[ident].snapshot.timers if t.due == alarm.due)
        take(turn, ident, Trigger(kind="timer", name=timer.kind, timer=timer))
    run_until_quiet(turn)
    if len(turn.events) == happened:
        raise Refusal("endless_loop")  # an alarm that rings and changes nothing would ring for ever


def stand_aside(turn: Turn, before: Picture, happened: int, fault: Exception) -> bool:
    """Undoes what was done since and lets the machine that could not go on stand aside for the rest of the turn. False where
    none of those that ran before can be named: then nothing is undone."""
    stuck = _stuck(turn, before)
    if stuck is None or stuck in turn.deaf:
        return False
    turn.undo(before, happened)
    _stop(turn, before.instances[stuck], None, _reason(fault))
    turn.deaf.add(stuck)
    return True


def _stuck(turn: Turn, before: Picture) -> str | None:
    """The instance that something reached last; of one that only began now, whoever let it begin."""
    known = (ident for ident in reversed(turn.heard) if ident in before.instances)
    return next(known, None)


def _clock(before: Picture, alarm: Alarm, stuck: str) -> Timer | None:
    """The clock that rang, where it is the stuck one's own."""
    if alarm.key != f"instance:{stuck}":
        return None
    return next(t for t in before.instances[stuck].snapshot.timers if t.due == alarm.due)


def _reason(fault: Exception) -> str:
    loops = isinstance(fault, EndlessLoop) or (isinstance(fault, Refusal) and fault.code == "endless_loop")
    return "endless_loop" if loops else "cannot_go_on"


def _stop(turn: Turn, instance: Instance, clock: Timer | None, reason: str) -> None:
    """The clock rings no more, and the coordination hears of it; where it may not know of the step, that there is such a thing."""
    protocol = turn.picture.protocol_of(instance.activation)
    nodes = chart_of(protocol, instance.snapshot.machine).by_id
    concerned = [clock.state] if clock is not None else list(instance.snapshot.active)
    narrow = [set(known.visible) for state in concerned if (known := nodes.get(state)) and known.visible is not None]
    visible = tuple(sorted(narrow[0].intersection(*narrow[1:]))) if narrow else None
    turn.happen(
        e.InstanceStopped(
            instance=instance.id, activation=instance.activation, group=instance.group, case=instance.case, clock=clock,
            reason=reason, visible=visible,
        )
    )  # fmt: skip
    facts = {"estado": clock.state, "vencio": clock.due.isoformat()} if clock is not None else {}
    owner = nodes[clock.state].owner if clock is not None and clock.state in nodes else None
    for agency in dict.fromkeys((*protocol.coordination(), *([owner] if owner else ()))):
        if visible is None or agency in visible:
            notify(
                turn, agency, "detenido", activation=instance.activation, group=instance.group, case=instance.case,
                visible=visible, facts=facts,
            )  # fmt: skip
        else:
            notify(turn, agency, "detenido", activation=instance.activation)
