"""Code lists about the draw."""

from app.core.choices import Choice
from app.core.messages import N_


class Kind(Choice):
    """From which roster an inspector comes; all but the first are asked only where their own cannot do it."""

    OWN = "own", N_("本部门执法人员")
    UPPER = "upper", N_("上级部门人员")
    EXPERT = "expert", N_("专家或第三方机构人员")


class Bar(Choice):
    """Why an inspector cannot be drawn for a task (draw.md §5.6.2)."""

    DEPARTMENT = "department", N_("不是该部门的检查人员")
    STATE = "state", N_("人员状态失效")
    CERTIFICATE = "certificate", N_("执法证在检查期内到期")
    LEAVE = "leave", N_("检查期内全程请假")
    FULL = "full", N_("承担的检查已达上限")
    DECLARED = "declared", N_("已申报回避")
    LAST_PAIR = "last_pair", N_("上一次检查过该对象")
    FAR = "far", N_("所在地区不在本次匹配范围内")
    OWN_REGION = "own_region", N_("异地交叉检查，本地人员不参加")
    QUALIFICATION = "qualification", N_("没有该事项要求的资质")


class Rung(Choice):
    """What is done where inspectors do not suffice, in this order (draw.md §7.2)."""

    REGION = "region", N_("扩大匹配地区")
    CHANCE = "chance", N_("放宽单人概率上限")
    CAP = "cap", N_("提高每人承担上限")
    ROSTER = "roster", N_("从上级或第三方名录补充资质人员")
    TEAM = "team", N_("每部门至少一人、全组至少两人")
    BATCH = "batch", N_("移到下一批次")


class VoidReason(Choice):
    """The only causes for which a draw may be void (draw.md §7.1)."""

    FRAME = "frame", N_("冻结时的名单有误")
    CEREMONY = "ceremony", N_("违反随机数产生规则")
    ANNULLED = "annulled", N_("依法被撤销")
