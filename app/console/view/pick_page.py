"""Choices for the pickers of forms: by name, code, full pinyin and initials, or down a tree."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import jsonify, request
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name
from sqlalchemy.orm import aliased

from app.console.view.form import aids
from app.console.view.frame import Frame
from app.console.view.list.columns import eager
from app.core import query
from app.core.errors import Refused
from app.core.fields import Field
from app.core.messages import N_
from app.core.query import near
from app.core.saving import find, visible
from app.core.table import TABLES, Table, by_name
from app.extensions import db

#: Choices offered at once; a branch of a tree is shown whole, within reason.
_PICKED, _BRANCH = 20, 1000


class PickPage(Frame):
    """``/<table>/pick`` and ``/<table>/tree``."""

    @expose("/pick")
    @has_access
    @permission_name("read")
    def pick(self) -> Any:
        """Rows that ``q`` may mean, the likeliest first; without it the viewer's own unit's, then others."""
        words = query.read_criteria(self.table, [("q", request.args.get("q", ""))]).words
        shown = [field for field in self.table.__fields__.values() if field.is_owner or field.name == "parent"]
        options = eager(self.table, shown)
        rows: list[Table] = []
        viewer = self.viewer()
        only = self._only()
        questions = (
            [near.nearest(self.table, viewer, words, _PICKED, only)]
            if words.split()
            else near.own_first(self.table, viewer, _PICKED)
        )
        for question in questions:
            if len(rows) < _PICKED:
                rows += db.session.scalars(question.where(only).options(*options)).unique()
        return jsonify(items=[self._picked(row) for row in rows[:_PICKED]])

    def _only(self) -> Any:
        """The rows that the field asking (``for=inspection.sub_item``) offers; all, where it does not say."""
        table, _, name = request.args.get("for", "").partition(".")
        field = TABLES[table].__fields__.get(name) if table in TABLES else None
        offered = aids.OFFERED.get((table, name))
        if offered is None or field is None or field.target != self.table.__name__:
            return sa.true()
        return offered(self.viewer())

    def _picked(self, row: Table) -> dict[str, str]:
        """A choice: its title, and what tells it from others of the same name: codes, then its unit."""
        hints = [
            row.shown(field)
            for field in self.table.__fields__.values()
            if field.search and field.name != self.table.__title__ and not field.is_reference
        ][:2]
        above = getattr(row, "department", None) or getattr(row, "parent", None)
        hints += [above.title()] if isinstance(above, Table) else []
        return {"value": str(row.id), "text": row.title(), "hint": " · ".join(dict.fromkeys(filter(None, hints)))}

    @expose("/tree")
    @has_access
    @permission_name("read")
    def tree(self) -> Any:
        """What stands directly below ``under``; without it the viewer's own place, then the tops of the tree."""
        parent = self._parent()
        under = request.args.get("under", "")
        child = aliased(self.table)
        branch = sa.exists().where(getattr(child, parent.column) == self.table.id)
        wanted = visible(self.table, self.viewer()).add_columns(branch).options(*eager(self.table, [parent]))
        column = getattr(self.table, parent.column)
        if under:
            key = find(db.session(), self.table, under).id
            wanted = wanted.where(column == key).order_by(self.table.id)
        else:
            own = self._own_place()
            mine = self.table.id == own if own is not None else sa.false()
            wanted = wanted.where(sa.or_(column.is_(None), mine)).order_by(sa.desc(mine), self.table.id)
        found = db.session.execute(wanted.limit(_BRANCH)).unique()
        return jsonify(items=[self._picked(row) | {"has_children": below} for row, below in found])

    def _parent(self) -> Field:
        field = self.table.__fields__.get("parent")
        if field is None or field.target != self.table.__name__:
            raise Refused(N_("{table}没有上下级", table=self.table.__label__), status=404)
        return field

    def _own_place(self) -> Any:
        """Where the viewer stands: his department, or the region it belongs to."""
        own = self.viewer().department_id
        if self.table.__tablename__ == "department":
            return own
        if self.table.__tablename__ == "region" and own is not None:
            department = by_name("department")
            return db.session.scalar(sa.select(department.region_id).where(department.id == own))
        return None
