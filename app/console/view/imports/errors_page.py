"""The bad rows go back to whoever typed them: his own sheet, with what is wrong in each cell."""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Any

from flask import flash, redirect, url_for
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name
from sqlalchemy.orm import Session

from app import jobs
from app.console import download
from app.console.history import events
from app.console.view.imports.frame import ERRORS_AT_ONCE, BatchFrame
from app.core import clock, saving
from app.core.errors import Refused
from app.core.messages import N_
from app.core.table import by_name
from app.core.viewer import must_have
from app.extensions import db
from app.transfer import glimpse, upload
from app.transfer.batch import BatchState, ImportBatch
from app.transfer.error_book import Layout, Part, lists_of, write_failed_sheets
from app.transfer.export import XLSX
from app.transfer.reader import Header
from app.transfer.rows import StagedRow, staged_rows
from app.transfer.writer import file_name

#: Rows between two reports of the job, bytes that it moves at a time.
_TOLD, _PIECE = 1_000, 1 << 20
Progress = Callable[[int], None]
_MADE = (BatchState.CHECKED.value, BatchState.COMMITTED.value, BatchState.UNDONE.value)


class ErrorsPage(BatchFrame):
    """``/<table>/import/<batch>/errors.xlsx``; with many errors a job makes the same workbook."""

    @expose("/import/<pk>/errors.xlsx")
    @has_access
    @permission_name("import")
    def errors(self, pk: str) -> Any:
        """Exactly the failed rows, as they were typed, with the reasons; corrected, it can be uploaded again."""
        batch = self._with_errors(pk)
        if (batch.failed or 0) > ERRORS_AT_ONCE:
            raise Refused(N_("错误行较多，请在核对页面点“后台生成错误工作簿”"), status=409)
        name = book_name(self.viewer().department, batch)
        answer = download.workbook("", lambda stream: write(db.session(), batch, stream), name=name)
        db.session.commit()
        return answer

    @expose("/import/<pk>/errors", methods=["POST"])
    @has_access
    @permission_name("import")
    def errors_job(self, pk: str) -> Any:
        """The workbook is made by a job of the viewer, who finds it among his jobs."""
        batch, session = self._with_errors(pk), db.session()
        args = {"batch": str(batch.id), "name": book_name(self.viewer().department, batch)}
        args |= {"url": self.to("check", pk=batch.id)}
        title, about = N_("错误工作簿：{file}", file=batch.file_name), ("import_batch", batch.id)
        once = f"import_errors:{batch.id}:{self.viewer().user_id}"
        jobs.defer(session, "import_errors", args, title=title, about=about, once=once)
        session.commit()
        flash(str(N_("正在后台生成错误工作簿，完成后在这里下载")), "info")
        return redirect(url_for("JobPage.index"))

    def _with_errors(self, pk: str) -> ImportBatch:
        batch = self._batch(pk)
        if batch.state not in _MADE or not upload.staging_of(batch).exists(db.session()):
            raise Refused(N_("这个批次还没有核对，或已放弃"), status=409)
        return batch


@jobs.task("import_errors", N_("生成错误工作簿"), queue="imports")
def import_errors(work: jobs.Work) -> None:
    """The failed rows of an upload as a workbook, kept for its person."""
    batch = saving.find(work.session, ImportBatch, work.args["batch"])
    assert isinstance(batch, ImportBatch)
    with tempfile.TemporaryFile() as file:
        rows = write(work.session, batch, file, lambda done: work.progress(done, batch.failed, N_("正在生成")))
        file.seek(0)
        with work.keep(work.args["name"], XLSX) as writing:
            shutil.copyfileobj(file, writing, _PIECE)
    work.result(work.args["url"], message=N_("共 {n} 行", n=rows), rows=rows)


def book_name(department: str, batch: ImportBatch) -> str:
    """What the error workbook of a batch is called."""
    return file_name(department, f"{by_name(batch.table_name).__label__}{N_('错误')}", clock.today())


def write(session: Session, batch: ImportBatch, stream: IO[bytes], progress: Progress | None = None) -> int:
    """Write the failed rows of a batch as the person's own sheet. Returns how many there are."""
    part = failed_part(session, batch)
    rows = _told(part.rows, progress) if progress else part.rows
    return write_failed_sheets(stream, [dataclasses.replace(part, rows=rows)])


def failed_part(session: Session, batch: ImportBatch) -> Part:
    """The failed rows of a batch, and how the person's sheet looks; that they are taken out is on the log."""
    own = batch.created_by == must_have(session).user_id  # whoever typed it gets it back; to others it is masked
    rows = staged_rows(session, upload.staging_of(batch), batch.columns, only="error", full=own)
    events.exported(session, by_name(batch.table_name), batch.failed, form="xlsx", errors_of=str(batch.id))
    return Part(layout_of(batch), rows, batch.failed or 0)


def _told(rows: Iterable[StagedRow], progress: Progress) -> Iterator[StagedRow]:
    for done, row in enumerate(rows):
        if done % _TOLD == 0:
            progress(done)
        yield row


def layout_of(batch: ImportBatch) -> Layout:
    """The person's own sheet, as far as the batch knows it."""
    headers = [Header(*parts) for parts in batch.header_cells]
    lists, seen = lists_of(by_name(batch.table_name), batch.columns), glimpse.kept(batch)
    if seen is None or batch.sheet is None or not batch.header_row:
        return Layout(headers, batch.sheet or "", lists=lists)
    above, merged = seen.sheet(batch.sheet).above(batch.header_row)
    return Layout(headers, batch.sheet, batch.header_row, above, merged, lists)
