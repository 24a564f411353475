"""Drafts on their way to being published, and activations that go over to another version."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from caravan import events as e
from caravan.drafts import Draft
from caravan.fold.moves import folds, settled
from caravan.picture import Picture
from caravan.protocol.outlook import next_due


@folds(e.DraftSaved)
def _saved(picture: Picture, event: e.DraftSaved, at: datetime) -> Picture:
    """A text that is saved again is no longer the one that was proposed."""
    known = picture.drafts.get(event.draft)
    draft = Draft(
        id=event.draft, text=event.text, sha256=event.sha256, saved_at=at, saved_by=event.user,
        agency=event.agency if known is None else known.agency, note=event.note,
    )  # fmt: skip
    minted = picture.minted + (known is None)
    return replace(picture, drafts=picture.drafts.insert(draft.id, draft), minted=minted)


@folds(e.PublicationProposed)
def _proposed(picture: Picture, event: e.PublicationProposed, at: datetime) -> Picture:
    return _put(picture, replace(picture.drafts[event.draft], status="proposed", proposed_by=event.user))


@folds(e.PublicationApproved)
def _approved(picture: Picture, event: e.PublicationApproved, at: datetime) -> Picture:
    return _put(picture, replace(picture.drafts[event.draft], status="published", approved_by=event.user))


@folds(e.DraftWithdrawn)
def _withdrawn(picture: Picture, event: e.DraftWithdrawn, at: datetime) -> Picture:
    return _put(picture, replace(picture.drafts[event.draft], status="withdrawn"))


def _put(picture: Picture, draft: Draft) -> Picture:
    return replace(picture, drafts=picture.drafts.insert(draft.id, draft))


@folds(e.ActivationMigrated)
def _migrated(picture: Picture, event: e.ActivationMigrated, at: datetime) -> Picture:
    run = replace(picture.activations[event.activation], protocol=event.protocol, version=event.version)
    picture = replace(picture, activations=picture.activations.insert(run.id, run))
    for ident in event.ended:
        owner = picture.instances[ident].owner
        left = tuple(known for known in picture.machines_of[owner] if known != ident)
        picture = replace(picture, machines_of=picture.machines_of.insert(owner, left))
    for ident, snapshot in event.snapshots.items():
        instance = replace(picture.instances[ident], snapshot=snapshot, stopped=())
        picture = replace(picture, instances=picture.instances.insert(ident, instance))
        picture = _retask(picture, ident, event.map.get(snapshot.machine, {}))
        picture = settled(picture, next_due(snapshot), f"instance:{ident}")
    return picture


def _retask(picture: Picture, instance: str, images: dict[str, str]) -> Picture:
    """Open tasks belong to the step their step became."""
    tasks = picture.tasks
    for ident in picture.tasks_of.get(instance, ()):
        task = tasks[ident]
        if images.get(task.state):
            tasks = tasks.insert(ident, replace(task, state=images[task.state]))
    return replace(picture, tasks=tasks)
