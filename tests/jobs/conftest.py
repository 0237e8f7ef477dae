"""A session of the test's own: pages are asked beside it, and must not find its context."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app.core.viewer import THE_SYSTEM, look_as, looking_as
from app.extensions import db
from app.jobs.models import Job


@pytest.fixture
def engine(app: Flask) -> Iterator[sa.Engine]:
    """As many connections as one asks for."""
    with app.app_context():
        made = sa.create_engine(db.engine.url, poolclass=sa.NullPool)
    yield made
    made.dispose()


@pytest.fixture
def session(engine: sa.Engine) -> Iterator[Session]:
    """Nobody looks; at the end no job waits or runs."""
    with Session(engine, autoflush=False) as own:
        yield own
        own.rollback()
        look_as(own, None)
        with looking_as(own, THE_SYSTEM):
            active = Job.state.in_(("waiting", "running"))
            own.execute(sa.update(Job.__table__).where(active).values(state="cancelled"))
            own.execute(sa.text("DELETE FROM procrastinate.procrastinate_jobs"))
            own.commit()
