"""What a task is handed: a session as its person, ways to tell how far it is, a place for its result."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock, stored, words
from app.core.viewer import THE_SYSTEM, Origin, Viewer, come_from, looking_as
from app.extensions import db
from app.jobs.models import FILE_KEPT, Job

#: Seconds between two ticks of progress.
TICK = 1.0
_job = Job.__table__


class Cancelled(Exception):
    """The person does not want it any more: the task ends here, and what it has not committed is undone."""


class Work:
    """One attempt at a job. Everything on ``session`` happens on the connection that holds the job's lock."""

    def __init__(self, session: Session, job: Job, viewer: Viewer, origin: Origin) -> None:
        self.session, self.viewer, self.origin = session, viewer, origin
        self.job_id: UUID = job.id
        self.args: dict[str, Any] = job.given
        self.attempt: int = job.attempts
        self.outcome: dict[str, Any] = {}
        self._told = float("-inf")

    def progress(self, done: int, total: int | None = None, message: Any = None) -> None:
        """Tell how far it is, in a transaction of its own and at most once a second. Raises Cancelled."""
        now = time.monotonic()
        if now - self._told < TICK:
            return
        self._told = now
        values = {"done": done, "total": total, "message": words.kept(message), "told_at": clock.now()}
        told = sa.update(_job).where(_job.c.id == self.job_id).values(values).returning(_job.c.cancel_at)
        with Session(db.engine) as apart:
            come_from(apart, self.origin, self.viewer)
            with looking_as(apart, THE_SYSTEM):
                is_cancelled = apart.scalar(told) is not None
                apart.commit()
        if is_cancelled:
            raise Cancelled

    def commit(self) -> None:
        """What was done so far stays, whatever happens to the rest; the next attempt is a first one again."""
        if self.attempt:
            self.attempt = 0
            with looking_as(self.session, THE_SYSTEM):
                self.session.execute(sa.update(_job).where(_job.c.id == self.job_id).values(attempts=0))
        self.session.commit()

    def keep(self, file_name: str, media_type: str = "") -> stored.Writing:
        """The stream of the result file. It is offered to the person for a week when the work has ended well."""
        until = clock.now() + FILE_KEPT
        writing = stored.Writing(self.session, file_name, media_type, until)
        self.outcome |= {"file_id": writing.id, "file_until": until}
        return writing

    def result(self, url: str | None = None, *, message: Any = None, **facts: Any) -> None:
        """Say where the result is to be seen, in words what came of it, and its numbers."""
        told = {"url": url, "message": words.kept(message), "facts": facts or None}
        self.outcome |= {name: each for name, each in told.items() if each is not None}
