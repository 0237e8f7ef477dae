"""安全参数: every security setting with its default and bounds, on one page."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console import guard
from app.console.sign_in import step_up
from app.core import clock, settings
from app.core.errors import Invalid
from app.core.messages import N_
from app.domains.org.operations import settings as deciding
from app.extensions import db


class SettingsPage(BaseView):
    """``/settings/``: read by the security and the audit admin, changed by the security admin."""

    route_base = "/settings"
    class_permission_name = "settings"
    base_permissions = ["can_read", "can_edit"]
    default_view = "settings"

    @expose("/")
    @has_access
    @permission_name("read")
    def settings(self) -> Any:
        """Every setting as it is."""
        return self._page({}, {})

    @expose("/change", methods=["POST"])
    @has_access
    @permission_name("edit")
    def change(self) -> Any:
        """All of what was typed holds from now on, or nothing of it."""
        guard.must_view()
        step_up.must_be_fresh()
        typed = {code: request.form[code] for code in settings.DECLARED if code in request.form}
        try:
            done = deciding.change(db.session(), typed)
        except Invalid as error:
            db.session.rollback()
            return self._page(typed, {name: str(p.message) for p in error.problems for name in p.fields}), 422
        db.session.commit()
        flash(str(N_("已修改 {n} 项参数", n=len(done)) if done else N_("没有变化")), "success")
        return redirect(url_for("SettingsPage.settings"))

    def _page(self, typed: dict[str, str], wrong: dict[str, str]) -> str:
        guard.must_view()
        kept = deciding.stored(db.session())
        rows = []
        for code, each in settings.DECLARED.items():
            row = kept.get(code)
            rows.append(
                {
                    "code": code, "label": str(each.label), "default": each.default, "low": each.low, "high": each.high,
                    "value": typed.get(code, row.value if row is not None else str(each.default)),
                    "is_switch": (each.low, each.high) == (0, 1), "changed": row is not None,
                    "when": clock.told(row.updated_at) if row is not None else "", "wrong": wrong.get(code),
                }
            )  # fmt: skip
        return render_template(
            "org/settings.html", rows=rows, may_edit=guard.may("edit", "settings"), crumbs=[(str(N_("安全参数")), None)]
        )
