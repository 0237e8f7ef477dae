"""The steps of rows, as their history tells them: which move, from where to where, by whom, with what opinion."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock
from app.core.ids import uuid7_series
from app.core.viewer import THE_SYSTEM, Viewer, looking_as
from app.core.workflow.models import FlowStep

#: A row (its identifier) and the states that it left and came to.
Passed = tuple[Any, str | None, str]


def write(
    session: Session, table: str, move: str, passed: Iterable[Passed], person: Viewer | None, opinion: str = ""
) -> None:
    """Each of those rows has made that move, now; ``person`` is None where the system made it for itself."""
    now = clock.now()
    by = {
        "person": (person.name or None) if person else None, "unit": (person.department or None) if person else None,
        "created_by": person.user_id if person else None,
    }  # fmt: skip
    rows = [
        {"id": key, "table_name": table, "row_key": str(row), "move": move, "source": source, "target": target,
         "opinion": opinion or None, "made_at": now, "version": 1} | by
        for key, (row, source, target) in zip(uuid7_series(), passed, strict=False)
    ]  # fmt: skip
    if rows:
        with looking_as(session, THE_SYSTEM):
            session.execute(sa.insert(FlowStep.__table__), rows)
