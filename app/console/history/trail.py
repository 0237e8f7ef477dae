"""The state of the trail: what is sealed, what was verified, what is wrong; and the proof of one entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.console.history.log import LOG, Entry
from app.core import clock

#: Seconds after which sealing is late (security.md 3.2).
LATE = 60
#: So old is an alarm that nobody looks at any more.
_RECENT = timedelta(days=7)
_ALARMS = 5


@dataclass(frozen=True)
class Trail:
    """When the log was sealed last, how far behind the seals are, and the alarms of the last days."""

    seal_no: int | None = None
    sealed_at: datetime | None = None
    beat_at: datetime | None = None
    lag: float | None = None
    anchored: int | None = None
    problem: str = ""
    top: int = 0

    @property
    def is_late(self) -> bool:
        """True when what is written is not sealed in time, or nobody has sealed at all."""
        if self.beat_at is None:
            return True
        return (clock.now() - self.beat_at).total_seconds() > LATE or (self.lag or 0) > LATE


_LAST = sa.text(
    "SELECT s.no, s.at, s.top, b.at AS beat_at, b.lag, b.anchored, b.problem FROM (SELECT 1) one "
    "LEFT JOIN LATERAL (SELECT no, at, top FROM audit.seal ORDER BY no DESC LIMIT 1) s ON true "
    "LEFT JOIN audit.beat b ON true"
)


def trail(session: Session) -> Trail:
    """The state of the trail now."""
    row = session.execute(_LAST).one()
    return Trail(row.no, row.at, row.beat_at, row.lag, row.anchored, row.problem or "", row.top or 0)


def sealed_by(state: Trail) -> Callable[[Entry], bool]:
    """Says of an entry whether it is sealed."""
    return lambda each: each.id <= state.top


def alarms(session: Session) -> list[Any]:
    """The newest alarms that the viewer may read."""
    since = clock.now() - _RECENT
    wanted = sa.select(LOG.c.id, LOG.c.at, LOG.c.action, sa.cast(LOG.c.new, sa.Text).label("new"))
    wanted = wanted.where(LOG.c.action.in_(("alarm", "seal_lag", "break_glass")), LOG.c.at >= since)
    return list(session.execute(wanted.order_by(LOG.c.id.desc()).limit(_ALARMS)))
