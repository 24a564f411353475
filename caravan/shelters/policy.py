"""How a state wants people placed: data of the state, published beside its protocol and kept in the journal."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Literal

from caravan.basics import Record
from caravan.shelters.model import Admission, ClockTime, Shelter

Level = Literal["U1", "U2", "FAR", "PRICE", "SPL", "CHG", "SOFT", "DIST", "BAL"]
LEVELS: tuple[Level, ...] = ("U1", "U2", "FAR", "SPL", "CHG", "SOFT", "DIST", "BAL")


class AdmissionRule(Record, frozen=True):
    """What a house admits for some hours or some days, over what its record says.

    ``hours`` are two local clock times, the second not included, between which the rule holds; they may pass midnight, and the
    night belongs to the day it began on. ``days`` are two local dates, both included. Without either it always holds.
    ``admits`` is whom it takes while the rule holds: empty, nobody; ``None``, as its record says. ``intake`` is from when and
    until when it opens its door to them (``None`` = as its record says).
    """

    shelter: str
    admits: tuple[Admission, ...] | None = None
    hours: tuple[ClockTime, ClockTime] | None = None
    days: tuple[date, date] | None = None
    source: str = ""
    intake: tuple[ClockTime, ClockTime] | None = None

    def holds(self, local: datetime) -> bool:
        """Whether the rule holds at that local hour."""
        day = local.date()
        if self.hours is not None:
            clock = local.strftime("%H:%M")
            start, end = self.hours
            if not (start <= clock < end if start < end else clock >= start or clock < end):
                return False
            if start >= end and clock < end:
                day -= timedelta(days=1)
        return self.days is None or self.days[0] <= day <= self.days[1]


class Policy(Record, frozen=True):
    """How a state wants people placed.

    ``levels`` are minimised in this order, each as far as the ones before it allow. ``far`` says what counts as sending people
    away: to another municipality, or only farther than ``far_hm``, which counts in both cases (``None`` = no distance does).
    ``hold_minutes`` is how long places are kept for a proposal. ``reserve_percent`` of each section's free places, rounded down,
    is kept for priority households that are still to come, until the local hour ``release_at`` (``None`` = all night).
    ``surge_from`` is the level of an activation from which places for emergencies count (``None`` = never).

    A figure older than ``stale_after_hours`` is stale: ``stale_percent`` of it is not counted on, rounded up; older than
    ``unknown_after_hours`` it is as if nobody had told. ``nights`` is how far ahead places are planned, tonight included.
    ``procedure_days`` are the working days the asylum procedure takes (LR 24). From ``history_nights`` recorded nights on, what
    is scarce is learnt from them. ``meals_reach_hm`` is how far cooked food may travel. ``node_limit`` bounds each level's search
    by work, never by the clock, so that the same input gives the same plan. ``sources`` say of each part of the file where its
    figures come from, by mark (S, L, K, D).
    """

    id: str = ""
    version: int = 0
    levels: tuple[Level, ...] = LEVELS
    far: Literal["municipality", "distance"] = "municipality"
    far_hm: int | None = 300
    hold_minutes: int = 90
    reserve_percent: int = 0
    release_at: ClockTime | None = None
    surge_from: str | None = None
    stale_after_hours: int = 12
    stale_percent: int = 0
    unknown_after_hours: int | None = None
    nights: int = 3
    procedure_days: int = 45
    history_nights: int = 14
    admissions: tuple[AdmissionRule, ...] = ()
    meals_reach_hm: int = 300
    node_limit: int = 1_000
    title: str = ""
    sources: dict[str, dict[str, str]] = {}

    @property
    def key(self) -> str:
        """``id@version``; empty for the policy of a state that has published none."""
        return f"{self.id}@{self.version}" if self.id else ""


def rule_for(policy: Policy, shelter: str, local: datetime) -> AdmissionRule | None:
    """The first of the policy's rules for that house that holds at that local hour."""
    return next((rule for rule in policy.admissions if rule.shelter == shelter and rule.holds(local)), None)


def intake_hours(policy: Policy, shelter: Shelter, local: datetime) -> tuple[ClockTime, ClockTime] | None:
    """From when until when the house opens its door that day, local; ``None`` = at any hour."""
    rule = rule_for(policy, shelter.id, local)
    if rule is not None and rule.intake is not None:
        return rule.intake
    if shelter.intake_from is None or shelter.intake_until is None:
        return None
    return shelter.intake_from, shelter.intake_until


def admits_now(policy: Policy, shelter: Shelter, local: datetime) -> tuple[Admission, ...] | None:
    """Whom the house admits at that local hour: empty, nobody, by a rule; ``None`` outside the hours in which it opens its door.

    A rule is the house's own word and changes nothing of the law: an unaccompanied child sleeps only where DIF is, whatever a
    rule admits.
    """
    rule = rule_for(policy, shelter.id, local)
    if rule is not None and rule.admits == ():
        return ()
    hours = intake_hours(policy, shelter, local)
    if hours is not None and not _within(local.strftime("%H:%M"), *hours):
        return None
    return shelter.admits if rule is None or rule.admits is None else rule.admits


def _within(clock: str, start: str, end: str) -> bool:
    return start <= clock <= end if start <= end else clock >= start or clock <= end
