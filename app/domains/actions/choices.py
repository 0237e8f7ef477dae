"""Code lists about actions, with the national codes where they are known."""

from app.core.choices import Choice
from app.core.messages import N_


class PartyNature(Choice):
    """行政相对人性质."""

    CITIZEN = "citizen", N_("公民"), "1"
    LEGAL_PERSON = "legal_person", N_("法人"), "2"
    OTHER_ORG = "other_org", N_("其他组织"), "3"


class CheckResult(Choice):
    """检查结果 of the whole inspection."""

    NO_PROBLEM = "no_problem", N_("未发现问题")
    FIXED_ON_SPOT = "fixed_on_spot", N_("发现问题已当场改正")
    ORDERED_TO_FIX = "ordered_to_fix", N_("发现问题责令限期改正")
    CASE_FILED = "case_filed", N_("发现违法线索立案")
    TRANSFERRED = "transferred", N_("移送其他部门")
    TRANSFERRED_JUDICIAL = "transferred_judicial", N_("移送司法机关")
    UNREACHABLE = "unreachable", N_("无法联系")
    REFUSED = "refused", N_("拒绝检查")
    OTHER = "other", N_("其他")


class ItemResult(Choice):
    """检查项结果."""

    PASS = "pass", N_("合格")
    FAIL = "fail", N_("不合格")
    NOT_CHECKED = "not_checked", N_("未检查"), "3"
    NOT_APPLICABLE = "not_applicable", N_("合理缺项"), "4"


class CaseSource(Choice):
    """案件来源."""

    INSPECTION = "inspection", N_("检查发现")
    REPORT = "report", N_("群众举报")
    COMPLAINT = "complaint", N_("投诉")
    ASSIGNED = "assigned", N_("上级交办")
    TRANSFERRED = "transferred", N_("部门移送")
    RISK_CLUE = "risk_clue", N_("风险预警")
    MEDIA = "media", N_("媒体曝光")
    SAMPLING = "sampling", N_("抽检")
    OTHER = "other", N_("其他")


class PenaltyType(Choice):
    """处罚种类 (行政处罚法 art 9)."""

    WARNING = "warning", N_("警告"), "01"
    FINE = "fine", N_("罚款"), "02"
    CONFISCATE_INCOME = "confiscate_income", N_("没收违法所得"), "03"
    SUSPEND_BUSINESS = "suspend_business", N_("责令停产停业"), "04"
    REVOKE_PERMIT = "revoke_permit", N_("吊销许可证"), "05"
    DETENTION = "detention", N_("行政拘留"), "06"
    OTHER_STATUTORY = "other_statutory", N_("法律、行政法规规定的其他行政处罚"), "07"
    CIRCULATED_CRITICISM = "circulated_criticism", N_("通报批评"), "08"
    CONFISCATE_GOODS = "confiscate_goods", N_("没收非法财物"), "09"
    DOWNGRADE_QUALIFICATION = "downgrade_qualification", N_("降低资质等级"), "10"
    SUSPEND_PERMIT = "suspend_permit", N_("暂扣许可证"), "11"
    RESTRICT_OPERATIONS = "restrict_operations", N_("限制开展经营活动"), "12"
    RESTRICT_EMPLOYMENT = "restrict_employment", N_("限制从业"), "13"
    ORDER_CLOSURE = "order_closure", N_("责令关闭"), "14"


class Procedure(Choice):
    """处罚程序."""

    SUMMARY = "summary", N_("简易程序"), "01"
    ORDINARY = "ordinary", N_("普通程序"), "02"


class ReviewOutcome(Choice):
    """行政复议 / 行政诉讼."""

    NONE = "none", N_("未申请")
    PENDING = "pending", N_("审理中")
    UPHELD = "upheld", N_("维持")
    MODIFIED = "modified", N_("变更")
    REVOKED = "revoked", N_("撤销")
    UNLAWFUL = "unlawful", N_("确认违法")


class CloseMethod(Choice):
    """结案执行方式."""

    VOLUNTARY = "voluntary", N_("主动履行")
    ENFORCED = "enforced", N_("强制执行")
    COURT = "court", N_("申请法院强制执行")
    NONE = "none", N_("不予执行")


class CloseResult(Choice):
    """结案执行结果."""

    FULL = "full", N_("全部履行")
    PARTIAL = "partial", N_("部分履行")
    UNPERFORMED = "unperformed", N_("未履行")
    TERMINATED = "terminated", N_("终结")


class OtherHandling(Choice):
    """其他处理情况."""

    TRANSFERRED_DEPT = "transferred_dept", N_("移送其他行政机关")
    TRANSFERRED_JUDICIAL = "transferred_judicial", N_("移送司法机关")
    TRANSFERRED_DISCIPLINE = "transferred_discipline", N_("移送纪检监察机关")
    OTHER = "other", N_("其他")


class PublicState(Choice):
    """公示状态."""

    NORMAL = "normal", N_("正常"), "0"
    WITHDRAWN = "withdrawn", N_("撤销"), "1"
    DELETED = "deleted", N_("删除"), "2"


class CoercionKind(Choice):
    """行政强制种类 (行政强制法 art 2)."""

    MEASURE = "measure", N_("行政强制措施")
    EXECUTION = "execution", N_("行政强制执行")


class MeasureKind(Choice):
    """强制措施类型 (行政强制法 art 9)."""

    RESTRICT_LIBERTY = "restrict_liberty", N_("限制公民人身自由")
    SEAL = "seal", N_("查封场所、设施或者财物")
    SEIZE = "seize", N_("扣押财物")
    FREEZE = "freeze", N_("冻结存款、汇款")
    OTHER = "other", N_("其他强制措施")


class ExecutionKind(Choice):
    """强制执行类型 (行政强制法 art 12)."""

    SURCHARGE = "surcharge", N_("加处罚款或者滞纳金")
    TRANSFER_DEPOSIT = "transfer_deposit", N_("划拨存款、汇款")
    AUCTION = "auction", N_("拍卖或者依法处理")
    RESTORE = "restore", N_("排除妨碍、恢复原状")
    SUBSTITUTE = "substitute", N_("代履行")
    OTHER = "other", N_("其他强制执行")
