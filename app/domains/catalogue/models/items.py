"""Main items and sub-items: the catalogue itself (domain.md §§2.2-2.3)."""

from datetime import date
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
    many,
    owner,
    ref,
    text,
)
from app.core.messages import N_
from app.core.roles import may
from app.core.rows import shared
from app.core.table import Table
from app.domains.catalogue import flows, rules
from app.domains.catalogue.choices import (
    ApplyScope,
    CheckClass,
    ItemState,
    MeasureType,
    PermitItemType,
    SourceLevel,
    SubjectKind,
    SupervisionForm,
    SupervisionMode,
)
from app.domains.org.choices import DutyLine, Level

if TYPE_CHECKING:
    from app.domains.catalogue.models.permits import PermitItem
    from app.domains.org.models import Department

CATALOGUE_GRANTS = may(
    catalog_editor="read add edit import export",
    catalog_reviewer="read edit export review publish",
    dept_admin="read export",
    clerk="read export",
    inspector="read",
    handler="read",
    evaluator="read export",
)

_ELEMENTS = N_("监管要素")
_LINKS = N_("关联事项")
_STATE = N_("状态与版本")


class SupervisionItem(Table):
    """监管事项主项: a duty to supervise, with the department that bears it. Its measures are its sub-items."""

    __label__ = N_("监管事项主项")
    __help__ = N_("一项监管职责及其承担部门，下设行政检查、处罚、强制等子项。")
    __key__ = ("main_code",)
    __title__ = "main_name"
    __rows__ = shared("department", once="edition")
    __found__ = 5
    __may__ = CATALOGUE_GRANTS
    __order__ = ("main_code",)
    __derive__ = (rules.first_edition,)
    __rules__ = (rules.item_ends_after_it_starts, rules.published_item_says_since_when)
    __flow__ = flows.ITEM

    main_code: Mapped[str] = code(
        N_("监管事项主项编码"), 36, search=True, in_list=True, grade=Grade.PUBLIC, aliases=("主项编码",),
        sample="61131000100000",
    )  # fmt: skip
    main_name: Mapped[str] = text(
        N_("监管事项主项名称"), 500, search=True, spelled=True, in_list=True, grade=Grade.PUBLIC, aliases=("主项名称",),
        sample="对食品生产经营的监管",
    )  # fmt: skip
    duty_line: Mapped[str] = choice(N_("业务条线"), DutyLine, in_list=True, grade=Grade.PUBLIC, aliases=("职能部门",))
    supervision_dept_name: Mapped[str] = text(
        N_("监管部门"), 200, in_list=True, grade=Grade.PUBLIC, sample="市场监管部门", aliases=("监管部门名称",),
        help=N_("承担监管责任的部门，不一定是录入部门"),
    )  # fmt: skip
    supervision_dept_code: Mapped[str | None] = code(N_("监管部门编码"), 50, grade=Grade.PUBLIC)
    source_level: Mapped[str] = choice(
        N_("事项来源"), SourceLevel, in_list=True, grade=Grade.PUBLIC, aliases=("来源",), sample="国务院部门清单"
    )
    power_item_code: Mapped[str | None] = code(
        N_("对应的权力事项编码"), 36, grade=Grade.PUBLIC, group=_LINKS, help=N_("没有对应权力事项的可不填")
    )
    permit_item_type: Mapped[str | None] = choice(
        N_("对应的许可事项类型"), PermitItemType, grade=Grade.PUBLIC, group=_LINKS
    )
    permit_items: Mapped[list["PermitItem"] | None] = many(
        N_("对应的许可事项"), "PermitItem", by=("task_code", "task_name"), grade=Grade.PUBLIC, group=_LINKS,
        help=N_("填实施编码，多个用；分隔"), aliases=("对应的许可事项编码",),
    )  # fmt: skip
    status: Mapped[str] = choice(
        N_("事项状态"), ItemState, default="drafting", in_list=True, grade=Grade.PUBLIC, group=_STATE
    )
    edition: Mapped[int | None] = integer(
        N_("版本号"), derived=True, grade=Grade.PUBLIC, group=_STATE, help=N_("发布时由系统编号；没有发布过的为空")
    )
    valid_from: Mapped[date | None] = day(
        N_("生效日期"), grade=Grade.PUBLIC, group=_STATE, aliases=("计划生效日期",), sample="2020-01-01"
    )
    valid_to: Mapped[date | None] = day(N_("有效期至"), grade=Grade.PUBLIC, group=_STATE, help=N_("最后一个有效日"))
    department: Mapped["Department"] = owner(N_("设置部门"), in_list=True, grade=Grade.PUBLIC)


class SupervisionSubItem(Table):
    """监管事项子项: one supervision measure with its ten elements. Actions refer to it by its 14-digit code."""

    __label__ = N_("监管事项子项")
    __help__ = N_("一项监管措施，须写明十要素。监管行为按 14 位编码引用；没有发布的事项不得用于执法。")
    __key__ = ("sub_code",)
    __title__ = "sub_name"
    __rows__ = shared("department", once="edition")
    __found__ = 4
    __may__ = CATALOGUE_GRANTS
    __order__ = ("sub_code",)
    __derive__ = (rules.first_edition, rules.elements_filled)
    __flow__ = flows.SUB_ITEM
    __rules__ = (
        rules.item_ends_after_it_starts,
        rules.published_item_says_since_when,
        rules.published_part_has_a_main_in_force,
        rules.inspection_says_how,
        rules.inspection_is_general_or_key,
        rules.random_item_says_if_joint,
        rules.item_code_is_allowed,
        rules.item_code_is_usual,
    )

    sub_code: Mapped[str] = code(
        N_("监管事项目录编码"), 14, search=True, in_list=True, grade=Grade.PUBLIC, checks=(checks.item_code,),
        std="supervise_item_implement_code", aliases=("监管事项子项编码", "子项编码"), sample="61131000101001",
        help=N_("14 位数字，国家统一编码"),
    )  # fmt: skip
    sub_name: Mapped[str] = text(
        N_("监管事项子项名称"), 500, search=True, spelled=True, in_list=True, grade=Grade.PUBLIC, aliases=("子项名称",),
        sample="对保健食品经营者的行政检查",
    )  # fmt: skip
    main_item: Mapped["SupervisionItem"] = ref(
        N_("监管事项主项编码"), "SupervisionItem", by=("main_code", "main_name"),
        facts=("supervision_dept_name", "status", "edition"),
        in_list=True, grade=Grade.PUBLIC, aliases=("主项编码",), sample="61131000100000",
    )  # fmt: skip
    measure_type: Mapped[str] = choice(
        N_("监管措施类型"), MeasureType, in_list=True, grade=Grade.PUBLIC, aliases=("子项类型", "监管措施"),
        help=N_("决定该事项可用于检查、处罚、强制还是其他行为"),
    )  # fmt: skip
    sub_power_code: Mapped[str | None] = code(N_("对应的子项权力编码"), 36, grade=Grade.PUBLIC)
    subject_kind: Mapped[str] = choice(N_("监管对象类别"), SubjectKind, grade=Grade.PUBLIC, group=_ELEMENTS)
    subject_text: Mapped[str] = text(
        N_("监管对象"),
        500,
        grade=Grade.PUBLIC,
        group=_ELEMENTS,
        sample="保健食品经营者",
        help=N_("用文字说明监管哪些对象"),
    )
    supervision_form: Mapped[str] = choice(
        N_("监管形式"), SupervisionForm, default="onsite", grade=Grade.PUBLIC, group=_ELEMENTS
    )
    supervision_modes: Mapped[list[str] | None] = choices(
        N_("监管方式"), SupervisionMode, in_list=True, grade=Grade.PUBLIC, group=_ELEMENTS,
        help=N_("行政检查必填；可多选，用；分隔"),
    )  # fmt: skip
    levels: Mapped[list[str]] = choices(
        N_("监管层级"), Level, grade=Grade.PUBLIC, group=_ELEMENTS, sample="市级；县级", aliases=("行使层级",)
    )
    apply_scope: Mapped[list[str]] = choices(
        N_("适用范围"), ApplyScope, grade=Grade.PUBLIC, group=_ELEMENTS, sample="适用全省"
    )
    legal_basis: Mapped[str] = long_text(
        N_("设定依据"), grade=Grade.PUBLIC, group=_ELEMENTS, sample="《中华人民共和国食品安全法》第一百一十条",
        help=N_("法律法规名称、条款和内容"),
    )  # fmt: skip
    process_text: Mapped[str] = long_text(
        N_("监管流程"), grade=Grade.PUBLIC, group=_ELEMENTS, sample="制定计划、实施检查、结果公示"
    )
    result_text: Mapped[str] = long_text(
        N_("监管结果"),
        grade=Grade.PUBLIC,
        group=_ELEMENTS,
        sample="合格的予以公示，不合格的责令改正",
        aliases=("处理方式",),
    )
    is_joint_suitable: Mapped[bool | None] = boolean(
        N_("是否适合部门联合随机抽查"), grade=Grade.PUBLIC, help=N_("监管方式含双随机的必填")
    )
    check_class: Mapped[str | None] = choice(
        N_("检查事项类别"), CheckClass, grade=Grade.PUBLIC, help=N_("行政检查必填：一般检查事项严格控制比例")
    )
    status: Mapped[str] = choice(
        N_("子项状态"), ItemState, default="drafting", in_list=True, grade=Grade.PUBLIC, group=_STATE,
        help=N_("只有已发布的事项可以开展监管"),
    )  # fmt: skip
    edition: Mapped[int | None] = integer(
        N_("版本号"), derived=True, grade=Grade.PUBLIC, group=_STATE, help=N_("发布时由系统编号；没有发布过的为空")
    )
    valid_from: Mapped[date | None] = day(
        N_("生效日期"), grade=Grade.PUBLIC, group=_STATE, aliases=("计划生效日期",), sample="2020-01-01"
    )
    valid_to: Mapped[date | None] = day(N_("有效期至"), grade=Grade.PUBLIC, group=_STATE, help=N_("最后一个有效日"))
    element_count: Mapped[int | None] = integer(
        N_("已填要素数"), derived=True, grade=Grade.PUBLIC, group=_STATE, help=N_("十项监管要素中已填写的项数")
    )
    department: Mapped["Department"] = owner(N_("设置部门"), in_list=True, grade=Grade.PUBLIC)
    quality_flags: Mapped[list[str] | None] = flags(N_("质量提示"))
