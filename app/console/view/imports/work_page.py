"""A job works on the upload: how far it is, what happens when one leaves; it is stopped, or tried again."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app import jobs
from app.console.view.imports.frame import BatchFrame
from app.core.errors import NotVisible
from app.core.messages import N_
from app.extensions import db
from app.jobs import State
from app.transfer.batch import BatchState, ImportBatch

#: States in which a job is at work, and the step of the four at which the page then stands.
BUSY = {BatchState.CHECKING.value: 3, BatchState.COMMITTING.value: 4, BatchState.UNDOING.value: 5}
_GONE = {
    BatchState.CHECKING.value: N_("文件较大，正在后台核对。可以离开本页，完成后在“我的任务”和这里查看结果。"),
    BatchState.COMMITTING.value: N_("正在后台写入，要么全部写入，要么都不写。可以离开本页，完成后在这里查看。"),
    BatchState.UNDOING.value: N_("正在后台撤销，要么全部做完，要么不改动。可以离开本页，完成后在这里查看。"),
}


class WorkPage(BatchFrame):
    """``/<table>/import/<batch>`` while a job works on it, ``…/stop``, ``…/retry``."""

    def _work_page(self, batch: ImportBatch) -> str:
        """How far the job is. Scripts keep it up to date; without them the page comes anew every few seconds."""
        job = jobs.state_of(db.session(), batch.job_id) if batch.job_id else None
        return self.page(
            "import_work",
            (str(N_("批量导入")), self.to("upload")),
            (batch.file_name, None),
            file=batch.file_name,
            size=batch.file_size,
            label=str(BatchState(batch.state).label),
            said=str(_GONE[batch.state]),
            step=BUSY[batch.state],
            job=job,
            job_id=str(batch.job_id) if job else None,
            urls=self._batch_addresses(batch)
            | {"stop": self.to("stop", pk=batch.id), "here": self.to("check", pk=batch.id)},
        )

    def _failed_job(self, batch: ImportBatch) -> dict[str, Any] | None:
        """Why the last job of the upload came to nothing, and how it is tried again."""
        job = jobs.state_of(db.session(), batch.job_id) if batch.job_id else None
        if job is None or job.state not in (State.FAILED, State.CANCELLED):
            return None
        was = N_("任务已取消") if job.state is State.CANCELLED else N_("任务没有完成")
        return {"text": job.message or str(was), "url": self.to("retry", pk=batch.id)}

    @expose("/import/<pk>/stop", methods=["POST"])
    @has_access
    @permission_name("import")
    def stop(self, pk: str) -> Any:
        """The job stops; the upload stands where it stood before."""
        batch = self._own_job(pk)
        jobs.cancel(db.session(), batch.job_id)
        db.session.commit()
        flash(str(N_("已要求停止，稍等片刻即可")), "info")
        return redirect(self.to("check", pk=pk))

    @expose("/import/<pk>/retry", methods=["POST"])
    @has_access
    @permission_name("import")
    def retry(self, pk: str) -> Any:
        """A job that failed or was stopped goes on where it was."""
        batch = self._own_job(pk)
        jobs.retry(db.session(), batch.job_id)
        db.session.commit()
        return redirect(self.to("check", pk=pk))

    def _own_job(self, pk: str) -> Any:
        batch = self._batch(pk)
        if batch.job_id is None or jobs.state_of(db.session(), batch.job_id) is None:
            raise NotVisible
        return batch
