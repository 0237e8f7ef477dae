"""The published list of what departments check together at random (domain.md §4.1, A.1)."""

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy.orm import Mapped

from app.core.fields import Grade, day, long_text, owner, text
from app.core.messages import N_
from app.core.rows import shared
from app.core.table import Table
from app.domains.catalogue.models.items import CATALOGUE_GRANTS

if TYPE_CHECKING:
    from app.domains.org.models import Department

_WHO = N_("检查部门")
_WAY = N_("方式与频次")


class JointDrawItem(Table):
    """联合抽查事项: one line of the list that an office publishes.

    Offices word these lists freely, so all but the item itself is optional and levels, classes and ratios are kept as
    written. A line is recognised by field, item and checked objects together: offices repeat an item for other objects.
    """

    __label__ = N_("联合抽查事项")
    __help__ = N_("部门公布的联合抽查事项清单中的一行。各地公布的清单可以直接上传，表头对应一次后会记住。")
    __key__ = ("department", "domain", "item_name", "check_object")
    __title__ = "item_name"
    __rows__ = shared("department")
    __may__ = CATALOGUE_GRANTS
    __order__ = ("id",)

    # The lengths of the key's three texts together stay below what an index entry of PostgreSQL may hold (2,704 bytes).
    domain: Mapped[str | None] = text(
        N_("抽查领域"), 120, search=True, in_list=True, grade=Grade.PUBLIC, sample="学校办学情况抽查",
        aliases=("抽查类别", "检查领域", "抽查检查类别", "监管领域", "类别", "领域", "抽查项目"),
    )  # fmt: skip
    item_name: Mapped[str] = text(
        N_("抽查事项"), 300, search=True, in_list=True, grade=Grade.PUBLIC, sample="学校食堂食品安全情况的检查",
        aliases=("抽查事项名称", "联合抽查事项", "联合抽查事项名称", "检查事项", "检查事项名称", "事项名称"),
    )  # fmt: skip
    check_object: Mapped[str | None] = text(
        N_("检查对象"), 400, search=True, in_list=True, grade=Grade.PUBLIC, sample="各类学校",
        aliases=("抽查对象", "抽查检查对象", "监管对象", "被检查对象"),
    )  # fmt: skip
    initiator: Mapped[str | None] = text(
        N_("发起部门"), 300, search=True, in_list=True, grade=Grade.PUBLIC, group=_WHO, sample="市场监管部门",
        aliases=("牵头部门", "发起单位", "牵头单位", "检查主体", "抽查主体", "责任部门", "主管部门", "检查部门"),
    )  # fmt: skip
    participants: Mapped[str | None] = text(
        N_("配合部门"), 500, search=True, in_list=True, grade=Grade.PUBLIC, group=_WHO, sample="教育、卫生健康部门",
        aliases=("参与部门", "配合单位", "参与单位", "联合部门", "协同部门", "参加部门"),
    )  # fmt: skip
    implement_level: Mapped[str | None] = text(
        N_("抽查层级"), 100, in_list=True, grade=Grade.PUBLIC, group=_WHO, sample="市县（区）级",
        aliases=("实施层级", "检查层级", "层级", "抽查检查层级"),
    )  # fmt: skip
    organise_level: Mapped[str | None] = text(
        N_("组织层级"), 100, grade=Grade.PUBLIC, group=_WHO, aliases=("发起层级",)
    )
    item_class: Mapped[str | None] = text(
        N_("事项类别"), 100, in_list=True, grade=Grade.PUBLIC, sample="一般检查事项",
        help=N_("一般检查事项或重点检查事项"), aliases=("检查事项类别", "抽查事项类别", "事项类型"),
    )  # fmt: skip
    content: Mapped[str | None] = long_text(
        N_("抽查内容"), 2000, grade=Grade.PUBLIC, aliases=("检查内容", "抽查检查内容", "联合抽查内容")
    )
    ratio: Mapped[str | None] = text(
        N_("抽查比例"), 200, grade=Grade.PUBLIC, group=_WAY, sample="5%", help=N_("按发布的清单填写"),
        aliases=("检查比例", "抽查比例及频次", "抽查比例和频次", "比例"),
    )  # fmt: skip
    frequency: Mapped[str | None] = text(
        N_("抽查频次"),
        200,
        grade=Grade.PUBLIC,
        group=_WAY,
        sample="每年至少一次",
        aliases=("检查频次", "检查频率", "频次"),
    )
    verify_methods: Mapped[str | None] = text(
        N_("检查方式"),
        300,
        grade=Grade.PUBLIC,
        group=_WAY,
        sample="现场检查",
        aliases=("抽查方式", "抽查检查方式", "检查方法"),
    )
    check_period: Mapped[str | None] = text(
        N_("检查时间"), 200, grade=Grade.PUBLIC, group=_WAY, sample="3月至11月", aliases=("抽查时间", "计划开展时间")
    )
    legal_basis: Mapped[str | None] = long_text(
        N_("抽查依据"), grade=Grade.PUBLIC, aliases=("检查依据", "抽查检查依据", "法律依据", "设定依据", "依据")
    )
    power_list_item: Mapped[str | None] = text(
        N_("权责清单事项"), 500, grade=Grade.PUBLIC, aliases=("权责事项", "对应权责清单事项")
    )
    filed_on: Mapped[date | None] = day(
        N_("备案日期"), grade=Grade.PUBLIC, help=N_("向同级市场监管部门备案的日期"), aliases=("备案时间",)
    )
    remark: Mapped[str | None] = long_text(N_("备注"), 1000, grade=Grade.PUBLIC, aliases=("说明",))
    department: Mapped["Department"] = owner(N_("发布部门"), in_list=True, grade=Grade.PUBLIC)
