"""What gives way where inspectors do not suffice, rung by rung, only for the tasks concerned (draw.md §7.2).

The ladder is climbed on frozen facts before the second seed exists, hence nobody can aim it. Every step is written
down with the cut that made it necessary. Nobody is ever put on a seat by hand.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from app.core.messages import N_, Message, joined
from app.domains.draw.choices import Bar, Kind, Rung
from app.domains.draw.rules.teams.caps import Cut, lacking, within_caps
from app.domains.draw.rules.teams.chances import Table, table
from app.domains.draw.rules.teams.eligibility import bars, bars_of_task, personal_bars
from app.domains.draw.rules.teams.facts import Case, Post, Task
from app.domains.draw.rules.teams.matching import Matching, matching
from app.domains.draw.rules.teams.regions import WIDTHS

#: Certified inspectors whom the law wants at every inspection.
LEAST = 2
#: The bounds of one person's chance for one task, from strict to none.
BOUNDS = ((1, 3), (1, 2), (1, 1))


@dataclass(frozen=True)
class Shortage:
    """One line of a cut: in this department and region so many seats of this kind, so many people for them."""

    department: str
    region: str
    needs: frozenset[str]
    seats: int
    people: int

    @property
    def words(self) -> Message:
        """For the log and the page: 消防 · 县乙 · 特种设备资格: 3 个席位，2 人."""
        where = f"{self.department} · {self.region}"
        if not self.needs:
            return N_("{where}：{seats} 个席位，{people} 人", where=where, seats=self.seats, people=self.people)
        return N_(
            "{where} · {needs}：{seats} 个席位，{people} 人",
            where=where, needs=joined(sorted(self.needs)), seats=self.seats, people=self.people,
        )  # fmt: skip


@dataclass(frozen=True)
class Step:
    """A rung that was taken: for which tasks, and because of what."""

    rung: Rung
    tasks: tuple[Post, ...]
    because: tuple[Shortage, ...]


@dataclass(frozen=True)
class Fitted:
    """A case with which everybody's seats can be filled, its table, the steps to it and the tasks of a later batch."""

    case: Case
    matching: Matching
    table: Table
    steps: tuple[Step, ...]
    later: tuple[Task, ...]


def climb(case: Case) -> Fitted:
    """Take rung after rung until a table exists. Ends, because every step takes a width, a bound, a cap or a task."""
    steps: list[Step] = []
    later: list[Task] = []
    while True:
        facts = matching(case)
        cut = lacking(facts) or _beyond_caps(facts)
        if cut is None:
            table_ = within_caps(facts, table(facts))
            assert not isinstance(table_, Cut)
            return Fitted(case, facts, table_, tuple(steps), tuple(later))
        rung, changed = next(_offers(case, facts, cut))
        before, now = set(case.tasks), set(changed.tasks)
        given_way = sorted((task.post for task in before - now), key=lambda post: post.order)
        posts = tuple(given_way or (facts.entries[at].post for at in cut.tasks))
        steps.append(Step(rung, posts, shortages(case, facts, cut)))
        if rung is Rung.BATCH:
            later += sorted(before - now, key=lambda task: task.post.order)
        case = changed


def shortages(case: Case, facts: Matching, cut: Cut) -> tuple[Shortage, ...]:
    """The cut in lines, by department, region and what is needed, each with the people who could sit there."""
    tasks = {task.post: task for task in case.tasks}
    seats, able = Counter[_Line](), defaultdict[_Line, set[int]](set)
    for entry in (facts.entries[at] for at in cut.tasks):
        task = tasks[entry.post]
        for needs, count in ((task.needs, entry.experts), (frozenset[str](), entry.members)):
            if count:
                line = (task.post.department, task.region, needs)
                seats[line] += count
                able[line] |= {each.person for each in entry.candidates if each.is_qualified or not needs}
    lines = sorted(seats, key=lambda line: (line[0], line[1], sorted(line[2])))
    return tuple(Shortage(*line, seats[line], len(able[line])) for line in lines)


_Line = tuple[str, str, frozenset[str]]


def _beyond_caps(facts: Matching) -> Cut | None:
    """Who stands in the way of any table within the caps. That does not depend on prices: one turn is enough."""
    one_turn = replace(facts, rounds=1)
    found = within_caps(one_turn, table(one_turn))
    return found if isinstance(found, Cut) else None


def _offers(case: Case, facts: Matching, cut: Cut) -> Iterator[tuple[Rung, Case]]:
    """The rungs that still change something for the tasks of the cut, in their order.

    Where there are fewer people than seats, higher chances for them are no help: they are not relaxed for nothing.
    """
    stuck = {facts.entries[at].post for at in cut.tasks}
    tasks = [task for task in case.tasks if task.post in stuck]
    is_lack = lacking(facts) is not None
    people = _full(case, tasks) if is_lack else [facts.people[at].id for at in cut.people]
    rungs: dict[Rung, Callable[[], Case]] = {
        Rung.REGION: lambda: _with(case, {task: [_wider(task)] for task in tasks}),
        Rung.CHANCE: lambda: case if is_lack else _with(case, {task: [_looser(task)] for task in tasks}),
        Rung.CAP: lambda: _raised(case, people),
        Rung.ROSTER: lambda: _with(case, {task: _other_rosters(task, case) for task in tasks}),
        Rung.TEAM: lambda: _with(case, {task: [_single(task, case)] for task in tasks}),
        Rung.BATCH: lambda: _without_last(case, tasks),
    }
    for rung in Rung:
        changed = rungs[rung]()
        if changed != case:
            yield rung, changed


def _with(case: Case, instead: Mapping[Task, Sequence[Task]]) -> Case:
    return replace(case, tasks=[other for task in case.tasks for other in instead.get(task, [task])])


def _wider(task: Task) -> Task:
    """The next width; None, the prefecture, is the widest."""
    wider = [width for width in WIDTHS if width is not None and task.width is not None and width > task.width]
    return replace(task, width=wider[0] if wider else None)


def _looser(task: Task) -> Task:
    """The next bound of one person's chance."""
    looser = [bound for bound in BOUNDS if Fraction(*bound) > Fraction(*task.bound)]
    return replace(task, bound=looser[0]) if looser else task


def _full(case: Case, tasks: Sequence[Task]) -> list[str]:
    """Those whom nothing but their cap keeps from one of the tasks."""
    return [
        each.id
        for each in case.inspectors
        if personal_bars(each, case) == (Bar.FULL,) and any(not bars_of_task(each, task, case) for task in tasks)
    ]


def _raised(case: Case, people: Sequence[str]) -> Case:
    """Each of the people may do one seat more, up to the legal limit."""
    more = {each: case.raised.get(each, 0) + 1 for each in people if case.raised.get(each, 0) < case.terms.limit}
    return replace(case, raised={**case.raised, **more})


def _other_rosters(task: Task, case: Case) -> list[Task]:
    """The experts' seats as a task of their own for the upper level and, where two certified remain, third parties.

    The task stays as it is where those rosters have nobody for it.
    """
    if not (task.needs and task.experts) or Kind.OWN not in task.asks:
        return [task]
    certified = sum(other.seats for other in case.tasks if other.post.subject == task.post.subject) - task.experts
    asks = frozenset({Kind.UPPER, Kind.EXPERT} if certified >= LEAST else {Kind.UPPER})
    asked = replace(task, post=task.post._replace(part=Kind.UPPER.value), members=0, asks=asks)
    if sum(not bars(each, asked, case) for each in case.inspectors) < task.experts:
        return [task]
    return [replace(task, needs=frozenset(), experts=0), asked] if task.members else [asked]


def _single(task: Task, case: Case) -> Task:
    """Where several departments come together each sends one: the expert where something is needed."""
    coming = {other.post.department for other in case.tasks if other.post.subject == task.post.subject}
    if len(coming) < LEAST or task.seats == 1 or task.post.part:
        return task
    return replace(task, experts=int(bool(task.needs)), members=int(not task.needs))


def _without_last(case: Case, tasks: Sequence[Task]) -> Case:
    """The subject with the last ticket is left for the next batch, with all departments: it is one visit."""
    last = max(tasks, key=lambda task: (task.rank, task.post.order)).post.subject
    return replace(case, tasks=[task for task in case.tasks if task.post.subject != last])
