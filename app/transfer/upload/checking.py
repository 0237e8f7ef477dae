"""The check: every row is staged with its problems, in one go or in chunks that are gone on with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy.orm import Session

from app.core.table import by_name
from app.transfer import again, kinds
from app.transfer.batch import BatchState, Duplicates, ImportBatch
from app.transfer.books import kin, known
from app.transfer.reader import Header, HeaderGuess
from app.transfer.sighting import Sighting, rows_of, stager_for
from app.transfer.stage import Mode, Stager
from app.transfer.staging import Counts
from app.transfer.upload.arrival import file_of
from app.transfer.upload.standing import hold, staging_of

#: Rows that are staged by one transaction of a job; so many are read again after a crash, at most.
AT_A_TIME = 5_000

MODES: Mapping[str, Mode] = {
    Duplicates.UPDATE.value: "upsert",
    Duplicates.SKIP.value: "skip",
    Duplicates.ONLY_UPDATE.value: "update",
}


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
    hold(session, batch, BatchState.UPLOADED, BatchState.CHECKED)
    batch.sheet, batch.header_row = sighting.sheet, sighting.header.row_number
    batch.headers = [[h.index, h.letter, h.text] for h in sighting.header.headers]
    batch.mapping = {str(index): name for index, name in mapping.items()}
    session.flush()


def begin_again(session: Session, batch: ImportBatch) -> None:
    """The batch is being checked from its first row on, as it is understood."""
    hold(session, batch, BatchState.UPLOADED, BatchState.CHECKED)
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
    hold(session, batch, BatchState.CHECKING)
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
                hold(session, batch, BatchState.CHECKING)
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
    hold(session, batch, BatchState.CHECKED)
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
