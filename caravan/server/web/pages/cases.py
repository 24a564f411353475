"""The cases of an activation, what was said of them that may be forgotten, and what other states answered."""

from __future__ import annotations

from typing import Any

from litestar import Request

from caravan import commands as c
from caravan.audiences import SharedActivation, SharedCase
from caravan.basics import Record
from caravan.server.db import texts
from caravan.server.db.engine import reading
from caravan.server.db.users import User
from caravan.server.web.pages.work import Deed, Work, deeds_for, may
from caravan.server.web.words import by_language
from caravan.sharing import SharedPicture
from caravan.texts import KeptText

# What the forms of a page that shows cases ask for.
CASE_COMMANDS: tuple[type[c.Command], ...] = (c.OpenCase, c.AnswerRelay)
# A line of calls has thousands of ended cases; the page shows the newest, the API has them all.
_CLOSED_SHOWN = 30


class Said(Record, frozen=True):
    """A text with its words, ``None`` once it is erased."""

    mark: KeptText
    words: str | None


class CaseCard(Record, frozen=True):
    """One case: what it waits for, what else may be done about it, what was said."""

    case: SharedCase
    title: str
    work: tuple[Work, ...]
    deeds: tuple[Deed, ...]
    said: tuple[Said, ...]


async def cases_of(
    request: Request[Any, Any, Any], share: SharedPicture, user: User, run: SharedActivation, work: list[Work]
) -> dict[str, Any]:
    """What the part of a page about cases shows; ``work`` is all that waits in the activation."""
    cases, over = _apart(share.cases(run.id))
    marks = {owner: share.texts(owner) for owner in (run.id, *(case.id for case in cases))}
    async with reading(request.app.state.desk.engine) as connection:
        words = await texts.read(connection, [mark.id for kept in marks.values() for mark in kept])
    said = {owner: tuple(Said(mark=m, words=words.get(m.id)) for m in kept) for owner, kept in marks.items()}
    protocol = share.protocol(f"{run.protocol}@{run.version}")
    machines = {} if protocol is None else protocol.machines
    openable = share.openable(run.id) if may(user, c.OpenCase) else []
    return {
        "cases": [_card(share, case, work, said[case.id]) for case in cases],
        "over": over,
        "openable": [(name, _title(name, machines[name].label)) for name in openable],
        "said": said[run.id],
        "relays": share.relays(run.id),
        "may_answer": may(user, c.AnswerRelay),
    }


def _apart(cases: list[SharedCase]) -> tuple[list[SharedCase], int]:
    """The open cases and the newest of the closed ones; how many are left out."""
    closed = [case for case in cases if case.status != "open"]
    shown = closed[-_CLOSED_SHOWN:]
    return [case for case in cases if case.status == "open"] + shown[::-1], len(closed) - len(shown)


def _card(share: SharedPicture, case: SharedCase, work: list[Work], said: tuple[Said, ...]) -> CaseCard:
    mine = tuple(one for one in work if one.step.case == case.id)
    offered = {deed.form for one in mine for deed in one.deeds}
    deeds = deeds_for(share, case.id, case=True) if case.status == "open" else []
    return CaseCard(
        case=case, title=_title(case.machine, case.label), work=mine, said=said,
        deeds=tuple(deed for deed in deeds if deed.form not in offered),
    )  # fmt: skip


def _title(machine: str, label: dict[str, str]) -> str:
    return by_language(label) or machine.replace("_", " ").capitalize()
