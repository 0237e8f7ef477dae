"""参数: every setting of one keeper with its default and bounds, on one page."""

from __future__ import annotations

from typing import Any, ClassVar

from flask import flash, redirect, render_template, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console import guard
from app.console.sign_in import step_up
from app.core import clock, settings
from app.core.errors import Invalid
from app.core.messages import N_, Message
from app.core.settings import Setting
from app.domains.org.operations import settings as deciding
from app.extensions import db


class SettingsPage(BaseView):
    """``/settings/``: read by the security and the audit admin, changed by the security admin."""

    route_base = "/settings"
    class_permission_name = "settings"
    base_permissions = ["can_read", "can_edit"]
    default_view = "settings"
    title: ClassVar[Message] = N_("安全参数")
    #: Whoever changes them shows once more who he is.
    is_guarded = True

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
        if self.is_guarded:
            step_up.must_be_fresh()
        typed = {code: request.form[code] for code in self._own() if code in request.form}
        try:
            done = deciding.change(db.session(), typed)
        except Invalid as error:
            db.session.rollback()
            return self._page(typed, {name: str(p.message) for p in error.problems for name in p.fields}), 422
        db.session.commit()
        flash(str(N_("已修改 {n} 项参数", n=len(done)) if done else N_("没有变化")), "success")
        return redirect(url_for(f"{type(self).__name__}.settings"))

    def _own(self) -> dict[str, Setting]:
        return {c: s for c, s in settings.DECLARED.items() if s.keeper == self.class_permission_name}

    def _page(self, typed: dict[str, str], wrong: dict[str, str]) -> str:
        guard.must_view()
        kept = deciding.stored(db.session())
        rows = []
        for code, each in self._own().items():
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
            "org/settings.html",
            rows=rows,
            title=str(self.title),
            url=url_for(f"{type(self).__name__}.change"),
            may_edit=guard.may("edit", self.class_permission_name),
            crumbs=[(str(self.title), None)],
        )


class UrgingSettingsPage(SettingsPage):
    """``/urging_settings/``: how open to-dos are urged, decided by the lead office (Xi'an measures, art. 38)."""

    route_base = "/urging_settings"
    class_permission_name = settings.URGING
    title = N_("催办参数")
    is_guarded = False
