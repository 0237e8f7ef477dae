"""Uploads that wait for a person: received, checked, committed or discarded."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.orm import Session

from app.core import clock, stored
from app.core.errors import Refused
from app.core.messages import N_
from app.core.table import Table, by_name
from app.core.viewer import looking_as, must_have
from app.transfer.batch import BatchState, ImportBatch
from app.transfer.headers import own_numbers
from app.transfer.merge import Outcome, merge
from app.transfer.sighting import SUFFIXES, Sighting, stage
from app.transfer.stage import Counts
from app.transfer.staging import Staging


def receive(session: Session, table: type[Table], file_name: str, content: bytes) -> ImportBatch:
    """Keep an uploaded file as a new batch."""
    if must_have(session).department_id is None:
        raise Refused(N_("您的账号还没有任职部门，不能导入"), status=403)
    file = stored.facts(session, stored.keep(session, io.BytesIO(content), file_name))
    batch = ImportBatch(
        table_name=table.__tablename__,
        file_name=file_name[-255:],
        state=BatchState.UPLOADED.value,
        file_id=file.id,
        file_digest=file.digest,
        file_size=file.size,
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
    suffix = Path(batch.file_name).suffix.lower()
    with stored.on_disk(session, batch.file_id, suffix if suffix in SUFFIXES else "") as path:
        yield path


def check(session: Session, batch: ImportBatch, sighting: Sighting, mapping: Mapping[int, str]) -> Counts:
    """Check the whole file with this mapping; afterwards the batch waits for its commit."""
    table = by_name(batch.table_name)
    _hold(session, batch, BatchState.UPLOADED, BatchState.CHECKED)
    _drop(session, batch)
    with file_of(session, batch) as path:
        stager = stage(session, table, path, sighting, mapping)
    with looking_as(session, None):
        connection = session.connection()
        connection.exec_driver_sql(f'ALTER TABLE {stager.staging.full_name} RENAME TO "{batch.staging}"')
    batch.sheet, batch.header_row = sighting.sheet, sighting.header.row_number
    batch.headers = [[h.index, h.letter, h.text] for h in sighting.header.headers]
    batch.mapping = {str(index): name for index, name in mapping.items()}
    batch.state, batch.row_count = BatchState.CHECKED.value, stager.counts.rows
    batch.inserted, batch.updated = stager.counts.insert, stager.counts.update
    batch.unchanged, batch.failed = stager.counts.unchanged, stager.counts.error
    session.flush()
    return stager.counts


def staging_of(batch: ImportBatch) -> Staging:
    """The staging table of a checked batch."""
    return Staging(by_name(batch.table_name), batch.staging)


def commit(session: Session, batch: ImportBatch) -> Outcome:
    """Store the good rows, once: a second commit of the same batch is refused."""
    _hold(session, batch, BatchState.CHECKED)
    outcome = merge(session, staging_of(batch))
    batch.state, batch.committed_at = BatchState.COMMITTED.value, clock.now()
    _forget_file(session, batch)
    batch.inserted, batch.updated = outcome.inserted, outcome.updated
    batch.unchanged, batch.failed = outcome.unchanged, outcome.failed
    session.flush()
    return outcome


def discard(session: Session, batch: ImportBatch) -> None:
    """Forget an upload that was not committed."""
    _hold(session, batch, BatchState.UPLOADED, BatchState.CHECKED)
    _drop(session, batch)
    batch.state = BatchState.DISCARDED.value
    _forget_file(session, batch)
    session.flush()


def _forget_file(session: Session, batch: ImportBatch) -> None:
    if batch.file_id is not None:
        stored.forget(session, batch.file_id)
        batch.file_id = None


def _hold(session: Session, batch: ImportBatch, *states: BatchState) -> None:
    """Let nobody else work on the batch until the transaction ends. Refused when its state is none of ``states``."""
    session.refresh(batch, with_for_update=True)
    if batch.state not in [state.value for state in states]:
        label = BatchState(batch.state).label
        raise Refused(N_("这个批次的状态是“{state}”，不能进行这一步", state=label), status=409)


def _drop(session: Session, batch: ImportBatch) -> None:
    with looking_as(session, None):
        staging_of(batch).drop(session)
