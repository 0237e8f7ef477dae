"""Nobody is expected to do more than he may: chances move to others, or it is said who is missing (draw.md §5.6.3).

The table of chances is a flow from seats to people. What somebody has above his cap is pushed along exchanges with
others until nobody has too much. Where that is impossible no table exists: the narrowest cut names the tasks whose
people are all at their caps. By the theorem of largest flow and narrowest cut one of both is always the case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.domains.draw.rules.teams.chances import UNIT, Row, Table, bounds, lacks
from app.domains.draw.rules.teams.flow import Network
from app.domains.draw.rules.teams.matching import Entry, Matching


@dataclass(frozen=True)
class Cut:
    """Tasks (numbers of entries) that cannot all be done by those who could do them."""

    tasks: tuple[int, ...]
    people: tuple[int, ...]


def lacking(matching: Matching) -> Cut | None:
    """The tasks with fewer people than seats, whatever the caps; None when there are none."""
    short = [number for number, entry in enumerate(matching.entries) if lacks(entry)]
    people = {each.person for number in short for each in matching.entries[number].candidates}
    return Cut(tuple(short), tuple(sorted(people))) if short else None


def within_caps(matching: Matching, table: Table) -> Table | Cut:
    """The table with no load above a cap, and equal to the given one where none was; or who stands in the way."""
    loads = [0] * len(matching.people)
    for rows in table:
        for row in rows:
            loads[row.person] += row.both
    rooms = [person.room * UNIT for person in matching.people]
    over = [max(0, load - room) for load, room in zip(loads, rooms, strict=True)]
    if not any(over):
        return table
    exchange = _Exchange(matching, table)
    if exchange.level(over, [max(0, room - load) for load, room in zip(loads, rooms, strict=True)]):
        return exchange.table()
    return exchange.cut()


class _Exchange:
    """The network of exchanges: from a person to the seats he gives away, from a seat to those who could take it."""

    def __init__(self, matching: Matching, table: Table) -> None:
        self._net, self._matching = Network(), matching
        self._people = [self._net.node() for _ in matching.people]
        self._source, self._sink = self._net.node(), self._net.node()
        self._seats: list[int] = []
        self._edges = [self._of_task(*each) for each in zip(matching.entries, table, strict=True)]

    def level(self, over: Sequence[int], free: Sequence[int]) -> bool:
        """Push what people have too much to those who have room; True when all of it found a place."""
        for node, much, room in zip(self._people, over, free, strict=True):
            if much:
                self._net.edge(self._source, node, much)
            if room:
                self._net.edge(node, self._sink, room)
        return self._net.push(self._source, self._sink) == sum(over)

    def table(self) -> list[list[Row]]:
        """The table as it stands now."""
        return [
            [Row(person, self._flow(expert), self._flow(member)) for person, expert, member in edges]
            for edges in self._edges
        ]

    def cut(self) -> Cut:
        """The tasks and people that can be reached from those who still have too much."""
        reached = self._net.reached(self._source)
        tasks = [at for at in range(len(self._edges)) if reached & {self._seats[2 * at], self._seats[2 * at + 1]}]
        people = [at for at, node in enumerate(self._people) if node in reached]
        return Cut(tuple(tasks), tuple(people))

    def _flow(self, edge: int | None) -> int:
        return 0 if edge is None else self._net.flow(edge)

    def _of_task(self, entry: Entry, rows: Sequence[Row]) -> list[tuple[int, int | None, int | None]]:
        special, general = bounds(entry)
        expert_seat, member_seat = self._net.node(), self._net.node()
        self._seats += (expert_seat, member_seat)
        edges: list[tuple[int, int | None, int | None]] = []
        for candidate, row in zip(entry.candidates, rows, strict=True):
            top, person = special if candidate.is_qualified else general, self._people[row.person]
            expert = member = None
            if candidate.is_qualified and entry.experts and entry.members:
                pair = self._net.node()
                expert = self._net.edge(expert_seat, pair, top, row.expert)
                member = self._net.edge(member_seat, pair, top, row.member)
                self._net.edge(pair, person, top, row.both)
            elif candidate.is_qualified and entry.experts:
                expert = self._net.edge(expert_seat, person, top, row.expert)
            elif entry.members:
                member = self._net.edge(member_seat, person, top, row.member)
            edges.append((row.person, expert, member))
        return edges
