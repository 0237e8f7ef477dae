"""What waits for the level above: requests to be excused from an item, with what was said for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock
from app.core.rows import REGION
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


#: Those of the viewer's own interval that his department decides.
_HIS = f"""FROM item_claim c
        WHERE c.status = 'excusing' AND c.{{number}} BETWEEN :low AND :high
          AND {people.ABOVE.format(own="c.department_id")} = :unit"""
_PAGE = f"""SELECT c.id, d.name AS unit, c.item_title, c.reason, s.opinion, s.person, s.made_at, t.due_on,
              p.claimed, p.excused
         FROM (SELECT c.* {_HIS}) c JOIN department d ON d.id = c.department_id
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
        ORDER BY s.made_at NULLS FIRST, c.id LIMIT :limit OFFSET :offset"""  # noqa: S608 - of our own words only


def _asked(session: Session, viewer: Viewer, wanted: str, **page: int) -> sa.Result[Any]:
    number = "scope_region" if viewer.kind == REGION else "department_id"
    given = {"low": viewer.low, "high": viewer.high, "unit": viewer.department_id}
    with looking_as(session, THE_SYSTEM):
        return session.execute(sa.text(wanted.format(number=number)), given | page)


def number(session: Session, viewer: Viewer) -> int:
    """How many requests wait for the viewer's department."""
    return int(_asked(session, viewer, f"SELECT count(*) {_HIS}").scalar_one())


def waiting(session: Session, viewer: Viewer, *, limit: int, offset: int = 0) -> list[Request]:
    """The requests that the viewer's department decides, the oldest first."""
    return [
        Request(
            row.id, row.unit, row.item_title or "", row.opinion or row.reason or "", row.person or "",
            clock.told(row.made_at) if row.made_at else "", row.due_on, row.claimed, row.excused,
        )
        for row in _asked(session, viewer, _PAGE, limit=limit, offset=offset)
    ]  # fmt: skip
