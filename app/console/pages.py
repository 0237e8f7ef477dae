"""The console's pages that are not one table: help, data dictionary, who may do what."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console import dictionary, download, guard, role_matrix
from app.core.errors import Refused
from app.core.messages import N_
from app.core.roles import ACTIONS, Role
from app.core.table import TABLES, Table
from app.extensions import db

#: Fields shown for one search; more means the words are too common.
_MOST_FOUND = 300


class HelpIndex(BaseView):
    """``/help/``: what there is, and how things are done here."""

    route_base = "/help"
    class_permission_name = "help"
    base_permissions = ["can_read"]
    default_view = "index"

    @expose("/")
    @has_access
    @permission_name("read")
    def index(self) -> str:
        """Every table the viewer may read, with what a row of it is."""
        chapters = [
            {
                "label": chapter.label,
                "icon": chapter.icon,
                "tables": [_card(table) for table in chapter.tables if _is_readable(table)],
            }
            for chapter in dictionary.chapters()
        ]
        return render_template(
            "console/help_index.html",
            chapters=[each for each in chapters if each["tables"]],
            crumbs=[(str(N_("使用帮助")), None)],
        )


class DictionaryPage(BaseView):
    """``/dictionary/``: every table and field with its names, in one place."""

    route_base = "/dictionary"
    class_permission_name = "dictionary"
    base_permissions = ["can_read"]
    default_view = "index"

    @expose("/")
    @has_access
    @permission_name("read")
    def index(self) -> str:
        """All tables; with ``?table=`` the fields of one, with ``?q=`` the fields that hold the words."""
        title, words = str(N_("数据字典")), request.args.get("q", "").strip()[:100]
        chosen = TABLES.get(request.args.get("table", ""))
        if chosen is None and request.args.get("table"):
            raise Refused(N_("没有这张数据表"), status=404)
        found = list(dictionary.search(words)) if words else []
        crumbs = [(title, url_for("DictionaryPage.index") if chosen or words else None)]
        crumbs += [(str(chosen.__label__), None)] if chosen else []
        return render_template(
            "console/dictionary.html",
            chapters=dictionary.chapters(),
            count=sum(len(table.__fields__) for table in TABLES.values()),
            chosen=_table(chosen) if chosen else None,
            fields=dictionary.entries(chosen) if chosen else [],
            words=words,
            found=[{"table": _table(table), **field} for table, field in found[:_MOST_FOUND]],
            found_count=len(found),
            crumbs=crumbs,
        )

    @expose("/export")
    @has_access
    @permission_name("read")
    def export(self) -> Any:
        """The dictionary as a workbook."""
        return download.workbook(str(N_("数据字典")), dictionary.write)


class RolePage(BaseView):
    """``/roles/``: tables by roles; with ``?role=`` one role in full."""

    route_base = "/roles"
    class_permission_name = "roles"
    base_permissions = ["can_read"]
    default_view = "index"

    @expose("/")
    @has_access
    @permission_name("read")
    def index(self) -> str:
        """What every role may do with every table, as it is stored; what differs from the declaration is marked."""
        grants = role_matrix.stored(db.session())
        asked = request.args.get("role", "")
        shown = [role for role in Role if asked in ("", role.value)] or list(Role)
        chapters: list[dict[str, Any]] = [
            {
                "label": chapter.label,
                "rows": [
                    {
                        **_table(table),
                        "actions": table.actions(),
                        "cells": [role_matrix.cell(grants, role, table) for role in shown],
                    }
                    for table in chapter.tables
                    if table.__pages__
                ],
            }
            for chapter in dictionary.chapters()
        ]
        title = str(N_("角色权限"))
        return render_template(
            "console/roles.html",
            roles=[{"value": role.value, "label": str(role.label), "active": role.value == asked} for role in Role],
            shown=[{"value": role.value, "label": str(role.label)} for role in shown],
            actions=[
                (name, *(str(word) for word in role_matrix.ACTION_LABELS[name])) for name in role_matrix.ACTION_LABELS
            ],
            chapters=[each for each in chapters if each["rows"]],
            differing=sum(c.differs for each in chapters for row in each["rows"] for c in row["cells"]),
            others=role_matrix.other_roles(grants),
            crumbs=[(title, None)],
        )


def _table(table: type[Table]) -> dict[str, Any]:
    name = table.__tablename__
    return {
        "name": name,
        "label": str(table.__label__),
        "help": str(table.__help__),
        "key": [str(table.__fields__[each].label) for each in table.__key__],
        "url": url_for("DictionaryPage.index", table=name),
        "url_list": url_for(f"{name}.index") if _is_readable(table) else None,
        "url_help": url_for(f"{name}.help") if _is_readable(table) else None,
    }


def _card(table: type[Table]) -> dict[str, Any]:
    name = table.__tablename__
    can = {action: guard.may(action, name) for action in ACTIONS}
    return {**_table(table), "url_import": url_for(f"{name}.upload") if can["import"] else None}


def _is_readable(table: type[Table]) -> bool:
    return table.__pages__ and table.__menu__ and guard.may("read", table.__tablename__)
