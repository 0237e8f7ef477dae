"""The two credit lists (domain.md §§5.2-5.3, A.5, A.6)."""

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy.orm import Mapped

from app.core import checks
from app.core.fields import Grade, boolean, choice, day, flags, integer, long_text, owner, ref, text
from app.core.messages import N_
from app.core.roles import may
from app.core.rows import department_tree
from app.core.rules import Duplicate, Severity
from app.core.table import Table
from app.domains.credit import rules
from app.domains.credit.choices import (
    AuditState,
    ClaimState,
    ExitKind,
    ListingCause,
    RemovalCause,
    SeriousCause,
    SeriousDomain,
    SeriousState,
)

if TYPE_CHECKING:
    from app.domains.actions.models import Penalty
    from app.domains.org.models import Department
    from app.domains.subjects.models import Subject

_GRANTS = may(
    clerk="read add edit import export",
    dept_admin="read edit delete export",
    inspector="read",
    handler="read",
    evaluator="read export",
)
_LISTING, _REMOVAL, _REVIEW = N_("列入"), N_("移出"), N_("审核")


class AbnormalListing(Table):
    """经营异常名录: one firm listed for one cause by one decision, and how it left the list."""

    __label__ = N_("经营异常名录")
    __help__ = N_("一条记录是一个市场主体因一项原因、依一份决定书被列入，以及后来如何移出。")
    __key__ = ("subject", "decision_no")
    __title__ = "decision_no"
    __rows__ = department_tree("department")
    __may__ = _GRANTS
    __order__ = ("-listed_on",)
    __derive__ = (rules.abnormal_term,)
    __rules__ = (
        rules.removal_answers_the_listing,
        rules.exit_is_complete,
        rules.list_dates_follow_each_other,
        rules.listed_in_time,
        rules.missing_report_has_a_year,
        rules.only_firms_are_listed,
        rules.cause_is_for_this_firm,
        rules.removal_has_a_paper,
    )
    __duplicates__ = (Duplicate("K08", ("subject", "once_key"), Severity.ERROR),)

    subject: Mapped["Subject"] = ref(
        N_("监管对象证件号码"), "Subject", by=("id_no",), facts=("name", "kind", "entity_category"), in_list=True,
        sample="91610131MA6TX0WX5A", aliases=("统一社会信用代码", "统一社会信用代码/注册号", "注册号"),
    )  # fmt: skip
    listing_cause: Mapped[str] = choice(
        N_("列入原因"),
        ListingCause,
        in_list=True,
        grade=Grade.PUBLIC,
        group=_LISTING,
        sample="通过登记的住所（经营场所）无法联系",
    )
    found_on: Mapped[date | None] = day(
        N_("发现日期"),
        group=_LISTING,
        help=N_("查实、无法联系或责令期届满之日，10 个工作日内列入"),
        sample="2026-09-10",
    )
    listed_on: Mapped[date] = day(N_("列入日期"), in_list=True, grade=Grade.PUBLIC, group=_LISTING, sample="2026-09-18")
    department: Mapped["Department"] = owner(
        N_("列入决定机关"), in_list=True, grade=Grade.PUBLIC, group=_LISTING, aliases=("决定机关",)
    )
    listing_facts: Mapped[str] = long_text(
        N_("列入事实和事由"), 2000, group=_LISTING, sample="两次邮寄专用信函均无人签收", aliases=("列入事由",)
    )
    decision_no: Mapped[str] = text(
        N_("列入决定书文号"), 100, search=True, in_list=True, grade=Grade.PUBLIC, group=_LISTING,
        sample="雁市监异入〔2026〕第1号", aliases=("决定书文号",),
    )  # fmt: skip
    year: Mapped[int | None] = integer(
        N_("年度"), grade=Grade.PUBLIC, group=_LISTING, help=N_("未公示年度报告的年度"), aliases=("年报年度",),
        checks=(checks.between(2000, 2100),),
    )  # fmt: skip
    is_batch: Mapped[bool] = boolean(N_("是否批量列入"), default=False, group=_LISTING, aliases=("批量标志",))
    expires_on: Mapped[date | None] = day(
        N_("异常届满日期"), derived=True, grade=Grade.PUBLIC, group=_LISTING, help=N_("列入满三年")
    )
    expiry_notice_on: Mapped[date | None] = day(N_("届满提醒公告日期"), group=_LISTING, aliases=("异常届满公告日期",))
    audit_state: Mapped[str] = choice(N_("审核状态"), AuditState, default="pending", in_list=True, group=_REVIEW)
    exit_kind: Mapped[str | None] = choice(
        N_("移出或撤销"), ExitKind, in_list=True, grade=Grade.PUBLIC, group=_REMOVAL, help=N_("列入有误的为撤销")
    )
    removal_cause: Mapped[str | None] = choice(
        N_("移出原因"), RemovalCause, grade=Grade.PUBLIC, group=_REMOVAL, help=N_("应与列入原因对应")
    )
    removed_on: Mapped[date | None] = day(N_("移出日期"), in_list=True, grade=Grade.PUBLIC, group=_REMOVAL)
    removal_org: Mapped[str | None] = text(N_("移出机关"), 200, grade=Grade.PUBLIC, group=_REMOVAL)
    removal_facts: Mapped[str | None] = long_text(N_("移出事由"), 2000, group=_REMOVAL)
    removal_decision_no: Mapped[str | None] = text(N_("移出决定书文号"), 100, grade=Grade.PUBLIC, group=_REMOVAL)
    remark: Mapped[str | None] = long_text(N_("备注"), 500)
    once_key: Mapped[str | None] = text(
        N_("重复列入判别"), 40, derived=True, help=N_("无法联系在列期间只列一次，同一年度年报只列一次")
    )
    quality_flags: Mapped[list[str] | None] = flags(N_("质量提示"))


class SeriousListing(Table):
    """严重违法失信名单: one firm or person listed for grave acts, with its decision, its term and its end."""

    __label__ = N_("严重违法失信名单")
    __help__ = N_("一条记录是一个企业或个人因严重违法被列入，包括决定、期限和移出情况。")
    __key__ = ("subject", "cause", "penalty_document_no")
    __title__ = "decision_no"
    __rows__ = department_tree("department")
    __may__ = _GRANTS
    __order__ = ("-listed_on",)
    __derive__ = (rules.serious_term,)
    __rules__ = (
        rules.heavy_penalty_is_named,
        rules.serious_dates_follow_each_other,
        rules.approved_listing_is_decided,
        rules.not_removed_too_early,
        rules.extension_is_later_than_the_term,
    )

    subject: Mapped["Subject"] = ref(
        N_("监管对象证件号码"), "Subject", by=("id_no",), facts=("name", "kind"), in_list=True,
        sample="91610131MA6TX0WX5A", aliases=("统一社会信用代码", "统一社会信用代码/注册号", "注册号"),
    )  # fmt: skip
    cause: Mapped[str] = choice(
        N_("列入原因"), SeriousCause, in_list=True, grade=Grade.PUBLIC, group=_LISTING, sample="受到较重行政处罚"
    )
    domain: Mapped[str] = choice(N_("违法领域"), SeriousDomain, in_list=True, grade=Grade.PUBLIC, group=_LISTING)
    explanation: Mapped[str] = long_text(
        N_("列入说明"), 2000, group=_LISTING, sample="违法行为性质恶劣、情节严重、社会危害较大", aliases=("说明",)
    )
    penalty_document_no: Mapped[str | None] = text(
        N_("处罚决定书文号"), 100, search=True, group=_LISTING, aliases=("处罚文书号",), help=N_("因行政处罚列入的必填")
    )
    penalty: Mapped["Penalty | None"] = ref(
        N_("关联的行政处罚"), "Penalty", by=("document_no",), match="penalty_document_no", group=_LISTING
    )
    evidence: Mapped[str | None] = long_text(N_("列入依据"), 2000, group=_LISTING, help=N_("逐条写明依据材料"))
    evidence_count: Mapped[int | None] = integer(N_("依据数量"), group=_LISTING, checks=(checks.not_negative,))
    department: Mapped["Department"] = owner(
        N_("列入机关"), in_list=True, grade=Grade.PUBLIC, group=_LISTING, aliases=("列入决定机关",)
    )
    state: Mapped[str] = choice(N_("业务状态"), SeriousState, default="to_list", in_list=True, group=_REVIEW)
    list_due_on: Mapped[date | None] = day(N_("列入期限"), group=_REVIEW, help=N_("应在该日前作出列入决定"))
    listed_on: Mapped[date | None] = day(
        N_("列入日期"), in_list=True, grade=Grade.PUBLIC, group=_LISTING, sample="2026-09-18", help=N_("审核通过的必填")
    )
    decision_no: Mapped[str | None] = text(
        N_("列入决定书文号"), 100, search=True, in_list=True, grade=Grade.PUBLIC, group=_LISTING, aliases=("文号",)
    )
    public_state: Mapped[str] = choice(N_("公示状态"), ClaimState, default="unclaimed", group=_REVIEW)
    published_on: Mapped[date | None] = day(N_("公示日期"), grade=Grade.PUBLIC, group=_REVIEW)
    is_extended: Mapped[bool] = boolean(N_("是否届满延期"), default=False, group=_REMOVAL)
    extended_until: Mapped[date | None] = day(N_("延期届满日期"), grade=Grade.PUBLIC, group=_REMOVAL)
    expires_on: Mapped[date | None] = day(
        N_("届满日期"), derived=True, in_list=True, grade=Grade.PUBLIC, group=_REMOVAL
    )
    removed_on: Mapped[date | None] = day(N_("移出日期"), grade=Grade.PUBLIC, group=_REMOVAL)
    removal_facts: Mapped[str | None] = long_text(N_("移出事由"), 2000, group=_REMOVAL)
    removal_decision_no: Mapped[str | None] = text(N_("移出决定书文号"), 100, grade=Grade.PUBLIC, group=_REMOVAL)
    remark: Mapped[str | None] = long_text(N_("备注"), 500)
    quality_flags: Mapped[list[str] | None] = flags(N_("质量提示"))
