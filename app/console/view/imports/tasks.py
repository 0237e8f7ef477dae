"""What a page asks for, done at once when the file is small, by a job when it is not; and the two jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy.orm import Session

from app import jobs
from app.console import guard, uploads
from app.console.history import events
from app.core import clock
from app.core.errors import NotVisible, Refused
from app.core.messages import N_, joined
from app.core.table import Table, by_name
from app.transfer import upload
from app.transfer.batch import BatchState, ImportBatch
from app.transfer.books import book
from app.transfer.merge import Outcome
from app.transfer.sighting import Sighting
from app.transfer.staging import Counts


def receive(session: Session, table: type[Table], file: Any) -> ImportBatch:
    """Keep the file that was sent, if it is not too large in bytes or rows."""
    limits = {"most_bytes": uploads.file_bytes(), "most_rows": int(current_app.config["IMPORT_ROWS"])}
    return upload.receive(session, table, file.filename or "", file.stream, **limits)


def check(session: Session, batch: ImportBatch, seen: Sighting, mapping: Mapping[int, str], url: str) -> None:
    """The batch is checked, or a job of the viewer is asked for that checks it; ``url`` is the batch's page.

    In a workbook of several sheets all are checked that are understood, as soon as all are understood.
    """
    check_all(session, book.begin_check(session, batch, seen, mapping), url)


def check_all(session: Session, batches: Sequence[ImportBatch], url: str) -> None:
    """Batches whose check has begun are checked, or a job is asked for that checks them."""
    if sum(upload.rows_in(each, each.sheet or "") for each in batches) > current_app.config["IMPORT_AT_ONCE"]:
        _defer(session, batches, "import_check", url)
        return
    for each in batches:
        book.check_on(session, each)


def commit(session: Session, batch: ImportBatch, url: str) -> None:
    """The good rows are stored, or a job of the viewer is asked for that stores them: of all sheets of a workbook."""
    batches = book.whole(session, batch)
    book.must_be_checked(batches)
    must_import(batches)
    if sum(each.row_count or 0 for each in batches) <= current_app.config["IMPORT_AT_ONCE"]:
        _stored(session, book.commit(session, batch))
        return
    for each in batches:
        upload.begin_commit(session, each)
    _defer(session, batches, "import_commit", url)


def must_import(batches: Sequence[ImportBatch]) -> None:
    """Refused when the viewer may no longer import one of the tables."""
    for each in batches:
        if not guard.may("import", each.table_name):
            label = by_name(each.table_name).__label__
            raise Refused(N_("您没有导入“{table}”的权限", table=label), status=403)


def _stored(session: Session, outcomes: Sequence[tuple[ImportBatch, Outcome]]) -> None:
    for each, outcome in outcomes:
        events.imported(session, by_name(each.table_name), outcome, file=each.file_name, batch=each.id)


def _defer(session: Session, batches: Sequence[ImportBatch], name: str, url: str) -> None:
    first = batches[0]
    labels = joined(by_name(each.table_name).__label__ for each in batches)
    title = N_("{table}：{file}", table=labels, file=first.file_name)
    about = ("import_batch", first.id)
    job = jobs.defer(session, name, {"batch": str(first.id), "url": url}, title=title, about=about)
    for each in batches:
        each.job_id = job.id
    session.flush()


def _batch(session: Session, args: Mapping[str, Any]) -> ImportBatch:
    batch = session.get(ImportBatch, UUID(args["batch"]))
    if batch is None:
        raise NotVisible
    return batch


def _given_up(session: Session, args: dict[str, Any], _state: str) -> None:
    """Nobody waits for a job that is over; a retry takes the batch up again."""
    batch = session.get(ImportBatch, UUID(args["batch"]), populate_existing=True)
    for each in book.members(session, batch) if batch is not None else ():
        if each.state in upload.BEFORE:
            upload.give_back(session, each)


def _taken_up(work: jobs.Work, state: BatchState, done: BatchState) -> list[ImportBatch]:
    """The batches that the job works on; what it has done before stays done."""
    batches = [each for each in book.members(work.session, _batch(work.session, work.args)) if each.state != done.value]
    for each in batches:
        upload.take_up(work.session, each, work.job_id, state)
    return batches


@jobs.task("import_check", N_("核对导入文件"), queue="imports", given_up=_given_up)
def import_check(work: jobs.Work) -> None:
    """Every row of the upload is staged with its problems; afterwards the batch waits for its commit."""
    batches, before = _taken_up(work, BatchState.CHECKING, BatchState.CHECKED), 0
    total = sum(upload.rows_in(each, each.sheet or "") for each in batches)
    counts = Counts()
    for each in batches:

        def progress(done: int, before: int = before) -> None:
            work.progress(min(before + done, total), total, N_("正在核对"))

        counts += book.check_on(work.session, each, pause=work.commit, progress=progress)
        before += upload.rows_in(each, each.sheet or "")
    work.result(work.args["url"], rows=counts.rows, failed=counts.error)


@jobs.task("import_commit", N_("写入导入数据"), queue="imports", given_up=_given_up)
def import_commit(work: jobs.Work) -> None:
    """The good rows of the upload are stored: all at once, or none."""
    _taken_up(work, BatchState.COMMITTING, BatchState.COMMITTED)

    def progress(done: int, total: int) -> None:
        work.progress(done, total, N_("正在写入"))

    outcomes = book.commit(work.session, _batch(work.session, work.args), progress=progress)
    _stored(work.session, outcomes)
    told = [outcome for _, outcome in outcomes]
    numbers = {name: sum(getattr(each, name) for each in told) for name in ("rows", "inserted", "updated")}
    work.result(work.args["url"], **numbers)


@jobs.swept
def old_uploads(session: Session) -> None:
    """Uploads that nobody committed, and the staged rows of those that somebody did, leave after their time."""
    upload.sweep(session, clock.now() - upload.KEPT)
