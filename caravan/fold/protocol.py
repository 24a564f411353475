"""Activations, the steps of the protocol, tasks and notices."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace
from rpds import HashTrieSet

from caravan import events as e
from caravan.fold.moves import folds, settled
from caravan.picture import Activation, Instance, Picture
from caravan.protocol.model import Timer
from caravan.protocol.outlook import next_due, shared


@folds(e.ActivationOpened)
def _opened(picture: Picture, event: e.ActivationOpened, at: datetime) -> Picture:
    run = Activation(
        id=event.activation, protocol=event.protocol, version=event.version, station=event.station, opened_at=at,
        reason=event.reason, level=event.level,
    )  # fmt: skip
    return replace(
        picture,
        activations=picture.activations.insert(run.id, run),
        open_at=picture.open_at.insert((run.protocol, run.station), run.id),
        minted=picture.minted + 1,
    )


@folds(e.LevelSet)
def _level(picture: Picture, event: e.LevelSet, at: datetime) -> Picture:
    run = replace(picture.activations[event.activation], level=event.level)
    return replace(picture, activations=picture.activations.insert(run.id, run))


@folds(e.ProtocolStepped)
def _stepped(picture: Picture, event: e.ProtocolStepped, at: datetime) -> Picture:
    # A snapshot read from a journal brings its own copy of every name; the picture holds the chart's.
    snapshot = shared(picture.protocol_of(event.activation), event.snapshot)
    before = picture.instances.get(event.instance)
    instance = Instance(
        id=event.instance, activation=event.activation, group=event.group, case=event.case, snapshot=snapshot,
        stopped=() if before is None else _still_stopped(before.stopped, event),
    )  # fmt: skip
    owner = instance.owner
    known = picture.machines_of.get(owner, ())
    picture = replace(
        picture,
        instances=picture.instances.insert(instance.id, instance),
        machines_of=picture.machines_of
        if instance.id in known
        else picture.machines_of.insert(owner, (*known, instance.id)),
    )
    if owner == event.activation and all(picture.instances[i].snapshot.done for i in picture.machines_of[owner]):
        run = replace(picture.activations[event.activation], closed=True)
        place = (run.protocol, run.station)
        picture = replace(
            picture,
            activations=picture.activations.insert(run.id, run),
            open_at=picture.open_at.discard(place) if picture.open_at.get(place) == run.id else picture.open_at,
        )
    due = next_due(instance.snapshot)
    rings = before is None or due != next_due(before.snapshot)
    return settled(picture, due if rings else None, f"instance:{instance.id}")


def _still_stopped(stopped: tuple[Timer, ...], event: e.ProtocolStepped) -> tuple[Timer, ...]:
    """A step that is left is over, and its clock with it."""
    left = {state for why in event.why for state in why.left}
    return tuple(timer for timer in stopped if timer.state in event.snapshot.active and timer.state not in left)


@folds(e.InstanceStopped)
def _stopped(picture: Picture, event: e.InstanceStopped, at: datetime) -> Picture:
    if event.clock is None:
        return picture
    instance = picture.instances[event.instance]
    timers = tuple(timer for timer in instance.snapshot.timers if timer != event.clock)
    instance = replace(
        instance, snapshot=replace(instance.snapshot, timers=timers), stopped=(*instance.stopped, event.clock)
    )
    picture = replace(picture, instances=picture.instances.insert(instance.id, instance))
    return settled(picture, next_due(instance.snapshot), f"instance:{instance.id}")


@folds(e.SendScheduled)
def _scheduled(picture: Picture, event: e.SendScheduled, at: datetime) -> Picture:
    picture = replace(picture, sends=picture.sends.insert(event.send, event), minted=picture.minted + 1)
    return settled(picture, event.due, f"send:{event.send}")


@folds(e.SendDelivered)
def _delivered(picture: Picture, event: e.SendDelivered, at: datetime) -> Picture:
    return settled(replace(picture, sends=picture.sends.remove(event.send)))


@folds(e.EventDropped, e.DeadlineMissed, e.Remarked, e.StayFallsShort)
def _no_change(picture: Picture, event: e.Event, at: datetime) -> Picture:
    return picture


@folds(e.TaskOpened)
def _task_opened(picture: Picture, event: e.TaskOpened, at: datetime) -> Picture:
    task = event.task
    there = picture.tasks_in.get(task.activation, HashTrieSet())
    its = picture.tasks_of.get(task.instance, HashTrieSet())
    return replace(
        picture,
        tasks=picture.tasks.insert(task.id, task),
        tasks_in=picture.tasks_in.insert(task.activation, there.insert(task.id)),
        tasks_of=picture.tasks_of.insert(task.instance, its.insert(task.id)),
        minted=picture.minted + 1,
    )


@folds(e.TaskCompleted, e.TaskWithdrawn)
def _task_closed(picture: Picture, event: e.TaskCompleted | e.TaskWithdrawn, at: datetime) -> Picture:
    task = picture.tasks[event.task]
    return replace(
        picture,
        tasks=picture.tasks.remove(task.id),
        tasks_in=picture.tasks_in.insert(task.activation, picture.tasks_in[task.activation].remove(task.id)),
        tasks_of=picture.tasks_of.insert(task.instance, picture.tasks_of[task.instance].remove(task.id)),
    )


@folds(e.NoticeQueued)
def _noticed(picture: Picture, event: e.NoticeQueued, at: datetime) -> Picture:
    return replace(picture, notices=picture.notices.insert(event.notice.id, event.notice), minted=picture.minted + 1)


@folds(e.NoticeSeen)
def _seen(picture: Picture, event: e.NoticeSeen, at: datetime) -> Picture:
    return replace(picture, notices=picture.notices.discard(event.notice))
