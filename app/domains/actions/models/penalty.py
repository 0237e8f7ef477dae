"""Penalties, with the extras of their publication (双公示)."""

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy.orm import Mapped

from app.core import checks
from app.core.corrections import Correcting
from app.core.fields import boolean, choice, choices, code, day, long_text, money, ref, text
from app.core.messages import N_
from app.core.rows import department_tree
from app.core.rules import Duplicate
from app.core.table import Table
from app.domains.actions import rules
from app.domains.actions.choices import (
    CaseSource,
    CloseMethod,
    CloseResult,
    OtherHandling,
    PenaltyType,
    Procedure,
    PublicState,
    ReviewOutcome,
)
from app.domains.actions.models import papers
from app.domains.actions.models.block import (
    GRANTS,
    OWN,
    REPEATS,
    SUB_ITEM_FACTS,
    ActionBlock,
    EntrustBlock,
    FollowUpBlock,
)
from app.domains.catalogue.choices import MeasureType

if TYPE_CHECKING:
    from app.domains.catalogue.models import SupervisionSubItem

_CASE, _PROCEDURE, _DECISION = N_("案件"), N_("程序与审核"), N_("处罚决定")
_CLOSING, _PUBLICITY = N_("结案与救济"), N_("公示")
_YUAN = (checks.not_negative,)


class Penalty(FollowUpBlock, EntrustBlock, ActionBlock, Table):
    """行政处罚: one penalty decided against one party."""

    __label__ = N_("行政处罚")
    __help__ = N_(
        "一条记录是对一个行政相对人作出的一次处罚决定。"
        "决定作出后 5 个工作日内归集；普通程序须关联检查行为或说明案件来源。"
    )
    __key__ = ("action_no",)
    __sorted__ = (("-decided_on",),)
    __rows__ = department_tree("department")
    __found__ = 7
    __may__ = GRANTS
    __corrected__ = Correcting(
        ("submitted_at", "is_public", "published_on"), goes_on=("reconsideration", "litigation", "public_state")
    )
    __own__ = (
        *OWN, "is_public", "public_text", "published_on", "publicity_ends_on", "public_state", "withdraw_reason",
    )  # fmt: skip
    __repeats__ = (*REPEATS, "procedure", "legal_basis", "decided_on", "penalty_types")
    __paper__ = papers.PENALTY
    __derive__ = (rules.collected("decided_on"), rules.penalty_text)
    __rules__ = (
        rules.sub_item_is_in_force,
        rules.sub_item_allows(MeasureType.PENALTY),
        rules.party_number_is_right,
        rules.party_number_can_be_reported,
        rules.region_exists,
        rules.dates_follow_each_other,
        rules.fine_has_an_amount,
        rules.summary_procedure_fits,
        rules.decided_in_time,
        rules.serious_case_was_reviewed,
        rules.detention_is_for_police,
        rules.comes_from_an_inspection,
        rules.subject_is_in_the_library,
    )
    __duplicates__ = (
        Duplicate("R16", ("department", "document_no")),
        Duplicate("R16", ("party_id_no", "sub_item", "decided_on")),
    )

    action_no: Mapped[str | None] = code(
        N_("处罚行为编号"), 50, search=True, in_list=True, std="punish_action_code", group=_CASE,
        help=N_("不填时由系统生成；导入时填已有编号则更新该记录"),
    )  # fmt: skip
    name: Mapped[str | None] = text(
        N_("处罚行为名称"), 500, search=True, std="punish_action_name", group=_CASE, help=N_("不填时由系统生成")
    )
    sub_item: Mapped["SupervisionSubItem"] = ref(
        N_("监管事项目录编码"), "SupervisionSubItem", by=("sub_code",), facts=SUB_ITEM_FACTS, group=_CASE,
        std="supervise_item_code", sample="61131000102001", help=N_("14 位数字，须是已发布的行政处罚事项"),
        aliases=("监管事项子项编码",),
    )  # fmt: skip
    subject_name: Mapped[str] = text(
        N_("监管对象"),
        200,
        search=True,
        std="supervise_object",
        aliases=("监管对象名称",),
        sample="西安市雁塔区示例食品店",
    )
    case_source: Mapped[str] = choice(N_("案件来源"), CaseSource, group=_CASE, sample="检查发现")
    illegal_fact: Mapped[str] = long_text(
        N_("违法事实"), group=_CASE, std="illegal_fact", sample="经营超过保质期的食品"
    )
    illegal_basis: Mapped[str | None] = long_text(N_("违法依据"), group=_CASE)
    legal_basis: Mapped[str] = long_text(
        N_("处罚依据"), group=_CASE, std="punish_accord", sample="《中华人民共和国食品安全法》第一百二十四条"
    )
    procedure: Mapped[str] = choice(
        N_("处罚程序"), Procedure, in_list=True, std="punish_procedure", group=_PROCEDURE, sample="普通程序"
    )
    is_hearing: Mapped[bool] = boolean(N_("是否听证"), default=False, group=_PROCEDURE)
    filed_on: Mapped[date | None] = day(
        N_("处罚立案时间"), group=_PROCEDURE, sample="2026-08-03", aliases=("立案日期",)
    )
    is_extended: Mapped[bool | None] = boolean(
        N_("是否延期作出决定"), group=_PROCEDURE, help=N_("经批准延长 90 日办案期限的填“是”")
    )
    is_criminal: Mapped[bool] = boolean(N_("是否涉刑案件"), default=False, group=_PROCEDURE)
    is_major: Mapped[bool | None] = boolean(N_("是否重大案件"), std="major_case", group=_PROCEDURE)
    is_legal_review: Mapped[bool | None] = boolean(N_("是否法制审核"), std="legal_review", group=_PROCEDURE)
    legal_review_on: Mapped[date | None] = day(N_("法制审核日期"), group=_PROCEDURE)
    legal_review_opinion: Mapped[str | None] = text(N_("法制审核意见"), 100, group=_PROCEDURE)
    is_collective: Mapped[bool | None] = boolean(N_("是否集体讨论"), group=_PROCEDURE)
    collective_on: Mapped[date | None] = day(N_("集体讨论日期"), group=_PROCEDURE)
    collective_conclusion: Mapped[str | None] = long_text(N_("集体讨论结论"), 1000, group=_PROCEDURE)
    document_no: Mapped[str] = text(
        N_("处罚文书号"), 100, search=True, in_list=True, std="punish_file_num", group=_DECISION,
        sample="雁市监处罚〔2026〕1号", aliases=("行政处罚决定书文号", "决定书文号"),
    )  # fmt: skip
    decided_on: Mapped[date] = day(
        N_("作出行政处罚决定日期"), in_list=True, std="punish_set_date", group=_DECISION, sample="2026-09-18",
        aliases=("处罚决定日期",),
    )  # fmt: skip
    penalty_types: Mapped[list[str]] = choices(
        N_("处罚种类"), PenaltyType, in_list=True, std="punish_type", group=_DECISION, sample="警告；罚款",
        aliases=("处罚类别",), help=N_("可多选，用；分隔"),
    )  # fmt: skip
    fine_amount: Mapped[Decimal | None] = money(
        N_("罚款金额"),
        checks=_YUAN,
        group=_DECISION,
        sample="5000",
        help=N_("单位：元；没有罚款的不填"),
        aliases=("罚款金额（元）",),
    )
    confiscated_income: Mapped[Decimal | None] = money(N_("没收违法所得金额"), checks=_YUAN, group=_DECISION)
    confiscated_goods: Mapped[Decimal | None] = money(N_("没收非法财物金额"), checks=_YUAN, group=_DECISION)
    licence_name: Mapped[str | None] = text(N_("暂扣或吊销证照名称"), 200, group=_DECISION)
    licence_no: Mapped[str | None] = code(N_("暂扣或吊销证照编号"), 100, group=_DECISION)
    result_text: Mapped[str] = long_text(
        N_("处罚结果"), 1000, std="punish_result", group=_DECISION, sample="警告并处罚款五千元"
    )
    reconsideration: Mapped[str] = choice(N_("行政复议"), ReviewOutcome, default="none", group=_CLOSING)
    litigation: Mapped[str] = choice(N_("行政诉讼"), ReviewOutcome, default="none", group=_CLOSING)
    close_method: Mapped[str | None] = choice(N_("结案执行方式"), CloseMethod, group=_CLOSING)
    close_result: Mapped[str | None] = choice(N_("结案执行结果"), CloseResult, group=_CLOSING)
    paid_amount: Mapped[Decimal | None] = money(N_("结案实缴罚款金额"), checks=_YUAN, group=_CLOSING)
    is_no_penalty: Mapped[bool] = boolean(
        N_("是否不予行政处罚"), default=False, group=_CLOSING, aliases=("不予行政处罚", "结案情况-不予行政处罚")
    )
    closed_on: Mapped[date | None] = day(N_("结案日期"), group=_CLOSING)
    is_case_cancelled: Mapped[bool | None] = boolean(N_("是否撤销立案"), group=_CLOSING)
    other_handling: Mapped[str | None] = choice(N_("其他处理情况"), OtherHandling, group=_CLOSING)
    transferred_on: Mapped[date | None] = day(N_("移送时间"), group=_CLOSING)
    is_public: Mapped[bool | None] = boolean(N_("是否公开"), group=_PUBLICITY, help=N_("仅处警告的不公示"))
    public_text: Mapped[str | None] = long_text(N_("公示内容"), group=_PUBLICITY)
    published_on: Mapped[date | None] = day(N_("公示日期"), group=_PUBLICITY)
    publicity_ends_on: Mapped[date | None] = day(N_("公示截止日期"), group=_PUBLICITY)
    public_state: Mapped[str | None] = choice(N_("公示状态"), PublicState, group=_PUBLICITY)
    withdraw_reason: Mapped[str | None] = text(N_("撤销原因"), 500, group=_PUBLICITY)
    is_sensitive: Mapped[bool | None] = boolean(
        N_("敏感标识"), group=_PUBLICITY, help=N_("涉及国家秘密、商业秘密或个人隐私")
    )
