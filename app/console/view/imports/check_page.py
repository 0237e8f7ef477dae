"""The upload like the sheet itself: what is wrong by kind, each message in its cell, what an update changes."""

from __future__ import annotations

from typing import Any

from flask import redirect
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console.view.imports.preview import Preview
from app.console.view.imports.sheet import Typed
from app.console.view.imports.work_page import BUSY, WorkPage
from app.core.errors import Refused
from app.core.messages import N_
from app.transfer.batch import BatchState, ImportBatch


class CheckPage(WorkPage):
    """``/<table>/import/<batch>``."""

    @expose("/import/<pk>")
    @has_access
    @permission_name("import")
    def check(self, pk: str) -> Any:
        """The upload like the sheet itself, with the message inside the bad cell; after the commit, its result."""
        batch = self._batch(pk)
        if batch.state == BatchState.UPLOADED.value:
            return redirect(self.to("book" if batch.book_id else "map", pk=batch.id))
        if batch.state == BatchState.DISCARDED.value:
            raise Refused(N_("这个批次已放弃，请重新上传"), status=409)
        if batch.state == BatchState.UNDOING.value:
            return redirect(self.to("undo", pk=batch.id))
        if batch.state in BUSY:
            if batch.book_id and batch.state != BatchState.UNDOING.value:
                return redirect(self.to("book", pk=batch.id))
            return self._work_page(batch)
        return self._check_page(batch)

    def _check_page(self, batch: ImportBatch, typed: Typed | None = None, problem: str | None = None) -> str:
        """The page of a checked or committed upload; ``typed`` is what stands in boxes and was not accepted yet."""
        shown = Preview(self.table, batch, self.to, typed)
        return self.page(
            "import_done" if shown.is_done else "import_preview",
            (str(N_("批量导入")), self.to("upload")),
            (batch.file_name, None),
            notes=self._template_notes(batch),
            failed=None if shown.is_done else self._failed_job(batch),
            same=None if shown.is_done else self._stored_before(batch),
            problem=problem,
            book=self.to("book", pk=batch.id) if batch.book_id else None,
            urls=self._batch_addresses(batch),
            **shown.context(),
        )
