"""The tables of the organisation: regions, departments, user places, code lists, work days, limits."""

from datetime import date

from sqlalchemy.orm import Mapped

from app.core import checks
from app.core.fields import Grade, boolean, choice, code, day, integer, long_text, owner, phone, ref, text, uscc
from app.core.messages import N_
from app.core.roles import may
from app.core.rows import department_tree, everyone
from app.core.table import Table
from app.domains.org import rules
from app.domains.org.choices import DaySource, DeptKind, DutyLine, EmploymentState, Level, LimitUnit

# Directories: everybody reads them. Only system admins write, because their rows have no owner: whoever could edit one
# department could place any other below his own and so see its rows.
_DIRECTORY = may(
    dept_admin="read export",
    catalog_editor="read export",
    catalog_reviewer="read export",
    clerk="read export",
    inspector="read",
    handler="read",
    evaluator="read export",
)

_WHO = N_("负责人与联系人")
_WHEN = N_("有效期")


class Region(Table):
    """行政区划: one division of the country, or a functional zone that has a statistical code of its own."""

    __label__ = N_("行政区划")
    __help__ = N_("全国行政区划和功能区代码，来源于 GB/T 2260。撤并的区划不删除，只填写“有效期至”。")
    __id__ = "region"
    __key__ = ("code",)
    __rows__ = everyone()
    __found__ = 14
    __may__ = _DIRECTORY
    __order__ = ("code",)
    __rules__ = (rules.validity_ends_after_it_starts, rules.code_fits_the_level, rules.code_lies_within_the_parent)

    code: Mapped[str] = code(
        N_("行政区划代码"), 9, search=True, in_list=True, grade=Grade.PUBLIC, std="area_number", aliases=("区划代码",),
        checks=(checks.region_code,), sample="610113", help=N_("6 位数字；乡镇、街道为 9 位"),
    )  # fmt: skip
    name: Mapped[str] = text(
        N_("区划名称"),
        100,
        search=True,
        spelled=True,
        in_list=True,
        grade=Grade.PUBLIC,
        sample="雁塔区",
        aliases=("名称",),
    )
    level: Mapped[str] = choice(N_("层级"), Level, in_list=True, grade=Grade.PUBLIC)
    parent: Mapped["Region | None"] = ref(
        N_("上级区划代码"), "Region", by=("code", "name"), facts=("level",), in_list=True, grade=Grade.PUBLIC,
        sample="610100",
    )  # fmt: skip
    is_functional_zone: Mapped[bool] = boolean(
        N_("是否功能区"), default=False, in_list=True, grade=Grade.PUBLIC,
        help=N_("开发区、高新区等使用统计代码、不在 GB/T 2260 中的区域"),
    )  # fmt: skip
    valid_from: Mapped[date | None] = day(N_("生效日期"), in_list=True, grade=Grade.PUBLIC, group=_WHEN)
    valid_to: Mapped[date | None] = day(
        N_("有效期至"),
        in_list=True,
        grade=Grade.PUBLIC,
        group=_WHEN,
        help=N_("最后一个有效日；撤并的区划不删除，只填此项"),
    )


class Department(Table):
    """监管部门: an office that enforces, below another in its line and under the government of a region."""

    __label__ = N_("监管部门")
    __help__ = N_(
        "各级执法主体。每个部门既在条线上隶属上级主管部门，又属于所在区划的政府；上级部门可见下级数据，主管部门（政府办）可见本地区全部数据。"
    )
    __id__ = "department"
    __key__ = ("name",)
    __rows__ = everyone()
    __found__ = 10
    __may__ = _DIRECTORY
    __order__ = ("id",)
    __rules__ = (rules.department_stands_below_another,)

    name: Mapped[str] = text(
        N_("部门名称"), 200, search=True, spelled=True, in_list=True, grade=Grade.PUBLIC,
        aliases=("单位名称", "机构名称"), sample="西安市雁塔区市场监督管理局", help=N_("填写全称，全系统不重复"),
    )  # fmt: skip
    uscc: Mapped[str | None] = uscc(
        N_("统一社会信用代码"), search=True, in_list=True, unique=True, grade=Grade.PUBLIC, sample="11610113016000001J",
        help=N_("实施清单编码的前 18 位取自本项"), aliases=("部门编码", "信用代码"),
    )  # fmt: skip
    region: Mapped["Region"] = ref(
        N_("行政区划代码"), "Region", by=("code", "name"), in_list=True, grade=Grade.PUBLIC, std="area_number",
        sample="610113", help=N_("所属政府的行政区划（块）"),
    )  # fmt: skip
    level: Mapped[str] = choice(N_("层级"), Level, in_list=True, grade=Grade.PUBLIC)
    parent: Mapped["Department | None"] = ref(
        N_("上级主管部门"), "Department", by=("name", "uscc"), facts=("level",), in_list=True, grade=Grade.PUBLIC,
        sample="西安市市场监督管理局", help=N_("业务上的上级部门（条）；上级可以看到下级的数据"),
    )  # fmt: skip
    dept_kind: Mapped[str] = choice(N_("执法主体性质"), DeptKind, default="gov_department", grade=Grade.PUBLIC)
    duty_line: Mapped[str] = choice(N_("职能条线"), DutyLine, in_list=True, grade=Grade.PUBLIC)
    is_lead_office: Mapped[bool] = boolean(
        N_("是否主管部门"), default=False, in_list=True, grade=Grade.PUBLIC,
        help=N_("政府办公厅（室）填“是”，可以看到本区划内各部门的数据"),
    )  # fmt: skip
    leader_name: Mapped[str | None] = text(N_("分管领导"), 50, group=_WHO)
    contact_name: Mapped[str | None] = text(
        N_("具体负责人"), 50, group=_WHO, help=N_("人员变动应及时更新，并报主管部门"), aliases=("联系人", "联络员")
    )
    contact_phone: Mapped[str | None] = phone(N_("联系电话"), group=_WHO)


class UserPlace(Table):
    """人员岗位: an account, the real person who holds it, and the department it works for. An account has one place."""

    __label__ = N_("人员岗位")
    __help__ = N_("账号与持有人、任职部门的对应关系，一人一号、实名制；只有在编在职在岗人员可以使用系统。")
    __key__ = ("username",)
    __title__ = "real_name"
    __rows__ = department_tree("department")
    __found__ = 3
    __may__ = may(dept_admin="read add edit import export")
    __order__ = ("username",)

    department: Mapped["Department"] = owner(in_list=True)
    username: Mapped[str] = text(
        N_("用户名"), 64, search=True, in_list=True, unique=True, sample="lurudemo", help=N_("登录账号，全系统不重复"),
        aliases=("账号", "登录名"),
        checks=(checks.pattern(r"[A-Za-z0-9_.@-]{2,64}", N_("用户名只能用字母、数字和 _ . @ -，至少 2 位")),),
    )  # fmt: skip
    real_name: Mapped[str] = text(
        N_("真实姓名"),
        50,
        search=True,
        spelled="person",
        in_list=True,
        sample="示例人员",
        help=N_("账号实行实名制"),
        aliases=("姓名",),
    )
    staff_number: Mapped[str | None] = code(N_("单位工号"), 32, search=True, in_list=True, aliases=("工号",))
    post: Mapped[str | None] = text(N_("岗位"), 100, in_list=True, sample="数据录入", aliases=("职务",))
    phone: Mapped[str | None] = phone(N_("联系电话"), aliases=("手机号",))
    employment: Mapped[str] = choice(
        N_("人员状态"), EmploymentState, default="in_post", in_list=True, help=N_("只有在编在职在岗人员可以登录")
    )


class CodeList(Table):
    """代码表: a list of values that an office keeps itself, unlike the closed lists built into fields."""

    __label__ = N_("代码表")
    __help__ = N_("由主管部门自行维护的代码表，与字段内置的固定选项不同。")
    __key__ = ("code",)
    __rows__ = everyone()
    __may__ = _DIRECTORY
    __order__ = ("code",)

    code: Mapped[str] = code(
        N_("代码表编码"), 64, search=True, in_list=True, grade=Grade.PUBLIC, sample="GB/T4754", aliases=("字典编码",)
    )
    name: Mapped[str] = text(
        N_("代码表名称"),
        200,
        search=True,
        in_list=True,
        grade=Grade.PUBLIC,
        sample="国民经济行业分类",
        aliases=("字典名称",),
    )
    source: Mapped[str | None] = text(
        N_("来源标准"), 200, in_list=True, grade=Grade.PUBLIC, sample="GB/T 4754-2017", help=N_("标准号或发布文件")
    )
    note: Mapped[str | None] = long_text(N_("说明"), 1000, grade=Grade.PUBLIC)


class CodeEntry(Table):
    """代码项: one value of a code list, with the dates between which it may be used."""

    __label__ = N_("代码项")
    __help__ = N_("代码表中的一个取值，以及可以使用的起止日期。")
    __key__ = ("code_list", "code")
    __rows__ = everyone()
    __may__ = _DIRECTORY
    __order__ = ("code_list_id", "seq")
    __rules__ = (rules.validity_ends_after_it_starts,)

    code_list: Mapped["CodeList"] = ref(
        N_("代码表编码"), "CodeList", by=("code", "name"), in_list=True, grade=Grade.PUBLIC, sample="GB/T4754"
    )
    code: Mapped[str] = code(N_("代码"), 64, search=True, in_list=True, grade=Grade.PUBLIC, sample="H")
    name: Mapped[str] = text(N_("名称"), 200, search=True, in_list=True, grade=Grade.PUBLIC, sample="住宿和餐饮业")
    national_code: Mapped[str | None] = text(
        N_("国家代码"), 64, in_list=True, grade=Grade.PUBLIC, help=N_("上报国家平台时使用的代码，与本地代码相同可不填")
    )
    seq: Mapped[int | None] = integer(N_("排序号"), grade=Grade.PUBLIC, aliases=("顺序",))
    valid_from: Mapped[date | None] = day(N_("生效日期"), in_list=True, grade=Grade.PUBLIC)
    valid_to: Mapped[date | None] = day(N_("有效期至"), in_list=True, grade=Grade.PUBLIC, help=N_("最后一个有效日"))


class WorkDay(Table):
    """工作日历: one day of the statutory calendar. Days that are missing count as worked from Monday to Friday."""

    __label__ = N_("工作日历")
    __help__ = N_(
        "法定工作日、节假日和调休。没有登记的日子按周一至周五为工作日计算；标为“暂定”的日子在国务院通知发布后更新。"
    )
    __key__ = ("day",)
    __title__ = "day"
    __rows__ = everyone()
    __may__ = _DIRECTORY
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
    __may__ = _DIRECTORY
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
