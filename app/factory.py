"""create_app(): configuration, extensions, domains, console, in that order."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, g, jsonify, request, url_for
from flask_babel import get_locale, gettext
from flask_wtf.csrf import generate_csrf
from sqlalchemy import text

import config
from app import domains
from app.console import build, errors, guard, menu
from app.console.guard import Guard
from app.console.home import Home
from app.core import clock, messages
from app.core.messages import Message
from app.extensions import appbuilder, csrf, db
from app.transfer import batch as _batch_tables

_ = _batch_tables

_HERE = Path(__file__).parent


def create_app(overrides: dict[str, Any] | None = None) -> Flask:
    """The application, ready to serve. The database must have been migrated (``flask --app run db upgrade``)."""
    app = Flask(__name__, template_folder="console/templates")
    app.config.from_object(config.Config)
    app.config.update({**({} if "SQLALCHEMY_DATABASE_URI" in (overrides or {}) else config.resolved()), **(overrides or {})})
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    domains.load()
    _extend(app)
    errors.register(app)
    app.before_request(_begin)
    app.after_request(_finish)
    app.context_processor(_frame)
    app.json.default = _json_default  # type: ignore[attr-defined]
    app.add_url_rule("/healthz", "healthz", _healthz)
    return app


def _extend(app: Flask) -> None:
    """Database, sign-in, pages: in the order they need each other."""
    messages.translate = _translate
    db.init_app(app)
    csrf.init_app(app)
    with app.app_context():
        appbuilder.security_manager_class = Guard
        appbuilder.indexview = Home
        appbuilder.init_app(app, db.session)
        _fill_menu()
        build.build(appbuilder)


def _fill_menu() -> None:
    menu.GROUPS[:] = [
        menu.Group(package.LABEL, package.ICON, domains.tables_of(name))
        for name in domains.DOMAINS
        for package in [domains.package(name)]
    ]


def _translate(msgid: str) -> str:
    return str(gettext(msgid))


def _json_default(value: Any) -> Any:
    if isinstance(value, Message):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)


def _begin() -> None:
    """Every request: a nonce for its scripts, and proof that unsafe ones are meant."""
    g.csp_nonce = secrets.token_urlsafe(16)
    if "\x00" in request.full_path or "%00" in request.full_path:
        from app.core.errors import Refused
        from app.core.messages import N_

        raise Refused(N_("地址或提交的内容不完整，请返回重试"), status=400)
    guard.check_csrf()


def _finish(response: Response) -> Response:
    """Nothing foreign is loaded, nothing is framed, nothing private is cached."""
    nonce = g.get("csp_nonce", "")
    response.headers.setdefault(
        "Content-Security-Policy",
        f"default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    )
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("X-Frame-Options", "DENY")
    if request.endpoint != "static" and not request.path.startswith("/static/"):
        response.headers.setdefault("Cache-Control", "no-store")
    return response


@lru_cache(maxsize=256)
def _digest(path: str, _changed: float) -> str:
    return hashlib.sha256((_HERE / "static" / path).read_bytes()).hexdigest()[:10]


def _asset(path: str) -> str:
    """Address of a file under app/static; it changes when the file does, so browsers may keep it."""
    file = _HERE / "static" / path
    mark = _digest(path, file.stat().st_mtime) if file.exists() else "missing"
    return url_for("static", filename=path, v=mark)


def _frame() -> dict[str, Any]:
    """What every template knows."""
    viewer = guard.viewer()
    signed_in = bool(g.get("user") and g.user.is_authenticated)
    me = None
    if signed_in:
        me = {
            "name": viewer.name if viewer else f"{g.user.last_name}{g.user.first_name}",
            "department": viewer.department if viewer else "",
            "url_password": url_for("ResetMyPasswordView.this_form_get"),
            "url_logout": appbuilder.get_url_for_logout,
        }
    language = str(get_locale() or "zh")
    codes = appbuilder.bm.languages
    languages = [
        {"code": code, "label": spec["name"], "url": url_for("LocaleView.index", locale=code), "active": code == language}
        for code, spec in codes.items()
    ]
    return {
        "nav": menu.menu(),
        "me": me,
        "languages": languages,
        "app_name": gettext("监管一张网"),
        "asset": _asset,
        "csp_nonce": lambda: g.get("csp_nonce", ""),
        "csrf_token": generate_csrf,
        "today": clock.today(),
        "locale": language,
    }


def _healthz() -> Any:
    """200 when the database answers and its schema is the one this code expects."""
    from app.schema import head, version

    try:
        found = version(db.session.connection())
        db.session.execute(text("SELECT 1"))
    except Exception:
        db.session.rollback()
        return jsonify(status="no database"), 503
    if found != head():
        return jsonify(status="not migrated", version=found, expected=head()), 503
    return jsonify(status="ok", version=found)



