"""One real PostgreSQL for the whole run, migrated and filled with the demo data through the importer."""

from __future__ import annotations

import atexit
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app import domains

# All tables are declared before the first of them is asked for, whichever module a run begins with.
domains.load()

#: Every demo user's password (seed/demo).
PASSWORD = "Jianguan@2026"


@pytest.fixture(scope="session")
def home() -> Iterator[Path]:
    """A folder for the database of this run; nothing of it is left afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="jianguan-test-", dir="/tmp"))
    folder.chmod(0o711)
    # The server leaves when the interpreter ends; what is registered before it starts comes after that.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["JIANGUAN_HOME"] = str(folder)
    for name in ("DATABASE_URL", "OWNER_DATABASE_URL"):
        os.environ.pop(name, None)
    yield folder


@pytest.fixture(scope="session")
def app(home: Path) -> Iterator[Flask]:
    """The application on a seeded database."""
    from app.embedded import ensure

    ensure(home, {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"})
    from app.cli import prepare, register
    from app.factory import create_app

    made = create_app()
    made.testing = False
    register(made)
    prepare(made)
    _analyse()
    stay_signed_in(made)
    yield made


def stay_signed_in(app: Flask) -> None:
    """People of the tests sign in from several browsers and are not asked again; tests of that set it themselves."""
    from app.core.ids import uuid7
    from app.core.table import TABLES
    from app.core.viewer import THE_SYSTEM, looking_as
    from app.extensions import db

    with app.app_context(), looking_as(db.session(), THE_SYSTEM):
        for code, value in (
            ("sessions_per_account", "0"),
            ("session_idle_minutes", "1440"),
            ("step_up_minutes", "120"),
        ):
            new = insert(TABLES["setting"].__table__).values(id=uuid7(), code=code, value=value, version=1)
            db.session.execute(new.on_conflict_do_nothing())
        db.session.commit()


def _analyse() -> None:
    """The planner knows the tables, as it does a minute after a large import, and plans do not depend on the minute."""
    import config

    engine = sa.create_engine(config.database_urls().owner, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
    engine.dispose()


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """A database session with nobody looking; what a test does with it is rolled back."""
    from app.extensions import db

    with app.app_context():
        yield db.session()
        db.session.rollback()


class Browser:
    """A signed-in person: a test client that sends the token of our forms with everything it posts."""

    def __init__(self, app: Flask, user: str | None) -> None:
        self.client: FlaskClient = app.test_client()
        self.token = ""
        self.renew("/login/")
        if user is not None:
            answer = self.post("/login/", username=user, password=PASSWORD)
            assert answer.status_code == 302, f"{user} cannot sign in"
            assert "/login" not in answer.headers["Location"], f"{user} cannot sign in"

    def renew(self, url: str) -> None:
        """The token of forms as that page has it: signing in makes a new one."""
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.client.get(url).get_data(as_text=True))
        assert found, f"{url} has no token"
        self.token = found.group(1)

    def get(self, url: str, **query: Any) -> TestResponse:
        """GET, query by keywords."""
        return self.client.get(url, query_string=query or None)

    def post(self, url: str, **data: Any) -> TestResponse:
        """POST a form."""
        sent = {"csrf_token": self.token, **data}
        answer = self.client.post(url, data=sent, content_type="multipart/form-data")
        if url.startswith("/login/") and answer.status_code == 302:
            self.renew("/nowhere")  # any page has it
        return answer

    def send(self, method: str, url: str, body: Any = None, **headers: str) -> TestResponse:
        """A JSON request that rides on the session cookie; a change overwrites on purpose unless If-Match is given."""
        told = {"X-CSRFToken": self.token, **({"If-Match": "*"} if method == "PUT" else {}), **headers}
        return self.client.open(url, method=method, json=body, headers=told)


@pytest.fixture(scope="session")
def browser(app: Flask) -> Callable[[str | None], Browser]:
    """``browser("clerk_yanta")``: that person's browser, signed in once per run."""
    kept: dict[str | None, Browser] = {}

    def sign_in(user: str | None) -> Browser:
        if user not in kept:
            kept[user] = Browser(app, user)
        return kept[user]

    return sign_in


@pytest.fixture
def writer(browser: Callable[[str | None], Browser], world: Any) -> Browser:
    """The browser of the one to whom the rows of the world belong."""
    _ = world
    return browser("t_own")


@pytest.fixture
def looking(world: Any) -> Iterator[Session]:
    """A session in which the same person looks."""
    with world.session("own") as session:
        yield session


@pytest.fixture(scope="session")
def world(app: Flask) -> Any:
    """Two counties with their people, and one marked row of every table (tests/every_table/world.py)."""
    from tests.every_table.world import World

    return World(app)
