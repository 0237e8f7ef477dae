"""The form of a row: add, edit, copy, delete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, request
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console import cells, paging
from app.console.view import fields_form
from app.console.view.frame import Frame
from app.core import saving
from app.core.errors import Invalid, Problem, Refused
from app.core.messages import N_
from app.core.table import Table
from app.extensions import db


class FormPages(Frame):
    """``/<table>/add``, ``edit/…``, ``delete/…``."""

    @expose("/add", methods=["GET", "POST"])
    @has_access
    @permission_name("add")
    def add(self) -> Any:
        """An empty form, or one filled from another row (``?copy=``) or from the address."""
        if request.method == "POST":
            return self._save(None)
        given: Mapping[str, Any] = {k: v for k, v in request.args.items() if k in self.table.__fields__}
        if request.args.get("copy"):
            source = saving.find(db.session(), self.table, request.args["copy"])
            hidden = [name for name, field in self.table.__fields__.items() if cells.hides(source, field)]
            given = fields_form.values_of(source, without=(*self.table.__key__, *hidden))
        return self._form("add", given)

    @expose("/edit/<pk>", methods=["GET", "POST"])
    @has_access
    @permission_name("edit")
    def edit(self, pk: str) -> Any:
        """The form of a stored row; saving it is refused when somebody else changed the row meanwhile."""
        row = saving.find(db.session(), self.table, pk)
        saving.must_be_own(row, self.viewer())
        if request.method == "POST":
            return self._save(row)
        return self._form("edit", fields_form.values_of(row), row)

    def _save(self, row: Table | None) -> Any:
        given, pk, asked = fields_form.given(self.table, request.form), None, None
        if row is not None:
            pk, asked = row.id, paging.whole(request.form.get("version", ""))
            if asked is None:
                raise Refused(N_("页面已过期，请刷新后重新提交"), status=400)
        try:
            saved, warnings = saving.save(db.session(), self.table, given, row=row, version=asked, by_id=True)
            key, title = saved.id, saved.title()
            db.session.commit()
        except Refused as error:
            db.session.rollback()
            kept = saving.find(db.session(), self.table, pk) if pk is not None else None
            problems = list(error.problems) if isinstance(error, Invalid) else [Problem(error.message)]
            if kept is not None and kept.version != asked:
                problems += fields_form.differences(kept, given)
            return self._form("edit" if kept else "add", given, kept, problems), error.status
        flash(str(N_("已保存：{title}", title=title)), "success")
        for warning in warnings:
            flash(f"{warning.code or ''} {warning.message}".strip(), "warning")
        return redirect(self.to("add") if request.form.get("_again") else self.to("show", pk=key))

    def _form(self, mode: str, given: Mapping[str, Any], row: Table | None = None, problems: Any = ()) -> str:
        fields = fields_form.groups(self.table, given, problems)
        told = [
            {
                "name": name,
                "label": str(self.table.__fields__[name].label) if name in self.table.__fields__ else "",
                "message": str(p.message),
            }
            for p in problems
            for name in (p.fields[:1] or ("",))
        ]
        action = self.to("add") if row is None else self.to("edit", pk=row.id)
        heading = str(N_("新增")) if row is None else row.title()
        return self.page(
            "form",
            (heading, None),
            form=fields,
            errors=told,
            warnings=[],
            urls={"action": action, "list": self.to("index") if row is None else self.to("show", pk=row.id)},
            hidden={"csrf_token": fields_form.csrf_token(), "version": row.version if row is not None else ""},
            mode=mode,
        )

    @expose("/delete/<pk>", methods=["POST"])
    @has_access
    @permission_name("delete")
    def delete(self, pk: str) -> Any:
        """Remove one row, if nothing else needs it."""
        row = saving.find(db.session(), self.table, pk)
        title = row.title()
        saving.delete(db.session(), row)
        db.session.commit()
        flash(str(N_("已删除：{title}", title=title)), "success")
        return redirect(self.to("index"))
