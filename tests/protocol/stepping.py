"""Steps of small charts in few words."""

from datetime import UTC, datetime
from typing import Any

from caravan.protocol.model import Agency, Duration, Protocol, Step, Timer, Trigger, act
from caravan.protocol.step import start, step, waiting

NOW = datetime(2023, 5, 16, 3, 0, tzinfo=UTC)


HOUR = Duration(amount=1, unit="h")


def begin(chart: Protocol, facts: dict[str, Any] | None = None, now: datetime = NOW) -> Step:
    return start(chart, next(iter(chart.machines)), facts or {}, now)


def send(
    chart: Protocol, before: Step, event: str, facts: dict[str, Any] | None = None, now: datetime = NOW, **payload: Any
) -> Step:
    return step(chart, before.snapshot, Trigger(kind="event", name=event, payload=payload), facts or {}, now)


def fire(chart: Protocol, before: Step, timer: Timer, now: datetime | None = None) -> Step:
    return step(chart, before.snapshot, Trigger(kind="timer", timer=timer), {}, now or timer.due)


def notes(done: Step) -> list[str]:
    return [effect.args["nota"] for effect in done.effects]


def note(text: str):
    return act("registrar", nota=text)


AGENCIES = {
    "SDH": Agency("SDH", "Derechos Humanos", "coordinacion"),
    "TITULAR": Agency("TITULAR", "Titular", "estatal"),
    "ALBERGUE": Agency("ALBERGUE", "Albergues", "civil"),
}


def announces(name: str) -> dict[str, Any]:
    """A state that says when it is entered and left."""
    return {"on_entry": (note(f"+{name}"),), "on_exit": (note(f"-{name}"),)}


def leaves(chart: Protocol, done: Step) -> tuple[str, ...]:
    """The active states without children, as the Recommendation's test suites name a configuration."""
    return tuple(each.state for each in waiting(chart, done.snapshot))


def come_due(chart: Protocol, before: Step) -> Step:
    """Time goes by until the next timer."""
    timer = before.snapshot.timers[0]
    return fire(chart, before, timer)
