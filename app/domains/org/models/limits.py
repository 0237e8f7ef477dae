"""The days that are worked, and the limits counted in them."""

from datetime import date

from sqlalchemy.orm import Mapped

from app.core import checks
from app.core.fields import Grade, boolean, choice, day, integer, text
from app.core.messages import N_
from app.core.rows import everyone
from app.core.table import Table
from app.domains.org import rules
from app.domains.org.choices import DaySource, LimitUnit
from app.domains.org.models.directory import DIRECTORY


class WorkDay(Table):
    """工作日历: one day of the statutory calendar. Days that are missing count as worked from Monday to Friday."""

    __label__ = N_("工作日历")
    __help__ = N_(
        "法定工作日、节假日和调休。没有登记的日子按周一至周五为工作日计算；标为“暂定”的日子在国务院通知发布后更新。"
    )
    __key__ = ("day",)
    __title__ = "day"
    __rows__ = everyone()
    __may__ = DIRECTORY
    __order__ = ("-day",)

    day: Mapped[date] = day(N_("日期"), search=True, in_list=True, grade=Grade.PUBLIC, sample="2026-10-01")
    is_workday: Mapped[bool] = boolean(
        N_("是否工作日"), in_list=True, grade=Grade.PUBLIC, sample="否", help=N_("调休上班的周六、周日填“是”")
    )
    name: Mapped[str | None] = text(N_("节日名称"), 100, in_list=True, grade=Grade.PUBLIC, sample="国庆节")
    source: Mapped[str] = choice(N_("日历来源"), DaySource, default="manual", in_list=True, grade=Grade.PUBLIC)
    is_provisional: Mapped[bool] = boolean(
        N_("是否暂定"),
        default=False,
        in_list=True,
        grade=Grade.PUBLIC,
        help=N_("放假安排尚未公布的年份为暂定，公布后替换"),
    )


class DeadlinePolicy(Table):
    """期限规则: a limit that law or an office sets. The one in force on the day a period starts applies."""

    __label__ = N_("期限规则")
    __help__ = N_("法律、法规或主管部门规定的各类期限。期限以起算日当天有效的规则为准。")
    __key__ = ("code", "effective_from")
    __rows__ = everyone()
    __may__ = DIRECTORY
    __order__ = ("code", "-effective_from")
    __rules__ = (rules.policy_ends_after_it_starts, rules.limit_has_a_number_or_a_date)

    code: Mapped[str] = text(
        N_("规则编码"), 64, search=True, in_list=True, grade=Grade.PUBLIC, sample="collect",
        checks=(checks.pattern(r"[a-z][a-z0-9_]*", N_("规则编码用小写字母、数字和下划线")),),
    )  # fmt: skip
    name: Mapped[str] = text(
        N_("规则名称"), 200, search=True, in_list=True, grade=Grade.PUBLIC, sample="监管数据汇聚期限"
    )
    days: Mapped[int | None] = integer(
        N_("数值"), in_list=True, grade=Grade.PUBLIC, sample="5", help=N_("按单位计数；单位为元时是金额限额")
    )
    unit: Mapped[str] = choice(N_("单位"), LimitUnit, default="working_day", in_list=True, grade=Grade.PUBLIC)
    month_day: Mapped[str | None] = text(
        N_("每年月日"), 5, only_when=("unit", (LimitUnit.YEARLY_DATE,)), grade=Grade.PUBLIC,
        checks=(checks.pattern(r"(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])", N_("月日应写作 04-30")),),
    )  # fmt: skip
    start_event: Mapped[str] = text(
        N_("起算事件"), 200, in_list=True, grade=Grade.PUBLIC, sample="监管数据产生", help=N_("事件当日为第 0 天")
    )
    legal_basis: Mapped[str | None] = text(
        N_("依据"), 500, grade=Grade.PUBLIC, sample="市政办发〔2021〕28号第十五条", help=N_("文件名称及条款")
    )
    extendable_days: Mapped[int | None] = integer(N_("可延长数值"), grade=Grade.PUBLIC)
    source_mark: Mapped[str | None] = text(N_("来源标识"), 50, grade=Grade.PUBLIC, help=N_("暂定的规则请注明"))
    effective_from: Mapped[date] = day(N_("生效日期"), in_list=True, grade=Grade.PUBLIC, sample="2021-07-01")
    effective_to: Mapped[date | None] = day(
        N_("失效日期"), in_list=True, grade=Grade.PUBLIC, help=N_("自该日起不再适用；不填为长期有效")
    )
