"""Fewer splits by small integer programmes: a few groups, and those who travel alone among them, are packed anew as well as can
be, while all others stay where they are; again and again with other groups.

At the end each group keeps its houses, and one programme finds who sleeps where for the levels after the splits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random

from caravan.shelters.piece import Piece, total
from caravan.shelters.progress import Progress, Watch
from caravan.shelters.searching.placing import Placing
from caravan.shelters.searching.tables import OUT
from caravan.shelters.solver import Model, Row, Terms

SCOPES = ((5, 10), (8, 14))  # groups and houses at once
ATTEMPTS, MOST_ATTEMPTS = 3, 400  # for each group that is split, and in all
HARD = 4  # attempts that one counts for whose programme was cut short
BRANCHES = 10  # of one small programme
COLUMNS = 10_000  # of one large programme


def repack(placing: Placing, *, watch: Watch, attempts: int | None = None, seed: int = 0) -> None:
    """Leaves a placement no worse down to the splits, usually with far fewer. ``attempts`` bounds the programmes; without it they
    end when a round over all split groups gained nothing."""
    if placing.tables.split:
        split = sum(len(parts) > 1 for parts in placing.parts)
        most = min(MOST_ATTEMPTS, ATTEMPTS * split) if attempts is None else attempts
        _Repacking(placing, Random(seed), watch, most).run()
        placing.log.clear()


class _Repacking:
    def __init__(self, placing: Placing, random: Random, watch: Watch, attempts: int) -> None:
        self.placing = placing
        self.random = random
        self.watch = watch
        self.attempts = attempts
        levels = placing.tables.levels
        self.held = levels[: levels.index("SPL")]
        self.done = 0
        self.tried: set[tuple[tuple[int, ...], tuple[int, ...]]] = set()  # groups and houses, since something changed

    def run(self) -> None:
        for groups, houses in SCOPES:
            before = None
            while before is None or self.placing.cost // self.placing.tables.split < before:
                before = self.placing.cost // self.placing.tables.split
                for group in self._split_groups():
                    if not self._go_on():
                        return
                    self._pack(group, groups, houses)

    def _go_on(self) -> bool:
        self.done += 1
        told = Progress(
            "improve", min(self.done, self.attempts), self.attempts, self.placing.tables.vector(self.placing.cost)
        )
        return self.done <= self.attempts and self.watch(told)

    def _split_groups(self) -> list[int]:
        split = [group for group, parts in enumerate(self.placing.parts) if len(parts) > 1]
        self.random.shuffle(split)
        return split

    def _pack(self, group: int, groups: int, most: int) -> None:
        placing = self.placing
        if len(placing.parts[group]) < 2:
            return
        chosen = self._beside(group, groups)
        houses = self._houses(chosen, most)
        tried = tuple(sorted(chosen)), tuple(sorted(houses))
        if tried in self.tried:
            return
        self.tried.add(tried)
        allowed = {OUT: None, **houses}
        numbers = dict.fromkeys(number for group in chosen for number in placing.tables.members[group])
        numbers.update(dict.fromkeys(number for house in houses for number in placing.loose[house]))
        kinds, out = placing.kinds, placing.out
        waiting = (n for n in placing.tables.loose if out[n] and not houses.keys().isdisjoint(kinds[n].here))
        numbers.update(dict.fromkeys(waiting))
        piece = Piece(placing, numbers, lambda _: allowed, placing.tables.split)
        piece.hold(self.held)
        splits = _places(piece, chosen, allowed)
        found = Model(piece.upper, (), piece.rows, node_limit=BRANCHES).least(splits, piece.start)
        self.done += 0 if found.proven else HARD - 1
        if found.values is not None and total(splits, found.values) <= total(splits, piece.start):
            if total(splits, found.values) < total(splits, piece.start):
                self.tried.clear()
            piece.carry_out(found.values)

    def _beside(self, group: int, many: int) -> list[int]:
        """The group and some of those who share houses with it, rather those who are split themselves."""
        placing = self.placing
        near = Counter[int]()
        for house in placing.parts[group]:
            for other in placing.inside[house] if house != OUT else ():
                near[other] += 3 if len(placing.parts[other]) > 1 else 1
        del near[group]
        chosen = [group]
        while near and len(chosen) < many:
            others = sorted(near)
            chosen.append(self.random.choices(others, [near[other] for other in others])[0])
            del near[chosen[-1]]
        return chosen

    def _houses(self, groups: list[int], most: int) -> dict[int, None]:
        """The houses these groups are in, and some others with room."""
        placing, tables = self.placing, self.placing.tables
        houses = dict.fromkeys(house for group in groups for house in placing.parts[group] if house != OUT)
        kinds = (tables.kinds[number] for group in groups for number in tables.members[group])
        others = list(dict.fromkeys(house for kind in kinds for house in kind.here))
        others = [h for h in others if h not in houses and placing.people[h] < tables.tonight[h]]
        self.random.shuffle(others)
        houses.update(dict.fromkeys(others[: max(0, most - len(houses))]))
        return houses


def _places(piece: Piece, groups: list[int], houses: dict[int, None]) -> Terms:
    """Columns "somebody of this group is in this house", each one place."""
    parts = piece.placing.parts
    used = {(group, house): piece.column(1, int(house in parts[group])) for group in groups for house in houses}
    for place, alike in enumerate(piece.alike):
        if alike.group < 0:
            continue
        for house in houses:
            inside: Terms = {
                piece.columns[place, stay]: 1
                for stay in (*alike.ways, (OUT, ()))
                if stay[0] == house and (place, stay) in piece.columns
            }
            if inside:
                piece.rows.append(Row({**inside, used[alike.group, house]: -alike.households}, 0))
    return dict.fromkeys(used.values(), 1)


def finish(placing: Placing) -> None:
    """Leaves a placement in which no group is in more houses, and the levels after the splits are as low as that allows, as far
    as one programme holds everybody."""
    if placing.tables.split:
        for numbers in _blocks(placing):
            _finish(placing, numbers)
        placing.log.clear()


def _blocks(placing: Placing) -> Iterator[list[int]]:
    """All kinds, as many at once as a programme may have; groups that have most of their people in one house together."""
    tables = placing.tables
    groups = range(len(tables.members))
    home = [max(sorted(placing.parts[group]), key=placing.parts[group].__getitem__) for group in groups]
    ordered = [number for group in sorted(groups, key=lambda group: home[group]) for number in tables.members[group]]
    block: list[int] = []
    columns = 0
    for number in [*ordered, *tables.loose]:
        group = tables.kinds[number].group
        houses = placing.parts[group] if group >= 0 else tables.kinds[number].here
        more = sum(len(tables.kinds[number].here.get(house, ())) for house in houses)
        if block and columns + more > COLUMNS:
            yield block
            block, columns = [], 0
        block.append(number)
        columns += more
    yield block


def _finish(placing: Placing, numbers: Sequence[int]) -> None:
    tables = placing.tables
    anywhere = {OUT: 0} | dict.fromkeys(range(len(tables.offers)), 0)

    def allowed(number: int) -> dict[int, int]:
        group = tables.kinds[number].group
        return placing.parts[group] if group >= 0 else anywhere

    piece = Piece(placing, numbers, allowed, 1)
    if not piece.columns:
        return
    after = tables.levels.index("SPL") + 1
    piece.hold(tables.levels[:after])
    model, values = Model(piece.upper, (), piece.rows, node_limit=BRANCHES), piece.start
    for level in tables.levels[after:]:
        costs = piece.costs[level]
        if not costs:
            continue
        found = model.least(costs, values)
        if found.values is not None and total(costs, found.values) <= total(costs, values):
            values = found.values
        model.add([Row(costs, total(costs, values))])
    piece.carry_out(values)
