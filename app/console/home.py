"""The first page after sign-in: the viewer's own counts and the ways into his work."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, url_for
from flask_appbuilder import expose
from flask_appbuilder.views import IndexView
from flask_login import current_user

from app.console import guard, paging
from app.core import saving
from app.core.messages import N_
from app.core.table import TABLES, Table
from app.core.viewer import Viewer
from app.extensions import appbuilder, db

_CARDS, _ENTRIES = 8, 10


class Home(IndexView):
    """``/``: to sign-in for strangers, to the viewer's own page for everybody else."""

    @expose("/")
    def index(self) -> Any:
        """The viewer's counts and quick entries."""
        if not current_user.is_authenticated:
            return redirect(appbuilder.get_url_for_login)
        viewer = guard.viewer()
        tables = [t for t in TABLES.values() if t.__menu__ and guard.may("read", t.__tablename__)] if viewer else []
        own = [table for table in tables if table.__rows__.kind == "department_tree"]
        cards = [_card(table, viewer) for table in own[:_CARDS]] if viewer else []
        entries = [entry for table in tables for entry in _entries(table)]
        return render_template("console/home.html", cards=cards, entries=entries[:_ENTRIES], crumbs=[])


def _card(table: type[Table], viewer: Viewer) -> dict[str, Any]:
    number, capped = paging.count(db.session(), saving.visible(table, viewer))
    hint = N_("本单位及下级可见") if viewer.kind == "viewer_line" else N_("本地区可见")
    return {
        "label": str(table.__label__),
        "value": f"{number}+" if capped else str(number),
        "url": url_for(f"{table.__tablename__}.index"),
        "hint": str(hint),
        "tone": None,
    }


def _entries(table: type[Table]) -> list[dict[str, str]]:
    name, label = table.__tablename__, str(table.__label__)
    if table.__rows__.kind != "department_tree":
        return []
    found = []
    if guard.may("import", name):
        found.append(
            {"label": str(N_("导入{label}", label=label)), "url": url_for(f"{name}.upload"), "icon": "file-import"}
        )
    if guard.may("add", name):
        found.append(
            {"label": str(N_("录入{label}", label=label)), "url": url_for(f"{name}.add"), "icon": "pencil-plus"}
        )
    return found
