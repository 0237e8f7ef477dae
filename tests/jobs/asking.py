"""Asking for jobs as a person of the demo data, and looking what became of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app import jobs
from app.core.viewer import THE_SYSTEM, Viewer, look_as, looking_as, person
from app.jobs.models import Job


def account(session: Session, name: str) -> int:
    key = session.scalar(sa.text("SELECT id FROM ab_user WHERE username = :n"), {"n": name})
    assert key is not None
    return int(key)


def act_as(session: Session, name: str) -> Viewer:
    with looking_as(session, THE_SYSTEM):
        viewer = person(session, account(session, name))
    assert viewer is not None
    look_as(session, viewer)
    return viewer


def ask(session: Session, kind: str, *, who: str = "clerk_yanta", once: str | None = None, **args: Any) -> UUID:
    """That person asks for a job, and it is committed."""
    act_as(session, who)
    key: UUID = jobs.defer(session, kind, args, title=f"任务 {args.get('mark', '')}", once=once).id
    session.commit()
    return key


def seen(session: Session, key: UUID) -> Job:
    """The job as it stands now."""
    session.rollback()
    with looking_as(session, THE_SYSTEM):
        return session.get_one(Job, key, populate_existing=True)


def events(session: Session, key: UUID) -> list[tuple[str, str, str, str]]:
    """What the audit log tells of the job: way in, request, actor, step."""
    told = sa.text(
        "SELECT via, coalesce(request, ''), name, new->>'step' FROM audit.log WHERE action = 'job' AND pk = :key ORDER BY id"
    )
    with looking_as(session, THE_SYSTEM):
        return [tuple(row) for row in session.execute(told, {"key": str(key)})]
