"""Pages that a table with a workflow has besides those of every table."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console import guard, paging
from app.console.flow import panel
from app.console.flow.panel import Typed
from app.console.view.show_page import ShowPage
from app.core import saving
from app.core.errors import Refused
from app.core.messages import N_, joined
from app.core.table import Table
from app.core.workflow import Move, moving
from app.extensions import db


class FlowPages(ShowPage):
    """``/<table>/move/…``: one record goes on."""

    @expose("/move/<pk>", methods=["POST"])
    @has_access
    @permission_name("read")
    def move(self, pk: str) -> Any:
        """The row makes the move; where it may not, its page says why, with everything that was typed."""
        form, session = request.form, db.session()
        row = saving.find(session, self.table, pk)
        step = self.asked_step(form.get(panel.MOVE, ""))
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

    def asked_step(self, name: str) -> Move:
        """The move of that name, if the person's roles open it. Raises Refused."""
        step = moving.flow_of(self.table).named(name)
        if step is None or step.is_hidden:
            raise Refused(N_("没有这一步：{name}", name=name[:60]), status=404)
        if not guard.may(step.may, self.table.__tablename__):
            raise Refused(N_("您的角色不能“{move}”；如有需要，请联系本单位的部门管理员", move=step.label), status=403)
        return step

    @staticmethod
    def _next(row: Table) -> str:
        """Who is waited for now."""
        found = [f"{each['unit']}（{each['what']}）" for each in panel.waiting(db.session(), row)]
        return str(N_("下一步：{who}", who=joined(found))) if found else ""
