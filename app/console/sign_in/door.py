"""The sign-in page and its steps: name and password, then a code where one is asked for, then the work.

``steps.next_step`` decides; here it is carried out. Between password and code there is no session: the cookie only
says, signed, whose password was right, for a few minutes and as long as that password stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from flask import flash, g, redirect, render_template, request, session, url_for
from flask_appbuilder import expose
from flask_appbuilder.const import AUTH_LDAP
from flask_appbuilder.security.decorators import no_cache
from flask_appbuilder.security.views import AuthView
from flask_babel import gettext
from sqlalchemy.orm import Session

from app.console.sign_in import credentials, detours, factors, lockout, passwords, reasons, sessions
from app.console.sign_in.apart import apart
from app.console.sign_in.models import Credential
from app.console.sign_in.passwords.check import Checked, age_now, check_directory, due_now, is_password_of
from app.console.sign_in.steps import Account, Age, Factor, Standing, Step, next_step
from app.core import clock, settings
from app.core.errors import Refused
from app.core.messages import N_, Message
from app.extensions import appbuilder

#: In the cookie: whose password was right, from when on it has to be changed, a second factor until its first code.
_PROVED, DUE, _OFFERED = "door", "password_due", "factor_offered"
_MINUTES = timedelta(minutes=5)
_AGAIN = N_("登录等待时间过长，请重新输入用户名和密码")
_SPENT = N_("初始密码已用过或已过期，请联系本单位部门管理员或安全管理员重新发放")
_DORMANT = N_("账号长期未登录，已停用；请联系本单位部门管理员或安全管理员重新发放密码")
BAD_CODE = N_("动态口令不正确或已用过，请等下一个口令，或使用恢复码")


class Door(AuthView):
    """``/login/`` and what follows it until somebody is in."""

    @expose("/login/", methods=["GET", "POST"])
    @no_cache
    def login(self) -> Any:
        """Name and password."""
        onward = detours.safe_path(request.args.get("next"))
        if g.user is not None and g.user.is_authenticated:
            return redirect(onward)
        session.pop(_PROVED, None)
        if request.method == "GET":
            return self._ask()
        name, plain = request.form.get("username", "").strip(), request.form.get("password", "")
        if not name or not plain:
            return self._ask(name, N_("请输入用户名和密码"))
        return self._go_on(_checked(name, plain), onward, name)

    def _go_on(self, checked: Checked, onward: str, name: str) -> Any:
        step = next_step(checked.standing)
        if step is Step.BRAKED:
            answer, status = self._ask(name, _braked(checked.minutes), 429)
            return answer, status, {"Retry-After": str(checked.minutes * 60)}
        if step in (Step.REFUSED, Step.SPENT, Step.DORMANT) or checked.account_id is None:
            said = {Step.SPENT: _SPENT, Step.DORMANT: _DORMANT}.get(step)
            return self._ask(name, said or refusal())
        if step in (Step.CODE, Step.ENROL):
            _remember(checked.account_id, onward)
            return redirect(url_for(f"{self.endpoint}.{'code' if step is Step.CODE else 'enrol'}"))
        return _let_in(checked.account_id, onward)

    def _ask(self, name: str = "", problem: Message | None = None, status: int = 422) -> tuple[str, int]:
        page = render_template(
            "console/sign_in/login.html",
            name=name[:64],
            problem=problem,
            is_directory=self.appbuilder.sm.auth_type == AUTH_LDAP,
            ended=None if problem else reasons.now(),
            crumbs=[],
        )
        return page, status if problem else 200

    @expose("/login/code/", methods=["GET", "POST"])
    @no_cache
    def code(self) -> Any:
        """The code of the second factor."""
        proved = _recall()
        if proved is None:
            return self._start_again()
        if request.method == "GET":
            return render_template("console/sign_in/code.html", problem=None, crumbs=[])
        with apart() as work:
            credential = _still(work, proved)
            if credential is None or factors.state(work, credential) is not Factor.SET:
                return self._start_again()
            if lockout.is_locked(credential, clock.now()):
                return self._start_again(refusal())
            is_right = factors.is_code_of(work, credential, request.form.get("code", ""))
            is_locked = lockout.is_locked(credential, clock.now())
        if is_right:
            return _let_in(proved.account_id, proved.onward)
        if is_locked:
            return self._start_again(refusal())
        return render_template("console/sign_in/code.html", problem=BAD_CODE, crumbs=[]), 422

    @expose("/login/factor/", methods=["GET", "POST"])
    @no_cache
    def enrol(self) -> Any:
        """A second factor is set up, because the account has to have one."""
        proved = _recall()
        if proved is None:
            return self._start_again()
        with apart() as work:
            credential = _still(work, proved)
            if credential is None or factors.state(work, credential) is not Factor.WANTED:
                return self._start_again()
            name = credentials.username_of(work, proved.account_id)
        problem, made = None, None
        if request.method == "POST":
            made = confirmed(proved.account_id)
            problem = None if made else BAD_CODE
        if made:
            answer = _let_in(proved.account_id, proved.onward)
            return render_template("console/sign_in/recovery.html", codes=made, onward=answer.location, crumbs=[])
        shown = setting_up(proved.account_id, name)
        page = render_template("console/sign_in/enrol.html", problem=problem, crumbs=[], **shown)
        return page, 422 if problem else 200

    def _start_again(self, problem: Message | None = None) -> Any:
        session.pop(_PROVED, None)
        flash(str(problem or _AGAIN), "warning")
        return redirect(self.appbuilder.get_url_for_login)


# ---- what other ways in call ----------------------------------------------------------------------------------------
def by_api(username: str, plain: str, code: str = "") -> int:
    """The account that gets a token for this name, password and (where it has a factor) code. Raises Refused."""
    checked = _checked(username, plain)
    step = next_step(checked.standing)
    if step is Step.BRAKED:
        raise Refused(_braked(checked.minutes), status=429)
    if step is Step.REFUSED or checked.account_id is None:
        raise Refused(refusal(), status=401)
    said = {
        Step.SPENT: _SPENT,
        Step.DORMANT: _DORMANT,
        Step.ENROL: N_("您的账号须启用动态口令，请先在网页上登录并启用"),
        Step.CHANGE: N_("密码已到期或为初始密码，请先在网页上登录并修改"),
    }.get(step)
    if said is not None:
        raise Refused(said, status=403)
    if step is Step.CODE:
        if not code:
            raise Refused(N_("请同时提供动态口令 code"), status=401)
        if not _is_fresh_after_code(checked.account_id, code):
            raise Refused(N_("密码已到期或为初始密码，请先在网页上登录并修改"), status=403)
    with apart() as work:
        credentials.came_in(work, checked.account_id)
    return checked.account_id


def _checked(name: str, plain: str) -> Checked:
    """By our own passwords, or by the directory where the office has one."""
    manager = appbuilder.sm
    if manager.auth_type == AUTH_LDAP:
        return check_directory(lambda: manager.auth_user_ldap(name, plain))
    return passwords.check(name, plain)


def proves(account_id: int, typed: str) -> bool:
    """True when it is the password of the account, or a code of its second factor. Failures count as at the door."""
    return _proves(account_id, typed, with_codes=True)


def proves_password(account_id: int, typed: str) -> bool:
    """True when it is the password of the account. Failures count as at the door."""
    return _proves(account_id, typed, with_codes=False)


def _proves(account_id: int, typed: str, *, with_codes: bool) -> bool:
    with apart() as work:
        credential = credentials.locked(work, account_id)
        if credential is None or lockout.is_locked(credential, clock.now()):
            return False
        is_right = (with_codes and factors.takes(credential, typed)) or is_password_of(work, credential, typed)
        if is_right:
            lockout.proved(credential)
        return is_right


def refusal() -> Message:
    """The one answer to a name and a password that do not open the door, whatever the reason."""
    with apart() as work:
        times, minutes = settings.value(work, "lock_after_failures"), settings.value(work, "lock_minutes")
    return N_(
        "用户名或密码不正确，或者账号暂时不能登录。连续输错 {times} 次会锁定 {minutes} 分钟，"
        "到时自动解除，也可请部门管理员解锁。",
        times=times,
        minutes=minutes,
    )


def setting_up(account_id: int, username: str) -> dict[str, Any]:
    """What a page shows for setting up a second factor: the picture and the letters of the secret."""
    session[_OFFERED], secret = factors.offer(account_id, session.get(_OFFERED))
    letters = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    return {"picture": factors.picture(secret, username, gettext("监管一张网")), "letters": letters}


def confirmed(account_id: int) -> list[str] | None:
    """The codes for paper, when the code that was sent is one of the secret that was shown."""
    made = factors.confirm(account_id, session.get(_OFFERED), request.form.get("code", ""))
    if made:
        session.pop(_OFFERED, None)
    return made


def _braked(minutes: int) -> Message:
    return N_("这个来源地址登录失败次数过多，请 {minutes} 分钟后再试", minutes=minutes)


# ---- from step to step -----------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Proved:
    account_id: int
    mark: str
    onward: str


def _remember(account_id: int, onward: str) -> None:
    with apart() as work:
        mark = _mark(credentials.made(work, account_id))
    session[_PROVED] = [account_id, mark, clock.now().timestamp(), onward]


def _recall() -> _Proved | None:
    given = session.get(_PROVED)
    if not isinstance(given, list) or len(given) != 4:
        return None
    account_id, mark, at, onward = given
    is_late = clock.now() - datetime.fromtimestamp(at, clock.ZONE) > _MINUTES
    return None if is_late else _Proved(account_id, mark, detours.safe_path(onward))


def _mark(credential: Credential) -> str:
    """Another one as soon as the password is another; nobody finds the hash by it."""
    told = f"{credential.account_id}|{credential.password}|{credential.password_at}"
    return sha256(told.encode()).hexdigest()[:16]


def _still(work: Session, proved: _Proved) -> Credential | None:
    """The credential, held, if the password that was proved is still the one."""
    credential = credentials.locked(work, proved.account_id)
    return credential if credential is not None and _mark(credential) == proved.mark else None


def _is_fresh_after_code(account_id: int, code: str) -> bool:
    with apart() as work:
        credential = credentials.made(work, account_id)
        is_right = not lockout.is_locked(credential, clock.now()) and factors.is_code_of(work, credential, code)
        age = age_now(work, credential)
    if not is_right:
        raise Refused(BAD_CODE, status=401)
    return age is Age.FRESH


def _let_in(account_id: int, onward: str) -> Any:
    """The session begins. An initial password is used up by this; one that is due leads to the page that changes it."""
    with apart() as work:
        credential = credentials.made(work, account_id)
        age = age_now(work, credential)
        step = next_step(Standing(account=Account.ACTIVE, is_right=True, age=age, factor=Factor.PROVED))
        if step is Step.SPENT:
            flash(str(_SPENT), "warning")
            return redirect(appbuilder.get_url_for_login)
        if age is Age.INITIAL:
            credential.initial_until = clock.now()
        due = due_now(work, credential)
        left = factors.codes_left(credential) if credential.factor_secret else None
        before = credentials.came_in(work, account_id)
    sessions.begin(account_id)
    if due is not None:
        session[DUE] = due.isoformat()
    _welcome(before, left)
    return redirect(url_for("PasswordPage.index", next=onward) if step is Step.CHANGE else onward)


def _welcome(before: credentials.Before, codes_left: int | None) -> None:
    """What somebody should know who has just come in: when it was the last time, who tried since."""
    if before.at is not None:
        told = N_("上次登录：{when}，来自 {address}", when=clock.told(before.at), address=before.address or "?")
        flash(str(told), "info")
    if before.failures:
        flash(
            str(N_("此后有 {count} 次失败的登录尝试；如果不是您本人，请修改密码并告知管理员", count=before.failures)),
            "warning",
        )
    if codes_left is not None and codes_left <= 3:
        flash(str(N_("恢复码只剩 {count} 个，请在“动态口令”页面重新生成", count=codes_left)), "warning")
