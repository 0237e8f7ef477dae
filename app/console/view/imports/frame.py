"""What every page of an upload knows: its batch, and only one of this table."""

from __future__ import annotations

from app.console.view.frame import Frame
from app.core import saving
from app.core.errors import NotVisible
from app.extensions import db
from app.transfer.batch import ImportBatch


class BatchFrame(Frame):
    """A page about one upload."""

    def _batch(self, pk: str) -> ImportBatch:
        batch = saving.find(db.session(), ImportBatch, pk)
        assert isinstance(batch, ImportBatch)
        if batch.table_name != self.table.__tablename__:
            raise NotVisible
        return batch
