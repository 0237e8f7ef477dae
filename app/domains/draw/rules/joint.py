"""Several departments and items, one visit: what was drawn for each item becomes one team per subject (draw.md §6).

The lead department draws the subjects once. Each department that joins draws its own inspectors for them and enters
its own result. Subjects that were drawn for several items are visited once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from app.domains.draw.rules.teams.facts import Post, Task


@dataclass(frozen=True)
class Seats:
    """What a department sends for an item: experts who hold all that is needed, and members."""

    needs: frozenset[str] = frozenset()
    experts: int = 1
    members: int = 1


@dataclass(frozen=True)
class Item:
    """An item of the list with the seats of every department that takes part, the lead department among them."""

    name: str
    seats: Mapping[str, Seats]


@dataclass(frozen=True)
class Drawn:
    """A subject that was drawn for an item; ``rank`` is the place of its ticket."""

    subject: str
    region: str
    item: str
    rank: int


def tasks(drawn: Iterable[Drawn], items: Mapping[str, Item]) -> list[Task]:
    """One task for each department at each subject, whatever the number of items, in the order of the record.

    A department sends for all items together as many as for the one that wants most; its experts hold all that any of
    the items needs. The earliest ticket says which batch.
    """
    made: dict[Post, Task] = {}
    for each in drawn:
        for department, seats in items[each.item].seats.items():
            post = Post(each.subject, department)
            one = Task(post, each.region, seats.needs, seats.experts, seats.members, rank=each.rank)
            made[post] = _both(made[post], one) if post in made else one
    return sorted(made.values(), key=lambda task: task.post.order)


def _both(one: Task, other: Task) -> Task:
    return replace(
        one,
        needs=one.needs | other.needs,
        experts=max(one.experts, other.experts),
        members=max(one.members, other.members),
        rank=min(one.rank, other.rank),
    )
