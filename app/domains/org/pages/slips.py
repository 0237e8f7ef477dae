"""Initial passwords on paper: asked for first, printed once, never shown again."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console import guard
from app.console.sign_in import step_up
from app.console.view.list.bulk_page import chosen_keys
from app.core import bulk, clock
from app.core.messages import N_
from app.core.viewer import Viewer
from app.domains.org.models import Account
from app.domains.org.operations import initial_passwords
from app.extensions import db

#: Names told on the page that asks.
_NAMED = 20


class InitialPasswordPage(BaseView):
    """``/initial-passwords/``: for the accounts that were chosen in the list."""

    route_base = "/initial-passwords"
    class_permission_name = "initial_password"
    base_permissions = ["can_issue"]
    default_view = "issue"

    @expose("/waiting")
    @has_access
    @permission_name("issue")
    def waiting(self) -> Any:
        """Those who have no password yet: the new accounts of a form or of a file."""
        guard.must_view()
        return render_template(
            "org/slips_waiting.html",
            accounts=initial_passwords.waiting(db.session()),
            most=initial_passwords.MOST,
            crumbs=[(str(Account.__label__), url_for("account.index")), (str(N_("待发初始密码")), None)],
        )

    @expose("/", methods=["POST"])
    @has_access
    @permission_name("issue")
    def issue(self) -> Any:
        """Asks first; confirmed, every chosen account has a new password, told on this page alone."""
        step_up.must_be_fresh()
        session, viewer = db.session(), guard.must_view()
        keys = chosen_keys(Account, viewer)
        crumbs = [(str(Account.__label__), url_for("account.index")), (str(N_("发放初始密码")), None)]
        if request.form.get("sure") != bulk.digest_of(keys):
            accounts = initial_passwords.chosen(session, keys)
            return render_template(
                "org/slips_ask.html",
                names=[f"{each.real_name}（{each.username}）" for each in accounts[:_NAMED]],
                count=len(accounts),
                keys=[str(each.id) for each in accounts],
                sure=bulk.digest_of(each.id for each in accounts),
                crumbs=crumbs,
            )
        slips = initial_passwords.issue(session, keys)
        session.commit()
        return render_template(
            "org/slips.html", slips=slips, told=clock.told, printed=clock.told(clock.now()), crumbs=crumbs
        )


def due(viewer: Viewer) -> list[dict[str, Any]]:
    """How many accounts wait for their first password, for those who give it out."""
    if not guard.may("issue", "initial_password"):
        return []
    number = len(initial_passwords.waiting(db.session()))
    url, label = url_for("InitialPasswordPage.waiting"), str(N_("新账号待发初始密码"))
    return [{"label": label, "text": str(number), "number": number, "url": url, "tone": "info"}] if number else []
