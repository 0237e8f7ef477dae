"""Whether the log is being sealed. A sealer that comes back after a silence puts that on the log itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

#: A sealer that has told nothing for so long (in seconds) has stopped.
SILENCE = 300

_STATE = text("""
SELECT b.at, b.lag, b.sealed, b.anchored, b.host, b.problem,
       extract(epoch FROM clock_timestamp() - coalesce(b.at, (SELECT min(at) FROM audit.log)))::float8 AS silent
  FROM (SELECT 1) one LEFT JOIN audit.beat b ON true
""")


@dataclass(frozen=True)
class State:
    """The sealer's last beat: when, how far behind it was, the newest seal, the newest that all anchors hold."""

    at: datetime | None
    lag: float
    sealed: int
    anchored: int
    host: str
    problem: str | None
    silent: float

    @property
    def is_well(self) -> bool:
        """True when the sealer lives and has no trouble."""
        return self.silent <= SILENCE and self.problem is None


def sealing(session: Session) -> State:
    """What the sealer last told, and for how long it has been silent since."""
    row = session.execute(_STATE).one()
    return State(
        row.at, row.lag or 0.0, row.sealed or 0, row.anchored or 0, row.host or "", row.problem, row.silent or 0.0
    )
