"""Maximum flow through a small network, and what cuts it (Dinic 1970)."""

from __future__ import annotations


class Network:
    """Nodes are numbers given out by ``node``; node 0 is the source and node 1 the sink. Capacities are whole numbers."""

    def __init__(self) -> None:
        self._out: list[list[int]] = [[], []]  # per node, its edges
        self._to: list[int] = []
        self._left: list[int] = []  # what an edge can still carry; its way back is the next one

    def node(self) -> int:
        self._out.append([])
        return len(self._out) - 1

    def edge(self, start: int, end: int, capacity: int) -> int:
        """Returns the edge's number, for ``flow``."""
        number = len(self._to)
        for node, other, left in ((start, end, capacity), (end, start, 0)):
            self._out[node].append(len(self._to))
            self._to.append(other)
            self._left.append(left)
        return number

    def flow(self, edge: int) -> int:
        return self._left[edge + 1]

    def push(self) -> int:
        """Adds to what flows already as much as can flow; returns how much was added. What leaves the source along an edge is
        never taken back."""
        total = 0
        while (levels := self._levels())[1] >= 0:
            total += self._block(levels)
        return total

    def short_side(self) -> list[bool]:
        """Per node, whether more could still reach it: the source's side of the least cut, with as few nodes as can be."""
        return [level >= 0 for level in self._levels()]

    def _levels(self) -> list[int]:
        levels = [-1] * len(self._out)
        levels[0] = 0
        front = [0]
        for node in front:
            for edge in self._out[node]:
                other = self._to[edge]
                if self._left[edge] and levels[other] < 0:
                    levels[other] = levels[node] + 1
                    front.append(other)
        return levels

    def _block(self, levels: list[int]) -> int:
        """Fills every shortest way from source to sink."""
        to, left, out = self._to, self._left, self._out
        following = [0] * len(out)
        path: list[int] = []
        node = total = 0
        while True:
            if node == 1:
                most = min(left[edge] for edge in path)
                total += most
                for edge in path:
                    left[edge] -= most
                    left[edge ^ 1] += most
                first = next(at for at, edge in enumerate(path) if not left[edge])
                del path[first:]
                node = to[path[-1]] if path else 0
                continue
            edges = out[node]
            while following[node] < len(edges):
                edge = edges[following[node]]
                if left[edge] and levels[to[edge]] == levels[node] + 1:
                    path.append(edge)
                    node = to[edge]
                    break
                following[node] += 1
            else:
                if node == 0:
                    return total
                levels[node] = -1
                path.pop()
                node = to[path[-1]] if path else 0
