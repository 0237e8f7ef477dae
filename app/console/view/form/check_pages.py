"""What is wrong with a form so far: asked while somebody types, answered by the very rules that save it."""

from __future__ import annotations

from typing import Any

from flask import jsonify, render_template, request
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console.view.form import fields, helps, twins
from app.console.view.frame import Frame
from app.core import saving, sealing
from app.core.context import context_of
from app.core.fields import Field
from app.core.judge import Judged, foretold
from app.core.lookup import Lookup
from app.core.table import Table
from app.extensions import db


class CheckPages(Frame):
    """``/<table>/check`` and ``check/<pk>``."""

    @expose("/check", methods=["POST"])
    @has_access
    @permission_name("add")
    def check_typed(self) -> Any:
        """Problems of the touched fields of a new row, what the system fills in, and possible duplicates."""
        return self._checked(None)

    @expose("/check/<pk>", methods=["POST"])
    @has_access
    @permission_name("edit")
    def check_typed_row(self, pk: str) -> Any:
        """The same for the form of a stored row."""
        row = self.own_row(pk)
        return self._checked(row)

    def _checked(self, row: Table | None) -> Any:
        given, viewer = fields.given(self.table, request.form), self.viewer()
        touched = set(request.form.get("_touched", "").split(","))
        judged, errors, row_id = saving.weigh(db.session(), self.table, given, viewer, row=row, by_id=True)
        wrong: dict[str, list[str]] = {}
        advice: dict[str, list[str]] = {}
        early = foretold(self.table, judged.values, context_of(db.session())) if errors else judged.problems
        for problem in dict.fromkeys((*errors, *early)):
            for name in touched.intersection(problem.fields):
                kind = advice if problem.is_warning else wrong
                kind.setdefault(name, []).append(str(problem.message))
        helped = helps.of(self.table, row, given, viewer)
        for name, texts in helped.pop("warnings").items():
            advice.setdefault(name, []).extend(texts)
            touched.add(name)
        found = []
        compared = {name for each in self.table.__duplicates__ for name in each.fields} | set(self.table.__key__)
        if touched & compared:
            found = twins.alike(self.table, judged.values, row_id, viewer)
        panel = render_template(
            "console/form_twins.html", twins=found, twin_mark=twins.mark(found), confirmed=request.form.get("_no_twin")
        )
        told = {
            "problems": wrong,
            "warnings": advice,
            "derived": self._derived(judged),
            "twins": panel if found else "",
        }
        return jsonify(told | helped)

    def _derived(self, judged: Judged) -> dict[str, str]:
        found = {}
        for name, field in self.table.__fields__.items():
            if not field.is_input and field.kind != "flags":
                found[name] = self._text(field, judged)
        return found

    @staticmethod
    def _text(field: Field, judged: Judged) -> str:
        value = judged.values.get(field.name)
        if field.kind == "ref":
            return Lookup(db.session(), field).titles([str(value.id)]).get(str(value.id), "") if value else ""
        if value is None or not (field.is_secret and field.hides(judged.values.get)):
            return field.show(value)
        return sealing.masked_form(field, value)
