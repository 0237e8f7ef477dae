"""An import taken back: first what would become of its rows, then the undo, then the rows that stayed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import xlsxwriter
from flask import redirect, request, url_for
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
from app.core.table import by_name
from app.extensions import db
from app.transfer import undo
from app.transfer.batch import BatchState, ImportBatch
from app.transfer.undo import Bucket, Part, PlanRow
from app.transfer.writer import OPTIONS, Pen

#: Rows of each bucket that the preview shows, rows of a page of those that stayed, rows told at a time in a workbook.
_FIRST, _SHOWN, _TOLD = 10, 50, 1000

LABELS = {
    Bucket.REVERSED: N_("撤销"),
    Bucket.OUT: N_("保留：已公示、报送或发布"),
    Bucket.KEPT: N_("保留：导入后有变动"),
    Bucket.REFUSED: N_("不能撤销：已被引用"),
}
STAYED = (Bucket.OUT, Bucket.KEPT, Bucket.REFUSED)


class UndoPage(WorkPage):
    """``/<table>/import/<batch>/undo``: of a workbook of several tables all are taken back together."""

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
        with undo.preview(db.session(), batch) as parts:
            sheets = [self._sheet(part) for part in parts]
            counts = sum((part.counts for part in parts), undo.Counts())
        days = settings.value(db.session(), undo.DAYS)
        return self._undo_page(batch, counts=counts, sheets=sheets, is_open=True, days=days, job=self._job(batch))

    def _undo(self, batch: ImportBatch) -> Any:
        address = self.to("undo", pk=batch.id)
        undo_work.take_back(db.session(), batch, address)
        db.session.commit()
        return redirect(address)

    @expose("/import/<pk>/undo.xlsx")
    @has_access
    @permission_name("import")
    def kept_rows(self, pk: str) -> Any:
        """The rows that an undo left as they are, of every table, with the reason of each, as a workbook."""
        batch = self._batch(pk)
        batches = [each for each in undo.together(db.session(), batch) if self._is_told(each)]
        if batch.state != BatchState.UNDONE.value or not batches:
            return redirect(self.to("undo", pk=batch.id))
        lines = (line for each in batches for bucket in STAYED for line in _lines(each, bucket))
        return download.workbook(f"{self.table.__label__}{N_('未撤销')}", lambda stream: _write(stream, lines))

    def _is_told(self, batch: ImportBatch) -> bool:
        """True while it is known which rows of the batch stayed."""
        return batch.state == BatchState.UNDONE.value and undo.kept(db.session(), batch).exists(db.session())

    def _sheet(self, part: Part) -> dict[str, Any]:
        """One table of the preview, with the first rows of each bucket."""
        rows = {each: _told(part.batch, part.plan.rows(each, limit=_FIRST)) for each in Bucket}
        return {
            "label": _called(part.batch),
            "counts": part.counts,
            "rows": {each.value: told for each, told in rows.items()},
        }

    def _undone(self, batch: ImportBatch) -> Any:
        """What became of the rows of one table; the other tables of its workbook are a tab away."""
        session, is_told = db.session(), self._is_told(batch)
        numbers = _numbers(batch)
        asked = request.args.get("only")
        only = next((each for each in STAYED if each.value == asked), None)
        only = only or next((each for each in STAYED if numbers[each]), Bucket.KEPT)
        rows, start = [], _read_place(request.args.get("after", ""))
        if numbers[only] and is_told:
            rows = undo.kept(session, batch).rows(only, after=start, limit=_SHOWN + 1)
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
            for each in STAYED
        ]  # fmt: skip
        counts = undo.Counts(
            removed=batch.undo_reversed or 0, **{each.value: number for each, number in numbers.items()}
        )
        sheet = {"label": "", "counts": counts, "rows": {only.value: _told(batch, rows[:_SHOWN])}}
        given = {"others": self._others(batch), "tabs": tabs, "pager": pager, "is_kept": is_told}
        return self._undo_page(batch, counts=counts, sheets=[sheet], **given)

    def _others(self, batch: ImportBatch) -> list[dict[str, Any]]:
        """The tables that were taken back together, where there are several."""
        batches = undo.together(db.session(), batch)
        return [
            {"label": _called(each), "reversed": each.undo_reversed or 0, "stayed": sum(_numbers(each).values()),
             "active": each.id == batch.id, "url": url_for(f"{each.table_name}.undo", pk=each.id)}
            for each in (batches if len(batches) > 1 else ())
        ]  # fmt: skip

    def _undo_page(self, batch: ImportBatch, **context: Any) -> str:
        urls = {name: self.to(name, pk=batch.id) for name in ("undo", "kept_rows")} | {"check": self._home(batch)}
        urls |= {"list": self.to("index"), "again": self.to("upload")}
        given: dict[str, Any] = {"tabs": None, "pager": None, "is_open": False, "is_kept": False, "others": []}
        crumbs = [
            (str(N_("批量导入")), self.to("upload")),
            (batch.file_name, urls["check"]),
            (str(N_("撤销导入")), None),
        ]
        written = sum((each.inserted or 0) + (each.updated or 0) for each in undo.together(db.session(), batch))
        told = {"state": batch.state, "file": batch.file_name, "rows": written}
        told |= {"committed": clock.told(batch.committed_at) if batch.committed_at else ""}
        told |= {"undone": clock.told(batch.undone_at) if batch.undone_at else ""}
        given |= {
            "job": None,
            "urls": urls,
            "batch": told,
            "buckets": [(each.value, str(LABELS[each])) for each in Bucket],
        }
        return self.page("import_undo", *crumbs, **(given | context))

    def _job(self, batch: ImportBatch) -> Any:
        """The job that works on the batch or did last, if it is the viewer's own."""
        found = jobs.state_of(db.session(), batch.job_id) if batch.job_id else None
        return {"id": str(batch.job_id), "state": found} if found is not None else None

    def _must_be_his(self, batch: ImportBatch) -> None:
        """Who brought rows in may take them back; who takes back what others brought needs the right to delete."""
        for each in undo.together(db.session(), batch):
            is_own = each.created_by == self.viewer().user_id
            if not is_own and each.inserted and not guard.may("delete", each.table_name):
                raise Refused(N_("撤销他人的导入会删除记录，您没有删除权限"), status=403)


def _numbers(batch: ImportBatch) -> dict[Bucket, int]:
    """How many rows an undo of the batch left as they are, by bucket."""
    return {
        Bucket.OUT: batch.undo_out or 0,
        Bucket.KEPT: batch.undo_kept or 0,
        Bucket.REFUSED: batch.undo_refused or 0,
    }


def _called(batch: ImportBatch) -> str:
    """The table of a batch, and its sheet where that is called otherwise."""
    label = str(by_name(batch.table_name).__label__)
    return label if batch.sheet in (None, label) else f"{label} · {batch.sheet}"


def _told(batch: ImportBatch, rows: list[PlanRow]) -> list[dict[str, Any]]:
    return undo_rows.tell(db.session(), by_name(batch.table_name), batch, rows)


def _lines(batch: ImportBatch, bucket: Bucket) -> Iterator[list[str]]:
    """The rows of a bucket as lines of a workbook, some at a time."""
    after, label = (-1, -1), str(by_name(batch.table_name).__label__)
    while rows := undo.kept(db.session(), batch).rows(bucket, after=after, limit=_TOLD):
        yield from ([label, *line] for line in undo_rows.reasons(_told(batch, rows)))
        after = _place(rows[-1])


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
        [(N_("数据表"), 16), (N_("文件行号"), 10), (N_("记录"), 40), (N_("原因"), 30), (N_("说明"), 60)]
    ):
        sheet.set_column(column, column, width)
        pen.text(sheet, 0, column, str(label), bold=True)
    sheet.freeze_panes(1, 0)
    for number, line in enumerate(lines, 1):
        for column, value in enumerate(line):
            pen.cell(sheet, number, column, value)
    book.close()
