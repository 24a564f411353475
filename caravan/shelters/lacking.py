"""What is missing when not everybody has a place, said so that somebody can open it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from caravan.basics import Reason, Scalar
from caravan.shelters.bound import Shortage, bound
from caravan.shelters.model import Admission
from caravan.shelters.plan import Need, Plan, on
from caravan.shelters.reading import Reading
from caravan.shelters.sorts import Signature, bare_signature

_APART: tuple[tuple[Admission, ...], ...] = (("uam",), ("fam", "wom", "men"))


def lacking(plan: Plan) -> list[Reason]:
    """What would have to be opened for those without a place; empty where everybody has one. The people and places in it add up
    to those without a place.

    ``lacking_service`` and ``lacking_accessible``: people who would fit but for that. ``lacking_places``: people of those
    ``kinds`` compete for ``open`` places in reach, so ``places`` more are needed whatever the arrangement (by the least cut of
    the flow of people into places). ``lacking_reach``: people for whom there is no shelter at all. ``lacking_but_kept``: people who
    would fit without the reserve. Also where too few
    places are left at all. ``lacking_room_together``: places are free, but no shelter has enough for a whole household
    of them; ``lacking_search_cut`` where the search was stopped before it could say so.
    """
    out = set(plan.unplaced)
    if not out:
        return []
    causes = _causes(plan)
    reasons: list[Reason] = []
    for cause in sorted({cause for cause in causes.values() if cause}):
        people = sum(need.size for need in plan.needs if causes.get(need.household) == cause)
        accessible = cause == "accessible"
        details: dict[str, Scalar] = {"people": people} if accessible else {"service": cause, "people": people}
        reasons.append(Reason(code="lacking_accessible" if accessible else "lacking_service", details=details))
    plain = [need for need in plan.needs if not causes.get(need.household)]
    for kinds in _APART:
        reasons.extend(_lacking_places(plan, [need for need in plain if need.kind in kinds], out))
    return reasons


def _causes(plan: Plan) -> dict[str, str]:
    """For each household without a place, the service or ``accessible`` but for which it would have one; else nothing."""
    reading = Reading(plan)
    out = set(plan.unplaced)
    known: dict[Signature, str] = {}
    causes: dict[str, str] = {}
    for need in plan.needs:
        if need.household in out:
            key = bare_signature(need)
            if key not in known:
                known[key] = _cause(reading, need)
            causes[need.household] = known[key]
    return causes


def _cause(reading: Reading, need: Need) -> str:
    without = [(service, replace(need, needs=tuple(s for s in need.needs if s != service))) for service in need.needs]
    without.append(("accessible", replace(need, accessible=0)))
    for cause, easier in without:
        if easier != need and any(
            reading.barrier(easier, offer) is None and reading.added([easier], offer) for offer in reading.plan.offers
        ):
            return cause
    return ""


def _lacking_places(plan: Plan, needs: Sequence[Need], out: set[str]) -> Iterable[Reason]:
    """For kinds that compete for the same places."""
    reading = Reading(plan)
    waiting = [need for need in needs if need.household in out]
    nowhere = {n.household for n in waiting if all(reading.barrier(n, offer) for offer in plan.offers)}
    if nowhere:
        yield _people("lacking_reach", [need for need in waiting if need.household in nowhere])
    waiting = [need for need in waiting if need.household not in nowhere]
    rest = sum(need.size for need in waiting)
    if not rest:
        return
    needs = [need for need in needs if need.household not in nowhere]
    without_reserve = bound(needs, [replace(offer, kept={}) for offer in plan.offers])
    for shortage in _by_kinds(without_reserve.shortages):
        missing = min(rest, shortage.missing)
        rest -= missing
        if missing:
            details: dict[str, Scalar] = {
                "kinds": " ".join(shortage.kinds), "people": shortage.people, "open": shortage.places,
            }  # fmt: skip
            yield Reason(code="lacking_places", details=details | {"places": missing})
    kept = min(rest, bound(needs, plan.offers).U2 - without_reserve.U2) if any(o.kept for o in plan.offers) else 0
    if kept:
        until = max((offer.kept_until for offer in plan.offers if offer.kept_until), default=None)
        yield Reason(code="lacking_but_kept", details={"people": kept, "until": until})
    short = min(rest - kept, max(0, sum(need.size for need in waiting) - _spare(plan, reading, needs, out)))
    if short:
        people = rest - kept
        yield _people("lacking_places", waiting, people, open=people - short, places=short)
        kept += short
    if rest > kept:
        code = "lacking_room_together" if plan.status.get("U2") == "optimal" else "lacking_search_cut"
        yield _people(code, waiting, rest - kept)


def _spare(plan: Plan, reading: Reading, needs: Sequence[Need], out: set[str]) -> int:
    """Places of any section tonight in the houses that may take somebody who waits, but for those that others of ``needs`` take:
    never fewer than there are for those who wait."""
    waiting = [need for need in needs if need.household in out]
    open_to = [offer for offer in plan.offers if any(reading.barrier(need, offer) is None for need in waiting)]
    placed = {one.household for one in plan.assigned if any(one.shelter == offer.shelter for offer in open_to)}
    free = sum(on(nights, 0) for offer in open_to for nights in offer.free.values())
    return max(0, free - sum(need.size for need in needs if need.household in placed))


def _people(code: str, needs: Sequence[Need], people: int | None = None, **more: Scalar) -> Reason:
    kinds = " ".join(kind for kind in ("uam", "fam", "wom", "men") if any(kind == need.kind for need in needs))
    counted = sum(n.size for n in needs) if people is None else people
    return Reason(code=code, details={"kinds": kinds, "people": counted} | more)


def _by_kinds(shortages: Iterable[Shortage]) -> list[Shortage]:
    """Shortages of the same kinds in different places are one sentence; people whom no section could hold compete for none."""
    alike: defaultdict[tuple[Admission, ...], list[Shortage]] = defaultdict(list)
    for shortage in shortages:
        if shortage.shelters:
            alike[shortage.kinds].append(shortage)
    return [
        replace(some[0], people=sum(s.people for s in some), places=sum(s.places for s in some))
        for some in alike.values()
    ]
