"""What rules may know, read from the database once per transaction: working days and limits."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock
from app.core.calendar import WorkCalendar
from app.core.rules import Context, Limit
from app.core.table import TABLES

_KEY = "context"


def context_of(session: Session) -> Context:
    """The context for rules today; the calendar and the limits are read once per session."""
    today, now = clock.today(), clock.now()
    kept: Context | None = session.info.get(_KEY)
    if kept is None or kept.today != today:
        kept = Context(today, now, _calendar(session), _limits(session))
        session.info[_KEY] = kept
    return Context(today, now, kept.calendar, kept.limits)


def _calendar(session: Session) -> WorkCalendar:
    days = TABLES["work_day"].__table__
    rows = session.execute(sa.select(days.c.day, days.c.is_workday))
    return WorkCalendar({row.day: row.is_workday for row in rows})


def _limits(session: Session) -> dict[str, tuple[Limit, ...]]:
    policy = TABLES["deadline_policy"].__table__
    rows = session.execute(
        sa.select(policy.c.code, policy.c.days, policy.c.effective_from, policy.c.effective_to).order_by(
            policy.c.effective_from.desc().nulls_last()
        )
    )
    limits: dict[str, tuple[Limit, ...]] = {}
    for code, days, valid_from, valid_to in rows:
        limits[code] = (*limits.get(code, ()), Limit(days, valid_from, valid_to))
    return limits
