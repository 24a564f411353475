"""Who has a place at all, before who is with whom: the levels before the splits, with every household by itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random

from msgspec.structs import replace

from caravan.shelters.plan import Assigned, Need, Offer
from caravan.shelters.policy import Policy
from caravan.shelters.searching.placing import Placing
from caravan.shelters.searching.rearranging import Rearranging
from caravan.shelters.searching.tables import Tables

WITHOUT_GROUPS = ("U1", "U2", "FAR")
CALM = 20  # rounds without anything better before one is tried that may make others worse
DARING = 0.1  # share of such rounds
PATIENCE = 60  # rounds after which the search goes back to the best it has


def people_first(
    needs: Iterable[Need],
    offers: Iterable[Offer],
    policy: Policy,
    assigned: Sequence[Assigned],
    *,
    rounds: int,
    seed: int,
) -> Sequence[Assigned]:
    """A placement better than ``assigned`` in the first levels of the policy that do not ask for groups, whatever the levels
    after them become; ``assigned`` itself where none is found."""
    levels = next((n for n, level in enumerate(policy.levels) if level not in WITHOUT_GROUPS), len(policy.levels))
    first = replace(policy, levels=policy.levels[:levels])
    single = [replace(need, group="", solo=True, language=None, pet=False, proposed=None) for need in needs]
    placing = Placing(Tables(single, offers, first))
    placing.start_from(assigned)
    before = placing.cost
    _rearrange(placing, Random(seed), rounds)
    return placing.assigned() if placing.cost < before else assigned


def _rearrange(placing: Placing, random: Random, rounds: int) -> None:
    """Leaves the best placement found. Ends early where nobody could be placed better by himself."""
    rearranging, changes = Rearranging(placing, random), placing.log
    weights = placing.tables.weights
    worths = [weights[level] for level in placing.tables.levels if level in ("U2", "FAR")]
    least = sum(kind.least * kind.number for kind in placing.kinds)
    best, since = placing.cost, 0
    for _ in range(rounds):
        if best == least:
            break
        daring = worths and since > CALM and random.random() < DARING
        rearranging.of_houses(worse=random.choice(worths) * random.randint(1, 3) if daring else 0)
        since = 0 if placing.cost < best else since + 1
        if placing.cost <= best:
            best = placing.cost
            changes.clear()
        elif since % PATIENCE == 0:
            placing.back_to(0)
    placing.back_to(0)
