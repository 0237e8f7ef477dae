"""Where somebody is sent before he may go on (to sign in, to prove himself), and that he comes back to a page here."""

from __future__ import annotations

import unicodedata
from typing import Any
from urllib.parse import urlsplit

from flask import current_app, g, redirect, request

from app.core.errors import Refused
from app.core.messages import N_
from app.extensions import appbuilder

_LONGEST = 2000
#: Nobody comes back to where he has just been sent, or to what would send him away again.
_NO_GOALS = ("/login", "/logout", "/lang", "/verify", "/oauth-authorized", "/saml")


class SignInNeeded(Refused):
    """Nobody is signed in, or his session is over."""

    status = 401

    def __init__(self) -> None:
        super().__init__(N_("请先登录"))


def safe_path(given: str | None) -> str:
    """The address as a path of this console; ``/`` for everything that leads, or might lead, anywhere else.

    An address of this very host counts as its path. What browsers mend (backslashes, blanks, control signs) is refused.
    """
    if not given or len(given) > _LONGEST or any(unicodedata.category(sign)[0] in "CZ" for sign in given):
        return "/"
    try:
        parts = urlsplit(given)
    except ValueError:
        return "/"
    if parts.scheme in ("http", "https") and parts.netloc == request.host:
        given = given.split(parts.netloc, 1)[1] or "/"
    if not given.startswith("/") or given.startswith("//") or "\\" in given or given.startswith(_NO_GOALS):
        return "/"
    return given


def here() -> str:
    """Where to come back to: this page, or the page with the form that was just sent."""
    if request.method in ("GET", "HEAD"):
        return safe_path(request.full_path.rstrip("?"))
    return safe_path(request.referrer)


def to_sign_in(_error: SignInNeeded | None = None) -> Any:
    """The sign-in page, from which one comes back; what was typed into a form of a table waits in the browser."""
    view = getattr(current_app.view_functions.get(request.endpoint or ""), "__self__", None)
    if "typed_again" not in g and (again := getattr(view, "typed_again", None)) is not None:
        g.typed_again = True
        if (answer := again()) is not None:
            return answer
    goal = here()
    return redirect(appbuilder.get_url_for_login if goal == "/" else appbuilder.get_url_for_login_with(goal))
