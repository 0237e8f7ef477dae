"""Permit items of the government-service catalogue that supervision items answer to."""

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy.orm import Mapped

from app.core.fields import Grade, choice, code, day, integer, long_text, owner, text
from app.core.messages import N_
from app.core.rows import shared
from app.core.table import Table
from app.domains.catalogue import rules
from app.domains.catalogue.choices import PermitItemState, PermitItemType
from app.domains.catalogue.models.items import CATALOGUE_GRANTS
from app.domains.org.choices import Level

if TYPE_CHECKING:
    from app.domains.org.models import Department


class PermitItem(Table):
    """许可事项: a matter of approval in the government-service catalogue. Who approves must also supervise."""

    __label__ = N_("许可事项")
    __help__ = N_("政务服务事项目录中的许可事项。谁审批谁监管，许可变化时须同步调整监管事项。")
    __key__ = ("task_code",)
    __title__ = "task_name"
    __rows__ = shared("department")
    __found__ = 13
    __may__ = CATALOGUE_GRANTS
    __order__ = ("task_code",)
    __rules__ = (rules.item_ends_after_it_starts,)

    task_code: Mapped[str] = code(
        N_("实施编码"), 36, search=True, in_list=True, grade=Grade.PUBLIC, std="task_code", aliases=("许可事项编码",),
        sample="11610113016000001J400013100000",
    )  # fmt: skip
    catalog_code: Mapped[str | None] = code(
        N_("基本编码"), 12, search=True, in_list=True, grade=Grade.PUBLIC, std="catalog_code", sample="000131000000"
    )
    task_name: Mapped[str] = text(
        N_("事项名称"), 500, search=True, spelled=True, in_list=True, grade=Grade.PUBLIC, std="task_name",
        sample="食品经营许可", aliases=("许可事项名称",),
    )  # fmt: skip
    task_type: Mapped[str] = choice(
        N_("事项类型"), PermitItemType, default="licence", in_list=True, grade=Grade.PUBLIC, std="task_type"
    )
    use_level: Mapped[str | None] = choice(N_("行使层级"), Level, in_list=True, grade=Grade.PUBLIC, std="use_level")
    legal_basis: Mapped[str | None] = long_text(N_("设定依据"), grade=Grade.PUBLIC, std="by_law")
    task_state: Mapped[str] = choice(
        N_("事项状态"), PermitItemState, default="in_force", in_list=True, grade=Grade.PUBLIC, std="task_state"
    )
    task_edition: Mapped[int] = integer(N_("事项版本"), default=1, grade=Grade.PUBLIC, std="task_version")
    impl_dept_name: Mapped[str | None] = text(
        N_("实施主体"), 200, in_list=True, grade=Grade.PUBLIC, std="dept_name", sample="西安市雁塔区行政审批服务局"
    )
    impl_dept_code: Mapped[str | None] = code(N_("实施主体编码"), 50, grade=Grade.PUBLIC, std="dept_code")
    valid_from: Mapped[date | None] = day(
        N_("计划生效日期"), grade=Grade.PUBLIC, std="plan_effective_date", aliases=("生效日期",)
    )
    valid_to: Mapped[date | None] = day(
        N_("计划取消日期"), grade=Grade.PUBLIC, std="plan_cancel_date", aliases=("有效期至",)
    )
    department: Mapped["Department"] = owner(N_("维护部门"), grade=Grade.PUBLIC)
