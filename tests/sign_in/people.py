"""People whose sessions the tests end, settings for the length of a test, and time that is moved in the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.console.sign_in import passwords
from app.console.sign_in.models import UserSession
from app.core import saving
from app.core.ids import uuid7
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM, looking_as
from app.extensions import appbuilder, db
from tests.conftest import PASSWORD

stored = UserSession.__table__
OFFICE = "西安市雁塔区市场监督管理局"


def employ(app: Flask, username: str, *, roles: str = "clerk", department: str = OFFICE) -> int:
    """That account is there, in post, with the usual password; its number."""
    with app.app_context():
        session = db.session()
        found = appbuilder.sm.find_user(username=username)
        if found is None:
            place = {"username": username, "real_name": f"测试{username}", "department": department}
            with looking_as(session, THE_SYSTEM):
                saving.save(session, TABLES["account"], place | {"employment": "in_post", "roles": roles})
                session.commit()
            found = appbuilder.sm.find_user(username=username)
            with looking_as(session, THE_SYSTEM):
                passwords.place(session, found.id, PASSWORD)
                session.commit()
        return int(found.id)


@contextmanager
def setting(app: Flask, **values: int) -> Iterator[None]:
    """The settings are these inside the block."""
    table = TABLES["setting"].__table__
    before: dict[str, Any] = {}
    with app.app_context(), looking_as(db.session(), THE_SYSTEM):
        for code, value in values.items():
            before[code] = db.session.scalar(sa.select(table.c.value).where(table.c.code == code))
            _put(code, str(value))
        db.session.commit()
    try:
        yield
    finally:
        with app.app_context(), looking_as(db.session(), THE_SYSTEM):
            for code, old in before.items():
                _put(code, old)
            db.session.commit()


def _put(code: str, value: str | None) -> None:
    table = TABLES["setting"].__table__
    db.session.execute(sa.delete(table).where(table.c.code == code))
    if value is not None:
        db.session.execute(sa.insert(table).values(id=uuid7(), code=code, value=value, version=1))


def rows(app: Flask, account_id: int) -> list[Any]:
    """Every session of the account, in the order they began."""
    with app.app_context(), looking_as(db.session(), THE_SYSTEM):
        return list(
            db.session.execute(sa.select(stored).where(stored.c.account_id == account_id).order_by(stored.c.id))
        )


def live(app: Flask, account_id: int) -> list[Any]:
    """Those that have not ended."""
    return [row for row in rows(app, account_id) if row.ended_at is None]


def change(app: Flask, account_id: int, **values: Any) -> None:
    """The rows of the account's sessions are changed, as hours would; ``'-31 minutes'`` is a moment from now."""
    told = {
        name: sa.func.now() + sa.cast(value, sa.dialects.postgresql.INTERVAL) if isinstance(value, str) else value
        for name, value in values.items()
    }
    with app.app_context(), looking_as(db.session(), THE_SYSTEM):
        db.session.execute(sa.update(stored).where(stored.c.account_id == account_id).values(told))
        db.session.commit()


def account(app: Flask, username: str, **values: Any) -> None:
    """The account's row is changed as its administrator would."""
    with app.app_context(), looking_as(db.session(), THE_SYSTEM):
        table = TABLES["account"]
        row = db.session.scalar(sa.select(table).where(table.__table__.c.username == username))
        saving.save(db.session(), table, values, row=row, version=row.version)
        db.session.commit()


def copy_of(client: FlaskClient, app: Flask) -> FlaskClient:
    """Another browser with a copy of the cookie."""
    other = app.test_client()
    cookie = client.get_cookie("session")
    assert cookie is not None
    other.set_cookie("session", cookie.value)
    return other


class Program:
    """A program with a token or a key."""

    def __init__(self, app: Flask, token: str) -> None:
        self.client, self.token = app.test_client(), token

    def get(self, url: str = "/api/v1/inspection/?limit=1", **more: Any) -> Any:
        return self.client.get(url, headers={"Authorization": f"Bearer {self.token}"}, **more)

    def post(self, url: str, body: Any = None, **more: Any) -> Any:
        return self.client.post(url, json=body, headers={"Authorization": f"Bearer {self.token}"}, **more)


def tokens(app: Flask, username: str) -> dict[str, str]:
    """What a program gets for the account's password."""
    given = {"username": username, "password": PASSWORD, "provider": "db", "refresh": True}
    answer = app.test_client().post("/api/v1/security/login", json=given)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return dict(answer.json)
