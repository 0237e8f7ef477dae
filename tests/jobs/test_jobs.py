"""Jobs in one process: asked for in a transaction, done as their person, once."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app import jobs
from app.core.messages import N_
from app.core.viewer import THE_SYSTEM, look_as, looking_as, person


@jobs.task("test_echo", N_("测试"))
def echo(work: jobs.Work) -> None:
    work.progress(1, 2, N_("第 {n} 行", n=1))
    assert work.session.scalar(sa.text("SELECT current_user")).startswith("viewer_")
    work.result("/somewhere", n=7)


def act_as(session: Session, name: str) -> None:
    with looking_as(session, THE_SYSTEM):
        key = session.scalar(sa.text("SELECT id FROM ab_user WHERE username = :n"), {"n": name})
        viewer = person(session, key)
    look_as(session, viewer)


def test_a_job_is_done(app: Flask, session: Session) -> None:
    act_as(session, "clerk_yanta")
    job = jobs.defer(session, "test_echo", {"a": 1}, title=N_("试一试"))
    key = job.id
    session.commit()
    jobs.run_waiting(app)
    state = jobs.state_of(session, key)
    assert state is not None and (state.state, state.url, state.facts) == (jobs.State.DONE, "/somewhere", {"n": 7})
