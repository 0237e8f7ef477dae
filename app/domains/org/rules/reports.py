"""Reports of changes of responsible people (报备), pure. Xi'an measures, art. 26."""

from __future__ import annotations

from typing import Any

from app.core.messages import N_, Message
from app.core.rules import Context, rule
from app.domains.org.choices import ReportState


def report_state(state: str | None, reason: str | None) -> str:
    """A report waits for its reason, then for the receipt; what was received stays so."""
    if state == ReportState.RECEIVED:
        return state
    return ReportState.SUBMITTED.value if reason else ReportState.PENDING.value


@rule("B01", on="department")
def a_report_stays_with_its_department(row: Any, ctx: Context) -> Message | None:
    """B01: 报备由变更的单位提出，不能改到其他单位"""
    if row.was is not None and row.was.department and row.department and row.was.department.id != row.department.id:
        return N_("报备属于“{unit}”，不能改到其他单位", unit=row.was.department.name)
    return None


@rule("B02", on=("reason", "effective_day"))
def a_received_report_is_closed(row: Any, ctx: Context) -> Message | None:
    """B02: 主管部门回执后不能再修改"""
    if row.was is None or row.was.state != ReportState.RECEIVED:
        return None
    if (row.was.reason, row.was.effective_day) != (row.reason, row.effective_day):
        return N_("主管部门已经回执，不能再修改")
    return None
