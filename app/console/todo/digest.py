"""The digest of the day: one notice on a working day for everybody for whom something waits, and quiet otherwise."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app import jobs
from app.console.memory import SavedView
from app.console.todo.bell import QUIET
from app.core import clock, settings
from app.core.context import context_of
from app.core.viewer import THE_SYSTEM, looking_as
from app.core.workflow import notices, urging
from app.core.workflow.models import Notice

#: Where it leads.
URL = "/todo/"
#: What was told is kept so long; what was done about it stands in the to-dos and in the audit log.
KEPT = timedelta(days=180)


@jobs.swept
def digest(session: Session) -> int:
    """Everybody has been told once today, from the hour on that the office has set; returns how many are told now."""
    now = clock.now()
    if not settings.value(session, "digest") or now.hour < settings.value(session, "digest_hour"):
        return 0
    context = context_of(session)
    if not context.calendar.is_workday(context.today):
        return 0
    with looking_as(session, THE_SYSTEM):
        without = sa.select(SavedView.created_by).where(SavedView.table_name == "notice", SavedView.name == QUIET)
        quiet = [person for person in session.scalars(without) if person is not None]
    return notices.tell_the_day(session, url=URL, soon=urging.lights(session).yellow_until, quiet=quiet)


@jobs.swept
def forget(session: Session) -> int:
    """Notices of half a year ago are gone; returns how many."""
    with looking_as(session, THE_SYSTEM):
        old = sa.delete(Notice).where(Notice.told_at < clock.now() - KEPT)
        gone: Any = session.execute(old.execution_options(synchronize_session=False))
    return int(gone.rowcount)
