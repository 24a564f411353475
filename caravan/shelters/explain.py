"""Why a plan sends people where it sends them, and why not elsewhere.

A shelter that was not chosen is tried: the same people are put there, with those the plan already sends there, and the
first level that gets worse is the reason. Nothing else of the plan is solved again, so that one group of a caravan costs
what one bus costs. Codes and numbers only; distances here are in metres.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from caravan.basics import Reason, Scalar
from caravan.shelters.assign import assign
from caravan.shelters.change import Change
from caravan.shelters.model import SECTIONS
from caravan.shelters.plan import Assigned, Explanation, Need, Offer, Plan, lodgings, reach
from caravan.shelters.progress import Progress, Watch, unwatched
from caravan.shelters.reading import Reading, Use, room, use

AT_LEAST = 20_000
"""Pairs of a group and a shelter that are explained however soon a search is stopped: some three seconds."""


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
    return _explained(Reading(plan), group_or_household)


def explain_many(
    plan: Plan, groups: Iterable[str], *, watch: Watch = unwatched, at_least: int = AT_LEAST
) -> dict[str, list[Explanation]]:
    """``explain`` for many groups or households of one plan, at a fraction of the cost of each.

    When ``watch`` says no, the first ``at_least`` pairs of a group and a shelter are explained all the same. For the groups after
    them what was chosen is told, and the rules that keep them out elsewhere.
    """
    reading, groups = Reading(plan), list(groups)
    found: dict[str, list[Explanation]] = {}
    whole = True
    for done, group in enumerate(groups):
        heard = watch(Progress(stage="explain", done=done, of=len(groups)))
        whole = whole and (heard or (done + 1) * len(plan.offers) <= at_least)
        found[group] = _explained(reading, group) if whole else _briefly(reading, group)
    return found


def _briefly(reading: Reading, group_or_household: str) -> list[Explanation]:
    """What can be said without trying any shelter."""
    asked = reading.asked(group_or_household)
    subject = [n for n in asked if n.kind != "uam"] or asked
    people = _people(subject)
    chosen: list[Explanation] = []
    barred: list[Explanation] = []
    for offer in sorted(reading.plan.offers, key=lambda o: _distance(subject, o)):
        here = [need for need in asked if reading.homes.get(need.household) == offer.shelter]
        barriers = [(need, reading.barrier(need, offer) or _pin(need, offer)) for need in subject]
        blocked = [(need, reason) for need, reason in barriers if reason is not None]
        if here:
            reason = _plainly(subject, here) or Reason(code="search_cut")
            chosen.append(Explanation(shelter=offer.shelter, chosen=True, people=_people(here), reason=reason))
        elif len(blocked) == len(subject):
            barred.append(Explanation(offer.shelter, chosen=False, people=people, reason=heaviest(blocked)))
    return chosen + barred


def _explained(reading: Reading, group_or_household: str) -> list[Explanation]:
    plan = reading.plan
    asked = reading.asked(group_or_household)
    subject = [n for n in asked if n.kind != "uam"] or asked
    here = {o.shelter: [n for n in asked if reading.homes.get(n.household) == o.shelter] for o in plan.offers}
    offers = sorted(plan.offers, key=lambda o: _distance(subject, o))
    against = [_against(reading, subject, offer) for offer in offers if not here[offer.shelter]]
    chosen = [
        Explanation(
            shelter=offer.shelter,
            chosen=True,
            people=_people(here[offer.shelter]),
            reason=_why(subject, here[offer.shelter], offer, against),
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


def _distance(subject: Sequence[Need], offer: Offer) -> tuple[bool, int, str]:
    """Sorts by distance from where these people are, those out of reach last."""
    hm = reach(subject[0], offer)
    return hm is None, hm or 0, offer.shelter


def _metres(subject: Sequence[Need], offer: Offer) -> int | None:
    hm = reach(subject[0], offer)
    return None if hm is None else 100 * hm


# --- why chosen ------------------------------------------------------------------------------------------------------


def _plainly(subject: list[Need], here: list[Need]) -> Reason | None:
    """Why there, where that has nothing to do with the other shelters."""
    if all(need.pinned is not None for need in here):
        return Reason(code="pinned")
    if all(need.kind == "uam" for need in here):
        return Reason(code="uam_to_dif")
    return None


def _why(subject: list[Need], here: list[Need], offer: Offer, against: list[_Verdict]) -> Reason:
    plain = _plainly(subject, here)
    if plain is not None:
        return plain
    people, of = _people(need for need in here if need.kind != "uam" or need in subject), _people(subject)
    wanting = {v.reason.details.get("section") for v in against} - {None}
    if all(need.kind == "fam" for need in here) and wanting == {"fam"} and all(v.takes < of for v in against):
        return Reason(code="only_family_places")
    if people < of:
        return Reason(code="part_of_group", details={"people": people, "of": of})
    nearer = [v for v in against if _distance(subject, v.offer)[:2] < _distance(subject, offer)[:2]]
    if len(subject) > 1 and any(0 < v.takes < of for v in nearer):
        return Reason(code="whole_group_together", details={"people": of, "metres": _metres(subject, offer)})
    rivals = [v.reason.code for v in nearer if v.takes == of]
    if rivals:
        return Reason(code="suits_better", details={"because": rivals[0]})
    return Reason(code="nearest_with_room", details={"metres": _metres(subject, offer)})


# --- why not ---------------------------------------------------------------------------------------------------------


def _against(reading: Reading, subject: list[Need], offer: Offer) -> _Verdict:
    barriers = [(need, reading.barrier(need, offer) or _pin(need, offer)) for need in subject]
    blocked = [(need, reason) for need, reason in barriers if reason is not None]
    admitted = [need for need, reason in barriers if reason is None]
    if not admitted:
        return _Verdict(offer, heaviest(blocked), 0)
    tried = _try(reading, admitted, offer)
    inside = {a.household for a in tried}
    takes = _people(need for need in admitted if need.household in inside)
    if takes < _people(admitted):
        return _Verdict(offer, shortage_beside(admitted, offer, reading.taken(offer)), takes)
    if blocked:
        because = heaviest(blocked)
        split: dict[str, Scalar] = {"takes": takes, "of": _people(subject), "because": because.code}
        return _Verdict(offer, Reason(code="would_split", details=because.details | split), takes)
    return _Verdict(offer, _worse(reading, subject, offer, tried), takes)


def _pin(need: Need, offer: Offer) -> Reason | None:
    if need.pinned in (None, offer.shelter):
        return None
    return Reason(code="pinned_elsewhere", details={"shelter": need.pinned})


def heaviest(blocked: Sequence[tuple[Need, Reason]]) -> Reason:
    """The reason that keeps out most people; between equals, the first met."""
    people = Counter[str]()
    for need, reason in blocked:
        people[reason.code] += need.size
    code = max(people, key=lambda code: people[code])
    return next(reason for _, reason in blocked if reason.code == code)


def _try(reading: Reading, subject: Sequence[Need], offer: Offer) -> tuple[Assigned, ...]:
    """Who would sleep in the shelter if these people were sent there with those whom the plan already sends there."""
    there = reading.inside[offer.shelter]
    added = reading.added(subject, offer)
    left = sum(max(0, room(offer, section, 0) - reading.taken(offer)[section, 0, True]) for section in offer.free)
    if len(added) == len(subject) or left < _people(subject):
        return (*there, *added)
    # Some may fit if those who are there lie otherwise: solved with all others where they are, and groups ignored.
    settled = [replace(reading.by_household[a.household], pinned=offer.shelter) for a in there]
    loose = [replace(need, group="", solo=True) for need in (*settled, *subject)]
    return assign(loose, [offer], replace(reading.plan.policy, levels=("U1", "U2", "SOFT"))).assigned


def shortage_beside(subject: Sequence[Need], offer: Offer, taken: Use) -> Reason:
    """The first section and night with fewer places left beside what is taken than the people need, sleeping as they usually
    would."""
    needed = use(offer, ((need, lodgings(need, offer)[0].beds) for need in subject))
    for section in (*SECTIONS, None):
        for night in range(offer.horizon):
            left = room(offer, section, night) - taken[section, night, True]
            if needed[section, night, True] > left:
                details: dict[str, Scalar] = {"free": left, "needed": needed[section, night, True], "night": night}
                if section is None:
                    return Reason(code="no_accessible_places", details=details)
                return Reason(code="full", details={"section": section} | details)
    return Reason(code="kept_until", details={"places": sum(offer.kept.values()), "until": offer.kept_until})


def _worse(reading: Reading, subject: list[Need], offer: Offer, tried: tuple[Assigned, ...]) -> Reason:
    """The first level on which the plan would lose by sending them there."""
    change = Change(reading, tried)
    people = _people(subject)
    for level in reading.plan.policy.levels:
        loss = change.loss(level)
        match level:
            case _ if loss == 0:
                continue
            case _ if loss < 0:  # only where the search was cut
                break
            case "FAR":
                return Reason(code="other_municipality", details={"people": loss, "metres": _metres(subject, offer)})
            case "PRICE":
                return Reason(code="scarcer", details={"thousandths": loss})
            case "SPL":
                return Reason(code="would_split", details={"takes": people, "of": _group_of(reading, subject)})
            case "CHG":
                return Reason(code="changes_proposal", details={"people": loss})
            case "SOFT":
                return _harder(change, offer)
            case "DIST":
                return Reason(code="farther", details={"metres": 100 * loss // people})
            case _:
                return Reason(code="fuller", details={"people": people, "places": offer.places, "load": offer.load})
    return Reason(code="as_good")


def _harder(change: Change, offer: Offer) -> Reason:
    extra = change.borne()
    cause = next(iter(extra))
    details: dict[str, Scalar] = {"people": extra[cause]}
    if cause == "over_stay":
        details["max_nights"] = offer.max_stay_nights
    return Reason(code=cause, details=details)


def _group_of(reading: Reading, subject: Sequence[Need]) -> int:
    groups = {need.group: None for need in subject}
    return _people(need for group in groups for need in reading.groups[group] if need.keeps_together)
