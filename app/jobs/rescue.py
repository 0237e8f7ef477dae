"""Jobs that nobody works on and nobody is called to are called again; what is kept no longer goes."""

from __future__ import annotations

import logging
from uuid import UUID

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app.core import clock, stored
from app.core.viewer import THE_SYSTEM, Origin, come_from, looking_as
from app.extensions import db
from app.jobs import asking, queue, rules
from app.jobs.kinds import SWEEPS
from app.jobs.models import ACTIVE, JOB_KEPT, Job, State
from app.jobs.rules import Cause
from app.jobs.workers import SILENT

log = logging.getLogger(__name__)

#: A cancelled job whose worker has not stopped after so many seconds loses its connection.
_PATIENCE = 30
_ACTIVE = sa.text(
    f"""SELECT j.id, c.status::text AS call,
               coalesce(w.last_heartbeat > now() - interval '{SILENT.seconds} seconds', false) AS worker_lives
          FROM job j
          LEFT JOIN procrastinate.procrastinate_jobs c ON c.id = j.call_id AND c.status IN ('todo', 'doing')
          LEFT JOIN procrastinate.procrastinate_workers w ON w.id = c.worker_id
         WHERE j.state IN ('waiting', 'running') ORDER BY j.id"""  # noqa: S608 - a number of our own
)
#: Calls that were answered are gone; what is left of the others leaves after a day.
_OLD_CALLS = sa.text(
    """DELETE FROM procrastinate.procrastinate_jobs c WHERE c.status NOT IN ('todo', 'doing')
          OR NOT EXISTS (SELECT FROM job j WHERE j.id::text = c.args->>'job' AND j.state IN ('waiting', 'running'))
             AND NOT EXISTS (SELECT FROM procrastinate.procrastinate_events e
                              WHERE e.job_id = c.id AND e.at > now() - interval '1 day')"""
)


def rescue(app: Flask) -> int:
    """Every active job is worked on, or somebody is called to it. Returns how many were lost."""
    count = 0
    with app.app_context(), looking_as(db.session(), THE_SYSTEM) as session:
        come_from(session, Origin(via="job"))
        active = session.execute(_ACTIVE).all()
        session.rollback()
        for row in active:
            count += _look_after(session, row.id, row.call, row.worker_lives)
    return count


def _look_after(session: Session, key: UUID, call: str | None, worker_lives: bool) -> bool:
    """One job, in a transaction of its own; true when it was lost."""
    try:
        is_held = not queue.try_hold(session, key)
        job = session.get(Job, key, populate_existing=True, with_for_update={"skip_locked": True})
        if job is None or job.state not in ACTIVE:
            return False
        if is_held:
            if job.cancel_at is not None and (clock.now() - job.cancel_at).total_seconds() > _PATIENCE:
                log.warning("job %s was cancelled and did not stop: its connection is closed", key)
                queue.cut_off(session, key)
            return False
        if not rules.is_lost(job.state, call, is_held=is_held, worker_lives=worker_lives):
            return False
        if job.state == State.RUNNING:
            verdict = rules.verdict(Cause.STOPPED, job.attempts, is_cancelled=job.cancel_at is not None)
            asking.end(session, job, verdict)
        else:
            queue.call(session, key, job.queue)
        log.warning("job %s was lost: now %s", key, job.state)
        session.commit()
        return True
    finally:
        session.rollback()


def sweep(app: Flask) -> None:
    """Old jobs with their files, files kept no longer, calls nobody needs and what others declared are gone."""
    with app.app_context(), looking_as(db.session(), THE_SYSTEM) as session:
        come_from(session, Origin(via="job"))
        old = sa.select(Job).where(Job.ended_at < clock.now() - JOB_KEPT, Job.state.not_in(ACTIVE)).limit(1000)
        for job in session.scalars(old).all():
            if job.file_id is not None:
                stored.forget(session, job.file_id)
            session.delete(job)
        session.flush()
        stored.sweep(session)
        for each in SWEEPS:
            each(session)
        session.execute(_OLD_CALLS)
        session.commit()
