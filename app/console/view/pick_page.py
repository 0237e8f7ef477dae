"""Choices for the pickers of forms."""

from __future__ import annotations

from typing import Any

from flask import jsonify, request
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console import cells
from app.console.view.frame import Frame
from app.console.view.list_page import eager
from app.core import query
from app.core.table import Table
from app.extensions import db

#: Choices offered at once.
_PICKED = 20


class PickPage(Frame):
    """``/<table>/pick``."""

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
