"""The emergency account as the console sees it: closed when its time is over, every request of it told, an alarm until
somebody has taken note.
"""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_login import current_user, logout_user

from app.console import guard
from app.core import audit, clock
from app.core.errors import Refused
from app.core.messages import N_
from app.core.viewer import Viewer
from app.domains.org.operations import break_glass
from app.extensions import db


class BreakGlassPage(BaseView):
    """``/break-glass/acknowledge``."""

    route_base = "/break-glass"
    class_permission_name = "break_glass"
    base_permissions = ["can_acknowledge"]
    default_view = "acknowledge"

    @expose("/acknowledge", methods=["POST"])
    @has_access
    @permission_name("acknowledge")
    def acknowledge(self) -> Any:
        """Whoever watches has taken note; the account is closed with that."""
        guard.must_view()
        name = break_glass.acknowledge(db.session(), request.form.get("key", ""))
        db.session.commit()
        flash(str(N_("已确认 {name} 的应急登录，应急账号已关闭", name=name)), "success")
        return redirect("/")


def watch() -> Any:
    """Every request of the emergency account is an alarm on the log; after its time there are none."""
    if request.endpoint in (None, "static", "healthz") or not getattr(current_user, "is_authenticated", False):
        return None
    if current_user.username != break_glass.USERNAME:
        return None
    if break_glass.expire(db.session()):
        db.session.commit()
        logout_user()
        raise Refused(N_("应急登录的时间已到，账号已关闭"), status=401)
    audit.note_apart("alarm", table="break_glass", what="request", method=request.method, path=request.path)
    return None


def notices(viewer: Viewer) -> list[dict[str, Any]]:
    """Openings that are not over or not acknowledged, for those who watch."""
    if not guard.may("acknowledge", "break_glass"):
        return []
    if break_glass.expire(db.session()):
        db.session.commit()
    found = []
    for row in break_glass.alarms(db.session()):
        told = {"name": row.for_name, "start": clock.told(row.opened_at), "end": clock.told(row.closed_at or row.until)}
        found.append(
            {
                "title": str(N_("应急账号正在使用") if row.closed_at is None else N_("应急账号被启用过，尚未确认")),
                "text": str(N_("使用人 {name}，{start} 至 {end}；原因：{reason}", reason=row.reason, **told)),
                "url": url_for("BreakGlassPage.acknowledge"),
                "key": str(row.id),
                "button": str(N_("确认并关闭") if row.closed_at is None else N_("确认")),
            }
        )
    return found
