"""Urging of what is overdue: a reminder at red, supervision (督办), the list of those who are named (通报).

Xi'an measures, art. 38: whoever is still late after several urgings is named. How many is the lead office's to decide
(settings of ``settings.URGING``). Every urging is a step of the to-do (``FlowStep`` of table "todo"), so that who was
urged when can be told afterwards, also for what has been done since. Never commits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock, deadlines, settings
from app.core.context import context_of
from app.core.lookup import among
from app.core.viewer import THE_SYSTEM, looking_as
from app.core.workflow import steps
from app.core.workflow.models import FlowStep, Todo, TodoKind, TodoState, Urgency

#: The steps of a to-do: urged by the system, supervised or taken off the list by a lead office.
URGED, SUPERVISE, RELEASE = "urge", "supervise", "release"
#: To-dos looked at in one sweep; the next one goes on with the rest.
MOST = 20_000
#: Two workers sweep at the same time: one of them urges.
_ALONE = sa.text("SELECT pg_try_advisory_xact_lock(hashtext('urging'))")
_RANK = {level.value: rank for rank, level in enumerate(Urgency)}


@dataclass(frozen=True)
class Urging:
    """One to-do that is urged now."""

    todo_id: UUID
    department_id: int
    before: str
    level: str


def plan(session: Session) -> deadlines.Plan:
    """What the lead office has decided."""
    return deadlines.Plan(*(settings.value(session, code) for code in ("urge_every_days", "supervise_at", "report_at")))


def lights(session: Session) -> deadlines.Lights:
    """Between which due dates what is open is green, yellow and red today."""
    context = context_of(session)
    return deadlines.lights(context.calendar, context.today, settings.value(session, "yellow_days"))


def urge_overdue(session: Session) -> list[Urging]:
    """Every open to-do that has been overdue for long enough is urged once more. Returns what was urged."""
    with looking_as(session, THE_SYSTEM):
        if not session.scalar(_ALONE):
            return []
        found = _due_for_urging(session)
        for start in range(0, len(found), 1000):
            _write(session, found[start : start + 1000])
    return found


def _due_for_urging(session: Session) -> list[Urging]:
    """What is overdue and not yet on the list, as far as its next urging is due today."""
    context, decided = context_of(session), plan(session)
    steps, earlier = FlowStep.__table__.c, FlowStep.__table__.alias("earlier").c
    own = [sa.and_(each.table_name == Todo.__tablename__, each.row_key == sa.cast(Todo.id, sa.Text))
           for each in (steps, earlier)]  # fmt: skip
    released = sa.select(sa.func.max(earlier.made_at)).where(own[1], earlier.move == RELEASE).scalar_subquery()
    since = sa.and_(steps.move == URGED, sa.or_(released.is_(None), steps.made_at > released))
    wanted = (
        sa.select(
            Todo.id, Todo.department_id, Todo.urgency, Todo.due_on,
            sa.func.count(steps.id).filter(since).label("done"), sa.func.max(steps.made_at).label("last_at"),
        )
        .outerjoin(FlowStep.__table__, own[0])
        .where(
            Todo.state == TodoState.OPEN.value, Todo.kind == TodoKind.TASK.value, Todo.due_on < context.today,
            Todo.urgency != Urgency.REPORTED.value,
        )
        .group_by(Todo.id).order_by(Todo.due_on, Todo.id).limit(MOST)
    )  # fmt: skip
    found = []
    for row in session.execute(wanted):
        # Whom a lead office supervises at once is as far as who was urged that often.
        done = max(row.done, decided.supervise_at) if row.urgency == Urgency.SUPERVISED else row.done
        level = deadlines.next_urging(
            context.calendar, decided, due_on=row.due_on, today=context.today, done=done, last_on=_day(row.last_at)
        )
        if level is not None:
            found.append(Urging(row.id, row.department_id, row.urgency, max(level, row.urgency, key=_RANK.__getitem__)))
    return found


def _day(moment: datetime | None) -> date | None:
    return moment.astimezone(clock.ZONE).date() if moment is not None else None


def _write(session: Session, urged: Sequence[Urging]) -> None:
    now = clock.now()
    for level in {each.level for each in urged}:
        keys = [each.todo_id for each in urged if each.level == level]
        told: dict[str, Any] = {
            "urgency": level, "urged": Todo.urged + 1, "urged_at": now, "updated_at": now, "version": Todo.version + 1,
        }  # fmt: skip
        wanted = sa.update(Todo).where(among(Todo.id, keys), Todo.state == TodoState.OPEN.value)
        session.execute(wanted.values(told).execution_options(synchronize_session=False))
        passed = ((each.todo_id, each.before, each.level) for each in urged if each.level == level)
        steps.write(session, Todo.__tablename__, URGED, passed, None)


def counted(urged: Sequence[Urging]) -> dict[str, int]:
    """How many were urged to each level."""
    return dict(Counter(each.level for each in urged))


def history(session: Session, keys: Sequence[UUID]) -> dict[str, list[FlowStep]]:
    """How some to-dos that the viewer may see were urged, oldest first, by the to-do."""
    with looking_as(session, THE_SYSTEM):
        wanted = sa.select(FlowStep).where(
            FlowStep.table_name == Todo.__tablename__, among(FlowStep.row_key, [str(key) for key in keys]),
        )  # fmt: skip
        found: dict[str, list[FlowStep]] = {}
        for step in session.scalars(wanted.order_by(FlowStep.made_at, FlowStep.id)):
            found.setdefault(step.row_key, []).append(step)
    return found


def recompute(session: Session, changed: deadlines.Changed) -> int:
    """Open to-dos whose limit is counted by the system are due on the day the calendar and the limits now say."""
    context, moved = context_of(session), 0
    t: Any = Todo.__table__.c
    counted = (t.state == TodoState.OPEN.value, t.limit_code.is_not(None), t.starts_on.is_not(None))
    wanted = sa.select(t.limit_code, t.starts_on, t.due_on).distinct().where(*counted)
    with looking_as(session, THE_SYSTEM):
        for code, start, due in session.execute(wanted).all():
            window = changed.window(code)
            if window is None or start >= window[1] or (due is not None and due < window[0]):
                continue
            ends = deadlines.ends(context.calendar, context.limits.get(code, ()), start)
            if ends in (None, due):
                continue
            same = sa.update(Todo).where(
                Todo.state == TodoState.OPEN.value, Todo.limit_code == code, Todo.starts_on == start,
                Todo.due_on.is_not_distinct_from(due),
            )  # fmt: skip
            told = same.values(due_on=ends, updated_at=clock.now(), version=Todo.version + 1)
            done: Any = session.execute(told.execution_options(synchronize_session=False))
            moved += done.rowcount
    return moved


deadlines.RECOMPUTED.append(recompute)
