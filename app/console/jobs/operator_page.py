"""``/queues/``: for whoever keeps the system running: workers, what waits, runs and failed. No titles, no results."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app import jobs
from app.console import guard
from app.console.jobs import listing
from app.core import clock
from app.core.messages import N_
from app.core.viewer import THE_SYSTEM, looking_as
from app.extensions import db
from app.jobs import workers
from app.jobs.models import State


class QueuePage(BaseView):
    """``/queues/``: everybody's jobs, without what they are about."""

    route_base = "/queues"
    class_permission_name = "jobs"
    base_permissions = ["can_manage"]
    default_view = "index"

    @expose("/")
    @has_access
    @permission_name("manage")
    def index(self) -> str:
        """Workers, jobs to come, jobs that are over."""
        guard.must_view()
        session = db.session()
        active, over = listing.of_all(session)
        with looking_as(session, THE_SYSTEM):
            unserved = workers.unserved(session)
        alive = [
            {
                "place": each.place,
                "queues": each.queues,
                "since": clock.told(each.since),
                "beat": str(listing.span(clock.now() - each.beat)),
                "is_well": each.is_well,
            }
            for each in workers.workers(session)
        ]
        return render_template(
            "console/job_queues.html",
            workers=alive,
            well=sum(each["is_well"] is True for each in alive),
            unserved=unserved,
            states=Counter(row["state"] for row in (*active, *over)),
            longest=next((row["waited"] for row in active if row["state"] == State.WAITING), ""),
            active=active,
            over=over,
            most=listing.MOST,
            crumbs=[(str(N_("任务运行")), None)],
        )

    @expose("/<pk>/cancel", methods=["POST"])
    @has_access
    @permission_name("manage")
    def cancel(self, pk: str) -> Any:
        """Somebody's job does not begin, or stops."""
        guard.must_view()
        jobs.cancel(db.session(), listing.must_be(pk))
        db.session.commit()
        flash(str(N_("已要求取消这个任务")), "info")
        return redirect(url_for("QueuePage.index"))

    @expose("/<pk>/retry", methods=["POST"])
    @has_access
    @permission_name("manage")
    def retry(self, pk: str) -> Any:
        """Somebody's job that failed waits again; done under his name. What he cancelled stays so."""
        guard.must_view()
        key = listing.must_be(pk)
        jobs.retry(db.session(), key, only_failed=True)
        db.session.commit()
        flash(str(N_("已重新排队，仍以提交人的身份执行")), "success")
        return redirect(url_for("QueuePage.index"))
