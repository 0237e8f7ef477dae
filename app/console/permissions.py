"""Declared grants -> roles and permissions in the database. Run by ``flask --app run sync``, never at start."""

from __future__ import annotations

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import (
    Permission,
    PermissionView,
    ViewMenu,
    assoc_permissionview_role,
)
from flask_appbuilder.security.sqla.models import (
    Role as RoleRow,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.roles import GRANTABLE, Role
from app.core.table import tables_with_pages
from app.core.viewer import answered

#: What every signed-in person may do besides his tables.
_FOR_ALL = (
    ("can_edit", "password"),
    ("can_edit", "factor"),
    ("can_get", "OpenApi"),
    ("can_show", "SwaggerView"),
    ("can_read", "help"),
    ("can_read", "dictionary"),
    ("can_read", "search"),
    ("can_edit", "sessions"),
    ("can_read", "own_audit"),
    ("can_read", "own_jobs"),
    ("can_read", "todo"),
    ("can_handle", "todo"),
    ("can_read", "notices"),
)

#: Pages that are not one table, and the roles that open them from the start.
_FOR_SOME = {
    ("can_manage", "credential"): (Role.SEC_ADMIN, Role.DEPT_ADMIN),
    ("can_reset", "credential"): (Role.SEC_ADMIN,),
    ("can_read", "roles"): (Role.SYS_ADMIN, Role.SUPERVISION_OFFICE, Role.DEPT_ADMIN, Role.AUDITOR),
    ("can_manage", "sessions"): (Role.SEC_ADMIN, Role.DEPT_ADMIN),
    ("can_issue", "initial_password"): (Role.SEC_ADMIN, Role.SUPERVISION_OFFICE, Role.DEPT_ADMIN),
    ("can_hand_over", "leaving"): (Role.SEC_ADMIN, Role.SUPERVISION_OFFICE, Role.DEPT_ADMIN),
    ("can_receive", "receipt"): (Role.SUPERVISION_OFFICE,),
    ("can_edit", "unit"): (Role.DEPT_ADMIN,),
    ("can_read", "settings"): (Role.SEC_ADMIN, Role.AUDIT_ADMIN),
    ("can_edit", "settings"): (Role.SEC_ADMIN,),
    ("can_read", "rates"): (
        Role.SUPERVISION_OFFICE,
        Role.DEPT_ADMIN,
        Role.CATALOG_EDITOR,
        Role.CATALOG_REVIEWER,
        Role.EVALUATOR,
        Role.AUDITOR,
    ),
    ("can_read", "urging"): (Role.SUPERVISION_OFFICE, Role.DEPT_ADMIN, Role.EVALUATOR, Role.AUDITOR),
    ("can_decide", "urging"): (Role.SUPERVISION_OFFICE,),
    ("can_read", "urging_settings"): (Role.SUPERVISION_OFFICE, Role.AUDITOR),
    ("can_edit", "urging_settings"): (Role.SUPERVISION_OFFICE,),
    ("can_assign", "todo"): (Role.DEPT_ADMIN,),
    ("can_acknowledge", "break_glass"): (Role.SEC_ADMIN, Role.AUDIT_ADMIN),
    ("can_manage", "jobs"): (Role.SYS_ADMIN,),
    ("can_read", "audit"): (Role.AUDIT_ADMIN, Role.AUDITOR, Role.SUPERVISION_OFFICE),
    ("can_read", "access"): (
        Role.DEPT_ADMIN,
        Role.SEC_ADMIN,
        Role.AUDIT_ADMIN,
        Role.AUDITOR,
        Role.SUPERVISION_OFFICE,
    ),
}


def wanted() -> dict[tuple[str, str], frozenset[str]]:
    """Every (permission, view) with the roles that have it from the start."""
    everybody = frozenset(role.value for role in Role)
    grants = dict.fromkeys(_FOR_ALL, everybody)
    grants |= {place: frozenset(role.value for role in roles) for place, roles in _FOR_SOME.items()}
    for role in Role:
        by = frozenset(granter for granter, roles in GRANTABLE.items() if role.value in roles)
        grants[("can_grant", f"role:{role.value}")] = by
    for name, table in tables_with_pages().items():
        for action in table.actions():
            roles = frozenset(role for role, actions in table.__may__.items() if action in actions)
            grants[(f"can_{action}", name)] = roles
    return grants


def synchronise(session: Session) -> int:
    """Add roles and permissions that are declared and missing. Grants that people changed later stay as they are.

    Returns the number of new permissions. Where nobody is looking, the system answers for them.
    """
    with answered(session):
        return _add_missing(session)


def _add_missing(session: Session) -> int:
    grants = wanted()
    roles = _ids(session, RoleRow, {role.value for role in Role})
    permissions = _ids(session, Permission, {permission for permission, _ in grants})
    views = _ids(session, ViewMenu, {view for _, view in grants})
    pairs = [{"permission_id": permissions[p], "view_menu_id": views[v]} for p, v in grants]
    fresh = session.execute(
        insert(PermissionView)
        .values(pairs)
        .on_conflict_do_nothing()
        .returning(PermissionView.id, PermissionView.permission_id, PermissionView.view_menu_id)
    ).all()
    by_ids = {(permissions[p], views[v]): role_names for (p, v), role_names in grants.items()}
    rows = [
        {"permission_view_id": key, "role_id": roles[role]}
        for key, permission, view in fresh
        for role in by_ids[(permission, view)]
    ]
    if rows:
        session.execute(insert(assoc_permissionview_role).values(rows).on_conflict_do_nothing())
    return len(fresh)


def _ids(session: Session, table: type, names: set[str]) -> dict[str, int]:
    session.execute(insert(table).values([{"name": name} for name in sorted(names)]).on_conflict_do_nothing())
    return {name: key for key, name in session.execute(sa.select(table.id, table.name))}  # type: ignore[attr-defined]
