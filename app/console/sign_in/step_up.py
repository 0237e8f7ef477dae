"""Proving oneself again before what is sensitive (ASVS 5.0, 7.5.1 and 7.5.3): at ``/verify/``, and back to the work.

``must_be_fresh()`` stands at the beginning of a page or a request that changes accounts, factors or keys, or that takes
out sensitive values. Tables that are declared ``__fresh__`` ask for it by themselves wherever their rows are written.
"""

from __future__ import annotations

from typing import Any

from flask import jsonify, redirect, render_template, request, url_for
from flask_appbuilder.security.sqla.models import User
from flask_login import current_user

from app.console.sign_in import detours, sessions
from app.console.sign_in.models import SessionKind
from app.core.errors import Refused
from app.core.messages import N_
from app.core.table import TABLES

#: The field of the form at /verify/; what else such a form holds is the work that waits.
FIELD = "_proof"
#: Pages of a table that ask before somebody types or chooses anything.
_FORMS = frozenset({"add", "edit", "upload"})
#: What a page sends while somebody types, looks and chooses: no row is written.
_HARMLESS = frozenset(
    "check_typed check_typed_row draft draft_row discard_draft discard_draft_row stage stage_row save_view change_view "
    "remember_columns map discard export".split()
)
_SAFE = ("GET", "HEAD", "OPTIONS")


class StepUpNeeded(Refused):
    """The session is valid, but its holder has not proved himself lately enough for this."""

    status = 401

    def __init__(self) -> None:
        super().__init__(N_("这项操作需要先验证身份，请输入密码或动态口令"))


def must_be_fresh() -> None:
    """Nothing, when the holder of the session proved himself lately. Raises StepUpNeeded."""
    held = sessions.current()
    if held is None:
        raise detours.SignInNeeded
    if not held.is_fresh:
        raise StepUpNeeded


def proves(user: User, given: str) -> bool:
    """True when it is the account's password or a one-time code of its own."""
    from app.console.sign_in import door  # which leads here from every page

    return door.proves(user.id, given)


def answer(error: StepUpNeeded) -> Any:
    """For programs 401 with ``{"step_up": true}``; for people the page that asks, with the form they have just sent."""
    held = sessions.current()
    if request.path.startswith("/api/"):
        can = held is not None and held.kind != SessionKind.KEY.value
        return jsonify({"message": str(error), "step_up": True, "can_step_up": can}), 401
    if request.method in _SAFE:
        return redirect(url_for("VerifyPage.verify", next=detours.here()))
    if request.files and any(each.filename for each in request.files.values()):
        return redirect(url_for("VerifyPage.verify", next=detours.here()))  # a page cannot hand files on
    waiting = [(name, value) for name, value in request.form.items(multi=True) if name not in (FIELD, "csrf_token")]
    return asking(detours.safe_path(request.full_path.rstrip("?")), waiting), 401


def asking(goal: str, waiting: list[tuple[str, str]], problem: str = "") -> str:
    """The page that asks for the password or a code; ``waiting`` is the form that goes on to ``goal`` afterwards."""
    return render_template(
        "console/verify.html",
        goal=goal,
        waiting=waiting,
        problem=problem,
        field=FIELD,
        crumbs=[(str(N_("验证身份")), None)],
    )


def asks(page: str, method: str, *, by_api: bool) -> bool:
    """True when this page of a ``__fresh__`` table writes its rows, or is a form in which somebody would begin to."""
    if method in _SAFE:
        return not by_api and page in _FORMS
    return by_api or page not in _HARMLESS


def before_request() -> None:
    """Whoever writes rows of a ``__fresh__`` table has proved himself lately."""
    owner, _, page = (request.endpoint or "").rpartition(".")
    table = TABLES.get(owner.removeprefix("api_"))
    if table is None or not table.__fresh__ or not asks(page, request.method, by_api=owner.startswith("api_")):
        return
    if current_user.is_authenticated:  # strangers are turned away by the page itself
        must_be_fresh()
