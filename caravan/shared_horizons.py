"""What each agency may see of how far the places reach: one part of a share. Where people sleep and for how long is for those who
lodge them; never for a restricted viewer."""

from __future__ import annotations

from functools import cached_property
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from caravan.coordination.horizon import shortfalls
from caravan.coordination.hunger import food_until
from caravan.coordination.room import timezone_of
from caravan.geography import road_hm
from caravan.shared_places import SharedPlaces
from caravan.shelters.horizon import Horizon, Shortfall, came_since, horizon
from caravan.shelters.ledger import tonight
from caravan.shelters.staleness import Call, call_list, counted_on


class SharedHorizons(SharedPlaces):
    """A picture seen through one viewer's eyes, as far as it is about coming nights."""

    def call_list(self) -> list[Call]:
        """Whom the coordination should phone, the first first: houses that have not told their places for too long."""
        if not self.coordinates:
            return []
        picture = self._picture
        waiting = [
            picture.stations[ident] for ident in self._stations_with_people_waiting() if ident in picture.stations
        ]
        standings = [picture.shelters[ident] for ident in sorted(picture.shelters)]
        distances = {
            one.shelter.id: min(road_hm(station.position, one.shelter.position) for station in waiting)
            for one in standings
            if waiting
        }
        near = frozenset(station.municipality for station in waiting)
        return call_list(standings, picture.policy, self.now, distance_hm=distances, near=near)

    def _stations_with_people_waiting(self) -> list[str]:
        runs = (self._picture.activations[ident] for ident in self._picture.activations)
        groups = (self._picture.groups[g] for run in runs if not run.closed and run.unplaced for g in run.groups)
        return sorted({group.station for group in groups if group.status == "open" and group.unplaced})

    def horizon(self, shelter: str) -> Horizon | None:
        """A house's nights ahead, for the house itself and for those who may know every figure of it."""
        standing = self._picture.shelters.get(shelter)
        if standing is None or shelter not in self._houses():
            return None
        zone = ZoneInfo(timezone_of(self._picture))
        return horizon(
            standing, sorted(self._picture.placements_in(shelter), key=lambda p: p.id),
            counted_on(standing, self._picture.policy, self.now), weekly=self._came_this_week.get(shelter, 0),
            today=tonight(self.now, zone.key), zone=zone,
            food_until=food_until(self._picture, f"shelter:{shelter}", self.now, zone),
        )  # fmt: skip

    def _houses(self) -> list[str]:
        """The houses of which this viewer may know every figure of the coming nights."""
        if self.coordinates:
            return sorted(self._picture.shelters)
        own = self.viewer.role == "shelter" and not self.restricted and self.viewer.place in self._picture.shelters
        return [self.viewer.place] if own and self.viewer.place is not None else []

    @cached_property
    def _came_this_week(self) -> dict[str, int]:
        return came_since((self._picture.placements[ident] for ident in self._picture.placements), self.now)

    def shortfalls(self) -> list[Shortfall]:
        """The stays that end too soon, the first to end first: the coordination's, and a house's own. What would mend them are places
        of other houses: for those who may know every figure of those."""
        houses = self._houses()
        found = [one for one in shortfalls(self._picture, self.now) if one.shelter in houses] if houses else []
        return found if self.coordinates else [replace(short, mends=()) for short in found]
