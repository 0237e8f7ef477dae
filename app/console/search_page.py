"""One search box for the whole console: ``/search/`` and ``/search/suggest``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import jsonify, render_template, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console import guard
from app.core import sealing
from app.core.errors import Refused
from app.core.fields import Field
from app.core.messages import N_
from app.core.query import LONGEST_WORD, near
from app.core.table import TABLES, Table, by_name
from app.core.viewer import Viewer
from app.extensions import db

#: Rows of a table in the list under the box, and on the page.
SUGGESTED, SHOWN = 5, 20


@dataclass(frozen=True)
class Group:
    """What was found in one table; ``more`` says that there is more than is shown."""

    label: str
    url: str
    items: list[dict[str, str]]
    more: bool = False


class SearchPage(BaseView):
    """Everything the viewer may see, by name, code, pinyin or initials, grouped by table."""

    route_base = "/search"
    default_view = "index"
    class_permission_name = "search"
    base_permissions = ["can_read"]

    @expose("/")
    @has_access
    @permission_name("read")
    def index(self) -> Any:
        """The page: without a word it only asks for one."""
        words = _words()
        groups = found(guard.must_view(), words, SHOWN) if words else []
        crumbs = [(str(N_("全站搜索")), None)]
        return render_template("console/search.html", q=words, groups=groups, crumbs=crumbs)

    @expose("/suggest")
    @has_access
    @permission_name("read")
    def suggest(self) -> Any:
        """The same for the list that opens while one types."""
        words = _words()
        groups = found(guard.must_view(), words, SUGGESTED) if words else []
        return jsonify(groups=[{"label": each.label, "url": each.url, "items": each.items} for each in groups])


def _words() -> str:
    given = request.args.get("q", "")
    if "\x00" in given:
        raise Refused(N_("查询条件含有不能识别的字符或过长"), status=400)
    return " ".join(given.split())[:LONGEST_WORD].strip()


def searched() -> list[type[Table]]:
    """The tables that are searched for the person who asks, in their order."""
    tables = [table for table in TABLES.values() if table.__found__ and guard.may("read", table.__tablename__)]
    return sorted(tables, key=lambda table: table.__found__)


def found(viewer: Viewer, words: str, most: int) -> list[Group]:
    """What the words find in each table, at most so many rows each; one query for all of them."""
    tables = searched()
    if not tables:
        return []
    parts = [_in(table, viewer, words, most + 1) for table in tables]
    rows: dict[str, list[Any]] = {}
    for row in db.session.execute(sa.union_all(*(sa.select(part.subquery()) for part in parts))):
        rows.setdefault(row.table_name, []).append(row)
    return [_group(table, rows[table.__tablename__], words, most) for table in tables if table.__tablename__ in rows]


def _code(table: type[Table]) -> Field | None:
    """The code that is shown beside a title."""
    return next(iter(near.code_fields(table)), None)


def _in(table: type[Table], viewer: Viewer, words: str, most: int) -> sa.Select[Any]:
    """The nearest rows of one table, in the columns that all tables have in common."""
    code, owner, department = _code(table), near.owner_column(table), by_name("department")
    unit: Any = sa.null()
    if owner is not None:
        name = sa.select(department.name).where(department.id == owner)
        unit = name.correlate(table).scalar_subquery()
    shown: Any = getattr(table, code.name) if code else sa.null()
    if code is not None and code.is_secret:
        shown = sealing.shown_column(shown)
    candidates = near.candidates(table, viewer, words)
    order = near.order_of_nearness(table, viewer, words)
    return (
        sa.select(
            sa.literal(table.__tablename__).label("table_name"),
            sa.cast(table.id, sa.Text).label("key"),
            near.title_of(table).label("title"),
            sa.cast(shown, sa.Text).label("code"),
            sa.cast(unit, sa.Text).label("unit"),
        )
        .join(candidates, candidates.c.id == table.id)
        .order_by(*order)
        .limit(most)
    )


def _group(table: type[Table], rows: list[Any], words: str, most: int) -> Group:
    name = table.__tablename__
    items = [
        {"text": row.title or "", "hint": " · ".join(_hints(row)), "url": url_for(f"{name}.show", pk=row.key)}
        for row in rows[:most]
    ]
    return Group(str(table.__label__), url_for(f"{name}.index", q=words), items, len(rows) > most)


def _hints(row: Any) -> Iterator[str]:
    if row.code:
        yield row.code
    if row.unit:
        yield row.unit
