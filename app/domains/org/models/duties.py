"""What is on record about duties: who is answerable for a department, who took over whose work, emergency access."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Mapped

from app.core.fields import choice, code, day, integer, long_text, moment, owner, ref, text
from app.core.messages import N_
from app.core.roles import may
from app.core.rows import department_tree, hidden
from app.core.rules import Context
from app.core.table import Table
from app.domains.org import rules
from app.domains.org.choices import EmploymentState, ReportState, ResponsibleKind
from app.domains.org.models.accounts import Account  # noqa: F401 - handovers refer to it


def _state(row: Any, _: Context) -> Mapping[str, Any]:
    """A report waits for its reason, then for its receipt."""
    return {"state": rules.report_state(row.state, row.reason)}


class ResponsibleChange(Table):
    """负责人变更报备: a department's admin, leader or contact changed, and the lead office of the region is told.

    Made by the database whenever one of them changes, by whatever way (Xi'an measures, arts. 5 and 26); the department
    adds the reason, the lead office gives its receipt.
    """

    __label__ = N_("负责人变更报备")
    __help__ = N_(
        "部门管理员、分管领导、具体负责人变更后由系统自动生成，部门管理员补充变更原因，主管部门（政府办）回执。"
    )
    __title__ = "after"
    __rows__ = department_tree("department")
    __may__ = may(
        sys_admin="read", sec_admin="read", audit_admin="read export",
        supervision_office="read export", dept_admin="read edit export",
    )  # fmt: skip
    __order__ = ("-reported_at",)
    __status__ = "state"
    __derive__ = (_state,)
    __rules__ = (rules.a_report_stays_with_its_department, rules.a_received_report_is_closed)
    __signatures__ = (N_("报备单位（盖章）"), N_("主管部门（盖章）"))

    department: Mapped[Any] = owner(in_list=True)
    kind: Mapped[str | None] = choice(N_("变更类别"), ResponsibleKind, derived=True, in_list=True)
    before: Mapped[str | None] = text(N_("变更前"), 200, derived=True, in_list=True)
    after: Mapped[str | None] = text(N_("变更后"), 200, derived=True, in_list=True)
    effective_day: Mapped[date | None] = day(N_("生效日期"), in_list=True, sample="2026-11-22")
    reason: Mapped[str | None] = text(
        N_("变更原因"), 500, search=True, in_list=True, sample="工作调整",
        help=N_("由本单位部门管理员填写，填写后提交主管部门"),
    )  # fmt: skip
    state: Mapped[str | None] = choice(N_("状态"), ReportState, derived=True, in_list=True)
    reported_at: Mapped[datetime | None] = moment(N_("报备时间"), derived=True, in_list=True)
    received_unit: Mapped[str | None] = text(N_("回执单位"), 200, derived=True)
    received_by: Mapped[str | None] = text(N_("回执人"), 50, derived=True)
    received_at: Mapped[datetime | None] = moment(N_("回执时间"), derived=True, in_list=True)


class Handover(Table):
    """离岗交接: everything a person held went to a colleague or stayed with the unit, and his account was closed.

    Written by the hand-over page alone (``org/operations/handing_over.py``), in the transaction that moves the work.
    """

    __label__ = N_("离岗交接")
    __help__ = N_(
        "人员离岗时的交接记录：移交了什么、交给谁、何时、由谁经办。由“离岗交接”办理后自动生成，可以打印交接单。"
    )
    __key__ = ("number",)
    __title__ = "number"
    __rows__ = department_tree("department")
    __may__ = may(
        sys_admin="read", sec_admin="read export", audit_admin="read export",
        supervision_office="read export", dept_admin="read export",
    )  # fmt: skip
    __order__ = ("-handed_when",)
    __signatures__ = (N_("移交人（签字）"), N_("接收人（签字）"), N_("监交人（签字）"))

    department: Mapped[Any] = owner(in_list=True)
    number: Mapped[str] = code(N_("交接单编号"), 32, search=True, in_list=True, sample="JJ20261122001")
    person: Mapped[Any] = ref(N_("移交人"), "Account", by=("username", "real_name"), in_list=True)
    receiver: Mapped[Any | None] = ref(
        N_("接收人"), "Account", by=("username", "real_name"), in_list=True, help=N_("不填为移交给本单位")
    )
    employment: Mapped[str] = choice(N_("移交后人员状态"), EmploymentState, default="left", in_list=True)
    handed_when: Mapped[datetime] = moment(N_("交接时间"), in_list=True, sample="2026-11-22 09:00")
    item_count: Mapped[int | None] = integer(N_("移交件数"), in_list=True)
    content: Mapped[str | None] = long_text(N_("移交清单"))
    note: Mapped[str | None] = text(N_("说明"), 500, search=True, sample="工作调动")


class BreakGlass(Table):
    """应急登录: one opening of the emergency account, from the command that opened it to who took note of it."""

    __label__ = N_("应急登录")
    __help__ = N_("应急账号的每次启用：原因、使用人、时限和确认。只能在服务器上用命令启用，到时自动失效。")
    __title__ = "for_name"
    __rows__ = hidden()
    __pages__ = False

    for_name: Mapped[str] = text(N_("使用人"), 50)
    reason: Mapped[str] = text(N_("启用原因"), 500)
    opened_by: Mapped[str | None] = text(N_("启用人"), 100, help=N_("服务器上的操作系统用户"))
    opened_at: Mapped[datetime] = moment(N_("启用时间"))
    until: Mapped[datetime] = moment(N_("失效时间"))
    closed_at: Mapped[datetime | None] = moment(N_("关闭时间"))
    acknowledged_by: Mapped[str | None] = text(N_("确认人"), 50)
    acknowledged_at: Mapped[datetime | None] = moment(N_("确认时间"))
