"""Nights on which more people came than there were places, through the desk: nobody is lost, and what is lacking is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from installation import OFFICIAL, USERS, desk_in
from realm import EMPTY, LEON

from caravan import commands as c
from caravan import events as e
from caravan.geography import Position
from caravan.groups import Composition, Household, reconcile
from caravan.server.desk import Answer, Desk
from caravan.server.searches import Searches
from caravan.shelters.households import households_of
from caravan.shelters.model import Places, Shelter
from caravan.stations import Station

pytestmark = pytest.mark.anyio

GALILEA = USERS["galilea"].actor
# 78 places; the families are supposed within the published 24 men, 32 women and 37 children (HERALDO-40, CONTRA-COEC).
COECILLO = Shelter(
    id="el-coecillo", name="Deportiva Luis I. Rodríguez, El Coecillo", kind="temporary", municipality="MX11020", town="León",
    position=LEON, sections={"mix": Places(nominal=78)}, services=("medical",), source="S: HERALDO-40",
)  # fmt: skip
NINETY_THREE = (
    Household(women=1, children={"5-11": 2}, count=15),
    Household(women=1, men=1, children={"0-4": 1}, count=7),
    Household(women=1, count=10),
    Household(men=1, count=17),
)
EIGHTY_THREE = (
    Household(women=1, men=1, children={"5-11": 2}, count=8),
    Household(women=1, children={"0-4": 1}, count=7),
    Household(men=1, count=37),
)
# 4,500 people counted under the Siglo XXI bridge (PROCESO-2023, MILENIO-2023, SOLLEON-800, SOLSAL-3800). The houses and their places
# are supposed: what was open that week is not known.
IRAPUATO = Position(lat=20.671, lon=-101.356)
BRIDGE = Station(
    id="siglo-xxi", name="Puente Siglo XXI", kind="train", municipality="MX11017", town="Irapuato", position=IRAPUATO
)  # fmt: skip
SITES = tuple(
    Shelter(
        id=ident, name=ident, kind="temporary", municipality=town, town="Irapuato", position=IRAPUATO, agency="PC",
        sections={"fam": Places(nominal=fam), "wom": Places(nominal=wom), "men": Places(nominal=men)},
    )
    for ident, town, fam, wom, men in (
        ("vasco-de-quiroga", "MX11017", 900, 200, 900),
        ("unidad-deportiva", "MX11017", 300, 100, 500),
        ("auditorio", "MX11027", 200, 60, 240),
        ("san-carlos", "MX11027", 60, 20, 120),
    )
)  # fmt: skip


async def _group(desk: Desk, station: str, people: int, **known: object) -> str:
    arrival = c.ReportArrival(station=station, people=people, declared_by="Brigada", **known)  # pyright: ignore[reportArgumentType]
    return str((await desk.handle(arrival, by=OFFICIAL)).created)


async def _only(desk: Desk, *shelters: Shelter) -> None:
    """Every other house is full."""
    for ident, sections in EMPTY.items():
        full = c.ReportOccupancy(shelter=ident, available=dict.fromkeys(sections, 0))  # pyright: ignore[reportArgumentType]
        await desk.handle(full, by=OFFICIAL)
    for shelter in shelters:
        await desk.handle(c.RegisterShelter(shelter=shelter), by=OFFICIAL)
        empty = {section: places.nominal or 0 for section, places in shelter.sections.items()}
        await desk.handle(c.ReportOccupancy(shelter=shelter.id, available=empty), by=OFFICIAL)


def _held(answer: Answer) -> list[str]:
    return [event.placement.id for event in answer.events if isinstance(event, e.PlacementHeld)]


async def _holds(desk: Desk, group: str) -> list[str]:
    plan = await desk.handle(c.ProposePlacement(group=group), by=OFFICIAL)
    return _held(await desk.handle(c.ConfirmPlacement(group=group, plan=str(plan.created)), by=OFFICIAL))


async def test_galilea_expected_thirty_and_eighty_three_came(folder: Path) -> None:
    """82 Haitians and one Honduran slept at Galilea, which expected 30 (AM-GAL). Whoever had been promised a place there and was still
    on the way has another plan at once; whoever was inside stays."""
    async with desk_in(folder) as desk:
        inside = await _group(desk, "leon", 5, households=(Household(women=1, children={"5-11": 4}),))
        await desk.handle(c.ProposePlacement(group=inside, pins={"*": "galilea"}), by=OFFICIAL)
        plan = desk.picture.plans[inside].plan
        [settled] = _held(await desk.handle(c.ConfirmPlacement(group=inside, plan=plan), by=OFFICIAL))
        await desk.handle(c.RecordPlacementArrival(placement=settled, people=5), by=GALILEA)
        await desk.handle(c.ReportOccupancy(shelter="galilea", available={"mix": 36}), by=GALILEA)

        bus = await _group(desk, "leon", 30)
        await desk.handle(c.ProposePlacement(group=bus, pins={"*": "galilea"}), by=OFFICIAL)
        [expected] = _held(
            await desk.handle(c.ConfirmPlacement(group=bus, plan=desk.picture.plans[bus].plan), by=OFFICIAL)
        )
        family = await _group(desk, "leon", 6, households=(Household(women=2, children={"5-11": 4}),))
        await desk.handle(c.ProposePlacement(group=family, pins={"*": "galilea"}), by=OFFICIAL)
        [promised] = _held(
            await desk.handle(c.ConfirmPlacement(group=family, plan=desk.picture.plans[family].plan), by=OFFICIAL)
        )

        came = await desk.handle(c.RecordPlacementArrival(placement=expected, people=83), by=GALILEA)
        [short] = [event for event in came.events if isinstance(event, e.PlacesShort)]
        assert (short.placements, short.people) == ((promised,), 6)
        assert short.because.details["came"] == 83
        galilea = desk.picture.shelters["galilea"]
        assert (galilea.status, galilea.excess) == ("over", 47)
        notices = [event.notice.template for event in came.events if isinstance(event, e.NoticeQueued)]
        assert {"llegaron_mas", "promesas_sin_lugar"} <= set(notices)

        await desk.repair()
        mended = desk.picture.plans[family]
        assert (mended.replaces, mended.unplaced, mended.because and mended.because.code) == (
            (promised,),
            0,
            "more_came",
        )
        assert "galilea" not in {part.shelter for part in mended.parts}
        await desk.handle(c.ConfirmPlacement(group=family, plan=mended.plan), by=OFFICIAL)
        assert desk.picture.groups[family].unplaced == 0
        assert len(desk.picture.short) == 0
        assert desk.picture.placements[settled].status == "arrived"
        assert desk.picture.groups[inside].hosted == 5


async def test_whoever_has_no_bed_at_galilea_is_asked_and_sleeps_at_el_coecillo(folder: Path) -> None:
    """83 slept at Galilea, which expected 30 (AM-GAL); El Coecillo had 78 places (HERALDO-40). That Galilea's 53 were asked to move there
    is supposed, and so are their families."""
    async with desk_in(folder) as desk:
        await _only(desk, COECILLO)
        await desk.handle(c.ReportOccupancy(shelter="galilea", available={"mix": 30}), by=GALILEA)
        bus = await _group(desk, "leon", 83, households=EIGHTY_THREE)
        await desk.handle(c.ProposePlacement(group=bus, pins={"*": "galilea"}), by=OFFICIAL)
        plan = desk.picture.plans[bus]
        [stay] = _held(
            await desk.handle(c.ConfirmPlacement(group=bus, plan=plan.plan, shelters=("galilea",)), by=OFFICIAL)
        )
        came = await desk.handle(c.RecordPlacementArrival(placement=stay, people=83), by=GALILEA)
        [told] = [
            event.notice.facts
            for event in came.events
            if isinstance(event, e.NoticeQueued) and event.notice.template == "llegaron_mas"
        ]
        assert (told["sin_cama"], told["hay_lugar"]) == (53, f"{COECILLO.name} 78")

        # Nobody who sleeps somewhere is offered anything by the program.
        await desk.repair()
        assert desk.picture.plans[bus].plan == plan.plan
        await desk.handle(c.ProposePlacement(group=bus), by=OFFICIAL)
        asked = desk.picture.plans[bus]
        [part] = asked.parts
        assert (part.shelter, part.people, part.moves_from) == ("el-coecillo", 53, stay)
        assert (asked.unplaced, asked.without_bed, asked.status["U2"]) == (0, 0, "optimal")
        families = households_of(desk.picture.groups[bus])
        assert sum(families[ident].size for ident in part.households) == 53
        assert not set(part.households) & set(desk.picture.placements[stay].households)

        [held] = _held(await desk.handle(c.ConfirmPlacement(group=bus, plan=asked.plan), by=OFFICIAL))
        await desk.handle(c.AcceptPlacement(placement=held), by=OFFICIAL)
        group = desk.picture.groups[bus]
        assert (group.hosted, group.promised, desk.picture.shelters["galilea"].excess) == (83, 83, 53)

        await desk.handle(c.RecordPlacementArrival(placement=held, people=53), by=OFFICIAL)
        galilea, coecillo = desk.picture.shelters["galilea"], desk.picture.shelters["el-coecillo"]
        assert (galilea.excess, galilea.occupied, galilea.status) == (0, 30, "full")
        assert (coecillo.excess, coecillo.occupied, coecillo.free_total) == (0, 53, 25)
        group = desk.picture.groups[bus]
        assert (group.hosted, group.unplaced, reconcile(group).unknown) == (83, 0, 0)
        assert [desk.picture.placements[ident].present for ident in group.placements] == [30, 53]


async def test_el_coecillo_has_seventy_eight_places_and_ninety_three_people_come(folder: Path) -> None:
    async with desk_in(folder) as desk:
        await _only(desk, COECILLO)
        group = await _group(desk, "leon", 93, households=NINETY_THREE)
        await desk.handle(c.ProposePlacement(group=group), by=OFFICIAL)
        plan = desk.picture.plans[group]
        [part] = plan.parts
        assert (part.shelter, part.people, plan.unplaced, plan.vector.U1) == ("el-coecillo", 78, 15, 0)
        lacking = {why.code: why.details for why in plan.lacking}
        assert sum(int(str(details.get("places", 0))) for details in lacking.values()) == 15
        [stay] = _held(await desk.handle(c.ConfirmPlacement(group=group, plan=plan.plan), by=OFFICIAL))

        # The house took them all, as it did then: it is written down, never refused.
        await desk.handle(c.RecordPlacementArrival(placement=stay, people=93), by=OFFICIAL)
        house = desk.picture.shelters["el-coecillo"]
        assert (house.status, house.excess, house.free_total) == ("over", 15, 0)
        assert (desk.picture.groups[group].hosted, desk.picture.groups[group].unplaced) == (93, 0)
        assert reconcile(desk.picture.groups[group]).unknown == 0


async def test_four_thousand_five_hundred_under_the_bridge(folder: Path) -> None:
    """38 groups of about 118, each with its share of families: one plan for all, in a process of its own."""
    composition = Composition(
        f={"18-59": 22, "0-4": 5, "5-11": 6, "12-17": 4}, m={"18-59": 68, "0-4": 5, "5-11": 6, "12-17": 2}
    )
    async with desk_in(folder) as desk:
        await desk.handle(c.RegisterStation(station=BRIDGE), by=OFFICIAL)
        await _only(desk, *SITES)
        people = [118] * 37 + [134]
        groups = [await _group(desk, "siglo-xxi", n, composition=composition) for n in people]
        activation = desk.picture.groups[groups[0]].activation
        assert desk.picture.activations[activation].unplaced == 4_500

        searches = Searches(desk)
        begun = searches.start(c.ProposePlacement(activation=activation), by=OFFICIAL)
        ended = await searches.wait(begun.id, 120)
        assert (ended.state, ended.refusal) == ("done", None)

        plans = [desk.picture.plans[group] for group in groups]
        placed = [sum(part.people for part in plan.parts) for plan in plans]
        assert [n + plan.unplaced for n, plan in zip(placed, plans, strict=True)] == people
        places = sum(p.nominal or 0 for site in SITES for p in site.sections.values())
        assert sum(placed) <= places
        assert sum(plan.unplaced for plan in plans) >= 4_500 - places
        assert all(plan.status["U2"] == "optimal" for plan in plans)
        short = [plan for plan in plans if plan.unplaced]
        assert short
        assert all(plan.lacking for plan in short)
        assert all({each.shelter for each in plan.reasons} >= {site.id for site in SITES} for plan in plans)
        taken = {(p.shelter, s): 0 for plan in plans for p in plan.parts for s in p.beds}
        for plan in plans:
            for part in plan.parts:
                for section, beds in part.beds.items():
                    taken[part.shelter, section] += beds
        for site in SITES:
            for section, kept in site.sections.items():
                assert taken.get((site.id, section), 0) <= (kept.nominal or 0)
        for plan in plans:
            await desk.handle(c.ConfirmPlacement(group=plan.group, plan=plan.plan), by=OFFICIAL)
        assert desk.picture.activations[activation].unplaced == 4_500 - sum(placed)
        await searches.close()
