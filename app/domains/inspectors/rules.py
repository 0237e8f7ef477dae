"""Decisions about inspectors and recusals, pure."""

from datetime import date
from typing import Any

from app.core.messages import N_, Message
from app.core.rules import Context, Severity, rule
from app.domains.inspectors.choices import InspectorState, RecusalDecision

_MALE_DIGITS = frozenset("13579")
_ADULT_YEARS = 18


def may_inspect(inspector: Any, day: date) -> bool:
    """Whether an inspector was fit to enforce on that day: his state is valid and his certificate had not ended."""
    has_ended = inspector.cert_valid_until is not None and inspector.cert_valid_until < day
    return inspector.state == InspectorState.VALID and not has_ended


def facts_from_number(row: Any, ctx: Context) -> dict[str, Any]:
    """Birth date and sex that were left empty are those in the citizen number."""
    number = row.id_no or ""
    if len(number) != 18:
        return {}
    return {
        "birth_date": row.birth_date or date(int(number[6:10]), int(number[10:12]), int(number[12:14])),
        "gender": row.gender or ("male" if number[16] in _MALE_DIGITS else "female"),
    }


def declaration_number(row: Any, ctx: Context) -> dict[str, Any]:
    """A declaration without a number gets one from its identity, one without a name takes that of the subject."""
    return {
        "declaration_no": row.declaration_no or f"HB{ctx.today:%Y%m%d}{row.id.hex[-10:].upper()}",
        "subject_name": row.subject_name or (row.subject.name if row.subject else None),
        "valid_from": row.valid_from or ctx.today,
    }


@rule("I01", on="birth_date")
def birth_date_agrees_with_the_number(row: Any, ctx: Context) -> Message | None:
    """I01: birth date and citizen number agree."""
    if row.id_no and row.birth_date and row.id_no[6:14] != f"{row.birth_date:%Y%m%d}":
        return N_("出生日期 {day} 与身份证号不一致", day=row.birth_date)
    return None


@rule("I02", on="birth_date")
def inspector_is_an_adult(row: Any, ctx: Context) -> Message | None:
    """I02: an inspector is at least 18 years old."""
    if row.birth_date is None:
        return None
    youngest = row.birth_date.year + _ADULT_YEARS
    if (youngest, row.birth_date.month, row.birth_date.day) > (ctx.today.year, ctx.today.month, ctx.today.day):
        return N_("出生日期 {day} 不满 18 周岁", day=row.birth_date)
    return None


@rule("I03", on="cert_valid_until", severity=Severity.WARNING)
def valid_inspector_has_a_valid_certificate(row: Any, ctx: Context) -> Message | None:
    """I03: the certificate of an inspector in service has not ended; after that he may not inspect."""
    if row.state == InspectorState.VALID and row.cert_valid_until and row.cert_valid_until < ctx.today:
        return N_("执法证已于 {day} 到期", day=row.cert_valid_until)
    return None


@rule("I04", on=("subject", "subject_name"))
def recusal_names_a_subject(row: Any, ctx: Context) -> Message | None:
    """I04: a declaration names a registered subject, or a firm or person by name."""
    if row.subject is None and not row.subject_name:
        return N_("请填写监管对象证件号码或回避对象名称")
    return None


@rule("I05", on="valid_to")
def recusal_ends_after_it_starts(row: Any, ctx: Context) -> Message | None:
    """I05: a recusal does not end before it starts."""
    if row.valid_from and row.valid_to and row.valid_to < row.valid_from:
        return N_("回避止期 {end} 早于起期 {start}", end=row.valid_to, start=row.valid_from)
    return None


@rule("I06", on=("decided_by", "decided_on"))
def decision_has_an_author_and_a_day(row: Any, ctx: Context) -> Message | None:
    """I06: a decision about a recusal names who made it and when, not in the future."""
    if row.decision in (None, RecusalDecision.PENDING):
        return None
    if not row.decided_by or row.decided_on is None:
        return N_("已作出决定的应填写决定人和决定日期")
    if row.decided_on > ctx.today:
        return N_("决定日期 {day} 晚于今天", day=row.decided_on)
    return None
