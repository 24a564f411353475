"""Tasks done by those who owe them, and notices read by those they are for."""

from __future__ import annotations

import pytest
from realm import COMAR, DIF, INM, SDH, Night

from caravan import commands as c
from caravan import events as e
from caravan.tasks import Task


@pytest.fixture
def written_notice(night: Night) -> Task:
    """The written notice to COMAR (G17, LR 21): the coordination owes it, and INM may not know of it."""
    ident = night.arrives(35, asylum=4)
    return next(
        t for i in night.picture.tasks if (t := night.picture.tasks[i]).group == ident and t.evidence == "documento"
    )


def test_a_task_needs_its_evidence_and_is_then_off_the_list(night: Night, written_notice: Task) -> None:
    assert night.refusal(c.CompleteTask(task=written_notice.id, evidence="  ")).details["missing"] == ["documento"]
    outcome = night.do(c.CompleteTask(task=written_notice.id, evidence="Oficio 12"))
    done = [event for event in outcome.events if isinstance(event, e.TaskCompleted)]
    assert [(event.task, event.by, event.evidence) for event in done] == [(written_notice.id, "SDH", "Oficio 12")]
    assert written_notice.id not in night.picture.tasks
    assert night.refusal(c.CompleteTask(task=written_notice.id, evidence="Oficio 12")).code == "unknown_task"


def test_a_task_is_due_with_the_step_it_belongs_to(night: Night, written_notice: Task) -> None:
    assert written_notice.due is not None
    assert (written_notice.due - night.now).total_seconds() == 3600


def test_a_task_one_may_not_know_of_does_not_exist_for_them(night: Night, written_notice: Task) -> None:
    for stranger in (INM, DIF):
        hidden = night.refusal(c.CompleteTask(task=written_notice.id, evidence="x"), stranger)
        nothing = night.refusal(c.CompleteTask(task="t-0", evidence="x"), stranger)
        assert (hidden.code, nothing.code) == ("unknown_task", "unknown_task")


def test_a_task_is_done_by_the_agency_that_owes_it(night: Night, written_notice: Task) -> None:
    assert night.refusal(c.CompleteTask(task=written_notice.id, evidence="x"), COMAR).code == "not_yours_to_do"


def test_a_task_of_a_step_that_was_left_is_withdrawn(night: Night, written_notice: Task) -> None:
    outcome = night.do(
        c.SendEvent(event="aviso_enviado", group=written_notice.group, payload={"documento": "Oficio 12"})
    )
    assert e.TaskWithdrawn(task=written_notice.id) in outcome.events
    assert written_notice.id not in night.picture.tasks


def test_a_notice_is_seen_by_the_agency_it_was_sent_to(night: Night) -> None:
    night.arrives(35)
    notice = next(n for i in night.picture.notices if (n := night.picture.notices[i]).to == "SDH")
    assert night.refusal(c.MarkNoticeSeen(notice=notice.id), INM).code == "unknown_notice"
    night.do(c.MarkNoticeSeen(notice=notice.id), SDH)
    assert notice.id not in night.picture.notices
