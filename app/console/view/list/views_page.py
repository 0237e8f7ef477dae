"""Saved views and columns: what a person does to what is remembered for him."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console.memory import Audience
from app.console.view.frame import Frame
from app.console.view.list import views
from app.console.view.list.asked import Asked, local, parsed, read_asked
from app.console.view.list.columns import chosen_fields
from app.core.errors import Refused
from app.core.fields import Field
from app.core.messages import N_
from app.extensions import db


class ViewsPage(Frame):
    """``/<table>/views``, ``/<table>/views/<pk>``, ``/<table>/columns``: everybody who reads the list has his own."""

    @expose("/views", methods=["POST"])
    @has_access
    @permission_name("read")
    def save_view(self) -> Any:
        """Remember the list as it is seen now, under a name."""
        form = request.form
        asked = read_asked(self.table, parsed(form.get("asked", "")))
        chosen_fields(self.table, asked.columns)
        view = views.keep(
            db.session(),
            self.table,
            self.viewer(),
            form.get("name", ""),
            form.get("audience", ""),
            form.get("is_default") == "1",
            asked.parameters(),
        )
        key, name = view.id, view.name
        db.session.commit()
        flash(str(N_("已保存常用查询：{name}", name=name)), "success")
        return redirect(self.to("index", view=key))

    @expose("/views/<pk>", methods=["POST"])
    @has_access
    @permission_name("read")
    def change_view(self, pk: str) -> Any:
        """Rename a view, give it to the department, make it the default, or delete it."""
        session, viewer, form = db.session(), self.viewer(), request.form
        view = views.find(session, self.table, viewer, pk)
        name = view.name
        if form.get("do") == "delete":
            session.delete(view)
            session.commit()
            flash(str(N_("已删除常用查询：{name}", name=name)), "success")
            return redirect(self.to("index", all=1))
        if form.get("do") != "change":
            raise Refused(N_("没有这项操作"), status=404)
        is_default = form.get("is_default") == "1"
        views.change(session, self.table, viewer, view, form.get("name", ""), form.get("audience", ""), is_default)
        session.commit()
        flash(str(N_("已保存常用查询：{name}", name=" ".join(form.get("name", "").split()))), "success")
        return redirect(self.to("index", view=pk))

    @expose("/columns", methods=["POST"])
    @has_access
    @permission_name("read")
    def remember_columns(self) -> Any:
        """Show these columns from now on, in this order; back to the list."""
        names = [] if request.form.get("do") == "reset" else request.form.getlist("col")
        fields = chosen_fields(self.table, ",".join(names)) if names else []
        views.keep_columns(db.session(), self.table, self.viewer(), [field.name for field in fields])
        db.session.commit()
        place = local(request.form.get("back", ""), self.to("index"))
        given = parsed(place.partition("?")[2])
        asked = read_asked(self.table, [(name, value) for name, value in given if name != "cols"])
        shown = Asked(asked.criteria, ",".join(field.name for field in fields), asked.size)
        return redirect(self.to("index") + "?" + shown.parameters(all="1" if "all=1" in place else None))

    def _chooser(self, shown: list[Field], memory: views.Memory) -> dict[str, Any]:
        """What the column chooser offers: the columns shown, in their order, then all the others."""
        names = {field.name for field in shown}
        others = [field for field in self.table.__fields__.values() if field.name not in names]
        return {
            "columns": [(f.name, str(f.label), True) for f in shown] + [(f.name, str(f.label), False) for f in others],
            "is_own": bool(memory.columns),
        }

    def _views(self, memory: views.Memory, active: Any, asked: Asked, everything: str | None) -> dict[str, Any]:
        """The saved views as the bar above the list shows them."""
        viewer, pairs = self.viewer(), asked.pairs()
        stored = parsed(active.asked) if active else []
        return {
            "items": [
                {
                    "id": view.id,
                    "name": view.name,
                    "url": self.to("index", view=view.id),
                    "change_url": self.to("change_view", pk=view.id) if views.may_change(view, viewer) else None,
                    "is_shared": view.audience == Audience.DEPARTMENT,
                    "is_mine": view.created_by == viewer.user_id,
                    "is_default": view.is_default,
                    "active": view is active,
                }
                for view in memory.views
            ],
            "all_url": self.to("index", all=everything),
            "active": active.name if active else None,
            "is_default": bool(active is not None and active.is_default),
            "changed": bool(active) and sorted(stored) != sorted(pairs),
            "nothing": not pairs and not active,
        }
