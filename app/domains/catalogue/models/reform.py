"""The ledger of reformed approvals, and the patterns of codes (domain.md §§2.6-2.7)."""

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy.orm import Mapped

from app.core.fields import Grade, boolean, choice, day, long_text, owner, ref, text
from app.core.messages import N_
from app.core.roles import may
from app.core.rows import everyone, shared
from app.core.table import Table
from app.domains.catalogue import flows, rules
from app.domains.catalogue.choices import CaseState, CodeKind, ReformKind
from app.domains.catalogue.models.items import CATALOGUE_GRANTS

if TYPE_CHECKING:
    from app.domains.catalogue.models.items import SupervisionSubItem
    from app.domains.catalogue.models.permits import PermitItem
    from app.domains.org.models import Department


class ApprovalReformCase(Table):
    """审批改革核查: one approval that was cancelled, delegated or turned into filing, and the supervision it needs.

    Gannan plan: each is checked one by one; who no longer approves must still supervise.
    """

    __label__ = N_("审批改革台账")
    __help__ = N_("取消、下放、改备案的审批事项逐一核查是否有对应的监管事项，没有的限期补齐。")
    __key__ = ("department", "doc_no", "approval_name")
    __title__ = "approval_name"
    __rows__ = shared("department")
    __may__ = CATALOGUE_GRANTS
    __flow__ = flows.REFORM
    __rules__ = (rules.linked_item_was_published,)

    doc_no: Mapped[str] = text(
        N_("改革文号"), 200, search=True, in_list=True, grade=Grade.PUBLIC, sample="国发〔2020〕13号", aliases=("文号",)
    )
    approval_name: Mapped[str] = text(
        N_("审批事项名称"),
        500,
        search=True,
        in_list=True,
        grade=Grade.PUBLIC,
        sample="仅销售预包装食品的食品经营许可",
    )
    reform_kind: Mapped[str] = choice(N_("改革方式"), ReformKind, in_list=True, grade=Grade.PUBLIC)
    decided_on: Mapped[date] = day(N_("决定日期"), in_list=True, grade=Grade.PUBLIC, sample="2020-09-21")
    permit_item: Mapped["PermitItem | None"] = ref(
        N_("对应的许可事项"), "PermitItem", by=("task_code", "task_name"), grade=Grade.PUBLIC
    )
    sub_item: Mapped["SupervisionSubItem | None"] = ref(
        N_("对应的监管事项"),
        "SupervisionSubItem",
        by=("sub_code",),
        facts=("status", "edition"),
        in_list=True,
        grade=Grade.PUBLIC,
    )
    gap_note: Mapped[str | None] = long_text(N_("缺口说明"), 1000, grade=Grade.PUBLIC)
    status: Mapped[str] = choice(N_("核查状态"), CaseState, default="open", in_list=True, grade=Grade.PUBLIC)
    due_on: Mapped[date | None] = day(N_("补齐期限"), in_list=True, grade=Grade.PUBLIC)
    done_on: Mapped[date | None] = day(N_("完成日期"), derived=True, in_list=True, grade=Grade.PUBLIC)
    department: Mapped["Department"] = owner(N_("核查部门"), in_list=True, grade=Grade.PUBLIC)


class CodePattern(Table):
    """编码规则: how the codes of items and lists are built. "14 digits" is law; what they mean is a pattern."""

    __label__ = N_("编码规则")
    __help__ = N_("监管事项和检查实施清单编码的内部结构；与规则不符时提示或拒绝。")
    __key__ = ("kind", "name")
    __rows__ = everyone()
    __may__ = may(catalog_editor="read", catalog_reviewer="read", dept_admin="read")
    __rules__ = (rules.pattern_can_be_read, rules.pattern_ends_after_it_starts)

    kind: Mapped[str] = choice(N_("编码种类"), CodeKind, in_list=True, grade=Grade.PUBLIC)
    name: Mapped[str] = text(
        N_("规则名称"),
        200,
        search=True,
        in_list=True,
        grade=Grade.PUBLIC,
        sample="省级以下统一结构",
    )
    pattern: Mapped[str] = text(
        N_("正则表达式"), 500, in_list=True, grade=Grade.PUBLIC, sample="[0-9]{2}[0-9]{3}[0-9]{4}(01|02|03|09)[0-9]{3}",
        help=N_("整个编码须与之相符"),
    )  # fmt: skip
    explanation: Mapped[str] = text(
        N_("不符时的提示"),
        300,
        grade=Grade.PUBLIC,
        sample="编码应为省码、部门、主项、措施类型、顺序号",
    )
    is_hard: Mapped[bool] = boolean(
        N_("不符时是否拒绝"), default=False, in_list=True, grade=Grade.PUBLIC, help=N_("否：只作提示")
    )
    valid_from: Mapped[date | None] = day(N_("生效日期"), in_list=True, grade=Grade.PUBLIC)
    valid_to: Mapped[date | None] = day(N_("有效期至"), in_list=True, grade=Grade.PUBLIC, help=N_("最后一个有效日"))
