"""核销: what departments below say does not apply to them, decided by the level above, many at once."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console import guard, paging
from app.console.flow import bulk
from app.core import clock
from app.core.errors import Refused
from app.core.messages import N_, joined
from app.core.workflow import moving
from app.domains.catalogue.models import ItemClaim
from app.domains.catalogue.operations import excused
from app.extensions import db

TITLE = N_("不适用核销")
#: Requests on one page, and refused ones that are named.
SIZE = 100
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
        step = moving.flow_of(ItemClaim).named(verb)
        assert step is not None
        try:
            keys = [key for text in form.getlist("ids") if (key := ItemClaim.key_of(text)) is not None]
            if not keys:
                raise Refused(N_("请先勾选申请"))
            failed = bulk.move_all(session, bulk.rows_of(session, ItemClaim, keys), step, form.get("opinion", ""), {})
            if failed:
                raise Refused(
                    N_(
                        "没有办理任何申请。{why}",
                        why=joined((f"{each.title}{N_('：')}{each.why}" for each in failed[:_NAMED]), N_("；")),
                    )
                )
            session.commit()
        except Refused as error:
            session.rollback()
            return _page(error), error.status
        told = N_("已同意核销 {n} 项", n=len(keys)) if verb == "accept" else N_("已退回 {n} 项，须认领", n=len(keys))
        flash(str(told), "success")
        return redirect(url_for("ExcusesPage.index"))


def _page(problem: Refused | None = None) -> str:
    session, viewer = db.session(), guard.must_view()
    total = excused.number(session, viewer)
    page = paging.numbered(
        request.values.get("page", ""),
        total,
        SIZE,
        lambda at: url_for("ExcusesPage.index", page=at if at > 1 else None),
    )
    return render_template(
        "catalogue/excuses.html",
        rows=excused.waiting(session, viewer, limit=page.size, offset=page.offset),
        total=total,
        page=page,
        chosen=set(request.form.getlist("ids")),
        opinion=request.form.get("opinion", ""),
        today=clock.today(),
        problem=str(problem) if problem else None,
        crumbs=[(str(TITLE), None)],
    )
