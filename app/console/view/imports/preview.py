"""What a page of an upload says: its numbers, the kinds of problems, one page of its rows, the ways around."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import request

from app.console.paging import whole
from app.console.view.imports.sheet import Sheet, Typed, changes_of, place, telling
from app.core.messages import N_
from app.core.table import Table
from app.extensions import db
from app.transfer import kinds, upload
from app.transfer.batch import BatchState, ImportBatch
from app.transfer.kinds import NOTHING, Kind, Summary
from app.transfer.rows import FILTERS, StagedRow, staged_rows
from app.transfer.staging import Staging

#: Rows shown on one page, and of them above the row that somebody jumps to.
ROWS_SHOWN, _ABOVE = 50, 8
#: Rows of a kind that are named in the list of kinds.
_NAMED = 5
#: Behind every row that a sheet can have.
_END = 2**31 - 1
#: Up to so many columns are shown at once without scrolling.
_FEW = 8
#: What an address of the page may ask, besides its filter.
_KEPT = ("only", "kind", "after", "before", "at", "columns")
_TABS = (
    ("", N_("全部")),
    ("error", N_("只看错误")),
    ("warning", N_("只看提示")),
    ("insert", N_("新增")),
    ("update", N_("更新")),
    ("unchanged", N_("无变化")),
    ("skipped", N_("跳过")),
)
#: States in which an upload is over.
DONE = (BatchState.COMMITTED.value, BatchState.UNDONE.value)


class Preview:
    """One upload, as the address of the request asks for it. ``typed`` is what stands in boxes and is not saved yet."""

    def __init__(
        self, table: type[Table], batch: ImportBatch, to: Callable[..., str], typed: Typed | None = None
    ) -> None:
        self.table, self.batch, self.to, self.typed = table, batch, to, typed
        self.staging: Staging = upload.staging_of(batch)
        self.is_done = batch.state in DONE
        self.is_kept = self.staging.exists(db.session())
        self.summary = self._summary() if self.is_kept else NOTHING
        only = request.values.get("only", "")
        self.kind = self.summary.find(request.values.get("kind", ""))
        self.only = only if only in FILTERS and self.kind is None else ""
        self.marked = place(request.values.get("at", ""))

    def context(self) -> dict[str, Any]:
        """Everything that the template shows."""
        rows, pager = self._rows() if self.is_kept else ([], {})
        changes = {} if self.is_done else changes_of(self.staging, rows)
        columns, headers = self.batch.columns, self.batch.header_cells
        sheet = Sheet(
            self.table,
            headers,
            columns,
            editable=not self.is_done,
            marked=self.marked,
            typed=self.typed,
            is_stored=self.is_done,
        )
        shown = [sheet.row(row, changes.get(row.number), record(self.to, row, is_done=self.is_done)) for row in rows]
        return {
            "batch": self.told(),
            "tabs": self._tabs(),
            "kinds": [self._told_kind(kind) for kind in self.summary.kinds],
            "kind": self.kind.told() if self.kind else None,
            "sheet": self._sheet(shown),
            "rows": shown,
            "place": self._found(rows),
            "pager": pager,
            "keep": {name: request.values.get(name, "") for name in _KEPT},
            "row_url": lambda number: self.to("row", pk=self.batch.id, at=number),
            "is_kept": self.is_kept,
        }

    def _summary(self) -> Summary:
        is_new = not self.batch.summary
        summary = kinds.of(db.session(), self.batch, self.staging)
        if is_new:
            db.session.commit()
        return summary

    def _rows(self) -> tuple[list[StagedRow], dict[str, Any]]:
        """One page of rows, and the addresses of the pages around it."""
        after, before = whole(request.values.get("after", "")) or 0, request.values.get("before", "")
        if self.marked is not None:
            above = self._some(before=self.marked[1], limit=_ABOVE + 1)[::-1]
            start = above[1:] if len(above) > _ABOVE else above
            size = ROWS_SHOWN - len(start)
            found = self._some(after=self.marked[1] - 1, limit=size + 1)
            rows, has_previous, has_next = start + found[:size], len(above) > _ABOVE, len(found) > size
        elif before:
            found = self._some(before=_END if before == "end" else whole(before) or _END, limit=ROWS_SHOWN + 1)
            rows, has_previous, has_next = found[:ROWS_SHOWN][::-1], len(found) > ROWS_SHOWN, before != "end"
        else:
            found = self._some(after=after, limit=ROWS_SHOWN + 1)
            rows, has_previous, has_next = found[:ROWS_SHOWN], after > 0, len(found) > ROWS_SHOWN
        to = self._filtered
        return rows, {
            "first": to() if has_previous else None,
            "prev": to(before=rows[0].number) if has_previous and rows else None,
            "next": to(after=rows[-1].number) if has_next and rows else None,
            "last": to(before="end") if has_next else None,
            "sizes": [],
        }

    def _some(self, *, after: int = 0, before: int | None = None, limit: int) -> list[StagedRow]:
        return list(
            staged_rows(
                db.session(),
                self.staging,
                self.batch.columns,
                only=self.only,
                kind=self.kind,
                summary=self.summary,
                after=after,
                before=before,
                limit=limit,
            )
        )

    def _filtered(self, **values: Any) -> str:
        """An address of this upload with the same filter."""
        kind = self.kind.key if self.kind else None
        asked = {"only": self.only or None, "kind": kind, "columns": request.values.get("columns") or None}
        return self.to("check", pk=self.batch.id, **asked, **values)

    def told(self) -> dict[str, Any]:
        """The upload in numbers."""
        batch = self.batch
        return {
            "file": batch.file_name,
            "state": batch.state,
            "state_label": str(BatchState(batch.state).label),
            "rows": batch.row_count or 0,
            "insert": batch.inserted or 0,
            "update": batch.updated or 0,
            "unchanged": batch.unchanged or 0,
            "skipped": batch.skipped or 0,
            "error": batch.failed or 0,
            "warning": self.summary.warnings,
            "good": (batch.inserted or 0) + (batch.updated or 0),
        }

    def _tabs(self) -> list[dict[str, Any]]:
        told = self.told()
        counts = {"": told["rows"]} | {name: told[name] for name in FILTERS}
        return [
            {
                "label": str(label),
                "url": self.to("check", pk=self.batch.id, only=name or None),
                "active": self.kind is None and self.only == name,
                "count": counts[name],
            }
            for name, label in _TABS
            if counts[name] or name in ("", "error")
        ]

    def _told_kind(self, kind: Kind) -> dict[str, Any]:
        """A kind of problem, with the first rows that have it as links to the cell."""
        field, pk = self.table.__fields__.get(kind.field or ""), self.batch.id
        index = next((index for index, name in self.batch.columns.items() if name == kind.field), None)
        letter = next((letter for at, letter, _ in self.batch.header_cells if at == index), "")
        return {
            "text": kind.told(str(field.label) if field is not None else ""),
            "code": kind.code,
            "letter": letter,
            "label": str(field.label) if field is not None else "",
            "is_warning": kind.is_warning,
            "rows": kind.where.rows,
            "url": self.to("check", pk=pk, kind=kind.key, _anchor="sheet"),
            "active": kind is self.kind,
            "first": [
                {"text": f"{letter}{row}", "url": self.to("check", pk=pk, at=f"{letter}{row}", _anchor=f"r{row}")}
                for row in kind.where.numbers[:_NAMED]
            ],
        }

    def _sheet(self, shown: list[dict[str, Any]]) -> dict[str, Any]:
        """The columns of the page: all of them, or where rows are filtered those that say something about them."""
        batch = self.batch
        labels = {index: str(self.table.__fields__[name].label) for index, name in batch.columns.items()}
        columns = [{"letter": letter, "text": text, "label": labels.get(at)} for at, letter, text in batch.header_cells]
        asked, is_wide = request.values.get("columns", ""), len(columns) > _FEW
        is_narrowed = is_wide and bool(shown) and (asked == "some" or (not asked and bool(self.only or self.kind)))
        if is_narrowed:
            told = telling(shown)
            columns = [column for at, column in enumerate(columns) if at in told]
            for row in shown:
                row["cells"] = [cell for at, cell in enumerate(row["cells"]) if at in told]
        values = {name: request.values.get(name) or None for name in _KEPT}
        values["columns"] = "all" if is_narrowed else "some"
        return {
            "name": batch.sheet,
            "header_row": batch.header_row,
            "columns": columns,
            "count": len(batch.header_cells),
            "is_wide": is_wide and not is_narrowed,
            "is_narrowed": is_narrowed,
            "columns_url": self.to("check", pk=batch.id, **values, _anchor="sheet") if is_wide and shown else None,
        }

    def _found(self, rows: list[StagedRow]) -> dict[str, Any] | None:
        """What somebody jumped to, and whether it is there."""
        if self.marked is None:
            return None
        letters, number = self.marked
        return {"text": f"{letters}{number}", "found": any(row.number == number for row in rows)}


def record(to: Callable[..., str], row: StagedRow, *, is_done: bool) -> str | None:
    """The stored record that a row is, or became."""
    is_stored = row.state != "error" and (is_done or row.state in ("unchanged", "skipped"))
    return to("show", pk=row.row_id) if is_stored and row.row_id is not None else None
