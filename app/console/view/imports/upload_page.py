"""A file comes in: chosen, looked at, and checked at once when every header is understood."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import current_app, flash, jsonify, redirect, request
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name
from sqlalchemy.orm import load_only

from app.console.uploads import takes_files
from app.console.view.imports import tasks
from app.console.view.imports.book_page import BookPage
from app.core import clock, saving
from app.core.errors import Refused
from app.core.messages import N_
from app.extensions import db
from app.transfer import first_sight, sighting
from app.transfer.batch import BEFORE, BatchState, Duplicates, ImportBatch

#: Uploads that are listed.
_LISTED = 10
_OPEN = (BatchState.UPLOADED.value, BatchState.CHECKING.value, BatchState.CHECKED.value, BatchState.COMMITTING.value)
_TONES = {"committed": "good", "checked": "info", "undone": "warn"} | dict.fromkeys(BEFORE, "info")


class UploadPage(BookPage):
    """``/<table>/import``."""

    @expose("/import", methods=["GET", "POST"])
    @takes_files
    @has_access
    @permission_name("import")
    def upload(self) -> Any:
        """Choose a file; it is read, matched and checked at once when every header is understood."""
        if request.method == "GET":
            return self._upload_page()
        session, file = db.session(), request.files.get("file")
        if file is None or not file.filename:
            return self._refuse_upload(N_("请先选择文件"), 422)
        given = request.form.get("duplicates", "")
        try:
            batch = tasks.receive(session, self.table, file)
            batch.duplicates = given if given in set(Duplicates) else Duplicates.UPDATE.value
            waiting = self._waiting(batch)
            if waiting is not None:
                session.rollback()
                return self._go_on(waiting)
            address = self._first_look(batch)
        except Refused as error:
            session.rollback()
            return self._refuse_upload(error.message, error.status)
        session.commit()
        return self._lead(address)

    def _first_look(self, batch: ImportBatch) -> str:
        """Where the upload goes on: at its headers when one of them is not understood, otherwise it is checked."""
        session = db.session()
        first_sight.look(session, batch)
        if address := self._make_book(batch):
            return address
        seen = first_sight.sighting_of(session, batch)
        if seen.match.unknown or seen.missing(self.table):
            return self.to("map", pk=batch.id)
        return self._begin_check(batch, seen, seen.match.fields)

    # -- the same file again -------------------------------------------------------------------------------------

    def _waiting(self, batch: ImportBatch) -> ImportBatch | None:
        """An upload of the same file by the same person that is not finished: it is gone on with, not doubled.

        Whoever sends a file many times at once waits for the first of them.
        """
        session, told = db.session(), f"{batch.table_name}:{batch.created_by}:{batch.file_digest}"
        session.execute(sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:told, 0))"), {"told": told})
        found = self._same_file(batch).where(
            ImportBatch.created_by == batch.created_by,
            ImportBatch.state.in_(_OPEN),
            ImportBatch.duplicates == batch.duplicates,
        )
        return session.scalars(found.limit(1)).first()

    def _go_on(self, waiting: ImportBatch) -> Any:
        state = BatchState(waiting.state).label
        told = {"when": clock.told(waiting.created_at), "state": state}
        flash(
            str(N_("您已于 {when} 上传过这个文件（{state}），已为您打开；要重新上传，请先放弃这一次。", **told)), "info"
        )
        return self._lead(self._home(waiting))

    # -- answers -------------------------------------------------------------------------------------------------

    def _lead(self, address: str) -> Any:
        """To the next page; a script that shows how far the file has been sent is told where that is."""
        return jsonify(url=address) if _by_script() else redirect(address)

    def _refuse_upload(self, problem: Any, status: int) -> Any:
        return (jsonify(problem=str(problem)) if _by_script() else self._upload_page(problem)), status

    def _upload_page(self, problem: Any = None) -> str:
        config = current_app.config
        size, rows = config["IMPORT_FILE_MB"], config["IMPORT_ROWS"]
        limits = N_(
            "可上传 .xlsx、.xls、.csv，每个文件最大 {size} MB、最多 {rows} 行；超过请分成几个文件",
            size=size,
            rows=f"{rows:,}",
        )
        urls = {
            "list": self.to("index"),
            "upload": self.to("upload"),
            "template": self.to("template"),
            "help": self.to("help"),
            "templates": self.to("templates"),
        }
        return self.page(
            "import",
            (str(N_("批量导入")), None),
            urls=urls,
            limits=str(limits),
            parts=[str(table.__label__) for table in self._parts()],
            megabytes=size,
            problem=str(problem) if problem else None,
            batches=[self._upload_told(batch) for batch in db.session.scalars(self._last_uploads())],
            duplicates=[(each.value, str(each.label)) for each in Duplicates],
            duplicate=request.form.get("duplicates") or self._last_choice(),
            accepted=",".join(sighting.SUFFIXES),
        )

    def _last_uploads(self) -> sa.Select[Any]:
        """The viewer's last uploads for this table."""
        return (
            saving.visible(ImportBatch, self.viewer())
            .where(ImportBatch.table_name == self.table.__tablename__)
            .where(ImportBatch.created_by == self.viewer().user_id)
            .options(load_only(*_SHOWN))
            .order_by(ImportBatch.id.desc())
            .limit(_LISTED)
        )

    def _upload_told(self, batch: ImportBatch) -> dict[str, Any]:
        counts = (
            (N_("新增 {n}", n=batch.inserted), batch.inserted),
            (N_("更新 {n}", n=batch.updated), batch.updated),
            (N_("跳过 {n}", n=batch.skipped), batch.skipped),
            (N_("错误 {n}", n=batch.failed), batch.failed),
        )
        return {
            "when": clock.told(batch.created_at),
            "file": batch.file_name,
            "rows": batch.row_count,
            "counts": [str(text) for text, number in counts if number],
            "state": str(BatchState(batch.state).label),
            "tone": _TONES.get(batch.state, "mute"),
            "job": str(batch.job_id) if batch.job_id and batch.state in BEFORE else None,
            "url": self._home(batch) if batch.state != BatchState.DISCARDED.value else None,
        }

    def _last_choice(self) -> str:
        """What the person let be done with stored rows the last time."""
        last = sa.select(ImportBatch.duplicates).where(
            ImportBatch.table_name == self.table.__tablename__,
            ImportBatch.created_by == self.viewer().user_id,
            ImportBatch.duplicates.is_not(None),
        )
        return db.session.scalar(last.order_by(ImportBatch.id.desc()).limit(1)) or Duplicates.UPDATE.value


_SHOWN = (
    ImportBatch.created_at, ImportBatch.file_name, ImportBatch.row_count, ImportBatch.inserted, ImportBatch.updated,
    ImportBatch.skipped, ImportBatch.failed, ImportBatch.state, ImportBatch.job_id, ImportBatch.book_id,
)  # fmt: skip


def _by_script() -> bool:
    """True when a script sent the form and reads the answer."""
    return request.accept_mimetypes.best == "application/json"
