"""Bulk actions: first the number of rows is told, then it is done to just those rows, or to none."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console.history import events
from app.console.paging import whole
from app.console.view.frame import Frame
from app.console.view.list.actions import BulkAction, named
from app.console.view.list.asked import local, parsed, read_asked
from app.core import bulk, query
from app.core.errors import Refused
from app.core.messages import N_, Message
from app.core.table import Table
from app.extensions import db

#: Rows named on the page that asks.
_NAMED = 10


class BulkPage(Frame):
    """``/<table>/action``."""

    @expose("/action", methods=["POST"])
    @has_access
    @permission_name("delete")
    def action(self) -> Any:
        """Ask (``ask=1``, or all rows of a filter not confirmed yet), or do it: all of the rows or none."""
        form, action = request.form, named(request.form.get("action", ""))
        if action is None or action.permission != "delete":
            raise Refused(N_("没有这项批量操作"), status=404)
        keys = chosen_keys(self.table, self.viewer())
        if not keys:
            raise Refused(N_("请先选择记录"))
        if form.get("ask") == "1":
            return self._ask(action, keys)
        if form.get("all") == "1":
            said = whole(form.get("expected", ""))
            if said is None:
                return self._ask(action, keys)
            if said != len(keys) or form.get("digest") != bulk.digest_of(keys):
                message = N_(
                    "符合条件的记录有变化：确认时 {said} 条，现在 {now} 条；请重新核对后再确认",
                    said=said,
                    now=len(keys),
                )
                return self._ask(action, keys, message), 409
        back = local(form.get("back", ""), self.to("index"))
        title = bulk.titles_of(db.session(), self.table, keys) if len(keys) == 1 else []
        number = action.do(db.session(), self.table, keys)
        if number > 1:
            events.done_to_many(db.session(), self.table, str(action.label), keys, number)
        db.session.commit()
        told = Message(action.done, {"n": number})
        flash(f"{told}{N_('：')}{title[0]}" if title else str(told), "success")
        return redirect(back)

    def _ask(self, action: BulkAction, keys: list[Any], problem: Message | None = None) -> str:
        every = request.form.get("all") == "1"
        back = local(request.form.get("back", ""), self.to("index"))
        hidden = [("action", action.name), ("back", back)]
        if every:
            asked = read_asked(self.table, parsed(request.form.get("asked", ""))).parameters()
            hidden += [("all", "1"), ("asked", asked), ("expected", str(len(keys))), ("digest", bulk.digest_of(keys))]
        else:
            hidden += [("ids", str(key)) for key in keys]
        return self.page(
            "list_confirm",
            (str(action.label), None),
            question=str(Message(action.question, {"n": len(keys)})),
            action=action,
            count=len(keys),
            titles=bulk.titles_of(db.session(), self.table, keys, _NAMED),
            hidden=hidden,
            urls={"action": self.to("action"), "back": back},
            problem=str(problem) if problem else None,
        )


def chosen_keys(table: type[Table], viewer: Any) -> list[Any]:
    """The rows a form chose: those it names, or (``all=1``) every row of the filter it was sent from."""
    form = request.form
    if form.get("all") == "1":
        criteria = read_asked(table, parsed(form.get("asked", ""))).criteria
        return bulk.keys_of(db.session(), query.matching(table, criteria, viewer), table)
    return bulk.typed_keys(table, form.getlist("ids"))
