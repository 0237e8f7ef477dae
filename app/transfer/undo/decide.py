"""What becomes of one row when its import is undone: four buckets, one table of decisions. Pure.

The same table is asked by tests about single rows and by PostgreSQL, as SQL, about all rows of a batch at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.core.messages import N_, Message


class Bucket(StrEnum):
    """Taken back; left because the public knows it; left because somebody changed it since; needed by others."""

    REVERSED = "reversed"
    OUT = "out"
    KEPT = "kept"
    REFUSED = "refused"


@dataclass(frozen=True)
class Facts:
    """What is known of a row that the import wrote, as it stands now."""

    #: The import made the row; otherwise it changed a row that was there.
    is_new: bool
    #: The row is still there; it is still the viewer's to write; nobody has written it since.
    is_there: bool = True
    is_ours: bool = True
    is_same: bool = True
    #: It is out (core/corrections.py), and has been corrected since; an edition of it is or was in force.
    is_out: bool = False
    is_corrected: bool = False
    is_published: bool = False
    #: Its number was changed by the import (departments that moved), and with it the numbers of what hangs on it.
    is_renumbered: bool = False
    #: Rows of this table are never deleted (accounts).
    is_lasting: bool = False
    #: The row belonged to a department whose rows the viewer may not write.
    is_from_others: bool = False
    #: What the row referred to before is not there any more; what it was known by before now belongs to another row.
    is_bereft: bool = False
    is_taken: bool = False
    #: Rows that stay refer to it.
    is_needed: bool = False


@dataclass(frozen=True)
class Reason:
    """One line of the table: the facts that lead to it (all of them), the bucket, and how it is told."""

    name: str
    when: dict[str, bool]
    bucket: Bucket
    text: Message


#: The first line that fits decides. A row that is kept for several reasons tells the one that came first in its life.
REASONS = (
    Reason("gone", {"is_there": False}, Bucket.KEPT, N_("导入后已被删除")),
    Reason("moved", {"is_ours": False}, Bucket.KEPT, N_("现由其他部门维护，您无权修改")),
    Reason("corrected", {"is_corrected": True}, Bucket.OUT, N_("已公示或已报送后作过更正，更正须留痕")),
    Reason("out", {"is_out": True}, Bucket.OUT, N_("已公示或已报送，有误的请更正并写明理由")),
    Reason("published", {"is_published": True}, Bucket.OUT, N_("已发布过，要修改请发起变更，不再使用请取消（废止）")),
    Reason("renumbered", {"is_renumbered": True}, Bucket.KEPT, N_("编号已随上级部门变动，请在页面上改回")),
    Reason("edited", {"is_same": False}, Bucket.KEPT, N_("导入后又有人修改过")),
    Reason("lasting", {"is_new": True, "is_lasting": True}, Bucket.KEPT, N_("这类记录只停用、不删除")),
    Reason("needed", {"is_new": True, "is_needed": True}, Bucket.REFUSED, N_("已被其他记录引用")),
    Reason("from_others", {"is_new": False, "is_from_others": True}, Bucket.KEPT, N_("原属其他部门，您不能改回")),
    Reason("bereft", {"is_new": False, "is_bereft": True}, Bucket.KEPT, N_("原来引用的记录已不存在")),
    Reason("taken", {"is_new": False, "is_taken": True}, Bucket.KEPT, N_("原来的编码已被另一条记录使用")),
)
BY_NAME = {each.name: each for each in REASONS}


def reason(facts: Facts) -> Reason | None:
    """Why the row stays as it is; ``None`` when it is taken back."""
    for each in REASONS:
        if all(getattr(facts, name) is wanted for name, wanted in each.when.items()):
            return each
    return None


def bucket(facts: Facts) -> Bucket:
    """What becomes of the row."""
    found = reason(facts)
    return found.bucket if found else Bucket.REVERSED


def as_sql() -> str:
    """``reason`` as an expression over columns of those names: the name of the reason, NULL for rows taken back."""
    lines = []
    for each in REASONS:
        test = " AND ".join(name if wanted else f"NOT {name}" for name, wanted in each.when.items())
        lines.append(f"WHEN {test} THEN '{each.name}'")
    return f"CASE {' '.join(lines)} END"
