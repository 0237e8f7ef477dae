"""The sessions of an account as its holder or an administrator reads them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.console.sign_in import device, sessions
from app.console.sign_in.models import SessionEnd, SessionKind
from app.console.sign_in.sessions import stored
from app.core import clock, settings
from app.core.viewer import THE_SYSTEM, looking_as

#: How far back ended sessions are shown, and how many.
_BACK, _MOST = timedelta(days=30), 10


def in_use(session: Session, account_id: int) -> list[dict[str, Any]]:
    """The account's sessions and keys that still open something, last used first."""
    idle = sa.func.make_interval(0, 0, 0, 0, 0, settings.value(session, "session_idle_minutes"))
    is_key = stored.c.kind == SessionKind.KEY.value
    wanted = (
        sa.select(stored)
        .where(
            stored.c.account_id == account_id,
            stored.c.ended_at.is_(None),
            stored.c.ends_at > sa.func.now(),
            is_key | (stored.c.seen_at > sa.func.now() - idle),
        )
        .order_by(stored.c.seen_at.desc(), stored.c.id.desc())
    )
    return [_told(row) for row in _read(session, wanted)]


def ended(session: Session, account_id: int) -> list[dict[str, Any]]:
    """Those that ended lately, with the reason, so that somebody notices what was not his own doing."""
    lately = stored.c.ended_at > sa.func.now() - _BACK
    wanted = sa.select(stored).where(stored.c.account_id == account_id, lately).order_by(stored.c.ended_at.desc())
    return [_told(row) for row in _read(session, wanted.limit(_MOST))]


def _read(session: Session, wanted: Any) -> Any:
    with looking_as(session, THE_SYSTEM):
        return session.execute(wanted).all()


def _told(row: Any) -> dict[str, Any]:
    held = sessions.current()
    return {
        "id": str(row.id),
        "kind": row.kind,
        "kind_label": str(SessionKind(row.kind).label),
        "name": row.name,
        "hint": row.hint,
        "device": device.told(row.agent),
        "agent": row.agent or "",
        "address": row.address or "",
        "addresses": list(row.addresses or ()),
        "reads_only": row.reads_only,
        "began": clock.told(row.created_at),
        "seen": clock.told(row.seen_at),
        "was_used": row.kind != SessionKind.KEY.value or row.seen_at > row.created_at + timedelta(seconds=30),
        "until": clock.told(row.ends_at),
        "last_day": (row.ends_at - timedelta(seconds=1)).astimezone(clock.ZONE).date().isoformat(),
        "ended": clock.told(row.ended_at) if row.ended_at else "",
        "why": str(SessionEnd(row.ended_why).label) if row.ended_why else "",
        "is_this": held is not None and held.id == row.id,
    }
