"""What workflows keep: steps that were made, editions of rows, to-dos, notices. They have pages of their own."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.choices import Choice
from app.core.fields import boolean, choice, code, day, integer, long_text, moment, owner, ref, text
from app.core.messages import N_
from app.core.rows import addressed, hidden, personal
from app.core.table import Table


class TodoKind(Choice):
    """Whether something is asked, or only told."""

    TASK = "task", N_("待办")
    COPY = "copy", N_("抄送")


class TodoState(Choice):
    """How a to-do stands."""

    OPEN = "open", N_("待处理")
    DONE = "done", N_("已处理")
    RECALLED = "recalled", N_("已撤回")


class Urgency(Choice):
    """How far the urging of a to-do has gone (Xi'an art. 38)."""

    NONE = "none", N_("未催办")
    REMINDED = "reminded", N_("已催办")
    SUPERVISED = "supervised", N_("已督办")
    REPORTED = "reported", N_("列入通报")


class EditionState(Choice):
    """How an edition of a row stands."""

    PROPOSED = "proposed", N_("变更中")
    IN_FORCE = "in_force", N_("现行")
    SUPERSEDED = "superseded", N_("已被取代")
    DROPPED = "dropped", N_("已放弃")


class ChangeKind(Choice):
    """变更类型: why a published item changes (domain.md §2.7)."""

    ADD = "add", N_("新增")
    APPROVAL_CANCELLED = "approval_cancelled", N_("取消审批")
    APPROVAL_DELEGATED = "approval_delegated", N_("下放审批权")
    APPROVAL_TO_FILING = "approval_to_filing", N_("审批改备案")
    APPROVAL_TO_COMMITMENT = "approval_to_commitment", N_("审批改告知承诺")
    ELEMENT_CHANGED = "element_changed", N_("名称或要素变更")
    LAW_REVISED = "law_revised", N_("法律修订")
    ORG_CHANGED = "org_changed", N_("机构职能调整")
    MERGED = "merged", N_("合并")
    SPLIT = "split", N_("拆分")
    ABOLISH = "abolish", N_("取消或废止")

    @property
    def rests_on_a_document(self) -> bool:
        """True where somebody else has decided it: the change names the number of his document (domain.md §2.7)."""
        return self not in (ChangeKind.ADD, ChangeKind.ELEMENT_CHANGED, ChangeKind.MERGED, ChangeKind.SPLIT)


class FlowStep(Table):
    """办理过程: one move of one row. Whoever may see the row may see its steps; only the engine writes them."""

    __label__ = N_("办理过程")
    __help__ = N_("事项每一步的办理人、时间和意见，由系统记录，不能修改。")
    __title__ = "move"
    __rows__ = hidden()
    __pages__ = False

    table_name: Mapped[str] = text(N_("数据表"), 63)
    row_key: Mapped[str] = text(N_("记录"), 64)
    move: Mapped[str] = text(N_("步骤"), 63)
    source: Mapped[str | None] = text(N_("原状态"), 63)
    target: Mapped[str] = text(N_("新状态"), 63)
    opinion: Mapped[str | None] = long_text(N_("意见"), 1000)
    made_at: Mapped[datetime] = moment(N_("办理时间"))
    person: Mapped[str | None] = text(N_("办理人"), 100)
    unit: Mapped[str | None] = text(N_("办理单位"), 200)


class Edition(Table):
    """版本: the values of a row as one edition has them, proposed, in force or past (domain.md §2.7, rule 5)."""

    __label__ = N_("版本")
    __help__ = N_("已发布记录的各个版本：内容、生效日期、变更类型和依据。")
    __key__ = ("table_name", "row_key", "number")
    __title__ = "number"
    __rows__ = hidden()
    __pages__ = False

    table_name: Mapped[str] = text(N_("数据表"), 63)
    row_key: Mapped[str] = text(N_("记录"), 64)
    number: Mapped[int] = integer(N_("版本号"))
    state: Mapped[str] = choice(N_("版本状态"), EditionState)
    change_kind: Mapped[str | None] = choice(N_("变更类型"), ChangeKind)
    doc_no: Mapped[str | None] = text(N_("依据文号"), 200)
    reason: Mapped[str | None] = long_text(N_("变更说明"), 1000)
    valid_from: Mapped[date | None] = day(N_("生效日期"))
    valid_to: Mapped[date | None] = day(N_("有效期至"))
    published_at: Mapped[datetime | None] = moment(N_("发布时间"))
    publisher: Mapped[str | None] = text(N_("发布人"), 100)
    contents: Mapped[dict[str, Any] | None] = mapped_column(JSONB, comment="values by field name, see editions.kept")
    lines: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB, comment="values of the rows that are part of it, by table and identifier (core/workflow/lines.py)"
    )


class Todo(Table):
    """待办: something that a department, or one person of it, is asked to do, or told.

    What is issued here counts as served (Xi'an art. 27): ``sent_at`` and ``first_read_at`` are kept.
    """

    __label__ = N_("待办事项")
    __help__ = N_("在系统中下达的任务视为送达。")
    __held_by__ = "account_id"
    __title__ = "title_text"
    __rows__ = addressed("department")
    __pages__ = False

    kind: Mapped[str] = choice(N_("类别"), TodoKind, default="task")
    state: Mapped[str] = choice(N_("状态"), TodoState, default="open")
    process: Mapped[str] = text(N_("流程"), 63, help=N_("数据表名，或“数据表.事由”"))
    title_text: Mapped[str] = text(N_("标题"), 500)
    step: Mapped[str | None] = text(N_("当前步骤"), 63)
    todo: Mapped[str | None] = text(N_("要做的事"), 200)
    table_name: Mapped[str] = text(N_("数据表"), 63)
    row_key: Mapped[str] = text(N_("记录"), 64)
    needs: Mapped[str] = text(N_("所需权限"), 63, help=N_("对该数据表的一项权限"))
    department: Mapped[Any] = owner(N_("承办单位"))
    sender: Mapped[str | None] = text(N_("提交人"), 100)
    sender_unit: Mapped[str | None] = text(N_("提交单位"), 200)
    sender_department: Mapped[Any | None] = ref(N_("提交部门"), "Department", by=("name",))
    submitted_at: Mapped[datetime | None] = moment(N_("提交时间"))
    sent_at: Mapped[datetime] = moment(N_("送达时间"))
    first_read_at: Mapped[datetime | None] = moment(N_("首次查阅时间"))
    reader: Mapped[str | None] = text(N_("首次查阅人"), 100)
    limit_code: Mapped[str | None] = code(N_("期限规则"), 64)
    starts_on: Mapped[date | None] = day(N_("起算日"))
    due_on: Mapped[date | None] = day(N_("办理期限"))
    urgency: Mapped[str] = choice(N_("催办情况"), Urgency, default="none")
    urged: Mapped[int] = integer(N_("催办次数"), default=0)
    urged_at: Mapped[datetime | None] = moment(N_("最近催办时间"))
    done_at: Mapped[datetime | None] = moment(N_("处理时间"))
    done_name: Mapped[str | None] = text(N_("处理人"), 100)
    done_move: Mapped[str | None] = text(N_("处理结果"), 63)
    opinion: Mapped[str | None] = long_text(N_("处理意见"), 1000)

    account_id: Mapped[int | None] = mapped_column(
        sa.Integer, sa.ForeignKey("ab_user.id"), comment="the person it is asked of; empty for whoever may"
    )
    done_by: Mapped[int | None] = mapped_column(
        sa.Integer, sa.ForeignKey("ab_user.id"), comment="the account that did it"
    )


class Notice(Table):
    """消息: something a person is told in the console. Urgent ones at once, the rest in one digest a day."""

    __label__ = N_("消息")
    __help__ = N_("系统内的提醒：紧急的立即显示，其余每天汇总一次。")
    __title__ = "words"
    __rows__ = personal()
    __pages__ = False

    words: Mapped[Any] = mapped_column(JSONB, nullable=False, comment="what is said, in the reader's language")
    url: Mapped[str | None] = text(N_("页面"), 500)
    is_urgent: Mapped[bool] = boolean(N_("是否紧急"), default=False)
    told_at: Mapped[datetime] = moment(N_("提醒时间"))
    read_at: Mapped[datetime | None] = moment(N_("阅读时间"))


_todo, _step, _edition, _notice = Todo.__table__, FlowStep.__table__, Edition.__table__, Notice.__table__
_OPEN = sa.text("state = 'open'")
sa.Index("ix_todo_row", _todo.c.table_name, _todo.c.row_key, postgresql_where=_OPEN)
sa.Index("ix_todo_open", _todo.c.department_id, _todo.c.due_on, postgresql_where=_OPEN)
sa.Index("ix_todo_done_by", _todo.c.done_by, _todo.c.done_at, postgresql_where=sa.text("done_by IS NOT NULL"))
sa.Index("ix_todo_made", _todo.c.created_by, _todo.c.id)
sa.Index("ix_flow_step_row", _step.c.table_name, _step.c.row_key, _step.c.id)
sa.Index("ix_notice_unread", _notice.c.created_by, postgresql_where=sa.text("read_at IS NULL"))
