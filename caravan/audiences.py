"""Who may know what of a group, and how small numbers are kept from those who need not know them.

A field leaves only if the table here names the audiences that need it; a new field is hidden until then. Law behind the
rules: confidentiality of asylum (LR 10, G19), no verification visits where civil society shelters people (LM 76, G07), no
migratory control by others (LM 96, G06), children's files belong to DIF (NNA 99-100, G14).
"""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from typing import Literal

from msgspec.structs import replace
from rpds import List

from caravan import events as e
from caravan.basics import Actor, Reason, Record, Scalar
from caravan.cases import Case
from caravan.coordination.authority import may_know_case
from caravan.geography import Position
from caravan.groups import (
    CHILD_BANDS,
    Composition,
    Count,
    Departure,
    Group,
    Household,
    Reconciliation,
    Vehicle,
    figure_in_use,
    reconcile,
)
from caravan.picture import Picture
from caravan.protocol.model import Why
from caravan.protocol.outlook import who_may_know
from caravan.shelters.model import Section, Standing

Audience = Literal[
    "coordination", "asylum", "children", "health", "host", "station", "cook", "partner", "restricted"
]  # fmt: skip

# Agencies by what the law or their task lets them know. Whoever is in none is a partner; the coordination's agencies come
# from the protocol in force.
RESTRICTED: frozenset[str] = frozenset(
    {"INM"}
)  # LM 76, 96: partner in the operation, not a reader of shelters or needs
ASYLUM: frozenset[str] = frozenset({"COMAR", "ACNUR"})  # LR 10, 21
CHILDREN: frozenset[str] = frozenset({"DIF", "PPNNA", "ACNUR"})  # LM 112, NNA 122-123
HEALTH: frozenset[str] = frozenset({"SALUD"})  # LM 8

SMALL = 5
"""Counts below this could point at a person: one Honduran among 82 Haitians (AM-GAL)."""

_ALL_BUT_RESTRICTED: frozenset[Audience] = frozenset(
    {"coordination", "asylum", "children", "health", "host", "station", "cook", "partner"}
)
_EVERYBODY: frozenset[Audience] = frozenset({*_ALL_BUT_RESTRICTED, "restricted"})
_WHERE_THEY_SLEEP: frozenset[Audience] = frozenset(a for a in _ALL_BUT_RESTRICTED if a != "cook")
_CARE: frozenset[Audience] = frozenset({"coordination", "asylum", "children", "health", "host", "station"})
_CARE_AND_PARTNERS: frozenset[Audience] = frozenset({*_CARE, "partner"})

# What names a group says nothing of its people; every other field of ``SharedGroup`` has its rule here.
NAMING: frozenset[str] = frozenset({"id", "activation", "station", "arrived_at", "status", "merged_into"})

GROUP_FIELDS: dict[str, frozenset[Audience]] = {
    "people": _EVERYBODY,
    "spread": _ALL_BUT_RESTRICTED,
    "waiting": _ALL_BUT_RESTRICTED,
    "hosted": _ALL_BUT_RESTRICTED,
    "placements": _WHERE_THEY_SLEEP,
    "composition": _CARE_AND_PARTNERS,
    "households": frozenset({"coordination", "children", "host", "station"}),
    "children": _CARE,
    "unaccompanied": frozenset({"coordination", "children", "station"}),
    "needs": frozenset({"coordination", "asylum", "children", "health", "host", "station"}),
    "languages": _ALL_BUT_RESTRICTED,
    "days_without_food": _ALL_BUT_RESTRICTED,
    "vehicle": frozenset({"coordination", "station"}),
    "entered_country": frozenset({"coordination", "asylum"}),
    "asylum": frozenset({"asylum"}),
    "counts": _CARE_AND_PARTNERS,
    "figure_why": _CARE_AND_PARTNERS,
    "declared_by": _CARE_AND_PARTNERS,
    "wants_shelter": _ALL_BUT_RESTRICTED,
    "wants_meals": _ALL_BUT_RESTRICTED,
    "fed_at": _ALL_BUT_RESTRICTED,
    "departures": frozenset({"coordination", "asylum", "children", "station"}),
    "reconciliation": _CARE_AND_PARTNERS,
    "note": frozenset({"coordination", "station"}),
}
# All that a notice tells a restricted viewer, whatever the protocol would have it say.
RESTRICTED_FACTS: frozenset[str] = frozenset({"nivel", "personas", "estado", "vence", "vencio", "peldano"})
# Those who care for these very people see small numbers; everybody else sees «menos de 5».
EXACT: frozenset[Audience] = frozenset({"coordination", "children", "health", "host", "station"})


# Lines that move with a hidden track and do not say so themselves: for those who may know of all of them.
LEADERS_LOG: frozenset[type[e.Event]] = frozenset(
    {
        e.AsylumWishRecorded, e.ProtocolStepped, e.EventDropped, e.TaskCompleted, e.TaskWithdrawn, e.NoticeSeen,
        e.GroupConcluded, e.CaseNoted, e.CaseClosed, e.TextsPurged,
    }
)  # fmt: skip
# Lines of the log a partner may read: who came, who got a place. Steps, plans and wishes are the coordination's.
PARTNER_LOG: frozenset[type[e.Event]] = frozenset(
    {
        e.ActivationOpened, e.LevelSet, e.GroupArrived, e.CountRecorded, e.GroupsMerged, e.GroupSplit, e.GroupAnnulled,
        e.PlacementHeld, e.PlacementAccepted, e.PlacementDeclined, e.PlacementExpired, e.PlacementArrived, e.PlacementEnded,
        e.OccupancyReported, e.MealsOrdered, e.MealsServed, e.MealsCancelled, e.DepartureRecorded,
    }
)  # fmt: skip


class Viewer(Record, frozen=True):
    """Who looks. Viewers with the same three words have the same share."""

    agency: str
    role: str
    place: str | None = None

    @property
    def key(self) -> str:
        return f"{self.agency}/{self.role}/{self.place or ''}"


def viewer_of(actor: Actor) -> Viewer:
    return Viewer(agency=actor.agency, role=actor.role, place=actor.place)


class SharedGroup(Record, frozen=True):
    """A group as one viewer may know it: what they may not know is ``None`` or absent. ``people`` is ``None`` when it is small
    and the viewer does not need it exactly. Cells of ``composition`` below 5 are ``None`` likewise.

    ``status`` is ``concluded`` once nothing waits that this viewer may know of: the end of a hidden track would tell of it.
    """

    id: str
    activation: str
    station: str
    arrived_at: datetime
    status: str
    people: int | None
    merged_into: str | None = None
    spread: tuple[int, int] | None = None
    waiting: int | None = None
    hosted: int | None = None
    placements: tuple[str, ...] = ()
    composition: dict[str, dict[str, int | None]] | None = None
    households: tuple[Household, ...] = ()
    children: int | None = None
    unaccompanied: int | None = None
    needs: dict[str, int | None] = {}
    languages: tuple[str, ...] = ()
    days_without_food: int | None = None
    vehicle: Vehicle | None = None
    entered_country: date | None = None
    asylum: int | None = None
    counts: tuple[Count, ...] = ()
    figure_why: Reason | None = None
    departures: tuple[Departure, ...] = ()
    reconciliation: Reconciliation | None = None
    note: str = ""
    declared_by: str = ""
    wants_shelter: bool = False
    wants_meals: bool = False
    fed_at: datetime | None = None


class SharedActivation(Record, frozen=True):
    """A run of the protocol with its open groups. ``people`` and ``unplaced`` are ``None`` where one of its groups hides its own
    figure: the total would tell it."""

    id: str
    protocol: str
    version: int
    station: str
    opened_at: datetime
    level: str
    closed: bool
    groups: List[str]
    open_groups: int
    reason: str = ""
    people: int | None = None
    unplaced: int | None = None


class SharedCase(Record, frozen=True):
    """A case as one viewer may know it. ``values`` are its facts; without the small numbers, for those who need not know them.
    ``status`` is ``closed`` once nothing waits that this viewer may know of."""

    id: str
    activation: str
    machine: str
    label: dict[str, str]
    group: str | None
    opened_at: datetime
    status: str
    values: dict[str, Scalar] = {}


class Town(Record, frozen=True):
    """A municipality's seat: a point that gives no house away."""

    municipality: str
    town: str
    position: Position


class OpenStep(Record, frozen=True):
    """A step of the protocol that waits for somebody, or a task: what the board lists. ``stopped``: a clock of it rings no more,
    because the protocol could not go on from there."""

    kind: Literal["step", "task"]
    id: str
    activation: str
    group: str | None
    label: dict[str, str]
    owner: str | None
    deadline: datetime | None
    case: str | None = None
    track: str | None = None
    counted_from: str | None = None
    lasts: str | None = None
    evidence: str | None = None
    provenance: dict[str, str] = {}
    stopped: bool = False


def tells(people: int) -> bool:
    """Whether a figure may be told to those who need not know it exactly."""
    return not 0 < people < SMALL


def without_small_promises(standing: Standing) -> Standing:
    """For those who need not know who is on the way: without the section of children who are alone and the total of people
    that would give it away, and with the promises to a few people taken off the empty places without saying so."""
    if "uam" in standing.shelter.sections or "uam" in (standing.available or {}):
        standing = replace(standing, occupied=None, excess=0)
    if standing.available is None:
        return standing
    available = {s: n for s, n in standing.available.items() if s != "uam"}
    committed = {s: n for s, n in standing.committed.items() if s != "uam"}
    if any(not tells(n) for n in committed.values()):
        available = {s: max(0, n - committed.get(s, 0)) for s, n in available.items()}
        committed = dict[Section, int]()
    return replace(standing, available=available, committed=committed)


@lru_cache
def fields_for(audiences: frozenset[Audience]) -> frozenset[str]:
    """The fields of a group that any of these audiences may read. There are few sets of them, and each mark of the map asks."""
    return frozenset(field for field, readers in GROUP_FIELDS.items() if readers & audiences)


def shared_group(group: Group, audiences: frozenset[Audience], *, small: bool) -> SharedGroup:
    """``small`` says that a few people of the group are somewhere apart."""

    may = fields_for(audiences).__contains__
    exact = bool(EXACT & audiences)
    whereabouts = exact or not small
    figure, why = figure_in_use(group.counts)
    told = exact or all(tells(c.people) for c in group.counts)
    cells = None if group.composition is None else _cells(group.composition, exact)
    return SharedGroup(
        id=group.id, activation=group.activation, station=group.station, arrived_at=group.arrived_at, status=group.status,
        merged_into=group.merged_into,
        people=figure.people if may("people") and (exact or tells(figure.people)) else None,
        spread=group.disagreement if may("spread") and told else None,
        waiting=group.unplaced if may("waiting") and whereabouts else None,
        hosted=group.hosted if may("hosted") and whereabouts else None,
        placements=group.placements if may("placements") and whereabouts else (),
        composition=cells if may("composition") else None,
        households=tuple(h for h in group.households if may("unaccompanied") or not h.unaccompanied) if may("households") else (),
        children=group.children if may("children") and (exact or _children_told(group, cells)) else None,
        unaccompanied=group.alone if may("unaccompanied") else None,
        needs={need: n if exact or n >= SMALL else None for need, n in group.needs.items()} if may("needs") else {},
        languages=group.languages if may("languages") else (),
        days_without_food=group.days_without_food if may("days_without_food") else None,
        vehicle=group.vehicle if may("vehicle") else None,
        entered_country=group.entered_country if may("entered_country") else None,
        asylum=group.asylum if may("asylum") else None,
        counts=group.counts if may("counts") and told and whereabouts else (),
        figure_why=why if may("figure_why") and told and whereabouts else None,
        departures=group.departures if may("departures") and whereabouts else (),
        reconciliation=reconcile(group) if may("reconciliation") and whereabouts else None,
        note=group.note if may("note") else "",
        declared_by=group.declared_by if may("declared_by") else "",
        wants_shelter=group.wants_shelter and may("wants_shelter"), wants_meals=group.wants_meals and may("wants_meals"),
        fed_at=group.fed_at if may("fed_at") else None,
    )  # fmt: skip


def _children_told(group: Group, cells: dict[str, dict[str, int | None]] | None) -> bool:
    """A total of children beside the cells of their ages would give a hidden cell away."""
    hidden = any(row.get(band, 0) is None for row in (cells or {}).values() for band in CHILD_BANDS)
    return not hidden and tells(group.children or 0)


def _cells(composition: Composition, exact: bool) -> dict[str, dict[str, int | None]]:
    """Sex by age band. For those who need not know, cells of 1 to 4 are hidden, and with them the smallest others until what
    is hidden cannot be worked out from the total: more than one cell, and not one person in each."""
    rows = {"f": composition.f, "m": composition.m, "x": composition.x}
    table: dict[str, dict[str, int | None]] = {sex: {**row} for sex, row in rows.items()}
    if exact:
        return table
    shown = sorted((n, sex, band) for sex, row in rows.items() for band, n in row.items() if n)
    few = sum(n < SMALL for n, _, _ in shown)
    while 0 < few < len(shown) and (few == 1 or sum(n for n, _, _ in shown[:few]) == few):
        few += 1
    for _, sex, band in shown[:few]:
        table[sex][band] = None
    return table


def audiences_of(picture: Picture, viewer: Viewer) -> frozenset[Audience]:
    """What a viewer is to people. Who leads is for the protocol that answers arrivals to say."""
    found: set[Audience] = set()
    agency = viewer.agency
    leads = picture.answering is not None and agency in picture.answering.coordination()
    if agency in RESTRICTED:
        return frozenset({"restricted"})
    if viewer.role == "coordination":
        found.add("coordination")
        if leads:
            found.add("asylum")
    if agency in ASYLUM:
        found.add("asylum")
    if agency in CHILDREN:
        found.add("children")
    if agency in HEALTH:
        found.add("health")
    if viewer.role == "kitchen":
        found.add("cook")
    return frozenset(found or {"partner"})


def shared_case(picture: Picture, case: Case, agency: str, *, exact: bool) -> SharedCase:
    """A case for an agency that may know of it. Whom a state of it names, and whoever owns one, knows its numbers exactly."""
    protocol = picture.protocol_of(case.activation)
    exact = exact or may_know_case(picture, case, agency, named=True)
    leads = agency in protocol.coordination()
    return SharedCase(
        id=case.id, activation=case.activation, machine=case.machine, label=protocol.machines[case.machine].label,
        group=case.group, opened_at=case.opened_at,
        status=case.status if leads or _waits_for(picture, case, agency) else "closed",
        values={name: value for name, value in case.values.items() if exact or _tells_value(value)},
    )  # fmt: skip


def _waits_for(picture: Picture, case: Case, agency: str) -> bool:
    """Whether something of the case still waits that this agency may know of."""
    protocol = picture.protocol_of(case.activation)
    snapshots = (picture.instances[i].snapshot for i in picture.machines_of.get(case.id, ()))
    readers = (visible for one in snapshots for visible in who_may_know(protocol, one))
    return any(visible is None or agency in visible for visible in readers)


def _tells_value(value: Scalar) -> bool:
    return isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < SMALL


def case_of(picture: Picture, event: e.Event) -> str | None:
    """The case that a line of the journal speaks of."""
    match event:
        case e.CaseOpened(case=opened):
            return opened.id
        case e.TaskOpened(task=task):
            return task.case
        case e.NoticeQueued(notice=notice):
            return notice.case
        case e.TextKept(text=text):
            return text.case
        case e.TextsPurged(owner=owner):
            return owner if owner in picture.cases else None
        case e.RelayProposed(relay=relay):
            return relay.case
        case e.RelayAnswered(relay=ident):
            return picture.relays[ident].case
        case e.EventDropped(instance=ident):
            return picture.instances[ident].case
        case _:
            return getattr(event, "case", None)


def states_of(why: Why) -> frozenset[str]:
    """The states that a transition names: those it came from, left and entered."""
    return frozenset(filter(None, (why.transition[0], *why.transition[1], *why.left, *why.entered)))


def activation_of(picture: Picture, event: e.Event) -> str | None:
    """The activation that a line of the journal speaks of, where it names one or something of one."""
    match event:
        case e.CaseOpened(case=named) | e.TaskOpened(task=named) | e.NoticeQueued(notice=named):
            return named.activation
        case e.RelayProposed(relay=named) | e.TextKept(text=named):
            return named.activation
        case e.EventDropped(instance=ident):
            return picture.instances[ident].activation
        case _:
            case = picture.cases.get(case_of(picture, event) or "")
            return getattr(event, "activation", None) if case is None else case.activation
