"""Placement without a solver: a first placement, and its improvement, in plain Python.

Both count their work and never look at the clock: the same input gives the same placement.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import log
from random import Random

from caravan.shelters.plan import Assigned, Need, Offer
from caravan.shelters.policy import Policy
from caravan.shelters.progress import Progress, Watch, unwatched
from caravan.shelters.searching.few import MovesOfFew
from caravan.shelters.searching.moves import Moves
from caravan.shelters.searching.people_first import people_first
from caravan.shelters.searching.placing import Placing
from caravan.shelters.searching.settle import Settling
from caravan.shelters.searching.tables import Tables

TOLD_EVERY = 100  # rounds
WARMTH = 0.6  # splits by which a placement may become worse for a while, in the middle, at the beginning
TURN = 0.6  # share of the rounds after which the levels after the splits count too
MOST_ROUNDS = 4_000  # about a minute for 5,600 people
LONGEST_LOG = 200_000  # changes
PEOPLE_FIRST = 600  # rounds
WORK_OF_FEW = 70_000  # rounds times kinds of households, where they are few: about a second
FEW = 120  # kinds of households up to which people are placed before groups are thought of


def construct(
    needs: Iterable[Need], offers: Iterable[Offer], policy: Policy, *, watch: Watch = unwatched
) -> tuple[Assigned, ...]:
    """A placement of these households, in the order of their ids. Those who are not in it have no place.

    The groups, the largest first, get the fewest houses that hold them; then those whose group does not matter.
    """
    tables = Tables(needs, offers, policy)
    placing = Placing(tables)
    settling = Settling(placing, Random(0), blink=0)
    kinds, out = tables.kinds, placing.out
    people = [sum(kinds[number].number * kinds[number].size for number in members) for members in tables.members]
    for group in sorted(range(len(people)), key=lambda group: (-people[group], group)):
        settling.group(group, [(number, out[number]) for number in tables.members[group]])
    settling.loose([(number, out[number]) for number in tables.loose])
    watch(Progress("construct", 1, 1, tables.vector(placing.cost)))
    return placing.assigned()


def improve(
    needs: Iterable[Need],
    offers: Iterable[Offer],
    policy: Policy,
    assigned: Sequence[Assigned],
    *,
    rounds: int | None = None,
    seed: int = 0,
    watch: Watch = unwatched,
) -> tuple[Assigned, ...]:
    """A placement no worse than ``assigned``, level after level. ``rounds`` is how many changes are tried; without it as many as
    the size makes sensible. Raises ``KeyError`` where ``assigned`` places households that are not there, or so as they may not
    sleep."""
    needs, offers = list(needs), list(offers)
    tables = Tables(needs, offers, policy)
    placing = Placing(tables)
    rounds = _rounds(len(tables.kinds)) if rounds is None else rounds
    if len(tables.kinds) <= FEW:
        assigned = people_first(needs, offers, policy, assigned, rounds=min(PEOPLE_FIRST, rounds), seed=seed)
    placing.start_from(assigned)
    search = _Search(placing, Random(seed), watch, "improve")
    if tables.kinds:
        first = int(rounds * TURN) if tables.split else 0
        search.run(first, tables.coarse, warmth=WARMTH, of=rounds)
        search.run(rounds - first, 1, of=rounds)
    return placing.assigned()


def refine(placing: Placing, *, rounds: int, seed: int = 0, watch: Watch = unwatched) -> None:
    """Leaves a placement no worse, level after level; every level counts from the first of the ``rounds`` on."""
    if placing.kinds:
        _Search(placing, Random(seed), watch, "improve").run(rounds, 1)


def _rounds(kinds: int) -> int:
    if kinds <= FEW:
        return min(800 + 60 * kinds, WORK_OF_FEW // max(1, kinds))
    return min(MOST_ROUNDS, 800 + 20 * kinds)


class _Search:
    """Tries changes and keeps those that make the placement no worse in the unit of cost that counts; ``run`` leaves the best
    placement found so far, by the whole cost."""

    def __init__(self, placing: Placing, random: Random, watch: Watch, stage: str) -> None:
        self.placing = placing
        self.random = random
        self.moves = (MovesOfFew if len(placing.kinds) <= FEW else Moves)(placing, random)
        self.watch = watch
        self.stage = stage
        self.done = 0
        self.stopped = False

    def run(self, rounds: int, unit: int, *, warmth: float = 0.0, of: int | None = None) -> None:
        """``warmth`` is by how many units a change may be worse, on average, in the first round; in the last one by none."""
        placing, changes = self.placing, self.placing.log
        self.moves.use(unit)
        changes.clear()
        best = now = placing.cost
        for number in range(rounds):
            if self._told_to_stop(of or rounds, best):
                break
            mark = len(changes)
            self.moves.any()
            worse = int(-warmth * (1 - number / rounds) * log(1 - self.random.random())) if warmth else 0
            if placing.cost // unit > now // unit + worse:
                placing.back_to(mark)
                continue
            now = placing.cost
            if now < best:
                best = now
                changes.clear()
            elif len(changes) > LONGEST_LOG:
                placing.shorten()
        placing.shorten()
        placing.back_to(0)

    def _told_to_stop(self, of: int, best: int) -> bool:
        if not self.stopped and self.done % TOLD_EVERY == 0:
            self.stopped = not self.watch(Progress(self.stage, self.done, of, self.placing.tables.vector(best)))
        self.done += 1
        return self.stopped
