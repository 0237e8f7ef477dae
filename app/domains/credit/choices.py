"""Code lists about the credit lists."""

from app.core.choices import Choice
from app.core.messages import N_


class ListingCause(Choice):
    """列入经营异常名录的原因."""

    NO_ANNUAL_REPORT = "no_annual_report", N_("未按规定期限公示年度报告"), "1"
    NO_DISCLOSURE_IN_TIME = "no_disclosure_in_time", N_("未在责令的期限内公示有关企业信息"), "2"
    FALSE_DISCLOSURE = "false_disclosure", N_("公示信息隐瞒真实情况、弄虚作假"), "3"
    UNREACHABLE = "unreachable", N_("通过登记的住所（经营场所）无法联系"), "4"
    PARENT_LISTED = "parent_listed", N_("隶属主体列入"), "5"


class RemovalCause(Choice):
    """移出原因; each answers a cause of listing."""

    REPORT_FILED = "report_filed", N_("已补报年度报告")
    DISCLOSED = "disclosed", N_("已履行公示义务")
    CORRECTED = "corrected", N_("已更正公示信息")
    ADDRESS_CHANGED = "address_changed", N_("已变更登记住所")
    CONTACT_RESTORED = "contact_restored", N_("已重新取得联系")
    PARENT_REMOVED = "parent_removed", N_("隶属主体已移出")
    EXPIRED_TO_SERIOUS = "expired_to_serious", N_("列入届满")
    ENTITY_ENDED = "entity_ended", N_("注销或吊销")


class ExitKind(Choice):
    """移出还是撤销."""

    REMOVED = "removed", N_("移出"), "1"
    REVOKED = "revoked", N_("撤销"), "2"


class AuditState(Choice):
    """审核状态."""

    PENDING = "pending", N_("待审核"), "0"
    APPROVED = "approved", N_("同意"), "1"
    REFUSED = "refused", N_("不予"), "2"


class SeriousDomain(Choice):
    """严重违法失信的领域."""

    FOOD = "food", N_("食品安全")
    DRUG_DEVICE_EQUIPMENT = "drug_device_equipment", N_("药品、医疗器械、化妆品、特种设备")
    CONSUMER = "consumer", N_("侵害消费者权益")
    COMPETITION = "competition", N_("破坏公平竞争秩序")
    MARKET_ORDER = "market_order", N_("扰乱市场秩序")
    OTHER = "other", N_("其他领域")


class SeriousCause(Choice):
    """列入严重违法失信名单的原因."""

    HEAVY_PENALTY = "heavy_penalty", N_("受到较重行政处罚")
    ABNORMAL_EXPIRED = "abnormal_expired", N_("列入经营异常名录届满三年")
    DUTY_REFUSED = "duty_refused", N_("有履行能力而拒不履行处罚决定")
    OTHER = "other", N_("其他原因")


class SeriousState(Choice):
    """业务状态."""

    TO_LIST = "to_list", N_("待列入")
    FIRST_REVIEW = "first_review", N_("待初审")
    FIRST_REFUSED = "first_refused", N_("初审不通过")
    FINAL_REVIEW = "final_review", N_("待审核")
    APPROVED = "approved", N_("审核通过")
    REFUSED = "refused", N_("审核不通过")
    TO_REMOVE = "to_remove", N_("待移出")
    TO_EXTEND = "to_extend", N_("待延期")
    REMOVED = "removed", N_("已移出")


class ClaimState(Choice):
    """公示状态 of a serious listing."""

    UNCLAIMED = "unclaimed", N_("未认领"), "0"
    CLAIMED = "claimed", N_("已认领"), "1"
