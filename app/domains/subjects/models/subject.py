"""The subject of supervision: common fields, and those of each kind (domain.md §§3.1-3.2, A.13)."""

from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Mapped

from app.core import checks
from app.core.fields import (
    Grade,
    boolean,
    choice,
    code,
    day,
    flags,
    many,
    moment,
    owner,
    phone,
    ref,
    text,
    uscc,
)
from app.core.messages import N_
from app.core.roles import may
from app.core.rows import shared
from app.core.table import Table
from app.domains.catalogue.choices import SubjectKind
from app.domains.subjects import rules
from app.domains.subjects.choices import EntityCategory, IdType, RegState, RiskClass
from app.domains.subjects.models.kinds import KindFields

if TYPE_CHECKING:
    from app.domains.org.models import Department, Region
    from app.domains.subjects.models.permits import SubjectTag

_REGISTRATION = N_("登记信息")
_CONTACT = N_("地址与联系人")
_STATE = N_("状态与分类")


class Subject(KindFields, Table):
    """监管对象: a firm, person, thing or place under supervision, known everywhere by the number of its document."""

    __label__ = N_("监管对象")
    __help__ = N_("受监管的企业、组织、个人、设备、场所或产品，以证件号码识别。谁提供谁负责，其他部门可以查看。")
    __key__ = ("id_no",)
    __rows__ = shared("department")
    __found__ = 1
    __dossier__ = N_("一户式档案")
    # In full for who visits or calls the subject, and for who enters it; only of subjects that their unit provided.
    __may__ = may(
        clerk="read add edit import export unmask",
        dept_admin="read edit delete export unmask",
        catalog_editor="read",
        catalog_reviewer="read",
        inspector="read unmask",
        handler="read unmask",
        evaluator="read export",
    )
    __derive__ = (rules.credit_code_from_number,)
    __rules__ = (
        rules.number_fits_its_type,
        rules.market_entity_has_a_registration,
        rules.market_entity_has_a_category,
        rules.person_has_a_personal_number,
        rules.credit_code_is_the_number,
        rules.established_before_today,
        rules.works_end_after_they_start,
        rules.equipment_is_inspected_in_time,
    )

    kind: Mapped[str] = choice(
        N_("监管对象类型"), SubjectKind, in_list=True, grade=Grade.PUBLIC, sample="市场主体",
        help=N_("类型决定下面哪些专有项可以填写"),
    )  # fmt: skip
    name: Mapped[str] = text(
        N_("监管对象名称"), 200, search=True, spelled=True, in_list=True, grade=Grade.PUBLIC, std="supervise_object",
        aliases=("企业名称", "主体名称", "名称", "单位名称"), sample="西安市雁塔区示例食品店",
    )  # fmt: skip
    id_type: Mapped[str] = choice(
        N_("证件类型"), IdType, default="uscc", grade=Grade.PUBLIC, sample="统一社会信用代码",
        help=N_("设备、药品、工地等填“许可证或登记证编号”"),
    )  # fmt: skip
    id_no: Mapped[str] = code(
        N_("证件号码"), 64, search=True, in_list=True, masked_when=("kind", ("natural_person",)),
        sample="91610131MA6TX0WX5A",
        aliases=("统一社会信用代码/注册号", "证照号码", "编号"), help=N_("识别同一监管对象的号码，全系统不重复"),
    )  # fmt: skip
    uscc: Mapped[str | None] = uscc(
        N_("统一社会信用代码"), search=True, grade=Grade.PUBLIC, group=_REGISTRATION, aliases=("信用代码",),
        help=N_("证件类型为统一社会信用代码时可不填"),
    )  # fmt: skip
    reg_no: Mapped[str | None] = code(
        N_("注册号"), 20, search=True, grade=Grade.PUBLIC, group=_REGISTRATION, aliases=("工商注册号",)
    )
    entity_category: Mapped[str | None] = choice(
        N_("主体类别"), EntityCategory, grade=Grade.PUBLIC, group=_REGISTRATION, sample="企业",
        only_when=("kind", (SubjectKind.MARKET_ENTITY,)), help=N_("市场主体必填"),
    )  # fmt: skip
    legal_person_name: Mapped[str | None] = text(
        N_("法定代表人（负责人）"), 100, group=_REGISTRATION, aliases=("法定代表人", "负责人", "法定代表人(负责人)"),
        sample="示例人员",
    )  # fmt: skip
    legal_person_id_type: Mapped[str | None] = choice(N_("法定代表人证件类型"), IdType, group=_REGISTRATION)
    legal_person_id_no: Mapped[str | None] = code(
        N_("法定代表人证件号码"), 64, grade=Grade.SENSITIVE, group=_REGISTRATION
    )
    established_on: Mapped[date | None] = day(
        N_("成立日期"), grade=Grade.PUBLIC, group=_REGISTRATION, sample="2018-05-20", aliases=("注册日期",)
    )
    industry_code: Mapped[str | None] = code(
        N_("行业代码"), 5, grade=Grade.PUBLIC, group=_REGISTRATION, sample="H6210",
        help=N_("GB/T 4754：1 位字母加 0 至 4 位数字"),
        checks=(checks.pattern(r"[A-T][0-9]{0,4}", N_("行业代码应为 1 位字母 A 至 T 加 0 至 4 位数字")),),
    )  # fmt: skip
    reg_org: Mapped[str | None] = text(N_("登记机关"), 200, grade=Grade.PUBLIC, group=_REGISTRATION)
    region: Mapped["Region"] = ref(
        N_("行政区划代码"), "Region", by=("code", "name"), in_list=True, grade=Grade.PUBLIC, std="area_number",
        sample="610113",
    )  # fmt: skip
    local_org: Mapped[str | None] = text(N_("属地监管所"), 200, grade=Grade.PUBLIC, aliases=("管辖单位",))
    address_registered: Mapped[str | None] = text(
        N_("注册地址"), 400, group=_CONTACT, std="address_registered", aliases=("住所", "注册地址（住所）"),
        sample="陕西省西安市雁塔区示例路1号",
    )  # fmt: skip
    address_operating: Mapped[str | None] = text(
        N_("经营地址"), 400, group=_CONTACT, std="address_operating", aliases=("经营场所", "生产经营地址")
    )
    home_address: Mapped[str | None] = text(
        N_("家庭住址"), 400, grade=Grade.SENSITIVE, group=_CONTACT, only_when=("kind", (SubjectKind.NATURAL_PERSON,))
    )
    contact_name: Mapped[str | None] = text(N_("联络员"), 50, group=_CONTACT, aliases=("联系人",))
    contact_phone: Mapped[str | None] = phone(N_("联系电话"), group=_CONTACT, aliases=("电话", "联络员电话"))
    reg_state: Mapped[str] = choice(
        N_("登记状态"),
        RegState,
        default="active",
        in_list=True,
        grade=Grade.PUBLIC,
        group=_STATE,
        aliases=("经营状态",),
    )
    risk_class: Mapped[str | None] = choice(
        N_("信用风险分类"), RiskClass, in_list=True, group=_STATE, help=N_("由信用风险分类系统给出，不对外公开")
    )
    tags: Mapped[list["SubjectTag"] | None] = many(
        N_("监管标签"), "SubjectTag", by=("name",), group=_STATE, help=N_("多个用；分隔，须是已登记的标签")
    )
    is_valid: Mapped[bool] = boolean(
        N_("是否有效"),
        default=True,
        in_list=True,
        grade=Grade.PUBLIC,
        group=_STATE,
        help=N_("失效的对象不参加随机抽取"),
    )
    department: Mapped["Department"] = owner(N_("数据来源部门"), in_list=True)
    source_record_id: Mapped[str | None] = text(N_("来源记录标识"), 100, help=N_("来源系统中的记录编号"))
    collected_at: Mapped[datetime | None] = moment(N_("采集时间"))
    quality_flags: Mapped[list[str] | None] = flags(N_("质量提示"))
