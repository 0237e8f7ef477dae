"""Rows in any state, for the time of a test: everything is taken back at its end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import saving
from app.core.table import TABLES, Table
from app.core.viewer import THE_SYSTEM, Viewer, looking_as
from app.core.workflow import editions
from tests.every_table.world import World

#: States in which the next edition of a published row is on its way.
UNDER_WAY = {"changing", "submitted", "second_review", "approved", "returned"}


def put(session: Session, row: Table, state: str, *, published: bool = False, writer: int | None = None, **more: Any):
    """The row stands in that state, as if it had come there."""
    table, flow = type(row).__table__, type(row).__flow__
    assert flow is not None
    values: dict[str, Any] = {flow.field: state, "updated_by": writer, **more}
    if flow.edition:
        values[flow.edition] = 1 if published else None
        values |= {"valid_from": date(2020, 1, 1), "valid_to": None}
    with looking_as(session, THE_SYSTEM):
        main = getattr(row, "main_item", None)
        if main is not None:  # it is in force, so that its parts can be
            in_force = {"status": "published", "edition": 1, "valid_from": date(2020, 1, 1)}
            session.execute(sa.update(type(main).__table__).where(type(main).id == main.id).values(in_force))
            session.refresh(main)
        session.execute(sa.update(table).where(table.c.id == row.id).values(values))
        session.refresh(row)
        if published and state in UNDER_WAY:
            editions.begin(session, row, {})
    return row


@contextmanager
def taken_back(session: Session, who: Viewer) -> Iterator[Session]:
    """Inside the block that person looks; afterwards nothing has happened."""
    point = session.begin_nested()
    try:
        with looking_as(session, who):
            yield session
    finally:
        if point.is_active:
            point.rollback()
        session.expire_all()


def one(session: Session, world: World, name: str) -> Table:
    """The marked row of that table."""
    with looking_as(session, THE_SYSTEM):
        return saving.find(session, TABLES[name], world.row(name).id)
