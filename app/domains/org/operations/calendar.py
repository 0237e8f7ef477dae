"""The calendar and the limits as they are kept: announced years replace provisional ones, stored due dates follow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import audit, context, deadlines, saving
from app.core.viewer import THE_SYSTEM, looking_as
from app.domains.org.choices import DaySource
from app.domains.org.models import WorkDay

#: A year whose free days the State Council has announced has at least so many days that differ from Monday to Friday
#: (2004-2026: 18 to 27); a few days of January that belong to the announcement of the year before are fewer.
ANNOUNCED_DAYS = 10

_SUPERSEDED = sa.text(
    """DELETE FROM work_day p WHERE p.is_provisional AND extract(year FROM p.day) IN (
           SELECT extract(year FROM day) FROM work_day
            WHERE NOT is_provisional GROUP BY 1 HAVING count(*) >= :enough)"""
)
#: What was written to the calendar and the limits since due dates were last computed. Work that was under way then may
#: have ended later, so the half hour before counts as well: computing twice gives the same.
_WRITTEN = sa.text(
    """SELECT l.rel, coalesce(l.new->>'day', l.old->>'day', w.day::text) AS day,
              array_remove(ARRAY[l.old->>'code', l.new->>'code', p.code], NULL) AS codes
         FROM audit.log l
         LEFT JOIN work_day w ON l.rel = 'work_day' AND w.id::text = l.pk
         LEFT JOIN deadline_policy p ON l.rel = 'deadline_policy' AND p.id::text = l.pk
        WHERE l.rel IN ('work_day', 'deadline_policy') AND l.action IN ('insert', 'update', 'delete', 'baseline')
          AND (l.id > coalesce((SELECT max(id) FROM audit.log WHERE action = 'recomputed'), 0)
               OR l.at > (SELECT max(at) FROM audit.log WHERE action = 'recomputed') - interval '30 minutes')"""
)
_ALONE = sa.text("SELECT pg_advisory_xact_lock(hashtext('calendar'))")


@dataclass(frozen=True)
class Settled:
    """What came of it: provisional days that are gone, rows that are due on another day."""

    removed: int
    moved: int


def settle(session: Session) -> Settled:
    """Provisional days of announced years are gone, and every due date that hangs on what has changed is the right one.

    What changed is told by the audit log, so it does not matter who wrote it: a form, an import, a request, a command.
    """
    with looking_as(session, THE_SYSTEM):
        session.execute(_ALONE)
        gone: Any = session.execute(_SUPERSEDED, {"enough": ANNOUNCED_DAYS})
        changed = _changed(session)
        if changed is None:
            return Settled(0, 0)
        context.refresh(session)
        moved = sum(recompute(session, changed) for recompute in deadlines.RECOMPUTED)
        told: dict[str, Any] = {"limits": sorted(changed.codes), "removed": gone.rowcount, "moved": moved}
        if changed.first is not None:
            told |= {"first_day": changed.first.isoformat(), "last_day": str(changed.last)}
        audit.note(session, "recomputed", table=WorkDay.__tablename__, **told)
    return Settled(gone.rowcount, moved)


def _changed(session: Session) -> deadlines.Changed | None:
    days: list[date] = []
    codes: set[str] = set()
    for row in session.execute(_WRITTEN):
        codes |= set(row.codes or ())
        if row.rel == WorkDay.__tablename__ and row.day:
            days.append(date.fromisoformat(row.day))
    if not days and not codes:
        return None
    return deadlines.Changed(min(days, default=None), max(days, default=None), frozenset(codes))


def replace_year(session: Session, year: int, rows: Iterable[Mapping[str, Any]]) -> int:
    """The calendar has exactly these days for that year, besides what people have set by hand; returns their number."""
    given = {row["day"]: row for row in rows}
    if any(day.year != year for day in given):
        raise ValueError(f"a day does not lie in {year}")
    with looking_as(session, THE_SYSTEM):
        of_year = sa.select(WorkDay).where(sa.extract("year", WorkDay.day) == year)
        kept = {row.day: row for row in session.scalars(of_year)}
        for day, row in kept.items():
            if day not in given and row.source != DaySource.MANUAL:
                session.delete(row)
        session.flush()
        for day, values in given.items():
            wanted = {name: values[name] for name in ("is_workday", "name", "source", "is_provisional")}
            saving.save(session, WorkDay, {"day": day.isoformat(), **wanted}, row=kept.get(day))
    return len(given)
