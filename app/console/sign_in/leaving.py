"""Going out: ``/logout/`` asks, and only the form it shows ends the session. No address by itself changes anything."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request
from flask import session as cookie
from flask_appbuilder import BaseView, expose
from flask_babel import refresh
from flask_login import current_user, logout_user
from werkzeug.exceptions import NotFound

from app.console.sign_in import detours, sessions
from app.console.sign_in.apart import acting, apart
from app.console.sign_in.models import SessionEnd
from app.core.messages import N_
from app.extensions import appbuilder

#: What the browser forgets of this console; the cookie is emptied by the answer itself. Not its storage: at a device
#: that several people share, forms wait there that others have not sent yet. What was this person's own is thrown away
#: before he leaves (kept.js), and what were left of it nobody could open (``KeptPage``).
CLEARED = '"cache"'


def leaves_by_form(door: type) -> type:
    """The sign-in view, whose ``/logout/`` is a form. The class keeps its name, by which addresses are made."""

    def logout(self: Any) -> Any:
        """Ask whether to leave; the form that is shown then ends the session."""
        held = sessions.current()
        if request.method != "POST":
            if not current_user.is_authenticated:
                return redirect(appbuilder.get_url_for_login)
            return render_template("console/leave.html", crumbs=[(str(N_("退出登录")), None)])
        if held is not None:
            with apart(acting(held.account_id)) as work:
                sessions.end_one(work, held.account_id, held.id, SessionEnd.SIGNED_OUT.value)
        answer = door.logout(self)  # type: ignore[attr-defined]
        _forget()
        flash(str(N_("您已退出登录")), "success")
        answer.headers["Clear-Site-Data"] = CLEARED
        return answer

    logout = expose("/logout/", methods=["GET", "POST"])(logout)
    return type(door.__name__, (door,), {"logout": logout, "__doc__": door.__doc__})


def _forget() -> None:
    """The cookie holds nothing but the language."""
    logout_user()
    language = cookie.get("locale")
    cookie.clear()
    if language is not None:
        cookie["locale"] = language


class LanguagePage(BaseView):
    """``/lang/<code>``: the language in which the visitor reads."""

    route_base = "/lang"
    default_view = "choose"

    @expose("/<string:locale>", methods=["POST"])
    def choose(self, locale: str) -> Any:
        """From now on pages are in that language; back to the page where it was chosen."""
        if locale not in self.appbuilder.bm.languages:
            raise NotFound
        cookie["locale"] = locale
        refresh()
        return redirect(detours.safe_path(request.form.get("next") or request.referrer))
