"""What every page of an upload knows: its batch, and only one of this table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from app.console.view.frame import Frame
from app.console.view.imports import tasks
from app.core import clock, saving
from app.core.errors import NotVisible
from app.core.messages import N_
from app.extensions import db
from app.transfer import template_version, undo
from app.transfer.batch import BatchState, ImportBatch
from app.transfer.sighting import Sighting
from app.transfer.template import FORMATS

#: Up to so many bad rows are written to the error workbook while the person waits.
ERRORS_AT_ONCE = 20_000


class BatchFrame(Frame):
    """A page about one upload."""

    def _batch(self, pk: str) -> ImportBatch:
        batch = saving.find(db.session(), ImportBatch, pk)
        assert isinstance(batch, ImportBatch)
        if batch.table_name != self.table.__tablename__:
            raise NotVisible
        return batch

    def _batch_addresses(self, batch: ImportBatch) -> dict[str, Any]:
        """Where the pages of the upload are."""
        names = ["check", "commit", "discard", "errors", "map", "fix", "forget"]
        if batch.state in (BatchState.UNDONE.value, BatchState.UNDOING.value) or undo.may_undo(db.session(), batch):
            names.append("undo")
        may_repeat = batch.updated or batch.skipped or self.table.__duplicates__
        if batch.state == BatchState.CHECKED.value and may_repeat:
            names.append("same")
        return {name: self.to(name, pk=batch.id) for name in names} | {
            "list": self.to("index"),
            "again": self.to("upload"),
            "template": self.to("template"),
            "errors_job": self.to("errors_job", pk=batch.id) if (batch.failed or 0) > ERRORS_AT_ONCE else None,
        }

    def _home(self, batch: ImportBatch) -> str:
        """The page on which the upload is committed: its own, or its workbook's."""
        return self.to("book" if batch.book_id else "check", pk=batch.id)

    def _begin_check(self, batch: ImportBatch, seen: Sighting, mapping: Mapping[int, str]) -> str:
        """The rows are checked, or a job is asked for that checks them. Returns where that is to be seen."""
        address = self._home(batch)
        tasks.check(db.session(), batch, seen, mapping, address)
        return address

    def _same_file(self, batch: ImportBatch) -> sa.Select[Any]:
        """Other uploads of the same file for this table that the viewer may see, the newest first."""
        return (
            saving.visible(ImportBatch, self.viewer())
            .where(ImportBatch.table_name == batch.table_name, ImportBatch.file_digest == batch.file_digest)
            .where(ImportBatch.id != batch.id)
            .order_by(ImportBatch.id.desc())
        )

    def _stored_before(self, batch: ImportBatch) -> dict[str, str] | None:
        """The last time that somebody stored the same file, in words."""
        if batch.file_digest is None:
            return None
        wanted = self._same_file(batch).where(
            ImportBatch.id < batch.id, ImportBatch.state == BatchState.COMMITTED.value
        )
        found = db.session.scalars(wanted.limit(1)).first()
        if found is None:
            return None
        told = {"inserted": found.inserted or 0, "updated": found.updated or 0, "failed": found.failed or 0}
        told |= {"when": clock.told(found.committed_at or found.created_at)}
        own = N_("您于 {when} 已上传过同一个文件：已提交，新增 {inserted}，更新 {updated}，错误 {failed}。", **told)
        other = N_(
            "本部门于 {when} 已上传过同一个文件：已提交，新增 {inserted}，更新 {updated}，错误 {failed}。", **told
        )
        text = own if found.created_by == self.viewer().user_id else other
        return {"text": str(text), "url": self.to("check", pk=found.id)}

    def _template_notes(self, batch: ImportBatch) -> list[str]:
        """What changed since the template of the upload was made, in sentences."""
        if not batch.template:
            return []
        said = template_version.words(template_version.from_json(batch.template), FORMATS)
        return [str(N_("模板版本较旧，建议下载新模板")), *said] if said else []
