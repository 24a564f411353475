"""What shelters tell of their places."""

from __future__ import annotations

from typing import Any

from caravan import commands as c
from caravan import events as e
from caravan.basics import Refusal
from caravan.coordination.actions import notify
from caravan.coordination.turn import Turn, answers, hears
from caravan.picture import Picture
from caravan.shelters.model import Section, Shelter, Standing


@answers(c.ReportOccupancy)
def report_occupancy(turn: Turn, command: c.ReportOccupancy) -> None:
    standing = turn.picture.shelters.get(command.shelter)
    if standing is None:
        raise Refusal("unknown_shelter", field="shelter", shelter=command.shelter)
    told = (command.available is not None) + (command.occupied is not None) + command.unchanged
    if told != 1:
        raise Refusal("one_figure", field="available")
    available, occupied = command.available, command.occupied
    if command.unchanged and standing.reported_at is None:
        raise Refusal("nothing_to_confirm", field="unchanged")
    if available is not None:
        _check_sections(standing.shelter, available)
        occupied = _there_given(standing, available)
    elif occupied is not None:
        available = _empty_given(standing.shelter, occupied)
    turn.happen(
        e.OccupancyReported(
            shelter=command.shelter, available=available, occupied=occupied, at=min(command.at or turn.now, turn.now),
            unchanged=command.unchanged,
        )
    )  # fmt: skip


def _check_sections(shelter: Shelter, available: dict[Section, int]) -> None:
    known = set(shelter.sections) or {"mix"}
    for section in available:
        if section not in known:
            raise Refusal("unknown_section", field=f"available.{section}", section=section, known=sorted(known))
    if "uam" in available and "dif" not in shelter.services:
        raise Refusal("minors_only_dif", field="available.uam")


def _there_given(standing: Standing, available: dict[Section, int]) -> int | None:
    """People in a house that tells places. That none is empty takes nobody off its floor; an empty one says that nobody is there."""
    nominal, empty = standing.shelter.nominal, sum(available.values())
    if nominal is None:
        return None
    beyond = 0 if empty else max(0, standing.excess, (standing.occupied or 0) - nominal)
    return max(0, nominal - empty) + beyond


def _empty_given(shelter: Shelter, occupied: int) -> dict[Section, int]:
    """Empty places of a house that tells people, not places. It needs a published number and no separate sections."""
    nominal = shelter.nominal
    if nominal is None or set(shelter.sections) - {"mix"}:
        raise Refusal("tell_empty_places", field="occupied")
    blocked = sum(p.blocked for p in shelter.sections.values())
    return {"mix": max(0, nominal - blocked - occupied)}


@hears(e.OccupancyReported)
def over_capacity(turn: Turn, before: Picture, event: e.OccupancyReported) -> None:
    standing, old = turn.picture.shelters[event.shelter], before.shelters[event.shelter]
    if standing.status == "over" and old.status != "over":
        alarm(turn, standing, "sobrecupo", ocupadas=standing.occupied, lugares=standing.shelter.nominal)


def alarm(turn: Turn, standing: Standing, template: str, **facts: Any) -> None:
    """Word to the coordination, which is whoever the protocol in force says."""
    if turn.picture.in_force is not None:
        for agency in turn.picture.protocols[turn.picture.in_force].coordination():
            notify(
                turn,
                agency,
                template,
                place=f"shelter:{standing.shelter.id}",
                facts={"albergue": standing.shelter.name, **facts},
            )
