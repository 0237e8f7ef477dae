"""The people of the sweep: one signed-in client each, and what each of them is answered."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from tests.conftest import Browser

ANONYMOUS = "anonymous"


@dataclass(frozen=True)
class Told:
    """An answer as far as the sweep looks at it: every text that came out, unpacked."""

    status: int
    location: str
    text: str


class Person:
    """One role at work. Whatever ends his session on the way, he signs in again."""

    def __init__(self, app: Flask, role: str, username: str | None) -> None:
        self.app, self.role, self.username = app, role, username
        self.again = 0
        self.browser = Browser(app, username)

    def send(self, method: str, url: str, **what: Any) -> Told:
        """The answer to a request with the form's token; signed in anew where the session was gone."""
        told = self._send(method, url, **what)
        is_lost = told.status == 401 or (told.status in (302, 303) and "/login" in told.location)
        if is_lost and self.username is not None:
            self.again += 1
            self.browser = Browser(self.app, self.username)
            told = self._send(method, url, **what)
        return told

    def _send(
        self,
        method: str,
        url: str,
        *,
        query: Any = None,
        form: dict[str, Any] | None = None,
        body: Any = None,
        file: tuple[str, bytes] | None = None,
    ) -> Told:
        headers = {"X-CSRFToken": self.browser.token}
        if method == "PUT":
            headers["If-Match"] = "*"
        more: dict[str, Any] = {"headers": headers, "query_string": query or None}
        if body is not None:
            more["json"] = body
        elif form is not None:
            more["data"] = {"csrf_token": self.browser.token, **form}
            if file is not None:
                more["data"]["file"] = (io.BytesIO(file[1]), file[0])
        answer = self.browser.client.open(url, method=method, **more)
        try:
            return Told(answer.status_code, answer.headers.get("Location", ""), _texts(answer))
        finally:
            answer.close()


def _texts(answer: TestResponse) -> str:
    """Everything an answer says: its headers, its body, the parts of a workbook."""
    parts = [f"{name}: {value}" for name, value in answer.headers.items()]
    content = answer.get_data()
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            for name in book.namelist():
                parts += [name, book.read(name).decode("utf-8", "replace")]
    else:
        parts.append(content.decode("utf-8", "replace"))
    return "\n".join(parts)
