"""The bad rows go back to whoever typed them: his own sheet, with what is wrong in each cell."""

from __future__ import annotations

import tempfile
from typing import IO, Any

from flask import send_file
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name
from sqlalchemy.orm import Session

from app.console.view.export_page import XLSX
from app.console.view.imports.frame import BatchFrame
from app.core import clock
from app.core.errors import Refused
from app.core.messages import N_
from app.core.table import by_name
from app.extensions import db
from app.transfer import glimpse, upload
from app.transfer.batch import BatchState, ImportBatch
from app.transfer.error_book import Layout, Part, lists_of, write_failed_sheets
from app.transfer.reader import Header
from app.transfer.rows import staged_rows
from app.transfer.writer import file_name

#: Up to so many rows the workbook is made while the person waits.
AT_ONCE = 20_000
_MADE = (BatchState.CHECKED.value, BatchState.COMMITTED.value, BatchState.UNDONE.value)


class ErrorsPage(BatchFrame):
    """``/<table>/import/<batch>/errors.xlsx``."""

    @expose("/import/<pk>/errors.xlsx")
    @has_access
    @permission_name("import")
    def errors(self, pk: str) -> Any:
        """Exactly the failed rows, as they were typed, with the reasons; corrected, it can be uploaded again."""
        batch = self._batch(pk)
        if batch.state not in _MADE or not upload.staging_of(batch).exists(db.session()):
            raise Refused(N_("这个批次还没有核对，或已放弃"), status=409)
        stream = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the answer, when it has been sent
        write(db.session(), batch, stream)
        stream.seek(0)
        name = file_name(self.viewer().department, f"{self.table.__label__}{N_('错误')}", clock.today())
        return send_file(stream, mimetype=XLSX, as_attachment=True, download_name=name)


def write(session: Session, batch: ImportBatch, stream: IO[bytes]) -> int:
    """Write the failed rows of a batch as the person's own sheet. Returns how many there are."""
    return write_failed_sheets(stream, [failed_part(session, batch)])


def failed_part(session: Session, batch: ImportBatch) -> Part:
    """The failed rows of a batch, and how the person's sheet looks."""
    rows = staged_rows(session, upload.staging_of(batch), batch.columns, only="error", full=True)
    return Part(layout_of(batch), rows, batch.failed or 0)


def layout_of(batch: ImportBatch) -> Layout:
    """The person's own sheet, as far as the batch knows it."""
    headers = [Header(*parts) for parts in batch.header_cells]
    lists, seen = lists_of(by_name(batch.table_name), batch.columns), glimpse.kept(batch)
    if seen is None or batch.sheet is None or not batch.header_row:
        return Layout(headers, batch.sheet or "", lists=lists)
    above, merged = seen.sheet(batch.sheet).above(batch.header_row)
    return Layout(headers, batch.sheet, batch.header_row, above, merged, lists)
