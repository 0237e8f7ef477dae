"""The mark in the top bar while something of one's own is to come. Whoever has asked for nothing costs no question."""

from __future__ import annotations

from flask import Flask, Response, g, session

from app import jobs
from app.console import guard
from app.extensions import db
from app.jobs.asking import ASKED

_FLAG = "jobs"


def register(app: Flask) -> None:
    """A browser that has asked for a job remembers it until none is left."""
    app.after_request(_remember)


def _remember(response: Response) -> Response:
    if db.session.registry.has() and db.session().info.pop(ASKED, False):
        session[_FLAG] = True
    return response


def count() -> int:
    """How many jobs of the person behind this request are waiting or running."""
    if _FLAG not in session or guard.viewer() is None:
        return 0
    if "jobs_active" not in g:
        g.jobs_active = jobs.active(db.session())
        if not g.jobs_active:
            session.pop(_FLAG)
    return int(g.jobs_active)
