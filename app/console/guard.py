"""Who may do what on which page: Flask-AppBuilder's security manager, with one permission query per request."""

from __future__ import annotations

import secrets
from typing import Any

import sqlalchemy as sa
from flask import g, request, session
from flask_appbuilder.security.sqla.manager import SecurityManager
from flask_appbuilder.security.sqla.models import (
    Permission,
    PermissionView,
    User,
    ViewMenu,
    assoc_permissionview_role,
    assoc_user_role,
)
from flask_login import current_user

from app.core import viewer as viewers
from app.core.errors import Refused
from app.core.messages import N_
from app.core.query import where
from app.core.viewer import Origin, Viewer
from app.extensions import csrf, db

#: Endpoints that give a token for a password, and so cannot carry one yet.
_TOKEN_PATHS = ("/api/v1/security/login", "/api/v1/security/refresh")

#: Where a request keeps its viewer.
_VIEWER = "jianguan.viewer"


class Guard(SecurityManager):
    """FAB's accounts, roles and sign-in; its screens for them are replaced by our own tables."""

    def register_views(self) -> None:
        """Sign-in, own password and tokens; nothing else of FAB's administration."""
        from app.console.api.tokens import TokenApi

        self.appbuilder.add_api(TokenApi)
        self.user_view = None
        self.auth_view = self.authdbview()
        self.appbuilder.add_view_no_menu(self.resetmypasswordview())
        self.appbuilder.add_view_no_menu(self.auth_view)

    def get_user_by_id(self, pk: Any) -> User | None:
        """The account alone: what its roles may do is asked for once, in one query (``permissions_of``)."""
        found: User | None = db.session.scalar(sa.select(User).where(User.id == int(pk)))
        return found

    def load_user(self, pk: Any) -> User | None:
        """The active account of a session or token; from here on the database shows its rows only."""
        user = self.get_user_by_id(pk)
        if user is None or not user.active:
            return None
        g.viewer = viewers.person(db.session(), user.id)
        viewers.come_from(db.session(), _origin(), g.viewer)
        viewers.look_as(db.session(), g.viewer)
        return user

    def update_user_auth_stat(self, user: User, success: bool = True) -> None:
        """Signing in is counted by the system: nobody has signed in yet."""
        with viewers.answered(db.session()):
            super().update_user_auth_stat(user, success)

    def noop_user_update(self, user: User) -> None:
        """The write that an unknown name costs, so that it takes as long as a wrong password."""
        with viewers.answered(db.session()):
            super().noop_user_update(user)

    def add_user(self, *given: Any, **named: Any) -> Any:
        """An account made at sign-in (OAuth, LDAP) or by a script without a viewer is made by the system."""
        with viewers.answered(db.session()):
            return super().add_user(*given, **named)

    def update_user(self, *given: Any, **named: Any) -> Any:
        """The same for an account that sign-in brings up to date."""
        with viewers.answered(db.session()):
            return super().update_user(*given, **named)

    def is_item_public(self, permission_name: str, view_name: str) -> bool:
        """False: whoever asks must have signed in, so nobody looks up what the public may do."""
        return False

    def has_access(self, permission_name: str, view_name: str) -> bool:
        """True when a role of the account that asks has the permission."""
        user = self.current_user
        if user is None or not user.is_active:
            return False
        return (permission_name, view_name) in permissions_of(user.id)


def _origin() -> Origin:
    """Where this request comes from, for the audit log."""
    via = "api" if request.path.startswith("/api/") else "web"
    return Origin(via, secrets.token_hex(8), request.remote_addr or "")


def permissions_of(user_id: int) -> frozenset[tuple[str, str]]:
    """Every (permission, view) of an account, asked for once per request."""
    kept: dict[int, frozenset[tuple[str, str]]] = g.setdefault("permissions", {})
    if user_id not in kept:
        rows = db.session.execute(
            sa.select(Permission.name, ViewMenu.name)
            .select_from(assoc_user_role)
            .join(assoc_permissionview_role, assoc_permissionview_role.c.role_id == assoc_user_role.c.role_id)
            .join(PermissionView, PermissionView.id == assoc_permissionview_role.c.permission_view_id)
            .join(Permission, Permission.id == PermissionView.permission_id)
            .join(ViewMenu, ViewMenu.id == PermissionView.view_menu_id)
            .where(assoc_user_role.c.user_id == user_id)
        )
        kept[user_id] = frozenset((permission, view) for permission, view in rows)
    return kept[user_id]


def may(action: str, table: str) -> bool:
    """True when the account that asks may do the action (read, add, …) with the table."""
    person = viewer()
    return (
        person is not None and person.user_id is not None and (f"can_{action}", table) in permissions_of(person.user_id)
    )


def may_read(person: Viewer, table: str) -> bool:
    """True when a role of that person allows him to read the table: nobody asks for values he may not read."""
    return person.user_id is not None and ("can_read", table) in permissions_of(person.user_id)


where.may_read = may_read


def viewer() -> Viewer | None:
    """The person behind this request; ``None`` before sign-in, and for accounts without a post."""
    found: Viewer | None = request.environ.get(_VIEWER)
    if found is None:
        _ = current_user.is_authenticated  # loads the account of the session once
        found = g.get("viewer")
        request.environ[_VIEWER] = found  # a page asks fifty times, and proxies are slow
    return found


def must_view() -> Viewer:
    """The person behind this request. Raises Refused (403) when the account has no post."""
    found = viewer()
    if found is None:
        raise Refused(N_("您的账号还没有任职部门，请联系本单位的部门管理员"), status=403)
    return found


def check_csrf() -> None:
    """Refuse unsafe requests that ride on a cookie without the form's token. A bearer token alone cannot be ridden."""
    by_token = request.headers.get("Authorization", "").startswith("Bearer ") and "_user_id" not in session
    if not by_token and request.path not in _TOKEN_PATHS:
        csrf.protect()
