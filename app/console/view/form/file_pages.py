"""The files of a row: sent while its form is filled in, downloaded and removed on its page."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import sqlalchemy as sa
from flask import abort, flash, jsonify, redirect, request, send_file
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console import attachments, drafts, paging
from app.console.attached import Attachment
from app.console.view.frame import Frame
from app.core import corrections, saving
from app.core.errors import NotVisible, Refused
from app.core.messages import N_
from app.core.table import Table
from app.extensions import db


class FilePages(Frame):
    """``/<table>/stage`` (with a form), ``file/…`` and ``remove_file/…`` (of a stored row)."""

    @expose("/stage", methods=["POST"])
    @has_access
    @permission_name("add")
    def stage(self) -> Any:
        """The file is kept with the draft of a new row."""
        return self._stage(None)

    @expose("/stage/<pk>", methods=["POST"])
    @has_access
    @permission_name("edit")
    def stage_row(self, pk: str) -> Any:
        """The file is kept with the draft of a stored row."""
        row = self.own_row(pk)
        return self._stage(row)

    def _stage(self, row: Table | None) -> Any:
        """Answers as scripts read it, refusals too: nobody else asks."""
        session, viewer = db.session(), self.viewer()
        upload = request.files.get("file")
        if not attachments.holds(self.table) or upload is None:
            abort(404)
        name = str(row.id) if row is not None else drafts.NEW
        try:
            draft = drafts.keep(session, viewer, self.table, name, {}, paging.whole(request.form.get("version", "")))
            attachments.must_be_few(len(attachments.staged(session, draft.id)) + 1)
            told = attachments.stage(session, viewer, draft.id, upload)
            drafts.keep(session, viewer, self.table, name, {"_file": [*draft.files, told["id"]]}, draft.version)
            session.commit()
        except Refused as error:
            session.rollback()
            return jsonify(message=str(error)), error.status
        return jsonify(told)

    @expose("/file/<pk>")
    @has_access
    @permission_name("read")
    def file(self, pk: str) -> Any:
        """The file, to be saved and never to be shown by the browser; only for who sees its row."""
        found = self._file_found(pk)
        if found.content is None:
            raise NotVisible
        answer = send_file(
            BytesIO(found.content),
            mimetype=found.media_type,
            as_attachment=True,
            download_name=found.file_name,
            etag=found.digest,
            conditional=True,
        )
        answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
        answer.headers["Cache-Control"] = "private, no-store"
        return answer

    @expose("/remove_file/<pk>", methods=["POST"])
    @has_access
    @permission_name("edit")
    def remove_file(self, pk: str) -> Any:
        """The row has this file no more; only for who may edit the row."""
        found = self._file_found(pk)
        row = saving.find(db.session(), self.table, found.row_key)
        saving.must_be_own(row, self.viewer())
        corrections.must_not_be_out([row])
        name, stored = found.file_name, Attachment.__table__
        db.session.execute(sa.delete(stored).where(stored.c.id == found.id))
        db.session.commit()
        flash(str(N_("已删除附件：{name}", name=name)), "success")
        return redirect(self.to("show", pk=row.id))

    def _file_found(self, pk: str) -> Attachment:
        """The file of a row that the viewer may see. Raises NotVisible, for a hidden row as for none."""
        found = saving.find(db.session(), Attachment, pk)
        assert isinstance(found, Attachment)
        if found.table_name != self.table.__tablename__:
            raise NotVisible
        saving.find(db.session(), self.table, found.row_key)
        return found
