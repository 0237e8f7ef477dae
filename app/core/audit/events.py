"""Events on the log: what people and the system do that is no change of a row."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import viewer as viewers
from app.core.viewer import Origin, Viewer

if TYPE_CHECKING:
    from app.core.table import Table

#: What the triggers write; no event may call itself so.
CHANGES = ("insert", "update", "delete", "baseline")
#: What can be noted.
EVENTS = (
    "sign_in", "sign_in_failed", "locked", "unlocked", "sign_out", "session_ended", "password_changed",
    "password_issued", "factor_set", "factor_removed", "step_up", "key_made", "denied", "export", "import", "unmask",
    "bulk", "asked", "handover", "break_glass", "alarm", "job", "command", "restore", "seal_lag", "recomputed",
)  # fmt: skip

# An event that is about no department's row is its actor's department's to read; one of nobody's (a failed sign-in, an
# alarm) is for all who may read the log.
_NOTE = sa.text(
    "SELECT audit.note(:action, :rel, :pk, w.unit, coalesce(CAST(:region AS int), "
    "(SELECT region_id FROM department WHERE id = w.unit)), :is_open OR w.unit IS NULL, CAST(:details AS jsonb)) "
    "FROM (SELECT coalesce(CAST(:department AS bigint), "
    "(nullif(current_setting('app.who', true), '')::json->>'department')::bigint) AS unit) w"
)


def _none() -> Session:
    raise RuntimeError("no application: who notes something apart gives a session to take the connection from")


#: The session that is at work now; the factory sets it. Notes that stand alone take their connection and origin there.
at_hand: Callable[[], Session] = _none


def note(
    session: Session, action: str, *, table: str = "", key: Any = "", row: Table | None = None, **details: Any
) -> None:
    """The event is on the log when this transaction commits. ``row`` gives table, key and who may read the entry."""
    if action not in EVENTS:
        raise ValueError(f"no event is called {action!r}")
    department = region = None
    is_open = False
    if row is not None:
        rule = type(row).__rows__
        table, key = type(row).__tablename__, row.id
        is_open = rule.opens(row)
        if rule.is_scoped:
            department, region = row.department_id, row.scope_region
    given = {
        "action": action, "rel": table, "pk": _storable(str(key)), "department": department, "region": region,
        "is_open": is_open, "details": json.dumps(_storable(details), ensure_ascii=False, default=str),
    }  # fmt: skip
    session.execute(_NOTE, given)


def _storable(value: Any) -> Any:
    """What was sent to us may hold what PostgreSQL cannot store: NUL, and halves of signs."""
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {_storable(str(name)): _storable(each) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_storable(each) for each in value]
    return value


def note_apart(
    action: str,
    *,
    table: str = "",
    key: Any = "",
    row: Table | None = None,
    who: Viewer | None = None,
    origin: Origin | None = None,
    **details: Any,
) -> None:
    """The event is on the log at once, whatever becomes of the work in hand.

    It is the act of ``who`` and comes from ``origin``; without them, of whoever the session at hand works for.
    """
    current = at_hand()
    with Session(current.get_bind()) as apart, apart.begin():
        known, person = viewers.origin_of(current)
        viewers.come_from(apart, origin or known, who or person)
        viewers.look_as(apart, who or viewers.current(current))
        note(apart, action, table=table, key=key, row=row, **details)
