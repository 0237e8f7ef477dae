"""The upload like the sheet itself, with the message inside the bad cell; after the commit, its result."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import redirect, request
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console.paging import whole
from app.console.view.imports.frame import BatchFrame
from app.core.errors import Refused
from app.core.messages import N_, joined
from app.extensions import db
from app.transfer import upload
from app.transfer.batch import BatchState, ImportBatch
from app.transfer.rows import StagedRow, staged_rows

#: Rows shown on one page.
ROWS_SHOWN = 50


class CheckPage(BatchFrame):
    """``/<table>/import/<batch>``."""

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


def _shown(row: StagedRow, indexes: list[int]) -> dict[str, Any]:
    cells = []
    for index in indexes:
        value = row.cells[index] if index < len(row.cells) else ""
        value = value.get("formula") or value.get("error") if isinstance(value, dict) else value
        problem = joined(row.at_cells.get(index, []), N_("；")) or None
        cells.append({"text": "" if value is None else str(value), "problem": problem})
    state = "warning" if row.state != "error" and row.messages else row.state
    return {"number": row.number, "state": state, "cells": cells, "problem": joined(row.at_row, N_("；")) or None}
