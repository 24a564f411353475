"""Cases, the marks of erasable texts, and relays to other states."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace
from rpds import HashTrieSet

from caravan import events as e
from caravan.cases import Case
from caravan.fold.moves import folds, settled
from caravan.picture import Picture


@folds(e.CaseOpened)
def _opened(picture: Picture, event: e.CaseOpened, at: datetime) -> Picture:
    case = event.case
    run = picture.activations[case.activation]
    run = replace(run, cases=run.cases.push_front(case.id))
    picture = replace(picture, activations=picture.activations.insert(run.id, run), minted=picture.minted + 1)
    return _put(picture, case)


@folds(e.CaseNoted)
def _noted(picture: Picture, event: e.CaseNoted, at: datetime) -> Picture:
    case = picture.cases[event.case]
    return _put(picture, replace(case, values={**case.values, **event.values}))


@folds(e.CaseClosed)
def _closed(picture: Picture, event: e.CaseClosed, at: datetime) -> Picture:
    return settled(_put(picture, replace(picture.cases[event.case], status="closed")))


def _put(picture: Picture, case: Case) -> Picture:
    """Stores a case; while it is open its activation and its group know it."""
    there = picture.cases_in
    for owner in (case.activation, case.group):
        if owner is not None:
            known = there.get(owner, HashTrieSet())
            there = there.insert(owner, known.insert(case.id) if case.status == "open" else known.discard(case.id))
    return replace(picture, cases=picture.cases.insert(case.id, case), cases_in=there)


def follow(picture: Picture, gone: str, kept: str) -> Picture:
    """What belonged to a merged group belongs to the group that stays: its open cases, the answers it waits for, and what has to
    be erased some day."""
    for case in picture.open_cases(gone):
        for ident in picture.machines_of.get(case.id, ()):
            moved = replace(picture.instances[ident], group=kept)
            tasks = picture.tasks
            for task in picture.tasks_of.get(ident, ()):
                tasks = tasks.insert(task, replace(tasks[task], group=kept))
            picture = replace(picture, instances=picture.instances.insert(ident, moved), tasks=tasks)
        picture = _put(picture, replace(case, group=kept))
    relays = picture.relays
    for ident in relays:
        if relays[ident].group == gone:
            relays = relays.insert(ident, replace(relays[ident], group=kept))
    texts = picture.texts
    moving = picture.texts_of.get(gone, HashTrieSet())
    for ident in moving:
        texts = texts.insert(ident, replace(texts[ident], owner=kept, group=kept))
    owned = picture.texts_of
    if moving:
        mine = owned.get(kept, HashTrieSet())
        for ident in moving:
            mine = mine.insert(ident)
        owned = owned.discard(gone).insert(kept, mine)
    there = picture.cases_in.discard(gone)
    return replace(picture, relays=relays, texts=texts, texts_of=owned, cases_in=there)


@folds(e.TextKept)
def _kept(picture: Picture, event: e.TextKept, at: datetime) -> Picture:
    text = event.text
    known = picture.texts_of.get(text.owner, HashTrieSet())
    return replace(
        picture,
        texts=picture.texts.insert(text.id, text),
        texts_of=picture.texts_of.insert(text.owner, known.insert(text.id)),
        minted=picture.minted + 1,
    )


@folds(e.TextsPurged)
def _purged(picture: Picture, event: e.TextsPurged, at: datetime) -> Picture:
    texts = picture.texts
    for ident in event.texts:
        texts = texts.insert(ident, replace(texts[ident], erased_at=at))
    return replace(picture, texts=texts)


@folds(e.RelayProposed)
def _proposed(picture: Picture, event: e.RelayProposed, at: datetime) -> Picture:
    return replace(picture, relays=picture.relays.insert(event.relay.id, event.relay), minted=picture.minted + 1)


@folds(e.RelayAnswered)
def _answered(picture: Picture, event: e.RelayAnswered, at: datetime) -> Picture:
    relay = replace(
        picture.relays[event.relay], status="accepted" if event.accepted else "rejected", received=event.received,
        answered_at=at, reason=event.reason,
    )  # fmt: skip
    return replace(picture, relays=picture.relays.insert(relay.id, relay))
