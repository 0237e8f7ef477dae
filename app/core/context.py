"""What rules may know, read from the database once per transaction: working days, limits, what domains can answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock
from app.core.calendar import WorkCalendar
from app.core.rows import REGION
from app.core.rules import Context, Limit, Person
from app.core.table import TABLES
from app.core.viewer import Viewer, current

_KEY = "context"
_ANSWERS = "answers"

#: What rules may ask besides (``Context.ask``): by the question's name whoever answers it. Filled by domains. An answer
#: is kept for the transaction, so it is asked for once and not once a row; one that depends on the row is an object
#: that reads what it needs in bulk and remembers it.
QUESTIONS: dict[str, Callable[[Session], Any]] = {}


def answer(session: Session, question: str) -> Any:
    """The answer to a question, as it was when this transaction first asked."""
    answers: dict[str, Any] = session.info.setdefault(_ANSWERS, {})
    if question not in answers:
        answers[question] = QUESTIONS[question](session)
    return answers[question]


def forget(session: Session, question: str) -> None:
    """What the question is about has changed inside the transaction: it is asked for anew."""
    session.info.get(_ANSWERS, {}).pop(question, None)


def context_of(session: Session) -> Context:
    """The context for rules today; the calendar and the limits are read once per session."""
    today, now = clock.today(), clock.now()
    kept: Context | None = session.info.get(_KEY)
    if kept is None or kept.today != today:
        kept = Context(today, now, _calendar(session), _limits(session))
        session.info[_KEY] = kept
    return Context(today, now, kept.calendar, kept.limits, lambda: person_of(session), lambda q: answer(session, q))


def refresh(session: Session) -> None:
    """The calendar and the limits have changed: they are read again when they are next asked for."""
    session.info.pop(_KEY, None)


_ASKER = sa.text(
    """SELECT u.username, d.id AS department_id, d.high AS line_high,
              array_remove(array_agg(DISTINCT r.name), NULL) AS roles,
              array_remove(array_agg(DISTINCT r.name || chr(31) || substr(v.name, 6))
                           FILTER (WHERE p.name = 'can_grant'), NULL) AS grants
       FROM ab_user u
       JOIN department d ON d.id = :department
       LEFT JOIN ab_user_role x ON x.user_id = u.id
       LEFT JOIN ab_role r ON r.id = x.role_id
       LEFT JOIN ab_permission_view_role pr ON pr.role_id = r.id
       LEFT JOIN ab_permission_view pv ON pv.id = pr.permission_view_id
       LEFT JOIN ab_permission p ON p.id = pv.permission_id AND p.name = 'can_grant'
       LEFT JOIN ab_view_menu v ON v.id = pv.view_menu_id
       WHERE u.id = :account GROUP BY 1, 2, 3"""
)
_PERSON = "person"


def person_of(session: Session) -> Person | None:
    """Who asks, with what his roles may grant; asked for once per transaction."""
    viewer = current(session)
    if viewer is None or viewer.is_system:
        return None
    kept: tuple[Viewer, Person] | None = session.info.get(_PERSON)
    if kept is None or kept[0] is not viewer:
        kept = session.info[_PERSON] = (viewer, _found(session, viewer))
    return kept[1]


def _found(session: Session, viewer: Viewer) -> Person:
    row = session.execute(_ASKER, {"account": viewer.user_id, "department": viewer.department_id}).one_or_none()
    sees = (viewer.low, viewer.high, viewer.kind == REGION)
    if row is None:  # a viewer without an account grants nothing
        return Person("", viewer.department_id or 0, -1, *sees, frozenset())
    grants: dict[str, set[str]] = {}
    for pair in row.grants or ():
        by, _, role = pair.partition("\x1f")
        grants.setdefault(by, set()).add(role)
    told = {by: frozenset(roles) for by, roles in grants.items()}
    return Person(row.username, row.department_id, row.line_high, *sees, frozenset(row.roles or ()), told)


@sa.event.listens_for(Session, "after_transaction_end")
def _forget(session: Session, transaction: object) -> None:
    if getattr(transaction, "parent", None) is None:
        session.info.pop(_PERSON, None)
        session.info.pop(_ANSWERS, None)


def _calendar(session: Session) -> WorkCalendar:
    days = TABLES["work_day"].__table__
    rows = session.execute(sa.select(days.c.day, days.c.is_workday))
    return WorkCalendar({row.day: row.is_workday for row in rows})


def _limits(session: Session) -> dict[str, tuple[Limit, ...]]:
    policy = TABLES["deadline_policy"].__table__
    told = (policy.c.days, policy.c.effective_from, policy.c.effective_to, policy.c.unit, policy.c.month_day)
    rows = session.execute(sa.select(policy.c.code, *told).order_by(policy.c.effective_from.desc().nulls_last()))
    limits: dict[str, tuple[Limit, ...]] = {}
    for code, *limit in rows:
        limits[code] = (*limits.get(code, ()), Limit(*limit))
    return limits
