"""Teams tested again, by other means than those that made them (draw.md §5.6.8). Every hard constraint is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction

from app.core.messages import N_, Message, joined
from app.domains.draw.choices import Kind
from app.domains.draw.rules.teams.chances import UNIT, Table
from app.domains.draw.rules.teams.eligibility import bars, is_qualified
from app.domains.draw.rules.teams.facts import Case, Inspector, Post
from app.domains.draw.rules.teams.ladder import LEAST
from app.domains.draw.rules.teams.matching import Matching

#: The inspectors of a team by their ids: on experts' seats, on members' seats.
Named = tuple[Sequence[str], Sequence[str]]


def faults(case: Case, matching: Matching, table: Table, teams: Mapping[Post, Named]) -> list[Message]:
    """Everything that is wrong with the outcome; [] is the only answer after which it may be written down."""
    return [*team_faults(case, teams), *table_faults(matching, table), *load_faults(case, matching, table, teams)]


def team_faults(case: Case, teams: Mapping[Post, Named]) -> list[Message]:
    """Seats, people who may not be there, qualifications, and one person twice at one subject."""
    known = {each.id: each for each in case.inspectors}
    found: list[Message] = []
    if teams.keys() != {task.post for task in case.tasks}:
        found.append(N_("检查任务与检查小组不一一对应"))
    at_subject = Counter((post.subject, each) for post, team in teams.items() for part in team for each in part)
    found += [
        N_("{person} 在对 {subject} 的检查中出现 {times} 次", person=each, subject=subject, times=times)
        for (subject, each), times in at_subject.items()
        if times > 1
    ]
    certified = Counter(post.subject for post, team in teams.items() for part in team for each in part
                        if each in known and known[each].kind is not Kind.EXPERT)  # fmt: skip
    found += [
        N_("对 {subject} 的检查不足两名持证人员", subject=subject)
        for subject in sorted({post.subject for post in teams})
        if certified[subject] < LEAST
    ]
    for task in case.tasks:
        experts, members = teams.get(task.post, ((), ()))
        holders = sum(is_qualified(known[each], task) for each in experts if each in known)
        if len(experts) + len(members) != task.seats or (task.needs and holders != task.experts):
            found.append(N_("{task} 的席位没有按要求配齐", task=task.post.text))
        for each in (*experts, *members):
            why = bars(known[each], task, case) if each in known else None
            if why is None:
                found.append(N_("{person} 不在冻结的名录中", person=each))
            elif why:
                words = joined(bar.label for bar in why)
                found.append(N_("{person} 不能参加 {task}：{why}", person=each, task=task.post.text, why=words))
    return found


def table_faults(matching: Matching, table: Table) -> list[Message]:
    """Each seat's chances add up to one; none is negative, above its bound, or an expert's without qualification."""
    found = []
    for entry, rows in zip(matching.entries, table, strict=True):
        size, holders = len(entry.candidates), sum(each.is_qualified for each in entry.candidates)
        general = max(Fraction(*entry.bound), Fraction(entry.experts + entry.members, max(size, 1)))
        special = max(general, Fraction(entry.experts, max(holders, 1)))
        qualified = {each.person: each.is_qualified for each in entry.candidates}
        sums = (
            sum(row.expert for row in rows) == entry.experts * UNIT,
            sum(row.member for row in rows) == entry.members * UNIT,
        )
        each_right = (
            row.person in qualified
            and row.expert >= 0 <= row.member
            and (qualified[row.person] or not row.expert)
            # Bounds are rounded up to a unit of the table.
            and row.both < (special if qualified[row.person] else general) * UNIT + 1
            for row in rows
        )
        if not (all(sums) and all(each_right) and len({row.person for row in rows}) == len(rows)):
            found.append(N_("{task} 的概率表不合规则", task=entry.post.text))
    return found


def load_faults(case: Case, matching: Matching, table: Table, teams: Mapping[Post, Named]) -> list[Message]:
    """Nobody's load lies a whole seat from what was published, nor above his cap; units likewise."""
    known: dict[str, Inspector] = {each.id: each for each in case.inspectors}
    done = Counter(each for team in teams.values() for part in team for each in part)
    target: Counter[str] = Counter()
    for rows in table:
        for row in rows:
            target[matching.people[row.person].id] += row.both
    found = [
        N_("{person} 承担 {done} 个席位，与公布的期望不符", person=each, done=done[each])
        for each in sorted(known)
        if abs(done[each] * UNIT - target[each]) >= UNIT or done[each] > case.room(known[each])
    ]
    unit_done, unit_target = Counter[str](), Counter[str]()
    for each, inspector in known.items():
        unit_done[inspector.unit] += done[each]
        unit_target[inspector.unit] += target[each]
    return found + [
        N_("{unit} 承担 {done} 个席位，与公布的期望不符", unit=unit, done=unit_done[unit])
        for unit in sorted(unit_done)
        if abs(unit_done[unit] * UNIT - unit_target[unit]) >= UNIT
    ]


def named(matching: Matching, teams: Sequence[tuple[Sequence[int], Sequence[int]]]) -> dict[Post, Named]:
    """Teams of numbers as teams of ids."""
    people = [each.id for each in matching.people]
    return {
        entry.post: ([people[at] for at in experts], [people[at] for at in members])
        for entry, (experts, members) in zip(matching.entries, teams, strict=True)
    }
