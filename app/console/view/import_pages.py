"""Rows in by workbook: upload, map the headers, check like the sheet itself, commit, correct and upload again."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import sqlalchemy as sa
from flask import flash, redirect, request, send_file
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console.history import events
from app.console.paging import whole
from app.console.view.frame import Frame
from app.core import clock, saving, sealing
from app.core.errors import NotVisible, Refused
from app.core.fields import Grade
from app.core.fields.write import masked
from app.core.messages import N_, joined
from app.extensions import db
from app.transfer import upload
from app.transfer.batch import BatchState, ImportBatch
from app.transfer.columns import import_columns
from app.transfer.rows import StagedRow, staged_rows, write_failed
from app.transfer.upload import Sighting
from app.transfer.writer import file_name

#: What a person may send in one go (config MAX_CONTENT_LENGTH cuts a little later), and rows shown on one page.
FILE_LIMIT_MB, ROWS_SHOWN = 20, 50
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ImportPages(Frame):
    """``/<table>/import/…``: a batch of an upload, step by step."""

    @expose("/import", methods=["GET", "POST"])
    @has_access
    @permission_name("import")
    def upload(self) -> Any:
        """Choose a file; it is read, matched and checked at once when every header is understood."""
        if request.method == "GET":
            return self._upload_page()
        file = request.files.get("file")
        content = file.read() if file else b""
        if file is None or not content:
            return self._upload_page(N_("请先选择文件")), 422
        try:
            batch = upload.receive(db.session(), self.table, file.filename or "", content)
            address = self._first_look(batch)
        except Refused as error:
            db.session.rollback()
            return self._upload_page(error.message), error.status
        db.session.commit()
        return redirect(address)

    def _upload_page(self, problem: Any = None) -> str:
        found = (
            saving.visible(ImportBatch, self.viewer())
            .where(ImportBatch.table_name == self.table.__tablename__)
            .where(ImportBatch.created_by == self.viewer().user_id)
            .order_by(ImportBatch.id.desc())
            .limit(10)
        )
        limits = N_("可上传 .xlsx、.xls、.csv，最大 {size} MB、30 万行；超过请分成几个文件", size=FILE_LIMIT_MB)
        batches = [
            {
                "when": clock.told(batch.created_at),
                "file": batch.file_name,
                "rows": batch.row_count or 0,
                "state": str(BatchState(batch.state).label),
                "tone": {"committed": "good", "checked": "info"}.get(batch.state, "mute"),
                "url": self.to("check", pk=batch.id),
            }
            for batch in db.session.scalars(found)
        ]
        urls = {
            "list": self.to("index"),
            "upload": self.to("upload"),
            "template": self.to("template"),
            "help": self.to("help"),
        }
        crumb = (str(N_("批量导入")), None)
        context = {
            "problem": str(problem) if problem else None,
            "batches": batches,
            "accepted": ",".join(upload.SUFFIXES),
        }
        return self.page("import", crumb, urls=urls, limits=str(limits), **context)

    def _first_look(self, batch: ImportBatch) -> str:
        memory = upload.memory_of(db.session(), self.table)
        with upload.file_of(batch) as path:
            seen = upload.look(self.table, path, memory=memory)
        if seen.match.unknown or seen.missing(self.table):
            return self.to("map", pk=batch.id)
        upload.check(db.session(), batch, seen, seen.match.fields)
        return self.to("check", pk=batch.id)

    def _batch(self, pk: str) -> ImportBatch:
        batch = saving.find(db.session(), ImportBatch, pk)
        assert isinstance(batch, ImportBatch)
        if batch.table_name != self.table.__tablename__:
            raise NotVisible
        return batch

    @expose("/import/<pk>/map", methods=["GET", "POST"])
    @has_access
    @permission_name("import")
    def map(self, pk: str) -> Any:
        """Say which column carries which field; what is said is remembered for the next upload."""
        batch = self._batch(pk)
        memory = upload.memory_of(db.session(), self.table)
        given = request.values
        with upload.file_of(batch) as path:
            number, sheet = whole(given.get("header_row", ""), least=1), given.get("sheet") or None
            seen = upload.look(self.table, path, memory=memory, sheet=sheet, header_row=number)
        if request.method == "GET":
            return self._map_page(batch, seen, dict(seen.match.fields), bool(memory))
        chosen = {h.index: request.form.get(f"map.{h.index}", "") for h in seen.header.headers}
        inputs = {column.field.name for column in import_columns(self.table)}
        mapping = {index: name for index, name in chosen.items() if name in inputs}
        repeated = {name for name in mapping.values() if list(mapping.values()).count(name) > 1}
        if repeated or not mapping:
            labels = joined(self.table.__fields__[name].label for name in sorted(repeated))
            problem = N_("“{labels}”对应了不止一列", labels=labels) if repeated else N_("请至少对应一列")
            return self._map_page(batch, seen, mapping, bool(memory), str(problem)), 422
        said = {h.text: chosen[h.index] for h in seen.header.headers if h.text and not h.is_serial}
        upload.remember(db.session(), self.table, said)
        upload.check(db.session(), batch, seen, mapping)
        db.session.commit()
        return redirect(self.to("check", pk=batch.id))

    def _map_page(
        self, batch: ImportBatch, seen: Sighting, mapping: dict[int, str], known: bool, problem: str | None = None
    ) -> str:
        headers = [
            {
                "index": h.index,
                "letter": h.letter,
                "text": h.text,
                "samples": [self._sample(mapping.get(h.index), each) for each in seen.samples[h.index]],
                "field": mapping.get(h.index),
            }
            for h in seen.header.headers
            if not h.is_serial
        ]
        fields = [{"name": c.field.name, "label": c.header, "required": c.required} for c in import_columns(self.table)]
        urls = {
            "map": self.to("map", pk=batch.id),
            "discard": self.to("discard", pk=batch.id),
            "back": self.to("upload"),
        }
        return self.page(
            "import_map",
            (str(N_("批量导入")), self.to("upload")),
            (str(N_("对应表头")), None),
            headers=headers,
            fields=fields,
            sheets=list(seen.sheets),
            sheet=seen.sheet,
            header_row=seen.header.row_number,
            file=batch.file_name,
            remembered=known,
            problem=problem,
            urls=urls,
        )

    def _sample(self, name: str | None, cell: str) -> str:
        """A cell of the file as its first rows show it; what a row may hide is masked, so is the number of a person."""
        field = self.table.__fields__.get(name or "")
        return masked(cell) if field is not None and field.grade is Grade.SENSITIVE else sealing.without_persons(cell)

    @expose("/import/<pk>")
    @has_access
    @permission_name("import")
    def check(self, pk: str) -> Any:
        """The upload like the sheet itself, with the message inside the bad cell; after the commit, its result."""
        batch = self._batch(pk)
        if batch.state == BatchState.UPLOADED.value:
            return redirect(self.to("map", pk=batch.id))
        if batch.state == BatchState.DISCARDED.value:
            raise Refused(N_("这个批次已放弃，请重新上传"), status=409)
        done = batch.state == BatchState.COMMITTED.value
        staging = upload.staging_of(batch)
        states = staging.sql.c.state
        with_problem = sa.func.count().filter(staging.sql.c.problems.is_not(None), states != "error")
        warning = db.session.scalar(sa.select(with_problem).select_from(staging.sql)) or 0
        totals = {"rows": batch.row_count, "insert": batch.inserted, "update": batch.updated}
        totals |= {"unchanged": batch.unchanged, "error": batch.failed, "warning": warning}
        crumbs = ((str(N_("批量导入")), self.to("upload")), (batch.file_name, None))
        urls = {name: self.to(name, pk=batch.id) for name in ("commit", "discard", "errors", "map")}
        urls |= {"list": self.to("index"), "again": self.to("upload")}
        if done:
            return self.page("import_done", *crumbs, totals=totals, urls=urls, file=batch.file_name)
        only, after = request.args.get("only", ""), request.args.get("after", "")
        start = whole(after) or 0
        rows = list(staged_rows(db.session(), staging, batch.columns, only=only, after=start, limit=ROWS_SHOWN + 1))
        headers = batch.header_cells
        return self.page(
            "import_preview",
            *crumbs,
            state="checked",
            totals=totals,
            tabs=self._tabs(batch, totals, only),
            sheet={
                "name": batch.sheet,
                "letters": [letter for _, letter, _ in headers],
                "headers": [text for _, _, text in headers],
                "header_row": batch.header_row,
            },
            rows=[_shown(row, [index for index, _, _ in headers]) for row in rows[:ROWS_SHOWN]],
            pager=self._pages(batch, only, start, rows),
            urls=urls,
            file=batch.file_name,
        )

    def _tabs(self, batch: ImportBatch, totals: dict[str, Any], only: str) -> list[dict[str, Any]]:
        tabs = (
            ("", N_("全部"), totals["rows"]),
            ("error", N_("只看错误"), totals["error"]),
            ("warning", N_("只看提示"), totals["warning"]),
        )
        return [
            {
                "label": str(label),
                "url": self.to("check", pk=batch.id, only=name or None),
                "active": only == name,
                "count": n,
            }
            for name, label, n in tabs
        ]

    def _pages(self, batch: ImportBatch, only: str, start: int, rows: list[StagedRow]) -> dict[str, Any]:
        more = len(rows) > ROWS_SHOWN
        following = (
            self.to("check", pk=batch.id, only=only or None, after=rows[ROWS_SHOWN - 1].number) if more else None
        )
        first = self.to("check", pk=batch.id, only=only or None) if start else None
        return {"first": first, "prev": None, "next": following, "last": None, "sizes": []}

    @expose("/import/<pk>/commit", methods=["POST"])
    @has_access
    @permission_name("import")
    def commit(self, pk: str) -> Any:
        """Store the good rows of a checked upload."""
        batch = self._batch(pk)
        outcome = upload.commit(db.session(), batch)
        events.imported(db.session(), self.table, outcome, file=batch.file_name, batch=batch.id)
        db.session.commit()
        return redirect(self.to("check", pk=pk))

    @expose("/import/<pk>/discard", methods=["POST"])
    @has_access
    @permission_name("import")
    def discard(self, pk: str) -> Any:
        """Forget an upload."""
        upload.discard(db.session(), self._batch(pk))
        db.session.commit()
        flash(str(N_("已放弃这次导入，没有写入任何数据")), "info")
        return redirect(self.to("upload"))

    @expose("/import/<pk>/errors.xlsx")
    @has_access
    @permission_name("import")
    def errors(self, pk: str) -> Any:
        """Exactly the failed rows, as they were typed, with the reasons; corrected, it can be uploaded again."""
        batch = self._batch(pk)
        if batch.state not in (BatchState.CHECKED.value, BatchState.COMMITTED.value):
            raise Refused(N_("这个批次还没有核对，或已放弃"), status=409)
        rows = staged_rows(db.session(), upload.staging_of(batch), batch.columns, only="error", full=True)
        stream = BytesIO()
        write_failed(stream, batch.header_cells, rows)
        stream.seek(0)
        name = file_name(self.viewer().department, f"{self.table.__label__}{N_('错误')}", clock.today())
        return send_file(stream, mimetype=XLSX, as_attachment=True, download_name=name)


def _shown(row: StagedRow, indexes: list[int]) -> dict[str, Any]:
    cells = []
    for index in indexes:
        value = row.cells[index] if index < len(row.cells) else ""
        value = value.get("formula") or value.get("error") if isinstance(value, dict) else value
        problem = joined(row.at_cells.get(index, []), N_("；")) or None
        cells.append({"text": "" if value is None else str(value), "problem": problem})
    state = "warning" if row.state != "error" and row.messages else row.state
    return {"number": row.number, "state": state, "cells": cells, "problem": joined(row.at_row, N_("；")) or None}
