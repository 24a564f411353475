"""What who plans the night may see of plans, and nobody else: one part of a share."""

from __future__ import annotations

from caravan import events as e
from caravan.commands import ProposePlacement
from caravan.coordination.relieving import beds_lacking, beds_to_spare
from caravan.coordination.weighing import Weighed, weigh
from caravan.shared_protocols import SharedProtocols
from caravan.shelters.households import households_of
from caravan.shelters.plan import Need


class SharedPlans(SharedProtocols):
    """A picture seen through one viewer's eyes, as far as it is about proposals: they tell of households, of children who are
    alone and of needs."""

    def plan(self, group: str) -> e.PlanProposed | None:
        return self._picture.plans.get(group) if self.coordinates else None

    def households(self, group: str) -> dict[str, Need]:
        """A group's households as placement takes them, by id; for those who plan. None where nobody said who they are."""
        known = self._picture.groups.get(group) if self.coordinates else None
        return {} if known is None else households_of(known)

    def short(self) -> list[e.PlacesShort]:
        """The houses that have fewer places than were promised of them; for those who promise."""
        return [self._picture.short[i] for i in sorted(self._picture.short)] if self.coordinates else []

    def without_bed(self, group: str) -> dict[str, int]:
        """People of a group who are in a house without a bed and have none promised elsewhere, by placement; for those who place."""
        known = self._picture.groups.get(group) if self.coordinates else None
        return {} if known is None else beds_lacking(self._picture, known)

    def beds_to_spare(self, placement: str) -> int:
        """Places kept elsewhere for people of a placement who no longer need them; for those who place."""
        known = self._picture.placements.get(placement) if self.coordinates else None
        return 0 if known is None else beds_to_spare(self._picture, known)

    def weigh(self, wish: ProposePlacement) -> Weighed | None:
        """What sending these people where a person chose would cost; for those who choose. Takes as long as a search."""
        return weigh(self._picture, wish, self.now) if self.coordinates else None
