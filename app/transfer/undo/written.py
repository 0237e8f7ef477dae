"""What an import has written, as the audit log holds it: the transaction in which the batch became committed.

Nothing is kept for the undo's sake: the log knows when the batch was committed, and what stood in each row before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.viewer import THE_SYSTEM, looking_as
from app.transfer.batch import ImportBatch

# An undo that came to nothing makes the batch committed once more.
_COMMITTED = text(
    """
    SELECT l.txid::text, l.at, l.id AS until, coalesce(
               (SELECT max(o.id) FROM audit.log o
                 WHERE o.txid = l.txid AND o.rel = l.rel AND o.new->>'state' = 'committed' AND o.id < l.id), 0) AS since
      FROM audit.log l
     WHERE l.rel = 'import_batch' AND l.pk = :batch AND l.action IN ('insert', 'update')
       AND l.new->>'state' = 'committed' AND l.old->>'state' IS DISTINCT FROM 'undoing' ORDER BY l.id DESC LIMIT 1
    """
)

#: The entries of one batch: sheets of one workbook are stored by one transaction, each followed by the entry of its
#: batch. Numbers of transactions may come again where a database was put back from a copy, so the day is asked for
#: too; it also spares the other months.
OF_IMPORT = (
    "l.txid = CAST(:txid AS xid8) AND l.id > :since AND l.id < :until AND l.at BETWEEN "
    "CAST(:at AS timestamptz) - interval '1 day' AND CAST(:at AS timestamptz) + interval '1 day'"
)


@dataclass(frozen=True)
class Written:
    """The transaction that stored a batch, when, and between which entries of the log."""

    txid: str
    at: datetime
    since: int
    until: int

    @property
    def parameters(self) -> dict[str, Any]:
        """What ``OF_IMPORT`` asks for."""
        return {"txid": self.txid, "at": self.at, "since": self.since, "until": self.until}


def written(session: Session, batch: ImportBatch) -> Written | None:
    """When and in which transaction the batch was stored; ``None`` when the log does not know."""
    with looking_as(session, THE_SYSTEM):
        row = session.execute(_COMMITTED, {"batch": str(batch.id)}).one_or_none()
    return Written(row.txid, row.at, row.since, row.until) if row else None
