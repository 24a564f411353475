"""Whether a plan still says the truth: its people still wait and are who they were, and its houses still take them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from caravan.basics import Reason, Refusal
from caravan.coordination.asking import houses, needs_for
from caravan.coordination.claims import replaced
from caravan.coordination.relieving import open_parts
from caravan.events import PlanProposed
from caravan.picture import Picture
from caravan.shelters.joint import Wanted
from caravan.shelters.model import Placement
from caravan.shelters.plan import Need, barrier


def must_be_true(picture: Picture, plan: PlanProposed, parts: Iterable[Placement], now: datetime) -> None:
    """Refuses parts of a proposal that is about others than those who wait, or sends people where a rule forbids it by now."""
    needs = _needs(picture, plan)
    for part in parts:
        name = picture.shelters[part.shelter].shelter.name
        if not _about_them(part, needs):
            raise Refusal("others_by_now", field="plan", shelter=name)
        reason = _barred(picture, plan, part, needs, now)
        if reason is not None:
            raise Refusal("house_refuses_by_now", field="plan", shelter=name, because=reason)


def barred(picture: Picture, plan: PlanProposed, part: Placement, now: datetime) -> Reason | None:
    """The rule that forbids this part by now."""
    return _barred(picture, plan, part, _needs(picture, plan), now)


def about_others(picture: Picture, plan: PlanProposed) -> bool:
    """Whether what nobody has confirmed of a proposal is about others than those who wait now."""
    parts = [part for part in open_parts(picture, plan) if part.moves_from is None]
    needs = _needs(picture, plan)
    return not all(_about_them(part, needs) for part in parts)


def left_alone(picture: Picture, plan: PlanProposed) -> int:
    """Children who are alone for whom the plan has no place."""
    alone = sum(need.size for need in _needs(picture, plan).values() if need.kind == "uam")
    return max(0, alone - sum(part.beds.get("uam", 0) for part in open_parts(picture, plan)))


def _needs(picture: Picture, plan: PlanProposed) -> dict[str, Need]:
    """The group's households that wait, as a search made now would take them."""
    moves = bool(plan.without_bed) or any(part.moves_from is not None for part in plan.parts)
    asked = Wanted(
        group=plan.group,
        pins=plan.pins,
        waived=plan.waived,
        reason=plan.reason,
        moves=moves,
        replaces=replaced(picture, plan),
    )
    return {need.household: need for need in needs_for(picture, asked)[0]}


def _about_them(part: Placement, needs: dict[str, Need]) -> bool:
    """Whether these households wait, are as many people, and of them the children who are alone, and nobody else, sleep where
    such children do. Which of the people without a bed would move, nobody has said."""
    if part.moves_from is not None:
        return True
    found = [needs.get(ident) for ident in part.households]
    known = [need for need in found if need is not None]
    alone = sum(need.size for need in known if need.kind == "uam")
    whole = len(known) == len(found) and sum(need.size for need in known) == part.people
    return whole and alone == part.beds.get("uam", 0)


def _barred(
    picture: Picture, plan: PlanProposed, part: Placement, needs: dict[str, Need], now: datetime
) -> Reason | None:
    theirs = [needs[ident] for ident in part.households if ident in needs]
    [offer] = houses(picture, [part.shelter], theirs, now, without=frozenset(replaced(picture, plan)))
    return next((reason for need in theirs if (reason := barrier(need, offer)) is not None), None)
