"""Who can be drawn for a task, and for everybody else every reason why not (draw.md §5.6.2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from app.domains.draw.choices import Bar, Kind
from app.domains.draw.rules.teams.facts import Case, Days, Inspector, Task


@dataclass(frozen=True)
class Recusal:
    """A declaration that an inspector keeps away from a subject; it binds until it is refused, open ones too."""

    inspector: str
    subject: str
    is_refused: bool
    since: date
    until: date | None = None


def declared(recusals: Iterable[Recusal], window: Days) -> frozenset[tuple[str, str]]:
    """The pairs that keep apart on any day of the checks."""
    first, last = window
    return frozenset(
        (each.inspector, each.subject)
        for each in recusals
        if not each.is_refused and each.since <= last and (each.until is None or each.until >= first)
    )


def is_away(leave: Iterable[Days], window: Days) -> bool:
    """True when no day of the checks is left to him. Leaves may overlap."""
    day, last = window
    for first, until in sorted(leave):
        if first > day:
            return False
        day = max(day, until + timedelta(days=1))
        if day > last:
            return True
    return False


def personal_bars(inspector: Inspector, case: Case) -> tuple[Bar, ...]:
    """What keeps him from every task: experts of a third party carry no certificate."""
    ended = inspector.certified_until is not None and inspector.certified_until < case.terms.window[1]
    bars = {
        Bar.STATE: not inspector.is_valid,
        Bar.CERTIFICATE: ended and inspector.kind is not Kind.EXPERT,
        Bar.LEAVE: is_away(inspector.leave, case.terms.window),
        Bar.FULL: case.room(inspector) == 0,
    }
    return tuple(bar for bar, holds in bars.items() if holds)


def bars(inspector: Inspector, task: Task, case: Case) -> tuple[Bar, ...]:
    """Every reason why he cannot be drawn for the task; () when he can be."""
    return personal_bars(inspector, case) + bars_of_task(inspector, task, case)


def bars_of_task(inspector: Inspector, task: Task, case: Case) -> tuple[Bar, ...]:
    """The reasons that lie in the task: its department and rosters, its region, its subject, what its seats need.

    Other rosters than the department's own come from anywhere.
    """
    is_own, pair = inspector.kind is Kind.OWN, (inspector.id, task.post.subject)
    bars = {
        Bar.DEPARTMENT: task.post.department not in inspector.departments or inspector.kind not in task.asks,
        Bar.OWN_REGION: is_own and case.terms.is_crossed and inspector.region == task.region,
        Bar.FAR: is_own and inspector.region not in case.regions.near(task.region, task.width),
        Bar.DECLARED: pair in case.declared,
        Bar.LAST_PAIR: pair in case.last_pairs,
        Bar.QUALIFICATION: not task.members and not is_qualified(inspector, task),
    }
    return tuple(bar for bar, holds in bars.items() if holds)


def is_qualified(inspector: Inspector, task: Task) -> bool:
    """True when he holds all that the task needs."""
    return task.needs <= inspector.qualifications
