"""Where a batch stands: who may take the next step, and who holds it meanwhile."""

from __future__ import annotations

import time
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import stored
from app.core.errors import Refused
from app.core.messages import N_
from app.core.table import by_name
from app.core.viewer import origin_of
from app.transfer.batch import BEFORE, BatchState, ImportBatch
from app.transfer.staging import Staging

#: So many seconds does a job wait for whoever is at its batch, and so often does it look.
_PATIENCE, _PAUSE = 20.0, 0.1


def staging_of(batch: ImportBatch) -> Staging:
    """The staging table of a checked batch."""
    return Staging(by_name(batch.table_name), batch.staging)


def hold(session: Session, batch: ImportBatch, *states: BatchState, patience: float = 0.0) -> None:
    """Let nobody else work on the batch until the transaction ends. Refused when its state is none of ``states``.

    A page that meets another at it says so at once, or after ``patience`` seconds; a job, which nobody would send
    again, waits for its turn.
    """
    session.flush()
    wanted = sa.select(ImportBatch.id).where(ImportBatch.id == batch.id).with_for_update(skip_locked=True)
    until = time.monotonic() + (_PATIENCE if origin_of(session)[0].via == "job" else patience)
    while session.scalar(wanted) is None:
        if time.monotonic() >= until:
            raise Refused(N_("这个批次正在处理，请稍候"), status=409)
        time.sleep(_PAUSE)
    session.refresh(batch)
    if batch.state not in [state.value for state in states]:
        label = BatchState(batch.state).label
        raise Refused(N_("这个批次的状态是“{state}”，不能进行这一步", state=label), status=409)


def give_back(session: Session, batch: ImportBatch) -> None:
    """Nobody works on the batch any more: it stands where it stood before."""
    hold(session, batch, *(BatchState(state) for state in BEFORE), patience=_PATIENCE)
    batch.state = BEFORE[batch.state].value
    session.flush()


def take_up(session: Session, batch: ImportBatch, job: UUID, state: BatchState) -> None:
    """The job works on the batch again, where it was given back. Refused when another job has it, or it is done."""
    hold(session, batch, state, BEFORE[state.value])
    if batch.job_id != job:
        raise Refused(N_("这个批次已另行处理，不能再继续这个任务"), status=409)
    batch.state = state.value
    session.flush()


def forget_file(session: Session, batch: ImportBatch) -> None:
    """The batch has no file any more; the file goes with the last batch that has it."""
    if batch.file_id is not None:
        same = sa.select(ImportBatch.id).where(ImportBatch.file_id == batch.file_id, ImportBatch.id != batch.id)
        if session.scalar(same.limit(1)) is None:  # the other sheets of its workbook may need it yet
            stored.forget(session, batch.file_id)
        batch.file_id = None
