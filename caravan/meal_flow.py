"""Rations from pots to plates: the fewest unmet, then the fewest rations·hm. Exact, by the network simplex.

Pure integers and a fixed order throughout: the same problem always gives the same flows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import add, itemgetter
from typing import Any

from caravan.basics import Record

Portion = tuple[str, str]
"""A place and a diet, or a kitchen and a diet."""
_ROOT = 0


class Road(Record, frozen=True):
    """Food of one diet may go from that kitchen to that place, ``hm`` by road."""

    kitchen: str
    place: str
    diet: str
    hm: int


def least_distance(
    wanted: Mapping[Portion, int], pots: Mapping[str, int], limits: Mapping[Portion, int], roads: Sequence[Road]
) -> dict[tuple[str, str, str], int]:
    """Rations by kitchen, place and diet; every figure above zero.

    ``wanted`` are rations by place and diet, ``pots`` all a kitchen can cook, ``limits`` what it can cook of a diet
    (absent = nothing). Of two roads between the same ends the shorter is used. Nothing may be negative.
    """
    return _Tree(wanted, pots, limits, roads).solve()


class _Tree:
    """A spanning tree of the network source → kitchen → kitchen's diet → place's diet, and the flow on its arcs.

    Node 0 is the source and where all that is eaten goes back to; an arc from it to a place's diet carries what is not met,
    dearer than any detour of roads. Flow can be sent from the root to every node along the tree (it is strongly feasible,
    after Cunningham 1976; the leaving arc is chosen so that it stays so), hence the search ends.
    """

    def __init__(
        self,
        wanted: Mapping[Portion, int],
        pots: Mapping[str, int],
        limits: Mapping[Portion, int],
        roads: Sequence[Road],
    ) -> None:
        self.tail: list[int] = []
        self.head: list[int] = []
        self.cost: list[int] = []
        self.room: list[int] = []
        self.flow: list[int] = []
        self.parent = [_ROOT]
        self.link = [-1]
        self.depth = [0]
        self.potential = [0]
        self.children: list[dict[int, None]] = [{}]
        self.plates = {portion: n for portion, n in sorted(wanted.items()) if n > 0}
        self.deliveries: dict[int, tuple[str, str, str]] = {}
        self.bounded: list[int] = []
        usable = _usable(self.plates, pots, limits, roads)
        cooks = self._kitchens(pots, limits, {(road.kitchen, road.diet) for road in usable})
        self.rows = self._places(usable, cooks)

    def _kitchens(
        self, pots: Mapping[str, int], limits: Mapping[Portion, int], used: set[Portion]
    ) -> dict[Portion, int]:
        """The node that cooks each diet: the kitchen itself where the diet has no limit of its own."""
        cooks: dict[Portion, int] = {}
        stoves: dict[str, int] = {}
        for kitchen, diet in sorted(used):
            if kitchen not in stoves:
                stoves[kitchen] = self._node(_ROOT, pots[kitchen], 0)
                self.bounded.append(self.link[-1])
            if limits[kitchen, diet] < pots[kitchen]:
                cooks[kitchen, diet] = self._node(stoves[kitchen], limits[kitchen, diet], 0)
                self.bounded.append(self.link[-1])
            else:
                cooks[kitchen, diet] = stoves[kitchen]
        return cooks

    def _places(
        self, usable: Sequence[Road], cooks: Mapping[Portion, int]
    ) -> list[tuple[int, Any, list[int], list[int]]]:
        """One row a place's diet: its node, how to read the potentials its roads begin at, their costs, their arcs."""
        rows: list[tuple[int, Any, list[int], list[int]]] = []
        detour = 1 + (len(self.plates) + 1) * max((road.hm for road in usable), default=0)
        nodes: dict[Portion, int] = {}
        arriving: dict[Portion, list[int]] = {}
        everybody = sum(self.plates.values())
        for portion, rations in self.plates.items():
            nodes[portion] = node = self._node(_ROOT, everybody + 1, detour)
            self.flow[self.link[node]] = rations
            arriving[portion] = [self.link[node]]
        for road in usable:
            portion = road.place, road.diet
            arc = self._arc(cooks[road.kitchen, road.diet], nodes[portion], everybody + 1, road.hm)
            self.deliveries[arc] = road.kitchen, road.place, road.diet
            arriving[portion].append(arc)
        for portion, arcs in arriving.items():
            if len(arcs) > 1:
                read: Callable[[list[int]], tuple[int, ...]] = itemgetter(*(self.tail[arc] for arc in arcs))
                rows.append((nodes[portion], read, [self.cost[arc] for arc in arcs], arcs))
        return rows

    def _arc(self, tail: int, head: int, room: int, cost: int) -> int:
        self.tail.append(tail)
        self.head.append(head)
        self.room.append(room)
        self.cost.append(cost)
        self.flow.append(0)
        return len(self.tail) - 1

    def _node(self, parent: int, room: int, cost: int) -> int:
        node = len(self.parent)
        self.link.append(self._arc(parent, node, room, cost))
        self.parent.append(parent)
        self.depth.append(self.depth[parent] + 1)
        self.potential.append(self.potential[parent] + cost)
        self.children.append({})
        self.children[parent][node] = None
        return node

    def solve(self) -> dict[tuple[str, str, str], int]:
        while self._sweep():
            pass
        return {key: self.flow[arc] for arc, key in self.deliveries.items() if self.flow[arc]}

    def _sweep(self) -> bool:
        """Takes in the best arc of each row until the row has none left; whether anything was taken in."""
        moved = False
        for node, read, costs, arcs in self.rows:
            while True:
                arriving = list(map(add, read(self.potential), costs))
                least = min(arriving)
                if least >= self.potential[node]:
                    break
                self._pivot(arcs[arriving.index(least)], forward=True)
                moved = True
        for arc in self.bounded:
            gain = self.potential[self.tail[arc]] - self.potential[self.head[arc]]
            if (gain < 0 and self.flow[arc] < self.room[arc]) or (gain > 0 and self.flow[arc]):
                self._pivot(arc, forward=gain < 0)
                moved = True
        return moved

    def _pivot(self, arc: int, *, forward: bool) -> None:
        """Sends what fits around the cycle that ``arc`` closes. Of the arcs that then hold no more, the first on the way round
        from the cycle's top leaves the tree."""
        into, out = (self.tail[arc], self.head[arc]) if forward else (self.head[arc], self.tail[arc])
        down, up = self._cycle(into, out)
        entering = self.room[arc] - self.flow[arc] if forward else self.flow[arc]
        amount, leaving = entering, -1
        for node in reversed(up):
            if (fits := self._fits(node, downward=False)) <= amount and fits < entering:
                amount, leaving = fits, node
        below = -1
        for node in down:
            if (fits := self._fits(node, downward=True)) <= amount:
                amount, below = fits, node
        self._send(arc, down, up, amount if forward else -amount, amount)
        if below >= 0:
            self._hang(into, out, arc, below)
        elif leaving >= 0:
            self._hang(out, into, arc, leaving)

    def _cycle(self, into: int, out: int) -> tuple[list[int], list[int]]:
        """The nodes below the cycle's top: on the way down to ``into`` and on the way up from ``out``, both from the bottom."""
        parent, depth = self.parent, self.depth
        down: list[int] = []
        up: list[int] = []
        while into != out:
            if depth[into] >= depth[out]:
                down.append(into)
                into = parent[into]
            else:
                up.append(out)
                out = parent[out]
        return down, up

    def _fits(self, node: int, *, downward: bool) -> int:
        """What the arc between a node and its parent can still take in that direction."""
        arc = self.link[node]
        return self.room[arc] - self.flow[arc] if (self.head[arc] == node) == downward else self.flow[arc]

    def _send(self, entering: int, down: list[int], up: list[int], through: int, amount: int) -> None:
        if not amount:
            return
        self.flow[entering] += through
        for node in down:
            arc = self.link[node]
            self.flow[arc] += amount if self.head[arc] == node else -amount
        for node in up:
            arc = self.link[node]
            self.flow[arc] += amount if self.tail[arc] == node else -amount

    def _hang(self, node: int, onto: int, arc: int, top: int) -> None:
        """Cuts the branch at ``top`` off and hangs it, turned so that ``node`` is its top, from ``onto`` by ``arc``."""
        cost = self.cost[arc] if self.tail[arc] == onto else -self.cost[arc]
        shift = self.potential[onto] + cost - self.potential[node]
        above, link, branch = onto, arc, [node]
        while True:
            before, held = self.parent[node], self.link[node]
            del self.children[before][node]
            self.children[above][node] = None
            self.parent[node], self.link[node] = above, link
            if node == top:
                break
            above, link, node = node, held, before
        self._lift(branch, shift)

    def _lift(self, branch: list[int], shift: int) -> None:
        parent, depth, potential, children = self.parent, self.depth, self.potential, self.children
        while branch:
            node = branch.pop()
            depth[node] = depth[parent[node]] + 1
            potential[node] += shift
            branch.extend(children[node])


def _usable(
    wanted: Mapping[Portion, int], pots: Mapping[str, int], limits: Mapping[Portion, int], roads: Sequence[Road]
) -> list[Road]:
    """The shortest road between each two ends that can carry something."""
    shortest: dict[tuple[str, str, str], Road] = {}
    for road in roads:
        carries = pots.get(road.kitchen, 0) and limits.get((road.kitchen, road.diet), 0)
        key = road.kitchen, road.diet, road.place
        if carries and (road.place, road.diet) in wanted and (key not in shortest or road.hm < shortest[key].hm):
            shortest[key] = road
    return [shortest[key] for key in sorted(shortest)]
