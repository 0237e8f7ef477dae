"""The console served for a real browser, on the same seeded database as every other test."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
import waitress
from flask import Flask

from app.console.memory import Draft
from app.core.viewer import THE_SYSTEM, looking_as
from app.extensions import db


@pytest.fixture(scope="session")
def address(app: Flask) -> Iterator[str]:
    """Where the console answers."""
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a browser asks for ten files at once
    server = waitress.create_server(app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()


@pytest.fixture(autouse=True)
def no_drafts(request: pytest.FixtureRequest) -> None:
    """Forms open empty: a draft that an earlier journey left would be offered first, and nothing kept over it."""
    if "address" not in request.fixturenames:
        return
    app: Flask = request.getfixturevalue("app")
    with app.app_context(), looking_as(db.session(), THE_SYSTEM):
        db.session.execute(sa.delete(Draft))
        db.session.commit()
