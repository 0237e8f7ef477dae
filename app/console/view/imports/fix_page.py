"""Bad cells are corrected in the browser: in the sheet, or on the page of one row; judged anew when they are saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, request
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console.paging import whole
from app.console.view.imports.check_page import CheckPage
from app.console.view.imports.preview import DONE, record
from app.console.view.imports.sheet import Sheet, Typed, base_of, changes_of, place
from app.core.errors import NotVisible, Refused
from app.core.messages import N_, joined
from app.extensions import db
from app.transfer import upload
from app.transfer.batch import BatchState, ImportBatch
from app.transfer.rows import StagedRow, plain, staged_rows

#: Rows that one form may carry: more than any page shows.
_MOST_ROWS = 200
#: So many seconds does a correction wait for another one; longer, and a job would keep all pages waiting.
_PATIENCE = 3.0
#: The longest text that a cell takes, as in a sheet.
_LONGEST = 32_767


class FixPage(CheckPage):
    """``/<table>/import/<batch>/fix`` and ``…/row``."""

    @expose("/import/<pk>/fix", methods=["POST"])
    @has_access
    @permission_name("import")
    def fix(self, pk: str) -> Any:
        """Take the corrected cells and judge their rows anew. Rows that somebody else changed meanwhile are shown."""
        batch = self._batch(pk)
        session = db.session()
        upload.hold(session, batch, BatchState.CHECKED, patience=_PATIENCE)
        typed, bases = _typed(request.form), _bases(request.form)
        shown = {row.number: row for row in self._staged(batch, list(typed))}
        fresh: dict[int, Mapping[int, str]] = {}
        late: dict[int, Mapping[int, str]] = {}
        for row in self._staged(batch, list(typed), full=True):
            changed = _changed(row, shown[row.number], typed[row.number], set(batch.columns))
            if changed and base_of(shown[row.number]) != bases.get(row.number):
                late[row.number] = typed[row.number]
            elif changed:
                fresh[row.number] = changed
        if fresh:
            self._judge_anew(batch, fresh)
        session.commit()
        if late:
            return self._fix_conflict(batch, late), 409
        return redirect(self._after_fix(batch))

    def _judge_anew(self, batch: ImportBatch, fresh: Mapping[int, Mapping[int, str]]) -> None:
        """The rows stand with their new cells and are judged by them, and so are the counts by kind."""
        session = db.session()
        upload.check_rows(session, batch, sorted(fresh.items()))
        now = {row.number: row for row in self._staged(batch, list(fresh))}
        still = [number for number, row in now.items() if row.state == "error"]
        flash(str(N_("已重新核对 {n} 行，{good} 行已正确", n=len(fresh), good=len(fresh) - len(still))), "success")
        if still:
            told = joined(sorted(still)[:20])
            flash(str(N_("仍有错误的行：{rows}", rows=told)), "warning")

    def _fix_conflict(self, batch: ImportBatch, late: Typed) -> str:
        """The page again, with what was typed in its boxes and what stands there now."""
        rows = joined(sorted(late))
        said = N_("第 {rows} 行刚刚被他人改过，没有保存；下面是现在的内容和您填写的内容，请核对后再保存", rows=rows)
        if request.form.get("row"):
            return self._row_page(batch, next(iter(late)), late, str(said))
        return self._check_page(batch, late, str(said))

    def _after_fix(self, batch: ImportBatch) -> str:
        """Where the form stood."""
        if number := whole(request.form.get("row", ""), least=1):
            return self.to("row", pk=batch.id, at=number)
        kept = {name: request.form.get(name) or None for name in ("only", "kind", "after", "before", "at", "columns")}
        return self.to("check", pk=batch.id, **kept, _anchor="sheet")

    def _staged(self, batch: ImportBatch, numbers: list[int], *, full: bool = False) -> list[StagedRow]:
        staging = upload.staging_of(batch)
        return list(staged_rows(db.session(), staging, batch.columns, numbers=numbers, full=full, limit=_MOST_ROWS))

    @expose("/import/<pk>/row")
    @has_access
    @permission_name("import")
    def row(self, pk: str) -> Any:
        """One row of an upload with all its cells, one below the other; without ``?at=`` the first that is wrong."""
        batch = self._batch(pk)
        if batch.state not in (BatchState.CHECKED.value, *DONE):
            return redirect(self.to("check", pk=batch.id))
        asked = place(request.args.get("at", ""))
        return self._row_page(batch, asked[1] if asked else None)

    def _row_page(
        self, batch: ImportBatch, number: int | None, typed: Typed | None = None, problem: str | None = None
    ) -> str:
        staging, session, columns = upload.staging_of(batch), db.session(), batch.columns
        if not staging.exists(session):
            raise Refused(N_("这个批次的明细已不再保留"), status=410)
        found = self._staged(batch, [number]) if number else None
        if found is None:
            found = list(staged_rows(session, staging, columns, only="error", limit=1))
            found = found or list(staged_rows(session, staging, columns, limit=1))
        if not found:
            raise NotVisible(N_("文件里没有这一行"))
        row = found[0]
        is_open = batch.state == BatchState.CHECKED.value
        sheet = Sheet(
            self.table,
            batch.header_cells,
            columns,
            editable=is_open,
            typed=typed,
            whole=True,
            is_stored=batch.state in DONE,
        )
        before = next(staged_rows(session, staging, columns, only="error", before=row.number, limit=1), None)
        after = next(staged_rows(session, staging, columns, only="error", after=row.number, limit=1), None)
        changes = {} if not is_open else changes_of(staging, [row])
        return self.page(
            "import_row",
            (str(N_("批量导入")), self.to("upload")),
            (batch.file_name, self.to("check", pk=batch.id)),
            (str(N_("第 {n} 行", n=row.number)), None),
            file=batch.file_name,
            row=sheet.row(row, changes.get(row.number), record(self.to, row, is_done=batch.state in DONE)),
            is_open=is_open,
            problem=problem,
            urls=self._batch_addresses(batch)
            | {
                "sheet": self.to("check", pk=batch.id, at=row.number, _anchor=f"r{row.number}"),
                "before": self.to("row", pk=batch.id, at=before.number) if before else None,
                "after": self.to("row", pk=batch.id, at=after.number) if after else None,
            },
        )


def _typed(form: Any) -> dict[int, dict[int, str]]:
    """What was typed: ``c.<row>.<column index>``. What is no such name, or too much, is left out."""
    found: dict[int, dict[int, str]] = {}
    for name, value in form.items():
        parts = name.split(".")
        if len(parts) == 3 and parts[0] == "c":
            number, index = whole(parts[1], least=1), whole(parts[2])
            if number is not None and index is not None and (number in found or len(found) < _MOST_ROWS):
                found.setdefault(number, {})[index] = _cut(value.replace("\r\n", "\n").replace("\x00", ""))
    return found


def _cut(text: str) -> str:
    """As much of the text as a cell of a sheet takes, which counts as UTF-16 does."""
    return text.encode("utf-16-le", "surrogatepass")[: 2 * _LONGEST].decode("utf-16-le", "ignore")


def _bases(form: Any) -> dict[int, str]:
    """How each row stood when its boxes were shown."""
    parts = ((name.partition(".")[2], value) for name, value in form.items() if name.startswith("base."))
    return {number: value for text, value in parts if (number := whole(text, least=1)) is not None}


def _changed(row: StagedRow, shown: StagedRow, typed: Mapping[int, str], columns: set[int]) -> dict[int, str]:
    """The cells that somebody typed something else into. An empty box over a masked value leaves it as it is."""
    found = {}
    for index, text in typed.items():
        if index not in columns:
            continue
        whole_text = str(plain(row.cells[index])) if index < len(row.cells) else ""
        seen = str(plain(shown.cells[index])) if index < len(shown.cells) else ""
        is_masked = seen != whole_text
        if text.strip() != whole_text.strip() and not (is_masked and text.strip() in ("", seen)):
            found[index] = text.strip()
    return found
