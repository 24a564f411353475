"""The one way in: a command, the picture and the hour in; the facts that follow out."""

from __future__ import annotations

from datetime import datetime

from caravan.basics import Actor, Record
from caravan.commands import Command
from caravan.coordination import activations, arrivals, meals, places, shelters, tasks
from caravan.coordination.authority import authorize
from caravan.coordination.turn import ANSWERS, Turn
from caravan.events import Event
from caravan.picture import Picture

# The modules that answer commands; naming them here is what registers their answers.
RULES = (activations, arrivals, meals, places, shelters, tasks)


class Outcome(Record, frozen=True):
    """What one command made true: the facts in order, the picture after them, and the id of what was created. The first
    ``rang`` of the facts were due anyway and are nobody's doing."""

    events: tuple[Event, ...]
    picture: Picture
    created: str | None = None
    rang: int = 0


def coordinate(picture: Picture, command: Command, *, by: Actor, now: datetime) -> Outcome:
    """What is true next. Raises ``Refusal`` and then nothing has happened.

    Due timers fire before the command is answered, whoever asks; then everything runs until it is quiet. ``now`` is an
    aware UTC instant and never goes back.
    """
    turn = Turn(picture, by, now)
    activations.ring(turn)
    rang = len(turn.events)
    authorize(turn.picture, command, by)
    created = ANSWERS[type(command)](turn, command)
    activations.run_until_quiet(turn)
    return Outcome(events=tuple(turn.events), picture=turn.picture, created=created, rang=rang)
