"""The tables of the inspectors (domain.md §§3.3, 4.5)."""

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy.orm import Mapped

from app.core.fields import (
    Grade,
    boolean,
    choice,
    choices,
    citizen_id,
    code,
    day,
    flags,
    long_text,
    many,
    owner,
    phone,
    ref,
    text,
)
from app.core.messages import N_
from app.core.roles import may
from app.core.rows import department_tree, follows
from app.core.table import Table
from app.domains.inspectors import rules
from app.domains.inspectors.choices import (
    DeclaredBy,
    DutyPosition,
    Education,
    ExpertType,
    InspectorGender,
    InspectorState,
    PoliticalStatus,
    PostQualification,
    PublicationState,
    RecusalDecision,
    RecusalRelation,
    StaffType,
)
from app.domains.org.choices import DutyLine

if TYPE_CHECKING:
    from app.domains.catalogue.models import SupervisionSubItem
    from app.domains.org.models import Department, Region
    from app.domains.subjects.models import Subject

_GRANTS = may(
    clerk="read add edit import export",
    dept_admin="read add edit delete import export",
    catalog_reviewer="read",
    handler="read",
    inspector="read",
    evaluator="read export",
)

_PERSON = N_("个人信息")
_CERTIFICATE = N_("执法证件")
_POST = N_("岗位与专长")
_STATE = N_("状态与发布")


class Inspector(Table):
    """执法人员: a person who may enforce, known by the number of his certificate."""

    __label__ = N_("执法人员")
    __help__ = N_("具有执法资格的人员，以执法证号识别。证件过期或失效的人员不能作为检查人员，也不参加抽取。")
    __key__ = ("cert_no",)
    __dossier__ = N_("一人一档")
    __rows__ = department_tree("department")
    __found__ = 2
    # What is private of an inspector concerns the admin of his unit alone.
    __may__ = {**_GRANTS, "dept_admin": _GRANTS["dept_admin"] | {"unmask"}}
    __derive__ = (rules.facts_from_number,)
    __rules__ = (
        rules.birth_date_agrees_with_the_number,
        rules.inspector_is_an_adult,
        rules.valid_inspector_has_a_valid_certificate,
    )

    name: Mapped[str] = text(
        N_("姓名"),
        50,
        search=True,
        spelled="person",
        in_list=True,
        grade=Grade.PUBLIC,
        std="agentname",
        sample="示例人员",
    )
    department: Mapped["Department"] = owner(in_list=True, grade=Grade.PUBLIC, aliases=("部门/机构", "工作单位"))
    org_full_name: Mapped[str] = text(
        N_("所属主体全称"), 100, grade=Grade.PUBLIC, std="fullNameOfTheSubject", sample="西安市雁塔区市场监督管理局",
        aliases=("所属主体", "所属主体（受委托组织）全称", "单位"), help=N_("执法主体或受委托组织的全称"),
    )  # fmt: skip
    cert_no: Mapped[str] = code(
        N_("执法证号"), 100, search=True, in_list=True, grade=Grade.PUBLIC, group=_CERTIFICATE, std="code",
        sample="27010113001", aliases=("行政执法证号", "执法证件号", "部门执法证"),
    )  # fmt: skip
    cert_issuer: Mapped[str | None] = text(
        N_("发证机关"),
        100,
        grade=Grade.PUBLIC,
        group=_CERTIFICATE,
        std="licenceIssuingAuthority",
        sample="陕西省人民政府",
    )
    cert_valid_until: Mapped[date | None] = day(
        N_("证件有效期"), in_list=True, grade=Grade.PUBLIC, group=_CERTIFICATE, std="validityDocuments",
        sample="2028-12-31", help=N_("最后一个有效日；到期后不能参加检查"), aliases=("有效期", "证件有效期至"),
    )  # fmt: skip
    enforcement_area: Mapped[str | None] = text(
        N_("执法区域"), 100, grade=Grade.PUBLIC, group=_CERTIFICATE, std="enforcementArea", aliases=("岗位管辖片区",)
    )
    enforcement_type: Mapped[str | None] = text(
        N_("执法类别"), 200, grade=Grade.PUBLIC, group=_CERTIFICATE, std="enforcementType"
    )
    id_no: Mapped[str | None] = citizen_id(N_("身份证号"), group=_PERSON, std="idNumber", aliases=("身份证号码",))
    gender: Mapped[str | None] = choice(
        N_("性别"), InspectorGender, group=_PERSON, std="sex", help=N_("不填时取自身份证号")
    )
    # With the day of birth the masked number would be whole again: 610104 19880215 0010.
    birth_date: Mapped[date | None] = day(
        N_("出生日期"), grade=Grade.SENSITIVE, group=_PERSON, std="birthDate", help=N_("不填时取自身份证号")
    )
    phone: Mapped[str | None] = phone(N_("联系电话"), group=_PERSON, std="contactTel", aliases=("手机号",))
    political_status: Mapped[str | None] = choice(N_("政治面貌"), PoliticalStatus, group=_PERSON, std="politicalStatus")
    ethnicity: Mapped[str | None] = text(N_("民族"), 20, group=_PERSON, std="nation", sample="汉族")
    education: Mapped[str | None] = choice(
        N_("最高学历"), Education, group=_PERSON, std="highestEducation", aliases=("学历",)
    )
    major: Mapped[str | None] = text(N_("学历专业"), 100, group=_PERSON, std="academicQualifications")
    rank: Mapped[str | None] = text(N_("职级"), 50, group=_POST, std="rank", sample="一级科员")
    staff_type: Mapped[str | None] = choice(
        N_("执法人员性质"), StaffType, in_list=True, group=_POST, std="lawStaffType", sample="公务员"
    )
    is_oversight_staff: Mapped[bool | None] = boolean(N_("是否监督人员"), group=_POST, std="supervisionStaff")
    has_legal_qualification: Mapped[bool | None] = boolean(
        N_("是否具有法律职业资格"), group=_POST, std="qualificationLegalPro"
    )
    duty_position: Mapped[str | None] = choice(N_("担任职务"), DutyPosition, group=_POST)
    post_category: Mapped[list[str] | None] = choices(
        N_("从事岗位大类"), DutyLine, group=_POST, aliases=("岗位大类",), help=N_("按职能条线选择，可多选")
    )
    post_qualification: Mapped[list[str] | None] = choices(
        N_("岗位资质资格"), PostQualification, in_list=True, group=_POST
    )
    expert_type: Mapped[list[str] | None] = choices(N_("专家类别"), ExpertType, group=_POST, aliases=("是否专家",))
    item_scope: Mapped[list["SupervisionSubItem"] | None] = many(
        N_("执法事项范围"), "SupervisionSubItem", by=("sub_code",), group=_POST, aliases=("执法事项清单范围",),
        help=N_("填监管事项目录编码，多个用；分隔；不填表示本部门全部事项"),
    )  # fmt: skip
    region: Mapped["Region | None"] = ref(
        N_("行政区划代码"), "Region", by=("code", "name"), group=_POST, std="area_number", aliases=("地区",)
    )
    state: Mapped[str] = choice(
        N_("人员状态"), InspectorState, default="valid", in_list=True, grade=Grade.PUBLIC, group=_STATE,
        help=N_("失效人员不能参加检查，也不参加抽取"),
    )  # fmt: skip
    publication_state: Mapped[str] = choice(N_("发布状态"), PublicationState, default="unpublished", group=_STATE)
    published_on: Mapped[date | None] = day(N_("发布日期"), group=_STATE)
    quality_flags: Mapped[list[str] | None] = flags(N_("质量提示"))


class RecusalDeclaration(Table):
    """回避申报: an inspector must keep away from one subject for a time, because of an interest or a relation."""

    __label__ = N_("回避申报")
    __help__ = N_("执法人员因利害关系或亲属关系在一段时间内回避某个监管对象的申报。")
    __key__ = ("inspector", "declaration_no")
    __title__ = "declaration_no"
    __rows__ = follows("inspector")
    __may__ = _GRANTS
    __order__ = ("-valid_from",)
    __derive__ = (rules.declaration_number,)
    __rules__ = (
        rules.recusal_names_a_subject,
        rules.recusal_ends_after_it_starts,
        rules.decision_has_an_author_and_a_day,
    )

    declaration_no: Mapped[str | None] = code(
        N_("申报编号"), 50, search=True, in_list=True, help=N_("不填时由系统生成")
    )
    inspector: Mapped["Inspector"] = ref(
        N_("执法证号"), "Inspector", by=("cert_no",), facts=("name",), in_list=True, sample="27010113001"
    )
    subject: Mapped["Subject | None"] = ref(
        N_("监管对象证件号码"), "Subject", by=("id_no",), facts=("name",), sample="91610131MA6TX0WX5A",
        help=N_("已登记的监管对象填此项"), aliases=("统一社会信用代码",),
    )  # fmt: skip
    subject_name: Mapped[str | None] = text(
        N_("回避对象名称"),
        200,
        search=True,
        in_list=True,
        help=N_("未登记的单位或个人填名称"),
        aliases=("监管对象名称",),
    )
    relation: Mapped[str] = choice(N_("回避情形"), RecusalRelation, in_list=True, sample="与近亲属有利害关系")
    reason: Mapped[str] = long_text(N_("回避理由"), 1000, sample="配偶在该单位任职")
    declared_by: Mapped[str] = choice(N_("申报来源"), DeclaredBy, default="self_declared")
    valid_from: Mapped[date | None] = day(N_("回避起期"), in_list=True, help=N_("不填为申报当日"))
    valid_to: Mapped[date | None] = day(N_("回避止期"), in_list=True, help=N_("最后一个回避日；不填为长期"))
    decision: Mapped[str] = choice(N_("回避决定"), RecusalDecision, default="pending", in_list=True)
    decided_by: Mapped[str | None] = text(N_("决定人"), 50, help=N_("由单位负责人决定"))
    decided_on: Mapped[date | None] = day(N_("决定日期"))
