"""Files that belong to a row of any table, kept in the database under the same row security as the row."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.fields import code, integer, owner, text
from app.core.messages import N_
from app.core.rows import department_tree
from app.core.table import Table


class Attachment(Table):
    """One file of one row; ``department`` is the row's own, so that whoever sees the row sees the file."""

    __label__ = N_("附件")
    __help__ = N_("记录所附的文件，如检查照片、文书扫描件。")
    __rows__ = department_tree("department")
    __title__ = "file_name"
    __pages__ = False

    department: Mapped[Any] = owner()
    table_name: Mapped[str] = text(N_("数据表"), 63)
    row_key: Mapped[str] = code(N_("记录标识"), 64)
    file_name: Mapped[str] = text(N_("文件名"), 255, in_list=True, search=True)
    media_type: Mapped[str] = text(N_("文件类型"), 100)
    size: Mapped[int] = integer(N_("大小"), help=N_("字节数"))
    digest: Mapped[str] = text(N_("摘要"), 64, help=N_("内容的 SHA-256"))

    content: Mapped[bytes | None] = mapped_column(sa.LargeBinary, deferred=True, comment="the file itself")


sa.Index("ix_attachment_row", Attachment.__table__.c.table_name, Attachment.__table__.c.row_key)
