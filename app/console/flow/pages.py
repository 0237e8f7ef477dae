"""Pages that a table with a workflow has besides those of every table."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console import paging
from app.console.flow import panel, versions
from app.console.flow.bulk_pages import BulkMoves
from app.console.flow.panel import Typed
from app.console.view.show_page import ShowPage
from app.core import clock, saving
from app.core.errors import Refused
from app.core.messages import N_, joined
from app.core.table import Table
from app.core.workflow import moving
from app.extensions import db


class FlowPages(BulkMoves, ShowPage):
    """``/<table>/move/…`` and ``editions/…``: one record goes on, and what it was in force as."""

    @expose("/move/<pk>", methods=["POST"])
    @has_access
    @permission_name("read")
    def move(self, pk: str) -> Any:
        """The row makes the move; where it may not, its page says why, with everything that was typed."""
        form, session = request.form, db.session()
        row = saving.find(session, self.table, pk)
        step = panel.step_for(self.table, form.get(panel.MOVE, ""))
        given = panel.given_with(self.table, step, form)
        opinion = form.get(panel.OPINION, "")
        try:
            version = paging.whole(form.get(panel.VERSION, ""))
            if version is None:
                raise Refused(N_("页面已过期，请刷新后重新提交"), status=400)
            moving.move(session, row, step.name, opinion=opinion, version=version, given=given)
            title, told = row.title(), self._next(row)
            session.commit()
        except Refused as error:
            session.rollback()
            return self.shown(pk, typed=Typed(given, opinion, step.name, error)), error.status
        flash(f"{step.label}{N_('：')}{title}", "success")
        if told:
            flash(told, "info")
        return redirect(self.to("show", pk=pk))

    @expose("/editions/<pk>")
    @has_access
    @permission_name("read")
    def editions(self, pk: str) -> str:
        """Every edition of the row, and two of them side by side (``a`` and ``b``)."""
        session = db.session()
        row = saving.find(session, self.table, pk)
        return self.page(
            "flow_versions",
            (row.title(), self.to("show", pk=row.id)),
            (str(N_("版本")), None),
            record={"id": str(row.id), "title": row.title()},
            editions=[versions.told(each) for each in versions.of(session, row)],
            pair=versions.side_by_side(session, row, request.args.get("a", ""), request.args.get("b", "")),
            urls={
                "show": self.to("show", pk=row.id),
                "history": self.to("history", pk=row.id),
                "here": self.to("editions", pk=row.id),
                "list": self.to("index"),
            },
            printed=clock.told(clock.now()),
        )

    @staticmethod
    def _next(row: Table) -> str:
        """Who is waited for now."""
        found = [
            N_("{unit}（{what}）", unit=each["unit"], what=each["what"]) for each in panel.waiting(db.session(), row)
        ]
        return str(N_("下一步：{who}", who=joined(found))) if found else ""
