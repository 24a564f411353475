"""Placement of a country: station by station on the shelters near it, what is left over on the whole network, then the splits.

Each station is an aggregated programme of its own; together they would be too large. What this may lose against one programme
is told by the flow of people into all places (``bound``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from caravan.shelters.aggregate import Many, Programme, Status, comfort_first, mended
from caravan.shelters.bound import bound
from caravan.shelters.disaggregate import growing, regroup
from caravan.shelters.measure import measure
from caravan.shelters.plan import Assigned, Need, Offer, is_far
from caravan.shelters.policy import Policy
from caravan.shelters.progress import Progress, Watch, unwatched
from caravan.shelters.reading import remaining

_ATTEMPTS = 8  # to pack groups of a station anew
_ROUNDS = 20  # of the search at a station
_SPLIT_NODES = 1  # a station's splits are searched no farther than the root: forty of them


def place_regions(
    needs: Sequence[Need],
    offers: Sequence[Offer],
    policy: Policy,
    *,
    watch: Watch = unwatched,
    rounds: int | None = None,
) -> Many:
    """A placement of everybody. People placed have the flow's bound beside them; no other level has one."""
    needs = sorted(needs, key=lambda need: need.household)
    offers = sorted(offers, key=lambda offer: offer.shelter)
    assigned = _stations(needs, offers, policy, watch)
    stations = len({need.hub for need in needs})
    if watch(Progress(stage="hub", done=stations, of=stations)):
        assigned = _left_over(needs, offers, policy, assigned)
    assigned = regroup(needs, offers, assigned, strict=comfort_first(policy))
    assigned = _mended(needs, offers, policy, assigned, rounds, watch)
    return _certified(needs, offers, policy, assigned)


def _stations(needs: Sequence[Need], offers: Sequence[Offer], policy: Policy, watch: Watch) -> list[Assigned]:
    """Every station's people on the shelters that are nearer to it than to any other."""
    at: defaultdict[str, list[Need]] = defaultdict(list)
    for need in needs:
        at[need.hub].append(need)
    near: defaultdict[str, list[Offer]] = defaultdict(list)
    for offer in offers:
        hubs = [hub for hub in offer.distance_hm if hub in at and not is_far(at[hub][0], offer, policy)]
        if hubs:
            near[min(hubs, key=lambda hub: (offer.distance_hm[hub], hub))].append(offer)
    found: list[Assigned] = []
    for done, (hub, there) in enumerate(sorted(at.items())):
        if not watch(Progress(stage="hub", done=done, of=len(at))):
            break
        if near[hub]:
            found.extend(_solved(there, near[hub], policy))
    return found


def _solved(needs: Sequence[Need], offers: Sequence[Offer], policy: Policy) -> tuple[Assigned, ...]:
    programme = Programme(needs, offers, policy, split_nodes=_SPLIT_NODES)
    return programme.shared_out(programme.solve(unwatched).values)


def _left_over(
    needs: Sequence[Need], offers: Sequence[Offer], policy: Policy, assigned: Sequence[Assigned]
) -> tuple[Assigned, ...]:
    """The same, and whoever has no place yet on all that is free anywhere. Those who travel alone make room where that lets
    others in, and so do single people of groups of which some have no place: they split no group that could be whole."""
    before = {a.household for a in assigned}
    incomplete = {need.group for need in needs if need.household not in before}
    loose = {
        need.household for need in needs if not need.keeps_together or (need.size == 1 and need.group in incomplete)
    }
    staying = tuple(a for a in assigned if a.household not in loose)
    placed = {a.household for a in staying}
    waiting = [need for need in needs if need.household not in placed]
    if len(assigned) == len(needs):
        return tuple(assigned)
    levels = tuple(level for level in policy.levels if level not in ("SPL", "SOFT", "BAL"))
    plain = [_plain(need, whole_stay=not growing(offers)) for need in waiting]
    return (*staying, *_solved(plain, _free(needs, offers, staying), replace(policy, levels=levels)))


def _mended(
    needs: Sequence[Need],
    offers: Sequence[Offer],
    policy: Policy,
    assigned: Sequence[Assigned],
    rounds: int | None,
    watch: Watch,
) -> tuple[Assigned, ...]:
    """Fewer splits, station by station: all other people stay where they are."""
    at: defaultdict[str, list[Need]] = defaultdict(list)
    for need in needs:
        at[need.hub].append(need)
    stays = {a.household: a for a in assigned}
    for hub, there in sorted(at.items()):
        mine = [stays.pop(need.household) for need in there if need.household in stays]
        reached = [offer for offer in offers if hub in offer.distance_hm]
        free = _free(needs, reached, list(stays.values()))
        rounds = _ROUNDS if rounds is None else rounds
        found = mended(there, free, policy, mine, rounds=rounds, attempts=_ATTEMPTS, watch=watch)
        stays.update((a.household, a) for a in found)
    return tuple(stays[household] for household in sorted(stays))


def _plain(need: Need, *, whole_stay: bool) -> Need:
    """Without what has to do with comfort alone: far fewer sorts."""
    return replace(need, language=None, pet=False, nights=need.nights if whole_stay else 1)


def _free(needs: Sequence[Need], offers: Sequence[Offer], assigned: Iterable[Assigned]) -> list[Offer]:
    by_household = {need.household: need for need in needs}
    inside: defaultdict[str, list[Assigned]] = defaultdict(list)
    for a in assigned:
        inside[a.shelter].append(a)
    return [remaining(offer, ((by_household[a.household], a.beds) for a in inside[offer.shelter])) for offer in offers]


def _certified(needs: Sequence[Need], offers: Sequence[Offer], policy: Policy, assigned: tuple[Assigned, ...]) -> Many:
    vector, least = measure(needs, offers, policy, assigned), bound(needs, offers)
    floors = {"PIN": 0, "U1": least.U1, "U2": least.U2}
    status: dict[str, Status] = {}
    bounds: dict[str, int] = {}
    for level in ("PIN", *policy.levels):
        reached = getattr(vector, level)
        proven = reached == floors.get(level, 0) and all(known == "optimal" for known in status.values())
        status[level] = "optimal" if proven else "feasible"
        if level in floors and floors[level] < reached:
            bounds[level] = floors[level]
    return Many(assigned, status, bounds)
