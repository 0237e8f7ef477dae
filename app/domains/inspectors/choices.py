"""Code lists about inspectors."""

from app.core.choices import Choice
from app.core.messages import N_


class InspectorState(Choice):
    """人员状态: invalid ones are never drawn and may not inspect."""

    VALID = "valid", N_("有效")
    INVALID = "invalid", N_("失效")


class InspectorGender(Choice):
    """性别, with the codes of the national officer import."""

    MALE = "male", N_("男"), "1"
    FEMALE = "female", N_("女"), "2"


class StaffType(Choice):
    """执法人员性质."""

    CIVIL_SERVANT = "civil_servant", N_("公务员")
    CIVIL_REFERENCE = "civil_reference", N_("参公事业编")
    INSTITUTION = "institution", N_("事业编")
    OTHER = "other", N_("其他")


class Education(Choice):
    """最高学历 (GB/T 4658)."""

    DOCTOR = "doctor", N_("博士研究生"), "11"
    MASTER = "master", N_("硕士研究生"), "14"
    BACHELOR = "bachelor", N_("大学本科"), "21"
    COLLEGE = "college", N_("大学专科"), "31"
    SECONDARY = "secondary", N_("中等专科"), "41"
    SENIOR_HIGH = "senior_high", N_("高中"), "61"
    JUNIOR_HIGH = "junior_high", N_("初中及以下"), "71"


class PoliticalStatus(Choice):
    """政治面貌 (GB/T 4762)."""

    PARTY_MEMBER = "party_member", N_("中共党员"), "01"
    PROBATIONARY = "probationary", N_("中共预备党员"), "02"
    LEAGUE_MEMBER = "league_member", N_("共青团员"), "03"
    DEMOCRATIC_PARTY = "democratic_party", N_("民主党派成员")
    NON_PARTY = "non_party", N_("无党派人士"), "12"
    MASSES = "masses", N_("群众"), "13"


class PostQualification(Choice):
    """岗位资质资格."""

    HEALTH_COSMETIC = "health_cosmetic_inspector", N_("保化检查员")
    DRUG = "drug_inspector", N_("药品检查员")
    DEVICE = "device_inspector", N_("医疗器械检查员")
    SPECIAL_EQUIPMENT = "special_equipment_inspector", N_("特种设备安全监察员")


class ExpertType(Choice):
    """专家类别."""

    HEALTH_COSMETIC_LEADER = "health_cosmetic_leader", N_("保化组长")
    DRUG_GSP = "drug_gsp", N_("药品GSP")
    DRUG_GMP = "drug_gmp", N_("药品GMP")
    DEVICE_GSP = "device_gsp", N_("医疗器械GSP")
    DEVICE_GMP = "device_gmp", N_("医疗器械GMP")


class DutyPosition(Choice):
    """担任职务."""

    BUREAU_LEADER = "bureau_leader", N_("局领导")
    SECTION_HEAD = "section_head", N_("科室正职")
    SECTION_DEPUTY = "section_deputy", N_("科室副职")
    STATION_HEAD = "station_head", N_("所（分局）长正职")
    STATION_DEPUTY = "station_deputy", N_("所（分局）长副职")
    STAFF = "staff", N_("一般干部")


class PublicationState(Choice):
    """发布状态."""

    UNPUBLISHED = "unpublished", N_("未发布"), "0"
    PUBLISHED = "published", N_("已发布"), "1"
    WITHDRAWN = "withdrawn", N_("已撤销"), "2"


class RecusalRelation(Choice):
    """回避情形 (公务员法 arts 74-77, 行政处罚法 art 43)."""

    OWN_INTEREST = "own_interest", N_("与本人有利害关系")
    RELATIVE_INTEREST = "relative_interest", N_("与近亲属有利害关系")
    OTHER_RELATION = "other_relation", N_("其他可能影响公正的关系")
    PARTY_REQUEST = "party_request", N_("当事人申请回避")
    RECENT_CASE = "recent_case", N_("近期办理过该对象的许可或处罚")


class DeclaredBy(Choice):
    """申报来源."""

    SELF = "self_declared", N_("本人申报")
    THIRD_PARTY = "third_party", N_("他人反映")
    PARTY = "party", N_("当事人申请")


class RecusalDecision(Choice):
    """回避决定."""

    PENDING = "pending", N_("待决定")
    GRANTED = "granted", N_("应当回避")
    REFUSED = "refused", N_("无需回避")
