"""The placement policy in force, and those before it."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from caravan import events as e
from caravan.fold.moves import folds
from caravan.picture import Picture
from caravan.policies import PublishedPolicy


@folds(e.PolicyPublished)
def _published(picture: Picture, event: e.PolicyPublished, at: datetime) -> Picture:
    published = PublishedPolicy(
        policy=event.policy, text=event.text, sha256=event.sha256, reason=event.reason, published_at=at, agency=event.agency,
        user=event.user,
    )  # fmt: skip
    return replace(picture, policy=event.policy, policies=picture.policies.insert(event.policy.key, published))
