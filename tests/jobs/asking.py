"""Asking for jobs as a person of the demo data, and looking what became of them."""

from __future__ import annotations

import io
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app import jobs
from app.core import clock, stored, words
from app.core.messages import N_
from app.core.viewer import THE_SYSTEM, Viewer, look_as, looking_as, person
from app.jobs.models import ACTIVE, FILE_KEPT, Job, State
from tests.jobs import kinds as _kinds

_ = _kinds  # the kinds of the tests are known


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


def one_of_each(session: Session, who: str) -> None:
    """That person has a job in every state, as the pages may meet them; nobody is called to any."""
    now, table = clock.now(), Job.__table__
    for state in State:
        key = ask(session, "test_whole", who=who, mark=f"导出：检查行为（{state.label}）")
        over = state.value not in ACTIVE
        values: dict[str, Any] = {"state": state.value, "started_at": None if state is State.WAITING else now}
        values |= {"done": 1200, "total": 48000} if state is State.RUNNING else {}
        values |= {"ended_at": now, "message": words.kept(N_("共 {n} 行", n=48000))} if over else {}
        with looking_as(session, THE_SYSTEM):
            if state is State.DONE:
                file = stored.keep(session, io.BytesIO(b"a,b"), "检查行为.csv", media_type="text/csv")
                values |= {"file_id": file, "file_until": now + FILE_KEPT}
            session.execute(sa.update(table).where(table.c.id == key).values(values))
            session.execute(sa.text("DELETE FROM procrastinate.procrastinate_jobs"))
            session.commit()
