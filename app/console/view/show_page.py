"""One row as people read it, and the rows that belong to it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import url_for
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_appbuilder.security.sqla.models import User

from app.console import cells, guard
from app.console.view.frame import Frame
from app.console.view.list_page import eager, list_fields
from app.core import clock, saving
from app.core.messages import N_
from app.core.table import TABLES, Table
from app.extensions import db

#: Rows of a child table shown on its parent's page.
_CHILD_ROWS = 20


class ShowPage(Frame):
    """``/<table>/show/…``."""

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
