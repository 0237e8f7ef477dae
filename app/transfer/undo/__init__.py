"""An import taken back, in three buckets: reversed, kept because edited since, refused because referenced.

Imports pay nothing for it: what stood in each row before is on the audit log (``written``). A plan (``plan``,
``judge``) says of every row what becomes of it by one table of decisions (``decide``); a preview shows it and forgets
it, the undo does it (``back``) and keeps the rows that stay, with the reason of each.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.core import audit, clock, settings
from app.core.errors import Refused
from app.core.messages import N_
from app.core.table import by_name
from app.core.viewer import must_have
from app.transfer import upload
from app.transfer.batch import BatchState, ImportBatch
from app.transfer.undo.back import put_back
from app.transfer.undo.decide import BY_NAME, Bucket, Reason
from app.transfer.undo.judge import judge
from app.transfer.undo.needed import Reference, references
from app.transfer.undo.plan import Counts, Plan, PlanRow
from app.transfer.undo.written import Written, written

__all__ = [
    "BY_NAME", "Bucket", "Counts", "Plan", "PlanRow", "Reason", "Reference", "kept", "may_undo",
    "preview", "references", "start", "undo", "until",
]  # fmt: skip

#: The setting with the number of days for which an import can be taken back; 0 means never.
DAYS = "import_undo_days"


def until(session: Session, batch: ImportBatch) -> datetime | None:
    """Until when the batch can be taken back; ``None`` when it was not committed."""
    days = settings.value(session, DAYS)
    return batch.committed_at + timedelta(days=days) if batch.committed_at else None


def may_undo(session: Session, batch: ImportBatch) -> bool:
    """True while the batch is stored and its time has not run out."""
    last = until(session, batch)
    return batch.state == BatchState.COMMITTED.value and last is not None and clock.now() < last


def _must_be_in_time(session: Session, batch: ImportBatch) -> Written:
    """The transaction of the batch. Raises Refused when the log does not know it, or knows that it is too long ago."""
    found = written(session, batch)
    if found is None:
        raise _untold()
    days = settings.value(session, DAYS)
    if clock.now() > found.at + timedelta(days=days):
        raise Refused(N_("导入已超过 {days} 天，不能再撤销", days=days), status=409)
    return found


@contextmanager
def preview(session: Session, batch: ImportBatch) -> Iterator[Plan]:
    """What an undo would do now. Raises Refused. Afterwards nothing of it is left."""
    found = _must_be_in_time(session, batch)
    with session.begin_nested() as step:
        plan = _planned(session, batch, found)
        yield plan
        step.rollback()


def start(session: Session, batch: ImportBatch) -> None:
    """The batch waits for a job that takes it back; nobody else may begin. Raises Refused."""
    upload.hold(session, batch, BatchState.COMMITTED)
    _must_be_in_time(session, batch)
    batch.state = BatchState.UNDOING.value
    session.flush()


def undo(session: Session, batch: ImportBatch, *, begun: bool = False) -> Counts:
    """Take the batch back, once. Raises Refused, and then nothing was done. Never commits.

    ``begun`` is for the job that ``start`` was for.
    """
    upload.hold(session, batch, BatchState.UNDOING if begun else BatchState.COMMITTED)
    found = _must_be_in_time(session, batch)
    plan = _planned(session, batch, found, lock=True)
    counts = plan.counts()
    put_back(plan, counts)
    plan.keep_as(_name(batch))
    batch.state, batch.undone_at = BatchState.UNDONE.value, clock.now()
    batch.updated_at, batch.updated_by = batch.undone_at, must_have(session).user_id
    batch.undo_reversed, batch.undo_kept, batch.undo_refused = counts.reversed, counts.kept, counts.refused
    session.flush()
    audit.note(
        session, "import", table=batch.table_name, what="undo", file=batch.file_name[-255:], batch=str(batch.id),
        rows=counts.rows, reversed=counts.reversed, kept=counts.kept, refused=counts.refused,
    )  # fmt: skip
    return counts


def kept(session: Session, batch: ImportBatch) -> Plan:
    """The rows of an undone batch that stayed, with the reason of each."""
    return Plan(session, by_name(batch.table_name), _name(batch))


def _name(batch: ImportBatch) -> str:
    return f"u_{batch.id.hex}"


def _planned(session: Session, batch: ImportBatch, found: Written, *, lock: bool = False) -> Plan:
    must_have(session)
    plan = Plan(session, by_name(batch.table_name))
    plan.create()
    if lock:
        plan.lock(found)
    staging = upload.staging_of(batch)
    plan.fill(found, batch.id, staging.full_name if staging.exists(session) else None)
    judge(plan)
    if (batch.inserted or batch.updated) and not plan.counts().rows:
        raise _untold()
    return plan


def _untold() -> Refused:
    return Refused(N_("审计日志里没有这次导入的写入记录，不能撤销"), status=409)
