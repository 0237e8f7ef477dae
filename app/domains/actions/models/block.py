"""What every action has (domain.md §3.4, common block), with the names of the national columns."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy.orm import Mapped

from app.core.fields import boolean, choice, code, day, flags, long_text, moment, owner, ref, text
from app.core.messages import N_, Message
from app.core.roles import may
from app.domains.actions.choices import PartyNature
from app.domains.catalogue.choices import SubjectKind
from app.domains.subjects.choices import IdType

if TYPE_CHECKING:
    from app.domains.actions.models.inspection import Inspection
    from app.domains.org.models import Department, Region
    from app.domains.subjects.models import Subject

# Numbers in full, of their own unit's rows, for who checks them against papers or deals with the party: the clerk who
# enters them, the handler of the case, and the admin who answers for the unit's data (Xi'an 2021-28 arts. 19, 31).
GRANTS = may(
    clerk="read add edit import export unmask",
    dept_admin="read edit delete export unmask",
    catalog_editor="read",
    catalog_reviewer="read",
    inspector="read",
    handler="read unmask",
    evaluator="read export",
)

# The parts of an action hide nothing.
PART_GRANTS = {role: actions - {"unmask"} for role, actions in GRANTS.items()}

# What one action after another has in common when a clerk enters a morning's work.
REPEATS = ("department", "impl_org", "impl_org_code", "region", "sub_item")

# What is one action's alone.
OWN = ("record_uid", "name", "submitted_at", "submitted_by", "document_no", "decision_no")

# What rules need to know of a sub-item and a region.
SUB_ITEM_FACTS = ("sub_name", "status", "edition", "measure_type", "valid_from", "valid_to")
LIST_FACTS = ("sub_item_id", "status", "edition", "valid_from", "valid_to")
REGION_FACTS = ("valid_from", "valid_to")

_OFFICE = N_("实施机构")
_PARTY = N_("行政相对人")
_REPORT = N_("报送与时限")


def correction() -> Any:
    """The field with the reason of the latest correction; each one is kept with both values (更正记录)."""
    told = N_("已公示或已报送的记录更正已有内容时必填，更正前后的内容都会保留")
    return long_text(N_("更正理由"), 1000, group=_REPORT, help=told)


class ActionBlock:
    """The fields of every action: who acted, against whom, where, when it was reported and when it was due."""

    __signatures__: ClassVar[tuple[Message, ...]] = (
        N_("当事人意见（签字或盖章）"),
        N_("承办人签名"),
        N_("负责人审核意见"),
    )

    __own__: ClassVar[tuple[str, ...]] = OWN

    department: Mapped["Department"] = owner(facts=("duty_line",), in_list=True)
    record_uid: Mapped[str | None] = text(
        N_("记录唯一标识"),
        100,
        std="record_unique_identity",
        group=_REPORT,
        help=N_("来源系统的标识，不填时由系统生成"),
    )
    impl_org: Mapped[str | None] = text(
        N_("实施机构"), 100, std="implement_institution", group=_OFFICE, sample="西安市雁塔区市场监督管理局"
    )
    impl_org_code: Mapped[str | None] = code(
        N_("实施机构编码"), 20, std="implement_institution_code", group=_OFFICE, sample="11610113016000001J"
    )
    subject_kind: Mapped[str | None] = choice(N_("监管对象类型"), SubjectKind, group=_PARTY, sample="市场主体")
    party_name: Mapped[str] = text(
        N_("行政相对人"), 200, search=True, spelled=True, in_list=True, std="administrative_cp", group=_PARTY,
        aliases=("行政相对人名称", "当事人", "行政相对人（单位/个人）"), sample="西安市雁塔区示例食品店",
    )  # fmt: skip
    party_nature: Mapped[str] = choice(
        N_("行政相对人性质"), PartyNature, std="administrative_cp_na", group=_PARTY, sample="法人"
    )
    party_id_type: Mapped[str] = choice(
        N_("行政相对人证件类型"), IdType, std="administrative_cp_ce_type", group=_PARTY, sample="统一社会信用代码",
        help=N_("公民填居民身份证，法人填统一社会信用代码"),
    )  # fmt: skip
    party_id_no: Mapped[str] = code(
        N_("行政相对人编码"), 20, search=True, masked_when=("party_nature", ("citizen",)),
         std="administrative_cp_ui_code", group=_PARTY,
        sample="91610131MA6TX0WX5A", help=N_("统一社会信用代码或身份证号"),
        aliases=("行政相对人证件号码", "证件号码", "统一社会信用代码"),
    )  # fmt: skip
    address_registered: Mapped[str | None] = text(
        N_("注册地址"), 400, std="address_registered", group=_PARTY, sample="陕西省西安市雁塔区示例路1号"
    )
    address_operating: Mapped[str | None] = text(
        N_("经营地址"), 400, std="address_operating", group=_PARTY, aliases=("经营场所",)
    )
    region: Mapped["Region"] = ref(
        N_("行政区划代码"), "Region", by=("code",), facts=REGION_FACTS, std="area_number", sample="610113",
        help=N_("行为发生地的 6 位区划代码"), aliases=("区划代码",),
    )  # fmt: skip
    submitted_at: Mapped[datetime | None] = moment(N_("报送时间"), std="submitted_date", group=_REPORT)
    submitted_by: Mapped[str | None] = text(N_("报送人员"), 50, std="submitted_personnel", group=_REPORT)
    subject: Mapped["Subject | None"] = ref(
        N_("监管对象库记录"), "Subject", by=("id_no",), match="party_id_no", group=_PARTY
    )
    produced_on: Mapped[date | None] = day(N_("数据产生日期"), derived=True, group=_REPORT)
    accepted_at: Mapped[datetime | None] = moment(N_("汇聚时间"), derived=True, group=_REPORT)
    due_on: Mapped[date | None] = day(N_("汇聚期限"), derived=True, group=_REPORT, help=N_("数据产生后 5 个工作日内"))
    is_late: Mapped[bool | None] = boolean(N_("是否逾期"), derived=True, in_list=True, group=_REPORT)
    correction_reason: Mapped[str | None] = correction()
    quality_flags: Mapped[list[str] | None] = flags(N_("质量提示"), group=_REPORT)


class EntrustBlock:
    """The entrusted department, which every kind of action but coercion may have."""

    entrust_dept: Mapped[str | None] = text(N_("受委托部门"), 100, std="entrust_dept", group=_OFFICE)
    entrust_dept_code: Mapped[str | None] = code(N_("受委托部门编码"), 20, std="entrust_dept_code", group=_OFFICE)


class FollowUpBlock:
    """The inspection that an action came from."""

    inspection_no: Mapped[str | None] = code(
        N_("检查行为编号"), 50, search=True, std="check_action_code", help=N_("由检查发现的应填写，据此关联检查记录")
    )
    inspection: Mapped["Inspection | None"] = ref(
        N_("关联的检查行为"), "Inspection", by=("action_no",), match="inspection_no"
    )
