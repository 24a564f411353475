"""What it would cost to send people where a person chose: the best plan with that choice beside the best one without it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import get_args

from msgspec.structs import replace

from caravan import commands as c
from caravan.basics import Reason, Record
from caravan.coordination.asking import question
from caravan.picture import Picture
from caravan.shelters.joint import Found, Question, solve
from caravan.shelters.plan import Need, Offer, Vector, barrier
from caravan.shelters.staleness import stale_figure

WAIVABLE: tuple[str, ...] = get_args(c.Waivable)


class Obstacle(Record, frozen=True):
    """What keeps some of them out of the chosen house. ``waiver`` is the rule that the house may say does not hold this time; empty
    where nobody may."""

    reason: Reason
    people: int
    waiver: str = ""


class Weighed(Record, frozen=True):
    """``people`` are those whom the choice is about, ``fits`` those of them for whom the house has a place. ``before`` and ``after``
    are the group's vectors without the choice and with it; ``others`` people of other groups whose open proposal would change."""

    shelter: str
    people: int
    fits: int
    before: Vector
    after: Vector
    obstacles: tuple[Obstacle, ...] = ()
    others: int = 0


def weigh(picture: Picture, wish: c.ProposePlacement, now: datetime) -> Weighed:
    """Weighs a wish with pins to one shelter for one group. Reads only; may take seconds.

    Refuses what ``question`` and the search refuse: among them children who are alone anywhere but with DIF.
    """
    shelter = next(iter(wish.pins.values()))
    chosen = question(picture, wish, now)
    pinned = [need for need in chosen.needs if need.group == wish.group and need.pinned == shelter]
    free = solve(question(picture, replace(wish, pins={}, waived=(), reason=""), now))
    found = solve(chosen)
    there = {a.household for a in found.assigned if a.shelter == shelter}
    group = wish.group or ""
    return Weighed(
        shelter=shelter, people=_people(pinned), fits=_people(need for need in pinned if need.household in there),
        before=free.vectors[group], after=found.vectors[group], others=_changed(chosen, found, group),
        obstacles=tuple(_obstacles(picture, pinned, shelter, wish, now)),
    )  # fmt: skip


def _people(needs: Iterable[Need]) -> int:
    return sum(need.size for need in needs)


def _changed(asked: Question, found: Found, group: str) -> int:
    homes = {a.household: a.shelter for a in found.assigned}
    theirs = [n for n in asked.needs if n.group != group and n.group in found.groups and n.proposed is not None]
    return _people(need for need in theirs if homes.get(need.household) != need.proposed)


def _obstacles(
    picture: Picture, pinned: Sequence[Need], shelter: str, wish: c.ProposePlacement, now: datetime
) -> Iterable[Obstacle]:
    """Each rule once, with the people it concerns: those of the house first, then what no word of the house changes. A rule that
    is waived already is among them."""
    met: dict[str, Obstacle] = {}
    trusting = replace(wish, waived=("stale_figure",), reason=wish.reason or "·")
    offer = _offer(picture, trusting, shelter, now)
    for need in pinned:
        for reason in _barriers(replace(need, waived=()), offer):
            before = met.get(reason.code)
            people = need.size + (before.people if before is not None else 0)
            met[reason.code] = Obstacle(reason=reason, people=people, waiver=_waiver(reason))
    stale = stale_figure(picture.shelters[shelter], picture.policy, now)
    if stale is not None:
        met[stale.code] = Obstacle(reason=stale, people=_people(pinned), waiver="stale_figure")
    if any(offer.kept.values()) and not all(need.priority for need in pinned):
        kept = Reason(code="kept_until", details={"places": sum(offer.kept.values()), "until": offer.kept_until})
        met[kept.code] = Obstacle(reason=kept, people=_people(pinned), waiver="kept_until")
    return sorted(met.values(), key=lambda one: not one.waiver)


def _offer(picture: Picture, wish: c.ProposePlacement, shelter: str, now: datetime) -> Offer:
    return next(one for one in question(picture, wish, now).offers if one.shelter == shelter)


def _barriers(need: Need, offer: Offer) -> Iterable[Reason]:
    """All that bars the household: behind a rule that may be waived there may be another."""
    while (reason := barrier(need, offer)) is not None:
        yield reason
        waiver = _waiver(reason)
        if not waiver or waiver in need.waived:
            return
        if offer.refuses is not None and offer.refuses.code == reason.code:
            offer = replace(offer, refuses=None)
        need = replace(need, waived=(*need.waived, waiver))


def _waiver(reason: Reason) -> str:
    return reason.code if reason.code in WAIVABLE else ""
