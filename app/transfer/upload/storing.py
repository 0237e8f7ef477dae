"""The end of a batch: its good rows are stored, or it is forgotten."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import Refused
from app.core.messages import N_
from app.core.table import TABLES
from app.core.viewer import looking_as
from app.transfer import kinds
from app.transfer.batch import BatchState, ImportBatch
from app.transfer.merge import Outcome, merge
from app.transfer.staging import SCHEMA
from app.transfer.upload.standing import BEFORE, forget_file, give_back, hold, staging_of

#: So long does an upload wait for its commit, and so long are its rows kept as they were typed.
KEPT = timedelta(days=30)
_UNFINISHED = (
    BatchState.UPLOADED.value, BatchState.CHECKING.value, BatchState.CHECKED.value, BatchState.COMMITTING.value,
)  # fmt: skip


def begin_commit(session: Session, batch: ImportBatch) -> None:
    """From now on the good rows are being stored, once: a second commit of the same batch is refused."""
    hold(session, batch, BatchState.CHECKED)
    batch.state = BatchState.COMMITTING.value
    session.flush()


def commit(session: Session, batch: ImportBatch, *, progress: Callable[[int, int], None] | None = None) -> Outcome:
    """Store the good rows in this transaction; ``progress`` hears how many of how many are written."""
    hold(session, batch, BatchState.CHECKED, BatchState.COMMITTING)
    outcome = merge(session, staging_of(batch), progress)
    if outcome.rows != batch.row_count:  # somebody has meddled with the staging table, or an old one did not last
        raise Refused(N_("核对结果不完整，没有写入任何数据，请重新核对"), status=409)
    batch.state, batch.committed_at = BatchState.COMMITTED.value, clock.now()
    forget_file(session, batch)
    batch.inserted, batch.updated = outcome.inserted, outcome.updated
    batch.unchanged, batch.failed, batch.skipped = outcome.unchanged, outcome.failed, outcome.skipped
    kinds.settle(session, batch, staging_of(batch))
    session.flush()
    return outcome


def discard(session: Session, batch: ImportBatch) -> None:
    """Forget an upload that was not committed."""
    hold(session, batch, BatchState.UPLOADED, BatchState.CHECKED)
    staging_of(batch).drop(session)
    batch.state = BatchState.DISCARDED.value
    batch.sighting = {"rows": (batch.sighting or {}).get("rows", {})}  # its first rows leave with the file
    forget_file(session, batch)
    session.flush()


def sweep(session: Session, before: datetime) -> int:
    """Discard uploads that nobody has committed and nobody has touched since then; their files and rows go with them.

    Of uploads that were committed the rows as they were typed go. Returns how many were discarded; never commits.
    """
    old = sa.select(ImportBatch).where(ImportBatch.state.in_(_UNFINISHED), ImportBatch.updated_at < before)
    old = old.where(ImportBatch.table_name.in_(TABLES))  # of a table that is gone nobody knows how it was staged
    found = session.scalars(old.with_for_update(skip_locked=True)).all()
    for batch in found:
        if batch.state in BEFORE:
            give_back(session, batch)
        discard(session, batch)
    tables = set(session.scalars(sa.text(f"SELECT tablename FROM pg_tables WHERE schemaname = '{SCHEMA}'")))  # noqa: S608
    is_needed = sa.or_(ImportBatch.state.in_(_UNFINISHED), ImportBatch.updated_at >= before)
    kept = session.scalars(sa.select(ImportBatch.id).where(is_needed))
    needed = {f"{kind}_{key.hex}" for key in kept for kind in "bu"}  # u_: what an undo left as it was
    with looking_as(session, None):
        for name in sorted(tables - needed):
            session.connection().exec_driver_sql(f'DROP TABLE {SCHEMA}."{name}"')
    return len(found)
