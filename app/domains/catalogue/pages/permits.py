"""许可联动核对: what has changed about the permits of an item, and that somebody has looked."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console import guard
from app.console.view.beside import Beside
from app.core import clock, saving
from app.core.errors import Refused
from app.core.messages import N_
from app.domains.catalogue.choices import PermitItemState
from app.domains.catalogue.models import SupervisionItem
from app.domains.catalogue.operations import permit_links
from app.extensions import db

TITLE = N_("许可联动核对")
BESIDE = Beside("supervision_item", TITLE, "link", "PermitCheckPage.check", ("edit", "supervision_item"))


class PermitCheckPage(BaseView):
    """``/permit_check/<main item>``: its permits and what changed; posted, it was looked at."""

    route_base = "/permit_check"
    class_permission_name = SupervisionItem.__tablename__
    base_permissions = ["can_edit"]
    default_view = "check"

    @expose("/<pk>", methods=["GET", "POST"])
    @has_access
    @permission_name("edit")
    def check(self, pk: str) -> Any:
        """The permits with their state; a conclusion closes what was asked."""
        guard.must_view()
        session, problem, status = db.session(), None, 200
        row: Any = saving.find(session, SupervisionItem, pk)
        if request.method == "POST":
            try:
                number = permit_links.looked_at(session, row, request.form.get("opinion", ""))
                session.commit()
            except Refused as error:
                session.rollback()
                problem, status = error, error.status
            else:
                flash(str(N_("已核对 {n} 项许可变化", n=number)), "success")
                return redirect(url_for("supervision_item.show", pk=pk))
        page = render_template(
            "catalogue/permits.html",
            row=row,
            todos=permit_links.open_of(session, row),
            permits=[
                (each, str(PermitItemState(each.task_state).label)) for each in permit_links.permits_of(session, row)
            ],
            opinion=request.form.get("opinion", ""),
            is_ours=guard.must_view().holds(row.department_id, row.scope_region),
            problem=str(problem) if problem else None,
            told=clock.told,
            crumbs=[
                (str(SupervisionItem.__label__), url_for("supervision_item.index")),
                (row.title(), url_for("supervision_item.show", pk=row.id)),
                (str(TITLE), None),
            ],
        )
        return page, status
