"""Many rows taken back: a job, under the name and the row security of whoever asked for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import current_app
from sqlalchemy.orm import Session

from app import jobs
from app.core import saving
from app.core.messages import N_
from app.transfer import undo, upload
from app.transfer.batch import BatchState, ImportBatch


def take_back(session: Session, batch: ImportBatch, url: str) -> None:
    """The batch is taken back with its workbook, or a job of the viewer is asked for that does it. Raises Refused.

    Never commits.
    """
    if _written(undo.together(session, batch)) <= current_app.config["IMPORT_AT_ONCE"]:
        undo.undo(session, batch)
        return
    batches = undo.start(session, batch)
    title, about = N_("撤销导入：{file}", file=batch.file_name), ("import_batch", batch.id)
    job = jobs.defer(session, "import_undo", {"batch": str(batch.id), "url": url}, title=title, about=about)
    for each in batches:
        each.job_id = job.id
    session.flush()


def _written(batches: Sequence[ImportBatch]) -> int:
    return sum((each.inserted or 0) + (each.updated or 0) for each in batches)


def _given_up(session: Session, args: dict[str, Any], _state: str) -> None:
    """Nobody waits for a job that is over; a retry takes the batches up again."""
    batch = session.get(ImportBatch, ImportBatch.key_of(args["batch"]), populate_existing=True)
    if batch is not None and batch.state == BatchState.UNDOING.value:
        for each in undo.together(session, batch):
            upload.give_back(session, each)


@jobs.task("import_undo", N_("撤销导入"), queue="imports", given_up=_given_up)
def import_undo(work: jobs.Work) -> None:
    """The batch is undone with its workbook, in the transaction in which the job is."""
    batch = saving.find(work.session, ImportBatch, work.args["batch"])
    assert isinstance(batch, ImportBatch)
    batches = undo.together(work.session, batch)
    for each in batches:
        upload.take_up(work.session, each, work.job_id, BatchState.UNDOING)
    work.progress(0, _written(batches))
    counts = undo.undo(work.session, batch, begun=True)
    told = {"reversed": counts.reversed, "out": counts.out, "kept": counts.kept, "refused": counts.refused}
    message = N_(
        "已撤销 {reversed} 行，因已公示、报送或发布保留 {out} 行，因有变动保留 {kept} 行，因被引用未撤销 {refused} 行",
        **told,
    )
    work.result(work.args["url"], message=message, rows=counts.rows, **told)
