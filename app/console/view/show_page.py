"""One row as people read it, and the rows that belong to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask import render_template, request, url_for
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console import attachments, cells, guard, record, shape
from app.console.flow import panel
from app.console.view import beside
from app.console.view.frame import Frame
from app.console.view.list.columns import eager, list_fields
from app.core import clock, saving
from app.core.table import Table, tables_with_pages
from app.core.workflow import lines, locks
from app.extensions import db

#: Rows of a child table shown on its parent's page.
_CHILD_ROWS = 20


class ShowPage(Frame):
    """``/<table>/show/…``."""

    @expose("/show/<pk>")
    @has_access
    @permission_name("read")
    def show(self, pk: str) -> str:
        """Everything about one row, and the rows that belong to it; with ``?fragment=1`` only the values."""
        return self.shown(pk)

    def shown(self, pk: str, full: Mapping[str, str] | None = None, typed: panel.Typed | None = None) -> str:
        """The page of a row; ``full`` are the hidden values that this one answer shows, ``typed`` a refused move."""
        row = self._whole_row(pk)
        known = {"groups": record.groups(row, full or {}), "stamp": record.stamp(row)}
        head = {"id": str(row.id), "title": row.title(), "badges": _badges(row)}
        urls = self._addresses_of(row)
        if request.args.get("fragment"):
            label = str(self.table.__label__)
            return render_template("console/show_fragment.html", record=head, label=label, urls=urls, **known)
        return self.page(
            "show",
            (row.title(), None),
            record=head,
            children=list(self._children_of(row)),
            files=attachments.of(row),
            urls=urls,
            beside=beside.offered(row),
            can_row=self.can_with(row),
            flow=panel.of(db.session(), row, typed),
            line=panel.of_line(db.session(), row),
            dossier_label=str(self.table.__dossier__),
            corrections=record.corrections(row),
            signatures=[str(each) for each in self.table.__signatures__],
            printed=clock.told(clock.now()),
            **known,
        )

    def _whole_row(self, pk: str) -> Table:
        """The row with everything it refers to, in a query or two instead of one for each reference."""
        row = saving.find(db.session(), self.table, pk)
        references = [field for field in self.table.__fields__.values() if field.is_reference]
        if len(references) > 1:
            again = sa.select(self.table).where(self.table.id == row.id).options(*eager(self.table, references))
            db.session.scalars(again.execution_options(populate_existing=True)).unique().one()
        return row

    def _addresses_of(self, row: Table) -> dict[str, str | None]:
        can = self.can_with(row)
        told = any(guard.may("read", each.table.__tablename__) for each in shape.referring(self.table))
        return {
            "show": self.to("show", pk=row.id),
            "list": self.to("index"),
            "edit": self.to("edit", pk=row.id) if can["edit"] else None,
            "delete": self.to("delete", pk=row.id) if can["delete"] else None,
            "copy": self.to("add", copy=row.id) if can["add"] else None,
            "dossier": self.to("dossier", pk=row.id) if told else None,
            "paper": self.to("paper", pk=row.id) if self.table.__paper__ is not None else None,
            "history": self.to("history", pk=row.id),
        }

    def _children_of(self, row: Table) -> Any:
        for child in tables_with_pages().values():
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
                "url_add": url_for(f"{name}.add", **{parent: row.id}) if self._may_add(row, child) else None,
            }

    def _may_add(self, row: Table, child: type[Table]) -> bool:
        """True where the viewer may add rows of that table, and those that are lines are written now."""
        is_line = lines.head_of(child) is not None
        return guard.may("add", child.__tablename__) and (not is_line or locks.is_editable(row, self.viewer()))


def _badges(row: Table) -> list[dict[str, str | None]]:
    """What is to be seen at once beside the title: the state or the result, and that it came late."""
    table, found = type(row), []
    outcome, late = shape.outcome(table), shape.late(table)
    if outcome is not None and getattr(row, outcome.name) is not None:
        found.append({"text": row.shown(outcome), "tone": cells.tone(outcome, getattr(row, outcome.name))})
    if late is not None and getattr(row, late.name):
        found.append({"text": str(record.LATE), "tone": "red"})
    return found
