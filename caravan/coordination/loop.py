"""The one way in: a command, the picture and the hour in; the facts that follow out."""

from __future__ import annotations

from datetime import datetime

from caravan import commands as c
from caravan.basics import Actor, Record, Refusal
from caravan.commands import Command
from caravan.coordination import (
    activations,
    arrivals,
    cases,
    horizon,
    lodging,
    meals,
    occupancy,
    places,
    placing,
    policies,
    publishing,
    relays,
    repairing,
    tasks,
)
from caravan.coordination.authority import authorize
from caravan.coordination.ringing import ring, stand_aside
from caravan.coordination.turn import ANSWERS, Turn
from caravan.events import Event
from caravan.picture import Picture
from caravan.protocol.model import EndlessLoop, ModelError, SnapshotError

# The modules that answer commands; naming them here is what registers their answers.
RULES = (
    activations, arrivals, cases, horizon, lodging, meals, occupancy, places, placing, policies,
    publishing, relays, repairing, tasks,
)  # fmt: skip

# What somebody saw: it is so whether or not a protocol can follow.
SEEN = (
    c.ReportArrival, c.RecordCount, c.RecordAsylumWish, c.RecordDeparture, c.ReportOccupancy, c.RecordPlacementArrival, c.ReportRations,
    c.RecordMealsServed,
)  # fmt: skip


class Outcome(Record, frozen=True):
    """What one command made true: the facts in order, the picture after them, and the id of what was created. The first
    ``rang`` of the facts were due anyway and are nobody's doing. ``texts`` are by reference the owner and the words of what the
    facts only refer to: they are kept where they can be erased."""

    events: tuple[Event, ...]
    picture: Picture
    created: str | None = None
    rang: int = 0
    texts: dict[str, tuple[str, str]] = {}


def coordinate(picture: Picture, command: Command, *, by: Actor, now: datetime) -> Outcome:
    """What is true next. Raises ``Refusal`` and then nothing has happened.

    Due timers fire before the command is answered, whoever asks; then everything runs until it is quiet. ``now`` is an
    aware UTC instant and never goes back.
    """
    turn = Turn(picture, by, now)
    ring(turn)
    rang = len(turn.events)
    authorize(turn.picture, command, by)
    try:
        created = _answered(turn, command)
    except EndlessLoop as error:
        raise Refusal("endless_loop") from error
    except (SnapshotError, ModelError) as error:
        raise Refusal("cannot_go_on") from error
    return Outcome(events=tuple(turn.events), picture=turn.picture, created=created, rang=rang, texts=turn.texts)


def _answered(turn: Turn, command: Command) -> str | None:
    """What was seen with one's own eyes is recorded even where a protocol cannot go on from it: the machine that is stuck
    stands aside and the coordination hears of it. A choice that leads there is refused."""
    while True:
        before, happened = turn.picture, len(turn.events)
        turn.heard.clear()
        try:
            created = ANSWERS[type(command)](turn, command)
            activations.run_until_quiet(turn)
        except (EndlessLoop, SnapshotError, Refusal) as fault:
            looped = not isinstance(fault, Refusal) or fault.code == "endless_loop"
            if not (looped and isinstance(command, SEEN) and stand_aside(turn, before, happened, fault)):
                raise
        else:
            return created
