"""What the console does about jobs in its person's transaction: ask, look, cancel, try again. Never commits."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core import clock, words
from app.core.audit import note
from app.core.errors import NotVisible, Refused
from app.core.ids import uuid7
from app.core.messages import N_, Message
from app.core.sight import visible
from app.core.viewer import THE_SYSTEM, looking_as, must_have
from app.jobs import queue, rules
from app.jobs.kinds import KINDS
from app.jobs.models import ACTIVE, Job, State, Step, sealed

#: A session says here that its transaction asked for a job: the page may look for it.
ASKED = "jobs.asked"

_job = Job.__table__
#: So many jobs of one person may wait or run: more would keep others waiting.
MOST_ACTIVE = 20
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class JobState:
    """What the page shows of a job. ``file`` is true while there is a result file to fetch."""

    state: State
    done: int | None
    total: int | None
    message: str
    url: str | None
    file: bool
    facts: dict[str, Any]

    @property
    def is_active(self) -> bool:
        """True while something is still to come."""
        return self.state.value in ACTIVE

    @property
    def percent(self) -> int | None:
        """How much of it is done, where that is known; all of it only when it has ended well."""
        if self.state is State.DONE:
            return 100
        if not self.total or self.done is None:
            return None
        return min(99, 100 * self.done // self.total)


def defer(
    session: Session,
    name: str,
    args: dict[str, Any],
    *,
    title: Message | str,
    about: tuple[str, Any] | None = None,
    once: str | None = None,
) -> Job:
    """Ask for a job of that kind; it is begun when the caller's transaction has committed.

    With ``once`` the same key stands for one job as long as that is not over: the person gets the one that is there.
    Raises Refused (409) when it is somebody else's.
    """
    viewer, kind, key = must_have(session), KINDS[name], uuid7()
    if viewer.user_id is not None and active(session) >= MOST_ACTIVE:
        raise Refused(N_("您已有 {n} 个任务在排队或进行，请等它们完成后再提交", n=MOST_ACTIVE), status=429)
    values = {
        "id": key, "created_by": viewer.user_id, "updated_by": viewer.user_id, "version": 1, "task_name": name,
        "queue": kind.queue, "state": State.WAITING.value, "about_table": about[0] if about else None,
        "about_key": str(about[1]) if about else None, "once": once, "attempts": 0, "asked_at": clock.now(),
        "title_words": words.kept(title), "args": sealed(args),
        "asked_as": {"department": viewer.department_id, "roles": sorted(viewer.roles)},
    }  # fmt: skip
    free = sa.text("state IN ('waiting', 'running')")
    new = insert(_job).values(values).on_conflict_do_nothing(index_elements=["once"], index_where=free)
    if session.scalar(new.returning(_job.c.id)) is None:
        there = session.scalar(visible(Job, viewer).where(_job.c.once == once, _job.c.state.in_(ACTIVE)))
        if there is None:
            raise Refused(N_("他人已提交同样的任务，正在处理，请稍后查看"), status=409)
        return there
    queue.call(session, key, kind.queue)
    session.info[ASKED] = True
    return session.get_one(Job, key)


def own(session: Session, key: Any) -> Job:
    """The viewer's own job. Raises NotVisible."""
    job = _of(session, key)
    if job is None:
        raise NotVisible
    return job


def state_of(session: Session, key: Any) -> JobState | None:
    """What the viewer may see of a job of his own; ``None`` for those of others."""
    job = _of(session, key)
    return None if job is None else seen(job)


def _of(session: Session, key: Any) -> Job | None:
    known = Job.key_of(key)
    asked = visible(Job, must_have(session)).where(_job.c.id == known)
    return None if known is None else session.scalar(asked.execution_options(populate_existing=True))


def seen(job: Job) -> JobState:
    """The job as the page shows it."""
    has_file = job.file_id is not None and job.file_until is not None and job.file_until > clock.now()
    told = str(words.read(job.message) or "")
    return JobState(State(job.state), job.done, job.total, told, job.url, has_file, job.facts or {})


def active(session: Session) -> int:
    """How many jobs of the viewer are waiting or running."""
    person = must_have(session).user_id
    count = sa.select(sa.func.count()).where(_job.c.created_by == person, _job.c.state.in_(ACTIVE))
    return session.scalar(count) or 0


def cancel(session: Session, key: UUID) -> None:
    """The job does not begin, or stops where it is. One that is over stays as it is.

    Whoever calls this has made sure that it may be done: the job is the viewer's own, or he keeps the queues.
    """
    with looking_as(session, THE_SYSTEM):
        job = _locked(session, key)
        if job.state == State.WAITING:
            end(session, job, rules.verdict(rules.Cause.STOPPED, 0, is_cancelled=True))
        elif job.state == State.RUNNING and job.cancel_at is None:
            job.cancel_at = clock.now()
            session.flush()
            note(session, "job", row=job, task=job.task_name, step=Step.CANCEL.value)
            queue.interrupt(session, key)


def retry(session: Session, key: UUID, *, only_failed: bool = False) -> None:
    """A job that failed or was cancelled waits again. Raises Refused when it is not over, or its like is waiting."""
    with looking_as(session, THE_SYSTEM):
        job = _locked(session, key)
        if job.state != State.FAILED and (only_failed or job.state != State.CANCELLED):
            raise Refused(N_("这个任务不需要重试"), status=409)
        like = sa.select(Job.id).where(Job.once == job.once, Job.state.in_(ACTIVE))
        if job.once is not None and session.scalar(like) is not None:
            raise Refused(N_("同样的任务已在处理，请勿重复提交"), status=409)
        job.state, job.attempts, job.cancel_at, job.message = State.WAITING.value, 0, None, None
        job.done = job.total = job.started_at = job.ended_at = None
        session.flush()
        note(session, "job", row=job, task=job.task_name, step=Step.RETRY.value)
        queue.call(session, key, job.queue)
    session.info[ASKED] = True


def end(session: Session, job: Job, verdict: rules.Verdict) -> None:
    """The job is over without its result, or waits for its next attempt. Works as the system does."""
    job.state, job.message = verdict.state.value, words.kept(verdict.message)
    if verdict.state is State.WAITING:
        session.flush()
        queue.call(session, job.id, job.queue, clock.now() + timedelta(seconds=verdict.wait) if verdict.wait else None)
        return
    job.ended_at, job.done, job.total = clock.now(), None, None
    session.flush()
    told = {"task": job.task_name, "step": job.state, "message": str(verdict.message or "")}
    note(session, "job", row=job, **told)
    kind = KINDS.get(job.task_name)
    if kind is None or kind.given_up is None:
        return
    try:
        with session.begin_nested():
            kind.given_up(session, job.given, job.state)
            session.flush()
    except Exception:  # the job is over all the same: nobody may wait for it for ever
        log.exception("what waited for job %s could not be put right", job.id)


def _locked(session: Session, key: UUID) -> Job:
    job = session.get(Job, key, populate_existing=True, with_for_update=True)
    if job is None:
        raise NotVisible
    return job
