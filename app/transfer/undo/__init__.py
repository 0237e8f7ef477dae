"""An import taken back, in four buckets: reversed; kept because published or edited since; refused because referenced.

Imports pay nothing for it: what stood in each row before is on the audit log (``written``). A plan (``plan``,
``judge``) says of every row what becomes of it by one table of decisions (``decide``); a preview shows it and forgets
it, the undo does it (``back``) and keeps the rows that stay, with the reason of each. The tables of one workbook are
taken back as one: what refers before what it refers to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.core import audit, clock, settings
from app.core.errors import Refused
from app.core.messages import N_
from app.core.table import by_name
from app.core.viewer import must_have
from app.transfer import upload
from app.transfer.batch import BatchState, ImportBatch
from app.transfer.books import book
from app.transfer.undo.back import put_back
from app.transfer.undo.decide import BY_NAME, Bucket, Reason
from app.transfer.undo.judge import judge
from app.transfer.undo.needed import Reference, references
from app.transfer.undo.plan import Counts, Plan, PlanRow
from app.transfer.undo.written import Written, written

__all__ = [
    "BY_NAME", "Bucket", "Counts", "Part", "Plan", "PlanRow", "Reason", "Reference", "kept", "may_undo",
    "preview", "references", "start", "together", "undo", "until",
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


@dataclass(frozen=True)
class Part:
    """One table of what is taken back, with the plan of its rows."""

    batch: ImportBatch
    plan: Plan
    counts: Counts


def together(session: Session, batch: ImportBatch) -> list[ImportBatch]:
    """What is taken back with the batch: every table of its workbook that stands where it stands, the first first."""
    return [each for each in book.members(session, batch) if each.state == batch.state]


@contextmanager
def preview(session: Session, batch: ImportBatch) -> Iterator[list[Part]]:
    """What an undo would do now, table by table. Raises Refused. Afterwards nothing of it is left."""
    with session.begin_nested() as step:
        yield _planned(session, together(session, batch))[::-1]
        step.rollback()


def start(session: Session, batch: ImportBatch) -> list[ImportBatch]:
    """The batch, and what is taken back with it, waits for a job; nobody else may begin. Raises Refused."""
    batches = _held(session, batch, BatchState.COMMITTED)
    for each in batches:
        _must_be_in_time(session, each)
        each.state = BatchState.UNDOING.value
    session.flush()
    return batches


def undo(session: Session, batch: ImportBatch, *, begun: bool = False) -> Counts:
    """Take the batch back with its whole workbook, once. Raises Refused, and then nothing was done. Never commits.

    ``begun`` is for the job that ``start`` was for.
    """
    batches = _held(session, batch, BatchState.UNDOING if begun else BatchState.COMMITTED)
    parts = _planned(session, batches, lock=True)
    for part in parts:
        put_back(part.plan, part.counts)
        part.plan.keep_as(_name(part.batch))
    for part in parts:
        _tell(session, part.batch, part.counts)
    return sum((part.counts for part in parts), Counts())


def _tell(session: Session, batch: ImportBatch, counts: Counts) -> None:
    batch.state, batch.undone_at = BatchState.UNDONE.value, clock.now()
    batch.updated_at, batch.updated_by = batch.undone_at, must_have(session).user_id
    batch.undo_reversed, batch.undo_out = counts.reversed, counts.out
    batch.undo_kept, batch.undo_refused = counts.kept, counts.refused
    session.flush()
    audit.note(
        session, "import", table=batch.table_name, what="undo", file=batch.file_name[-255:], batch=str(batch.id),
        rows=counts.rows, reversed=counts.reversed, out=counts.out, kept=counts.kept, refused=counts.refused,
    )  # fmt: skip


def kept(session: Session, batch: ImportBatch) -> Plan:
    """The rows of an undone batch that stayed, with the reason of each."""
    return Plan(session, by_name(batch.table_name), _name(batch))


def _name(batch: ImportBatch) -> str:
    return f"u_{batch.id.hex}"


def _held(session: Session, batch: ImportBatch, state: BatchState) -> list[ImportBatch]:
    """What is taken back with the batch; nobody else works on any of it until the transaction ends."""
    upload.hold(session, batch, state)
    batches = together(session, batch)
    for each in batches:
        upload.hold(session, each, state)
    return batches


def _planned(session: Session, batches: Sequence[ImportBatch], *, lock: bool = False) -> list[Part]:
    """What becomes of the rows, in the order in which they are taken back: what refers before what is referred to."""
    must_have(session)
    parts: list[Part] = []
    for batch in reversed(batches):
        found, plan = _must_be_in_time(session, batch), Plan(session, by_name(batch.table_name))
        plan.create()
        if lock:
            plan.lock(found)
        staging = upload.staging_of(batch)
        plan.fill(found, batch.id, staging.full_name if staging.exists(session) else None)
        judge(plan, [part.plan for part in parts])
        parts.append(Part(batch, plan, plan.counts()))
        if (batch.inserted or batch.updated) and not parts[-1].counts.rows:
            raise _untold()
    return parts


def _untold() -> Refused:
    return Refused(N_("审计日志里没有这次导入的写入记录，不能撤销"), status=409)
