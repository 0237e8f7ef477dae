"""Claims: how each department stands to each item that the level above has sorted out (domain.md §2.7)."""

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy.orm import Mapped

from app.core.fields import Grade, choice, choices, code, day, integer, long_text, owner, ref, text
from app.core.messages import N_
from app.core.rows import shared
from app.core.table import Table
from app.domains.catalogue import flows, rules
from app.domains.catalogue.choices import ClaimState, SupervisionMode
from app.domains.catalogue.models.items import CATALOGUE_GRANTS

if TYPE_CHECKING:
    from app.domains.catalogue.models.items import SupervisionSubItem
    from app.domains.org.models import Department

_OWN = N_("本部门要素")
_STATE = N_("状态与版本")


class ItemClaim(Table):
    """事项认领: one department and one sub-item. Name, code, basis and type are the item's own and stay so.

    Shaanxi and Jiangsu plans: these four are the same in the whole province. What a department adds is how it works.
    """

    __label__ = N_("事项认领")
    __help__ = N_(
        "上级梳理的监管事项由各部门认领（应领尽领）。名称、编码、依据、类型全省统一，不可修改；本部门补充流程、结果等要素。"
    )
    __key__ = ("department", "sub_item")
    __title__ = "item_title"
    __rows__ = shared("department", once="edition")
    __found__ = 12
    __may__ = CATALOGUE_GRANTS
    __order__ = ("-id",)
    __derive__ = (rules.first_edition, rules.claim_is_called, rules.pushed_today)
    __rules__ = (rules.item_ends_after_it_starts, rules.claim_stays_with_its_item)
    __flow__ = flows.CLAIM

    sub_item: Mapped["SupervisionSubItem"] = ref(
        N_("监管事项目录编码"), "SupervisionSubItem", by=("sub_code",),
        facts=("sub_name", "measure_type", "status", "edition"), in_list=True, grade=Grade.PUBLIC,
        sample="61131000101001",
    )  # fmt: skip
    item_title: Mapped[str | None] = text(
        N_("监管事项"), 520, derived=True, search=True, in_list=True, grade=Grade.PUBLIC
    )
    status: Mapped[str] = choice(
        N_("认领状态"), ClaimState, default="claimed", in_list=True, grade=Grade.PUBLIC, group=_STATE
    )
    process_text: Mapped[str | None] = long_text(
        N_("本部门监管流程"), grade=Grade.PUBLIC, group=_OWN, sample="制定计划、实施检查、结果公示"
    )
    result_text: Mapped[str | None] = long_text(
        N_("本部门处理方式"), grade=Grade.PUBLIC, group=_OWN, sample="合格的予以公示，不合格的责令改正"
    )
    supervision_modes: Mapped[list[str] | None] = choices(
        N_("本部门监管方式"), SupervisionMode, grade=Grade.PUBLIC, group=_OWN, help=N_("不填的与上级事项一致")
    )
    power_item_code: Mapped[str | None] = code(N_("本部门权力事项编码"), 36, grade=Grade.PUBLIC, group=_OWN)
    contact_way: Mapped[str | None] = text(N_("咨询监督方式"), 500, grade=Grade.PUBLIC, group=_OWN)
    reason: Mapped[str | None] = long_text(N_("说明"), 1000, grade=Grade.PUBLIC, group=_OWN)
    pushed_on: Mapped[date | None] = day(
        N_("下发日期"), derived=True, in_list=True, grade=Grade.PUBLIC, group=_STATE, help=N_("认领期限自该日起算")
    )
    edition: Mapped[int | None] = integer(N_("版本号"), derived=True, grade=Grade.PUBLIC, group=_STATE)
    valid_from: Mapped[date | None] = day(N_("生效日期"), grade=Grade.PUBLIC, group=_STATE)
    valid_to: Mapped[date | None] = day(N_("有效期至"), grade=Grade.PUBLIC, group=_STATE, help=N_("最后一个有效日"))
    department: Mapped["Department"] = owner(N_("认领部门"), in_list=True, grade=Grade.PUBLIC)
