"""What the checker says is so: no life of any random chart contradicts a finding about it."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from random import Random

import pytest

from caravan.protocol.check import check
from caravan.protocol.model import EndlessLoop, Protocol, Snapshot, Trigger
from caravan.protocol.step import next_due, start, step
from caravan.protocol.vocabulary import Value
from tests.protocol.charts import drawn, history_of

CHARTS = 200
NIGHT = datetime(2023, 5, 16, 3, 0, tzinfo=UTC)
Lived = tuple[dict[str, set[str]], list[tuple[Snapshot, Snapshot]]]


def findings(chart: Protocol) -> dict[str, set[str]]:
    """By code, the states found."""
    found: dict[str, set[str]] = {}
    for finding in check(chart):
        found.setdefault(finding.code, set()).add(finding.state)
    return found


def life_of(chart: Protocol, random: Random) -> list[tuple[Snapshot, Snapshot]]:
    """The steps of one random life, each as where it stood before and after; until it ends or never rests."""
    steps: list[tuple[Snapshot, Snapshot]] = []
    now, facts = NIGHT, dict[str, dict[str, Value]]()
    with suppress(EndlessLoop):
        here = start(chart, "m", facts, now).snapshot
        steps.append((here, here))
        for each in history_of(random, 20):
            due = next_due(here)
            if each.kind == "wait" and due is not None:
                now = max(now, due)
                trigger = Trigger(kind="timer", timer=next(timer for timer in here.timers if timer.due == due))
            elif each.kind == "facts":
                facts = {"grupo": {"nna": each.amount}}
                trigger = Trigger(kind="facts")
            else:
                trigger = Trigger(kind="event", name=each.name)
            before, here = here, step(chart, here, trigger, facts, now).snapshot
            steps.append((before, here))
            if here.done:
                break
    return steps


@pytest.fixture(scope="module")
def lives() -> list[Lived]:
    """Charts with what the checker says of them, and a few lives of each."""
    found: list[Lived] = []
    for seed in range(CHARTS):
        random = Random(seed)
        chart = drawn(random, states=random.choice((6, 12, 20)), resumes=seed % 2 == 0, restless=False)
        found.append((findings(chart), [each for _ in range(4) for each in life_of(chart, random)]))
    return found


def test_no_machine_ever_stands_where_the_checker_says_no_path_leads(lives: list[Lived]) -> None:
    told = 0
    for found, steps in lives:
        unreachable = found.get("unreachable", set())
        told += len(unreachable)
        assert not unreachable & {state for _, after in steps for state in after.active}
    assert told > 50


def test_no_machine_ever_leaves_what_the_checker_says_nothing_ends(lives: list[Lived]) -> None:
    told = 0
    for found, steps in lives:
        stuck = found.get("no_exit", set())
        told += len(stuck)
        for before, after in steps:
            if not after.done:
                assert stuck & set(before.active) <= set(after.active)
    assert told > 20


def test_no_machine_ends_after_it_stood_where_the_checker_says_it_never_could(lives: list[Lived]) -> None:
    told = 0
    for found, steps in lives:
        lost = found.get("no_path_to_final", set()) | found.get("no_exit", set())
        told += len(lost)
        for before, after in steps:
            if after.done:
                assert not set(before.active) & lost, (before.active, lost)
    assert told > 20
