"""The pages of a person for his own password and his own second factor."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import flash, g, jsonify, redirect, render_template, request, session, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext

from app.console.sign_in import credentials, detours, door, factors, passwords, sessions, step_up
from app.console.sign_in.apart import apart
from app.console.sign_in.passwords import policy
from app.console.sign_in.passwords.check import due_now
from app.core import clock
from app.core.errors import Invalid, Refused
from app.core.messages import N_, Message
from app.core.viewer import THE_SYSTEM, looking_as
from app.extensions import db

#: So long before it ends the home page says so.
_WARNED = timedelta(days=7)


class PasswordPage(BaseView):
    """``/password/``: one's own password."""

    route_base = "/password"
    class_permission_name = "password"
    base_permissions = ["can_edit"]
    default_view = "index"

    @expose("/", methods=["GET", "POST"])
    @has_access
    @permission_name("edit")
    def index(self) -> Any:
        """The present password, the new one, what it has to be."""
        if not _has_password(g.user.id):
            raise Refused(N_("您通过统一身份认证登录，密码请在那里修改"), status=409)
        if request.method == "GET":
            return self._ask()
        given = {name: request.form.get(name, "") for name in ("present", "password", "again")}
        wrong = self._change(**given)
        if wrong:
            return self._ask(wrong), 422
        flash(str(N_("密码已修改，其他地方的登录已全部退出")), "success")
        return redirect(detours.safe_path(request.args.get("next")))

    def _change(self, present: str, password: str, again: str) -> dict[str, str]:
        """What is wrong, by field; nothing when the password is changed."""
        if password != again:
            return {"again": str(N_("两次输入的新密码不一致"))}
        if not door.proves_password(g.user.id, present):
            return {"present": str(N_("当前密码不正确；连续输错会锁定账号"))}
        try:
            passwords.set_password(db.session(), g.user.id, password)
        except Invalid as error:
            db.session.rollback()
            return {"password": "\n".join(str(each.message) for each in error.problems)}
        db.session.commit()
        session.pop(door.DUE, None)
        _still_here(g.user.id)
        return {}

    def _ask(self, wrong: dict[str, str] | None = None) -> str:
        with looking_as(db.session(), THE_SYSTEM):
            asked = passwords.demands(db.session())
        return render_template(
            "console/sign_in/password.html",
            wrong=wrong or {},
            requirements=policy.requirements(asked),
            longest=policy.LONGEST,
            why=_why(),
            username=g.user.username,
            crumbs=[(str(N_("修改密码")), None)],
        )

    @expose("/check", methods=["POST"])
    @has_access
    @permission_name("edit")
    def check(self) -> Any:
        """Which requirements a password does not meet that is being typed; nothing of it is kept."""
        plain = request.form.get("password", "")[: policy.LONGEST + 1]
        return jsonify({"faults": passwords.answers(db.session(), g.user.id, plain) if plain else None})


class FactorPage(BaseView):
    """``/factor/``: one's own second factor."""

    route_base = "/factor"
    class_permission_name = "factor"
    base_permissions = ["can_edit"]
    default_view = "index"

    @expose("/", methods=["GET"])
    @has_access
    @permission_name("edit")
    def index(self) -> str:
        """Whether there is a factor; setting one up, or what can be done with it."""
        return self._page()

    @expose("/", methods=["POST"])
    @has_access
    @permission_name("edit")
    def change(self) -> Any:
        """Confirm the code that sets it up; new codes for paper; remove it. The last two ask who one is."""
        act = request.form.get("act", "")
        if act == "confirm":
            step_up.must_be_fresh()  # whoever finds an unlocked screen must not shut its owner out
            made = door.confirmed(g.user.id)
            return self._codes(made) if made else (self._page(door.BAD_CODE), 422)
        if act not in ("codes", "remove"):
            raise Refused(N_("请从页面上的按钮进行操作"), status=400)
        if not door.proves(g.user.id, request.form.get("proof", "")):
            return self._page(N_("密码或动态口令不正确；连续输错会锁定账号")), 422
        if act == "codes":
            made = factors.renew_codes(db.session(), g.user.id)
            db.session.commit()
            return self._codes(made)
        with looking_as(db.session(), THE_SYSTEM):
            if factors.is_wanted(db.session(), g.user.id):
                raise Refused(N_("您的角色必须使用动态口令，不能停用；更换手机时请安全管理员重置"), status=409)
        factors.remove(db.session(), g.user.id, why="own")
        db.session.commit()
        flash(str(N_("动态口令已停用")), "success")
        return redirect(url_for("FactorPage.index"))

    def _codes(self, made: list[str]) -> str:
        return render_template(
            "console/sign_in/recovery.html", codes=made, onward=url_for("FactorPage.index"), crumbs=_FACTOR_CRUMBS()
        )

    def _page(self, problem: Message | None = None) -> str:
        with apart() as work:
            credential = credentials.known(work, g.user.id)
            is_set, left = bool(credential.factor_secret), factors.codes_left(credential)
            is_wanted = factors.is_wanted(work, g.user.id)
        shown = {} if is_set else door.setting_up(g.user.id, g.user.username)
        return render_template(
            "console/sign_in/factor.html",
            is_set=is_set,
            is_wanted=is_wanted,
            left=left,
            problem=problem,
            crumbs=_FACTOR_CRUMBS(),
            **shown,
        )


def _FACTOR_CRUMBS() -> list[tuple[str, None]]:  # noqa: N802 - translated when a page is made
    return [(gettext("动态口令"), None)]


def _has_password(account_id: int) -> bool:
    with apart() as work:
        return credentials.known(work, account_id).password is not None


def _still_here(account_id: int) -> None:
    """After a change of the password the cookie of before opens nothing, and its holder stays."""
    held = sessions.current()
    if held is not None:
        sessions.verified(held)
    remind(account_id)


def remind(account_id: int) -> None:
    """The cookie says from when on the password has to be changed."""
    with apart() as work:
        due = due_now(work, credentials.known(work, account_id))
    if due is not None:
        session[door.DUE] = due.isoformat()


def _why() -> Message | None:
    """Why somebody was led to the page."""
    due = days_left()
    if due is None or due > 0:
        return None
    return N_("您的密码是初始密码或已到期，修改后才能使用系统")


def days_left() -> int | None:
    """In how many days the password of this session has to be changed: 0 when that is now, ``None`` when never."""
    from datetime import datetime

    due = session.get(door.DUE)
    if due is None:
        return None
    left = datetime.fromisoformat(due) - clock.now()
    return max(0, -(-int(left.total_seconds()) // 86400))


def due_soon() -> dict[str, str] | None:
    """The line of the home page in the last week of a password."""
    left = days_left()
    if left is None or left > _WARNED.days:
        return None
    return {
        "label": str(N_("密码将在 {days} 天后到期", days=left)),
        "text": str(N_("修改密码")),
        "url": url_for("PasswordPage.index"),
        "tone": "warn",
    }
