"""The fields that only some kinds of subjects have (domain.md §3.1, A.13)."""

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy.orm import Mapped

from app.core.fields import choice, code, day, decimal, ref, text
from app.core.messages import N_
from app.domains.catalogue.choices import SubjectKind
from app.domains.subjects.choices import (
    CosmeticsType,
    DeviceClass,
    EquipmentType,
    FoodRiskLevel,
    Gender,
    PersonCategory,
    ReservoirScale,
    SocialOrgType,
    SpecialFoodType,
)

if TYPE_CHECKING:
    from app.domains.subjects.models.subject import Subject

_ORG = ("kind", (SubjectKind.SOCIAL_ORG,))
_PERSON = ("kind", (SubjectKind.NATURAL_PERSON,))
_EQUIPMENT = ("kind", (SubjectKind.SPECIAL_EQUIPMENT,))
_FOOD = ("kind", (SubjectKind.FOOD,))
_SPECIAL_FOOD = ("kind", (SubjectKind.SPECIAL_FOOD,))
_DRUG = ("kind", (SubjectKind.DRUG,))
_COSMETICS = ("kind", (SubjectKind.COSMETICS,))
_DEVICE = ("kind", (SubjectKind.MEDICAL_DEVICE,))
_SITE = ("kind", (SubjectKind.CONSTRUCTION_SITE,))
_RESERVOIR = ("kind", (SubjectKind.RESERVOIR,))
_GOODS = (
    "kind",
    (
        SubjectKind.SPECIAL_FOOD,
        SubjectKind.DRUG,
        SubjectKind.COSMETICS,
        SubjectKind.MEDICAL_DEVICE,
        SubjectKind.PRODUCT,
    ),
)
_PLACED = ("kind", (SubjectKind.SPECIAL_EQUIPMENT, SubjectKind.CONSTRUCTION_SITE, SubjectKind.PROJECT))

_G_ORG, _G_PERSON = N_("社会团体专有项"), N_("特定自然人专有项")
_G_EQUIPMENT, _G_FOOD, _G_GOODS = N_("特种设备专有项"), N_("食品专有项"), N_("药品、医疗器械与化妆品专有项")
_G_SITE, _G_RESERVOIR = N_("建筑工地专有项"), N_("水库专有项")


class KindFields:
    """Fields that a subject may fill in only when it is of the kind named in ``only_when``."""

    org_type: Mapped[str | None] = choice(N_("社会组织类型"), SocialOrgType, only_when=_ORG, group=_G_ORG)
    competent_authority: Mapped[str | None] = text(N_("业务主管单位"), 200, only_when=_ORG, group=_G_ORG)
    activity_area: Mapped[str | None] = text(N_("活动地域"), 200, only_when=_ORG, group=_G_ORG)

    person_category: Mapped[str | None] = choice(
        N_("人员类别"), PersonCategory, only_when=_PERSON, group=_G_PERSON, aliases=("特定类别",)
    )
    gender: Mapped[str | None] = choice(N_("性别"), Gender, only_when=_PERSON, group=_G_PERSON)
    occupation: Mapped[str | None] = text(N_("职业（资格）"), 100, only_when=_PERSON, group=_G_PERSON)
    qualification_no: Mapped[str | None] = code(N_("资格证号"), 64, only_when=_PERSON, group=_G_PERSON)
    qualified_until: Mapped[date | None] = day(
        N_("资格有效期至"), only_when=_PERSON, group=_G_PERSON, aliases=("资格证有效期",)
    )

    equipment_type: Mapped[str | None] = choice(N_("设备种类"), EquipmentType, only_when=_EQUIPMENT, group=_G_EQUIPMENT)
    user_unit: Mapped["Subject | None"] = ref(
        N_("使用单位证件号码"), "Subject", by=("id_no",), only_when=_EQUIPMENT, group=_G_EQUIPMENT,
        help=N_("使用单位应已登记为监管对象，填其证件号码"), aliases=("使用单位",),
    )  # fmt: skip
    next_inspection_on: Mapped[date | None] = day(N_("下次检验日期"), only_when=_EQUIPMENT, group=_G_EQUIPMENT)
    install_place: Mapped[str | None] = text(
        N_("安装（所在）地点"), 400, only_when=_PLACED, group=_G_EQUIPMENT, aliases=("安装地点",)
    )

    business_form: Mapped[str | None] = text(
        N_("业态"), 100, only_when=_FOOD, group=_G_FOOD, help=N_("如餐饮服务、食品销售、食品生产")
    )
    food_category: Mapped[str | None] = text(N_("食品类别"), 200, only_when=_FOOD, group=_G_FOOD)
    food_risk_level: Mapped[str | None] = choice(
        N_("食品风险等级"), FoodRiskLevel, only_when=_FOOD, group=_G_FOOD, help=N_("与信用风险分类分开评定")
    )
    special_food_type: Mapped[str | None] = choice(
        N_("特殊食品类型"), SpecialFoodType, only_when=_SPECIAL_FOOD, group=_G_FOOD
    )

    generic_name: Mapped[str | None] = text(N_("通用名"), 200, only_when=_GOODS, group=_G_GOODS)
    spec: Mapped[str | None] = text(N_("规格"), 200, only_when=_GOODS, group=_G_GOODS, aliases=("规格型号",))
    approval_no: Mapped[str | None] = code(
        N_("批准文号"), 100, only_when=_GOODS, group=_G_GOODS, aliases=("药品批准文号", "注册证号", "备案号")
    )
    mah: Mapped[str | None] = text(N_("上市许可持有人"), 200, only_when=_DRUG, group=_G_GOODS)
    dosage_form: Mapped[str | None] = text(N_("剂型"), 100, only_when=_DRUG, group=_G_GOODS)
    cosmetics_type: Mapped[str | None] = choice(N_("化妆品类别"), CosmeticsType, only_when=_COSMETICS, group=_G_GOODS)
    device_class: Mapped[str | None] = choice(
        N_("医疗器械管理类别"), DeviceClass, only_when=_DEVICE, group=_G_GOODS, aliases=("管理类别",)
    )

    owner_unit: Mapped[str | None] = text(N_("建设单位"), 200, only_when=_SITE, group=_G_SITE)
    contractor: Mapped[str | None] = text(N_("施工单位"), 200, only_when=_SITE, group=_G_SITE)
    supervisor_unit: Mapped[str | None] = text(N_("监理单位"), 200, only_when=_SITE, group=_G_SITE)
    started_on: Mapped[date | None] = day(N_("开工日期"), only_when=_SITE, group=_G_SITE)
    completed_on: Mapped[date | None] = day(N_("竣工日期"), only_when=_SITE, group=_G_SITE, help=N_("可填计划竣工日期"))
    progress_text: Mapped[str | None] = text(N_("形象进度"), 200, only_when=_SITE, group=_G_SITE)

    scale: Mapped[str | None] = choice(N_("水库规模"), ReservoirScale, only_when=_RESERVOIR, group=_G_RESERVOIR)
    dam_type: Mapped[str | None] = text(N_("坝型"), 100, only_when=_RESERVOIR, group=_G_RESERVOIR)
    capacity: Mapped[Decimal | None] = decimal(
        N_("总库容（万立方米）"), only_when=_RESERVOIR, group=_G_RESERVOIR, aliases=("库容",)
    )
    safety_appraised_on: Mapped[date | None] = day(N_("安全鉴定日期"), only_when=_RESERVOIR, group=_G_RESERVOIR)
    admin_keeper: Mapped[str | None] = text(N_("行政责任人"), 50, only_when=_RESERVOIR, group=_G_RESERVOIR)
    technical_keeper: Mapped[str | None] = text(N_("技术责任人"), 50, only_when=_RESERVOIR, group=_G_RESERVOIR)
    patrol_keeper: Mapped[str | None] = text(N_("巡查责任人"), 50, only_when=_RESERVOIR, group=_G_RESERVOIR)
