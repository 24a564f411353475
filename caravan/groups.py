"""Groups of people who arrive together, how many they are, and where each of them is. Never who they are."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

from caravan.basics import Reason, Record

People = Annotated[int, msgspec.Meta(ge=1, le=100_000)]
Cell = Annotated[int, msgspec.Meta(ge=0, le=100_000)]
ShortText = Annotated[str, msgspec.Meta(max_length=300)]
Language = Annotated[str, msgspec.Meta(pattern=r"^[a-z]{2,3}$")]

# UNHCR's five cohorts (domain.md §4.2, UNHCR-DEM).
Band = Literal["0-4", "5-11", "12-17", "18-59", "60+"]
BANDS: tuple[Band, ...] = ("0-4", "5-11", "12-17", "18-59", "60+")
ChildBand = Literal["0-4", "5-11", "12-17"]
CHILD_BANDS: tuple[ChildBand, ...] = ("0-4", "5-11", "12-17")
Sex = Literal["f", "m", "x"]

# Needs that a brigade can see or be told at the door; the placement reads the first six (domain.md §4.3).
NeedCode = Literal[
    "pregnant",
    "lactating",
    "medical",
    "reduced_mobility",
    "continuous_medicine",
    "lgbt_risk",
    "crime_victim",
    "older_alone",
    "infant",
    "no_pork",
    "soft_food",
]
NEEDS: tuple[NeedCode, ...] = (
    "pregnant", "lactating", "medical", "reduced_mobility", "continuous_medicine", "lgbt_risk", "crime_victim", "older_alone", "infant",
    "no_pork", "soft_food",
)  # fmt: skip


class Composition(Record, frozen=True):
    """People by sex (f, m, x = other or not said) and age band. A missing cell is unknown, not zero."""

    f: dict[Band, Cell] = {}
    m: dict[Band, Cell] = {}
    x: dict[Band, Cell] = {}

    @property
    def total(self) -> int:
        return sum(sum(cells.values()) for cells in (self.f, self.m, self.x))

    @property
    def children(self) -> int:
        return sum(cells.get(b, 0) for cells in (self.f, self.m, self.x) for b in CHILD_BANDS)

    @property
    def tells_children(self) -> bool:
        """Whether every cell of girls and boys is filled in, zeros too."""
        return all(band in cells for cells in (self.f, self.m) for band in CHILD_BANDS)

    @property
    def without_zeros(self) -> Composition:
        """The cells that have somebody in them."""
        return Composition(f=_told(self.f), m=_told(self.m), x=_told(self.x))

    @property
    def women(self) -> int:
        return self.f.get("18-59", 0) + self.f.get("60+", 0)


def _told(cells: dict[Band, Cell]) -> dict[Band, Cell]:
    return {band: n for band, n in cells.items() if n}


class Household(Record, frozen=True):
    """``count`` households alike: adults, children by band, needs. Households are never separated.

    ``unaccompanied`` is said, never supposed: a child without an adult of theirs.
    """

    women: Cell = 0
    men: Cell = 0
    children: dict[ChildBand, Cell] = {}
    needs: tuple[NeedCode, ...] = ()
    count: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1
    unaccompanied: bool = False

    @property
    def size(self) -> int:
        return self.women + self.men + sum(self.children.values())


class Vehicle(Record, frozen=True):
    """What they came or left in. ``free_of_charge`` is asked because lodging or transport for profit is what the law
    punishes (G28, LM 159)."""

    kind: Literal["bus", "truck", "train", "on_foot", "other"] = "bus"
    plate: Annotated[str, msgspec.Meta(max_length=20)] = ""
    operator: Annotated[str, msgspec.Meta(max_length=120)] = ""
    free_of_charge: bool | None = None


CountMethod = Literal["declared", "press", "manifest", "beds", "headcount"]
# Stronger methods first: people counted one by one, beds taken, a list of the vehicle, what they say, what is written.
METHOD_STRENGTH: dict[CountMethod, int] = {"headcount": 5, "manifest": 4, "beds": 3, "declared": 2, "press": 1}


class Count(Record, frozen=True):
    """One figure for the group, kept for ever beside the others. ``whole`` is False where it counts only a part
    (one of two buses, those in one shelter): such a figure is a floor, never the group's own."""

    id: str
    people: int
    method: CountMethod
    source: str
    at: datetime
    whole: bool = True
    agency: str = ""
    note: str = ""


def figure_in_use(counts: tuple[Count, ...]) -> tuple[Count, Reason]:
    """The count that speaks for the group and why: the strongest method among those of the whole group, and of equals the
    latest, at last in the order they were recorded. A group always has the count it arrived with."""
    if len(counts) == 1:
        return counts[0], Reason(code="only_count", details={"people": counts[0].people})
    whole = [c for c in counts if c.whole] or list(counts)
    _, best = max(
        enumerate(whole), key=lambda numbered: (METHOD_STRENGTH[numbered[1].method], numbered[1].at, numbered[0])
    )
    rivals = sorted({c.people for c in whole})
    partial = max((c.people for c in counts if not c.whole), default=0)
    if partial > best.people:
        return best, Reason(code="part_exceeds_whole", details={"part": partial, "people": best.people})
    if len(whole) == 1:
        return best, Reason(code="only_count", details={"people": best.people})
    latest = [c for c in whole if c.method == best.method]
    code = "latest_of_strongest_method" if len(latest) > 1 else "strongest_method"
    return best, Reason(
        code=code, details={"people": best.people, "low": rivals[0], "high": rivals[-1], "method": best.method}
    )


Outcome = Literal["left", "transferred", "hospital", "elsewhere"]
OUTCOMES: tuple[Outcome, ...] = ("left", "transferred", "hospital", "elsewhere")


class Departure(Record, frozen=True):
    """People who are no longer at the station or in a shelter of ours, and where they went."""

    people: int
    outcome: Outcome
    destination: str
    at: datetime
    source: str
    placement: str | None = None
    vehicle: Vehicle | None = None


class Reconciliation(Record, frozen=True):
    """arrived = hosted + elsewhere + left + transferred + hospital + unknown, always (domain.md §7).

    ``unknown`` is what is left over: people at the station, or of whom nobody has said anything. Below zero it says that
    more were accounted for than arrived (San José Iturbide, 2019: 1,880 in, 1,910 out).
    """

    arrived: int
    hosted: int
    elsewhere: int
    left: int
    transferred: int
    hospital: int
    unknown: int


GroupStatus = Literal["open", "merged", "annulled", "concluded"]


class Group(Record, frozen=True):
    """A group as it stands. ``promised`` is kept by the fold: people with a place held, confirmed or taken;
    ``hosted`` those in a shelter now."""

    id: str
    activation: str
    station: str
    arrived_at: datetime
    registered_at: datetime
    declared_by: str
    agency: str
    counts: tuple[Count, ...]
    composition: Composition | None = None
    households: tuple[Household, ...] = ()
    unaccompanied: int | None = None
    days_without_food: int | None = None
    needs: dict[NeedCode, int] = {}
    languages: tuple[Language, ...] = ()
    vehicle: Vehicle | None = None
    entered_country: date | None = None
    asylum: int | None = None
    note: str = ""
    departures: tuple[Departure, ...] = ()
    placements: tuple[str, ...] = ()
    promised: int = 0
    hosted: int = 0
    status: GroupStatus = "open"
    merged_into: str | None = None
    origin: str | None = None
    wants_shelter: bool = False
    wants_meals: bool = False
    fed_at: datetime | None = None

    @property
    def figure(self) -> Count:
        return self.counts[0] if len(self.counts) == 1 else figure_in_use(self.counts)[0]

    @property
    def people(self) -> int:
        return self.figure.people

    @property
    def departed(self) -> int:
        return sum(d.people for d in self.departures)

    @property
    def remaining(self) -> int:
        """People of the figure in use who have not gone. Never below zero, also where more went than were counted."""
        return max(0, self.people - self.departed)

    @property
    def unplaced(self) -> int:
        """People who still need a place tonight."""
        return max(0, self.people - self.promised - self.departed) if self.status == "open" else 0

    @property
    def children(self) -> int | None:
        """Children and adolescents told of; ``None`` where nobody has said. No children is only known where everybody is
        accounted for or the children's cells say zero: a box left empty is not a zero."""
        told: list[tuple[int, bool]] = []
        if self.households:
            inside = sum(sum(h.children.values()) * h.count for h in self.households)
            told.append((inside, sum(h.size * h.count for h in self.households) >= self.people))
        if self.composition is not None:
            whole = self.composition.tells_children or self.composition.total >= self.people
            told.append((self.composition.children, whole))
        most = max((children for children, _ in told), default=0)
        return most if most or any(whole for _, whole in told) else None

    @property
    def alone(self) -> int | None:
        """Children said to be without an adult of theirs; ``None`` where nobody has said. Never supposed."""
        declared = sum(h.size * h.count for h in self.households if h.unaccompanied)
        return max(declared, self.unaccompanied or 0) if declared else self.unaccompanied

    @property
    def disagreement(self) -> tuple[int, int]:
        """Lowest and highest figure told for the whole group."""
        whole = [c.people for c in self.counts if c.whole] or [self.people]
        return min(whole), max(whole)


def reconcile(group: Group) -> Reconciliation:
    """Where the people of a group are. The parts always add up to ``arrived``."""
    gone = {outcome: sum(d.people for d in group.departures if d.outcome == outcome) for outcome in OUTCOMES}
    return Reconciliation(
        arrived=group.people,
        hosted=group.hosted,
        elsewhere=gone["elsewhere"],
        left=gone["left"],
        transferred=gone["transferred"],
        hospital=gone["hospital"],
        unknown=group.people - group.hosted - sum(gone.values()),
    )
