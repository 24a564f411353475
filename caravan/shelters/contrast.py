"""What it would cost to send people where an official wants them: the same night solved again with them there.

In a large plan only what is near is solved again: their groups, and whoever is in the shelters they go to. Everybody else
stays where the plan has them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from caravan.basics import Reason, Record, Refusal
from caravan.shelters.assign import assign
from caravan.shelters.explain import heaviest, shortage_beside
from caravan.shelters.measure import measure
from caravan.shelters.plan import Assigned, Need, Offer, Plan, Vector
from caravan.shelters.reading import Reading, remaining, use

_NEAR = 300  # households: as many as a large bus has


class Move(Record, frozen=True):
    """People of a group who would sleep elsewhere than in the plan; ``None`` is no place."""

    group: str
    people: int
    start: str | None
    end: str | None


class Contrast(Record, frozen=True):
    """``change`` is by how much each level would be greater (worse) or less, in their order, those that stay the same left out;
    ``vector`` what the plan would cost then. ``takes`` of the ``of`` people can go where they should; ``refused`` is why the
    others cannot. ``moves`` are all who would change, those who were asked about among them."""

    change: dict[str, int]
    vector: Vector
    moves: tuple[Move, ...]
    takes: int
    of: int
    refused: Reason | None = None


def contrast(plan: Plan, pins: Mapping[str, str]) -> Contrast:
    """``pins`` are shelters by household. Raises ``LookupError`` for one the plan does not know."""
    reading = Reading(plan)
    pinned = [replace(reading.by_household[household], pinned=pins[household]) for household in sorted(pins)]
    offers = {need.household: reading.by_shelter[pins[need.household]] for need in pinned}
    of = _people(pinned)
    try:
        assigned = _solved(reading, pinned)
    except Refusal as refusal:  # the law does not let these children go there
        why = Reason(code=refusal.code, details=refusal.details)
        return Contrast(change={}, vector=plan.vector, moves=(), takes=0, of=of, refused=why)
    by_household = reading.by_household | {need.household: need for need in pinned}
    vector = measure(by_household.values(), plan.offers, plan.policy, assigned)
    homes = {a.household: a.shelter for a in assigned}
    out = [need for need in pinned if need.household not in homes]
    loss = {level: getattr(vector, level) - getattr(plan.vector, level) for level in ("PIN", *plan.policy.levels)}
    return Contrast(
        change={level: by for level, by in loss.items() if by},
        vector=vector,
        moves=_moves(reading, homes),
        takes=of - _people(out),
        of=of,
        refused=_why_not(reading, pinned, out, offers) if out else None,
    )


def _moves(reading: Reading, homes: Mapping[str, str]) -> tuple[Move, ...]:
    people = Counter[tuple[str, str | None, str | None]]()
    for need in reading.plan.needs:
        start, end = reading.homes.get(need.household), homes.get(need.household)
        if start != end:
            people[need.group, start, end] += need.size
    return tuple(Move(group, count, start, end) for (group, start, end), count in people.items())


def _why_not(reading: Reading, pinned: Sequence[Need], out: Sequence[Need], offers: Mapping[str, Offer]) -> Reason:
    """What keeps out most of them: a rule of the house, or that it is full."""
    barred = [(need, why) for need in out if (why := reading.barrier(need, offers[need.household])) is not None]
    kept_out = {need.household for need, _ in barred}
    unlucky = [need for need in out if need.household not in kept_out]
    if _people(need for need, _ in barred) >= _people(unlucky):
        return heaviest(barred)
    offer = offers[unlucky[0].household]
    groups = {need.group for need in pinned}
    others = [a for a in reading.inside[offer.shelter] if a.group not in groups]
    taken = use(offer, ((reading.by_household[a.household], a.beds) for a in others))
    sent = [need for need in pinned if offers[need.household] == offer and need.household not in kept_out]
    return shortage_beside(sent, offer, taken)


def _people(needs: Iterable[Need]) -> int:
    return sum(need.size for need in needs)


def _solved(reading: Reading, pinned: Sequence[Need]) -> tuple[Assigned, ...]:
    """The placement of everybody with these people where they should be."""
    plan = reading.plan
    now = {need.household: need for need in (*plan.needs, *pinned)}
    if len(now) <= _NEAR:
        return assign(tuple(now.values()), plan.offers, plan.policy).assigned
    groups = {need.group for need in pinned}
    targets = {need.pinned for need in pinned}
    free = {need.household: None for group in sorted(groups) for need in reading.groups[group]}
    free |= {
        a.household: None for offer in plan.offers if offer.shelter in targets for a in reading.inside[offer.shelter]
    }
    if len(free) > _NEAR:  # too many to solve again: whoever has a place there keeps it
        free = {need.household: None for group in sorted(groups) for need in reading.groups[group]}
    staying = [a for a in plan.assigned if a.household not in free]
    left = [
        remaining(
            offer,
            (
                (reading.by_household[a.household], a.beds)
                for a in reading.inside[offer.shelter]
                if a.household not in free
            ),
        )
        for offer in plan.offers
    ]
    # Whom nobody asked about stays where that costs nothing.
    kept = [replace(now[h], proposed=reading.homes.get(h)) if now[h].group not in groups else now[h] for h in free]
    near = assign(kept, left, plan.policy).assigned
    return (*staying, *near)
