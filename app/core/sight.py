"""The application's own filter of rows. PostgreSQL's policies say the same again; each of the two holds alone."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from app.core.table import Table
from app.core.viewer import Viewer


def visible(table: type[Table], viewer: Viewer) -> sa.Select[Any]:
    """The viewer's rows of a table."""
    query = sa.select(table)
    if table.__rows__.is_private and not viewer.is_system:
        column = table.__table__.c["scope_region" if viewer.kind == "viewer_region" else "department_id"]
        inside = column.between(viewer.low, viewer.high)
        his = table.__rows__.or_maker and viewer.user_id is not None
        query = query.where(sa.or_(inside, table.created_by == viewer.user_id) if his else inside)
    if table.__rows__.kind == "personal" and not viewer.is_system:
        query = query.where(table.created_by == viewer.user_id)
    return query
