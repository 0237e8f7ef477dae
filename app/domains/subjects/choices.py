"""Code lists about subjects. Their kinds are in the catalogue, because items name them first."""

from app.core.choices import Choice
from app.core.messages import N_


class IdType(Choice):
    """证件类型, with the codes of the national collection where they are known."""

    USCC = "uscc", N_("统一社会信用代码"), "001"
    CITIZEN_ID = "citizen_id", N_("居民身份证"), "111"
    TEMP_CITIZEN_ID = "temp_citizen_id", N_("临时居民身份证"), "112"
    MILITARY = "military", N_("军官证"), "114"
    POLICE = "police", N_("警官证")
    RESIDENCE = "residence", N_("居住证"), "154"
    DIPLOMATIC_PASSPORT = "diplomatic_passport", N_("外交护照"), "411"
    PASSPORT = "passport", N_("普通护照"), "414"
    TW_PERMIT = "tw_permit", N_("台湾居民来往大陆通行证"), "511"
    HK_ID = "hk_id", N_("香港身份证")
    MO_ID = "mo_id", N_("澳门身份证")
    TW_ID = "tw_id", N_("台湾身份证")
    OTHER_ORG_CERT = "other_org_cert", N_("其他法人证件"), "099"
    REG_NO = "reg_no", N_("注册号")
    LICENCE_NO = "licence_no", N_("许可证或登记证编号")
    OTHER = "other", N_("其他有效证件")


class EntityCategory(Choice):
    """主体类别 of a market entity."""

    ENTERPRISE = "enterprise", N_("企业"), "1"
    FARMER_COOP = "farmer_coop", N_("农民专业合作社"), "2"
    INDIVIDUAL_BUSINESS = "individual_business", N_("个体工商户"), "3"
    FOREIGN_REP_OFFICE = "foreign_rep_office", N_("外国企业代表机构"), "4"


class RegState(Choice):
    """登记状态."""

    ACTIVE = "active", N_("存续（在营）")
    SUSPENDED_BUSINESS = "suspended_business", N_("歇业")
    LICENCE_REVOKED = "licence_revoked", N_("吊销")
    DEREGISTERED = "deregistered", N_("注销")
    REGISTRATION_CANCELLED = "registration_cancelled", N_("撤销")
    MOVED_OUT = "moved_out", N_("迁出")
    LIQUIDATING = "liquidating", N_("清算")
    CLOSED = "closed", N_("停业关闭")


class RiskClass(Choice):
    """信用风险分类, from low to high. Food operators have a risk level of their own with the same letters."""

    A = "a", N_("A 低"), "A"
    B = "b", N_("B 一般"), "B"
    C = "c", N_("C 较高"), "C"
    D = "d", N_("D 高"), "D"


class FoodRiskLevel(Choice):
    """食品风险等级, from low to high."""

    A = "a", N_("A 级"), "A"
    B = "b", N_("B 级"), "B"
    C = "c", N_("C 级"), "C"
    D = "d", N_("D 级"), "D"


class Gender(Choice):
    """性别 (GB/T 2261.1)."""

    UNKNOWN = "unknown", N_("未知的性别"), "0"
    MALE = "male", N_("男"), "1"
    FEMALE = "female", N_("女"), "2"
    UNSTATED = "unstated", N_("未说明的性别"), "9"


class SocialOrgType(Choice):
    """社会组织类型."""

    ASSOCIATION = "association", N_("社会团体")
    PRIVATE_NON_ENTERPRISE = "private_non_enterprise", N_("民办非企业单位")
    FOUNDATION = "foundation", N_("基金会")


class PersonCategory(Choice):
    """特定自然人的类别."""

    LAWYER = "lawyer", N_("律师")
    TOUR_GUIDE = "tour_guide", N_("导游")
    PHYSICIAN = "physician", N_("医师")
    PHARMACIST = "pharmacist", N_("执业药师")
    SPECIAL_OPERATOR = "special_operator", N_("特种作业人员")
    OTHER = "other", N_("其他")


class EquipmentType(Choice):
    """特种设备种类 (特种设备安全法, art. 2)."""

    BOILER = "boiler", N_("锅炉")
    PRESSURE_VESSEL = "pressure_vessel", N_("压力容器（含气瓶）")
    PRESSURE_PIPE = "pressure_pipe", N_("压力管道")
    ELEVATOR = "elevator", N_("电梯")
    CRANE = "crane", N_("起重机械")
    ROPEWAY = "ropeway", N_("客运索道")
    AMUSEMENT = "amusement", N_("大型游乐设施")
    ONSITE_VEHICLE = "onsite_vehicle", N_("场（厂）内专用机动车辆")


class SpecialFoodType(Choice):
    """特殊食品类型."""

    HEALTH_FOOD = "health_food", N_("保健食品")
    FSMP = "fsmp", N_("特殊医学用途配方食品")
    INFANT_FORMULA = "infant_formula", N_("婴幼儿配方食品")


class CosmeticsType(Choice):
    """化妆品类别."""

    SPECIAL = "special", N_("特殊化妆品")
    ORDINARY = "ordinary", N_("普通化妆品")


class DeviceClass(Choice):
    """医疗器械管理类别."""

    CLASS_1 = "class_1", N_("第一类")
    CLASS_2 = "class_2", N_("第二类")
    CLASS_3 = "class_3", N_("第三类")


class ReservoirScale(Choice):
    """水库规模."""

    LARGE_1 = "large_1", N_("大（1）型")
    LARGE_2 = "large_2", N_("大（2）型")
    MEDIUM = "medium", N_("中型")
    SMALL_1 = "small_1", N_("小（1）型")
    SMALL_2 = "small_2", N_("小（2）型")
