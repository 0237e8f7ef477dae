"""Uploads that wait for a person: received, checked, committed or discarded. Only this module changes their state.

A small upload takes each step in one transaction. A large one is worked on by a job: ``begin_check`` and
``begin_commit`` say so in the transaction that starts the job, ``check_on`` and ``commit`` do it, ``give_back`` ends
what will not be finished. A check commits every few thousand rows together with the number of the last row that is
staged, and goes on behind it when it is run again; the merge is one transaction.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock, stored
from app.core.errors import Refused
from app.core.messages import N_
from app.core.table import Table, by_name
from app.core.viewer import must_have
from app.transfer import again, kinds
from app.transfer.batch import BatchState, Duplicates, ImportBatch
from app.transfer.books import kin, known
from app.transfer.headers import own_numbers
from app.transfer.merge import Outcome, merge
from app.transfer.reader import Header, HeaderGuess, Limits, count
from app.transfer.sighting import SUFFIXES, Sighting, rows_of, stager_for
from app.transfer.stage import Mode, Stager
from app.transfer.staging import Counts, Staging

#: Rows that are staged by one transaction of a job; so many are read again after a crash, at most.
AT_A_TIME = 5_000

MODES: Mapping[str, Mode] = {
    Duplicates.UPDATE.value: "upsert",
    Duplicates.SKIP.value: "skip",
    Duplicates.ONLY_UPDATE.value: "update",
}

#: Where a batch stands again when the work on it was given up.
BEFORE = {
    BatchState.CHECKING.value: BatchState.UPLOADED,
    BatchState.COMMITTING.value: BatchState.CHECKED,
    BatchState.UNDOING.value: BatchState.COMMITTED,
}


def receive(
    session: Session,
    table: type[Table],
    file_name: str,
    stream: IO[bytes],
    *,
    most_bytes: int = Limits.file_bytes,
    most_rows: int = Limits.rows,
) -> ImportBatch:
    """Keep an uploaded file as a new batch. Refused when it has more bytes, or a sheet more rows, than it may have."""
    if must_have(session).department_id is None:
        raise Refused(N_("您的账号还没有任职部门，不能导入"), status=403)
    with tempfile.NamedTemporaryFile(suffix=_suffix(file_name)) as landed:
        _land(stream, landed, most_bytes)
        counted = count(Path(landed.name), limits=Limits(file_bytes=most_bytes, rows=most_rows))
        file = stored.facts(session, stored.keep(session, landed, file_name))
    batch = ImportBatch(
        table_name=table.__tablename__,
        file_name=file_name[-255:],
        state=BatchState.UPLOADED.value,
        file_id=file.id,
        file_digest=file.digest,
        file_size=file.size,
        sighting={"rows": counted},
        **own_numbers(session),
    )
    session.add(batch)
    session.flush()
    return batch


@contextmanager
def file_of(session: Session, batch: ImportBatch) -> Iterator[Path]:
    """The batch's file on disk, as long as the block runs. Raises Refused when it was committed or discarded."""
    if batch.file_id is None:
        raise Refused(N_("这个批次的文件已不再保留，请重新上传"), status=409)
    with stored.on_disk(session, batch.file_id, _suffix(batch.file_name)) as path:
        yield path


def rows_in(batch: ImportBatch, sheet: str) -> int:
    """How many rows the sheet has, as they were counted when the file came in; its header is among them."""
    return int((batch.sighting or {}).get("rows", {}).get(sheet, 0))


def _suffix(file_name: str) -> str:
    suffix = Path(file_name).suffix.lower()
    return suffix if suffix in SUFFIXES else ""


def _land(stream: IO[bytes], file: IO[bytes], most: int) -> None:
    """The rest of the stream is a file of the disk, which stands at its beginning."""
    while data := stream.read(stored.PIECE):
        file.write(data)
        if file.tell() > most:
            raise Refused(N_("文件超过 {most} MB，请分成几个文件后再上传", most=most // 2**20), status=413)
    if not file.tell():
        raise Refused(N_("请先选择文件"))
    file.flush()
    file.seek(0)


def staging_of(batch: ImportBatch) -> Staging:
    """The staging table of a checked batch."""
    return Staging(by_name(batch.table_name), batch.staging)


# -- the check ---------------------------------------------------------------------------------------------------------


def check(session: Session, batch: ImportBatch, sighting: Sighting, mapping: Mapping[int, str]) -> Counts:
    """Check the whole file with this mapping, in this transaction; afterwards the batch waits for its commit."""
    begin_check(session, batch, sighting, mapping)
    return check_on(session, batch)


def begin_check(session: Session, batch: ImportBatch, sighting: Sighting, mapping: Mapping[int, str]) -> None:
    """From now on the batch is being checked with this mapping; whatever was staged before is gone."""
    understand(session, batch, sighting, mapping)
    begin_again(session, batch)


def understand(session: Session, batch: ImportBatch, sighting: Sighting, mapping: Mapping[int, str]) -> None:
    """The batch knows its sheet, its header and which column carries which field."""
    _hold(session, batch, BatchState.UPLOADED, BatchState.CHECKED)
    batch.sheet, batch.header_row = sighting.sheet, sighting.header.row_number
    batch.headers = [[h.index, h.letter, h.text] for h in sighting.header.headers]
    batch.mapping = {str(index): name for index, name in mapping.items()}
    session.flush()


def begin_again(session: Session, batch: ImportBatch) -> None:
    """The batch is being checked from its first row on, as it is understood."""
    _hold(session, batch, BatchState.UPLOADED, BatchState.CHECKED)
    staging_of(batch).drop(session)
    _stager(session, batch).staging.create(session)
    batch.state, batch.staged_rows, batch.summary = BatchState.CHECKING.value, None, None
    session.flush()


def check_on(
    session: Session,
    batch: ImportBatch,
    *,
    pause: Callable[[], None] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Counts:
    """Check the rows that are not staged yet; afterwards the batch waits for its commit.

    ``pause`` commits: it is called after every few thousand rows, and a batch that was left in between goes on behind
    the last of them. ``progress`` hears how many rows have been read.
    """
    _hold(session, batch, BatchState.CHECKING)
    stager = _stager(session, batch)
    header = HeaderGuess(batch.header_row or 0, tuple(Header(*cell) for cell in batch.header_cells))
    done, unpaused = batch.staged_rows or 0, 0
    with (
        file_of(session, batch) as path,
        rows_of(stager.table, path, str(batch.sheet), header, batch.columns, after=done) as rows,
    ):
        for number, last in stager.take(rows):
            done, unpaused = last, unpaused + number
            if progress:
                progress(max(done - header.row_number, 0))
            if pause and unpaused >= AT_A_TIME:
                batch.staged_rows, unpaused = done, 0
                pause()
                _hold(session, batch, BatchState.CHECKING)
    _tell(batch, stager.finish())
    kinds.settle(session, batch, stager.staging)
    batch.state, batch.staged_rows = BatchState.CHECKED.value, done
    session.flush()
    return stager.counts


def check_rows(
    session: Session,
    batch: ImportBatch,
    rows: Sequence[tuple[int, again.Cells]],
    *,
    mode: Mode | None = None,
) -> Counts:
    """Judge single rows of a checked batch anew, as if their cells had been typed so; the batch's counts are mended.

    The cells of a row (Excel's number) are all of them, or those that have changed by their column. Returns what
    became of these rows and of those that are judged anew with them, because they have or had something in common.
    """
    _hold(session, batch, BatchState.CHECKED)
    stager = _stager(session, batch)
    before, after = again.judge(stager, dict(rows), mode)
    changed = after - before
    batch.inserted, batch.updated = (batch.inserted or 0) + changed.insert, (batch.updated or 0) + changed.update
    batch.unchanged, batch.failed = (batch.unchanged or 0) + changed.unchanged, (batch.failed or 0) + changed.error
    batch.skipped = (batch.skipped or 0) + changed.skipped
    kinds.settle(session, batch, stager.staging)
    session.flush()
    for other, numbers in kin.concerned(session, batch, [number for number, _ in rows]):
        check_rows(session, other, [(number, {}) for number in numbers])
    return after


def _stager(session: Session, batch: ImportBatch) -> Stager:
    mode = MODES[batch.duplicates or Duplicates.UPDATE.value]
    how = {"staging": staging_of(batch), "mode": mode, "lookup": known.lookups(session, batch)}
    return stager_for(session, by_name(batch.table_name), batch.columns, **how)


def _tell(batch: ImportBatch, counts: Counts) -> None:
    batch.row_count, batch.inserted, batch.updated = counts.rows, counts.insert, counts.update
    batch.unchanged, batch.skipped, batch.failed = counts.unchanged, counts.skipped, counts.error


# -- the commit --------------------------------------------------------------------------------------------------------


def begin_commit(session: Session, batch: ImportBatch) -> None:
    """From now on the good rows are being stored, once: a second commit of the same batch is refused."""
    _hold(session, batch, BatchState.CHECKED)
    batch.state = BatchState.COMMITTING.value
    session.flush()


def commit(session: Session, batch: ImportBatch, *, progress: Callable[[int, int], None] | None = None) -> Outcome:
    """Store the good rows in this transaction; ``progress`` hears how many of how many are written."""
    _hold(session, batch, BatchState.CHECKED, BatchState.COMMITTING)
    outcome = merge(session, staging_of(batch), progress)
    if outcome.rows != batch.row_count:  # somebody has meddled with the staging table, or an old one did not last
        raise Refused(N_("核对结果不完整，没有写入任何数据，请重新核对"), status=409)
    batch.state, batch.committed_at = BatchState.COMMITTED.value, clock.now()
    _forget_file(session, batch)
    batch.inserted, batch.updated = outcome.inserted, outcome.updated
    batch.unchanged, batch.failed, batch.skipped = outcome.unchanged, outcome.failed, outcome.skipped
    kinds.settle(session, batch, staging_of(batch))
    session.flush()
    return outcome


# -- the end -----------------------------------------------------------------------------------------------------------


def discard(session: Session, batch: ImportBatch) -> None:
    """Forget an upload that was not committed."""
    _hold(session, batch, BatchState.UPLOADED, BatchState.CHECKED)
    staging_of(batch).drop(session)
    batch.state = BatchState.DISCARDED.value
    _forget_file(session, batch)
    session.flush()


def give_back(session: Session, batch: ImportBatch) -> None:
    """Nobody works on the batch any more: it stands where it stood before."""
    _hold(session, batch, *(BatchState(state) for state in BEFORE))
    batch.state = BEFORE[batch.state].value
    session.flush()


def take_up(session: Session, batch: ImportBatch, job: UUID, state: BatchState) -> None:
    """The job works on the batch again, where it was given back. Refused when another job has it, or it is done."""
    _hold(session, batch, state, BEFORE[state.value])
    if batch.job_id != job:
        raise Refused(N_("这个批次已另行处理，不能再继续这个任务"), status=409)
    batch.state = state.value
    session.flush()


def sweep(session: Session, before: datetime) -> int:
    """Discard uploads that nobody has committed and nobody has touched since then. Returns how many; never commits."""
    waiting = (BatchState.UPLOADED.value, BatchState.CHECKED.value, *BEFORE)
    old = sa.select(ImportBatch).where(ImportBatch.state.in_(waiting), ImportBatch.updated_at < before)
    found = session.scalars(old.with_for_update(skip_locked=True)).all()
    for batch in found:
        if batch.state in BEFORE:
            give_back(session, batch)
        discard(session, batch)
    return len(found)


def _forget_file(session: Session, batch: ImportBatch) -> None:
    if batch.file_id is not None:
        same = sa.select(ImportBatch.id).where(ImportBatch.file_id == batch.file_id, ImportBatch.id != batch.id)
        if session.scalar(same.limit(1)) is None:  # the other sheets of its workbook may need it yet
            stored.forget(session, batch.file_id)
        batch.file_id = None


def _hold(session: Session, batch: ImportBatch, *states: BatchState) -> None:
    """Let nobody else work on the batch until the transaction ends. Refused when its state is none of ``states``."""
    session.flush()
    wanted = sa.select(ImportBatch.id).where(ImportBatch.id == batch.id).with_for_update(skip_locked=True)
    if session.scalar(wanted) is None:
        raise Refused(N_("这个批次正在处理，请稍候"), status=409)
    session.refresh(batch)
    if batch.state not in [state.value for state in states]:
        label = BatchState(batch.state).label
        raise Refused(N_("这个批次的状态是“{state}”，不能进行这一步", state=label), status=409)
