"""What waits for the level above: requests to be excused from an item, with what was said for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock
from app.core.viewer import THE_SYSTEM, Viewer, looking_as
from app.core.workflow import people


@dataclass(frozen=True)
class Request:
    """One department that says an item does not apply to it."""

    id: Any
    unit: str
    item: str
    reason: str
    person: str
    asked_at: str
    due_on: date | None
    #: Departments of the same line and level that have claimed the item, and those that were excused.
    claimed: int
    excused: int


_WAITING = sa.text(
    """SELECT c.id, c.department_id, c.scope_region, d.name AS unit, c.item_title, c.reason, s.opinion, s.person,
              s.made_at, t.due_on, p.claimed, p.excused
         FROM item_claim c JOIN department d ON d.id = c.department_id
         LEFT JOIN LATERAL (SELECT opinion, person, made_at FROM flow_step WHERE table_name = 'item_claim'
                               AND row_key = c.id::text AND target = 'excusing' ORDER BY id DESC LIMIT 1) s ON true
         LEFT JOIN LATERAL (SELECT min(due_on) AS due_on FROM todo WHERE table_name = 'item_claim'
                               AND row_key = c.id::text AND state = 'open' AND kind = 'task') t ON true
         LEFT JOIN LATERAL (
              SELECT count(*) FILTER (WHERE o.status = 'excused') AS excused,
                     count(*) FILTER (WHERE o.status NOT IN ('pending', 'excusing', 'excused', 'abolished')) AS claimed
                FROM item_claim o JOIN department e ON e.id = o.department_id
               WHERE o.sub_item_id = c.sub_item_id AND o.id <> c.id
                 AND (e.duty_line, e.level) = (d.duty_line, d.level)) p ON true
        WHERE c.status = 'excusing' ORDER BY s.made_at NULLS FIRST, c.id"""
)


def waiting(session: Session, viewer: Viewer, most: int) -> list[Request]:
    """The requests that the viewer's department decides, the oldest first."""
    with looking_as(session, THE_SYSTEM):
        rows = session.execute(_WAITING).all()
        above: dict[int, bool] = {}
        for key in {row.department_id for row in rows if viewer.holds(row.department_id, row.scope_region)}:
            unit = people.unit_for(session, "above", key)
            above[key] = unit is not None and unit.id == viewer.department_id
    return [
        Request(
            row.id, row.unit, row.item_title or "", row.opinion or row.reason or "", row.person or "",
            clock.told(row.made_at) if row.made_at else "", row.due_on, row.claimed, row.excused,
        )
        for row in rows
        if above.get(row.department_id)
    ][:most]  # fmt: skip
