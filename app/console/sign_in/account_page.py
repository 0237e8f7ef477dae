"""How an account signs in, for its administrators: when it did, whether it is locked, and putting that right."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console import guard
from app.console.sign_in import credentials, factors, lockout, step_up
from app.console.sign_in.apart import apart
from app.console.sign_in.models import Credential
from app.console.sign_in.passwords.check import age_now, due_now
from app.console.sign_in.session_pages import managed, must_be_his
from app.console.sign_in.steps import Age
from app.console.view.beside import BESIDE, Beside
from app.core import clock
from app.core.errors import Refused
from app.core.messages import N_, Message
from app.extensions import db

_AGES: dict[Age, Message] = {
    Age.FRESH: N_("有效"),
    Age.EXPIRED: N_("已到期，登录后须修改"),
    Age.INITIAL: N_("初始密码，尚未使用"),
    Age.SPENT: N_("初始密码已用过或已过期"),
}

BESIDE.append(
    Beside("account", N_("登录状态"), "lock", "CredentialPage.of", ("manage", "credential"), by="username"),
)


class CredentialPage(BaseView):
    """``/credentials/of/<username>``: the state of its credential, unlocking, resetting the second factor."""

    route_base = "/credentials"
    class_permission_name = "credential"
    base_permissions = ["can_manage", "can_reset"]
    default_view = "of"

    @expose("/of/<pk>")
    @has_access
    @permission_name("manage")
    def of(self, pk: str) -> str:
        """What an administrator of the account has to know about its signing in."""
        account, account_id = managed(pk)
        with apart() as work:
            credential = credentials.known(work, account_id)
            told = _told(work, credential)
            is_locked, has_factor = lockout.is_locked(credential, clock.now()), bool(credential.factor_secret)
            failures = credential.failures
        return render_template(
            "console/sign_in/of.html",
            account={"username": pk, "name": account.title()},
            told=told,
            is_locked=is_locked or failures > 0,
            has_factor=has_factor,
            may_reset=guard.may("reset", "credential") and account_id != g.user.id,
            crumbs=[
                (str(type(account).__label__), url_for("account.index")),
                (account.title(), url_for("account.show", pk=account.id)),
                (str(N_("登录状态")), None),
            ],
        )

    @expose("/of/<pk>/unlock", methods=["POST"])
    @has_access
    @permission_name("manage")
    def unlock(self, pk: str) -> Any:
        """The account may try again at once."""
        account, account_id = managed(pk)
        must_be_his(account)
        was_locked = lockout.unlock(db.session(), account_id)
        db.session.commit()
        flash(str(N_("已解除锁定") if was_locked else N_("账号没有锁定，失败次数已清零")), "success")
        return redirect(url_for("CredentialPage.of", pk=pk))

    @expose("/of/<pk>/reset-factor", methods=["POST"])
    @has_access
    @permission_name("reset")
    def reset_factor(self, pk: str) -> Any:
        """The second factor is gone; whoever has to have one sets it up at the next sign-in."""
        step_up.must_be_fresh()
        account, account_id = managed(pk)
        must_be_his(account)
        if account_id == g.user.id:
            raise Refused(N_("本人的动态口令请在“动态口令”页面处理"), status=403)
        reason = " ".join(request.form.get("reason", "").split())[:200]
        if not reason:
            raise Refused(N_("请填写重置原因"))
        had = factors.remove(db.session(), account_id, why=reason)
        db.session.commit()
        flash(str(N_("动态口令已重置") if had else N_("该账号没有启用动态口令")), "success" if had else "warning")
        return redirect(url_for("CredentialPage.of", pk=pk))


def _told(work: Any, credential: Credential) -> list[tuple[str, str]]:
    """What is shown, line by line; no hash and no secret among it."""
    due = due_now(work, credential)
    none = "—"
    password = str(_AGES[age_now(work, credential)]) if credential.password else str(N_("没有密码"))
    factor = N_("已启用，剩余恢复码 {count} 个", count=factors.codes_left(credential))
    lines = [
        (N_("上次登录"), clock.told(credential.last_at) if credential.last_at else none),
        (N_("登录地址"), credential.last_address or none),
        (N_("此后失败次数"), str(credential.failures_since)),
        (N_("连续失败次数"), str(credential.failures)),
        (N_("锁定至"), clock.told(credential.locked_until) if lockout.is_locked(credential, clock.now()) else none),  # type: ignore[arg-type]
        (N_("密码"), password),
        (N_("密码修改时间"), clock.told(credential.password_at) if credential.password_at else none),
        (N_("密码到期"), clock.told(due) if due and credential.password else none),
        (N_("动态口令"), str(factor) if credential.factor_secret else str(N_("未启用"))),
    ]
    return [(str(label), text) for label, text in lines]
