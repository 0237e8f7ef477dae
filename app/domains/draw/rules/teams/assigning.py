"""From the table of chances and the second seed to teams (draw.md §5.6.7).

The chances are a flow from seats over people and their units; rounded by chance it seats exactly one inspector on
each seat, nobody twice in a team, and everybody's and every unit's seats are those expected, rounded down or up.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.domains.draw.rules.canon import VERSION
from app.domains.draw.rules.drbg import Drbg
from app.domains.draw.rules.rounding import Edge, round_net
from app.domains.draw.rules.teams.chances import UNIT, Row, Table
from app.domains.draw.rules.teams.matching import Matching

try:
    from app.domains.draw.rules.compiled import round_net as swiftly
except ImportError:  # Numba is not installed: the same teams, more slowly.
    swiftly = round_net
#: From so many edges on the compiled rounding is worth its start.
_MANY = 20_000

#: The people of a team (their numbers): those on experts' seats, those on members' seats.
Team = tuple[tuple[int, ...], tuple[int, ...]]


def assign(matching: Matching, table: Table, chance: Drbg) -> list[Team]:
    """A team for each task, drawn with exactly the chances of the table. The key of the seed is `assign`."""
    edges, seats = network(matching, table)
    flows = (swiftly if len(edges) > _MANY else round_net)(edges, UNIT, chance)
    teams: list[tuple[list[int], list[int]]] = [([], []) for _ in matching.entries]
    for edge, (task, person, kind) in seats.items():
        if flows[edge]:
            teams[task][kind].append(person)
    return [(tuple(experts), tuple(members)) for experts, members in teams]


def network(matching: Matching, table: Table) -> tuple[list[Edge], dict[int, tuple[int, int, int]]]:
    """The edges in the order of SSJ1, and for each edge from a seat its task, its person and 0 (expert) or 1 (member).

    First the rows of each task, then each person to the unit, then each unit to the sink. A person who may take either
    seat of a task goes through a node of his own there, which he passes once.
    """
    people, tasks = len(matching.people), len(matching.entries)
    units = {unit: at for at, unit in enumerate(sorted({each.unit for each in matching.people}, key=str.encode))}
    pairs = people + 2 * tasks + len(units)
    edges: list[Edge] = []
    seats: dict[int, tuple[int, int, int]] = {}
    loads = [0] * people
    for task, row in _rows(table):
        loads[row.person] += row.both
        seat, goal = people + 2 * task, row.person
        if row.expert and row.member:
            goal, pairs = pairs, pairs + 1
        for kind, flow in enumerate((row.expert, row.member)):
            if flow:
                seats[len(edges)] = (task, row.person, kind)
                edges.append((seat + kind, goal, flow))
        if goal != row.person:
            edges.append((goal, row.person, row.both))
    of_unit = dict.fromkeys(units.values(), 0)
    for person, load in enumerate(loads):
        if load:
            unit = units[matching.people[person].unit]
            of_unit[unit] += load
            edges.append((person, people + 2 * tasks + unit, load))
    edges += [(people + 2 * tasks + unit, pairs, load) for unit, load in of_unit.items() if load]
    return edges, seats


def record(matching: Matching, teams: list[Team], draw_id: str, table_hash: str) -> dict[str, Any]:
    """As it stands in the record of the draw, under the hash of the table."""
    named = [
        [entry.post.text, list(experts), list(members)]
        for entry, (experts, members) in zip(matching.entries, teams, strict=True)
    ]
    return {"ver": VERSION, "draw_id": draw_id, "table": table_hash, "teams": named}


def _rows(table: Table) -> Iterator[tuple[int, Row]]:
    for task, rows in enumerate(table):
        for row in rows:
            yield task, row
