"""Where boxes and arrows go: ranks from above to below, arrows at right angles between the rows, way back along the side.

Between two rows of boxes lies a row of labels, and between all rows a channel in which arrows run sideways. Nothing else stands
in a channel, and an arrow crosses a row only in a column kept free for it: so no arrow runs through a box or a label, and no
label lies on anything. Lengths are in pixels; ``x`` grows to the right, ``y`` downwards.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from caravan.basics import Record
from caravan.protocol.drawing.straightening import NARROW, aligned, ordered, settled, spread

Point = tuple[float, float]
TRACK = 7.0
"""Between two arrows that run side by side."""
_CALM = 6.0
_ARROW = 13.0
_BETWEEN = 14.0
LANE = 9.0
"""Between two arrows that run up or down along the side."""
_EDGE = 14.0
_PORTS = 18.0


class Block(Record, frozen=True):
    """Something with a size. ``sinks`` to the last row when nothing leads to it."""

    id: str
    width: float
    height: float
    sinks: bool = False


class Link(Record, frozen=True):
    """An arrow between two blocks, with the size of its label (0 by 0: none)."""

    id: str
    source: str
    target: str
    width: float = 0
    height: float = 0


class Spot(Record, frozen=True):
    x: float
    y: float
    width: float
    height: float


class Arrangement(Record, frozen=True):
    """Blocks and labels by id, and each arrow's corners. ``inlet`` are the lanes of what comes in from above, left of everything:
    their arrows begin at the height 0."""

    width: float
    height: float
    blocks: dict[str, Spot]
    labels: dict[str, Spot]
    routes: dict[str, tuple[Point, ...]]
    inlet: float


class Item:
    """A block, a label, or the passage of an arrow through a row."""

    __slots__ = ("center", "height", "ins", "key", "link", "outs", "row", "top", "width")

    def __init__(self, key: str, row: int, width: float, height: float, link: Link | None = None) -> None:
        self.key = key
        self.row = row
        self.width = width
        self.height = height
        self.link = link
        self.center = 0.0
        self.top = 0.0
        self.ins: list[Item] = []
        self.outs: list[Item] = []


class Hop:
    """One sideways run of an arrow in the channel under ``row``: from ``start`` above to ``end`` below."""

    __slots__ = ("end", "link", "row", "start", "track")

    def __init__(self, link: str, row: int, start: float, end: float) -> None:
        self.link = link
        self.row = row
        self.start = start
        self.end = end
        self.track = -1

    @property
    def straight(self) -> bool:
        return abs(self.start - self.end) < 0.5


def arrange(blocks: Sequence[Block], links: Sequence[Link], inlets: Sequence[tuple[str, str]] = ()) -> Arrangement:
    """Places blocks, the first one on top. ``inlets`` are arrows from above everything: (id, target)."""
    return _Arranging(blocks, links, inlets).done()


def _backward(blocks: Sequence[Block], links: Sequence[Link]) -> set[str]:
    """The links that lead back to where one may have come from, looking in the order of the blocks."""
    leaving: dict[str, list[Link]] = defaultdict(list)
    for link in links:
        leaving[link.source].append(link)
    back: set[str] = set()
    state: dict[str, int] = {}
    for block in blocks:
        stack = [] if block.id in state else [(block.id, iter(leaving[block.id]))]
        state.setdefault(block.id, 1)
        while stack:
            name, rest = stack[-1]
            link = next(rest, None)
            if link is None:
                state[name] = 2
                stack.pop()
            elif state.get(link.target, 0) == 1:
                back.add(link.id)
            elif link.target not in state:
                state[link.target] = 1
                stack.append((link.target, iter(leaving[link.target])))
    return back


def _ranks(blocks: Sequence[Block], ahead: Sequence[Link], entered: Iterable[str]) -> dict[str, int]:
    """The longest way from a block nothing leads to."""
    rank = {block.id: 0 for block in blocks}
    for _ in blocks:
        for link in ahead:
            rank[link.target] = max(rank[link.target], rank[link.source] + 1)
    linked = {end for link in ahead for end in (link.source, link.target)}
    last = max(rank.values(), default=0)
    for block in blocks:
        if (block.sinks or block.id in entered) and block.id not in linked:
            rank[block.id] = last
    return rank


class _Arranging:
    def __init__(self, blocks: Sequence[Block], links: Sequence[Link], inlets: Sequence[tuple[str, str]]) -> None:
        self.links = links
        self.inlets = inlets
        self.back = _backward(blocks, links)
        ahead = [link for link in links if link.id not in self.back]
        self.rank = _ranks(blocks, ahead, {target for _, target in inlets})
        self.items = {b.id: Item(b.id, 2 * self.rank[b.id], b.width, b.height) for b in blocks}
        self.rows: list[list[Item]] = []
        self.labels: dict[str, Item] = {}
        self.chains: dict[str, list[Item]] = {}
        # What only comes from above stands at the left, beside the lane it comes by.
        apart = {target for _, target in inlets} - {end for link in ahead for end in (link.source, link.target)}
        for item in sorted(self.items.values(), key=lambda item: item.key not in apart):
            self._put(item)
        for link in links:
            self._chain(link)
        self.hops: list[Hop] = []
        self.lanes: dict[str, float] = {}

    def _put(self, item: Item) -> None:
        while len(self.rows) <= item.row:
            self.rows.append([])
        self.rows[item.row].append(item)

    def _chain(self, link: Link) -> None:
        """The label under the source, and a passage in every row down to the target."""
        source, target = self.items[link.source], self.items[link.target]
        label = Item(f"{link.id}:0", source.row + 1, max(link.width, NARROW), link.height, link)
        self._put(label)
        self.labels[link.id] = label
        chain = [source, label]
        if link.id not in self.back:
            for row in range(source.row + 2, target.row):
                passage = Item(f"{link.id}:{row}", row, NARROW, 0.0)
                self._put(passage)
                chain.append(passage)
            chain.append(target)
        for above, below in zip(chain, chain[1:], strict=False):
            above.outs.append(below)
            below.ins.append(above)
        self.chains[link.id] = chain

    def done(self) -> Arrangement:
        last = {label.key for ident, label in self.labels.items() if ident in self.back}
        self.rows = ordered(self.rows, last)
        spread(self.rows, _BETWEEN)
        aligned(list(self.chains.values()), self.rows, _BETWEEN / 2)
        inlet = LANE * len(self.inlets) + (LANE if self.inlets else 0)
        left = min((item.center - item.width / 2 for row in self.rows for item in row), default=0.0)
        for row in self.rows:
            for item in row:
                item.center += inlet - left
        right = max((item.center + item.width / 2 for row in self.rows for item in row), default=0.0)
        self._hop(right)
        heights = self._tracks()
        floors = self._drop(heights)
        width = max([right, *(x + LANE for name, x in self.lanes.items() if name in self.back)])
        return Arrangement(
            width=width, height=floors[-1] if floors else 0.0, blocks={k: _spot(item) for k, item in self.items.items()},
            labels={k: _spot(item) for k, item in self.labels.items() if item.link is not None and item.link.width > 0},
            routes=self._routes(floors), inlet=inlet,
        )  # fmt: skip

    # --- columns: where arrows leave and enter, and the lanes at the sides ---

    def _hop(self, right: float) -> None:
        back = [link for link in self.links if link.id in self.back]
        back.sort(key=lambda link: (self.rank[link.source] - self.rank[link.target], -self.rank[link.target]))
        for n, link in enumerate(back):
            self.lanes[link.id] = right + LANE * (n + 1)
        for n, (ident, _) in enumerate(self.inlets):
            self.lanes[ident] = LANE * (n + 0.5)
        leaving = self._ports(out=True)
        entering = self._ports(out=False)
        for link in self.links:
            chain = self.chains[link.id]
            for above, below in zip(chain, chain[1:], strict=False):
                start = leaving.get((above.key, link.id), above.center)
                end = entering.get((below.key, link.id), below.center)
                self.hops.append(Hop(link.id, above.row, start, end))
            if link.id in self.back:
                lane, target = self.lanes[link.id], self.items[link.target]
                self.hops.append(Hop(link.id, chain[-1].row, chain[-1].center, lane))
                self.hops.append(Hop(link.id, target.row - 1, lane, entering[target.key, link.id]))
        for ident, name in self.inlets:
            target = self.items[name]
            self.hops.append(Hop(ident, target.row - 1, self.lanes[ident], entering[name, ident]))

    def _ports(self, *, out: bool) -> dict[tuple[str, str], float]:
        """Where each arrow touches its blocks: beside one another in the order of where they come from or go to."""
        wanted: dict[str, list[tuple[float, str]]] = defaultdict(list)
        for link in self.links:
            chain = self.chains[link.id]
            if out:
                wanted[link.source].append((chain[1].center, link.id))
            elif link.id in self.back:
                wanted[link.target].append((self.lanes[link.id], link.id))
            else:
                wanted[link.target].append((chain[-2].center, link.id))
        if not out:
            for ident, target in self.inlets:
                wanted[target].append((self.lanes[ident], ident))
        return {
            (name, ident): x for name, ends in wanted.items() for ident, x in _beside(self.items[name], sorted(ends))
        }

    # --- rows: how high each channel is, and where each row stands ---

    def _tracks(self) -> dict[int, int]:
        """Gives each sideways run a track of its channel; how many each channel needs."""
        needed: dict[int, int] = defaultdict(int)
        for row in {hop.row for hop in self.hops}:
            here = sorted(
                (h for h in self.hops if h.row == row and not h.straight),
                key=lambda h: (min(h.start, h.end), max(h.start, h.end)),
            )
            for hop in _untangled(here):
                hop.track = _free_track(hop, [other for other in here if other.track >= 0])
                needed[row] = max(needed[row], hop.track + 1)
        return needed

    def _drop(self, needed: dict[int, int]) -> list[float]:
        """The y at which the channel under each row begins; index 0 is the channel above the first row."""
        y = 0.0
        floors = [y]
        y += TRACK * (needed.get(-1, 0) + 1) + (_ARROW - TRACK) if needed.get(-1, 0) else 0.0
        for number, row in enumerate(self.rows):
            for item in row:
                item.top = y
            y += max((item.height for item in row), default=0.0)
            floors.append(y)
            calm = _ARROW if number % 2 else _CALM if any(h.row == number for h in self.hops) else 0.0
            if needed.get(number, 0):
                y += TRACK * needed[number] + calm
            elif number + 1 < len(self.rows):
                y += calm
        floors.append(y)
        return floors

    def _routes(self, floors: list[float]) -> dict[str, tuple[Point, ...]]:
        runs: dict[str, list[Hop]] = defaultdict(list)
        for hop in self.hops:
            runs[hop.link].append(hop)
        found: dict[str, tuple[Point, ...]] = {}
        for link in self.links:
            source, target = self.items[link.source], self.items[link.target]
            start = (runs[link.id][0].start, source.top + source.height)
            found[link.id] = _corners(start, runs[link.id], floors, target.top)
        for ident, target in self.inlets:
            found[ident] = _corners((self.lanes[ident], 0.0), runs[ident], floors, self.items[target].top)
        return found


def _beside(item: Item, ends: list[tuple[float, str]]) -> Iterator[tuple[str, float]]:
    """Places along a block's edge, as near as can be to where each arrow comes from or goes to, and apart."""
    edge = min(_EDGE, item.width / 4)
    left, right = item.center - item.width / 2 + edge, item.center + item.width / 2 - edge
    step = min(_PORTS, (right - left) / max(1, len(ends) - 1))
    wishes = [(min(max(x, left), right), 1.0) for x, _ in ends]
    places = settled(wishes, [n * step for n in range(len(ends))])
    for n, (place, (_, ident)) in enumerate(zip(places, ends, strict=True)):
        yield ident, max(left + n * step, min(right - (len(ends) - 1 - n) * step, place))


def _spot(item: Item) -> Spot:
    return Spot(x=item.center - item.width / 2, y=item.top, width=item.width, height=item.height)


def _untangled(hops: list[Hop]) -> list[Hop]:
    """In an order in which what leaves a column downwards is above what enters the same column from above."""
    found: list[Hop] = []
    waiting = list(hops)
    while waiting:
        ready = next(
            (h for h in waiting if not any(_over(other, h) for other in waiting if other is not h)), waiting[0]
        )
        waiting.remove(ready)
        found.append(ready)
    return found


def _over(upper: Hop, lower: Hop) -> bool:
    """Whether ``upper`` has to run above ``lower``: it comes down where the other one goes down."""
    return abs(upper.start - lower.end) < 4 and abs(upper.end - lower.start) >= 4


def _free_track(hop: Hop, taken: list[Hop]) -> int:
    low, high = sorted((hop.start, hop.end))
    lowest = max((o.track + 1 for o in taken if _over(o, hop)), default=0)
    busy = {o.track for o in taken if min(o.start, o.end) < high + 4 and max(o.start, o.end) > low - 4}
    return next(track for track in range(lowest, lowest + len(taken) + 1) if track not in busy)


def _corners(start: Point, hops: list[Hop], floors: list[float], end: float) -> tuple[Point, ...]:
    points = [start]
    for hop in hops:
        if hop.straight:
            continue
        y = floors[hop.row + 1] + TRACK * (hop.track + 0.75)
        points += [(hop.start, y), (hop.end, y)]
    points.append((hops[-1].end, end))
    return tuple(points)
