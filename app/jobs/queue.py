"""The queue's side of a job: procrastinate's tables, in a schema of their own, asked by plain SQL with our driver.

A call is a row of procrastinate with the job's number; it comes and goes with the transaction that makes it.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.viewer import THE_SYSTEM, looking_as

#: The only task that procrastinate knows.
TASK = "run"
SCHEMA = "procrastinate"

_CALL = sa.text(
    "SELECT (procrastinate.procrastinate_defer_jobs_v1(ARRAY[ROW(CAST(:queue AS varchar), CAST(:task AS varchar), 0, "
    "NULL, NULL, jsonb_build_object('job', CAST(:job AS text)), CAST(:at AS timestamptz)"
    ")::procrastinate.procrastinate_job_to_defer_v1]))[1]"
)
_CALLED = sa.text("UPDATE job SET call_id = :call WHERE id = :job")
_TRY_LOCK = sa.text("SELECT pg_try_advisory_xact_lock(:key)")
#: The backend that holds the lock of a job, as pg_locks writes the two halves of its number.
_HOLDER = (
    "FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND granted "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
    "AND classid = :high AND objid = :low"
)
_INTERRUPT = sa.text(f"SELECT pg_cancel_backend(pid) {_HOLDER}")
_CUT_OFF = sa.text(f"SELECT pg_terminate_backend(pid) {_HOLDER}")


def lock_key(job: UUID) -> int:
    """The number by which a job is locked: its random half, as PostgreSQL's bigint."""
    low = job.int & (1 << 64) - 1
    return low - (1 << 64) if low >= 1 << 63 else low


def call(session: Session, job: UUID, queue: str, at: datetime | None = None) -> None:
    """A worker is called to the job when this transaction commits, or at that moment. Never commits."""
    with looking_as(session, THE_SYSTEM):
        told = session.scalar(_CALL, {"queue": queue, "task": TASK, "job": str(job), "at": at})
        session.execute(_CALLED, {"call": told, "job": job})


def try_hold(session: Session, job: UUID) -> bool:
    """True when nobody works on the job; nobody begins to before this transaction ends."""
    return bool(session.scalar(_TRY_LOCK, {"key": lock_key(job)}))


def _halves(job: UUID) -> dict[str, int]:
    low = job.int & (1 << 64) - 1
    return {"high": low >> 32, "low": low & (1 << 32) - 1}


def interrupt(session: Session, job: UUID) -> None:
    """The statement that works on the job, if one does, stops now: a cancelled job does not sit through a long one."""
    with looking_as(session, None):  # a backend of `app` is signalled by `app`
        session.execute(_INTERRUPT, _halves(job))


def cut_off(session: Session, job: UUID) -> None:
    """Whoever holds the job loses his connection, and the job is free."""
    with looking_as(session, None):
        session.execute(_CUT_OFF, _halves(job))
