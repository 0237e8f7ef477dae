"""One row: show, add, edit, copy, delete, pick."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask import flash, jsonify, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_appbuilder.security.sqla.models import User

from app.console import cells, guard, paging
from app.console.view import fields_form
from app.console.view.frame import Frame
from app.console.view.list_page import eager, list_fields
from app.core import clock, query, saving
from app.core.errors import Invalid, Problem, Refused
from app.core.messages import N_
from app.core.table import TABLES, Table
from app.extensions import db

#: Rows of a child table shown on its parent's page, and choices offered by a picker.
_CHILD_ROWS, _PICKED = 20, 20


class RecordPages(Frame):
    """``/<table>/show/…``, ``add``, ``edit/…``, ``delete/…``, ``pick``."""

    @expose("/show/<pk>")
    @has_access
    @permission_name("read")
    def show(self, pk: str) -> str:
        """Everything about one row, and the rows that belong to it."""
        row = saving.find(db.session(), self.table, pk)
        can = self.can_with(row)
        urls = {
            "list": self.to("index"),
            "edit": self.to("edit", pk=row.id) if can["edit"] else None,
            "delete": self.to("delete", pk=row.id) if can["delete"] else None,
            "copy": self.to("add", copy=row.id) if can["add"] else None,
        }
        return self.page(
            "show",
            (row.title(), None),
            record={"id": str(row.id), "title": row.title()},
            groups=self._groups(row),
            children=list(self._children(row)),
            urls=urls,
            stamp=_stamp(row),
        )

    def _groups(self, row: Table) -> list[dict[str, Any]]:
        groups: dict[str, list[dict[str, Any]]] = {}
        for field in self.table.__fields__.values():
            text = cells.text(row, field)
            if field.only_when and not text:
                continue
            shown = {
                "label": str(field.label),
                "text": text,
                "html": None,
                "help": str(field.help or ""),
                "masked": bool(text) and cells.hides(row, field),
                "url": cells.link(row, field),
                "badge_tone": cells.tone(field, getattr(row, field.name)),
                "wide": field.kind in ("long_text", "many"),
            }
            groups.setdefault(str(field.group or ""), []).append(shown)
        return [{"label": label, "fields": fields} for label, fields in groups.items()]

    def _children(self, row: Table) -> Any:
        for child in TABLES.values():
            parent = str(child.__rows__.field)
            follows = child.__rows__.kind == "follows" and child.__fields__[parent].target == self.table.__name__
            if not follows or not guard.may("read", child.__tablename__):
                continue
            fields = [field for field in list_fields(child) if field.name != parent]
            column = getattr(child, child.__fields__[parent].column)
            wanted = saving.visible(child, self.viewer()).where(column == row.id).options(*eager(child, fields))
            rows = db.session.scalars(wanted.order_by(child.id).limit(_CHILD_ROWS)).unique()
            name = child.__tablename__
            yield {
                "label": str(child.__label__),
                "columns": [{"name": field.name, "label": str(field.label)} for field in fields],
                "rows": [
                    {
                        "cells": [cells.cell(each, field) for field in fields],
                        "urls": {"show": url_for(f"{name}.show", pk=each.id)},
                    }
                    for each in rows
                ],
                "url_all": url_for(f"{name}.index", **{f"f.{parent}": row.id}),
                "url_add": url_for(f"{name}.add", **{parent: row.id}) if guard.may("add", name) else None,
            }

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

    @expose("/pick")
    @has_access
    @permission_name("read")
    def pick(self) -> Any:
        """Rows whose title or code contains ``q``, the viewer's own department's first, for pickers in forms."""
        criteria = query.read_criteria(self.table, [("q", request.args.get("q", ""))])
        found = query.matching(self.table, criteria, self.viewer())
        own = (
            [self.table.__table__.c.department_id != self.viewer().department_id]
            if "department_id" in self.table.__table__.c
            else []
        )
        titled = self.table.__fields__.get(self.table.__title__)
        order = getattr(self.table, titled.column if titled else "id")
        owner = [field for field in self.table.__fields__.values() if field.is_owner]
        rows = db.session.scalars(found.options(*eager(self.table, owner)).order_by(*own, order).limit(_PICKED))
        return jsonify(items=[self._picked(row) for row in rows])

    def _picked(self, row: Table) -> dict[str, str]:
        hints = [
            cells.text(row, field)
            for field in self.table.__fields__.values()
            if field.search and field.name != self.table.__title__ and not field.is_reference
        ]
        owner = getattr(row, "department", None)
        hints += [owner.title()] if owner is not None else []
        return {"value": str(row.id), "text": row.title(), "hint": " · ".join(filter(None, hints[:3]))}

    @expose("/help")
    @has_access
    @permission_name("read")
    def help(self) -> str:
        """What the table is for, and a dictionary of its fields."""
        rows = [
            {
                "name": field.name,
                "label": str(field.label),
                "required": field.required,
                "kind": field.kind,
                "length": field.length,
                "std": field.std,
                "grade": field.grade,
                "help": str(field.help or ""),
                "choices": [(member.national or member.value, str(member.label)) for member in field.choices or ()],
            }
            for field in self.table.__fields__.values()
        ]
        rules = [{"code": rule.code, "text": rule.text, "severity": rule.severity} for rule in self.table.__rules__]
        text = str(self.table.__help__)
        urls = {"list": self.to("index"), "template": self.to("template")}
        return self.page("help", (str(N_("帮助")), None), text=text, fields=rows, rules=rules, urls=urls)


def _stamp(row: Table) -> str:
    names = dict(
        db.session.execute(
            sa.select(User.id, User.last_name + User.first_name).where(User.id.in_({row.created_by, row.updated_by}))
        ).all()
    )
    day = "%Y-%m-%d %H:%M"
    return str(
        N_(
            "{creator} 于 {created} 录入，{editor} 于 {updated} 最后修改，第 {version} 版",
            creator=names.get(row.created_by, N_("系统")),
            created=row.created_at.astimezone(clock.ZONE).strftime(day),
            editor=names.get(row.updated_by, N_("系统")),
            updated=row.updated_at.astimezone(clock.ZONE).strftime(day),
            version=row.version,
        )
    )
