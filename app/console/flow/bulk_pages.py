"""The chosen rows of a list make one move: first it is told what will happen, then it happens to all of them."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console.flow import bulk, panel, words
from app.console.history import events
from app.console.view.frame import Frame
from app.console.view.list.asked import local
from app.console.view.list.bulk_page import chosen_keys
from app.console.view.list.rows import address_of
from app.core.errors import Refused
from app.core.messages import N_, Message
from app.core.table import Table
from app.core.workflow import Move, moving
from app.extensions import db

#: Rows named on the page that asks.
_NAMED = 10


class BulkMoves(Frame):
    """``/<table>/moves``."""

    @expose("/moves", methods=["POST"])
    @has_access
    @permission_name("read")
    def moves(self) -> Any:
        """Ask (``ask=1``), or do it: every row makes the move, or none does and each that cannot is named."""
        form, session = request.form, db.session()
        step = panel.step_for(self.table, form.get(panel.MOVE, ""))
        if not step.bulk:
            raise Refused(N_("“{move}”只能在记录页面逐条办理", move=step.label), status=409)
        keys = chosen_keys(self.table, self.viewer())
        if not keys:
            raise Refused(N_("请先选择记录"))
        rows = bulk.rows_of(session, self.table, keys)
        if form.get("ask") == "1":
            return self._ask_to_move(rows, step, bulk.in_the_way(session, rows, step))
        if form.get("_mark") != bulk.mark(rows):
            changed = N_("确认之后有记录被他人修改或办理，请核对后再确认")
            return self._ask_to_move(rows, step, bulk.in_the_way(session, rows, step), changed), 409
        opinion, given = form.get(panel.OPINION, ""), panel.given_with(self.table, step, form)
        if step.reason and not opinion.strip():
            return self._ask_to_move(rows, step, [], N_("“{move}”须填写理由", move=step.label)), 422
        refused = bulk.move_all(session, rows, step, opinion, given)
        if refused:
            return self._ask_to_move(bulk.rows_of(session, self.table, keys), step, refused), 422
        if len(keys) > 1:
            events.done_to_many(session, self.table, str(step.label), keys, len(keys))
        session.commit()
        flash(str(N_("{move}：已办理 {n} 条", move=step.label, n=len(keys))), "success")
        return redirect(local(form.get("back", ""), self.to("index")))

    def _ask_to_move(
        self, rows: list[Table], step: Move, refused: list[bulk.InTheWay], problem: Message | None = None
    ) -> str:
        form, session, wrong = request.form, db.session(), {each.key for each in refused}
        ready = [row for row in rows if str(row.id) not in wrong]
        back = local(form.get("back", ""), self.to("index"))
        hidden = [("back", back), ("_mark", bulk.mark(ready)), *(("ids", str(row.id)) for row in ready)]
        typed = panel.Typed(panel.given_with(self.table, step, form))
        flow = moving.flow_of(self.table)
        return self.page(
            "flow_bulk",
            (str(step.label), None),
            step=panel.told(step, flow),
            count=len(rows),
            ready=len(ready),
            states=list(bulk.states_of(session, self.table, [row.id for row in rows]).items()),
            refused=refused,
            titles=[row.title() for row in ready[:_NAMED]],
            hidden=hidden,
            asked=panel.asked(self.table, step, typed) if ready else None,
            opinion=form.get(panel.OPINION, ""),
            phrases=words.offered(session, [step]) if ready else [],
            problem=str(problem) if problem else None,
            urls={"moves": self.to("moves"), "back": back, "show": address_of(self.table.__tablename__, "show")},
        )
