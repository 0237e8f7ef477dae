"""Decisions about the organisation, pure."""

from collections.abc import Iterable
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from app.core import settings
from app.core.errors import BadValue
from app.core.messages import N_, Message, joined
from app.core.rules import Context, rule
from app.domains.org.choices import LimitUnit
from app.domains.org.rules.granting import (
    REFUSED_OWN,
    REFUSED_RESERVED,
    an_administrator_is_nothing_else,
    grantable_roles,
    nobody_changes_his_own,
    refused_role,
    roles_are_his_to_grant,
)
from app.domains.org.rules.reports import a_received_report_is_closed, a_report_stays_with_its_department, report_state

__all__ = [
    "REFUSED_OWN",
    "REFUSED_RESERVED",
    "STATUTE",
    "a_received_report_is_closed",
    "a_report_stays_with_its_department",
    "an_administrator_is_nothing_else",
    "code_fits_the_level",
    "code_lies_within_the_parent",
    "department_stands_below_another",
    "grantable_roles",
    "is_in_force",
    "legal_day",
    "limit_has_a_number_or_a_date",
    "limit_on",
    "nobody_changes_his_own",
    "out_of_order",
    "policy_ends_after_it_starts",
    "refused_role",
    "report_state",
    "roles_are_his_to_grant",
    "setting_is_known",
    "validity_ends_after_it_starts",
]

# What the law says where an office keeps no rows of a limit (domain.md §12).
STATUTE = {
    "collect": 5,  # working days: Xi'an measures, art. 15
    "penalty_decide": 90,  # days: 行政处罚法 art. 60
    "summary_fine_citizen": 200,  # yuan: 行政处罚法 art. 51
    "summary_fine_org": 3000,
    "seal_seize": 30,  # days: 行政强制法 art. 25
    "seal_seize_extension": 30,
    "freeze": 30,  # days: 行政强制法 art. 32
    "freeze_extension": 30,
    "abnormal_listing": 10,  # working days (domain.md §5.2)
    "abnormal_term": 3,  # years
    "serious_term": 3,  # years (domain.md §5.3)
    "serious_early_removal": 1,
}
_TOWN_DIGITS = 9
# How many leading digits a division shares with everything below it.
_SHARED_DIGITS = {"national": 0, "province": 2, "city": 4, "county": 6, "town": 9}
_DEPTH = {level: depth for depth, level in enumerate(_SHARED_DIGITS)}


def is_in_force(day: date, valid_from: date | None, valid_to: date | None) -> bool:
    """Whether `day` lies in a period of validity; both ends belong to it and an empty end is open."""
    return (valid_from is None or valid_from <= day) and (valid_to is None or day <= valid_to)


def limit_on(ctx: Context, code: str, day: date) -> int | None:
    """The number of limit ``code`` on ``day``; None when an office keeps rows for it and none was in force then."""
    if code not in ctx.limits:
        return STATUTE[code]
    try:
        return ctx.limit(code, on=day)
    except KeyError:
        return None


def legal_day(moment: datetime, ctx: Context) -> date:
    """The day on which a moment lies where the law counts days."""
    return moment.astimezone(ctx.now.tzinfo).date() if moment.tzinfo else moment.date()


def out_of_order(steps: Iterable[tuple[Message, date | None]]) -> Message | None:
    """What is wrong with named days that should follow each other; days not known are passed over."""
    known = [(name, day) for name, day in steps if day is not None]
    for (earlier, first), (later, second) in pairwise(known):
        if second < first:
            return N_(
                "{later}（{second}）早于{earlier}（{first}）", later=later, second=second, earlier=earlier, first=first
            )
    return None


@rule("O01", on="valid_to")
def validity_ends_after_it_starts(row: Any, ctx: Context) -> Message | None:
    """O01: a period of validity does not end before it starts."""
    if row.valid_from and row.valid_to and row.valid_to < row.valid_from:
        return N_("有效期至 {end} 早于生效日期 {start}", end=row.valid_to, start=row.valid_from)
    return None


@rule("O02", on=("code", "level"))
def code_fits_the_level(row: Any, ctx: Context) -> Message | None:
    """O02: towns have 9 digits and all others 6; a province ends in 0000 and a city in 00 (GB/T 2260)."""
    is_town = row.level == "town"
    if is_town != (len(row.code) == _TOWN_DIGITS):
        return N_("乡级区划代码为 9 位,其他层级为 6 位")
    if row.level == "province" and not row.code.endswith("0000"):
        return N_("省级区划代码应以 0000 结尾")
    if row.level == "city" and not row.code.endswith("00"):
        return N_("市级区划代码应以 00 结尾")
    return None


@rule("O03", on="parent")
def code_lies_within_the_parent(row: Any, ctx: Context) -> Message | None:
    """O03: a division begins with the digits of the one above it, which stands on a higher level."""
    if row.parent is None:
        return None
    if _DEPTH[row.parent.level] >= _DEPTH[row.level]:
        return N_("上级区划 {code} 的层级应高于本区划", code=row.parent.code)
    shared = _SHARED_DIGITS[row.parent.level]
    if row.code[:shared] != row.parent.code[:shared]:
        return N_("区划代码 {code} 不属于上级区划 {parent}", code=row.code, parent=row.parent.code)
    return None


@rule("O04", on="parent")
def department_stands_below_another(row: Any, ctx: Context) -> Message | None:
    """O04: a department is not its own superior, and its superior does not stand on a lower level."""
    if row.parent is None:
        return None
    if row.parent.name == row.name:
        return N_("上级主管部门不能是本部门")
    if _DEPTH[row.parent.level] > _DEPTH[row.level]:
        return N_("上级主管部门 {name} 的层级低于本部门", name=row.parent.name)
    return None


@rule("O05", on="effective_to")
def policy_ends_after_it_starts(row: Any, ctx: Context) -> Message | None:
    """O05: a limit is in force for at least one day."""
    if row.effective_to and row.effective_to <= row.effective_from:
        return N_("失效日期 {end} 不晚于生效日期 {start}", end=row.effective_to, start=row.effective_from)
    return None


@rule("O06", on=("days", "month_day"))
def limit_has_a_number_or_a_date(row: Any, ctx: Context) -> Message | None:
    """O06: a yearly date is given as month and day, every other limit as a number."""
    if row.unit == LimitUnit.YEARLY_DATE:
        return None if row.month_day else N_("每年固定日期应填写月日,如 04-30")
    return None if row.days is not None else N_("请填写期限的数值")


@rule("S01", on=("code", "value"))
def setting_is_known(row: Any, ctx: Context) -> Message | None:
    """参数编码应为系统已有的安全参数，参数值应在允许范围内"""
    known = settings.DECLARED.get(row.code)
    if known is None:
        return N_("没有名为“{name}”的安全参数；可用的有：{names}", name=row.code, names=joined(settings.DECLARED))
    try:
        known.read(row.value)
    except BadValue as error:
        return error.message
    return None
