"""Plans: what a search found becomes proposals, one a group. They hold nothing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime

from msgspec.structs import replace

from caravan import commands as c
from caravan import events as e
from caravan.basics import Reason, Refusal
from caravan.coordination.asking import question
from caravan.coordination.claims import must_be_free, to_be_placed
from caravan.coordination.relieving import must_lack_beds, open_parts, without_bed
from caravan.coordination.room import must_fit
from caravan.coordination.turn import Turn, answers
from caravan.picture import Picture, mint
from caravan.shelters.joint import Found, Question, Wanted, solve
from caravan.shelters.model import Placement, Section
from caravan.shelters.plan import Assigned


def plan_for(picture: Picture, wish: c.ProposePlacement, now: datetime) -> c.OfferPlan:
    """The best plan for a wish, on the picture as it is. Reads only; may take seconds. Refuses what ``question`` refuses."""
    asked = question(picture, wish, now)
    return offered(picture, asked, solve(asked), now)


def offered(picture: Picture, asked: Question, found: Found, now: datetime) -> c.OfferPlan:
    """The proposals that a search makes, those that were asked for first."""
    known = {one.group: one for one in (*asked.wanted, *asked.others)}
    sizes = {need.household: need.size for need in asked.needs}
    waiting, lying = Counter[str](), Counter[str]()
    for need in asked.needs:
        (lying if need.household in asked.moving else waiting)[need.group] += need.size
    of_group = defaultdict[str, list[Assigned]](list)
    for assigned in found.assigned:
        of_group[assigned.group].append(assigned)
    shown = {
        ident: dict(free) for ident in sorted(picture.shelters) if (free := picture.shelters[ident].free) is not None
    }
    proposals: list[e.PlanProposed] = []
    ahead = 0
    for group in found.groups:
        parts = _parts(picture, group, of_group[group], sizes, asked.moving, now, ahead + 1)
        proposals.append(
            replace(
                _proposal(found, known[group], parts, waiting[group], lying[group]),
                plan=mint(picture, "q", ahead), policy=picture.policy.key, shown=shown,
            )
        )  # fmt: skip
        ahead += 1 + len(parts)
    return c.OfferPlan(proposals=tuple(proposals))


def _proposal(found: Found, one: Wanted, parts: tuple[Placement, ...], waiting: int, lying: int) -> e.PlanProposed:
    unplaced, without_bed = waiting - _people(parts, moving=False), lying - _people(parts, moving=True)
    return e.PlanProposed(
        plan="", group=one.group, parts=parts, unplaced=unplaced, vector=found.vectors[one.group],
        reasons=found.reasons.get(one.group, ()), lacking=found.lacking if unplaced or without_bed else (),
        provisional=one.provisional, status=dict(found.status), bounds=found.bounds, inputs=found.inputs,
        solver=found.solver, pins=one.pins, waived=one.waived, reason=one.reason, repairs=one.repairs,
        because=one.because, kept=found.kept, kept_until=found.kept_until, replaces=one.replaces,
        without_bed=without_bed,
    )  # fmt: skip


def _parts(
    picture: Picture, group: str, assigned: list[Assigned], sizes: dict[str, int], moving: dict[str, str], now: datetime,
    first: int,
) -> tuple[Placement, ...]:  # fmt: skip
    """One a shelter, and one more for those who would move there from each house in which they have no bed."""
    by_shelter = defaultdict[tuple[str, str], list[Assigned]](list)
    for one in assigned:
        by_shelter[one.shelter, moving.get(one.household, "")].append(one)
    return tuple(
        Placement(
            id=mint(picture, "p", n), group=group, shelter=shelter, activation=picture.groups[group].activation, held_at=now,
            people=sum(sizes[one.household] for one in there), beds=_beds(there),
            households=tuple(one.household for one in there), moves_from=origin or None,
            why=_asked_to_move(picture, origin),
        )
        for n, ((shelter, origin), there) in enumerate(sorted(by_shelter.items()), first)
    )  # fmt: skip


def _asked_to_move(picture: Picture, origin: str) -> tuple[Reason, ...]:
    if not origin:
        return ()
    shelter = picture.placements[origin].shelter
    people = without_bed(picture, shelter).get(origin, 0)
    name = picture.shelters[shelter].shelter.name
    return (Reason(code="asked_to_move", details={"shelter": name, "people": people}),)


def _beds(assigned: list[Assigned]) -> dict[Section, int]:
    beds = defaultdict[Section, int](int)
    for one in assigned:
        for section, n in one.beds.items():
            beds[section] += n
    return dict(beds)


@answers(c.OfferPlan)
def offer_plan(turn: Turn, command: c.OfferPlan) -> str | None:
    """The plans were made on a picture that may have moved on: they are offered only if what they mend is still so and they
    still fit, all of them together; else they are made again."""
    proposals = command.proposals
    for proposal in proposals:
        turn.group(proposal.group)
        standing = turn.picture.plans.get(proposal.group)
        if proposal.repairs and (standing is None or standing.plan != proposal.repairs):
            raise Refusal("already_repaired", field="plan", group=proposal.group)
        _must_match(turn, proposal)
    must_fit(
        turn.picture, [p for each in proposals for p in each.parts], [i for each in proposals for i in each.replaces]
    )
    for proposal in proposals:
        _offer(turn, proposal)
    return turn.picture.plans[proposals[0].group].plan if proposals else None


def _people(parts: Iterable[Placement], *, moving: bool) -> int:
    return sum(part.people for part in parts if (part.moves_from is not None) == moving)


def _must_match(turn: Turn, proposal: e.PlanProposed) -> None:
    must_be_free(turn.picture, proposal, proposal.parts)
    placed, left = _people(proposal.parts, moving=False), to_be_placed(turn.picture, proposal)
    if placed > left:
        raise Refusal("more_than_unplaced", field="plan", people=placed, unplaced=left)
    must_lack_beds(turn.picture, proposal.group, proposal.parts, proposal.replaces)


def _offer(turn: Turn, proposal: e.PlanProposed) -> None:
    """The ids are given now: others may have been minted since the search."""
    before = turn.picture.plans.get(proposal.group)
    left = to_be_placed(turn.picture, proposal) - _people(proposal.parts, moving=False)
    if before is not None and proposal.repairs == before.plan and _same(turn.picture, before, proposal, left):
        turn.happen(e.PlanStands(group=proposal.group))
        return
    parts = tuple(replace(part, id=turn.mint("p", n)) for n, part in enumerate(proposal.parts, 1))
    turn.happen(replace(proposal, plan=turn.mint("q"), parts=parts, unplaced=left))
    if left and not (proposal.repairs and before is not None and before.unplaced >= left):
        turn.tell(proposal.group, "faltan_lugares", personas=left)


def _same(picture: Picture, before: e.PlanProposed, after: e.PlanProposed, unplaced: int) -> bool:
    """Whether a repair found again what is proposed: an official who reads that may go on."""

    def what(plan: e.PlanProposed, parts: Iterable[Placement]) -> object:
        found = [(p.shelter, p.people, p.beds, sorted(p.households), p.moves_from) for p in parts]
        return sorted(found, key=str), set(plan.replaces), plan.pins, plan.waived, plan.provisional, plan.without_bed

    same = what(before, open_parts(picture, before)) == what(after, after.parts)
    return same and before.unplaced == unplaced
