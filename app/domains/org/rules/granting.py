"""Who may grant which role to whom: one decision for forms, requests, bulk and imports. The database says it again.

Xi'an measures, art. 26: a department admin manages the users of his department. GB/T 22239-2019, 8.1.4.2 d and 8.1.5:
the rights of administrators are separated, and nobody gives himself any.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from app.core.messages import N_, Message, joined
from app.core.roles import SEPARATED, Role
from app.core.rules import Context, Person, rule

#: How high a role stands; nobody grants one above his own.
RANK: dict[str, int] = dict.fromkeys((role.value for role in Role), 1) | {
    Role.SYS_ADMIN.value: 4,
    Role.SEC_ADMIN.value: 4,
    Role.AUDIT_ADMIN.value: 4,
    Role.SUPERVISION_OFFICE.value: 3,
    Role.DEPT_ADMIN.value: 2,
    Role.AUDITOR.value: 2,
    Role.EVALUATOR.value: 2,
    "Admin": 4,  # Flask-AppBuilder's, which the emergency account has while it is open
}
#: The emergency account: kept on the host alone (operations/break_glass.py).
RESERVED = "break-glass"
#: Those whose right to grant reaches as far as they see; everybody else's ends with his own line.
_AS_FAR_AS_SEEN = frozenset({Role.SEC_ADMIN.value, Role.SUPERVISION_OFFICE.value, "Admin"})
#: What nobody changes of his own account, and of others' only who may grant every role that they hold.
GUARDED = (
    "username", "real_name", "citizen_no", "staff_number", "department", "roles", "employment", "valid_to", "access",
)  # fmt: skip

REFUSED_OWN = N_("不能修改本人的姓名、部门、角色、状态和有效期，请由上级管理员办理")
REFUSED_RESERVED = N_("应急账号只能在服务器上用命令启用，不能在这里修改")


def refused_role(role: str | None, unit: str) -> Message:
    """Why accounts of that unit are not his, or not with that role."""
    if role is None:
        return N_("“{unit}”的账号不由您管理", unit=unit)
    return N_("您无权在“{unit}”授予或收回角色“{roles}”", unit=unit, roles=labels([role]))


def reaches(person: Person, by: str, department_id: int, region_id: int) -> bool:
    """True when what a person may grant by one of his roles may be granted in that department."""
    if by in _AS_FAR_AS_SEEN:
        return person.low <= (region_id if person.is_regional else department_id) <= person.high
    return person.department_id <= department_id <= person.line_high


def may_grant(person: Person, role: str, department_id: int, region_id: int) -> bool:
    """True when the person may give that role to somebody of that department, or take it from him."""
    own = max((RANK.get(each, 0) for each in person.roles), default=0)
    if RANK[role] > own:
        return False
    return any(
        role in roles
        and reaches(person, by, department_id, region_id)
        # The admin of a department is named from above it, never by himself or by a colleague.
        and (role != Role.DEPT_ADMIN or by in _AS_FAR_AS_SEEN or department_id != person.department_id)
        for by, roles in person.grants.items()
    )


def keeps_accounts_in(person: Person, department_id: int, region_id: int) -> bool:
    """True when the person may keep accounts without roles in that department."""
    return any(roles and reaches(person, by, department_id, region_id) for by, roles in person.grants.items())


def grantable_roles(person: Person | None) -> frozenset[str]:
    """The roles that whoever asks may grant somewhere: a form offers these."""
    if person is None:
        return frozenset(RANK)
    own = max((RANK.get(each, 0) for each in person.roles), default=0)
    return frozenset(role for roles in person.grants.values() for role in roles if RANK.get(role, 9) <= own)


def is_his(person: Person, account: Any) -> bool:
    """True when a stored account is the person's to keep: every role of it is his to grant, and it is not his own."""
    unit, region = account.department_id, account.scope_region
    if account.username in (person.username, RESERVED) or not keeps_accounts_in(person, unit, region):
        return False
    return all(may_grant(person, role, unit, region) for role in account.roles or ())


@rule("A01", on="roles")
def an_administrator_is_nothing_else(row: Any, ctx: Context) -> Message | None:
    """A01: 系统、安全、审计管理员三员分立，同一账号不能兼任其他角色（GB/T 22239-2019 8.1.5）"""
    held = set(row.roles or ())
    both = [Role(role).label for role in SEPARATED if role.value in held]
    if both and len(held) > 1:
        return N_("“{role}”不能兼任其他角色（三员分立）", role=joined(both))
    return None


@rule("A02", on=("username", "department", "roles", "employment", "valid_to", "access"))
def nobody_changes_his_own(row: Any, ctx: Context) -> Message | None:
    """A02: 任何人不能修改本人的部门、角色、状态和有效期"""
    person = ctx.person
    if person is None or person.username not in (row.username, row.was.username if row.was else None):
        return None
    if row.was is not None and not changed(row):
        return None
    return REFUSED_OWN


@rule("A03", on=("roles", "department"))
def roles_are_his_to_grant(row: Any, ctx: Context) -> Message | None:
    """A03: 只能管理本单位及下级的账号，只能授予和收回有权授予的角色，不高于本人的角色（西安办法第二十六条）"""
    person = ctx.person
    if person is None or (row.was is not None and not changed(row)):
        return None
    if RESERVED in (row.username, row.was.username if row.was else None):
        return REFUSED_RESERVED
    for unit, roles in _asked(row):
        if not keeps_accounts_in(person, unit.id, unit.region_id):
            return refused_role(None, unit.name)
        refused = [role for role in roles if not may_grant(person, role, unit.id, unit.region_id)]
        if refused:
            return N_("您无权在“{unit}”授予或收回角色“{roles}”", unit=unit.name, roles=labels(refused))
    return None


def changed(row: Any) -> list[str]:
    """The guarded fields of a stored account that would change."""
    return [name for name in GUARDED if _plain(getattr(row, name, None)) != _plain(getattr(row.was, name, None))]


def labels(roles: Iterable[str]) -> str:
    """The roles as people call them."""
    return joined(Role(role).label for role in roles)


def _asked(row: Any) -> Iterator[tuple[Any, list[str]]]:
    """Each unit the account is or was in, with the roles that it has or had there."""
    if row.was is not None and row.was.department is not None:
        yield row.was.department, list(row.was.roles or ())
    if row.department is not None:
        yield row.department, list(row.roles or ())


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple) and not hasattr(value, "_fields"):
        return tuple(value) or None
    return getattr(value, "id", value)
