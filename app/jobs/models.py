"""The row of a job: who asked for what, how far it is, what came of it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core import secrecy, words
from app.core.choices import Choice
from app.core.fields import choice, integer, moment, text
from app.core.messages import N_
from app.core.rows import personal
from app.core.table import Table

#: So long is the result file of a job kept, and so long the job itself.
FILE_KEPT, JOB_KEPT = timedelta(days=7), timedelta(days=90)
_PURPOSE = "job"
secrecy.also_sealed("job", "args")


class State(Choice):
    """How far a job is."""

    WAITING = "waiting", N_("排队中")
    RUNNING = "running", N_("进行中")
    DONE = "done", N_("已完成")
    FAILED = "failed", N_("未完成")
    CANCELLED = "cancelled", N_("已取消")


class Step(Choice):
    """What the audit log tells of a job."""

    BEGIN = "begin", N_("开始")
    DONE = "done", N_("已完成")
    FAILED = "failed", N_("未完成")
    CANCELLED = "cancelled", N_("已取消")
    CANCEL = "cancel", N_("要求取消")
    RETRY = "retry", N_("重试")


#: The states in which something is still to come.
ACTIVE = (State.WAITING.value, State.RUNNING.value)


class Job(Table):
    """后台任务: one piece of long work that a person asked for; his alone to see."""

    __label__ = N_("后台任务")
    __help__ = N_("本人提交的后台任务：进度、结果和结果文件。")
    __title__ = "task_name"
    __rows__ = personal()
    __pages__ = False

    task_name: Mapped[str] = text(N_("任务种类"), 63)
    queue: Mapped[str] = text(N_("队列"), 63)
    state: Mapped[str] = choice(N_("状态"), State)
    about_table: Mapped[str | None] = text(N_("相关数据表"), 63)
    about_key: Mapped[str | None] = text(N_("相关记录"), 64)
    once: Mapped[str | None] = text(N_("唯一标识"), 200, help=N_("同一标识的任务同时只有一个"))
    attempts: Mapped[int] = integer(N_("尝试次数"), default=0, help=N_("上次有进展以来的尝试次数"))
    asked_at: Mapped[datetime] = moment(N_("提交时间"))
    started_at: Mapped[datetime | None] = moment(N_("开始时间"))
    ended_at: Mapped[datetime | None] = moment(N_("结束时间"))
    cancel_at: Mapped[datetime | None] = moment(N_("要求取消的时间"))
    url: Mapped[str | None] = text(N_("结果页面"), 500)
    file_until: Mapped[datetime | None] = moment(N_("结果文件保留至"))

    title_words: Mapped[Any] = mapped_column(JSONB, nullable=False, comment="what it is called, in its person's words")
    asked_as: Mapped[dict[str, Any]] = mapped_column(JSONB, nullable=False, comment="department and roles at that time")
    args: Mapped[str] = mapped_column(sa.Text, nullable=False, comment="what the task was given, sealed JSON")
    facts: Mapped[dict[str, Any] | None] = mapped_column(JSONB, comment="numbers of the result")
    file_id: Mapped[UUID | None] = mapped_column(sa.Uuid, comment="the stored result file")
    done: Mapped[int | None] = mapped_column(sa.BigInteger, comment="so much of total is done")
    total: Mapped[int | None] = mapped_column(sa.BigInteger, comment="so much there is to do")
    message: Mapped[Any] = mapped_column(JSONB, nullable=True, comment="what it is at, or what came of it")
    told_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True), comment="when progress was told last")
    call_id: Mapped[int | None] = mapped_column(sa.BigInteger, comment="the call of the queue that is to start it")
    worker: Mapped[str | None] = mapped_column(sa.String(100), comment="the process that has begun it last")

    @property
    def given(self) -> dict[str, Any]:
        """What the task was given."""
        return dict(json.loads(secrecy.open_text(_PURPOSE, self.args)))

    def title(self) -> str:
        """What it is called, in the reader's language."""
        return str(words.read(self.title_words) or "")


def sealed(args: dict[str, Any]) -> str:
    """What a task is given, as it is stored: conditions of an export may name a person."""
    return secrecy.seal_text(_PURPOSE, json.dumps(args, ensure_ascii=False))


_job = Job.__table__
#: The same key stands for one job as long as that is not over.
sa.Index("uq_job_once", _job.c.once, unique=True, postgresql_where=sa.text("state IN ('waiting', 'running')"))
#: What the rescuer, the header and ``/healthz`` ask for, which is never much.
sa.Index("ix_job_active", _job.c.created_by, postgresql_where=sa.text("state IN ('waiting', 'running')"))
