"""Rules about penalties."""

from datetime import timedelta
from typing import Any

from app.core.messages import N_, Message
from app.core.rules import Context, Severity, rule
from app.domains.actions.choices import PartyNature, PenaltyType, Procedure
from app.domains.org.choices import DutyLine
from app.domains.org.rules import legal_day, limit_on, out_of_order

_SUMMARY_TYPES = frozenset({PenaltyType.WARNING, PenaltyType.FINE})


@rule("R08", on=("filed_on", "decided_on", "closed_on", "submitted_at"))
def dates_follow_each_other(row: Any, ctx: Context) -> Message | None:
    """R08: filed, decided, closed, reported: none lies before an earlier step, and none in the future."""
    submitted = legal_day(row.submitted_at, ctx) if row.submitted_at else None
    return out_of_order(
        (
            (N_("处罚立案时间"), row.filed_on),
            (N_("作出行政处罚决定日期"), row.decided_on),
            (N_("结案日期"), row.closed_on),
            (N_("报送时间"), submitted),
            (N_("今天"), ctx.today),
        )
    )


@rule("R09", on="fine_amount", severity=Severity.WARNING)
def fine_has_an_amount(row: Any, ctx: Context) -> Message | None:
    """R09: a fine has an amount above zero, and only a fine has one (a written zero counts as none)."""
    is_fine = PenaltyType.FINE in row.penalty_types
    if is_fine and not row.fine_amount:
        return N_("处罚种类含罚款，应填写大于 0 的罚款金额")
    if not is_fine and row.fine_amount:
        return N_("处罚种类不含罚款，不应填写罚款金额")
    return None


@rule("R10", on=("procedure", "penalty_types", "fine_amount"))
def summary_procedure_fits(row: Any, ctx: Context) -> Message | None:
    """R10: by summary procedure only a warning or a small fine can be given (行政处罚法 art 51)."""
    if row.procedure != Procedure.SUMMARY:
        return None
    if not _SUMMARY_TYPES.issuperset(row.penalty_types):
        return N_("简易程序只适用于警告和小额罚款")
    code = "summary_fine_citizen" if row.party_nature == PartyNature.CITIZEN else "summary_fine_org"
    limit = limit_on(ctx, code, row.decided_on or ctx.today)
    if limit is not None and row.fine_amount and row.fine_amount > limit:
        return N_("简易程序的罚款不得超过 {limit} 元", limit=limit)
    return None


@rule("R11", on="decided_on", severity=Severity.WARNING)
def decided_in_time(row: Any, ctx: Context) -> Message | None:
    """R11: an ordinary penalty is decided within 90 days of filing, unless that was extended (行政处罚法 art 60)."""
    if row.procedure != Procedure.ORDINARY or row.is_extended or not (row.filed_on and row.decided_on):
        return None
    limit = limit_on(ctx, "penalty_decide", row.filed_on)
    if limit is None or row.decided_on <= row.filed_on + timedelta(days=limit):
        return None
    return N_("自立案之日起超过 {limit} 日才作出决定", limit=limit)


@rule("R12", on=("is_legal_review", "is_collective"), severity=Severity.WARNING)
def serious_case_was_reviewed(row: Any, ctx: Context) -> Message | None:
    """R12: a hearing or a major case entails legal review and collective discussion (行政处罚法 arts 57, 58)."""
    if not (row.is_hearing or row.is_major):
        return None
    if not row.is_legal_review:
        return N_("听证或重大案件应经法制审核")
    return None if row.is_collective else N_("听证或重大案件应经集体讨论")


@rule("P01", on="penalty_types")
def detention_is_for_police(row: Any, ctx: Context) -> Message | None:
    """P01: only the police detain."""
    if PenaltyType.DETENTION not in row.penalty_types or row.department is None:
        return None
    return None if row.department.duty_line == DutyLine.POLICE else N_("行政拘留只能由公安机关作出")
