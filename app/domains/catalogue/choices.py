"""Code lists of the catalogue. Ways of checking and kinds of subjects stand here because items name them first."""

from app.core.choices import Choice
from app.core.messages import N_


class MeasureType(Choice):
    """监管措施类型: which of the four kinds of action a sub-item allows."""

    INSPECTION = "inspection", N_("行政检查")
    PENALTY = "penalty", N_("行政处罚")
    COERCION = "coercion", N_("行政强制")
    OTHER = "other", N_("其他行为")


class SupervisionMode(Choice):
    """监管方式: routes the work (double-random items run in the draw module)."""

    DOUBLE_RANDOM = "double_random", N_("“双随机、一公开”监管")
    KEY = "key", N_("重点监管")
    CREDIT = "credit", N_("信用监管")
    JOINT = "joint", N_("联合监管")
    COLLABORATIVE = "collaborative", N_("协同监管")
    OFF_SITE = "off_site", N_("非现场监管")
    SMART = "smart", N_("智慧监管")
    PRUDENT = "prudent", N_("包容审慎监管")
    DAILY = "daily", N_("日常检查")
    SPECIAL = "special", N_("专项检查")


class SupervisionForm(Choice):
    """监管形式."""

    ONSITE = "onsite", N_("现场检查")
    OFFSITE = "offsite", N_("非现场检查")


class CheckClass(Choice):
    """检查事项类别: the ratio of general items is strictly limited, that of key items is not."""

    GENERAL = "general", N_("一般检查事项")
    KEY = "key", N_("重点检查事项")


class SourceLevel(Choice):
    """来源: what the item is derived from."""

    STATE_COUNCIL_DEPT = "state_council_dept", N_("国务院部门清单")
    PROVINCIAL = "provincial", N_("省级梳理")
    LOCAL_REGULATION = "local_regulation", N_("地方性法规")
    LOCAL_RULE = "local_rule", N_("地方政府规章")
    THREE_FIXED_DUTY = "three_fixed_duty", N_("“三定”职责")


class ItemState(Choice):
    """事项状态: the life of an item from the list of the level above to its abolition."""

    TEMPLATE = "template", N_("待认领")
    NOT_APPLICABLE = "not_applicable", N_("不适用")
    CLAIMED = "claimed", N_("已认领")
    DRAFTING = "drafting", N_("编制中")
    SUBMITTED = "submitted", N_("待审核")
    SECOND_REVIEW = "second_review", N_("待司法局复核")
    RETURNED = "returned", N_("退回修改")
    APPROVED = "approved", N_("审核通过")
    PUBLISHED = "published", N_("已发布")
    CHANGING = "changing", N_("变更中")
    SUSPENDED = "suspended", N_("暂停")
    ABOLISHED = "abolished", N_("已取消")


class ClaimState(Choice):
    """认领状态: how a department stands to an item that the level above has sorted out (Xi'an measures, art. 9)."""

    PENDING = "pending", N_("待认领")
    EXCUSING = "excusing", N_("申请不适用")
    EXCUSED = "excused", N_("不适用（已核销）")
    CLAIMED = "claimed", N_("已认领（完善要素）")
    SUBMITTED = "submitted", N_("待审核")
    RETURNED = "returned", N_("退回修改")
    APPROVED = "approved", N_("审核通过")
    PUBLISHED = "published", N_("已发布")
    CHANGING = "changing", N_("变更中")
    SUSPENDED = "suspended", N_("暂停")
    ABOLISHED = "abolished", N_("已取消")


class ReformKind(Choice):
    """改革方式: what became of an approval (Gannan plan; domain.md §2.7)."""

    CANCELLED = "approval_cancelled", N_("取消审批")
    DELEGATED = "approval_delegated", N_("下放审批权")
    TO_FILING = "approval_to_filing", N_("审批改备案")
    TO_COMMITMENT = "approval_to_commitment", N_("审批改告知承诺")


class CaseState(Choice):
    """How the check of one reformed approval stands."""

    OPEN = "open", N_("待核查")
    GAP = "gap", N_("有缺口")
    DONE = "done", N_("已完成")


class CodeKind(Choice):
    """Which code a pattern is about."""

    SUB_ITEM = "sub_item", N_("监管事项目录编码")
    IMPLEMENTATION_LIST = "implementation_list", N_("检查实施清单编码")


class ApplyScope(Choice):
    """适用范围."""

    PROVINCE = "province", N_("适用全省")
    CITY = "city", N_("适用地市")
    COUNTY = "county", N_("适用区县")


class SubjectKind(Choice):
    """监管对象类型: the eleven kinds, what check-object libraries hold besides, and others."""

    MARKET_ENTITY = "market_entity", N_("市场主体")
    SOCIAL_ORG = "social_org", N_("社会团体")
    NATURAL_PERSON = "natural_person", N_("特定自然人")
    SPECIAL_EQUIPMENT = "special_equipment", N_("特种设备")
    FOOD = "food", N_("食品")
    SPECIAL_FOOD = "special_food", N_("特殊食品")
    DRUG = "drug", N_("药品")
    COSMETICS = "cosmetics", N_("化妆品")
    MEDICAL_DEVICE = "medical_device", N_("医疗器械")
    CONSTRUCTION_SITE = "construction_site", N_("建筑工地")
    RESERVOIR = "reservoir", N_("水库")
    PRODUCT = "product", N_("产品")
    PROJECT = "project", N_("项目")
    BEHAVIOUR = "behaviour", N_("行为")
    OTHER = "other", N_("其他")


class CheckForm(Choice):
    """检查形式, with the codes of the national collection."""

    DAILY = "daily", N_("日常检查"), "01"
    SPECIAL = "special", N_("专项检查"), "02"


class CheckType(Choice):
    """检查类别: why the inspection took place."""

    DOUBLE_RANDOM = "double_random", N_("双随机抽查")
    KEY = "key", N_("重点检查")
    PATROL = "patrol", N_("日常巡查")
    COMPLAINT = "complaint", N_("投诉举报核查")
    RISK = "risk", N_("风险核查")
    ASSIGNED = "assigned", N_("上级交办")
    JOINT = "joint", N_("联合检查")
    RECHECK = "recheck", N_("跟踪复查")


class CheckMode(Choice):
    """检查方式 (核查方式): how the inspection was carried out."""

    ONSITE = "onsite", N_("实地检查")
    DOCUMENT = "document", N_("书面检查")
    AGENCY_OPINION = "agency_opinion", N_("行政部门检查结果或专业意见")
    TESTING = "testing", N_("检验检测")
    ONLINE = "online", N_("网络监测")
    THIRD_PARTY = "third_party", N_("委托专业机构辅助")


class ContentCheckType(Choice):
    """检查内容的检查类型."""

    DAILY = "daily", N_("日常检查"), "DAILY"
    RANDOM = "random", N_("随机抽查"), "RANDOM"
    SPECIAL = "special", N_("专项检查"), "SPECIAL"
    TEMPORARY = "temporary", N_("临时检查"), "TEMPORARY"


class PowerSource(Choice):
    """权力来源."""

    STATUTORY = "statutory", N_("法定本级行使")
    DELEGATED_DOWN = "delegated_down", N_("上级下放")
    AUTHORISED = "authorised", N_("上级授权")
    PEER_AUTHORISED = "peer_authorised", N_("同级授权")
    ENTRUSTED_UP = "entrusted_up", N_("上级委托")
    ENTRUSTED_PEER = "entrusted_peer", N_("同级委托")
    RETAINED = "retained", N_("本级保留")


class InspectorRequirement(Choice):
    """检查人员要求."""

    NONE = "none", N_("无需专业岗资格")
    SPECIAL_POST = "special_post", N_("需要专业岗资格")


class DeadlineUnit(Choice):
    """法定办结时限单位."""

    WORKING_DAY = "working_day", N_("工作日")
    CALENDAR_DAY = "calendar_day", N_("自然日")
    MONTH = "month", N_("个月")


class PermitItemType(Choice):
    """许可事项类型."""

    LICENCE = "licence", N_("行政许可")
    CONFIRMATION = "confirmation", N_("行政确认")
    FILING = "filing", N_("备案")
    COMMITMENT = "commitment", N_("告知承诺")
    OTHER = "other", N_("其他")


class PermitItemState(Choice):
    """许可事项状态 in the government-service catalogue."""

    IN_FORCE = "in_force", N_("在用")
    SUSPENDED = "suspended", N_("暂停")
    CANCELLED = "cancelled", N_("取消")
