"""Ten officials, two machines, one moment: the house has a hundred places, and told of three hundred when they made their plans."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from installation import OFFICIAL, desk_in, rows
from officials import place
from realm import EMPTY, LEON

from caravan import commands as c
from caravan.shelters.model import Places, Shelter

pytestmark = pytest.mark.anyio

HALL = Shelter(
    id="auditorio", name="Auditorio Municipal", kind="temporary", municipality="MX11020", town="León", position=LEON,
    sections={"mix": Places(nominal=300)}, max_stay_hours=72,
)  # fmt: skip


async def _ten_buses(folder: Path) -> list[str]:
    """Ten groups of thirty, and places for all of them in one house."""
    async with desk_in(folder) as desk:
        for shelter, sections in EMPTY.items():
            full = c.ReportOccupancy(shelter=shelter, available=dict.fromkeys(sections, 0))  # pyright: ignore[reportArgumentType]
            await desk.handle(full, by=OFFICIAL)
        await desk.handle(c.RegisterShelter(shelter=HALL), by=OFFICIAL)
        await desk.handle(c.ReportOccupancy(shelter="auditorio", available={"mix": 300}), by=OFFICIAL)
        bus = c.ReportArrival(station="leon", people=30, declared_by="Brigada")
        return [str((await desk.handle(bus, by=OFFICIAL)).created) for _ in range(10)]


async def test_a_hundred_places_are_never_promised_to_more_than_a_hundred_people(folder: Path) -> None:
    groups = await _ten_buses(folder)
    spawn = get_context("spawn")
    with spawn.Manager() as shared, ProcessPoolExecutor(2, mp_context=spawn) as machines:
        moment = shared.Barrier(2)
        first = machines.submit(place, str(folder), groups[:5], moment, ("auditorio", 100))
        second = machines.submit(place, str(folder), groups[5:], moment)
        verdicts = [verdict for half in (first, second) for verdict in half.result(90)]
    refused = [verdict for verdict in verdicts if not verdict["held"]]
    assert (len(verdicts), len(refused)) == (10, 7)
    late = [verdict for verdict in refused if verdict["code"] == "plan_out_of_date"]
    assert {verdict["code"] for verdict in refused} <= {"plan_out_of_date", "plan_replaced"}
    assert late
    for verdict in late:
        told = {name: value for name, value in verdict["details"].items() if name != "plan"}
        assert told == {
            "shelter": "Auditorio Municipal", "section": "mix", "wanted": 30, "left": 10, "left_everywhere": 10,
        }  # fmt: skip
        assert "quedan 10 de 30 lugares" in verdict["sentence"]
    async with desk_in(folder) as desk:
        hall = desk.picture.shelters["auditorio"]
        assert (hall.incoming, hall.free_total) == (90, 10)
        [kept] = await rows(desk, "SELECT sum(people) AS people, count(*) AS n FROM placements WHERE status = 'held'")
        assert kept == {"people": 90, "n": 3}
        [held] = await rows(desk, "SELECT count(*) AS n FROM journal WHERE kind = 'PlacementHeld'")
        assert held["n"] == 3
        # Each of those who came too late has the next best plan before them, and together they fit into what is left.
        plans = [desk.picture.plans[verdict["group"]] for verdict in refused]
        assert all(plan.repairs and plan.because is not None for plan in plans)
        assert sum(part.people for plan in plans for part in plan.parts) == 10
        assert {verdict["details"]["plan"] for verdict in refused} <= {plan.plan for plan in plans}
