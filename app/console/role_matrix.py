"""Who may do what with which table, as it is stored, and where that differs from what the code declares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

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
from sqlalchemy.orm import Session

from app.core.messages import N_, Message
from app.core.roles import Role
from app.core.table import Table

#: The actions in full, and the one sign that stands for each in the matrix.
ACTION_LABELS: dict[str, tuple[Message, Message]] = {
    "read": (N_("查看"), N_("查")),
    "add": (N_("新增"), N_("增")),
    "edit": (N_("编辑"), N_("改")),
    "delete": (N_("删除"), N_("删")),
    "import": (N_("导入"), N_("入")),
    "export": (N_("导出"), N_("出")),
    "unmask": (N_("查看敏感信息"), N_("敏")),
    "review": (N_("审核"), N_("审")),
    "publish": (N_("发布"), N_("发")),
}

#: The actions of every role on every table: {(role, table): actions}.
Stored = Mapping[tuple[str, str], frozenset[str]]


@dataclass(frozen=True)
class Cell:
    """What one role may do with one table; ``added`` was granted and ``removed`` taken away after the set-up."""

    granted: frozenset[str]
    added: frozenset[str]
    removed: frozenset[str]

    @property
    def differs(self) -> bool:
        """True when somebody changed what the code declares."""
        return bool(self.added or self.removed)


def stored(session: Session) -> Stored:
    """Every grant in the database, in one query."""
    rows = session.execute(
        sa.select(RoleRow.name, ViewMenu.name, Permission.name)
        .select_from(assoc_permissionview_role)
        .join(RoleRow, RoleRow.id == assoc_permissionview_role.c.role_id)
        .join(PermissionView, PermissionView.id == assoc_permissionview_role.c.permission_view_id)
        .join(Permission, Permission.id == PermissionView.permission_id)
        .join(ViewMenu, ViewMenu.id == PermissionView.view_menu_id)
    )
    found: dict[tuple[str, str], set[str]] = {}
    for role, view, permission in rows:
        found.setdefault((role, view), set()).add(permission.removeprefix("can_"))
    return {place: frozenset(actions) for place, actions in found.items()}


def cell(grants: Stored, role: Role, table: type[Table]) -> Cell:
    """What the role may do with the table, compared with its declaration."""
    granted = grants.get((role.value, table.__tablename__), frozenset()) & frozenset(table.actions())
    declared = table.__may__.get(role.value, frozenset()) & frozenset(table.actions())
    return Cell(granted, granted - declared, declared - granted)


def other_roles(grants: Stored) -> list[str]:
    """Roles in the database that the code does not know."""
    known = {role.value for role in Role}
    return sorted({role for role, _ in grants} - known)
