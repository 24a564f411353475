"""A plan laid open for questions: who is where, and what room is left."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from caravan.basics import Reason
from caravan.shelters.model import Section
from caravan.shelters.plan import (
    Assigned,
    Lodging,
    Need,
    Offer,
    Plan,
    barrier,
    discomforts,
    lodgings,
    on,
    stay,
)
from caravan.shelters.sorts import Signature, bare_signature

Use = Counter[tuple[Section | None, int, bool]]
"""Places by section, night and whether priority households may take them, too; under ``None`` those that must be accessible."""


def use(offer: Offer, sleepers: Iterable[tuple[Need, dict[Section, int]]]) -> Use:
    """What these households take. With ``True`` all of them, with ``False`` those who may not take what is kept."""
    taken: Use = Counter()
    for need, beds in sleepers:
        for night in range(stay(need, offer)):
            if need.accessible:
                taken[None, night, True] += need.accessible
            for section, count in beds.items():
                taken[section, night, True] += count
                if not need.priority:
                    taken[section, night, False] += count
    return taken


def room(offer: Offer, section: Section | None, night: int, *, everybody: bool = True) -> int:
    """All places of that night, for everybody or for those who may not take what is kept."""
    if section is None:
        return on(offer.accessible, night)
    free = on(offer.free.get(section, ()), night)
    return free if everybody else max(0, free - offer.kept.get(section, 0))


def remaining(offer: Offer, sleepers: Iterable[tuple[Need, dict[Section, int]]]) -> Offer:
    """The shelter as it is for others while these stay in it."""
    there = list(sleepers)
    taken = use(offer, there)

    def in_what_is_kept(section: Section) -> int:
        """Priority people who are there every night."""
        return min(taken[section, night, True] - taken[section, night, False] for night in range(offer.horizon))

    return replace(
        offer,
        free={
            section: tuple(places - taken[section, night, True] for night, places in enumerate(nights))
            for section, nights in offer.free.items()
        },
        accessible=tuple(places - taken[None, night, True] for night, places in enumerate(offer.accessible)),
        kept={section: max(0, places - in_what_is_kept(section)) for section, places in offer.kept.items()},
        nominal=offer.places,
        load=offer.load + sum(need.size for need, _ in there),
    )


class Reading:
    """Answers that many questions about one plan have in common, each worked out once."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.by_household = {need.household: need for need in plan.needs}
        self.by_shelter = {offer.shelter: offer for offer in plan.offers}
        self.lying = {a.household: a for a in plan.assigned}
        self.homes = {a.household: a.shelter for a in plan.assigned}
        self.inside: defaultdict[str, list[Assigned]] = defaultdict(list)
        for a in plan.assigned:
            self.inside[a.shelter].append(a)
        self.groups: defaultdict[str, list[Need]] = defaultdict(list)
        for need in plan.needs:
            self.groups[need.group].append(need)
        self._taken: dict[str, Use] = {}
        self._barriers: dict[tuple[Signature, str], Reason | None] = {}
        self._signatures: dict[str, Signature] = {}
        self._people: dict[str, int] = {}
        self._spread: dict[str, Counter[str | None]] = {}

    def asked(self, group_or_household: str) -> list[Need]:
        """Raises ``LookupError`` for a group or household the plan does not know."""
        one = self.by_household.get(group_or_household)
        found = self.groups.get(group_or_household, []) or ([] if one is None else [one])
        if not found:
            raise LookupError(group_or_household)
        return found

    def barrier(self, need: Need, offer: Offer) -> Reason | None:
        if need.household not in self._signatures:
            self._signatures[need.household] = bare_signature(need)
        key = self._signatures[need.household], offer.shelter
        if key not in self._barriers:
            self._barriers[key] = barrier(need, offer)
        return self._barriers[key]

    def people(self, shelter: str) -> int:
        """People whom the plan sends there."""
        if shelter not in self._people:
            self._people[shelter] = sum(self.by_household[a.household].size for a in self.inside[shelter])
        return self._people[shelter]

    def spread(self, group: str) -> Counter[str | None]:
        """Where the households of a group are that are kept together: how many in each shelter, and in none."""
        if group not in self._spread:
            self._spread[group] = Counter(
                self.homes.get(need.household) for need in self.groups[group] if need.keeps_together
            )
        return self._spread[group]

    def taken(self, offer: Offer) -> Use:
        if offer.shelter not in self._taken:
            self._taken[offer.shelter] = use(
                offer, ((self.by_household[a.household], a.beds) for a in self.inside[offer.shelter])
            )
        return self._taken[offer.shelter]

    def added(self, needs: Sequence[Need], offer: Offer) -> list[Assigned]:
        """Those of these households for whom there is room beside the ones who are there, one after the other; those who have
        fewest other ways to sleep first."""
        taken = Counter(self.taken(offer))
        found: list[Assigned] = []
        for need in sorted(needs, key=lambda need: (not need.priority, need.kind == "wom", -need.size, need.household)):
            ways = lodgings(need, offer)
            for lodging in sorted(ways, key=lambda lodging: sum(discomforts(need, offer, lodging).values())):
                wanted = use(offer, [(need, lodging.beds)])
                if _fits(offer, taken, wanted):
                    taken.update(wanted)
                    found.append(_assigned(need, offer, lodging))
                    break
        return found


def _fits(offer: Offer, taken: Use, wanted: Use) -> bool:
    return all(
        taken[section, night, everybody] + count <= room(offer, section, night, everybody=everybody)
        for (section, night, everybody), count in wanted.items()
    )


def _assigned(need: Need, offer: Offer, lodging: Lodging) -> Assigned:
    return Assigned(
        household=need.household, group=need.group, shelter=offer.shelter, mode=lodging.mode, beds=lodging.beds
    )
