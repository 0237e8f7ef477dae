"""Implementation lists, check items and check contents: how an inspection is carried out (domain.md §2.4)."""

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy.orm import Mapped

from app.core import checks
from app.core.fields import (
    Grade,
    boolean,
    choice,
    choices,
    code,
    day,
    flags,
    integer,
    long_text,
    owner,
    percent,
    ref,
    text,
)
from app.core.messages import N_
from app.core.roles import may
from app.core.rows import follows, shared
from app.core.table import Table
from app.core.workflow import lines
from app.domains.catalogue import flows, rules
from app.domains.catalogue.choices import (
    CheckForm,
    CheckMode,
    CheckType,
    ContentCheckType,
    DeadlineUnit,
    InspectorRequirement,
    ItemState,
    PowerSource,
)
from app.domains.catalogue.models.items import CATALOGUE_GRANTS
from app.domains.org.choices import DeptKind, Level

if TYPE_CHECKING:
    from app.domains.catalogue.models.items import SupervisionSubItem
    from app.domains.org.models import Department

_BODY = N_("实施主体")
_WAY = N_("检查方式与频次")
_PROCESS = N_("流程与时限")
_STATE = N_("状态与版本")


class ImplementationList(Table):
    """检查实施清单: how one department carries out one sub-item of inspection."""

    __label__ = N_("检查实施清单")
    __help__ = N_(
        "一个部门如何实施一项行政检查子项：依据、形式、方式、比例频次、流程和联系方式。每个行政检查子项都应编制。"
    )
    __key__ = ("list_code",)
    __title__ = "list_code"
    __rows__ = shared("department", once="edition")
    __found__ = 11
    __may__ = CATALOGUE_GRANTS
    __order__ = ("list_code",)
    __derive__ = (rules.first_edition,)
    __flow__ = flows.LIST
    __rules__ = (
        rules.list_belongs_to_an_inspection,
        rules.list_code_shows_the_level,
        rules.list_code_is_allowed,
        rules.list_code_is_usual,
        rules.random_list_says_how_much,
        rules.deadline_has_a_unit,
        rules.item_ends_after_it_starts,
        rules.published_item_says_since_when,
    )

    list_code: Mapped[str] = code(
        N_("检查实施清单编码"), 64, search=True, in_list=True, grade=Grade.PUBLIC, checks=(checks.list_code,),
        std="supervise_item_check_icode", aliases=("监管事项检查实施清单编码", "实施清单编码"),
        sample="11610113016000001J46113100010100101", help=N_("前 18 位为实施部门信用代码，第 19 位为层级 1 至 5"),
    )  # fmt: skip
    sub_item: Mapped["SupervisionSubItem"] = ref(
        N_("监管事项目录编码"), "SupervisionSubItem", by=("sub_code",), facts=("measure_type", "supervision_modes"),
        in_list=True, grade=Grade.PUBLIC, aliases=("监管事项子项编码",), sample="61131000101001",
    )  # fmt: skip
    catalog_code: Mapped[str | None] = code(N_("基本编码"), 12, grade=Grade.PUBLIC, std="catalog_code")
    task_code: Mapped[str | None] = code(N_("实施编码"), 36, grade=Grade.PUBLIC, std="task_code")
    impl_dept_name: Mapped[str] = text(
        N_("实施机构"), 200, search=True, in_list=True, grade=Grade.PUBLIC, group=_BODY, std="dept_name",
        aliases=("实施主体",), sample="西安市雁塔区市场监督管理局",
    )  # fmt: skip
    impl_dept_code: Mapped[str] = code(
        N_("实施机构编码"), 50, grade=Grade.PUBLIC, group=_BODY, std="dept_code", sample="11610113016000001J",
        aliases=("实施主体编码",),
    )  # fmt: skip
    impl_dept_kind: Mapped[str] = choice(
        N_("实施主体性质"), DeptKind, default="gov_department", grade=Grade.PUBLIC, group=_BODY, std="dept_type"
    )
    entrusted_dept_name: Mapped[str | None] = text(N_("受委托部门"), 200, grade=Grade.PUBLIC, group=_BODY)
    entrusted_dept_code: Mapped[str | None] = code(N_("受委托部门编码"), 50, grade=Grade.PUBLIC, group=_BODY)
    power_source: Mapped[str] = choice(
        N_("权力来源"), PowerSource, default="statutory", grade=Grade.PUBLIC, group=_BODY, std="power_source"
    )
    use_level: Mapped[str] = choice(
        N_("行使层级"), Level, in_list=True, grade=Grade.PUBLIC, group=_BODY, std="use_level", sample="县级"
    )
    legal_basis: Mapped[str] = long_text(
        N_("设定依据"), grade=Grade.PUBLIC, std="by_law", sample="《中华人民共和国食品安全法》第一百一十条"
    )
    check_form: Mapped[list[str]] = choices(
        N_("检查形式"), CheckForm, in_list=True, grade=Grade.PUBLIC, group=_WAY, sample="日常检查；专项检查"
    )
    check_type: Mapped[list[str]] = choices(
        N_("检查类别"), CheckType, grade=Grade.PUBLIC, group=_WAY, sample="双随机抽查"
    )
    check_mode: Mapped[list[str]] = choices(
        N_("检查方式"), CheckMode, grade=Grade.PUBLIC, group=_WAY, sample="实地检查"
    )
    ratio: Mapped[Decimal | None] = percent(
        N_("抽查比例"), grade=Grade.PUBLIC, group=_WAY, sample="5%", help=N_("双随机事项必填"), aliases=("检查比例",)
    )
    frequency: Mapped[int | None] = integer(
        N_("抽查频次"),
        grade=Grade.PUBLIC,
        group=_WAY,
        sample="1",
        help=N_("每年次数；双随机事项必填"),
        aliases=("检查频率",),
    )
    inspector_requirement: Mapped[str | None] = choice(
        N_("检查人员要求"), InspectorRequirement, grade=Grade.PUBLIC, group=_WAY
    )
    process_text: Mapped[str] = long_text(
        N_("检查流程"), grade=Grade.PUBLIC, group=_PROCESS, std="handle_flow", aliases=("办理流程",),
        sample="出示证件、现场检查、填写记录、结果公示",
    )  # fmt: skip
    deadline_days: Mapped[int | None] = integer(N_("法定办结时限"), grade=Grade.PUBLIC, group=_PROCESS)
    deadline_unit: Mapped[str | None] = choice(N_("法定办结时限单位"), DeadlineUnit, grade=Grade.PUBLIC, group=_PROCESS)
    deadline_note: Mapped[str | None] = long_text(N_("法定办结时限说明"), grade=Grade.PUBLIC, group=_PROCESS)
    consult_way: Mapped[str] = long_text(
        N_("咨询方式"), grade=Grade.PUBLIC, group=_PROCESS, std="link_way", sample="窗口咨询"
    )
    complaint_way: Mapped[str] = long_text(
        N_("监督投诉方式"), grade=Grade.PUBLIC, group=_PROCESS, std="supervise_way", sample="拨打 12345"
    )
    status: Mapped[str] = choice(
        N_("清单状态"), ItemState, default="drafting", in_list=True, grade=Grade.PUBLIC, group=_STATE
    )
    edition: Mapped[int | None] = integer(
        N_("版本号"), derived=True, grade=Grade.PUBLIC, group=_STATE, help=N_("发布时由系统编号；没有发布过的为空")
    )
    valid_from: Mapped[date | None] = day(
        N_("生效日期"), grade=Grade.PUBLIC, group=_STATE, aliases=("计划生效日期",), std="plan_effective_date"
    )
    valid_to: Mapped[date | None] = day(N_("有效期至"), grade=Grade.PUBLIC, group=_STATE, help=N_("最后一个有效日"))
    department: Mapped["Department"] = owner(N_("编制部门"), in_list=True, grade=Grade.PUBLIC)
    quality_flags: Mapped[list[str] | None] = flags(N_("质量提示"))


#: What is looked at is written by whoever writes the item, and goes as long as it was never in force.
_LINE_GRANTS = may(
    catalog_editor="read add edit delete import export",
    catalog_reviewer="read edit export",
    dept_admin="read export",
    clerk="read export",
    inspector="read",
    handler="read",
    evaluator="read export",
)


class CheckItem(Table):
    """检查项: one thing to look at when a sub-item of inspection is carried out."""

    __label__ = N_("检查项")
    __help__ = N_("实施一项检查时要看的一个方面，下设若干检查内容。")
    __key__ = ("item_no",)
    __rows__ = follows("sub_item", once="edition")
    __may__ = _LINE_GRANTS
    __order__ = ("item_no",)
    __derive__ = (lines.first_edition("check_item"),)
    __rules__ = (rules.list_belongs_to_an_inspection,)

    item_no: Mapped[str] = code(
        N_("检查项编码"), 64, search=True, in_list=True, grade=Grade.PUBLIC, sample="61131000101001-01",
        help=N_("可用监管事项目录编码加顺序号"),
    )  # fmt: skip
    sub_item: Mapped["SupervisionSubItem"] = ref(
        N_("监管事项目录编码"), "SupervisionSubItem", by=("sub_code",), facts=("measure_type",), in_list=True,
        grade=Grade.PUBLIC, aliases=("监管事项子项编码",), sample="61131000101001",
    )  # fmt: skip
    name: Mapped[str] = text(
        N_("检查项名称"), 500, search=True, in_list=True, grade=Grade.PUBLIC, aliases=("检查项",), sample="许可证有效性"
    )
    seq: Mapped[int | None] = integer(N_("排序号"), grade=Grade.PUBLIC, sample="1", aliases=("顺序",))
    check_form: Mapped[list[str] | None] = choices(
        N_("检查形式"), CheckForm, in_list=True, grade=Grade.PUBLIC, help=N_("不填表示日常检查和专项检查都适用")
    )
    edition: Mapped[int | None] = integer(
        N_("起始版本"),
        derived=True,
        in_list=True,
        grade=Grade.PUBLIC,
        group=_STATE,
        help=N_("随事项发布时由系统填写；还没有发布的为空"),
    )
    edition_to: Mapped[int | None] = integer(
        N_("截止版本"),
        derived=True,
        in_list=True,
        grade=Grade.PUBLIC,
        group=_STATE,
        help=N_("事项的这一版之后不再使用；为空的现行有效"),
    )


class CheckContent(Table):
    """检查内容: what exactly is checked under a check item, how, and what breaking it entails."""

    __label__ = N_("检查内容")
    __help__ = N_("检查项之下具体查什么、怎么查、违反了如何处理。")
    __key__ = ("content_code",)
    __title__ = "content_code"
    __derive__ = (lines.first_edition("check_content"),)
    __rows__ = follows("check_item", once="edition")
    __may__ = _LINE_GRANTS
    __order__ = ("content_code",)

    content_code: Mapped[str] = code(
        N_("检查内容编码"), 64, search=True, in_list=True, grade=Grade.PUBLIC, sample="61131000101001-01-01"
    )
    check_item: Mapped["CheckItem"] = ref(
        N_("检查项编码"), "CheckItem", by=("item_no",), in_list=True, grade=Grade.PUBLIC, sample="61131000101001-01"
    )
    content: Mapped[str] = long_text(
        N_("检查内容"), 2000, search=True, in_list=True, grade=Grade.PUBLIC, sample="许可证是否在有效期内"
    )
    operation_essentials: Mapped[str] = long_text(
        N_("操作要领和方法"), 2000, grade=Grade.PUBLIC, sample="查看许可证正本", aliases=("操作要领",)
    )
    punishment_basis: Mapped[str] = long_text(
        N_("处罚依据"), 2000, grade=Grade.PUBLIC, sample="《中华人民共和国食品安全法》第一百二十二条"
    )
    punishment_power_code: Mapped[str | None] = code(N_("处罚依据权力编码"), 36, grade=Grade.PUBLIC)
    check_type: Mapped[str] = choice(N_("检查类型"), ContentCheckType, in_list=True, grade=Grade.PUBLIC)
    is_key: Mapped[bool] = boolean(N_("是否重点项"), default=False, in_list=True, grade=Grade.PUBLIC)
    edition: Mapped[int | None] = integer(
        N_("起始版本"),
        derived=True,
        in_list=True,
        grade=Grade.PUBLIC,
        group=_STATE,
        help=N_("随事项发布时由系统填写；还没有发布的为空"),
    )
    edition_to: Mapped[int | None] = integer(
        N_("截止版本"),
        derived=True,
        in_list=True,
        grade=Grade.PUBLIC,
        group=_STATE,
        help=N_("事项的这一版之后不再使用；为空的现行有效"),
    )
