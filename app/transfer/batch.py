"""Uploads and what became of them: the batch, and the headers people have mapped before."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.choices import Choice
from app.core.fields import choice, integer, moment, owner, text
from app.core.messages import N_
from app.core.roles import may
from app.core.rows import department_tree
from app.core.table import Table


def staging_name(key: UUID) -> str:
    """The staging table of the batch with that key."""
    return f"b_{key.hex}"


class BatchState(Choice):
    """How far an upload has come. While a job is at work the state is one of the three with 正在."""

    UPLOADED = "uploaded", N_("待对应表头")
    CHECKING = "checking", N_("正在核对")
    CHECKED = "checked", N_("待提交")
    COMMITTING = "committing", N_("正在写入")
    COMMITTED = "committed", N_("已提交")
    UNDOING = "undoing", N_("正在撤销")
    UNDONE = "undone", N_("已撤销")
    DISCARDED = "discarded", N_("已放弃")


#: Where a batch stands again when the work on it was given up: the states in which a job is at work.
BEFORE = {
    BatchState.CHECKING.value: BatchState.UPLOADED,
    BatchState.COMMITTING.value: BatchState.CHECKED,
    BatchState.UNDOING.value: BatchState.COMMITTED,
}


class Duplicates(Choice):
    """What an upload does with rows whose business key is stored already."""

    UPDATE = "update", N_("更新已有记录，新增没有的")
    SKIP = "skip", N_("跳过已有记录，只新增没有的")
    ONLY_UPDATE = "only_update", N_("只更新已有记录，不新增")


class ImportBatch(Table):
    """One uploaded workbook for one table: what was read, checked and stored, and by whom."""

    __label__ = N_("导入批次")
    __help__ = N_("一次上传的文件及其读取、核对、提交结果。")
    __rows__ = department_tree("department")
    __order__ = ("-created_at",)
    __title__ = "file_name"
    __menu__ = False
    __may__ = may(dept_admin="read export")

    department: Mapped[Any] = owner()
    table_name: Mapped[str] = text(N_("数据表"), 63, in_list=True)
    file_name: Mapped[str] = text(N_("文件名"), 255, in_list=True, search=True)
    state: Mapped[str] = choice(N_("批次状态"), BatchState, in_list=True)
    sheet: Mapped[str | None] = text(N_("工作表"), 255)
    header_row: Mapped[int | None] = integer(N_("表头行号"))
    row_count: Mapped[int | None] = integer(N_("总行数"), in_list=True)
    inserted: Mapped[int | None] = integer(N_("新增行数"), in_list=True)
    updated: Mapped[int | None] = integer(N_("更新行数"), in_list=True)
    unchanged: Mapped[int | None] = integer(N_("未变行数"))
    failed: Mapped[int | None] = integer(N_("失败行数"), in_list=True)
    skipped: Mapped[int | None] = integer(N_("跳过行数"))
    duplicates: Mapped[str | None] = choice(N_("已有记录的处理"), Duplicates, default=Duplicates.UPDATE)
    committed_at: Mapped[datetime | None] = moment(N_("提交时间"))
    undone_at: Mapped[datetime | None] = moment(N_("撤销时间"))
    undo_reversed: Mapped[int | None] = integer(N_("已撤销行数"))
    undo_out: Mapped[int | None] = integer(N_("因已公示、报送或发布而保留的行数"))
    undo_kept: Mapped[int | None] = integer(N_("已另行修改而保留的行数"))
    undo_refused: Mapped[int | None] = integer(N_("被引用而不能撤销的行数"))

    mapping: Mapped[dict[str, str] | None] = mapped_column(JSONB, comment="column index -> field name")
    headers: Mapped[list[list[Any]] | None] = mapped_column(JSONB, comment="headers as read: index, letter, text")
    file_id: Mapped[UUID | None] = mapped_column(sa.Uuid, comment="the stored file, until it is committed or discarded")
    file_digest: Mapped[str | None] = mapped_column(sa.String(64), comment="tells the same file again (keyed)")
    file_size: Mapped[int | None] = mapped_column(sa.Integer, comment="bytes")
    job_id: Mapped[UUID | None] = mapped_column(sa.Uuid, comment="the job that works on it, or did last")
    staged_rows: Mapped[int | None] = mapped_column(sa.Integer, comment="Excel's number of the last row that is staged")
    sighting: Mapped[dict[str, Any] | None] = mapped_column(JSONB, comment="sheets, header and samples of a large file")
    summary: Mapped[dict[str, Any] | None] = mapped_column(JSONB, comment="kinds of problems: counts and first rows")
    template: Mapped[dict[str, Any] | None] = mapped_column(JSONB, comment="what changed since its template was made")
    book_id: Mapped[UUID | None] = mapped_column(sa.Uuid, comment="the same for all tables of one workbook")
    book_place: Mapped[int | None] = mapped_column(sa.Integer, comment="the turn of this table in the workbook")

    @property
    def staging(self) -> str:
        """Name of this batch's staging table."""
        return staging_name(self.id)

    @property
    def columns(self) -> dict[int, str]:
        """The field each column index carries."""
        return {int(index): name for index, name in (self.mapping or {}).items()}

    @property
    def header_cells(self) -> list[tuple[int, str, str]]:
        """The headers as they were read: column index, letter, text."""
        return [(index, letter, text) for index, letter, text in self.headers or []]


class HeaderMemory(Table):
    """What a department once said a header means for a table; the next upload knows it."""

    __label__ = N_("表头对应")
    __help__ = N_("本部门曾经指定的表头与字段的对应关系，下次上传自动使用。")
    __rows__ = department_tree("department")
    __key__ = ("table_name", "header")
    __title__ = "header"
    __menu__ = False
    __may__ = may(dept_admin="read edit delete")

    department: Mapped[Any] = owner()
    table_name: Mapped[str] = text(N_("数据表"), 63)
    header: Mapped[str] = text(N_("表头"), 200)
    field_name: Mapped[str | None] = text(N_("字段"), 63)
