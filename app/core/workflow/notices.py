"""What people are told in the console: urgent things at once, everything else in one digest a day. Never commits."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core import clock, words
from app.core.ids import uuid7
from app.core.messages import N_, Message
from app.core.viewer import THE_SYSTEM, looking_as
from app.core.workflow.models import Notice

#: Somebody who can sign in: in post, not closed, his term not over. ``a`` is his account.
IN_POST = "a.employment = 'in_post' AND a.access = 'open' AND (a.valid_to IS NULL OR a.valid_to >= :today)"
#: What the roles of an account allow: (user, table, action).
MAY = """SELECT DISTINCT ur.user_id, v.name AS table_name, substr(p.name, 5) AS needs
         FROM ab_user_role ur JOIN ab_permission_view_role pr ON pr.role_id = ur.role_id
         JOIN ab_permission_view pv ON pv.id = pr.permission_view_id
         JOIN ab_permission p ON p.id = pv.permission_id AND p.name LIKE 'can\\_%'
         JOIN ab_view_menu v ON v.id = pv.view_menu_id"""

#: The digest of a day. Its text is how it is known again.
DIGEST = N_(
    "今日待办 {open} 项（超期 {late} 项，临期 {soon} 项），未阅抄送 {copies} 件；您发起的事项有 {results} 项新结果"
).msgid
#: Digests look back so far for what came of one's requests, where there was none before.
_FIRST_LOOK = "7 days"

_WANTED = sa.text(
    f"""WITH may AS ({MAY}),
    person AS (
        SELECT u.id, a.department_id,
               coalesce((SELECT max(n.told_at) FROM notice n WHERE n.created_by = u.id AND n.words->>'m' = :digest),
                        CAST(:now AS timestamptz) - interval '{_FIRST_LOOK}') AS since
          FROM account a JOIN ab_user u ON u.username = a.username
         WHERE {IN_POST} AND u.active AND NOT u.id = ANY(:quiet)
           AND NOT EXISTS (SELECT FROM notice n WHERE n.created_by = u.id AND n.words->>'m' = :digest
                                                  AND n.told_at >= :midnight)),
    waiting AS (
        SELECT x.id, count(*) FILTER (WHERE t.kind = 'task') AS open,
               count(*) FILTER (WHERE t.kind = 'task' AND t.due_on < :today) AS late,
               count(*) FILTER (WHERE t.kind = 'task' AND t.due_on BETWEEN :today AND :soon) AS soon,
               count(*) FILTER (WHERE t.kind = 'copy') AS copies
          FROM person x JOIN todo t ON t.department_id = x.department_id AND t.state = 'open'
          LEFT JOIN may m ON m.user_id = x.id AND m.table_name = t.table_name AND m.needs = t.needs
         WHERE t.account_id = x.id OR (m.user_id IS NOT NULL AND (t.account_id IS NULL OR NOT EXISTS (
               SELECT FROM account a JOIN ab_user u ON u.username = a.username
                WHERE u.id = t.account_id AND a.department_id = t.department_id AND {IN_POST})))
         GROUP BY x.id),
    answered AS (
        SELECT x.id, count(*) AS results FROM person x JOIN todo t ON t.created_by = x.id
         WHERE t.kind = 'task' AND t.state = 'done' AND t.done_at > x.since AND t.done_by IS DISTINCT FROM x.id
         GROUP BY x.id)
    SELECT x.id AS person, coalesce(w.open, 0) AS open, coalesce(w.late, 0) AS late, coalesce(w.soon, 0) AS soon,
           coalesce(w.copies, 0) AS copies, coalesce(r.results, 0) AS results
      FROM person x LEFT JOIN waiting w ON w.id = x.id LEFT JOIN answered r ON r.id = x.id
     WHERE w.id IS NOT NULL OR r.id IS NOT NULL ORDER BY x.id"""  # noqa: S608 - of our own words only
)
_ONE_AT_A_TIME = sa.text("SELECT pg_advisory_xact_lock(hashtext('notice.digest'))")


def tell(session: Session, people: Collection[int], said: Message, *, url: str = "", urgent: bool = True) -> int:
    """Each of these accounts is told that; returns their number. Urgent things show at once in every open page."""
    if not people:
        return 0
    now = clock.now()
    rows = [
        {"id": uuid7(), "words": words.kept(said), "url": url[:500] or None, "is_urgent": urgent, "told_at": now,
         "created_by": person, "version": 1}
        for person in sorted(people)
    ]  # fmt: skip
    with looking_as(session, THE_SYSTEM):
        session.execute(insert(Notice.__table__).values(rows))
    return len(rows)


def tell_the_day(session: Session, *, url: str, soon: Any, quiet: Collection[int] = ()) -> int:
    """Everybody for whom something waits has today's digest; returns how many were told now.

    ``soon`` is the last day that is due soon. Whoever has had today's is not told again, whoever nothing waits for is
    not told at all, and those in ``quiet`` do not want it.
    """
    now = clock.now()
    midnight = datetime.combine(now.date(), time.min, clock.ZONE)
    given = {"digest": DIGEST, "now": now, "today": now.date(), "midnight": midnight, "soon": soon}
    with looking_as(session, THE_SYSTEM):
        session.execute(_ONE_AT_A_TIME)
        found = session.execute(_WANTED, given | {"quiet": sorted(quiet)}).mappings().all()
        rows = [
            {"id": uuid7(), "words": {"m": DIGEST, "p": {k: v for k, v in each.items() if k != "person"}}, "url": url,
             "is_urgent": False, "told_at": now, "created_by": each["person"], "version": 1}
            for each in found
        ]  # fmt: skip
        for start in range(0, len(rows), 1000):
            session.execute(insert(Notice.__table__).values(rows[start : start + 1000]))
    return len(rows)
