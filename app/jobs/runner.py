"""One attempt at one job: take it, do it as its person, say what came of it."""

from __future__ import annotations

import errno
import logging
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.orm import Session

from app.core import clock
from app.core import viewer as viewers
from app.core.audit import note
from app.core.errors import Refused
from app.core.failures import explain
from app.core.messages import N_, Message
from app.core.viewer import THE_SYSTEM, Origin, Viewer, looking_as
from app.extensions import db
from app.jobs import asking, polite, queue, rules
from app.jobs.kinds import KINDS
from app.jobs.models import ACTIVE, Job, State, Step
from app.jobs.rules import Cause
from app.jobs.work import Cancelled, Work

log = logging.getLogger(__name__)

#: Whoever looks whether a job is lost holds it for a moment: so often is it asked for, a little later each time.
_TRIES, _PAUSE = 5, 0.2
_LOCK = sa.text("SELECT pg_try_advisory_lock(:key)")
# A statement of a worker that was killed ends by itself, and need not be waited for.
_WATCH = sa.text(
    "SELECT set_config(name, '5s', false) FROM pg_settings WHERE name = 'client_connection_check_interval'"
)


class LostHold(Exception):
    """The connection that held the job is gone, and with it what was not committed; no other may take its place."""


def run(app: Flask, job: UUID) -> bool:
    """The job is done, or has ended, or waits for its next attempt. False when another is at it, or it was over."""
    with app.app_context():
        with _held(job) as session:
            if session is None or (work := _begin(session, job)) is None:
                return False
            try:
                _do(work)
                return True
            except Exception as error:  # whatever it was, the job must not stay as if somebody worked on it
                failure = error
            if _settle(session, job, failure):
                return True
        with _held(job) as fresh:
            if fresh is not None and not _settle(fresh, job, failure):
                log.warning("what became of job %s could not be told; it will be found lost", job)
    return True


def run_waiting(app: Flask) -> int:
    """Everything that waits is done, here and now: for tests and scripts. Returns how many attempts that took."""
    count = 0
    waiting = sa.select(Job.id).where(Job.state == State.WAITING).order_by(Job.id)
    while True:
        with app.app_context(), looking_as(db.session(), THE_SYSTEM) as session:
            jobs = session.scalars(waiting).all()
        begun = [job for job in jobs if run(app, job)]
        if not begun:
            return count
        count += len(begun)


@contextmanager
def _held(job: UUID) -> Iterator[Session | None]:
    """A session whose one connection holds the job as long as it lives; ``None`` when another one does."""
    connection = db.engine.connect()
    connection.detach()  # closing it closes it: the lock must not go back to a pool
    backend = connection.connection.dbapi_connection
    polite.give_way_together(backend)
    session = Session(connection, autoflush=False)

    def must_hold(_session: Session, _transaction: Any, now: sa.Connection) -> None:
        if now.connection.dbapi_connection is not backend:
            raise LostHold

    sa.event.listen(session, "after_begin", must_hold)
    db.session.registry.set(session)  # whoever asks for the session at hand works on this one
    try:
        yield session if _take(session, job) else None
    finally:
        db.session.registry.clear()
        backend.close()  # rolled back and unlocked by the server, whatever may be wrong with it
        connection.invalidate()
        session.close()
        connection.close()
        backend.close()  # a detached connection is nobody's to close: a failure's traceback would keep it, and the lock


def _take(session: Session, job: UUID) -> bool:
    for attempt in range(_TRIES):
        if session.scalar(_LOCK, {"key": queue.lock_key(job)}):
            session.execute(_WATCH)
            session.commit()
            return True
        session.rollback()
        time.sleep(_PAUSE * (attempt + 1))
    return False


def _begin(session: Session, key: UUID) -> Work | None:
    """The job is running, and the session looks as its person; ``None`` when there is nothing to do."""
    viewers.look_as(session, THE_SYSTEM)
    job = session.get(Job, key, with_for_update=True)
    if job is None or job.state not in ACTIVE:
        session.rollback()
        return None
    person = THE_SYSTEM
    if job.created_by is not None:
        person = viewers.person(session, job.created_by) or Viewer(THE_SYSTEM.kind, user_id=job.created_by)
    origin = Origin(via="job", request=str(key))
    viewers.come_from(session, origin, person)
    if job.cancel_at is not None:
        asking.end(session, job, rules.verdict(Cause.STOPPED, 0, is_cancelled=True))
        session.commit()
        return None
    job.state, job.message, job.attempts = State.RUNNING.value, None, job.attempts + 1
    job.started_at = job.started_at or clock.now()
    job.worker = f"{socket.gethostname()[:80]}:{os.getpid()}"
    session.flush()
    note(session, "job", row=job, task=job.task_name, step=Step.BEGIN.value, attempt=job.attempts)
    session.commit()
    work = Work(session, job, person, origin)
    session.commit()
    return work


def _do(work: Work) -> None:
    """The work is done and told to be, in one transaction."""
    session, key = work.session, work.job_id
    job = session.get_one(Job, key)
    if job.created_by is not None:
        why = rules.unfit(job.asked_as, work.viewer.department_id, work.viewer.roles)
        if why is not None:
            raise Refused(why)
    kind = KINDS.get(job.task_name)
    if kind is None:
        raise Refused(N_("系统已升级，不再支持这种任务，请重新提交"))
    session.commit()
    viewers.look_as(session, work.viewer)
    kind.work(work)
    viewers.look_as(session, THE_SYSTEM)
    session.flush()
    now = clock.now()
    values = {"message": None} | work.outcome | {"state": State.DONE.value, "ended_at": now, "cancel_at": None}
    table = Job.__table__
    is_running = (table.c.id == key, table.c.state == State.RUNNING.value)
    if session.execute(sa.update(table).where(*is_running).values(values)).rowcount != 1:  # type: ignore[attr-defined]
        raise LostHold
    note(session, "job", table="job", key=key, task=kind.name, step=Step.DONE.value, result=work.outcome.get("facts"))
    session.commit()


def _settle(session: Session, key: UUID, error: Exception) -> bool:
    """What went wrong is undone and told. False when this session can tell nothing any more."""
    cause, refusal = cause_of(error)
    if cause is Cause.UNKNOWN:
        log.error("job %s went wrong", key, exc_info=error)
    try:
        session.rollback()
        viewers.look_as(session, THE_SYSTEM)
        job = session.get(Job, key, populate_existing=True, with_for_update=True)
        if job is not None and job.state == State.RUNNING:
            is_cancelled = job.cancel_at is not None or isinstance(error, Cancelled)
            asking.end(session, job, rules.verdict(cause, job.attempts, is_cancelled=is_cancelled, refusal=refusal))
        session.commit()
    except (DBAPIError, LostHold):
        log.info("job %s: its connection is gone", key)
        return False
    return True


_OF_STATE = {"53100": Cause.DISK, "53200": Cause.MEMORY, "40001": Cause.BUSY, "40P01": Cause.BUSY, "55P03": Cause.BUSY}
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


def cause_of(error: BaseException) -> tuple[Cause, Message | None]:
    """Why it ended, and what is to be said where the reason is meant for people."""
    if isinstance(error, Refused):
        return Cause.REFUSED, error.message
    if isinstance(error, Cancelled):
        return Cause.STOPPED, None
    if isinstance(error, LostHold):
        return Cause.LOST, None
    if isinstance(error, MemoryError):
        return Cause.MEMORY, None
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        return Cause.DISK, None
    if isinstance(error, DBAPIError):
        return _cause_in_database(error)
    return Cause.UNKNOWN, None


def _cause_in_database(error: DBAPIError) -> tuple[Cause, Message | None]:
    state = getattr(error.orig, "pgcode", None) or ""
    if state in _OF_STATE:
        return _OF_STATE[state], None
    is_gone = not state and isinstance(error, OperationalError | InterfaceError)
    if error.connection_invalidated or is_gone or (state[:2] in ("08", "57") and state != "57014"):
        return Cause.LOST, None
    try:
        return Cause.REFUSED, explain(error).message
    except DBAPIError:
        return Cause.UNKNOWN, None
