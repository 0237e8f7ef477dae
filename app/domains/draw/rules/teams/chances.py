"""The table of chances: with what probability each candidate gets a seat, in integers only (draw.md §5.6.4).

Everybody's share of a seat is as his weight, which falls with his way and with his price; prices rise with the load,
and settle where loads are as equal as the ways allow. Nobody may be certain: a pair of person and task has a bound.
Integers, so that the table follows from frozen facts bit for bit and nothing is left to tune after the seed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from app.core.errors import Refused
from app.core.messages import N_
from app.domains.draw.rules.canon import VERSION
from app.domains.draw.rules.teams.matching import Entry, Matching
from app.domains.draw.rules.teams.regions import EXP

#: The unit of the table: a chance of one.
UNIT = 1 << 30
_PRICE_PLACES = 16
#: From so many rows on the compiled turns are worth their start; their integers hold products up to these.
_MANY, _SEATS, _MU = 2_000, 4, 100


@dataclass(frozen=True)
class Row:
    """A candidate's chances for one task: of an expert's seat and of a member's, in units of 2^-30."""

    person: int
    expert: int
    member: int

    @property
    def both(self) -> int:
        """The chance to be in the team at all."""
        return self.expert + self.member


try:
    from app.domains.draw.rules.teams.compiled import turns as _compiled
except ImportError:  # Numba is not installed: the same table, more slowly.
    swiftly = None
else:
    swiftly = _compiled

#: The rows of each task, in the order of the matching.
Table = Sequence[Sequence[Row]]


def bounds(entry: Entry) -> tuple[int, int]:
    """The highest chance of a qualified and of another candidate: the bound, more only where there are too few people.

    With seats k, candidates n, experts' seats e and qualified candidates m it cannot be below k/n, nor e/m.
    """
    numerator, denominator = entry.bound
    least = UNIT * numerator // denominator
    qualified = sum(each.is_qualified for each in entry.candidates)
    general = max(least, _share(entry.experts + entry.members, len(entry.candidates)))
    special = max(general, _share(entry.experts, qualified) if entry.experts else 0)
    return min(special, UNIT), min(general, UNIT)


def is_low(entry: Entry) -> bool:
    """True for a task whose people are so few that somebody's chance may lie above one third: it is listed."""
    return bounds(entry)[0] > _share(1, 3)


def lacks(entry: Entry) -> bool:
    """True when the seats cannot be filled even if everybody could come."""
    qualified = sum(each.is_qualified for each in entry.candidates)
    return len(entry.candidates) < entry.experts + entry.members or qualified < entry.experts


def table(matching: Matching) -> Table:
    """The table before anybody's cap is looked at. Raises Refused where a task lacks people."""
    if any(lacks(entry) for entry in matching.entries):
        raise Refused(N_("有检查任务的人员不足，不能计算概率表"))
    # Tasks with the same people, ways and seats have the same row, which is computed once.
    alike = Counter(entry[1:] for entry in matching.entries)
    rows = {kind: _Shared(Entry(matching.entries[0].post, *kind), times) for kind, times in alike.items()}
    before = [person.load for person in matching.people]
    take = swiftly if swiftly and _is_for_machine(rows.values(), matching.mu) else turns
    take([*rows.values()], before, matching.mu, matching.rounds)
    made = {kind: row.rows() for kind, row in rows.items()}
    return [made[entry[1:]] for entry in matching.entries]


def turns(kinds: Sequence[_Shared], before: Sequence[int], mu: int, rounds: int) -> None:
    """All turns over the kinds of rows; each then has the shares of the last turn."""
    prices = [0] * len(before)
    for turn in range(rounds):
        loads = [load * UNIT for load in before]
        for kind in kinds:
            kind.share(prices, loads)
        if turn + 1 < rounds:
            prices = _prices(mu, prices, loads)


def fill(weights: Sequence[int], rooms: Sequence[int], total: int) -> list[int]:
    """The total shared in proportion to the weights, nobody above his room; units left over go to the first with room.

    Whoever would get more than his room gets just that, and the others share what is left. Raises ValueError where all
    rooms together are less than the total.
    """
    shares = [0] * len(weights)
    sharing = [at for at, room in enumerate(rooms) if room > 0]
    while sharing:
        heavy = sum([weights[at] for at in sharing])
        over = [at for at in sharing if weights[at] * total // heavy > rooms[at]]
        if not over:
            break
        for at in over:
            shares[at] = rooms[at]
            total -= rooms[at]
        sharing = [at for at in sharing if not shares[at]]
    left = total
    for at in sharing:
        share = weights[at] * total // heavy
        shares[at] = share
        left -= share
    for most in (1, left):
        for at in sharing:
            if not left:
                return shares
            more = min(left, most, rooms[at] - shares[at])
            shares[at] += more
            left -= more
    if left:
        raise ValueError("the rooms do not hold the total")
    return shares


def record(matching: Matching, rows: Table, draw_id: str, matching_hash: str) -> dict[str, Any]:
    """As it stands in the record of the draw, under the hash of the matching; chances of nothing are left out."""
    tasks = [
        [entry.post.text, [[row.person, row.expert, row.member] for row in of if row.both]]
        for entry, of in zip(matching.entries, rows, strict=True)
    ]
    return {"ver": VERSION, "draw_id": draw_id, "matching": matching_hash, "tasks": tasks}


def _share(seats: int, people: int) -> int:
    """Seats over people, rounded up so that all of them together can be filled."""
    return -(-seats * UNIT // people) if people else UNIT


def _prices(mu: int, prices: Sequence[int], loads: Sequence[int]) -> list[int]:
    """Each price moves by 1/(1+mu) of the way to mu times the load over the mean load, in units of 2^-16."""
    mean = max(1, sum(loads) // max(1, len(loads)) >> 10)
    return [
        price + ((mu << _PRICE_PLACES) * (load >> 10) // mean - price) // (1 + mu)
        for price, load in zip(prices, loads, strict=True)
    ]


class _Shared:
    """The row of so many tasks: what does not change from turn to turn, and the shares of the last turn."""

    def __init__(self, entry: Entry, times: int) -> None:
        special, general = bounds(entry)
        self.times = times
        self.people = [each.person for each in entry.candidates]
        self.ways = [each.weight for each in entry.candidates]
        self.tops = [special if each.is_qualified else general for each in entry.candidates]
        self.expert_rooms = [special if each.is_qualified else 0 for each in entry.candidates]
        self.experts, self.members = entry.experts * UNIT, entry.members * UNIT
        self.expert = self.member = [0] * len(entry.candidates)

    def share(self, prices: Sequence[int], loads: list[int]) -> None:
        """Share the seats at these prices, and add them to the loads."""
        mine = [prices[person] for person in self.people]
        least = min(mine)
        weights = [way * EXP[min((price - least) >> 8, 4095)] + 1 for way, price in zip(self.ways, mine, strict=True)]
        if self.experts:
            self.expert = fill(weights, self.expert_rooms, self.experts)
        if self.members:
            rooms = [top - taken for top, taken in zip(self.tops, self.expert, strict=True)]
            self.member = fill(weights, rooms, self.members)
        for person, expert, member in zip(self.people, self.expert, self.member, strict=True):
            loads[person] += self.times * (expert + member)

    def rows(self) -> list[Row]:
        """The shares as rows of the table."""
        return [Row(*row) for row in zip(self.people, self.expert, self.member, strict=True)]


def _is_for_machine(kinds: Iterable[_Shared], mu: int) -> bool:
    """True where the compiled turns are worth their start, and where no product leaves 63 bits."""
    kinds = list(kinds)
    seats = max((max(kind.experts, kind.members) for kind in kinds), default=0)
    return sum(len(kind.people) for kind in kinds) > _MANY and seats <= _SEATS * UNIT and mu <= _MU
