"""Rounding a flow in a network to whole units, by chance and without bias (SSJ1, 5.5.2).

Every edge ends at the whole number below or above its flow, its expectation is its flow, and what flows in and out of
every node stays as it was. The same routine rounds the numbers of cells, the seats of teams and repairs of teams.
(Dependent rounding: Gandhi, Khuller, Parthasarathy, Srinivasan 2006.)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

#: From a node, to a node, and how much.
Edge = tuple[int, int, int]


class Chance(Protocol):
    """Where chance comes from: :class:`~app.domains.draw.rules.drbg.Drbg`."""

    def below(self, bound: int) -> int:
        """A number under the bound."""


def round_net(edges: Sequence[Edge], unit: int, chance: Chance) -> list[int]:
    """The flows, each a multiple of the unit next to what it was. Raises ValueError where a node does not balance.

    Again and again, until no edge is between two multiples: from the tail of the first such edge walk on by the first
    such edge of each node, never back by the edge just used, until a node comes again. Around that cycle push, with
    the direction or against it, until an edge reaches a multiple; the odds are such that nothing is won or lost.
    """
    net = _Net(edges, unit)
    for first in range(len(edges)):
        while net.is_open(first):
            cycle = net.cycle_from(first)
            more, less = net.room(cycle)
            net.push(cycle, more if chance.below(more + less) < less else -less)
    return net.flow


class _Net:
    """The flows as they stand, and at each node the edges that are still between two multiples."""

    def __init__(self, edges: Sequence[Edge], unit: int) -> None:
        self.unit = unit
        self.tail, self.head = [edge[0] for edge in edges], [edge[1] for edge in edges]
        self.flow = [edge[2] for edge in edges]
        size = 1 + max((max(edge[:2]) for edge in edges), default=-1)
        net = [0] * size
        # As dictionaries, for their order: the first one that is left is found at once, wherever others have gone.
        self._open_at: list[dict[int, None]] = [{} for _ in range(size)]
        for number, (tail, head, flow) in enumerate(edges):
            net[tail] -= flow
            net[head] += flow
            if flow % unit:
                self._open_at[tail][number] = self._open_at[head][number] = None
        if any(left % unit for left in net):
            raise ValueError("what flows in and out of a node does not differ by whole units")

    def is_open(self, edge: int) -> bool:
        """True while the flow lies between two multiples."""
        return self.flow[edge] % self.unit != 0

    def cycle_from(self, first: int) -> list[tuple[int, bool]]:
        """Edges that come back to where they began, each with whether it is walked in its own direction."""
        node, last, seen, path = self.tail[first], -1, dict[int, int](), list[tuple[int, bool]]()
        while node not in seen:
            seen[node] = len(path)
            choices = iter(self._open_at[node])
            edge = next(choices)
            if edge == last:
                edge = next(choices)
            along = self.tail[edge] == node
            path.append((edge, along))
            node, last = self.head[edge] if along else self.tail[edge], edge
        return path[seen[node] :]

    def room(self, cycle: list[tuple[int, bool]]) -> tuple[int, int]:
        """How far the cycle can be pushed forward and backward before an edge reaches a multiple."""
        over = [(self.flow[edge] % self.unit, along) for edge, along in cycle]
        more = min(self.unit - part if along else part for part, along in over)
        less = min(part if along else self.unit - part for part, along in over)
        return more, less

    def push(self, cycle: list[tuple[int, bool]], amount: int) -> None:
        """Push around the cycle; edges that reach a multiple are closed."""
        for edge, along in cycle:
            self.flow[edge] += amount if along else -amount
            if not self.is_open(edge):
                del self._open_at[self.tail[edge]][edge]
                del self._open_at[self.head[edge]][edge]
