"""What surrounds every page: the nonce and headers of a response, and what every template knows."""

from __future__ import annotations

import hashlib
import secrets
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, g, request, url_for
from flask_appbuilder.const import AUTH_DB
from flask_babel import get_locale, gettext
from flask_wtf.csrf import generate_csrf

from app.console import guard, menu, uploads
from app.console.jobs import header
from app.console.sign_in import detours, reasons, sessions
from app.core import clock
from app.core.errors import Refused
from app.core.messages import N_
from app.extensions import appbuilder

_STATIC = Path(__file__).parent.parent / "static"
#: The modules of every page, in the order they run.
_SCRIPTS = (
    "fields",
    "console",
    "menu",
    "keys",
    "suggest",
    "lists",
    "forms",
    "imports",
    "jobs",
    "kept",
    "todo",
    "claim",
)
_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'nonce-{nonce}'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
#: What every answer says besides (ASVS 5.0, 3.4).
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(
        f"{power}=()"
        for power in (
            *("accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "geolocation", "gyroscope"),
            *(
                "magnetometer",
                "microphone",
                "midi",
                "payment",
                "publickey-credentials-get",
                "screen-wake-lock",
                "serial",
            ),
            *("usb", "xr-spatial-tracking"),
        )
    ),
}
#: A year and a half, once the console is served by HTTPS (ASVS 5.0, 3.4.1 wants a year at least).
_HSTS = "max-age=47304000; includeSubDomains"


def register(app: Flask) -> None:
    """Every request and response of the application passes here."""
    app.before_request(_begin)
    app.after_request(_finish)
    app.context_processor(_frame)


def _begin() -> None:
    """A nonce for the page's scripts, and proof that an unsafe request is meant."""
    g.csp_nonce = secrets.token_urlsafe(16)
    if "\x00" in request.full_path or "%00" in request.full_path:
        raise Refused(N_("地址或提交的内容不完整，请返回重试"), status=400)
    uploads.widen()
    guard.check_csrf()


def _finish(response: Response) -> Response:
    """Nothing foreign is loaded, nothing is framed, nothing private is cached."""
    headers = response.headers
    headers.setdefault("Content-Security-Policy", _POLICY.format(nonce=g.get("csp_nonce", "")))
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)
    if request.is_secure or current_app.config["SESSION_COOKIE_SECURE"]:
        headers.setdefault("Strict-Transport-Security", _HSTS)
    if not request.path.startswith("/static/"):
        headers["Cache-Control"] = "no-store"
    return response


@lru_cache(maxsize=256)
def _digest(path: str, _changed: float) -> str:
    return hashlib.sha256((_STATIC / path).read_bytes()).hexdigest()[:10]


def _asset(path: str) -> str:
    """Address of a file under app/static; it changes when the file does, so browsers may keep it."""
    file = _STATIC / path
    mark = _digest(path, file.stat().st_mtime) if file.exists() else "missing"
    return url_for("static", filename=path, v=mark)


def _frame() -> dict[str, Any]:
    """What every template knows."""
    language = str(get_locale() or "zh")
    languages = [
        {
            "code": code,
            "label": spec["name"],
            "url": url_for("LanguagePage.choose", locale=code),
            "active": code == language,
        }
        for code, spec in appbuilder.bm.languages.items()
    ]
    return {
        "nav": menu.menu(),
        "me": _me(),
        "languages": languages,
        "app_name": gettext("监管一张网"),
        "asset": _asset,
        "scripts": [name for name in _SCRIPTS if (_STATIC / "console" / f"{name}.js").exists()],
        "csp_nonce": lambda: g.get("csp_nonce", ""),
        "csrf_token": generate_csrf,
        "today": clock.today(),
        "here": detours.here(),
        "url_login": appbuilder.get_url_for_login,
        "session_note": str(reasons.now() or ""),
        "locale": language,
    }


def _me() -> dict[str, Any] | None:
    """The person in the top bar; ``None`` before sign-in."""
    viewer, user = guard.viewer(), g.get("user")
    if user is None or not user.is_authenticated:
        return None
    return {
        "key": str(user.id),
        "name": viewer.name if viewer else f"{user.last_name}{user.first_name}",
        "department": viewer.department if viewer else "",
        "url_password": url_for("PasswordPage.index") if appbuilder.sm.auth_type == AUTH_DB else "",
        "url_sessions": url_for("SessionPage.own"),
        "url_jobs": url_for("JobPage.index"),
        "url_notices": url_for("NoticePage.index"),
        "url_bell": url_for("NoticePage.bell"),
        "jobs": header.count(),
        "url_logout": appbuilder.get_url_for_logout,
        "url_kept": url_for("KeptPage.open"),
        "session": str(held.id) if (held := sessions.current()) is not None else "",
    }
