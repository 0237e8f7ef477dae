"""Coercion: measures and executions."""

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy.orm import Mapped

from app.core import checks
from app.core.corrections import Correcting
from app.core.fields import choice, code, day, integer, long_text, ref, text
from app.core.messages import N_
from app.core.rows import department_tree
from app.core.rules import Duplicate
from app.core.table import Table
from app.domains.actions import rules
from app.domains.actions.choices import CoercionKind, ExecutionKind, MeasureKind
from app.domains.actions.models import papers
from app.domains.actions.models.block import GRANTS, REPEATS, SUB_ITEM_FACTS, ActionBlock, FollowUpBlock
from app.domains.catalogue.choices import MeasureType

if TYPE_CHECKING:
    from app.domains.catalogue.models import SupervisionSubItem

_WHAT, _HOW = N_("强制事项"), N_("强制情况")


class Coercion(FollowUpBlock, ActionBlock, Table):
    """行政强制: one coercive measure or execution against one party."""

    __label__ = N_("行政强制")
    __help__ = N_(
        "一条记录是对一个行政相对人实施的一次强制措施或强制执行。"
        "实施后 5 个工作日内归集；查封、扣押不超过 30 日，可延长 30 日。"
    )
    __key__ = ("action_no",)
    __rows__ = department_tree("department")
    __found__ = 8
    __may__ = GRANTS
    __corrected__ = Correcting(("submitted_at",))
    __repeats__ = (*REPEATS, "coercion_kind", "measure_kind", "execution_kind", "legal_basis", "started_on")
    __paper__ = papers.COERCION
    __derive__ = (rules.collected("started_on"), rules.coercion_text)
    __rules__ = (
        rules.sub_item_is_in_force,
        rules.sub_item_allows(MeasureType.COERCION),
        rules.party_number_is_right,
        rules.party_number_can_be_reported,
        rules.region_exists,
        rules.ends_after_it_starts,
        rules.seizure_ends_in_time,
        rules.comes_from_an_inspection,
        rules.subject_is_in_the_library,
        rules.has_a_day,
    )
    __duplicates__ = (
        Duplicate("R16", ("department", "decision_no")),
        Duplicate("R16", ("party_id_no", "sub_item", "started_on", "coercion_kind")),
    )

    action_no: Mapped[str | None] = code(
        N_("强制行为编号"), 50, search=True, in_list=True, std="force_action_code", group=_WHAT,
        help=N_("不填时由系统生成；导入时填已有编号则更新该记录"),
    )  # fmt: skip
    name: Mapped[str | None] = text(
        N_("强制行为名称"), 400, search=True, std="force_action_name", group=_WHAT, help=N_("不填时由系统生成")
    )
    sub_item: Mapped["SupervisionSubItem"] = ref(
        N_("监管事项目录编码"), "SupervisionSubItem", by=("sub_code",), facts=SUB_ITEM_FACTS, group=_WHAT,
        std="supervise_item_code", sample="61131000103001", help=N_("14 位数字，须是已发布的行政强制事项"),
        aliases=("监管事项子项编码",),
    )  # fmt: skip
    subject_name: Mapped[str | None] = text(
        N_("监管对象"),
        200,
        search=True,
        std="supervise_object",
        aliases=("监管对象名称",),
        sample="西安市雁塔区示例食品店",
    )
    illegal_fact: Mapped[str] = long_text(
        N_("违法事实"), 1000, std="illegal_fact", group=_HOW, sample="涉嫌经营未经检验的产品"
    )
    legal_basis: Mapped[str] = long_text(
        N_("强制依据"), 1000, std="mandatory_basis", group=_HOW, sample="《中华人民共和国行政强制法》第二十二条"
    )
    decision_no: Mapped[str] = text(
        N_("强制决定书号"), 100, search=True, in_list=True, std="mandatory_decision_number", group=_HOW,
        sample="雁市监强〔2026〕1号",
    )  # fmt: skip
    coercion_kind: Mapped[str] = choice(
        N_("行政强制种类"), CoercionKind, in_list=True, std="force_type", group=_HOW, sample="行政强制措施"
    )
    measure_kind: Mapped[str | None] = choice(
        N_("强制措施类型"), MeasureKind, in_list=True, std="coercive_measure_type", group=_HOW, sample="扣押财物",
        only_when=("coercion_kind", (CoercionKind.MEASURE,)),
    )  # fmt: skip
    execution_kind: Mapped[str | None] = choice(
        N_("强制执行类型"), ExecutionKind, std="force_execution_type", group=_HOW,
        only_when=("coercion_kind", (CoercionKind.EXECUTION,)),
    )  # fmt: skip
    result: Mapped[str | None] = text(N_("强制结果"), 50, group=_HOW)
    started_on: Mapped[date | None] = day(
        N_("起始时间"), in_list=True, std="mandatory_decision_sev_date", group=_HOW, sample="2026-09-18",
        aliases=("开始时间", "起始日期"), help=N_("汇聚期限自该日起算"),
    )  # fmt: skip
    extend_days: Mapped[int | None] = integer(
        N_("延长期限"), checks=(checks.not_negative,), std="force_extend_date", group=_HOW, help=N_("延长的日数")
    )
    ended_on: Mapped[date | None] = day(N_("结束时间"), std="end_date", group=_HOW, aliases=("结束日期",))
