"""Which workers live, as PostgreSQL knows them: a worker's connections carry its name, and stir every ten seconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock
from app.core.viewer import looking_as

#: How the name of a worker's connections to the queue begins; then come process, host and queues.
PREFIX = "worker "
#: A worker that has not stirred for so long does not live.
SILENT = timedelta(seconds=30)

_WORKERS = sa.text(
    "SELECT application_name, min(backend_start) AS since, max(state_change) AS beat FROM pg_stat_activity "
    "WHERE datname = current_database() AND starts_with(application_name, :prefix) GROUP BY 1 ORDER BY 2"
)
_WAITING = sa.text(
    "SELECT queue FROM job WHERE state = 'waiting' AND asked_at < now() - make_interval(secs => :long) GROUP BY 1"
)


@dataclass(frozen=True)
class Alive:
    """One worker: process and host, the queues it serves, since when, and when it stirred last."""

    place: str
    queues: tuple[str, ...]
    since: datetime
    beat: datetime

    @property
    def is_well(self) -> bool:
        """False for a worker that stands still."""
        return clock.now() - self.beat < SILENT


def workers(session: Session) -> list[Alive]:
    """Every worker that is connected."""
    with looking_as(session, None):  # the sessions of `app` are shown to `app`
        rows = session.execute(_WORKERS, {"prefix": PREFIX}).all()
    found = []
    for name, since, beat in rows:
        place, _, queues = name.removeprefix(PREFIX).partition(" ")
        found.append(Alive(place, tuple(queues.split(",")), since, beat))
    return found


def unserved(session: Session) -> list[str]:
    """The queues in which jobs have waited for a while and which no living worker serves. Looks as the system does."""
    waiting = session.scalars(_WAITING, {"long": SILENT.total_seconds()}).all()
    if not waiting:
        return []
    served = {name for each in workers(session) if each.is_well for name in each.queues}
    return sorted(set(waiting) - served)
