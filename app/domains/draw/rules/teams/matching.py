"""The pure facts of the second stage: seats, people for them, ways as weights (SSJ1, `matching.json`)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from app.core.errors import Refused
from app.core.messages import N_
from app.domains.draw.choices import Kind
from app.domains.draw.rules.canon import VERSION
from app.domains.draw.rules.teams.eligibility import bars_of_task, is_qualified, personal_bars
from app.domains.draw.rules.teams.facts import Case, Inspector, Post, Task
from app.domains.draw.rules.teams.regions import WEIGHT_PLACES, weight


class Person(NamedTuple):
    """Somebody who takes part in the draw of teams: ``room`` is how many seats he may get, ``load`` what he has."""

    id: str
    unit: str
    room: int
    load: int


class Candidate(NamedTuple):
    """Somebody who can be drawn for a task: his place among the people, the weight of his way, and what he may take."""

    person: int
    weight: int
    is_qualified: bool


class Entry(NamedTuple):
    """A task as the table of chances sees it: seats for experts and for members, candidates in the order of people."""

    post: Post
    experts: int
    members: int
    candidates: tuple[Candidate, ...]
    bound: tuple[int, int]


@dataclass(frozen=True)
class Matching:
    """All that the table of chances is computed from. People ascend by id, tasks by subject and department."""

    people: Sequence[Person]
    entries: Sequence[Entry]
    mu: int
    rounds: int

    def record(self, draw_id: str, result_a: str) -> dict[str, Any]:
        """As it stands in the record of the draw, under the hash of the list of subjects."""
        return {
            "ver": VERSION,
            "draw_id": draw_id,
            "result_A": result_a,
            "mu": self.mu,
            "rounds": self.rounds,
            "inspectors": [list(person) for person in self.people],
            "tasks": [
                [
                    entry.post.text,
                    [entry.experts, entry.members],
                    [[at, way, int(qualified)] for at, way, qualified in entry.candidates],
                    list(entry.bound),
                ]
                for entry in self.entries
            ],
        }


def matching(case: Case) -> Matching:
    """Who can be drawn for which task. A person without any task is not among the people.

    Raises Refused where an inspector or a task stands twice in what was frozen: it would not be clear which counts.
    """
    _refuse_doubles([each.id for each in case.inspectors])
    _refuse_doubles([task.post.text for task in case.tasks])
    fit = [each for each in sorted(case.inspectors, key=_bytes) if not personal_bars(each, case)]
    tasks = sorted(case.tasks, key=lambda task: task.post.order)
    of: dict[str, list[Inspector]] = defaultdict(list)
    for each in fit:
        for department in each.departments:
            of[department].append(each)
    able = [[each for each in of[task.post.department] if not bars_of_task(each, task, case)] for task in tasks]
    found = _one_task_at_a_subject(tasks, able)
    asked = sorted({each.id: each for people in found for each in people}.values(), key=_bytes)
    at = {each.id: number for number, each in enumerate(asked)}
    people = [Person(each.id, each.unit, case.room(each), each.load if case.terms.weighs_year else 0) for each in asked]
    entries = [_entry(task, people_of, at, case) for task, people_of in zip(tasks, found, strict=True)]
    return Matching(people, entries, case.terms.mu, case.terms.rounds)


def _refuse_doubles(names: Sequence[str]) -> None:
    doubles = sorted(name for name, times in Counter(names).items() if times > 1)
    if doubles:
        raise Refused(N_("{name} 在冻结的名录中重复出现", name=doubles[0]))


def _bytes(inspector: Inspector) -> bytes:
    return inspector.id.encode()


def _one_task_at_a_subject(tasks: Sequence[Task], found: list[list[Inspector]]) -> list[list[Inspector]]:
    """Nobody sits twice in one visit: whoever could serve several departments there stands for the one with fewest.

    Of departments with as few people, for the first.
    """
    fewest: dict[tuple[str, str], tuple[int, int]] = {}
    for number, (task, people) in enumerate(zip(tasks, found, strict=True)):
        for each in people:
            pair = (task.post.subject, each.id)
            fewest[pair] = min(fewest.get(pair, (len(people), number)), (len(people), number))
    return [
        [each for each in people if fewest[task.post.subject, each.id][1] == number]
        for number, (task, people) in enumerate(zip(tasks, found, strict=True))
    ]


def _entry(task: Task, people: Sequence[Inspector], at: Mapping[str, int], case: Case) -> Entry:
    candidates = tuple(Candidate(at[each.id], _weight(each, task, case), is_qualified(each, task)) for each in people)
    # Where nothing is needed an expert's seat is a seat like the others.
    experts, members = (task.experts, task.members) if task.needs else (0, task.seats)
    return Entry(task.post, experts, members, candidates, task.bound)


def _weight(inspector: Inspector, task: Task, case: Case) -> int:
    if not case.terms.weighs_ways or inspector.kind is not Kind.OWN:
        return 1 << WEIGHT_PLACES
    return weight(case.regions.km(task.region, inspector.region))
