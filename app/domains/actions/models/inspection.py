"""Inspections and the results of their check items."""

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy.orm import Mapped

from app.core.corrections import Correcting
from app.core.fields import choice, code, day, flags, long_text, many, ref, text
from app.core.messages import N_
from app.core.rows import department_tree, follows
from app.core.rules import Duplicate
from app.core.table import Table
from app.domains.actions import rules
from app.domains.actions.choices import CheckResult, ItemResult
from app.domains.actions.models import papers
from app.domains.actions.models.block import (
    GRANTS,
    LIST_FACTS,
    PART_GRANTS,
    REPEATS,
    SUB_ITEM_FACTS,
    ActionBlock,
    EntrustBlock,
    correction,
)
from app.domains.catalogue.choices import CheckForm, CheckMode, CheckType, MeasureType

if TYPE_CHECKING:
    from app.domains.catalogue.models import CheckItem, ImplementationList, SupervisionSubItem
    from app.domains.inspectors.models import Inspector

_WHAT = N_("检查事项")
_HOW = N_("检查情况")


class Inspection(EntrustBlock, ActionBlock, Table):
    """行政检查: one inspection of one party, by at least two inspectors, under one implementation list."""

    __label__ = N_("行政检查")
    __help__ = N_(
        "一条记录是对一个行政相对人的一次检查。"
        "只能选择已发布的监管事项，检查人员至少 2 人且证件在检查当日有效；检查后 5 个工作日内归集。"
    )
    __key__ = ("action_no",)
    __sorted__ = (("-checked_on",),)
    __rows__ = department_tree("department")
    __found__ = 6
    __may__ = GRANTS
    __corrected__ = Correcting(("submitted_at",))
    __repeats__ = (
        *REPEATS,
        "implementation_list",
        "check_form",
        "check_type",
        "check_mode",
        "checked_on",
        "inspectors",
        "plan_id",
    )
    __paper__ = papers.INSPECTION
    __signatures__ = (
        N_("被检查单位意见（签字或盖章）"),
        N_("检查人员签名"),
        N_("组长审核意见"),
        N_("结果公示审批意见"),
    )
    __derive__ = (rules.collected("checked_on"), rules.inspection_text)
    __rules__ = (
        rules.sub_item_is_in_force,
        rules.sub_item_allows(MeasureType.INSPECTION),
        rules.list_belongs_to_the_sub_item,
        rules.party_number_is_right,
        rules.party_number_can_be_reported,
        rules.region_exists,
        rules.inspectors_may_inspect,
        rules.checked_in_the_past,
        rules.subject_is_in_the_library,
    )
    __duplicates__ = (
        Duplicate("R16", ("department", "document_no")),
        Duplicate("R16", ("party_id_no", "sub_item", "checked_on", "check_type")),
    )

    action_no: Mapped[str | None] = code(
        N_("检查行为编号"), 50, search=True, in_list=True, std="check_action_code", group=_WHAT,
        help=N_("不填时由系统生成；导入时填已有编号则更新该记录"),
    )  # fmt: skip
    name: Mapped[str | None] = text(
        N_("检查行为名称"), 500, search=True, std="check_action_name", group=_WHAT,
        help=N_("不填时生成“对XXX公司进行…的检查”"),
    )  # fmt: skip
    sub_item: Mapped["SupervisionSubItem"] = ref(
        N_("监管事项目录编码"), "SupervisionSubItem", by=("sub_code",), facts=SUB_ITEM_FACTS, group=_WHAT,
        std="supervise_item_implement_code", sample="61131000101001", help=N_("14 位数字，须是已发布的行政检查事项"),
        aliases=("监管事项子项编码",),
    )  # fmt: skip
    implementation_list: Mapped["ImplementationList"] = ref(
        N_("监管事项检查实施清单编码"), "ImplementationList", by=("list_code",), facts=LIST_FACTS, group=_WHAT,
        std="supervise_item_check_icode", sample="11610113016000001J46113100010100101",
        aliases=("检查实施清单编码", "实施清单编码"),
    )  # fmt: skip
    subject_name: Mapped[str] = text(
        N_("监管对象"),
        200,
        search=True,
        std="supervise_object",
        aliases=("监管对象名称",),
        sample="西安市雁塔区示例食品店",
    )
    plan_id: Mapped[str | None] = text(
        N_("双随机、一公开计划编号"), 50, std="plan_id", group=_WHAT, aliases=("双随机一公开计划id", "计划编号")
    )
    check_form: Mapped[str] = choice(N_("检查形式"), CheckForm, std="check_form", group=_HOW, sample="日常检查")
    check_type: Mapped[str] = choice(
        N_("检查类别"), CheckType, in_list=True, std="check_type", group=_HOW, sample="日常巡查"
    )
    check_mode: Mapped[str | None] = choice(N_("检查方式"), CheckMode, std="check_mode", group=_HOW, sample="实地检查")
    check_result: Mapped[str] = choice(
        N_("检查结果"), CheckResult, in_list=True, std="check_result", group=_HOW, sample="未发现问题"
    )
    checked_on: Mapped[date] = day(
        N_("检查时间"), in_list=True, std="check_date", group=_HOW, sample="2026-09-18", aliases=("检查日期",)
    )
    inspectors: Mapped[list["Inspector"]] = many(
        N_("检查人员执法证号"), "Inspector", by=("cert_no",), at_least=2, facts=("state", "cert_valid_until"),
        std="check_personnel_code", group=_HOW, sample="27010113001；27010113002", aliases=("执法证号", "检查人员证号"),
        help=N_("至少 2 人，用；分隔；证件须在检查当日有效"),
    )  # fmt: skip
    document_no: Mapped[str | None] = text(N_("行政检查文书号"), 100, search=True, in_list=True, group=_HOW)
    joint_depts: Mapped[str | None] = text(N_("联合检查部门"), 500, group=_HOW, help=N_("多个部门用；分隔"))
    joint_dept_codes: Mapped[str | None] = text(N_("联合检查部门编码"), 500, group=_HOW)


class InspectionItemResult(Table):
    """检查项结果: what an inspection found under one check item."""

    __label__ = N_("检查项结果")
    __help__ = N_("一次检查中某个检查项的结果：合格、不合格、未检查或合理缺项。")
    __key__ = ("inspection", "item_name")
    __title__ = "item_name"
    __rows__ = follows("inspection")
    __may__ = PART_GRANTS
    __rules__ = (rules.check_item_was_published, rules.failed_item_says_why)
    __corrected__ = Correcting(("inspection.submitted_at",))  # out with its inspection

    inspection: Mapped["Inspection"] = ref(
        N_("检查行为编号"), "Inspection", by=("action_no",), facts=("submitted_at",), in_list=True,
        std="check_action_code", sample="JC202609180000000001",
    )  # fmt: skip
    item_name: Mapped[str] = text(
        N_("检查项名称"), 500, search=True, in_list=True, sample="许可证有效性", aliases=("检查项",)
    )
    check_item: Mapped["CheckItem | None"] = ref(
        N_("检查项编码"),
        "CheckItem",
        by=("item_no",),
        facts=("edition",),
        help=N_("清单中的检查项填写，清单外的可不填"),
    )
    result: Mapped[str] = choice(N_("检查项结果"), ItemResult, in_list=True, aliases=("结果",))
    problem: Mapped[str | None] = long_text(N_("问题情况"), 1000, in_list=True, aliases=("发现问题情况",))
    handling: Mapped[str | None] = long_text(N_("处置情况"), 1000)
    remark: Mapped[str | None] = long_text(N_("备注"), 500, aliases=("说明",))
    correction_reason: Mapped[str | None] = correction()
    quality_flags: Mapped[list[str] | None] = flags(N_("质量提示"))
