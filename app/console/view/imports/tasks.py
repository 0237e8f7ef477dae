"""What a page asks for, done at once when the file is small, by a job when it is not; and the two jobs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy.orm import Session

from app import jobs
from app.console import uploads
from app.console.history import events
from app.core.errors import NotVisible
from app.core.messages import N_
from app.core.table import Table, by_name
from app.transfer import upload
from app.transfer.batch import BatchState, ImportBatch
from app.transfer.sighting import Sighting


def receive(session: Session, table: type[Table], file: Any) -> ImportBatch:
    """Keep the file that was sent, if it is not too large in bytes or rows."""
    limits = {"most_bytes": uploads.file_bytes(), "most_rows": int(current_app.config["IMPORT_ROWS"])}
    return upload.receive(session, table, file.filename or "", file.stream, **limits)


def check(session: Session, batch: ImportBatch, seen: Sighting, mapping: Mapping[int, str], url: str) -> None:
    """The batch is checked, or a job of the viewer is asked for that checks it; ``url`` is the batch's page."""
    if upload.rows_in(batch, seen.sheet) <= current_app.config["IMPORT_AT_ONCE"]:
        upload.check(session, batch, seen, mapping)
        return
    upload.begin_check(session, batch, seen, mapping)
    _defer(session, batch, "import_check", url)


def commit(session: Session, batch: ImportBatch, url: str) -> None:
    """The good rows are stored, or a job of the viewer is asked for that stores them."""
    if (batch.row_count or 0) <= current_app.config["IMPORT_AT_ONCE"]:
        outcome = upload.commit(session, batch)
        events.imported(session, by_name(batch.table_name), outcome, file=batch.file_name, batch=batch.id)
        return
    upload.begin_commit(session, batch)
    _defer(session, batch, "import_commit", url)


def _defer(session: Session, batch: ImportBatch, name: str, url: str) -> None:
    title = N_("{table}：{file}", table=by_name(batch.table_name).__label__, file=batch.file_name)
    about = ("import_batch", batch.id)
    job = jobs.defer(session, name, {"batch": str(batch.id), "url": url}, title=title, about=about)
    batch.job_id = job.id
    session.flush()


def _batch(session: Session, args: Mapping[str, Any]) -> ImportBatch:
    batch = session.get(ImportBatch, UUID(args["batch"]))
    if batch is None:
        raise NotVisible
    return batch


def _given_up(session: Session, args: dict[str, Any], _state: str) -> None:
    """Nobody waits for a job that is over; a retry takes the batch up again."""
    batch = session.get(ImportBatch, UUID(args["batch"]), populate_existing=True)
    if batch is not None and batch.state in upload.BEFORE:
        upload.give_back(session, batch)


@jobs.task("import_check", N_("核对导入文件"), queue="imports", given_up=_given_up)
def import_check(work: jobs.Work) -> None:
    """Every row of the upload is staged with its problems; afterwards the batch waits for its commit."""
    batch = _batch(work.session, work.args)
    upload.take_up(work.session, batch, work.job_id, BatchState.CHECKING)
    total = upload.rows_in(batch, batch.sheet or "")

    def progress(done: int) -> None:
        work.progress(min(done, total), total, N_("正在核对"))

    counts = upload.check_on(work.session, batch, pause=work.commit, progress=progress)
    work.result(work.args["url"], rows=counts.rows, failed=counts.error)


@jobs.task("import_commit", N_("写入导入数据"), queue="imports", given_up=_given_up)
def import_commit(work: jobs.Work) -> None:
    """The good rows of the upload are stored: all at once, or none."""
    batch = _batch(work.session, work.args)
    upload.take_up(work.session, batch, work.job_id, BatchState.COMMITTING)

    def progress(done: int, total: int) -> None:
        work.progress(done, total, N_("正在写入"))

    outcome = upload.commit(work.session, batch, progress=progress)
    events.imported(work.session, by_name(batch.table_name), outcome, file=batch.file_name, batch=batch.id)
    work.result(work.args["url"], rows=outcome.rows, inserted=outcome.inserted, updated=outcome.updated)
