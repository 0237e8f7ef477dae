"""核销: what departments below say does not apply to them, decided by the level above, many at once."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console import guard
from app.core import clock, saving
from app.core.errors import Refused
from app.core.messages import N_, joined
from app.core.workflow import moving
from app.domains.catalogue.models import ItemClaim
from app.domains.catalogue.operations import excused
from app.extensions import db

TITLE = N_("不适用核销")
MOST = 300
_NAMED = 5


class ExcusesPage(BaseView):
    """``/excuses/``: what is to be decided; posted, the chosen ones are."""

    route_base = "/excuses"
    class_permission_name = ItemClaim.__tablename__
    base_permissions = ["can_review"]
    default_view = "index"

    @expose("/")
    @has_access
    @permission_name("review")
    def index(self) -> Any:
        """Every request of a department below, the oldest first."""
        return _page()

    @expose("/decide", methods=["POST"])
    @has_access
    @permission_name("review")
    def decide(self) -> Any:
        """The chosen requests are granted or refused: all of them or none."""
        form, session = request.form, db.session()
        verb = "refuse" if form.get("verb") == "refuse" else "accept"
        keys = [key for text in form.getlist("ids") if (key := ItemClaim.key_of(text)) is not None][:MOST]
        failed: list[str] = []
        try:
            if not keys:
                raise Refused(N_("请先勾选申请"))
            for key in keys:
                row = saving.find(session, ItemClaim, key)
                try:
                    moving.move(session, row, verb, opinion=form.get("opinion", ""))
                except Refused as error:
                    failed.append(f"{row.title()}{N_('：')}{error}")
                    break
            if failed:
                raise Refused(N_("没有办理任何申请。{why}", why=joined(failed[:_NAMED])))
            session.commit()
        except Refused as error:
            session.rollback()
            return _page(error), error.status
        told = N_("已同意核销 {n} 项", n=len(keys)) if verb == "accept" else N_("已退回 {n} 项，须认领", n=len(keys))
        flash(str(told), "success")
        return redirect(url_for("ExcusesPage.index"))


def _page(problem: Refused | None = None) -> str:
    rows = excused.waiting(db.session(), guard.must_view(), MOST)
    return render_template(
        "catalogue/excuses.html",
        rows=rows,
        chosen=set(request.form.getlist("ids")),
        opinion=request.form.get("opinion", ""),
        today=clock.today(),
        problem=str(problem) if problem else None,
        crumbs=[(str(TITLE), None)],
    )
