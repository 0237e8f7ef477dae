"""Where a form is kept while somebody types, and thrown away when he says so."""

from __future__ import annotations

from typing import Any

from flask import flash, jsonify, redirect, request
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console import drafts, paging
from app.console.view.form import fields, lines
from app.console.view.frame import Frame
from app.core.errors import NotVisible
from app.core.messages import N_
from app.core.table import Table
from app.extensions import db


class DraftPages(Frame):
    """``/<table>/draft`` and ``discard``, and the same for the form of one row."""

    @expose("/draft", methods=["POST"])
    @has_access
    @permission_name("add")
    def draft(self) -> Any:
        """The draft of a new row holds what was sent."""
        return self._keep(None)

    @expose("/draft/<pk>", methods=["POST"])
    @has_access
    @permission_name("edit")
    def draft_row(self, pk: str) -> Any:
        """The draft of a stored row holds what was sent."""
        row = self.own_row(pk)
        return self._keep(row)

    def _keep(self, row: Table | None) -> Any:
        typed = fields.given(self.table, request.form)
        if "_partial" in request.form:  # a copy from the browser, which holds nothing sensitive
            typed = {name: value for name, value in typed.items() if name in request.form}
        typed |= {name: request.form.get(name, "") for name in (drafts.LOADED, drafts.BOX)}
        whole = "_partial" not in request.form
        typed |= {name: request.form.getlist(name) for name in ("_file", "_remove") if whole or name in request.form}
        typed |= lines.kept(request.form, lines.of(self.table))
        if row is not None:
            typed[drafts.TITLE] = row.title()
        session, viewer = db.session(), self.viewer()
        drafts.forget(session, viewer)
        name = str(row.id) if row is not None else drafts.NEW
        kept = drafts.keep(session, viewer, self.table, name, typed, paging.whole(request.form.get("version", "")))
        session.commit()
        return jsonify(saved=kept.when)

    @expose("/handed", methods=["GET", "POST"])
    @has_access
    @permission_name("add")
    def take_draft(self) -> Any:
        """A draft that was handed over becomes the viewer's own; asked first, because it then is his form."""
        form = request.values.get("form", "")
        if request.method == "POST":
            own = drafts.take(db.session(), self.viewer(), self.table, form)
            db.session.commit()
            return redirect(self.to("add", draft=1) if own == drafts.NEW else self.to("edit", pk=own, draft=1))
        kept = drafts.find(db.session(), self.viewer(), self.table, form)
        if kept is None:
            raise NotVisible(N_("没有找到这份草稿，可能已经处理"))
        return self.page("handed_draft", (str(N_("移交的草稿")), None), form=form, when=kept.when)

    @expose("/discard", methods=["POST"])
    @has_access
    @permission_name("add")
    def discard_draft(self) -> Any:
        """There is no draft of a new row any more."""
        return self._drop(drafts.NEW, self.to("add"))

    @expose("/discard/<pk>", methods=["POST"])
    @has_access
    @permission_name("edit")
    def discard_draft_row(self, pk: str) -> Any:
        """There is no draft of that row any more."""
        return self._drop(pk, self.to("edit", pk=pk))

    def _drop(self, name: str, then: str) -> Any:
        drafts.drop(db.session(), self.viewer(), self.table, name)
        db.session.commit()
        if request.accept_mimetypes.best == "application/json":
            return jsonify(dropped=True)
        flash(str(N_("草稿已放弃")), "success")
        return redirect(then)
