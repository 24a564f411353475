"""What a person, a partner's system or a timer may ask for. The class is the request's body and its OpenAPI schema."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

from caravan.basics import Scalar
from caravan.events import PlanProposed
from caravan.geography import Precision
from caravan.groups import (
    Cell,
    Composition,
    CountMethod,
    Household,
    Language,
    NeedCode,
    Outcome,
    People,
    ShortText,
    Vehicle,
)  # fmt: skip
from caravan.kitchens import Diet, Kitchen, MealService
from caravan.shelters.model import ClockTime, Section, Shelter, Whole
from caravan.stations import Office, Station

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
Sentence = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
Fingerprint = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class Command(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A wish in the imperative. Unknown fields are an error: a misspelt one must not be lost in silence."""


# --- the realm and its places -------------------------------------------------------------------------------------


class OpenRealm(Command, frozen=True):
    """The first command of a journal: its name and the salt its ids are derived from."""

    name: Name
    salt: Annotated[str, msgspec.Meta(min_length=16, max_length=64)]
    drill: bool = False


class PublishProtocol(Command, frozen=True):
    """``packs`` are the texts of the files it extends, by ``id@version``."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=1_000_000)]
    packs: dict[str, str] = {}


class SaveDraft(Command, frozen=True):
    """The text of a change of a protocol as it stands now; without ``draft`` a new one begins. It need not be sound yet.
    ``replaces`` is the fingerprint of the text that was being changed: if somebody saved another meanwhile, neither is lost."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=1_000_000)]
    draft: Name | None = None
    replaces: Fingerprint | None = None
    note: Annotated[str, msgspec.Meta(max_length=500)] = ""


class ProposePublication(Command, frozen=True):
    """One person of the coordination asks that this very text be published, by its fingerprint."""

    draft: Name
    sha256: Fingerprint


class ApprovePublication(Command, frozen=True):
    """Another person of the coordination agrees: to this very text, by its fingerprint."""

    draft: Name
    sha256: Fingerprint


class WithdrawDraft(Command, frozen=True):
    draft: Name


class MigrateActivation(Command, frozen=True):
    """Takes a running activation, with its groups and cases, to another published version of its protocol. ``map`` gives for each
    machine the steps that have another name there, and the step in which a new track begins."""

    activation: Name
    version: Annotated[int, msgspec.Meta(ge=1, le=999_999)]
    reason: Sentence
    map: dict[str, dict[str, str]] = {}


class PublishPolicy(Command, frozen=True):
    """Puts the placement policy of a file in force, from now on and for what is planned from now on. Undone by publishing the
    earlier text under the next version."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=200_000)]
    reason: Sentence


class RegisterStation(Command, frozen=True):
    station: Station


class RegisterOffice(Command, frozen=True):
    office: Office


class RegisterShelter(Command, frozen=True):
    """Puts a shelter on record, or corrects the record of the one with the same id."""

    shelter: Shelter


class RegisterKitchen(Command, frozen=True):
    kitchen: Kitchen


class LocatePlace(Command, frozen=True):
    """Sets the true point of a station, office, shelter or kitchen (``place`` is its id on the map: ``shelter:galilea``)."""

    place: Name
    lat: Annotated[float, msgspec.Meta(ge=14, le=33)]
    lon: Annotated[float, msgspec.Meta(ge=-119, le=-86)]
    precision: Precision = "exact"


# --- the protocol ----------------------------------------------------------------------------------------------------


class ActivateProtocol(Command, frozen=True):
    """Opens an activation at a station, or verifies the alert that is open there. ``level`` defaults to the one of the
    people known so far. Another ``protocol`` than the one that answers arrivals may also run at an office."""

    station: Name
    reason: Sentence
    level: Annotated[str, msgspec.Meta(max_length=10)] | None = None
    protocol: Name | None = None


class SendEvent(Command, frozen=True):
    """An event of the protocol, to an activation, to a group or to a case of one, with the evidence its step requires."""

    event: Name
    activation: Name | None = None
    group: Name | None = None
    case: Name | None = None
    payload: dict[str, Scalar] = {}


class OpenCase(Command, frozen=True):
    """Begins to follow one matter under an activation, with a machine of its protocol whose ``instancia`` is ``caso``."""

    activation: Name
    machine: Name
    group: Name | None = None


class AnswerRelay(Command, frozen=True):
    """What another state said of the people who were announced to it. ``received`` is how many it took in."""

    relay: Name
    accepted: bool
    received: Annotated[int, msgspec.Meta(ge=0, le=100_000)] | None = None
    reason: ShortText = ""


class CompleteTask(Command, frozen=True):
    task: Name
    evidence: ShortText = ""


class MarkNoticeSeen(Command, frozen=True):
    notice: Name


# --- arrivals --------------------------------------------------------------------------------------------------------


class ReportArrival(Command, frozen=True):
    """A group arrives at a station: one form for a whole bus. Only station, people and who says so are needed.

    ``asylum`` are people who said they fear to go back or ask for asylum: any authority that hears it must tell COMAR in
    writing at once (G17, LR 21), so anybody may record it; who may read it is another matter.
    """

    station: Name
    people: People
    declared_by: Sentence
    method: CountMethod = "declared"
    at: datetime | None = None
    activation: Name | None = None
    composition: Composition | None = None
    households: tuple[Household, ...] = ()
    unaccompanied: Cell | None = None
    days_without_food: Annotated[int, msgspec.Meta(ge=0, le=60)] | None = None
    needs: dict[NeedCode, Cell] = {}
    languages: tuple[Language, ...] = ()
    vehicle: Vehicle | None = None
    entered_country: date | None = None
    asylum: Cell | None = None
    note: ShortText = ""


class RecordCount(Command, frozen=True):
    """Another figure for the same people, kept beside the earlier ones."""

    group: Name
    people: People
    method: CountMethod
    source: Sentence
    at: datetime | None = None
    whole: bool = True
    composition: Composition | None = None
    households: tuple[Household, ...] = ()
    unaccompanied: Cell | None = None
    note: ShortText = ""


class RecordAsylumWish(Command, frozen=True):
    """Somebody of the group fears to go back or asks for asylum (G17). ``people`` in all, so far."""

    group: Name
    people: People


class RecordDeparture(Command, frozen=True):
    group: Name
    people: People
    outcome: Outcome
    destination: Sentence
    source: Sentence
    at: datetime | None = None
    placement: Name | None = None
    vehicle: Vehicle | None = None


class MergeGroups(Command, frozen=True):
    """Two reports of one bus: ``group`` goes into ``into``, with its counts."""

    group: Name
    into: Name
    reason: Sentence


class SplitGroup(Command, frozen=True):
    """Part of a group becomes a group of its own: they go different ways from here."""

    group: Name
    people: People
    reason: Sentence
    composition: Composition | None = None
    households: tuple[Household, ...] = ()
    unaccompanied: Cell | None = None


class AnnulGroup(Command, frozen=True):
    group: Name
    reason: Sentence


# --- shelters --------------------------------------------------------------------------------------------------------


class ReportOccupancy(Command, frozen=True):
    """What shelter staff see: places empty, or people in. Exactly one of ``available`` (by section), ``occupied`` (people)
    and ``unchanged``."""

    shelter: Name
    available: dict[Section, Whole] | None = None
    occupied: Whole | None = None
    unchanged: bool = False
    at: datetime | None = None


Waivable = Literal["intake_over", "does_not_admit", "declined", "kept_until", "stale_figure"]
"""What a house may say of itself does not hold for once. The law and the number of its places are not among them."""


class ProposePlacement(Command, frozen=True):
    """Ask for a plan of places for those who have none: of one group, or of all of an activation together.

    ``pins`` are shelters chosen by a person: for a household by its id, for a kind (fam, wom, men, uam), or for everybody (``*``);
    the narrowest counts. ``waived`` are rules that those shelters said do not hold this time, with the ``reason``.
    """

    group: Name | None = None
    activation: Name | None = None
    pins: dict[Name, Name] = {}
    waived: tuple[Waivable, ...] = ()
    reason: ShortText = ""


class OfferPlan(Command, frozen=True):
    """What ``ProposePlacement`` becomes once the search has run beside the turn: the plans that were found, the one that was asked
    for first. The desk's own; no route takes it."""

    proposals: tuple[PlanProposed, ...]


class ConfirmPlacement(Command, frozen=True):
    """Hold the places of a plan. ``shelters`` keeps only part of it; empty = all."""

    group: Name
    plan: Name
    shelters: tuple[str, ...] = ()


class AcceptPlacement(Command, frozen=True):
    placement: Name
    until: datetime | None = None


class DeclinePlacement(Command, frozen=True):
    placement: Name
    reason: Sentence


class RecordPlacementArrival(Command, frozen=True):
    """How many really came. More than were expected is recorded, never refused."""

    placement: Name
    people: Annotated[int, msgspec.Meta(ge=0, le=100_000)]
    at: datetime | None = None
    until: datetime | None = None


class SetStayEnd(Command, frozen=True):
    placement: Name
    until: datetime
    source: ShortText = ""


class WithdrawPlacement(Command, frozen=True):
    """Give up a hold that nobody needs any more, or end a stay whose people have gone without a report."""

    placement: Name
    reason: Sentence


# --- meals -----------------------------------------------------------------------------------------------------------


class ReportRations(Command, frozen=True):
    """What a kitchen cooks from now on. ``per_diet`` are at most so many of them of a diet, ``delivers`` the local clock times
    between which it brings a service."""

    kitchen: Name
    rations: dict[MealService, Whole] = {}
    per_diet: dict[MealService, dict[Diet, Whole]] = {}
    delivers: dict[MealService, tuple[ClockTime, ClockTime]] = {}


class PlanMeals(Command, frozen=True):
    """One plan for all places where people are: orders what is missing, moves what is too much in one place to where it is
    missing, and takes back the rest. Without ``service`` every service of the day that can still be asked for; without ``day``
    the day of the next one."""

    day: date | None = None
    service: MealService | None = None


class TransferMeals(Command, frozen=True):
    """Rations of an order go to another place (``shelter:…``, ``station:…``), for that ``group`` or for people of the house."""

    order: Name
    place: Name
    rations: People
    group: Name | None = None


class CancelKitchenDay(Command, frozen=True):
    """A kitchen cannot cook that day, or one service of it. What it was asked for is asked of others at once."""

    kitchen: Name
    day: date
    reason: Sentence
    service: MealService | None = None


class OrderMeals(Command, frozen=True):
    """Rations for a group from the kitchens that have them. ``day`` is a local date; without day and service the next
    service from now on."""

    group: Name
    day: date | None = None
    service: MealService | None = None


class AcceptMeals(Command, frozen=True):
    order: Name


class CancelMeals(Command, frozen=True):
    order: Name
    reason: Sentence


class RecordMealsServed(Command, frozen=True):
    order: Name
    rations: Annotated[int, msgspec.Meta(ge=0, le=100_000)]


# --- time ------------------------------------------------------------------------------------------------------------


class PassTime(Command, frozen=True):
    """Nothing but the hour: fires what is due."""


ALL: tuple[type[Command], ...] = tuple(Command.__subclasses__())
