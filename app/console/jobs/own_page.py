"""``/jobs/``: one's own jobs, how far they are, what came of them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Response, flash, jsonify, redirect, render_template, stream_with_context, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app import jobs
from app.console import guard
from app.console.jobs import listing
from app.core import stored
from app.core.errors import Refused
from app.core.messages import N_
from app.extensions import db
from app.jobs import asking, rules


class JobPage(BaseView):
    """``/jobs/``: what one has asked for."""

    route_base = "/jobs"
    class_permission_name = "own_jobs"
    base_permissions = ["can_read"]
    default_view = "index"

    @expose("/")
    @has_access
    @permission_name("read")
    def index(self) -> str:
        """Jobs to come with their bars, and those that are over."""
        guard.must_view()
        session = db.session()
        return render_template(
            "console/jobs.html",
            active=listing.own(session, active=True),
            over=listing.own(session, active=False),
            most=listing.MOST,
            crumbs=[(str(N_("我的任务")), None)],
        )

    @expose("/active.json")
    @has_access
    @permission_name("read")
    def active(self) -> Any:
        """How many are still to come: for the mark in the top bar."""
        guard.must_view()
        return jsonify(active=jobs.active(db.session()))

    @expose("/<pk>.json")
    @has_access
    @permission_name("read")
    def state(self, pk: str) -> Any:
        """How far one is: for its bar."""
        guard.must_view()
        job = asking.own(db.session(), pk)
        return jsonify(listing.live(job, asking.seen(job)))

    @expose("/<pk>/file")
    @has_access
    @permission_name("read")
    def file(self, pk: str) -> Any:
        """The result file, as long as it is kept."""
        viewer, session = guard.must_view(), db.session()
        job = asking.own(session, pk)
        if not asking.seen(job).file or job.file_id is None:
            raise Refused(N_("结果文件已过保留期限，请重新生成"), status=410)
        if (why := rules.unfit(job.asked_as, viewer.department_id, viewer.roles)) is not None:
            raise Refused(why, status=403)  # what he may not do any more he does not take home either
        facts = stored.facts(session, job.file_id)
        answer = Response(
            stream_with_context(stored.pieces(session, job.file_id)),
            mimetype=facts.media_type or "application/octet-stream",
        )
        name = f"filename*=UTF-8''{quote(facts.file_name, safe='')}"  # RFC 6266
        answer.headers["Content-Disposition"] = f"attachment; {name}"
        answer.content_length = facts.size
        return answer

    @expose("/<pk>/cancel", methods=["POST"])
    @has_access
    @permission_name("read")
    def cancel(self, pk: str) -> Any:
        """One's own job does not begin, or stops."""
        guard.must_view()
        job = asking.own(db.session(), pk)
        jobs.cancel(db.session(), job.id)
        db.session.commit()
        flash(str(N_("已要求取消：{title}", title=job.title())), "info")
        return redirect(url_for("JobPage.index"))

    @expose("/<pk>/retry", methods=["POST"])
    @has_access
    @permission_name("read")
    def retry(self, pk: str) -> Any:
        """One's own job that failed or was cancelled waits again."""
        guard.must_view()
        job = asking.own(db.session(), pk)
        jobs.retry(db.session(), job.id)
        db.session.commit()
        flash(str(N_("已重新排队：{title}", title=job.title())), "success")
        return redirect(url_for("JobPage.index"))
