"""Whoever has to change his password does that first: every other address leads to the page where he can."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import redirect, request, session, url_for
from flask_login import current_user

from app.console.sign_in.door import DUE
from app.core import clock
from app.core.errors import Refused
from app.core.messages import N_

#: What is open all the same: the page itself, the way out, the language, what pages are drawn with.
_OPEN = ("PasswordPage.", "LanguagePage.", "static", "appbuilder.static")


def before_request() -> Any:
    """The page that changes the password, for whoever has to; nothing for everybody else."""
    due = session.get(DUE)
    if due is None or datetime.fromisoformat(due) > clock.now() or _is_open(request.endpoint or ""):
        return None
    if not current_user.is_authenticated:
        return None
    if request.path.startswith("/api/"):
        raise Refused(N_("密码已到期或为初始密码，请先在网页上修改密码"), status=403)
    onward = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("PasswordPage.index", next=onward))


def _is_open(endpoint: str) -> bool:
    return endpoint.startswith(_OPEN) or endpoint.endswith((".logout", ".health", ".static"))
