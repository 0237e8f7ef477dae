"""A file comes in: chosen, looked at, and checked at once when every header is understood."""

from __future__ import annotations

from typing import Any

from flask import redirect, request
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console.uploads import takes_files
from app.console.view.imports import tasks
from app.console.view.imports.frame import BatchFrame
from app.core import clock, saving
from app.core.errors import Refused
from app.core.messages import N_
from app.extensions import db
from app.transfer import headers, sighting, upload
from app.transfer.batch import BatchState, ImportBatch

#: What a person may send in one go (config MAX_CONTENT_LENGTH cuts a little later).
FILE_LIMIT_MB = 20


class UploadPage(BatchFrame):
    """``/<table>/import``."""

    @expose("/import", methods=["GET", "POST"])
    @takes_files
    @has_access
    @permission_name("import")
    def upload(self) -> Any:
        """Choose a file; it is read, matched and checked at once when every header is understood."""
        if request.method == "GET":
            return self._upload_page()
        file = request.files.get("file")
        if file is None or not file.filename:
            return self._upload_page(N_("请先选择文件")), 422
        try:
            batch = tasks.receive(db.session(), self.table, file)
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
            "accepted": ",".join(sighting.SUFFIXES),
        }
        return self.page("import", crumb, urls=urls, limits=str(limits), **context)

    def _first_look(self, batch: ImportBatch) -> str:
        memory = headers.memory_of(db.session(), self.table)
        with upload.file_of(db.session(), batch) as path:
            seen = sighting.look(self.table, path, memory=memory)
        if seen.match.unknown or seen.missing(self.table):
            return self.to("map", pk=batch.id)
        address = self.to("check", pk=batch.id)
        tasks.check(db.session(), batch, seen, seen.match.fields, address)
        return address
