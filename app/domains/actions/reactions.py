"""What actions do when the calendar or the limits change: the day until which they had to come in is the right one."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock, deadlines
from app.core.context import context_of
from app.core.viewer import THE_SYSTEM, looking_as
from app.domains.actions.models import ACTIONS
from app.domains.org.rules import limit_on

_LIMIT = "collect"


def due_dates_follow(session: Session, changed: deadlines.Changed) -> int:
    """Actions are due when the calendar and the limits now say, and late by that day (Xi'an measures, art. 15)."""
    window = changed.window(_LIMIT)
    if window is None:
        return 0
    ctx, moved = context_of(session), 0
    with looking_as(session, THE_SYSTEM):
        for table in ACTIONS:
            t = table.__table__.c
            touched = sa.and_(t.produced_on < window[1], t.due_on >= window[0])
            pairs = sa.select(t.produced_on, t.due_on).where(touched).distinct()
            for start, due in session.execute(pairs).all():
                limit = limit_on(ctx, _LIMIT, start)
                ends = ctx.calendar.add_working_days(start, limit) if limit is not None else None
                if ends is None or ends == due:
                    continue
                accepted = sa.cast(sa.func.timezone(clock.ZONE.key, t.accepted_at), sa.Date)
                told = {"due_on": ends, "is_late": accepted > ends, "updated_at": clock.now(), "version": t.version + 1}
                same = sa.update(table.__table__).where(t.produced_on == start, t.due_on == due)
                done: Any = session.execute(same.values(told))
                moved += done.rowcount
    return moved


deadlines.RECOMPUTED.append(due_dates_follow)
