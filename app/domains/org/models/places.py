"""Where the work is done and who does it: regions and departments."""

from datetime import date

from sqlalchemy.orm import Mapped

from app.core import checks
from app.core.fields import Grade, boolean, choice, code, day, phone, ref, text, uscc
from app.core.messages import N_
from app.core.rows import everyone
from app.core.table import Table
from app.domains.org import rules
from app.domains.org.choices import DeptKind, DutyLine, Level
from app.domains.org.models.directory import DIRECTORY, OFFICES

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
    __may__ = DIRECTORY
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
    __may__ = OFFICES
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
