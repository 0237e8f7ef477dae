"""Who may do what on which page: Flask-AppBuilder's security manager, with one permission query per request."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from flask import Flask, Request, g, request, session
from flask_appbuilder.const import AUTH_DB, AUTH_LDAP, AUTH_OAUTH, AUTH_REMOTE_USER, AUTH_SAML
from flask_appbuilder.security.sqla.models import (
    Permission,
    PermissionView,
    User,
    ViewMenu,
    assoc_permissionview_role,
    assoc_user_role,
)
from flask_jwt_extended import get_current_user, verify_jwt_in_request
from flask_login import LoginManager, current_user, user_logged_in

from app.console.sign_in import keys, sessions
from app.console.sign_in.detours import SignInNeeded
from app.console.sign_in.gate import Gate
from app.console.sign_in.models import SessionKind
from app.core import viewer as viewers
from app.core.errors import Refused
from app.core.messages import N_
from app.core.query import where
from app.core.viewer import Viewer
from app.extensions import csrf, db

#: Endpoints that give a token for a password, and so cannot carry one yet.
_TOKEN_PATHS = ("/api/v1/security/login", "/api/v1/security/refresh")

#: Where a request keeps its viewer.
_VIEWER = "jianguan.viewer"


class Guard(Gate):
    """FAB's accounts, roles and sign-in; its screens for them are replaced by our own tables."""

    def register_views(self) -> None:
        """The sign-in of the configured kind, own password and tokens; nothing else of FAB's administration."""
        from app.console.api.tokens import TokenApi
        from app.console.sign_in.leaving import leaves_by_form

        self.appbuilder.add_api(TokenApi)
        self.user_view = None
        self.auth_view = leaves_by_form(self._door())()
        self.appbuilder.add_view_no_menu(self.auth_view)

    def _door(self) -> type:
        """The view that signs people in, by AUTH_TYPE."""
        doors: dict[int, type] = {
            AUTH_DB: self.authdbview,
            AUTH_LDAP: self.authldapview,
            AUTH_REMOTE_USER: self.authremoteuserview,
            AUTH_OAUTH: self.authoauthview,
            AUTH_SAML: self.authsamlview,
        }
        return doors[self.auth_type]

    def create_login_manager(self, app: Flask) -> LoginManager:
        """Sessions are rows; a key in the header stands for one where nobody signed in by browser."""
        manager: LoginManager = super().create_login_manager(app)
        manager.session_protection = None
        manager.request_loader(self.load_user_by_header)
        user_logged_in.connect(_signed_in)
        return manager

    def get_user_by_id(self, pk: Any) -> User | None:
        """The account alone: what its roles may do is asked for once, in one query (``permissions_of``)."""
        found: User | None = db.session.scalar(sa.select(User).where(User.id == int(pk)))
        return found

    def load_user(self, pk: Any) -> User | None:
        """The account of the browser's session, if that is still valid."""
        return self._admit(session.get(sessions.SECRET), SessionKind.BROWSER, pk)

    def load_user_jwt(self, _jwt_header: Any, jwt_data: dict[str, Any]) -> User | None:
        """The account of the token's session, if that is still valid."""
        user = self._admit(jwt_data.get("sid"), SessionKind.TOKEN, jwt_data.get("sub"))
        if user is not None:
            g.user = user
        return user

    def load_user_by_header(self, asked: Request) -> User | None:
        """The account whose key or token the request carries; both open the API and no pages."""
        if not asked.path.startswith("/api/") or asked.path in _TOKEN_PATHS:
            return None
        secret = keys.carried(asked)
        if secret is not None:
            return self._admit(secret, SessionKind.KEY)
        verify_jwt_in_request(optional=True)
        return get_current_user()

    def _admit(self, secret: str | None, kind: SessionKind, account: Any = None) -> User | None:
        """Whoever holds the session; from here on the database shows its rows only."""
        found = sessions.admit(db.session(), secret, kind)
        if found is None or (kind is not SessionKind.KEY and str(found.user.id) != str(account)):
            return None
        held = found.session
        if held.why is not None:
            g.ended = held
            sessions.settle(held)
            return None
        if kind is SessionKind.KEY:
            keys.must_fit(held, request)
        g.session, g.viewer = held, found.viewer
        origin = g.origin = replace(sessions.origin(), session=str(held.id))
        viewers.come_from(db.session(), origin, g.viewer)
        viewers.look_as(db.session(), g.viewer)
        if "X-Unattended" not in request.headers:  # a page that looks again by itself does not keep the session alive
            sessions.use(held)
        return found.user

    def auth_user_db(self, *given: Any) -> User | None:
        """Whoever proves himself is not signed in yet: what is counted meanwhile is the system's act."""
        with viewers.answered(db.session()):
            found: User | None = super().auth_user_db(*given)
            return found

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
        """True when a role of the account that asks has the permission. Raises SignInNeeded on pages of strangers."""
        user = self.current_user
        if user is None or not user.is_active:
            if not request.path.startswith("/api/"):
                raise SignInNeeded
            return False
        return (permission_name, view_name) in permissions_of(user.id)


def _signed_in(_app: Flask, user: User, **_: Any) -> None:
    """However Flask-AppBuilder signed somebody in (password, LDAP, OAuth, REMOTE_USER, SAML), his session begins."""
    sessions.begin(user.id)


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
