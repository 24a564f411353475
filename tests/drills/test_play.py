from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace
from nights import SCENARIO, Night, carry_out, state_before

from caravan.audiences import Viewer
from caravan.basics import Actor
from caravan.commands import AcceptPlacement, ProposePlacement, ReportArrival, SendEvent
from caravan.drills.play import UnplayableLine, command_for, play
from caravan.drills.scenario import Line, load
from caravan.events import DeadlineMissed, EventDropped, NoticeQueued
from caravan.groups import reconcile
from caravan.sharing import share

LEON = load(SCENARIO)
COORDINATION = Actor(agency="SDH", role="coordination")


@pytest.fixture(scope="module")
def night() -> Night:
    return Night(LEON)


@pytest.fixture(scope="module")
def group(night: Night) -> str:
    return night.aliases["autobus"] or ""


def test_thirty_were_expected_at_galilea_and_eighty_three_came(night: Night, group: str) -> None:
    (placement,) = night.picture.placements_of(group)
    assert (placement.shelter, placement.people, placement.came, placement.present) == ("galilea", 30, 83, 83)
    galilea = night.picture.shelters["galilea"]
    assert (galilea.free_total, galilea.excess, galilea.status) == (0, 53, "over")


def test_where_everybody_is_adds_up_and_no_figure_is_lost(night: Night, group: str) -> None:
    people = night.picture.groups[group]
    parts = reconcile(people)
    assert (
        parts.arrived
        == 83
        == parts.hosted + parts.elsewhere + parts.left + parts.transferred + parts.hospital + parts.unknown
    )
    assert (parts.hosted, parts.unknown) == (83, 0)
    assert [count.people for count in people.counts] == [35, 35, 100, 70, 12, 83]
    assert people.disagreement == (35, 100)


def test_two_reports_of_one_bus_became_one_group(night: Night, group: str) -> None:
    second = night.picture.groups[night.aliases["llamada"] or ""]
    assert (second.status, second.merged_into) == ("merged", group)


def test_the_stay_ends_on_thursday_and_galilea_is_warned_a_day_before(night: Night, group: str) -> None:
    (placement,) = night.picture.placements_of(group)
    assert placement.ends_at == datetime(2023, 5, 18, 18, 0, tzinfo=UTC)
    warned = [
        event.notice.to for _, event in night.events
        if isinstance(event, NoticeQueued) and event.notice.template == "por_vencer"
    ]  # fmt: skip
    assert "ALBERGUE" in warned


def test_the_agencies_were_told_when_the_protocol_was_activated(night: Night) -> None:
    told = {
        event.notice.to for _, event in night.events
        if isinstance(event, NoticeQueued) and event.notice.template == "activacion"
    }  # fmt: skip
    assert {"INM", "COMAR", "ACNUR", "DIF", "SALUD"} <= told


def test_everybody_had_breakfast_on_tuesday(night: Night, group: str) -> None:
    (asked,) = [night.picture.orders[ident] for ident in night.picture.orders_in[group]]
    assert (asked.kitchen, asked.day.isoformat(), asked.service, asked.served) == (
        "trigo-y-miel",
        "2023-05-16",
        "breakfast",
        100,
    )


def test_after_the_night_a_handful_of_steps_is_late_and_most_are_not(night: Night) -> None:
    steps = share(night.picture, Viewer(agency="SDH", role="coordination"), LEON.ends).steps()
    late = {step.id.rpartition("/")[2] for step in steps if step.deadline is not None and step.deadline < LEON.ends}
    assert late == {"deteccion", "canalizacion", "en_servicio"}
    assert len(steps) > 2 * len(late)


def test_the_sources_contradict_one_another_on_asylum_so_nothing_of_it_is_recorded(night: Night, group: str) -> None:
    assert night.picture.groups[group].asylum is None


def test_what_inm_sees_of_the_night_holds_no_asylum_and_no_shelter(night: Night, group: str) -> None:
    seen = share(night.picture, Viewer(agency="INM", role="agency"), LEON.ends)
    people = seen.group(group)
    assert people is not None
    assert (people.people, people.asylum, people.hosted, people.placements) == (83, None, None, ())
    assert seen.shelters() == [] and seen.kitchens() == []
    assert not {step.track for step in seen.steps()} & {"asilo"}
    assert any(
        step.track == "asilo" for step in share(night.picture, Viewer(agency="COMAR", role="agency"), LEON.ends).steps()
    )


def test_nothing_people_did_that_night_fell_on_deaf_ears(night: Night) -> None:
    sent = {line.command.event for line in LEON.lines if isinstance(line.command, SendEvent)}
    dropped = {event.name for _, event in night.events if isinstance(event, EventDropped)}
    assert not sent & dropped
    assert any(isinstance(event, DeadlineMissed) for _, event in night.events)


def test_a_group_of_a_visitor_finds_a_place_that_same_night() -> None:
    now = LEON.lines[2].at
    picture = state_before(LEON.starts)
    for at, line in play(replace(LEON, lines=LEON.lines[:3])):
        picture = carry_out(picture, *command_for(line, picture, {}), at).picture
    arrived = carry_out(picture, ReportArrival(station="leon", people=12, declared_by="visita"), COORDINATION, now)
    from_plan = Line(number=1, at=now, by=COORDINATION, command=ProposePlacement(group="$visita"), source="D: prueba")
    wish, by = command_for(from_plan, arrived.picture, {"visita": arrived.created})
    planned = carry_out(arrived.picture, wish, by, now)
    assert sum(part.people for part in planned.picture.plans[arrived.created or ""].parts) == 12


def test_lines_are_played_in_time_order_and_those_of_one_minute_as_written() -> None:
    first, second, third = LEON.lines[:3]
    shuffled = replace(LEON, lines=(third, replace(second, at=first.at), first))
    assert [line.number for _, line in play(shuffled)] == [second.number, first.number, third.number]


@pytest.mark.parametrize(
    "reference", ["$nadie", "$autobus.plan", "$autobus.placement:abba", "$autobus.order:dif-leon", "$operativo.plan"]
)
def test_a_line_that_points_at_nothing_names_itself(night: Night, reference: str) -> None:
    line = Line(
        number=77, at=LEON.ends, by=COORDINATION, command=AcceptPlacement(placement=reference), source="D: prueba"
    )
    eve = state_before(LEON.starts)
    with pytest.raises(UnplayableLine, match="línea 77: ") as caught:
        command_for(line, night.picture if "plan" not in reference else eve, night.aliases)
    assert caught.value.number == 77
