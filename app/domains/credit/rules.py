"""Decisions about the credit lists, pure."""

from datetime import date
from typing import Any

from app.core.messages import N_, Message
from app.core.rules import Context, Severity, rule
from app.domains.catalogue.choices import SubjectKind
from app.domains.credit.choices import ExitKind, ListingCause, RemovalCause, SeriousCause, SeriousState
from app.domains.org.rules import limit_on, out_of_order
from app.domains.subjects.choices import EntityCategory

_ANSWERS = {
    ListingCause.NO_ANNUAL_REPORT: {RemovalCause.REPORT_FILED},
    ListingCause.NO_DISCLOSURE_IN_TIME: {RemovalCause.DISCLOSED},
    ListingCause.FALSE_DISCLOSURE: {RemovalCause.CORRECTED},
    ListingCause.UNREACHABLE: {RemovalCause.ADDRESS_CHANGED, RemovalCause.CONTACT_RESTORED},
    ListingCause.PARENT_LISTED: {RemovalCause.PARENT_REMOVED},
}
_BY_THE_SYSTEM = frozenset({RemovalCause.EXPIRED_TO_SERIOUS, RemovalCause.ENTITY_ENDED})
_CAUSE_IS_FOR = {
    ListingCause.NO_ANNUAL_REPORT: {
        EntityCategory.ENTERPRISE,
        EntityCategory.FARMER_COOP,
        EntityCategory.INDIVIDUAL_BUSINESS,
    },
    ListingCause.NO_DISCLOSURE_IN_TIME: {EntityCategory.ENTERPRISE},
    ListingCause.PARENT_LISTED: {EntityCategory.FARMER_COOP},
}


def years_after(day: date, years: int) -> date:
    """The same day so many years later; 28 February stands in for a 29th that does not exist."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def abnormal_term(row: Any, ctx: Context) -> dict[str, Any]:
    """When the listing expires, and the key under which the same firm may be listed only once.

    Cause 4 may stand once at a time, cause 1 once for each year; a revoked listing never was.
    """
    years = limit_on(ctx, "abnormal_term", row.listed_on) if row.listed_on else None
    once = None
    if row.exit_kind != ExitKind.REVOKED:
        if row.listing_cause == ListingCause.UNREACHABLE and row.exit_kind is None:
            once = str(ListingCause.UNREACHABLE)
        elif row.listing_cause == ListingCause.NO_ANNUAL_REPORT and row.year:
            once = f"{ListingCause.NO_ANNUAL_REPORT}:{row.year}"
    return {"expires_on": years_after(row.listed_on, years) if years else None, "once_key": once}


def serious_term(row: Any, ctx: Context) -> dict[str, Any]:
    """When the listing expires: after its term, or on the day to which it was extended."""
    if row.is_extended and row.extended_until:
        return {"expires_on": row.extended_until}
    years = limit_on(ctx, "serious_term", row.listed_on) if row.listed_on else None
    return {"expires_on": years_after(row.listed_on, years) if years else None}


@rule("K01", on="removal_cause")
def removal_answers_the_listing(row: Any, ctx: Context) -> Message | None:
    """K01: the cause of removal answers the cause of listing; the end of the term or of the firm answers any."""
    if row.removal_cause is None or row.removal_cause in _BY_THE_SYSTEM:
        return None
    if row.removal_cause in _ANSWERS[ListingCause(row.listing_cause)]:
        return None
    return N_("移出原因与列入原因“{cause}”不对应", cause=ListingCause(row.listing_cause).label)


@rule("K02", on=("exit_kind", "removed_on", "removal_cause"))
def exit_is_complete(row: Any, ctx: Context) -> Message | None:
    """K02: who left the list has a day, and a cause when removed; who did not leave has neither."""
    if row.exit_kind is None:
        has_left = row.removed_on or row.removal_cause
        return N_("填写了移出日期或移出原因的，应选择移出或撤销") if has_left else None
    if row.removed_on is None:
        return N_("请填写移出日期")
    if row.exit_kind == ExitKind.REMOVED and row.removal_cause is None:
        return N_("请填写移出原因")
    if row.exit_kind == ExitKind.REVOKED and row.removal_cause is not None:
        return N_("撤销列入的不填移出原因")
    return None


@rule("K03", on=("found_on", "listed_on", "removed_on"))
def list_dates_follow_each_other(row: Any, ctx: Context) -> Message | None:
    """K03: found, listed, removed: each on the same day as the one before or later, and none in the future."""
    return out_of_order(
        (
            (N_("发现日期"), row.found_on),
            (N_("列入日期"), row.listed_on),
            (N_("移出日期"), row.removed_on),
            (N_("今天"), ctx.today),
        )
    )


@rule("K04", on="listed_on", severity=Severity.WARNING)
def listed_in_time(row: Any, ctx: Context) -> Message | None:
    """K04: a firm is listed within 10 working days of the finding."""
    if row.found_on is None or row.listed_on is None:
        return None
    limit = limit_on(ctx, "abnormal_listing", row.found_on)
    if limit is None or row.listed_on <= ctx.calendar.add_working_days(row.found_on, limit):
        return None
    return N_("自发现之日起超过 {limit} 个工作日才列入", limit=limit)


@rule("K05", on="year")
def missing_report_has_a_year(row: Any, ctx: Context) -> Message | None:
    """K05: a missing annual report is that of a year before the listing."""
    if row.listing_cause != ListingCause.NO_ANNUAL_REPORT:
        return None
    if row.year is None:
        return N_("请填写未公示年度报告的年度")
    if row.listed_on and row.year >= row.listed_on.year:
        return N_("年度 {year} 的年度报告在列入日期尚未到期", year=str(row.year))
    return None


@rule("K09", on="subject")
def only_firms_are_listed(row: Any, ctx: Context) -> Message | None:
    """K09: only market entities are listed."""
    if row.subject is not None and row.subject.kind != SubjectKind.MARKET_ENTITY:
        return N_("经营异常名录只适用于市场主体")
    return None


@rule("K06", on="listing_cause")
def cause_is_for_this_firm(row: Any, ctx: Context) -> Message | None:
    """K06: a firm is listed only for causes that apply to its category."""
    if row.subject is None or row.subject.kind != SubjectKind.MARKET_ENTITY:
        return None
    allowed = _CAUSE_IS_FOR.get(ListingCause(row.listing_cause))
    category = row.subject.entity_category
    if allowed is None or category is None or category in allowed:
        return None
    return N_("列入原因“{cause}”不适用于该主体类别", cause=ListingCause(row.listing_cause).label)


@rule("K07", on="removal_decision_no", severity=Severity.WARNING)
def removal_has_a_paper(row: Any, ctx: Context) -> Message | None:
    """K07: a removal that an organ decided has a numbered paper; one by the system has none."""
    if row.exit_kind is None:
        return None
    is_by_the_system = row.removal_cause in _BY_THE_SYSTEM
    if is_by_the_system and row.removal_decision_no:
        return N_("系统自动移出的没有决定书文号")
    if not is_by_the_system and not row.removal_decision_no:
        return N_("移出或撤销应有决定书文号")
    return None


@rule("K11", on="penalty_document_no")
def heavy_penalty_is_named(row: Any, ctx: Context) -> Message | None:
    """K11: who is listed because of a heavy penalty, or for not performing one, has the number of that decision."""
    if row.cause in (SeriousCause.HEAVY_PENALTY, SeriousCause.DUTY_REFUSED) and not row.penalty_document_no:
        return N_("请填写据以列入的处罚决定书文号")
    return None


@rule("K12", on=("listed_on", "published_on", "removed_on"))
def serious_dates_follow_each_other(row: Any, ctx: Context) -> Message | None:
    """K12: a listing is published and ended on its own day or later, and nothing of it lies in the future."""
    if row.listed_on and row.listed_on > ctx.today:
        return N_("列入日期 {day} 晚于今天", day=row.listed_on)
    for label, day in ((N_("公示日期"), row.published_on), (N_("移出日期"), row.removed_on)):
        if day and row.listed_on and day < row.listed_on:
            return N_("{label}（{day}）早于列入日期（{listed}）", label=label, day=day, listed=row.listed_on)
        if day and day > ctx.today:
            return N_("{label}（{day}）晚于今天", label=label, day=day)
    return None


@rule("K13", on=("state", "listed_on", "decision_no"))
def approved_listing_is_decided(row: Any, ctx: Context) -> Message | None:
    """K13: an approved listing has its day and its numbered decision."""
    if row.state not in (SeriousState.APPROVED, SeriousState.TO_REMOVE, SeriousState.TO_EXTEND, SeriousState.REMOVED):
        return None
    if row.listed_on is None or not row.decision_no:
        return N_("审核通过的应填写列入日期和决定书文号")
    return N_("已移出的应填写移出日期") if row.state == SeriousState.REMOVED and row.removed_on is None else None


@rule("K14", on="removed_on", severity=Severity.WARNING)
def not_removed_too_early(row: Any, ctx: Context) -> Message | None:
    """K14: nobody leaves the list earlier than credit repair allows, which is a year after the listing."""
    if row.removed_on is None or row.listed_on is None:
        return None
    years = limit_on(ctx, "serious_early_removal", row.listed_on)
    if years is None or row.removed_on >= years_after(row.listed_on, years):
        return None
    return N_("列入不满 {years} 年即移出", years=years)


@rule("K15", on="extended_until")
def extension_is_later_than_the_term(row: Any, ctx: Context) -> Message | None:
    """K15: an extended listing says until when, which is later than its ordinary term."""
    if not row.is_extended:
        return N_("未延期的不填延期届满日期") if row.extended_until else None
    if row.extended_until is None:
        return N_("请填写延期届满日期")
    years = limit_on(ctx, "serious_term", row.listed_on) if row.listed_on else None
    if years and row.extended_until <= years_after(row.listed_on, years):
        return N_("延期届满日期 {day} 不晚于原届满日期", day=row.extended_until)
    return None
