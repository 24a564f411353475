"""The night of the demo, played without a server: its facts and the picture they leave."""

from __future__ import annotations

from datetime import datetime

from bench.realm import opening
from caravan import commands as c
from caravan.basics import SYSTEM, Actor, Record
from caravan.coordination.loop import coordinate
from caravan.coordination.placing import plan_for
from caravan.drills.play import command_for, play
from caravan.drills.scenario import load
from caravan.events import Event
from caravan.picture import Picture
from caravan.server.demo import SCENARIO


class Night(Record, frozen=True):
    facts: tuple[tuple[Event, datetime], ...]
    picture: Picture


def played() -> Night:
    scenario = load(SCENARIO.read_text(encoding="utf-8"))
    picture, facts, aliases = Picture(), list[tuple[Event, datetime]](), dict[str, str | None]()

    def handle(command: c.Command, by: Actor, now: datetime) -> str | None:
        nonlocal picture
        if isinstance(command, c.ProposePlacement):
            command = plan_for(picture, command, now)
        outcome = coordinate(picture, command, by=by, now=now)
        facts.extend((event, now) for event in outcome.events)
        picture = outcome.picture
        return outcome.created

    for command in opening():
        handle(command, SYSTEM, scenario.starts)
    for now, line in play(scenario):
        created = handle(*command_for(line, picture, aliases), now)
        if line.alias is not None:
            aliases[line.alias] = created
    return Night(facts=tuple(facts), picture=picture)
