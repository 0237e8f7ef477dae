"""``/notices/``: what a person was told, and the bell in the top bar that says so in every open page."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import flash, jsonify, redirect, render_template, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console import guard
from app.console.memory import Audience, SavedView
from app.core import clock, saving, words
from app.core.messages import N_
from app.core.sight import visible
from app.core.viewer import Viewer
from app.core.workflow.models import Notice
from app.extensions import db

#: Notices that are listed.
MOST = 100
#: The name under which a person keeps that he wants no digest, beside his columns and views.
QUIET = "*no digest*"


class NoticePage(BaseView):
    """``/notices/``."""

    route_base = "/notices"
    class_permission_name = "notices"
    base_permissions = ["can_read"]
    default_view = "index"

    @expose("/")
    @has_access
    @permission_name("read")
    def index(self) -> str:
        """The newest notices, unread ones marked."""
        viewer = guard.must_view()
        shown = _own(viewer).order_by(Notice.id.desc()).limit(MOST)
        rows = [
            {
                "id": str(each.id), "text": str(words.read(each.words) or ""), "when": clock.told(each.told_at),
                "is_urgent": each.is_urgent, "is_new": each.read_at is None, "leads": bool(each.url),
            }
            for each in db.session.scalars(shown.execution_options(populate_existing=True))
        ]  # fmt: skip
        return render_template(
            "console/notices.html",
            rows=rows,
            unread=sum(each["is_new"] for each in rows),
            most=MOST,
            quiet=_quiet(viewer) is not None,
            crumbs=[(str(N_("消息")), None)],
        )

    @expose("/bell.json")
    @has_access
    @permission_name("read")
    def bell(self) -> Any:
        """How many notices are unread, and the newest urgent one, for the mark in the top bar."""
        return jsonify(unread(guard.must_view()))

    @expose("/<pk>/open", methods=["POST"])
    @has_access
    @permission_name("read")
    def open(self, pk: str) -> Any:
        """The notice is read; on to what it is about."""
        viewer = guard.must_view()
        row: Any = saving.find(db.session(), Notice, pk)
        if row.created_by != viewer.user_id:
            raise saving.NotVisible
        url = row.url or url_for("NoticePage.index")
        row.read_at = row.read_at or clock.now()
        db.session.commit()
        return redirect(url)

    @expose("/read", methods=["POST"])
    @has_access
    @permission_name("read")
    def read(self) -> Any:
        """Every notice of the person is read."""
        viewer = guard.must_view()
        unread = sa.update(Notice).where(Notice.created_by == viewer.user_id, Notice.read_at.is_(None))
        db.session.execute(
            unread.values(read_at=clock.now(), updated_at=clock.now()).execution_options(synchronize_session=False)
        )
        db.session.commit()
        return redirect(url_for("NoticePage.index"))

    @expose("/settings", methods=["POST"])
    @has_access
    @permission_name("read")
    def settings(self) -> Any:
        """Whether the person wants the digest of every day; urgent notices come in any case."""
        viewer, wants = guard.must_view(), request.form.get("digest") == "1"
        kept = _quiet(viewer)
        if wants and kept is not None:
            db.session.delete(kept)
        elif not wants and kept is None:
            given = {"table_name": "notice", "name": QUIET, "audience": Audience.OWN.value}
            saving.save(db.session(), SavedView, given | {"department": viewer.department_id}, by_id=True)
        db.session.commit()
        flash(str(N_("已保存")), "success")
        return redirect(url_for("NoticePage.index"))


def unread(viewer: Viewer) -> dict[str, Any]:
    """How many notices the viewer has not read, and the newest urgent one of them."""
    wanted = _own(viewer).where(Notice.read_at.is_(None))
    newest = wanted.order_by(Notice.is_urgent.desc(), Notice.id.desc()).limit(MOST)
    rows = list(db.session.scalars(newest.execution_options(populate_existing=True)))
    urgent = next((each for each in rows if each.is_urgent), None)
    told = {"id": str(urgent.id), "text": str(words.read(urgent.words) or "")} if urgent is not None else None
    return {"unread": len(rows), "urgent": told}


def _own(viewer: Viewer) -> sa.Select[Any]:
    """The notices of the viewer."""
    return visible(Notice, viewer).where(Notice.created_by == viewer.user_id)


def _quiet(viewer: Viewer) -> SavedView | None:
    wanted = visible(SavedView, viewer).where(
        SavedView.created_by == viewer.user_id, SavedView.table_name == "notice", SavedView.name == QUIET
    )
    return db.session.scalars(wanted).first()
