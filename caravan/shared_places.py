"""What each agency may see of stations, offices and shelters: one part of a share."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from caravan.audiences import EXACT, SharedGroup, Town, Viewer, audiences_of, tells, without_small_promises
from caravan.coordination.room import ledger_of
from caravan.geography import Position
from caravan.picture import Picture
from caravan.shelters.ledger import Ledger, without_promises
from caravan.shelters.model import Standing
from caravan.stations import Office, Station


class SharedPlaces:
    """A picture seen through one viewer's eyes, as far as it is about places. Reads what is asked for and nothing else."""

    def __init__(self, picture: Picture, viewer: Viewer, now: datetime) -> None:
        self._picture = picture
        self.viewer = viewer
        self.now = now
        self._audiences = audiences_of(picture, viewer)
        self._exact = bool(EXACT & self._audiences)
        # A share lives for one answer, and a map asks for each group several times.
        self._seen: dict[str, SharedGroup | None] = {}

    # --- places ---

    @property
    def drill(self) -> bool:
        return self._picture.drill

    @property
    def restricted(self) -> bool:
        return "restricted" in self._audiences

    @property
    def leads(self) -> bool:
        """The coordination that may know of every track."""
        return {"coordination", "asylum"} <= self._audiences

    @property
    def coordinates(self) -> bool:
        return "coordination" in self._audiences

    def stations(self) -> list[Station]:
        return [self._picture.stations[i] for i in sorted(self._picture.stations)]

    def station(self, ident: str) -> Station | None:
        return self._picture.stations.get(ident)

    def offices(self) -> list[Office]:
        return [self._picture.offices[i] for i in sorted(self._picture.offices)]

    def office(self, ident: str) -> Office | None:
        return self._picture.offices.get(ident)

    def shelters(self) -> list[Standing]:
        return [s for i in sorted(self._picture.shelters) if (s := self.shelter(i)) is not None]

    def shelter(self, ident: str) -> Standing | None:
        """A shelter, for those who may know where it is: not for a restricted viewer, unless the house agreed."""
        standing = self._picture.shelters.get(ident)
        if standing is None or (self.restricted and not standing.shelter.shares_address_with_inm):
            return None
        own = self.viewer.role == "shelter" and self.viewer.place == ident
        if standing.shelter.phone and not (self.coordinates or own):
            standing = replace(standing, shelter=replace(standing.shelter, phone=""))
        return standing if self._exact or own else without_small_promises(standing)

    def ledger(self, ident: str) -> Ledger | None:
        """A house's places by section and night. Who need not know who is where is told of tonight alone, without the section of
        children who are alone, and without promises where some are to a few people; a restricted viewer nothing."""
        standing = self.shelter(ident)
        if standing is None or self.restricted:
            return None
        if self._exact or (self.viewer.role == "shelter" and self.viewer.place == ident):
            return ledger_of(self._picture, ident, self.now)
        full = ledger_of(self._picture, ident, self.now)
        full.pop("uam", None)
        few = not all(tells(n) for nights in full.values() for n in (nights[0].held, nights[0].confirmed))
        return {
            section: tuple(without_promises(night) if few else night for night in nights[:1])
            for section, nights in full.items()
        }

    def municipalities(self) -> list[str]:
        return sorted({self._picture.shelters[i].shelter.municipality for i in self._picture.shelters})

    def municipal_total(self, pcode: str) -> tuple[Town, int, int | None] | None:
        """For a restricted viewer: the town, how many shelters it has beside those shown by name, and their free places in all
        (``None`` where fewer than two tell a figure, because then the total would be one house's)."""
        if not self.restricted:
            return None
        houses = (
            without_small_promises(self._picture.shelters[i])
            for i in sorted(self._picture.shelters)
            if self.shelter(i) is None
        )
        there = [s for s in houses if s.shelter.municipality == pcode]
        town = self._town(pcode) if there else None
        if town is None:
            return None
        told = [sum(s.free.values()) for s in there if s.free]
        return town, len(there), sum(told) if len(told) >= 2 else None

    def _town(self, pcode: str) -> Town | None:
        shelters = (self._picture.shelters[i].shelter for i in sorted(self._picture.shelters))
        for place in (*self.stations(), *(s for s in shelters if s.position.precision == "town_seat")):
            if place.municipality == pcode:
                seat = Position(lat=place.position.lat, lon=place.position.lon)
                return Town(municipality=pcode, town=place.town, position=seat)
        return None
