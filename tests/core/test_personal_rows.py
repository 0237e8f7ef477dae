"""Drafts and submissions are one person's own: by PostgreSQL's policy, also where the application forgets to filter."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app import domains
from app.core.saving import visible
from app.core.table import TABLES
from app.core.viewer import Viewer, looking_as, person

domains.load()
Draft = TABLES["draft"]


def viewer_of(session: Session, username: str) -> Viewer:
    key = session.scalar(sa.text("SELECT id FROM ab_user WHERE username = :name"), {"name": username})
    found = person(session, key)
    assert found is not None
    return found


@pytest.mark.parametrize("other", ["clerk_beilin", "admin_yanta", "zfb_xian", "sysadmin"])
def test_nobody_else_sees_or_changes_a_draft(session: Session, other: str):
    own = viewer_of(session, "clerk_yanta")
    with looking_as(session, own):
        draft = Draft(table_name="inspection", form="NEW", typed={"name": "未完"}, created_by=own.user_id)
        session.add(draft)
        session.flush()
        key = draft.id
        assert session.scalar(visible(Draft, own).where(Draft.id == key)) is draft
    session.expunge(draft)
    stranger = viewer_of(session, other)
    with looking_as(session, stranger):
        assert session.scalar(sa.select(Draft).where(Draft.id == key)) is None
        assert session.execute(sa.delete(Draft).where(Draft.id == key)).rowcount == 0
        with pytest.raises(DBAPIError, match="row-level security"), session.begin_nested():
            session.execute(sa.insert(Draft).values(table_name="inspection", form="NEW", created_by=own.user_id))
    with looking_as(session, own):
        assert session.scalar(sa.select(Draft).where(Draft.id == key)) is not None


def test_nobody_looking_sees_no_draft(session: Session):
    with looking_as(session, viewer_of(session, "clerk_yanta")) as looking:
        looking.add(Draft(table_name="inspection", form="NEW", created_by=looking.info["viewer"].user_id))
        looking.flush()
    assert session.scalars(sa.select(Draft)).all() == []
