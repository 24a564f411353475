"""Playing a scenario: its lines in time order, and the command each one is at that moment. Pure; whoever plays it waits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from msgspec.structs import replace

from caravan.basics import Actor
from caravan.commands import Command
from caravan.coordination.hunger import orders_of
from caravan.drills.scenario import REFERENCE, Line, Scenario, references
from caravan.picture import Picture


class UnplayableLine(Exception):
    """A line whose references lead nowhere at the moment it is played. ``number`` is its line in the file."""

    def __init__(self, number: int, message: str) -> None:
        super().__init__(f"línea {number}: {message}")
        self.number = number


def play(scenario: Scenario) -> Iterator[tuple[datetime, Line]]:
    """Each line with its hour (UTC), earliest first; lines of one minute in the order of the file."""
    for line in sorted(scenario.lines, key=lambda line: line.at):
        yield line.at, line


def command_for(line: Line, picture: Picture, aliases: Mapping[str, str | None]) -> tuple[Command, Actor]:
    """The command of a line and who gives it, its references resolved against the picture at that moment. ``aliases`` are
    the ids that earlier lines created. Raises ``UnplayableLine``."""
    resolved = {name: _resolve(line, value, picture, aliases) for name, value in references(line.command)}
    return replace(line.command, **resolved), line.by


def _resolve(line: Line, reference: str, picture: Picture, aliases: Mapping[str, str | None]) -> str:
    match = REFERENCE.fullmatch(reference)
    ident = aliases.get(match["alias"]) if match is not None else None
    if match is None or ident is None:
        raise UnplayableLine(line.number, f"«{reference}» no se ha creado")
    found = ident if match["part"] is None else _hanging(picture, ident, match["shelter"], match["kitchen"])
    if found is None:
        raise UnplayableLine(line.number, f"«{reference}» no existe en este momento")
    return found


def _hanging(picture: Picture, group: str, shelter: str | None, kitchen: str | None) -> str | None:
    """The group's newest placement in a shelter, its newest order to a kitchen, or else its open plan."""
    if group not in picture.groups:
        return None
    if shelter is not None:
        return next((p.id for p in reversed(picture.placements_of(group)) if p.shelter == shelter), None)
    if kitchen is not None:
        return next((o.id for o in reversed(orders_of(picture, group)) if o.kitchen == kitchen), None)
    plan = picture.plans.get(group)
    return plan.plan if plan is not None else None
