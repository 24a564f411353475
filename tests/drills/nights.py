"""A drill carried out in memory, line by line, as the desk would do it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from caravan import directory
from caravan.basics import SYSTEM, Actor
from caravan.commands import Command, OpenRealm, ProposePlacement, PublishProtocol
from caravan.coordination.loop import Outcome, coordinate
from caravan.coordination.placing import plan_for
from caravan.drills.play import command_for, play
from caravan.drills.scenario import Scenario
from caravan.events import Event
from caravan.picture import Picture

ROOT = Path(__file__).parents[2]
SCENARIO = (ROOT / "caravan/drills/scenarios/leon-2023-05-15.yaml").read_text()
PROTOCOL = (ROOT / "protocols/guanajuato.yaml").read_text()
PACKS = {"base-legal@1": (ROOT / "protocols/base-legal.yaml").read_text()}
DIRECTORY = (ROOT / "directories/guanajuato.yaml").read_text()


def carry_out(picture: Picture, command: Command, by: Actor, now: datetime) -> Outcome:
    """A wish for a plan is searched first and offered then: what the desk does."""
    if isinstance(command, ProposePlacement):
        command = plan_for(picture, command, now)
    return coordinate(picture, command, by=by, now=now)


def state_before(now: datetime) -> Picture:
    """The realm on the eve: its protocol in force, its places on record."""
    picture = Picture()
    opening = [
        OpenRealm(name="Simulacro de León", salt="sal-del-simulacro", drill=True),
        PublishProtocol(text=PROTOCOL, packs=PACKS),
    ]
    for command in [*opening, *directory.load(DIRECTORY)]:
        picture = carry_out(picture, command, SYSTEM, now).picture
    return picture


class Night:
    """A scenario played to its end: the picture, all that happened and the ids behind the aliases."""

    def __init__(self, scenario: Scenario) -> None:
        self.picture = state_before(scenario.starts)
        self.events: list[tuple[datetime, Event]] = []
        self.aliases: dict[str, str | None] = {}
        for now, line in play(scenario):
            command, by = command_for(line, self.picture, self.aliases)
            outcome = carry_out(self.picture, command, by, now)
            self.picture = outcome.picture
            self.events += [(now, event) for event in outcome.events]
            if line.alias is not None:
                self.aliases[line.alias] = outcome.created
