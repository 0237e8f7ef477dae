"""Many rows taken back: a job, under the name and the row security of whoever asked for it."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app import jobs
from app.core import saving
from app.core.messages import N_
from app.transfer import undo
from app.transfer.batch import ImportBatch

TASK = "import_undo"


def ask(session: Session, batch: ImportBatch) -> None:
    """The batch waits for the job that takes it back. Raises Refused. Never commits."""
    undo.start(session, batch)
    title = N_("撤销导入：{file}", file=batch.file_name)
    job = jobs.defer(session, TASK, {"batch": str(batch.id)}, title=title, about=("import_batch", batch.id))
    batch.job_id = job.id
    session.flush()


def _given_up(session: Session, args: dict[str, Any], _state: str) -> None:
    batch = session.get(ImportBatch, ImportBatch.key_of(args["batch"]))
    if batch is not None:
        undo.give_up(session, batch)


@jobs.task(TASK, N_("撤销导入"), queue="imports", given_up=_given_up)
def take_back(work: jobs.Work) -> None:
    """The batch is undone, in the transaction in which the job is."""
    batch = saving.find(work.session, ImportBatch, work.args["batch"])
    assert isinstance(batch, ImportBatch)
    work.progress(0, (batch.inserted or 0) + (batch.updated or 0))
    counts = undo.undo(work.session, batch, begun=True)
    told = {"reversed": counts.reversed, "kept": counts.kept, "refused": counts.refused}
    message = N_("已撤销 {reversed} 行，保留 {kept} 行，因被引用未撤销 {refused} 行", **told)
    work.result(f"/{batch.table_name}/import/{batch.id}/undo", message=message, rows=counts.rows, **told)
