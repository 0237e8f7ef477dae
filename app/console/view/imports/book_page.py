"""A workbook of several tables on one page: its sheets with their numbers; checked, stored or forgotten together."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, url_for
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app import jobs
from app.console import download, guard
from app.console.view.imports import tasks
from app.console.view.imports.errors_page import failed_part
from app.console.view.imports.frame import ERRORS_AT_ONCE
from app.console.view.imports.work_page import BUSY, WorkPage
from app.core.errors import Refused
from app.core.messages import N_, Message, joined
from app.core.table import Table, by_name
from app.extensions import db
from app.transfer import glimpse, headers, undo, upload
from app.transfer.batch import BatchState, ImportBatch
from app.transfer.books import book
from app.transfer.books.order import followers, ordered
from app.transfer.books.recognise import recognise
from app.transfer.error_book import write_failed_sheets
from app.transfer.template import write_templates

_TONES = {
    BatchState.UPLOADED.value: "warn",
    BatchState.CHECKED.value: "info",
    BatchState.COMMITTED.value: "good",
    BatchState.UNDONE.value: "warn",
}
_DONE = (BatchState.COMMITTED.value, BatchState.UNDONE.value, BatchState.UNDOING.value)
#: The columns of a batch that are added up.
_NUMBERS = ("row_count", "inserted", "updated", "unchanged", "skipped", "failed")


class BookPage(WorkPage):
    """``/<table>/import/<batch>/book``, ``…/leave``, ``…/book.xlsx``, and ``/<table>/templates``."""

    def _parts(self) -> list[type[Table]]:
        """The tables that are filled in together with this one, as far as the viewer may import them."""
        found = [table for table in followers(self.table) if guard.may("import", table.__tablename__)]
        return ordered([self.table, *found]) if found else []

    @expose("/templates")
    @has_access
    @permission_name("import")
    def templates(self) -> Any:
        """One workbook with a sheet for this table and each that belongs to its rows, parents first."""
        tables = self._parts() or [self.table]
        title = N_("{table}导入模板", table=joined(table.__label__ for table in tables))
        return download.workbook(str(title), lambda stream: write_templates(tables, stream))

    def _make_book(self, batch: ImportBatch) -> str | None:
        """The page of the workbook, when the upload holds several tables; checked if all sheets are understood."""
        session, seen = db.session(), glimpse.kept(batch)
        if seen is None:
            return None
        found = recognise(seen, self.table, _may, lambda table: headers.memory_of(session, table))
        if not found.is_book(self.table):
            if self.table in found.sheets:
                for each in found.unwanted():
                    flash(str(N_("工作表“{sheet}”没有导入：{why}", sheet=each.sheet, why=each.told())), "warning")
            return None
        book.make(session, batch, found)
        address = self.to("book", pk=batch.id)
        tasks.check_all(session, book.begin(session, batch), address)
        return address

    @expose("/import/<pk>/book")
    @has_access
    @permission_name("import")
    def book(self, pk: str) -> Any:
        """Every sheet of the workbook with what is to become of its rows; each opens its own preview."""
        batch = self._batch(pk)
        if batch.book_id is None:
            return redirect(self.to("check", pk=batch.id))
        batches = book.members(db.session(), batch)
        if not batches:
            raise Refused(N_("这个批次已放弃，请重新上传"), status=409)
        if batch not in batches:  # its sheet was left out: the workbook goes on under another table
            return redirect(_to(batches[0], "book"))
        busy = next((each for each in batches if each.state in BUSY), None)
        states = {each.state for each in batches}
        sheets = [self._sheet_told(each, batches) for each in batches]
        waiting = [each["label"] for each in sheets if each["unmapped"]]
        return self.page(
            "import_book",
            (str(N_("批量导入")), self.to("upload")),
            (batch.file_name, None),
            file=batch.file_name,
            sheets=sheets,
            totals={name: sum(getattr(each, name) or 0 for each in batches) for name in _NUMBERS},
            left_out=[{"sheet": each.sheet, "why": each.told()} for each in book.left_out(batch)],
            order=joined((by_name(each.table_name).__label__ for each in batches), Message(" → ")),
            notes={each["sheet"]: each["notes"] for each in sheets if each["notes"]},
            is_done=states <= set(_DONE),
            is_ready=states == {BatchState.CHECKED.value},
            is_undone=states == {BatchState.UNDONE.value},
            waiting=waiting,
            step=BUSY[busy.state] if busy else (5 if states <= set(_DONE) else 3),
            busy=self._busy(busy) if busy else None,
            failed=None if busy or states <= set(_DONE) else self._failed_job(batch),
            urls=self._batch_addresses(batch)
            | {"errors": self.to("book_errors", pk=batch.id), "here": self.to("book", pk=batch.id)}
            | {"templates": self.to("templates"), "stop": self.to("stop", pk=batch.id), "undo": self._undo_of(batches)},
        )

    def _undo_of(self, batches: list[ImportBatch]) -> str | None:
        """Where the workbook is taken back, if it can be and the viewer may import each of its tables."""
        stored = [each for each in batches if undo.may_undo(db.session(), each)]
        return (
            _to(stored[0], "undo") if stored and all(guard.may("import", each.table_name) for each in stored) else None
        )

    def _busy(self, batch: ImportBatch) -> dict[str, Any]:
        return {
            "label": str(BatchState(batch.state).label),
            "job": jobs.state_of(db.session(), batch.job_id) if batch.job_id else None,
            "id": str(batch.job_id),
        }

    def _sheet_told(self, batch: ImportBatch, batches: list[ImportBatch]) -> dict[str, Any]:
        table = by_name(batch.table_name)
        may = guard.may("import", batch.table_name)
        is_open = batch.state in (BatchState.CHECKED.value, *_DONE)
        unmapped = batch.state == BatchState.UPLOADED.value and batch.mapping is None
        state = BatchState(batch.state).label
        if batch.state == BatchState.UPLOADED.value and not unmapped:
            state = N_("等待其他工作表") if any(each.mapping is None for each in batches) else N_("待核对")
        return {
            "sheet": batch.sheet or "",
            "label": str(table.__label__),
            "state": str(state),
            "tone": _TONES.get(batch.state, "info"),
            "numbers": {name: getattr(batch, name) for name in _NUMBERS} if is_open else None,
            "unmapped": unmapped,
            "notes": self._template_notes(batch),
            "url": _to(batch, "check") if is_open and may else None,
            "errors": _to(batch, "check", only="error") if is_open and may and batch.failed else None,
            "map": _to(batch, "map")
            if batch.state in (BatchState.UPLOADED.value, BatchState.CHECKED.value) and may
            else None,
            "leave": _to(batch, "leave") if len(batches) > 1 and may and batch.state not in (*_DONE, *BUSY) else None,
            "list": url_for(f"{batch.table_name}.index") if guard.may("read", batch.table_name) else None,
        }

    @expose("/import/<pk>/leave", methods=["POST"])
    @has_access
    @permission_name("import")
    def leave(self, pk: str) -> Any:
        """This sheet is not imported; those that may refer to it are checked anew."""
        batch, session = self._batch(pk), db.session()
        others = [each for each in book.whole(session, batch) if each.id != batch.id]
        if batch.book_id is None or not others:
            raise Refused(N_("这个文件只有这一张表，要放弃请选“放弃”"), status=409)
        begun = book.leave_out(session, batch)
        address = _to(others[0], "book")
        if begun:
            tasks.check_all(session, begun, address)
        session.commit()
        flash(str(N_("工作表“{sheet}”不再导入", sheet=batch.sheet or self.table.__label__)), "info")
        return redirect(address)

    @expose("/import/<pk>/book.xlsx")
    @has_access
    @permission_name("import")
    def book_errors(self, pk: str) -> Any:
        """The failed rows of all sheets, each under its own header; corrected, the file can be uploaded again."""
        batch, session = self._batch(pk), db.session()
        batches = [each for each in book.whole(session, batch) if guard.may("import", each.table_name)]
        ready = (BatchState.CHECKED.value, *_DONE)
        if any(each.state not in ready or not upload.staging_of(each).exists(session) for each in batches):
            raise Refused(N_("这个批次还没有核对，或已放弃"), status=409)
        if sum(each.failed or 0 for each in batches) > ERRORS_AT_ONCE:
            raise Refused(N_("错误行较多，请在各工作表的核对页面分别生成错误工作簿"), status=409)
        parts = [failed_part(session, each) for each in batches]
        answer = download.workbook(
            f"{self.table.__label__}{N_('错误')}", lambda stream: write_failed_sheets(stream, parts)
        )
        session.commit()
        return answer


def _may(table: type[Table]) -> bool:
    return guard.may("import", table.__tablename__)


def _to(batch: ImportBatch, page: str, **values: Any) -> str:
    return url_for(f"{batch.table_name}.{page}", pk=batch.id, **values)
