"""A lost connection: the page that is shown then, the worker that shows it, and who opens what a device keeps.

What somebody types waits on his device under a key of that form alone. The device makes the key with the public half of
his session's (ECDH on P-256, HKDF-SHA-256, AES-256-GCM), so that it can go on writing without a line and needs us to
read: the other half never leaves here. The worker's page and its look are fetched without any cookie: there is nothing
of a person in them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask, current_app, g, jsonify, make_response, render_template, request
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console.sign_in import detours, sessions, step_up
from app.console.sign_in.models import SessionEnd
from app.core import settings
from app.core.errors import NotVisible, Refused
from app.core.messages import N_
from app.core.viewer import THE_SYSTEM, looking_as
from app.extensions import db

_WORKER = Path(__file__).parent.parent / "static" / "console" / "worker.js"
_PAGE = "/offline/"
#: What the page needs, as it asks for it.
_NEEDED = ("console/theme.js", "console/offline.css", "console/offline.js", "console/device.js", "console/mark.svg")
_CURVE = ec.SECP256R1()
#: How many points of the curve there are (SEC 2, 2.4.2): a secret is a number below.
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def register(app: Flask) -> None:
    """Both addresses answer without sign-in: they are the same for everybody."""
    app.add_url_rule("/sw.js", "offline_worker", worker)
    app.add_url_rule(_PAGE, "offline", page)


# ---- keys of what a device keeps -----------------------------------------------------------------------------------
@lru_cache(maxsize=256)
def _secret(secret_key: str, session: UUID) -> ec.EllipticCurvePrivateKey:
    told = hmac.new(secret_key.encode(), f"device:{session}".encode(), hashlib.sha512).digest()
    return ec.derive_private_key(int.from_bytes(told) % (_ORDER - 1) + 1, _CURVE)


def _secret_of(session: UUID) -> ec.EllipticCurvePrivateKey:
    return _secret(str(current_app.config["SECRET_KEY"]), session)


def public_of(session: UUID) -> str:
    """What a device seals with for that session (an uncompressed point, base64)."""
    made = _secret_of(session).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.b64encode(made).decode()


def key_of(session: UUID, box: str, point: str) -> str:
    """The key of one kept form (256 bits, base64), by the public half that its device made for it. Raises Refused."""
    try:
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, base64.b64decode(point, validate=True))
    except ValueError as error:
        raise Refused(N_("地址或提交的内容不完整，请返回重试"), status=400) from error
    shared = _secret_of(session).exchange(ec.ECDH(), theirs)
    key = HKDF(SHA256(), 32, salt=None, info=f"{session}/{box}".encode()).derive(shared)
    return base64.b64encode(key).decode()


def of_form() -> dict[str, Any]:
    """What a form tells its device: whose session seals, with what, until when it can be begun without a line.

    The form that a device keeps says also how many minutes it may read by itself what was typed.
    """
    held = sessions.current()
    if held is None:
        return {}
    idle = settings.value(db.session(), "session_idle_minutes") if request.args.get("blank") else 0
    return {"session": held.id, "seal": public_of(held.id), "idle": idle, "until": held.ends_at}


class KeptPage(BaseView):
    """``/kept/open``: what a device keeps is opened for who typed it.

    Of this very session at once. Of an earlier one only for who has just proved himself, as at signing in: a session
    that ended by itself took nothing along, and one that somebody left open opens nothing older. What a session kept
    that its holder signed out of is never opened again: he was asked, and his device has thrown it away.
    """

    route_base = "/kept"
    class_permission_name = "sessions"
    base_permissions = ["can_edit"]
    default_view = "open"

    @expose("/open", methods=["POST"])
    @has_access
    @permission_name("edit")
    def open(self) -> Any:
        """The key of one kept form."""
        held = sessions.current()
        if held is None:
            raise detours.SignInNeeded
        given = request.form
        try:
            session = UUID(given.get("session", ""))
        except ValueError as error:
            raise NotVisible from error
        if session != held.id:
            _must_be_his(session, held.account_id)
            if not held.is_fresh:
                return jsonify(message=str(step_up.StepUpNeeded()), step_up=True), 401
        return jsonify(key=key_of(session, given.get("box", "")[:100], given.get("point", "")[:100]))


def _must_be_his(session: UUID, account: int) -> None:
    stored = sessions.stored
    asked = sa.select(stored.c.account_id, stored.c.ended_why).where(stored.c.id == session)
    with looking_as(db.session(), THE_SYSTEM):
        found = db.session.execute(asked).one_or_none()
    if found is None or found.account_id != account or found.ended_why == SessionEnd.SIGNED_OUT.value:
        raise NotVisible


# ---- the page without a line, and the worker -------------------------------------------------------------------------
def worker() -> Any:
    """The worker, with the addresses it keeps. It is another one when the page or its look is."""
    assets = [f"/static/{name}" for name in _NEEDED]
    page_text = render_template("console/offline.html", nonce="")  # it is no other page because its nonce is
    files = (Path(current_app.static_folder or "") / name for name in _NEEDED)
    told = hashlib.sha256(page_text.encode() + b"".join(file.read_bytes() for file in files)).hexdigest()[:12]
    names = {"SHELF": f"jg-offline-{told}", "PAGE": _PAGE, "ASSETS": assets}
    head = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in names.items())
    answer = make_response(head + _WORKER.read_text("utf-8"))
    answer.headers["Content-Type"] = "text/javascript; charset=utf-8"
    return answer


def page() -> str:
    """There is no line: what waits on this device, and that it is sent when the line is back.

    A device keeps the page with its headers, so the nonce of its script is the one that they name.
    """
    return render_template("console/offline.html", nonce=g.get("csp_nonce", ""))
