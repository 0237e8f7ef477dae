"""``/healthz``: 200 when the database answers and its schema is the one this code expects.

Whoever asks regularly also learns, with the same 200, that the audit log is not being sealed, or that jobs wait and no
worker lives.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, jsonify
from sqlalchemy.exc import SQLAlchemyError

from app import schema
from app.core import audit
from app.core.viewer import THE_SYSTEM, looking_as
from app.extensions import db
from app.jobs import workers


def register(app: Flask) -> None:
    """The address answers without sign-in, for load balancers and scripts."""
    app.add_url_rule("/healthz", "healthz", healthz)


def healthz() -> Any:
    """Whether the console can work, and if not, why."""
    try:
        found = schema.version(db.session.connection())
    except SQLAlchemyError:
        db.session.rollback()
        return jsonify(status="no database"), 503
    if found != schema.head():
        return jsonify(status="not migrated", version=found, expected=schema.head()), 503
    with looking_as(db.session(), THE_SYSTEM) as session:
        told = {} if audit.sealing(session).is_well else {"audit": "not sealed"}
        if unserved := workers.unserved(session):
            told["jobs"] = f"wait without a worker: {', '.join(unserved)}"
    return jsonify(status="ok", version=found, **told)
