"""Other acts of daily supervision."""

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy.orm import Mapped

from app.core.corrections import Correcting
from app.core.fields import code, day, ref, text
from app.core.messages import N_
from app.core.rows import department_tree
from app.core.rules import Duplicate
from app.core.table import Table
from app.domains.actions import rules
from app.domains.actions.models import papers
from app.domains.actions.models.block import GRANTS, REPEATS, SUB_ITEM_FACTS, ActionBlock, EntrustBlock, FollowUpBlock
from app.domains.catalogue.choices import MeasureType

if TYPE_CHECKING:
    from app.domains.catalogue.models import SupervisionSubItem

_WHAT, _HOW = N_("行为事项"), N_("行为情况")


class OtherAction(FollowUpBlock, EntrustBlock, ActionBlock, Table):
    """其他行为: an act of daily supervision that is neither inspection, penalty nor coercion."""

    __label__ = N_("其他行为")
    __help__ = N_("检查、处罚、强制以外的日常监督管理行为，5 个工作日内归集。")
    __key__ = ("action_no",)
    __rows__ = department_tree("department")
    __found__ = 9
    __may__ = GRANTS
    __corrected__ = Correcting(("submitted_at",))
    __repeats__ = (*REPEATS, "item_source", "measure", "started_on", "closing")
    __paper__ = papers.OTHER
    __derive__ = (rules.collected("started_on"), rules.other_text)
    __rules__ = (
        rules.sub_item_is_in_force,
        rules.sub_item_allows(MeasureType.OTHER),
        rules.party_number_is_right,
        rules.party_number_can_be_reported,
        rules.region_exists,
        rules.ends_after_it_starts,
        rules.comes_from_an_inspection,
        rules.subject_is_in_the_library,
        rules.has_a_day,
    )
    __duplicates__ = (Duplicate("R16", ("party_id_no", "sub_item", "started_on", "measure")),)

    action_no: Mapped[str | None] = code(
        N_("行为编号"), 50, search=True, in_list=True, std="action_code", group=_WHAT,
        help=N_("不填时由系统生成；导入时填已有编号则更新该记录"),
    )  # fmt: skip
    name: Mapped[str | None] = text(
        N_("行为名称"), 300, search=True, in_list=True, std="action_name", group=_WHAT, help=N_("不填时由系统生成")
    )
    sub_item: Mapped["SupervisionSubItem"] = ref(
        N_("监管事项目录编码"), "SupervisionSubItem", by=("sub_code",), facts=SUB_ITEM_FACTS, group=_WHAT,
        std="supervise_item_code", sample="61131000109001", help=N_("14 位数字，须是已发布的其他行为事项"),
        aliases=("监管事项子项编码",),
    )  # fmt: skip
    subject_name: Mapped[str] = text(
        N_("监管对象"),
        200,
        search=True,
        std="supervise_object",
        aliases=("监管对象名称",),
        sample="西安市雁塔区示例食品店",
    )
    item_source: Mapped[str | None] = text(N_("事项来源"), 50, group=_WHAT, sample="日常监管")
    measure: Mapped[str | None] = text(
        N_("监管措施"), 50, in_list=True, std="supervise_measure", group=_HOW, sample="约谈"
    )
    closing: Mapped[str | None] = text(N_("结案情况"), 200, in_list=True, std="closing_case", group=_HOW)
    started_on: Mapped[date | None] = day(
        N_("开始时间"), in_list=True, std="start_date", group=_HOW, sample="2026-09-18", aliases=("开始日期",),
        help=N_("汇聚期限自该日起算"),
    )  # fmt: skip
    ended_on: Mapped[date | None] = day(N_("结束时间"), std="end_date", group=_HOW, aliases=("结束日期",))
