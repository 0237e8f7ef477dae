"""The application's own filter of rows. PostgreSQL's policies say the same again; each of the two holds alone."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from app.core.rows import ASKED, REGION
from app.core.table import Table
from app.core.viewer import Viewer


def inside(rows: type[Table] | sa.FromClause, viewer: Viewer) -> sa.ColumnElement[bool]:
    """Rows of the viewer's own interval of departments or regions: what is his to write (``Viewer.holds``)."""
    if viewer.is_system:
        return sa.true()
    columns = rows.c if isinstance(rows, sa.FromClause) else rows.__table__.c
    return columns["scope_region" if viewer.kind == REGION else "department_id"].between(viewer.low, viewer.high)


def visible(table: type[Table], viewer: Viewer) -> sa.Select[Any]:
    """The viewer's rows of a table."""
    query, rule, stored = sa.select(table), table.__rows__, table.__table__.c
    if rule.hides and not viewer.is_system:
        ways = [inside(table, viewer)]
        if rule.or_maker and viewer.user_id is not None:
            ways.append(table.created_by == viewer.user_id)
        if rule.once:
            ways.append(stored[rule.once].is_not(None))
            ways += [] if viewer.kind == REGION else [stored[ASKED].between(viewer.low, viewer.high)]
        query = query.where(sa.or_(*ways))
    if rule.kind == "personal" and not viewer.is_system:
        query = query.where(table.created_by == viewer.user_id)
    return query
