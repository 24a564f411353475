"""What a shelter is and how many places it has. Unknown is not zero: an unknown figure is ``None``."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from caravan.basics import Reason, Record
from caravan.geography import PCode, Position

Section = Literal["fam", "wom", "men", "uam", "mix"]
SECTIONS: tuple[Section, ...] = ("fam", "wom", "men", "uam", "mix")

Whole = Annotated[int, msgspec.Meta(ge=0, le=100_000)]
ClockTime = Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]

ShelterKind = Literal["permanent", "temporary", "attention_point"]
Admission = Literal["fam", "wom", "men", "uam"]
Service = Literal[
    "medical", "dif", "lgbt", "accessible", "psychological", "legal", "kitchen", "showers", "calls", "clothes"
]


class Places(Record, frozen=True):
    """Places of one section: as published, extra in an emergency, and out of use. ``None`` = not published."""

    nominal: Whole | None = None
    surge: Whole = 0
    blocked: Whole = 0


class Shelter(Record, frozen=True):
    """The standing record of a shelter, as its sources publish it.

    ``published`` is the capacity in the sources' own words where they disagree (domain.md §2). ``intake_from`` and
    ``intake_until`` are local clock times. ``closed`` is set while it takes nobody. ``phone`` is for the coordination and the
    house itself, and only where a source gives one.
    """

    id: str
    name: str
    kind: ShelterKind
    municipality: PCode
    town: str
    position: Position
    agency: str = "ALBERGUE"
    operator: str = ""
    address: str = ""
    sections: dict[Section, Places] = {}
    published: str = ""
    intake_from: ClockTime | None = None
    intake_until: ClockTime | None = None
    max_stay_hours: Whole | None = None
    admits: tuple[Admission, ...] = ("fam", "wom", "men")
    services: tuple[Service, ...] = ()
    languages: tuple[str, ...] = ("es",)
    rules: str = ""
    closed: bool = False
    shares_address_with_inm: bool = False
    source: str = ""
    verified_at: str = ""
    phone: Annotated[str, msgspec.Meta(max_length=40)] = ""

    @property
    def nominal(self) -> int | None:
        """All published places, or ``None`` where no section publishes any."""
        known = [p.nominal for p in self.sections.values() if p.nominal is not None]
        return sum(known) if known else None

    @property
    def surge(self) -> int:
        return sum(p.surge for p in self.sections.values())


class Standing(Record, frozen=True):
    """A shelter as it stands now.

    ``available`` are the places physically empty, by section, as last reported and moved since by arrivals and ends
    of stay; ``None`` until somebody reports. ``committed`` are places held or confirmed for people not yet there;
    ``excess`` people who came beyond the places that were empty.
    """

    shelter: Shelter
    available: dict[Section, int] | None = None
    occupied: int | None = None
    committed: dict[Section, int] = {}
    excess: int = 0
    reported_at: datetime | None = None

    @property
    def free(self) -> dict[Section, int] | None:
        """Places that may still be promised, by section, never negative. ``None`` = nobody has reported."""
        if self.available is None:
            return None
        return {s: max(0, n - self.committed.get(s, 0)) for s, n in self.available.items()}

    @property
    def free_total(self) -> int | None:
        free = self.free
        return None if free is None else sum(free.values())

    @property
    def beyond(self) -> int:
        """People beyond the places: those who came so, or what the reported figures say."""
        nominal = self.shelter.nominal
        told = 0 if self.occupied is None or nominal is None else self.occupied - nominal - self.shelter.surge
        return max(self.excess, told, 0)

    @property
    def without_bed(self) -> int:
        """People in the house for whom it has neither a place nor one for emergencies."""
        nominal = self.shelter.nominal
        told = 0 if self.occupied is None or nominal is None else self.occupied - nominal
        return max(0, max(self.excess, told) - self.shelter.surge)

    @property
    def incoming(self) -> int:
        return sum(self.committed.values())

    @property
    def status(self) -> Literal["open", "full", "over", "unknown", "closed"]:
        if self.shelter.closed:
            return "closed"
        if self.beyond:
            return "over"
        total = self.free_total
        if total is None:
            return "unknown"
        return "open" if total else "full"


PlacementStatus = Literal["held", "accepted", "arrived", "declined", "expired", "ended"]
WAITING_FOR_PEOPLE: frozenset[str] = frozenset({"held", "accepted"})
LIVE: frozenset[str] = frozenset({"held", "accepted", "arrived"})


class Placement(Record, frozen=True):
    """One group, or part of it, in one shelter. ``beds`` are the places it takes, by section; ``came`` how many really
    came; ``left`` how many of those have gone since; ``ends_at`` when the stay ends. ``moves_from`` is the placement in which
    these people are, without a bed: they leave it when they arrive here, if they want to.
    ``uam_gone`` are the children who are alone among those who have gone."""

    id: str
    group: str
    shelter: str
    activation: str
    people: int
    beds: dict[Section, int]
    held_at: datetime
    households: tuple[str, ...] = ()
    status: PlacementStatus = "held"
    expires_at: datetime | None = None
    accepted_at: datetime | None = None
    arrived_at: datetime | None = None
    ends_at: datetime | None = None
    came: int | None = None
    left: int = 0
    why: tuple[Reason, ...] = ()
    moves_from: str | None = None
    uam_gone: int = 0

    @property
    def present(self) -> int:
        """People of this placement who are in the shelter now."""
        return (self.came or 0) - self.left if self.status == "arrived" else 0

    @property
    def promised(self) -> int:
        """People who are in the shelter or have a place kept for them."""
        return self.people if self.status in WAITING_FOR_PEOPLE else self.present

    @property
    def counted(self) -> int:
        """The same, as their group counts them: who is to move from another house counts there until they come."""
        return 0 if self.moves_from is not None and self.status in WAITING_FOR_PEOPLE else self.promised
