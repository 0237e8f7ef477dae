"""The turns of :mod:`chances`, compiled: the same table, bit for bit, where numba is installed (an optional extra)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import njit

from app.domains.draw.rules.teams.regions import EXP

_EXP = np.array(EXP, dtype=np.int64)
_UNIT = 1 << 30


def turns(kinds: Sequence[Any], before: Sequence[int], mu: int, rounds: int) -> None:
    """All turns over the kinds of rows; each then has the shares of the last turn, as after their own ``share``."""
    starts = np.cumsum([0, *(len(kind.people) for kind in kinds)])
    people, ways, tops, rooms = (
        np.array([each for kind in kinds for each in getattr(kind, name)], dtype=np.int64)
        for name in ("people", "ways", "tops", "expert_rooms")
    )
    seats = np.array([(kind.experts, kind.members, kind.times) for kind in kinds], dtype=np.int64)
    loads = np.array(before, dtype=np.int64) * _UNIT
    shares = _turns(starts, people, np.stack((ways, tops, rooms)), seats, loads, mu, rounds)
    for kind, first, last in zip(kinds, starts[:-1], starts[1:], strict=True):
        kind.expert, kind.member = shares[0, first:last].tolist(), shares[1, first:last].tolist()


@njit(cache=True)  # type: ignore[untyped-decorator, unused-ignore]
def _turns(starts: Any, people: Any, facts: Any, seats: Any, before: Any, mu: int, rounds: int) -> Any:
    prices, shares = np.zeros(len(before), np.int64), np.zeros((2, len(people)), np.int64)
    for turn in range(rounds):
        loads = before.copy()
        for kind in range(len(seats)):
            first, last = starts[kind], starts[kind + 1]
            who, expert, member = people[first:last], shares[0, first:last], shares[1, first:last]
            weights = _weights(who, facts[0, first:last], prices)
            if seats[kind, 0]:
                _fill(weights, facts[2, first:last], seats[kind, 0], expert)
            if seats[kind, 1]:
                _fill(weights, facts[1, first:last] - expert, seats[kind, 1], member)
            for at in range(len(who)):
                loads[who[at]] += seats[kind, 2] * (expert[at] + member[at])
        if turn + 1 < rounds:
            mean = max(1, loads.sum() // len(loads) >> 10)
            for person in range(len(loads)):
                prices[person] += ((mu << 16) * (loads[person] >> 10) // mean - prices[person]) // (1 + mu)
    return shares


@njit(cache=True)  # type: ignore[untyped-decorator, unused-ignore]
def _weights(who: Any, ways: Any, prices: Any) -> Any:
    least = prices[who].min()
    weights = np.empty(len(who), np.int64)
    for at in range(len(who)):
        weights[at] = ways[at] * _EXP[min((prices[who[at]] - least) >> 8, 4095)] + 1
    return weights


@njit(cache=True)  # type: ignore[untyped-decorator, unused-ignore]
def _fill(weights: Any, rooms: Any, total: int, shares: Any) -> None:
    shares[:] = 0
    sharing = rooms > 0
    while True:
        heavy = weights[sharing].sum()
        over = sharing & (weights * total // max(heavy, 1) > rooms)
        if not over.any():
            break
        shares[over] = rooms[over]
        total -= rooms[over].sum()
        sharing &= ~over
    left = total
    for at in np.flatnonzero(sharing):
        shares[at] = weights[at] * total // heavy
        left -= shares[at]
    for most in (1, left):
        for at in np.flatnonzero(sharing):
            more = min(left, most, rooms[at] - shares[at])
            shares[at] += more
            left -= more
