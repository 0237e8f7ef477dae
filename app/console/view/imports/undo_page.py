"""An import taken back: first what would become of its rows, then the undo, then the rows that stayed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import xlsxwriter
from flask import redirect, request
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app import jobs
from app.console import download, guard
from app.console.paging import whole
from app.console.view.imports import undo_rows, undo_work
from app.console.view.imports.work_page import WorkPage
from app.core import clock, settings
from app.core.errors import Refused
from app.core.messages import N_
from app.extensions import db
from app.transfer import undo
from app.transfer.batch import BatchState, ImportBatch
from app.transfer.undo import Bucket, PlanRow
from app.transfer.writer import OPTIONS, Pen

#: Rows of each bucket that the preview shows, rows of a page of those that stayed, rows told at a time in a workbook.
_FIRST, _SHOWN, _TOLD = 10, 50, 1000

LABELS = {
    Bucket.REVERSED: N_("撤销"),
    Bucket.KEPT: N_("保留：导入后有变动"),
    Bucket.REFUSED: N_("不能撤销：已被引用"),
}


class UndoPage(WorkPage):
    """``/<table>/import/<batch>/undo``."""

    @expose("/import/<pk>/undo", methods=["GET", "POST"])
    @has_access
    @permission_name("import")
    def undo(self, pk: str) -> Any:
        """What an undo would do, by bucket, before it is confirmed; afterwards what it did and which rows stayed."""
        batch = self._batch(pk)
        if request.method == "POST":
            self._must_be_his(batch)
            return self._undo(batch)
        if batch.state == BatchState.UNDONE.value:
            return self._undone(batch)
        if batch.state == BatchState.UNDOING.value:
            return self._work_page(batch)
        if batch.state != BatchState.COMMITTED.value:  # not stored yet
            return redirect(self.to("check", pk=batch.id))
        self._must_be_his(batch)
        with undo.preview(db.session(), batch) as plan:
            counts = plan.counts()
            rows = {bucket: self._told(batch, plan.rows(bucket, limit=_FIRST)) for bucket in Bucket}
        days = settings.value(db.session(), undo.DAYS)
        return self._undo_page(batch, counts=counts, rows=rows, is_open=True, days=days, job=self._job(batch))

    def _undo(self, batch: ImportBatch) -> Any:
        address = self.to("undo", pk=batch.id)
        undo_work.take_back(db.session(), batch, address)
        db.session.commit()
        return redirect(address)

    @expose("/import/<pk>/undo.xlsx")
    @has_access
    @permission_name("import")
    def kept_rows(self, pk: str) -> Any:
        """The rows that an undo left as they are, with the reason of each, as a workbook."""
        batch = self._batch(pk)
        plan = undo.kept(db.session(), batch)
        if batch.state != BatchState.UNDONE.value or not plan.exists():
            return redirect(self.to("undo", pk=batch.id))
        lines = (line for bucket in (Bucket.KEPT, Bucket.REFUSED) for line in self._lines(batch, bucket))
        return download.workbook(f"{self.table.__label__}{N_('未撤销')}", lambda stream: _write(stream, lines))

    def _lines(self, batch: ImportBatch, bucket: Bucket) -> Iterator[list[str]]:
        after = (-1, -1)
        while rows := undo.kept(db.session(), batch).rows(bucket, after=after, limit=_TOLD):
            yield from undo_rows.reasons(self._told(batch, rows))
            after = _place(rows[-1])

    def _undone(self, batch: ImportBatch) -> Any:
        only = Bucket.REFUSED if request.args.get("only") == Bucket.REFUSED.value else Bucket.KEPT
        if not batch.undo_kept and batch.undo_refused:
            only = Bucket.REFUSED
        numbers = {Bucket.KEPT: batch.undo_kept or 0, Bucket.REFUSED: batch.undo_refused or 0}
        plan, rows, start = undo.kept(db.session(), batch), [], _read_place(request.args.get("after", ""))
        if numbers[only] and plan.exists():
            rows = plan.rows(only, after=start, limit=_SHOWN + 1)
        following = rows[_SHOWN - 1] if len(rows) > _SHOWN else None
        here = {"pk": batch.id, "only": only.value}
        pager: dict[str, Any] = {
            "first": self.to("undo", **here) if start != (-1, -1) else None,
            "prev": None, "last": None, "sizes": [],
            "next": self.to("undo", **here, after="{}-{}".format(*_place(following))) if following else None,
        }  # fmt: skip
        tabs = [
            {"label": str(LABELS[each]), "count": numbers[each], "active": each is only,
             "url": self.to("undo", pk=batch.id, only=each.value)}
            for each in (Bucket.KEPT, Bucket.REFUSED)
        ]  # fmt: skip
        counts = undo.Counts(
            removed=batch.undo_reversed or 0, kept=batch.undo_kept or 0, refused=batch.undo_refused or 0
        )
        told = self._told(batch, rows[:_SHOWN])
        return self._undo_page(batch, counts=counts, rows={only: told}, tabs=tabs, pager=pager, is_kept=plan.exists())

    def _undo_page(self, batch: ImportBatch, **context: Any) -> str:
        urls = {name: self.to(name, pk=batch.id) for name in ("check", "undo", "kept_rows")}
        urls |= {"list": self.to("index"), "again": self.to("upload")}
        given: dict[str, Any] = {"counts": None, "tabs": None, "pager": None, "is_open": False, "is_kept": False}
        crumbs = [
            (str(N_("批量导入")), self.to("upload")),
            (batch.file_name, urls["check"]),
            (str(N_("撤销导入")), None),
        ]
        told = {"state": batch.state, "file": batch.file_name, "rows": (batch.inserted or 0) + (batch.updated or 0)}
        told |= {"committed": clock.told(batch.committed_at) if batch.committed_at else ""}
        told |= {"undone": clock.told(batch.undone_at) if batch.undone_at else ""}
        given |= {
            "job": None,
            "urls": urls,
            "batch": told,
            "buckets": [(each.value, str(LABELS[each])) for each in Bucket],
        }
        rows = {bucket.value: rows for bucket, rows in context.pop("rows", {}).items()}
        return self.page("import_undo", *crumbs, **(given | context), rows=rows)

    def _told(self, batch: ImportBatch, rows: list[PlanRow]) -> list[dict[str, Any]]:
        return undo_rows.tell(db.session(), self.table, batch, rows)

    def _job(self, batch: ImportBatch) -> Any:
        """The job that works on the batch or did last, if it is the viewer's own."""
        found = jobs.state_of(db.session(), batch.job_id) if batch.job_id else None
        return {"id": str(batch.job_id), "state": found} if found is not None else None

    def _must_be_his(self, batch: ImportBatch) -> None:
        """Who brought rows in may take them back; who takes back what others brought needs the right to delete."""
        is_own = batch.created_by == self.viewer().user_id
        if not is_own and batch.inserted and not guard.may("delete", self.table.__tablename__):
            raise Refused(N_("撤销他人的导入会删除记录，您没有删除权限"), status=403)


def _place(row: PlanRow) -> tuple[int, int]:
    return row.number or 0, row.place


def _read_place(text: str) -> tuple[int, int]:
    number, _, place = text.partition("-")
    at = whole(number)
    return (
        (at, int(place)) if at is not None and place.isascii() and place.isdecimal() and len(place) < 19 else (-1, -1)
    )


def _write(stream: Any, lines: Iterator[list[str]]) -> None:
    """A plain sheet of the lines below their headers."""
    book = xlsxwriter.Workbook(stream, OPTIONS)
    pen, sheet = Pen(book), book.add_worksheet(str(N_("未撤销的行")))
    for column, (label, width) in enumerate(
        [(N_("文件行号"), 10), (N_("记录"), 40), (N_("原因"), 30), (N_("说明"), 60)]
    ):
        sheet.set_column(column, column, width)
        pen.text(sheet, 0, column, str(label), bold=True)
    sheet.freeze_panes(1, 0)
    for number, line in enumerate(lines, 1):
        for column, value in enumerate(line):
            pen.cell(sheet, number, column, value)
    book.close()
