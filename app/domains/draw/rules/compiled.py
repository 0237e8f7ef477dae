"""The rounding of :mod:`rounding`, compiled: the same steps and the same outcome, where numba is installed.

Numba is an optional extra. Without it this module cannot be imported and everything is done by the plain one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import njit

from app.domains.draw.rules.drbg import Drbg
from app.domains.draw.rules.rounding import Edge

#: More words than steps, for those that are passed over.
_SPARE = 64


def round_net(edges: Sequence[Edge], unit: int, chance: Drbg) -> list[int]:
    """As :func:`app.domains.draw.rules.rounding.round_net`; takes more words of the stream than it needs."""
    if not edges:
        return []
    tail, head, flow = (np.array(column, dtype=np.int64) for column in zip(*edges, strict=True))
    net = np.zeros(max(tail.max(), head.max()) + 1, np.int64)
    np.add.at(net, head, flow)
    np.subtract.at(net, tail, flow)
    if (net % unit).any():
        raise ValueError("what flows in and out of a node does not differ by whole units")
    starts, at = _edges_of_nodes(tail, head)
    words = np.array([chance.word() for _ in range(np.count_nonzero(flow % unit) + _SPARE)], dtype=np.uint64)
    if not _round(tail, head, flow, starts, at, unit, words):
        raise RuntimeError("more words were passed over than can be expected in the life of the universe")
    return [int(each) for each in flow]


def _edges_of_nodes(tail: Any, head: Any) -> tuple[Any, Any]:
    """For each node where its edges begin, and the edges of all nodes one after the other, ascending."""
    ends = np.stack((tail, head), axis=1).ravel()
    order = np.argsort(ends, kind="stable")
    return np.searchsorted(ends[order], np.arange(ends.max() + 2)), order // 2


@njit(cache=True)  # type: ignore[untyped-decorator, unused-ignore]
def _open(node: int, last: int, flow: Any, starts: Any, at: Any, unit: int) -> int:
    """The first edge of a node that is between two multiples and not the last one; closed ones are dropped."""
    here = starts[node]
    while flow[at[here]] % unit == 0:
        here += 1
    starts[node] = here
    if at[here] == last:
        here += 1
        while flow[at[here]] % unit == 0:
            here += 1
    return at[here]


@njit(cache=True)  # type: ignore[untyped-decorator, unused-ignore]
def _walk(node: int, tail: Any, head: Any, flow: Any, starts: Any, at: Any, unit: int, seen: Any, path: Any) -> Any:
    """Walk until a node comes again; where the cycle begins and ends in the path of (edge, from)."""
    last, size = -1, 0
    while seen[node] < 0:
        seen[node] = size
        last = _open(node, last, flow, starts, at, unit)
        path[size, 0], path[size, 1] = last, node
        node = head[last] if tail[last] == node else tail[last]
        size += 1
    first = seen[node]
    for step in range(size):
        seen[path[step, 1]] = -1
    return first, size


@njit(cache=True)  # type: ignore[untyped-decorator, unused-ignore]
def _round(tail: Any, head: Any, flow: Any, starts: Any, at: Any, unit: int, words: Any) -> bool:
    """Round the flow in its place; False when the words did not suffice."""
    seen, path, used = np.full(len(starts), -1), np.empty((len(starts), 2), np.int64), 0
    top = np.uint64(0xFFFFFFFFFFFFFFFF)
    for edge in range(len(flow)):
        while flow[edge] % unit:
            first, size = _walk(tail[edge], tail, head, flow, starts, at, unit, seen, path)
            more = less = unit
            for step in range(first, size):
                part = flow[path[step, 0]] % unit
                along = tail[path[step, 0]] == path[step, 1]
                more = min(more, unit - part if along else part)
                less = min(less, part if along else unit - part)
            bound = np.uint64(more + less)
            over = (top % bound + np.uint64(1)) % bound
            while used < len(words) and words[used] > top - over:
                used += 1
            if used == len(words):
                return False
            amount = more if words[used] % bound < np.uint64(less) else -less
            used += 1
            for step in range(first, size):
                flow[path[step, 0]] += amount if tail[path[step, 0]] == path[step, 1] else -amount
    return True
