"""What each agency may see of published protocols and of drafts: one part of a share."""

from __future__ import annotations

from datetime import datetime

from caravan.coordination.publishing import may_change, may_publish
from caravan.drafts import Draft
from caravan.policies import PublishedPolicy
from caravan.protocol.model import Protocol
from caravan.shared_horizons import SharedHorizons
from caravan.shelters.policy import Policy


class SharedProtocols(SharedHorizons):
    """A picture seen through one viewer's eyes, as far as it is about protocols as such and not about what runs."""

    def protocols(self) -> list[Protocol]:
        """Every published version, the one in force first. Protocols are public documents."""
        picture = self._picture
        keys = sorted(picture.protocols, key=lambda key: (key != picture.in_force, picture.protocols[key].id, key))
        return [picture.protocols[key] for key in keys]

    def standing_of(self, key: str) -> str | datetime:
        """What a published version is now: ``in_force``, ``beside`` (the newest of another protocol), ``earlier``, or the
        instant from which it will answer."""
        picture, protocol = self._picture, self._picture.protocols[key]
        if key == picture.in_force:
            return "in_force"
        if key in picture.coming:
            return picture.coming[key]
        answering = picture.answering
        beside = picture.latest[protocol.id] == key and (answering is None or answering.id != protocol.id)
        return "beside" if beside else "earlier"

    def protocol(self, key: str) -> Protocol | None:
        """A published version by ``id@version``."""
        return self._picture.protocols.get(key)

    def drafts(self) -> list[Draft]:
        """Changes on their way, the newest first: the coordination's own until they are published."""
        found = (self._picture.drafts[i] for i in self._picture.drafts) if self.coordinates else ()
        return sorted(found, key=lambda draft: (draft.saved_at, draft.id), reverse=True)

    def policy(self) -> Policy | None:
        """The placement policy in force. It names houses and their hours: not for a restricted viewer."""
        return None if self.restricted else self._picture.policy

    def policies(self) -> list[PublishedPolicy]:
        """Every published version of it with its text and its reason, the newest first: the coordination's."""
        found = (self._picture.policies[key] for key in self._picture.policies) if self.coordinates else ()
        return sorted(found, key=lambda one: (one.policy.id, one.policy.version), reverse=True)

    def packs(self) -> dict[str, str]:
        """The texts a draft may extend, by ``id@version``: published protocols are public documents."""
        return {key: self._picture.packs[key] for key in self._picture.packs}

    def draft(self, ident: str) -> Draft | None:
        return self._picture.drafts.get(ident) if self.coordinates else None

    def may_with(self, draft: Draft) -> frozenset[str]:
        """What this viewer's agency may do with that draft: ``change``, ``withdraw``, ``propose``, ``approve``."""
        if not self.coordinates or not draft.changeable:
            return frozenset()
        asked = (self._picture, draft, self.viewer.agency)
        writes = {"change", "withdraw"} if may_change(*asked) else set[str]()
        return frozenset(writes | ({"propose", "approve"} if may_publish(*asked) else set[str]()))

    def beside(self) -> list[Protocol]:
        """The newest version of each protocol that may run beside the one that answers arrivals, by id."""
        picture = self._picture
        newest = (picture.protocols[picture.latest[ident]] for ident in sorted(picture.latest))
        answering = "" if picture.answering is None else picture.answering.id
        return [p for p in newest if p.id != answering and p.machine_for("activacion")]

    @property
    def in_force(self) -> Protocol | None:
        return self._picture.protocols.get(self._picture.in_force or "")
