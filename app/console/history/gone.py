"""A page about a row that may be gone by now."""

from __future__ import annotations

from app.console import guard
from app.console.history import log, told
from app.console.view.frame import Frame
from app.core import saving
from app.core.errors import NotVisible
from app.core.table import Table
from app.extensions import db


class Remembered(Frame):
    """Finds rows that are there, and for who may read the log also rows that were."""

    def remembered(self, pk: str) -> tuple[Table | None, str, str]:
        """The row, its identifier and what it is called; a row that is gone only for who may read the log of it."""
        try:
            row = saving.find(db.session(), self.table, pk)
        except NotVisible:
            key = self.table.key_of(pk)
            gone = None
            if key is not None and guard.may("read", "audit"):
                gone = log.last_deleted(db.session(), self.table.__tablename__, str(key))
            if gone is None:
                raise
            return None, str(key), told.title(gone, told.Known({})) or str(key)
        return row, str(row.id), row.title() or str(row.id)
