"""A department's own leader and contact, and the receipts of its lead office."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import flash, redirect, render_template, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console import guard
from app.console.paging import whole
from app.console.view.form import fields
from app.console.view.list.asked import local
from app.console.view.list.bulk_page import chosen_keys
from app.core.errors import Invalid, Problem, Refused
from app.core.messages import N_
from app.core.saving import visible
from app.core.viewer import Viewer
from app.domains.org.choices import ReportState
from app.domains.org.models import Department, ResponsibleChange
from app.domains.org.operations import reports
from app.extensions import db


class UnitPage(BaseView):
    """``/unit/``: who leads the own department and whom one calls; every change is reported to the lead office."""

    route_base = "/unit"
    class_permission_name = "unit"
    base_permissions = ["can_edit"]
    default_view = "unit"

    @expose("/", methods=["GET", "POST"])
    @has_access
    @permission_name("edit")
    def unit(self) -> Any:
        """The three fields; posted, they are changed and reported."""
        guard.must_view()
        problems: list[Problem] = []
        typed: dict[str, Any] = {}
        if request.method == "POST":
            typed = {name: request.form.get(name, "") for name in reports.OWN_FIELDS}
            version = whole(request.form.get("version", ""))
            if version is None:
                raise Refused(N_("页面已过期，请刷新后重新提交"), status=400)
            try:
                reports.change_contacts(db.session(), typed, version)
                db.session.commit()
            except Refused as error:
                db.session.rollback()
                problems = list(error.problems) if isinstance(error, Invalid) else [Problem(error.message)]
            else:
                flash(str(N_("已保存；变更已自动报备，请填写变更原因")), "success")
                return redirect(url_for("responsible_change.index"))
        row = reports.own_unit(db.session())
        values = fields.values_of(row) | typed
        wrong = {name: [str(p.message) for p in problems if name in p.fields] for name in reports.OWN_FIELDS}
        page = render_template(
            "org/unit.html",
            unit=row.name,
            form=[fields._field(Department.__fields__[name], values[name], wrong[name]) for name in reports.OWN_FIELDS],
            version=row.version,
            problems=[str(p.message) for p in problems if not p.fields],
            crumbs=[(str(N_("本单位负责人")), None)],
        )
        return page, (422 if problems else 200)


class ReceiptPage(BaseView):
    """``/receipts/``: the lead office of the region has taken note of changes."""

    route_base = "/receipts"
    class_permission_name = "receipt"
    base_permissions = ["can_receive"]
    default_view = "receive"

    @expose("/", methods=["POST"])
    @has_access
    @permission_name("receive")
    def receive(self) -> Any:
        """The chosen reports have their receipt: all of them, or none."""
        viewer = guard.must_view()
        keys = chosen_keys(ResponsibleChange, viewer)
        if not keys:
            raise Refused(N_("请先选择记录"))
        number = reports.acknowledge(db.session(), keys)
        db.session.commit()
        flash(str(N_("已回执 {n} 条", n=number)), "success")
        return redirect(local(request.form.get("back", ""), url_for("responsible_change.index")))


def due(viewer: Viewer) -> list[dict[str, Any]]:
    """The reports that wait for a receipt, for the lead office of their region."""
    if not guard.may("receive", "receipt"):
        return []
    wanted = visible(ResponsibleChange, viewer).where(ResponsibleChange.state == ReportState.SUBMITTED.value)
    number = db.session.scalar(sa.select(sa.func.count()).select_from(wanted.subquery())) or 0
    url = url_for("responsible_change.index", **{"f.state": ReportState.SUBMITTED.value})
    label = str(N_("负责人变更报备待回执"))
    return [{"label": label, "text": str(number), "number": number, "url": url, "tone": "warn"}] if number else []
