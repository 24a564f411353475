"""Why a plan sends people where it sends them, why not elsewhere, and what is missing for those without a place.

A shelter that was not chosen is tried: the same people are put there, with those the plan already sends there, and the
first level that gets worse is the reason. Codes and numbers only; distances here are in metres.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain, combinations
from typing import NamedTuple

from msgspec.structs import replace

from caravan.basics import Reason, Scalar
from caravan.shelters.assign import assign, measure
from caravan.shelters.model import SECTIONS, Admission, Section
from caravan.shelters.plan import (
    Assigned,
    Explanation,
    Need,
    Offer,
    Plan,
    barrier,
    discomforts,
    lodgings,
    modes,
    on,
    reach,
    stay,
)


class _Verdict(NamedTuple):
    """Why not this shelter, and how many of the people it could still have taken."""

    offer: Offer
    reason: Reason
    takes: int


def explain(plan: Plan, group_or_household: str) -> list[Explanation]:
    """One entry a shelter: the chosen ones first, then by distance.

    Raises ``LookupError`` for a group or household the plan does not know. The unaccompanied children of a group are
    explained by the shelter chosen for them, or by their own household's id: what keeps the others out does not hold
    for them.
    """
    asked = [n for n in plan.needs if group_or_household in (n.group, n.household)]
    if not asked:
        raise LookupError(group_or_household)
    subject = [n for n in asked if n.kind != "uam"] or asked
    homes = {a.household: a.shelter for a in plan.assigned}
    here = {o.shelter: [n for n in asked if homes.get(n.household) == o.shelter] for o in plan.offers}
    offers = sorted(plan.offers, key=lambda o: _distance(plan, o))
    against = [_against(plan, subject, offer) for offer in offers if not here[offer.shelter]]
    chosen = [
        Explanation(
            shelter=offer.shelter,
            chosen=True,
            people=_people(here[offer.shelter]),
            reason=_why(plan, subject, here[offer.shelter], offer, against),
        )
        for offer in offers
        if here[offer.shelter]
    ]
    people = _people(subject)
    return chosen + [
        Explanation(shelter=v.offer.shelter, chosen=False, people=people, reason=v.reason) for v in against
    ]


def _people(needs: Iterable[Need]) -> int:
    return sum(need.size for need in needs)


def _distance(plan: Plan, offer: Offer) -> tuple[bool, int, str]:
    """Sorts by distance, those out of reach last."""
    hm = reach(offer, plan.policy)
    return hm is None, hm or 0, offer.shelter


def _metres(offer: Offer) -> int | None:
    return None if offer.distance_hm is None else 100 * offer.distance_hm


# --- why chosen ------------------------------------------------------------------------------------------------------


def _why(plan: Plan, subject: list[Need], here: list[Need], offer: Offer, against: list[_Verdict]) -> Reason:
    if all(need.pinned is not None for need in here):
        return Reason(code="pinned")
    if all(need.kind == "uam" for need in here):
        return Reason(code="uam_to_dif")
    people, of = _people(need for need in here if need.kind != "uam" or need in subject), _people(subject)
    wanting = {v.reason.details.get("section") for v in against} - {None}
    if all(need.kind == "fam" for need in here) and wanting == {"fam"} and all(v.takes < of for v in against):
        return Reason(code="only_family_places")
    if people < of:
        return Reason(code="part_of_group", details={"people": people, "of": of})
    nearer = [v for v in against if _distance(plan, v.offer) < _distance(plan, offer)]
    if len(subject) > 1 and any(0 < v.takes < of for v in nearer):
        return Reason(code="whole_group_together", details={"people": of, "metres": _metres(offer)})
    rivals = [v.reason.code for v in nearer if v.takes == of]
    if rivals:
        return Reason(code="suits_better", details={"because": rivals[0]})
    return Reason(code="nearest_with_room", details={"metres": _metres(offer)})


# --- why not ---------------------------------------------------------------------------------------------------------


def _against(plan: Plan, subject: list[Need], offer: Offer) -> _Verdict:
    barriers = [(need, barrier(need, offer, plan.policy) or _pin(need, offer)) for need in subject]
    blocked = [(need, reason) for need, reason in barriers if reason is not None]
    admitted = [need for need, reason in barriers if reason is None]
    if not admitted:
        return _Verdict(offer, _heaviest(blocked), 0)
    tried = _try(plan, admitted, offer)
    inside = {a.household for a in tried}
    takes = _people(need for need in admitted if need.household in inside)
    if takes < _people(admitted):
        return _Verdict(offer, _shortage(plan, admitted, offer), takes)
    if blocked:
        because = _heaviest(blocked)
        split: dict[str, Scalar] = {"takes": takes, "of": _people(subject), "because": because.code}
        return _Verdict(offer, Reason(code="would_split", details=because.details | split), takes)
    return _Verdict(offer, _worse(plan, subject, offer, tried), takes)


def _pin(need: Need, offer: Offer) -> Reason | None:
    if need.pinned in (None, offer.shelter):
        return None
    return Reason(code="pinned_elsewhere", details={"shelter": need.pinned})


def _heaviest(blocked: Sequence[tuple[Need, Reason]]) -> Reason:
    """The reason that keeps out most people; between equals, the first met."""
    people = Counter[str]()
    for need, reason in blocked:
        people[reason.code] += need.size
    code = max(people, key=lambda code: people[code])
    return next(reason for _, reason in blocked if reason.code == code)


def _try(plan: Plan, subject: Sequence[Need], offer: Offer) -> tuple[Assigned, ...]:
    """Who would sleep in the shelter if these people were sent there with those whom the plan already sends there."""
    asked = {need.household for need in subject}
    there = {a.household for a in plan.assigned if a.shelter == offer.shelter} - asked
    settled = [replace(need, pinned=offer.shelter) for need in plan.needs if need.household in there]
    return assign([*settled, *subject], [offer], replace(plan.policy, levels=("U1", "U2", "SOFT"))).assigned


def _shortage(plan: Plan, subject: list[Need], offer: Offer) -> Reason:
    """The first section and night with fewer places left than these people need, sleeping as they usually would."""
    asked = {need.household for need in subject}
    by_id = {need.household: need for need in plan.needs}
    others = [a for a in plan.assigned if a.shelter == offer.shelter and a.household not in asked]
    taken = _use(offer, ((by_id[a.household], a.beds) for a in others))
    needed = _use(offer, ((need, lodgings(need, offer)[0].beds) for need in subject))
    for section in (*SECTIONS, None):
        free = offer.accessible if section is None else offer.free.get(section, ())
        for night in range(offer.horizon):
            left = on(free, night) - taken[section, night]
            if needed[section, night] > left:
                details: dict[str, Scalar] = {"free": left, "needed": needed[section, night], "night": night}
                if section is None:
                    return Reason(code="no_accessible_places", details=details)
                return Reason(code="full", details={"section": section} | details)
    return Reason(code="kept_for_priority", details={"percent": plan.policy.reserve_percent})


def _use(offer: Offer, sleepers: Iterable[tuple[Need, dict[Section, int]]]) -> Counter[tuple[Section | None, int]]:
    """Places by section and night; under ``None`` those that must be accessible."""
    use = Counter[tuple[Section | None, int]]()
    for need, beds in sleepers:
        for night in range(stay(need, offer)):
            use[None, night] += need.accessible
            for section, count in beds.items():
                use[section, night] += count
    return use


def _worse(plan: Plan, subject: list[Need], offer: Offer, tried: tuple[Assigned, ...]) -> Reason:
    """The first level on which the plan would lose by sending them there."""
    moved = {need.household for need in subject}
    assigned = [
        *(a for a in plan.assigned if a.shelter != offer.shelter and a.household not in moved),
        *tried,
    ]
    vector = measure(plan.needs, plan.offers, plan.policy, assigned)
    people = _people(subject)
    for level in plan.policy.levels:
        loss = getattr(vector, level) - getattr(plan.vector, level)
        match level:
            case _ if loss == 0:
                continue
            case _ if loss < 0:  # only where the search was cut
                break
            case "FAR":
                return Reason(code="other_municipality", details={"people": loss, "metres": _metres(offer)})
            case "SPL":
                return Reason(code="would_split", details={"takes": people, "of": _group_of(plan, subject)})
            case "CHG":
                return Reason(code="changes_proposal", details={"people": loss})
            case "SOFT":
                return _harder(plan, assigned, offer)
            case "DIST":
                return Reason(code="farther", details={"metres": 100 * loss // people})
            case _:
                return Reason(code="fuller", details={"people": people, "places": offer.places, "load": offer.load})
    return Reason(code="as_good")


def _group_of(plan: Plan, subject: list[Need]) -> int:
    groups = {need.group for need in subject}
    return _people(need for need in plan.needs if need.group in groups and need.keeps_together)


def _harder(plan: Plan, assigned: Iterable[Assigned], offer: Offer) -> Reason:
    """What more people would have to bear there: a later move, a language, a pet left outside, a night apart."""
    extra = _borne(plan, assigned) - _borne(plan, plan.assigned)
    cause = next(iter(extra))
    details: dict[str, Scalar] = {"people": extra[cause]}
    if cause == "over_stay":
        details["max_nights"] = offer.max_stay_nights
    return Reason(code=cause, details=details)


def _borne(plan: Plan, assigned: Iterable[Assigned]) -> Counter[str]:
    by_id = {need.household: need for need in plan.needs}
    by_shelter = {offer.shelter: offer for offer in plan.offers}
    borne = Counter[str]()
    for a in assigned:
        need = by_id[a.household]
        lodging = next(lodging for lodging in modes(need) if lodging.mode == a.mode)
        borne.update(discomforts(need, by_shelter[a.shelter], lodging))
    return borne


# --- what is missing -------------------------------------------------------------------------------------------------


def lacking(plan: Plan) -> list[Reason]:
    """What would have to be opened for those without a place; empty where everybody has one.

    ``lacking_service`` and ``lacking_accessible``: people who would fit but for that. ``kept_for_priority``: people
    who would fit without the reserve. ``lacking_places``: people of those kinds compete for ``open`` places in reach,
    so ``places`` more are needed, whatever the arrangement. ``lacking_room_together``: places are free, but no shelter
    has enough for a whole household of them.
    """
    out = set(plan.unplaced)
    causes = {need.household: _special(plan, need) for need in plan.needs if need.household in out}
    reasons: list[Reason] = []
    for cause in sorted({cause for cause in causes.values() if cause}):
        people = _people(need for need in plan.needs if causes.get(need.household) == cause)
        accessible = cause == "accessible"
        details: dict[str, Scalar] = {"people": people} if accessible else {"service": cause, "people": people}
        reasons.append(Reason(code="lacking_accessible" if accessible else "lacking_service", details=details))
    plain = [need for need in plan.needs if not causes.get(need.household)]
    apart: tuple[tuple[Admission, ...], ...] = (("uam",), ("fam", "wom", "men"))
    for kinds in apart:
        reasons.extend(_lacking_places(plan, [need for need in plain if need.kind in kinds], kinds))
    return reasons


def _special(plan: Plan, need: Need) -> str:
    """The service, or ``accessible``, but for which this household would have a place; else nothing."""
    without = [(service, replace(need, needs=tuple(s for s in need.needs if s != service))) for service in need.needs]
    without.append(("accessible", replace(need, accessible=0)))
    for cause, easier in without:
        if easier != need and any(_fits(plan, easier, offer) for offer in plan.offers):
            return cause
    return ""


def _fits(plan: Plan, need: Need, offer: Offer) -> bool:
    return any(a.household == need.household for a in _try(plan, [need], offer))


def _lacking_places(plan: Plan, needs: list[Need], kinds: tuple[Admission, ...]) -> Iterable[Reason]:
    out = set(plan.unplaced)
    rest = _people(need for need in needs if need.household in out)
    subsets = chain.from_iterable(combinations(kinds, n) for n in range(1, len(kinds) + 1))
    cuts = {subset: _competition(plan, [need for need in needs if need.kind in subset]) for subset in subsets}
    tightest, (people, places) = max(cuts.items(), key=lambda cut: cut[1][0] - cut[1][1])
    if people > places:
        details: dict[str, Scalar] = {"kinds": " ".join(tightest), "people": people, "open": places}
        yield Reason(code="lacking_places", details=details | {"places": people - places})
        rest -= people - places
    kept = min(rest, _kept(plan)) if rest > 0 else 0
    if kept:
        yield Reason(code="kept_for_priority", details={"people": kept, "percent": plan.policy.reserve_percent})
    if rest > kept:
        yield Reason(code="lacking_room_together", details={"kinds": " ".join(kinds), "people": rest - kept})


def _competition(plan: Plan, needs: list[Need]) -> tuple[int, int]:
    """People, and the places tonight that any of them could take: more people than places is proof that some stay
    out."""
    places = {
        (offer.shelter, section): on(offer.free[section], 0)
        for need in needs
        for offer in plan.offers
        if barrier(need, offer, plan.policy) is None
        for lodging in lodgings(need, offer)
        for section in lodging.beds
    }
    return _people(needs), sum(places.values())


def _kept(plan: Plan) -> int:
    """People who would have a place if none were kept for priority households."""
    if not plan.policy.reserve_percent:
        return 0
    open_to_all = replace(plan.policy, reserve_percent=0, levels=("U2",))
    return plan.vector.U2 - assign(plan.needs, plan.offers, open_to_all).vector.U2
