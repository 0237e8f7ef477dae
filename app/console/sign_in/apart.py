"""Work of the system beside a request: in a transaction of its own, in the name of whoever sent the request."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from flask import g, has_request_context, request
from sqlalchemy.orm import Session

from app.core.rows import SYSTEM
from app.core.viewer import THE_SYSTEM, Origin, Viewer, come_from, looking_as, person
from app.extensions import db

_NO_LONGER = sa.text("SET LOCAL lock_timeout = '5s'")


def origin() -> Origin:
    """Where this request comes from, for the audit log; the same for the whole request. A command comes from itself."""
    if not has_request_context():
        return Origin()
    if "origin" not in g:
        via = "api" if request.path.startswith("/api/") else "web"
        g.origin = Origin(via, secrets.token_hex(8), request.remote_addr or "")
    found: Origin = g.origin
    return found


@contextmanager
def apart(who: Viewer | None = None) -> Iterator[Session]:
    """A transaction of its own, in which the system works for ``who``; it stays whatever becomes of the request."""
    with Session(db.engine) as work:
        come_from(work, origin(), who)
        with looking_as(work, THE_SYSTEM):
            work.execute(_NO_LONGER)  # the request itself may hold what this waits for
            yield work
            work.commit()


def acting(account_id: int) -> Viewer:
    """The account as the one who acts, for the log; under its number when it has no holder with a post."""
    held, seen_by = g.get("session"), g.get("viewer")
    if held is not None and held.account_id == account_id and seen_by is not None:
        known: Viewer = seen_by
        return known
    return person(db.session(), account_id) or Viewer(SYSTEM, user_id=account_id, name=str(account_id))
