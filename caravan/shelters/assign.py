"""The front door of placement: who sleeps where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, get_args

from msgspec.structs import replace

from caravan.basics import Refusal
from caravan.shelters import exact, solver
from caravan.shelters.aggregate import place_many
from caravan.shelters.bound import bound
from caravan.shelters.measure import measure
from caravan.shelters.plan import Assigned, Need, Offer, Plan
from caravan.shelters.policy import Policy
from caravan.shelters.progress import Heard, Watch, unwatched
from caravan.shelters.regions import place_regions
from caravan.shelters.search import construct, improve

Engine = Literal["auto", "exact", "aggregate", "python"]
ENGINES: tuple[Engine, ...] = get_args(Engine)
EFFORT = 3_000
"""Up to here (``effort``) every level is proven: one bus in about a second, several groups that compete for too few places in up
to half a minute."""

AT_ONCE = 10_000
"""People whom one aggregated programme holds; more are placed station by station first."""

_Found = tuple[tuple[Assigned, ...], dict[str, exact.Status], dict[str, int]]


def assign(
    needs: Sequence[Need],
    offers: Sequence[Offer],
    policy: Policy,
    *,
    watch: Watch = unwatched,
    engine: Engine = "auto",
    most_effort: int = EFFORT,
) -> Plan:
    """The best placement under the policy. What does not fit stays unplaced; a pin makes no exception to any rule.

    ``engine`` "auto" is the exact one up to ``most_effort``, above it the aggregate one, and the one in plain Python where no
    solver is installed. ``watch`` may stop the search: the best so far is the plan, or what ``construct`` gives where that is
    better. The order of ``needs`` and ``offers`` does not matter. Raises ``Refusal("pin_breaks_law")`` when an unaccompanied child is pinned anywhere but to a DIF shelter's
    section for them, ``NoSolver`` for an engine that needs one where none is installed, and ``ValueError`` for an id given
    twice.
    """
    needs = tuple(sorted(needs, key=lambda need: need.household))
    offers = tuple(sorted(offers, key=lambda offer: offer.shelter))
    if len({n.household for n in needs}) < len(needs) or len({o.shelter for o in offers}) < len(offers):
        raise ValueError("a household or a shelter is given twice")
    _refuse_unlawful_pins(needs, offers)
    chosen = _chosen(needs, offers, engine, most_effort)
    heard = Heard(watch)
    assigned, status, bounds = _search(chosen, needs, offers, policy, heard)
    if heard.stopped:
        simple = construct(needs, offers, policy)
        if cost(needs, offers, policy, simple) < cost(needs, offers, policy, assigned):
            unproven: dict[str, exact.Status] = dict.fromkeys(("PIN", *policy.levels), "feasible")
            assigned, status, bounds = simple, unproven, {}
    placed = {a.household for a in assigned}
    return Plan(
        assigned=assigned,
        unplaced=tuple(n.household for n in needs if n.household not in placed),
        vector=measure(needs, offers, policy, assigned),
        status=status,
        needs=needs,
        offers=offers,
        policy=policy,
        solver="caravan" if chosen == "python" else solver.name(),
        bounds=bounds,
    )


def cost(
    needs: Iterable[Need], offers: Iterable[Offer], policy: Policy, assigned: Iterable[Assigned]
) -> tuple[int, ...]:
    """What a placement costs, level by level in the order in which they count."""
    vector = measure(needs, offers, policy, assigned)
    return tuple(getattr(vector, level) for level in ("PIN", *policy.levels))


def effort(needs: Iterable[Need], offers: Sequence[Offer]) -> int:
    """How large the exact search would be: sorts of households times shelters times groups that are kept together."""
    needs = list(needs)
    sorts = {replace(need, household="", group="", provisional=False) for need in needs}
    groups = {need.group for need in needs if need.keeps_together}
    return len(sorts) * len(offers) * max(1, len(groups))


def _chosen(needs: Sequence[Need], offers: Sequence[Offer], engine: Engine, most_effort: int) -> Engine:
    if not solver.available():
        if engine in ("exact", "aggregate"):
            raise solver.NoSolver(engine)
        return "python"
    if engine == "auto":
        return "exact" if effort(needs, offers) <= most_effort else "aggregate"
    return engine


def _search(engine: Engine, needs: Sequence[Need], offers: Sequence[Offer], policy: Policy, watch: Watch) -> _Found:
    if engine == "exact":
        found = exact.place(needs, offers, policy, watch=watch)
        return found if "feasible" not in found.status.values() else _mended(found, needs, offers, policy, watch)
    if engine == "aggregate":
        many = place_many if sum(need.size for need in needs) <= AT_ONCE else place_regions
        return many(needs, offers, policy, watch=watch)
    found = construct(needs, offers, policy, watch=watch)
    found = improve(needs, offers, policy, found, watch=watch)
    return found, *_certificate(needs, offers, policy, found)


def _mended(
    found: exact.Placed, needs: Sequence[Need], offers: Sequence[Offer], policy: Policy, watch: Watch
) -> exact.Placed:
    """What was cut short may still be bettered; what was proven stays as it is."""
    assigned = improve(needs, offers, policy, found.assigned, watch=watch)
    vector = measure(needs, offers, policy, assigned)
    bounds = {level: least for level, least in found.bounds.items() if least < getattr(vector, level)}
    return exact.Placed(assigned, found.status, bounds)


def _certificate(
    needs: Sequence[Need], offers: Sequence[Offer], policy: Policy, found: Sequence[Assigned]
) -> tuple[dict[str, exact.Status], dict[str, int]]:
    """What is proven without a solver: a level as low as the flow of people into places allows, after levels that are so too."""
    vector, least = measure(needs, offers, policy, found), bound(needs, offers)
    floors = {"U1": least.U1, "U2": least.U2}
    levels = ("PIN", *policy.levels)
    reached = {level: getattr(vector, level) - floors.get(level, 0) for level in levels}
    proven = next((n for n, level in enumerate(levels) if reached[level]), len(levels))
    status: dict[str, exact.Status] = {level: "optimal" if n < proven else "feasible" for n, level in enumerate(levels)}
    bounds = {level: floors[level] for level in levels[: proven + 1] if level in floors and reached[level]}
    return status, bounds


def _refuse_unlawful_pins(needs: Iterable[Need], offers: Iterable[Offer]) -> None:
    lawful = {o.shelter for o in offers if "dif" in o.offers and "uam" in o.free}
    for need in needs:
        if need.kind == "uam" and need.pinned is not None and need.pinned not in lawful:
            raise Refusal("pin_breaks_law", field="pinned", household=need.household, shelter=need.pinned)
