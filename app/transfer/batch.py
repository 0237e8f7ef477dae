"""Uploads and what became of them: the batch, and the headers people have mapped before."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.choices import Choice
from app.core.fields import choice, integer, owner, text
from app.core.messages import N_
from app.core.roles import may
from app.core.rows import department_tree
from app.core.table import Table


class BatchState(Choice):
    """How far an upload has come."""

    UPLOADED = "uploaded", N_("待对应表头")
    CHECKED = "checked", N_("待提交")
    COMMITTED = "committed", N_("已提交")
    DISCARDED = "discarded", N_("已放弃")


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

    mapping: Mapped[dict[str, str] | None] = mapped_column(JSONB, comment="column index -> field name")
    headers: Mapped[list[list[Any]] | None] = mapped_column(JSONB, comment="headers as read: index, letter, text")
    content: Mapped[bytes | None] = mapped_column(
        sa.LargeBinary, deferred=True, comment="the uploaded file, until it is committed or discarded"
    )

    @property
    def staging(self) -> str:
        """Name of this batch's staging table."""
        return f"b_{self.id.hex}"

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
