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

_COMMITTED = text(
    "SELECT txid::text, at FROM audit.log WHERE rel = 'import_batch' AND pk = :batch "
    "AND action IN ('insert', 'update') AND new->>'state' = 'committed' ORDER BY id DESC LIMIT 1"
)

#: The entries of one transaction. Numbers of transactions may come again where a database was put back from a copy, so
#: the day is asked for too; it also spares the other months.
OF_IMPORT = (
    "l.txid = CAST(:txid AS xid8) AND l.at BETWEEN CAST(:at AS timestamptz) - interval '1 day' "
    "AND CAST(:at AS timestamptz) + interval '1 day'"
)


@dataclass(frozen=True)
class Written:
    """The transaction that stored a batch, and when."""

    txid: str
    at: datetime

    @property
    def parameters(self) -> dict[str, Any]:
        """What ``OF_IMPORT`` asks for."""
        return {"txid": self.txid, "at": self.at}


def written(session: Session, batch: ImportBatch) -> Written | None:
    """When and in which transaction the batch was stored; ``None`` when the log does not know."""
    with looking_as(session, THE_SYSTEM):
        row = session.execute(_COMMITTED, {"batch": str(batch.id)}).one_or_none()
    return Written(row.txid, row.at) if row else None
