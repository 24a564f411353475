"""Tasks done and notices read."""

from __future__ import annotations

from caravan import commands as c
from caravan import events as e
from caravan.basics import Refusal
from caravan.coordination.turn import Turn, answers
from caravan.protocol.model import Trigger


@answers(c.CompleteTask)
def complete(turn: Turn, command: c.CompleteTask) -> None:
    task = turn.picture.tasks.get(command.task)
    by = turn.by
    if task is None or (task.visible is not None and by.agency not in task.visible and by.role != "system"):
        raise Refusal("unknown_task", field="task", task=command.task)
    if by.role not in ("coordination", "system") and by.agency != task.owner:
        raise Refusal("not_yours_to_do")
    if task.evidence is not None and not command.evidence.strip():
        raise Refusal("evidence_missing", field="evidence", missing=[task.evidence])
    turn.happen(
        e.TaskCompleted(
            task=task.id, by=by.agency, evidence=command.evidence, case=task.case, visible=task.visible
        )
    )  # fmt: skip
    turn.queue.append((task.instance, Trigger(kind="event", name="tarea_cumplida", payload={"estado": task.state})))


@answers(c.MarkNoticeSeen)
def mark_seen(turn: Turn, command: c.MarkNoticeSeen) -> None:
    notice = turn.picture.notices.get(command.notice)
    by = turn.by
    theirs = notice is not None and (notice.to == by.agency or by.role == "system")
    if notice is not None and notice.place is not None and by.role in ("shelter", "kitchen"):
        theirs = theirs and notice.place == f"{by.role}:{by.place}"
    if notice is None or not theirs:
        raise Refusal("unknown_notice", field="notice", notice=command.notice)
    turn.happen(e.NoticeSeen(notice=notice.id))
