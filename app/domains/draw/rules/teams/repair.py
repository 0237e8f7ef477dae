"""Inspectors who withdraw after the draw: only the lost seats are drawn again, by the same rules (draw.md §7.3).

All withdrawals of a day are one amendment with links, a public number and a table of its own. What is left of the
teams stays. The lost seats are a case like the first one, with the loads as they are now: ladder, table, rounding and
checker are the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.core.messages import N_, Message
from app.domains.draw.rules.canon import VERSION
from app.domains.draw.rules.teams.checker import Named
from app.domains.draw.rules.teams.eligibility import is_qualified
from app.domains.draw.rules.teams.facts import Case, Inspector, Post, Task


@dataclass(frozen=True)
class Withdrawal:
    """An inspector who cannot come: to one subject, or (``None``) to any. ``proof`` is the hash of the evidence."""

    inspector: str
    reason: str
    proof: str
    approver: str
    subject: str | None = None


@dataclass(frozen=True)
class Lost:
    """The case of the lost seats, and who stays in the teams that lost them, experts before members."""

    case: Case
    staying: Mapping[Post, Named]


def why_not(withdrawal: Withdrawal, teams: Mapping[Post, Named]) -> list[Message]:
    """Everything that forbids it: no reason, no proof, approved by himself, or nothing to withdraw from."""
    problems = []
    if not withdrawal.reason.strip() or not withdrawal.proof:
        problems.append(N_("退出须写明理由并附证明材料"))
    if withdrawal.approver in ("", withdrawal.inspector):
        problems.append(N_("退出须由本人以外的人批准"))
    if not any(_leaves(each, post, [withdrawal]) for post, team in teams.items() for each in (*team[0], *team[1])):
        problems.append(N_("{person} 不在所述的检查小组中", person=withdrawal.inspector))
    return problems


def lost(case: Case, teams: Mapping[Post, Named], withdrawals: Sequence[Withdrawal]) -> Lost:
    """What is to be drawn again. Nobody comes back to a subject from which he withdrew, nor sits there twice.

    Whoever stays and holds what the task needs is its expert from now on: the lost seat is then open to all members.
    """
    tasks = {task.post: task for task in case.tasks}
    people = {each.id: each for each in case.inspectors}
    again: list[Task] = []
    staying: dict[Post, Named] = {}
    for post, (experts, members) in teams.items():
        left = [each for each in (*experts, *members) if not _leaves(each, post, withdrawals)]
        if len(left) < len(experts) + len(members):
            task = tasks[post]
            staying[post] = _seated(task, left, people)
            open_experts = task.experts - len(staying[post][0])
            again.append(replace(task, experts=open_experts, members=task.seats - len(left) - open_experts))
    subjects = {task.post.subject for task in again}
    there = {
        (each, post.subject)
        for post, team in teams.items()
        if post.subject in subjects
        for part in team
        for each in part
    }
    gone = {each.inspector for each in withdrawals if each.subject is None}
    done = Counter(
        each for post, team in teams.items() for part in team for each in part if not _leaves(each, post, withdrawals)
    )
    return Lost(
        replace(
            case,
            terms=replace(case.terms, weighs_year=True),
            inspectors=[_now(each, done[each.id], case) for each in case.inspectors if each.id not in gone],
            tasks=again,
            # Those who stay and those who leave are both kept from the seat that is drawn again.
            declared=case.declared | there,
        ),
        staying,
    )


def mended(teams: Mapping[Post, Named], lost: Lost, drawn: Mapping[Post, Named]) -> dict[Post, Named]:
    """The teams with the seats that were drawn again; untouched ones are as they were.

    Experts that the ladder drew from another roster stand in the team of their own that it made for them.
    """
    mended = dict(teams) | dict(lost.staying)
    for post, (experts, members) in drawn.items():
        old_experts, old_members = lost.staying.get(post, ((), ()))
        mended[post] = ([*old_experts, *experts], [*old_members, *members])
    return mended


def whole(case: Case, fitted: Case, lost: Lost, withdrawals: Iterable[Withdrawal]) -> Case:
    """The first case as it is after the repair: with what the ladder changed for the seats that were drawn again, and
    with everybody kept from where he withdrew. The checker tests the mended teams against it."""
    drawn = {task.post: task for task in fitted.tasks}
    own = {task.post for task in case.tasks}
    subjects = {task.post.subject for task in case.tasks}
    gone = {
        (each.inspector, subject) for each in withdrawals for subject in ([each.subject] if each.subject else subjects)
    }
    tasks = [_joined(task, drawn.get(task.post), lost.staying.get(task.post)) for task in case.tasks]
    return replace(
        case,
        tasks=[*tasks, *(task for post, task in drawn.items() if post not in own)],
        raised=fitted.raised,
        declared=case.declared | gone,
    )


def record(
    draw_id: str, stage: str, withdrawals: Iterable[Withdrawal], hashes: Mapping[str, str], teams: Mapping[Post, Named]
) -> dict[str, Any]:
    """One entry of `amendments.json`: who withdrew and why, the hashes of matching and table, the teams as mended."""
    return {
        "ver": VERSION,
        "draw_id": draw_id,
        "stage": stage,
        "withdrawn": [
            [each.inspector, each.subject or "", each.reason, each.proof, each.approver] for each in withdrawals
        ],
        "matching": hashes["matching"],
        "table": hashes["table"],
        "teams": [
            [post.text, list(experts), list(members)]
            for post, (experts, members) in sorted(teams.items(), key=lambda each: each[0].order)
        ],
    }


def counts(withdrawals: Iterable[Withdrawal]) -> Counter[str]:
    """How often each inspector has withdrawn: shown to the supervision office."""
    return Counter(each.inspector for each in withdrawals)


def _leaves(inspector: str, post: Post, withdrawals: Iterable[Withdrawal]) -> bool:
    return any(each.inspector == inspector and each.subject in (None, post.subject) for each in withdrawals)


def _seated(task: Task, left: Sequence[str], people: Mapping[str, Inspector]) -> Named:
    """Those who stay, the qualified ones on experts' seats first."""
    able = [each for each in left if task.needs and is_qualified(people[each], task)][: task.experts]
    return able, [each for each in left if each not in able]


def _now(inspector: Inspector, done: int, case: Case) -> Inspector:
    """With the seats that he has in this draw as his load; those of the year before it only narrow what he may do."""
    if case.terms.weighs_year:
        return replace(inspector, load=inspector.load + done)
    return replace(inspector, most=inspector.most - inspector.load, load=done)


def _joined(task: Task, drawn: Task | None, staying: Named | None) -> Task:
    """A task with the seats of those who stay and those that were drawn again."""
    if staying is None:
        return task
    new = drawn or replace(task, experts=0, members=0)
    experts, members = new.experts + len(staying[0]), new.members + len(staying[1])
    return replace(new, experts=experts, members=members, needs=task.needs if experts else frozenset())
