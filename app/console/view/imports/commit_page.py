"""What happens to a checked upload: it is stored, forgotten, or its bad rows go back to whoever typed them."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from flask import flash, redirect, send_file
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console.view.export_page import XLSX
from app.console.view.imports import tasks
from app.console.view.imports.frame import BatchFrame
from app.core import clock
from app.core.errors import Refused
from app.core.messages import N_
from app.extensions import db
from app.transfer import upload
from app.transfer.batch import BatchState
from app.transfer.rows import staged_rows, write_failed
from app.transfer.writer import file_name


class CommitPage(BatchFrame):
    """``/<table>/import/<batch>/commit``, ``/discard``, ``/errors.xlsx``."""

    @expose("/import/<pk>/commit", methods=["POST"])
    @has_access
    @permission_name("import")
    def commit(self, pk: str) -> Any:
        """Store the good rows of a checked upload."""
        batch = self._batch(pk)
        address = self.to("check", pk=pk)
        tasks.commit(db.session(), batch, address)
        db.session.commit()
        return redirect(address)

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
