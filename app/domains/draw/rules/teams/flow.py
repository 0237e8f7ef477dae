"""The largest flow through a network with room on its edges, and the cut that stops it (Dinic 1970)."""

from __future__ import annotations

from collections import deque


class Network:
    """Edges with room that can be used in both directions: what flows forward can be taken back."""

    def __init__(self) -> None:
        self._head: list[int] = []
        self._room: list[int] = []
        self._at: list[list[int]] = []

    def node(self) -> int:
        """A new node."""
        self._at.append([])
        return len(self._at) - 1

    def edge(self, tail: int, head: int, room: int, flow: int = 0) -> int:
        """A new edge through which something may flow already; its number is for :meth:`flow`."""
        number = len(self._head)
        self._head += (head, tail)
        self._room += (room - flow, flow)
        self._at[tail].append(number)
        self._at[head].append(number + 1)
        return number

    def flow(self, edge: int) -> int:
        """What flows through an edge now."""
        return self._room[edge ^ 1]

    def push(self, source: int, sink: int) -> int:
        """Bring as much as possible from the source to the sink; how much that was."""
        pushed = 0
        while (steps := self._steps(source))[sink] >= 0:
            tried = [0] * len(self._at)
            while amount := self._path(source, sink, steps, tried):
                pushed += amount
        return pushed

    def reached(self, source: int) -> set[int]:
        """The nodes on the source's side of the narrowest cut, after :meth:`push`."""
        return {node for node, steps in enumerate(self._steps(source)) if steps >= 0}

    def _steps(self, source: int) -> list[int]:
        """How many edges with room lie between the source and each node; -1 where there is no way."""
        steps = [-1] * len(self._at)
        steps[source] = 0
        waiting = deque([source])
        while waiting:
            node = waiting.popleft()
            for edge in self._at[node]:
                head = self._head[edge]
                if steps[head] < 0 and self._room[edge]:
                    steps[head] = steps[node] + 1
                    waiting.append(head)
        return steps

    def _path(self, source: int, sink: int, steps: list[int], tried: list[int]) -> int:
        """Push along one shortest path; 0 when there is none left. ``tried`` edges of a node lead nowhere any more."""
        path: list[int] = []
        node = source
        while node != sink:
            ways = self._at[node]
            while tried[node] < len(ways):
                edge = ways[tried[node]]
                if self._room[edge] and steps[self._head[edge]] == steps[node] + 1:
                    break
                tried[node] += 1
            else:
                if not path:
                    return 0
                node = self._head[path.pop() ^ 1]
                tried[node] += 1
                continue
            path.append(edge)
            node = self._head[edge]
        amount = min(self._room[edge] for edge in path)
        for edge in path:
            self._room[edge] -= amount
            self._room[edge ^ 1] += amount
        return amount
