"""Jobs as the pages show them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import url_for
from sqlalchemy.orm import Session

from app.console import guard
from app.core import clock, words
from app.core.messages import N_, Message
from app.core.sight import visible
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM, looking_as, must_have
from app.jobs import asking
from app.jobs.kinds import KINDS
from app.jobs.models import ACTIVE, Job, State
from app.transfer.batch import ImportBatch

#: Jobs that are over and still listed.
MOST = 100
TONES = {
    State.WAITING: "mute", State.RUNNING: "info", State.DONE: "good", State.FAILED: "bad", State.CANCELLED: "warn",
}  # fmt: skip

_OF_ALL = """
SELECT j.id, j.task_name, j.queue, j.state, j.attempts, j.asked_at, j.started_at, j.ended_at, j.cancel_at, j.done,
       j.total, j.told_at, j.worker, j.message, d.name AS unit,
       coalesce(a.real_name, u.last_name || u.first_name) AS person
  FROM job j
  LEFT JOIN ab_user u ON u.id = j.created_by
  LEFT JOIN account a ON a.username = u.username
  LEFT JOIN department d ON d.id = (j.asked_as->>'department')::bigint
"""
_ACTIVE = sa.text(f"{_OF_ALL} WHERE j.state IN ('waiting', 'running') ORDER BY j.state, j.id LIMIT 500")
_OVER = sa.text(
    f"{_OF_ALL} WHERE j.state NOT IN ('waiting', 'running') AND j.ended_at > now() - interval '7 days' "
    "ORDER BY j.state = 'failed' DESC, j.ended_at DESC LIMIT :most"
)


def own(session: Session, *, active: bool) -> list[dict[str, Any]]:
    """The viewer's jobs that are still to come, oldest first, or those that are over, newest first."""
    state = Job.state.in_(ACTIVE)
    asked = visible(Job, must_have(session))
    if active:
        asked = asked.where(state).order_by(Job.id)
    else:
        asked = asked.where(~state).order_by(Job.ended_at.desc(), Job.id.desc()).limit(MOST)
    return [told(session, job) for job in session.scalars(asked.execution_options(populate_existing=True))]


def told(session: Session, job: Job) -> dict[str, Any]:
    """One job of the viewer."""
    state = asking.seen(job)
    return {
        "id": str(job.id),
        "title": job.title(),
        "kind": kind(job.task_name),
        "asked": clock.told(job.asked_at),
        "about": _about(session, job),
        "file_until": clock.told(job.file_until) if state.file and job.file_until else "",
        "file_gone": job.file_id is not None and not state.file,
        "may_cancel": state.is_active and job.cancel_at is None,
        "may_retry": job.state in (State.FAILED, State.CANCELLED),
        **live(job, state),
    }


def live(job: Job, state: asking.JobState) -> dict[str, Any]:
    """What changes while the job runs; what its bar is drawn from."""
    is_leaving = state.is_active and job.cancel_at is not None
    return {
        "id": str(job.id),
        "state": state.state.value,
        "active": state.is_active,
        "label": str(N_("正在取消") if is_leaving else state.state.label),
        "tone": "warn" if is_leaving else TONES[state.state],
        "percent": state.percent,
        "count": count(state.done, state.total) if state.is_active else "",
        "message": state.message,
        "took": "" if state.state is State.WAITING else took(job.started_at, job.ended_at),
        "url": state.url or "",
        "file": url_for("JobPage.file", pk=job.id) if state.file else "",
    }


def kind(name: str) -> str:
    """What people call the kind."""
    return str(KINDS[name].label) if name in KINDS else name


def count(done: int | None, total: int | None) -> str:
    """``1,200 / 50,000``."""
    if done is None:
        return ""
    return f"{done:,} / {total:,}" if total else f"{done:,}"


def took(since: Any, until: Any) -> str:
    """How long it took, or takes until now."""
    return str(span((until or clock.now()) - since)) if since else ""


def span(long: timedelta) -> Message:
    """A span of time as people say it."""
    seconds = max(0, int(long.total_seconds()))
    if seconds < 60:
        return N_("{s} 秒", s=seconds)
    if seconds < 3600:
        return N_("{m} 分 {s} 秒", m=seconds // 60, s=seconds % 60)
    return N_("{h} 小时 {m} 分", h=seconds // 3600, m=seconds % 3600 // 60)


def _about(session: Session, job: Job) -> str:
    """The page of what the job is about, if the viewer may open it."""
    table = TABLES.get(job.about_table or "")
    row = session.get(table, table.key_of(job.about_key)) if table and table.__pages__ else None
    if row is None:
        return ""
    if isinstance(row, ImportBatch):
        return url_for(f"{row.table_name}.check", pk=row.id) if guard.may("import", row.table_name) else ""
    return url_for(f"{job.about_table}.show", pk=row.id) if guard.may("read", str(job.about_table)) else ""


def of_all(session: Session) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Everybody's jobs for the operator: those to come, and those of a week that are over, failed ones first.

    What a job is called, was given and has brought is its person's alone.
    """
    with looking_as(session, THE_SYSTEM):
        return tuple(
            [_of_all(row) for row in session.execute(q, g)] for q, g in ((_ACTIVE, {}), (_OVER, {"most": MOST}))
        )  # type: ignore[return-value]


def _of_all(row: Any) -> dict[str, Any]:
    state = State(row.state)
    is_leaving = row.cancel_at is not None and row.state in ACTIVE
    percent = min(99, 100 * row.done // row.total) if row.total and row.done is not None else None
    return {
        "id": str(row.id), "kind": kind(row.task_name), "queue": row.queue, "person": row.person or str(N_("系统")),
        "unit": row.unit or "", "state": row.state, "active": row.state in ACTIVE, "percent": percent,
        "label": str(N_("正在取消") if is_leaving else state.label), "tone": "warn" if is_leaving else TONES[state],
        "count": count(row.done, row.total), "asked": clock.told(row.asked_at), "attempts": row.attempts,
        "waited": took(row.asked_at, None if state is State.WAITING else row.started_at),
        "took": "" if state is State.WAITING else took(row.started_at, row.ended_at),
        "told": str(span(clock.now() - row.told_at)) if row.told_at and row.state == State.RUNNING else "",
        "ended": clock.told(row.ended_at) if row.ended_at else "", "worker": row.worker or "",
        "message": _without_values(row.message), "may_cancel": row.state in ACTIVE and not is_leaving,
        "may_retry": state is State.FAILED,
    }  # fmt: skip


def _without_values(stored: Any) -> str:
    """What was said, without what it says of rows: the operator learns the kind of trouble."""
    message = words.read(stored)
    if not isinstance(message, Message):
        return ""
    return re.sub(r"\{\w*\}", "…", str(Message(message.msgid)))


def must_be(pk: str) -> UUID:
    """The number of a job. Raises NotVisible for anything else."""
    key = Job.key_of(pk)
    if key is None:
        raise asking.NotVisible
    return UUID(str(key))
