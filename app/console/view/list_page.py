"""The list of a table: search, sort, page, bulk actions."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import flash, redirect, request
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name
from sqlalchemy.orm import joinedload, selectinload

from app.console import cells, paging
from app.console.view.frame import Frame
from app.console.view.search_form import search_form
from app.core import query
from app.core.errors import Refused
from app.core.fields import Field
from app.core.messages import N_
from app.core.query import Criteria
from app.core.saving import delete, find
from app.core.table import Table, by_class
from app.extensions import db


class ListPage(Frame):
    """``/<table>/list/`` and the bulk actions on it."""

    @expose("/list/")
    @has_access
    @permission_name("read")
    def index(self) -> Any:
        """The rows the viewer may see and asked for."""
        viewer, problem = self.viewer(), None
        try:
            criteria = query.read_criteria(self.table, request.args.items(multi=True))
            found = query.matching(self.table, criteria, viewer)
        except Refused as error:
            criteria, found, problem = Criteria(), None, str(error)
        size = _size(request.args.get("size", ""))
        columns = list_fields(self.table)
        if found is None:
            page, total = paging.Page([], True, None, None), (0, False)
        else:
            order = query.ordering(self.table, criteria.order)
            total = paging.count(db.session(), found)
            found = found.options(*eager(self.table, columns))
            after, before = request.args.get("after", ""), request.args.get("before", "")
            page = paging.page(db.session(), found, order, size, after, before)
        body = self.page(
            "list",
            columns=[self._column(field, criteria) for field in columns],
            rows=[self._row(row, number, columns) for number, row in enumerate(page.rows, _start(page))],
            search=search_form(self, criteria, request.args),
            count_text=_count_text(*total),
            pager=self._pager(page, criteria, size),
            urls=self._addresses(criteria),
            actions=self._actions(),
            problem=problem,
            empty_text=str(N_("没有符合条件的记录") if not criteria.is_open else N_("还没有记录")),
        )
        return (body, 400) if problem else body

    def _column(self, field: Field, criteria: Criteria) -> dict[str, Any]:
        order = criteria.order or self.table.__order__
        direction = {field.name: "asc", f"-{field.name}": "desc"}.get(order[0])
        wanted = f"-{field.name}" if direction == "asc" else field.name
        url = self.to("index") + "?" + self._parameters(criteria, order=wanted) if query.sortable(field) else None
        return {"name": field.name, "label": str(field.label), "sort": direction, "sort_url": url, "kind": field.kind}

    def _row(self, row: Table, number: int, columns: list[Field]) -> dict[str, Any]:
        can = self.can_with(row)
        urls = {
            "show": self.to("show", pk=row.id),
            "edit": self.to("edit", pk=row.id) if can["edit"] else None,
            "delete": self.to("delete", pk=row.id) if can["delete"] else None,
        }
        shown = [cells.cell(row, field) for field in columns]
        return {"id": str(row.id), "number": number, "title": row.title(), "cells": shown, "urls": urls}

    def _parameters(self, criteria: Criteria, **more: Any) -> str:
        given = [(name, value) for name, value in criteria.parameters() if name not in more]
        return urlencode(given + [(name, value) for name, value in more.items() if value])

    def _pager(self, page: paging.Page, criteria: Criteria, size: int) -> dict[str, Any]:
        kept = size if size != paging.SIZES[0] else None

        def url(**place: Any) -> str:
            return self.to("index") + "?" + self._parameters(criteria, size=kept, **place)

        start = _start(page)
        return {
            "first": url() if not page.first else None,
            "prev": url(before=page.previous, n=max(1, start - size)) if page.previous else None,
            "next": url(after=page.next, n=start + len(page.rows)) if page.next else None,
            "last": url(before="end") if page.next else None,
            "sizes": [
                (n, self.to("index") + "?" + self._parameters(criteria, size=n), n == size) for n in paging.SIZES
            ],
        }

    def _addresses(self, criteria: Criteria) -> dict[str, str]:
        asked = self._parameters(criteria)
        return {
            "add": self.to("add"),
            "import_": self.to("upload"),
            "export": self.to("export") + "?" + asked,
            "export_csv": self.to("export") + "?" + "&".join(filter(None, [asked, "format=csv"])),
            "template": self.to("template"),
            "action": self.to("action"),
            "help": self.to("help"),
        }

    def _actions(self) -> list[dict[str, str]]:
        if not self.can()["delete"]:
            return []
        confirm = str(N_("确定删除所选的记录吗？删除后不能恢复。"))
        return [{"name": "delete", "label": str(N_("删除")), "confirm": confirm, "tone": "danger"}]

    @expose("/action", methods=["POST"])
    @has_access
    @permission_name("delete")
    def action(self) -> Any:
        """Do a bulk action on the chosen rows: all of them or none."""
        if request.form.get("action") != "delete":
            raise Refused(N_("没有这项批量操作"), status=404)
        keys = request.form.getlist("ids")
        if not keys:
            raise Refused(N_("请先选择记录"))
        for key in dict.fromkeys(keys):
            delete(db.session(), find(db.session(), self.table, key))
        db.session.commit()
        flash(str(N_("已删除 {n} 条记录", n=len(set(keys)))), "success")
        return redirect(self.to("index"))


def list_fields(table: type[Table]) -> list[Field]:
    """The columns of a list: those declared ``in_list`` (or the first six), what names the row before whose it is."""
    fields = [field for field in table.__fields__.values() if field.in_list] or list(table.__fields__.values())[:6]
    return sorted(fields, key=lambda field: (field.is_owner, field.name != table.__title__))


def eager(table: type[Table], fields: list[Field]) -> list[Any]:
    """Load what the fields refer to together with the rows: one query for each list of rows, none for each row."""
    options = []
    for field in fields:
        if field.is_reference:
            assert field.target is not None
            target = by_class(field.target)
            titled = target.__fields__.get(target.__title__)
            shown = [target.__fields__[name] for name in (target.__title__, *field.by) if name in target.__fields__]
            needed = {titled.column if titled else target.__title__, *field.by} & set(target.__table__.c.keys())
            needed |= {each.masked_when[0] for each in shown if each.masked_when}  # says whether it is masked
            load = joinedload if field.kind == "ref" else selectinload
            options.append(load(getattr(table, field.name)).load_only(*(getattr(target, n) for n in sorted(needed))))
    return options


def _start(page: paging.Page) -> int:
    number = paging.whole(request.args.get("n", ""), least=1)
    return number if number is not None and not page.first else 1


def _size(text: str) -> int:
    number = paging.whole(text)
    return number if number in paging.SIZES else paging.SIZES[0]


def _count_text(number: int, capped: bool) -> str:
    return str(N_("共 {n} 条以上", n=number) if capped else N_("共 {n} 条", n=number))
