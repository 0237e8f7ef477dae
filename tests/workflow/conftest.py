"""People of workflows: who writes and who judges, of the same office."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import User
from sqlalchemy.orm import Session

from app.core.viewer import Viewer, person
from tests.every_table.world import World


@pytest.fixture
def editor(session: Session, world: World) -> Viewer:
    return _person(session, "t_role_catalog_editor")


@pytest.fixture
def reviewer(session: Session, world: World) -> Viewer:
    return _person(session, "t_role_catalog_reviewer")


def _person(session: Session, name: str) -> Viewer:
    key = session.scalar(sa.select(User.id).where(User.username == name))
    found = person(session, key)
    assert found is not None
    return found
