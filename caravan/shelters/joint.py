"""One search for several groups: those that are to be placed, beside those whose proposal nobody has confirmed yet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Literal

import msgspec
from msgspec.structs import replace

from caravan.basics import Reason, Record
from caravan.shelters.assign import EFFORT, assign, cost
from caravan.shelters.explain import explain_many
from caravan.shelters.lacking import lacking
from caravan.shelters.measure import measure
from caravan.shelters.model import Section
from caravan.shelters.plan import Assigned, Explanation, Need, Offer, Plan, Vector, on
from caravan.shelters.policy import Policy
from caravan.shelters.progress import Heard, Watch, unwatched
from caravan.shelters.reading import remaining
from caravan.shelters.search import construct

LARGE = 600
"""From so many people on (some five buses) a search is the aggregate engine's: proving the last split takes minutes."""

# Above so many people with an open proposal, these change only where somebody would be left without a place.
_JOINT_PEOPLE = 400
# Where none of these is above zero, moving others mends nothing.
_WORTH_MOVING = ("PIN", "U1", "U2", "FAR", "SPL")
# Of a hundred people with an open proposal, so many may change where nobody more gets a place by it.
_CHANGING_PERCENT = 1


class Wanted(Record, frozen=True):
    """A group in a search, with what its proposal will say: what a person chose for it, and what it mends. ``settled``: it has a
    proposal, and gets another only if that one changes. ``moves``: those of its people who are in a house without a bed are looked
    for one elsewhere."""

    group: str
    provisional: bool = False
    pins: dict[str, str] = {}
    waived: tuple[str, ...] = ()
    reason: str = ""
    repairs: str = ""
    because: Reason | None = None
    replaces: tuple[str, ...] = ()
    settled: bool = False
    moves: bool = False


class Question(Record, frozen=True):
    """What a search is given. ``wanted`` are the groups to be placed, ``others`` those with an open proposal, which may change;
    ``needs`` those of all of them. ``theirs`` are the places the others' proposals take, by shelter and section; the offers do
    not count them as taken. ``moving`` are the households that are in a house without a bed, and the placement they are in."""

    wanted: tuple[Wanted, ...]
    others: tuple[Wanted, ...]
    needs: tuple[Need, ...]
    offers: tuple[Offer, ...]
    policy: Policy
    theirs: dict[str, dict[Section, int]] = {}
    moving: dict[str, str] = {}

    @property
    def people(self) -> int:
        return sum(need.size for need in self.needs)


class Found(Record, frozen=True):
    """What a search gives back. ``groups`` are those it planned, with their vectors; ``status`` and ``bounds`` are of the whole
    plan, ``inputs`` the fingerprint of what it was made from. ``kept`` are places kept for priority households."""

    groups: tuple[str, ...]
    assigned: tuple[Assigned, ...]
    vectors: dict[str, Vector]
    status: dict[str, Literal["optimal", "feasible"]]
    bounds: dict[str, int]
    solver: str
    inputs: str
    reasons: dict[str, tuple[Explanation, ...]]
    lacking: tuple[Reason, ...]
    kept: dict[str, dict[Section, int]] = {}
    kept_until: str | None = None


def solve(question: Question, *, watch: Watch = unwatched) -> Found:
    """The best plan for the wanted groups. Open proposals of others change only for a gain.

    More than one in a hundred of their people change only where somebody more gets a place by it. A search that was stopped
    places no fewer people than are proposed a place already.
    """
    watch = Heard(watch)
    others = {one.group for one in question.others}
    proposed = [need for need in question.needs if need.group in others]
    if not proposed:
        return _found(question, _assigned(question.needs, question.offers, question.policy, watch), watch)
    apart = _beside(question, others, watch)
    few = sum(need.size for need in proposed) <= _JOINT_PEOPLE
    lacks = any(getattr(apart.vector, level) for level in _WORTH_MOVING) and (few or apart.vector.U2)
    if watch.stopped or not lacks:
        return _found(question, apart, watch)
    together = _assigned(question.needs, question.offers, question.policy, watch)
    out, still_out = _without_place(apart, proposed), _without_place(together, ())
    if still_out > out:  # only where the search was stopped
        return _found(question, apart, watch)
    many = _changed(together, others) * 100 > _CHANGING_PERCENT * sum(need.size for need in proposed)
    return _found(question, apart if many and still_out == out else together, watch)


def _beside(question: Question, others: set[str], watch: Heard) -> Plan:
    """The best plan that leaves every open proposal as it is."""
    offers = tuple(_less(offer, question.theirs.get(offer.shelter, {})) for offer in question.offers)
    return _assigned([n for n in question.needs if n.group not in others], offers, question.policy, watch)


def _assigned(needs: Sequence[Need], offers: Sequence[Offer], policy: Policy, watch: Heard) -> Plan:
    large = sum(need.size for need in needs) >= LARGE
    plan = assign(needs, offers, policy, watch=watch, most_effort=0 if large else EFFORT)
    return _no_worse_than_proposed(plan) if watch.stopped else plan


def _no_worse_than_proposed(plan: Plan) -> Plan:
    """The plan, or that in which whoever was proposed a place keeps it, where that is better."""
    needs, offers, policy = plan.needs, plan.offers, plan.policy
    staying = [a for offer in offers for a in _staying(offer, needs, policy)]
    placed = {a.household for a in staying}
    by_household = {need.household: need for need in needs}
    left = [
        remaining(offer, ((by_household[a.household], a.beds) for a in staying if a.shelter == offer.shelter))
        for offer in offers
    ]
    others = construct([need for need in needs if need.household not in placed], left, policy)
    assigned = tuple(sorted((*staying, *others), key=lambda a: a.household))
    if cost(needs, offers, policy, assigned) >= cost(needs, offers, policy, plan.assigned):
        return plan
    placed |= {a.household for a in others}
    return replace(
        plan, assigned=assigned, unplaced=tuple(need.household for need in needs if need.household not in placed),
        vector=measure(needs, offers, policy, assigned), status=dict.fromkeys(plan.status, "feasible"), bounds={},
    )  # fmt: skip


def _staying(offer: Offer, needs: Sequence[Need], policy: Policy) -> list[Assigned]:
    """Those who were proposed this shelter, in it. A proposal says how many places of each section they take, not who lies where:
    that is solved again, for this house alone."""
    there = {need.household: need for need in needs if need.proposed == offer.shelter}
    loose = [replace(need, group="", solo=True) for need in there.values() if need.pinned in (None, offer.shelter)]
    alone = assign(loose, [offer], replace(policy, levels=("U1", "U2", "SOFT")))
    return [replace(a, group=there[a.household].group) for a in alone.assigned]


def _less(offer: Offer, taken: dict[Section, int]) -> Offer:
    free = {
        section: tuple(max(0, places - taken.get(section, 0)) for places in nights)
        for section, nights in offer.free.items()
    }
    accessible = tuple(
        min(places, sum(on(nights, night) for nights in free.values())) for night, places in enumerate(offer.accessible)
    )
    return replace(offer, free=free, accessible=accessible, load=offer.load + sum(taken.values()))


def _changed(plan: Plan, others: set[str]) -> int:
    """People of others whose proposal changes."""
    homes = {a.household: a.shelter for a in plan.assigned}
    return sum(
        need.size
        for need in plan.needs
        if need.group in others and need.proposed is not None and homes.get(need.household) != need.proposed
    )


def _without_place(plan: Plan, beside: Iterable[Need]) -> tuple[int, int, int]:
    """Pinned people, people of priority households and people without a place, with those ``beside`` the plan, who stay as
    proposed."""
    out = [need for need in beside if need.proposed is None]
    pinned = sum(need.size for need in out if need.pinned is not None)
    priority = sum(need.size for need in out if need.priority)
    vector = plan.vector
    return vector.PIN + pinned, vector.U1 + priority, vector.U2 + sum(need.size for need in out)


def _found(question: Question, plan: Plan, watch: Watch) -> Found:
    by_group = defaultdict[str, list[Need]](list)
    for need in plan.needs:
        by_group[need.group].append(need)
    of_group = defaultdict[str, list[Assigned]](list)
    for assigned in plan.assigned:
        of_group[assigned.group].append(assigned)
    asked = (*question.wanted, *(replace(one, settled=True) for one in question.others))
    groups = [
        one.group
        for one in asked
        if one.group in by_group and not (one.settled and not _moved(by_group[one.group], of_group[one.group]))
    ]
    vectors = {group: measure(by_group[group], plan.offers, plan.policy, tuple(of_group[group])) for group in groups}
    kept = {offer.shelter: offer.kept for offer in plan.offers if any(offer.kept.values())}
    return Found(
        groups=tuple(groups), assigned=tuple(a for group in groups for a in of_group[group]), vectors=vectors,
        status=plan.status, bounds=plan.bounds if len(by_group) == 1 else {}, solver=plan.solver,
        inputs=fingerprint(plan.needs, plan.offers, plan.policy), reasons={group: tuple(of) for group, of in explain_many(plan, groups, watch=watch).items()},
        lacking=tuple(lacking(plan)), kept=kept,
        kept_until=next((offer.kept_until for offer in plan.offers if offer.shelter in kept), None),
    )  # fmt: skip


def _moved(needs: Sequence[Need], assigned: Sequence[Assigned]) -> bool:
    """Whether the plan has another shelter for any of these people, or one for somebody who had none."""
    homes = {a.household: a.shelter for a in assigned}
    return any(homes.get(need.household) != need.proposed for need in needs)


def fingerprint(needs: Sequence[Need], offers: Sequence[Offer], policy: Policy) -> str:
    """SHA-256 of all a plan is made from: the same inputs give the same plan."""
    return sha256(msgspec.json.encode((needs, offers, policy))).hexdigest()
