"""The roles of people (domain.md §1.3) and what each may do with a table."""

from __future__ import annotations

from collections.abc import Mapping

from app.core.choices import Choice
from app.core.messages import N_


class Role(Choice):
    """Who somebody is in the system; stored as a Flask-AppBuilder role of the same name."""

    SYS_ADMIN = "sys_admin", N_("系统管理员")
    SEC_ADMIN = "sec_admin", N_("安全管理员")
    AUDIT_ADMIN = "audit_admin", N_("审计管理员")
    SUPERVISION_OFFICE = "supervision_office", N_("主管部门")
    DEPT_ADMIN = "dept_admin", N_("部门管理员")
    CATALOG_EDITOR = "catalog_editor", N_("事项管理员")
    CATALOG_REVIEWER = "catalog_reviewer", N_("事项审核员")
    CLERK = "clerk", N_("数据录入员")
    INSPECTOR = "inspector", N_("执法人员")
    HANDLER = "handler", N_("任务承办人")
    EVALUATOR = "evaluator", N_("评估员")
    AUDITOR = "auditor", N_("监察人员")


#: Three administrators, none of whom can do the others' part (GB/T 22239-2019, 8.1.5): no account holds two.
SEPARATED = (Role.SYS_ADMIN, Role.SEC_ADMIN, Role.AUDIT_ADMIN)

_OF_A_UNIT = frozenset(
    role.value for role in (Role.CATALOG_EDITOR, Role.CATALOG_REVIEWER, Role.CLERK, Role.INSPECTOR, Role.HANDLER)
)
#: Which roles each role may grant from the start: permissions ("can_grant", "role:<name>"). Where it may, and to whom,
#: is a rule (domains/org/rules/granting.py). An auditor is named by the security admin,
#: not by those whom he watches.
GRANTABLE: Mapping[str, frozenset[str]] = {
    Role.SEC_ADMIN.value: frozenset(role.value for role in Role),
    Role.SUPERVISION_OFFICE.value: _OF_A_UNIT | {Role.DEPT_ADMIN.value, Role.EVALUATOR.value},
    Role.DEPT_ADMIN.value: _OF_A_UNIT | {Role.DEPT_ADMIN.value},
}

#: What can be done with a table; each is one permission shared by its pages, its API and its bulk actions. "unmask" is
#: to see and export sensitive values in full, with a reason that is recorded.
ACTIONS = ("read", "add", "edit", "delete", "import", "export", "unmask")

#: What can be done besides with the rows of a table that has a workflow: judge what was handed in, put it in force.
FLOW_ACTIONS = ("review", "publish")

_DEFAULTS: dict[str, frozenset[str]] = {
    Role.SYS_ADMIN.value: frozenset(ACTIONS) - {"unmask"},
    Role.SUPERVISION_OFFICE.value: frozenset({"read", "export"}),
    Role.AUDITOR.value: frozenset({"read", "export"}),
}

Grants = Mapping[str, frozenset[str]]


def may(**grants: str) -> Grants:
    """Grants by role name: ``may(clerk="read add edit")``. System admins may do all, lead offices and auditors read."""
    result = dict(_DEFAULTS)
    for role, words in grants.items():
        Role(role)
        actions = frozenset(words.split())
        unknown = actions - {*ACTIONS, *FLOW_ACTIONS}
        if unknown:
            raise ValueError(f"unknown actions {sorted(unknown)} for {role}")
        result[role] = actions
    return result
