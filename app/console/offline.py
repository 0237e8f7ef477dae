"""A lost connection: the page that is shown then, the worker that shows it, and the key of what a device keeps.

What somebody typed waits on his device sealed under a key of his account alone, which only pages for him carry. The
worker keeps one page and its look, fetched without any cookie: there is nothing of a person in them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

from flask import Flask, current_app, g, make_response, render_template

_WORKER = Path(__file__).parent.parent / "static" / "console" / "worker.js"
_PAGE = "/offline/"
#: What the page needs, as it asks for it.
_NEEDED = ("console/theme.js", "console/offline.css", "console/offline.js", "console/device.js", "console/mark.svg")


def register(app: Flask) -> None:
    """Both addresses answer without sign-in: they are the same for everybody."""
    app.add_url_rule("/sw.js", "offline_worker", worker)
    app.add_url_rule(_PAGE, "offline", page)


def key_of(account: int) -> str:
    """What this account's forms are sealed with on a device (256 bits, base64); another account's is another."""
    secret = str(current_app.config["SECRET_KEY"]).encode()
    return base64.b64encode(hmac.new(secret, f"device:{account}".encode(), hashlib.sha256).digest()).decode()


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
