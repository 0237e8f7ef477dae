"""The state of the trail: what is sealed, what was verified, what is wrong; and the proof of one entry."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

import config
from app.console.history.actions import ACTIONS
from app.console.history.details import details
from app.console.history.log import LOG, Entry
from app.core import audit, clock
from app.core.audit import Seal, hashes, tree
from app.core.audit.signing import checker
from app.core.errors import Refused
from app.core.messages import N_, joined

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
    hi: int = 0
    floor: int = 0

    @property
    def is_late(self) -> bool:
        """True when what is written is not sealed in time, or nobody has sealed at all."""
        if self.beat_at is None:
            return True
        return (clock.now() - self.beat_at).total_seconds() > LATE or (self.lag or 0) > LATE


_LAST = sa.text(
    "SELECT s.no, s.at, s.hi::text AS hi, s.floor, b.at AS beat_at, b.lag, b.anchored, b.problem FROM (SELECT 1) one "
    "LEFT JOIN LATERAL (SELECT no, at, hi, floor FROM audit.seal ORDER BY no DESC LIMIT 1) s ON true "
    "LEFT JOIN audit.beat b ON true"
)


def trail(session: Session) -> Trail:
    """The state of the trail now."""
    row = session.execute(_LAST).one()
    return Trail(
        row.no, row.at, row.beat_at, row.lag, row.anchored, row.problem or "", int(row.hi or 0), row.floor or 0
    )


def sealed_by(state: Trail) -> Callable[[Entry], bool]:
    """Says whether an entry is sealed: its transaction ended before the last seal, or it is of an earlier epoch."""
    return lambda each: each.id <= state.floor or each.txid < state.hi


def alarms(session: Session) -> list[Any]:
    """The newest alarms that the viewer may read."""
    since = clock.now() - _RECENT
    wanted = sa.select(LOG.c.id, LOG.c.at, LOG.c.action, sa.cast(LOG.c.new, sa.Text).label("new"))
    wanted = wanted.where(LOG.c.action.in_(("alarm", "seal_lag", "break_glass")), LOG.c.at >= since)
    return list(session.execute(wanted.order_by(LOG.c.at.desc()).limit(_ALARMS)))


def proof(session: Session, number: int) -> dict[str, Any] | None:
    """What proves that the entry stands in a seal; ``None`` while it is not sealed."""
    public = config.audit_places().public
    try:
        return audit.proof(session, number, public.read_text() if public.exists() else "")
    except Refused as error:
        if error.status == 409:
            return None
        raise


def is_root(found: dict[str, Any]) -> bool:
    """Whether the path leads from the entry to the root that was sealed."""
    seal = found["seal"]
    steps = [(side, bytes.fromhex(step)) for side, step in found["path"]]
    entry_hash = hashes.leaf(seal["alg"])(found["line"].encode())
    return bool(tree.climb(seal["alg"], entry_hash, steps).hex() == seal["root"])


def is_signed(found: dict[str, Any]) -> bool:
    """Whether the seal bears the signature of this installation's key."""
    public = config.audit_places().public
    return public.exists() and checker(public).verify(Seal(**found["seal"]).body, found["sig"])


def seal_told(found: dict[str, Any]) -> list[tuple[str, str]]:
    """What people compare of a seal."""
    seal = found["seal"]
    return [
        (str(N_("封印编号")), str(seal["no"])),
        (str(N_("封存时间")), clock.told(datetime.fromisoformat(seal["at"]))),
        (str(N_("算法")), seal["alg"].upper()),
        (str(N_("本号封印的记录数")), str(seal["n"])),
        (str(N_("总指纹")), seal["root"]),
        (str(N_("前一号封印的指纹")), seal["prev_hash"] or "—"),
        (str(N_("签名")), found["sig"]),
    ]


def verified(session: Session) -> dict[str, Any] | None:
    """When the log was verified last and what was found; ``None`` when it never was (read as the system)."""
    wanted = sa.select(LOG.c.id, LOG.c.at, sa.cast(LOG.c.new, sa.Text).label("new"))
    said = LOG.c.new["command"].astext == "audit verify"
    row = session.execute(wanted.where(LOG.c.action == "command", said).order_by(LOG.c.at.desc()).limit(1)).first()
    if row is None:
        return None
    status = str((json.loads(row.new) or {}).get("status", ""))
    return {"when": clock.told(row.at), "is_good": status == "0"}


def alarm_text(row: Any) -> str:
    """What an alarm says, in one line."""
    label = str(ACTIONS[row.action][0])
    said = joined((each["text"] for each in details(json.loads(row.new or "{}"), "", {})), N_("；"))
    return f"{label}{N_('：')}{said}" if said else label
