"""Pages of one's own sessions and keys, of those of others for their administrators, and of proving oneself."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import flash, redirect, render_template, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_appbuilder.security.sqla.models import User
from flask_login import current_user

from app.console import guard
from app.console.sign_in import detours, keys, listing, sessions, step_up
from app.console.sign_in.models import SessionEnd, SessionKind
from app.console.sign_in.sessions import Current
from app.core import clock, saving
from app.core.context import person_of
from app.core.errors import Invalid, NotVisible, Refused
from app.core.messages import N_
from app.core.rules import Person
from app.core.table import TABLES, Table
from app.extensions import db


def nobodys(_person: Person, _account: Any) -> bool:
    """False: as long as nobody says otherwise."""
    return False


#: Whether an account is that person's to keep. The domain of accounts sets it (org/rules/granting.py); before, none is.
is_his: Callable[[Person, Any], bool] = nobodys


class SessionPage(BaseView):
    """``/sessions/``: where the account is signed in, what ended lately, keys for programs."""

    route_base = "/sessions"
    class_permission_name = "sessions"
    base_permissions = ["can_edit", "can_manage"]
    default_view = "own"

    @expose("/")
    @has_access
    @permission_name("edit")
    def own(self) -> str:
        """One's own sessions and keys."""
        return self._own()

    def _own(self, *, problems: dict[str, str] | None = None, made: str = "") -> str:
        held, session = _held(), db.session()
        live, today = listing.in_use(session, held.account_id), clock.today()
        return render_template(
            "console/sessions.html",
            live=[each for each in live if each["kind"] != SessionKind.KEY.value],
            keys=[each for each in live if each["kind"] == SessionKind.KEY.value],
            ended=listing.ended(session, held.account_id),
            typed=request.form if problems else {},
            problems=problems or {},
            made=made,
            first_day=today.isoformat(),
            usual_day=(today + timedelta(days=90)).isoformat(),
            last_day=(today + timedelta(days=365)).isoformat(),
            crumbs=[(str(N_("我的会话")), None)],
        )

    @expose("/end", methods=["POST"])
    @has_access
    @permission_name("edit")
    def end(self) -> Any:
        """End one of one's own sessions or keys, or all sessions but this one."""
        held, session = _held(), db.session()
        count = _end(held.account_id, others_than=held)
        session.commit()
        flash(str(N_("已结束 {n} 个会话", n=count)), "success" if count else "warning")
        return redirect(url_for("SessionPage.own"))

    @expose("/key", methods=["POST"])
    @has_access
    @permission_name("edit")
    def make_key(self) -> Any:
        """A new key, shown on this page and never again."""
        step_up.must_be_fresh()
        held, form = _held(), request.form
        last_day = None
        with suppress(ValueError):
            last_day = date.fromisoformat(form.get("until", ""))
        try:
            made = keys.make(
                held.account_id,
                form.get("name", ""),
                last_day,
                form.get("addresses", ""),
                reads_only=form.get("reads_only") == "1",
            )
        except Invalid as error:
            db.session.rollback()
            return self._own(problems={name: str(p.message) for p in error.problems for name in p.fields}), 422
        return self._own(made=made)

    @expose("/of/<pk>")
    @has_access
    @permission_name("manage")
    def of(self, pk: str) -> str:
        """The sessions of an account in the administrator's tree, by user name."""
        account, user_id = managed(pk)
        return render_template(
            "console/sessions_of.html",
            account={"username": pk, "name": account.title()},
            may_end=(person := person_of(db.session())) is not None and is_his(person, account),
            live=listing.in_use(db.session(), user_id),
            ended=listing.ended(db.session(), user_id),
            crumbs=[
                (str(type(account).__label__), url_for("account.index")),
                (account.title(), url_for("account.show", pk=account.id)),
                (str(N_("登录会话")), None),
            ],
        )

    @expose("/of/<pk>/end", methods=["POST"])
    @has_access
    @permission_name("manage")
    def end_of(self, pk: str) -> Any:
        """End one session or all of an account in the administrator's tree."""
        account, user_id = managed(pk)
        must_be_his(account)
        count = _end(user_id)
        db.session.commit()
        flash(str(N_("已结束 {n} 个会话", n=count)), "success" if count else "warning")
        return redirect(url_for("SessionPage.of", pk=pk))


def _held() -> Current:
    held = sessions.current()
    if held is None:
        raise detours.SignInNeeded
    return held


def _end(account_id: int, others_than: Current | None = None) -> int:
    """What the form asks for: ``all`` or one ``id``."""
    why, session = SessionEnd.KILLED.value, db.session()
    if request.form.get("all"):
        if others_than is None:
            return sessions.end(session, account_id, why)
        return sessions.end(session, account_id, why, except_current=True, keys=False)
    try:
        which = UUID(request.form.get("id", ""))
    except ValueError:
        raise Refused(N_("请选择要结束的会话"), status=400) from None
    return sessions.end_one(session, account_id, which, why)


def must_be_his(account: Table) -> None:
    """Whoever asks keeps that account: an admin of a department throws out none whose roles he could not grant."""
    person = person_of(db.session())
    if person is None or not is_his(person, account):
        raise Refused(N_("这个账号的角色不归您管理，请由上级部门管理员或安全管理员处理"), status=403)


def managed(username: str) -> tuple[Table, int]:
    """The account, which lies in the administrator's tree, with its number. Raises NotVisible, Refused (403)."""
    table, session = TABLES["account"], db.session()
    row = session.scalar(saving.visible(table, guard.must_view()).where(table.__table__.c.username == username))
    if row is None:
        raise NotVisible
    saving.must_be_own(row, guard.must_view())
    user_id = session.scalar(sa.select(User.id).where(User.username == username))
    if user_id is None:
        raise NotVisible
    return row, user_id


class VerifyPage(BaseView):
    """``/verify/``: who is signed in proves himself again, then goes on with what he was about to do."""

    route_base = "/verify"
    class_permission_name = "sessions"
    base_permissions = ["can_edit"]
    default_view = "verify"

    @expose("/", methods=["GET", "POST"])
    @has_access
    @permission_name("edit")
    def verify(self) -> Any:
        """Ask, then lead back; a form that waited is sent on by the browser itself (307)."""
        goal, held = detours.safe_path(request.args.get("next")), _held()
        if request.method == "GET":
            return redirect(goal) if held.is_fresh else step_up.asking(goal, [])
        waiting = [(n, v) for n, v in request.form.items(multi=True) if n not in (step_up.FIELD, "csrf_token")]
        if not step_up.proves(current_user, request.form.get(step_up.FIELD, "")):
            return step_up.asking(goal, waiting, str(N_("密码或动态口令不正确"))), 422
        sessions.verified(held)
        return redirect(goal, 307 if waiting else 302)
